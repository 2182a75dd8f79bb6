// Keeps what a reader looks at in its place: a block on the screen whose English needs a line more than the German did is
// set in slightly smaller type, if that makes up for it.

/** How small type may become, in parts of its size; and large type, from so many px on. */
const LEAST = 0.94;
const LEAST_OF_LARGE = 0.88;
const LARGE = 19;

/**
 * Has blocks that have just changed be as high as they were, those that can. All are measured before any is changed, and
 * none if none has grown.
 *
 * @param {import("./shade.js").Shade[]} shades
 */
export function fit(shades) {
  const grown = shades.filter((shade) => shade.isGrown);
  const leasts = new Map(grown.map((shade) => [shade, leastOf(shade.host)]));
  for (const [shade, least] of leasts) shade.size = least;
  const able = grown.filter((shade) => !shade.isGrown);
  for (const shade of grown) if (!able.includes(shade)) shade.size = 1;
  // Half of it may do.
  for (const shade of able) shade.size = (1 + leasts.get(shade)) / 2;
  const still = able.filter((shade) => shade.isGrown);
  for (const shade of still) shade.size = leasts.get(shade);
}

/** @param {Element} host */
function leastOf(host) {
  return Number.parseFloat(getComputedStyle(host).fontSize) >= LARGE ? LEAST_OF_LARGE : LEAST;
}
