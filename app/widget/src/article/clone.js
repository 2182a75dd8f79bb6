// Clones of the host's elements for the English text: only harmless attributes, the look of the original, and clicks
// that go to the original.

import { copyStyle } from "./style.js";

/** Attributes that a clone keeps. Never an id, a name, a style or a handler. */
const ATTRIBUTES = (
  "abbr align alt aria-describedby aria-hidden aria-label aria-level cite class colspan crossorigin datetime dir download " +
  "height hidden hreflang lang open referrerpolicy rel reversed role rowspan scope sizes span start tabindex target title " +
  "translate type valign value width"
).split(" ");

/** Where links may lead. */
const SCHEMES = ["http:", "https:", "mailto:", "tel:"];

export class Cloner {
  /** What each clone is a clone of. @type {WeakMap<Element, Element>} */
  origins = new WeakMap();
  #sheets;
  #labels;

  /** @param {import("./sheets.js").Sheets} sheets @param {import("./labels.js").Labels} labels */
  constructor(sheets, labels) {
    this.#sheets = sheets;
    this.#labels = labels;
  }

  /**
   * An element without what is in it.
   *
   * @param {Element} original
   * @param {Element} around what it inherits its look from
   */
  shell(original, around) {
    // A second one of the host's own elements would live a life of its own.
    const clone = document.createElement(original.localName.includes("-") ? "div" : original.localName);
    for (const name of ATTRIBUTES) {
      const value = original.getAttribute(name);
      if (value !== null) clone.setAttribute(name, value);
    }
    const href = original.getAttribute("href");
    if (href !== null && isSafe(href)) clone.setAttribute("href", href);
    else if (href !== null) {
      clone.setAttribute("role", "link");
      clone.setAttribute("tabindex", "0");
    }
    copyStyle(clone, original, around, this.#sheets);
    this.origins.set(clone, original);
    this.label(clone);
    return clone;
  }

  /** Has a clone's labels be English, those that are there. @param {Element} clone */
  label(clone) {
    const original = this.origins.get(clone);
    if (original) this.#labels.put(clone, original);
  }

  /** The same shell once more. @param {HTMLElement} shell */
  again(shell) {
    const clone = shell.cloneNode(false);
    this.origins.set(clone, this.origins.get(shell));
    this.label(clone);
    return clone;
  }

  /** An element with all that is in it. @param {Element} original @param {Element} around @returns {Element} */
  deep(original, around) {
    if (original instanceof SVGElement) {
      const clone = drawing(original);
      this.origins.set(clone, original);
      this.label(clone);
      return clone;
    }
    if (original.localName === "picture")
      return this.deep(original.querySelector("img") ?? document.createElement("img"), around);
    if (original.localName === "script" || original.localName === "style") return document.createElement("wbr");
    if (original.namespaceURI !== "http://www.w3.org/1999/xhtml") return original.cloneNode(true);
    const clone = this.shell(original, around);
    if (original instanceof HTMLImageElement) showImage(clone, original);
    for (const child of original.childNodes) {
      if (child instanceof Text) clone.append(child.data);
      else if (child instanceof Element) clone.append(this.deep(child, original));
    }
    if (original.localName === "button") this.label(clone);
    return clone;
  }
}

/** @param {string} href */
function isSafe(href) {
  try {
    return SCHEMES.includes(new URL(href, document.baseURI).protocol);
  } catch {
    return false;
  }
}

/**
 * Shows what the original shows, which is there already, or will load what it would.
 *
 * @param {HTMLImageElement} clone
 * @param {HTMLImageElement} original
 */
function showImage(clone, original) {
  if (original.currentSrc) {
    clone.src = original.currentSrc;
    return;
  }
  for (const name of ["loading", "srcset", "src"]) {
    const value = original.getAttribute(name);
    if (value !== null) clone.setAttribute(name, value);
  }
}

/**
 * A drawing. What it uses of the page's other drawings is put into it, as a shadow root does not see them.
 *
 * @param {SVGElement} original
 */
function drawing(original) {
  const clone = original.cloneNode(true);
  for (const use of clone.querySelectorAll("use")) {
    const href = use.getAttribute("href") ?? use.getAttribute("xlink:href") ?? "";
    const used = href.startsWith("#") && document.getElementById(href.slice(1));
    if (used instanceof SVGElement) use.replaceWith(drawn(used));
  }
  for (const element of clone.querySelectorAll("script, foreignObject, a")) element.remove();
  for (const element of [clone, ...clone.querySelectorAll("*")]) {
    for (const { name } of [...element.attributes]) if (name.startsWith("on")) element.removeAttribute(name);
  }
  return clone;
}

/** What a `use` shows. @param {SVGElement} used */
function drawn(used) {
  const isSymbol = used.localName === "symbol";
  const group = document.createElementNS(used.namespaceURI, isSymbol ? "svg" : "g");
  if (used.hasAttribute("viewBox")) group.setAttribute("viewBox", used.getAttribute("viewBox"));
  for (const child of isSymbol ? used.children : [used]) group.append(child.cloneNode(true));
  return group;
}
