// Copies how an element of the host's looks onto a clone that no rule of the host's reaches. Clones start from
// `all: unset`, so that only what differs from the parent's (inherited) or the initial value has to be set.

/** Properties that are inherited. */
const INHERITED = [
  "border-collapse border-spacing caption-side color cursor font-family font-feature-settings font-kerning font-size",
  "font-stretch font-style font-variant-caps font-variant-ligatures font-variant-numeric font-variant-position font-weight",
  "letter-spacing line-height list-style-image list-style-position list-style-type overflow-wrap quotes tab-size text-align",
  "text-indent text-shadow text-transform text-underline-offset visibility white-space word-break word-spacing",
].flatMap((line) => line.split(" "));

const SIDES = ["top", "right", "bottom", "left"];

/** Initial values of properties that are not, by what they matter for: to read them all takes its time. */
const INITIAL = {
  all: {
    "background-color": "rgba(0, 0, 0, 0)",
    "background-image": "none",
    "border-bottom-left-radius": "0px",
    "border-bottom-right-radius": "0px",
    "border-top-left-radius": "0px",
    "border-top-right-radius": "0px",
    "box-shadow": "none",
    clip: "auto",
    "clip-path": "none",
    "counter-increment": "none",
    "counter-reset": "none",
    "counter-set": "none",
    display: "inline",
    filter: "none",
    float: "none",
    opacity: "1",
    position: "static",
    "text-decoration-line": "none",
    "vertical-align": "baseline",
    ...sides("margin", "0px"),
    ...sides("padding", "0px"),
  },
  box: {
    "aspect-ratio": "auto",
    "box-sizing": "content-box",
    "break-inside": "auto",
    clear: "none",
    "column-count": "auto",
    "column-gap": "normal",
    height: "auto",
    "max-height": "none",
    "max-width": "none",
    "min-height": "auto",
    "min-width": "auto",
    "object-fit": "fill",
    "object-position": "50% 50%",
    "overflow-x": "visible",
    "overflow-y": "visible",
    "table-layout": "auto",
    "text-overflow": "clip",
    transform: "none",
    width: "auto",
  },
  placed: { "z-index": "auto", ...sides("", "auto") },
  container: {
    "align-content": "normal",
    "align-items": "normal",
    "flex-direction": "row",
    "flex-wrap": "nowrap",
    "grid-auto-flow": "row",
    "grid-template-areas": "none",
    "grid-template-columns": "none",
    "grid-template-rows": "none",
    "justify-content": "normal",
    "justify-items": "normal",
    "row-gap": "normal",
  },
  item: {
    "align-self": "auto",
    "flex-basis": "auto",
    "flex-grow": "0",
    "flex-shrink": "1",
    "grid-column-end": "auto",
    "grid-column-start": "auto",
    "grid-row-end": "auto",
    "grid-row-start": "auto",
    "justify-self": "auto",
    order: "0",
    "z-index": "auto",
  },
};

/** Elements that have a width though they are within a line. */
const REPLACED = /^(img|svg)$/;

/** Properties that matter if another has this value or another than this. */
const WITH_BACKGROUND = [
  "background-clip",
  "background-origin",
  "background-position",
  "background-repeat",
  "background-size",
];
const WITH_LINE = ["text-decoration-color", "text-decoration-style", "text-decoration-thickness"];

/** @param {string} name @param {string} value */
function sides(name, value) {
  return Object.fromEntries(SIDES.map((side) => [name ? `${name}-${side}` : side, value]));
}

/**
 * Initial values of what matters for a box.
 *
 * @param {CSSStyleDeclaration} style
 * @param {CSSStyleDeclaration} around
 * @param {boolean} isReplaced
 */
function* initial({ display, position }, around, isReplaced) {
  const groups = [INITIAL.all];
  if (isReplaced || !/^(inline|contents|ruby.*)$/.test(display)) groups.push(INITIAL.box);
  if (position !== "static") groups.push(INITIAL.placed);
  if (/flex|grid/.test(display)) groups.push(INITIAL.container);
  if (/flex|grid/.test(around.display)) groups.push(INITIAL.item);
  for (const group of groups) yield* Object.entries(group);
}

/**
 * Declarations with which a clone looks like the original.
 *
 * @param {CSSStyleDeclaration} style of the original
 * @param {CSSStyleDeclaration} around of what the clone inherits from
 * @param {boolean} [isReplaced] whether it has a width even within a line
 * @returns {[string, string][]}
 */
function declarations(style, around, isReplaced = false) {
  /** @type {[string, string][]} */
  const found = [];
  for (const name of INHERITED) {
    const value = style.getPropertyValue(name);
    if (value !== around.getPropertyValue(name)) found.push([name, value]);
  }
  for (const [name, usual] of initial(style, around, isReplaced)) {
    const value = style.getPropertyValue(name);
    if (value !== usual && value !== "" && !isUsual(name, value, around)) found.push([name, value]);
  }
  const names = [];
  for (const side of SIDES) {
    if (style.getPropertyValue(`border-${side}-style`) !== "none") {
      names.push(`border-${side}-style`, `border-${side}-width`, `border-${side}-color`);
    }
  }
  if (style.getPropertyValue("background-image") !== "none") names.push(...WITH_BACKGROUND);
  if (style.getPropertyValue("text-decoration-line") !== "none") names.push(...WITH_LINE);
  return found.concat(names.map((name) => [name, style.getPropertyValue(name)]));
}

/**
 * Whether a value says no more than the initial one: `auto` reads as zero outside of flexible boxes.
 *
 * @param {string} name
 * @param {string} value
 * @param {CSSStyleDeclaration} around
 */
function isUsual(name, value, around) {
  return (name === "min-width" || name === "min-height") && value === "0px" && !/flex|grid/.test(around.display);
}

/**
 * Makes a clone look like its original, which has to be in the page; best not shown at the moment, since then widths and
 * margins are told as the host wrote them and not in pixels.
 *
 * @param {HTMLElement} clone
 * @param {Element} original
 * @param {Element} around what the clone inherits from looks like this
 * @param {import("./sheets.js").Sheets} sheets
 */
export function copyStyle(clone, original, around, sheets) {
  const style = getComputedStyle(original);
  if (style.display === "") return;
  for (const [name, value] of declarations(style, getComputedStyle(around), REPLACED.test(original.localName))) {
    // The arrow of a `summary` turns as the copy opens.
    if (name === "list-style-type" && value.startsWith("disclosure-")) continue;
    clone.style.setProperty(name, value);
  }
  const rules = pseudoRules(original, style);
  const states = sheets.states(original);
  for (const name of [rules.size > 0 && sheets.pseudo(rules), states]) if (name) clone.classList.add(name);
}

/** What says where a box stands in the one around it. */
const PLACE = {
  ...INITIAL.item,
  ...sides("margin", "0px"),
  ...{ clear: "none", float: "none", width: "auto", "min-width": "auto", "max-width": "none" },
};

/**
 * Has a box stand where another one would, which is best not shown at the moment, for the reason above.
 *
 * @param {HTMLElement} box
 * @param {Element} original
 */
export function copyPlace(box, original) {
  const style = getComputedStyle(original);
  for (const [name, usual] of Object.entries(PLACE)) {
    const value = style.getPropertyValue(name);
    if (value !== "" && value !== usual) box.style.setProperty(name, value);
  }
}

/**
 * What stands before, after and as the marker of an element.
 *
 * @param {Element} original
 * @param {CSSStyleDeclaration} style
 */
function pseudoRules(original, style) {
  const rules = new Map();
  for (const pseudo of ["::before", "::after"]) {
    const own = getComputedStyle(original, pseudo);
    if (["none", "normal", ""].includes(own.content)) continue;
    const text = declarations(own, style).map(([name, value]) => `${name}: ${value};`);
    rules.set(pseudo, [`content: ${own.content};`, ...text].join(" "));
  }
  if (style.display === "list-item") {
    const marker = getComputedStyle(original, "::marker");
    const names = ["color", "content", "font-family", "font-size", "font-weight"].filter((name) => {
      const value = marker.getPropertyValue(name);
      return value !== "" && value !== "normal" && value !== style.getPropertyValue(name);
    });
    if (names.length > 0)
      rules.set("::marker", names.map((name) => `${name}: ${marker.getPropertyValue(name)};`).join(" "));
  }
  return rules;
}
