// The page's shell, the worker's entry and the server: what holds before the reader does anything.

import assert from "node:assert/strict";
import { test } from "node:test";
import { open, url } from "./harness.mjs";

/** The first message of the engine's worker. */
function firstMessage(page) {
  return page.evaluate(
    () =>
      new Promise((resolve, reject) => {
        const address = document.querySelector("meta[name=klartext-worker]").content;
        const worker = new Worker(address, { type: "module" });
        worker.onmessage = ({ data }) => resolve(data);
        worker.onerror = ({ message }) => reject(new Error(message));
      }),
  );
}

test("the reader starts, without errors and without other origins", async (t) => {
  const visit = await open(t);
  const response = await visit.go("/");
  assert.equal(response.status(), 200);
  await visit.page.locator("h1").first().waitFor();
  assert.equal(await visit.page.locator(".boot-failure").count(), 0);
  visit.assertNoErrors();
  visit.assertNoForeignRequests();
});

test("the page is isolated from other origins", async (t) => {
  const visit = await open(t);
  await visit.go("/");
  assert.equal(await visit.page.evaluate(() => crossOriginIsolated), true);
});

test("the security policy stops scripts and styles in the page", async (t) => {
  const visit = await open(t);
  await visit.go("/");
  const blocked = await visit.page.evaluate(async () => {
    const directives = [];
    document.addEventListener("securitypolicyviolation", (event) => directives.push(event.effectiveDirective));
    const script = document.createElement("script");
    script.textContent = "globalThis.broken = true";
    const style = document.createElement("style");
    style.textContent = "body { display: none }";
    document.head.append(script, style);
    await new Promise((resolve) => setTimeout(resolve));
    return { directives: directives.sort(), ran: globalThis.broken === true };
  });
  assert.deepEqual(blocked, { directives: ["script-src-elem", "style-src-elem"], ran: false });
});

test("the engine's worker starts, and asks only this server", async (t) => {
  const visit = await open(t);
  await visit.go("/");
  const message = await firstMessage(visit.page);
  assert.equal(message.type, "started");
  assert.ok(visit.requests.some((request) => /\/assets\/engine(-relaxed)?-[0-9a-f]{12}\.wasm$/.test(request)));
  visit.assertNoForeignRequests();
});

test("the worker says that the engine did not arrive", async (t) => {
  const visit = await open(t);
  await visit.page.route("**/assets/engine-*.wasm", (route) => route.abort());
  await visit.go("/");
  const { type, error } = await firstMessage(visit.page);
  assert.equal(type, "failed");
  assert.equal(error.code, "network");
});

test("the worker says that SIMD is missing", async (t) => {
  const visit = await open(t);
  await visit.page.route("**/assets/worker-*.js", async (route) => {
    const response = await route.fetch();
    // What a browser without SIMD answers and does.
    const without = "WebAssembly.validate = () => false; WebAssembly.instantiateStreaming = () => " +
      "Promise.reject(new WebAssembly.CompileError('unknown opcode'));\n";
    await route.fulfill({ response, body: without + (await response.text()) });
  });
  await visit.go("/");
  const { type, error } = await firstMessage(visit.page);
  assert.equal(type, "failed");
  assert.equal(error.code, "no-simd");
});

test("without WebAssembly the page says what is needed", async (t) => {
  const visit = await open(t);
  await visit.page.addInitScript(() => delete globalThis.WebAssembly);
  await visit.go("/");
  const alert = visit.page.getByRole("alert");
  await alert.waitFor();
  assert.match(await alert.textContent(), /needs WebAssembly/);
  await visit.assertAccessible();
});

test("when the reader does not arrive the page says so, and trying again works", async (t) => {
  const visit = await open(t);
  const reader = "**/assets/reader-*.wasm";
  await visit.page.route(reader, (route) => route.fulfill({ status: 404, body: "missing" }));
  await visit.go("/");
  await visit.page.getByRole("alert").waitFor();
  await visit.assertAccessible();
  await visit.page.unroute(reader);
  await visit.page.getByRole("button", { name: "Try again" }).click();
  await visit.page.locator("h1").first().waitFor();
  await visit.page.getByRole("alert").waitFor({ state: "detached" });
});

test("without JavaScript the page says what is needed", async (t) => {
  const visit = await open(t, { javaScriptEnabled: false });
  await visit.go("/");
  assert.equal(await visit.page.locator("noscript h1").textContent(), "Klartext needs JavaScript");
});

test("the reader's own addresses get the page, missing files do not", async () => {
  const page = await fetch(url("/no/such/page"));
  assert.equal(page.status, 200);
  assert.match(page.headers.get("content-type"), /^text\/html/);
  const file = await fetch(url("/models/deen/missing.bin"));
  assert.equal(file.status, 404);
  assert.match(file.headers.get("content-type"), /^text\/plain/);
});

test("the model's files are as long as its manifest says, and can be fetched in parts", async () => {
  const manifest = await (await fetch(url("/models/deen/manifest.json"))).json();
  for (const { path, bytes } of Object.values(manifest.files)) {
    const address = url(`/models/deen/${path}`);
    const head = await fetch(address, { method: "HEAD" });
    assert.equal(Number(head.headers.get("content-length")), bytes, path);
    const part = await fetch(address, { headers: { range: `bytes=${bytes - 10}-` } });
    assert.equal(part.status, 206);
    assert.equal((await part.arrayBuffer()).byteLength, 10);
  }
});
