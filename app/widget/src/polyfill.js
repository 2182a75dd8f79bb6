// Puts Translator and LanguageDetector where the platform has them, if it lacks them: importing this is the request.
// With `?force` behind this script's address they take the place of the browser's own.

import { LanguageDetector } from "./detector.js";
import { CreateMonitor } from "./task-api.js";
import { Translator } from "./translator.js";

export { LanguageDetector, Translator };

/**
 * @param {{force?: boolean}} [options] whether the browser's own are replaced
 * @returns {string[]} the names of what was put in place
 */
export function install({ force = false } = {}) {
  // The platform has them in windows of secure contexts, and nowhere else.
  if (typeof window === "undefined" || !isSecureContext) return [];
  const installed = [];
  for (const [name, value] of Object.entries({ Translator, LanguageDetector, CreateMonitor })) {
    if (name in globalThis && (!force || globalThis[name] === value)) continue;
    Object.defineProperty(globalThis, name, { value, writable: true, enumerable: false, configurable: true });
    installed.push(name);
  }
  return installed;
}

install({ force: new URL(import.meta.url).searchParams.has("force") });
