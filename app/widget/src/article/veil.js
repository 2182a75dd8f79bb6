// A shadow root on a box has the browser lay out anew all that is in it, in one go, and in a very long article that takes
// longer than a task may. So what is far from the screen is under a veil at first: it keeps its height, and is laid out
// some of it at a time as the veil is lifted, or when somebody scrolls there.

/** A box with fewer children is no trouble, and so many are laid out at once. */
const MANY = 120;
const FEW = 40;
/** So near to the screen browsers lay out what is under a veil all the same, in px. */
const NEAR = 3_000;
/** Time between two steps, in ms. */
const PAUSE = 30;

/** What keeps its own and its neighbours' margins under a veil. */
const VEILED = ["p", "h2", "h3", "h4", "ul", "ol"];

export class Veil {
  sheet = new CSSStyleSheet();
  /** Rules for children, those to be laid out first at the end. @type {string[]} */
  #rules;
  #timer;

  /** A veil for what is in a box that is about to get a shadow root, where it needs one. @param {Element} host @returns {Veil | null} */
  static over(host) {
    const children = [...host.children];
    if (children.length < MANY || !CSS.supports("content-visibility: auto")) return null;
    const rules = [];
    for (let start = 0; start < children.length; start += FEW) {
      const some = children.slice(start, start + FEW);
      if (isNear(some)) continue;
      const each = VEILED.map((name) => rulesFor(name, some, start + 1));
      if (each.some(Boolean)) rules.push(each.join(""));
    }
    return rules.length > 0 ? new Veil(rules) : null;
  }

  /** @param {string[]} rules in the order of the children */
  constructor(rules) {
    this.#rules = rules.reverse();
    this.sheet.replaceSync(rules.join("\n"));
  }

  /** Lifts it step by step, then calls `end`. @param {() => void} end */
  lift(end) {
    this.#timer = setTimeout(() => {
      this.#rules.pop();
      this.sheet.replaceSync(this.#rules.join("\n"));
      if (this.#rules.length > 0) this.lift(end);
      else end();
    }, PAUSE);
  }

  stop() {
    clearTimeout(this.#timer);
  }
}

/** Whether some neighbours are on the screen or near it. @param {Element[]} some */
function isNear(some) {
  const [first, last] = [some[0], some.at(-1)].map((child) => child.getBoundingClientRect());
  return last.bottom > -NEAR && first.top < innerHeight + NEAR;
}

/**
 * Has neighbours with one name be as high as they are on average, and so all of them together. Lists, which may be replaced
 * one by one, are as high as each of them is.
 *
 * @param {string} name
 * @param {Element[]} some
 * @param {number} start the first one's place among the children
 */
function rulesFor(name, some, start) {
  const own = some.filter(({ localName }) => localName === name);
  const styles = own.map((child) => getComputedStyle(child));
  if (!styles[0] || styles[0].display !== "block" || styles[0].float !== "none") return "";
  const rule = (place, height) =>
    `::slotted(${name}${place}) { content-visibility: auto; contain-intrinsic-height: ${height}px; }\n`;
  const at = (child) => `:nth-child(${start + some.indexOf(child)})`;
  if (name.endsWith("l")) return own.map((child, index) => rule(at(child), heightIn(styles[index]))).join("");
  const total = styles.reduce((sum, style) => sum + heightIn(style), 0);
  // Browsers count in such parts of a pixel. What that leaves is the last one's.
  const height = Math.floor((total / own.length) * 64) / 64;
  return (
    rule(`:nth-child(n+${start}):nth-child(-n+${start + some.length - 1})`, height) +
    rule(at(own.at(-1)), total - height * (own.length - 1))
  );
}

/** How high it is within what has that style, in px. @param {CSSStyleDeclaration} style */
function heightIn(style) {
  const px = (name) => Number.parseFloat(style[name]) || 0;
  const height = px("height");
  if (style.boxSizing === "content-box") return height;
  return ["paddingTop", "paddingBottom", "borderTopWidth", "borderBottomWidth"].reduce((rest, name) => rest - px(name), height);
}
