// The kernels with relaxed vectors, whose instructions have results that depend on the processor and the browser: equal to
// the scalar code bit for bit, in Chromium. Node's engine knows them from version 21 on only. KLARTEXT_KERNELS is the module
// of tests/kernels-wasm with relaxed vectors, which `cargo xtask test browser` builds.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { open } from "./harness/harness.mjs";

const FILE = process.env.KLARTEXT_KERNELS;

test("relaxed kernels equal the scalar code", { skip: !FILE && "KLARTEXT_KERNELS is not set" }, async (t) => {
  const { page } = await open(t);
  const module = (await readFile(FILE)).toString("base64");
  const found = await page.evaluate(async (module) => {
    const bytes = Uint8Array.from(atob(module), (letter) => letter.charCodeAt(0));
    const { exports } = (await WebAssembly.instantiate(bytes)).instance;
    const failing = exports.run();
    const name = failing && new Uint8Array(exports.memory.buffer, exports.name(failing), exports.name_len(failing));
    return [exports.instruction_sets(), name ? new TextDecoder().decode(name) : "all are equal"];
  }, module);
  assert.deepEqual(found, [4, "all are equal"]);
});
