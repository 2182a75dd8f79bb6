// How the host's links and buttons look when one points at them, when they have the focus, and when they were visited. The
// style of a copy is that of its original at rest, so the host's rules for other states are found in its style sheets, as
// far as those can be read, and written anew for copies: with the rules that they compete with, in the cascade's order.

import { targets, unnested, weight } from "./selectors.js";

/** What has states. */
export const LIVELY = "a, button, summary, [role=button], [role=link], [tabindex]";
const TAGS = ["a", "button", "summary", "span", "div"];

/**
 * @typedef {import("./selectors.js").Target & { style: CSSStyleDeclaration, isLayered: boolean, order: number }} Rule
 *
 * Rules by a class, or else the name, of what they are about; and whether all of the sheets could be read.
 *
 * @typedef {{ rules: Map<string, Rule[]>, count: number, isWhole: boolean }} Index
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

  /** Reads a tree's style sheets step by step, so that it is done when they are needed. @param {Node} root @returns {Generator<void>} */
  *warm(root) {
    if (this.#indices.has(root)) return;
    const index = { rules: new Map(), count: 0, isWhole: true };
    for (const sheet of [...(root.styleSheets ?? []), ...(root.adoptedStyleSheets ?? [])]) yield* readSheet(sheet, index, false);
    this.#indices.set(root, index);
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
    const root = original.getRootNode();
    for (const _ of this.warm(root));
    const { rules, isWhole } = this.#indices.get(root);
    const keys = ["*", original.localName, ...[...original.classList].map((name) => `.${name}`)];
    const all = keys.flatMap((key) => rules.get(key) ?? []).filter((rule) => isAbout(rule, original));
    const found = all.some(({ states }) => states) ? byCascade(all) : [];
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
}

/** Weakest first. @param {Rule[]} rules */
function byCascade(rules) {
  const weights = new Map(rules.map((rule) => [rule, weight(rule.selector + rule.states)]));
  return rules.sort((a, b) => b.isLayered - a.isLayered || weights.get(a) - weights.get(b) || a.order - b.order);
}

/** The same for originals that the same rules are about, but for their place among others. @param {Element} original */
function kindOf(original) {
  const names = [original.getAttribute("style")];
  for (let each = original; each; each = each.parentElement) names.push(`${each.localName}#${each.id}.${each.className}`);
  return names.join(" ");
}

/** @param {CSSStyleSheet} sheet @param {Index} index @param {boolean} isLayered @returns {Generator<void>} */
function* readSheet(sheet, index, isLayered) {
  if (sheet.disabled || !applies(sheet.media)) return;
  let rules;
  try {
    rules = sheet.cssRules;
  } catch {
    index.isWhole = false;
    return;
  }
  yield* readRules(rules, index, isLayered, null);
}

/** @param {CSSRuleList} rules @param {Index} index @param {boolean} isLayered @param {string | null} parent selector of a rule around @returns {Generator<void>} */
function* readRules(rules, index, isLayered, parent) {
  for (const rule of rules) {
    yield;
    if (rule instanceof CSSImportRule) {
      if (rule.styleSheet && applies(rule.media)) yield* readSheet(rule.styleSheet, index, isLayered || rule.layerName != null);
    } else if (rule instanceof CSSStyleRule) {
      const selector = parent === null ? rule.selectorText : unnested(rule.selectorText, parent);
      for (const target of targets(selector, TAGS)) add({ ...target, style: rule.style, isLayered, order: index.count++ }, index.rules);
      if (rule.cssRules?.length) yield* readRules(rule.cssRules, index, isLayered, selector);
    } else if (rule instanceof CSSMediaRule ? applies(rule.media) : rule.cssRules && isGroup(rule)) {
      yield* readRules(rule.cssRules, index, isLayered || rule.constructor.name === "CSSLayerBlockRule", parent);
    }
  }
}

/** @param {Rule} rule @param {Map<string, Rule[]>} rules */
function add(rule, rules) {
  const key = rule.classes.length > 0 ? `.${rule.classes[0]}` : rule.tag || "*";
  const known = rules.get(key);
  if (known) known.push(rule);
  else rules.set(key, [rule]);
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
