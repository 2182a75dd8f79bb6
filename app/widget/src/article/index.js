// An article of the host's, shown in English without a change to the host's own nodes: shadow roots on its elements show
// the English and keep what is not text in slots.
//
//   const article = new Article(root, { mode: "replace", onchange });
//   await article.prepare();                  // if it may take a while
//   const batch = article.collect();          // blocks for the engine
//   batch.outline(spans);                     // where its sentences are
//   batch.sentence({ block, sentence, runs }); // a block is shown soon after its last one
//   const labels = article.labels();          // and then, in the same way, what only few come across
//   article.mode = "beside";                  // or "original", at any time
//   article.dispose();

import { Cloner } from "./clone.js";
import { Glossary } from "./glossary.js";
import { Labels } from "./labels.js";
import { Queue, SLICE } from "./queue.js";
import { catchUp } from "./roots.js";
import { Shade } from "./shade.js";
import { Sheets } from "./sheets.js";
import { Batch, Translation } from "./translation.js";
import { Walker } from "./walk.js";
import { Watch } from "./watch.js";

export { findArticle } from "./find.js";

/** How long the host may go on changing before its changes are told, in ms. */
const SETTLED = 150;
/** How long showing may take when the host has just changed what is shown, in ms: else German would flash up. */
const AT_ONCE = 45;
/** How many translations are kept whose text is not in the article at the moment. */
const KEPT = 2_000;
const RIGHT_TO_LEFT = ["ar", "fa", "he", "ur", "yi"];

export class Article {
  /** @type {Element} */
  root;
  #mode;
  #onchange;
  #walker;
  #watch;
  #queue;
  #sheets;
  #labels;
  /** Whether labels were collected, and are to be kept up with what the host changes. */
  #labelled = false;
  #context;
  #timer = 0;
  #labelTimer = 0;
  #disposed = false;
  /** @type {Map<Node, Shade>} */
  #shades = new Map();
  /** By the keys of parts. @type {Map<string, Translation>} */
  #known = new Map();
  #begun = false;
  /** Which shade shows a part. @type {WeakMap<import("./part.js").Part, Shade>} */
  #shadeOf = new WeakMap();
  /** @type {import("./walk.js").Scan | null} */
  #scan = null;

  /**
   * @param {Element} root
   * @param {{ source?: string, target?: string, mode?: import("./sheets.js").Mode, onchange?: () => void,
   *   glossary?: import("./glossary.js").GlossarySource | null }} [options]
   * `onchange`: there is something to collect that was not there before
   */
  constructor(root, { source = "de", target = "en", mode = "replace", glossary = null, onchange = () => {} } = {}) {
    this.root = root;
    this.#mode = mode;
    this.#onchange = onchange;
    this.#sheets = new Sheets(mode);
    const terms = new Glossary(glossary);
    this.#walker = new Walker(this, { source, glossary: terms });
    const translationOf = (part) => this.#translationOf(part);
    this.#labels = new Labels({ source, target, glossary: terms, translationOf });
    const dir = RIGHT_TO_LEFT.includes(target.split("-")[0]) ? "rtl" : "ltr";
    this.#context = {
      owner: this,
      sheets: this.#sheets,
      mode,
      painter: { cloner: new Cloner(this.#sheets, this.#labels), labels: this.#labels, source, target, dir },
      translationOf,
    };
    this.#queue = new Queue({
      onrefused: (shade) => this.#refused(shade),
      isIdle: () => this.#disposed || !root.isConnected,
    });
    this.#watch = new Watch(root, {
      onchange: (records) => this.#changed(records),
      onwidth: () => this.#shades.forEach((shade) => shade.loosen()),
      onlooks: () => this.#restyle(),
    });
  }

  get mode() {
    return this.#mode;
  }

  set mode(mode) {
    if (mode === this.#mode || this.#disposed) return;
    this.#mode = mode;
    this.#context.mode = mode;
    this.#sheets.mode = mode;
    for (const shade of this.#shades.values()) {
      shade.assign();
      if (this.#isWanted(shade)) this.#queue.add(shade);
    }
  }

  /** Looks through the article in slices, so that `collect` has little left to do. Not needed, but kind to the host. */
  async prepare() {
    catchUp();
    const steps = this.#steps();
    while (!this.#disposed && this.root.isConnected) {
      const end = performance.now() + SLICE;
      while (performance.now() < end) if (steps.next().done) return;
      await new Promise((resolve) => setTimeout(resolve));
    }
  }

  *#steps() {
    yield* this.#walker.warm(this.root);
    yield* this.#sheets.warm(this.root.getRootNode());
  }

  /**
   * Blocks that are not translated yet, in reading order. What an earlier batch has not got translated is in it again, so
   * one batch should have ended before the next one is collected.
   *
   * @returns {Batch}
   */
  collect() {
    if (!this.#disposed && this.root.isConnected) {
      catchUp();
      this.#watch.catchUp();
      this.#refresh();
      this.#queue.schedule();
    }
    const missing = [...this.#translations()].filter(({ isDone }) => !isDone);
    return new Batch(this.#disposed ? [] : missing, {
      onoutline: () => this.#begin(),
      ondone: (translation) => this.#show(translation),
    });
  }

  /**
   * Labels that are not translated yet, as blocks for a batch of their own: to be collected when the text is there, since
   * most readers never come across them.
   *
   * @returns {Batch}
   */
  labels() {
    if (!this.#disposed && this.root.isConnected && this.#scan) {
      this.#labelled = true;
      this.#readLabels();
      // What was translated before is there at once.
      this.#labelSoon();
    }
    return new Batch(this.#disposed ? [] : this.#missingLabels(), {
      onoutline: () => {},
      ondone: () => this.#labelSoon(),
    });
  }

  /** Shows the original, for good. */
  dispose() {
    if (this.#disposed) return;
    this.#disposed = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#labelTimer);
    this.#watch.stop();
    this.#queue.stop();
    for (const shade of this.#shades.values()) shade.close();
    this.#shades.clear();
    this.#known.clear();
    this.#scan = null;
  }

  /** @param {import("./part.js").Part} part */
  #translationOf(part) {
    let translation = this.#known.get(part.key);
    if (!translation) {
      translation = new Translation();
      this.#known.set(part.key, translation);
    }
    return translation;
  }

  /** What the engine is to translate, or has translated. */
  #translations() {
    const texts = (this.#scan?.parts ?? []).filter((part) => part.isText);
    return new Set(texts.map((part) => this.#translationOf(part)));
  }

  /** The engine has begun: numbers alone, which need none, are English from now on. */
  #begin() {
    this.#begun = true;
    this.#settle();
  }

  #settle() {
    if (!this.#begun || this.#disposed) return;
    for (const part of this.#scan?.parts ?? []) {
      const translation = this.#translationOf(part);
      if (!part.numbers || translation.isDone) continue;
      translation.settle(part, part.numbers);
      this.#show(translation);
    }
  }

  /** Brings shades and translations up to what the host's tree is now. */
  #refresh() {
    const scan = this.#walker.scanArticle(this.root);
    if (scan === this.#scan) return;
    this.#scan = scan;
    // What shows the root itself has to be told what comes and goes beside it.
    const last = scan.plans.at(-1)?.host;
    if (last && last !== this.root && last.contains(this.root)) this.#watch.addBeside(last);
    for (const root of scan.roots) this.#watch.add(root);
    const hosts = new Set(scan.plans.map(({ host }) => host));
    for (const [host, shade] of this.#shades) if (!hosts.has(host)) this.#drop(shade);
    for (const plan of scan.plans) this.#follow(plan);
    for (const translation of this.#known.values()) translation.parts.clear();
    for (const part of scan.parts) this.#translationOf(part).parts.add(part);
    if (this.#labelled) this.#readLabels();
    this.#settle();
    this.#prune();
  }

  #readLabels() {
    for (const part of this.#labels.read(this.#scan.plans)) this.#translationOf(part).parts.add(part);
  }

  #missingLabels() {
    if (!this.#labelled || !this.#scan) return [];
    const translations = [...this.#labels.read(this.#scan.plans)].map((part) => this.#translationOf(part));
    return [...new Set(translations)].filter(({ isDone }) => !isDone);
  }

  /** Has what has come of the labels be English, wherever it is shown. */
  #label() {
    for (const shade of this.#shades.values()) {
      if (shade.isOpen) shade.label();
      else if (this.#isWanted(shade)) this.#queue.add(shade);
    }
  }

  #labelSoon() {
    clearTimeout(this.#labelTimer);
    this.#labelTimer = setTimeout(() => this.#disposed || this.#label(), SETTLED);
  }

  /** The root is no longer in the page: nor is what is shown of it outside of it. */
  #dropOutside() {
    for (const [host, shade] of this.#shades) {
      if (!host.isConnected) continue;
      this.#drop(shade);
      this.#scan = null;
    }
  }

  /** @param {import("./walk.js").Plan} plan */
  #follow(plan) {
    let shade = this.#shades.get(plan.host);
    if (shade?.plan === plan) return;
    if (!shade) {
      shade = new Shade(plan, this.#context);
      this.#shades.set(plan.host, shade);
    }
    shade.plan = plan;
    for (const { parts } of plan.segments) for (const part of parts) this.#shadeOf.set(part, shade);
    shade.lay();
    if (this.#isWanted(shade)) this.#queue.add(shade);
  }

  /** Whether a shade has something to show: in two columns, also that nothing is there yet. @param {Shade} shade */
  #isWanted(shade) {
    return shade.isBegun || this.#mode === "beside";
  }

  /** @param {Shade} shade */
  #drop(shade) {
    this.#queue.remove(shade);
    this.#shades.delete(shade.host);
    shade.close();
  }

  /** Forgets the longest known of the translations that nothing shows. */
  #prune() {
    let spare = this.#known.size - this.#scan.parts.length - KEPT;
    for (const [key, { parts }] of this.#known) {
      if (spare <= 0) return;
      if (parts.size > 0) continue;
      this.#known.delete(key);
      spare -= 1;
    }
  }

  /** @param {Translation} translation */
  #show(translation) {
    if (this.#disposed) return;
    for (const part of translation.parts) {
      const shade = this.#shadeOf.get(part);
      if (shade && this.#shades.get(shade.host) === shade) this.#queue.add(shade);
    }
  }

  /** @param {MutationRecord[]} records */
  #changed(records) {
    // Before the first collection there is nothing to keep up.
    if (this.#disposed || !this.#scan) return;
    for (const { target, type } of records) {
      this.#walker.forget(target, type === "attributes");
      if (type === "childList") this.#shades.get(target)?.adopt();
    }
    if (!this.root.isConnected) return this.#dropOutside();
    this.#refresh();
    this.#queue.run(AT_ONCE);
    this.#tell();
  }

  /** @param {Shade} shade */
  #refused(shade) {
    this.#walker.refuse(shade.host);
    this.#drop(shade);
    this.#tell();
  }

  /** Says soon that there is something to collect. */
  #tell() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      if (this.#disposed || !this.root.isConnected) return;
      this.#refresh();
      const missing = [...this.#translations(), ...this.#missingLabels()];
      if (missing.some(({ isDone, isAsked }) => !isDone && !isAsked)) this.#onchange();
    }, SETTLED);
  }

  /** Copies the originals' looks anew. */
  #restyle() {
    if (this.#disposed) return;
    this.#sheets.clear();
    for (const shade of this.#shades.values()) {
      if (!shade.isOpen) continue;
      shade.renew();
      this.#queue.add(shade);
    }
  }
}
