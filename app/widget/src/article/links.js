// Clicks on clones, which are the host's to answer: they go to the originals.

const PRESSABLE = "a, button, [role=button], [role=link], [tabindex]";

/** @param {ShadowRoot} root @param {import("./clone.js").Cloner} cloner @param {AbortSignal} signal ends it */
export function forwardClicks(root, cloner, signal) {
  const pressed = (event) => {
    const clone = event.target instanceof Element && event.target.closest(PRESSABLE);
    return clone ? cloner.origins.get(clone) : undefined;
  };
  const click = (event) => {
    const original = pressed(event);
    // With a key held down it is the browser's: a new tab, a download.
    if (!original || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    const goes = original.dispatchEvent(new MouseEvent(event.type, event));
    if (goes && original instanceof HTMLAnchorElement) showTarget(original);
  };
  const key = (event) => {
    const original = event.key === "Enter" && !event.target.hasAttribute?.("href") && pressed(event);
    if (original && original instanceof HTMLAnchorElement) original.click();
  };
  root.addEventListener("click", click, { signal });
  root.addEventListener("keydown", key, { signal });
}

/**
 * Shows where a link within the page leads, if the browser cannot as the target is in hidden German text.
 *
 * @param {HTMLAnchorElement} link
 */
function showTarget(link) {
  const isHere = link.hash && link.href.split("#")[0] === location.href.split("#")[0];
  if (isHere) showHidden(link.hash);
}

/** Scrolls to the text that an element with that id is in, if the element itself is not shown. @param {string} hash */
export function showHidden(hash) {
  let target = null;
  try {
    target = document.getElementById(decodeURIComponent(hash.slice(1)));
  } catch {
    // An address with a broken escape leads nowhere.
  }
  while (target && target.getClientRects().length === 0) {
    target = target.parentElement;
    if (target && target.getClientRects().length > 0) target.scrollIntoView();
  }
}
