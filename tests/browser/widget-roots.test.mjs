// Articles whose own element cannot have a shadow root of the widget's, or has one already: lists, tables, captions, the
// host's components, and the widget's element wrapped round text as it is. No text is lost.

import assert from "node:assert/strict";
import { test } from "node:test";
import { openHost } from "./harness/widget.mjs";
import { visit, widget } from "./harness/widget-fakes.mjs";

/** What is seen of the page with the article `#a` in English, in German again, and after its end; whether the host's nodes are the same. */
async function shownAs(t, html, options) {
  const visit = await openHost(t, html, options);
  const found = await visit.page.evaluate(async () => {
    const before = document.body.outerHTML;
    const article = new Article(document.getElementById("a"));
    await translate(article);
    const english = lines(document.body);
    article.mode = "original";
    const german = lines(document.body);
    article.mode = "replace";
    await shown();
    const again = lines(document.body);
    article.dispose();
    return { english, german, again, disposed: lines(document.body), same: document.body.outerHTML === before };
  });
  visit.assertNoErrors();
  return found;
}

const CASES = {
  list: [`<div>Vorher <ul id="a"><li>Eins</li>zwei<li>Drei <p>vier</p></li></ul> nachher</div>`, ["Vorher", "EINS", "ZWEI", "DREI", "VIER", "nachher"]],
  table: [`<table id="a"><tr><td>Eins</td><td><p>Zwei</p></td></tr></table>`, ["EINS", "ZWEI"]],
  cell: [`<table><tr><td>Nicht</td><td id="a">Eins <b>zwei</b><p>Drei</p>vier</td></tr></table>`, ["Nicht", "EINS ZWEI", "DREI", "VIER"]],
  figure: [`<figure id="a"><img src="picture.svg" alt="" width="9"><figcaption>Eins</figcaption></figure>`, ["EINS"]],
  details: [`<details id="a" open><summary>Eins</summary>Zwei <p>Drei</p></details>`, ["EINS", "ZWEI", "DREI"]],
  blocks: [
    `<article id="a">Eins <p>Zwei</p> drei <div>vier <p>fünf</p> sechs</div> <b>sieben</b> <ul>acht<li>neun</li>zehn</ul> elf<br>zwölf</article>`,
    ["EINS", "ZWEI", "DREI", "VIER", "FÜNF", "SECHS", "SIEBEN", "ACHT", "NEUN", "ZEHN", "ELF", "ZWÖLF"],
  ],
  component: [
    `<script>customElements.define("host-body", class extends HTMLElement {})</script>
     <host-body id="a">Eins <p>Zwei</p><ul><li>Drei</li></ul> vier</host-body>`,
    ["EINS", "ZWEI", "DREI", "VIER"],
  ],
  wrapped: [
    `<script>var KLARTEXT_BYTES = 1, KLARTEXT_MODEL = "x";</script><script type="module" src="/src/klartext.js"></script><klartext-article id="a"><script type="application/json" slot="glossary">{}</script>
     Eins <p>Zwei</p><ul><li>Drei</li></ul><figure><img src="picture.svg" alt="" width="9"><figcaption>Vier</figcaption></figure> fünf</klartext-article>`,
    ["EINS", "ZWEI", "DREI", "VIER", "FÜNF"],
  ],
};

for (const [name, [html, english]] of Object.entries(CASES)) {
  test(`text directly in the article's root is not lost: ${name}`, async (t) => {
    const found = await shownAs(t, html);
    const outside = (line) => ["Vorher", "nachher", "Nicht"].includes(line);
    const lower = (lines) => lines.map((line) => line.toLowerCase());
    assert.deepEqual(found.english, english);
    assert.deepEqual(found.again, english);
    assert.deepEqual([lower(found.german), lower(found.disposed)], [lower(english), lower(english)]);
    assert.ok(found.german.every((line) => outside(line) || line !== line.toUpperCase()), String(found.german));
    assert.equal(found.same, true);
  });
}

test("what the host adds in and beside a list that is the article is shown", async (t) => {
  const visit = await openHost(t, `<div id="d"><ul id="a"><li>Eins</li></ul></div>`);
  const found = await visit.page.evaluate(async () => {
    const [root, box] = [document.getElementById("a"), document.getElementById("d")];
    const article = new Article(root);
    await translate(article);
    root.insertAdjacentHTML("beforeend", "<li>Zwei</li>");
    box.insertAdjacentHTML("afterbegin", "<p>Oben</p>");
    box.append("Unten");
    await shown();
    const first = lines(box);
    await translate(article);
    const then = lines(box);
    root.remove();
    await shown();
    return { first, then, last: lines(box) };
  });
  assert.deepEqual(found, { first: ["Oben", "EINS", "Zwei", "Unten"], then: ["Oben", "EINS", "ZWEI", "Unten"], last: ["Oben", "Unten"] });
  visit.assertNoErrors();
});

test("a list that is the article is not copied anew whenever it is shown or hidden", async (t) => {
  const visit = await openHost(t, `<div id="d"><ul id="a"><li>Eins</li></ul></div>`);
  const found = await visit.page.evaluate(async () => {
    const article = new Article(document.getElementById("a"));
    await translate(article);
    const copy = document.getElementById("d").shadowRoot.querySelector(".english ul");
    for (const mode of ["original", "replace"]) {
      article.mode = mode;
      await pause(400);
    }
    return [copy.isConnected, lines(document.body)];
  });
  assert.deepEqual(found, [true, ["EINS"]]);
});

test("two lists of one box do not get in each other's way", async (t) => {
  const visit = await openHost(t, `<div id="d"><ul id="a"><li>Eins</li></ul><ul id="b"><li>Zwei</li></ul></div>`);
  const found = await visit.page.evaluate(async () => {
    const articles = ["a", "b"].map((id) => new Article(document.getElementById(id)));
    for (const article of articles) await translate(article);
    const both = lines(document.body);
    articles[0].dispose();
    await translate(articles[1]);
    return [both, lines(document.body)];
  });
  assert.deepEqual(found[0].slice(0, 1), ["EINS"]);
  assert.deepEqual(found[1].slice(0, 1), ["Eins"]);
  visit.assertNoErrors();
});

test("the element puts what it is wrapped round where it belongs, whenever that comes", async (t) => {
  const body = `<klartext-article id="w" style="display: flex">\n<p>Der neue Chip ist doppelt so schnell wie der alte.</p> Und <b>mehr</b>.<em slot="note">free</em></klartext-article>`;
  const { page } = await visit(t, body);
  const places = () =>
    widget(page).evaluate((it) => [...it.childNodes].filter((node) => node.nodeType !== 8 && /\S/.test(node.textContent)).map((node) => node.assignedSlot?.name ?? null));
  assert.deepEqual(await places(), ["", "", "", "", "note"]);
  await widget(page).evaluate((it) => {
    it.insertAdjacentHTML("beforeend", `<button slot="button">English, please</button><i>Neu</i><!-- nichts -->`);
    it.querySelector("em").slot = "";
  });
  assert.deepEqual(await places(), ["", "", "", "", "", "button", ""]);
  const isRow = await widget(page).evaluate((it) => it.querySelector("p").getBoundingClientRect().right <= it.querySelector("i").getBoundingClientRect().left);
  assert.ok(isRow, "the host's layout reaches its children");
});

test("the element keeps its own look and places through translations that come and go", async (t) => {
  const body = `<script>var KLARTEXT_BYTES = 1, KLARTEXT_MODEL = "x";</script><script type="module" src="/src/klartext.js"></script>
    <klartext-article id="a"><button slot="button">English</button>Eins <ul><li>Zwei</li></ul></klartext-article>`;
  const visit = await openHost(t, body);
  const found = await visit.page.evaluate(async () => {
    const root = document.getElementById("a");
    const before = root.outerHTML;
    const sheets = root.shadowRoot.adoptedStyleSheets.length;
    const rounds = [];
    for (let round = 0; round < 2; round += 1) {
      const article = new Article(root);
      await translate(article);
      root.querySelector("button").slot = round ? "button" : "note";
      root.append(` Neu ${round}`);
      await translate(article);
      rounds.push(lines(root), root.querySelector("button").assignedSlot.name);
      article.dispose();
      rounds.push(lines(root), root.shadowRoot.adoptedStyleSheets.length - sheets);
      root.lastChild.remove();
      await shown();
    }
    return { rounds, same: root.outerHTML === before, own: root.shadowRoot.querySelectorAll(".bar").length };
  });
  assert.deepEqual(found.rounds[0].slice(-3), ["EINS", "ZWEI", "NEU 0"]);
  assert.deepEqual(found.rounds[4].slice(-3), ["EINS", "ZWEI", "NEU 1"]);
  assert.deepEqual(found.rounds[2].slice(-3), ["Eins", "Zwei", "Neu 0"]);
  assert.deepEqual(found.rounds[6].slice(-3), ["Eins", "Zwei", "Neu 1"]);
  assert.deepEqual([found.rounds[1], found.rounds[5], found.rounds[3], found.rounds[7]], ["note", "button", 0, 0]);
  assert.deepEqual([found.same, found.own], [true, 1]);
  visit.assertNoErrors();
});
