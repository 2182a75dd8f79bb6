// An article: found on the front page, read in both languages, and left again.

import assert from "node:assert/strict";
import { test } from "node:test";
import { url } from "./harness/harness.mjs";
import { assertWhole, bare, blocks, eventually, goToArticle, openReader, phase, said } from "./harness/reader.mjs";

/** It has everything that an article can have: code, links, bold, a list, a quotation. */
const SLUG = "router-luecke-uplink";

/** The article's file, as the browser reads it. */
function original(page) {
  return page.evaluate(async (slug) => {
    const html = await (await fetch(`/articles/${slug}.html`)).text();
    const article = new DOMParser().parseFromString(html, "text/html").querySelector("article");
    const texts = (selector) => [...article.querySelectorAll(selector)].map((element) => element.textContent);
    const links = [...article.querySelectorAll("a")].map((link) => link.getAttribute("href"));
    return {
      text: article.textContent,
      headline: article.querySelector("h1").textContent,
      pre: texts("pre"),
      code: texts(":not(pre) > code"),
      bold: texts("strong").length,
      links,
    };
  }, SLUG);
}

/** How many elements of the article can be seen. */
function shown(page, selector) {
  return page.locator(`.article ${selector}`).filter({ visible: true }).count();
}

test("a headline leads to the article, and every sentence gets its English", async (t) => {
  const visit = await openReader(t);
  const { page } = visit;
  await visit.go("/");
  await page.locator(".story").first().waitFor();
  const titles = await page.locator(".story h2").allTextContents();
  assert.ok(titles.length >= 4, "at least four headlines");
  await page.locator(`.story a[href="/article/${SLUG}"]`).click();
  await phase(page, "done");
  assert.equal(new URL(page.url()).pathname, `/article/${SLUG}`);

  const all = await assertWhole(page);
  const source = await original(page);
  const german = all.map(({ german, code }) => code ?? german).join("\n");
  assert.equal(bare(german), bare(source.text), "the German side is the article");
  assert.equal(all.find(({ kind }) => kind === "headline").german.trim(), source.headline);
  assert.deepEqual(all.filter(({ code }) => code).map(({ code }) => code), source.pre, "code stays as it is");

  const outlines = await said(page, "outline");
  assert.equal(outlines.length, 1);
  const counts = outlines[0].blocks.map((spans) => spans.length);
  assert.deepEqual(all.map(({ kind, counts }) => (kind === "code" ? 1 : counts[0])), counts, "the engine's sentences");
  for (const { block, sentence, runs } of await said(page, "sentence")) {
    if (all[block].code !== null) continue;
    const { english } = all[block].sentences[sentence];
    assert.equal(english, runs.map(({ text }) => text).join(""), `sentence ${sentence} of block ${block}`);
  }

  // A date is put into English by rule and not by the model.
  assert.equal(all.find(({ kind }) => kind === "date").english, "19 November 2026");
  assert.match(await page.getByTestId("status").textContent(), /^Translated \d+ words in .+ on this device · CPU · (simd128|relaxed-(simd|pairs))$/);
  await page.waitForFunction((headline) => document.title === `${headline} – Klartext`, all[0].english);
  visit.assertNoErrors();
});

test("links, bold and code are there in English too", async (t) => {
  const visit = await openReader(t);
  const { page } = visit;
  await goToArticle(visit, SLUG);
  await phase(page, "done");
  const marks = await page.evaluate(() => {
    const side = (lang) => {
      const all = (selector) => [...document.querySelectorAll(`.article .cell[data-lang=${lang}] ${selector}`)];
      const texts = (selector) => all(selector).map((element) => element.textContent);
      const links = all("a").map((link) => ({ href: link.getAttribute("href"), rel: link.rel }));
      return { bold: texts("strong"), code: texts("code"), italic: texts("em"), links, linked: texts("a") };
    };
    return { german: side("de"), english: side("en") };
  });
  const source = await original(page);
  const unique = (list) => [...new Set(list)].sort();
  assert.deepEqual(marks.german.links.map(({ href }) => href), source.links);
  assert.deepEqual(marks.german.code, source.code);
  assert.equal(marks.german.bold.length, source.bold);
  assert.deepEqual(unique(marks.english.links.map(({ href }) => href)), unique(source.links), "links");
  assert.deepEqual(unique(marks.english.code), unique(source.code), "code");
  assert.ok(marks.english.bold.length >= 1 && marks.english.italic.length >= 1, "bold and italic");
  for (const text of Object.values(marks.english).flat().filter((it) => typeof it === "string")) {
    assert.ok(text.trim(), "no mark is empty");
  }
  for (const { href, rel } of [...marks.german.links, ...marks.english.links]) {
    assert.equal(rel, href.startsWith("https:") ? "noopener noreferrer" : "", href);
  }
});

test("each language says what it is", async (t) => {
  const visit = await openReader(t);
  const { page } = visit;
  await goToArticle(visit, SLUG);
  await phase(page, "done");
  const languages = await page.evaluate(() => {
    const of = (selector) => [...document.querySelectorAll(selector)].map((it) => it.closest("[lang]").lang);
    const unique = (selector) => [...new Set(of(selector))];
    return {
      page: document.documentElement.lang,
      german: unique(".article .cell[data-lang=de] .sentence"),
      english: unique(".article .cell[data-lang=en] .sentence"),
      related: unique(".related li a span"),
    };
  });
  assert.deepEqual(languages, { page: "en", german: ["de"], english: ["en"], related: ["de"] });
});

test("pointing at a sentence marks its partner", async (t) => {
  const visit = await openReader(t);
  const { page } = visit;
  await goToArticle(visit, SLUG);
  await phase(page, "done");
  const marked = () =>
    page.evaluate(() => {
      const place = (it) => `${it.closest(".cell").lang} ${it.closest(".cell").dataset.block} ${it.dataset.sentence}`;
      return [...document.querySelectorAll(".article [data-marked]")].map(place).sort();
    });
  const assertMarked = (block, at) => eventually(marked, [`de ${block} ${at}`, `en ${block} ${at}`]);
  const assertNoneMarked = () => eventually(marked, []);
  const sentence = (lang, block, at) =>
    page.locator(`.article .cell[data-lang=${lang}][data-block="${block}"] .sentence[data-sentence="${at}"]`);
  const paragraph = (await blocks(page)).find(({ kind, counts }) => kind === "paragraph" && counts[0] > 2).index;
  await assertNoneMarked();
  await sentence("de", paragraph, 1).hover();
  await assertMarked(paragraph, 1);
  await sentence("en", paragraph, 2).hover();
  await assertMarked(paragraph, 2);
  await page.locator(".masthead").hover();
  await assertNoneMarked();

  // A click keeps the mark, and keys move it on and back.
  await sentence("en", paragraph, 0).click();
  await page.locator(".masthead").hover();
  await assertMarked(paragraph, 0);
  await page.locator(".article .text").press("j");
  await assertMarked(paragraph, 1);
  await page.locator(".article .text").press("Escape");
  await assertNoneMarked();
});

test("the switch shows English, both languages or German, and is remembered", async (t) => {
  const visit = await openReader(t);
  const { page } = visit;
  await goToArticle(visit, SLUG);
  await phase(page, "done");
  const rows = await shown(page, ".row");
  const sides = async () => [await shown(page, ".cell[data-lang=en]"), await shown(page, ".cell[data-lang=de]")];
  const button = (name) => page.getByRole("group", { name: "Languages" }).getByRole("button", { name, exact: true });
  const expected = { "English only": [rows, 0], German: [0, rows], Both: [rows, rows] };
  assert.equal(await button("Both").getAttribute("aria-pressed"), "true");
  for (const [name, count] of Object.entries(expected)) {
    await button(name).click();
    assert.equal(await button(name).getAttribute("aria-pressed"), "true");
    assert.equal(await page.locator(".modes [aria-pressed=true]").count(), 1);
    assert.deepEqual(await sides(), count, name);
  }
  assert.ok(await shown(page, "pre"), "code is shown");
  await button("English only").click();
  await page.reload();
  await phase(page, "done");
  assert.deepEqual(await sides(), [rows, 0]);
});

test("whoever wants German alone gets it at once, without a model", async (t) => {
  const visit = await openReader(t);
  const { page } = visit;
  await page.addInitScript(() => localStorage.setItem("klartext.view", "de"));
  await goToArticle(visit, SLUG);
  await page.locator(".related").waitFor();
  assert.equal(await page.locator(".article").getAttribute("data-phase"), "idle");
  assert.equal(visit.requests.filter((address) => address.includes("/models/")).length, 0);
  await page.getByRole("button", { name: "Translate" }).click();
  await phase(page, "done");
});

test("back to the headlines, and on to related articles", async (t) => {
  const visit = await openReader(t);
  const { page } = visit;
  await goToArticle(visit, SLUG);
  await phase(page, "done");
  const headline = await page.locator("h1").textContent();
  const related = page.locator(".related a");
  const addresses = await related.evaluateAll((links) => links.map((link) => new URL(link.href).pathname));
  const list = await (await fetch(url("/articles/index.json"))).json();
  assert.deepEqual(addresses, list.find(({ slug }) => slug === SLUG).related.map((slug) => `/article/${slug}`));
  // Another article in the same view: nothing of the first stays, and the model is loaded once.
  await related.first().click();
  await page.waitForURL(`**${addresses[0]}`);
  await page.locator("h1.block").filter({ hasNotText: headline }).waitFor();
  await phase(page, "done");
  await assertWhole(page);
  assert.equal(await page.evaluate(() => globalThis.workers), 1);
  await page.getByRole("link", { name: "Back to headlines" }).click();
  await page.locator(".story").first().waitFor();
  assert.equal(new URL(page.url()).pathname, "/");
  await page.goBack();
  await phase(page, "done");
  visit.assertNoErrors();
});
