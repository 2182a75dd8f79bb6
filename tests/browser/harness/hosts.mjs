// Pages of other sites with the widget as it is built and the real engine, for tests of what such a site may do: servers
// of its own, each another origin than the one under test, whose answers can be changed or broken off.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { open, passedOn, startServer, url } from "./harness.mjs";
import { lookAtPage } from "./widget.mjs";

/** Where the widget is served. */
export const ORIGIN = new URL(url()).origin;

/** A translation on a machine that does other things too may take its time, in ms. */
export const PATIENCE = 60_000;

/** What has to be allowed to use the widget from another origin, as it is documented, and from one's own. */
export const FOREIGN = { "script-src": `${ORIGIN} 'wasm-unsafe-eval'`, "worker-src": "blob:", "connect-src": ORIGIN };
export const OWN = { "script-src": "'self' 'wasm-unsafe-eval'", "worker-src": "'self'", "connect-src": "'self'" };

/** The header for a policy that allows nothing else. */
export const policy = (rules) => ({
  "content-security-policy": ["default-src 'none'", ...Object.entries(rules).map((rule) => rule.join(" "))].join("; "),
});

/** Folders that a host may have copies of. */
const COPIED = /^\/(?:embed|assets|models)\//;

/** Paragraphs of German text. */
export const TEXT = [
  "Der neue Chip rechnet doppelt so schnell wie sein Vorgänger.",
  'Er braucht dabei <em>weniger Strom</em>, und das freut auch die <a href="/umwelt" id="link">Umwelt</a>.',
  "Im Herbst kommt er auf den Markt. Er kostet 199 Euro.",
].map((text) => `<p>${text}</p>`).join("");

/** The sentences in it. */
export const SENTENCES = 4;

/** An article, and the element for it. */
export const ARTICLE = `<klartext-article id="w" for="#a"></klartext-article><article id="a"><h1>Ein Chip</h1>${TEXT}</article>`;

/** The element's script, as it is served at `origin`; "" is the host's own. */
export const script = (origin = ORIGIN) => `<script type="module" src="${origin}/embed/klartext.js" crossorigin></script>`;

/** A page of the host's. `head` comes before the script; `from` is where the widget is. */
export function pageOf(body, { html = 'lang="de"', head = "", from = ORIGIN } = {}) {
  return `<!doctype html><html ${html}><meta charset="utf-8"><title>Nachrichten</title>${head}${script(from)}<body>${body}`;
}

/** The `integrity` of the element's script. */
export async function integrity() {
  const content = Buffer.from(await (await fetch(url("/embed/klartext.js"))).arrayBuffer());
  return `sha256-${createHash("sha256").update(content).digest("base64")}`;
}

/** What a server of the test's own may do with an answer: `{headers}` more or others, `{cut}` it after so many bytes. */
class Host {
  /** The paths that were asked for. */
  asked = [];

  constructor(pages, { headers = {}, change = () => {} }) {
    this.pages = pages;
    /** Headers of all answers. */
    this.headers = headers;
    /** Called with a path of the widget's files; what it returns happens to the answer. */
    this.change = change;
  }

  async answer(request, response) {
    const { pathname } = new URL(request.url, "http://host");
    this.asked.push(pathname);
    if (pathname in this.pages) {
      return response.writeHead(200, { "content-type": "text/html; charset=utf-8", ...this.headers }).end(this.pages[pathname]);
    }
    if (!COPIED.test(pathname)) return response.writeHead(pathname === "/favicon.ico" ? 204 : 404).end();
    const { range } = request.headers;
    const answer = await fetch(url(request.url), { headers: range ? { range } : {} });
    const content = Buffer.from(await answer.arrayBuffer());
    const headers = passedOn(answer);
    for (const [name, value] of Object.entries(this.headers)) headers.set(name, value);
    headers.set("content-length", content.length);
    response.setHeaders(headers).writeHead(answer.status);
    const { cut } = this.change(pathname) ?? {};
    if (cut === undefined) return response.end(content);
    response.write(content.subarray(0, cut), () => response.destroy());
  }
}

/** Starts a host with pages, their HTML by path. The address of its root is `origin`, or by another name `elsewhere`. */
export async function startHost(t, pages, options = {}) {
  const host = new Host(pages, options);
  const port = await startServer(t, (request, response) => host.answer(request, response));
  return Object.assign(host, { origin: `http://127.0.0.1:${port}`, elsewhere: `http://localhost:${port}` });
}

/** Runs in every page and frame: notes what the element tells, and which workers live. */
export function listen() {
  const names = ["statechange", "progress", "ready", "sentence", "done", "error"];
  Object.assign(globalThis, { heard: [], living: new Set(), started: 0 });
  for (const name of names) {
    document.addEventListener(
      name,
      ({ target, detail }) => {
        if (target.localName !== "klartext-article") return;
        const { element, ...rest } = detail;
        globalThis.heard.push({ name, id: target.id, ...rest, ...(element && { of: element.localName }) });
      },
      true,
    );
  }
  if (typeof Worker !== "function") return;
  globalThis.Worker = class extends Worker {
    constructor(...all) {
      super(...all);
      globalThis.started += 1;
      globalThis.living.add(this);
    }

    terminate() {
      globalThis.living.delete(this);
      super.terminate();
    }
  };
}

/**
 * A visit, as `open` makes it, of a host's page at "/". `host`: options of the host; `pages`: further pages; `before`: a
 * function that runs in the page ahead of everything.
 */
export async function visitHost(t, page, { pages = {}, host: hostOptions, before, path = "/", ...options } = {}) {
  const host = await startHost(t, { "/": page, ...pages }, hostOptions);
  const visit = await open(t, { viewport: { width: 1000, height: 700 }, ...options });
  visit.page.setDefaultTimeout(PATIENCE);
  await visit.page.addInitScript(listen);
  await visit.page.addInitScript(lookAtPage);
  if (before) await visit.page.addInitScript(before);
  await visit.page.goto(host.origin + path);
  return Object.assign(visit, { host });
}

/** The element. `where`: a page or a frame. */
export const widget = (where, id = "w") => where.locator(`klartext-article#${id}`);

/** The element's button of that name. */
export const button = (where, name, id) => widget(where, id).getByRole("button", { name, exact: name === "English" });

/** Waits until the element is in one of these states; fails if it gets into trouble instead. */
export async function inState(where, states, id = "w") {
  const wanted = [states].flat();
  const state = await where.waitForFunction(
    ([id, wanted]) => {
      const state = document.getElementById(id)?.state;
      return [...wanted, "failed", "unsupported"].includes(state) && state;
    },
    [id, wanted],
  );
  const found = await state.jsonValue();
  assert.ok(wanted.includes(found), `${found} instead of ${wanted}: ${JSON.stringify(await heard(where, "error"))}`);
}

/** Presses the button, and waits for the English. */
export async function translate(where, id) {
  await button(where, "Read in English", id).click();
  await inState(where, "translated", id);
  await settled(where);
}

/** What the element told by an event of that name. */
export const heard = (where, name) => where.evaluate((name) => globalThis.heard.filter((it) => it.name === name), name);

/** Waits until what is to be seen stays the same for some pictures. */
export const settled = (where) => where.evaluate(() => globalThis.shown());

/** The lines that are to be seen in an element. */
export const lines = (where, selector = "#a") =>
  where.locator(selector).first().evaluate((element) => globalThis.lines(element));

/** The English that is to be seen in an element, part by part. */
export const english = (where, selector = "#a") =>
  where.locator(selector).first().evaluate((element) => globalThis.englishIn(element));

/** The host's own nodes, as text. */
export const nodes = (where, selector = "#a") => where.locator(selector).first().evaluate((element) => element.outerHTML);

/** What there is of an article to compare later: its nodes, and what is seen of it. */
export const original = async (where, selector = "#a") => ({
  nodes: await nodes(where, selector),
  lines: await lines(where, selector),
});
