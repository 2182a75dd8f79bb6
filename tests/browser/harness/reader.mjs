// The reader as tests use it: ways into its pages, what stands on them, and its worker as the engine's side sees it.

import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import { open } from "./harness.mjs";

/** Files of the model, of the worker and of the engine, by their addresses. */
export const MANIFEST = /\/models\/deen\/manifest\.json/;
export const MODEL = /\/models\/deen\/model\.[^/]*\.bin/;
export const WORKER = /\/assets\/worker-[^/]*\.js/;
export const ENGINE = /\/assets\/engine-[^/]*\.wasm/;

/** A translation on a machine that does other things too may take its time, in ms; everything else is quick. */
const PATIENCE = 90_000;
const SOON = 60_000;

/**
 * A page for the reader, as `open` makes it, in a time zone that is known. What the engine's workers say is kept in the
 * page as `said`, how many there were as `workers`, and what the security policy stopped as `stopped`.
 */
export async function openReader(t, options = {}) {
  const visit = await open(t, { timezoneId: "Europe/Berlin", viewport: { width: 1280, height: 900 }, ...options });
  visit.page.setDefaultTimeout(SOON);
  await visit.page.addInitScript(() => {
    globalThis.said = [];
    globalThis.workers = 0;
    globalThis.stopped = [];
    document.addEventListener("securitypolicyviolation", (event) => globalThis.stopped.push(event.violatedDirective));
    globalThis.Worker = class extends Worker {
      constructor(...all) {
        super(...all);
        globalThis.workers += 1;
        this.addEventListener("message", ({ data }) => globalThis.said.push(data));
      }
    };
  });
  return visit;
}

/** Waits until the article's translation is in a phase. */
export function phase(page, name) {
  return page.locator(`.article[data-phase=${name}]`).waitFor({ timeout: PATIENCE });
}

/** Waits until so many sentences of the article are there in English, and not yet all. */
export async function underWay(page, count) {
  const enough = (count) => {
    const article = document.querySelector(".article");
    if (["done", "failed", "cancelled"].includes(article?.dataset.phase)) throw new Error("it is over already");
    return article?.querySelectorAll(".cell[data-lang=en] .sentence:not([data-pending])").length >= count;
  };
  await page.waitForFunction(enough, count, { polling: 20, timeout: PATIENCE });
}

/** Goes to a sample article; its translation begins by itself. */
export async function goToArticle(visit, slug) {
  await visit.go(`/article/${slug}`);
  await visit.page.locator(".article .block").first().waitFor();
}

/** An article of so many paragraphs of four sentences, no two of them alike: something to stop in the middle of. */
export function longText(paragraphs) {
  const paragraph = (at) =>
    `Im Abschnitt ${at} geht es um den Chip mit der Nummer ${at + 1000}. Er rechnet ${at + 2}-mal so schnell wie sein ` +
    `Vorgänger. Die Firma verkauft ihn für ${at + 30} Euro. Mehr war auf der Messe nicht zu erfahren.`;
  return ["Viele Chips auf einmal", ...Array.from({ length: paragraphs }, (_, at) => paragraph(at + 1))].join("\n\n");
}

/** Types a text into the box, as a paste does, and asks for it in English. */
export async function paste(visit, text, query = "") {
  const { page } = visit;
  await visit.go(`/paste${query}`);
  await page.getByLabel("German text").fill(text);
  await page.getByRole("button", { name: "Read in English" }).click();
  await page.waitForURL("**/paste/read");
}

/**
 * The blocks of the article as they stand in the page, in order: `{index, kind, german, english, code, pending, sentences, counts}`.
 * `german` and `english` are all the text of a side; `sentences` are pairs of `{at, german, english}`; `pending` says how
 * many have no English yet, `counts` how many there are in German and in English.
 */
export function blocks(page) {
  return page.evaluate(() => {
    const text = (elements) => [...elements].map((element) => element.textContent).join(" ");
    return [...document.querySelectorAll(".article .block")].map((block) => {
      const side = (lang) => [...block.querySelectorAll(`.cell[data-lang=${lang}]`)];
      const sentences = (lang) => side(lang).flatMap((cell) => [...cell.querySelectorAll(".sentence")]);
      const english = sentences("en");
      return {
        index: Number(block.dataset.index),
        kind: block.dataset.kind ?? "item",
        german: text(side("de")),
        english: text(side("en")).trim(),
        code: block.querySelector("pre")?.textContent ?? null,
        pending: english.filter((sentence) => sentence.hasAttribute("data-pending")).length,
        sentences: sentences("de").map((sentence, at) => ({
          at: Number(sentence.dataset.sentence),
          german: sentence.textContent,
          english: english[at]?.textContent ?? null,
        })),
        counts: [sentences("de").length, english.length],
      };
    });
  });
}

/** What the workers said of one type. */
export function said(page, type) {
  return page.evaluate((type) => globalThis.said.filter((event) => event.type === type), type);
}

/** Reads something again and again until it is as `expected`; fails with the difference if it does not get there. */
export async function eventually(read, expected, message) {
  const end = Date.now() + SOON;
  for (;;) {
    const found = await read();
    if (isDeepStrictEqual(found, expected)) return;
    if (Date.now() > end) assert.deepEqual(found, expected, message);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** A text without its white space. */
export function bare(text) {
  return text.replace(/\s+/gu, "");
}

/** Fails unless every German sentence has an English partner, in its order and none twice. Returns the blocks. */
export async function assertWhole(page) {
  const all = await blocks(page);
  const ordered = all.map(({ index }) => index);
  assert.deepEqual(ordered, [...ordered.keys()], "the blocks' order");
  for (const { index, kind, counts, sentences, pending } of all) {
    if (kind === "code") continue;
    assert.ok(counts[0] > 0, `block ${index} has sentences`);
    assert.equal(counts[1], counts[0], `block ${index} has as many English as German sentences`);
    assert.equal(pending, 0, `block ${index} has no pending sentences`);
    assert.deepEqual(sentences.map(({ at }) => at), [...sentences.keys()], `the order in block ${index}`);
    for (const { german, english } of sentences) assert.ok(english?.trim(), `English for “${german}”`);
  }
  return all;
}

/** Fails unless nothing is wider than the window. */
export async function assertNoSideways(page) {
  const { inside, width } = await page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    return { inside: scrollWidth, width: clientWidth };
  });
  assert.ok(inside <= width, `the page is ${inside} px wide in a window of ${width} px`);
}

/** What has the focus: `{tag, name, outlined}`; `outlined` is whether that can be seen. */
export function focused(page) {
  return page.evaluate(() => {
    const element = document.activeElement;
    const { outlineStyle, outlineWidth } = getComputedStyle(element);
    return {
      tag: element.localName,
      name: element.getAttribute("aria-label") ?? element.textContent.trim(),
      outlined: outlineStyle !== "none" && parseFloat(outlineWidth) >= 1,
    };
  });
}

/** Presses Tab until `wanted` has the focus. Wherever the focus stops it has to be seen, and never may it be lost. */
export async function tabTo(page, wanted, { key = "Tab", most = 60 } = {}) {
  for (let presses = 0; presses < most; presses += 1) {
    await page.keyboard.press(key);
    const { tag, name, outlined } = await focused(page);
    assert.notEqual(tag, "body", "the focus is somewhere");
    assert.ok(outlined, `the focus on <${tag}> “${name.slice(0, 60)}” can be seen`);
    if (await wanted.evaluate((element) => element === document.activeElement)) return;
  }
  assert.fail(`${wanted} cannot be reached by ${key}`);
}
