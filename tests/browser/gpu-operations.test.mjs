// Every operation of the GPU's against its plain burn composition, on random shapes, in Chromium. The checks are a module of
// their own, tests/gpu-wasm, which `cargo xtask test browser` builds; KLARTEXT_GPU_CHECKS is the folder with it.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { test } from "node:test";
import { open } from "./harness/harness.mjs";

const FOLDER = process.env.KLARTEXT_GPU_CHECKS;
const FILES = { "/checks.js": "text/javascript", "/checks.wasm": "application/wasm" };

/** A server of the checks; its address. */
async function serve(t) {
  const server = createServer(async ({ url }, response) => {
    if (!(url in FILES)) return response.writeHead(200, { "content-type": "text/html" }).end("<!doctype html>");
    response.writeHead(200, { "content-type": FILES[url] }).end(await readFile(join(FOLDER, url)));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  return `http://127.0.0.1:${server.address().port}`;
}

test("the GPU's operations equal their references", { skip: !FOLDER && "KLARTEXT_GPU_CHECKS is not set" }, async (t) => {
  const visit = await open(t, { gpu: true });
  await visit.page.goto(await serve(t));
  const ended = await visit.page.evaluate(async () => {
    const { default: start, check } = await import("/checks.js");
    await start({ module_or_path: "/checks.wasm" });
    // A check that fails is a panic, which is on the console, and keeps its promise from being settled.
    const broken = new Promise((resolve) => addEventListener("error", ({ message }) => resolve(message)));
    return Promise.race([check().then(() => "all are equal", String), broken]);
  });
  assert.deepEqual([ended, visit.errors], ["all are equal", []]);
});
