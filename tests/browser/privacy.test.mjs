// The text stays on the device: nothing is asked of another origin, nothing of the text is in what is asked, and once the
// model is there, nothing is asked at all.

import assert from "node:assert/strict";
import { test } from "node:test";
import { url } from "./harness/harness.mjs";
import { assertWhole, longText, openReader, phase } from "./harness/reader.mjs";
import { Profile, Site, kept } from "./harness/site.mjs";

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

test("from the second visit on, a session asks this server for its own files and for nothing else", async (t) => {
  const site = await Site.start(t);
  const profile = await Profile.make(t);
  let page = await profile.open();
  await page.goto(site.url("/article/kolibri-k1-dresden"));
  await phase(page, "done");
  await kept(page);
  await profile.close();

  const before = site.requests.length;
  profile.requests.length = 0;
  page = await profile.open();
  await page.goto(site.url("/"));
  await page.getByRole("switch", { name: "In English" }).click();
  await page.locator(".status[data-phase=done]").waitFor();
  await page.locator(".story a").first().click();
  await phase(page, "done");
  await read(page, TEXT);
  await page.getByRole("link", { name: "Models", exact: true }).click();
  await page.getByTestId("model").first().waitFor();
  // What another program shares comes as a form, which the service worker takes.
  const shared = await page.evaluate(async (text) => {
    const body = new FormData();
    body.append("text", text);
    return (await fetch("/paste/shared", { method: "POST", body, redirect: "manual" })).type;
  }, TEXT);
  assert.equal(shared, "opaqueredirect");

  profile.assertOnly(site);
  const asked = site.requests.slice(before);
  const model = site.sent(/^\/models\/.*\.(bin|spm)$/, before);
  assert.equal(model, 0, "the model is not fetched again");
  for (const { method, path, body } of asked) {
    assert.equal(method, "GET", path);
    assert.equal(body, "", path);
    assert.ok(!decodeURIComponent(path).includes(SECRET), path);
  }
  for (const address of profile.requests) assert.ok(!decodeURIComponent(address).includes(SECRET), address);
  const kinds = asked.map(({ path }) => path).filter((path) => !/^\/($|assets\/|articles\/|article\/|models\/|icons\/|sw\.js|manifest\.webmanifest|favicon|paste)/.test(path));
  assert.deepEqual(kinds, [], "nothing but the reader's own files");
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
