// Without a network: after one visit the reader opens from the device, in a browser that was closed meanwhile.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Profile, Site, kept, version } from "./harness/site.mjs";

/** Files of the model, but for its manifest. */
const MODEL = /^\/models\/deen\/(?!manifest)/;

/** Opens a page and waits until what `selector` names is there. */
async function show(page, site, path, selector) {
  await page.goto(site.url(path));
  await page.locator(selector).first().waitFor();
  assert.equal(await page.locator(".boot-failure").count(), 0, path);
}

test("after one visit everything opens without a network, from a cold start", async (t) => {
  const site = await Site.start(t);
  const profile = await Profile.make(t);
  let page = await profile.open();
  await show(page, site, "/", ".story");
  await kept(page);
  await page.getByTestId("ready").filter({ hasText: "Ready to work offline" }).waitFor();
  await profile.close();
  await site.stop();

  page = await profile.open();
  const errors = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  await show(page, site, "/", ".story");
  await show(page, site, "/article/kolibri-k1-dresden", ".article .block");
  await show(page, site, "/article/kolibri-k1-dresden?from=elsewhere", ".article .block");
  await show(page, site, "/paste", "textarea");
  await show(page, site, "/no/such/page", "h1");
  assert.equal(await page.evaluate(() => crossOriginIsolated), true, "the kept page has its headers");
  assert.equal(await page.getByTestId("ready").textContent(), "", "it is said once");
  assert.deepEqual(errors, []);
  profile.assertOnly(site);
});

test("the engine that was used works without a network as well", async (t) => {
  const site = await Site.start(t);
  const profile = await Profile.make(t);
  let page = await profile.open();
  const cached = () =>
    page.evaluate(async () => {
      const keys = await (await caches.open("klartext")).keys();
      return keys.map(({ url }) => new URL(url).pathname.replace(/(-relaxed)?-[0-9a-f]{12}/, "")).filter((name) => /engine/.test(name));
    });
  await show(page, site, "/", ".story");
  await kept(page);
  assert.deepEqual(await cached(), [], "an engine that nobody used is not downloaded");
  await profile.close();

  // The engine starts before the service worker is there for it.
  const other = await Profile.make(t);
  page = await other.open();
  await show(page, site, "/article/kolibri-k1-dresden", ".article[data-phase=done]");
  await kept(page);
  assert.deepEqual((await cached()).sort(), ["/assets/engine.js", "/assets/engine.wasm"]);
  const asked = site.requests.filter(({ path }) => /engine/.test(path)).map(({ path }) => path);
  assert.deepEqual(asked, [...new Set(asked)], "it was downloaded once");
  await other.close();
  await site.stop();

  page = await other.open();
  await show(page, site, "/article/kolibri-k1-dresden", ".article[data-phase=done]");
  other.assertOnly(site);
});

test("a new release of the reader does not fetch the model again", async (t) => {
  const site = await Site.start(t);
  const profile = await Profile.make(t);
  let page = await profile.open();
  await show(page, site, "/article/kolibri-k1-dresden", ".article[data-phase=done]");
  await kept(page);
  assert.ok(site.sent(MODEL) > 1_000_000, "the first visit fetches it");
  await profile.close();

  await site.release();
  const before = site.requests.length;
  page = await profile.open();
  await show(page, site, "/article/kolibri-k1-dresden", ".article[data-phase=done]");
  assert.equal(await version(page), "ffffffffffff", "the page is of the new release");
  assert.equal(site.sent(MODEL, before), 0);
});

test("a network that does not answer is not waited for long", async (t) => {
  const site = await Site.start(t);
  const profile = await Profile.make(t);
  let page = await profile.open();
  await show(page, site, "/", ".story");
  await kept(page);
  await profile.close();
  site.silent = true;
  page = await profile.open();
  await show(page, site, "/article/kolibri-k1-dresden", ".article .block");
});

test("the page says when there is no network", async (t) => {
  const site = await Site.start(t);
  const profile = await Profile.make(t);
  const page = await profile.open();
  await show(page, site, "/", ".story");
  await kept(page);
  const connection = page.getByTestId("connection");
  assert.equal(await connection.textContent(), "");
  await profile.context.setOffline(true);
  await connection.filter({ hasText: "Offline" }).waitFor();
  await profile.context.setOffline(false);
  await connection.filter({ hasNotText: "Offline" }).waitFor({ state: "attached" });
});

test("what the device holds is what the server sent: a file that was changed on the way is not kept", async (t) => {
  const site = await Site.start(t);
  await site.spoil("articles/index.json");
  const profile = await Profile.make(t);
  const page = await profile.open();
  await show(page, site, "/", ".story");
  const state = await page.evaluate(async () => {
    const registration = await navigator.serviceWorker.register("/sw.js");
    const worker = registration.installing ?? registration.waiting ?? registration.active;
    while (!["redundant", "activated"].includes(worker.state)) {
      await new Promise((resolve) => worker.addEventListener("statechange", resolve, { once: true }));
    }
    return worker.state;
  }).catch(String);
  assert.match(state, /redundant|TypeError/);
});
