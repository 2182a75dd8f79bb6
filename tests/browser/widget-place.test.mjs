// The element <klartext-article> where hosts put it: round an article, in frames and shadow roots, twice, taken out and
// moved, on pages of other looks and languages. The engine and the article are the test's own.

import assert from "node:assert/strict";
import { test } from "node:test";
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
  pageOf,
  visit,
  widget,
} from "./harness/widget-fakes.mjs";

test("taken out it ends, put back it works, moved it goes on", async (t) => {
  const { page } = await visit(t);
  await button(page, "Read in English").click();
  await inState(page, "translated");
  await widget(page).evaluate((it) => document.querySelector("main").prepend(it));
  assert.equal(await widget(page).evaluate((it) => it.state), "translated");
  assert.equal(await english(page), 3);
  for (const round of [1, 2, 3]) {
    await page.evaluate(() => (globalThis.kept = document.querySelector("#w")).remove());
    await assertClean(page);
    await page.evaluate(() => document.querySelector("main").prepend(globalThis.kept));
    assert.equal(await widget(page).evaluate((it) => it.state), "idle", `round ${round}`);
    await engine(page, { hold: round === 2 ? "load" : null });
    await button(page, "Read in English").click();
    await inState(page, round === 2 ? "loading" : "translated");
  }
  // The host replaces the article.
  await page.evaluate((html) => {
    const article = Object.assign(document.createElement("article"), { id: "a", innerHTML: html });
    document.querySelector("#a").replaceWith(article);
  }, GERMAN);
  await inState(page, "idle");
  await button(page, "Read in English").click();
  await inState(page, "translated");
  assert.equal(await english(page), 3);
  // And while it is being translated takes it away.
  await widget(page).evaluate((it) => it.cancel());
  await engine(page, { hold: "text" });
  await button(page, "Read in English").click();
  await inState(page, "translating");
  await page.evaluate(() => document.querySelector("#a").remove());
  await inState(page, "idle");
  await assertClean(page);
  await button(page, "Read in English").click();
  await inState(page, "failed");
  assert.equal((await heard(page, "error")).at(-1).code, "no-article");
});

test("wrapped round the article, with the host's own button, note and glossary", async (t) => {
  const glossary = `<script type="application/json" slot="glossary">{"Chip": true}</script>`;
  const body = `<klartext-article id="w"><a href="#x" slot="button">English, please</a><em slot="note">free</em>${glossary}
    <article>${GERMAN}</article></klartext-article>`;
  const { page } = await visit(t, body);
  assert.equal(await button(page, "Read in English").count(), 0);
  assert.ok(await page.locator("article").isVisible());
  await page.getByText("free").waitFor();
  await page.getByText("English, please").focus();
  await page.keyboard.press("Enter");
  await inState(page, "translated");
  assert.equal(await focused(page), "English");
  assert.deepEqual(await page.evaluate(() => [globalThis.wishes.root.id, globalThis.wishes.glossary]), ["w", { Chip: true }]);
  assert.ok(await page.getByText("English, please").isHidden());
  await widget(page).evaluate((it) => it.cancel());
  assert.ok(await page.getByText("English, please").isVisible());
  assert.equal(await focused(page), "English, please");
});

test("what it is wrapped round says the language, on a page in another one", async (t) => {
  const wrapped = (lang) => `<klartext-article id="w">\n<div><article lang="${lang}">${GERMAN}</article></div>\n</klartext-article>`;
  for (const [lang, state] of [["de-AT", "idle"], ["fr", "unsupported"], ["", "unsupported"]]) {
    const { page } = await visit(t, wrapped(lang), { page: { html: 'lang="en"' } });
    assert.equal(await widget(page).evaluate((it) => it.state), state, lang);
  }
});

test("on a phone the row keeps its height, be the note before the click as long as it may", async (t) => {
  const note = `<span slot="note">A note of the host's own that takes several lines beside the button</span>`;
  const body = PAGE.replace("></klartext-article>", `>${note}</klartext-article>`);
  const { page } = await visit(t, body, { viewport: { width: 360, height: 700 } });
  const { height } = await widget(page).boundingBox();
  assert.ok(height > 50);
  await engine(page, { hold: "load" });
  await button(page, "Read in English").click();
  await inState(page, "loading");
  assert.equal((await widget(page).boundingBox()).height, height);
  await go(page);
  await inState(page, "translated");
  assert.equal((await widget(page).boundingBox()).height, height);
});

test("two on a page do not know of each other, and a second script does no harm", async (t) => {
  const body = ["one", "two"].map((id) => `<klartext-article id="${id}" for="#of-${id}"></klartext-article><div id="of-${id}">${GERMAN}</div>`);
  const made = await visit(t, body.join(""));
  const { page } = made;
  await page.addScriptTag({ type: "module", url: "/src/klartext.js?again" });
  await widget(page, "one").getByRole("button").click();
  await inState(page, "translated", "one");
  assert.equal(await widget(page, "two").evaluate((it) => it.state), "idle");
  await widget(page, "two").getByRole("button").click();
  await inState(page, "translated", "two");
  await widget(page, "one").evaluate((it) => it.cancel());
  assert.deepEqual([await page.locator("#of-one [data-english]").count(), await page.locator("#of-two [data-english]").count()], [0, 3]);
  made.assertNoErrors();
});

test("no offer on a page that is not German, nor in a browser that cannot", async (t) => {
  const text = "<p>The new chip computes twice as fast as the one before it, and it needs less power in doing so.</p>";
  const german = `<klartext-article id="w"></klartext-article><article>${GERMAN}</article>`;
  for (const [html, body, isShown] of [
    ['lang="en"', german, false],
    ['lang="en"', german.replace("<article", '<article lang="de-AT" id="x"').replace('id="w"', 'id="w" for="#x"'), true],
    ['lang="en"', german.replace('id="w"', 'id="w" lang="de"'), true],
    ["", german, true],
    ["", german.replace(GERMAN, text), false],
    ['lang="de"', german.replace('id="w"', 'id="w" to="fr"'), false],
    ['lang="nl"', german.replace('id="w"', 'id="w" model="/nlen/manifest.json"'), true],
  ]) {
    const { page } = await visit(t, body, { page: { html } });
    await page.waitForFunction(() => document.querySelector("#w").shadowRoot);
    assert.equal(await widget(page).locator("[part=bar]").isVisible(), isShown, html + body);
    assert.equal(await widget(page).evaluate((it) => it.state), isShown ? "idle" : "unsupported");
    if (isShown) continue;
    assert.equal((await widget(page).boundingBox()).height, 0);
    assert.equal(await widget(page).evaluate((it) => it.translate().catch(({ name }) => name)), "InvalidStateError");
  }
  const { page } = await visit(t, german, { page: { head: "<script>delete globalThis.WebAssembly</script>" } });
  await inState(page, "unsupported");
  assert.ok(await page.locator("article").isVisible());
});

test("autostart begins when the bar is on the screen, once there is an article, and not where data is to be saved", async (t) => {
  const tall = '<div style="height: 3000px"></div>';
  const body = `${tall}<klartext-article id="w" for="#a" autostart></klartext-article><main></main>${tall}`;
  const { page } = await visit(t, body);
  await page.waitForTimeout(200);
  assert.equal(await widget(page).evaluate((it) => it.state), "idle");
  await widget(page).evaluate((it) => it.scrollIntoView());
  await page.waitForTimeout(200);
  assert.equal(await widget(page).evaluate((it) => it.state), "idle", "there is no article");
  await page.evaluate((html) => (document.querySelector("main").innerHTML = `<article id="a">${html}</article>`), GERMAN);
  await inState(page, "translated");
  await widget(page).evaluate((it) => it.cancel());
  await page.waitForTimeout(200);
  assert.equal(await widget(page).evaluate((it) => it.state), "idle", "who called it off wants it no more");

  const saving = `<script>Object.defineProperty(navigator, "connection", { value: { saveData: true } })</script>`;
  const frugal = await visit(t, PAGE.replace('for="#a"', 'for="#a" autostart'), { page: { head: saving } });
  await frugal.page.waitForTimeout(200);
  assert.equal(await widget(frugal.page).evaluate((it) => it.state), "idle");
});

test("in a frame, in a shadow root, and moved from one document into another", async (t) => {
  const host = `<div id="host"></div><iframe src="/inner" id="frame" width="700" height="300"></iframe>`;
  const { page } = await visit(t, host, { pages: { "/inner": pageOf(PAGE) } });
  const inner = page.frame({ url: /inner/ });
  await inner.locator("#w").getByRole("button").click();
  await inner.waitForFunction(() => document.querySelector("#w").state === "translated");
  await page.evaluate((html) => {
    document.querySelector("#host").attachShadow({ mode: "open" }).innerHTML = html;
  }, PAGE);
  await page.locator("#host #w").getByRole("button").click();
  await page.waitForFunction(() => document.querySelector("#host").shadowRoot.querySelector("#w").state === "translated");
  assert.equal(await page.locator("#host p[data-english]").count(), 3);
  const looks = await page.evaluate(() => {
    const element = document.querySelector("#host").shadowRoot.querySelector("#w");
    document.querySelector("#frame").contentDocument.body.append(element);
    return element.shadowRoot.adoptedStyleSheets.length;
  });
  assert.ok(looks > 0, "it has its looks in the other document");
});

test("the bar follows its page: dark, forced colours, right to left, narrow, without motion, on paper", async (t) => {
  const style = (page, part, name) =>
    widget(page).locator(`[part~=${part}]`).evaluate((it, name) => getComputedStyle(it)[name], name);
  const looks = [
    [{ colorScheme: "dark" }, { head: "<style>:root { color-scheme: dark; background: #111 }</style>" }],
    [{ forcedColors: "active" }, {}],
    [{ viewport: { width: 360, height: 700 } }, {}],
    [{ reducedMotion: "reduce" }, { html: 'lang="de" dir="rtl"' }],
  ];
  for (const [options, host] of looks) {
    const made = await visit(t, PAGE, { ...options, page: host });
    const { page } = made;
    const { height } = await widget(page).boundingBox();
    await engine(page, { hold: "load" });
    await button(page, "Read in English").click();
    await inState(page, "loading");
    await widget(page).getByRole("progressbar").waitFor();
    if (options.reducedMotion) assert.equal(await style(page, "progress-fill", "transitionDuration"), "0s");
    if (options.colorScheme) assert.equal(await style(page, "bar", "color"), "rgb(255, 255, 255)");
    await go(page);
    await inState(page, "translated");
    await made.assertAccessible();
    if (options.forcedColors) assert.equal(await style(page, "selected", "forcedColorAdjust"), "none");
    if (host.html) {
      const [first, last] = [await button(page, "English").first().boundingBox(), await button(page, "Side by side").boundingBox()];
      assert.ok(first.x > last.x, "from right to left");
    }
    await widget(page).evaluate((it) => it.cancel());
    await engine(page, { fail: ["load", "network"] });
    await button(page, "Read in English").click();
    await inState(page, "failed");
    assert.equal((await widget(page).boundingBox()).height, height, "the row's height is the same in all states");
    const { inside, width } = await page.evaluate(() => {
      const { scrollWidth, clientWidth } = document.documentElement;
      return { inside: scrollWidth, width: clientWidth };
    });
    assert.ok(inside <= width, "nothing is wider than the window");
    await page.emulateMedia({ media: "print" });
    assert.ok(await widget(page).locator("[part=bar]").isHidden());
  }
});

test("on a page whose prototypes are frozen and whose registry others have patched", async (t) => {
  const head = `<script>
    for (const it of [EventTarget, Node, Element, HTMLElement, Object, Array]) Object.freeze(it.prototype);
    const { define } = CustomElementRegistry.prototype;
    CustomElementRegistry.prototype.define = function (name, it) {
      return define.call(this, name, class extends it {});
    };
    delete ElementInternals.prototype.states;
  </script>`;
  const made = await visit(t, PAGE, { page: { head } });
  const { page } = made;
  await button(page, "Read in English").click();
  await inState(page, "translated");
  await button(page, "German").click();
  await inState(page, "original");
  made.assertNoErrors();
});
