// A model that is on the device is made ready before anybody asks for a translation; nobody else pays for that.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ENGINE, MODEL, assertWhole, eventually, goToArticle, openReader, phase, said } from "./harness/reader.mjs";

const SLUG = "kolibri-k1-dresden";
const STORY = `.story a[href="/article/${SLUG}"]`;

/** Opens the front page in a browser in which an article was translated before. */
async function comeBack(t, between = async () => {}) {
  const visit = await openReader(t);
  const { page } = visit;
  await goToArticle(visit, SLUG);
  await phase(page, "done");
  await between(page);
  await visit.go("/");
  await page.locator(STORY).waitFor();
  return visit;
}

/** Counts the requests for a kind of file from now on. */
function count(page, file) {
  const counted = { requests: 0 };
  page.on("request", (request) => (counted.requests += Number(file.test(request.url()))));
  return counted;
}

/** How many workers there were in this page. */
const workers = (page) => page.evaluate(() => globalThis.workers);

test("whoever has translated nothing yet gets no engine before they do", async (t) => {
  const visit = await openReader(t);
  const { page } = visit;
  const engines = count(page, ENGINE);
  await visit.go("/");
  await page.locator(STORY).waitFor();
  await visit.go("/paste");
  await page.getByLabel("German text").waitFor();
  assert.equal(await workers(page), 0);
  assert.equal(engines.requests, 0);
});

test("a model that is here is ready before anybody asks, and one click later translates", async (t) => {
  const visit = await comeBack(t);
  const { page } = visit;
  const models = count(page, MODEL);
  await eventually(async () => (await said(page, "ready")).length, 1, "it is ready on the front page");
  assert.deepEqual(await said(page, "loading"), [], "nobody is told of what nobody asked for");
  assert.deepEqual(await said(page, "gpu"), [], "no GPU is looked for before there is work");
  await page.locator(STORY).click();
  await phase(page, "done");
  await assertWhole(page);
  assert.equal((await said(page, "ready")).length, 1, "it was not loaded again");
  assert.equal(models.requests, 0);
  assert.equal((await said(page, "gpu")).length > 0, true, "then one is looked for");
  visit.assertNoErrors();
});

test("an article opened at once does not wait for two loadings of one model", async (t) => {
  const visit = await comeBack(t);
  const { page } = visit;
  await goToArticle(visit, SLUG);
  await phase(page, "done");
  await assertWhole(page);
  assert.equal((await said(page, "ready")).length, 1);
});

test("a model that is gone is fetched when somebody wants it, and not before", async (t) => {
  const visit = await comeBack(t, (page) =>
    page.evaluate(async () => (await navigator.storage.getDirectory()).removeEntry("klartext-models", { recursive: true })));
  const { page } = visit;
  const models = count(page, MODEL);
  await eventually(() => page.workers().length, 1);
  await eventually(async () => (await said(page, "started")).length, 1);
  assert.equal(models.requests, 0);
  await page.locator(STORY).click();
  await phase(page, "done");
  await assertWhole(page);
  assert.ok(models.requests > 0);
});

test("an engine that does not start for nobody is no news; for somebody it is started again", async (t) => {
  const visit = await openReader(t);
  const { page } = visit;
  await goToArticle(visit, SLUG);
  await phase(page, "done");
  await page.route(ENGINE, (route) => route.abort());
  await visit.go("/");
  await page.locator(STORY).waitFor();
  await eventually(async () => (await said(page, "failed")).length, 1);
  assert.equal(await page.getByRole("alert").count(), 0);
  await page.unroute(ENGINE);
  await page.locator(STORY).click();
  await phase(page, "done");
  await assertWhole(page);
  assert.equal(await workers(page), 2);
});
