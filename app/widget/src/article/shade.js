// A shadow root on one of the host's elements, and what it shows.

import { claim, dress, placeIn, slottable, surrender } from "./roots.js";
import { KeptView, PairView } from "./segment.js";
import { forwardClicks } from "./links.js";
import { Veil } from "./veil.js";

/**
 * @typedef {import("./copy.js").Context & { owner: object, sheets: import("./sheets.js").Sheets, mode: import("./sheets.js").Mode }} ShadeContext
 */

export class Shade {
  /** @type {import("./walk.js").Plan} */
  plan;
  /** @type {HTMLElement} */
  host;
  /** @type {ShadowRoot | null} */
  #root = null;
  #context;
  #listening = new AbortController();
  /** What is shown now, by segment. @type {Map<import("./walk.js").Segment, KeptView | PairView>} */
  #views = new Map();
  #laid = null;
  /** For children that the plan does not know yet. */
  #spare = document.createElement("slot");
  #height;
  /** @type {Veil | null} */
  #veil = null;

  /** @param {import("./walk.js").Plan} plan @param {ShadeContext} context */
  constructor(plan, context) {
    this.host = plan.host;
    this.plan = plan;
    this.#context = context;
  }

  /** Where in the root the segments are. */
  get #place() {
    return placeIn(this.host) ?? this.#root;
  }

  /** Whether so much is in it that to open it takes long. */
  get isVast() {
    return !this.#root && this.#veil !== null;
  }

  get isOpen() {
    return this.#root !== null;
  }

  /** Whether there is English to show: of one text at least. */
  get isBegun() {
    const { labels } = this.#context.painter;
    return this.plan.segments.some(
      ({ parts, picture }) =>
        parts.some((part) => this.#context.translationOf(part).isDone) || (picture && labels.isDone(picture)),
    );
  }

  /** Notes how high the host is with its German text. To be called for many shades before any of them changes. */
  measure() {
    if (!this.#root) this.#veil ??= Veil.over(this.host);
    if (!this.#root && this.plan.segments.every(({ type, nodes }) => type === "part" || nodes.every(isInline))) {
      const { height } = getComputedStyle(this.host);
      this.#height = /^[\d.]+px$/.test(height) ? height : undefined;
    }
    for (const segment of this.plan.segments) this.#view(segment).measure?.();
  }

  /** Whether the host is on the screen and higher than with its German text: what is below it moves. */
  get isGrown() {
    if (this.#height === undefined || !this.#root || this.#context.mode !== "replace") return false;
    const { top, bottom } = this.host.getBoundingClientRect();
    if (bottom <= 0 || top >= innerHeight) return false;
    return Number.parseFloat(getComputedStyle(this.host).height) >= Number.parseFloat(this.#height) + 1;
  }

  /** How large the English type is where it stands for the German, in parts of its size. @param {number} size */
  set size(size) {
    for (const view of this.#views.values()) if (view instanceof PairView) view.size = size;
  }

  /** Takes the shadow root. Whether that was possible. */
  open() {
    this.#root ??= claim(this.host, this.#context.owner);
    if (!this.#root) return false;
    if (!this.#laid) {
      forwardClicks(this.#root, this.#context.painter.cloner, this.#listening.signal);
      this.#veil?.lift(() => this.#unveil());
    }
    this.lay();
    return true;
  }

  /** Shows the plan's segments, German where they are new, if that is not what is shown. */
  lay() {
    if (!this.#root || this.#laid === this.plan) return;
    const views = this.plan.segments.map((segment) => this.#view(segment));
    const elements = new Set(views.map((view) => view.element));
    if (this.#laid && text(this.#laid) !== text(this.plan)) this.#height = undefined;
    this.#laid = this.plan;
    this.#views = new Map(views.map((view) => [view.segment, view]));
    this.#dress();
    const place = this.#place;
    // What stays is not moved: a move would let it forget how far it is scrolled.
    for (const child of [...place.childNodes]) if (!elements.has(child)) child.remove();
    let next = place.firstChild;
    for (const element of elements) {
      if (element === next) next = next.nextSibling;
      else place.insertBefore(element, next);
    }
    this.assign();
  }

  /** Shows children that are new until the plan knows them: what is not shown has no styles to go by. */
  adopt() {
    if (this.#root?.mode !== "open") return;
    const fresh = slottable(this.host).filter((node) => !node.assignedSlot);
    if (fresh.length === 0) return;
    this.#place.append(this.#spare);
    this.#spare.assign(...fresh);
  }

  /** @param {import("./walk.js").Segment} segment */
  #view(segment) {
    let view = this.#views.get(segment);
    if (!view) {
      view = segment.type === "keep" ? this.#keptView(segment) : this.#pairView(segment);
      this.#views.set(segment, view);
    }
    return view;
  }

  /**
   * A new view, which shows the former copy of a box until there is another.
   *
   * @param {import("./walk.js").Segment} segment
   */
  #pairView(segment) {
    const view = new PairView(segment, this.#context);
    const former =
      segment.type === "copy" && [...this.#views.values()].find((each) => each.segment.node === segment.node);
    if (former) view.inherit(former);
    return view;
  }

  /** A view that keeps some of the nodes already, or a new one. @param {import("./walk.js").Segment} segment */
  #keptView(segment) {
    const nodes = new Set(segment.nodes);
    for (const [former, view] of this.#views) {
      if (
        !(view instanceof KeptView) ||
        former.picture !== segment.picture ||
        this.plan.segments.includes(former) ||
        !former.nodes.some((node) => nodes.has(node))
      )
        continue;
      this.#views.delete(former);
      view.segment = segment;
      return view;
    }
    return new KeptView(segment, this.#context);
  }

  /** Puts the host's nodes into their slots. */
  assign() {
    if (!this.#root) return;
    for (const view of this.#views.values()) view.assign(this.#context.mode);
  }

  /** Shows what English there is, step by step. @returns {Generator<void>} */
  *paint() {
    for (const view of [...this.#views.values()]) {
      if (!(view instanceof PairView)) continue;
      if (this.#context.mode === "beside") view.place();
      if (!view.isBegun) continue;
      yield* view.paint();
      view.assign(this.#context.mode);
    }
  }

  /** Has the labels that have come be English. */
  label() {
    for (const view of this.#views.values()) view.label(this.#context.mode);
  }

  /** Lets the host be as high as it wants. */
  loosen() {
    this.#height = undefined;
    this.size = 1;
    if (this.#root) this.#dress();
  }

  #dress() {
    dress(this.#root, [...this.#context.sheets.for(this.#height), ...(this.#veil ? [this.#veil.sheet] : [])]);
  }

  #unveil() {
    this.#veil = null;
    if (this.#root) this.#dress();
  }

  /** Makes the English anew when it is next painted. */
  renew() {
    this.loosen();
    for (const view of this.#views.values()) view.renew?.();
  }

  /** Leaves the host as it was. */
  close() {
    this.#listening.abort();
    this.#veil?.stop();
    if (this.#root) surrender(this.host);
    this.#root = null;
    this.#views.clear();
  }
}

/** @param {Node} node */
function isInline(node) {
  return node instanceof Text || node.nodeName === "BR";
}

/** What a plan's texts are. @param {import("./walk.js").Plan} plan */
function text({ segments }) {
  return segments.flatMap(({ parts }) => parts.map((part) => part.key)).join();
}
