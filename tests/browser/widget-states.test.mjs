// Links in English look like the host's when one points at them, when they have the focus, and once they were visited.

import assert from "node:assert/strict";
import { test } from "node:test";
import { targets, unnested, weight } from "../../app/widget/src/article/selectors.js";
import { startServer } from "./harness/harness.mjs";
import { openHost } from "./harness/widget.mjs";

test("selectors are read as far as needed", () => {
  const read = (selector) => targets(selector, ["a", "b"]).map(({ selector, states, tag, classes }) => [selector, states, tag, classes.join(" ")]);
  assert.deepEqual(read("a:hover, .x > a.y.z:focus-visible"), [
    ["a", ":hover", "a", ""],
    [".x > a.y.z", ":focus-visible", "a", "y z"],
  ]);
  assert.deepEqual(read(".hover\\:line:hover"), [[".hover\\:line", ":hover", "", "hover:line"]]);
  assert.deepEqual(read(":hover"), [["*", ":hover", "", ""]]);
  assert.deepEqual(read(`a[title="a, b"]:not(.x, .y)`), [[`a[title="a, b"]:not(.x, .y)`, "", "a", ""]]);
  assert.deepEqual(read(".card:hover a, a:not(:hover), a:hover::after, a::before, :is(a:hover, b)"), []);
  assert.deepEqual(read("a:focus-within"), [["a:focus-within", "", "a", ""]]);
  assert.equal(unnested("&:hover, b", ".x, .y"), ":is(.x, .y):hover, :is(.x, .y) b");
  assert.deepEqual(targets("li:hover, p.x", ["a"]), []);
  const rising = [":where(.x.y) *", "a", "ul a", ".x", "a:hover", `a[href="#x.y"]:not(.z)`, "#x"].map(weight);
  assert.deepEqual(rising, rising.toSorted((a, b) => a - b));
  assert.equal(new Set(rising).size, rising.length);
  assert.equal(weight("a.x:hover"), weight("a:is(.y):focus"));
});

/** How English links look: at rest, and in a state. The links are those in `html`, by their order. */
async function looks(t, head, html, names, states) {
  const visit = await openHost(t, `<article id="a">${html}</article>`, { head });
  await visit.page.evaluate(async () => {
    globalThis.article = new Article(document.getElementById("a"));
    await translate(article);
  });
  const links = visit.page.locator(".english a, .english button, .english summary");
  const look = (index) => links.nth(index).evaluate((link, names) => names.map((name) => getComputedStyle(link).getPropertyValue(name)), names);
  const found = [];
  for (const [index, state] of states) {
    if (state === "hover") await links.nth(index).hover();
    else await visit.page.mouse.move(0, 0);
    if (state === "key") {
      await visit.page.keyboard.press("Tab");
      await links.nth(index).focus();
    }
    found.push((await look(index)).join(" "));
  }
  visit.assertNoErrors();
  return found;
}

test("states of links are the host's, in lists as in paragraphs, and win or lose as they do there", async (t) => {
  const head = `<style>
    :root { --warm: rgb(250, 0, 0) }
    a { color: rgb(0, 0, 90); text-decoration: none }
    a:hover { color: var(--warm); text-decoration: underline }
    a:focus { background: rgb(255, 255, 0) }
    @media (min-width: 1px) { a:focus-visible { outline: 3px solid rgb(0, 200, 0) } }
    @media (max-width: 1px) { a:hover { color: rgb(1, 1, 1) } }
    .box .calm a { color: rgb(0, 90, 0) }
    a.own:hover { color: rgb(0, 0, 250) !important }
    .menu { & button:hover { color: rgb(9, 9, 9) } }
  </style>`;
  const html = `<div class="box"><p>Ein <a href="/x">Verweis</a>.</p><p class="calm">Ein <a href="/x">ruhiger</a> und <a class="own" href="/x">eigener</a>.</p>
    <p>Ein <a href="/x" style="color: rgb(5, 5, 5)">fester</a>.</p></div>
    <ul class="menu"><li><a href="/x">Punkt</a> <button>Knopf</button></li></ul>`;
  const names = ["color", "text-decoration-line", "background-color", "outline-width"];
  const found = await looks(t, head, html, names.slice(0, 2), [[0, "rest"], [0, "hover"], [1, "hover"], [2, "hover"], [3, "hover"], [4, "rest"], [4, "hover"], [5, "hover"], [0, "rest"]]);
  assert.deepEqual(found, [
    "rgb(0, 0, 90) none",
    "rgb(250, 0, 0) underline",
    "rgb(0, 90, 0) underline",
    "rgb(0, 0, 250) underline",
    "rgb(5, 5, 5) underline",
    "rgb(0, 0, 90) none",
    "rgb(250, 0, 0) underline",
    "rgb(9, 9, 9) none",
    "rgb(0, 0, 90) none",
  ]);
  const focused = await looks(t, head, html, names.slice(2), [[0, "key"]]);
  assert.deepEqual(focused, ["rgb(255, 255, 0) 3px"]);
});

test("a link is told by a line where the host's style sheet cannot be read, and by nothing where it can", async (t) => {
  const port = await startServer(t, (_, response) =>
    response.writeHead(200, { "content-type": "text/css" }).end("a { text-decoration: none; color: rgb(3, 3, 3) }"),
  );
  const head = `<link rel="stylesheet" href="http://127.0.0.1:${port}/s.css">`;
  const html = `<p>Ein <a href="/x">Verweis</a>.</p>`;
  const names = ["color", "text-decoration-line"];
  assert.deepEqual(await looks(t, head, html, names, [[0, "rest"], [0, "hover"]]), ["rgb(3, 3, 3) none", "rgb(3, 3, 3) underline"]);
  const readable = "<style>a { text-decoration: none; color: rgb(3, 3, 3) }</style>";
  assert.deepEqual(await looks(t, readable, html, names, [[0, "hover"]]), ["rgb(3, 3, 3) none"]);
});

test("states follow the page's look, and the host's sheets stay as they are", async (t) => {
  const head = "<style>a:hover { color: rgb(1, 1, 1) } .dark a:hover { color: rgb(2, 2, 2) }</style>";
  const visit = await openHost(t, `<article id="a"><p>Ein <a href="/x">Verweis</a>.</p></article>`, { head });
  const rules = () => visit.page.evaluate(() => [...document.styleSheets].flatMap((sheet) => [...sheet.cssRules].map((rule) => rule.cssText)));
  const before = await rules();
  await visit.page.evaluate(async () => translate(new Article(document.getElementById("a"))));
  const link = visit.page.locator(".english a");
  const color = () => link.evaluate((it) => getComputedStyle(it).color);
  await link.hover();
  assert.equal(await color(), "rgb(1, 1, 1)");
  await visit.page.evaluate(async () => {
    document.documentElement.className = "dark";
    await pause(400);
    await shown();
  });
  await visit.page.mouse.move(0, 0);
  await link.hover();
  assert.equal(await color(), "rgb(2, 2, 2)");
  assert.deepEqual(await rules(), before);
});

test("a visited link has the host's colour for it", async (t) => {
  const head = "<style>a:link { color: rgb(0, 0, 200) } a:visited { color: rgb(200, 0, 200) }</style>";
  const visit = await openHost(t, `<article id="a"><p>Ein <a href="/">alter</a> und ein <a href="/neu">neuer</a>.</p></article>`, { head });
  const texts = await visit.page.evaluate(async () => {
    await translate(new Article(document.getElementById("a")));
    const { adoptedStyleSheets } = document.querySelector("p").shadowRoot;
    return adoptedStyleSheets.flatMap((sheet) => [...sheet.cssRules].map((rule) => rule.cssText)).filter((text) => /:(link|visited)/.test(text));
  });
  // Scripts are not told which links were visited, so the rules have to do.
  assert.deepEqual(
    texts.map((text) => text.replace(/klartext-\d+/, "x")),
    [
      ".english .x:where(:link) { color: rgb(0, 0, 200) !important; }",
      ".english .x:where(:visited) { color: rgb(200, 0, 200) !important; }",
    ],
  );
});
