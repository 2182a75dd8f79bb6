// Opens two articles in Chromium with WebGPU, one after the other, and prints what the engine says of the second: for that
// it is ready and warm.
//
// `node gpu.mjs PACKAGES PAGE CHROMIUM`: the folder with playwright-core, the page's address, the browser's program. Where
// there is no GPU, the browser's own stand-in computes.

import { createRequire } from "node:module";
import { resolve } from "node:path";

const [packages, address, executablePath] = process.argv.slice(2);
const { chromium } = createRequire(resolve(packages, "package.json"))("playwright-core");

const launch = (...args) =>
  chromium.launch({ executablePath, args: ["--disable-quic", "--enable-unsafe-webgpu", ...args] });

/** Whether the browser finds a graphics adapter. */
async function hasGpu(browser) {
  const page = await browser.newPage();
  await page.goto(new URL("/", address).href);
  const found = await page.evaluate(async () => Boolean(await navigator.gpu?.requestAdapter()));
  await page.close();
  return found;
}

let browser = await launch();
if (!(await hasGpu(browser))) {
  await browser.close();
  browser = await launch("--use-webgpu-adapter=swiftshader");
}
const page = await browser.newPage();
await page.addInitScript(() => {
  const heard = (globalThis.heard = { articles: [] });
  globalThis.Worker = class extends Worker {
    constructor(...args) {
      super(...args);
      const started = performance.now();
      this.addEventListener("message", ({ data }) => {
        // Headlines and captions are jobs too.
        if (data.type === "done" && data.stats.words > 200) heard.articles.push(data.stats);
        if (data.type !== "gpu") return;
        heard.gpu = data.gpu;
        if (data.gpu.state === "on") heard.readyMs ??= performance.now() - started;
      });
    }
  };
});
await page.goto(address);
const articles = (count) =>
  page.waitForFunction((count) => globalThis.heard.articles.length >= count, count, { timeout: 600_000 });
await articles(1);
await page.locator(".related a").first().click();
await articles(2);
const adapter = await page.evaluate(async () => {
  const { info } = await navigator.gpu.requestAdapter();
  return [info.vendor, info.architecture, info.device, info.description].filter(Boolean).join(" ");
});
const { articles: [, stats], gpu, readyMs } = await page.evaluate(() => globalThis.heard);
if (gpu?.state !== "on") throw new Error(`the GPU did not translate: ${gpu?.reason}`);
console.log(
  JSON.stringify({
    browser: `Chromium ${browser.version()}`,
    adapter: `${adapter} (WebGPU)`,
    words: stats.words,
    sentences: stats.sentences,
    gpu_sentences: stats.gpu_sentences,
    ready_ms: readyMs,
    first_sentence_ms: stats.first_ms,
    article_ms: stats.total_ms,
    gpu_memory_bytes: gpu.helper.memory_bytes,
  }),
);
await browser.close();
