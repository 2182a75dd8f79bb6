// Just as much of how selectors are written as it takes to say what a rule is about, and which of two rules wins.

/** States in which a link looks otherwise. `:link` is one, as a visited link is not in it. */
const STATE = /(?<!\\):(?:hover|focus-visible|focus|active|visited|link)(?![\w(-])/g;

/** What stands in parentheses or brackets, three deep at most. */
const INNER = /\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)|\[[^\]]*\]/g;

/**
 * A selector for elements in some state.
 *
 * @typedef {object} Target
 * @property {string} selector without the state
 * @property {string} states that it wants, as selectors; none for any
 * @property {string} tag the element's name, or none for any
 * @property {string[]} classes that the element has
 */

/**
 * What the selectors of a list are about, as far as that has one of the names or may have any; those that cannot be told of,
 * such as a state of another element, are left out.
 *
 * @param {string} list
 * @param {string[]} tags
 * @returns {Target[]}
 */
export function targets(list, tags) {
  return cut(list, /,/).flatMap((selector) => {
    const last = cut(selector, /[\s>+~]/).at(-1);
    const tag = /^[a-z][\w-]*/i.exec(last)?.[0].toLowerCase() ?? "";
    if ((tag && !tags.includes(tag)) || /(?<!\\)::/.test(last)) return [];
    const plain = last.replace(INNER, "");
    const states = plain.match(STATE) ?? [];
    if (count(selector, STATE) !== states.length) return [];
    const classes = [...plain.matchAll(/(?<!\\)\.((?:\\.|[\w-]|[^\x00-\x7F])+)/g)].map(([, name]) => name);
    const around = selector.slice(0, selector.length - last.length);
    return [
      {
        selector: around + (last.replace(STATE, "") || "*"),
        states: states.join(""),
        tag,
        // An escaped digit is written as its code; that class is left to the browser.
        classes: classes.filter((name) => !/\\[\da-f]/i.test(name)).map((name) => name.replaceAll("\\", "")),
      },
    ];
  });
}

/** A nested rule's selector as it would be outside of its parent. @param {string} selector @param {string} parent */
export function unnested(selector, parent) {
  const around = `:is(${parent})`;
  return cut(selector, /,/)
    .map((each) => (each.includes("&") ? each.replaceAll("&", around) : `${around} ${each}`))
    .join(", ");
}

/** How specific a selector is; within `:is()` and the like all counts that is there. @param {string} selector */
export function weight(selector) {
  const plain = selector
    .replace(/\\./g, "x")
    .replace(/:where\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)/g, "")
    .replace(/\[[^\]]*\]/g, ".x");
  const classes = count(plain, /\.[^\d]|:(?!(?:is|not|has)\()[a-z-]/g);
  return count(plain, /#/g) * 1e6 + classes * 1e3 + count(plain, /(?:^|[\s>+~(,])[a-z]/gi);
}

/** @param {string} text @param {RegExp} pattern */
function count(text, pattern) {
  return text.match(pattern)?.length ?? 0;
}

/** Pieces between signs that stand in no parentheses, trimmed; empty ones are none. @param {string} text @param {RegExp} sign */
function cut(text, sign) {
  const pieces = /[([\\]/.test(text) ? carefully(text, sign) : text.split(sign);
  return pieces.map((piece) => piece.trim()).filter(Boolean);
}

/** @param {string} text @param {RegExp} sign */
function carefully(text, sign) {
  const pieces = [];
  let [depth, start] = [0, 0];
  for (let index = 0; index < text.length; index += 1) {
    const char = text[index];
    if (char === "\\") index += 1;
    else if (char === "(" || char === "[") depth += 1;
    else if (char === ")" || char === "]") depth -= 1;
    else if (depth === 0 && sign.test(char)) {
      pieces.push(text.slice(start, index));
      start = index + 1;
    }
  }
  return [...pieces, text.slice(start)];
}
