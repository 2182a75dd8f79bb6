// Copies of the host's boxes whose text no shadow root can reach, such as lists, tables and captions: they look like the
// originals and have the English in them.

import { isCopyable } from "./nodes.js";
import { PartView } from "./view.js";

/**
 * @typedef {import("./items.js").Item} Item
 * @typedef {{
 *   painter: import("./view.js").Painter,
 *   translationOf: (part: import("./part.js").Part) => import("./translation.js").Translation,
 * }} Context
 */

/**
 * Makes a copy of a box, step by step: it yields after each box within.
 *
 * @param {Element} box
 * @param {Map<Node, Item[]>} items what boxes hold
 * @param {Context} context
 * @param {PartView[]} views takes the views in it
 * @returns {Generator<void, Element>}
 */
export function* copyOf(box, items, context, views) {
  const { cloner } = context.painter;
  const clone = cloner.shell(box, box.parentElement ?? box);
  if (box.localName === "details") clone.open = box.open;
  for (const item of items.get(box) ?? []) {
    if (item.type === "part") clone.append(partIn(item.part, context, views));
    else if (item.type === "box") clone.append(yield* copyOf(item.node, items, context, views));
    else for (const node of item.nodes) appendCopy(clone, node, box, cloner);
  }
  yield;
  return clone;
}

/**
 * What of a box that cannot be copied has text that no shadow root can reach, each in a copy of its own element.
 *
 * @param {Element} box
 * @param {Map<Node, Item[]>} items
 * @param {Set<import("./part.js").Part>} parts the texts
 * @param {Context} context
 * @param {PartView[]} views
 * @returns {Element[]}
 */
export function textsOf(box, items, parts, context, views) {
  const own = (items.get(box) ?? []).filter((item) => item.type === "part" && parts.has(item.part));
  const inner = (items.get(box) ?? []).flatMap((item) =>
    item.type === "box" ? textsOf(item.node, items, parts, context, views) : [],
  );
  if (own.length === 0) return inner;
  const clone = context.painter.cloner.shell(box, box.parentElement ?? box);
  own.forEach(({ part }, index) => clone.append(...(index > 0 ? [" "] : []), partIn(part, context, views)));
  return [clone, ...inner];
}

/** @param {import("./part.js").Part} part @param {Context} context @param {PartView[]} views */
function partIn(part, { painter, translationOf }, views) {
  const element = document.createElement("span");
  const view = new PartView(element, part, translationOf(part), painter, false);
  views.push(view);
  view.update();
  return element;
}

/** @param {Element} clone @param {Node} node @param {Element} box @param {import("./clone.js").Cloner} cloner */
function appendCopy(clone, node, box, cloner) {
  if (node instanceof Text) clone.append(node.data);
  if (!(node instanceof Element) || !isCopyable(node)) return;
  const kept = cloner.deep(node, box);
  kept.setAttribute("data-klartext", "kept");
  clone.append(kept);
}
