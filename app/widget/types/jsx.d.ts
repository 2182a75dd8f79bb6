// <klartext-article> in JSX, for React 19 and Preact: `import type {} from "klartext/jsx"`. Solid and others that take
// attributes of any name need nothing.
//
// Both frameworks set properties where the element has them, and both listen to its events by `on` and the event's name:
// `ondone={(event) => event.detail.stats}`.

import type {
  Glossary,
  KlartextArticle,
  KlartextArticleEventMap,
  KlartextEngine,
  KlartextMode,
} from "./klartext.js";

/** Listeners to the element's own events. */
export type KlartextArticleListeners = {
  [Name in keyof KlartextArticleEventMap as `on${Name}`]?: (event: KlartextArticleEventMap[Name]) => void;
};

/** The element's own attributes and properties, and those of every element that are of use on it. */
export interface KlartextArticleAttributes extends KlartextArticleListeners {
  for?: string;
  to?: string;
  mode?: KlartextMode;
  model?: string;
  base?: string;
  engine?: KlartextEngine;
  autostart?: boolean;
  glossary?: Glossary | string | null;
  lang?: string;
  dir?: string;
  id?: string;
  class?: string;
  className?: string;
  slot?: string;
  part?: string;
  hidden?: boolean;
  title?: string;
  style?: string | { [property: string]: string | number | undefined };
  key?: string | number | bigint | null;
  ref?: ((element: KlartextArticle | null) => void) | { current: KlartextArticle | null } | null;
  children?: unknown;
  /** Listeners as the library itself calls them. */
  [listener: `on${string}`]: ((event: any) => void) | undefined;
  [data: `data-${string}`]: unknown;
  [aria: `aria-${string}`]: unknown;
}

/** For `declare module` of other libraries: `interface IntrinsicElements extends KlartextElements {}`. */
export interface KlartextElements {
  "klartext-article": KlartextArticleAttributes;
}

declare module "react" {
  namespace JSX {
    interface IntrinsicElements extends KlartextElements {}
  }
}

declare module "preact" {
  namespace JSX {
    interface IntrinsicElements extends KlartextElements {}
  }
}
