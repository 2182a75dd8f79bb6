// The text stays on the device: nothing is asked of another origin, nothing of the text is in what is asked, and once the
// model is there, nothing is asked at all.

import assert from "node:assert/strict";
import { test } from "node:test";
import { url } from "./harness/harness.mjs";
import { assertWhole, longText, openReader, phase } from "./harness/reader.mjs";

/** A word that is nowhere but in the text. */
const SECRET = "Quarzuhrenfabrikbesitzer";
const TEXT = `${longText(6)}\n\nDer ${SECRET} wohnt in Bad Merlach. Niemand sonst weiß davon.`;

/** Everything that leaves the page from now on: `{address, method, body, all}`; `all` is all of the headers. */
function listen(visit) {
  const sent = [];
  visit.page.context().on("request", (request) => {
    const all = JSON.stringify(request.headers());
    sent.push({ address: request.url(), method: request.method(), body: request.postData() ?? "", all });
  });
  visit.page.on("websocket", (socket) => sent.push({ address: socket.url(), method: "WEBSOCKET", body: "", all: "" }));
  return sent;
}

/** Reads a text by the app's own links: the page stays the same. */
async function read(page, text) {
  await page.getByRole("navigation").getByRole("link", { name: "Paste a text" }).click();
  await page.getByLabel("German text").fill(text);
  await page.getByRole("button", { name: "Read in English" }).click();
  await phase(page, "done");
}

test("a whole session asks this server alone, and tells it nothing", async (t) => {
  const visit = await openReader(t);
  const { page } = visit;
  const sent = listen(visit);
  await visit.go("/");
  await page.getByRole("switch", { name: "In English" }).click();
  await page.locator(".status[data-phase=done]").waitFor();
  await page.locator(".story a").first().click();
  await phase(page, "done");
  const before = sent.length;
  await read(page, TEXT);
  await assertWhole(page);

  assert.deepEqual(sent.slice(before), [], "nothing is asked for a pasted text");
  const origin = new URL(url()).origin;
  for (const { address, method, body, all } of sent) {
    const { protocol, origin: asked } = new URL(address);
    if (["data:", "blob:"].includes(protocol)) continue;
    assert.equal(asked, origin, address);
    assert.equal(method, "GET", address);
    assert.equal(body, "", address);
    assert.ok(!decodeURIComponent(address + all).includes(SECRET), address);
  }
  visit.assertNoForeignRequests();
  assert.deepEqual(await page.evaluate(() => globalThis.stopped), [], "the security policy had nothing to stop");
  const stored = await page.evaluate(() => JSON.stringify({ ...localStorage }) + document.cookie);
  assert.ok(!stored.includes(SECRET), "nothing of it outlives the tab");
  visit.assertNoErrors();
});

test("once the model is there, the reader works without a network", async (t) => {
  const visit = await openReader(t);
  const { page } = visit;
  await visit.go("/");
  await read(page, "Ein Satz steht hier.");
  await page.context().setOffline(true);
  const sent = listen(visit);
  await read(page, TEXT);
  await assertWhole(page);
  assert.deepEqual(sent, []);
  // What is not there yet is said to be out of reach, and comes when the network does.
  await page.getByRole("navigation").getByRole("link", { name: "Headlines" }).click();
  const failure = page.getByTestId("failure");
  await failure.getByRole("heading", { name: "You are offline" }).waitFor();
  await page.context().setOffline(false);
  await failure.getByRole("button", { name: "Try again" }).click();
  await page.locator(".story").first().waitFor();
});
