// The widget's article side in a browser, without an engine: how a host's article is cut into blocks, how it is shown in
// English, and that the host's own nodes stay what they were.

import assert from "node:assert/strict";
import { test } from "node:test";
import { englishNumbers } from "../../app/widget/src/article/numbers.js";
import { openHost, translated } from "./harness/widget.mjs";

/** Cuts the article in `html` into blocks: their kinds and texts, marks as `<n …>`, literal text as `[…]`. */
async function blocksOf(t, html, options = {}) {
  const { page } = await openHost(t, `<article id="a">${html}</article>`);
  return page.evaluate((options) => {
    const { blocks } = new Article(document.getElementById("a"), options).collect();
    const marked = ({ text, mark: { tags = [], code } }) =>
      tags.length ? `<${tags.join(" ")} ${code ? `[${text}]` : text}>` : text;
    return blocks.map(({ kind, runs }) => `${kind}: ${runs.map(marked).join("")}`);
  }, options);
}

test("an article is cut into blocks as a reader sees them", async (t) => {
  const blocks = await blocksOf(
    t,
    `<h1><span style="display: block">Dachzeile</span> <span style="display: block">Titel</span></h1>
     <h2>Zwischentitel</h2> <p>Ein <em>Satz <b>mit</b></em> Auf­zeichnung.</p>
     <ul><li>Punkt</li></ul> <ol><li>Zahl</li></ol>
     <blockquote><p>Zitat</p></blockquote>
     <figure><img src="picture.svg" alt=""><figcaption>Bildtext</figcaption></figure>
     <a href="/x"><h3>Anderes</h3><p>Anriss</p></a>
     <p> </p> <p>12 : 30</p> <!-- nichts --> <script>nichts()</script> <pre>nichts</pre> Ohne Absatz.`,
  );
  assert.deepEqual(blocks, [
    "headline: Dachzeile",
    "headline: Titel",
    "heading: Zwischentitel",
    "paragraph: Ein <1 Satz ><1 2 mit> Aufzeichnung.",
    "bullet: Punkt",
    "number: Zahl",
    "quote: Zitat",
    "caption: Bildtext",
    "heading: Anderes",
    "paragraph: Anriss",
    "paragraph: Ohne Absatz.",
  ]);
});

test("what is no German text stays out of the blocks or is marked as literal", async (t) => {
  const blocks = await blocksOf(
    t,
    `<p>Mit <code>git push</code> und <kbd>Strg</kbd> zu <span lang="en">the <i>cloud</i></span> von <b class="notranslate">Klar</b>.</p>
     <p translate="no">Nicht.</p> <div class="notranslate"><p>Nicht.</p></div> <p lang="en">Not.</p> <p lang="de-AT">Doch.</p>
     <section lang="ar" dir="rtl"><p>لا</p></section> <p contenteditable>Nicht.</p> <form><p>Nicht.</p></form>
     <p>Eine <math><mi>x</mi></math> Formel, eine <a href="#"><img src="picture.svg" alt=""></a> und noch eine.</p>`,
  );
  assert.deepEqual(blocks, [
    "paragraph: Mit <1 [git push]> und <2 [Strg]> zu <3 [the ]><3 4 [cloud]> von <5 [Klar]>.",
    "paragraph: Doch.",
    "paragraph: Eine <1 Formel>, eine <2 und> noch eine.",
  ]);
});

test("line breaks cut where a sentence ends, and only there", async (t) => {
  const blocks = await blocksOf(t, "<p>Erster Satz.<br>Zweiter<br>geht weiter<br> <br>Dritter</p>");
  assert.deepEqual(blocks, ["paragraph: Erster Satz.", "paragraph: Zweiter <1 geht> weiter", "paragraph: Dritter"]);
});

test("a glossary's terms are literal, and shown as it says", async (t) => {
  const glossary = {
    terms: [{ de: "Amt", forms: ["Amtes"], en: "Agency" }, { de: "Rust" }, { de: "Amt für Rust", en: "Rust Agency" }],
  };
  const text = "<p>Das Amt für Rust und der Chef des Amtes lieben Rust, Rustikales <b>nicht, Amt</b>.</p>";
  assert.deepEqual(await blocksOf(t, text, { glossary }), [
    "paragraph: Das <2 [Amt für Rust]> und der Chef des <3 [Amtes]> lieben <4 [Rust]>, Rustikales <1 nicht, ><1 5 [Amt]>.",
  ]);
  const shown = await translated(t, text, () => ({ lines: lines(root), english: results[0].english }), {
    options: { glossary },
  });
  const english = "DAS Rust Agency UND DER CHEF DES Agency LIEBEN Rust, RUSTIKALES NICHT, Agency.";
  assert.deepEqual(shown, { lines: [english], english });
  const plain = await translated(t, "<p>Ein Amt.</p>", () => lines(root), {
    options: { glossary: { Amt: "agency", Ein: true } },
  });
  assert.deepEqual(plain, ["Ein agency."]);
});

const EVERYTHING = `
  <h1 id="top">Titel</h1>
  <p id="p">Ein <a id="link" href="/ziel" title="Ziel" onclick="return true">Verweis</a> und <b style="color: rgb(200, 0, 0)">fett</b>. Noch einer.</p>
  <figure><img src="picture.svg" width="160" height="90" alt="Bild"><figcaption>Bildtext</figcaption></figure>
  <ul><li>Eins</li><li>Zwei <em>und</em></li></ul>
  <table><caption>Tafel</caption><tr><th scope="row">Kopf</th><td colspan="2">Zelle</td></tr></table>
  <details><summary>Mehr</summary><p>Darunter</p></details>
  <dl><dt>Wort</dt><dd>Sinn</dd></dl>
  Nackter Text.`;

test("the English stands in the place of the German, and the host's nodes are untouched", async (t) => {
  const found = await translated(t, EVERYTHING, async () => {
    const same = () => document.documentElement.outerHTML === before;
    const english = { lines: lines(root), same: same() };
    article.mode = "original";
    const german = { lines: lines(root), same: same() };
    article.mode = "replace";
    const again = lines(root);
    article.mode = "beside";
    await shown();
    const beside = lines(root.querySelector("h1"));
    article.dispose();
    return { english, german, again, beside, disposed: { lines: lines(root), same: same() } };
  });
  const german = [
    "Titel",
    "Ein Verweis und fett. Noch einer.",
    "Bildtext",
    "Eins",
    "Zwei und",
    "Tafel",
    "Kopf",
    "Zelle",
    "Mehr",
  ];
  const all = [...german, "Darunter", "Wort", "Sinn", "Nackter Text."];
  const upper = all.map((line) => line.toUpperCase());
  assert.deepEqual(found, {
    english: { lines: upper, same: true },
    german: { lines: all, same: true },
    again: upper,
    beside: ["Titel", "TITEL"],
    disposed: { lines: all, same: true },
  });
});

test("sentences are told with where they are and what they were", async (t) => {
  const found = await translated(t, EVERYTHING, () =>
    results.slice(0, 3).map((each) => ({ ...each, element: each.element.id })),
  );
  assert.deepEqual(found, [
    { element: "top", german: "Titel", english: "TITEL" },
    { element: "p", german: "Ein Verweis und fett.", english: "EIN VERWEIS UND FETT." },
    { element: "p", german: "Noch einer.", english: "NOCH EINER." },
  ]);
});

test("a block is shown in English when all of its sentences are there", async (t) => {
  const { page } = await openHost(
    t,
    `<div id="a"><p>Erster <b>Satz</b>. Zweiter <i>Satz</i>.</p><ul><li>Eins</li><li>Zwei</li></ul></div>`,
  );
  const found = await page.evaluate(async () => {
    const article = new Article(document.getElementById("a"));
    await translate(article, { sentences: 1 });
    const first = lines(article.root);
    const rest = await translate(article, { sentences: 3 });
    return { first, then: lines(article.root), blocks: rest.batch.blocks.length };
  });
  assert.deepEqual(found.first, ["Erster Satz. Zweiter Satz.", "Eins", "Zwei"]);
  assert.deepEqual(found.then, ["ERSTER SATZ. ZWEITER SATZ.", "EINS", "Zwei"]);
  assert.equal(found.blocks, 3);
});

test("markup keeps its look and what it means, and nothing that could do harm", async (t) => {
  const html = `<style>p a { color: rgb(0, 120, 0); text-decoration: none } p a::after { content: "↗" } .x { background: rgb(255, 255, 0) }</style>
    <p>Ein <a id="i" name="n" class="x" href="/ziel" hreflang="de" onclick="boese()" style="padding: 2px">Verweis</a>,
    <a href="javascript:boese()">noch einer</a> und <b><i>beides</i></b>.</p>`;
  const found = await translated(t, html, () => {
    const english = root.querySelector("p").shadowRoot.querySelector(".english");
    const [link, bad] = english.querySelectorAll("a");
    const style = getComputedStyle(link);
    const after = getComputedStyle(link, "::after").content;
    const names = link
      .getAttributeNames()
      .filter((name) => !["class", "style"].includes(name))
      .sort();
    return {
      names,
      look: [style.color, style.textDecorationLine, style.backgroundColor, style.paddingLeft, after],
      bad: bad.hasAttribute("href"),
      nested: getComputedStyle(english.querySelector("b > i")).fontWeight,
      around: [english.lang, english.dir, english.getAttribute("translate")],
    };
  });
  assert.deepEqual(found, {
    names: ["href", "hreflang"],
    look: ["rgb(0, 120, 0)", "none", "rgb(255, 255, 0)", "2px", '"↗"'],
    bad: false,
    nested: "700",
    around: ["en", "ltr", "no"],
  });
});

test("tags that the engine has turned round or taken apart make well nested markup", async (t) => {
  const { page } = await openHost(t, `<p id="a">Ein <a href="/x">Verweis <b>fett</b></a> und <i>mehr</i>.</p>`);
  const html = await page.evaluate(async () => {
    const article = new Article(document.getElementById("a"));
    const runs = [
      { text: "More", mark: { tags: [3] } },
      { text: " and ", mark: {} },
      { text: "bold", mark: { tags: [1, 2] } },
      { text: " link", mark: { tags: [1] } },
      { text: "!", mark: { tags: [99] } },
    ];
    await translate(article, { change: () => runs });
    const english = article.root.shadowRoot.querySelector(".english").cloneNode(true);
    for (const element of english.querySelectorAll("*")) element.removeAttribute("style");
    return english.firstElementChild.innerHTML;
  });
  assert.equal(html, `<i>More</i> and <a href="/x"><b>bold</b> link</a>!`);
});

test("numbers are written as English does", () => {
  const english = [
    ["39.870", "39,870"],
    ["1.234,5", "1,234.5"],
    ["97,4\u00a0%", "97.4%"],
    ["12.345.678,90 €", "12,345,678.90 €"],
    ["−2,1", "−2.1"],
    ["1.200–1.500", "1,200–1,500"],
    ["(1.000)", "(1,000)"],
    ["10.000, 20.000", "10,000, 20,000"],
  ];
  for (const [german, expected] of english) assert.equal(englishNumbers(german), expected);
  const others = ["12.03.2026", "1.5", "3.2.1", "192.168.1.1", "192.168.100.200", "3:14", "3:14,5", "2026", "5,–", "1,2,3"];
  for (const same of [...others, "0.123", "+49.170.1234567"]) assert.equal(englishNumbers(same), same);
});

test("numbers alone need no engine, and are English as soon as it has begun", async (t) => {
  const html = `<table><tr><th>Schiffe</th><td>39.870</td><td><b>97,4</b></td><td>3:14</td></tr></table><p id="n">14.800</p>`;
  const { page } = await openHost(t, `<article id="a">${html}</article>`);
  const found = await page.evaluate(async () => {
    const root = document.getElementById("a");
    let calls = 0;
    const article = new Article(root, { onchange: () => (calls += 1) });
    const { blocks } = article.collect();
    await shown();
    const before = lines(root);
    await translate(article);
    const after = lines(root);
    document.getElementById("n").textContent = "15.000";
    await shown();
    await pause(250);
    return { blocks: blocks.length, before, after, changed: lines(root).at(-1), calls };
  });
  assert.deepEqual(found, {
    blocks: 1,
    before: ["Schiffe", "39.870", "97,4", "3:14", "14.800"],
    after: ["SCHIFFE", "39,870", "97.4", "3:14", "14,800"],
    changed: "15,000",
    calls: 0,
  });
});

test("a table changes as a whole, a list point by point", async (t) => {
  const html = `<ul><li>Punkt</li><li>Ende</li></ul><table><tr><td>Eins</td><td>Zwei</td></tr></table>`;
  const { page } = await openHost(t, `<article id="a">${html}</article>`);
  const found = await page.evaluate(async () => {
    const root = document.getElementById("a");
    const article = new Article(root);
    const states = [];
    for (const sentences of [1, 2, 1]) {
      await translate(article, { sentences });
      states.push(lines(root));
    }
    root.querySelector("tr").insertAdjacentHTML("afterend", "<tr><td>Drei</td></tr>");
    await shown();
    return [...states, lines(root)];
  });
  assert.deepEqual(found, [
    ["PUNKT", "Ende", "Eins", "Zwei"],
    ["PUNKT", "ENDE", "Eins", "Zwei"],
    ["PUNKT", "ENDE", "EINS", "ZWEI"],
    ["PUNKT", "ENDE", "EINS", "ZWEI", "Drei"],
  ]);
});

test("numbers of footnotes and arrows are no text, and stand where they stood; formulas stay what they are", async (t) => {
  const html = `<p>Das <b>Netz</b>,<sup><a href="#f">1</a></sup> das Wort<a href="#g">[2]</a> und <a href="/2026">2026</a>.<sup id="s">3</sup> So viel
    CO<sub>2</sub>-Ausstoß auf 30 m<sup>2</sup>, Pfeil <a href="/x">→</a> weiter.</p><ol><li>Die Quelle. <a href="#b">↩</a></li></ol>`;
  assert.deepEqual(await blocksOf(t, html), [
    "paragraph: Das <1 4 Netz>, das <5 Wort> und <2 6 2026>. So viel CO<3 [2]>-Ausstoß auf 30 <7 m>, Pfeil <8 weiter>.",
    "number: Die Quelle.",
  ]);
  const found = await translated(t, html, () => ({
    lines: lines(root),
    own: document.getElementById("s").assignedSlot.closest(".english") !== null,
    sub: root.querySelector("p").shadowRoot.querySelector(".english sub").textContent,
  }));
  assert.deepEqual(found, {
    lines: ["DAS NETZ,1 DAS WORT[2] UND 2026.3 SO VIEL CO2-AUSSTOSS AUF 30 M2, PFEIL → WEITER.", "DIE QUELLE. ↩"],
    own: true,
    sub: "2",
  });
});

test("in two columns, boxes keep their place, and nothing but words is there twice", async (t) => {
  const html = `<style>article > * { max-width: 600px; margin: 10px auto } pre { height: 50px }</style>
    <p>Absatz</p><ol><li>Punkt</li></ol><details><summary>Mehr</summary><p>Darunter</p></details>
    <figure><pre>kein Text</pre><figcaption>Bildtext</figcaption></figure><figure><img src="picture.svg" width="160" height="90"><figcaption>Bild</figcaption></figure>`;
  const visit = await openHost(t, `<article id="a" style="width: 1000px">${html}</article>`);
  const found = await visit.page.evaluate(async () => {
    const root = document.getElementById("a");
    const width = root.getBoundingClientRect().left;
    const article = new Article(root, { mode: "beside" });
    await translate(article);
    const pairs = [...root.shadowRoot.querySelectorAll(".pair")].map((pair) => pair.getBoundingClientRect());
    const boxes = pairs.map(({ left, width: wide }) => [left - width, wide]);
    const kept = [...root.shadowRoot.querySelectorAll(".english :is(pre, img)")];
    const twice = kept.filter((each) => each.getClientRects().length > 0).length;
    article.mode = "replace";
    await shown();
    const lists = [root.querySelector("ol"), root.shadowRoot.querySelector(".english ol")];
    const replaced = lists[1].getBoundingClientRect();
    article.mode = "original";
    const german = lists[0].getBoundingClientRect();
    return { boxes, twice, kept: kept.length, same: replaced.left === german.left && replaced.width === german.width };
  });
  assert.deepEqual(found, { boxes: Array(4).fill([200, 600]), twice: 0, kept: 2, same: true });
});

test("clicks on English links are the host's to answer", async (t) => {
  const html = `<p>Ein <a id="l" href="/ziel">Verweis</a>.</p><ul><li><a href="#unten">Nach <b>unten</b></a> <button>Knopf</button></li></ul>
    <div style="height: 3000px"></div><p>Dort <span id="unten">unten</span>.</p>`;
  const visit = await openHost(t, `<article id="a">${html}</article>`);
  await visit.page.evaluate(async () => {
    globalThis.clicks = [];
    document.addEventListener("click", (event) => {
      const original = event.target.closest("a, button");
      if (!original) return;
      clicks.push(original.textContent);
      if (original.id === "l") event.preventDefault();
    });
    await translate(new Article(document.getElementById("a")));
  });
  const english = (selector) => visit.page.locator(`.english ${selector}`);
  await english("a[href='/ziel']").click();
  await english("button").click();
  await english("a[href='#unten']").click();
  const found = await visit.page.evaluate(() => ({
    clicks,
    hash: location.hash,
    path: location.pathname,
    scrolled: scrollY > 1000,
  }));
  assert.deepEqual(found, { clicks: ["Verweis", "Knopf", "Nach unten"], hash: "#unten", path: "/", scrolled: true });
  const popup = visit.page.context().waitForEvent("page");
  await english("a[href='/ziel']").click({ modifiers: ["ControlOrMeta"] });
  assert.match((await popup).url(), /\/ziel$/);
});

test("images and breaks within a line go with the word after them, and stay the host's own", async (t) => {
  const html = `<p>Ein <img id="i" src="picture.svg" width="20" height="20"> Bild und<br>ein <a href="/x">Verweis <img src="picture.svg" width="9"></a>.</p>`;
  const found = await translated(t, html, () => {
    const own = document.getElementById("i");
    const inEnglish = own.assignedSlot.closest(".english") !== null;
    const next = own.assignedSlot.nextSibling.textContent + own.assignedSlot.nextSibling.nextSibling.textContent;
    const english = root.querySelector("p").shadowRoot.querySelector(".english");
    const deep = english.querySelector("a > img") !== null;
    article.mode = "original";
    return { inEnglish, next, deep, lines: lines(root), back: own.assignedSlot.closest(".german") !== null };
  });
  assert.equal(found.inEnglish, true);
  assert.match(found.next, /^ BILD/);
  assert.deepEqual([found.deep, found.back], [true, true]);
  assert.deepEqual(found.lines, ["Ein Bild und", "ein Verweis ."]);
});

test("forms, frames, films and editable text live on", async (t) => {
  const html = `<p>Davor</p><form><label>Name <input id="in" name="nodeType"></label><input name="children"><input name="localName"></form>
    <figure><video id="v" controls></video><figcaption>Filmtext</figcaption></figure>
    <p>Tippen <input id="mid" size="4"> hier.</p><div contenteditable id="edit"><p>Text</p></div><iframe srcdoc="<p>x"></iframe>`;
  const found = await translated(t, html, async () => {
    document.getElementById("in").value = "da";
    document.getElementById("edit").focus();
    document.execCommand("insertText", false, "neu");
    await pause(250);
    const rect = (id) => document.getElementById(id).getBoundingClientRect().width > 0;
    return { shown: ["in", "v", "mid", "edit"].map(rect), lines: lines(root), frames: frames.length };
  });
  assert.deepEqual(found.shown, [true, true, true, true]);
  assert.equal(found.frames, 1);
  const [before, , , film, tip] = found.lines;
  assert.equal(before, "DAVOR");
  assert.deepEqual(
    found.lines.filter((line) => /film/i.test(line)),
    ["Filmtext", "FILMTEXT"],
  );
  assert.ok(found.lines.includes("TIPPEN HIER."), String([film, tip]));
  assert.ok(found.lines.some((line) => line.includes("neu")));
});

test("a picture that the host loads when it is seen is seen", async (t) => {
  const html = `<figure><img id="i" data-src="picture.svg" width="90" height="50" alt=""><figcaption>Bildtext</figcaption></figure>`;
  const found = await translated(t, html, async () => {
    const image = document.getElementById("i");
    const first = [image.getBoundingClientRect().width, lines(root)];
    image.src = image.dataset.src;
    await shown();
    const copy = root.shadowRoot.querySelector(".english img");
    return { first, then: [copy.getBoundingClientRect().width, copy.complete, lines(root)] };
  });
  assert.deepEqual(found, { first: [90, ["Bildtext", "BILDTEXT"]], then: [90, true, ["BILDTEXT"]] });
});

test("copies of lists and tables open, look and count like the originals", async (t) => {
  const html = `<style>li { list-style: square; color: rgb(0, 0, 90); margin-left: 10% } td { border: 1px solid rgb(9, 9, 9) } table { border-collapse: collapse; width: 50% }</style>
    <ol start="3"><li id="x">Drei</li></ol><table><tr><td>Zelle</td></tr></table><details><summary>Mehr</summary>Darunter</details>`;
  const found = await translated(t, html, async () => {
    const english = (selector) => [...root.shadowRoot.querySelectorAll(`.english ${selector}`)][0];
    const style = (selector, ...names) =>
      names.map((name) => getComputedStyle(english(selector)).getPropertyValue(name));
    const boxes = ["ol", "table", "details"].map((name) => english(name).getBoundingClientRect().width);
    const bottom = root.getBoundingClientRect().height;
    const closed = english("details").getBoundingClientRect().height;
    english("summary").click();
    const looks = {
      li: style("li", "list-style-type", "color", "display"),
      td: style("td", "border-top-width", "border-top-color", "display"),
      start: english("ol").getAttribute("start"),
      ids: english("[id]") === undefined,
      opens: english("details").getBoundingClientRect().height > closed + 5,
      same: document.documentElement.outerHTML === before,
    };
    english("summary").click();
    article.mode = "original";
    const german = ["ol", "table", "details"].map((name) => root.querySelector(name).getBoundingClientRect().width);
    return { looks, boxes, german, heights: [bottom, root.getBoundingClientRect().height] };
  });
  assert.deepEqual(found.looks, {
    li: ["square", "rgb(0, 0, 90)", "list-item"],
    td: ["1px", "rgb(9, 9, 9)", "table-cell"],
    start: "3",
    ids: true,
    opens: true,
    same: true,
  });
  assert.deepEqual(found.boxes, found.german);
  assert.ok(Math.abs(found.heights[0] - found.heights[1]) < 1, String(found.heights));
});

test("text in the host's own shadow roots is translated there", async (t) => {
  const html = `<host-card><p>Licht</p></host-card><p>Ein <host-word>Wort</host-word> bleibt.</p>`;
  const before = `customElements.define("host-card", class extends HTMLElement {
    constructor() { super().attachShadow({ mode: "open" }).innerHTML = "<div><p>Schatten <b>innen</b></p><slot></slot></div>"; } });`;
  const found = await translated(
    t,
    html,
    async () => {
      const inner = root.querySelector("host-card").shadowRoot.querySelector("div");
      const result = { lines: lines(root) };
      inner.firstElementChild.append(" neu");
      await shown();
      return { ...result, changed: lines(inner)[0], same: document.documentElement.outerHTML === globalThis.before };
    },
    { before },
  );
  assert.deepEqual(found, {
    lines: ["SCHATTEN INNEN", "LICHT", "EIN Wort BLEIBT."],
    changed: "Schatten innen neu",
    same: true,
  });
});

test("what the host changes is shown at once, and only that is collected again", async (t) => {
  const html = `<p id="one">Eins <b>fett</b>.</p><ul><li>Punkt</li><li id="two">Zwei</li></ul><p id="three">Drei.</p>`;
  const found = await translated(t, html, async () => {
    const states = [];
    let calls = 0;
    article.dispose();
    globalThis.article = new Article(root, { onchange: () => (calls += 1) });
    await translate(article);
    const step = async (change) => {
      const now = await atOnce(change, () => lines(root));
      await pause(250);
      const { batch } = await translate(article);
      states.push([now, batch.blocks.map(({ runs }) => runs.map((run) => run.text).join("")), calls]);
      calls = 0;
    };
    await step(() => root.insertAdjacentHTML("beforeend", "<p>Neu.</p>"));
    await step(() => (document.getElementById("two").textContent = "Anders"));
    await step(() => document.getElementById("one").append(" Dazu."));
    await step(() => (document.getElementById("one").firstChild.data = "Nochmal "));
    await step(() => document.getElementById("three").remove());
    return states;
  });
  assert.deepEqual(found, [
    [["EINS FETT.", "PUNKT", "ZWEI", "DREI.", "Neu."], ["Neu."], 1],
    [["EINS FETT.", "PUNKT", "Anders", "DREI.", "NEU."], ["Anders"], 1],
    [["Eins fett. Dazu.", "PUNKT", "ANDERS", "DREI.", "NEU."], ["Eins fett. Dazu."], 1],
    [["Nochmal fett. Dazu.", "PUNKT", "ANDERS", "DREI.", "NEU."], ["Nochmal fett. Dazu."], 1],
    [["NOCHMAL FETT. DAZU.", "PUNKT", "ANDERS", "NEU."], [], 0],
  ]);
});

test("what the host adds is cut by its looks, as all else is", async (t) => {
  const added = `<div style="display: flex"><span>Eins</span><span>Zwei</span></div><p>Drei <span hidden>nicht</span></p>`;
  const found = await translated(
    t,
    "<ul><li>Punkt</li></ul>",
    async (added) => {
      root.insertAdjacentHTML("beforeend", added);
      const texts = () => article.collect().blocks.map(({ runs }) => runs.map((run) => run.text).join(""));
      const first = texts();
      article.dispose();
      root.innerHTML = added;
      globalThis.article = new Article(root);
      return [first, texts()];
    },
    { argument: added },
  );
  assert.deepEqual(found, Array(2).fill(["Eins", "Zwei", "Drei"]));
});

test("a framework that renders the article anew finds it in English at once", async (t) => {
  const html = `<div id="app"><h1>Titel</h1><p>Ein <b>Satz</b>.</p><ul><li>Punkt</li></ul></div>`;
  const found = await translated(t, html, async () => {
    const app = document.getElementById("app");
    const states = [];
    const render = async (change) => states.push(await atOnce(change, () => lines(root)));
    await render(() => (app.innerHTML = app.innerHTML));
    await render(() => app.prepend(app.lastElementChild));
    await render(() => app.querySelector("b").replaceWith("Satz"));
    await render(() => app.querySelector("p").normalize());
    const removed = app.querySelector("p");
    await render(() => removed.remove());
    removed.append(" Mehr.");
    await Promise.resolve();
    document.body.append(removed);
    return { states, removed: lines(removed) };
  });
  assert.deepEqual(found.states, [
    ["TITEL", "EIN SATZ.", "PUNKT"],
    ["PUNKT", "TITEL", "EIN SATZ."],
    ["PUNKT", "TITEL", "Ein Satz."],
    ["PUNKT", "TITEL", "Ein Satz."],
    ["PUNKT", "TITEL"],
  ]);
  assert.deepEqual(found.removed, ["Ein Satz. Mehr."]);
});

test("what the host's changes do not touch keeps its state", async (t) => {
  const html = `<div id="s" style="height: 40px; overflow: auto"><div style="height: 400px">${"<b></b>".repeat(3)}</div></div>
    <ul><li>Punkt</li></ul><div id="t" style="height: 40px; overflow: auto"><hr style="height: 400px"></div>`;
  const found = await translated(t, html, async () => {
    const boxes = ["s", "t"].map((id) => document.getElementById(id));
    const places = [];
    const step = async (change) => {
      for (const box of boxes) box.scrollTop = 50;
      change();
      await pause(250);
      places.push(...boxes.map((box) => box.scrollTop));
    };
    await step(() => root.append(document.createElement("hr")));
    await step(() => root.prepend(document.createElement("hr")));
    await step(() => boxes[0].firstElementChild.append("1"));
    await step(() => (root.querySelector("li").textContent = "Anders"));
    await step(() => root.querySelector("ul").remove());
    return places;
  });
  assert.deepEqual(found, Array(10).fill(50));
});

test("after its end nothing holds the host back", async (t) => {
  const found = await translated(t, EVERYTHING, async () => {
    article.dispose();
    article.dispose();
    const p = document.getElementById("p");
    p.append(" Danach.");
    root.insertAdjacentHTML("afterbegin", "<p>Davor.</p>");
    await Promise.resolve();
    const free = [lines(p), lines(root)[0], article.collect().blocks.length];
    const second = new Article(root);
    await translate(second);
    const other = new Article(root).collect().blocks.length;
    second.dispose();
    const styled = [...root.querySelectorAll("*")].filter((each) => each.shadowRoot?.adoptedStyleSheets.length);
    return { free, other, styled: styled.length, lines: lines(root)[0] };
  });
  assert.deepEqual(found, {
    free: [["Ein Verweis und fett. Noch einer. Danach."], "Davor.", 0],
    other: 0,
    styled: 0,
    lines: "Davor.",
  });
});

test("right-to-left parts and pages keep their direction", async (t) => {
  const html = `<p dir="rtl" lang="he">שלום</p><p>Das Wort <bdi lang="he" dir="rtl">שלום</bdi> heißt Friede.</p>`;
  const found = await translated(t, html, () => {
    const bdi = root.querySelectorAll("p")[1].shadowRoot.querySelector(".english bdi");
    return { lines: lines(root), dir: bdi.dir, direction: getComputedStyle(bdi).direction };
  });
  assert.deepEqual(found, { lines: ["שלום", "DAS WORT שלום HEISST FRIEDE."], dir: "rtl", direction: "rtl" });
});

test("hosts that freeze or replace the platform's own do no harm", async (t) => {
  const before = `
    Object.freeze(Node.prototype); Object.freeze(Element.prototype); Object.freeze(ShadowRoot.prototype);
    Array.prototype.each = function () {}; Object.prototype.extra = 1;
    Array.from = () => { throw new Error("not ours"); };`;
  const found = await translated(
    t,
    EVERYTHING,
    () => ({ lines: lines(root), same: document.documentElement.outerHTML === before }),
    {
      before,
    },
  );
  assert.equal(found.same, true);
  assert.equal(found.lines[1], "EIN VERWEIS UND FETT. NOCH EINER.");
  const closed = `
    const attach = Element.prototype.attachShadow;
    Element.prototype.attachShadow = function (options) {
      if (this.localName === "h1") throw new Error("no");
      return attach.call(this, this.localName === "p" ? { mode: "closed" } : options);
    };`;
  const partly = await translated(
    t,
    EVERYTHING,
    async () => {
      await pause(250);
      await translate(article);
      return lines(root);
    },
    { before: closed },
  );
  assert.deepEqual(partly.slice(0, 3), ["TITEL", "EIN VERWEIS UND FETT. NOCH EINER.", "BILDTEXT"]);
});

test("the strictest policy for styles does not hinder it", async (t) => {
  const head = `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'self'; img-src 'self'">`;
  const visit = await openHost(
    t,
    `<article id="a"><p>Ein <b>Satz</b> und <b>einer</b>.</p><ul><li>Punkt</li></ul></article>`,
    { head },
  );
  const found = await visit.page.evaluate(async () => {
    const root = document.getElementById("a");
    await translate(new Article(root));
    const weights = [...root.querySelector("p").shadowRoot.querySelectorAll(".english b")].map(
      (bold) => getComputedStyle(bold).fontWeight,
    );
    return { weights, lines: lines(root) };
  });
  assert.deepEqual(found, { weights: ["700", "700"], lines: ["EIN SATZ UND EINER.", "PUNKT"] });
  visit.assertNoErrors();
});

test("a root that is removed in the middle leaves silence, and goes on where it comes back", async (t) => {
  const visit = await openHost(t, `<article id="a"><p>Eins.</p><p>Zwei.</p><ul><li>Drei</li></ul></article>`);
  const found = await visit.page.evaluate(async () => {
    const root = document.getElementById("a");
    let calls = 0;
    const article = new Article(root, { onchange: () => (calls += 1) });
    const running = translate(article, { delay: 30 });
    await pause(20);
    root.remove();
    root.firstElementChild.append(" Neu.");
    const { results } = await running;
    const silent = [calls, results.at(-1).element];
    document.body.append(root);
    await translate(article);
    return { silent, lines: lines(root) };
  });
  assert.deepEqual(found, { silent: [0, null], lines: ["EINS. NEU.", "ZWEI.", "DREI"] });
  visit.assertNoErrors();
});

test("nothing jumps when shorter English comes", async (t) => {
  const text = "Ein ziemlich langer Satz, der im Deutschen mehr Platz braucht als später im Englischen. ".repeat(4);
  const html = `<h1>Ein langer Titel, der in einer schmalen Spalte mehrere Zeilen hat</h1><p>${text}</p>
    <ul><li>${text}</li></ul><figure><img src="picture.svg" width="160" height="90"><figcaption>${text}</figcaption></figure><p>${text}</p>`;
  const visit = await openHost(t, `<article id="a" style="width: 300px">${html}</article>`);
  const found = await visit.page.evaluate(async () => {
    const root = document.getElementById("a");
    let shift = 0;
    new PerformanceObserver((list) => list.getEntries().forEach((entry) => (shift += entry.value))).observe({
      type: "layout-shift",
      buffered: true,
    });
    await pause(100);
    const before = { shift, height: root.getBoundingClientRect().height };
    shift = 0;
    const article = new Article(root);
    await translate(article, { delay: 20, change: (runs) => [{ text: `${runs[0].text.slice(0, 30)}.`, mark: {} }] });
    await pause(100);
    const after = { shift, height: root.getBoundingClientRect().height };
    root.style.width = "280px";
    await pause(400);
    return {
      shift: after.shift,
      heights: [before.height, after.height],
      loosened: root.getBoundingClientRect().height < after.height,
    };
  });
  assert.equal(found.heights[1], found.heights[0]);
  assert.ok(found.shift <= 0.001, `layout shift ${found.shift}`);
  assert.equal(found.loosened, true);
});

test("the look follows the host's", async (t) => {
  const html = `<style>a { color: rgb(1, 1, 1) } .dark a { color: rgb(2, 2, 2) }</style><p>Ein <a href="/x">Verweis</a>.</p><ul><li><a href="/x">Punkt</a></li></ul>`;
  const found = await translated(t, html, async () => {
    const colors = () =>
      [root.querySelector("p").shadowRoot, root.shadowRoot].map(
        (shadow) => getComputedStyle(shadow.querySelector(".english a")).color,
      );
    const before = colors();
    document.documentElement.className = "dark";
    await pause(400);
    return [before, colors()];
  });
  assert.deepEqual(found, [Array(2).fill("rgb(1, 1, 1)"), Array(2).fill("rgb(2, 2, 2)")]);
});

test("the focus stays where it was", async (t) => {
  const visit = await openHost(t, `<article id="a"><p>Ein <a id="l" href="/x">Verweis</a>.</p></article>`);
  const found = await visit.page.evaluate(async () => {
    document.getElementById("l").focus();
    await translate(new Article(document.getElementById("a")));
    await shown();
    return document.querySelector("p").shadowRoot.activeElement?.textContent;
  });
  assert.equal(found, "VERWEIS");
});

test("an article of 30 000 words leaves the main thread to the host", async (t) => {
  const sentence = "Das ist ein <a href='/x'>Satz</a> mit genau zehn <b>Wörtern</b> darin, mehr nicht. ";
  const many = (count, make) => Array.from({ length: count }, (_, index) => make(index)).join("");
  const section = (n) => `<h2>Nummer ${n}</h2>${many(8, (p) => `<p>${n} und ${p}. ${sentence.repeat(6)}</p>`)}
    <ul>${many(5, (p) => `<li>${n} und ${p}. ${sentence}</li>`)}</ul>`;
  const html = `${many(58, section)}<table>${many(60, (row) => `<tr>${many(5, (cell) => `<td>Zelle ${row} zu ${cell}</td>`)}</tr>`)}</table>`;
  const visit = await openHost(t, `<article id="a">${html}</article>`);
  const found = await visit.page.evaluate(async () => {
    const root = document.getElementById("a");
    const article = new Article(root);
    await pause(300);
    globalThis.longTasks.length = 0;
    await article.prepare();
    const batch = article.collect();
    const words = batch.blocks.reduce(
      (sum, { runs }) =>
        sum +
        runs
          .map((run) => run.text)
          .join("")
          .split(" ").length,
      0,
    );
    await pause(100);
    batch.outline(
      batch.blocks.map(({ runs }) => [{ start: 0, end: runs.reduce((sum, run) => sum + run.text.length, 0) }]),
    );
    for (const [block, { runs }] of batch.blocks.entries()) batch.sentence({ block, sentence: 0, runs });
    const last = () =>
      root.shadowRoot?.querySelector(".english table") &&
      root.querySelector("p:last-of-type").shadowRoot?.querySelector(".shown");
    while (!last()) await pause(50);
    return { words, tasks: globalThis.longTasks.length, blocks: batch.blocks.length };
  });
  t.diagnostic(`${found.words} words in ${found.blocks} blocks; ${found.tasks} tasks of 50 ms or more`);
  assert.ok(found.words >= 30_000);
  visit.assertNoErrors();
});

test("the article of a page is found", async (t) => {
  const text =
    "<p>Ein Absatz mit so viel Text, dass er als Teil eines Artikels gelten kann, und noch etwas mehr davon.</p>".repeat(
      4,
    );
  const find = async (html) => {
    const { page } = await openHost(t, html);
    return page.evaluate(() => findArticle(document)?.id ?? null);
  };
  assert.equal(
    await find(
      `<nav>${text}</nav><main id="m"><article id="a"><h1>T</h1>${text}</article><article>Kurz</article></main>`,
    ),
    "a",
  );
  assert.equal(await find(`<article id="a"><h1>T</h1><div itemprop="articleBody" id="b">${text}</div></article>`), "a");
  assert.equal(await find(`<div id="d">${text}</div><footer>${text}${text}</footer>`), "d");
  assert.equal(await find("<p>Wenig.</p>"), null);
});
