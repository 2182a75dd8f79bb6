//! The head of an article: its headline, date, byline and standfirst; and the headings of its body.

use crate::BlockKind;
use crate::dates::{date_at, english_date, is_separator};

use super::Draft;

/// The head is among the first so many blocks.
const HEAD_BLOCKS: usize = 10;
/// A longer block, in characters, belongs to the body.
const LONGEST_HEAD: usize = 300;
/// Longest headline, in characters.
const LONGEST_HEADLINE: usize = 200;
/// Longest heading, byline or line of a date with others beside it, in characters.
const LONGEST_LINE: usize = 100;
/// How far into a block a glued date is looked for, in bytes.
const DATE_REACH: usize = 1000;

/// Finds the date in the head and makes it a block of its own.
pub(super) fn part_date(drafts: Vec<Draft>) -> Vec<Draft> {
    let mut parted = Vec::with_capacity(drafts.len() + 2);
    let mut found = false;
    let mut in_head = true;
    for (index, draft) in drafts.into_iter().enumerate() {
        in_head &= index < HEAD_BLOCKS;
        if found || !in_head || draft.fixed && draft.kind != BlockKind::Heading {
            parted.push(draft);
            continue;
        }
        in_head = draft.length(LONGEST_HEAD + 1) <= LONGEST_HEAD;
        let Some((start, end)) = find_date(&draft.text) else {
            parted.push(draft);
            continue;
        };
        found = true;
        let Draft { kind, text, fixed } = draft;
        let (before, after) = (text[..start].trim(), text[end..].trim());
        if !before.is_empty() {
            parted.push(Draft { kind, text: before.to_owned(), fixed });
        }
        parted.push(Draft::fixed(BlockKind::Date, text[start..end].trim().to_owned()));
        if !after.is_empty() {
            parted.push(Draft::plain(after.to_owned()));
        }
    }
    parted
}

/// The date in a block, in bytes, with the separators after it.
fn find_date(text: &str) -> Option<(usize, usize)> {
    if english_date(text).is_some() {
        return Some((0, text.len()));
    }
    let short = text.chars().nth(LONGEST_LINE).is_none();
    let mut last = None;
    for (at, c) in text.char_indices().take_while(|&(at, _)| at <= DATE_REACH) {
        let begins = match last {
            None => true,
            // A relative date is glued, or follows a sentence; the first of its words is small where it is no sentence.
            Some(_) if c == 'v' && text[at..].starts_with("vor") => follows_end(&text[..at]),
            // Any date can follow a separator.
            Some(last) => short && last == ' ' && text[..at].trim_end().ends_with(['|', '·', '•', '–', '—']),
        };
        last = Some(c);
        if !begins {
            continue;
        }
        let Some((length, _)) = date_at(&text[at..]) else { continue };
        let end = at + length;
        let rest = &text[end..];
        let separators =
            rest.len() - rest.trim_start_matches(|c: char| c.is_whitespace() || is_separator(c)).len();
        let separated = short && rest[..separators].contains(is_separator);
        if rest.trim().is_empty() || separated {
            return Some((at, end + separators));
        }
        let relative = text[at..].starts_with("vor");
        let next = rest.trim_start();
        let glued = next.len() == rest.len();
        if next.starts_with(|c: char| c.is_uppercase() || matches!(c, '„' | '»' | '"' | '“'))
            && (glued || relative)
        {
            return Some((at, end));
        }
    }
    None
}

/// The length of the date that a line begins with, if nothing of a sentence follows.
pub(super) fn leading_date(line: &str) -> Option<usize> {
    find_date(line).filter(|&(start, _)| start == 0).map(|(_, end)| end)
}

/// Whether a text ends where a crawler may have glued a date to it.
fn follows_end(text: &str) -> bool {
    let said = text.trim_end();
    said.len() == text.len()
        || said.ends_with(['.', '!', '?', '…', '“', '”', '"', '«', '»', '|', '·', '•', '–', '—'])
}

/// Gives the blocks of the head their kinds, and the headings of the body theirs.
pub(super) fn name(drafts: &mut [Draft]) {
    let head = drafts
        .iter()
        .take(HEAD_BLOCKS)
        .take_while(|draft| draft.length(LONGEST_HEAD + 1) <= LONGEST_HEAD)
        .count();
    let date = drafts[..head].iter().position(|draft| draft.kind == BlockKind::Date);
    let headline = headline(drafts, head, date);
    if let Some(at) = headline {
        drafts[at].kind = BlockKind::Headline;
        drafts[at].fixed = true;
    }
    for draft in drafts[..head].iter_mut().filter(|draft| !draft.fixed) {
        if is_byline(&draft.text) {
            draft.kind = BlockKind::Byline;
            draft.fixed = true;
        }
    }
    if let Some(at) = headline {
        name_standfirst(drafts, at + 1, head);
    }
    for draft in drafts.iter_mut().filter(|draft| !draft.fixed && is_caption(&draft.text)) {
        draft.kind = BlockKind::Caption;
        draft.fixed = true;
    }
    name_headings(drafts, headline.map_or(1, |at| at + 1));
}

/// Which block is the headline, if one is.
fn headline(drafts: &[Draft], head: usize, date: Option<usize>) -> Option<usize> {
    let marked = drafts[..head].iter().position(|draft| draft.kind == BlockKind::Heading);
    let plain = |&at: &usize| {
        let draft = &drafts[at];
        !draft.fixed
            && draft.text.contains(char::is_alphabetic)
            && ![" | ", " > ", " › ", " » "].iter().any(|mark| draft.text.contains(mark))
            && draft.length(LONGEST_HEADLINE + 1) <= LONGEST_HEADLINE
            && !is_byline(&draft.text)
    };
    // Before the headline stand the site's name and its ways back: a word or three, or a path of them.
    let says_something = |at: &usize| drafts[*at].text.split_whitespace().nth(3).is_some();
    if let Some(at) = marked.filter(|&at| date.is_none_or(|date| at < date) || at <= 2) {
        return Some(at);
    }
    if let Some(date) = date.filter(|&date| date > 0) {
        let before: Vec<usize> = (0..date).filter(plain).collect();
        let longest = || {
            before.iter().copied().max_by_key(|&at| (drafts[at].length(LONGEST_HEADLINE), usize::MAX - at))
        };
        // A headline before its date may be a whole sentence.
        if let Some(at) = before.iter().copied().find(says_something).or_else(longest) {
            return Some(at);
        }
    }
    let from = date.map_or(0, |date| date + 1);
    let candidates: Vec<usize> = (from..head.min(from + 3)).filter(plain).collect();
    let leads = |at: &usize| *at + 1 < drafts.len() && !ends_sentence(&drafts[*at].text);
    candidates
        .iter()
        .copied()
        .find(|at| says_something(at) && leads(at))
        .or_else(|| candidates.first().copied().filter(|at| leads(at) && !says_something(at)))
}

/// The one longer block between the headline and the date or byline.
fn name_standfirst(drafts: &mut [Draft], from: usize, head: usize) {
    let end = (from..head).find(|&at| matches!(drafts[at].kind, BlockKind::Date | BlockKind::Byline));
    if end == Some(from + 1) && !drafts[from].fixed && drafts[from].length(40) == 40 {
        drafts[from].kind = BlockKind::Standfirst;
        drafts[from].fixed = true;
    }
}

/// Short lines without an end, from block `from` on, between what is before them and running text.
fn name_headings(drafts: &mut [Draft], from: usize) {
    for at in from..drafts.len().saturating_sub(1) {
        let (draft, next) = (&drafts[at], &drafts[at + 1]);
        let short =
            draft.length(LONGEST_LINE + 1) <= LONGEST_LINE && draft.text.split_whitespace().nth(12).is_none();
        let begins = draft
            .text
            .trim_start_matches(['„', '"', '»', '“'])
            .starts_with(|c: char| c.is_uppercase() || c.is_numeric());
        let ends =
            ends_sentence(&draft.text) && !draft.text.ends_with('?') || draft.text.ends_with([':', ',', ';']);
        let before_text = match next.kind {
            BlockKind::Paragraph => next.length(60) == 60 || ends_sentence(&next.text),
            BlockKind::Bullet | BlockKind::Number | BlockKind::Quote | BlockKind::Code => true,
            _ => false,
        };
        if !draft.fixed && short && begins && !ends && before_text {
            drafts[at].kind = BlockKind::Heading;
        }
    }
}

/// Whether a text ends as sentences do.
pub(super) fn ends_sentence(text: &str) -> bool {
    text.trim_end_matches(['“', '”', '"', '«', '»', ')']).ends_with(['.', '!', '?', '…'])
}

/// "Von Max Mustermann", "dpa", "Autor: …"
fn is_byline(text: &str) -> bool {
    const AGENCIES: [&str; 12] =
        ["dpa", "afp", "reuters", "ap", "sid", "apa", "epd", "kna", "dpa-afx", "dpa/tmn", "ots", "redaktion"];
    const LABELS: [&str; 9] = [
        "Autor: ",
        "Autorin: ",
        "Autoren: ",
        "Quelle: ",
        "Text: ",
        "Redaktion: ",
        "Von: ",
        "Ein Artikel von ",
        "Ein Beitrag von ",
    ];
    let text = text.trim_start_matches(|c: char| c.is_whitespace() || is_separator(c)).trim();
    if text.chars().nth(LONGEST_LINE).is_some() || ends_sentence(text) && !text.ends_with(')') {
        return false;
    }
    let bare = text.trim_matches(['(', ')']).to_lowercase();
    if AGENCIES.contains(&bare.as_str()) || LABELS.iter().any(|label| text.starts_with(label)) {
        return true;
    }
    let Some(names) = ["Von ", "von ", "By "].iter().find_map(|word| text.strip_prefix(word)) else {
        return false;
    };
    let is_name = |word: &str| {
        let small = ["und", "von", "van", "de", "der", "zu", "mit", "für", "in", "aus"];
        word.starts_with(char::is_uppercase)
            || small.contains(&word)
            || AGENCIES.contains(&word.trim_matches(['(', ')', ',', '/']))
            || word.starts_with(is_separator)
            || word.starts_with('(')
    };
    names.split_whitespace().all(is_name) && names.split_whitespace().nth(10).is_none()
}

/// "Foto: dpa", "Bild: …"
fn is_caption(text: &str) -> bool {
    const LABELS: [&str; 6] = ["Foto: ", "Fotos: ", "Bild: ", "Bilder: ", "Grafik: ", "Screenshot: "];
    LABELS.iter().any(|label| text.starts_with(label)) && text.chars().nth(LONGEST_HEADLINE).is_none()
}
