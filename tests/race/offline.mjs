// How soon a reader who was here before reads the first English sentence, without a network: with the browser just started,
// and after a click on an article's headline.
//
// `node offline.mjs PACKAGES PAGE CHROMIUM ROUNDS`: the folder with playwright-core, an article's address, the browser's
// program, and how often to start it. Prints one JSON object.

import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const [packages, address, executablePath, rounds] = process.argv.slice(2);
const { chromium } = createRequire(resolve(packages, "package.json"))("playwright-core");

const folder = await mkdtemp(join(tmpdir(), "klartext-offline-"));
// A proxy that nobody answers for is as good as no network, for the page's own server too.
const OFFLINE = ["--proxy-server=127.0.0.1:9", "--proxy-bypass-list=<-loopback>"];

const start = (args = []) =>
  chromium.launchPersistentContext(folder, { executablePath, args: ["--disable-quic", "--no-first-run", ...args] });
const translated = (page) => page.locator(".article[data-phase=done]").waitFor({ timeout: 120_000 });

/** Notes when the first sentence comes that the model translated, and when the reader clicks; runs in the page. */
function listen() {
  addEventListener("click", () => (globalThis.clickMs = performance.now()), { capture: true });
  globalThis.Worker = class extends Worker {
    constructor(...args) {
      super(...args);
      this.addEventListener("message", ({ data }) => {
        if (data.type === "sentence" && data.confidence < 1) globalThis.firstMs ??= performance.now();
      });
    }
  };
}

try {
  // The first visit: the page, the engine and the model are kept.
  let context = await start();
  let page = await context.newPage();
  await page.goto(address);
  await translated(page);
  await page.evaluate(() => navigator.serviceWorker.ready);
  await page.reload();
  await translated(page);
  await context.close();

  const times = [];
  const clicks = [];
  for (let round = 0; round < Number(rounds); round++) {
    context = await start(OFFLINE);
    page = await context.newPage();
    await page.addInitScript(listen);
    await page.goto(address);
    await translated(page);
    times.push(await page.evaluate(() => globalThis.firstMs));
    await page.goto(new URL("/", address).href);
    // As long as somebody may take to choose.
    await page.waitForTimeout(2_000);
    await page.locator(`a[href="${new URL(address).pathname}"]`).first().click();
    await translated(page);
    clicks.push(await page.evaluate(() => globalThis.firstMs - globalThis.clickMs));
    await context.close();
  }
  console.log(JSON.stringify({ times, clicks }));
} finally {
  await rm(folder, { recursive: true, force: true });
}
