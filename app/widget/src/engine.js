// The page's side of the engine, shared by everything on the page: leases in, one worker for each model out, which is
// started when it is first needed, started again after it died, and ended a while after nobody needs it any more.

import { joined } from "./abort.js";
import { WORKER } from "./addresses.js";
import { EngineError } from "./connection.js";
import { isStored } from "./remembered.js";
import { Engine } from "./running.js";

export { EngineError } from "./connection.js";

/**
 * @typedef {{choice?: "auto" | "cpu" | "gpu", workers?: number, worker?: string, idle?: number}} Options what may compute,
 *   on how many cores, the address of the worker's script, and how long in ms it lives after its last user
 * @typedef {{text: string, mark?: {code?: boolean, tags?: number[]}}} Run
 * @typedef {{kind: string, runs: Run[]}} Block
 * @typedef {{address: string, done: number, total: number, state: string, needed?: number}} LoadProgress
 * @typedef {{address: string, model: string, version: string, source: string, target: string, bytes: number,
 *   origin: string, device: string, kernels: string}} EngineInfo
 * @typedef {{words: number, sentences: number, first_ms: number, total_ms: number, gpu_sentences: number,
 *   memory_bytes: number}} Stats
 */

/** How long a worker lives after its last user, in ms, if nobody says. */
const IDLE = 30_000;

/** Engines by what they are: a model, a worker, and what may compute. */
const engines = new Map();

/** An address as seen from the page. */
const absolute = (address) => new URL(address, globalThis.document?.baseURI ?? location.href).href;

function keyOf(manifest, { choice = "auto", workers, worker = WORKER }) {
  return JSON.stringify([absolute(manifest), absolute(worker), choice, workers]);
}

function engineFor(manifest, options) {
  const key = keyOf(manifest, options);
  const { choice = "auto", workers, worker = WORKER } = options;
  if (!engines.has(key)) {
    const onend = () => engines.delete(key);
    engines.set(key, new Engine(absolute(manifest), { choice, workers, worker: absolute(worker) }, onend));
  }
  return engines.get(key);
}

/**
 * What is known of a model without asking anybody.
 * @param {string} manifest
 * @param {Options} [options]
 * @returns {"ready" | "loading" | "stored" | "absent"}
 */
export function whereIs(manifest, options = {}) {
  const state = engines.get(keyOf(manifest, options))?.state ?? "absent";
  return state === "absent" && isStored(absolute(manifest)) ? "stored" : state;
}

/** A user of the engine. */
class Lease {
  #options;
  #engine = null;
  #ended = new AbortController();

  constructor(options) {
    this.#options = options;
  }

  /**
   * Has a model ready.
   * @param {string} manifest its manifest's address
   * @param {{signal?: AbortSignal, onprogress?: (progress: LoadProgress) => void}} [options]
   * @returns {Promise<EngineInfo>} rejects with the signal's reason or an `EngineError`
   */
  async load(manifest, { signal, onprogress } = {}) {
    const both = joined(this.#ended.signal, signal);
    try {
      both.signal.throwIfAborted();
      const engine = engineFor(manifest, this.#options);
      if (engine !== this.#engine) {
        engine.retain();
        this.#engine?.release(this.#options.idle ?? IDLE);
        this.#engine = engine;
      }
      return await engine.load(onprogress, both.signal);
    } finally {
      both.part();
    }
  }

  /**
   * Translates blocks with the model that was asked for last, which is loaded again if its worker has died.
   * @param {Block[]} blocks in reading order
   * @param {{signal?: AbortSignal, first?: number, onoutline?: (blocks: {start: number, end: number}[][]) => void,
   *   onsentence?: (sentence: {block: number, sentence: number, runs: Run[], confidence: number}) => void}} [options]
   *   `first` is the block to begin with; the outline's spans are indices into each block's text
   * @returns {{done: Promise<Stats>, focus: (block: number) => void}} `done` rejects with the signal's reason or an
   *   `EngineError`; `focus` says which block is to go first from now on
   */
  translate(blocks, { signal, ...options } = {}) {
    const both = joined(this.#ended.signal, signal);
    const fail = (reason) => ({ done: Promise.reject(reason), focus() {} });
    if (both.signal.aborted) {
      both.part();
      return fail(both.signal.reason);
    }
    if (!this.#engine) {
      both.part();
      return fail(new EngineError("internal", "no model was asked for"));
    }
    const { done, focus } = this.#engine.translate(blocks, { ...options, signal: both.signal });
    // Not by `finally`: a page may have put promises in place that lack it.
    done.then(both.part, both.part);
    return { done, focus };
  }

  /** Ends what is under way for this user, and its use of the engine. */
  release() {
    if (this.#ended.signal.aborted) return;
    this.#ended.abort();
    this.#engine?.release(this.#options.idle ?? IDLE);
    this.#engine = null;
  }
}

/**
 * A use of the engine. Nothing is started for it before its first call.
 * @param {Options} [options]
 */
export function acquire(options = {}) {
  return new Lease(options);
}
