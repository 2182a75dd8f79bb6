// A model that is on the device is made ready before anybody asks for a translation; nobody else pays for that.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ENGINE, MANIFEST, MODEL, WORKER, assertWhole, eventually, goToArticle, openReader, phase, said } from "./harness/reader.mjs";

const SLUG = "kolibri-k1-dresden";
const STORY = `.story a[href="/article/${SLUG}"]`;

/** Where a model that is here is kept. */
const removeModels = (page) =>
  page.evaluate(async () => (await navigator.storage.getDirectory()).removeEntry("klartext-models", { recursive: true }));

/** A browser in which an article was translated before, and its requests of some kinds from now on. */
async function comeBack(t, { path = "/", before = async () => {} } = {}) {
  const visit = await openReader(t);
  const { page } = visit;
  await goToArticle(visit, SLUG);
  await phase(page, "done");
  await before(page);
  const asked = [];
  page.on("request", (request) => asked.push(request.url()));
  await visit.go(path);
  return { visit, page, count: (file) => asked.filter((url) => file.test(url)).length };
}

/** Waits until the worker has done what it does by itself. */
async function rest(page) {
  await eventually(() => page.workers().length, 1);
  await page.workers()[0].evaluate(() => 0);
  await page.waitForTimeout(500);
}

/** How many workers there were in this page. */
const workers = (page) => page.evaluate(() => globalThis.workers);

test("whoever has translated nothing yet gets no engine before they do", async (t) => {
  const visit = await openReader(t);
  const { page } = visit;
  await visit.go("/");
  await page.locator(STORY).waitFor();
  await visit.go("/paste");
  await page.getByLabel("German text").waitFor();
  assert.equal(await workers(page), 0);
  assert.deepEqual(visit.requests.filter((url) => ENGINE.test(url)), []);
});

test("a model that is here is ready before anybody asks, and one click later translates", async (t) => {
  const { visit, page, count } = await comeBack(t);
  await eventually(async () => (await said(page, "ready")).length, 1, "it is ready on the front page");
  await rest(page);
  assert.deepEqual(await said(page, "loading"), [], "nobody is told of what nobody asked for");
  assert.deepEqual(await said(page, "gpu"), [], "no GPU is looked for before there is work");
  assert.equal(count(MANIFEST), 0, "nor a newer version");
  await page.locator(STORY).click();
  await phase(page, "done");
  await assertWhole(page);
  assert.deepEqual(await said(page, "loading"), [], "it was not loaded again");
  assert.equal(count(MODEL), 0);
  await eventually(async () => (await said(page, "gpu")).length > 0, true, "then one is looked for");
  visit.assertNoErrors();
});

test("an article opened at once goes on with what was begun", async (t) => {
  const { page } = await comeBack(t, { path: `/article/${SLUG}` });
  await phase(page, "done");
  await assertWhole(page);
  assert.deepEqual(await said(page, "loading"), [], "a loading of its own would be told of");
});

test("a model that is gone is fetched when somebody wants it, and not before", async (t) => {
  const { page, count } = await comeBack(t, { before: removeModels });
  await rest(page);
  assert.equal(count(MANIFEST) + count(MODEL), 0);
  await page.locator(STORY).click();
  await phase(page, "done");
  await assertWhole(page);
  assert.ok(count(MODEL) > 0);
});

test("a model that is gone is fetched for an article opened at once", async (t) => {
  const { page, count } = await comeBack(t, { path: `/article/${SLUG}`, before: removeModels });
  await phase(page, "done");
  await assertWhole(page);
  assert.ok(count(MODEL) > 0);
});

test("a model that was removed by the reader is not looked for again", async (t) => {
  const { page } = await comeBack(t, { path: "/models" });
  await page.getByRole("button", { name: "Remove" }).click();
  await page.getByRole("button", { name: "Yes, remove" }).click();
  await eventually(async () => (await said(page, "models-changed")).length, 1);
  await page.goto(new URL("/", page.url()).href);
  await page.locator(STORY).waitFor();
  assert.equal(await workers(page), 0);
});

for (const [name, file] of [["an engine", ENGINE], ["a worker", WORKER]]) {
  test(`${name} that does not start for nobody is no news; for somebody it is started again`, async (t) => {
    const { page, count } = await comeBack(t, { before: (page) => page.route(file, (route) => route.abort()) });
    await page.locator(STORY).waitFor();
    await eventually(() => count(file) > 0, true);
    await eventually(() => page.workers().length, 0, "it is ended");
    assert.equal(await page.getByRole("alert").count(), 0);
    await page.unroute(file);
    await page.locator(STORY).click();
    await phase(page, "done");
    await assertWhole(page);
    assert.equal(await workers(page), 2);
  });
}
