// Style sheets in the shadow roots: how German and English stand in each mode. Constructed ones, which no security
// policy of a host's forbids, and shared, so that one change of one sheet turns over a whole article.

import { States } from "./states.js";

/** @typedef {"replace" | "beside" | "original"} Mode */

const BASE = `
  .pair, .german, .copy { display: contents; }
  .english { display: none; }
  .english :not(svg, svg *) { all: unset; }
  .english slot, .speaker, .english .speaker { display: contents; }
  .english summary { display: list-item; cursor: pointer; list-style: inside disclosure-closed; }
  .english details[open] > summary { list-style-type: disclosure-open; }
  .english :focus-visible { outline: auto; }
`;

const MODES = {
  original: "",
  replace: `
    .shown > .german { display: none; }
    .shown > .english { display: inline; }
    .shown > .copy, .after > .german { display: contents; }
    .sized > .english { font-size: var(--klartext-size); line-height: 1; }
  `,
  beside: `
    .pair {
      display: grid; align-items: start; gap: 0.5rem var(--klartext-gap, 2rem);
      grid-template-columns: repeat(auto-fit, minmax(min(100%, 17rem), 1fr));
    }
    .after { display: block; }
    .german, .english { display: block; min-width: 0; overflow-wrap: break-word; }
    .english > * { min-height: 0 !important; }
    .english .rest, .break { display: none; }
    .pictured { display: block; }
    .pictured > .english [data-klartext=kept] { display: none !important; }
    .copy > .english > *, .copy.placed > .german ::slotted(*) {
      margin: 0 !important; min-width: 0 !important; max-width: 100% !important;
    }
    .copy > .english > :not(table), .copy.placed > .german ::slotted(:not(table)) { width: auto !important; }
  `,
};

/** The sheets of one article. */
export class Sheets {
  #mode = new CSSStyleSheet();
  #pseudo = new CSSStyleSheet();
  /** By height. @type {Map<string, CSSStyleSheet>} */
  #heights = new Map();
  #count = 0;
  #states = new States();
  /** Classes by their rules. @type {Map<string, string>} */
  #stateful = new Map();

  /** @param {Mode} mode */
  constructor(mode) {
    this.mode = mode;
  }

  /** @param {Mode} mode */
  set mode(mode) {
    this.#mode.replaceSync(BASE + (MODES[mode] ?? ""));
  }

  /** The sheets for a root whose host is to be at least so high. @param {string} [height] a length */
  for(height) {
    const sheets = [this.#mode, this.#pseudo];
    if (height) sheets.push(this.#height(height));
    return sheets;
  }

  /** @param {string} height */
  #height(height) {
    let sheet = this.#heights.get(height);
    if (!sheet) {
      sheet = new CSSStyleSheet();
      sheet.replaceSync(`:host { min-height: ${height}; }`);
      this.#heights.set(height, sheet);
    }
    return sheet;
  }

  /**
   * Makes a rule for a pseudo-element of elements with a new class, and returns the class.
   *
   * @param {Map<string, string>} rules declarations by pseudo-element
   */
  pseudo(rules) {
    const name = `klartext-${++this.#count}`;
    for (const [pseudo, text] of rules)
      this.#pseudo.insertRule(`.english .${name}${pseudo} { ${text} }`, this.#pseudo.cssRules.length);
    return name;
  }

  /** Reads the host's style sheets step by step. @param {Node} root of the tree they are for @returns {Generator<void>} */
  warm(root) {
    return this.#states.warm(root);
  }

  /**
   * A class for copies of an original, with which they look like it in all of its states; none if it has one look.
   *
   * @param {Element} original
   */
  states(original) {
    const rules = this.#states.of(original);
    if (rules.length === 0) return "";
    const all = rules.join("\n");
    let name = this.#stateful.get(all);
    if (!name) {
      name = `klartext-${++this.#count}`;
      this.#stateful.set(all, name);
      for (const rule of rules) this.#pseudo.insertRule(`.english .${name}${rule}`, this.#pseudo.cssRules.length);
    }
    return name;
  }

  /** Forgets rules that are about to be made anew. */
  clear() {
    this.#states.clear();
    this.#stateful.clear();
    this.#pseudo.replaceSync("");
  }
}
