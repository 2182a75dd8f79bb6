// Where the publisher's glossary comes from: the element's property, a file, or a script of data inside the element.

/** The data in `<script type="application/json" slot="glossary">`, if there is one. */
function inline(element) {
  const script = Array.prototype.find.call(element.children, (it) => it.localName === "script" && it.slot === "glossary");
  return script ? JSON.parse(script.textContent) : null;
}

async function fetched(address, signal) {
  const url = new URL(address, document.baseURI);
  const response = await fetch(url, { signal, credentials: "same-origin" });
  if (!response.ok) throw new Error(`${url}: status ${response.status}`);
  return response.json();
}

/**
 * The glossary of an element. One that cannot be read is told on the console, where publishers look, and left out: the
 * article is worth more than its terms.
 * @param {HTMLElement & {glossary: object | string | null}} element
 * @param {AbortSignal} signal
 * @returns {Promise<object | null>}
 */
export async function glossaryOf(element, signal) {
  const { glossary } = element;
  try {
    if (glossary && typeof glossary === "object") return glossary;
    return glossary ? await fetched(glossary, signal) : inline(element);
  } catch (cause) {
    signal.throwIfAborted();
    console.warn("klartext-article: the glossary cannot be read and is left out:", cause);
    return null;
  }
}
