//! Whether a sentence ends at a terminator: the rules.

use std::ops::Range;

use super::abbreviations::{Class, Rules};
use super::around::{
    after, before, is_dash, is_opening, is_quote, is_small, is_small_name, is_terminator, token_before,
    word_after, word_before,
};

/// Ends of file names and addresses that are written in capitals too, after a period that is none.
const SUFFIXES: [&str; 28] = [
    "ai", "app", "at", "ch", "com", "csv", "de", "dll", "doc", "docx", "eu", "exe", "gif", "html", "io",
    "jpeg", "jpg", "js", "md", "mp3", "mp4", "net", "org", "pdf", "png", "txt", "xml", "zip",
];

/// A terminator and what is around it.
pub(super) struct Site<'t> {
    /// The whole text.
    pub(super) text: &'t str,
    /// The rules of its language.
    pub(super) rules: &'static Rules,
    /// Where the current sentence begins.
    pub(super) start: usize,
    /// The terminators.
    pub(super) mark: Range<usize>,
    /// The end of the brackets and quotation marks that close after them.
    pub(super) close: usize,
    /// Where the text goes on after white space.
    pub(super) next: usize,
}

/// What the text goes on with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    Small,
    Capital,
    Digit,
    /// Terminators that stand alone.
    Dots,
    /// Punctuation that cannot begin a sentence.
    Inner,
    Other,
}

impl<'t> Site<'t> {
    /// Whether a sentence ends here, white space or the end of the text following.
    pub(super) fn ends_before_space(&self) -> bool {
        let next = self.next();
        if matches!(next, Next::Small | Next::Dots | Next::Inner) || self.is_bracketed_mark() {
            return false;
        }
        let marks = &self.text[self.mark.clone()];
        if marks == "." {
            // A quotation or bracket that closes after the period leaves no doubt about it but an abbreviation's.
            self.period(next)
        } else if marks.contains(['!', '?']) {
            marks != "!" || !self.rules.is_exclaimed(self.word()) || self.starter()
        } else {
            self.ellipsis()
        }
    }

    /// Whether a sentence ends here although `follow` comes without a space, as crawlers glue paragraphs.
    pub(super) fn ends_within_word(&self, follow: char) -> bool {
        let closed = self.close > self.mark.end;
        let begin = self.skip_opening(self.close);
        if begin > self.close && !is_quote(follow) {
            return false;
        }
        let next = word_after(self.text, begin);
        let mut letters = next.chars();
        if !letters.next().is_some_and(char::is_uppercase) {
            return false;
        }
        let capitals = !letters.next().is_some_and(char::is_lowercase);
        let marks = &self.text[self.mark.clone()];
        let Some(last) = before(self.text, self.mark.start) else { return false };
        if closed || begin > self.close || matches!(last, ')' | '%' | '“' | '”' | '"' | '«' | '»' | '€')
        {
            return marks != "." || self.period(Next::Capital);
        }
        let word = self.word();
        if last.is_ascii_digit() && marks == "." {
            return !capitals && self.period(Next::Capital);
        }
        let small = word.starts_with(char::is_lowercase);
        let short = if small && self.rules.starts(next) { 2 } else { 3 };
        if !last.is_lowercase()
            || word.chars().count() < short
            || self.class().is_some_and(|class| class != Class::Last)
        {
            return false;
        }
        if capitals {
            return small && !SUFFIXES.contains(&next.to_lowercase().as_str());
        }
        small || self.rules.starts(next) || !self.is_code(begin + next.len())
    }

    /// Whether the capitalised words around the period look like a name in a program; the second ends at `end`.
    fn is_code(&self, end: usize) -> bool {
        let token = token_before(self.text, self.mark.start);
        token.contains(['.', '/', '@', '_', '\\', ':', '('])
            || after(self.text, end).is_some_and(|c| "._/@\\(".contains(c))
    }

    /// Whether a single period ends the sentence; `next` is what follows.
    fn period(&self, next: Next) -> bool {
        let Some(last) = before(self.text, self.mark.start) else { return true };
        let word = self.word();
        if word.is_empty() || !(last.is_alphanumeric()) {
            return true;
        }
        let word_start = self.mark.start - word.len();
        let prefix = before(self.text, word_start).filter(|c| !c.is_whitespace());
        if word.bytes().all(|b| b.is_ascii_digit()) {
            return self.number(word, prefix, next);
        }
        if let Some(class) = self.class() {
            return match class {
                Class::Open => false,
                Class::Numbered
                    if next == Next::Digit || is_roman(self.next_word()) || self.is_letter_next() =>
                {
                    false
                }
                Class::Numbered if is_single(word) => self.letter(word, prefix),
                Class::Numbered | Class::Last => true,
                Class::Either => self.starter(),
            };
        }
        if is_single(word) {
            return self.letter(word, prefix);
        }
        if is_roman(word) && self.rules.ordinals {
            return self.number(word, prefix, next);
        }
        self.starter() || !self.looks_abbreviated(word, prefix)
    }

    /// A period after a number, which makes an ordinal of it or ends the sentence.
    fn number(&self, number: &str, prefix: Option<char>, next: Next) -> bool {
        let word_start = self.mark.start - number.len();
        let begins = word_start <= self.skip_opening(self.start);
        if begins && number.len() <= 3 {
            return false; // The number of an item: a sentence of a number alone says nothing.
        }
        if !self.rules.ordinals {
            return true;
        }
        let token = token_before(self.text, word_start);
        if self.is_date(word_start) {
            return self.starter();
        }
        let counted = self.rules.takes_ordinal(self.next_word());
        if prefix.is_some_and(|c| !is_opening(c)) {
            return !(counted && prefix.is_some_and(|c| matches!(c, '/' | '-' | '–')));
        }
        if number.len() > 3 && number.bytes().all(|b| b.is_ascii_digit()) {
            return true;
        }
        if counted || token.ends_with(':') {
            return false;
        }
        let introduced = self.rules.introduces_ordinal(token);
        if next == Next::Digit {
            let dated = token
                .strip_suffix('.')
                .is_some_and(|t| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit()));
            return !(introduced || dated);
        }
        self.starter() || !(introduced || (is_roman(number) && self.rules.rules_a_country(token)))
    }

    /// Whether the number that begins at `start` is the month of a date such as "31.12.", told by the word before it.
    fn is_date(&self, start: usize) -> bool {
        if before(self.text, start) != Some('.') {
            return false;
        }
        let day = word_before(self.text, start - 1);
        let is_short =
            |number: &str| (1..=2).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_digit());
        let token = token_before(self.text, start - 1 - day.len());
        is_short(day)
            && is_short(&self.text[start..self.mark.start])
            && (self.rules.introduces_ordinal(token)
                || matches!(token, "bis" | "ab" | "seit" | "Ab" | "Bis" | "Seit" | "Stand"))
    }

    /// A period after a single letter: an initial, a part of an abbreviation, or a name for something.
    fn letter(&self, letter: &str, prefix: Option<char>) -> bool {
        let start = self.mark.start - letter.len();
        let token = token_before(self.text, start);
        if matches!(prefix, Some('’' | '\''))
            && before(self.text, start - prefix.map_or(0, char::len_utf8)).is_some_and(char::is_alphabetic)
        {
            return true; // "Das war’s."
        }
        if prefix == Some('-') {
            // "USB-C." against "Hans-J. Müller".
            let stem = before(self.text, start - 1);
            return self.starter() || letter == "C" || !stem.is_some_and(char::is_lowercase);
        }
        if letter.chars().all(char::is_uppercase) {
            return self.starter() || (prefix.is_none() && self.rules.takes_letter(token));
        }
        // A unit after a number ("5 m."); any other is a part of an abbreviation ("z. B.", "300 v. Chr.").
        let joins = self.rules.class(&format!("{letter}.{}", self.next_word())).is_some();
        let measured = prefix.is_none() && token.ends_with(|c: char| c.is_ascii_digit());
        (measured && !joins) || prefix.is_some_and(|c| c != '.' && !is_opening(c))
    }

    /// Dots that trail off: they end the sentence if they hang on its last word, else if the next word begins one.
    fn ellipsis(&self) -> bool {
        let ahead = &self.text[self.start..self.mark.start];
        let said = ahead.trim_end();
        if said.chars().all(|c| is_opening(c) || is_dash(c)) {
            return false; // "… und dann": the sentence begins with them.
        }
        let hanging = said.len() == ahead.len() && !said.ends_with(is_opening);
        hanging || self.starter() || said.ends_with(is_terminator)
    }

    /// The class of the abbreviation that ends at the period, the longest that is known.
    fn class(&self) -> Option<Class> {
        let mut chain = self.word().to_owned();
        let mut start = self.mark.start - chain.len();
        let mut class = self.rules.class(&chain).or_else(|| {
            // "Hauptstr. 5"
            (self.rules.ordinals && chain.ends_with("str")).then_some(Class::Numbered)
        });
        while chain.len() <= 8 {
            let spaces = self.text[..start].len() - self.text[..start].trim_end().len();
            let stop = start - spaces;
            if spaces > 8 || before(self.text, stop) != Some('.') {
                break;
            }
            let part = word_before(self.text, stop - 1);
            if part.is_empty() || part.len() > 4 {
                break;
            }
            chain = format!("{part}.{chain}");
            start = stop - 1 - part.len();
            class = self.rules.class(&chain).or(class);
        }
        class
    }

    /// Whether an unknown word is written as only abbreviations are: small, and without a vowel.
    fn looks_abbreviated(&self, word: &str, prefix: Option<char>) -> bool {
        let vowels = "aeiouyäöüáàâéèêíìóòôúùAEIOUYÄÖÜ";
        let measured =
            token_before(self.text, self.mark.start - word.len()).ends_with(|c: char| c.is_ascii_digit());
        self.rules.ordinals
            && prefix.is_none_or(is_opening)
            && !measured
            && word.chars().all(char::is_alphabetic)
            && word.chars().skip(1).all(char::is_lowercase)
            && !word.contains(|c| vowels.contains(c))
    }

    /// Whether the terminators fill a bracket: "(!)".
    fn is_bracketed_mark(&self) -> bool {
        self.close > self.mark.end
            && before(self.text, self.mark.start).is_some_and(|c| matches!(c, '(' | '['))
    }

    /// What follows the white space.
    fn next(&self) -> Next {
        let begin = self.skip_opening(self.next);
        let rest = &self.text[begin..];
        match after(rest, 0) {
            Some(c) if is_small(c) && is_small_name(rest) => Next::Capital,
            Some(c) if is_small(c) => Next::Small,
            Some(c) if c.is_alphabetic() => Next::Capital,
            Some(c) if c.is_numeric() => Next::Digit,
            // "[…] Der Rest": dots that belong to what follows.
            Some(c) if is_terminator(c) && begin == self.next && !self.is_name_next() => Next::Dots,
            Some(',' | ';' | ':' | ')' | ']' | '/') => Next::Inner,
            _ => Next::Other,
        }
    }

    /// Whether what follows begins with a period and is a name: ".NET".
    fn is_name_next(&self) -> bool {
        self.text[self.next..].strip_prefix('.').is_some_and(|rest| rest.starts_with(char::is_alphabetic))
    }

    /// The first word after the white space.
    fn next_word(&self) -> &'t str {
        word_after(self.text, self.skip_opening(self.next))
    }

    /// Whether the next word is one that begins sentences.
    fn starter(&self) -> bool {
        self.rules.starts(self.next_word())
    }

    fn is_letter_next(&self) -> bool {
        is_single(self.next_word())
    }

    /// The word before the terminators.
    fn word(&self) -> &'t str {
        word_before(self.text, self.mark.start)
    }

    /// The place after quotation marks, brackets, and dashes with a space.
    fn skip_opening(&self, from: usize) -> usize {
        let mut at = from;
        // Nothing real begins with more marks than these.
        for _ in 0..12 {
            match after(self.text, at) {
                Some(c) if is_opening(c) => at += c.len_utf8(),
                Some(c) if is_dash(c) && self.text[at + c.len_utf8()..].starts_with(' ') => {
                    at += c.len_utf8() + 1;
                }
                _ => break,
            }
        }
        at
    }
}

fn is_single(word: &str) -> bool {
    word.chars().nth(1).is_none()
}

/// Whether a word is a Roman number of more than one digit, up to 39.
fn is_roman(word: &str) -> bool {
    word.len() > 1 && word.bytes().all(|b| matches!(b, b'I' | b'V' | b'X'))
}
