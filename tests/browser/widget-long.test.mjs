// Very long articles: what a shadow root on a box with very much in it costs is spread over many tasks, and nobody sees it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { openHost } from "./harness/widget.mjs";

const SENTENCE = "Das ist ein <a href='/x'>Satz</a> mit genau zehn <b>Wörtern</b> darin, mehr nicht. ";
const many = (count, make) => Array.from({ length: count }, (_, index) => make(index)).join("");
const section = (n) => `<h2>Nummer ${n}</h2>${many(8, (p) => `<p>${n} und ${p}. ${SENTENCE.repeat(1 + (p % 6))}</p>`)}
  <ul>${many(5, (p) => `<li>${n} und ${p}. ${SENTENCE}</li>`)}</ul><figure><hr></figure>`;

test("what is far from the screen keeps its place while a long article is opened, and all is laid out in the end", async (t) => {
  const visit = await openHost(t, `<article id="a">${many(60, section)}</article>`, {
    head: "<style>* { box-sizing: border-box } p { padding: 3px 0 0; border-bottom: 1px solid }</style>",
  });
  const found = await visit.page.evaluate(async () => {
    const root = document.getElementById("a");
    const children = [...root.children];
    // The reader is in the middle.
    children[330].scrollIntoView();
    await shown();
    const [height, before] = [root.scrollHeight, children[331].getBoundingClientRect().top];
    const veiled = () => children.filter((each) => getComputedStyle(each).contentVisibility === "auto").length;
    let [most, moved, off] = [0, 0, 0];
    const look = () => {
      most = Math.max(most, veiled());
      moved = Math.max(moved, Math.abs(children[331].getBoundingClientRect().top - before));
      off = Math.max(off, Math.abs(root.scrollHeight - height));
    };
    globalThis.longTasks.length = 0;
    const article = new Article(root);
    await article.prepare();
    const batch = article.collect();
    batch.outline(batch.blocks.map(({ runs }) => [{ start: 0, end: runs.reduce((sum, run) => sum + run.text.length, 0) }]));
    // A list, which the article's own root has to show.
    const list = batch.blocks.findIndex(({ kind }) => kind === "bullet");
    batch.sentence({ block: list, sentence: 0, runs: batch.blocks[list].runs });
    for (let picture = 0; picture < 20; picture += 1) {
      await new Promise((resolve) => requestAnimationFrame(resolve));
      look();
    }
    while (veiled() > 0) await pause(30);
    look();
    const sheets = root.shadowRoot.adoptedStyleSheets.length;
    article.dispose();
    return { children: children.length, most, moved, off, sheets, after: root.scrollHeight - height };
  });
  t.diagnostic(`${found.most} of ${found.children} elements under a veil at most`);
  assert.ok(found.most > 400, `${found.most}`);
  assert.ok(found.moved < 2 && found.off < 5, JSON.stringify(found));
  assert.deepEqual([found.sheets, found.after], [2, 0]);
  visit.assertNoErrors();
});

test("a long article that ends while it is opened is left as it was, and a short one has no veil", async (t) => {
  const visit = await openHost(t, `<article id="a">${many(60, section)}</article><article id="b">${section(1)}</article>`);
  const found = await visit.page.evaluate(async () => {
    const states = [];
    for (const id of ["a", "b"]) {
      const root = document.getElementById(id);
      const article = new Article(root, { mode: "beside" });
      article.collect();
      while (!root.shadowRoot) await pause(1);
      states.push([...root.children].some((each) => getComputedStyle(each).contentVisibility === "auto"));
      article.dispose();
      await pause(100);
      states.push(root.shadowRoot.adoptedStyleSheets.length);
    }
    return states;
  });
  assert.deepEqual(found, [true, 0, false, 0]);
  visit.assertNoErrors();
});
