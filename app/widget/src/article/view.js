// A part as it is shown: its English sentences, or the German until all of them are there.

import { englishAtoms, germanAtoms, nest } from "./inline.js";
import { speaker } from "./labels.js";
import { pictureIn } from "./nodes.js";

/**
 * What all views of an article share.
 *
 * @typedef {{ cloner: import("./clone.js").Cloner, labels: import("./labels.js").Labels, source: string, target: string,
 *   dir: string }} Painter
 */

export class PartView {
  /** Slots for the things that stay themselves. @type {Map<import("./part.js").Thing, HTMLSlotElement>} */
  slots = new Map();
  #part;
  #translation;
  #painter;
  #slotted;
  /** Elements to clone once more, by tag. @type {Map<number, HTMLElement>} */
  #shells = new Map();
  /** The English that is shown; `null` is the German, `undefined` nothing yet. */
  #shown;
  /**
   * @param {HTMLElement} element to show it in
   * @param {import("./part.js").Part} part @param {import("./translation.js").Translation} translation
   * @param {Painter} painter @param {boolean} slotted whether things can be themselves, in slots
   */
  constructor(element, part, translation, painter, slotted) {
    this.element = element;
    this.#part = part;
    this.#translation = translation;
    this.#painter = painter;
    this.#slotted = slotted;
  }

  /** Has slots with pictures say in English what is on them. @param {import("./sheets.js").Mode} mode */
  label(mode) {
    for (const [{ node }, slot] of this.slots) {
      const picture = pictureIn(node);
      if (picture && slot.parentElement?.className === "speaker") this.#painter.labels.say(slot, picture, mode !== "original");
    }
  }

  /** Shows what is there now: all of the English, or the German. */
  update() {
    const { isDone, spans, english } = this.#translation;
    const shown = isDone ? english : null;
    if (this.#shown === shown) return;
    this.#shown = shown;
    if (isDone && spans.length > 0) this.#sentences(spans, english);
    else this.#german();
  }

  /** @param {import("./translation.js").Span[]} spans @param {import("./part.js").Run[][]} english */
  #sentences(spans, english) {
    const { target, dir } = this.#painter;
    const nodes = spans.flatMap((span, index) => {
      const cell = document.createElement("span");
      [cell.lang, cell.dir] = [target, dir];
      const things = this.#part.things.filter((thing) => this.#sentenceOf(thing) === index);
      this.#nest(cell, englishAtoms(this.#part, english[index], span, things));
      const gap = index > 0 && this.#part.text.slice(spans[index - 1].end, span.start);
      return gap ? [" ", cell] : [cell];
    });
    this.#put(nodes);
  }

  #german() {
    const part = this.#part;
    const cell = document.createElement("span");
    Object.assign(cell, { lang: this.#painter.source, dir: "auto", className: "rest" });
    this.#nest(cell, germanAtoms(part, 0, part.text.length, part.things));
    this.#put([cell]);
  }

  /** @param {(Node | string)[]} nodes */
  #put(nodes) {
    const { before, after } = this.#part.spaced;
    this.element.replaceChildren(...(before ? [" "] : []), ...nodes, ...(after ? [" "] : []));
  }

  /** @param {HTMLElement} cell @param {import("./inline.js").Atom[]} atoms */
  #nest(cell, atoms) {
    nest(cell, atoms, {
      isKnown: (tag) => this.#part.elements.has(tag),
      shell: (tag) => this.#shell(tag),
      thing: (thing) => this.#thing(thing),
    });
  }

  /** The sentence that a thing stands in or before. @param {import("./part.js").Thing} thing */
  #sentenceOf(thing) {
    const spans = this.#translation.spans ?? [];
    const index = spans.findIndex(({ end }) => thing.at <= end);
    return index < 0 ? Math.max(spans.length - 1, 0) : index;
  }

  /** @param {number} tag */
  #shell(tag) {
    const { cloner } = this.#painter;
    let shell = this.#shells.get(tag);
    if (!shell) {
      const original = this.#part.elements.get(tag);
      shell = cloner.shell(original, original.parentElement ?? original);
      this.#shells.set(tag, shell);
    }
    return cloner.again(shell);
  }

  /** @param {import("./part.js").Thing} thing */
  #thing(thing) {
    const { node, direct } = thing;
    if (!this.#slotted || !direct || node.localName === "br")
      return this.#painter.cloner.deep(node, node.parentElement ?? node);
    let slot = this.slots.get(thing);
    if (!slot) {
      slot = document.createElement("slot");
      this.slots.set(thing, slot);
    }
    return pictureIn(node) ? speaker(slot) : slot;
  }
}
