// The Translator API of the web platform, German to English, by Klartext's engine: to be imported, or put in the browser's
// place by polyfill.js. Works in pages and in module workers of secure contexts.

import { joined } from "./abort.js";
import { MODEL, addresses } from "./addresses.js";
import { unsupported } from "./connection.js";
import { acquire, whereIs } from "./engine.js";
import { Lifetime } from "./lifetime.js";
import { PlainText } from "./plain.js";
import {
  KEY, asInterface, assertActivation, assertActive, assertArguments, assertKey, canonical, dictionary, exceptionFor,
  isLanguage, monitorOf, monitored, nextTask, quotaExceeded, signalOf,
} from "./task-api.js";
import { utf8Length } from "./utf16.js";

export { LanguageDetector } from "./detector.js";

/** The engine takes no more bytes of UTF-8 at once. */
const QUOTA = 4 << 20;

let settings = { model: MODEL, sourceLanguage: "de", targetLanguage: "en" };

/**
 * What the API's shape has no place for: another model with its languages, another place of worker and model, and what
 * may compute. Holds for translators that are created from now on.
 * @param {{base?: string | URL | null, model?: string, sourceLanguage?: string, targetLanguage?: string, worker?: string,
 *   choice?: "auto" | "cpu" | "gpu", workers?: number, idle?: number}} changes
 */
export function configure({ base, ...changes }) {
  settings = { ...settings, ...(base !== undefined && addresses(base)), ...changes };
}

/** The languages of a dictionary, as strings. */
function languagesOf({ sourceLanguage, targetLanguage }) {
  if (sourceLanguage === undefined) throw new TypeError("The required member sourceLanguage is undefined");
  const source = `${sourceLanguage}`;
  if (targetLanguage === undefined) throw new TypeError("The required member targetLanguage is undefined");
  return { source, target: `${targetLanguage}` };
}

const canonicalPair = ({ source, target }) => ({ source: canonical(source), target: canonical(target) });

const AVAILABILITY = { ready: "available", stored: "available", loading: "downloading", absent: "downloadable" };

function availabilityOf({ source, target }) {
  const isOurs = isLanguage(source, settings.sourceLanguage) && isLanguage(target, settings.targetLanguage);
  if (!isOurs || unsupported()) return "unavailable";
  return AVAILABILITY[whereIs(settings.model, settings)];
}

/** Has the model ready for a translator, whose monitor hears of it. */
async function prepare(lease, report, signal) {
  await nextTask();
  signal?.throwIfAborted();
  report(0);
  const onprogress = ({ done, total }) => total > 0 && report(done / total);
  await lease.load(settings.model, { signal, onprogress });
  report(1);
  // Whoever heard of that may still want to stop it.
  await nextTask();
  signal?.throwIfAborted();
}

export class Translator {
  #source;
  #target;
  #lease;
  #life;

  constructor(key, source, target, lease, signal) {
    assertKey(key);
    this.#source = source;
    this.#target = target;
    this.#lease = lease;
    this.#life = new Lifetime(this, signal, () => lease.release());
  }

  static async availability(options) {
    assertArguments(arguments, 1);
    const languages = languagesOf(dictionary(options));
    assertActive();
    return availabilityOf(canonicalPair(languages));
  }

  static async create(options) {
    assertArguments(arguments, 1);
    const given = dictionary(options);
    const languages = languagesOf(given);
    const monitor = monitorOf(given);
    const signal = signalOf(given);
    assertActive();
    signal?.throwIfAborted();
    const { source, target } = canonicalPair(languages);
    const report = monitored(monitor);
    const availability = availabilityOf({ source, target });
    if (availability === "unavailable") {
      throw new DOMException(`Nothing translates from ${source} to ${target} here`, "NotSupportedError");
    }
    if (availability !== "available") assertActivation();
    const lease = acquire(settings);
    try {
      await prepare(lease, report, signal);
    } catch (error) {
      lease.release();
      throw exceptionFor(error);
    }
    return new Translator(KEY, source, target, lease, signal);
  }

  async translate(input, options = {}) {
    this.#lease;
    assertArguments(arguments, 1);
    const text = `${input}`;
    let english = "";
    await this.#translate(text, signalOf(dictionary(options)), (chunk) => {
      english += chunk;
    });
    return english;
  }

  translateStreaming(input, options = {}) {
    this.#lease;
    assertArguments(arguments, 1);
    const text = `${input}`;
    const signal = signalOf(dictionary(options));
    assertActive();
    this.#life.assertAlive();
    signal?.throwIfAborted();
    const cancelled = new AbortController();
    return new ReadableStream({
      start: (controller) => {
        const both = joined(signal, cancelled.signal);
        // Not awaited: chunks are to be read while it runs.
        this.#translate(text, both.signal, (chunk) => controller.enqueue(chunk))
          .then(
            () => controller.close(),
            (error) => controller.error(error),
          )
          .finally(both.part);
      },
      cancel: (reason) => cancelled.abort(reason),
    });
  }

  async measureInputUsage(input, options = {}) {
    this.#lease;
    assertArguments(arguments, 1);
    const text = `${input}`;
    const signal = signalOf(dictionary(options));
    return this.#life.attempt(this, signal, () => utf8Length(text));
  }

  get sourceLanguage() {
    return this.#source;
  }

  get targetLanguage() {
    return this.#target;
  }

  get inputQuota() {
    return this.#lease && QUOTA;
  }

  destroy() {
    this.#life.end(new DOMException("The translator was destroyed", "AbortError"));
  }

  #translate(text, signal, onchunk) {
    return this.#life.attempt(this, signal, async (both) => {
      const bytes = utf8Length(text);
      if (bytes > QUOTA) throw quotaExceeded(bytes, QUOTA);
      const plain = new PlainText(text);
      const give = () => {
        // A caller that has stopped takes no more.
        for (const chunk of plain.take()) if (!both.aborted) onchunk(chunk);
      };
      if (plain.blocks.length > 0) {
        const onsentence = (sentence) => {
          plain.sentence(sentence);
          give();
        };
        const onoutline = (spans) => plain.outline(spans);
        await this.#lease.translate(plain.blocks, { signal: both, onoutline, onsentence }).done;
      }
      give();
    });
  }
}

asInterface(Translator, "Translator");
