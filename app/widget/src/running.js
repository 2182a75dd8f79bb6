// A model in a worker: who waits for it, and what it translates. The worker is started when it is first needed, and
// started again, when needed, after it died.

import { Connection, EngineError, unsupported } from "./connection.js";
import { forget, measured, remember, stored } from "./remembered.js";
import { toUtf16 } from "./utf16.js";

/** Jobs are numbered through: no number is used twice, not even for another worker. */
let lastJob = 0;

/** Calls what belongs to others: what they do wrong is reported and changes nothing here. */
function tell(listener, ...values) {
  try {
    listener?.(...values);
  } catch (error) {
    reportError(error);
  }
}

/** Something under way that can be aborted; it ends once, and leaves no listener behind. */
class Pending {
  #signal;
  #onabort;

  constructor(signal, drop) {
    this.promise = new Promise((resolve, reject) => Object.assign(this, { resolve, reject }));
    this.#signal = signal;
    this.#onabort = () => drop(signal.reason);
    signal?.addEventListener("abort", this.#onabort);
  }

  /** Ends it with "resolve" or "reject". */
  end(how, value) {
    this.#signal?.removeEventListener("abort", this.#onabort);
    this[how](value);
  }
}

/** A model in a worker. */
export class Engine {
  #manifest;
  #options;
  #connection = null;
  /** @type {"absent" | "loading" | "ready"} */
  state = "absent";
  #info = null;
  #progress = null;
  /** Who waits for the model. */
  #waiting = new Set();
  #jobs = new Map();
  #users = 0;
  #idle;
  #onend;

  /**
   * @param {string} manifest the address of the model's manifest
   * @param {{choice: string, workers?: number, worker: string}} options
   * @param {() => void} onend is called when nobody has used it for a while
   */
  constructor(manifest, options, onend) {
    this.#manifest = manifest;
    this.#options = options;
    this.#onend = onend;
  }

  /** Somebody uses it from now on. */
  retain() {
    clearTimeout(this.#idle);
    this.#users += 1;
  }

  /** A user has gone; the last one's worker lives on for `idle` ms. */
  release(idle) {
    this.#users -= 1;
    if (this.#users > 0) return;
    if (this.#connection) this.#idle = setTimeout(() => this.#end(), idle);
    else this.#end();
  }

  #end() {
    this.#disconnect();
    this.#onend();
  }

  /** Has the model ready. Rejects with the signal's reason or an `EngineError`. */
  load(onprogress, signal) {
    if (this.#info) return Promise.resolve(this.#info);
    const pending = new Pending(signal, (reason) => {
      this.#waiting.delete(pending);
      pending.end("reject", reason);
      this.#callOff();
    });
    pending.onprogress = onprogress;
    this.#waiting.add(pending);
    if (this.#progress) tell(onprogress, this.#progress);
    this.#want();
    return pending.promise;
  }

  /** Translates blocks, as soon as the model is ready. */
  translate(blocks, { signal, first = 0, onoutline, onsentence }) {
    const job = (lastJob += 1);
    const pending = new Pending(signal, (reason) => {
      this.#jobs.delete(job);
      pending.end("reject", reason);
      if (!this.#callOff()) this.#connection?.send({ type: "cancel", job });
      this.#connection?.watch(this.#owes());
    });
    Object.assign(pending, { blocks, onoutline, onsentence });
    this.#jobs.set(job, pending);
    this.#want();
    this.#connection?.send({ type: "translate", job, blocks, first });
    return {
      done: pending.promise,
      focus: (block) => {
        if (this.#jobs.has(job)) this.#connection?.send({ type: "focus", job, block });
      },
    };
  }

  #owes() {
    return this.#jobs.size > 0 || this.#waiting.size > 0;
  }

  /** Has the model loaded, by a worker that is started if there is none. */
  #want() {
    if (this.state === "absent") {
      const error = unsupported();
      // As every other failure it comes after the call.
      if (error) return queueMicrotask(() => this.#fail(error));
      this.#connect();
      this.state = "loading";
      const { choice, workers = null } = this.#options;
      const options = { choice, workers, measured: measured() };
      this.#connection.send({ type: "load", manifest: this.#manifest, options, newest: false });
    }
    this.#connection?.watch(true);
  }

  #connect() {
    this.#connection ??= new Connection(
      this.#options.worker,
      (event) => this.#hear(event),
      (error) => {
        this.#disconnect();
        this.#fail(error);
      },
    );
  }

  #disconnect() {
    this.#connection?.end();
    this.#connection = this.#info = this.#progress = null;
    this.state = "absent";
  }

  /** Ends the worker, and the download with it, if nobody wants the model any more that is on its way. */
  #callOff() {
    const isUnwanted = this.state === "loading" && !this.#owes();
    if (isUnwanted) this.#disconnect();
    return isUnwanted;
  }

  /** All that is under way has failed. */
  #fail(error) {
    const failed = [...this.#waiting, ...this.#jobs.values()];
    this.#waiting.clear();
    this.#jobs.clear();
    this.#connection?.watch(false);
    for (const pending of failed) pending.end("reject", error);
  }

  #hear(event) {
    const job = this.#jobs.get(event.job);
    if (event.type === "loading") {
      const { type: _type, ...progress } = event;
      this.#progress = progress;
      for (const { onprogress } of [...this.#waiting]) tell(onprogress, progress);
    } else if (event.type === "ready") {
      this.#ready(event.engine);
    } else if (event.type === "measured") {
      remember(event.measured);
    } else if (event.type === "failed" && event.job == null) {
      this.#broken(event.error);
    } else if (job) {
      this.#hearOf(job, event);
    }
    this.#connection?.watch(this.#owes());
  }

  #ready(info) {
    this.state = "ready";
    this.#info = info;
    if (this.#progress?.keeps !== "memory") stored(this.#manifest);
    const ready = [...this.#waiting];
    this.#waiting.clear();
    for (const pending of ready) pending.end("resolve", info);
  }

  /** The model could not be loaded. The next who wants it begins anew. */
  #broken({ code, message }) {
    forget(this.#manifest);
    // After a lack of memory the worker holds what it has taken, until it ends.
    if (code === "out-of-memory") this.#disconnect();
    this.state = "absent";
    this.#info = this.#progress = null;
    this.#fail(new EngineError(code, message));
  }

  #hearOf(job, event) {
    if (event.type === "outline") {
      tell(job.onoutline, event.blocks.map((spans, block) => toUtf16(job.blocks[block], spans)));
    } else if (event.type === "sentence") {
      const { block, sentence, runs, confidence } = event;
      tell(job.onsentence, { block, sentence, runs, confidence });
    } else if (event.type === "done") {
      this.#settle(event.job, "resolve", event.stats);
    } else if (event.type === "failed") {
      const { code, message } = event.error;
      this.#settle(event.job, "reject", new EngineError(code, message));
      if (code === "out-of-memory" && !this.#owes()) this.#disconnect();
    } else if (event.type === "cancelled") {
      // Nobody here has asked for it.
      this.#settle(event.job, "reject", new EngineError("internal", "the job was cancelled"));
    }
  }

  #settle(id, how, value) {
    const job = this.#jobs.get(id);
    this.#jobs.delete(id);
    job.end(how, value);
  }
}
