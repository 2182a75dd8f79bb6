// Models: downloaded once, from a server that does what it wants, in whatever tab; listed, chosen, brought and removed.

import assert from "node:assert/strict";
import { readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { assertNoSideways, eventually } from "./harness/reader.mjs";
import { Profile, Site, kept } from "./harness/site.mjs";

const ARTICLE = "/article/kolibri-k1-dresden";
const MODEL = /^\/models\/deen\/model\..*\.bin$/;
const FILES = /^\/models\/deen\/.*\.(bin|spm)$/;
const CHUNK = 262_144;

/** A server, a browser, and how many bytes of the model are of use. */
async function begin(t) {
  const site = await Site.start(t);
  const profile = await Profile.make(t);
  const manifest = JSON.parse(await readFile(join(site.folder, "models/deen/manifest.json"), "utf8"));
  const total = manifest.files.model.bytes + manifest.files.vocabulary.bytes;
  return { site, profile, manifest, total };
}

/** Opens a page of the reader. */
async function open(profile, site, path) {
  const page = profile.context ? await profile.context.newPage() : await profile.open();
  page.setDefaultTimeout(90_000);
  await page.goto(site.url(path));
  return page;
}

function translated(page) {
  return page.locator(".article[data-phase=done]").waitFor();
}

/** A fault for every request of the model's file that `when` picks by its number. */
function faultyModel(site, when, fault) {
  let count = 0;
  site.fault = ({ path }) => (MODEL.test(path) && when(count++) ? fault : undefined);
}

/** What the server does, and how often the model is then sent at most. */
const FAULTS = [
  ["breaks off every other answer in the middle", (at) => at % 2 === 0, { cut: 300_000 }, 1.3],
  ["fails before it answers", (at) => at < 3, { status: 500 }, 1.01],
  ["is busy at first", (at) => at < 3, { status: 503 }, 1.01],
  ["sends wrong bytes once", (at) => at === 0, { flip: 100_000 }, 1.2],
  ["knows no ranges", () => true, { noRanges: true, pace: 4 }, 1.6],
];

for (const [name, when, fault, most] of FAULTS) {
  test(`a server that ${name} is put up with`, async (t) => {
    const { site, profile, total } = await begin(t);
    faultyModel(site, when, fault);
    await translated(await open(profile, site, ARTICLE));
    const sent = site.sent(FILES);
    assert.ok(sent >= total && sent <= total * most, `${sent} bytes for a model of ${total}`);
    profile.assertOnly(site);
  });
}

/** What the server does for good, and what is said of it. */
const FAILURES = [
  ["does not have the model", { status: 404 }, "model-missing"],
  ["has a wrong model", { flip: 100_000 }, "model-broken"],
];

for (const [name, fault, code] of FAILURES) {
  test(`a server that ${name} is said, and nothing wrong is kept`, async (t) => {
    const { site, profile } = await begin(t);
    faultyModel(site, () => true, fault);
    const page = await open(profile, site, ARTICLE);
    const failure = page.getByTestId("failure");
    await failure.waitFor();
    assert.equal(await failure.getAttribute("data-code"), code);
    site.fault = () => undefined;
    await failure.getByRole("button", { name: "Try again" }).click();
    await translated(page);
  });
}

/** Waits until so many bytes of the model are on the page's bar. */
async function arrived(page, bytes) {
  await page.waitForFunction(
    (bytes) => document.querySelector("[data-testid=load-progress]")?.value >= bytes,
    bytes,
    { polling: 20 },
  );
}

test("a tab that is closed in the middle has not downloaded in vain", async (t) => {
  const { site, profile, total } = await begin(t);
  faultyModel(site, () => true, { pace: 60 });
  const first = await open(profile, site, ARTICLE);
  await arrived(first, 3_000_000);
  await open(profile, site, "/paste");
  await first.close();
  await new Promise((resolve) => setTimeout(resolve, 300));
  const before = site.requests.length;
  const sent = site.sent(FILES);
  site.fault = () => undefined;
  await translated(await open(profile, site, ARTICLE));
  const rest = site.sent(FILES, before);
  assert.ok(rest <= total - 3_000_000 + 2 * CHUNK, `${rest} bytes after ${sent} of ${total}`);
});

test("a download rests when the reader wants, and goes on where it was", async (t) => {
  const { site, profile, total } = await begin(t);
  faultyModel(site, () => true, { pace: 40 });
  const page = await open(profile, site, ARTICLE);
  await arrived(page, 1_000_000);
  const status = page.getByTestId("status");
  assert.match(await status.textContent(), /^Downloading the translation model, 8\.\d MB, once: it is kept on this device$/);
  assert.match(await page.getByTestId("load-left").textContent(), /^\d+%/);
  await page.getByRole("button", { name: "Pause" }).press("Enter");
  await status.filter({ hasText: "The download rests" }).waitFor();
  const held = await page.getByTestId("load-progress").evaluate(({ value }) => value);
  await new Promise((resolve) => setTimeout(resolve, 600));
  const before = site.requests.length;
  await new Promise((resolve) => setTimeout(resolve, 600));
  assert.equal(site.requests.length, before, "nothing is asked for meanwhile");
  assert.equal(await page.getByTestId("load-progress").evaluate(({ value }) => value), held);
  site.fault = () => undefined;
  await page.getByRole("button", { name: "Continue" }).press("Enter");
  await translated(page);
  assert.ok(site.sent(FILES) <= total + 2_000_000);
});

test("two tabs download the model once", async (t) => {
  const { site, profile, total } = await begin(t);
  faultyModel(site, () => true, { pace: 50 });
  const first = await open(profile, site, ARTICLE);
  await arrived(first, 1);
  const second = await open(profile, site, ARTICLE);
  await second.getByTestId("status").filter({ hasText: "Another tab is busy" }).waitFor();
  await Promise.all([first, second].map(translated));
  assert.equal(site.sent(FILES), total);
});

test("a file that has rotted on the device is mended, and only what is wrong is fetched", async (t) => {
  const { site, profile, manifest } = await begin(t);
  let page = await open(profile, site, ARTICLE);
  await translated(page);
  const rotted = await page.evaluate(async ({ name, at }) => {
    const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle("klartext-models");
    const file = await folder.getFileHandle(name);
    const byte = new Uint8Array(await (await file.getFile()).slice(at, at + 1).arrayBuffer());
    const stream = await file.createWritable({ keepExistingData: true });
    await stream.write({ type: "write", position: at, data: new Uint8Array([byte[0] ^ 1]) });
    await stream.close();
    return (await file.getFile()).size;
  }, { name: `${manifest.files.model.sha256}.bin`, at: 3_000_000 });
  assert.equal(rotted, manifest.files.model.bytes);
  await kept(page);
  await profile.close();
  const before = site.requests.length;
  page = await open(profile, site, ARTICLE);
  await translated(page);
  const sent = site.sent(FILES, before);
  assert.ok(sent > 0 && sent <= 2 * CHUNK, `${sent} bytes`);
});

/** Writes a model into the site that is the same but for its name; returns its manifest. */
async function another(site, name, change = {}) {
  const folder = join(site.folder, "models/deen");
  const manifest = { ...JSON.parse(await readFile(join(folder, "manifest.json"), "utf8")), name, ...change };
  await writeFile(join(folder, `${name}.json`), JSON.stringify(manifest));
  await writeFile(join(site.folder, "models/index.json"), JSON.stringify(["deen/manifest.json", `deen/${name}.json`]));
  return manifest;
}

function card(page, name) {
  return page.getByTestId("model").filter({ hasText: `${name} · version` });
}

test("the page of models: offered, downloaded, used, removed", async (t) => {
  const { site, profile, total } = await begin(t);
  await another(site, "twin", { quality: [{ set: "a set", bleu: 41.25, chrf: 66 }] });
  const page = await open(profile, site, "/models");
  const [deen, twin] = [card(page, "deen"), card(page, "twin")];
  await twin.filter({ hasText: "Offered by this site" }).waitFor();
  assert.match(await twin.textContent(), /German → English.*BLEU 41\.\d, chrF 66\.0 on a set/s);
  await deen.getByRole("button", { name: /^Download \(8\.\d MB\)$/ }).click();
  await deen.filter({ hasText: "In use" }).waitFor();
  assert.equal(site.sent(FILES), total);

  // The other has the same files: nothing is left to be fetched.
  await twin.getByRole("button", { name: /^Download/ }).click();
  await twin.getByRole("button", { name: "Use", exact: true }).click();
  await twin.filter({ hasText: "In use" }).waitFor();
  assert.equal(site.sent(FILES), total);
  await page.getByRole("navigation").getByRole("link", { name: "Headlines" }).click();
  await page.locator(".story a").first().click();
  await translated(page);
  await page.locator(".engine summary").click();
  assert.match(await page.getByTestId("engine").textContent(), /twin/);
  await page.getByTestId("engine").getByRole("link", { name: "Models…" }).click();
  assert.match(await twin.textContent(), /\d+ words a second/);

  // It is removed after a second word only, and the usual one takes its place.
  await twin.getByRole("button", { name: "Remove" }).click();
  await twin.getByRole("button", { name: "Keep" }).click();
  await twin.getByRole("button", { name: "Remove" }).click();
  await twin.getByRole("button", { name: "Yes, remove" }).click();
  await twin.filter({ hasText: "Offered by this site" }).waitFor();
  await deen.filter({ hasText: "In use" }).waitFor();
  await deen.getByRole("button", { name: "Remove" }).click();
  await deen.getByRole("button", { name: "Yes, remove" }).click();
  await deen.getByRole("button", { name: /^Download \(8/ }).waitFor();
  const files = await page.evaluate(async () => {
    const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle("klartext-models");
    return (await Array.fromAsync(folder.keys())).filter((name) => name.endsWith(".bin"));
  });
  assert.deepEqual(files, [], "its files are gone");
});

test("a newer model is offered, and taken when the reader wants", async (t) => {
  const { site, profile } = await begin(t);
  let page = await open(profile, site, ARTICLE);
  await translated(page);
  await kept(page);
  await profile.close();
  // Another version: the vocabulary's file is under another name, and the same bytes with others behind them are a new model.
  const folder = join(site.folder, "models/deen");
  const manifest = JSON.parse(await readFile(join(folder, "manifest.json"), "utf8"));
  const { Entry, bytes } = await changedVocabulary(folder, manifest);
  manifest.version = "9.9.9";
  manifest.files.vocabulary = Entry;
  await writeFile(join(folder, "manifest.json"), JSON.stringify(manifest));

  page = await open(profile, site, ARTICLE);
  await translated(page);
  const before = site.requests.length;
  const offer = page.getByTestId("newer");
  await offer.filter({ hasText: "9.9.9" }).waitFor();
  await page.locator(".engine summary").click();
  assert.doesNotMatch(await page.getByTestId("engine").textContent(), /9\.9\.9/, "it is not forced on anybody");
  await offer.getByRole("button", { name: /^Update \(/ }).click();
  await page.getByTestId("engine").filter({ hasText: "9.9.9" }).waitFor();
  await eventually(() => offer.count(), 0);
  assert.equal(site.sent(FILES, before), bytes, "only the file that is new is fetched");
});

/** Gives the vocabulary other bytes that mean the same: a field of its protocol buffer that nobody knows. */
async function changedVocabulary(folder, manifest) {
  const { createHash } = await import("node:crypto");
  const old = await readFile(join(folder, manifest.files.vocabulary.path));
  const content = Buffer.concat([old, Buffer.from([0xc2, 0x3e, 0x01, 0x78])]);
  await writeFile(join(folder, "vocab.next.spm"), content);
  const sha256 = createHash("sha256").update(content).digest("hex");
  return { Entry: { path: "vocab.next.spm", bytes: content.length, sha256 }, bytes: content.length };
}

test("a model from files, packed and plain, is checked, kept and used without a network", async (t) => {
  const { site, profile } = await begin(t);
  const folder = join(site.folder, "models/deen");
  const names = await readdir(folder);
  const model = names.find((name) => /^model.*\.bin$/.test(name));
  const vocabulary = names.find((name) => /^vocab.*\.spm$/.test(name));
  const page = await open(profile, site, "/models");
  const input = page.getByLabel("Open model files…");
  const file = async (name, change = (bytes) => bytes, suffix = "") => ({
    name: name + suffix,
    mimeType: "application/octet-stream",
    buffer: change(await readFile(join(folder, name))),
  });
  const check = page.getByRole("button", { name: "Check and keep" });

  // What is no model is not kept.
  await input.setInputFiles([await file(vocabulary)]);
  await check.click();
  await page.getByRole("alert").filter({ hasText: "two files at least" }).waitFor();
  await input.setInputFiles([await file(model, (bytes) => bytes.subarray(0, 5000)), await file(vocabulary)]);
  await check.click();
  await page.getByTestId("model-trouble").filter({ hasText: "damaged" }).waitFor();

  await input.setInputFiles([await file(model, gzipSync, ".gz"), await file(vocabulary)]);
  await page.getByLabel("Name", { exact: true }).fill("my own");
  await check.click();
  await page.getByRole("status").filter({ hasText: "The model is on this device now." }).waitFor();
  const own = card(page, "my own");
  await own.getByRole("button", { name: "Use", exact: true }).click();
  await own.filter({ hasText: "In use" }).waitFor();
  assert.equal(site.sent(FILES), 0, "nothing is fetched");
  await page.getByRole("navigation").getByRole("link", { name: "Headlines" }).click();
  await page.locator(".story a").first().click();
  await translated(page);
  await kept(page);
  await profile.close();
  await site.stop();
  await translated(await open(profile, site, ARTICLE));
});

test("an address on another server is refused by this site's policy, and that is explained", async (t) => {
  const { site, profile } = await begin(t);
  const page = await open(profile, site, "/models");
  const field = page.getByLabel("Add a model by its manifest’s address");
  await field.fill("mailto:somebody");
  await field.press("Enter");
  await page.getByRole("alert").filter({ hasText: "That is no address" }).waitFor();
  await field.fill("https://models.example.org/deen/manifest.json");
  await field.press("Enter");
  await page.getByTestId("model-trouble").filter({ hasText: "connect-src 'self'" }).waitFor();
  profile.assertOnly(site);
});

test("without a network the page of models shows what is here, and on a first visit says what is missing", async (t) => {
  const { site, profile } = await begin(t);
  let page = await open(profile, site, ARTICLE);
  await translated(page);
  await kept(page);
  await profile.close();
  await site.stop();
  page = await open(profile, site, "/models");
  await card(page, "deen").filter({ hasText: "In use" }).waitFor();
  await page.getByRole("status").filter({ hasText: "cannot be told now" }).waitFor();
});

test("two models are compared on one paragraph, and the one in use stays", async (t) => {
  const { site, profile } = await begin(t);
  await another(site, "twin");
  const page = await open(profile, site, "/models");
  for (const name of ["deen", "twin"]) {
    await card(page, name).getByRole("button", { name: /^Download/ }).click();
    await card(page, name).filter({ hasText: /In use|On this device/ }).waitFor();
  }
  await page.getByRole("link", { name: "Compare two models" }).click();
  await page.getByLabel("A paragraph").fill("Der Chip ist schnell. Er braucht wenig Strom.");
  await page.getByRole("button", { name: "Compare" }).click();
  const sides = page.getByTestId("side");
  for (const side of [0, 1]) {
    await sides.nth(side).getByTestId("side-figures").filter({ hasText: "words a second" }).waitFor();
  }
  const texts = await sides.locator(".result").allTextContents();
  assert.ok(texts[0].trim());
  assert.equal(texts[1], texts[0], "the same files give the same text");
  await page.getByRole("link", { name: "Back to the models" }).click();
  await card(page, "deen").filter({ hasText: "In use" }).waitFor();
});

test("the page of models by keyboard, and on a small screen", async (t) => {
  const { site, profile } = await begin(t);
  const page = await open(profile, site, "/models");
  const download = card(page, "deen").getByRole("button", { name: /^Download/ });
  await download.focus();
  await page.keyboard.press("Enter");
  await card(page, "deen").filter({ hasText: "In use" }).waitFor();
  for (const width of [320, 360, 1280]) {
    await page.setViewportSize({ width, height: 800 });
    await assertNoSideways(page);
  }
});
