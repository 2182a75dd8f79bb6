//! Characters and words around a place in a text. Every look is bounded, so that a text is split in linear time.

/// Farthest look back or ahead for a word, in characters.
const REACH: usize = 40;

/// The character that ends at byte `at`.
pub(super) fn before(text: &str, at: usize) -> Option<char> {
    text[..at].chars().next_back()
}

/// The character that begins at byte `at`.
pub(super) fn after(text: &str, at: usize) -> Option<char> {
    text[at..].chars().next()
}

/// The letters and digits that end at byte `end`; longer words lose their beginning.
pub(super) fn word_before(text: &str, end: usize) -> &str {
    let length: usize =
        text[..end].chars().rev().take(REACH).take_while(|&c| is_word(c)).map(char::len_utf8).sum();
    &text[end - length..end]
}

/// The letters and digits that begin at byte `start`; longer words lose their end.
pub(super) fn word_after(text: &str, start: usize) -> &str {
    let length: usize =
        text[start..].chars().take(REACH).take_while(|&c| is_word(c)).map(char::len_utf8).sum();
    &text[start..start + length]
}

/// What stands between white space before byte `end`, over a little white space, without opening marks.
pub(super) fn token_before(text: &str, end: usize) -> &str {
    let spaces: usize =
        text[..end].chars().rev().take(4).take_while(|c| c.is_whitespace()).map(char::len_utf8).sum();
    let end = end - spaces;
    let length: usize =
        text[..end].chars().rev().take(REACH).take_while(|c| !c.is_whitespace()).map(char::len_utf8).sum();
    text[end - length..end].trim_start_matches(is_opening)
}

fn is_word(c: char) -> bool {
    // Combining marks: decomposed umlauts are letters too.
    c.is_alphanumeric() || matches!(c, '\u{300}'..='\u{36f}')
}

/// Whether a letter is one that does not begin a sentence. Georgian letters are small ones to Unicode, and begin every
/// sentence there is.
pub(super) fn is_small(c: char) -> bool {
    c.is_lowercase() && !matches!(c, '\u{10d0}'..='\u{10ff}')
}

/// Marks that end a sentence.
pub(super) fn is_terminator(c: char) -> bool {
    matches!(c, '.' | '!' | '?' | '…' | '‼' | '⁇' | '⁈' | '⁉' | '‽' | '⸮') || is_wide_terminator(c)
}

/// Terminators that mean nothing else and that no space need follow: those of Chinese and Japanese, and of the scripts
/// that are not Latin, Greek, Cyrillic or Hebrew. They are Unicode's `Sentence_Terminal` in scripts in use today.
pub(super) fn is_wide_terminator(c: char) -> bool {
    matches!(
        c,
        '。' | '！' | '？' | '．' | '｡' | '﹒' | '﹖' | '﹗'
            // Armenian; Arabic and Urdu; Devanagari and its kin; Sinhala.
            | '։' | '؞' | '؟' | '۔' | '।' | '॥' | '෴'
            // Tibetan; Burmese; Ethiopic; Khmer; Mongolian.
            | '།' | '༎' | '။' | '።' | '፧' | '፨' | '។' | '៕' | '᠃' | '᠉'
    )
}

/// Quotation marks of any side.
pub(super) fn is_quote(c: char) -> bool {
    matches!(
        c,
        '"' | '\''
            | '„'
            | '“'
            | '”'
            | '‚'
            | '‘'
            | '’'
            | '«'
            | '»'
            | '‹'
            | '›'
            | '「'
            | '」'
            | '『'
            | '』'
    )
}

/// What can stand before the first word of a sentence and belongs to it.
pub(super) fn is_opening(c: char) -> bool {
    is_quote(c) || matches!(c, '(' | '[' | '{' | '¿' | '¡' | '*' | '_' | '（' | '《' | '〈' | '【' | '〔')
}

/// Dashes and bullets that stand before a sentence with a space.
pub(super) fn is_dash(c: char) -> bool {
    matches!(c, '-' | '–' | '—' | '•' | '·' | '▪' | '●')
}

/// Pictures, and what joins and colours them.
pub(super) fn is_emoji(c: char) -> bool {
    matches!(c, '\u{1f000}'..='\u{1faff}' | '\u{2600}'..='\u{2712}' | '\u{2715}'..='\u{2793}' | '\u{2b50}' | '\u{2b55}'
        | '\u{200d}' | '\u{fe0f}' | '\u{e0020}'..='\u{e007f}')
}

/// How many line breaks a stretch of white space holds; two or more are a blank line.
pub(super) fn line_breaks(space: &str) -> usize {
    let mut breaks = 0;
    let mut last = ' ';
    for c in space.chars() {
        breaks += match c {
            '\n' if last == '\r' => 0,
            '\n' | '\r' | '\u{85}' | '\u{2028}' => 1,
            '\u{2029}' => 2,
            _ => 0,
        };
        last = c;
    }
    breaks
}

/// Whether a word that begins small can begin a sentence: "iPhone", "t3n", "c't", "heise.de".
///
/// `rest` begins with the word.
pub(super) fn is_small_name(rest: &str) -> bool {
    let token: String = rest.chars().take(REACH).take_while(|c| !c.is_whitespace()).collect();
    let mut parts = token.trim_end_matches(|c: char| !c.is_alphanumeric()).split('.');
    let first = parts.next().unwrap_or_default();
    let dotted = first.chars().count() > 1 && parts.next().is_some_and(|part| part.len() > 1);
    let letters = first.split('-').next().unwrap_or_default();
    dotted
        || letters.chars().any(|c| c.is_uppercase() || c.is_ascii_digit())
        || letters.starts_with("c't")
        || letters.starts_with("c’t")
}
