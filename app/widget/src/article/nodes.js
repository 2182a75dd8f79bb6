// What a node of the host's is to a translation: text, markup around text, a thing that stays, or a box with more in it.

/** Elements that the platform lets have a shadow root. */
const CAPABLE = words("article aside blockquote body div footer h1 h2 h3 h4 h5 h6 header main nav p section span");

/** Boxes, whatever a style sheet says: text before and after one does not belong together. */
const BOXES = words(
  "address article aside blockquote body caption center col colgroup dd details dialog dir div dl dt fieldset figcaption " +
    "figure footer form frameset h1 h2 h3 h4 h5 h6 header hgroup hr legend li main menu nav ol p pre search section " +
    "summary table tbody td tfoot th thead tr ul",
);

/** Markup around words. */
const INLINE = words(
  "a abbr acronym b bdi bdo big cite code data del dfn em font i ins kbd label mark nobr q s samp small span strike " +
    "strong sub sup time tt u var",
);

/** Markup around what is no language: its text is copied as it is. */
const LITERAL = words("code kbd samp tt var");

/** Boxes whose text is none to translate. */
const CLOSED = words("dialog form frameset hr pre");

/** What shows nothing. */
const UNSEEN = words("base head link meta noscript script style template title");

/** What lives: a copy of it would be another one, so it stays where it is and is never copied. */
const LIVING = words(
  "audio canvas dialog embed fencedframe form frame frameset iframe input map meter object progress select textarea video",
);

const HTML = "http://www.w3.org/1999/xhtml";

/** @param {string} list */
function words(list) {
  return new Set(list.split(" "));
}

/**
 * What a node is within its parent.
 *
 * - `none`: shows nothing. `space`: blank text. `text`: text.
 * - `inline`: markup around text. `alone`: the same, set as a box of its own by a style sheet.
 * - `object`: stays as it is within a line. `closed`: stays as it is, a box.
 * - `box`: a box to look into.
 *
 * @typedef {"none" | "space" | "text" | "inline" | "alone" | "object" | "closed" | "box"} Kind
 */

/** Tells what nodes are, each once as long as nothing changes. */
export class Kinds {
  #source;
  /** @type {Map<Node, Kind>} */
  #known = new Map();

  /** @param {string} source the language that is translated */
  constructor(source) {
    this.#source = source;
  }

  /** Forgets what nodes were. */
  clear() {
    this.#known.clear();
  }

  /** @param {Node} node */
  of(node) {
    let kind = this.#known.get(node);
    if (!kind) {
      kind = this.#kind(node);
      this.#known.set(node, kind);
    }
    return kind;
  }

  /** Whether the text in an inline element is copied as it is. @param {Element} element */
  isLiteral(element) {
    return LITERAL.has(element.localName) || isKept(element, this.#source);
  }

  /** @param {Node} node @returns {Kind} */
  #kind(node) {
    if (node instanceof Text) return /[^ \t\n\r\f]/.test(node.data) ? "text" : "space";
    if (!(node instanceof Element)) return "none";
    // A form comes first: its controls can stand for its own properties.
    if (node instanceof HTMLFormElement) return "closed";
    if (node.namespaceURI !== HTML) return "object";
    const name = node.localName;
    if (UNSEEN.has(name)) return "none";
    const stays = isEditable(node) || isKept(node, this.#source);
    if (BOXES.has(name)) return CLOSED.has(name) || stays ? "closed" : "box";
    if (INLINE.has(name)) return isEditable(node) ? "object" : this.#inline(node, stays);
    if (!isCustom(node) || name === "klartext-article" || stays) return "object";
    return node.shadowRoot || this.#hasBox(node) ? "box" : "object";
  }

  /** @param {Element} element @param {boolean} kept @returns {Kind} */
  #inline(element, kept) {
    const { display } = getComputedStyle(element);
    if (display === "none") return "object";
    const flows = display === "" || display === "contents" || /^(inline|ruby)/.test(display);
    if (!kept && !flows && element.localName === "span") return "box";
    if (element.firstElementChild) {
      if (this.#hasBox(element)) return kept ? "object" : "box";
      if (!isCopyable(element) || element.querySelector("button")) return "object";
    }
    if (!/\S/.test(element.textContent) || isSign(element)) return "object";
    return flows ? "inline" : "alone";
  }

  /** @param {Element} element */
  #hasBox(element) {
    return [...element.children].some((child) => ["box", "closed"].includes(this.of(child)));
  }
}

/**
 * Whether its author wants an element left as it is: `translate="no"`, `.notranslate`, another language.
 *
 * @param {Element} element
 * @param {string} source
 */
export function isKept(element, source) {
  if (element.getAttribute("translate")?.toLowerCase() === "no") return true;
  if (element.classList.contains("notranslate")) return true;
  const lang = element.getAttribute("lang");
  return Boolean(lang) && lang.toLowerCase().split("-")[0] !== source;
}

/**
 * Whether an inline element is a sign beside the words and none of them: the number of a footnote, a link that is an
 * arrow. The model would take it for part of the text.
 *
 * @param {Element} element
 */
function isSign(element) {
  if (/\p{L}/u.test(element.textContent)) return false;
  if (element.localName === "sup") return true;
  if (element.localName !== "a") return false;
  const before = element.previousSibling;
  return !/\p{N}/u.test(element.textContent) || (before instanceof Text && /[^\s(]$/.test(before.data));
}

/** @param {Element} element */
function isEditable(element) {
  const value = element.getAttribute("contenteditable");
  return value !== null && value.toLowerCase() !== "false";
}

/** @param {Element} element */
function isCustom(element) {
  return element.localName.includes("-") || element.hasAttribute("is");
}

/**
 * Whether the platform and the host let us give the element a shadow root, as far as one can tell from outside.
 *
 * @param {Node} node
 */
export function mayHaveShadow(node) {
  return (
    node instanceof HTMLElement && !(node instanceof HTMLFormElement) && CAPABLE.has(node.localName) && !isCustom(node)
  );
}

/** Whether nothing in the element's tree is lost in a copy. @param {Element} element */
export function isCopyable(element) {
  return isDead(element) && [...element.querySelectorAll("*")].every(isDead);
}

/** @param {Element} element */
function isDead(element) {
  if (element instanceof HTMLFormElement || isAwaited(element)) return false;
  return !LIVING.has(element.localName) && !isCustom(element) && !isEditable(element);
}

/**
 * Whether a script of the host's is to load an image once that is seen, which it must be for that.
 *
 * @param {Element} element
 */
function isAwaited(element) {
  if (!(element instanceof HTMLImageElement) || element.hasAttribute("srcset")) return false;
  const source = element.getAttribute("src") ?? "";
  return (
    (source === "" || source.startsWith("data:")) &&
    element.getAttributeNames().some((name) => /^data-.*src/.test(name))
  );
}

/** What may be around a picture and says nothing itself. */
const FRAMES = words("div figure img noscript picture source span");

/**
 * The one picture that a node of the host's shows and nothing besides, if it says what is on it.
 *
 * @param {Node} node
 * @returns {HTMLImageElement | null}
 */
export function pictureIn(node) {
  if (!(node instanceof HTMLElement) || !FRAMES.has(node.localName)) return null;
  const all = [node, ...node.querySelectorAll("*")];
  const pictures = all.filter((each) => each instanceof HTMLImageElement);
  if (pictures.length !== 1 || !/\p{L}/u.test(pictures[0].alt)) return null;
  return all.every(isFrame) ? pictures[0] : null;
}

/** @param {Element} element */
function isFrame(element) {
  if (!FRAMES.has(element.localName) || isCustom(element) || isEditable(element)) return false;
  if (element.matches("[role], [tabindex], [aria-hidden], [aria-label], [usemap]") || element.shadowRoot) return false;
  const isBlank = (node) => !(node instanceof Text) || !/\S/.test(node.data);
  return element.localName === "noscript" || [...element.childNodes].every(isBlank);
}

/** What a block of text is, for the engine. @param {Element | ShadowRoot} container */
export function blockKind(container) {
  const element = container instanceof Element ? container : container.host;
  const around = element.closest(
    "h1, h2, h3, h4, h5, h6, li, dt, dd, figcaption, caption, blockquote, article, td, th, body",
  );
  switch (around?.localName) {
    case "h1":
      return "headline";
    case "h2":
    case "h3":
    case "h4":
    case "h5":
    case "h6":
      return "heading";
    case "li":
      return around.parentElement?.localName === "ol" ? "number" : "bullet";
    case "figcaption":
    case "caption":
      return "caption";
    case "blockquote":
      return "quote";
    default:
      return "paragraph";
  }
}
