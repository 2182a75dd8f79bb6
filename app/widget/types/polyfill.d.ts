// Types of klartext/polyfill. The globals that it installs have the types of @types/dom-chromium-ai; they are not declared
// here as well, since a project that has those would then have them twice.

export { LanguageDetector, Translator } from "./translator.js";

/**
 * Importing the module installs what the browser lacks, in windows of secure contexts; with `?force` behind its address the
 * browser's own are replaced. This does it again.
 * @returns the names of what was put in place
 */
export function install(options?: { force?: boolean }): string[];
