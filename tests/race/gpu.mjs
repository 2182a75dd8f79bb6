// Opens two articles in Chromium with WebGPU, one after the other, and prints what the engine says of the second: for that
// it is ready and warm.
//
// Then it has the GPU's worker decode batches of several sizes by itself.
//
// `node gpu.mjs PACKAGES PAGE CHROMIUM WORKER MODEL PIECES`: the folder with playwright-core, the page's address, the
// browser's program, the addresses of the worker's script and of the model, and a file with the sentences' pieces and what
// ends them. Where there is no GPU, the browser's own stand-in computes.

import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";

const [packages, address, executablePath, worker, model, pieces] = process.argv.slice(2);
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

/** In the page: times of batches in the GPU's worker, after one to warm up. */
async function batches({ worker, model, eos, pieces, counts }) {
  const helper = new Worker(worker, { type: "module" });
  let hear;
  helper.onmessage = ({ data }) => hear(data);
  const heard = (type, each = () => {}) =>
    new Promise((resolve, reject) => {
      hear = (event) => {
        each(event);
        if (event.type === "failed") reject(new Error(event.reason));
        if (event.type === type) resolve(event);
      };
    });
  await heard("started");
  const bytes = new Uint8Array(await (await fetch(model)).arrayBuffer());
  helper.postMessage({ type: "load", model: bytes, eos });
  await heard("ready");
  const results = [];
  for (const [batch, count] of [1, ...counts].entries()) {
    const begin = performance.now();
    let first;
    helper.postMessage({ type: "decode", batch, sentences: pieces.slice(0, count) });
    await heard("done", ({ type }) => {
      if (type === "sentence") first ??= performance.now() - begin;
    });
    if (batch > 0) results.push({ sentences: count, gpu_ms: performance.now() - begin, first_ms: first });
  }
  helper.terminate();
  return results;
}

const { pieces: sentences, eos } = JSON.parse(readFileSync(pieces, "utf8"));
const counts = [1, 8, 32, 64].filter((count) => count <= sentences.length);
const bySentences = await page.evaluate(batches, { worker, model, eos, pieces: sentences, counts });
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
    by_sentences: bySentences,
  }),
);
await browser.close();
