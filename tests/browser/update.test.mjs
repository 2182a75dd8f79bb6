// A new release: it is offered, never forced; only what is new is downloaded; pages that are open go on.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Profile, Site, kept, version } from "./harness/site.mjs";

const NEXT = "ffffffffffff";

/** The release whose style sheet the page has. */
function styled(page) {
  return page.evaluate(() => getComputedStyle(document.documentElement).getPropertyValue("--release").trim());
}

/** A page of the first release, with its service worker. */
async function visited(t) {
  const site = await Site.start(t);
  const profile = await Profile.make(t);
  const page = await profile.open();
  await page.goto(site.url());
  await kept(page);
  return { site, profile, page };
}

/** Has the browser look for a new release, as it does by itself now and then. */
function look(page) {
  return page.evaluate(async () => void (await (await navigator.serviceWorker.ready).update()));
}

test("a new release is offered; the page changes when the person wants it", async (t) => {
  const { site, profile, page } = await visited(t);
  const before = await version(page);
  await page.evaluate(() => (globalThis.same = true));
  const [offer, reload] = [page.getByTestId("update"), page.getByRole("button", { name: "Reload" })];
  assert.equal(await offer.textContent(), "");
  const style = await site.release();
  const asked = site.requests.length;
  await look(page);
  await reload.waitFor();
  assert.deepEqual(site.paths(asked), ["/", style, "/sw.js"].sort(), "only what is new is downloaded");

  // Whoever does not mind it reads on, with all parts of the old release.
  assert.equal(await version(page), before);
  await page.locator(".story a").first().click();
  await page.locator(".article .block").first().waitFor();
  assert.equal(await page.evaluate(() => globalThis.same), true, "nothing was loaded anew");
  assert.equal(await styled(page), "");
  assert.equal(await page.getByRole("status").filter({ hasText: "new version" }).count(), 1);

  let loads = 0;
  page.on("load", () => (loads += 1));
  await reload.focus();
  await page.keyboard.press("Enter");
  await page.waitForFunction((next) => document.querySelector("meta[name=klartext-version]")?.content === next, NEXT);
  await page.locator(".article .block").first().waitFor();
  await kept(page);
  assert.equal(await styled(page), "next");
  assert.equal(await reload.count(), 0);
  assert.equal(loads, 1, "it is loaded once");

  // The new release is on the device, and the old one has gone.
  await site.stop();
  await page.goto(site.url());
  await page.locator(".story").first().waitFor();
  assert.equal(await version(page), NEXT);
  assert.equal(await styled(page), "next");
  const styles = await page.evaluate(async () =>
    (await (await caches.open("klartext")).keys()).map(({ url }) => new URL(url).pathname).filter((path) => /style/.test(path)),
  );
  assert.deepEqual(styles, [style]);
  profile.assertOnly(site);
});

test("an offer can be put off", async (t) => {
  const { site, page } = await visited(t);
  await site.release();
  await look(page);
  await page.getByRole("button", { name: "Later" }).click();
  assert.equal(await page.getByTestId("update").textContent(), "");
});

test("a page that the network brought is new already, and is not asked to change", async (t) => {
  const { site, page } = await visited(t);
  await site.release();
  await page.reload();
  assert.equal(await version(page), NEXT);
  await page.waitForFunction(async () => {
    const { installing, waiting, active } = await navigator.serviceWorker.ready;
    return !installing && !waiting && active?.state === "activated" && (await fetch("/sw.js").then((it) => it.text())) !== "";
  });
  await page.waitForFunction(async (next) => {
    const keys = await (await caches.open("klartext")).keys();
    const shell = await (await caches.open("klartext")).match(keys.find(({ url }) => new URL(url).pathname === "/"));
    return (await shell.text()).includes(next);
  }, NEXT);
  assert.equal(await page.getByTestId("update").textContent(), "");
});

test("another tab of the old release keeps its parts, and is offered the new one", async (t) => {
  const { site, profile, page } = await visited(t);
  const other = await profile.context.newPage();
  await other.goto(site.url());
  const before = await version(other);
  await kept(other);
  await site.release();
  await look(page);
  await page.getByRole("button", { name: "Reload" }).click();
  await page.waitForFunction((next) => document.querySelector("meta[name=klartext-version]")?.content === next, NEXT);
  assert.equal(await version(other), before, "nobody asked for it there");
  // What the server no longer has is still on the device.
  const old = await other.locator("link[rel=stylesheet]").getAttribute("href");
  assert.equal(await other.evaluate(async (old) => (await fetch(old, { cache: "no-store" })).status, old), 200);
  await other.getByRole("button", { name: "Reload" }).click();
  await other.waitForFunction((next) => document.querySelector("meta[name=klartext-version]")?.content === next, NEXT);
});
