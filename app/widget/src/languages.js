// Which language a text is in, and how sure that is. eld has the statistics; here its scores become confidences as the
// Language Detector API wants them: in order, above that of "und", and one in sum.

import { eld } from "eld/extrasmall";

/** How much a point of mean score says, for each n-gram: the value at which right answers are likeliest in sum. */
const WEIGHT = 0.02;

/** Mean scores of text in a language that eld knows are about 100, of nonsense about 40. */
const UNCERTAIN = { score: 45, width: 10 };

/** Confidences are multiples of this, so that their sum is exact. */
const STEP = 2 ** -12;

/** "und" is never less likely than this. */
const LEAST = 8 * STEP;

/** With so much confidence told, the rest is not worth telling. */
const ENOUGH = 0.99;

/** eld's codes that have a more precise one. */
const CODES = { no: "nb" };

// Addresses, numbers and names of products are of no language.
eld.enableTextCleanup(true);

/** Mean scores by language, the highest first; eld has squeezed them between 0 and 1. */
function scores(text) {
  const squeezed = Object.entries(eld.detect(text.trimStart()).getScores());
  return squeezed.map(([code, score]) => [CODES[code] ?? code, (25 * score) / (1 - score)]).sort((a, b) => b[1] - a[1]);
}

/** About how many n-grams a text has. */
function ngrams(text) {
  const words = text.slice(0, 1000).match(/[\p{L}\p{M}]+/gu) ?? [];
  return words.reduce((sum, word) => sum + word.length / 3 + 0.3, 0);
}

/** How likely a text is in no language that is known: as it is short, and as its best score is low. */
function doubt(best, count) {
  const unlike = 1 / (1 + Math.exp((best - UNCERTAIN.score) / UNCERTAIN.width));
  const short = 0.4 * Math.exp(-count / 3);
  return Math.max(LEAST, unlike + short - unlike * short);
}

/** The languages that are told of, `[language, share]`, whose shares are to sum up to `all`. */
function told(shares, all, unknown) {
  let sum = 0;
  const kept = [];
  for (const [language, share] of shares) {
    if (share * all <= unknown || sum >= ENOUGH) break;
    kept.push([language, share]);
    sum += share * all;
  }
  const whole = kept.reduce((total, [, share]) => total + share, 0);
  return kept.map(([language, share]) => [language, Math.round((share / whole) * all / STEP) * STEP]);
}

const total = (list) => list.reduce((sum, [, confidence]) => sum + confidence, 0);

/**
 * @param {string} text
 * @returns {{detectedLanguage: string, confidence: number}[]} the likeliest first, "und" last
 */
export function identify(text) {
  const all = scores(text);
  const result = (list) => {
    const known = list.map(([detectedLanguage, confidence]) => ({ detectedLanguage, confidence }));
    return [...known, { detectedLanguage: "und", confidence: 1 - total(list) }];
  };
  if (all.length === 0) return result([]);
  const count = ngrams(text);
  const best = all[0][1];
  const weights = all.map(([language, score]) => [language, Math.exp(WEIGHT * count * (score - best))]);
  const whole = total(weights);
  const unknown = doubt(best, count);
  let shares = weights.map(([language, weight]) => [language, weight / whole]);
  for (;;) {
    const list = told(shares, 1 - unknown, unknown);
    if (list.length === 0) return result(list);
    const [, last] = list.at(-1);
    if (last > 1 - total(list) && total(list) - last < ENOUGH) return result(list);
    // The last one was too unlikely after all, now that the others have their parts of what is not told.
    shares = shares.slice(0, list.length - 1);
  }
}
