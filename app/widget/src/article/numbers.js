// Numbers as English writes them. A cell of a table that holds nothing else needs no model for that.

/**
 * A German number that English writes otherwise: with points between thousands, with a decimal comma, or with both.
 * Dates, versions and times have other groups of digits, or other signs around them.
 */
const NUMBER = /(?<![\d.,:])(?:[1-9]\d{0,2}(?:\.\d{3})+(?:,\d+)?|\d+,\d+)(?![.,:]?\d)/gu;

/** An address in a network, which is no number with points between thousands. */
const ADDRESS = /^(?:[1-9]\d{0,2}\.){3}[1-9]\d{0,2}$/;

/** Space before a sign that English puts close to its number. */
const LOOSE = /(\d)[ \u00A0\u202F]+(?=%)/gu;

/** A text without words in English. @param {string} text */
export function englishNumbers(text) {
  return text.replace(NUMBER, english).replace(LOOSE, "$1");
}

/** @param {string} number */
function english(number) {
  if (ADDRESS.test(number)) return number;
  return number.replace(/[.,]/g, (sign) => (sign === "." ? "," : "."));
}
