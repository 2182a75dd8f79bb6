// Several reasons to stop as one signal. `AbortSignal.any` does that too, where a browser has it, and keeps listening
// for as long as its sources live; here whoever joins them also parts them.

/**
 * @param {...(AbortSignal | undefined)} sources
 * @returns {{signal: AbortSignal, part: () => void}} a signal that aborts with the first of them; `part` lets go of all
 */
export function joined(...sources) {
  const controller = new AbortController();
  const present = sources.filter(Boolean);
  const abort = ({ target }) => controller.abort(target.reason);
  for (const source of present) {
    if (source.aborted) controller.abort(source.reason);
    source.addEventListener("abort", abort);
  }
  const part = () => present.forEach((source) => source.removeEventListener("abort", abort));
  return { signal: controller.signal, part };
}
