// What a reader looks at stays in its place when English comes that needs a line more than the German.

import assert from "node:assert/strict";
import { test } from "node:test";
import { openHost } from "./harness/widget.mjs";

const words = (count) => Array.from({ length: count }, (_, index) => (index % 2 ? "oder" : "Wort")).join(" ");

/** Eight lines of twelve words each: a word more makes a ninth. */
const FULL = words(96);
const HEAD = `<style>body { margin: 0 } #a { width: 61ch; font: 16px/24px monospace } h1 { font-size: 32px; line-height: 40px }</style>`;

/** Translates `html` into so many words more each, and says how high blocks are, how large their type is, and what moved. */
async function grown(t, html, more, { mode = "replace", viewport = { width: 800, height: 1200 } } = {}) {
  const visit = await openHost(t, `<article id="a">${html}</article>`, { head: HEAD, viewport });
  const found = await visit.page.evaluate(
    async ([more, mode]) => {
      const root = document.getElementById("a");
      let shift = 0;
      await shown();
      const blocks = [...root.children];
      const before = blocks.map((each) => each.getBoundingClientRect().height);
      new PerformanceObserver((list) => list.getEntries().forEach(({ value }) => (shift += value))).observe({ type: "layout-shift" });
      globalThis.article = new Article(root, { mode });
      await translate(article, { delay: 20, change: ([run]) => [{ text: `${run.text}${" WORD".repeat(more)}`, mark: {} }] });
      await pause(100);
      const look = () =>
        blocks.map((each, index) => {
          const english = each.shadowRoot.querySelector(".english");
          const base = Number.parseFloat(getComputedStyle(each).fontSize);
          return [each.getBoundingClientRect().height - before[index], Math.round((Number.parseFloat(getComputedStyle(english).fontSize) / base) * 100)];
        });
      const [english, moved] = [look(), shift];
      article.mode = "beside";
      await shown();
      const beside = look().map(([, size]) => size);
      article.mode = "original";
      const original = blocks.map((each, index) => each.getBoundingClientRect().height - before[index]);
      article.mode = "replace";
      await shown();
      root.style.width = "50ch";
      await pause(400);
      return { english, beside, original, shift: moved, loose: look().map(([, size]) => size) };
    },
    [more, mode],
  );
  visit.assertNoErrors();
  return found;
}

test("a block on the screen that needs a line more is set a little smaller instead, and only in the place of the German", async (t) => {
  const found = await grown(t, `<p>${FULL}</p><p>${words(20)}</p>`, 3);
  assert.deepEqual(found.english, [[0, 94], [0, 100]]);
  assert.ok(found.shift < 0.0001, `layout shift ${found.shift}`);
  assert.deepEqual([found.beside, found.original, found.loose], [[100, 100], [0, 0], [100, 100]]);
});

test("large type may become smaller still", async (t) => {
  const found = await grown(t, `<h1>${words(36)}</h1><p>${words(20)}</p>`, 1);
  assert.deepEqual(found.english.map(([height]) => height), [0, 0]);
  assert.ok(found.english[0][1] < 94 && found.english[0][1] >= 88, String(found.english));
});

test("what needs much more room takes it, and what is off the screen too", async (t) => {
  const much = await grown(t, `<p>${FULL}</p>`, 20);
  assert.deepEqual(much.english, [[48, 100]]);
  const html = `<p>${FULL}</p><p style="margin-top: 900px">${FULL}</p>`;
  const off = await grown(t, html, 3, { viewport: { width: 800, height: 600 } });
  assert.deepEqual(off.english, [[0, 94], [24, 100]]);
  assert.ok(off.shift < 0.0001, `layout shift ${off.shift}`);
});
