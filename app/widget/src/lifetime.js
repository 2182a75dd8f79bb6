// How long a translator or a detector lives: until it is destroyed, its signal aborts, or nobody can reach it any more.

import { joined } from "./abort.js";
import { assertActive, exceptionFor, nextTask } from "./task-api.js";

/** Objects that are at work, so that none is collected whose stream or promise somebody still waits for. */
const busy = new Set();

const forgotten = new FinalizationRegistry((lifetime) => lifetime.end());

export class Lifetime {
  #ended = new AbortController();
  #onend;

  /**
   * @param {object} owner whose life this is; it is not kept alive by it
   * @param {AbortSignal} [signal] ends it
   * @param {() => void} [onend]
   */
  constructor(owner, signal, onend) {
    this.#onend = onend;
    forgotten.register(owner, this, this);
    signal?.addEventListener("abort", () => this.end(signal.reason), { signal: this.#ended.signal });
  }

  /** Throws the reason if it is over. */
  assertAlive() {
    this.#ended.signal.throwIfAborted();
  }

  /** Ends it, and what is under way, for a reason. */
  end(reason) {
    if (this.#ended.signal.aborted) return;
    forgotten.unregister(this);
    this.#ended.abort(reason);
    this.#onend?.();
  }

  /**
   * Does something for its owner, unless the caller or the owner's end stops it.
   * @template T
   * @param {object} owner
   * @param {AbortSignal | undefined} signal the caller's
   * @param {(signal: AbortSignal) => T | Promise<T>} act
   * @returns {Promise<T>}
   */
  async attempt(owner, signal, act) {
    assertActive();
    const both = joined(this.#ended.signal, signal);
    busy.add(owner);
    try {
      both.signal.throwIfAborted();
      await nextTask();
      both.signal.throwIfAborted();
      const result = await act(both.signal);
      both.signal.throwIfAborted();
      return result;
    } catch (error) {
      throw both.signal.aborted ? both.signal.reason : exceptionFor(error);
    } finally {
      both.part();
      busy.delete(owner);
    }
  }
}
