// The engines that race, behind one face: `start(plan)` makes an engine ready, `translate(…)` has it translate once and
// measures. Each lives in a worker of its own. Times are in milliseconds.

/**
 * What one translation of a text took and made.
 * @typedef {object} Result
 * @property {string[]} outputs one for each sentence
 * @property {number} ms from the order to the last sentence
 * @property {number} firstMs from the order to the first sentence, or to the end of another engine's first batch
 * @property {number} memory bytes of the worker's WebAssembly memory
 */

/** A worker, and the messages it sends. */
class Messages {
  constructor(address, type) {
    this.worker = new Worker(address, { type });
    this.waiting = null;
    this.worker.addEventListener("message", ({ data }) => this.waiting?.take(data));
    this.worker.addEventListener("error", (event) => {
      event.preventDefault();
      this.waiting?.reject(new Error(`${address} failed: ${event.message || "it did not load"}`));
    });
  }

  /**
   * Sends a request, if there is one, and hands every message to `take` until that returns something.
   * @returns {Promise<any>} what `take` returned
   */
  exchange(request, take) {
    return new Promise((resolve, reject) => {
      this.waiting = {
        reject,
        take(message) {
          if (message.type === "failed") reject(new Error(`${message.error.code}: ${message.error.message}`));
          const result = take(message);
          if (result !== undefined) resolve(result);
        },
      };
      if (request) this.worker.postMessage(request);
    });
  }
}

const whenType = (type) => (message) => (message.type === type ? message : undefined);

/** Klartext's own worker, through the protocol that the reader speaks. */
export class Klartext {
  #jobs = 0;

  /** `kernels`: which it may use, or null for the best; `workers`: how many may compute, or null for one on each core. */
  constructor(name, kernels, workers) {
    this.name = name;
    this.query = kernels ? `?kernels=${kernels}` : "";
    this.workers = workers;
  }

  /** Starts the worker and loads the model. */
  async start(plan) {
    const begin = performance.now();
    this.messages = new Messages(plan.worker + this.query, "module");
    await this.messages.exchange(null, whenType("started"));
    const options = { choice: "cpu", measured: [], workers: this.workers };
    const manifest = new URL(plan.manifest, location).href;
    const request = { type: "load", manifest, options, newest: false };
    const { engine } = await this.messages.exchange(request, whenType("ready"));
    this.kernels = engine.kernels;
    this.readyMs = performance.now() - begin;
  }

  /**
   * The sentences of lines, as the engine cuts them: the other engines get the same.
   * @param {string[]} lines
   * @returns {Promise<string[]>}
   */
  async sentences(lines) {
    const { spans } = await this.#run(lines);
    const decoder = new TextDecoder();
    return lines.flatMap((line, index) => {
      const bytes = new TextEncoder().encode(line);
      return spans[index].map(({ start, end }) => decoder.decode(bytes.subarray(start, end)));
    });
  }

  /**
   * Translates lines, each a block of its own.
   * @param {string[]} lines
   * @returns {Promise<Result>}
   */
  async translate(lines) {
    const { outputs, ms, firstMs, memory } = await this.#run(lines);
    return { outputs: outputs.flat(), ms, firstMs, memory };
  }

  async #run(lines) {
    const job = ++this.#jobs;
    const blocks = lines.map((text) => ({ kind: "paragraph", runs: [{ text, mark: {} }] }));
    const outputs = lines.map(() => []);
    let spans = [];
    let firstMs = null;
    const begin = performance.now();
    return this.messages.exchange({ type: "translate", job, blocks, first: 0 }, (message) => {
      if (message.type === "outline") spans = message.blocks;
      if (message.type === "sentence") {
        firstMs ??= performance.now() - begin;
        outputs[message.block][message.sentence] = message.runs.map((run) => run.text).join("");
      }
      if (message.type !== "done") return undefined;
      const ms = performance.now() - begin;
      return { spans, outputs, ms, firstMs, memory: Number(message.stats.memory_bytes) };
    });
  }
}

/** Another engine, in a worker that speaks as `opponent.js` does. */
export class Opponent {
  /** `exact`: whether its products are replaced by exact ones. */
  constructor(name, address, { module = false, exact = false } = {}) {
    Object.assign(this, { name, address, type: module ? "module" : "classic", exact });
  }

  /** Starts the worker and loads the model. */
  async start(plan) {
    const begin = performance.now();
    this.messages = new Messages(this.address, this.type);
    await this.messages.exchange(null, whenType("started"));
    const request = { type: "load", manifest: plan.manifest, exact: this.exact };
    this.kernels = (await this.messages.exchange(request, whenType("ready"))).kernels;
    this.readyMs = performance.now() - begin;
  }

  /**
   * Translates sentences.
   * @param {string[]} sentences
   * @returns {Promise<Result>}
   */
  async translate(sentences) {
    let firstMs = null;
    const begin = performance.now();
    return this.messages.exchange({ type: "translate", sentences }, (message) => {
      if (message.type === "first") firstMs = performance.now() - begin;
      if (message.type !== "done") return undefined;
      return { outputs: message.outputs, ms: performance.now() - begin, firstMs, memory: message.memory };
    });
  }

  /** Ends the worker. */
  stop() {
    this.messages.worker.terminate();
  }
}
