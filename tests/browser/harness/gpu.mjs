// The reader on a machine with WebGPU, and what can be done to its workers from within: code that runs in front of the
// engine's worker or of the GPU's.

import assert from "node:assert/strict";
import { passedOn, startServer, url } from "./harness.mjs";
import { WORKER, assertWhole, openReader, paste, said } from "./reader.mjs";

/** Files of the GPU's engine, by their addresses. */
export const GPU_FILES = /\/assets\/engine-gpu/;
export const GPU_WORKER = /\/assets\/engine-gpu-worker-[^/]*\.js/;
export const GPU_ENGINE = /\/assets\/engine-gpu-[^/]*\.wasm/;

/** A program that computes what a GPU would takes its time, in ms. */
export const PATIENCE = 180_000;

/**
 * What the code in front of the GPU's worker can use: the device as `device`, once there is one, and what calls a function
 * once: `atWork` when the first sentences arrive, `amidWork` when the first steps' results are known and the next are begun.
 */
const TOOLS = () => {
  const { requestDevice } = GPUAdapter.prototype;
  const { mapAsync } = GPUBuffer.prototype;
  const { submit } = GPUQueue.prototype;
  const begun = [];
  const going = [];
  let stage = "waiting";
  GPUAdapter.prototype.requestDevice = async function (...all) {
    globalThis.device = await requestDevice.apply(this, all);
    return globalThis.device;
  };
  GPUBuffer.prototype.mapAsync = async function (...all) {
    await mapAsync.apply(this, all);
    if (stage === "begun") stage = "known";
  };
  GPUQueue.prototype.submit = function (...all) {
    submit.apply(this, all);
    if (stage !== "known") return;
    stage = "going";
    for (const act of going) act();
  };
  self.addEventListener("message", ({ data }) => {
    if (data.type !== "decode" || stage !== "waiting") return;
    stage = "begun";
    for (const act of begun) act();
  });
  globalThis.atWork = (act) => begun.push(act);
  globalThis.amidWork = (act) => going.push(act);
};

/** Answers of a server that is asked for a file of the GPU's. */
export const MISSING = (response) => response.writeHead(404).end();
export const GONE = (response) => response.destroy();

/**
 * A server of the test's own between the browser and the one under test, since the browser's debugger does not see what a
 * worker's worker asks for. `changes` are pairs of a pattern of addresses and what to do there: a text to put in front of
 * the script, or one of the answers above.
 */
async function front(t, changes) {
  const asked = [];
  const port = await startServer(t, async (request, response) => {
    const { pathname } = new URL(request.url, url());
    asked.push(pathname);
    const change = changes.find(([pattern]) => pattern.test(pathname))?.[1];
    if (typeof change === "function") return change(response);
    const answer = await fetch(url(request.url));
    response.setHeaders(passedOn(answer)).writeHead(answer.status);
    response.write(change ?? "");
    response.end(Buffer.from(await answer.arrayBuffer()));
  });
  return { asked, origin: `http://127.0.0.1:${port}` };
}

/**
 * A page for the reader, as `openReader` makes it, in a browser with WebGPU. `stored` is what the reader's settings are at
 * first; `engine` runs in front of the engine's worker, `helper` in front of the GPU's; `files` are further changes of what
 * is served. The paths that are asked for are in the visit's `asked`.
 */
export async function openGpu(t, { stored = { "klartext-engine": "gpu" }, engine, helper, files = [], ...options } = {}) {
  const calls = (...functions) => functions.map((call) => `(${call})();\n`).join("");
  const changes = [...files];
  if (engine) changes.push([WORKER, calls(engine)]);
  if (helper) changes.push([GPU_WORKER, calls(TOOLS, helper)]);
  const { asked, origin } = await front(t, changes);
  const localStorage = Object.entries(stored).map(([name, value]) => ({ name, value }));
  const storageState = { cookies: [], origins: [{ origin, localStorage }] };
  const visit = await openReader(t, { gpu: true, storageState, ...options });
  visit.asked = asked;
  visit.go = (path = "/") => visit.page.goto(new URL(path, origin).href);
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

/** Texts that the CPU alone has translated, by the German. */
const known = new Map();

/** The sentences of a pasted text as the CPU alone translates them. */
export async function byCpu(t, text) {
  if (!known.has(text)) {
    const visit = await openGpu(t, { stored: { "klartext-engine": "cpu" } });
    await paste(visit, text);
    const stats = await finished(visit.page);
    assert.equal(stats.gpu_sentences, 0);
    known.set(text, await sentences(visit.page));
    await visit.page.close();
  }
  return known.get(text);
}

/** Waits for the end of a pasted text, and fails unless it is what the CPU alone makes of it; what it took. */
export async function assertAsByCpu(t, page, text) {
  const stats = await finished(page);
  assert.deepEqual(await sentences(page), await byCpu(t, text));
  await assertOnce(page);
  return stats;
}

/** Goes back to the box of a pasted text, and translates another. */
export async function pasteAgain(page, text) {
  await page.goBack();
  await page.getByLabel("German text").fill(text);
  await page.getByRole("button", { name: "Read in English" }).click();
  await page.waitForURL("**/paste/read");
}
