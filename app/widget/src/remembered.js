// What this device remembers of the engine, if it is allowed to: how fast a GPU was, and which models are on it.

/** Trials of the GPU, kept as the reader keeps them; so many adapters are remembered. */
const MEASURED = "klartext-speeds";
const ADAPTERS = 8;

/** Addresses of the manifests of models that were once whole on this device. */
const STORED = "klartext-stored";

/** A list that was kept; empty where there is no storage, or nonsense in it. */
function kept(key) {
  try {
    const value = JSON.parse(localStorage.getItem(key));
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
}

function keep(key, list) {
  try {
    localStorage.setItem(key, JSON.stringify(list));
  } catch {
    // Measured, or asked for, again next time.
  }
}

/** What trials have shown. */
export function measured() {
  return kept(MEASURED);
}

/** Remembers a trial, in the place of an earlier one on the same adapter. */
export function remember(trial) {
  const others = kept(MEASURED).filter((other) => other?.adapter !== trial.adapter);
  keep(MEASURED, [...others, trial].slice(-ADAPTERS));
}

/** Whether a model was once whole here. A browser that clears a site's files clears this with them. */
export function isStored(manifest) {
  return kept(STORED).includes(manifest);
}

/** A model is whole. */
export function stored(manifest) {
  if (!isStored(manifest)) keep(STORED, [...kept(STORED), manifest]);
}

/** A model is not whole, or not the right one. */
export function forget(manifest) {
  if (isStored(manifest)) keep(STORED, kept(STORED).filter((address) => address !== manifest));
}
