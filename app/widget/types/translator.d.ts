// Types of klartext/translator: the Translator and Language Detector API in their published shape, as a module. They fit
// the ambient ones of @types/dom-chromium-ai, but for `expectedInputLanguages`, which is null where none were named.

export type Availability = "unavailable" | "downloadable" | "downloading" | "available";

export interface CreateMonitorEventMap {
  downloadprogress: ProgressEvent;
}

/** What a download's progress is heard by: `loaded` is a fraction of `total`, which is 1. */
export interface CreateMonitor extends EventTarget {
  ondownloadprogress: ((this: CreateMonitor, event: ProgressEvent) => any) | null;
  addEventListener<K extends keyof CreateMonitorEventMap>(
    type: K,
    listener: (this: CreateMonitor, event: CreateMonitorEventMap[K]) => any,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject,
    options?: boolean | AddEventListenerOptions,
  ): void;
  removeEventListener<K extends keyof CreateMonitorEventMap>(
    type: K,
    listener: (this: CreateMonitor, event: CreateMonitorEventMap[K]) => any,
    options?: boolean | EventListenerOptions,
  ): void;
  removeEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject,
    options?: boolean | EventListenerOptions,
  ): void;
}

export type CreateMonitorCallback = (monitor: CreateMonitor) => void;

export interface TranslatorCreateCoreOptions {
  /** BCP 47; any German will do. */
  sourceLanguage: string;
  /** BCP 47; any English will do. */
  targetLanguage: string;
}

export interface TranslatorCreateOptions extends TranslatorCreateCoreOptions {
  /** Stops the creation, and destroys the translator later. */
  signal?: AbortSignal;
  monitor?: CreateMonitorCallback;
}

export interface TranslatorTranslateOptions {
  signal?: AbortSignal;
}

/**
 * Translates German to English on the device.
 *
 * Exceptions, beside the signal's own reason: `NotSupportedError` (another pair, or a browser or a policy that does not let
 * the engine run), `NotAllowedError` (a download without a person's click), `NetworkError`, `QuotaExceededError`,
 * `OperationError`, `InvalidStateError` (in a document without a window), `RangeError` (a malformed tag). Where the engine
 * is the reason, `cause` is an `EngineError` with its `code`.
 */
export abstract class Translator {
  static create(options: TranslatorCreateOptions): Promise<Translator>;
  /** Asks nothing of the network. */
  static availability(options: TranslatorCreateCoreOptions): Promise<Availability>;

  /** White space between sentences and all line breaks are kept. Plain text: markup is no markup here. */
  translate(input: string, options?: TranslatorTranslateOptions): Promise<string>;
  /** The same text sentence by sentence. */
  translateStreaming(input: string, options?: TranslatorTranslateOptions): ReadableStream<string>;
  /** Bytes of UTF-8. */
  measureInputUsage(input: string, options?: TranslatorTranslateOptions): Promise<number>;
  destroy(): void;

  readonly sourceLanguage: string;
  readonly targetLanguage: string;
  /** How many bytes are taken at once. */
  readonly inputQuota: number;
}

export interface LanguageDetectorCreateCoreOptions {
  expectedInputLanguages?: string[];
}

export interface LanguageDetectorCreateOptions extends LanguageDetectorCreateCoreOptions {
  signal?: AbortSignal;
  monitor?: CreateMonitorCallback;
}

export interface LanguageDetectorDetectOptions {
  signal?: AbortSignal;
}

export interface LanguageDetectionResult {
  detectedLanguage?: string;
  confidence?: number;
}

/** Tells German from 59 other languages on the device. */
export abstract class LanguageDetector {
  static create(options?: LanguageDetectorCreateOptions): Promise<LanguageDetector>;
  static availability(options?: LanguageDetectorCreateCoreOptions): Promise<Availability>;

  /** The likeliest first, "und" last; the confidences sum up to 1. */
  detect(input: string, options?: LanguageDetectorDetectOptions): Promise<LanguageDetectionResult[]>;
  measureInputUsage(input: string, options?: LanguageDetectorDetectOptions): Promise<number>;
  destroy(): void;

  readonly expectedInputLanguages: readonly string[] | null;
  readonly inputQuota: number;
}

/** What the API has no place for. */
export interface Configuration {
  /**
   * The folder that has `assets` and `models`, if they are not beside `embed`; `null` if they are after all. What `model`
   * and `worker` name comes before it.
   */
  base?: string | URL | null;
  /** The address of another model's manifest. */
  model?: string;
  /** The languages of that model. */
  sourceLanguage?: string;
  targetLanguage?: string;
  /** The address of the engine's worker. */
  worker?: string;
  /** What may compute; "auto" takes whichever is faster. */
  choice?: "auto" | "cpu" | "gpu";
  /** How many cores may. */
  workers?: number;
  /** How long the engine stays after the last translator, in ms; 30 000 if nobody says. */
  idle?: number;
}

/** Holds for translators that are created from now on. */
export function configure(changes: Configuration): void;
