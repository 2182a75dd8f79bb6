// The bar after the click: progress and a way to stop, then the switch between the languages, or what went wrong. It
// takes the place of the button in the same row, at the same height, and never lets go of the keyboard's focus. Where
// there is no room for the note it hides it.

const STYLE = `
.bar.on>slot[name=button],.bar[data-state=loading].on>slot[name=note],.bar[data-state=translating].on>slot[name=note],
.bar[data-state=failed].on>slot[name=note],.bar[data-state=unsupported].on>slot[name=note]{display:none}
.stage{display:flex;align-items:center;gap:.5em;min-width:0;flex:0 1 auto}
.bar[data-state=translated] .stage,.bar[data-state=original] .stage{flex:none}
.bar[data-state=translated] .note,.bar[data-state=original] .note{flex:1 1 0;display:flex;flex-wrap:wrap;height:1.3em;
overflow:hidden;white-space:nowrap}
.bar[data-state=translated] ::slotted([slot=note]),.bar[data-state=original] ::slotted([slot=note]){flex:1 1 0;min-width:0;
max-height:1.3em;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.bar.on .note::before{content:"";width:1px;height:1.3em}
.progress{position:relative;display:flex;align-items:center;gap:.55em;box-sizing:border-box;width:17.5em;
flex:0 1 auto;min-width:0;min-height:36px;padding:0 .85em;border:1px solid;
border-color:var(--klartext-border,var(--line));border-radius:var(--klartext-radius,4px);overflow:hidden;
background:var(--klartext-background,none);font-variant-numeric:tabular-nums;white-space:nowrap}
.text{overflow:hidden;text-overflow:ellipsis}
.fill{position:absolute;inset-block-end:0;inset-inline:0;height:3px;background:color-mix(in srgb,var(--accent) 20%,transparent)}
.fill>i{display:block;height:100%;width:100%;background:var(--accent);transform-origin:0 0;transform:scaleX(var(--share,0));
transition:transform .25s linear}
:host(:dir(rtl)) .fill>i{transform-origin:100% 0;--way:-1}
.fill.open>i{width:30%;transform:none;transition:none;animation:open 1.4s ease-in-out infinite alternate}
@keyframes open{to{transform:translateX(calc(var(--way,1)*233%))}}
.plain{border-color:transparent;background:none;font-weight:500;padding:0 .6em}
.switch{display:inline-flex;border:1px solid;border-color:var(--klartext-border,var(--line));
border-radius:var(--klartext-radius,4px);background:var(--klartext-background,none)}
.option{min-height:34px;border:0;border-radius:calc(var(--klartext-radius,4px) - 1px);background:none;font-weight:500}
.option+.option{border-inline-start:1px solid;border-color:var(--klartext-border,var(--line));border-start-start-radius:0;
border-end-start-radius:0}
.option:not(:last-child){border-start-end-radius:0;border-end-end-radius:0}
.option:hover{color:var(--accent)}
.option[aria-pressed=true]{color:var(--accent);font-weight:600;background:color-mix(in srgb,var(--accent) 11%,transparent)}
.option:focus-visible{z-index:1;outline-offset:-2px}
.option>span{display:grid;justify-items:center}
.option>span::after{content:attr(data-text);content:attr(data-text)/"";font-weight:600;height:0;overflow:hidden;visibility:hidden}
.error{display:flex;align-items:center;gap:.6em;min-width:0;font-size:.95em;text-wrap:balance}
.error::before{content:"!";content:"!"/"";flex:none;width:1.4em;border-radius:50%;text-align:center;font-weight:700;
line-height:1.4em;color:var(--accent);
background:color-mix(in srgb,var(--accent) 13%,transparent)}
.close{font-size:1.25em;font-weight:400;min-width:32px;padding:0;justify-content:center}
@media (max-width:30em){.error::before{display:none}}
@media (pointer:coarse){.option{padding:0 .8em}}
@media (prefers-reduced-motion:reduce){.fill>i{transition:none}.fill.open>i{animation:none;width:100%;opacity:.45}}
@media (forced-colors:active){.fill>i,.option[aria-pressed=true]{forced-color-adjust:none;background:Highlight;
color:HighlightText}.plain{border-color:ButtonBorder}}`;

/** A new element. Attributes that start with "on" are listeners. */
function make(name, attributes, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value);
  }
  element.append(...children);
  return element;
}

function button(part, label, onclick, more = {}) {
  return make("button", { type: "button", part, onclick, ...more }, label);
}

export class Bar {
  #bar;
  #note;
  #live;
  #names;
  #act;
  #stage = make("div", { class: "stage", part: "stage" });
  /** The parts of what is shown that change while it is shown. */
  #text = null;
  #fill = null;
  #options = new Map();
  /** What `progress` is to show next. */
  #next = null;
  /** The bar's height before the click, in pixels. */
  #height = 0;

  /**
   * @param {{bar: HTMLElement, note: HTMLElement, live: HTMLElement, names: {source: string, target: string}}} parts
   * @param {{cancel(): void, again(): void, show(mode: string): void}} act what its buttons do
   */
  constructor({ bar, note, live, names }, act) {
    [this.#bar, this.#note, this.#live, this.#names, this.#act] = [bar, note, live, names, act];
    const root = bar.getRootNode();
    // It may be there from an earlier translation.
    if (root.adoptedStyleSheets.length === 1) {
      const sheet = new bar.ownerDocument.defaultView.CSSStyleSheet();
      sheet.replaceSync(STYLE);
      root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
    }
  }

  /** Shows progress and a way to stop. */
  work(text) {
    if (!this.#fill) {
      const label = make("span", { class: "text", part: "progress-text", dir: "ltr" });
      const line = make("span", { class: "fill", part: "progress-track" }, make("i", { part: "progress-fill" }));
      const name = `Reading in ${this.#names.target}`;
      const role = { role: "progressbar", "aria-label": name, "aria-valuemin": 0, "aria-valuemax": 100 };
      const fill = make("span", { class: "progress", part: "progress", ...role }, label, line);
      const cancel = button("cancel", "Cancel", () => this.#act.cancel(), { class: "plain" });
      this.#put([fill, cancel], cancel);
      [this.#text, this.#fill] = [label, fill];
    }
    this.#advance(text, null);
    this.say(text);
  }

  /** How far it is, from 0 to 1; `null` if nobody knows. It is shown with the next picture, the last of several only. */
  progress(text, share) {
    if (!this.#next) requestAnimationFrame(() => this.#next && this.#advance(...this.#next));
    this.#next = [text, share];
  }

  #advance(text, share) {
    this.#next = null;
    if (!this.#fill) return;
    this.#text.textContent = text;
    this.#fill.setAttribute("aria-valuetext", text);
    this.#fill.lastChild.classList.toggle("open", share === null);
    if (share === null) return this.#fill.removeAttribute("aria-valuenow");
    this.#fill.setAttribute("aria-valuenow", Math.round(100 * share));
    this.#fill.style.setProperty("--share", share);
  }

  /** Shows the switch. */
  choose(mode) {
    if (!this.#options.size) {
      const { source, target } = this.#names;
      const all = Object.entries({ replace: target, original: source, beside: "Side by side" });
      const options = all.map(([name, label]) => {
        const text = make("span", { "data-text": label }, label);
        return [name, button("option", text, () => this.#act.show(name), { class: "option" })];
      });
      const group = { class: "switch", part: "switch", role: "group", "aria-label": "Language of the article" };
      this.#put([make("div", group, ...options.map(([, it]) => it))], new Map(options).get(mode));
      this.#options = new Map(options);
    }
    for (const [name, option] of this.#options) {
      option.setAttribute("aria-pressed", String(name === mode));
      option.part.toggle("selected", name === mode);
    }
    this.#note.textContent = "Translated on your device";
  }

  /** Shows what went wrong. */
  fail({ text, again }) {
    const retry = button("retry", "Try again", () => this.#act.again());
    const close = button("close", "×", () => this.#act.cancel(), { class: "plain close", "aria-label": "Close" });
    const line = make("span", { class: "error", part: "error" }, make("span", { dir: "ltr" }, text));
    this.#put(again ? [line, retry, close] : [line, close], again ? retry : close);
    this.say(text);
  }

  /** Tells those who cannot see it. */
  say(text) {
    this.#live.textContent = text;
  }

  /** Lets the button have its place back. */
  end() {
    const button = this.#button;
    this.#swap(() => {
      this.#bar.classList.remove("on");
      this.#stage.remove();
    }, button);
    this.say("");
  }

  /** The button, be it the host's own. */
  get #button() {
    const slot = this.#bar.querySelector("slot[name=button]");
    return slot.assignedElements()[0] ?? slot.firstElementChild;
  }

  #put(children, heir) {
    this.#text = this.#fill = null;
    this.#options = new Map();
    this.#swap(() => {
      this.#stage.replaceChildren(...children);
      if (this.#stage.isConnected) return;
      this.#bar.insertBefore(this.#stage, this.#note.parentNode);
      this.#bar.classList.add("on");
    }, heir);
  }

  /** Changes what is shown; if the focus was on it, `heir` gets it. */
  #swap(change, heir) {
    // A note that takes several lines on a phone leaves its room to what comes in its place.
    this.#bar.style.minHeight = "";
    if (!this.#bar.classList.contains("on")) this.#height = this.#bar.getBoundingClientRect().height;
    const isFocused = this.#bar.contains(this.#bar.getRootNode().activeElement) || this.#button.matches(":focus");
    change();
    if (this.#bar.classList.contains("on")) this.#bar.style.minHeight = `${this.#height}px`;
    if (isFocused) heir.focus({ preventScroll: true });
  }
}
