// A plain text cut into blocks for the engine, and put together again around what comes back: every line break, tab and
// space between sentences stays as it was.

/** What parts blocks: line breaks, tabs and other control characters. */
const SEPARATORS = /([\p{Cc}\u2028\u2029]+)/u;

/** What there must be in a text for it to be translatable. */
const WORDS = /[\p{L}\p{N}]/u;

export class PlainText {
  /** Blocks for the engine; none if nothing is to be translated. */
  blocks = [];
  /** Stretches of text in order: strings, blocks without an outline as numbers, and sentences as `{english}`. */
  #parts = [];
  /** The sentences of each block. */
  #sentences = [];
  #next = 0;
  #before = "";

  /** @param {string} text */
  constructor(text) {
    for (const part of text.split(SEPARATORS)) {
      if (part === "") continue;
      const isText = WORDS.test(part);
      this.#parts.push(isText ? this.blocks.length : part);
      if (isText) this.blocks.push({ kind: "paragraph", runs: [{ text: part }] });
    }
  }

  /** Takes the spans of each block's sentences. */
  outline(spans) {
    this.#sentences = spans.map((block) => block.map(() => ({ english: null })));
    this.#parts = this.#parts.flatMap((part) => (typeof part === "number" ? this.#cut(part, spans[part]) : [part]));
  }

  /** Takes a sentence's English. */
  sentence({ block, sentence, runs }) {
    this.#sentences[block][sentence].english = runs.map((run) => run.text).join("");
  }

  /** What is there of the translation and was not taken before: sentences in order, each with what stands before it. */
  *take() {
    for (; this.#next < this.#parts.length; this.#next += 1) {
      const part = this.#parts[this.#next];
      if (typeof part === "number" || part.english === null) return;
      this.#before += part.english ?? part;
      if (typeof part === "object") yield this.#rest();
    }
    if (this.#before !== "") yield this.#rest();
  }

  #rest() {
    const text = this.#before;
    this.#before = "";
    return text;
  }

  #cut(block, spans) {
    const [{ text }] = this.blocks[block].runs;
    const ends = [0, ...spans.map(({ end }) => end)];
    const parts = spans.flatMap(({ start }, index) => [text.slice(ends[index], start), this.#sentences[block][index]]);
    return [...parts, text.slice(ends.at(-1))];
  }
}
