// The reader without a mouse: everything can be reached, the focus can be seen, and it is never lost.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  assertWhole,
  eventually,
  focused,
  goToArticle,
  longText,
  openReader,
  phase,
  tabTo,
  underWay,
} from "./harness/reader.mjs";

const SLUG = "router-luecke-uplink";

/** After a navigation the focus is on the headline, whence Tab goes on in the text. */
async function assertFocusOnHeadline(page, headline) {
  await page.locator("h1").filter({ hasText: headline }).waitFor();
  const focus = async () => {
    const { tag, name } = await focused(page);
    return tag === "h1" && (headline === undefined || name === headline);
  };
  await eventually(focus, true, "the focus is on the headline");
}

/** The place of the sentence that is marked: its block and its number; it is marked in both languages. */
async function marked(page) {
  const places = await page.locator(".article [data-marked]").evaluateAll((all) =>
    all.map((it) => [it.closest("[data-block]").dataset.block, it.dataset.sentence].join("/")));
  const [one] = places;
  assert.ok(places.every((place) => place === one), `one sentence is marked and not ${places}`);
  return one ?? null;
}

test("from the front page to an article, through it, and back, by keys alone", async (t) => {
  const visit = await openReader(t);
  const { page } = visit;
  await visit.go("/");
  await page.locator(".story").first().waitFor();

  // The first stop is the way past the masthead.
  await page.keyboard.press("Tab");
  assert.equal((await focused(page)).name, "Skip to the content");
  assert.ok((await page.locator(".skip").boundingBox()).y >= 0, "it is on the screen while it has the focus");
  await page.keyboard.press("Enter");
  assert.equal((await focused(page)).tag, "main");
  assert.equal(new URL(page.url()).pathname, "/");

  await tabTo(page, page.locator(`.story a[href="/article/${SLUG}"]`));
  await page.keyboard.press("Enter");
  await page.locator(".article h1").waitFor();
  await assertFocusOnHeadline(page);
  await phase(page, "done");
  await assertFocusOnHeadline(page);

  // Between sentences; the headline is the first of what is in the text.
  const text = page.getByRole("group", { name: "Article, sentence by sentence" });
  await tabTo(page, text, { key: "Shift+Tab" });
  assert.equal(await marked(page), null);
  const lengths = await page.locator(".article .block").evaluateAll((blocks) =>
    blocks.map((block) => block.querySelectorAll(".cell[data-lang=de] .sentence").length));
  const places = lengths.flatMap((length, block) => Array.from({ length }, (_, at) => `${block}/${at}`));
  await page.keyboard.press("j");
  const begin = places.indexOf(await marked(page));
  assert.notEqual(begin, -1);
  for (const place of places.slice(begin + 1, begin + 12)) {
    await page.keyboard.press("j");
    await eventually(() => marked(page), place);
  }
  await page.keyboard.press("k");
  await eventually(() => marked(page), places[begin + 10]);
  await page.keyboard.press("Alt+ArrowDown");
  await eventually(() => marked(page), places[begin + 11]);
  await page.keyboard.press("Alt+ArrowUp");
  await eventually(() => marked(page), places[begin + 10]);
  const inView = await page.locator(".article [data-marked]").evaluateAll((all) =>
    all.every((it) => it.getBoundingClientRect().bottom > 0 && it.getBoundingClientRect().top < innerHeight));
  assert.ok(inView, "the marked sentence is on the screen");

  // Enter has it read out in both languages.
  await page.keyboard.press("Enter");
  const pair = await page.locator(".article [data-marked]").allTextContents();
  const spoken = page.getByTestId("spoken");
  await eventually(() => spoken.locator("span").allTextContents(), pair);
  assert.equal(await spoken.getAttribute("aria-live"), "polite");
  await page.keyboard.press("Escape");
  await eventually(() => marked(page), null);
  assert.equal((await focused(page)).tag, "div", "the focus stays in the text");

  // Back.
  await tabTo(page, page.getByRole("link", { name: "Back to headlines" }), { key: "Shift+Tab" });
  await page.keyboard.press("Enter");
  await assertFocusOnHeadline(page, "Headlines");
  await page.locator(".story").first().waitFor();
  await tabTo(page, page.locator(".story a").first());
});

test("a pointer that rests does not take the mark from the keys", async (t) => {
  const visit = await openReader(t);
  const { page } = visit;
  await goToArticle(visit, SLUG);
  await phase(page, "done");
  await page.mouse.move(300, 450);
  await page.getByRole("group", { name: "Article, sentence by sentence" }).focus();
  // Far enough for the page to scroll under the pointer.
  const places = new Set();
  for (let steps = 0; steps < 25; steps += 1) {
    await page.keyboard.press("j");
    await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
    places.add(await marked(page));
  }
  assert.equal(places.size, 25, "each step marks another sentence");
});

test("the languages are switched by keys", async (t) => {
  const visit = await openReader(t);
  const { page } = visit;
  await goToArticle(visit, SLUG);
  await phase(page, "done");
  for (const [name, view] of [["English only", "en"], ["Both", "both"], ["German", "de"]]) {
    const button = page.getByRole("group", { name: "Languages" }).getByRole("button", { name, exact: true });
    await tabTo(page, button);
    await page.keyboard.press(view === "both" ? "Space" : "Enter");
    assert.equal(await page.locator(".article").getAttribute("data-view"), view);
    assert.equal((await focused(page)).name, name, "the focus stays on the switch");
  }
  await tabTo(page, page.locator(".engine summary"));
  await page.keyboard.press("Enter");
  assert.ok(await page.locator(".engine dl").isVisible());
});

test("a text is pasted, stopped and resumed by keys, and the focus is not lost", async (t) => {
  const visit = await openReader(t);
  const { page } = visit;
  // By one worker, so that there is time to press keys.
  await visit.go("/?workers=1");
  await page.locator(".story").first().waitFor();
  await tabTo(page, page.getByRole("navigation").getByRole("link", { name: "Paste a text" }));
  await page.keyboard.press("Enter");
  await assertFocusOnHeadline(page, "Paste a text");
  await tabTo(page, page.getByLabel("German text"));
  await page.keyboard.insertText(longText(240));
  await tabTo(page, page.getByRole("button", { name: "Read in English" }));
  await page.keyboard.press("Enter");
  await page.waitForURL("**/paste/read");
  await page.locator(".article h1").waitFor();
  await assertFocusOnHeadline(page);

  await underWay(page, 4);
  // It stands before the headline.
  await tabTo(page, page.getByRole("button", { name: "Cancel" }), { key: "Shift+Tab" });
  await page.keyboard.press("Enter");
  await phase(page, "cancelled");
  await eventually(async () => (await focused(page)).tag !== "body", true, "the focus is not lost when the button goes");
  // The button for going on stands where the other one was.
  const resume = page.getByRole("button", { name: "Resume" });
  if (!(await resume.evaluate((element) => element === document.activeElement))) await tabTo(page, resume);
  await page.keyboard.press("Enter");
  await phase(page, "done");
  await assertWhole(page);
  await eventually(async () => (await focused(page)).tag !== "body", true, "the focus is not lost at the end");
});

test("Control and Enter in the box read the text", async (t) => {
  const visit = await openReader(t);
  const { page } = visit;
  await visit.go("/paste");
  await page.getByLabel("German text").focus();
  await page.keyboard.insertText("Ein Satz steht hier.");
  await page.keyboard.press("Control+Enter");
  await page.waitForURL("**/paste/read");
  await phase(page, "done");
});

test("after a failure the way on is reached by keys", async (t) => {
  const visit = await openReader(t);
  const { page } = visit;
  await page.route("**/models/deen/manifest.json", (route) => route.abort());
  await goToArticle(visit, SLUG);
  await phase(page, "failed");
  await page.unroute("**/models/deen/manifest.json");
  await tabTo(page, page.getByRole("button", { name: "Try again" }));
  await page.keyboard.press("Enter");
  await phase(page, "done");
  await eventually(async () => (await focused(page)).tag !== "body", true, "the focus is not lost when the failure goes");
});
