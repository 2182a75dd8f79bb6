// The reader on a machine with WebGPU, and what can be done to its workers from within: code that runs in front of the
// engine's worker or of the GPU's.

import assert from "node:assert/strict";
import { url } from "./harness.mjs";
import { ENGINE, WORKER, assertWhole, blocks, eventually, openReader, paste, phase, said } from "./reader.mjs";

/** Files of the GPU's engine, by their addresses. */
export const GPU_FILES = /\/assets\/engine-gpu/;
export const GPU_WORKER = /\/assets\/engine-gpu-worker-[^/]*\.js/;
export const GPU_ENGINE = /\/assets\/engine-gpu-[^/]*\.wasm/;

/** A program that computes what a GPU would takes its time, in ms. */
export const PATIENCE = 300_000;

/**
 * What the code in front of the GPU's worker can use: the device as `device`, once there is one, and `atWork(count, act)`,
 * which calls `act` when the device is given its work for the `count`th time after the first sentences arrived.
 */
const TOOLS = () => {
  const { requestDevice } = GPUAdapter.prototype;
  GPUAdapter.prototype.requestDevice = async function (...all) {
    globalThis.device = await requestDevice.apply(this, all);
    return globalThis.device;
  };
  globalThis.atWork = (count, act) => {
    const { submit } = GPUQueue.prototype;
    let left = Infinity;
    self.addEventListener("message", ({ data }) => {
      if (data.type === "decode" && left === Infinity) left = count;
    });
    GPUQueue.prototype.submit = function (...all) {
      submit.apply(this, all);
      left -= 1;
      if (left === 0) act();
    };
  };
};

/** Puts functions in front of scripts, to be called when these run. */
async function inject(page, script, ...functions) {
  await page.route(script, async (route) => {
    const response = await route.fetch();
    const calls = functions.map((call) => `(${call})();\n`).join("");
    await route.fulfill({ response, body: calls + (await response.text()) });
  });
}

/**
 * A page for the reader, as `openReader` makes it, in a browser with WebGPU. `stored` is what the reader's settings are at
 * first; `engine` runs in front of the engine's worker, `helper` in front of the GPU's.
 */
export async function openGpu(t, { stored = { "klartext-engine": "gpu" }, engine, helper, ...options } = {}) {
  const localStorage = Object.entries(stored).map(([name, value]) => ({ name, value }));
  const storageState = { cookies: [], origins: [{ origin: new URL(url()).origin, localStorage }] };
  const visit = await openReader(t, { gpu: true, storageState, ...options });
  if (engine) await inject(visit.page, WORKER, engine);
  if (helper) await inject(visit.page, GPU_WORKER, TOOLS, helper);
  return visit;
}

/** Waits until what the panel says of the GPU is as wanted; what it says then. */
export async function gpuSays(page, wanted) {
  const fact = page.getByTestId("engine").locator("dl > div", { has: page.locator("dt", { hasText: /^GPU$/ }) }).locator("dd");
  await fact.filter({ hasText: wanted }).waitFor({ state: "attached", timeout: PATIENCE });
  return fact.textContent();
}

/** Waits for the article's end; what it took. */
export async function finished(page) {
  await page.locator(".article[data-phase=done], .article[data-phase=failed]").waitFor({ timeout: PATIENCE });
  assert.equal(await page.locator(".article").getAttribute("data-phase"), "done");
  return (await said(page, "done")).at(-1).stats;
}

/** The sentences of the article in the page, `[place, german, english]`, all of them there. */
export async function sentences(page) {
  const all = await assertWhole(page);
  return all.flatMap(({ index, sentences }) => sentences.map(({ at, german, english }) => [`${index}/${at}`, german, english]));
}

/** Fails unless the engine told each sentence of each job that it ended exactly once. */
export async function assertOnce(page) {
  const events = await page.evaluate(() => globalThis.said);
  for (const { job } of events.filter(({ type }) => type === "done")) {
    const { blocks } = events.find((event) => event.type === "outline" && event.job === job);
    const places = blocks.flatMap((spans, block) => spans.map((_, sentence) => `${block}/${sentence}`));
    const told = events.filter((event) => event.type === "sentence" && event.job === job);
    assert.deepEqual(told.map(({ block, sentence }) => `${block}/${sentence}`).sort(), places.sort(), "each sentence once");
  }
}
