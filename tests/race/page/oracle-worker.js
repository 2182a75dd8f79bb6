// The worker of the engine that Klartext is raced against.

import init, { Oracle, kernels } from "./oracle.js";

/**
 * Sentences that the engine takes at once, sorted by length so that none waits for a much longer one. It was fastest
 * with 8; with 32, which is best for it natively, it was a tenth slower.
 */
const BATCH = 8;

const { memory } = await init({ module_or_path: new URL("oracle.wasm", import.meta.url) });
let oracle = null;

/** Loads the model that a manifest names. */
async function load(manifest) {
  const get = async (address) => {
    const response = await fetch(address);
    if (!response.ok) throw new Error(`${address}: ${response.status}`);
    return response;
  };
  const { files } = await (await get(manifest)).json();
  const base = new URL(manifest, self.location.href);
  const bytes = async ({ path }) => new Uint8Array(await (await get(new URL(path, base))).arrayBuffer());
  oracle = new Oracle(await bytes(files.model), await bytes(files.vocabulary));
  self.postMessage({ type: "ready", kernels: kernels() });
}

/** Translates sentences, and tells when the first batch is done. */
function translate(sentences) {
  const order = sentences.map((_, index) => index);
  order.sort((a, b) => sentences[a].length - sentences[b].length);
  const outputs = new Array(sentences.length);
  for (let start = 0; start < order.length; start += BATCH) {
    const batch = order.slice(start, start + BATCH);
    const translations = oracle.translate(batch.map((index) => sentences[index]));
    batch.forEach((index, place) => (outputs[index] = translations[place]));
    if (start === 0) self.postMessage({ type: "first" });
  }
  self.postMessage({ type: "done", outputs, memory: memory.buffer.byteLength });
}

self.addEventListener("message", async ({ data }) => {
  try {
    if (data.type === "load") await load(data.manifest);
    if (data.type === "translate") translate(data.sentences);
  } catch (error) {
    self.postMessage({ type: "failed", error: { code: "oracle", message: String(error) } });
  }
});
self.postMessage({ type: "started" });
