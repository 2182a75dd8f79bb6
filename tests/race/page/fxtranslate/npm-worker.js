// fxtranslate's worker, the engine as its npm package brings it. That is written for Node, as a script that finds its
// names and its file around it, so this worker is a classic one.

/** What the package's script exports. */
var exports = {};
var __dirname = ".";

import("../opponent.js").then(({ compete, get }) =>
  compete(async ({ model, vocabulary }) => {
    const wasm = new Uint8Array(await (await get("fxtranslate_wasm_bg.wasm")).arrayBuffer());
    // The only file that it reads.
    self.require = () => ({ readFileSync: () => wasm });
    importScripts("fxtranslate_wasm.js");
    const bytes = new Uint8Array(vocabulary);
    const engine = new exports.Translator(new Uint8Array(model), bytes, bytes);
    return {
      kernels: engine.backend(),
      translate: (sentences) => {
        // The one function of the package that takes several sentences at once, which is nearly twice as fast. Behind their
        // translations is a line of counts.
        const lines = engine.translateBlockPhased(sentences.join("\n"), () => {}).split("\n");
        if (lines.length !== sentences.length + 1) throw new Error(`${lines.length} lines of ${sentences.length} sentences`);
        return lines.slice(0, -1);
      },
      memory: () => engine.linearMemoryBytes(),
    };
  }),
);
