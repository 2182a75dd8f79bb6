// What the Translator and the Language Detector API have in common: the ways of WebIDL, language tags, the monitor of a
// download, and the exceptions.

import { EngineError } from "./connection.js";

/** Who has it may construct what pages may not. */
export const KEY = Symbol("klartext");

/** Throws unless the constructor was called from here. */
export function assertKey(key) {
  if (key !== KEY) throw new TypeError("Illegal constructor");
}

/** Gives a class the look of a WebIDL interface: its name, which a minifier takes, and members that are enumerable. */
export function asInterface(Class, name) {
  for (const holder of [Class, Class.prototype]) {
    for (const [key, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(holder))) {
      if (["constructor", "length", "name", "prototype"].includes(key)) continue;
      Object.defineProperty(holder, key, { ...descriptor, enumerable: true });
    }
  }
  Object.defineProperty(Class, "name", { value: name, configurable: true });
  Object.defineProperty(Class, "length", { value: 0, configurable: true });
  Object.defineProperty(Class.prototype, Symbol.toStringTag, { value: name, configurable: true });
}

/** An argument that is a dictionary, as an object. */
export function dictionary(value) {
  if (value === undefined || value === null) return {};
  if (typeof value !== "object" && typeof value !== "function") throw new TypeError("The options are no object");
  return value;
}

/** Fails if a call has fewer arguments than it needs. */
export function assertArguments(given, wanted) {
  if (given.length < wanted) throw new TypeError(`${wanted} argument required, but only ${given.length} present`);
}

const { get: isAborted } = Object.getOwnPropertyDescriptor(AbortSignal.prototype, "aborted");

/** The `signal` of a dictionary; of any realm, as a page's frames share theirs. */
export function signalOf({ signal }) {
  if (signal === undefined) return undefined;
  try {
    isAborted.call(signal);
  } catch {
    throw new TypeError("The member signal is no AbortSignal");
  }
  return signal;
}

/** The `monitor` of a dictionary. */
export function monitorOf({ monitor }) {
  if (monitor !== undefined && typeof monitor !== "function") throw new TypeError("The member monitor is no function");
  return monitor;
}

/** A language tag in canonical form. Throws a RangeError if it is malformed. */
export function canonical(tag) {
  try {
    return Intl.getCanonicalLocales(tag)[0];
  } catch {
    throw new RangeError(`Invalid language tag: ${tag}`);
  }
}

/** Whether a tag means a language in the script that is usual for it: de-AT and de-Latn do, de-Hebr does not mean German. */
export function isLanguage(tag, language) {
  const wanted = new Intl.Locale(language).maximize();
  const given = new Intl.Locale(tag).maximize();
  return given.language === wanted.language && given.script === wanted.script;
}

/** Fails in a document that was taken out of its window. */
export function assertActive() {
  const isWindow = typeof document === "object";
  if (isWindow && !document.defaultView) throw new DOMException("The document is not active", "InvalidStateError");
}

/** Fails unless a person has just done something in the page, where a browser can tell. */
export function assertActivation() {
  if (globalThis.navigator?.userActivation?.isActive === false) {
    const message = "A person's click or key press is needed before something is downloaded";
    throw new DOMException(message, "NotAllowedError");
  }
}

/** Waits for a task of its own: what was settled before it has been heard of, and what a page does at once was done. */
export function nextTask() {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}

/** What a page hears a download's progress by. */
export class CreateMonitor extends EventTarget {
  #handler = null;

  constructor(key) {
    assertKey(key);
    super();
  }

  get ondownloadprogress() {
    return this.#handler;
  }

  set ondownloadprogress(handler) {
    const listens = this.#handler !== null;
    this.#handler = typeof handler === "function" ? handler : null;
    if (this.#handler && !listens) this.addEventListener("downloadprogress", this.#call);
    if (!this.#handler) this.removeEventListener("downloadprogress", this.#call);
  }

  #call = (event) => this.#handler?.call(this, event);
}

asInterface(CreateMonitor, "CreateMonitor");

/** A progress event. Where `loaded` is still an integer in a browser, the fraction is put in its place. */
function progress(loaded) {
  const event = new ProgressEvent("downloadprogress", { lengthComputable: true, loaded, total: 1 });
  if (event.loaded !== loaded) Object.defineProperty(event, "loaded", { value: loaded, enumerable: true });
  return event;
}

/** Fractions are told in so many steps, so that a page learns no file's exact size. */
const STEPS = 0x10000;

/** Makes a monitor for the page, if it wants one. The function that is returned tells it how far the download is, 0 to 1. */
export function monitored(callback) {
  if (!callback) return () => {};
  const monitor = new CreateMonitor(KEY);
  callback(monitor);
  let last = -1;
  return (fraction) => {
    const loaded = Math.floor(Math.min(Math.max(fraction, 0), 1) * STEPS) / STEPS;
    if (loaded <= last) return;
    last = loaded;
    monitor.dispatchEvent(progress(loaded));
  };
}

/** The exception for input that is too long. */
export function quotaExceeded(requested, quota) {
  const message = `The input has ${requested} bytes; at most ${quota} are taken at once`;
  if (typeof QuotaExceededError === "function") return new QuotaExceededError(message, { quota, requested });
  const error = new DOMException(message, "QuotaExceededError");
  Object.defineProperties(error, {
    quota: { value: quota, enumerable: true },
    requested: { value: requested, enumerable: true },
  });
  return error;
}

/** What the engine's failures are called in the API; any other is an OperationError. */
const NAMES = {
  network: "NetworkError",
  "model-missing": "NetworkError",
  "no-wasm": "NotSupportedError",
  "no-simd": "NotSupportedError",
  blocked: "NotSupportedError",
};

/** An engine's failure as the API's exception, with the failure as its `cause`; anything else as it is. */
export function exceptionFor(error) {
  if (!(error instanceof EngineError)) return error;
  const exception = new DOMException(`${error.code}: ${error.message}`, NAMES[error.code] ?? "OperationError");
  return Object.defineProperty(exception, "cause", { value: error, configurable: true, writable: true });
}
