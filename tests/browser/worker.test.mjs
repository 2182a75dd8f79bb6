// The engine's worker dies, hangs or never starts: that is seen, said, and the next one goes on where it stopped.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  ENGINE,
  WORKER,
  assertWhole,
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

const SLUG = "kolibri-k1-dresden";
const TEXT = longText(60);

/** Ways in which a worker ends; each runs in it. */
const DEATHS = {
  "an exception that nobody catches": () => setTimeout(() => { throw new Error("broken by a test"); }),
  "it is ended without a word": () => self.close(),
  "it computes for ever": () => setTimeout(() => { for (;;); }),
};

/** The English sentences that are there: their texts by their places. */
async function english(page) {
  const done = (await blocks(page)).flatMap(({ index, sentences }) =>
    sentences.filter(({ english }) => english?.trim()).map(({ at, english }) => [`${index}/${at}`, english]));
  return Object.fromEntries(done);
}

/** Ends the worker in the middle of an article, and goes on. */
async function assertGoesOn(visit, death) {
  const { page } = visit;
  // Without helpers, so that there is one worker to end.
  await paste(visit, TEXT, "?workers=1");
  await underWay(page, 4);
  assert.equal(page.workers().length, 1);
  await page.workers()[0].evaluate(death);
  await phase(page, "failed");
  const failure = page.getByTestId("failure");
  assert.equal(await failure.getAttribute("data-code"), "worker-died");
  assert.equal(await failure.getAttribute("role"), "alert");
  const kept = await english(page);
  assert.ok(Object.keys(kept).length >= 4, "what is translated stays");

  await failure.getByRole("button", { name: "Try again" }).click();
  await phase(page, "done");
  await assertWhole(page);
  const all = await english(page);
  for (const place of Object.keys(kept)) assert.equal(all[place], kept[place], `the sentence ${place}`);
  assert.equal(await page.evaluate(() => globalThis.workers), 2, "there was one worker more");
  await eventually(() => page.workers().length, 1, "the dead one is gone");
  assert.equal(await failure.count(), 0);
}

for (const [name, death] of Object.entries(DEATHS)) {
  test(`a worker that dies in the middle of an article is followed by another: ${name}`, async (t) => {
    await assertGoesOn(await openReader(t), death);
  });
}

test("a worker that dies while it rests is replaced when it is needed", async (t) => {
  const visit = await openReader(t);
  const { page } = visit;
  await goToArticle(visit, SLUG);
  await phase(page, "done");
  await page.workers()[0].evaluate(DEATHS["an exception that nobody catches"]);
  await page.locator(".related a").first().click();
  await page.waitForURL("**/article/uebersetzen-ohne-cloud-test");
  // Whether the death is seen before or after the next job is asked for: it is done, or it can be tried again.
  await page.locator(".article[data-phase=done], .article[data-phase=failed]").waitFor({ timeout: 90_000 });
  const again = page.getByRole("button", { name: "Try again" });
  if (await again.count()) await again.click();
  await phase(page, "done");
  await assertWhole(page);
});

/** What keeps a worker from starting. */
const STARTS = [
  ["its script does not come", WORKER, (route) => route.abort()],
  ["its script is not there", WORKER, (route) => route.fulfill({ status: 404, body: "missing" })],
  ["its script throws", WORKER, (route) => route.fulfill({ contentType: "text/javascript", body: "throw new Error('no')" })],
  ["the engine does not come", ENGINE, (route) => route.abort()],
  ["the engine is not there", ENGINE, (route) => route.fulfill({ status: 404, body: "missing" })],
  ["the engine is broken", ENGINE, (route) => route.fulfill({ contentType: "application/wasm", body: "\0asm\x01\0\0\0broken" })],
];

for (const [name, file, answer] of STARTS) {
  test(`a worker that cannot start, as ${name}, is said, and trying again starts another`, async (t) => {
    const visit = await openReader(t);
    const { page } = visit;
    await page.route(file, answer);
    await goToArticle(visit, SLUG);
    await phase(page, "failed");
    const failure = page.getByTestId("failure");
    const again = failure.getByRole("button", { name: "Try again" });
    assert.ok(["worker-died", "network", "internal"].includes(await failure.getAttribute("data-code")));
    await page.unroute(file);
    await again.click();
    await phase(page, "done");
    await assertWhole(page);
    assert.equal(await page.evaluate(() => globalThis.workers), 2);
  });
}

test("a pasted text can be read as it is while no worker starts", async (t) => {
  const visit = await openReader(t);
  const { page } = visit;
  await page.route(WORKER, (route) => route.abort());
  await paste(visit, "Ein Satz steht hier.\n\nNoch einer steht hier.");
  const failure = page.getByTestId("failure");
  await failure.waitFor();
  assert.deepEqual(await page.locator("[lang=de] p").allTextContents(), ["Ein Satz steht hier.", "Noch einer steht hier."]);
  await page.unroute(WORKER);
  await failure.getByRole("button", { name: "Try again" }).click();
  await phase(page, "done");
  await assertWhole(page);
});

test("several jobs are worked off by one worker, and none gets another's sentences", async (t) => {
  const visit = await openReader(t);
  const { page } = visit;
  await visit.go("/");
  await page.getByRole("switch", { name: "In English" }).click();
  await page.locator(`.story a[href="/article/${SLUG}"]`).click();
  await phase(page, "done");
  await assertWhole(page);
  const done = await said(page, "done");
  assert.equal(new Set(done.map(({ job }) => job)).size, done.length, "no job ends twice");
  await page.getByRole("link", { name: "Back to headlines" }).click();
  await page.locator(".status[data-phase=done]").waitFor();
  await page.locator(".story [data-lang=de]").first().waitFor({ state: "detached" });
  assert.equal(await page.evaluate(() => globalThis.workers), 1);
  visit.assertNoErrors();
});
