//! Cutting a sentence that is too long for the model.

use std::ops::Range;

/// Cuts a part of a text into pieces of at most `at_most` bytes, at the best places near to equal lengths: after clause
/// punctuation, else at white space, else anywhere between two characters.
///
/// `span` and the result are in bytes of `text`. What lies between the pieces is white space. A piece is longer than
/// `at_most` only if it is a single character. White space at the ends of `span` is left out; if there is nothing
/// else, so is the whole.
///
/// # Panics
/// If `span` does not lie within the text or its ends lie within a character.
pub fn cut(text: &str, span: Range<usize>, at_most: usize) -> Vec<Range<usize>> {
    let at_most = at_most.max(1);
    let mut pieces = Vec::new();
    let mut rest = trimmed(text, span);
    while rest.len() > at_most {
        let at = rest.start + place(&text[rest.clone()], at_most);
        let piece = trimmed(text, rest.start..at);
        pieces.push(piece);
        rest = trimmed(text, at..rest.end);
    }
    if !rest.is_empty() {
        pieces.push(rest);
    }
    pieces
}

/// A span without the white space at its ends.
pub(super) fn trimmed(text: &str, span: Range<usize>) -> Range<usize> {
    let inner = &text[span.clone()];
    let start = span.start + (inner.len() - inner.trim_start().len());
    start..(start + inner.trim().len())
}

/// Punctuation of scripts that put no space after it.
fn is_wide_mark(c: char) -> bool {
    matches!(c, '；' | '：' | '。' | '！' | '？' | '，' | '、')
}

/// What closes a quotation or bracket, which a mark before it belongs to.
fn is_closing(c: char) -> bool {
    matches!(c, ')' | ']' | '）' | '」' | '』' | '》' | '〉' | '”' | '’' | '"' | '\'')
}

/// Where to cut a text that begins with a character other than white space and is longer than `at_most` bytes.
fn place(text: &str, at_most: usize) -> usize {
    let ideal = text.len().div_ceil(text.len().div_ceil(at_most));
    let mut best = None;
    let mut last = ' ';
    for (at, c) in text.char_indices().take_while(|&(at, _)| at <= at_most) {
        let space = c.is_whitespace() && !last.is_whitespace();
        if at > 0 && (space || (is_wide_mark(last) && !is_wide_mark(c) && !is_closing(c))) {
            let rank = match last {
                ';' | ':' | '.' | '!' | '?' | '…' | '–' | '—' => 0,
                '；' | '：' | '。' | '！' | '？' | '؛' | '؟' | '।' => 0,
                ',' | ')' | '，' | '、' | '،' => 1,
                _ => 2,
            };
            // Punctuation near the start of the text would leave a scrap: there it counts as any space does.
            let rank = if at * 2 < ideal { 3 } else { rank };
            let candidate = (rank, at.abs_diff(ideal), at);
            best = Some(best.map_or(candidate, |best: (i32, usize, usize)| best.min(candidate)));
        }
        last = c;
    }
    let hard = || {
        let floor = text.floor_char_boundary(at_most);
        if floor > 0 { floor } else { text.chars().next().map_or(text.len(), char::len_utf8) }
    };
    best.map_or_else(hard, |(_, _, at)| at)
}
