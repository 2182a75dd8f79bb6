// Finds the article of a page that does not say where it is.

const CANDIDATES = "article, main, [role=article], [role=main], [itemprop=articleBody]";
const ASIDE = "nav, aside, footer, form, dialog, [role=navigation], [role=complementary], [hidden]";

/** So much text is an article, in characters. */
const ENOUGH = 250;
/** What an inner element has to have of an outer one's text to stand for it. */
const SHARE = 0.6;

/**
 * The element with the page's article, or `null` if it has none.
 *
 * @param {Document} document
 * @returns {Element | null}
 */
export function findArticle(document) {
  const paragraphs = [...document.querySelectorAll("p, h2, li")].filter((paragraph) => !paragraph.closest(ASIDE));
  const lengths = new Map();
  for (const paragraph of paragraphs) {
    const length = paragraph.textContent.trim().length;
    for (let each = paragraph.parentElement; each; each = each.parentElement)
      lengths.set(each, (lengths.get(each) ?? 0) + length);
  }
  const length = (element) => lengths.get(element) ?? 0;
  const marked = [...document.querySelectorAll(CANDIDATES)].filter((element) => length(element) >= ENOUGH);
  const found = marked.length > 0 ? innermost(marked, length) : densest(paragraphs);
  return found && length(found) >= ENOUGH ? found : null;
}

/**
 * Of elements around each other the innermost that still has most of the text, but not without its headline.
 *
 * @param {Element[]} elements
 * @param {(element: Element) => number} length
 */
function innermost(elements, length) {
  const most = Math.max(...elements.map(length));
  const full = elements.filter((element) => length(element) >= SHARE * most);
  const headed = full.filter((element) => element.querySelector("h1"));
  // In document order an inner element comes after those around it.
  return (headed.length > 0 ? headed : full).at(-1);
}

/** The element with the most text directly in its paragraphs. @param {Element[]} paragraphs */
function densest(paragraphs) {
  const lengths = new Map();
  for (const { parentElement, textContent } of paragraphs) {
    lengths.set(parentElement, (lengths.get(parentElement) ?? 0) + textContent.trim().length);
  }
  const [best] = [...lengths].sort(([, a], [, b]) => b - a);
  return best ? best[0] : null;
}
