// One worker of the engine: started from wherever this script was served, spoken to in the protocol's messages, and
// watched while it owes an answer.

/** The smallest module with a SIMD instruction. */
const SIMD = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 8, 1, 6, 0, 65, 0, 253, 15, 11,
]);

/** How often a worker is looked at that owes something, in ms. */
const PERIOD = 2500;

/** So many looks without a word mean death. Counted and not timed: a laptop that slept has missed no answer, only looks. */
const SILENT = { starting: 24, running: 4 };

/** How long the word of a policy's violation may come after its effect, in ms. */
const EXPLANATION = 50;

/** What Chromium, Firefox and Safari say of WebAssembly that a security policy forbids. */
const FORBIDDEN = /disallowed by embedder|content security policy|\bCSP\b|unsafe-eval/i;

/** What an engine dies with that got no memory. */
const EXHAUSTED = /out of memory|could not allocate|allocation (of \d+ bytes )?failed/i;

/** Why the engine could not do something: a stable `code` to decide by, and words for a developer. */
export class EngineError extends Error {
  /**
   * @param {string} code one of the protocol's error codes, or "blocked" or "no-wasm"
   * @param {string} message
   */
  constructor(code, message) {
    super(message);
    this.name = "EngineError";
    this.code = code;
  }
}

/** Why this browser cannot run the engine, as an error; `null` if it can. */
export function unsupported() {
  if (typeof WebAssembly !== "object" || typeof WebAssembly.validate !== "function") {
    return new EngineError("no-wasm", "this browser has no WebAssembly");
  }
  if (typeof Worker !== "function") return new EngineError("blocked", "there are no workers here");
  return WebAssembly.validate(SIMD) ? null : new EngineError("no-simd", "WebAssembly has no SIMD instructions here");
}

let policy;

/** An address that a page with Trusted Types takes for a script's. */
function trusted(address) {
  policy ??= globalThis.trustedTypes?.createPolicy("klartext", { createScriptURL: (url) => url });
  return policy ? policy.createScriptURL(address) : address;
}

/**
 * The script for a worker. A worker's script must be of the page's own origin, so one from elsewhere is imported by one
 * that is made here. If the page's policy, which that one inherits, forbids that, it tells.
 */
function scriptFor(address) {
  const url = new URL(address);
  url.searchParams.set("embedded", "");
  if (url.origin === globalThis.origin) return { address: url.href, type: "module", release() {} };
  const source = `addEventListener("securitypolicyviolation", ({ disposition, effectiveDirective, blockedURI }) => {
  if (disposition === "enforce") postMessage({ type: "violation", message: effectiveDirective + " forbids " + blockedURI });
});
import(${JSON.stringify(url.href)}).catch((cause) => {
  setTimeout(() => postMessage({ type: "failed", job: null, error: { code: "network", message: String(cause) } }));
});
`;
  const blob = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  // In a sandboxed frame, whose origin is none, Chromium does not load modules of this kind.
  const type = globalThis.origin === "null" ? "classic" : "module";
  // Helpers are started from the same address, so it stays until the worker ends.
  return { address: blob, type, release: () => URL.revokeObjectURL(blob) };
}

export class Connection {
  #worker = null;
  #script = null;
  #hear;
  #die;
  /** Requests from before the worker listens; `null` once it does. */
  #queue = [];
  #violation = null;
  #silent = 0;
  #watcher = null;

  /**
   * Starts a worker.
   * @param {string} address of its script
   * @param {(event: object) => void} hear gets the protocol's events
   * @param {(error: EngineError) => void} die is called at most once, when the worker is dead or never lived
   */
  constructor(address, hear, die) {
    this.#hear = hear;
    this.#die = die;
    addEventListener("securitypolicyviolation", this.#onviolation);
    try {
      this.#script = scriptFor(address);
      this.#worker = new Worker(trusted(this.#script.address), { type: this.#script.type });
    } catch (cause) {
      this.end();
      // A policy, Trusted Types or a sandbox; told later, as all other failures are.
      queueMicrotask(() => die(new EngineError("blocked", `the worker cannot be made: ${cause?.message ?? cause}`)));
      return;
    }
    this.#worker.onmessage = ({ data }) => this.#take(data);
    this.#worker.onmessageerror = () => this.#bury("worker-died", "its message cannot be read");
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.#failed(event);
    };
  }

  /** Whether the worker has said that it listens. */
  get started() {
    return this.#queue === null;
  }

  /** Sends a request, as soon as the worker listens. */
  send(request) {
    if (this.#queue) this.#queue.push(request);
    else this.#worker?.postMessage(request);
  }

  /** Watches the worker from now on, or does so no more, as it owes something or nothing. */
  watch(owes) {
    if (owes === (this.#watcher !== null)) return;
    clearInterval(this.#watcher ?? undefined);
    this.#silent = 0;
    this.#watcher = owes ? setInterval(() => this.#look(), PERIOD) : null;
  }

  /** Ends the worker. Nothing is heard of it any more. */
  end() {
    this.watch(false);
    removeEventListener("securitypolicyviolation", this.#onviolation);
    this.#hear = this.#die = () => {};
    if (this.#worker) {
      this.#worker.onmessage = this.#worker.onmessageerror = this.#worker.onerror = null;
      this.#worker.terminate();
    }
    this.#script?.release();
    this.#worker = this.#script = null;
  }

  #onviolation = ({ disposition, effectiveDirective, blockedURI }) => {
    if (disposition !== "enforce" || !this.#script) return;
    const [ours] = this.#script.address.split("?");
    const about = blockedURI === "blob" ? ours.startsWith("blob:") : blockedURI.split("?")[0] === ours;
    if (about) this.#violation = `${effectiveDirective} forbids ${blockedURI}`;
  };

  #take(event) {
    this.#silent = 0;
    if (event.type === "violation") {
      this.#violation ??= event.message;
    } else if (event.type === "started") {
      removeEventListener("securitypolicyviolation", this.#onviolation);
      const waiting = this.#queue ?? [];
      this.#queue = null;
      for (const request of waiting) this.#worker.postMessage(request);
    } else if (event.type === "failed" && event.error.code === "network") {
      this.#whenExplained(() => this.#refused(event));
    } else if (event.type === "failed" && !this.started) {
      // It could not load its own code, and never will.
      const { code, message } = event.error;
      this.#bury(FORBIDDEN.test(message) ? "blocked" : code, message);
    } else {
      // What was forbidden before the model was there was nothing that it needs.
      if (event.type === "ready") this.#violation = null;
      this.#hear(event);
    }
  }

  /** Something did not come over the network. */
  #refused(event) {
    const error = this.#violation ? { code: "blocked", message: this.#violation } : event.error;
    if (this.started) this.#hear({ ...event, error });
    else this.#bury(error.code, error.message);
  }

  #failed(event) {
    if (this.started || event.message) {
      const message = event.message || `${event.type} event`;
      return this.#bury(EXHAUSTED.test(message) ? "out-of-memory" : "worker-died", message);
    }
    this.#whenExplained(() => {
      if (this.#violation) this.#bury("blocked", this.#violation);
      else this.#bury("network", "the worker's script cannot be loaded");
    });
  }

  /** What a policy forbids looks like a failure of the network; that it was the policy is told besides, and often after. */
  #whenExplained(act) {
    setTimeout(act, EXPLANATION);
  }

  #look() {
    this.#silent += 1;
    if (this.#silent >= (this.started ? SILENT.running : SILENT.starting)) this.#bury("worker-died", "it did not answer");
    else if (this.started) this.send({ type: "ping" });
  }

  #bury(code, message) {
    const die = this.#die;
    this.end();
    die(new EngineError(code, message));
  }
}
