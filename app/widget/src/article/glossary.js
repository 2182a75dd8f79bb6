// A publisher's glossary: German terms that keep their form or have a set rendering.

/**
 * A term as publishers write it: without `en` it is kept as it is.
 *
 * @typedef {{ de: string, forms?: string[], en?: string }} Term
 *
 * @typedef {{ terms: Term[] } | Term[] | Record<string, string | true>} GlossarySource
 */

/**
 * How many forms a glossary may have, and how long one may be: more is a mistake, and would cost time on every block.
 */
const FORMS = 20_000;
const LENGTH = 200;

export class Glossary {
  /** Renderings by German form; `undefined` is the form itself. @type {Map<string, string | undefined>} */
  #renderings = new Map();
  /** @type {RegExp | null} */
  #pattern = null;

  /** What is no term in `source` is passed over. @param {GlossarySource | null | undefined} source */
  constructor(source) {
    for (const { forms, en } of terms(source)) {
      for (const form of forms) {
        const plain = typeof form === "string" ? squeeze(form) : "";
        if (plain && plain.length <= LENGTH && this.#renderings.size < FORMS) this.#renderings.set(plain, en);
      }
    }
    // The longest form wins where two begin at the same word.
    const longest = [...this.#renderings.keys()].sort((a, b) => b.length - a.length);
    if (longest.length === 0) return;
    const any = longest.map((form) => form.split(" ").map(escape).join("\\s+")).join("|");
    this.#pattern = new RegExp(`(?<![\\p{L}\\p{N}_])(?:${any})(?![\\p{L}\\p{N}_])`, "gu");
  }

  /**
   * Where terms stand in a text, in order.
   *
   * @param {string} text
   * @returns {{ start: number, end: number, en?: string }[]}
   */
  find(text) {
    if (!this.#pattern) return [];
    return [...text.matchAll(this.#pattern)].map((match) => ({
      start: match.index,
      end: match.index + match[0].length,
      en: this.#renderings.get(squeeze(match[0])),
    }));
  }
}

/** @param {unknown} source @returns {{ forms: unknown[], en?: string }[]} */
function terms(source) {
  if (!source || typeof source !== "object") return [];
  const list = Array.isArray(source) ? source : source.terms;
  if (Array.isArray(list)) {
    return list
      .filter((term) => term && typeof term === "object")
      .map(({ de, forms, en }) => ({ forms: [de, ...(Array.isArray(forms) ? forms : [])], en: rendering(en) }));
  }
  return Object.entries(source)
    .filter(([, en]) => en === true || typeof en === "string")
    .map(([de, en]) => ({ forms: [de], en: rendering(en) }));
}

/** @param {unknown} en */
function rendering(en) {
  return typeof en === "string" && en.trim() ? squeeze(en) : undefined;
}

/** @param {string} text */
function squeeze(text) {
  return text.trim().replace(/\s+/g, " ");
}

/** @param {string} text */
function escape(text) {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
}
