// Whether there is anything to offer on a page: an article in German, and a browser that can translate it.

/** The words by which German is told where no `lang` tells it, a sixth of any German text. */
const GERMAN = /\b(?:der|die|das|und|nicht|mit|ist|ein|eine|auf|für|von|dem|den|im|zu|sich|des|wird|auch)\b/gi;

/** The language that holds at a node, "" if nobody says. */
function languageAt(node) {
  for (; node; node = node.parentNode ?? node.host) {
    const lang = node.getAttribute?.("lang");
    if (lang) return lang;
  }
  return "";
}

/** What an element holds, if that is one element and nothing else. */
function onlyChild(element) {
  const [child, ...more] = Array.prototype.filter.call(element.childNodes, isContent);
  return more.length === 0 && child?.nodeType === 1 ? child : null;
}

/** The language that an element is said to be in, be it by what is its only content. */
function languageOf(element) {
  for (let inner = element; inner; inner = onlyChild(inner)) if (inner.lang) return inner.lang;
  return languageAt(element);
}

/** Whether the paragraphs of an element or a document read like German; yes where there is too little to say. */
function looksGerman(place) {
  const text = Array.from(place.querySelectorAll("p"), (it) => it.textContent).join(" ").slice(0, 4000);
  const words = text.match(/\p{L}+/gu) ?? [];
  return words.length < 12 || (text.match(GERMAN) ?? []).length > words.length * 0.08;
}

/** Whether a node is something of the host's that the element is wrapped around. */
export function isContent(node) {
  if (node.nodeType !== 1) return node.nodeType === 3 && node.data.trim() !== "";
  return !node.slot && !/^(?:script|style|template)$/.test(node.localName);
}

/** What browsers must have for anything to come of a click. */
export function isAble() {
  return typeof WebAssembly === "object" && typeof Worker === "function" && !!CSSStyleSheet.prototype.replaceSync;
}

/**
 * Whether an article is in German, by what its `lang` or the page's says, else by its looks.
 *
 * @param {string} lang what the element was told
 * @param {Element} element
 * @param {Element | null} target the article, if it is known
 */
export function isGerman(lang, element, target) {
  const said = lang || (target ? languageOf(target) : languageAt(element));
  return said ? /^de\b/i.test(said) : looksGerman(target ?? element.ownerDocument);
}
