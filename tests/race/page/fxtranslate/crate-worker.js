// fxtranslate's worker, the engine compiled from its crate.

import { compete } from "../opponent.js";
import init, { Oracle, kernels } from "./oracle.js";

compete(async ({ model, vocabulary }) => {
  const { memory } = await init({ module_or_path: new URL("oracle.wasm", import.meta.url) });
  const oracle = new Oracle(new Uint8Array(model), new Uint8Array(vocabulary));
  return {
    kernels: kernels(),
    translate: (sentences) => oracle.translate(sentences),
    memory: () => memory.buffer.byteLength,
  };
});
