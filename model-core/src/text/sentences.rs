//! Where sentences begin and end.
//!
//! One walk over the text: at every terminator, and at every line break, [`Site`] is asked whether a sentence ends
//! there. The rules look at a few words around the place only, so the walk is linear in the text.

mod abbreviations;
mod around;
mod cut;
mod score;
mod site;

use std::ops::Range;

pub use cut::cut;
pub use score::Score;

use abbreviations::Rules;
use around::{
    after, before, is_dash, is_emoji, is_opening, is_quote, is_small, is_small_name, is_terminator,
    is_wide_terminator, line_breaks,
};
use site::Site;

/// A line of at least so many bytes was broken because it was full, unless it looks otherwise.
const FULL_LINE: usize = 55;

/// The sentences of a text, in order, as byte spans. None is empty or begins or ends with white space, and what lies
/// between them is white space only.
///
/// `language` is the text's, as a code such as `de` or `de-AT`. German and English have rules of their own; any other
/// language gets general ones, which in plain prose are Unicode's (UAX #29). A line break within running text is a space; a blank line always ends a sentence, and so
/// does a break after a short line or before an item of a list.
pub fn sentences(text: &str, language: &str) -> Vec<Range<usize>> {
    let start = text.len() - text.trim_start().len();
    let mut walk = Walk {
        text,
        rules: Rules::of(language),
        sentences: Vec::new(),
        start,
        line: start,
        marks: Marks::default(),
    };
    walk.run();
    walk.sentences
}

/// The walk over a text.
struct Walk<'t> {
    text: &'t str,
    rules: &'static Rules,
    sentences: Vec<Range<usize>>,
    /// Where the current sentence begins.
    start: usize,
    /// Where the current line begins.
    line: usize,
    marks: Marks,
}

/// Which quotation marks are open, to tell a closing mark from an opening one where no space does.
#[derive(Default)]
struct Marks {
    /// A „ was met and not yet closed.
    low: bool,
    /// An odd number of straight marks was met.
    straight: bool,
    /// The guillemet that opened.
    guillemet: Option<char>,
}

impl Marks {
    fn pass(&mut self, mark: char) {
        match mark {
            '„' => self.low = true,
            '“' | '”' => self.low = false,
            '"' => self.straight = !self.straight,
            '«' | '»' => {
                self.guillemet = if self.closes(mark) { None } else { Some(mark) };
            }
            _ => {}
        }
    }

    /// Whether this mark, if met now, ends a quotation.
    fn closes(&self, mark: char) -> bool {
        match mark {
            '“' | '”' => self.low,
            '"' => self.straight,
            '«' | '»' => self.guillemet.is_some_and(|open| open != mark),
            _ => false,
        }
    }
}

impl Walk<'_> {
    fn run(&mut self) {
        let mut at = self.start;
        while let Some(c) = after(self.text, at) {
            let next = at + c.len_utf8();
            at = if is_terminator(c) {
                self.terminator(at)
            } else if c.is_whitespace() {
                self.space(at)
            } else {
                if is_quote(c) {
                    self.marks.pass(c);
                }
                self.address_end(at).unwrap_or(next)
            };
        }
        let end = self.text.trim_end().len();
        if self.start < end {
            self.sentences.push(self.start..end);
        }
    }

    /// Ends the current sentence at `end`; the next begins at `next`.
    fn end(&mut self, end: usize, next: usize) {
        if self.start < end {
            self.sentences.push(self.start..end);
        }
        self.start = next;
    }

    /// Handles the terminators that begin at `at`; returns where to go on.
    fn terminator(&mut self, at: usize) -> usize {
        let mark_end = self.skip(at, is_terminator);
        let mark = at..mark_end;
        let close = self.closing_end(mark_end);
        let Some(follow) = after(self.text, close) else { return close };
        let wide = self.text[mark.clone()].chars().next_back().is_some_and(is_wide_terminator);
        let mut end = close;
        if let Some(picture) = self.emoji_end(close) {
            end = picture;
        }
        let next = self.skip(end, char::is_whitespace);
        let breaks = line_breaks(&self.text[end..next]);
        if breaks > 0 {
            self.line = next;
        }
        let site = Site { text: self.text, rules: self.rules, start: self.start, mark, close, next };
        let ends = if breaks > 1 || (breaks == 1 && self.is_item(next)) || wide {
            true
        } else if next > end || end > close {
            site.ends_before_space()
        } else {
            site.ends_within_word(follow)
        };
        if breaks > 1 {
            self.marks = Marks::default();
        }
        if ends {
            self.end(end, next);
        }
        next
    }

    /// Handles the white space that begins at `at`, with no terminator before it; returns where to go on.
    fn space(&mut self, at: usize) -> usize {
        let next = self.skip(at, char::is_whitespace);
        let breaks = line_breaks(&self.text[at..next]);
        if breaks > 1 || (breaks == 1 && self.breaks_line(at, next)) {
            self.end(at, next);
        }
        if breaks > 0 {
            self.line = next;
        }
        if breaks > 1 {
            self.marks = Marks::default();
        }
        next
    }

    /// Whether the line break in the white space between `end` and `next` ends a sentence without a terminator.
    fn breaks_line(&self, end: usize, next: usize) -> bool {
        if self.is_item(next) {
            return true;
        }
        let rest = self.text[next..].trim_start_matches(is_opening);
        let small = rest.starts_with(is_small) && !is_small_name(rest);
        let goes_on = before(self.text, end)
            .is_some_and(|c| matches!(c, ',' | ';' | '-' | '–' | '—' | '&' | '/' | '('));
        !small && !goes_on && end - self.line < FULL_LINE
    }

    /// Whether an item of a list begins at `at`, the beginning of a line.
    fn is_item(&self, at: usize) -> bool {
        let rest = &self.text[at..];
        let Some(bullet) = after(rest, 0) else { return false };
        let spaced = after(rest, bullet.len_utf8()).is_some_and(char::is_whitespace);
        match bullet {
            '•' | '·' | '▪' | '●' | '*' => spaced,
            // A dash may as well belong to a sentence that runs over the line break.
            dash if is_dash(dash) => {
                spaced && (self.text[self.line..].starts_with(dash) || at - self.line < FULL_LINE)
            }
            _ => false,
        }
    }

    /// The end of the marks that close at `at` what ended there: brackets, quotation marks, notes such as "[1]".
    fn closing_end(&mut self, mut at: usize) -> usize {
        // Where no space follows a mark, a letter behind it does not make it an opening one.
        let wide = before(self.text, at).is_some_and(is_wide_terminator);
        while let Some(c) = after(self.text, at) {
            let next = at + c.len_utf8();
            let closes = match c {
                ')' | ']' | '}' | '」' | '』' | '）' | '》' | '〉' | '】' | '〕' => true,
                '„' | '‚' | '「' | '『' => false,
                c if is_quote(c) => {
                    let glued = after(self.text, next)
                        .is_some_and(|c| c.is_alphanumeric() || matches!(c, '„' | '‚' | '(' | '['));
                    !glued || self.marks.closes(c) || (wide && matches!(c, '”' | '’'))
                }
                '[' => {
                    let digits = self.skip(next, |c| c.is_ascii_digit());
                    if digits > next && after(self.text, digits) == Some(']') {
                        at = digits + 1;
                        continue;
                    }
                    false
                }
                _ => false,
            };
            if !closes {
                break;
            }
            self.marks.pass(c);
            at = next;
        }
        at
    }

    /// The end of the pictures at `at`, over one space at most, if they end a word.
    fn emoji_end(&self, at: usize) -> Option<usize> {
        let from = if self.text[at..].starts_with(' ') { at + 1 } else { at };
        let end = self.skip(from, |c| is_emoji(c) || c == ' ');
        let end = from + self.text[from..end].trim_end().len();
        let ends_word = after(self.text, end).is_none_or(char::is_whitespace);
        (self.text[from..].starts_with(is_emoji) && ends_word).then_some(end)
    }

    /// The end of the web address that begins at `at`, without the punctuation after it.
    fn address_end(&self, at: usize) -> Option<usize> {
        let rest = &self.text[at..];
        let is_address = ["http://", "https://", "www."].iter().any(|scheme| rest.starts_with(scheme));
        if !is_address || before(self.text, at).is_some_and(char::is_alphanumeric) {
            return None;
        }
        let end = self.skip(at, |c| !c.is_whitespace() && !is_quote(c) && !matches!(c, '<' | '>'));
        let address = self.text[at..end]
            .trim_end_matches(|c| is_terminator(c) || matches!(c, ',' | ';' | ':' | ')' | ']'));
        Some(at + address.len())
    }

    /// The first place from `at` on whose character does not satisfy `holds`.
    fn skip(&self, at: usize, holds: impl Fn(char) -> bool) -> usize {
        let rest = &self.text[at..];
        at + (rest.len() - rest.trim_start_matches(holds).len())
    }
}
