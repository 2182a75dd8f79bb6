// A server of one's own, that can be stopped and can change to another release, and a browser that can be closed and
// started again with all that it has stored. For tests of what is on the device.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { cp, mkdtemp, readFile, readdir, rename, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { executable, url } from "./harness.mjs";

const DIST = fileURLToPath(new URL("../../../dist/", import.meta.url));

const TYPES = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".wasm": "application/wasm",
  ".webmanifest": "application/manifest+json",
};

/** Headers of the server under test that decide what a page may do. */
const POLICY = /^(content-security|cross-origin|permissions|referrer)-|^x-content-type-options$/;

/** A folder that goes when the test `t` ends. */
async function folder(t) {
  const path = await mkdtemp(join(tmpdir(), "klartext-site-"));
  t.after(() => rm(path, { recursive: true, force: true }));
  return path;
}

/** A copy of `dist/`, served with the headers of the server under test. */
export class Site {
  /** Paths that were asked for, and how: `{method, path, body, range, sent}`; `sent` counts the bytes of the answer. */
  requests = [];
  /**
   * What goes wrong with an answer to a request, as in `requests`: nothing, or some of `{status}`, `{cut}` (so many bytes,
   * then the connection breaks), `{flip}` (a place in the file whose bit is wrong), `{noRanges}`, `{pace}` (ms between
   * pieces of 64 kB).
   */
  fault = () => undefined;
  /** Whether it takes requests and answers none. */
  silent = false;
  #server = null;

  static async start(t) {
    const site = new Site();
    site.folder = await folder(t);
    await cp(DIST, site.folder, { recursive: true });
    const { headers } = await fetch(url("/"));
    site.headers = Object.fromEntries([...headers].filter(([name]) => POLICY.test(name)));
    site.port = 0;
    await site.start();
    t.after(() => site.stop());
    return site;
  }

  /** Starts again, at the same address. */
  async start() {
    this.#server = createServer((request, response) => this.#answer(request, response));
    this.#server.listen(this.port, "127.0.0.1");
    await once(this.#server, "listening");
    this.port = this.#server.address().port;
  }

  /** Ends: nobody answers any more. */
  async stop() {
    if (!this.#server?.listening) return;
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, "close");
  }

  url(path = "/") {
    return `http://127.0.0.1:${this.port}${path}`;
  }

  /** The paths that were asked for since `from`, each once. */
  paths(from = 0) {
    return [...new Set(this.requests.slice(from).map(({ path }) => path))].sort();
  }

  /** How many bytes of files whose path fits were sent since the request `from`. */
  sent(pattern, from = 0) {
    return this.requests.slice(from).reduce((sum, { path, sent }) => (pattern.test(path) ? sum + sent : sum), 0);
  }

  async #answer(request, response) {
    let body = "";
    for await (const part of request) body += part;
    const path = new URL(request.url, this.url()).pathname;
    const entry = { method: request.method, path, body, range: request.headers.range ?? null, sent: 0 };
    this.requests.push(entry);
    if (this.silent) return;
    const fault = this.fault(entry) ?? {};
    if (fault.status) return void response.writeHead(fault.status, this.headers).end();
    // The reader's own addresses are no files.
    const name = extname(path) === "" ? "index.html" : path.slice(1);
    const content = await readFile(join(this.folder, name)).catch(() => null);
    if (request.method !== "GET" || !content) return void response.writeHead(content ? 405 : 404, this.headers).end();
    const tag = `"${createHash("sha256").update(content).digest("hex")}"`;
    const cache = name.startsWith("assets/") ? "public, max-age=31536000, immutable" : "no-cache";
    const type = TYPES[extname(name)] ?? "application/octet-stream";
    response.setHeaders(new Map(Object.entries({ ...this.headers, "content-type": type, "cache-control": cache, etag: tag })));
    if (request.headers["if-none-match"] === tag) return void response.writeHead(304).end();
    if (fault.flip !== undefined) content[fault.flip] ^= 1;
    await send(response, entry, content, fault);
  }

  /** Changes a file without the release's knowing. */
  async spoil(name) {
    await writeFile(join(this.folder, name), `${await readFile(join(this.folder, name), "utf8")}\n`);
  }

  /**
   * Changes to another release, whose style sheet is the only thing that is new. Returns its path; the old one is gone.
   */
  async release() {
    const assets = join(this.folder, "assets");
    const old = (await readdir(assets)).find((name) => /^style-.*\.css$/.test(name));
    const style = `${await readFile(join(assets, old), "utf8")}\n:root { --release: next; }\n`;
    const name = `style-${createHash("sha256").update(style).digest("hex").slice(0, 12)}.css`;
    await rename(join(assets, old), join(assets, name));
    await writeFile(join(assets, name), style);
    const rewrite = async (file, change) => {
      const text = change(await readFile(join(this.folder, file), "utf8"));
      await writeFile(join(this.folder, file), text);
      return text;
    };
    let version;
    const page = await rewrite("index.html", (text) => {
      version = text.match(/name="klartext-version" content="([0-9a-f]+)"/)[1];
      return text.replaceAll(old, name).replaceAll(version, "ffffffffffff");
    });
    const integrity = (text) => `sha256-${createHash("sha256").update(text).digest("base64")}`;
    await rewrite("sw.js", (text) =>
      text.replaceAll(version, "ffffffffffff").replace(/const FILES = (\{[^]*?\n\});/, (_, list) => {
        const { [`/assets/${old}`]: _gone, ...files } = JSON.parse(list);
        Object.assign(files, { "/": integrity(page), [`/assets/${name}`]: integrity(style) });
        return `const FILES = ${JSON.stringify(files)};`;
      }),
    );
    return `/assets/${name}`;
  }
}

/** The part of a file that a `Range` header asks for, both ends included; none if it asks for none. */
function partOf(range, length) {
  const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(range ?? "") ?? [];
  if (first === undefined) return null;
  return { first: Number(first), last: Math.min(last === "" ? Infinity : Number(last), length - 1) };
}

/** Sends a file, or the part of it that was asked for, with what goes wrong. */
async function send(response, entry, content, { cut, noRanges, pace }) {
  const part = noRanges ? null : partOf(entry.range, content.length);
  const whole = part ? content.subarray(part.first, part.last + 1) : content;
  if (part) response.setHeader("content-range", `bytes ${part.first}-${part.last}/${content.length}`);
  response.writeHead(part ? 206 : 200, { "content-length": whole.length });
  const bytes = whole.subarray(0, cut ?? whole.length);
  const piece = pace || cut !== undefined ? 1 << 16 : bytes.length;
  for (let at = 0; at < bytes.length && !response.destroyed; at += piece) {
    if (pace) await new Promise((resolve) => setTimeout(resolve, pace));
    const next = bytes.subarray(at, at + piece);
    await new Promise((resolve) => response.write(next, resolve));
    entry.sent += next.length;
  }
  if (cut === undefined) response.end();
  else response.destroy();
}

/** A browser with a profile on disk, as a person has one. */
export class Profile {
  #context = null;
  /** Addresses that pages, workers and the service worker asked for. */
  requests = [];

  static async make(t) {
    const profile = new Profile();
    // First closed, then removed: what is to be done in the end is done in this order.
    t.after(() => profile.close());
    profile.folder = await folder(t);
    return profile;
  }

  /** Starts the browser, cold, and returns its page. */
  async open(options = {}) {
    assert.equal(this.#context, null, "the browser is closed");
    const executablePath = executable();
    const viewport = { width: 1280, height: 900 };
    this.#context = await chromium.launchPersistentContext(this.folder, { executablePath, viewport, ...options });
    this.#context.on("request", (request) => this.requests.push(request.url()));
    return this.#context.pages()[0] ?? this.#context.newPage();
  }

  get context() {
    return this.#context;
  }

  async close() {
    await this.#context?.close();
    this.#context = null;
  }

  /** Fails if anything was asked of another origin than the site's. */
  assertOnly(site) {
    const { origin } = new URL(site.url());
    const foreign = this.requests.filter((request) => /^(https?|wss?):/.test(request) && new URL(request).origin !== origin);
    assert.deepEqual(foreign, [], "requests to other origins");
  }
}

/** Waits until the page's service worker works, and the page is under its control. */
export function kept(page) {
  return page.waitForFunction(
    async () => (await navigator.serviceWorker.ready).active?.state === "activated" && navigator.serviceWorker.controller !== null,
  );
}

/** The release that the page is of. */
export function version(page) {
  return page.locator("meta[name=klartext-version]").getAttribute("content");
}
