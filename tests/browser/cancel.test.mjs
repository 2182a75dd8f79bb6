// Stopping: at once, with what is there kept, and going on from there with no sentence lost or doubled.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  MODEL,
  assertWhole,
  bare,
  blocks,
  eventually,
  goToArticle,
  longText,
  openReader,
  paste,
  phase,
  said,
  underWay,
} from "./harness/reader.mjs";

/** Enough not to be done before it is stopped, on quick machines that are slow at clicking. */
const PARAGRAPHS = 160;
const TEXT = longText(PARAGRAPHS);

function done(all) {
  return all.flatMap(({ index, sentences }) =>
    sentences.filter(({ english }) => english?.trim()).map(({ at, english }) => ({ place: `${index}/${at}`, english })));
}

test("a long translation stops, keeps what it has, and goes on", async (t) => {
  const visit = await openReader(t);
  const { page } = visit;
  const status = page.getByTestId("status");
  await paste(visit, TEXT);
  await underWay(page, 10);
  await page.getByRole("button", { name: "Cancel" }).click();
  await phase(page, "cancelled");
  assert.equal(await status.textContent(), "Translation cancelled");
  const kept = await blocks(page);
  assert.ok(done(kept).length >= 10);
  assert.ok(kept.some(({ pending }) => pending > 0), "it was stopped before the end");
  assert.equal(bare(kept.map(({ german }) => german).join("")), bare(TEXT), "the German text is whole");
  assert.equal(await page.locator(".article progress").count(), 0);

  await page.getByRole("button", { name: "Resume" }).click();
  await phase(page, "done");
  const all = await assertWhole(page);
  assert.equal(bare(all.map(({ german }) => german).join("")), bare(TEXT));
  const now = new Map(done(all).map(({ place, english }) => [place, english]));
  for (const { place, english } of done(kept)) assert.equal(now.get(place), english, `the sentence ${place}`);

  // The engine said nothing more of the job that was stopped, and each job's sentences once.
  const [cancelled] = await said(page, "cancelled");
  const events = await page.evaluate(() => globalThis.said);
  const end = events.findIndex(({ type }) => type === "cancelled");
  assert.ok(!events.slice(end + 1).some(({ job }) => job === cancelled.job));
  const places = events.filter(({ type }) => type === "sentence").map(({ job, block, sentence }) => `${job}/${block}/${sentence}`);
  assert.equal(new Set(places).size, places.length);
  // What was whole before is not done again.
  const second = await said(page, "outline");
  const whole = kept.filter(({ pending, counts }) => counts[0] > 0 && pending === 0).length;
  assert.equal(second.at(-1).blocks.length, kept.length - whole);
  visit.assertNoErrors();
});

test("stopped again and again, it still ends whole", async (t) => {
  const visit = await openReader(t);
  const { page } = visit;
  await paste(visit, TEXT);
  for (const count of [1, 12, 24]) {
    await underWay(page, count);
    await page.getByRole("button", { name: "Cancel" }).click();
    await phase(page, "cancelled");
    await page.getByRole("button", { name: "Resume" }).click();
  }
  await phase(page, "done");
  const all = await assertWhole(page);
  assert.equal(bare(all.map(({ german }) => german).join("")), bare(TEXT));
  const sentences = all.reduce((sum, { counts }) => sum + counts[0], 0);
  assert.equal(sentences, 1 + 4 * PARAGRAPHS);
});

test("the model's download stops too, and the next one is a new one", async (t) => {
  const visit = await openReader(t);
  const { page } = visit;
  // It never comes.
  await page.route(MODEL, () => {});
  await goToArticle(visit, "kolibri-k1-dresden");
  await page.getByTestId("load-bytes").filter({ hasText: "MB" }).waitFor();
  await page.getByRole("button", { name: "Cancel" }).click();
  await phase(page, "cancelled");
  await eventually(() => page.workers().length, 0, "the worker is ended, and its download with it");
  const german = page.locator(".article .cell[data-lang=de]");
  assert.equal(await german.filter({ visible: true }).count(), await german.count());
  await page.unroute(MODEL);
  await page.getByRole("button", { name: "Translate" }).click();
  await phase(page, "done");
  await assertWhole(page);
});

test("whoever leaves the page has no use for the rest of it", async (t) => {
  const visit = await openReader(t);
  const { page } = visit;
  await paste(visit, TEXT);
  await underWay(page, 1);
  await page.getByRole("navigation").getByRole("link", { name: "Headlines" }).click();
  await page.waitForFunction(() => globalThis.said.some(({ type }) => type === "cancelled"));
  await page.locator(".story a").first().click();
  await phase(page, "done");
  await assertWhole(page);
  const [cancelled] = await said(page, "cancelled");
  assert.ok(!(await said(page, "done")).some(({ job }) => job === cancelled.job));
  visit.assertNoErrors();
});

test("what is on the screen comes first", async (t) => {
  const visit = await openReader(t);
  const { page } = visit;
  // By one worker: helpers finish what they have in hand, wherever the reader looks meanwhile.
  await paste(visit, longText(240), "?workers=1");
  await underWay(page, 1);
  await page.locator(".article .block").last().scrollIntoViewIfNeeded();
  await phase(page, "done");
  const all = await assertWhole(page);
  const order = (await said(page, "sentence")).map(({ block }) => block);
  const [middle, last] = [Math.floor(all.length / 2), all.length - 1];
  assert.ok(order.indexOf(0) < order.indexOf(last), "the top came first, as long as it was on the screen");
  assert.ok(order.lastIndexOf(last) < order.indexOf(middle), "then the end, and then what lies between");
});
