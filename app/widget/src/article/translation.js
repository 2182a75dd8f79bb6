// What is known of the English of a block's text, whichever parts of the page show that text, and a batch of blocks on
// their way through the engine.

import { englishText } from "./inline.js";

/**
 * @typedef {import("./part.js").Part} Part
 * @typedef {import("./part.js").Run} Run
 * @typedef {{ start: number, end: number }} Span
 */

export class Translation {
  /** Where the German sentences are, in UTF-16 units, once that is known. @type {Span[] | null} */
  spans = null;
  /** English sentences, those that are there. @type {Run[][]} */
  english = [];
  /** Parts of the page with this text. @type {Set<Part>} */
  parts = new Set();
  /** Whether it was collected. */
  isAsked = false;

  /** Takes English that needs no engine. @param {Part} part @param {Run[]} runs */
  settle(part, runs) {
    this.spans = [{ start: 0, end: part.text.length }];
    this.english = [runs];
  }

  /** Whether all of the English is there. It is shown as a whole: in halves, its lines would move while one reads. */
  get isDone() {
    return this.spans !== null && this.spans.every((_, index) => this.english[index]);
  }
}

/** Blocks that are translated together. */
export class Batch {
  /** For the engine, in reading order. */
  blocks;
  #translations;
  #onoutline;
  #ondone;

  /**
   * @param {Translation[]} translations each with a part
   * @param {{ onoutline: () => void, ondone: (translation: Translation) => void }} handlers
   */
  constructor(translations, { onoutline, ondone }) {
    this.#translations = translations;
    [this.#onoutline, this.#ondone] = [onoutline, ondone];
    this.blocks = translations.map((translation) => {
      translation.isAsked = true;
      const [{ kind, runs }] = translation.parts;
      return { kind, runs };
    });
  }

  /** Takes where the sentences are: for each block their spans in UTF-16 units of its text. @param {Span[][]} spans */
  outline(spans) {
    this.#translations.forEach((translation, index) => {
      translation.spans = spans[index] ?? [];
    });
    this.#onoutline();
  }

  /**
   * Takes a sentence, which is shown soon after the last of its block.
   *
   * @param {{ block: number, sentence: number, runs: Run[] }} sentence
   * @returns {{ element: Element | null, german: string, english: string }} the host's element with the sentence, or
   * `null` if it is no longer there; its text as it was and as it is
   */
  sentence({ block, sentence, runs }) {
    const translation = this.#translations[block];
    const span = translation?.spans?.[sentence];
    if (!span) return { element: null, german: "", english: runs.map((run) => run.text).join("") };
    translation.english[sentence] = runs;
    if (translation.isDone) this.#ondone(translation);
    const part = [...translation.parts].find(({ container }) => container.isConnected);
    if (!part) return { element: null, german: "", english: runs.map((run) => run.text).join("") };
    const element = part.container instanceof Element ? part.container : part.container.host;
    return { element, german: part.text.slice(span.start, span.end), english: englishText(part, runs) };
  }

  /** The index of the first block that is on the screen or below it, or 0. */
  first() {
    const index = this.#translations.findIndex(({ parts }) => [...parts].some(isAhead));
    return Math.max(index, 0);
  }
}

/** Whether the reader has not scrolled past a part. @param {Part} part */
function isAhead({ nodes, container }) {
  const range = document.createRange();
  range.setStartBefore(nodes[0]);
  range.setEndAfter(nodes.at(-1));
  // Once there is English, the German itself has no place on the screen.
  const boxes = [range, container].map((each) => each.getBoundingClientRect?.());
  return boxes.some((box) => box && box.width + box.height > 0 && box.bottom > 0);
}
