// The element's scripts as they are, unbundled, on pages of a test's own, with an engine and an article that do what the
// test tells them. `globalThis.engine` in the page has the levers.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import { open, startServer } from "./harness.mjs";
import { eventually } from "./reader.mjs";

const SOURCE = new URL("../../../app/widget/src/", import.meta.url);

/** What a click would load, as the build would say it. */
export const BYTES = 9_200_000;

/** An engine that waits where `engine.hold` says, until `engine.go()` (which may name the next place), and fails where `engine.fail` says. */
const ENGINE = `
export class EngineError extends Error {
  constructor(code, message) { super(message); this.code = code; }
}
const engine = (globalThis.engine ??= { leases: 0, held: 0, loads: [], jobs: [], focused: [], aborted: 0, options: [] });
let open = [];
engine.go = (next = null) => { engine.hold = next; for (const go of open.splice(0)) go(); };
const at = (place, signal) => new Promise((resolve, reject) => {
  const stop = () => { engine.aborted += 1; reject(signal.reason); };
  if (signal.aborted) return stop();
  signal.addEventListener("abort", stop, { once: true });
  const go = () => {
    signal.removeEventListener("abort", stop);
    if (engine.fail?.[0] === place) reject(new EngineError(engine.fail[1], "as the test wants"));
    else resolve();
  };
  if (engine.hold === place) open.push(go); else setTimeout(go);
});
export function acquire(options) {
  engine.options.push(options);
  engine.leases += 1;
  engine.held += 1;
  return {
    async load(manifest, { signal, onprogress }) {
      engine.loads.push(manifest);
      const progress = { address: manifest, total: 9_200_000, needed: 9_200_000, state: "running" };
      onprogress({ ...progress, done: 0 });
      onprogress({ ...progress, done: 3_100_000 });
      await at("load", signal);
      onprogress({ ...progress, done: 9_200_000 });
      return { address: manifest, model: "deen", version: "1", source: "de", target: "en", device: "CPU", kernels: "simd128" };
    },
    translate(blocks, { signal, first, onoutline, onsentence }) {
      engine.jobs.push({ blocks, first });
      const work = async () => {
        onoutline(blocks.map(({ runs }) => [{ start: 0, end: runs[0].text.length }]));
        for (const [block, { runs }] of blocks.entries()) {
          if (block > 0) await at("text", signal);
          onsentence({ block, sentence: 0, runs: [{ text: runs[0].text.toUpperCase() }], confidence: 0.9 });
        }
        return { words: blocks.length * 4, sentences: blocks.length, first_ms: 5, total_ms: 9, gpu_sentences: 0, memory_bytes: 64 };
      };
      return { done: work(), focus: (block) => engine.focused.push(block) };
    },
    release() { engine.held -= 1; },
  };
}`;

/** An article that shows nothing: what it would show is on its paragraphs, as data. Its labels are what `globalThis.labels` says. */
const ARTICLE = `
export const findArticle = (document) => document.querySelector("article");
export class Article {
  #mode; #done = new Map(); #observer; #options;
  constructor(root, options) {
    globalThis.articles = (globalThis.articles ?? 0) + 1;
    [this.root, this.#options] = [root, options];
    globalThis.wishes = { ...options, root };
    this.mode = options.mode;
    this.#observer = new MutationObserver(() => options.onchange());
    this.#observer.observe(root, { childList: true, subtree: true, characterData: true });
  }
  get mode() { return this.#mode; }
  set mode(mode) { this.root.dataset.shown = this.#mode = mode; }
  async prepare() {}
  collect() {
    const all = [...this.root.querySelectorAll("p")].filter((it) => this.#done.get(it) !== it.textContent);
    return {
      blocks: all.map((it) => ({ kind: "paragraph", runs: [{ text: it.textContent }] })),
      outline() {},
      first: () => 0,
      sentence: ({ block, runs }) => {
        const element = all[block];
        this.#done.set(element, element.textContent);
        element.dataset.english = runs[0].text;
        return { element, german: element.textContent, english: runs[0].text };
      },
    };
  }
  labels() {
    const blocks = (globalThis.labels ?? []).splice(0).map((text) => ({ kind: "paragraph", runs: [{ text }] }));
    return { blocks, outline() {}, sentence: ({ runs }) => (globalThis.labelled ??= []).push(runs[0].text) };
  }
  dispose() {
    globalThis.articles -= 1;
    this.#observer.disconnect();
    for (const it of this.root.querySelectorAll("p")) delete it.dataset.english;
    delete this.root.dataset.shown;
  }
}`;

const FAKES = { "/src/engine.js": ENGINE, "/src/article/index.js": ARTICLE };

/** Paragraphs of German text. */
export const GERMAN = [
  "Der neue Chip rechnet doppelt so schnell wie sein Vorgänger.",
  "Er braucht dabei weniger Strom, und das freut auch die Umwelt.",
  "Im Herbst kommt er auf den Markt.",
].map((text) => `<p>${text}</p>`).join("");

/** The names that the build puts in, and the element's script. */
const HEAD = `<script>
  var KLARTEXT_BYTES = ${BYTES}, KLARTEXT_MODEL = "../models/deen/manifest.json", KLARTEXT_WORKER = "../assets/worker.js";
</script>
<script type="module" src="/src/klartext.js"></script>`;

const STYLE = `<style>klartext-article:not(:defined) { display: block; min-height: 44px } body { font: 17px/1.5 Georgia, serif }</style>`;

/** A page of the host's; `html` are attributes of its root, `head` comes before the script. */
export function pageOf(body, { html = 'lang="de"', head = "" } = {}) {
  return `<!doctype html><html ${html}><head><meta charset="utf-8"><title>Nachrichten</title>
    <meta name="viewport" content="width=device-width">${STYLE}${head}${HEAD}</head><body>${body}</body></html>`;
}

/**
 * A visit, as `open` makes it, of a server that serves the pages, by their paths, and the scripts. `missing` are paths that
 * are not there, and can be changed; `headers` are sent with the pages.
 */
export async function visitPages(t, pages, { headers = {}, ...options } = {}) {
  const missing = new Set();
  const port = await startServer(t, async ({ url }, response) => {
    const { pathname } = new URL(url, "http://localhost");
    if (pathname === "/favicon.ico") return response.writeHead(204).end();
    const text = pages[pathname] ?? FAKES[pathname];
    const type = pathname.endsWith(".json") ? "application/json" : extname(pathname) ? "text/javascript" : "text/html";
    try {
      if (missing.has(pathname)) throw new Error("missing");
      const body = text ?? (await readFile(fileURLToPath(new URL(`.${pathname.slice("/src".length)}`, SOURCE))));
      response.writeHead(200, { "content-type": `${type}; charset=utf-8`, ...headers }).end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  const visit = await open(t, { viewport: { width: 1000, height: 700 }, ...options });
  visit.page.setDefaultTimeout(20_000);
  const origin = `http://127.0.0.1:${port}`;
  await visit.page.addInitScript(() => {
    globalThis.heard = [];
    for (const name of ["statechange", "progress", "ready", "sentence", "done", "error"]) {
      document.addEventListener(name, ({ target, detail }) => {
        if (target.localName !== "klartext-article") return;
        const { element, ...rest } = detail;
        globalThis.heard.push({ name, id: target.id, ...rest, ...(element && { element: element.localName }) });
      }, true);
    }
  });
  return Object.assign(visit, { origin, missing, go: (path = "/") => visit.page.goto(origin + path) });
}

/** The element, its state, and what it has told. */
export const widget = (page, id = "w") => page.locator(`klartext-article#${id}`);

/** Waits until the element is in a state. */
export function inState(page, state, id = "w") {
  return page.waitForFunction(([id, state]) => document.getElementById(id)?.state === state, [id, state]);
}

export const PAGE = `<main><h1>Ein Chip</h1><klartext-article id="w" for="#a"></klartext-article><article id="a">${GERMAN}</article></main>`;
/** A visit of a page with the element on it. */
export async function visit(t, body = PAGE, { page: options, pages, ...rest } = {}) {
  const made = await visitPages(t, { "/": pageOf(body, options), ...pages }, rest);
  await made.go();
  return made;
}

/** Has the engine wait at a place (`hold`), or fail there (`fail`, with a code). */
export const engine = (page, levers) =>
  page.evaluate((levers) => {
    const none = { leases: 0, held: 0, loads: [], jobs: [], focused: [], aborted: 0, options: [] };
    Object.assign((globalThis.engine ??= none), levers);
  }, levers);

/** Has the engine go on, once its script is there. `next`: where it waits then. */
export async function go(page, next) {
  await page.waitForFunction(() => globalThis.engine?.go);
  await page.evaluate((next) => globalThis.engine.go(next), next);
}

export const heard = (page, name) => page.evaluate((name) => globalThis.heard.filter((it) => it.name === name), name);
export const button = (page, name) => widget(page).getByRole("button", { name });
export const english = (page) => page.locator("p[data-english]").count();

/** What has the focus, through the shadow. */
export const focused = (page) =>
  page.evaluate(() => {
    let active = document.activeElement;
    while (active.shadowRoot?.activeElement) active = active.shadowRoot.activeElement;
    return active.getAttribute("aria-label") ?? active.textContent.trim();
  });

/** Whether nothing of a translation is left. */
export async function assertClean(page) {
  assert.equal(await english(page), 0);
  const left = () => page.evaluate(() => [globalThis.engine?.held ?? 0, globalThis.articles ?? 0]);
  await eventually(left, [0, 0], "no engine is held and no article watched");
}
