// The web platform's tests of the Translator and Language Detector API against Klartext's polyfill, in Chromium:
//
//   KLARTEXT_URL=http://127.0.0.1:8123/ node tests/browser/wpt.mjs FOLDER
//
// FOLDER is a checkout of web-platform-tests/wpt, of which `ai/`, `common/` and `resources/` are needed; nothing of it is
// kept here. Prints {passed, total, failures, adapted} as JSON. Not part of the gate, which has tests of the same points.

import { once } from "node:events";
import { readFile, readdir } from "node:fs/promises";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { join, normalize } from "node:path/posix";

const HARNESS = createRequire(new URL("./harness/", import.meta.url));
const { chromium } = HARNESS("playwright-core");

/** Folders of tests below FOLDER. */
const SUITES = ["ai/translator", "ai/language_detection"];

/**
 * The tests ask for English to Japanese, which Klartext does not do: its pair, and German where English was, are put in
 * their place. What the English has to be is asked of the translator first, sentence by sentence.
 */
const PAIR = [
  ["sourceLanguage: 'en', targetLanguage: 'ja'", "sourceLanguage: 'de', targetLanguage: 'en'"],
  ["translator.sourceLanguage, 'en'", "translator.sourceLanguage, 'de'"],
  ["translator.targetLanguage, 'ja'", "translator.targetLanguage, 'en'"],
  ["Hello ${str} world", "Hallo ${str} Welt"],
  ["'es-419',", "'de-AT',"],
  ["'es-ES',", "'de-Latn-CH',"],
  ["'es-ES-1979',", "'DE-de-1996',"],
  ["  es: [", "  de: ["],
];
const TEXTS = [
  ["'hello'", "こんにちは", ["Hallo"]],
  ["'Welcome. Nice to meet you.'", "ようこそ。 はじめまして。", ["Willkommen.", "Schön, Sie zu treffen."]],
  ["'Hello, Dr. Sanders. Nice to meet you.'", "こんにちは、サンダース博士です。 はじめまして。", ["Hallo, Dr. Sanders.", "Schön, Sie zu treffen."]],
];

/** Why a test does not hold here, by the beginning of its name. */
const REASONS = {
  "Create requires user activation":
    "ends with an assertion that create() has consumed the user activation, which a page's script cannot do",
  "LanguageDetector.create() requires user activation":
    "the detector comes with the script, so it is available from the start and nothing has to be allowed",
};

const TYPES = { ".js": "text/javascript", ".html": "text/html; charset=utf-8" };

/** The driver that the tests expect of a browser: only what they use of it. */
const DRIVER = `globalThis.test_driver = {
  async bless(_intent, action) {
    await globalThis.press();
    return action?.();
  },
};`;

/** A page that runs a test, as the web platform's own server makes one of it. */
function pageFor(path, source) {
  const scripts = [...source.matchAll(/^\/\/ META: script=(\S+)/gm)].map(([, script]) => `<script src="${script}"></script>`);
  const timeout = /^\/\/ META: timeout=long/m.test(source) ? '<meta name="timeout" content="long">' : "";
  const name = path.split("/").at(-1);
  return `<!doctype html><meta charset="utf-8">${timeout}<title>${name}</title>
<script>delete globalThis.Translator; delete globalThis.LanguageDetector; delete globalThis.CreateMonitor;</script>
<script type="module">import "/embed/polyfill.js?force"; globalThis.installed = true;</script>
<script src="/resources/testharness.js"></script>
<script>setup({ explicit_done: true, output: false });
add_completion_callback((tests) => {
  globalThis.results = tests.map(({ name, status, message }) => ({ name, status, message }));
});</script>
${scripts.join("\n")}
<script type="module" src="/${path}"></script>
<script type="module">await 0; done();</script>`;
}

/** Puts Klartext's pair into a test of the translator. */
function adapted(source, english) {
  let text = source;
  for (const [from, to] of PAIR) text = text.replaceAll(from, to);
  for (const [index, [input, expected, sentences]] of TEXTS.entries()) {
    text = text.replaceAll(input, JSON.stringify(sentences.join(" ")));
    text = text.replaceAll(`'${expected}'`, JSON.stringify(english[index]));
  }
  return text;
}

/** Serves the checkout, the pages for its tests, and all else from the server under test. */
async function serve(folder, state) {
  const server = createServer(async (request, response) => {
    const url = new URL(request.url, "http://localhost");
    const path = normalize(decodeURIComponent(url.pathname)).slice(1);
    const send = (type, body) => response.writeHead(200, { "content-type": type }).end(body);
    if (path === "blank.html") return send(TYPES[".html"], "<!doctype html><title>blank</title>");
    if (/^resources\/testdriver(-vendor)?\.js$/.test(path)) return send(TYPES[".js"], path.includes("vendor") ? "" : DRIVER);
    const isPage = path.endsWith(".js.html");
    const source = await readFile(join(folder, isPage ? path.slice(0, -5) : path), "utf8").catch(() => null);
    if (source !== null && isPage) return send(TYPES[".html"], pageFor(path.slice(0, -5), source));
    if (source !== null) {
      const isTranslators = path.startsWith("ai/") && request.headers.referer?.includes("ai/translator/");
      return send(TYPES[".js"], isTranslators ? adapted(source, state.english) : source);
    }
    await forward(request, response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}

async function forward(request, response) {
  const range = request.headers.range ? { range: request.headers.range } : {};
  const answer = await fetch(new URL(request.url, process.env.KLARTEXT_URL), { headers: { ...range, "accept-encoding": "identity" } });
  const headers = [...answer.headers].filter(([name]) => /^content-(type|range|length)$|^etag$|^accept-ranges$/.test(name));
  response.writeHead(answer.status, Object.fromEntries(headers)).end(Buffer.from(await answer.arrayBuffer()));
}

async function openPage(browser, origin, path) {
  const context = await browser.newContext({ serviceWorkers: "block" });
  const page = await context.newPage();
  await page.exposeFunction("press", () => page.keyboard.press("Shift").then(() => page.mouse.click(5, 5)));
  await page.goto(`${origin}/${path}`);
  return page;
}

/** What Klartext makes of the tests' texts. */
async function translations(browser, origin) {
  const page = await openPage(browser, origin, "blank.html");
  await page.mouse.click(5, 5);
  const english = await page.evaluate(async (texts) => {
    const { Translator } = await import("/embed/translator.js");
    const translator = await Translator.create({ sourceLanguage: "de", targetLanguage: "en" });
    const one = async (sentences) => (await Promise.all(sentences.map((text) => translator.translate(text)))).join(" ");
    return Promise.all(texts.map(one));
  }, TEXTS.map(([, , sentences]) => sentences));
  await page.context().close();
  return english;
}

async function run(browser, origin, path) {
  const page = await openPage(browser, origin, `${path}.html`);
  await page.waitForFunction(() => globalThis.results, null, { timeout: 180_000 });
  const results = await page.evaluate(() => globalThis.results);
  await page.context().close();
  return results.map((result) => ({ file: path, ...result }));
}

async function main(folder) {
  if (!folder || !process.env.KLARTEXT_URL) throw new Error("usage: KLARTEXT_URL=… node tests/browser/wpt.mjs FOLDER");
  const state = { english: [] };
  const server = await serve(folder, state);
  const origin = `http://127.0.0.1:${server.address().port}`;
  const executablePath = process.env.KLARTEXT_CHROMIUM ?? "/usr/bin/chromium";
  const browser = await chromium.launch({ executablePath, args: ["--js-flags=--expose-gc"] });
  try {
    state.english = await translations(browser, origin);
    const results = [];
    for (const suite of SUITES) {
      const files = (await readdir(join(folder, suite))).filter((name) => /\.(window|any)\.js$/.test(name)).sort();
      for (const name of files) results.push(...(await run(browser, origin, `${suite}/${name}`)));
    }
    const failures = results.filter(({ status }) => status !== 0).map(({ file, name, message }) => {
      const reason = Object.entries(REASONS).find(([start]) => name.startsWith(start))?.[1];
      return { file, name, message, ...(reason && { reason }) };
    });
    const adaptations = { pair: "de to en", texts: TEXTS.map(([, , sentences], index) => [sentences.join(" "), state.english[index]]) };
    console.log(JSON.stringify({ passed: results.length - failures.length, total: results.length, failures, adapted: adaptations }, null, 2));
  } finally {
    await browser.close();
    server.close();
    server.closeAllConnections();
  }
}

await main(process.argv[2]);
