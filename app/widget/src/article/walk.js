// Walks the host's tree and plans: which elements get a shadow root, and what each of them shows in what order.

import { itemsOf } from "./items.js";
import { Kinds, isCopyable, mayHaveShadow, pictureIn } from "./nodes.js";
import { isFree, isTaken, placeIn } from "./roots.js";

/**
 * @typedef {import("./items.js").Item} Item
 * @typedef {import("./part.js").Part} Part
 *
 * What a shadow shows, in order. `copy`: a copy of the element `node`, in which `parts` are English. `after`: the element
 * itself and after it its texts in English, since it cannot be copied. A kept `picture` is alone with what is around it.
 *
 * @typedef {{ type: "part", part: Part, parts: Part[], nodes: Node[] }
 *   | { type: "keep", parts: Part[], nodes: Node[], picture?: HTMLImageElement }
 *   | { type: "copy" | "after", node: Element, parts: Part[], nodes: Node[], items: Map<Node, Item[]> }} Segment
 *
 * @typedef {{ host: HTMLElement, segments: Segment[] }} Plan
 *
 * What a tree holds: its plans, its parts in reading order, the host's own shadow roots in it, and whether there is text
 * in it that only an element further up can show.
 *
 * @typedef {{ plans: Plan[], parts: Part[], roots: ShadowRoot[], stuck: boolean, items: Map<Node, Item[]> }} Scan
 */

/** How deep boxes may lie in each other; what is deeper stays. */
const DEPTH = 300;

/** A box with more text is scanned in pieces, in UTF-16 units. */
const PIECE = 4_000;

export class Walker {
  /** What is known of boxes that have not changed. @type {WeakMap<Node, Scan>} */
  #known = new WeakMap();
  /** What shows text in the root from outside of it, as it was last. @type {{ inner: Scan, scan: Scan } | null} */
  #outer = null;
  /** The last plan of each host, to go on with what is the same. @type {WeakMap<Node, Plan>} */
  #plans = new WeakMap();
  /** Elements that would not have a shadow root. @type {WeakSet<Node>} */
  #refused = new WeakSet();
  /** Inline nodes with changed attributes. @type {WeakSet<Node>} */
  #touched = new WeakSet();
  #options;
  #owner;

  /**
   * @param {object} owner of the shadow roots
   * @param {{ source: string, glossary: import("./glossary.js").Glossary }} options
   */
  constructor(owner, { source, glossary }) {
    this.#owner = owner;
    this.#options = { kinds: new Kinds(source), glossary };
  }

  /**
   * Notes that something in a node has changed.
   *
   * @param {Node} node
   * @param {boolean} attribute whether it was one of its attributes
   */
  forget(node, attribute = false) {
    if (attribute) this.#touched.add(node);
    for (let each = node; each; each = each.parentNode ?? each.host) this.#known.delete(each);
    this.#options.kinds.clear();
  }

  /** Notes that an element would not have a shadow root. @param {Node} host */
  refuse(host) {
    this.#refused.add(host);
    this.forget(host);
  }

  /**
   * Scans what is in a box, piece by piece, so that a scan of the whole has little left to do.
   *
   * @param {Element} box
   * @param {number} depth
   * @returns {Generator<void>}
   */
  *warm(box, depth = 0) {
    if (depth >= DEPTH) return;
    for (const child of [...box.children]) {
      if (this.#options.kinds.of(child) !== "box") continue;
      if (child.childElementCount > 0 && child.textContent.length > PIECE) yield* this.warm(child, depth + 1);
      this.scan(child, depth + 1);
      yield;
    }
  }

  /** Scans an article. Text that no shadow root in it can show, such as a list's, is for one around it. @param {Element} root */
  scanArticle(root) {
    const inner = this.scan(root);
    if (!inner.stuck) return inner;
    let top = root;
    while (top.parentElement && !mayHaveShadow(top.parentElement)) top = top.parentElement;
    const host = top.parentElement;
    if (!host || this.#refused.has(host) || !isFree(host, this.#owner)) return inner;
    const before = this.#outer?.scan.plans.at(-1);
    const former = this.#outer?.inner === inner && before.segments.find(({ node }) => node === top);
    const isSame = former && before.host === host;
    const items = isSame ? former.items : itemsAround(top, root, inner.items);
    const segment = boxed(top, items);
    const others = [...host.childNodes].filter((node) => node instanceof Element || node instanceof Text);
    const at = others.indexOf(top);
    const kept = (nodes) => (nodes.length > 0 ? [{ type: "keep", parts: [], nodes }] : []);
    const plan = this.#plan(host, [...kept(others.slice(0, at)), segment, ...kept(others.slice(at + 1))]);
    if (isSame && plan === before) return this.#outer.scan;
    const scan = { ...inner, stuck: false, plans: [plan], parts: segment.parts };
    if (segment.type === "after") Object.assign(scan, { plans: [...inner.plans, plan], parts: [...inner.parts, ...segment.parts] });
    this.#outer = { inner, scan };
    return scan;
  }

  /** @param {Element | ShadowRoot} box @param {number} depth @returns {Scan} */
  scan(box, depth = 0) {
    let scan = this.#known.get(box);
    if (!scan) {
      if (depth === 0) this.#options.kinds.clear();
      const isOpen = depth < DEPTH && !isTaken(box, this.#owner);
      scan = isOpen ? this.#scan(box, depth) : { plans: [], parts: [], roots: [], stuck: false, items: new Map() };
      this.#known.set(box, scan);
    }
    return scan;
  }

  /** @param {Element | ShadowRoot} box @param {number} depth @returns {Scan} */
  #scan(box, depth) {
    const isCapable = mayHaveShadow(box) || (depth === 0 && isOpenToAll(box));
    const shows = isCapable && !this.#refused.has(box) && isFree(box, this.#owner);
    const items = itemsOf(box, this.#options, shows);
    const scan = { plans: [], parts: [], roots: [], stuck: false, items: new Map([[box, items]]) };
    if (!shows && isForeignHost(box)) {
      scan.roots.push(box.shadowRoot);
      add(scan, this.scan(box.shadowRoot, depth + 1));
      scan.stuck = false;
    }
    /** @type {Segment[]} */
    const segments = [];
    for (const item of items) {
      if (item.type === "keep") keep(segments, item.nodes);
      else if (item.type === "box") this.#box(item.node, scan, shows, segments, depth);
      else if (shows) {
        segments.push({ type: "part", part: item.part, parts: [item.part], nodes: item.nodes });
        scan.parts.push(item.part);
      } else {
        scan.stuck = true;
      }
    }
    if (shows && segments.some(({ type, picture }) => type !== "keep" || picture)) {
      const plan = this.#plan(box, segments);
      scan.plans.push(plan);
      const used = new Map(segments.map(({ part }, index) => [part, plan.segments[index].part]));
      scan.parts = scan.parts.map((part) => used.get(part) ?? part);
    }
    return scan;
  }

  /**
   * A box in a box.
   *
   * @param {Element} node
   * @param {Scan} scan
   * @param {boolean} shows
   * @param {Segment[]} segments
   * @param {number} depth
   */
  #box(node, scan, shows, segments, depth) {
    const inner = this.scan(node, depth + 1);
    if (!inner.stuck || !shows) {
      add(scan, inner);
      keep(segments, [node]);
      return;
    }
    const segment = boxed(node, inner.items);
    if (segment.type === "after") add(scan, inner);
    scan.stuck = false;
    segments.push(segment);
    scan.parts.push(...segment.parts);
  }

  /**
   * A plan, with as much of the former one as is the same.
   *
   * @param {HTMLElement} host
   * @param {Segment[]} fresh
   * @returns {Plan}
   */
  #plan(host, fresh) {
    const former = this.#plans.get(host);
    const known = new Map(former?.segments.map((segment) => [segment.nodes[0], segment]));
    const segments = fresh.map((segment) => {
      const old = known.get(segment.nodes[0]);
      return old && old.type === segment.type && this.#isSame(old, segment) ? old : segment;
    });
    const isSame =
      former?.segments.length === segments.length && segments.every((each, index) => each === former.segments[index]);
    const plan = isSame ? former : { host, segments };
    this.#plans.set(host, plan);
    return plan;
  }

  /** @param {Segment} old @param {Segment} segment */
  #isSame(old, segment) {
    if (old.nodes.length !== segment.nodes.length || old.nodes.some((node, index) => node !== segment.nodes[index]))
      return false;
    if (old.type === "keep") return old.picture === segment.picture && !this.#touched.delete(segment.picture);
    if (old.type !== "part") return old.items === segment.items;
    const elements = [...segment.part.elements.values(), ...segment.part.things.map((thing) => thing.node)];
    const before = [...old.part.elements.values(), ...old.part.things.map((thing) => thing.node)];
    const touched = elements.filter((element) => this.#touched.delete(element));
    return (
      old.part.key === segment.part.key &&
      touched.length === 0 &&
      elements.every((each, index) => each === before[index])
    );
  }
}

/** A box as a copy, or with its texts after it. @param {Element} node @param {Map<Node, Item[]>} items @returns {Segment} */
function boxed(node, items) {
  const copied = isCopyable(node);
  const parts = copied ? partsIn(node, items) : stuckIn(node, items, (box) => mayHaveShadow(box));
  return { type: copied ? "copy" : "after", node, nodes: [node], parts, items };
}

/** What boxes around an article hold: the one with the article in it, and what stays. @param {Element} top @param {Element} root @param {Map<Node, Item[]>} items */
function itemsAround(top, root, items) {
  if (top === root) return items;
  const all = new Map(items);
  for (let inner = root; inner !== top; inner = inner.parentElement) {
    const item = (node) => (node === inner ? { type: "box", node } : { type: "keep", nodes: [node] });
    all.set(inner.parentElement, [...inner.parentElement.childNodes].map(item));
  }
  return all;
}

/** @param {Scan} scan @param {Scan} inner */
function add(scan, inner) {
  scan.plans.push(...inner.plans);
  scan.parts.push(...inner.parts);
  scan.roots.push(...inner.roots);
  scan.stuck ||= inner.stuck;
  for (const [box, items] of inner.items) scan.items.set(box, items);
}

/** @param {Segment[]} segments @param {Node[]} nodes */
function keep(segments, nodes) {
  for (const node of nodes) {
    // What can have a shadow root says itself what it shows.
    const picture = mayHaveShadow(node) && node.localName !== "span" ? null : pictureIn(node);
    const last = segments.at(-1);
    if (last?.type === "keep" && !last.picture && !picture) last.nodes.push(node);
    else segments.push({ type: "keep", parts: [], nodes: [node], ...(picture && { picture }) });
  }
}

/**
 * Whether an article is an element of the host's making that shows its children as they are, or the widget's own: where
 * it is the article's root, its text is worth a try.
 *
 * @param {Element | ShadowRoot} box
 */
function isOpenToAll(box) {
  if (!(box instanceof HTMLElement)) return false;
  return placeIn(box) !== null || (box.localName !== "klartext-article" && Boolean(customElements.get(box.localName)));
}

/** Whether an element shows a shadow root of the host's. @param {Node} box */
function isForeignHost(box) {
  const root = box instanceof Element && box.localName !== "klartext-article" && box.shadowRoot;
  return Boolean(root) && !root[Symbol.for("klartext")];
}

/** The parts in a box's tree, in order. @param {Node} box @param {Map<Node, Item[]>} items @returns {Part[]} */
function partsIn(box, items) {
  return (items.get(box) ?? []).flatMap((item) => {
    if (item.type === "part") return [item.part];
    return item.type === "box" ? partsIn(item.node, items) : [];
  });
}

/**
 * The parts in a box's tree that nothing within it can show.
 *
 * @param {Node} box
 * @param {Map<Node, Item[]>} items
 * @param {(box: Node) => boolean} shows
 * @returns {Part[]}
 */
function stuckIn(box, items, shows) {
  if (shows(box)) return [];
  return (items.get(box) ?? []).flatMap((item) => {
    if (item.type === "part") return [item.part];
    return item.type === "box" ? stuckIn(item.node, items, shows) : [];
  });
}
