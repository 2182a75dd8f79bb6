// The engine counts text in UTF-8 bytes, JavaScript in UTF-16 units.

/** Bytes of a character in UTF-8. A surrogate that stands alone is sent as U+FFFD, which has as many as it would have. */
function bytesOf(code) {
  if (code < 0x80) return 1;
  if (code < 0x800) return 2;
  return code < 0x10000 ? 3 : 4;
}

/** How many bytes a text has in UTF-8. */
export function utf8Length(text) {
  let bytes = 0;
  for (const character of text) bytes += bytesOf(character.codePointAt(0));
  return bytes;
}

/**
 * Spans of a block's text in UTF-8 bytes, ordered, as indices into its text.
 * @param {{runs: {text: string}[]}} block
 * @param {{start: number, end: number}[]} spans
 */
export function toUtf16({ runs }, spans) {
  const text = runs.map((run) => run.text).join("");
  let at = 0;
  let bytes = 0;
  const index = (wanted) => {
    while (bytes < wanted && at < text.length) {
      const code = text.codePointAt(at);
      bytes += bytesOf(code);
      at += code > 0xffff ? 2 : 1;
    }
    return at;
  };
  return spans.map(({ start, end }) => ({ start: index(start), end: index(end) }));
}
