// Every operation of the GPU's against its plain burn composition, on random shapes, in Chromium. The checks are a module of
// their own, tests/gpu-wasm, which `cargo xtask test browser` builds; KLARTEXT_GPU_CHECKS is the folder with it.

import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { open } from "./harness/harness.mjs";

const FOLDER = process.env.KLARTEXT_GPU_CHECKS;

test("the GPU's operations equal their references", { skip: !FOLDER && "KLARTEXT_GPU_CHECKS is not set" }, async (t) => {
  const visit = await open(t, { gpu: true });
  for (const name of ["checks.js", "checks.wasm"]) {
    await visit.page.route(`**/${name}`, (route) => route.fulfill({ path: join(FOLDER, name) }));
  }
  // A page of the server's in which nothing else goes on.
  await visit.go("/demo/index.html");
  const ended = await visit.page.evaluate(async () => {
    const { default: start, check } = await import("/checks.js");
    await start({ module_or_path: "/checks.wasm" });
    // A check that fails is a panic, which is on the console, and keeps its promise from being settled.
    const broken = new Promise((resolve) => addEventListener("error", ({ message }) => resolve(message)));
    return Promise.race([check().then(() => "all are equal", String), broken]);
  });
  assert.deepEqual([ended, visit.errors], ["all are equal", []]);
});
