// Cuts what a box holds into items: texts to translate, nodes that stay, and boxes to look into.

import { mayHaveShadow } from "./nodes.js";
import { Part } from "./part.js";
import { hasPlace } from "./roots.js";

/**
 * @typedef {{ type: "part", part: Part, nodes: Node[] }
 *   | { type: "keep", nodes: Node[] }
 *   | { type: "box", node: Element }} Item
 *
 * @typedef {{ kinds: import("./nodes.js").Kinds, glossary: import("./glossary.js").Glossary }} Options
 */

/** The end of a sentence, or of what stands on a line of its own. */
const SENTENCE_END = /[.!?:…»“”"')\]]\s*$/;

/**
 * What a box holds, in order.
 *
 * @param {Element | ShadowRoot} box
 * @param {Options} options
 * @param {boolean} shows whether the box has a shadow root to show text in
 * @returns {Item[]}
 */
export function itemsOf(box, options, shows) {
  /** @type {Item[]} */
  const items = [];
  /** @type {Node[]} */
  let line = [];
  const end = () => {
    items.push(...lineItems(box, line, options));
    line = [];
  };
  for (const node of box.childNodes) {
    const kind = options.kinds.of(node);
    if (kind === "none" || hasPlace(node)) continue;
    if (kind === "box" || kind === "closed" || kind === "alone") {
      end();
      if (kind === "alone") items.push(...lineItems(box, [node], options));
      else items.push(kind === "box" ? { type: "box", node } : { type: "keep", nodes: [node] });
    } else {
      line.push(node);
    }
  }
  end();
  return shows ? items : items.flatMap(spans);
}

/**
 * Inline nodes as parts, cut where a line break ends a sentence.
 *
 * @param {Element | ShadowRoot} box
 * @param {Node[]} line
 * @param {Options} options
 * @returns {Item[]}
 */
function lineItems(box, line, options) {
  /** @type {Item[]} */
  const items = [];
  /** @type {Node[]} */
  let part = [];
  const end = () => {
    items.push(...partItems(box, part, options));
    part = [];
  };
  line.forEach((node, index) => {
    if (node.nodeName === "BR" && isBreak(part, line.slice(index + 1))) {
      end();
      items.push({ type: "keep", nodes: [node] });
    } else {
      part.push(node);
    }
  });
  end();
  return items;
}

/**
 * Nodes as a part; things before and after the text stay outside of it.
 *
 * @param {Element | ShadowRoot} box
 * @param {Node[]} nodes
 * @param {Options} options
 * @returns {Item[]}
 */
function partItems(box, nodes, options) {
  if (nodes.length === 0) return [];
  const isText = nodes.map((node) => !["space", "object"].includes(options.kinds.of(node)));
  const [first, last] = [isText.indexOf(true), isText.lastIndexOf(true)];
  const part = first >= 0 && new Part(box, nodes.slice(first, last + 1), options);
  if (!part || !(part.isText || part.numbers)) return [{ type: "keep", nodes }];
  /** @type {Item[]} */
  const items = [{ type: "part", part, nodes: part.nodes }];
  if (first > 0) items.unshift({ type: "keep", nodes: nodes.slice(0, first) });
  if (last + 1 < nodes.length) items.push({ type: "keep", nodes: nodes.slice(last + 1) });
  return items;
}

/** Whether a line break ends what came before it. @param {Node[]} before @param {Node[]} after */
function isBreak(before, after) {
  if (after.find((node) => !isBlank(node))?.nodeName === "BR") return true;
  return SENTENCE_END.test(before.map((node) => node.textContent).join(""));
}

/**
 * Text that is all in spans as boxes, since each of them can have a shadow root.
 *
 * @param {Item} item
 * @returns {Item[]}
 */
function spans(item) {
  if (item.type !== "part") return [item];
  if (!item.nodes.every((node) => isBlank(node) || mayHaveShadow(node))) return [item];
  return item.nodes.map((node) => (isBlank(node) ? { type: "keep", nodes: [node] } : { type: "box", node }));
}

/** @param {Node} node */
function isBlank(node) {
  return !(node instanceof Element) && !/\S/.test(node instanceof Text ? node.data : "");
}
