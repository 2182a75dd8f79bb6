// The element <klartext-article>: its states, its bar, what it tells, and what can be set and called. The engine and the
// article are the test's own; what they do is tested elsewhere.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { eventually } from "./harness/reader.mjs";
import {
  GERMAN,
  PAGE,
  assertClean,
  button,
  english,
  engine,
  focused,
  go,
  heard,
  inState,
  visit,
  widget,
} from "./harness/widget-fakes.mjs";

const ELEMENT = new URL("../../app/widget/", import.meta.url);

test("before the click there is its script, its place, and the host's article as it was", async (t) => {
  const made = await visit(t);
  const { page } = made;
  await button(page, "Read in English").waitFor();
  await page.waitForLoadState("networkidle");
  const scripts = made.requests.map((it) => new URL(it).pathname);
  const own = ["klartext.js", "again.js", "look.js", "offer.js"].map((name) => `/src/${name}`);
  assert.deepEqual(scripts.filter((it) => it !== "/favicon.ico"), ["/", ...own]);
  assert.match(await widget(page).locator("[part=note]").textContent(), /^Stays on your device · 9\sMB$/);
  const shifted = await page.evaluate(() => new Promise((resolve) => {
    let sum = 0;
    new PerformanceObserver((list) => list.getEntries().forEach((it) => (sum += it.value))).observe({ type: "layout-shift", buffered: true });
    setTimeout(() => resolve(sum), 100);
  }));
  assert.equal(shifted, 0, "nothing has moved");
  assert.equal(await page.locator("#a").innerHTML(), GERMAN);
  await made.assertAccessible();
  made.assertNoErrors();
});

test("from the click to the English, and between the languages: states, events and a row of one height", async (t) => {
  const made = await visit(t);
  const { page } = made;
  const height = async () => (await widget(page).boundingBox()).height;
  const before = await height();
  await engine(page, { hold: "load" });
  await button(page, "Read in English").click();
  const progress = widget(page).getByRole("progressbar");
  await progress.filter({ hasText: /^Loading · 3\.1 of 9\.2\sMB$/ }).waitFor();
  assert.equal(await progress.getAttribute("aria-valuenow"), "34");
  assert.equal(await height(), before);
  await made.assertAccessible();

  await go(page, "text");
  await inState(page, "translating");
  await made.assertAccessible();
  await go(page);
  await inState(page, "translated");
  assert.equal(await height(), before);
  const group = widget(page).getByRole("group", { name: "Language of the article" });
  assert.deepEqual(await group.getByRole("button").allTextContents(), ["English", "German", "Side by side"]);
  await made.assertAccessible();

  const states = (await heard(page, "statechange")).map(({ state }) => state);
  assert.deepEqual(states, ["loading", "translating", "translated"]);
  const phases = (await heard(page, "progress")).map(({ phase }) => phase);
  assert.deepEqual([...new Set(phases)], ["engine", "model", "text"]);
  const last = (await heard(page, "progress")).at(-1);
  assert.deepEqual([last.done, last.total], [3, 3]);
  const [ready] = await heard(page, "ready");
  assert.equal(ready.model, "deen");
  const sentences = await heard(page, "sentence");
  assert.equal(sentences.length, 3);
  for (const { element, german, english, confidence } of sentences) {
    assert.deepEqual([element, english, confidence], ["p", german.toUpperCase(), 0.9]);
  }
  assert.equal((await heard(page, "done"))[0].stats.sentences, 3);

  const pressed = () => group.locator("[aria-pressed=true]").allTextContents();
  for (const [name, state, shown] of [
    ["German", "original", "original"],
    ["Side by side", "translated", "beside"],
    ["English", "translated", "replace"],
  ]) {
    await group.getByRole("button", { name }).click();
    assert.deepEqual(await pressed(), [name]);
    assert.equal(await page.locator("#a").getAttribute("data-shown"), shown);
    assert.equal(await widget(page).evaluate((it) => it.state), state);
    assert.ok(await widget(page).evaluate((it, state) => it.matches(`:state(${state})`), state));
    if (shown !== "original") assert.equal(await widget(page).getAttribute("mode"), shown);
  }
  assert.equal(await page.evaluate(() => globalThis.engine.held), 0, "the engine is given back");
  made.assertNoErrors();
});

test("by keys alone; the focus stays in the bar", async (t) => {
  const { page } = await visit(t);
  await engine(page, { hold: "load" });
  await button(page, "Read in English").waitFor();
  await page.keyboard.press("Tab");
  assert.match(await focused(page), /Read in English$/);
  await page.keyboard.press("Enter");
  await eventually(() => focused(page), "Cancel");
  await page.keyboard.press("Enter");
  await inState(page, "idle");
  assert.match(await focused(page), /Read in English$/);
  await assertClean(page);
  await engine(page, { hold: null, fail: ["load", "network"] });
  await page.keyboard.press("Space");
  await inState(page, "failed");
  assert.equal(await focused(page), "Try again");
  await engine(page, { fail: null });
  await page.keyboard.press("Enter");
  await inState(page, "translated");
  assert.equal(await focused(page), "English");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await inState(page, "original");
  assert.equal(await focused(page), "German");
  assert.equal(await widget(page).getByRole("status").textContent(), "The article is in English now.");
});

test("a failure says what to do; trying again goes on, closing ends it", async (t) => {
  const made = await visit(t);
  const { page } = made;
  await engine(page, { fail: ["text", "worker-died"] });
  const result = await widget(page).evaluate((it) => it.translate().catch(({ code }) => code));
  assert.equal(result, "worker-died");
  const bar = widget(page).locator("[part=bar]");
  await bar.getByText("The translator stopped. Try again to go on.").first().waitFor();
  assert.deepEqual(await heard(page, "error"), [{ name: "error", id: "w", code: "worker-died", message: "as the test wants" }]);
  assert.equal(await english(page), 1, "what is translated stays");
  await made.assertAccessible();
  await engine(page, { fail: null });
  await button(page, "Try again").click();
  await inState(page, "translated");
  assert.equal(await page.evaluate(() => globalThis.engine.jobs.at(-1).blocks.length), 2, "only what was missing");
  await widget(page).evaluate((it) => it.cancel());
  await assertClean(page);
  await engine(page, { fail: ["load", "blocked"] });
  await button(page, "Read in English").click();
  await inState(page, "unsupported");
  assert.equal(await button(page, "Try again").count(), 0);
  await button(page, "Close").click();
  await inState(page, "idle");
  await assertClean(page);
});

test("scripts that do not come are told in the bar, are asked for again, and errors never reach the window", async (t) => {
  const made = await visit(t);
  const { page, missing } = made;
  await page.evaluate(() => (globalThis.onerror = () => (globalThis.disturbed = true)));
  missing.add("/src/session.js");
  await button(page, "Read in English").click();
  await inState(page, "failed");
  await widget(page).locator("[part=note]", { hasText: "Check your connection" }).waitFor();
  assert.equal((await heard(page, "error"))[0].code, "not-loaded");
  assert.equal(await page.evaluate(() => globalThis.disturbed), undefined);
  assert.ok(await button(page, "Read in English").isEnabled());
  missing.delete("/src/session.js");
  await button(page, "Read in English").click();
  await inState(page, "translated");
});

test("cancel() and restore() from outside, and promises that tell", async (t) => {
  const { page } = await visit(t);
  await engine(page, { hold: "text" });
  const outcome = await widget(page).evaluate(async (it) => {
    const first = it.translate();
    const same = first === it.translate();
    await new Promise((resolve) => it.addEventListener("sentence", resolve, { once: true }));
    it.cancel();
    return [same, await first.catch(({ name }) => name), it.state];
  });
  assert.deepEqual(outcome, [true, "AbortError", "idle"]);
  await assertClean(page);
  await engine(page, { hold: null });
  const shown = await widget(page).evaluate(async (it) => {
    const stats = await it.translate();
    it.restore();
    const states = [it.state];
    const again = await it.translate();
    return [...states, it.state, again === stats, stats.words];
  });
  assert.deepEqual(shown, ["original", "translated", true, 12]);
  // Called off before its scripts are there.
  const early = await page.evaluate(async () => {
    const it = document.querySelector("#w");
    it.cancel();
    const pending = it.translate();
    it.cancel();
    return [await pending.catch(({ name }) => name), it.state];
  });
  assert.deepEqual(early, ["AbortError", "idle"]);
  await assertClean(page);
});

test("what changes in the article is translated, unless the German is shown", async (t) => {
  const { page } = await visit(t);
  await button(page, "Read in English").click();
  await inState(page, "translated");
  const add = (text) => page.evaluate((text) => document.querySelector("#a").append(Object.assign(document.createElement("p"), { textContent: text })), text);
  await add("Eilmeldung von eben.");
  await eventually(() => english(page), 4);
  assert.equal(await page.evaluate(() => globalThis.engine.jobs.at(-1).blocks.length), 1);
  assert.equal(await widget(page).evaluate((it) => it.state), "translated");
  await eventually(async () => (await heard(page, "done")).length, 2);
  await button(page, "German").click();
  await add("Noch eine Meldung.");
  await page.waitForTimeout(2300);
  assert.equal(await english(page), 4);
  await button(page, "English").first().click();
  await eventually(() => english(page), 5);
  assert.equal(await page.evaluate(() => globalThis.engine.held), 0);
});

test("attributes and properties are the same, and changing them is safe at any time", async (t) => {
  const body = `<klartext-article id="w" mode="nonsense"></klartext-article>
    <article id="a">${GERMAN}</article><section id="b">${GERMAN}</section>`;
  const head = `<script>addEventListener("DOMContentLoaded", () => {
    Object.assign(document.querySelector("#w"), { engine: "cpu", glossary: { terms: [{ de: "Chip" }] } });
  })</script>`;
  const { page } = await visit(t, body, { page: { head } });
  const read = (...names) => widget(page).evaluate((it, names) => names.map((name) => it[name]), names);
  assert.deepEqual(await read("for", "to", "mode", "model", "engine", "base", "autostart"), ["", "en", "replace", "", "cpu", "", false]);
  assert.equal(await widget(page).getAttribute("engine"), "cpu", "set before the element was defined");
  await widget(page).evaluate((it) => Object.assign(it, { for: "#b", mode: "beside", base: "/engine/" }));
  assert.equal(await widget(page).getAttribute("for"), "#b");
  await button(page, "Read in English").click();
  await inState(page, "translated");
  const wishes = await page.evaluate(() => [globalThis.wishes.root.id, globalThis.wishes.mode, globalThis.wishes.glossary]);
  assert.deepEqual(wishes, ["b", "beside", { terms: [{ de: "Chip" }] }]);
  const [manifest, options] = await page.evaluate(() => [globalThis.engine.loads[0], globalThis.engine.options[0]]);
  assert.equal(new URL(manifest).pathname, "/engine/models/deen/manifest.json");
  assert.deepEqual([options.choice, new URL(options.worker).pathname], ["cpu", "/engine/assets/worker.js"]);
  await widget(page).evaluate((it) => it.setAttribute("mode", "replace"));
  assert.equal(await page.locator("#b").getAttribute("data-shown"), "replace");
  // Another article: the first is German again.
  await widget(page).evaluate((it) => (it.for = null));
  await inState(page, "idle");
  assert.equal(await page.locator("#b [data-english]").count(), 0);
  await button(page, "Read in English").click();
  await inState(page, "translated");
  assert.equal(await page.evaluate(() => globalThis.wishes.root.id), "a", "the article was found");
  // The boolean of other elements is a method here, and what sets it does no harm.
  const kind = await widget(page).evaluate((it) => ((it.translate = false), [typeof it.translate, it.getAttribute("translate")]));
  assert.deepEqual(kind, ["function", "no"]);
});

test("a glossary by its address; one that is not there is left out", async (t) => {
  const body = PAGE.replace('for="#a"', 'for="#a" glossary="terms.json"');
  const { page, missing } = await visit(t, body, { pages: { "/terms.json": '{"Markt": "market"}' } });
  await button(page, "Read in English").click();
  await inState(page, "translated");
  assert.deepEqual(await page.evaluate(() => globalThis.wishes.glossary), { Markt: "market" });
  missing.add("/terms.json");
  await widget(page).evaluate((it) => it.cancel());
  await button(page, "Read in English").click();
  await inState(page, "translated");
  assert.equal(await page.evaluate(() => globalThis.wishes.glossary), null);
});

test("it can be imported where there is no document", async () => {
  const { KlartextArticle } = await import(new URL("src/klartext.js", ELEMENT).href);
  assert.equal(typeof KlartextArticle, "function");
});

test("the manifest names what the element has", async () => {
  const manifest = JSON.parse(await readFile(new URL("custom-elements.json", ELEMENT), "utf8"));
  const { KlartextArticle } = await import(new URL("src/klartext.js", ELEMENT).href);
  const declared = manifest.modules.flatMap(({ declarations }) => declarations).find(({ tagName }) => tagName === "klartext-article");
  const names = (list) => list.map(({ name }) => name).sort();
  const attributes = [...KlartextArticle.observedAttributes, "engine"];
  assert.deepEqual(names(declared.attributes), attributes.sort());
  const callbacks = /^constructor$|Callback$/;
  const members = Object.getOwnPropertyNames(KlartextArticle.prototype).filter((name) => !callbacks.test(name));
  assert.deepEqual(names(declared.members), [...members, "lang"].sort());
  const source = await Promise.all(["klartext", "bar", "session"].map((name) => readFile(new URL(`src/${name}.js`, ELEMENT), "utf8")));
  const all = source.join("");
  for (const { name } of declared.cssParts.filter(({ name }) => !name.startsWith("klartext-"))) assert.ok(all.includes(`"${name}"`), name);
  for (const { name } of declared.events) assert.ok(all.includes(`"${name}"`), name);
});
