// The Language Detector API of the web platform, on the device. What knows the languages is loaded when the first
// detector is made.

import { again } from "./again.js";
import { EngineError } from "./connection.js";
import { Lifetime } from "./lifetime.js";
import {
  KEY, asInterface, assertActive, assertArguments, assertKey, canonical, dictionary, exceptionFor, monitorOf, monitored,
  nextTask, signalOf,
} from "./task-api.js";
import { utf8Length } from "./utf16.js";

/** Languages that are told apart. */
const LANGUAGES = new Set(
  ("am ar az be bg bn ca cs da de el en es et eu fa fi fr gu he hi hr hu hy is it ja ka kn ko ku lo lt lv ml mr ms nb nl " +
    "no or pa pl pt ro ru sk sl sq sr sv ta te th tl tr uk ur vi yo zh").split(" "),
);

/** `expectedInputLanguages` of a dictionary, as strings. */
function expectedOf({ expectedInputLanguages: tags }) {
  if (tags === undefined) return [];
  const isObject = (typeof tags === "object" && tags !== null) || typeof tags === "function";
  if (!isObject || typeof tags[Symbol.iterator] !== "function") {
    throw new TypeError("The member expectedInputLanguages is no sequence");
  }
  return Array.from(tags, (tag) => `${tag}`);
}

const canonicalAll = (tags) => [...new Set(tags.map(canonical))];

function availabilityOf(tags) {
  return tags.every((tag) => LANGUAGES.has(new Intl.Locale(tag).language)) ? "available" : "unavailable";
}

let identifier;

/** The function that identifies a text's language. */
async function load() {
  try {
    identifier ??= (await again(() => import("./languages.js"))).identify;
  } catch (cause) {
    throw new EngineError("network", `the languages cannot be loaded: ${cause}`);
  }
}

/** Has the languages there, of which a monitor hears. */
async function prepare(report, signal) {
  await nextTask();
  signal?.throwIfAborted();
  report(0);
  await load();
  // Whoever heard of the beginning may have stopped it meanwhile.
  await nextTask();
  signal?.throwIfAborted();
  report(1);
  await nextTask();
  signal?.throwIfAborted();
}

export class LanguageDetector {
  #expected;
  #life;

  constructor(key, expected, signal) {
    assertKey(key);
    this.#expected = expected.length > 0 ? Object.freeze(expected) : null;
    this.#life = new Lifetime(this, signal);
  }

  static async availability(options = {}) {
    const tags = expectedOf(dictionary(options));
    assertActive();
    return availabilityOf(canonicalAll(tags));
  }

  static async create(options = {}) {
    const given = dictionary(options);
    const tags = expectedOf(given);
    const monitor = monitorOf(given);
    const signal = signalOf(given);
    assertActive();
    signal?.throwIfAborted();
    const expected = canonicalAll(tags);
    const report = monitored(monitor);
    if (availabilityOf(expected) === "unavailable") {
      throw new DOMException(`Not all of ${expected.join(", ")} can be detected here`, "NotSupportedError");
    }
    try {
      await prepare(report, signal);
    } catch (error) {
      throw exceptionFor(error);
    }
    return new LanguageDetector(KEY, expected, signal);
  }

  async detect(input, options = {}) {
    this.#life;
    assertArguments(arguments, 1);
    const text = `${input}`;
    return this.#life.attempt(this, signalOf(dictionary(options)), () => identifier(text));
  }

  async measureInputUsage(input, options = {}) {
    this.#life;
    assertArguments(arguments, 1);
    const text = `${input}`;
    return this.#life.attempt(this, signalOf(dictionary(options)), () => utf8Length(text));
  }

  get expectedInputLanguages() {
    return this.#expected;
  }

  get inputQuota() {
    return this.#life && Infinity;
  }

  destroy() {
    this.#life.end(new DOMException("The detector was destroyed", "AbortError"));
  }
}

asInterface(LanguageDetector, "LanguageDetector");
