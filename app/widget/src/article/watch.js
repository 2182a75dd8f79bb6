// Watches the host: what it changes in the article, how wide that is, and whether the page's looks change.

import { showHidden } from "./links.js";

const ATTRIBUTES = [
  "alt",
  "aria-label",
  "contenteditable",
  "dir",
  "hidden",
  "href",
  "lang",
  "src",
  "srcset",
  "target",
  "title",
  "translate",
];

/** How long the page's looks may go on changing before they are copied anew, in ms. */
const SETTLED = 200;

export class Watch {
  #changes;
  #onchange;
  #looks;
  #width;
  #ending = new AbortController();
  #timer = 0;
  /** @type {WeakSet<Node>} */
  #watched = new WeakSet();

  /**
   * @param {Element} root
   * @param {{ onchange: (records: MutationRecord[]) => void, onwidth: () => void, onlooks: () => void }} handlers
   * `onwidth` is called at once, `onlooks` when nothing has changed for a while
   */
  constructor(root, { onchange, onwidth, onlooks }) {
    const later = () => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(onlooks, SETTLED);
    };
    this.#onchange = onchange;
    this.#changes = new MutationObserver(onchange);
    this.add(root);
    this.#looks = new MutationObserver(later);
    for (const element of [document.documentElement, document.body]) {
      if (element)
        this.#looks.observe(element, {
          attributes: true,
          attributeFilter: ["class", "style", "data-theme", "data-color-scheme"],
        });
    }
    let width;
    this.#width = new ResizeObserver(([{ contentRect }]) => {
      // A list that is shown by a copy has no width for the time.
      if (contentRect.width === 0) return;
      const isFirst = width === undefined;
      if (Math.abs(contentRect.width - (width ?? 0)) < 1) return;
      width = contentRect.width;
      if (isFirst) return;
      onwidth();
      later();
    });
    this.#width.observe(root);
    const { signal } = this.#ending;
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", later, { signal });
    addEventListener("hashchange", () => showHidden(location.hash), { signal });
  }

  /** Watches a tree too. @param {Node} root */
  add(root) {
    if (this.#watched.has(root)) return;
    this.#watched.add(root);
    this.#changes.observe(root, {
      subtree: true,
      childList: true,
      characterData: true,
      attributes: true,
      attributeFilter: ATTRIBUTES,
    });
  }

  /** Watches which children an element around the article has. @param {Node} host */
  addBeside(host) {
    if (this.#watched.has(host)) return;
    this.#watched.add(host);
    this.#changes.observe(host, { childList: true });
  }

  /** Tells at once what has changed a moment ago. */
  catchUp() {
    const records = this.#changes.takeRecords();
    if (records.length > 0) this.#onchange(records);
  }

  stop() {
    clearTimeout(this.#timer);
    this.#changes.disconnect();
    this.#looks.disconnect();
    this.#width.disconnect();
    this.#ending.abort();
  }
}
