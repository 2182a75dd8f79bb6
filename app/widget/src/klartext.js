// The element <klartext-article>, as it is on a page before anybody clicks: a button that offers the English, and what
// the host can set and call. All that works comes with the click, from session.js. What this file imports at once is
// imported by no other, so that the build makes one script of it: a page asks for that and for nothing else. It can be
// loaded without a document, by frameworks on a server.

/* global KLARTEXT_BYTES, KLARTEXT_MODEL */

// By a name of its own, or it would be a script that others share, and one more to ask for.
import { again } from "./again.js?own";
import { STYLE } from "./look.js";
import { isAble, isContent, isGerman } from "./offer.js";

const TAG = "klartext-article";

/** Properties that are attributes: the value without one, then the values there are, if not all. */
const REFLECTED = {
  for: [""],
  to: ["en"],
  model: [""],
  base: [""],
  mode: ["replace", "beside"],
  engine: ["auto", "cpu", "gpu"],
};

/** A new element of the bar. */
function make(document, name, attributes, ...children) {
  const element = document.createElement(name);
  for (const key in attributes) element.setAttribute(key, attributes[key]);
  element.append(...children);
  return element;
}

export class KlartextArticle extends (globalThis.HTMLElement ?? class {}) {
  static observedAttributes = ["for", "to", "model", "base", "lang", "glossary", "mode", "autostart"];

  #state = "idle";
  #states;
  #bar;
  #button;
  #label;
  #note;
  #live;
  #glossary = null;
  /** Whether it is in a page, as far as it has been told. */
  #placed = false;
  #session = null;
  #pending = null;
  #eye = null;
  /** Another object for each attempt, by which what was called off is told. */
  #attempt = {};

  constructor() {
    super();
    const { ownerDocument: document } = this;
    const root = this.attachShadow({ mode: "open", slotAssignment: "manual" });
    this.#label = make(document, "span");
    const badge = make(document, "span", { class: "badge", part: "badge", "aria-hidden": "true" });
    const offer = { type: "button", part: "button", "aria-describedby": "note" };
    this.#button = make(document, "button", offer, badge, this.#label);
    this.#note = make(document, "span", { class: "note", part: "note", id: "note" });
    this.#live = make(document, "span", { class: "live", role: "status" });
    const button = make(document, "slot", { name: "button" }, this.#button);
    const note = make(document, "slot", { name: "note" }, this.#note);
    // It is English already, whatever else on the page translates.
    const bar = { class: "bar", part: "bar", lang: "en", translate: "no" };
    this.#bar = make(document, "div", bar, button, note, this.#live);
    const rest = make(document, "slot");
    root.append(this.#bar, make(document, "div", { class: "place" }, rest));
    // Slots are filled by hand, so that a translation can put what this is wrapped round into other ones.
    const fill = () => {
      const all = Array.prototype.filter.call(this.childNodes, (it) => it.nodeType === 1 || it.nodeType === 3);
      for (const slot of [button, note]) slot.assign?.(...all.filter((it) => it.slot === slot.name));
      if (rest.parentNode) rest.assign?.(...all.filter((it) => !it.slot));
    };
    new MutationObserver(fill).observe(this, { childList: true });
    new MutationObserver(fill).observe(this, { subtree: true, attributeFilter: ["slot"] });
    fill();
    button.addEventListener("click", () => this.#translate().catch(() => {}));
    try {
      this.#states = this.attachInternals().states;
      this.#states.add("idle");
    } catch {
      // Older browsers have no states for style sheets; the property tells them anyway.
    }
    // What was set on the element before it was defined.
    for (const name of [...Object.keys(REFLECTED), "autostart", "glossary"]) {
      if (!Object.hasOwn(this, name)) continue;
      const value = this[name];
      delete this[name];
      this[name] = value;
    }
  }

  /** Where the translation is: idle, loading, translating, translated, original, failed or unsupported. */
  get state() {
    return this.#state;
  }

  get autostart() {
    return this.hasAttribute("autostart");
  }

  set autostart(value) {
    this.toggleAttribute("autostart", !!value);
  }

  /** The publisher's glossary, as an object or as the address of one. */
  get glossary() {
    return this.#glossary ?? this.getAttribute("glossary");
  }

  set glossary(value) {
    this.#glossary = value && typeof value === "object" ? value : null;
    if (value == null || this.#glossary) this.removeAttribute("glossary");
    else this.setAttribute("glossary", value);
    if (this.#placed) this.#again();
  }

  /** Shows the article in English; resolves with what it took. Hides the boolean `translate` of other elements. */
  get translate() {
    return this.#translate;
  }

  // Frameworks that know the attribute of that name set it so.
  set translate(value) {
    this.setAttribute("translate", value && value !== "no" ? "yes" : "no");
  }

  /** Shows the German again. The English is kept, and is there at once when it is wanted. */
  restore() {
    if (this.#pending) this.cancel();
    else this.#session?.show("original");
  }

  /** Stops, shows the German, and forgets the English. */
  cancel() {
    if (this.#session || this.#pending) this.#again(true);
  }

  connectedCallback() {
    this.#placed = true;
    const root = this.shadowRoot;
    // A sheet belongs to a document, and the element may have come into another one.
    if (!root.adoptedStyleSheets?.length && isAble()) {
      const sheet = new this.ownerDocument.defaultView.CSSStyleSheet();
      sheet.replaceSync(STYLE);
      root.adoptedStyleSheets = [sheet];
    }
    if (!this.#session && !this.#pending) this.#settle();
  }

  disconnectedCallback() {
    // Who moves it takes it out for a moment.
    queueMicrotask(() => {
      if (this.isConnected) return;
      this.#placed = false;
      this.#end();
      this.#set("idle");
    });
  }

  // With it, a move that keeps an element's state is no removal.
  connectedMoveCallback() {}

  attributeChangedCallback(name, before, now) {
    if (before === now || !this.#placed) return;
    if (name === "mode") this.#session?.turn(this.mode);
    else if (name !== "autostart") this.#again();
    else if (!this.#session && !this.#pending) this.#settle();
  }

  /** The element that `for` names, or itself if it is wrapped around something; null if the article has to be found. */
  get #target() {
    const selector = this.for;
    if (!selector) return Array.prototype.some.call(this.childNodes, isContent) ? this : null;
    try {
      return this.getRootNode().querySelector(selector) ?? this.ownerDocument.querySelector(selector);
    } catch {
      return null;
    }
  }

  /** Whether it has anything to offer here. A model of the host's own may know other languages. */
  get #isOffer() {
    if (!isAble()) return false;
    if (this.model) return true;
    if (!/^en\b/i.test(this.to)) return false;
    return isGerman(this.lang, this, this.#target);
  }

  /** Shows the offer, or nothing where there is none. */
  #settle() {
    this.#eye?.disconnect();
    const isOffer = (this.#bar.hidden = !this.#isOffer) === false;
    this.#set(isOffer ? "idle" : "unsupported");
    if (!isOffer) return;
    let language = this.to;
    let size = this.model ? 0 : KLARTEXT_BYTES;
    try {
      language = new Intl.DisplayNames("en", { type: "language" }).of(language);
      // The list of models that are on this device, by their addresses.
      if (localStorage.getItem("klartext-stored")?.includes(KLARTEXT_MODEL.replace(/^[./]+/, ""))) size = 0;
    } catch {
      // It is said in other words, or with a size too many.
    }
    this.#button.firstChild.textContent = this.to.slice(0, 2).toUpperCase();
    this.#label.textContent = `Read in ${language}`;
    this.#note.textContent = `Stays on your device${size ? ` · ${Math.max(1, Math.round(size / 1e6))}\u00a0MB` : ""}`;
    if (this.autostart && !navigator.connection?.saveData) this.#arm();
  }

  /** Translates without a click, as soon as the bar is on the screen and there is an article. */
  #arm() {
    const attempt = this.#attempt;
    const begin = () => {
      if (attempt !== this.#attempt || this.#session || this.#pending) return;
      if (this.for && !this.#target) setTimeout(begin, 500);
      else this.#translate().catch(() => {});
    };
    this.#eye = new IntersectionObserver((entries) => {
      if (!entries.at(-1).isIntersecting) return;
      this.#eye.disconnect();
      begin();
    });
    this.#eye.observe(this);
  }

  #translate() {
    if (!this.isConnected || !this.#isOffer) {
      return Promise.reject(new DOMException("There is nothing to translate here", "InvalidStateError"));
    }
    if (this.#pending) return this.#pending;
    const attempt = this.#attempt;
    const pending = this.#begin(attempt).finally(() => {
      if (this.#pending === pending) this.#pending = null;
    });
    return (this.#pending = pending);
  }

  async #begin(attempt) {
    if (!this.#session) {
      this.#set("loading");
      this.#button.setAttribute("aria-disabled", "true");
      let module = null;
      try {
        module = await again(() => import("./session.js"));
      } catch (cause) {
        if (attempt === this.#attempt) throw this.#fail(cause);
      } finally {
        this.#button.removeAttribute("aria-disabled");
      }
      if (attempt !== this.#attempt) throw new DOMException("Called off", "AbortError");
      this.#session = new module.Session({
        element: this,
        bar: this.#bar,
        note: this.#note,
        live: this.#live,
        target: () => this.#target,
        set: (state) => this.#set(state),
        emit: (name, detail) => this.#emit(name, detail),
        leave: (isWanted) => this.#again(isWanted),
      });
    }
    return this.#session.translate();
  }

  /** Says that the scripts did not come. What else can be said is in them. */
  #fail(cause) {
    const message = "Translator not loaded. Check your connection.";
    this.#note.textContent = this.#live.textContent = message;
    this.#set("failed");
    this.#emit("error", { code: "not-loaded", message });
    return Object.assign(new Error(message, { cause }), { code: "not-loaded" });
  }

  #end() {
    this.#attempt = {};
    this.#eye?.disconnect();
    this.#session?.end();
    this.#session = this.#pending = null;
  }

  /** Back to the start. Who called it off does not want it to start by itself. */
  #again(called = false) {
    this.#end();
    this.#settle();
    if (called) this.#eye?.disconnect();
  }

  #set(state) {
    if (state === this.#state) return;
    this.#state = this.#bar.dataset.state = state;
    this.#states?.clear();
    this.#states?.add(state);
    this.#emit("statechange", { state });
  }

  #emit(name, detail) {
    // Errors of scripts are heard on the window, and this is none of them.
    const bubbles = name !== "error";
    this.dispatchEvent(new CustomEvent(name, { detail, bubbles, composed: true }));
  }
}

for (const [name, values] of Object.entries(REFLECTED)) {
  Object.defineProperty(KlartextArticle.prototype, name, {
    configurable: true,
    enumerable: true,
    get() {
      const value = this.getAttribute(name);
      return value === null || (values[1] && !values.includes(value)) ? values[0] : value;
    },
    set(value) {
      if (value == null) this.removeAttribute(name);
      else this.setAttribute(name, value);
    },
  });
}

// A second script on the page leaves the first one's element alone.
if (globalThis.customElements && !customElements.get(TAG)) customElements.define(TAG, KlartextArticle);
