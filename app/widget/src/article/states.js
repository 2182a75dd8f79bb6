// How the host's links and buttons look when one points at them, when they have the focus, and when they were visited. The
// style of a copy is that of its original at rest, so the host's rules for other states are found in its style sheets, as
// far as those can be read, and written anew for copies: with the rules that they compete with, in the cascade's order.

import { targets, unnested } from "./selectors.js";

/** What has states. */
export const LIVELY = "a, button, summary, [role=button], [role=link], [tabindex]";
const TAGS = ["", "a", "button", "summary", "span", "div"];

/**
 * @typedef {import("./selectors.js").Target & { style: CSSStyleDeclaration, isLayered: boolean, order: number }} Rule
 * @typedef {{ rules: Rule[], isWhole: boolean }} Index
 */

export class States {
  /** By document and shadow root. @type {WeakMap<Node, Index>} */
  #indices = new WeakMap();
  /** Rules by what originals are and lie in. @type {Map<string, string[]>} */
  #known = new Map();

  /** Looks for rules anew. */
  clear() {
    this.#indices = new WeakMap();
    this.#known.clear();
  }

  /**
   * Rules for copies of an original, weakest first: what follows the copy's own selector, and declarations.
   *
   * @param {Element} original
   * @returns {string[]}
   */
  of(original) {
    if (!original.matches(LIVELY)) return [];
    const kind = kindOf(original);
    let rules = this.#known.get(kind);
    if (!rules) {
      rules = this.#find(original);
      this.#known.set(kind, rules);
    }
    return rules;
  }

  /** @param {Element} original */
  #find(original) {
    const { rules, isWhole } = this.#index(original.getRootNode());
    const found = rules.filter((rule) => isAbout(rule, original));
    const names = new Set(found.filter(({ states }) => states).flatMap(({ style }) => [...style]));
    const written = [false, true].flatMap((isImportant) =>
      found.flatMap(({ states, style }) => {
        const text = declared(style, names, isImportant, original.style);
        return text ? [`${states && `:where(${states})`} { ${text} }`] : [];
      }),
    );
    // What cannot be read may say anything; that a link is one should be seen.
    if (!isWhole && original.localName === "a" && !found.some(({ states }) => states.includes(":hover")))
      written.push(":where(:hover) { text-decoration-line: underline !important; }");
    return written;
  }

  /** @param {Node} root @returns {Index} */
  #index(root) {
    let index = this.#indices.get(root);
    if (!index) {
      index = { rules: [], isWhole: true };
      for (const sheet of [...(root.styleSheets ?? []), ...(root.adoptedStyleSheets ?? [])]) readSheet(sheet, index, false);
      index.rules.sort((a, b) => b.isLayered - a.isLayered || a.weight - b.weight || a.order - b.order);
      this.#indices.set(root, index);
    }
    return index;
  }
}

/** The same for originals that the same rules are about, but for their place among others. @param {Element} original */
function kindOf(original) {
  const names = [original.getAttribute("style")];
  for (let each = original; each; each = each.parentElement) names.push(`${each.localName}#${each.id}.${each.className}`);
  return names.join(" ");
}

/** @param {CSSStyleSheet} sheet @param {Index} index @param {boolean} isLayered */
function readSheet(sheet, index, isLayered) {
  if (sheet.disabled || !applies(sheet.media)) return;
  try {
    readRules(sheet.cssRules, index, isLayered, null);
  } catch {
    index.isWhole = false;
  }
}

/** @param {CSSRuleList} rules @param {Index} index @param {boolean} isLayered @param {string | null} parent selector of a rule around */
function readRules(rules, index, isLayered, parent) {
  for (const rule of rules) {
    if (rule instanceof CSSImportRule) {
      if (rule.styleSheet && applies(rule.media)) readSheet(rule.styleSheet, index, isLayered || rule.layerName != null);
    } else if (rule instanceof CSSStyleRule) {
      const selector = parent === null ? rule.selectorText : unnested(rule.selectorText, parent);
      for (const target of targets(selector)) {
        if (TAGS.includes(target.tag)) index.rules.push({ ...target, style: rule.style, isLayered, order: index.rules.length });
      }
      if (rule.cssRules?.length) readRules(rule.cssRules, index, isLayered, selector);
    } else if (rule instanceof CSSMediaRule ? applies(rule.media) : rule.cssRules && isGroup(rule)) {
      readRules(rule.cssRules, index, isLayered || rule.constructor.name === "CSSLayerBlockRule", parent);
    }
  }
}

/** @param {CSSRule} rule one with rules in it */
function isGroup(rule) {
  if (rule instanceof CSSSupportsRule) return CSS.supports(rule.conditionText);
  return rule.constructor.name === "CSSLayerBlockRule";
}

/** @param {MediaList} media */
function applies(media) {
  return !media?.mediaText || matchMedia(media.mediaText).matches;
}

/** @param {Rule} rule @param {Element} original */
function isAbout({ tag, classes, selector }, original) {
  if (tag && tag !== original.localName) return false;
  if (!classes.every((name) => original.classList.contains(name))) return false;
  try {
    return original.matches(selector);
  } catch {
    return false;
  }
}

/**
 * A rule's declarations of some properties, for a style sheet in which all are important, as a copy's own style is not.
 *
 * @param {CSSStyleDeclaration} style @param {Set<string>} names @param {boolean} isImportant those that are so themselves
 * @param {CSSStyleDeclaration} own of the original: it beats a rule
 */
function declared(style, names, isImportant, own) {
  const found = new Map();
  for (const name of style) {
    if (!names.has(name) || (style.getPropertyPriority(name) === "important") !== isImportant) continue;
    if (!isImportant && own.getPropertyValue(name)) continue;
    const [property, value] = valueOf(style, name);
    if (value) found.set(property, value);
  }
  return [...found].map(([property, value]) => `${property}: ${value} !important;`).join(" ");
}

/** What a rule says of a property, or with a variable in it of all that is set together. @param {CSSStyleDeclaration} style @param {string} name */
function valueOf(style, name) {
  for (let property = name; property; property = property.slice(0, Math.max(property.lastIndexOf("-"), 0))) {
    const value = style.getPropertyValue(property);
    if (value) return [property, value];
  }
  return [name, ""];
}
