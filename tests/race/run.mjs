// Opens the race's page in Chromium, waits for the end, and prints what came of it as one JSON object:
// node run.mjs PACKAGES ADDRESS CHROMIUM, where PACKAGES is the folder that playwright-core is installed in.

import { createRequire } from "node:module";
import { resolve } from "node:path";

const [packages, address, executablePath] = process.argv.slice(2);
const { chromium } = createRequire(resolve(packages, "package.json"))("playwright-core");

const browser = await chromium.launch({
  executablePath,
  args: ["--disable-quic", "--no-first-run", "--disable-background-networking"],
});
try {
  const page = await browser.newPage();
  page.on("console", (message) => console.error(`  ${message.text()}`));
  await page.goto(address);
  const race = await page.evaluate(() => window.race);
  if (!race) throw new Error("the page's script did not start");
  console.log(JSON.stringify({ browser: `Chromium ${browser.version()}`, ...race }));
} finally {
  await browser.close();
}
