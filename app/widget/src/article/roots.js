// Shadow roots on the host's elements. One cannot be taken back, so a root that nobody uses shows everything, and goes on
// doing so while the host adds and removes nodes.

/** On our roots, so that a second copy of this script knows them: who uses it. */
const KEY = Symbol.for("klartext");

/** Keeps showing what is added to elements whose root nobody uses. */
const keeper = new MutationObserver(keep);

/** @param {MutationRecord[]} records */
function keep(records) {
  for (const host of new Set(records.map((record) => record.target))) {
    const root = rootOf(host);
    if (root && !root[KEY].owner) showAll(host, root);
  }
}

/** Shows now what was added a moment ago: what is not shown has no styles to go by. */
export function catchUp() {
  keep(keeper.takeRecords());
}

/** Roots by element, as a host may have its way of hiding them. @type {WeakMap<Node, ShadowRoot>} */
const roots = new WeakMap();

/** @param {Node} host @returns {ShadowRoot | undefined} */
function rootOf(host) {
  return roots.get(host) ?? (host.shadowRoot?.[KEY] ? host.shadowRoot : undefined);
}

/**
 * Where the widget's element shows what it is wrapped round. Its shadow root is there before ours.
 *
 * @param {Node} host
 * @returns {HTMLElement | null}
 */
export function placeIn(host) {
  return host.localName === "klartext-article" ? (host.shadowRoot?.querySelector(".place") ?? null) : null;
}

/** Whether a node has a place of its own in the widget's element, such as a host's button. @param {Node} node */
export function hasPlace(node) {
  return node.parentNode?.localName === "klartext-article" && Boolean(node.slot);
}

/**
 * Whether `owner` may have a shadow root on the element, as far as one can see.
 *
 * @param {Element} host
 * @param {object} owner
 */
export function isFree(host, owner) {
  const root = rootOf(host);
  if (!root) return !host.shadowRoot || placeIn(host) !== null;
  return !root[KEY].owner || root[KEY].owner === owner;
}

/** Whether somebody else shows the element in another language. @param {Node} host @param {object} owner */
export function isTaken(host, owner) {
  const holder = rootOf(host)?.[KEY].owner;
  return Boolean(holder) && holder !== owner;
}

/**
 * A shadow root for `owner`, or `null` if the element cannot have one.
 *
 * @param {HTMLElement} host
 * @param {object} owner
 */
export function claim(host, owner) {
  if (!isFree(host, owner)) return null;
  const root = rootOf(host) ?? attach(host);
  if (root) root[KEY].owner = owner;
  return root;
}

/** @param {HTMLElement} host @returns {ShadowRoot | null} */
function attach(host) {
  let root;
  try {
    root = placeIn(host) ? host.shadowRoot : host.attachShadow({ mode: "open", slotAssignment: "manual" });
  } catch {
    return null;
  }
  if (root.slotAssignment !== "manual") {
    // An older browser, or a host that makes shadow roots its own way: this slot shows everything for good.
    root.append(document.createElement("slot"));
    return null;
  }
  root[KEY] = { owner: null, sheets: [] };
  roots.set(host, root);
  keeper.observe(host, { childList: true });
  return root;
}

/** Gives a root back: the element looks as if it had none. @param {HTMLElement} host */
export function surrender(host) {
  const root = rootOf(host);
  if (!root) return;
  root[KEY].owner = null;
  dress(root, []);
  showAll(host, root);
}

/** Has a root use these of our style sheets, besides those that others gave it. @param {ShadowRoot} root @param {CSSStyleSheet[]} sheets */
export function dress(root, sheets) {
  const others = [...root.adoptedStyleSheets].filter((sheet) => !root[KEY].sheets.includes(sheet));
  root.adoptedStyleSheets = [...others, ...sheets];
  root[KEY].sheets = sheets;
}

/** What of a host's is for slots of ours. @param {Node} host @returns {(Element | Text)[]} */
export function slottable(host) {
  return [...host.childNodes].filter((node) => (node instanceof Element || node instanceof Text) && !hasPlace(node));
}

/** @param {Node} host @param {ShadowRoot} root */
function showAll(host, root) {
  const slot = document.createElement("slot");
  (placeIn(host) ?? root).replaceChildren(slot);
  slot.assign(...slottable(host));
}
