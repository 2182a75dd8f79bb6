// Runs of text as DOM: the elements around the German words, rebuilt around the English ones.

/** Signs that end a clause, and stand before what comes after a word. */
const SIGNS = /^[\p{Po}\p{Pf}\p{Pe}]*/u;

/**
 * A piece of a line: text, or a thing.
 *
 * @typedef {{ text: string, tags: number[] } | { thing: import("./part.js").Thing, tags: number[] }} Atom
 */

/**
 * The German runs from `start` to `end`, in UTF-16 units, and the things among them.
 *
 * @param {import("./part.js").Part} part
 * @param {number} start
 * @param {number} end
 * @param {import("./part.js").Thing[]} things
 * @returns {Atom[]}
 */
export function germanAtoms(part, start, end, things) {
  /** @type {Atom[]} */
  const atoms = [];
  const rest = [...things];
  const place = (offset) => {
    while (rest.length > 0 && rest[0].at <= offset) atoms.push(thingAtom(rest.shift()));
  };
  let offset = 0;
  for (const { text, mark } of part.runs) {
    const [from, to] = [Math.max(start, offset), Math.min(end, offset + text.length)];
    let at = from;
    while (at < to) {
      place(at);
      const stop = Math.min(to, rest[0]?.at ?? to);
      atoms.push({ text: text.slice(at - offset, stop - offset), tags: mark.tags ?? [] });
      at = stop;
    }
    offset += text.length;
  }
  place(Infinity);
  return atoms;
}

/**
 * English runs, and the things where the words are that they stand beside.
 *
 * @param {import("./part.js").Part} part
 * @param {import("./part.js").Run[]} runs
 * @param {import("./translation.js").Span} span of the German sentence
 * @param {import("./part.js").Thing[]} things
 * @returns {Atom[]}
 */
export function englishAtoms(part, runs, { start, end }, things) {
  const rest = new Set(things);
  /** @type {Atom[]} */
  const atoms = [];
  const place = (isHere) => {
    for (const thing of rest) {
      if (!isHere(thing)) continue;
      rest.delete(thing);
      atoms.push(thingAtom(thing));
    }
  };
  const isIn = (thing, index) => thing.tag !== undefined && Boolean(runs[index]?.mark?.tags?.includes(thing.tag));
  // What stands at the end of the German sentence stands at that of the English one, wherever its word is.
  const isBehind = (thing, index) =>
    thing.behind !== undefined && thing.at < end && isIn(thing, index) && !isIn(thing, index + 1);
  place((thing) => thing.at <= start);
  runs.forEach(({ text: english, mark }, index) => {
    const tags = mark?.tags ?? [];
    let text = rendering(part, english, tags);
    place((thing) => thing.behind === undefined && isIn(thing, index));
    if ([...rest].some((thing) => isBehind(thing, index - 1))) {
      const [signs] = SIGNS.exec(text);
      if (signs) atoms.push({ text: signs, tags });
      place((thing) => isBehind(thing, index - 1));
      text = text.slice(signs.length);
    }
    if (text) atoms.push({ text, tags });
    place((thing) => thing.behind === "" && isBehind(thing, index));
  });
  place(() => true);
  return atoms;
}

/** @param {import("./part.js").Thing} thing @returns {Atom} */
function thingAtom(thing) {
  return { thing, tags: thing.tags };
}

/**
 * A run's text, or what the glossary says for it.
 *
 * @param {import("./part.js").Part} part
 * @param {string} text
 * @param {number[]} tags
 */
function rendering(part, text, tags) {
  const term = tags.find((tag) => part.terms.get(tag) !== undefined);
  return term === undefined ? text : text.replace(/\S(?:.*\S)?/s, () => part.terms.get(term));
}

/** The English text of a sentence. @param {import("./part.js").Part} part @param {import("./part.js").Run[]} runs */
export function englishText(part, runs) {
  return runs.map(({ text, mark }) => rendering(part, text, mark?.tags ?? [])).join("");
}

/**
 * Puts atoms into an element, nested as their tags say: what two neighbours have in common from the outermost inwards is
 * one element around both.
 *
 * @param {Element} target @param {Atom[]} atoms
 * @param {{ isKnown: (tag: number) => boolean, shell: (tag: number) => Element, thing: (thing: import("./part.js").Thing) => Node }} make
 */
export function nest(target, atoms, make) {
  /** @type {{ tag: number, element: Element }[]} */
  let open = [];
  for (const atom of atoms) {
    const tags = atom.tags.filter(make.isKnown);
    let common = 0;
    while (common < open.length && common < tags.length && open[common].tag === tags[common]) common += 1;
    open = open.slice(0, common);
    for (const tag of tags.slice(common)) {
      const element = make.shell(tag);
      (open.at(-1)?.element ?? target).append(element);
      open.push({ tag, element });
    }
    const around = open.at(-1)?.element ?? target;
    if ("text" in atom) around.append(atom.text);
    else around.append(make.thing(atom.thing), ...(atom.thing.spaced ? [" "] : []));
  }
}
