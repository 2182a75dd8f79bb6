// Where the engine and the model are, as seen from these scripts. The build puts the names in, which tell the files'
// content; nothing here asks for any of them.

/** The engine's worker. */
export const WORKER = new URL(KLARTEXT_WORKER, import.meta.url).href;

/** The manifest of the model that is taken where no other is named. */
export const MODEL = new URL(KLARTEXT_MODEL, import.meta.url).href;

/**
 * Worker and model in another place than beside these scripts: in copies of the folders `assets` and `models`.
 *
 * @param {string | URL | null} [base] The folder that holds both, as seen from the page.
 * @returns {{ worker: string, model: string }}
 */
export function addresses(base) {
  if (!base) return { worker: WORKER, model: MODEL };
  const folder = new URL(base, globalThis.document?.baseURI ?? location.href);
  if (!folder.pathname.endsWith("/")) folder.pathname += "/";
  const below = (name) => new URL(name.replace(/^(\.\.?\/)+/, ""), folder).href;
  return { worker: below(KLARTEXT_WORKER), model: below(KLARTEXT_MODEL) };
}
