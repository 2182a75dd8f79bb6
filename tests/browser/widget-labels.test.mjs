// What a reader of the English hears of pictures and links, and sees when pointing at them: attributes of copies, and
// pictures that stay the host's own.

import assert from "node:assert/strict";
import { test } from "node:test";
import { openHost, translated } from "./harness/widget.mjs";
import { engine, go, heard, inState, visit } from "./harness/widget-fakes.mjs";

const LABELS = `
  <p>Ein <a href="/x" title="Zum Amt" aria-label="Verweis zum Amt">Verweis</a> und <abbr title="Europäische Zentralbank">EZB</abbr>.</p>
  <figure title="Ein Hafen"><img src="picture.svg" width="160" height="90" alt="Schiffe im Hafen. Dahinter ein Kran."><figcaption>Bildtext</figcaption></figure>
  <ul><li>Punkt <button title="Weitersagen">Teilen <b> </b></button></li></ul>`;

test("labels of copies are English, after the text, and the host's own stay German", async (t) => {
  const found = await translated(t, LABELS, async () => {
    const all = (shadow, selector) =>
      [...shadow.querySelectorAll(`.english ${selector}`)].flatMap((each) =>
        ["alt", "aria-label", "title"].map((name) => each.getAttribute(name)).filter(Boolean),
      );
    const now = () => [...all(root.querySelector("p").shadowRoot, "*"), ...all(root.shadowRoot, "*")];
    const text = results.map(({ german }) => german);
    const before = now();
    const collected = await label(article);
    const after = now();
    const again = (await label(article)).length;
    const button = root.shadowRoot.querySelector(".english button").textContent.trim();
    return { text, before, collected, after, again, button, same: document.documentElement.outerHTML === globalThis.before };
  });
  const german = ["Verweis zum Amt", "Zum Amt", "Europäische Zentralbank", "Ein Hafen", "Schiffe im Hafen. Dahinter ein Kran.", "Weitersagen"];
  assert.deepEqual(found.text, ["Ein Verweis und EZB.", "Bildtext", "Punkt"]);
  assert.deepEqual(found.before, german);
  assert.deepEqual(new Set(found.collected), new Set([...german, "Teilen"]));
  assert.deepEqual(found.after, german.map((text) => text.toUpperCase()));
  assert.deepEqual([found.again, found.button, found.same], [0, "TEILEN", true]);
});

test("labels of what is to stay as it is stay too, and so do names that a glossary keeps", async (t) => {
  const html = `<ul><li>Eins <a translate="no" title="Nicht" href="/x">zwei</a> <b lang="en" title="Not">three</b></li>
    <li class="notranslate"><a href="/x" title="Auch nicht">vier</a></li><li><img src="picture.svg" alt="Amt für Rust"><img src="picture.svg" alt="2026"> fünf</li></ul>
    <p><input placeholder="Name" title="Feld" aria-label="Ihr Name" value="da"> sechs <a href="#" title="Doch">sieben</a></p>`;
  const found = await translated(
    t,
    html,
    async () => {
      const collected = await label(article);
      const image = root.shadowRoot.querySelector(".english img");
      return { collected, alt: image.alt, same: document.documentElement.outerHTML === globalThis.before };
    },
    { options: { glossary: { Rust: true } } },
  );
  assert.deepEqual(found, { collected: ["Doch", "Amt für Rust"], alt: "AMT FÜR Rust", same: true });
});

test("a picture that stays the host's own is said in English by its slot", async (t) => {
  const html = `<p>Text <img src="picture.svg" width="9" alt="Ein Zeichen"> mehr.</p><img src="picture.svg" width="9" alt="Ein Boot">
    <figure><picture><source srcset="picture.svg"><img src="picture.svg" width="9" alt="Ein Hafen"></picture></figure>
    <div><img src="picture.svg" width="9" alt="Ein Deich"></div>
    <a href="/x"><img src="picture.svg" width="9" alt="Ein Weg"></a><img src="picture.svg" width="9" alt="">`;
  const visit = await openHost(t, `<article id="a">${html}</article>`);
  const cdp = await visit.page.context().newCDPSession(visit.page);
  const names = async () => {
    const { nodes } = await cdp.send("Accessibility.getFullAXTree");
    return nodes.filter(({ ignored, role }) => !ignored && /^(image|img)$/.test(role.value)).map(({ name }) => name.value).sort();
  };
  const german = ["Ein Boot", "Ein Deich", "Ein Hafen", "Ein Weg", "Ein Zeichen"];
  assert.deepEqual(await names(), german);
  await visit.page.evaluate(async () => {
    globalThis.root = document.getElementById("a");
    globalThis.article = new Article(root);
    globalThis.html = root.outerHTML;
    await translate(article);
    await label(article);
  });
  assert.deepEqual(await names(), ["EIN BOOT", "EIN DEICH", "EIN HAFEN", "EIN ZEICHEN", "Ein Weg"]);
  await visit.page.evaluate(() => (article.mode = "original"));
  assert.deepEqual(await names(), german);
  await visit.page.evaluate(() => (article.mode = "replace"));
  assert.deepEqual((await names()).slice(0, 2), ["EIN BOOT", "EIN DEICH"]);
  const widths = await visit.page.evaluate(() => [...root.querySelectorAll("img")].map((each) => each.getBoundingClientRect().width));
  assert.ok(widths.slice(0, 5).every((width) => width === 9), String(widths));
  assert.ok(await visit.page.evaluate(() => (article.dispose(), root.outerHTML === html)));
  visit.assertNoErrors();
});

test("labels that the host changes or adds are collected again, and only those", async (t) => {
  const html = `<ul><li>Eins <a href="/x" title="Hin">zwei</a></li></ul><p>Drei <a href="/x" title="Her">vier</a>.</p>`;
  const found = await translated(t, html, async () => {
    article.dispose();
    let calls = 0;
    globalThis.article = new Article(root, { onchange: () => (calls += 1) });
    await translate(article);
    const first = await label(article);
    root.querySelector("p a").title = "Zurück";
    root.querySelector("li a").title = "Her";
    await pause(250);
    const texts = article.collect().blocks.length;
    const second = await label(article);
    const titles = [root.querySelector("p").shadowRoot, root.shadowRoot].map((each) => each.querySelector(".english a").title);
    return { first, texts, second, titles, calls };
  });
  assert.deepEqual(found, { first: ["Her", "Hin"], texts: 0, second: ["Zurück"], titles: ["ZURÜCK", "HER"], calls: 1 });
});

/** Has the engine wait in the middle of the labels, which come after the third sentence. */
const holdLabels = (page) =>
  page.evaluate(() => {
    let left = 3;
    document.querySelector("#w").addEventListener("sentence", () => (left -= 1) === 0 && (globalThis.engine.hold = "text"));
  });

test("labels wait until the text is there, and nobody waits for them or is told", async (t) => {
  const { page } = await visit(t);
  await page.evaluate(() => (globalThis.labels = ["Schiffe", "Hafen"]));
  await engine(page, { hold: "text" });
  await holdLabels(page);
  await page.evaluate(() => void document.querySelector("#w").translate());
  await inState(page, "translating");
  assert.equal(await page.evaluate(() => globalThis.engine.jobs.length), 1);
  await go(page);
  await inState(page, "translated");
  const labelled = () => page.evaluate(() => [globalThis.labelled, globalThis.engine.held, globalThis.engine.jobs.length]);
  assert.deepEqual(await labelled(), [["SCHIFFE"], 1, 2]);
  await go(page);
  await page.waitForFunction(() => globalThis.engine.held === 0);
  assert.deepEqual((await labelled())[0], ["SCHIFFE", "HAFEN"]);
  assert.deepEqual([(await heard(page, "sentence")).length, (await heard(page, "done")).length], [3, 1]);
});

test("what changes while labels are translated is translated after them, and who ends it ends them", async (t) => {
  const { page } = await visit(t);
  await page.evaluate(() => {
    globalThis.labels = ["Schiffe", "Hafen"];
  });
  await engine(page, {});
  await holdLabels(page);
  await page.evaluate(() => document.querySelector("#w").translate());
  await page.evaluate(() => document.querySelector("#a").insertAdjacentHTML("beforeend", "<p>Neu.</p>"));
  await page.waitForTimeout(300);
  await go(page);
  await page.waitForFunction(() => document.querySelectorAll("p[data-english]").length === 4);
  await page.evaluate(() => {
    globalThis.labels = ["Kran", "Boot"];
    globalThis.engine.hold = "text";
    document.querySelector("#a").insertAdjacentHTML("beforeend", "<p>Noch eines.</p>");
  });
  await page.waitForFunction(() => globalThis.labelled.includes("KRAN"));
  await page.evaluate(() => document.querySelector("#w").cancel());
  await page.waitForFunction(() => globalThis.engine.held === 0);
  assert.deepEqual(await page.evaluate(() => [globalThis.engine.aborted, document.querySelector("#w").state]), [1, "idle"]);
  assert.deepEqual(await heard(page, "error"), []);
});
