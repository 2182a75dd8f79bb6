// A segment of a shadow as it is shown: German in a slot, and English beside it, one of which a style sheet hides.

import { copyOf, textsOf } from "./copy.js";
import { LABELLED, speaker } from "./labels.js";
import { copyPlace } from "./style.js";
import { PartView } from "./view.js";

/** @typedef {import("./copy.js").Context} Context @typedef {import("./walk.js").Segment} Segment */

/** Nodes that stay as they are. */
export class KeptView {
  /** @type {HTMLElement} */
  element;
  #slot = document.createElement("slot");
  #labels;

  /** @param {Segment} segment @param {Context} context */
  constructor(segment, { painter }) {
    this.segment = segment;
    this.element = segment.picture ? speaker(this.#slot) : this.#slot;
    this.#labels = painter.labels;
  }

  /** @param {import("./sheets.js").Mode} mode */
  label(mode) {
    const { picture } = this.segment;
    if (picture) this.#labels.say(this.#slot, picture, mode !== "original");
  }

  /** @param {import("./sheets.js").Mode} mode */
  assign(mode) {
    this.label(mode);
    const { nodes } = this.segment;
    const isBreak = nodes.every((node) => node.nodeName === "BR" || (node instanceof Text && !/\S/.test(node.data)));
    this.#slot.className = isBreak ? "break" : "";
    this.#slot.assign(...nodes);
  }
}

/** Text, or a box with text, in both languages. */
export class PairView {
  /** @type {HTMLElement} */
  element;
  /** The height of the original, which its copy keeps. @type {string | undefined} */
  height;
  #slot = document.createElement("slot");
  #german;
  #english;
  #context;
  /** @type {PartView[]} */
  #views = [];
  #copy = null;
  #isPlaced = false;

  /** @param {Segment} segment @param {Context} context */
  constructor(segment, context) {
    this.segment = segment;
    this.#context = context;
    const isText = segment.type === "part";
    const make = (...names) => {
      const element = document.createElement(isText ? "span" : "div");
      element.className = names.join(" ");
      return element;
    };
    this.element = make("pair", segment.type);
    // What a figure shows besides words is not shown twice, one beside the other.
    if (segment.node?.localName === "figure") this.element.classList.add("pictured");
    this.#german = make("german");
    this.#german.setAttribute("part", "klartext-german");
    this.#english = make("english", ...(isText ? [] : ["copy"]));
    this.#english.setAttribute("part", "klartext-english");
    this.#english.lang = context.painter.target;
    this.#english.dir = context.painter.dir;
    this.#english.translate = false;
    this.#german.append(this.#slot);
    this.element.append(this.#german, this.#english);
  }

  /** Whether there is English to show. The columns of a table move with every cell, so it changes as a whole. */
  get isBegun() {
    const isWhole = this.segment.node?.localName === "table" && !this.element.classList.contains("shown");
    return isWhole ? this.segment.parts.every((part) => this.#isDone(part)) : this.#isStarted;
  }

  get #isStarted() {
    return this.segment.parts.some((part) => this.#isDone(part));
  }

  /** @param {import("./part.js").Part} part */
  #isDone(part) {
    return this.#context.translationOf(part).isDone;
  }

  /** Whether English is shown in the place of the German. @param {import("./sheets.js").Mode} mode */
  #isReplaced(mode) {
    return mode === "replace" && this.segment.type !== "after" && this.element.classList.contains("shown");
  }

  /** Puts the host's nodes where the mode wants them. @param {import("./sheets.js").Mode} mode */
  assign(mode) {
    const slots = this.#isReplaced(mode) ? this.#views.flatMap((view) => [...view.slots]) : [];
    const moved = new Set(slots.map(([{ node }]) => node));
    this.#slot.assign(...this.segment.nodes.filter((node) => !moved.has(node)));
    for (const view of this.#views) view.label(mode);
    for (const [{ node }, slot] of slots) slot.assign(node);
  }

  /** Has the labels that have come be English. @param {import("./sheets.js").Mode} mode */
  label(mode) {
    for (const clone of this.#english.querySelectorAll(LABELLED)) this.#context.painter.cloner.label(clone);
    for (const view of this.#views) view.label(mode);
  }

  /** How large the English type is where it stands for the German, in parts of its size. @param {number} size */
  set size(size) {
    this.element.classList.toggle("sized", size !== 1);
    if (size === 1) this.#english.style.removeProperty("--klartext-size");
    else this.#english.style.setProperty("--klartext-size", `${size}em`);
  }

  /** Shows what another view has shown, for now. @param {PairView} former */
  inherit(former) {
    if (former.segment.type !== "copy" || !former.element.classList.contains("shown") || !this.#isStarted) return;
    this.#english.append(...former.#english.childNodes);
    this.element.classList.add("shown");
  }

  /** Notes how high the original is, while it is shown. */
  measure() {
    const { node, type } = this.segment;
    if (type !== "copy" || this.element.classList.contains("shown")) return;
    const { height } = getComputedStyle(node);
    this.height = /^[\d.]+px$/.test(height) ? height : undefined;
  }

  /**
   * Shows what English there is, step by step. The German is hidden in a step, as its styles are best read so.
   *
   * @returns {Generator<void>}
   */
  *paint() {
    const focused = this.#focused();
    const { type, part } = this.segment;
    const isRead = type === "copy" || (type === "part" && part.elements.size + part.things.length > 0);
    const hide = (hidden) => isRead && this.#hide(hidden);
    hide(true);
    for (const _ of this.#steps()) {
      hide(false);
      yield;
      hide(true);
    }
    hide(false);
    this.element.classList.add("shown");
    if (focused) this.#focus(focused);
  }

  /** Has both languages stand where the original does, before there is English. */
  place() {
    if (this.segment.type !== "copy" || this.#isPlaced) return;
    this.#hide(true);
    this.#place();
    this.#hide(false);
  }

  #place() {
    if (!this.#isPlaced) copyPlace(this.element, this.segment.node);
    this.#isPlaced = true;
  }

  /** Hides the German while its styles are read, and shows it where it stands. @param {boolean} hidden */
  #hide(hidden) {
    this.#german.style.display = hidden ? "none" : "";
    if (this.segment.type === "copy") this.element.classList.toggle("placed", !hidden);
  }

  /** @returns {Generator<void>} */
  *#steps() {
    const { segment } = this;
    if (this.#copy) {
      for (const view of this.#views) view.update();
      return;
    }
    const views = [];
    if (segment.type === "part") {
      const translation = this.#context.translationOf(segment.part);
      views.push(new PartView(this.#english, segment.part, translation, this.#context.painter, true));
      views[0].update();
      this.#copy = this.#english;
    } else if (segment.type === "copy") {
      const copy = yield* copyOf(segment.node, segment.items, this.#context, views);
      this.#english.replaceChildren(copy);
      this.#copy = copy;
      this.#place();
      this.#keepHeight();
    } else {
      this.#english.replaceChildren(
        ...textsOf(segment.node, segment.items, new Set(segment.parts), this.#context, views),
      );
      this.#copy = this.#english;
    }
    this.#views = views;
  }

  #keepHeight() {
    if (!this.height) return;
    // For a table, `height` is what `min-height` is for others.
    this.#copy.style.setProperty(this.#copy.style.display.includes("table") ? "height" : "min-height", this.height);
  }

  /** Makes the English anew when it is next painted: the originals look different now. */
  renew() {
    this.height = undefined;
    this.#copy = null;
    this.#isPlaced = false;
  }

  /** The host's element that has the focus, or whose clone has. */
  #focused() {
    const inside = this.#english.getRootNode().activeElement;
    if (inside) return this.#context.painter.cloner.origins.get(inside);
    const active = this.segment.nodes[0]?.getRootNode().activeElement;
    return active && this.segment.nodes.some((node) => node.contains(active)) ? active : undefined;
  }

  /** @param {Element} original */
  #focus(original) {
    const { origins } = this.#context.painter.cloner;
    const clone = [...this.#english.querySelectorAll("*")].find((element) => origins.get(element) === original);
    clone?.focus({ preventScroll: true });
  }
}
