// Firefox, driven by WebDriver BiDi. KLARTEXT_FIREFOX says which; where there is none, tests of it are skipped.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { after } from "node:test";
import puppeteer from "puppeteer-core";
import { PATIENCE } from "./hosts.mjs";

const PLACES = ["/usr/bin/firefox-esr", "/usr/bin/firefox"];
const executablePath = process.env.KLARTEXT_FIREFOX ?? PLACES.find((place) => existsSync(place));

/** Why tests are skipped; `false` if they are not. */
export const skip = executablePath ? false : "there is no Firefox here; KLARTEXT_FIREFOX names one";

/** The browser, started when first wanted, ended with the test file. */
let browser = null;

after(async () => {
  await (await browser)?.close();
});

/**
 * A page in a browsing context of its own, and what its browser calls itself; `assertNoErrors` fails if something went wrong
 * in the page that nobody noticed.
 */
export async function openFirefox(t) {
  const args = ["--width=1280", "--height=1000"];
  browser ??= puppeteer.launch({ browser: "firefox", executablePath, headless: true, args, defaultViewport: null });
  const context = await (await browser).createBrowserContext();
  t.after(() => context.close());
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE);
  const errors = [];
  // Firefox 140 throws that by itself now and then when it runs a script before the page's own, on an empty page too.
  const isFirefoxs = (error) => `${error}`.endsWith('Permission denied to access property "length"');
  page.on("pageerror", (error) => isFirefoxs(error) || errors.push(String(error)));
  page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
  const assertNoErrors = () => assert.deepEqual(errors, [], "errors in the page");
  return { page, version: await (await browser).version(), assertNoErrors };
}

/**
 * What `look` finds in the page, as soon as it is something: no node. puppeteer's own waiting makes a function of a text in the
 * page, which strict policies forbid in some versions of Firefox.
 */
export async function until(page, look, ...args) {
  const end = Date.now() + PATIENCE;
  for (;;) {
    const found = await page.evaluate(look, ...args);
    if (found) return found;
    assert.ok(Date.now() < end, `nothing came of ${look}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
