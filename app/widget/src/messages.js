// What the bar says to a person when something fails: what happened and what to do, short enough for two
// lines on a phone beside the button that tries again.

/** Texts by the codes of failures, and whether trying again can help. */
const TEXTS = {
  "no-simd": ["This browser is too old for the translator. Please update it.", false],
  "no-wasm": ["The translator needs WebAssembly, which is off in this browser.", false],
  blocked: ["This site’s security settings do not allow the translator.", false],
  "model-missing": ["The server lacks the translator. Try later.", true],
  network: ["Translator not loaded. Check your connection.", true],
  "model-broken": ["The translator arrived damaged. Try again.", true],
  "model-unsupported": ["The translator is of another version. Please reload the page.", false],
  "out-of-space": ["No room for the translator. Free some space.", true],
  "storage-full": ["The device is full. Free some space.", true],
  storage: ["Storing failed. Close this site’s other tabs.", true],
  "too-long": ["This article is too long to be translated at once.", false],
  "out-of-memory": ["Too little memory. Close some other tabs.", true],
  "worker-died": ["The translator stopped. Try again to go on.", true],
  "no-article": ["No article was found here yet.", true],
  "no-text": ["There is no German text here to translate.", false],
};

const OTHER = ["Something went wrong in the translator.", true];

/** Failures after which nothing can come of it in this browser or on this page. */
const HOPELESS = new Set(["no-simd", "no-wasm", "blocked", "model-unsupported"]);

/**
 * What is said about a failure.
 * @param {string} code
 * @returns {{text: string, again: boolean, hopeless: boolean}}
 */
export function explain(code) {
  const [text, again] = Object.hasOwn(TEXTS, code) ? TEXTS[code] : OTHER;
  return { text, again, hopeless: HOPELESS.has(code) };
}

/** Bytes as people read them: "3.1 of 9.2 MB". */
function megabytes(done, total) {
  const [here, all] = [done, total].map((bytes) => (bytes / 1e6).toFixed(1));
  return `${here} of ${all}\u00a0MB`;
}

/**
 * What is said while a model is on its way.
 * @param {{done: number, total: number, state: string, needed?: number | null}} progress
 */
export function loadingText({ done, total, state, needed }) {
  if (state === "waiting") return "Waiting for another tab";
  return needed && total ? `Loading · ${megabytes(done, total)}` : "Opening the translator";
}

/** What is said while sentences come in. */
export function translatingText(done, total) {
  return total ? `Translating · ${Math.floor((100 * done) / total)}\u00a0%` : "Translating";
}
