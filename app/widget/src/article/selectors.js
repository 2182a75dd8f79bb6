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
 * @property {number} weight the more, the stronger
 */

/**
 * What the selectors of a list are about; those that cannot be told of, such as a state of another element, are left out.
 *
 * @param {string} list
 * @returns {Target[]}
 */
export function targets(list) {
  return cut(list, /,/).flatMap((selector) => {
    const start = selector.length - cut(selector, /[\s>+~]/).at(-1).length;
    const [around, last] = [selector.slice(0, start), selector.slice(start)];
    const plain = last.replace(INNER, "");
    const states = plain.match(STATE) ?? [];
    if (/(?<!\\)::/.test(last) || count(selector, STATE) !== states.length || count(last, STATE) !== states.length) return [];
    const tag = /^[a-z][\w-]*/i.exec(plain)?.[0].toLowerCase() ?? "";
    const classes = [...plain.matchAll(/(?<!\\)\.((?:\\.|[\w-]|[^\x00-\x7F])+)/g)].map(([, name]) => name);
    return [
      {
        selector: around + (last.replace(STATE, "") || "*"),
        states: states.join(""),
        tag,
        // An escaped digit is written as its code; that class is left to the browser.
        classes: classes.filter((name) => !/\\[\da-f]/i.test(name)).map((name) => name.replaceAll("\\", "")),
        weight: weight(selector),
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
function weight(selector) {
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
  const pieces = [""];
  let depth = 0;
  for (let index = 0; index < text.length; index += 1) {
    const char = text[index];
    if (char === "(" || char === "[") depth += 1;
    if (char === ")" || char === "]") depth -= 1;
    if (char === "\\") pieces.push(pieces.pop() + char + (text[++index] ?? ""));
    else if (depth === 0 && sign.test(char)) pieces.push("");
    else pieces.push(pieces.pop() + char);
  }
  return pieces.map((piece) => piece.trim()).filter(Boolean);
}
