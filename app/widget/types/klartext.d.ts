// Types of the element <klartext-article>: its properties, methods and events.

/** Where the translation is. Also a custom state: `klartext-article:state(translated)`. */
export type KlartextState = "idle" | "loading" | "translating" | "translated" | "original" | "failed" | "unsupported";

/** Whether the English stands in the place of the German or beside it. */
export type KlartextMode = "replace" | "beside";

/** What may compute. */
export type KlartextEngine = "auto" | "cpu" | "gpu";

/** A term of a glossary. */
export interface GlossaryTerm {
  /** The German term. */
  de: string;
  /** Its English; without it the German stays. */
  en?: string;
  /** Other forms of the German term. */
  forms?: readonly string[];
}

/** A publisher's glossary. In the short form a term is rendered so, or kept where there is `true`. */
export type Glossary = { readonly terms: readonly GlossaryTerm[] } | { readonly [term: string]: string | true };

/** What a translation took. */
export interface Stats {
  /** German words. */
  words: number;
  sentences: number;
  /** From the request to the first sentence, the model's loading included, in ms. */
  first_ms: number;
  /** From the first step to the last, in ms. */
  total_ms: number;
  /** Sentences that the GPU translated. */
  gpu_sentences: number;
  /** Bytes of the engine's memory. */
  memory_bytes: number;
}

/** Why it failed. Codes may be added; `message` is for a developer, and the bar says it to the reader. */
export type KlartextErrorCode =
  | "no-simd"
  | "no-wasm"
  | "blocked"
  | "model-missing"
  | "network"
  | "model-broken"
  | "model-unsupported"
  | "out-of-space"
  | "storage-full"
  | "storage"
  | "too-long"
  | "out-of-memory"
  | "worker-died"
  | "internal"
  | "not-loaded"
  | "no-article"
  | "no-text"
  | (string & {});

/** What `translate()` rejects with, if it was not called off. */
export interface KlartextError extends Error {
  readonly code: KlartextErrorCode;
}

export interface KlartextStateDetail {
  state: KlartextState;
}

export interface KlartextProgressDetail {
  /** What comes in: the engine, the model in bytes, the text in sentences. */
  phase: "engine" | "model" | "text";
  done: number;
  /** 0 while that is unknown. */
  total: number;
}

export interface KlartextReadyDetail {
  /** The address of the model's manifest. */
  address: string;
  /** The model's name. */
  model: string;
  version: string;
  /** The language that it reads. */
  source: string;
  /** The language that it writes. */
  target: string;
  /** The model's licence. */
  licence: string;
  bytes: number;
  /** Whether it was on the device already. */
  origin: "stored" | "downloaded";
  /** What computes, for people. */
  device: string;
  /** Which kernels are live. */
  kernels: string;
  /** How long it took, in ms. */
  load_ms: number;
}

export interface KlartextSentenceDetail {
  /** The host's element with the sentence; `null` if it is no longer there. */
  element: Element | null;
  german: string;
  english: string;
  /** Mean probability of the English, 0 to 1. */
  confidence: number;
}

export interface KlartextDoneDetail {
  stats: Stats;
}

export interface KlartextErrorDetail {
  code: KlartextErrorCode;
  message: string;
}

/** The element's own events. All bubble and leave shadow roots, but `error`, which does not bubble. */
export interface KlartextArticleEventMap {
  /** The state is another one. */
  statechange: CustomEvent<KlartextStateDetail>;
  /** Something has come in. */
  progress: CustomEvent<KlartextProgressDetail>;
  /** The model is ready. */
  ready: CustomEvent<KlartextReadyDetail>;
  /** A sentence is translated; its block shows the English when all of it is there. */
  sentence: CustomEvent<KlartextSentenceDetail>;
  /** All is translated; again after later changes of the article. */
  done: CustomEvent<KlartextDoneDetail>;
  /** Something failed. */
  error: CustomEvent<KlartextErrorDetail>;
}

type EventMap = Omit<HTMLElementEventMap, keyof KlartextArticleEventMap> & KlartextArticleEventMap;

/** What other elements have, but for the boolean `translate`, which is a method here, and handlers of events of other types. */
type Other = Omit<HTMLElement, "translate" | "addEventListener" | "removeEventListener">;

/**
 * Shows a German article in English, translated on the reader's own device.
 *
 * In the place of the boolean property `translate` of other elements there is a method; the attribute of that name keeps
 * its meaning. So the type is no `HTMLElement` to the letter, while every instance is one.
 */
export interface KlartextArticle extends Other {
  /** CSS selector of the article, looked up on the click. Reflects the attribute; "" is none. */
  get for(): string;
  set for(selector: string | null | undefined);
  /** Language to read in; "en" without the attribute. */
  get to(): string;
  set to(tag: string | null | undefined);
  /** Address of another model's manifest. */
  get model(): string;
  set model(address: string | null | undefined);
  /** Folder with copies of the engine's `assets` and `models`. */
  get base(): string;
  set base(address: string | null | undefined);
  /** How the English is shown; changes at once, also by the reader's switch. */
  get mode(): KlartextMode;
  set mode(mode: KlartextMode | null | undefined);
  /** What may compute, from the next translation on. */
  get engine(): KlartextEngine;
  set engine(engine: KlartextEngine | null | undefined);
  /** Translates without a click as soon as the bar is on the screen, unless the reader saves data. */
  autostart: boolean;
  /** The publisher's glossary, or its address. */
  glossary: Glossary | string | null;
  /** Where the translation is. */
  readonly state: KlartextState;

  /**
   * Shows the article in English. Rejects with a `KlartextError`, with an `AbortError` if it was called off, and with an
   * `InvalidStateError` if there is nothing to translate here.
   */
  translate(): Promise<Stats>;
  /** Shows the German again, and keeps the English. A translation under way is called off. */
  restore(): void;
  /** Stops, shows the German, and forgets the English. */
  cancel(): void;

  addEventListener<K extends keyof EventMap>(
    type: K,
    listener: (this: KlartextArticle, event: EventMap[K]) => unknown,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject,
    options?: boolean | AddEventListenerOptions,
  ): void;
  removeEventListener<K extends keyof EventMap>(
    type: K,
    listener: (this: KlartextArticle, event: EventMap[K]) => unknown,
    options?: boolean | EventListenerOptions,
  ): void;
  removeEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject,
    options?: boolean | EventListenerOptions,
  ): void;
}

export declare const KlartextArticle: {
  new (): KlartextArticle;
  prototype: KlartextArticle;
};

declare global {
  interface HTMLElementTagNameMap {
    "klartext-article": KlartextArticle;
  }
}
