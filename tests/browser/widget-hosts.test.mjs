// The widget as it is built, with the real engine, on the pages of other sites: other origins, strict policies, frames,
// pages full of others' scripts, articles that are long, change, or go. Whatever happens, the site's own nodes stay as
// they were, and somebody says what is the matter.

import assert from "node:assert/strict";
import { test } from "node:test";
import { open } from "./harness/harness.mjs";
import {
  ARTICLE,
  FOREIGN,
  ORIGIN,
  OWN,
  PATIENCE,
  SENTENCES,
  TEXT,
  button,
  english,
  heard,
  inState,
  integrity,
  lines,
  nodes,
  original,
  pageOf,
  policy,
  script,
  settled,
  startHost,
  translate,
  visitHost,
  widget,
} from "./harness/hosts.mjs";
import { eventually } from "./harness/reader.mjs";

/** So many paragraphs, no two alike, in words that the model finds easy. */
const paragraphs = (count, words = 0) =>
  Array.from({ length: count }, (_, at) => {
    const more = Array.from({ length: words / 10 }, (_, line) => ` Die Firma hat am Tag ${at + line} wieder ${at} Chips mehr verkauft.`);
    return `<p>Im Abschnitt ${at} geht es um den Chip mit der Nummer ${at + 1000}.${more.join("")}</p>`;
  }).join("");

const state = (where, id) => widget(where, id).evaluate((element) => element.state);

/** Fails unless the article is in English, and its own nodes are as they were; then back, and it is to be seen as it was. */
async function assertTranslates(where, { visit, selector = "#a", sentences = SENTENCES + 1 } = {}) {
  const before = await original(where, selector);
  await translate(where);
  const said = await heard(where, "sentence");
  assert.equal(said.length, sentences);
  for (const { german, english } of said) assert.match(english, /[A-Za-z]/, german);
  // Sentences come as they are ready.
  const words = (texts) => texts.join(" ").trim().split(/\s+/).sort();
  assert.deepEqual(words(await english(where, selector)), words(said.map((it) => it.english)));
  assert.equal(await nodes(where, selector), before.nodes, "the host's nodes");
  await button(where, "German").click();
  await inState(where, "original");
  assert.deepEqual(await original(where, selector), before);
  visit?.assertNoErrors();
}

/** Fails unless the element says that nothing can come of it here, in a line and by an event, and all is as it was. */
async function assertBlocked(where, code = "blocked") {
  const before = await original(where);
  await button(where, "Read in English").click();
  await where.waitForFunction(() => ["failed", "unsupported", "translated"].includes(document.getElementById("w").state));
  assert.deepEqual((await heard(where, "error")).map((it) => it.code), [code]);
  assert.equal(await state(where), "unsupported");
  assert.match(await widget(where).locator("[part~=error]").textContent(), /\w/);
  assert.deepEqual(await original(where), before);
  await widget(where).getByRole("button", { name: "Close" }).click();
  assert.equal(await state(where), "idle");
}

test("from another origin, with the script's integrity, and on a page that is isolated", async (t) => {
  const tag = script().replace("crossorigin", `crossorigin integrity="${await integrity()}"`);
  const page = pageOf(ARTICLE).replace(script(), tag);
  const isolated = { "cross-origin-opener-policy": "same-origin", "cross-origin-embedder-policy": "require-corp" };
  const visits = [await visitHost(t, page), await visitHost(t, page, { host: { headers: isolated } })];
  for (const [index, visit] of visits.entries()) {
    assert.equal(await visit.page.evaluate(() => crossOriginIsolated), index === 1);
    const { origin } = visit.host;
    const foreign = () => visit.requests.filter((it) => it.startsWith("http") && new URL(it).origin !== origin);
    assert.deepEqual(foreign(), [`${ORIGIN}/embed/klartext.js`], "before the click");
    await assertTranslates(visit.page, { visit });
    assert.deepEqual([...new Set(foreign().map((it) => new URL(it).origin))], [ORIGIN], "nobody else is asked");
    assert.deepEqual(visit.host.asked.filter((it) => it !== "/favicon.ico"), ["/"], "nor the host");
  }
});

test("under the strictest policy for files of another origin, and of its own", async (t) => {
  const types = { "require-trusted-types-for": "'script'", "trusted-types": "klartext" };
  const nonce = { "script-src": "'nonce-abc' 'strict-dynamic' 'wasm-unsafe-eval'" };
  for (const [from, rules] of [[ORIGIN, FOREIGN], ["", OWN]]) {
    for (const changes of [{}, { ...types, ...nonce }]) {
      const page = pageOf(ARTICLE, { from }).replace("<script", '<script nonce="abc"');
      const visit = await visitHost(t, page, { host: { headers: policy({ ...rules, ...changes }) } });
      await assertTranslates(visit.page, { visit });
      await visit.page.context().close();
    }
  }
});

test("what a policy does not allow is said, and nothing else happens", async (t) => {
  const cases = [
    [ORIGIN, FOREIGN, { "script-src": ORIGIN }],
    [ORIGIN, FOREIGN, { "worker-src": "'none'" }],
    [ORIGIN, FOREIGN, { "worker-src": "'self'" }],
    [ORIGIN, FOREIGN, { "connect-src": "'self'" }],
    [ORIGIN, FOREIGN, { "require-trusted-types-for": "'script'", "trusted-types": "other" }],
    ["", OWN, { "script-src": "'self'" }],
    ["", OWN, { "worker-src": "'none'" }],
    ["", OWN, { "connect-src": "'none'" }],
  ];
  for (const [from, rules, changes] of cases) {
    await t.test(`${from ? "elsewhere" : "its own"}: ${JSON.stringify(changes)}`, async (t) => {
      const visit = await visitHost(t, pageOf(ARTICLE, { from }), { host: { headers: policy({ ...rules, ...changes }) } });
      await assertBlocked(visit.page);
    });
  }
  // A script that is forbidden is not there at all.
  const { page } = await visitHost(t, pageOf(ARTICLE), { host: { headers: policy({ ...FOREIGN, "script-src": "'self'" }) } });
  assert.equal(await widget(page).evaluate((element) => element.shadowRoot), null);
  assert.equal((await english(page)).length, 0);
});

test("without WebAssembly there is no offer, and the page is as without the element", async (t) => {
  const visit = await visitHost(t, pageOf(ARTICLE), { before: () => delete globalThis.WebAssembly });
  const { page } = visit;
  await page.waitForFunction(() => document.getElementById("w").state === "unsupported");
  assert.equal((await widget(page).boundingBox()).height, 0);
  assert.ok(await page.locator("article").isVisible());
  assert.deepEqual(visit.requests.filter((it) => it.startsWith(ORIGIN)), [`${ORIGIN}/embed/klartext.js`]);
  visit.assertNoErrors();
});

test("in frames of the same origin, of another, and of none", async (t) => {
  const inner = pageOf(ARTICLE);
  const other = await startHost(t, { "/inner": inner });
  const frames = [
    '<iframe name="same" src="/inner"></iframe>',
    `<iframe name="other" src="${other.elsewhere}/inner"></iframe>`,
    '<iframe name="none" src="/inner" sandbox="allow-scripts"></iframe>',
  ];
  const page = `<!doctype html><html lang="de"><style>iframe { width: 900px; height: 300px }</style>${frames.join("")}`;
  const visit = await visitHost(t, page, { pages: { "/inner": inner } });
  for (const name of ["same", "other", "none"]) {
    const frame = visit.page.frame({ name });
    if (name === "none") assert.equal(await frame.evaluate(() => globalThis.origin), "null");
    await assertTranslates(frame, { visit });
  }
});

test("worker and model from another place than the scripts, for the element and for translators", async (t) => {
  const visit = await visitHost(t, pageOf(ARTICLE.replace('id="w"', 'id="w" base="/"')));
  const { page, host } = visit;
  const places = (paths) => [...new Set(paths.map((path) => path.split("/")[1]))].filter((name) => name === "assets" || name === "models");
  const elsewhere = () => places(visit.requests.filter((it) => it.startsWith(ORIGIN)).map((it) => new URL(it).pathname));
  await assertTranslates(page, { visit });
  assert.deepEqual([places(host.asked), elsewhere()], [["assets", "models"], []]);
  const text = await page.evaluate(async (origin) => {
    const { Translator, configure } = await import(`${origin}/embed/translator.js`);
    configure({ base: "/" });
    const translator = await Translator.create({ sourceLanguage: "de", targetLanguage: "en" });
    return translator.translate("Guten Morgen.");
  }, ORIGIN);
  assert.match(text, /[a-z]/);
  assert.deepEqual([await page.evaluate(() => globalThis.started), elsewhere()], [1, []], "they share the engine");
});

test("two on a page share an engine", async (t) => {
  const body = ["one", "two"].map((id) => `<klartext-article id="${id}" for="#of-${id}"></klartext-article><div id="of-${id}">${TEXT}</div>`);
  const visit = await visitHost(t, pageOf(body.join("")));
  const { page } = visit;
  await button(page, "Read in English", "one").click();
  await button(page, "Read in English", "two").click();
  for (const id of ["one", "two"]) await inState(page, "translated", id);
  await settled(page);
  assert.equal(await page.evaluate(() => globalThis.started), 1, "workers");
  assert.deepEqual(await english(page, "#of-one"), await english(page, "#of-two"));
  await widget(page, "one").evaluate((element) => element.cancel());
  assert.deepEqual([(await english(page, "#of-one")).length, (await english(page, "#of-two")).length > 0], [0, true]);
  visit.assertNoErrors();
});

/** What pages bring along that was written for other browsers than these. */
function polyfills() {
  // A registry that wraps the classes.
  const { define } = CustomElementRegistry.prototype;
  CustomElementRegistry.prototype.define = function (name, it, ...rest) {
    return define.call(this, name, class extends it {}, ...rest);
  };
  // Promises as they were at first.
  const Native = globalThis.Promise;
  class Old {
    #native;

    constructor(act) {
      this.#native = act instanceof Native ? act : new Native(act);
    }

    then(...handlers) {
      return new Old(this.#native.then(...handlers));
    }

    catch(handler) {
      return this.then(undefined, handler);
    }

    static resolve(value) {
      return new Old((resolve) => resolve(value));
    }

    static reject(reason) {
      return new Old((_, reject) => reject(reason));
    }

    static all(values) {
      return new Old(Native.all(values));
    }
  }
  globalThis.Promise = Old;
  // What is in every list from now on, and how it is written down.
  Array.prototype.first = function () {
    return this[0];
  };
  Array.prototype.toJSON = function () {
    return [...this];
  };
  Object.prototype.each = function () {};
  // Zones and error monitors.
  const { addEventListener } = EventTarget.prototype;
  EventTarget.prototype.addEventListener = function (name, listener, ...rest) {
    return addEventListener.call(this, name, listener, ...rest);
  };
  globalThis.MutationObserver = class extends MutationObserver {};
  globalThis.queueMicrotask = (act) => Native.resolve().then(act);
  // Another's, from before there was a standard.
  globalThis.Translator = function Translator(words) {
    this.words = words;
  };
}

test("on a page with the polyfills of others", async (t) => {
  const visit = await visitHost(t, pageOf(ARTICLE), { before: polyfills });
  await assertTranslates(visit.page, { visit });
  const outcome = await visit.page.evaluate(async (origin) => {
    const before = globalThis.Translator;
    const { Translator } = await import(`${origin}/embed/polyfill.js`);
    const translator = await Translator.create({ sourceLanguage: "de", targetLanguage: "en" });
    const text = await translator.translate("Guten Morgen. Das Wetter ist schön.");
    translator.destroy();
    return { text, kept: globalThis.Translator === before, started: globalThis.started };
  }, ORIGIN);
  assert.match(outcome.text, /[a-z]/);
  assert.deepEqual([outcome.kept, outcome.started], [true, 1]);
  visit.assertNoErrors();
});

test("on a page that freezes the platform's prototypes", async (t) => {
  const before = () => {
    for (const it of [EventTarget, Node, Element, HTMLElement, Document, ShadowRoot, Object, Array, Promise, Worker]) {
      Object.freeze(it.prototype);
      Object.freeze(it);
    }
  };
  const visit = await visitHost(t, pageOf(ARTICLE), { before });
  await assertTranslates(visit.page, { visit });
});

test("taken out and put back a hundred times it leaves nothing", async (t) => {
  const article = '<article id="a"><p>Der <a href="/chip">Chip</a> ist <em>neu</em>.</p></article>';
  const visit = await visitHost(t, pageOf(`<main><klartext-article id="w" for="#a"></klartext-article>${article}</main>`));
  const { page } = visit;
  await page.waitForFunction(() => document.getElementById("w").state);
  const session = await page.context().newCDPSession(page);
  const rounds = (count) =>
    page.evaluate(async (count) => {
      for (let round = 0; round < count; round += 1) {
        const element = document.getElementById("w");
        await element.translate();
        element.remove();
        await new Promise((resolve) => setTimeout(resolve));
        document.querySelector("main").prepend(element);
      }
      globalThis.heard.length = 0;
    }, count);
  const counts = async () => {
    await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 300))));
    for (let time = 0; time < 3; time += 1) await session.send("HeapProfiler.collectGarbage");
    const { nodes, jsEventListeners } = await session.send("Memory.getDOMCounters");
    return { nodes, jsEventListeners };
  };
  const whole = await original(page);
  await rounds(25);
  const before = await counts();
  await rounds(75);
  const after = await counts();
  // What leaks does so in each round; a node or two more, once, is none of that.
  assert.ok(after.nodes - before.nodes < 5, `${after.nodes} nodes after 100 rounds, ${before.nodes} after 25`);
  assert.equal(after.jsEventListeners, before.jsEventListeners);
  assert.equal(await page.evaluate(() => globalThis.started), 1, "workers");
  assert.deepEqual(await original(page), whole);
  visit.assertNoErrors();
});

test("an article of 30 000 words comes bit by bit, while the page goes on, and is called off", async (t) => {
  const counter = `<button id="count" onclick="this.textContent = Number(this.textContent) + 1">0</button>`;
  const body = `${counter}<klartext-article id="w" for="#a"></klartext-article><article id="a">${paragraphs(300, 90)}</article>`;
  const visit = await visitHost(t, pageOf(body));
  const { page } = visit;
  const before = await nodes(page);
  const words = await page.locator("#a").evaluate((element) => element.textContent.split(/\s+/).length);
  assert.ok(words >= 30_000, `${words} words`);
  await button(page, "Read in English").click();
  await inState(page, "translating");
  const sentences = () => page.evaluate(() => globalThis.heard.filter((it) => it.name === "sentence").length);
  let last = await sentences();
  for (let round = 1; round <= 5; round += 1) {
    await page.locator("#count").click();
    assert.equal(await page.locator("#count").textContent(), `${round}`);
    await page.waitForFunction((last) => globalThis.heard.filter((it) => it.name === "sentence").length > last, last);
    last = await sentences();
  }
  assert.equal(await state(page), "translating");
  const { done, total } = (await heard(page, "progress")).findLast((it) => it.phase === "text");
  assert.ok(done > 0 && done < total && total >= 3000, `${done} of ${total}`);
  // What is on the screen comes first, also when that is elsewhere by now.
  assert.match((await heard(page, "sentence"))[0].german, /^Im Abschnitt 0 /);
  await page.evaluate(() => document.querySelectorAll("#a p")[250].scrollIntoView());
  await page.waitForFunction(() => globalThis.heard.some((it) => it.german?.startsWith("Im Abschnitt 250 ")));
  await button(page, "Cancel").click();
  assert.equal(await state(page), "idle");
  assert.deepEqual(await english(page), []);
  assert.equal(await nodes(page), before);
  const [told] = [await sentences()];
  await page.waitForTimeout(300);
  assert.equal(await sentences(), told, "nothing comes after the end");
  visit.assertNoErrors();
});

/** The site's own elements with shadow roots, one in another, and its text in slots. */
const NESTED = `<script>
  customElements.define("site-box", class extends HTMLElement {
    connectedCallback() {
      if (this.shadowRoot) return;
      this.attachShadow({ mode: "open" }).innerHTML =
        "<p>Der äußere Kasten erklärt die Technik.</p><site-note></site-note><slot></slot>";
    }
  });
  customElements.define("site-note", class extends HTMLElement {
    connectedCallback() {
      this.attachShadow({ mode: "open" }).innerHTML = "<h2>Mehr dazu</h2><p>Der innere Kasten nennt die Preise.</p>";
    }
  });
</script>`;

test("shadow roots in shadow roots, parts from right to left, and what people write in", async (t) => {
  const body = `<klartext-article id="w" for="#a"></klartext-article><article id="a">
    <site-box><p>Der Text im Schlitz gehört der Seite.</p></site-box>
    <p dir="rtl" lang="ar">هذه فقرة باللغة العربية.</p>
    <p>Auf dem Schild stand <bdi dir="rtl" lang="ar">مرحبا</bdi>, und niemand konnte es lesen.</p>
    <form><label>Ihr Name <input name="name"></label><textarea name="text"></textarea>
    <select name="size"><option>klein</option><option>groß</option></select><label><input type="checkbox" name="yes"> Ja</label></form>
    <div contenteditable id="own">Hier darf jeder etwas schreiben.</div>
    <p>Danach geht der Text weiter.</p></article>`;
  const visit = await visitHost(t, pageOf(body, { head: NESTED }));
  const { page } = visit;
  await page.getByLabel("Ihr Name").fill("Grüner");
  await page.locator("textarea").fill("Schönen Tag");
  await page.locator("select").selectOption("groß");
  await page.getByLabel("Ja").check();
  await page.getByLabel("Ihr Name").focus();
  await page.keyboard.press("Home");
  const before = await nodes(page);
  const done = widget(page).evaluate(async (element) => void (await element.translate()));
  // Somebody writes on while it is being translated.
  await page.keyboard.type("Frau ");
  await done;
  await settled(page);
  await page.keyboard.type("Dr. ");
  const form = await page.evaluate(() => Object.fromEntries(new FormData(document.querySelector("form"))));
  assert.deepEqual(form, { name: "Frau Dr. Grüner", text: "Schönen Tag", size: "groß", yes: "on" });
  assert.equal(await page.evaluate(() => document.activeElement.name), "name");
  const said = (await heard(page, "sentence")).map((it) => it.german);
  for (const start of ["Der äußere", "Mehr dazu", "Der innere", "Der Text im", "Auf dem", "Danach"]) {
    assert.ok(said.some((german) => german.startsWith(start)), start);
  }
  const seen = await lines(page);
  for (const kept of ["هذه فقرة باللغة العربية.", "Hier darf jeder etwas schreiben."]) assert.ok(seen.includes(kept), kept);
  for (const gone of ["Der äußere Kasten erklärt die Technik.", "Der innere Kasten nennt die Preise.", "Der Text im Schlitz gehört der Seite."]) {
    assert.ok(!seen.includes(gone), gone);
  }
  const word = await page.evaluate(() => {
    const find = (node) => (node.localName === "bdi" ? node : [...(node.shadowRoot ?? node).childNodes].map(find).find(Boolean));
    const paragraph = document.querySelectorAll("#a > p")[1];
    const { dir, textContent } = find(paragraph);
    return { dir, textContent };
  });
  assert.deepEqual(word, { dir: "rtl", textContent: "مرحبا" });
  await page.locator("#own").click();
  await page.keyboard.press("End");
  await page.keyboard.type(" Auch ich.");
  assert.equal(await page.locator("#own").evaluate((it) => it.shadowRoot === null && it.textContent), "Hier darf jeder etwas schreiben. Auch ich.");
  assert.equal(await nodes(page), before.replace("schreiben.<", "schreiben. Auch ich.<"));
  visit.assertNoErrors();
});

test("a site that takes the article away in the middle, and brings another", async (t) => {
  const body = `<klartext-article id="w" for="#a"></klartext-article><main><article id="a">${paragraphs(80, 90)}</article></main>`;
  const visit = await visitHost(t, pageOf(body));
  const { page } = visit;
  await button(page, "Read in English").click();
  await page.waitForFunction(() => globalThis.heard.some((it) => it.name === "sentence"));
  const article = await page.locator("#a").elementHandle();
  await article.evaluate((it) => it.remove());
  await inState(page, "idle");
  assert.deepEqual(await heard(page, "error"), []);
  const told = (await heard(page, "sentence")).length;
  await page.evaluate((html) => (document.querySelector("main").innerHTML = `<article id="a">${html}</article>`), TEXT);
  await page.evaluate(() => (globalThis.heard.length = 0));
  await assertTranslates(page, { visit, sentences: SENTENCES });
  assert.ok(told > 0);
  assert.equal(await page.evaluate(() => globalThis.started), 1, "workers");
});

test("the network goes in the middle of the model, and comes back", async (t) => {
  let network = "there";
  const change = (path) => {
    if (network === "back" || !/^\/models\/.*\.bin$/.test(path)) return undefined;
    const cut = network === "there" ? 500_000 : 0;
    network = "gone";
    return { cut };
  };
  const visit = await visitHost(t, pageOf(ARTICLE, { from: "" }), { host: { change } });
  const { page } = visit;
  const before = await original(page);
  await button(page, "Read in English").click();
  await page.waitForFunction(() => document.getElementById("w").state === "failed");
  assert.deepEqual((await heard(page, "error")).map((it) => it.code), ["network"]);
  assert.ok((await heard(page, "progress")).some((it) => it.phase === "model" && it.done > 0 && it.done < it.total));
  assert.deepEqual(await original(page), before);
  network = "back";
  await button(page, "Try again").click();
  await inState(page, "translated");
  await settled(page);
  assert.equal((await heard(page, "sentence")).length, SENTENCES + 1);
  assert.equal(await nodes(page), before.nodes);
});

test("a live ticker: what comes is translated, what was there stays", async (t) => {
  const body = `<klartext-article id="w" for="#a"></klartext-article><article id="a"><h1>Ein Chip</h1><div id="ticker">${TEXT}</div></article>`;
  const visit = await visitHost(t, pageOf(body));
  const { page } = visit;
  await translate(page);
  const first = await english(page);
  const news = ["Die Sitzung beginnt um neun Uhr.", "Der Minister ist schon da.", "Alle warten auf den Chef der Firma."];
  for (const text of news) {
    await page.evaluate((text) => {
      document.querySelector("#ticker").prepend(Object.assign(document.createElement("p"), { textContent: text }));
    }, text);
    await page.waitForFunction((text) => globalThis.heard.some((it) => it.name === "sentence" && it.german === text), text);
  }
  await settled(page);
  const said = (await heard(page, "sentence")).map((it) => it.german);
  assert.equal(new Set(said).size, said.length, "nothing is translated twice");
  const now = await english(page);
  assert.equal(now.length, first.length + news.length);
  assert.deepEqual([now[0], ...now.slice(1 + news.length)], first);
  // A correction replaces what it corrects.
  await page.evaluate(() => (document.querySelector("#ticker p").firstChild.data = "Der Chef ist jetzt eingetroffen."));
  await page.waitForFunction(() => globalThis.heard.some((it) => it.german === "Der Chef ist jetzt eingetroffen."));
  await settled(page);
  assert.equal((await english(page)).length, now.length);
  assert.notEqual((await english(page))[1], now[1]);
  visit.assertNoErrors();
});

test("the demo's application renders its article again and again", async (t) => {
  const visit = await open(t, { viewport: { width: 1000, height: 700 } });
  const { page } = visit;
  page.setDefaultTimeout(PATIENCE);
  await page.addInitScript(() => {
    globalThis.heard = [];
    for (const name of ["sentence", "error", "done"]) {
      document.addEventListener(name, ({ detail: { element, ...rest } }) => globalThis.heard.push({ name, ...rest }), true);
    }
  });
  await visit.go("/demo/live/?artikel=freibad");
  const element = page.locator("klartext-article");
  const now = () => element.evaluate((it) => it.state);
  await element.getByRole("button", { name: "Read in English" }).click();
  await eventually(now, "translated");
  const count = () => page.evaluate(() => globalThis.heard.filter((it) => it.name === "sentence").length);
  const before = await count();
  assert.ok(before > 20);
  // All is rendered anew, and nothing of the text has changed.
  await page.getByRole("button", { name: "Schriftgröße groß" }).click();
  await page.locator("article.size-2").waitFor();
  await page.waitForTimeout(500);
  assert.deepEqual([await now(), await count()], ["translated", before]);
  // One sentence changes.
  await page.getByRole("button", { name: "Gefällt mir" }).click();
  await page.waitForFunction(() => globalThis.heard.some((it) => it.german?.includes("und Ihnen auch")));
  assert.equal(await now(), "translated");
  const likes = await page.locator(".like p").evaluate((it) => it.textContent);
  assert.match(likes, /^Dieser Artikel gefällt 129 Menschen/, "the framework's own nodes");
  // Another article, without a new page.
  await page.locator("nav.next a").first().click();
  await page.waitForFunction(() => document.querySelector("klartext-article")?.state === "idle");
  await element.getByRole("button", { name: "Read in English" }).click();
  await eventually(now, "translated");
  assert.deepEqual(await page.evaluate(() => globalThis.heard.filter((it) => it.name === "error")), []);
  visit.assertNoErrors();
});
