// The main flows in Firefox: the widget on a page of another origin, and the reader.

import assert from "node:assert/strict";
import { test } from "node:test";
import { openFirefox, skip, until } from "./harness/firefox.mjs";
import { url } from "./harness/harness.mjs";
import { ARTICLE, FOREIGN, ORIGIN, OWN, SENTENCES, listen, pageOf, policy, startHost } from "./harness/hosts.mjs";
import { lookAtPage } from "./harness/widget.mjs";

/** Waits until the element is in that state; fails if it gets into trouble instead. */
async function inState(page, wanted) {
  const ends = [wanted, "failed", "unsupported"];
  const state = await until(page, (ends) => ends.find((end) => end === document.querySelector("#w").state), ends);
  assert.equal(state, wanted, JSON.stringify(await heard(page, "error")));
}

const heard = (page, name) => page.evaluate((name) => globalThis.heard.filter((it) => it.name === name), name);

/** What stands in the article: its nodes, its lines, and which of the texts are the widget's. */
const article = (page) =>
  page.evaluate(async () => {
    await globalThis.shown();
    const element = document.querySelector("#a");
    return { nodes: element.outerHTML, lines: globalThis.lines(element), english: globalThis.englishIn(element) };
  });

/** Presses the element's button of that name, once it is there. */
async function press(page, name) {
  const place = (name) => {
    const buttons = [...document.querySelector("#w").shadowRoot.querySelectorAll("button")];
    return buttons.findIndex((it) => it.checkVisibility() && it.textContent.endsWith(name)) + 1;
  };
  const number = await until(page, place, name);
  const find = (number) => document.querySelector("#w").shadowRoot.querySelectorAll("button")[number - 1];
  await (await page.evaluateHandle(find, number)).click();
}

test("Firefox: an article of another origin's page, in English, side by side, and back", { skip }, async (t) => {
  const { page, version, assertNoErrors } = await openFirefox(t);
  const host = await startHost(t, { "/": pageOf(ARTICLE), "/umwelt": pageOf("<h1>Umwelt</h1>") });
  await page.evaluateOnNewDocument(listen);
  await page.evaluateOnNewDocument(lookAtPage);
  await page.goto(host.origin);
  const before = await article(page);
  assert.deepEqual(before.english, []);
  await press(page, "Read in English");
  await inState(page, "translated");
  const after = await article(page);
  const said = await heard(page, "sentence");
  assert.equal(said.length, SENTENCES + 1);
  const words = (texts) => texts.join(" ").trim().split(/\s+/).sort();
  assert.deepEqual(words(after.english), words(said.map((it) => it.english)));
  assert.equal(after.nodes, before.nodes, "the host's nodes");
  const [{ device, kernels }] = await heard(page, "ready");
  t.diagnostic(`${version}, ${device}, ${kernels}`);

  await press(page, "German");
  await inState(page, "original");
  assert.deepEqual(await article(page), before);
  await press(page, "Side by side");
  await inState(page, "translated");
  const beside = await article(page);
  assert.deepEqual(beside.english, after.english);
  for (const line of before.lines) assert.ok(beside.lines.includes(line), line);
  const columns = await page.evaluate(() => {
    const find = (node, part) => {
      if (node instanceof Element && node.part.contains(part)) return node;
      return [...(node.shadowRoot ?? node).childNodes].map((child) => find(child, part)).find(Boolean);
    };
    const paragraph = document.querySelector("#a p");
    return ["klartext-german", "klartext-english"].map((part) => Math.round(find(paragraph, part).getBoundingClientRect().top));
  });
  assert.equal(columns[0], columns[1], "side by side");
  await press(page, "English");
  await until(page, () => document.querySelector("#w").mode === "replace");

  // What the host adds is translated, and only that.
  await page.evaluate(() => {
    document.querySelector("#a").append(Object.assign(document.createElement("p"), { textContent: "Die Sitzung ist vorbei." }));
  });
  await until(page, () => globalThis.heard.some((it) => it.german === "Die Sitzung ist vorbei."));
  assert.equal((await heard(page, "sentence")).length, SENTENCES + 2);
  const more = await article(page);
  assert.deepEqual(more.english.slice(0, -1), after.english);

  // The host hears of a click on the English link, and the browser follows it.
  await page.evaluate(() => document.querySelector("#link").addEventListener("click", () => (sessionStorage.clicks = 1)));
  const link = await page.evaluateHandle(() => {
    const seek = (node) =>
      node.localName === "a" && node.closest('[part~="klartext-english"]')
        ? node
        : [...(node.shadowRoot ?? node).childNodes].map(seek).find(Boolean);
    return seek(document.querySelector("#a"));
  });
  assert.match(await link.evaluate((it) => it.textContent), /\w/);
  await Promise.all([page.waitForNavigation(), link.click()]);
  assert.equal(new URL(page.url()).pathname, "/umwelt");
  assert.equal(await page.evaluate(() => sessionStorage.clicks), "1");
  assertNoErrors();
});

test("Firefox: strict policies, with what has to be allowed and without", { skip }, async (t) => {
  const cases = [
    [ORIGIN, FOREIGN, null],
    ["", OWN, null],
    [ORIGIN, { ...FOREIGN, "script-src": ORIGIN }, "blocked"],
    [ORIGIN, { ...FOREIGN, "worker-src": "'none'" }, "blocked"],
    [ORIGIN, { ...FOREIGN, "connect-src": "'self'" }, "blocked"],
    ["", { ...OWN, "script-src": "'self'" }, "blocked"],
    ["", { ...OWN, "worker-src": "'none'" }, "blocked"],
    ["", { ...OWN, "connect-src": "'none'" }, "blocked"],
  ];
  for (const [from, rules, code] of cases) {
    const { page } = await openFirefox(t);
    const host = await startHost(t, { "/": pageOf(ARTICLE, { from }) }, { headers: policy(rules) });
    await page.evaluateOnNewDocument(listen);
    await page.goto(host.origin);
    await press(page, "Read in English");
    await inState(page, code ? "unsupported" : "translated");
    if (code) assert.deepEqual((await heard(page, "error")).map((it) => it.code), [code], JSON.stringify(rules));
    await page.close();
  }
});

test("Firefox: the reader, from the front page to the last English sentence", { skip }, async (t) => {
  const { page, assertNoErrors } = await openFirefox(t);
  await page.goto(url());
  const path = await until(page, () => document.querySelector('a[href^="/article/"]')?.pathname);
  await page.click(`a[href="${path}"]`);
  await until(page, () => Boolean(document.querySelector(".article[data-phase=done]")));
  assert.equal(await page.evaluate(() => location.pathname), path);
  const { german, english } = await page.evaluate(() => {
    const texts = (lang) => [...document.querySelectorAll(`.article .cell[data-lang=${lang}] .sentence`)].map((it) => it.textContent);
    return { german: texts("de"), english: texts("en") };
  });
  assert.ok(german.length > 10);
  assert.equal(english.length, german.length);
  for (const [index, text] of english.entries()) assert.match(text, /\S/, german[index]);
  assert.ok(english.filter((text, index) => text !== german[index]).length > german.length / 2);
  assertNoErrors();
});
