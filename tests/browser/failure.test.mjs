// The model does not come, or comes broken: that is said in plain words, German stays readable, and trying again helps.

import assert from "node:assert/strict";
import { test } from "node:test";
import { MANIFEST, MODEL, assertWhole, goToArticle, openReader, paste, phase } from "./harness/reader.mjs";

const SLUG = "kolibri-k1-dresden";

/** Answers with what the server has, changed. */
function changed(change) {
  return async (route) => {
    const response = await route.fetch();
    const headers = { ...response.headers() };
    delete headers["content-length"];
    await route.fulfill({ status: response.status(), headers, body: change(await response.body()) });
  };
}

/** A place in the model whose bit is wrong, whichever part of the file is asked for. */
const WRONG = 100_000;

async function flipped(route) {
  const response = await route.fetch();
  const body = await response.body();
  const first = Number(/^bytes (\d+)-/.exec(response.headers()["content-range"] ?? "")?.[1] ?? 0);
  if (WRONG >= first && WRONG < first + body.length) body[WRONG - first] ^= 1;
  await route.fulfill({ response, body });
}

/** What goes wrong with which file, and the code of what is said then. */
const CASES = [
  ["a bit of the model is wrong", MODEL, flipped, "model-broken"],
  ["the model is empty", MODEL, changed(() => Buffer.alloc(0)), "network"],
  ["the model is not there", MODEL, (route) => route.fulfill({ status: 404, body: "missing" }), "model-missing"],
  ["the server has a fault", MODEL, (route) => route.fulfill({ status: 500, body: "fault" }), "network"],
  ["the connection breaks", MODEL, (route) => route.abort("connectionreset"), "network"],
  ["the manifest is no JSON", MANIFEST, changed(() => "<!doctype html><title>Portal</title>"), "model-broken"],
  ["the manifest is not there", MANIFEST, (route) => route.fulfill({ status: 404, body: "missing" }), "model-missing"],
];

/** Fails unless the German text can be read, and nothing pretends that English is still to come. */
async function assertGermanReadable(page) {
  const german = page.locator(".article .cell[data-lang=de]");
  assert.ok((await german.count()) > 0);
  assert.equal(await german.filter({ visible: true }).count(), await german.count(), "all of the German text is shown");
  assert.equal(await page.locator(".article progress").count(), 0);
  assert.equal(await page.getByRole("button", { name: "Cancel" }).count(), 0);
}

for (const [name, file, answer, code] of CASES) {
  test(`${name}: said, and trying again translates`, async (t) => {
    const visit = await openReader(t);
    const { page } = visit;
    await page.route(file, answer);
    await goToArticle(visit, SLUG);
    await phase(page, "failed");
    const failure = page.getByTestId("failure");
    assert.equal(await failure.getAttribute("data-code"), code);
    assert.equal(await failure.getAttribute("role"), "alert");
    assert.ok((await failure.getByRole("heading").textContent()).trim());
    assert.equal(await page.getByTestId("status").textContent(), "Translation stopped");
    // What a developer wants to know: which file it was.
    const details = await failure.locator(".detail").textContent();
    if (name !== "the manifest is no JSON") assert.match(details, /model|manifest/);
    await assertGermanReadable(page);

    // It fails again as long as it is broken, and says so again.
    await failure.getByRole("button", { name: "Try again" }).click();
    await page.waitForFunction(() => globalThis.said.filter(({ type }) => type === "failed").length >= 3);
    await phase(page, "failed");
    await page.unroute(file);
    await failure.getByRole("button", { name: "Try again" }).click();
    await phase(page, "done");
    await assertWhole(page);
    assert.equal(await failure.count(), 0);
    visit.assertNoForeignRequests();
  });
}

test("a model that breaks is said of a pasted text too", async (t) => {
  const visit = await openReader(t);
  const { page } = visit;
  await page.route(MODEL, flipped);
  await paste(visit, "Ein Satz steht hier. Noch einer steht hier.");
  await phase(page, "failed");
  await assertGermanReadable(page);
  await page.unroute(MODEL);
  await page.getByRole("button", { name: "Try again" }).click();
  await phase(page, "done");
  await assertWhole(page);
});

test("a model that breaks leaves the front page in German", async (t) => {
  const visit = await openReader(t);
  const { page } = visit;
  await page.route(MODEL, (route) => route.fulfill({ status: 404, body: "missing" }));
  await visit.go("/");
  await page.getByRole("switch", { name: "In English" }).click();
  const failure = page.getByTestId("failure");
  await failure.waitFor();
  assert.equal(await page.locator(".story [data-lang=en]").count(), 0);
  await page.unroute(MODEL);
  await failure.getByRole("button", { name: "Try again" }).click();
  await page.locator(".status[data-phase=done]").waitFor();
  assert.equal(await page.locator(".story [data-lang=de]").count(), 0);
});

test("without SIMD in WebAssembly the page says which browsers have it, and shows the German text", async (t) => {
  const visit = await openReader(t);
  const { page } = visit;
  await page.addInitScript(() => {
    WebAssembly.validate = () => false;
  });
  await goToArticle(visit, SLUG);
  await phase(page, "failed");
  const failure = page.getByTestId("failure");
  assert.equal(await failure.getAttribute("data-code"), "no-simd");
  assert.match(await failure.textContent(), /SIMD.+Chrome.+Firefox.+Safari/);
  assert.equal(await failure.getByRole("button").count(), 0, "trying again would not help");
  await assertGermanReadable(page);
  assert.ok(!visit.requests.some((address) => /\/models\//.test(address)), "no model is fetched in vain");
  // A text of one's own is shown as it is.
  await paste(visit, "Ein Satz steht hier.\n\nNoch einer steht hier.");
  await failure.waitFor();
  assert.deepEqual(await page.locator("[lang=de] p").allTextContents(), ["Ein Satz steht hier.", "Noch einer steht hier."]);
});

test("while the model is fetched, a bar says how many bytes are there", async (t) => {
  const visit = await openReader(t);
  const { page } = visit;
  let goOn;
  const held = new Promise((resolve) => (goOn = resolve));
  await page.route(MODEL, async (route) => {
    await held;
    await route.continue();
  });
  await goToArticle(visit, SLUG);
  const { files } = await page.evaluate(async () => (await fetch("/models/deen/manifest.json")).json());
  const total = files.model.bytes + files.vocabulary.bytes;
  const bar = page.getByRole("progressbar", { name: "Model loaded" });
  await page.getByTestId("load-bytes").filter({ hasText: / of \d+\.\d MB$/ }).waitFor();
  assert.equal(await bar.getAttribute("max"), String(total));
  assert.ok(Number(await bar.getAttribute("value")) < total);
  assert.match(await page.getByTestId("status").textContent(), /^Downloading the translation model, \d+\.\d MB, once: /);
  goOn();
  await phase(page, "done");
  const told = await page.evaluate(() => globalThis.said.filter(({ type, total }) => type === "loading" && total > 0));
  assert.deepEqual(told.map(({ done }) => done), told.map(({ done }) => done).sort((a, b) => a - b));
  assert.deepEqual([told.at(-1).done, told.at(-1).total], [total, total]);
});
