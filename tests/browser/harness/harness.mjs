// What every browser test needs: the system's Chromium, a page that notes what goes wrong in it, and checks of it.
//
// The server is somebody else's: KLARTEXT_URL says where it is, and KLARTEXT_CHROMIUM which browser to take.
// `cargo xtask test browser` sets both.

import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { after } from "node:test";
import { chromium } from "playwright-core";

const PLACES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** The address of a path on the server under test. */
export function url(path = "/") {
  assert.ok(process.env.KLARTEXT_URL, "KLARTEXT_URL has to name the server");
  return new URL(path, process.env.KLARTEXT_URL).href;
}

/** A server of a test's own, which answers by `answer(request, response)` and ends with the test `t`. Returns its port. */
export async function startServer(t, answer) {
  const server = createServer(answer);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return server.address().port;
}

/** Headers that say how an answer is sent, and not what it is. */
const TRANSPORT = ["connection", "content-encoding", "content-length", "keep-alive", "transfer-encoding"];

/** The headers of an answer that `fetch` has unpacked, for who passes it on. */
export function passedOn(answer) {
  const headers = new Map(answer.headers);
  for (const name of TRANSPORT) headers.delete(name);
  return headers;
}

/** Browsers by their flags. */
const launched = new Map();

/** What has Chromium offer WebGPU where there is no GPU: a program that computes what one would. */
const SOFTWARE_GPU = ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"];

/** The browser's program. */
export function executable() {
  const executablePath = process.env.KLARTEXT_CHROMIUM ?? PLACES.find((place) => existsSync(place));
  assert.ok(executablePath, "KLARTEXT_CHROMIUM has to name a Chromium");
  return executablePath;
}

/** The browser, with WebGPU or as it is: one for each test file, started when first wanted, ended with the file. */
export function browser(gpu = false) {
  if (!launched.has(gpu)) {
    const args = ["--disable-quic", ...(gpu ? SOFTWARE_GPU : [])];
    launched.set(gpu, chromium.launch({ executablePath: executable(), args }));
  }
  return launched.get(gpu);
}

after(async () => {
  for (const browser of launched.values()) await (await browser).close();
});

/**
 * A new page in a browsing context of its own (nothing stored, nothing cached), closed when the test `t` ends.
 *
 * `options` are Playwright's for contexts, and `gpu`: whether there is WebGPU. The page is empty: a test sets its routes
 * and scripts, then calls `go`. There is no service worker, as what passes through one passes by the routes; tests of it
 * bring a profile of their own.
 */
export async function open(t, { gpu = false, ...options } = {}) {
  const context = await (await browser(gpu)).newContext({ serviceWorkers: "block", ...options });
  t.after(() => context.close());
  await context.addInitScript(() => {
    globalThis.longTasks = [];
    const note = (list) => globalThis.longTasks.push(...list.getEntries().map((task) => task.duration));
    new PerformanceObserver(note).observe({ type: "longtask", buffered: true });
  });
  const page = await context.newPage();
  const visit = new Visit(page);
  context.on("request", (request) => visit.requests.push(request.url()));
  page.on("pageerror", (error) => visit.errors.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error") visit.errors.push(message.text());
  });
  return visit;
}

/** A page, and what happened in it. */
class Visit {
  /** Addresses that were asked for, by the page and its workers. */
  requests = [];
  /** Exceptions nobody caught, and what was written to the console as an error. */
  errors = [];

  constructor(page) {
    this.page = page;
  }

  /** Goes to a path of the server, and returns the page's own response. */
  async go(path = "/") {
    return this.page.goto(url(path));
  }

  /** Fails if anything was asked of another origin. */
  assertNoForeignRequests() {
    const ours = new URL(url()).origin;
    const foreign = this.requests.filter((request) => /^(https?|wss?):/.test(request) && new URL(request).origin !== ours);
    assert.deepEqual(foreign, [], "requests to other origins");
  }

  /** Fails if something went wrong in the page that nobody noticed. */
  assertNoErrors() {
    assert.deepEqual(this.errors, [], "errors in the page");
  }

  /** Durations in ms of the times that the main thread was blocked for 50 ms or more. */
  async longTasks() {
    return this.page.evaluate(() => globalThis.longTasks);
  }

  /** Fails if axe-core finds anything serious or critical in the page as it is now. */
  async assertAccessible() {
    // Evaluated by the debugger, so the page's own security policy does not hinder it.
    await this.page.evaluate(AXE);
    const violations = await this.page.evaluate(async () => (await globalThis.axe.run()).violations);
    const serious = violations
      .filter((violation) => ["serious", "critical"].includes(violation.impact))
      .map(({ id, help, nodes }) => `${id}: ${help} (${nodes.map((node) => node.target.join(" ")).join(", ")})`);
    assert.deepEqual(serious, [], "accessibility");
  }
}
