// What the workers of the other engines have in common: they load the model that a manifest names, and translate
// sentences in batches.

/**
 * An engine with a model.
 * @typedef {object} Engine
 * @property {string} kernels the instructions that it says it uses
 * @property {(sentences: string[]) => string[]} translate
 * @property {() => number} memory bytes of its WebAssembly memory
 */

/**
 * Sentences that an engine takes at once, sorted by length so that none waits for a much longer one. fxtranslate was
 * fastest with 8, and with 32, which is best for it natively, a tenth slower; Bergamot's speed differs by less than that
 * from 8 to 400, and 8 is what its own package sends.
 */
const BATCH = 8;

/**
 * Answers the page's messages.
 * @param {(files: {model: ArrayBuffer, vocabulary: ArrayBuffer}, exact: boolean) => Promise<Engine>} start
 */
export function compete(start) {
  let engine = null;
  self.addEventListener("message", async (event) => {
    // Nobody else in this worker is meant.
    event.stopImmediatePropagation();
    const request = event.data;
    try {
      if (request.type === "load") {
        engine = await start(await files(request.manifest), request.exact);
        self.postMessage({ type: "ready", kernels: engine.kernels });
      }
      if (request.type === "translate") translate(engine, request.sentences);
    } catch (error) {
      self.postMessage({ type: "failed", error: { code: self.location.pathname, message: String(error) } });
    }
  });
  self.postMessage({ type: "started" });
}

/** Fetches the model's files. */
async function files(manifest) {
  const base = new URL(manifest, self.location.href);
  const bytes = async ({ path }) => (await get(new URL(path, base))).arrayBuffer();
  const { files } = await (await get(base)).json();
  return { model: await bytes(files.model), vocabulary: await bytes(files.vocabulary) };
}

/** Fetches what is there. */
export async function get(address) {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`${address}: ${response.status}`);
  return response;
}

/** Translates sentences, and tells when the first batch is done. */
function translate(engine, sentences) {
  const order = sentences.map((_, index) => index);
  order.sort((a, b) => sentences[a].length - sentences[b].length);
  const outputs = new Array(sentences.length);
  for (let start = 0; start < order.length; start += BATCH) {
    const batch = order.slice(start, start + BATCH);
    const translations = engine.translate(batch.map((index) => sentences[index]));
    batch.forEach((index, place) => (outputs[index] = translations[place]));
    if (start === 0) self.postMessage({ type: "first" });
  }
  self.postMessage({ type: "done", outputs, memory: engine.memory() });
}
