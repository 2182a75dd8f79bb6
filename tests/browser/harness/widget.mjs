// Pages of a host for tests of the widget: a small server with the widget's unbundled modules beside pages that a test
// writes, and a stand-in for the engine that "translates" at once and in a way that one can foresee.

import { readFile } from "node:fs/promises";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import { open, startServer } from "./harness.mjs";

const SOURCES = new URL("../../../app/widget/src/", import.meta.url);
const TYPES = { ".js": "text/javascript", ".html": "text/html; charset=utf-8", ".svg": "image/svg+xml" };

/** A picture that has a size. */
const PICTURE =
  '<svg xmlns="http://www.w3.org/2000/svg" width="1200" height="675" viewBox="0 0 16 9"><rect width="16" height="9" fill="#b9c7bd"/>' +
  '<circle cx="11" cy="4" r="2.4" fill="#e4b363"/><path d="M0 9 5 4l4 3 3-2 4 4z" fill="#50716a"/></svg>';

/** Starts the server, and ends it with the test. `pages`: their HTML by path. Returns its origin. */
export async function serveHost(t, pages) {
  const port = await startServer(t, async (request, response) => {
    const { pathname } = new URL(request.url, "http://host");
    const reply = (type, body, status = 200) => response.writeHead(status, { "content-type": type }).end(body);
    if (pathname in pages) return reply(TYPES[".html"], pages[pathname]);
    if (pathname === "/favicon.ico") return reply("text/plain", "", 204);
    if (pathname.endsWith("picture.svg")) return reply(TYPES[".svg"], PICTURE);
    if (!pathname.startsWith("/src/") || pathname.includes("..")) return reply("text/plain", "nothing here", 404);
    try {
      reply(
        TYPES[extname(pathname)] ?? "text/plain",
        await readFile(fileURLToPath(new URL(pathname.slice(5), SOURCES))),
      );
    } catch {
      reply("text/plain", "nothing here", 404);
    }
  });
  return `http://127.0.0.1:${port}`;
}

/**
 * A page with `html` as its body, and in it what tests of the article's side need: `Article`, `findArticle`, and
 * `translate(article, options)`, which sends what is to be collected through the stand-in: German in capital letters,
 * sentence by sentence, every run with its marks. `label(article)` does so with labels, and tells what they were.
 */
export async function openHost(t, html, { head = "", before = "", ...options } = {}) {
  const page = `<!doctype html><html lang="de"><meta charset="utf-8"><title>Gastgeber</title>${head}<body>${html}`;
  const origin = await serveHost(t, { "/": page });
  const visit = await open(t, options);
  if (before) await visit.page.addInitScript(before);
  await visit.page.goto(origin);
  await visit.page.evaluate(lookAtPage);
  await visit.page.evaluate(standIn);
  return visit;
}

/** Translates the article in `html`, then evaluates `check` in the page with the article; the host's nodes have to stay the same. */
export async function translated(t, html, check, { options = {}, argument, ...context } = {}) {
  const visit = await openHost(t, `<article id="a">${html}</article>`, context);
  await visit.page.evaluate(async (options) => {
    globalThis.root = document.getElementById("a");
    globalThis.before = document.documentElement.outerHTML;
    globalThis.article = new Article(root, options);
    const { results } = await translate(article);
    globalThis.results = results;
  }, options);
  const found = await visit.page.evaluate(check, argument);
  visit.assertNoErrors();
  return found;
}

/**
 * Runs in the page: `lines(node)` are the lines of text to be seen in a tree, `englishIn(node)` the texts of it that the
 * widget has put there, `shown()` waits until what is seen has stayed the same for some pictures.
 */
export function lookAtPage() {
  const frame = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
  /** Waits until what is seen has stayed the same for some pictures. */
  const shown = async () => {
    for (let [same, last] = [0, ""]; same < 4; await frame()) {
      const now = seen(document.body);
      same = now === last ? same + 1 : 0;
      last = now;
    }
  };

  /** What is to be seen of a tree: its text as it is laid out, boxes on lines of their own. */
  const seen = (node) => {
    if (node instanceof Text) return node.data;
    if (!(node instanceof Element) && !(node instanceof ShadowRoot)) return "";
    if (
      node instanceof Element &&
      (getComputedStyle(node).display === "none" || /^(SCRIPT|STYLE)$/.test(node.nodeName))
    )
      return "";
    if (node.nodeName === "BR") return "\n";
    const children = node instanceof HTMLSlotElement ? node.assignedNodes() : (node.shadowRoot ?? node).childNodes;
    const text = [...children].map(seen).join("");
    const isBox = node instanceof Element && !/^(inline|contents)/.test(getComputedStyle(node).display);
    return isBox ? `\n${text}\n` : text;
  };
  const lines = (node) =>
    seen(node)
      .split("\n")
      .map((line) => line.replace(/\s+/g, " ").trim())
      .filter(Boolean);

  const englishIn = (node) => {
    if (node instanceof Element && node.part.contains("klartext-english")) return [seen(node).trim()].filter(Boolean);
    const children = node instanceof HTMLSlotElement ? node.assignedNodes() : (node.shadowRoot ?? node).childNodes;
    return [...children].flatMap(englishIn);
  };

  Object.assign(globalThis, { lines, englishIn, shown });
}

/** Runs in the page, after that. */
async function standIn() {
  const { Article, findArticle } = await import("/src/article/index.js");

  const outline = ({ runs }) => {
    const text = runs.map((run) => run.text).join("");
    return [...text.matchAll(/\S.*?(?:[.!?]+[“"]?(?=\s)|$)/gs)]
      .map(([match], _, all) => match.trimEnd())
      .reduce((spans, sentence) => {
        const start = text.indexOf(sentence, spans.at(-1)?.end ?? 0);
        return [...spans, { start, end: start + sentence.length }];
      }, []);
  };
  const cut = ({ runs }, { start, end }) => {
    let offset = 0;
    return runs.flatMap(({ text, mark }) => {
      const piece = text.slice(Math.max(start - offset, 0), Math.max(end - offset, 0));
      offset += text.length;
      return piece ? [{ text: mark.code ? piece : piece.toUpperCase(), mark }] : [];
    });
  };
  const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  /** `delay`: after each sentence, in ms. `change`: of the English runs. `sentences`: so many at most. */
  const translate = async (article, options) => pass(article.collect(), options);
  /** Sends the labels through, after the text. */
  const label = async (article) => {
    const { batch } = await pass(article.labels());
    await pause(250);
    return batch.blocks.map(({ runs }) => runs.map((run) => run.text).join(""));
  };
  const pass = async (batch, { delay, change = (runs) => runs, sentences = Infinity } = {}) => {
    const spans = batch.blocks.map(outline);
    batch.outline(spans);
    const results = [];
    for (const [block, ends] of spans.entries()) {
      for (const [sentence, span] of ends.entries()) {
        if (results.length >= sentences) continue;
        results.push(batch.sentence({ block, sentence, runs: change(cut(batch.blocks[block], span)), confidence: 1 }));
        if (delay !== undefined) await pause(delay);
      }
    }
    await shown();
    return { batch, results };
  };

  /** Changes something, and looks before anything is drawn: a microtask later, which is no time even on a busy machine. */
  const atOnce = async (change, look) => {
    const time = performance.now();
    performance.now = () => time;
    change();
    await Promise.resolve();
    delete performance.now;
    return look();
  };

  Object.assign(globalThis, { Article, findArticle, translate, label, pause, atOnce });
}
