// Bergamot's worker, with what its npm package brings: `translator-worker.js` finds the module beside this script.

/** Bergamot's own options as Firefox and the package set them; sentences come one to a text, and are not cut again. */
const CONFIG = { "gemm-precision": "int8shiftAlphaAll", "ssplit-mode": "sentence" };
const PAIR = { from: "de", to: "en" };

import("../opponent.js").then(({ compete }) =>
  compete(async ({ model, vocabulary }, exact) => {
    importScripts("translator-worker.js");
    if (exact) {
      importScripts("exact.js");
      BergamotTranslatorWorker.prototype.linkFallbackIntGemm = exactly(
        BergamotTranslatorWorker.prototype.linkFallbackIntGemm,
      );
    }
    const bergamot = new BergamotTranslatorWorker();
    await bergamot.initialize({ cacheSize: 0 });
    // The vocabulary is one for both languages. Nobody else races with a shortlist.
    const files = { model, shortlist: new ArrayBuffer(0), vocabs: [vocabulary], config: CONFIG };
    bergamot.loadTranslationModel(PAIR, files);
    return {
      kernels: exact ? "exact" : "the module's own",
      translate: (sentences) => {
        const texts = sentences.map((text) => ({ text, html: false, qualityScores: false }));
        return bergamot.translate({ models: [PAIR], texts }).map(({ target }) => target.text);
      },
      memory: () => Module.HEAP8.buffer.byteLength,
    };
  }),
);
