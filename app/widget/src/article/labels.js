// Labels: what a screen reader says of pictures and links, and what comes up over them. They are attributes, and in copied
// buttons their text. Copies have them in English; a picture that stays the host's own is labelled by its slot.

import { englishText } from "./inline.js";
import { isKept, pictureIn } from "./nodes.js";
import { Part } from "./part.js";

/** Attributes that are words for a reader. Those of form controls are the host's own, as are the controls. */
const NAMES = ["alt", "aria-label", "title"];

/** What may have a label. */
export const LABELLED = [...NAMES.map((name) => `[${name}]`), "button"].join(", ");

/** Part asks what its nodes are: here they are text. */
const PLAIN = { of: () => "text", isLiteral: () => false };

export class Labels {
  #source;
  #target;
  #glossary;
  #translationOf;
  /** By their German text. @type {Map<string, Part>} */
  #parts = new Map();
  /** The labels that a plan's copies have. @type {WeakMap<import("./walk.js").Plan, Part[]>} */
  #read = new WeakMap();
  /** Elements whose labels are German. @type {WeakSet<Element>} */
  #german = new WeakSet();

  /**
   * @param {{ source: string, target: string, glossary: import("./glossary.js").Glossary,
   *   translationOf: (part: Part) => import("./translation.js").Translation }} options
   */
  constructor({ source, target, glossary, translationOf }) {
    this.#source = source;
    this.#target = target;
    this.#glossary = glossary;
    this.#translationOf = translationOf;
  }

  /** The labels that copies of these plans' elements have. @param {import("./walk.js").Plan[]} plans @returns {Set<Part>} */
  read(plans) {
    return new Set(plans.flatMap((plan) => this.#read.get(plan) ?? this.#readPlan(plan)));
  }

  /** @param {import("./walk.js").Plan} plan */
  #readPlan(plan) {
    const parts = [];
    for (const element of plan.segments.flatMap(copied)) {
      const texts = textsOf(element);
      if (texts.length === 0 || this.#isKept(element, plan.host)) continue;
      this.#german.add(element);
      for (const german of texts) parts.push(this.#part(german));
    }
    const found = parts.filter((part) => part.isText);
    this.#read.set(plan, found);
    return found;
  }

  /** @param {Element} element @param {Element} host */
  #isKept(element, host) {
    for (let each = element; each && each !== host; each = each.parentElement) if (isKept(each, this.#source)) return true;
    return false;
  }

  /** @param {string} german */
  #part(german) {
    let part = this.#parts.get(german);
    if (!part) {
      const box = document.createElement("span");
      part = new Part(box, [new Text(german)], { kinds: PLAIN, glossary: this.#glossary });
      this.#parts.set(german, part);
    }
    return part;
  }

  /** The English of a label, if it is there. @param {Element} original @param {string} german */
  #english(original, german) {
    const part = this.#german.has(original) && this.#parts.get(german);
    const { isDone, spans, english } = part ? this.#translationOf(part) : {};
    if (!isDone || !part.isText) return undefined;
    return spans
      .map(({ start }, index) => (index > 0 && start > spans[index - 1].end ? " " : "") + englishText(part, english[index]))
      .join("");
  }

  /** Whether what a picture shows is there in English. @param {HTMLImageElement} picture */
  isDone(picture) {
    return this.#english(picture, picture.alt) !== undefined;
  }

  /** Has a copy say in English what is there in English. @param {Element} clone @param {Element} original */
  put(clone, original) {
    if (!this.#german.has(original)) return;
    for (const name of NAMES) {
      const german = original.getAttribute(name);
      const english = german && this.#english(original, german);
      if (english) clone.setAttribute(name, english);
    }
    if (original.localName !== "button") return;
    const [german, text] = [onlyText(original), onlyText(clone)];
    const english = german && text && this.#english(original, german.data);
    if (english) text.data = english;
  }

  /**
   * Has what is around the slot of a picture speak for it, or be silent.
   *
   * @param {HTMLSlotElement} slot
   * @param {HTMLImageElement} picture
   * @param {boolean} isEnglish whether it is to be English
   */
  say(slot, picture, isEnglish) {
    const english = isEnglish && this.#english(picture, picture.alt);
    const hider = slot.parentElement;
    set(hider, { "aria-hidden": english && "true" });
    set(hider.parentElement, { role: english && "img", "aria-label": english, lang: english && this.#target });
  }
}

/** A speaker around the slot of a picture: its inner element hides from screen readers what the outer one says. @param {HTMLSlotElement} slot */
export function speaker(slot) {
  const [outer, hider] = [document.createElement("span"), document.createElement("span")];
  outer.className = hider.className = "speaker";
  hider.append(slot);
  outer.append(hider);
  return outer;
}

/** @param {Element} element @param {Record<string, string | false | undefined>} attributes those without a value go */
function set(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value) element.setAttribute(name, value);
    else element.removeAttribute(name);
  }
}

/** Elements of a segment that are shown as copies, or by a slot that can say what they are. @param {import("./walk.js").Segment} segment */
function copied({ type, node, parts, picture }) {
  if (picture) return [picture];
  if (type === "copy") return [node, ...node.querySelectorAll(LABELLED)];
  return parts.flatMap(({ elements, things, container }) => [
    ...(type === "after" && container instanceof Element ? [container] : []),
    ...elements.values(),
    ...things.flatMap(({ node, direct }) => {
      if (type === "part" && direct) return pictureIn(node) ?? [];
      return [node, ...node.querySelectorAll(LABELLED)];
    }),
  ]);
}

/** The German labels of an element. @param {Element} element */
function textsOf(element) {
  const texts = NAMES.map((name) => element.getAttribute(name));
  if (element.localName === "button") texts.push(onlyText(element)?.data);
  return texts.filter((text) => text && /\p{L}/u.test(text));
}

/** The text in an element, if it is in one piece. @param {Element} element */
function onlyText(element) {
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  let found = null;
  while (walker.nextNode()) {
    if (!/\S/.test(walker.currentNode.data)) continue;
    if (found) return null;
    found = walker.currentNode;
  }
  return found;
}
