//! The words of a text, its punctuation, and where one text occurs in another.

use std::ops::Range;

/// How closely a text has to occur.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Match {
    /// Byte for byte.
    Exact,
    /// In upper or lower case, with any kind of space, quote and dash.
    Folded,
    /// As [`Match::Folded`], and with or without spaces: what a model makes of a piece of code.
    Loose,
}

/// The byte spans of a text's words, in order.
///
/// What hyphens and slashes join are words of their own, and so is a final `'s`, because a mark may well end
/// there. A text without words gives its stretches without white space, so that there is something to carry a
/// mark.
pub(super) fn words(text: &str) -> Vec<Range<usize>> {
    let mut words =
        stretches(text, |c, next, inside| is_word(c) || inside && joins(c) && next.is_some_and(is_word));
    if words.is_empty() {
        words = stretches(text, |c, _, _| !c.is_whitespace());
    }
    let mut split = Vec::with_capacity(words.len());
    for word in words {
        let stem = ["'s", "’s"].iter().find_map(|suffix| text[word.clone()].strip_suffix(suffix));
        match stem {
            Some(stem) if !stem.is_empty() => {
                let cut = word.start + stem.len();
                split.extend([word.start..cut, cut..word.end]);
            }
            _ => split.push(word),
        }
    }
    split
}

/// The maximal stretches of characters of which `belongs(character, the next one, whether a stretch is open)`
/// holds.
fn stretches(text: &str, belongs: impl Fn(char, Option<char>, bool) -> bool) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut open = None;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let next = chars.peek().map(|&(_, next)| next);
        if belongs(c, next, open.is_some()) {
            open.get_or_insert(at);
        } else if let Some(start) = open.take() {
            found.push(start..at);
        }
    }
    found.extend(open.map(|start| start..text.len()));
    found
}

/// Whether a character makes a word: neither space nor punctuation. Signs that are read aloud, as in `50%`
/// and `C++`, and emoji do.
pub(super) fn is_word(c: char) -> bool {
    match c {
        '%' | '$' | '+' | '#' | '&' | '@' | '_' | '=' | '‰' => true,
        '¡' | '¿' | '«' | '»' | '·' | '\u{200b}'..='\u{2027}' | '\u{2030}'..='\u{205e}' => false,
        _ => !c.is_whitespace() && !c.is_control() && !c.is_ascii_punctuation(),
    }
}

/// Whether a character between two word characters belongs to the word, as in `heise.de`, `3,5` and `don't`.
fn joins(c: char) -> bool {
    matches!(c, '.' | ',' | ':' | '\'' | '’')
}

/// One character for all that do the same: quotes, dashes, ends of a sentence's parts.
pub(super) fn class(c: char) -> char {
    match c {
        '„' | '“' | '”' | '‚' | '‘' | '’' | '\'' | '«' | '»' | '‹' | '›' | '`' => '"',
        '\u{2010}'..='\u{2015}' => '-',
        '…' => '.',
        _ => c,
    }
}

/// Whether a position lies strictly within a word.
fn splits(words: &[Range<usize>], at: usize) -> bool {
    let next = words.partition_point(|word| word.end <= at);
    words.get(next).is_some_and(|word| word.start < at)
}

/// Where `needle` occurs in a text as whole words, without overlaps. `words` are the text's.
pub(super) fn occurrences(text: &str, words: &[Range<usize>], needle: &str, how: Match) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    for (at, c) in text.char_indices() {
        if c.is_whitespace() || splits(words, at) || found.last().is_some_and(|last| at < last.end) {
            continue;
        }
        if let Some(len) = prefix(&text[at..], needle, how)
            && !splits(words, at + len)
        {
            found.push(at..at + len);
        }
    }
    found
}

/// The bytes of a text's beginning that match `needle`.
fn prefix(text: &str, needle: &str, how: Match) -> Option<usize> {
    let skipped = |c: char| how == Match::Loose && c.is_whitespace();
    let mut chars = text.char_indices().filter(|&(_, c)| !skipped(c));
    let mut len = 0;
    for wanted in needle.chars().filter(|&c| !skipped(c)) {
        let (at, c) = chars.next()?;
        if !same(c, wanted, how) {
            return None;
        }
        len = at + c.len_utf8();
    }
    (len > 0).then_some(len)
}

fn same(a: char, b: char, how: Match) -> bool {
    if a == b || how == Match::Exact {
        return a == b;
    }
    a.is_whitespace() && b.is_whitespace() || class(a) == class(b) || a.to_lowercase().eq(b.to_lowercase())
}

/// How many bytes at the beginning of `text` are the punctuation that `model` consists of: each character has
/// to have its counterpart there, in order. English puts full stops and commas before a closing quote; they
/// come along with it. With `spaced`, spaces may lie between.
pub(super) fn shared_punctuation(
    text: impl Iterator<Item = char>,
    model: impl Iterator<Item = char> + Clone,
    spaced: bool,
) -> usize {
    let mut model = model.filter(|c| !c.is_whitespace());
    let (mut len, mut seen) = (0, 0);
    for c in text {
        seen += c.len_utf8();
        let mut rest = model.clone();
        if c.is_whitespace() && spaced {
            continue;
        } else if is_word(c) || c.is_whitespace() {
            break;
        } else if rest.any(|wanted| class(wanted) == class(c)) {
            model = rest;
            len = seen;
        } else if !matches!(c, '.' | ',') {
            break;
        }
    }
    len
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(text: &str) -> Vec<&str> {
        words(text).into_iter().map(|word| &text[word]).collect()
    }

    #[test]
    fn words_end_where_a_mark_may_end() {
        assert_eq!(
            split("Intel's „neue“ 3,5-GHz-Chips (z.B. C++)."),
            ["Intel", "'s", "neue", "3,5", "GHz", "Chips", "z.B", "C++"]
        );
        assert_eq!(split("Don't, heise.de! 50% …"), ["Don't", "heise.de", "50%"]);
        assert_eq!(split(" ?! … "), ["?!", "…"]);
        assert!(split("  ").is_empty());
    }

    #[test]
    fn texts_occur_as_whole_words() {
        let found = |text: &str, needle: &str, how| {
            let ranges = occurrences(text, &words(text), needle, how).into_iter();
            ranges.map(|range| (range.start, range.end)).collect::<Vec<_>>()
        };
        assert_eq!(found("node and node.js", "node", Match::Exact), [(0, 4)]);
        assert_eq!(found("Google's google", "Google", Match::Exact), [(0, 6)]);
        assert_eq!(found("Google's google", "Google", Match::Folded), [(0, 6), (9, 15)]);
        assert_eq!(found("run Foo ( ) now", "foo()", Match::Loose), [(4, 11)]);
        assert_eq!(found("a.b", "a", Match::Exact), []);
        assert_eq!(found("abc", "", Match::Folded), []);
    }

    #[test]
    fn punctuation_is_shared_by_kind_and_order() {
        let shared = |text: &str, model: &str| shared_punctuation(text.chars(), model.chars(), false);
        assert_eq!(shared("\". He", "“."), 2);
        assert_eq!(shared(", and", "."), 0);
        assert_eq!(shared(",\" he", "“"), 2);
        assert_eq!(shared(",\" he", ""), 0);
        assert_eq!(shared(": x", ":"), 1);
        assert_eq!(shared_punctuation(" ( ) x".chars(), "()".chars(), true), 4);
    }
}
