// The reader as a program: that it can be installed, and that it takes what other programs hand over.

import assert from "node:assert/strict";
import { test } from "node:test";
import { open } from "./harness/harness.mjs";
import { blocks, eventually, openReader } from "./harness/reader.mjs";
import { Profile, Site, kept } from "./harness/site.mjs";

const TEXT = "Neues aus Dresden\n\nDie Firma hat einen Chip gezeigt. Er rechnet schnell.";
const HTML =
  "<!doctype html><title>x</title><nav>Menü</nav><article><h1>Neues aus Dresden</h1>" +
  "<p>Die Firma hat einen <a href='https://example.org/chip'>Chip</a> gezeigt. Er rechnet schnell.</p></article>";
const FILES = [
  ["a.txt", "text/plain", TEXT],
  ["a.md", "text/markdown", TEXT],
  ["a.html", "text/html", HTML],
  ["latin.txt", "text/plain", Buffer.from("Größe\n\nDie Straße ist größer geworden. Das freut die Städte.", "latin1")],
];

/** The headline and the number of sentences in the article that is shown. */
async function article(page) {
  await page.waitForURL("**/paste/read");
  await page.locator(".article .block").first().waitFor();
  await eventually(async () => (await blocks(page)).flatMap(({ sentences }) => sentences).length, 3);
  return (await blocks(page))[0].german.trim();
}

test("Chromium finds nothing that keeps the reader from being installed", async (t) => {
  const site = await Site.start(t);
  const profile = await Profile.make(t);
  const page = await profile.open();
  await page.goto(site.url());
  await kept(page);
  const cdp = await profile.context.newCDPSession(page);
  const { errors, data } = await cdp.send("Page.getAppManifest");
  assert.deepEqual(errors, []);
  assert.deepEqual((await cdp.send("Page.getInstallabilityErrors")).installabilityErrors, []);
  const { icons, share_target: share, file_handlers: handlers } = JSON.parse(data);
  assert.equal(share.method, "POST", "a text that is shared is in no address");
  assert.equal(new URL(handlers[0].action, site.url()).pathname, "/paste");
  for (const { src, sizes, type } of icons) {
    const size = await page.evaluate(async (src) => {
      const image = new Image();
      image.src = src;
      await image.decode();
      return `${image.naturalWidth}x${image.naturalHeight}`;
    }, src);
    if (type === "image/png") assert.equal(size, sizes, src);
  }
});

/** Shares a form as the system does: from outside of the reader. */
async function share(page, site, fields, file = null) {
  const inputs = Object.entries(fields).map(([name, value]) => `<textarea name="${name}">${value}</textarea>`);
  await page.goto("about:blank");
  await page.setContent(
    `<form method="post" enctype="multipart/form-data" action="${site.url("/paste/shared")}">${inputs.join("")}` +
      `<input type="file" name="file"><button>Share</button></form>`,
  );
  if (file) await page.locator("input").setInputFiles({ name: file[0], mimeType: file[1], buffer: Buffer.from(file[2]) });
  await page.getByRole("button", { name: "Share" }).click();
  await page.waitForURL(/\/paste(\?shared|\/read)$/);
}

test("what another program shares is read, and stays on the device", async (t) => {
  const site = await Site.start(t);
  const profile = await Profile.make(t);
  const page = await profile.open();
  await page.goto(site.url());
  await kept(page);

  await share(page, site, { title: "Neues aus Dresden", text: "Die Firma hat einen Chip gezeigt. Er rechnet schnell." });
  assert.equal(await article(page), "Neues aus Dresden");
  await page.getByRole("link", { name: "Back to the text" }).click();
  assert.match(await page.getByLabel("German text").inputValue(), /^Neues aus Dresden\n\nDie Firma/);
  for (const file of FILES) {
    await share(page, site, {}, file);
    assert.equal(await article(page), file[0] === "latin.txt" ? "Größe" : "Neues aus Dresden", file[0]);
  }
  assert.deepEqual(site.requests.filter(({ method, body }) => method !== "GET" || body !== ""), []);
  assert.deepEqual(site.paths().filter((path) => path === "/paste/shared"), [], "the server hears nothing of it");
  const left = await page.evaluate(() => caches.has("klartext-inbox"));
  assert.equal(left, false, "nothing of it outlives the tab");

  const refusals = [
    [{ text: "https://example.org/artikel" }, null, /Only an address/],
    [{ title: " " }, null, /Nothing arrived/],
    [{}, ["a.txt", "text/plain", "x".repeat(1_000_001)], /1\.0 MB/],
    [{}, ["a.txt", "text/plain", Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 0, 0, 13])], /not a text/],
  ];
  for (const [fields, file, said] of refusals) {
    await share(page, site, fields, file);
    await page.getByRole("alert").filter({ hasText: said }).waitFor();
  }
  profile.assertOnly(site);
});

test("a file that the reader is opened with is read", async (t) => {
  for (const [name, type, content] of FILES.slice(0, 3)) {
    const visit = await openReader(t);
    await visit.page.addInitScript(
      ({ name, type, content }) => {
        const files = [{ getFile: async () => new File([content], name, { type }) }];
        const launchQueue = { setConsumer: (consumer) => consumer({ files }) };
        Object.defineProperty(globalThis, "launchQueue", { value: launchQueue });
      },
      { name, type, content },
    );
    await visit.go("/paste");
    assert.equal(await article(visit.page), "Neues aus Dresden", name);
    if (type === "text/html") {
      const link = visit.page.locator(".cell[data-lang=de] a");
      assert.equal(await link.getAttribute("href"), "https://example.org/chip");
    }
    visit.assertNoErrors();
  }
});

test("the reader offers to install it when the browser does, and not before", async (t) => {
  const visit = await open(t);
  const { page } = visit;
  await visit.go("/");
  await page.locator(".story").first().waitFor();
  const button = page.getByRole("button", { name: "Install Klartext" });
  assert.equal(await button.count(), 0);
  await page.evaluate(() => {
    globalThis.asked = 0;
    const offer = new Event("beforeinstallprompt", { cancelable: true });
    offer.prompt = async () => (globalThis.asked += 1);
    dispatchEvent(offer);
  });
  await visit.assertAccessible();
  await button.click();
  await button.waitFor({ state: "detached" });
  assert.equal(await page.evaluate(() => globalThis.asked), 1);
  visit.assertNoErrors();
});

test("without service workers the reader is as it was", async (t) => {
  const visit = await open(t);
  await visit.page.addInitScript(() => delete Navigator.prototype.serviceWorker);
  await visit.go("/");
  await visit.page.locator(".story").first().waitFor();
  visit.assertNoErrors();
  await visit.go("/paste?shared");
  await visit.page.getByLabel("German text").waitFor();
  assert.equal(await visit.page.getByRole("alert").filter({ hasText: /./ }).count(), 0);
});
