// One translation of one article: the engine, the article and the bar brought together, from the click until the host or
// the reader ends it. Later changes of the article are translated as they come, and no engine is held in between.

import { addresses } from "./addresses.js";
import { Article, findArticle } from "./article/index.js";
import { Bar } from "./bar.js";
import { EngineError, acquire } from "./engine.js";
import { glossaryOf } from "./glossary.js";
import { explain, loadingText, translatingText } from "./messages.js";

/** So long at least is the time between the end of a pass and one for what has changed since, in ms. */
const REST = 2000;

/** So often at most the engine is told where the reader looks, in ms. */
const GLANCE = 150;

/** What several passes took together; the first word is the first pass's. */
function sum(before, stats) {
  if (!before) return stats;
  const { words, sentences, total_ms, gpu_sentences } = before;
  return {
    words: words + stats.words,
    sentences: sentences + stats.sentences,
    first_ms: before.first_ms,
    total_ms: total_ms + stats.total_ms,
    gpu_sentences: gpu_sentences + stats.gpu_sentences,
    memory_bytes: Math.max(before.memory_bytes, stats.memory_bytes),
  };
}

/** A language as English calls it. */
function nameOf(tag) {
  try {
    return new Intl.DisplayNames("en", { type: "language" }).of(tag);
  } catch {
    return tag;
  }
}

/**
 * @typedef {object} Page what the element lets a session use
 * @property {import("../types/klartext.js").KlartextArticle} element
 * @property {HTMLElement} bar
 * @property {HTMLElement} note
 * @property {HTMLElement} live
 * @property {() => Element | null} target the article, if the element names one
 * @property {(state: string) => void} set tells its state
 * @property {(name: string, detail: object) => void} emit
 * @property {(isWanted: boolean) => void} leave ends the session; whether somebody wanted that
 */

export class Session {
  #page;
  #bar;
  #source;
  #ended = new AbortController();
  #article = null;
  #root = null;
  #sizes = null;
  #glossary;
  /** Whether a pass is under way, and whether the article has changed since it looked. */
  #busy = false;
  #stale = false;
  #stats = null;
  #rested = 0;
  #timer;

  /** @param {Page} page */
  constructor(page) {
    this.#page = page;
    const { element } = page;
    [this.#source] = (element.lang || "de").split("-");
    const names = { source: nameOf(this.#source), target: nameOf(element.to) };
    this.#bar = new Bar({ ...page, names }, {
      cancel: () => page.leave(true),
      again: () => element.translate().catch(() => {}),
      show: (mode) => this.show(mode),
    });
  }

  get #signal() {
    return this.#ended.signal;
  }

  /** Translates what is not translated yet, and shows it. Goes on where an earlier call has failed. */
  async translate() {
    if (this.#stats) {
      this.show(this.#page.element.mode);
      return this.#stats;
    }
    this.#page.set("loading");
    this.#bar.work("Opening the translator");
    this.#page.emit("progress", { phase: "engine", done: 0, total: 0 });
    try {
      this.#stats = await this.#passes(true);
    } catch (error) {
      throw this.#signal.aborted ? this.#signal.reason : this.#fail(error);
    }
    this.show(this.#page.element.mode);
    this.#bar.say(`The article is in ${nameOf(this.#page.element.to)} now.`);
    this.#page.emit("done", { stats: this.#stats });
    return this.#stats;
  }

  /** Shows the article "replace"d, "beside" the German, or the "original". Nothing is computed for it. */
  show(mode) {
    if (!this.#stats) return;
    const { element } = this.#page;
    this.#article.mode = mode;
    this.#page.set(mode === "original" ? "original" : "translated");
    if (mode !== "original" && element.mode !== mode) element.mode = mode;
    this.#bar.choose(mode);
    if (this.#stale) this.#follow();
  }

  /** The host, or the switch, wants the English shown otherwise. */
  turn(mode) {
    if (!this.#article || this.#article.mode === mode || this.#article.mode === "original") return;
    this.#article.mode = mode;
    if (this.#stats) this.#bar.choose(mode);
  }

  /** Ends it all: the German is back, and nothing of this is left. */
  end() {
    this.#ended.abort(new DOMException("Called off", "AbortError"));
    clearTimeout(this.#timer);
    this.#sizes?.disconnect();
    this.#article?.dispose();
    this.#article = this.#root = null;
    this.#bar.end();
  }

  /** Finds the article and cuts it, the first time. */
  async #open() {
    if (this.#article) return;
    const { element, target } = this.#page;
    const named = element.for || target();
    const root = named ? target() : findArticle(element.ownerDocument);
    if (!root) throw new EngineError("no-article", "there is no such element, or nothing like an article in the page");
    this.#glossary ??= await glossaryOf(element, this.#signal);
    this.#signal.throwIfAborted();
    const { mode, to } = element;
    const onchange = () => this.#changed();
    this.#article = new Article(root, { source: this.#source, target: to, mode, glossary: this.#glossary, onchange });
    this.#root = root;
    // What is taken out of the page has no size any more.
    this.#sizes = new ResizeObserver(() => root.isConnected || this.#page.leave(false));
    this.#sizes.observe(root);
  }

  /** Pass after pass until nothing is new; `isFirst` is one that the reader waits for. What they took, with what was before. */
  async #passes(isFirst) {
    this.#busy = true;
    const held = { lease: null };
    try {
      const stats = await this.#texts(held, isFirst);
      // Nobody waits for those.
      this.#labels(held);
      return stats;
    } catch (error) {
      this.#rest(held);
      throw error;
    }
  }

  async #texts(held, isFirst) {
    await this.#open();
    let stats = this.#stats;
    for (;;) {
      this.#stale = false;
      await this.#article.prepare();
      this.#signal.throwIfAborted();
      const batch = this.#article.collect();
      if (!batch.blocks.length) break;
      held.lease ??= await this.#engine(isFirst);
      stats = sum(stats, await this.#pass(held.lease, batch, isFirst));
      if (!this.#stale) break;
    }
    if (!stats) throw new EngineError("no-text", "the article has no text in the source language");
    return stats;
  }

  /** Translates what is heard of pictures and links, and comes up over them. */
  async #labels(held) {
    try {
      const batch = this.#article.labels();
      if (!batch.blocks.length) return;
      held.lease ??= await this.#engine(false);
      const onoutline = (spans) => batch.outline(spans);
      const onsentence = (sentence) => void batch.sentence(sentence);
      await held.lease.translate(batch.blocks, { signal: this.#signal, onoutline, onsentence }).done;
    } catch (error) {
      if (!this.#signal.aborted) this.#tell(error);
    } finally {
      this.#rest(held);
      if (this.#stale && this.#stats) this.#follow();
    }
  }

  /** A pass is over. */
  #rest({ lease }) {
    lease?.release();
    this.#busy = false;
    this.#rested = performance.now() + REST;
  }

  /** The engine with its model. */
  async #engine(isFirst) {
    const { element } = this.#page;
    const { worker, model } = addresses(element.base);
    const lease = acquire({ choice: element.engine, worker });
    try {
      const info = await lease.load(element.model || model, { signal: this.#signal, onprogress: (it) => this.#loading(it, isFirst) });
      if (!isFirst) return lease;
      this.#page.set("translating");
      this.#bar.work(translatingText(0, 0));
      this.#page.emit("ready", info);
      return lease;
    } catch (error) {
      lease.release();
      throw error;
    }
  }

  /** Translates a batch, from what is on the screen on. */
  async #pass(lease, batch, isFirst) {
    let [done, total] = [0, 0];
    const progress = () => {
      if (!isFirst) return;
      this.#page.emit("progress", { phase: "text", done, total });
      this.#bar.progress(translatingText(done, total), total ? done / total : null);
    };
    const job = lease.translate(batch.blocks, {
      signal: this.#signal,
      first: batch.first(),
      onoutline: (spans) => {
        total = spans.reduce((sentences, block) => sentences + block.length, 0);
        batch.outline(spans);
        progress();
      },
      onsentence: (sentence) => {
        done += 1;
        const shown = batch.sentence(sentence);
        if (shown) this.#page.emit("sentence", { ...shown, confidence: sentence.confidence });
        // A listener may have ended it.
        if (!this.#signal.aborted) progress();
      },
    });
    const stop = this.#glances(() => job.focus(batch.first()));
    try {
      return await job.done;
    } finally {
      stop();
    }
  }

  /** Calls `look` while the reader scrolls, now and then; what it returns ends that. */
  #glances(look) {
    let timer = null;
    const glance = () => {
      timer ??= setTimeout(() => {
        timer = null;
        look();
      }, GLANCE);
    };
    const options = { capture: true, passive: true };
    addEventListener("scroll", glance, options);
    return () => {
      clearTimeout(timer);
      removeEventListener("scroll", glance, options);
    };
  }

  #loading(progress, isFirst) {
    if (!isFirst) return;
    const { done, total, needed } = progress;
    this.#page.emit("progress", { phase: "model", done, total });
    if (this.#signal.aborted) return;
    // What was on the device already is no progress that anybody waits for.
    this.#bar.progress(loadingText(progress), needed && total ? done / total : null);
  }

  /** The host has changed the article. */
  #changed() {
    this.#stale = true;
    if (this.#root && !this.#root.isConnected) this.#page.leave(false);
    else if (this.#stats && !this.#busy) this.#follow();
  }

  /** Translates what is new, quietly, and not while the German is shown. */
  #follow() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(async () => {
      if (this.#busy || !this.#stale || this.#article.mode === "original") return;
      try {
        const before = this.#stats;
        this.#stats = await this.#passes(false);
        if (this.#stats !== before) this.#page.emit("done", { stats: this.#stats });
      } catch (error) {
        // What is there stays; the next change tries again.
        if (!this.#signal.aborted) this.#tell(error);
      }
    }, Math.max(0, this.#rested - performance.now()));
  }

  /** Tells the host of a failure; the code by which it is known. */
  #tell(error) {
    const code = error instanceof EngineError ? error.code : "internal";
    if (code === "internal") console.error(error);
    this.#page.emit("error", { code, message: error.message });
    return code;
  }

  #fail(error) {
    const isKnown = error instanceof EngineError;
    const known = isKnown ? error : Object.assign(new EngineError("internal", String(error)), { cause: error });
    const said = explain(known.code);
    this.#bar.fail(said);
    this.#page.set(said.hopeless ? "unsupported" : "failed");
    this.#tell(error);
    return known;
  }
}
