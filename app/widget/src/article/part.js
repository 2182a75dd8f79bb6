// A part: a stretch of inline nodes of the host's that is translated as one block, written as runs of text whose tags
// are numbers for the elements around them.

import { blockKind } from "./nodes.js";
import { englishNumbers } from "./numbers.js";

/**
 * @typedef {{ text: string, mark: { code?: true, tags?: number[] } }} Run
 *
 * Something within a line that is no text. `at` is where it stands in the part's text; `tag` is that of the word whose
 * English it stands beside: after it, and after the signs `behind` it, if it is close to that word, else before it;
 * `direct`: whether it is a child of the part's container and stays itself, in a slot.
 *
 * @typedef {{ node: Element, at: number, tag?: number, behind?: string, tags: number[], direct: boolean, spaced: boolean }} Thing
 */

/** Soft hyphens and other marks of where a word may break: of no meaning, and the model does not know them. */
const BREAKS = /[\u00AD\u200B\u2060\uFEFF]/g;
const SPACE = /[ \t\n\r\f]+/g;
const WORD = /[\p{L}\p{N}]+/gu;
const LAST_WORD = /([\p{L}\p{N}]+)(\P{L}{0,3})$/u;
/** A word that a low sign is part of, such as that for carbon dioxide, has at most so many letters and digits. */
const FORMULA = 8;

export class Part {
  /** Elements by tag, outer ones before inner ones. @type {Map<number, Element>} */
  elements = new Map();
  /** Renderings of glossary terms by tag; `undefined` keeps the term. @type {Map<number, string | undefined>} */
  terms = new Map();
  /** @type {Thing[]} */
  things = [];
  /** @type {Run[]} */
  runs = [];
  /** Whether there is white space before and after the text, which matters where something stands there. */
  spaced = { before: false, after: false };

  #next = 1;
  #kinds;

  /**
   * @param {Element | ShadowRoot} container
   * @param {Node[]} nodes children of it
   * @param {{ kinds: import("./nodes.js").Kinds, glossary: import("./glossary.js").Glossary }} options
   */
  constructor(container, nodes, { kinds, glossary }) {
    this.container = container;
    this.nodes = nodes;
    this.#kinds = kinds;
    for (const node of nodes) this.#read(node, [], false, true);
    this.#trim();
    /** What the runs say, however they are cut from here on. */
    this.text = this.runs.map((run) => run.text).join("");
    this.#findTerms(glossary);
    this.#keepFormulas();
    this.#placeThings();
    this.kind = blockKind(container);
    const isWord = ({ text, mark }) => (!mark.code && /\p{L}/u.test(text)) || this.#isRendered(mark);
    /** Whether there is anything to translate. */
    this.isText = this.runs.some(isWord);
    /** The English of a text that has numbers and no words, if it is another. */
    this.numbers = this.isText ? null : this.#numbers();
    const names = [...this.elements.values()].map((element) => element.localName);
    /** The same for parts that have the same English. */
    this.key = JSON.stringify([this.kind, this.runs, names, [...this.terms]]);
  }

  /** Numbers as English writes them; `null` if they are the same. @returns {Run[] | null} */
  #numbers() {
    const runs = this.runs.map(({ text, mark }) => ({ text: mark.code ? text : englishNumbers(text), mark }));
    return runs.some(({ text }, index) => text !== this.runs[index].text) ? runs : null;
  }

  /** @param {Run["mark"]} mark */
  #isRendered({ tags = [] }) {
    return tags.some((tag) => this.terms.get(tag) !== undefined);
  }

  /** @param {Node} node @param {number[]} tags @param {boolean} literal @param {boolean} direct */
  #read(node, tags, literal, direct) {
    const kind = this.#kinds.of(node);
    if (kind === "text" || kind === "space") return this.#write(node.data, tags, literal);
    if (kind === "none") return;
    if (kind === "inline" || kind === "alone") {
      const tag = this.#next++;
      this.elements.set(tag, node);
      const inner = literal || this.#kinds.isLiteral(node);
      for (const child of node.childNodes) this.#read(child, [...tags, tag], inner, false);
      return;
    }
    if (node.localName === "wbr") return;
    if (node.localName === "br") this.#write(" ", tags, literal);
    const spaced = /^\s/.test(node.nextSibling?.textContent ?? "");
    this.things.push({ node, at: this.#length, tags, direct, spaced });
  }

  #length = 0;

  /**
   * Adds text, its white space as a browser shows it.
   *
   * @param {string} data
   * @param {number[]} tags
   * @param {boolean} literal
   */
  #write(data, tags, literal) {
    const last = this.runs.at(-1);
    let text = data.replace(BREAKS, "").replace(SPACE, " ");
    if (text.startsWith(" ") && !last && this.things.length === 0) this.spaced.before = true;
    if (text.startsWith(" ") && (!last || last.text.endsWith(" "))) text = text.slice(1);
    if (text === "") return;
    this.#length += text.length;
    if (last && !literal && !last.mark.code && sameTags(last.mark.tags, tags)) last.text += text;
    else this.runs.push({ text, mark: mark(tags, literal) });
  }

  /** Takes the white space off the end; there is none at the start. */
  #trim() {
    const last = this.runs.at(-1);
    if (!last?.text.endsWith(" ")) return;
    this.spaced.after = true;
    last.text = last.text.slice(0, -1);
    if (last.text === "") this.runs.pop();
  }

  /** @param {import("./glossary.js").Glossary} glossary */
  #findTerms(glossary) {
    for (const { start, end, en } of glossary.find(this.text)) {
      // A term that markup cuts through keeps its markup.
      const tag = this.#tagWord(start, end, true);
      if (tag !== undefined) this.terms.set(tag, en);
    }
  }

  /** Makes words with low signs in them, formulas, literal: the model knows them only as one word, without markup. */
  #keepFormulas() {
    for (const [tag, element] of this.elements) {
      if (element.localName !== "sub") continue;
      const index = this.runs.findIndex(({ mark }) => mark.tags?.includes(tag));
      const at = this.runs.slice(0, index).reduce((sum, run) => sum + run.text.length, 0);
      WORD.lastIndex = at - (/[\p{L}\p{N}]*$/u.exec(this.text.slice(0, at))?.[0].length ?? 0);
      const word = index >= 0 && WORD.exec(this.text);
      if (word && word.index <= at && word[0].length <= FORMULA && /\p{Lu}/u.test(word[0]))
        this.#keep(word.index, word.index + word[0].length);
    }
  }

  /** Makes a stretch literal, whatever markup cuts through it. @param {number} start @param {number} end */
  #keep(start, end) {
    let offset = 0;
    this.runs = this.runs.flatMap(({ text, mark: around }) => {
      const [from, to] = [Math.max(start - offset, 0), Math.min(Math.max(end - offset, 0), text.length)];
      offset += text.length;
      if (from >= to) return [{ text, mark: around }];
      return [
        { text: text.slice(0, from), mark: around },
        { text: text.slice(from, to), mark: mark(around.tags ?? [], true) },
        { text: text.slice(to), mark: around },
      ].filter((run) => run.text !== "");
    });
  }

  /** Gives the word beside each thing a tag of its own, by which one finds its English. */
  #placeThings() {
    for (const thing of this.things) {
      if (thing.at === 0) continue;
      const last = /[\p{L}\p{N}]/u.test(this.text.charAt(thing.at)) ? null : LAST_WORD.exec(this.text.slice(0, thing.at));
      if (last && !/\s$/.test(last[2])) {
        [thing.behind, thing.spaced] = [last[2], false];
        thing.tag = this.#tagWord(last.index, last.index + last[1].length, false);
        continue;
      }
      WORD.lastIndex = thing.at;
      const word = WORD.exec(this.text);
      if (word) thing.tag = this.#tagWord(word.index, word.index + word[0].length, false);
    }
  }

  /**
   * Puts a tag around a stretch that lies within one run.
   *
   * @param {number} start
   * @param {number} end
   * @param {boolean} literal
   */
  #tagWord(start, end, literal) {
    let offset = 0;
    for (const [index, { text, mark: around }] of this.runs.entries()) {
      const [from, to] = [start - offset, end - offset];
      if (from >= 0 && from < text.length) {
        if (to > text.length || around.code) return undefined;
        const tag = this.#next++;
        const cut = [
          { text: text.slice(0, from), mark: around },
          { text: text.slice(from, to), mark: mark([...(around.tags ?? []), tag], literal) },
          { text: text.slice(to), mark: around },
        ];
        this.runs.splice(index, 1, ...cut.filter((run) => run.text !== ""));
        return tag;
      }
      offset += text.length;
    }
    return undefined;
  }
}

/** @param {number[]} tags @param {boolean} literal @returns {Run["mark"]} */
function mark(tags, literal) {
  return { ...(literal && { code: true }), ...(tags.length > 0 && { tags }) };
}

/** @param {number[] | undefined} a @param {number[]} b */
function sameTags(a = [], b) {
  return a.length === b.length && a.every((tag, index) => tag === b[index]);
}
