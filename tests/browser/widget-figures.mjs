// What the widget costs a page that has it, measured in Chromium with the real engine on the demo site's articles:
//
//   KLARTEXT_URL=http://127.0.0.1:8123/ node tests/browser/widget-figures.mjs
//
// Prints JSON. Layout shifts are sums of all of a visit's, which is no less than the CLS of the page; `…_input` counts
// also those within half a second after the click, which CLS leaves out. Times on the main thread are thread times of an
// article of 1 000 words: `longest` of the tasks in which the widget's scripts ran, with all that the browser did in them,
// `total` of the scripts themselves, with the layouts they made the browser do. Memory is what the page's heap has grown
// by over 100 removals and additions of the element, with a translation each, after some to warm up.

import { createRequire } from "node:module";
import { gzipSync } from "node:zlib";

const HARNESS = createRequire(new URL("./harness/", import.meta.url));
const { chromium } = HARNESS("playwright-core");

/** The address of a path on the server. */
const url = (path) => new URL(path, process.env.KLARTEXT_URL).href;

/** Articles of the demo site: in the plain look, and rendered by a framework. */
const PAGES = [
  ...["seekabel", "freibad", "waermepumpe"].map((name) => `/demo/plain/${name}.html`),
  ...["seekabel", "freibad", "waermepumpe"].map((name) => `/demo/live/?artikel=${name}`),
];
const VIEWPORT = { width: 1280, height: 800 };
const WORDS = 1000;
const ROUNDS = 100;
/** Rounds after which caches are full and code is compiled. */
const WARM = 20;
const PATIENCE = 120_000;

const TRACED = ["devtools.timeline", "toplevel", "v8.execute", "disabled-by-default-devtools.timeline"];
const SCRIPTS = /^(FunctionCall|EvaluateScript|v8\.evaluateModule|v8\.compile|v8\.compileModule)$/;
const TASK = /^(ThreadControllerImpl::RunTask|RunTask)$/;

const browser = await chromium.launch({ executablePath: process.env.KLARTEXT_CHROMIUM ?? "/usr/bin/chromium", args: ["--disable-quic"] });

/** A page in a browsing context of its own, which notes what moves in it. */
async function visit(path, { html } = {}) {
  const context = await browser.newContext({ serviceWorkers: "block", viewport: VIEWPORT });
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE);
  await page.addInitScript(() => {
    globalThis.shifts = [];
    const note = (list) => {
      for (const { value, hadRecentInput } of list.getEntries()) globalThis.shifts.push({ value, hadRecentInput });
    };
    new PerformanceObserver(note).observe({ type: "layout-shift", buffered: true });
  });
  if (html) await page.route(url(path), (route) => route.fulfill({ body: html, contentType: "text/html; charset=utf-8" }));
  await page.goto(url(path), { waitUntil: "load" });
  await page.waitForFunction(() => document.querySelector("klartext-article")?.state);
  return { page, close: () => context.close() };
}

/** Takes what has moved since the last time: `cls` as browsers count it, and `all`. */
function shifted(page) {
  return page.evaluate(async () => {
    await new Promise((resolve) => setTimeout(resolve, 500));
    const shifts = globalThis.shifts.splice(0);
    const sum = (list) => list.reduce((total, { value }) => total + value, 0);
    return { cls: sum(shifts.filter(({ hadRecentInput }) => !hadRecentInput)), all: sum(shifts) };
  });
}

/**
 * Has the page's article translated, by the button if it does not start by itself. Whoever waits is told by an event:
 * to look again and again would be work as well.
 */
async function translate(page) {
  const ended = page.evaluate(() => {
    const element = document.querySelector("klartext-article");
    const isEnd = () => ["translated", "failed", "unsupported"].includes(element.state);
    return new Promise((resolve) => {
      if (isEnd()) return resolve(element.state);
      element.addEventListener("statechange", () => isEnd() && resolve(element.state));
    });
  });
  const isIdle = await page.evaluate(() => {
    const element = document.querySelector("klartext-article");
    return element.state === "idle" && !element.autostart;
  });
  if (isIdle) await page.locator("klartext-article :is([slot=button], [part~=button]):visible").click();
  if ((await ended) !== "translated") throw new Error(`${page.url()}: the article could not be translated`);
}

/** What moves on a page before and after the click. */
async function stability(path) {
  const { page, close } = await visit(path);
  const before = await shifted(page);
  // A ticker moves things by itself.
  const ticker = page.getByRole("button", { name: "Anhalten" });
  if (await ticker.count()) await ticker.click();
  await shifted(page);
  await translate(page);
  const after = await shifted(page);
  await close();
  return { path, before, after };
}

/** A page with an article of so many words: the first article, and as much of the others as it takes. */
async function longArticle() {
  const texts = await Promise.all(PAGES.slice(0, 3).map(async (path) => (await fetch(url(path))).text()));
  const [first, ...others] = texts.map((text) => text.match(/<article[^>]*>(.*)<\/article>/s)[1]);
  const count = (html) => html.replace(/<[^>]*>/g, " ").split(/\s+/).filter(Boolean).length;
  let words = count(first);
  let more = "";
  for (const [paragraph] of others.join("").matchAll(/<(p|h2)(?: [^>]*)?>.*?<\/\1>/gs)) {
    if (words >= WORDS) break;
    words += count(paragraph);
    more += paragraph;
  }
  return texts[0].replace("</article>", () => `${more}</article>`);
}

/** What the widget does on the main thread from the click to the last sentence. */
async function mainThread() {
  const { page, close } = await visit(PAGES[0], { html: await longArticle() });
  await browser.startTracing(page, { categories: TRACED });
  await translate(page);
  await page.waitForTimeout(500);
  const trace = JSON.parse(String(await browser.stopTracing()));
  await close();
  return workOf(trace.traceEvents);
}

/** Thread times in ms, by the trace's events: of the threads on which scripts of the page's run. */
function workOf(events) {
  const isOurs = ({ name, args }) => SCRIPTS.test(name) && /\/embed\//.test(args?.data?.url ?? args?.fileName ?? "");
  const known = events.find(isOurs);
  const own = events.filter(({ ph, pid, tid }) => ph === "X" && pid === known?.pid && tid === known?.tid);
  const within = (event, outer) => event.ts >= outer.ts && event.ts + event.dur <= outer.ts + outer.dur;
  // Promises have no address, but on these pages nobody else's go on during a translation.
  const scripts = own.filter((event) => isOurs(event) || event.name === "RunMicrotasks").sort((a, b) => a.ts - b.ts);
  // What lies in another has been counted with it.
  const topmost = scripts.filter((event, index) => !scripts.slice(0, index).some((outer) => within(event, outer)));
  const tasks = own.filter(({ name }) => TASK.test(name)).filter((task) => topmost.some((each) => within(each, task)));
  const ms = ({ tdur, dur }) => (tdur ?? dur) / 1000;
  return {
    longest: Math.max(0, ...tasks.map(ms)),
    total: topmost.reduce((sum, event) => sum + ms(event), 0),
  };
}

/** The share by which the heap grows while the element comes and goes. */
async function leak() {
  const { page, close } = await visit(PAGES[0]);
  const cdp = await page.context().newCDPSession(page);
  await cdp.send("HeapProfiler.enable");
  const rounds = (count) =>
    page.evaluate(async (count) => {
      for (let round = 0; round < count; round += 1) {
        const element = document.querySelector("klartext-article");
        await element.translate();
        const next = document.createElement("klartext-article");
        next.setAttribute("for", "#article");
        element.replaceWith(next);
        // What ends with an element ends after it.
        await new Promise((resolve) => setTimeout(resolve));
      }
    }, count);
  const heap = async () => {
    for (let time = 0; time < 3; time += 1) await cdp.send("HeapProfiler.collectGarbage");
    const { usedSize } = await cdp.send("Runtime.getHeapUsage");
    const { nodes, jsEventListeners } = await cdp.send("Memory.getDOMCounters");
    return { usedSize, nodes, jsEventListeners };
  };
  await rounds(WARM);
  const before = await heap();
  await rounds(ROUNDS);
  const after = await heap();
  await close();
  return { share: after.usedSize / before.usedSize - 1, before, after };
}

const rounded = (value, digits) => Number(value.toFixed(digits));

const only = process.argv.slice(2);
const wants = (part) => only.length === 0 || only.includes(part);
const figures = {};
if (wants("size")) {
  const script = await (await fetch(url("/embed/klartext.js"))).arrayBuffer();
  figures.before_click_gzip_bytes = gzipSync(new Uint8Array(script), { level: 9 }).length;
}
if (wants("stability")) {
  figures.pages = [];
  for (const path of PAGES) {
    const { before, after } = await stability(path);
    figures.pages.push({ path, before: rounded(before.all, 4), after: rounded(after.cls, 4), after_input: rounded(after.all, 4) });
  }
  const most = (name) => Math.max(...figures.pages.map((page) => page[name]));
  figures.cls_before = most("before");
  figures.cls_after = most("after");
  figures.cls_after_input = most("after_input");
}
if (wants("work")) {
  const { longest, total } = await mainThread();
  figures.main_thread_longest_ms = rounded(longest, 1);
  figures.main_thread_total_ms = rounded(total, 1);
}
if (wants("memory")) figures.leak_share_after_100 = rounded((await leak()).share, 4);
await browser.close();
console.log(JSON.stringify(figures, null, 2));
