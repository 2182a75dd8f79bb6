// The GPU helps: it gives the CPU's text, it is tried where that is promising and dropped where it is slower, and what it
// still has in hand when the reader goes elsewhere disturbs nobody. The GPU here is a program and takes its time.

import assert from "node:assert/strict";
import { test } from "node:test";
import { GPU_FILES, assertAsByCpu, assertOnce, finished, gpuSays, openGpu, pasteAgain, sentences } from "./harness/gpu.mjs";
import { eventually, longText, paste, phase, said, underWay } from "./harness/reader.mjs";

const ARTICLE = "bahn-internet-satellit";
const SHORT = "Ein Satz steht hier.\n\nNoch einer steht hier.";
const OTHER = "Die Bahn fährt wieder.\n\nAm Montag fiel sie aus. Das Netz war gestört. Viele kamen zu spät. Jetzt geht es weiter.";

/** Enough for a trial, as there are 256 pieces of it and more when the CPU's first batch is done. */
const LONG = longText(7);

/** A GPU that is there and tested: its adapter, its kernels and its memory. */
const ON = /^\S.* · WGSL.* · [\d.]+ MB$/;

/** Has the adapter look like a GPU; runs in front of the engine's worker. */
const DISGUISE = () => {
  const info = { vendor: "acme", architecture: "fast", device: "", description: "", isFallbackAdapter: false };
  Object.defineProperty(GPUAdapter.prototype, "info", { value: info });
  Object.defineProperty(GPUAdapter.prototype, "isFallbackAdapter", { value: false });
};

/** And has it look fast: the clock stands still while it works. */
const FLATTERY = `() => {
  (${DISGUISE})();
  const { now } = Performance.prototype;
  const { postMessage } = Worker.prototype;
  let stopped = null;
  Performance.prototype.now = function () {
    return stopped ?? now.call(this);
  };
  Worker.prototype.postMessage = function (message, ...all) {
    if (message.type === "decode") {
      const sent = now.call(performance);
      stopped = sent + 10;
      this.addEventListener("message", ({ data }) => { if (data.type === "done") stopped = null; });
    }
    postMessage.call(this, message, ...all);
  };
}`;

/** The trials that the reader remembers. */
function trials(page) {
  return page.evaluate(() => JSON.parse(localStorage.getItem("klartext-speeds") ?? "[]"));
}

/** How often the engine has said that the GPU is ready for more. */
async function timesOn(page) {
  return (await said(page, "gpu")).filter(({ gpu }) => gpu.state === "on").length;
}

/** Has the reader translate a short text, and waits until the GPU is ready for the next. */
async function untilOn(visit) {
  await paste(visit, SHORT);
  await finished(visit.page);
  await gpuSays(visit.page, ON);
}

/** The files of the GPU's engine that were asked for, from the request `from` on. */
function gpuFiles(visit, from = 0) {
  return visit.asked.slice(from).filter((path) => GPU_FILES.test(path));
}

test("an article is the same by the GPU as by the CPU, wherever the reader looks meanwhile", async (t) => {
  const [gpu, cpu] = await Promise.all(["gpu", "cpu"].map(async (choice) => {
    const visit = await openGpu(t, { stored: {} });
    await visit.go(`/article/${ARTICLE}?engine=${choice}`);
    return visit;
  }));
  await finished(cpu.page);
  assert.match(await gpuSays(cpu.page, "not used: "), /switched off/);
  assert.deepEqual(gpuFiles(cpu), []);
  const expected = await sentences(cpu.page);
  await cpu.page.close();

  const { page } = gpu;
  assert.match(await gpuSays(page, ON), ON);
  for (const block of [page.locator(".article .block").last(), page.locator(".article .block").nth(5)]) {
    await block.scrollIntoViewIfNeeded();
    await page.evaluate(() => new Promise(requestAnimationFrame));
  }
  const stats = await finished(page);
  const found = await sentences(page);
  const others = found.filter((sentence, at) => String(sentence) !== String(expected[at]));
  assert.deepEqual(others, [], `of ${found.length} sentences`);
  assert.equal(found.length, expected.length);
  await assertOnce(page);
  assert.ok(2 * stats.gpu_sentences > stats.sentences, `${stats.gpu_sentences} of ${stats.sentences} are the GPU's`);
  assert.match(await gpuSays(page, ON), ON);
  gpu.assertNoErrors();
});

test("what is stopped while the GPU works is over, and the next text is done", async (t) => {
  const visit = await openGpu(t);
  const { page } = visit;
  await untilOn(visit);
  await pasteAgain(page, LONG);
  await underWay(page, 2);
  await page.getByRole("button", { name: "Cancel" }).click();
  await phase(page, "cancelled");
  await pasteAgain(page, OTHER);
  const stats = await assertAsByCpu(t, page, OTHER);
  assert.ok(stats.gpu_sentences > 0, "the GPU is there for it again");
  const events = await page.evaluate(() => globalThis.said);
  const end = events.findIndex(({ type }) => type === "cancelled");
  assert.ok(!events.slice(end + 1).some(({ job }) => job === events[end].job), "nothing more of the one that was stopped");
  visit.assertNoErrors();
});

test("what no model is needed for waits for no GPU", async (t) => {
  const visit = await openGpu(t);
  await untilOn(visit);
  // Of the last paragraph the vocabulary knows nothing.
  await pasteAgain(visit.page, `${OTHER}\n\n\u200b\u200b`);
  await finished(visit.page);
  await assertOnce(visit.page);
});

test("a GPU that is slower is dropped, and not asked again", async (t) => {
  const visit = await openGpu(t, { stored: {}, engine: DISGUISE });
  const { page } = visit;
  await untilOn(visit);
  await pasteAgain(page, LONG);
  await assertAsByCpu(t, page, LONG);
  const panel = await gpuSays(page, "not used: ");
  const [trial, ...more] = await trials(page);
  assert.deepEqual([trial.adapter, more], ["acme fast", []]);
  assert.ok(trial.gpu < trial.cpu, JSON.stringify(trial));
  assert.ok(panel.includes(`${trial.gpu.toFixed(0)} against ${trial.cpu.toFixed(0)} pieces a second`), panel);
  assert.ok(gpuFiles(visit).length > 0);

  const from = visit.asked.length;
  await paste(visit, SHORT);
  await assertAsByCpu(t, page, SHORT);
  assert.match(await gpuSays(page, "not used: "), /slower than the CPU/);
  assert.deepEqual(gpuFiles(visit, from), []);
  visit.assertNoErrors();
});

test("a GPU that is faster is remembered, and used from then on", async (t) => {
  const visit = await openGpu(t, { stored: {}, engine: FLATTERY });
  const { page } = visit;
  await untilOn(visit);
  // What is stopped says nothing about the speed.
  await pasteAgain(page, LONG);
  await underWay(page, 2);
  await page.getByRole("button", { name: "Cancel" }).click();
  await phase(page, "cancelled");
  await eventually(() => timesOn(page), 2, "the GPU is ready for more");
  assert.deepEqual(await trials(page), []);

  await pasteAgain(page, LONG);
  const stats = await assertAsByCpu(t, page, LONG);
  assert.ok(2 * stats.gpu_sentences > stats.sentences);
  const [trial] = await trials(page);
  assert.ok(trial.gpu > trial.cpu, JSON.stringify(trial));

  await untilOn(visit);
  await pasteAgain(page, OTHER);
  assert.ok((await assertAsByCpu(t, page, OTHER)).gpu_sentences > 0);
  assert.deepEqual(await said(page, "measured"), [], "it is not tried again");
  assert.deepEqual(await trials(page), [trial]);
  visit.assertNoErrors();
});

test("a program in the place of a GPU is not loaded for", async (t) => {
  const visit = await openGpu(t, { stored: {} });
  await paste(visit, SHORT);
  await assertAsByCpu(t, visit.page, SHORT);
  assert.match(await gpuSays(visit.page, "not used: "), /a program, no GPU/);
  assert.deepEqual(gpuFiles(visit), []);
});

test("the choice in the panel is kept and obeyed", async (t) => {
  const visit = await openGpu(t, { stored: {} });
  const { page } = visit;
  const choose = async (name) => {
    const panel = page.getByTestId("engine");
    if ((await panel.getAttribute("open")) === null) await panel.locator("summary").click();
    await page.getByRole("radio", { name }).check();
  };
  await paste(visit, SHORT);
  await finished(page);
  await choose("CPU only");
  assert.match(await gpuSays(page, "switched off"), /it is switched off/);
  await paste(visit, OTHER);
  await assertAsByCpu(t, page, OTHER);
  assert.match(await gpuSays(page, "switched off"), /it is switched off/);
  assert.ok(await page.getByRole("radio", { name: "CPU only", includeHidden: true }).isChecked());
  assert.deepEqual(gpuFiles(visit), []);

  await choose("GPU wherever it works");
  await gpuSays(page, ON);
  await pasteAgain(page, OTHER);
  assert.ok((await assertAsByCpu(t, page, OTHER)).gpu_sentences > 0);
  visit.assertNoErrors();
});
