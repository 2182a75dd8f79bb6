//! Lines to blocks: paragraphs, items of lists, quotations, code, headings with a mark.

use crate::BlockKind;
use crate::dates::english_date;

use super::Draft;

/// Widths in characters within which lines were broken because they were full.
const WRAPPED: std::ops::RangeInclusive<usize> = 40..=120;

/// What a line is by its mark, with its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Line<'t> {
    Blank,
    /// Its mark, and whether nothing follows that.
    Fence(char, bool),
    Heading(&'t str),
    Bullet(&'t str),
    Number(u32, &'t str),
    Quote(&'t str),
    Plain(&'t str),
}

/// The blocks of a text.
pub(super) fn drafts(text: &str) -> Vec<Draft> {
    let raw: Vec<&str> = split_lines(text);
    let mut lines: Vec<Line<'_>> = raw.iter().map(|line| read_line(line)).collect();
    keep_true_numbers(&mut lines, &raw);
    let last_fence = |mark| lines.iter().rposition(|&line| line == Line::Fence(mark, true));
    let last_fences = ['`', '~'].map(last_fence);
    let mut drafts = Vec::new();
    let mut at = 0;
    while let Some(&line) = lines.get(at) {
        let from = at;
        at += 1;
        match line {
            Line::Blank => {}
            Line::Heading(text) => drafts.push(Draft::fixed(BlockKind::Heading, text.to_owned())),
            Line::Fence(mark, _) if last_fences[usize::from(mark == '~')].is_some_and(|last| last > from) => {
                let is_end = |line: &Line<'_>| *line == Line::Fence(mark, true);
                let length = lines[at..].iter().position(is_end).unwrap_or(lines.len() - at);
                let code = raw[at..at + length].join("\n");
                at += length + 1;
                if !code.trim().is_empty() {
                    drafts.push(Draft::fixed(BlockKind::Code, code));
                }
            }
            Line::Bullet(text) | Line::Number(_, text) => {
                let kind =
                    if matches!(line, Line::Bullet(_)) { BlockKind::Bullet } else { BlockKind::Number };
                let mut item = text.to_owned();
                while let Some(Line::Plain(more)) = lines.get(at).copied()
                    && raw[at].starts_with([' ', '\t'])
                {
                    join(&mut item, more);
                    at += 1;
                }
                drafts.push(Draft::fixed(kind, item));
            }
            Line::Quote(_) => {
                let length = lines[from..].iter().take_while(|line| matches!(line, Line::Quote(_))).count();
                at = from + length;
                let quoted: Vec<&str> = lines[from..at]
                    .iter()
                    .map(|line| if let Line::Quote(text) = line { *text } else { "" })
                    .collect();
                let parts = quoted.split(|line| line.is_empty()).flat_map(paragraphs);
                drafts.extend(parts.map(|text| Draft::fixed(BlockKind::Quote, text)));
            }
            Line::Fence(..) | Line::Plain(_) => {
                let length = lines[at..].iter().take_while(|line| matches!(line, Line::Plain(_))).count();
                at += length;
                let chunk: Vec<&str> = raw[from..at].iter().map(|line| line.trim()).collect();
                drafts.extend(paragraphs(&chunk).into_iter().map(Draft::plain));
            }
        }
    }
    drafts
}

/// The lines of a text, by any kind of line break.
fn split_lines(text: &str) -> Vec<&str> {
    let breaks = ['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}'];
    text.split("\r\n").flat_map(|part| part.split(breaks)).collect()
}

fn read_line(line: &str) -> Line<'_> {
    let text = line.trim();
    let Some(first) = text.chars().next() else { return Line::Blank };
    let rest = &text[first.len_utf8()..];
    let spaced =
        || rest.strip_prefix([' ', '\t', '\u{a0}']).map(str::trim_start).filter(|text| !text.is_empty());
    match first {
        '`' | '~' if is_fence(text, first) => Line::Fence(first, text.ends_with(first)),
        '-' | '*' | '•' | '·' | '▪' | '●' | '◦' => spaced().map_or(Line::Plain(text), Line::Bullet),
        '>' => Line::Quote(rest.trim_start_matches(['>', ' ']).trim()),
        '#' => {
            let title = text.trim_start_matches('#');
            let level = text.len() - title.len();
            let is_heading = level <= 6 && title.starts_with(' ');
            if is_heading { Line::Heading(title.trim()) } else { Line::Plain(text) }
        }
        '0'..='9' => numbered(text).map_or(Line::Plain(text), |(number, text)| Line::Number(number, text)),
        _ => Line::Plain(text),
    }
}

/// Three marks or more, and the name of a language at most.
fn is_fence(text: &str, mark: char) -> bool {
    let info = text.trim_start_matches(mark);
    text.len() - info.len() >= 3
        && info.len() < 20
        && info.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '#' | '-'))
}

/// "3. Text" or "3) Text"
fn numbered(text: &str) -> Option<(u32, &str)> {
    let digits = text.bytes().take(4).take_while(u8::is_ascii_digit).count();
    if digits > 3 {
        return None;
    }
    let item = text[digits..].strip_prefix(['.', ')'])?.strip_prefix([' ', '\t', '\u{a0}'])?.trim_start();
    let number = text[..digits].parse().ok()?;
    // "3. Mai 2026" is no third item.
    (!item.is_empty() && english_date(text).is_none()).then_some((number, item))
}

/// Makes plain again the numbered lines that do not count from 1: a block has no number of its own, so that of
/// "3. Platz" would be lost.
fn keep_true_numbers<'t>(lines: &mut [Line<'t>], raw: &[&'t str]) {
    let numbers: Vec<(usize, u32)> = lines
        .iter()
        .enumerate()
        .filter_map(|(at, line)| if let Line::Number(number, _) = *line { Some((at, number)) } else { None })
        .collect();
    let mut expected = 1;
    for (index, &(at, number)) in numbers.iter().enumerate() {
        let goes_on = numbers.get(index + 1).is_some_and(|&(_, next)| next == number + 1);
        if number == 1 && goes_on {
            expected = 2;
        } else if number > 1 && number == expected {
            expected = number + 1;
        } else {
            lines[at] = Line::Plain(raw[at].trim());
            expected = 0;
        }
    }
}

/// The paragraphs of lines that no blank line parts: each line one, or several if they were broken where they were full.
fn paragraphs(lines: &[&str]) -> Vec<String> {
    let width =
        lines.iter().map(|line| line.chars().take(*WRAPPED.end() + 1).count()).max().unwrap_or_default();
    // Lines that all end as sentences do are paragraphs of one sentence, however well they fill a width.
    let ends = |line: &&str| super::head::ends_sentence(line);
    let wrapped = lines.len() > 2 && WRAPPED.contains(&width) && !lines[..lines.len() - 1].iter().all(ends);
    let mut paragraphs: Vec<String> = Vec::new();
    let mut last = "";
    for &line in lines {
        match paragraphs.last_mut() {
            Some(paragraph) if goes_on(last, line) || (wrapped && was_full(last, line, width)) => {
                join(paragraph, line);
            }
            _ => paragraphs.push(line.to_owned()),
        }
        last = line;
    }
    paragraphs
}

/// Whether the first word of `next` would not have fitted at the end of `line`.
fn was_full(line: &str, next: &str, width: usize) -> bool {
    let word = next.split_whitespace().next().unwrap_or_default();
    line.chars().count() + 1 + word.chars().count() > width
}

/// Whether a sentence runs over the break between two lines.
fn goes_on(line: &str, next: &str) -> bool {
    let open = !line.ends_with(['.', '!', '?', '…', ':', '“', '”', '"', '«', '»', ')']);
    let small = next.starts_with(char::is_lowercase);
    if ends_in_hyphen(line) && next.starts_with(char::is_alphabetic) {
        return true;
    }
    open && small && line.chars().nth(20).is_some() && super::head::leading_date(next).is_none()
}

/// Joins a line to the text before it, with a space unless a hyphen parts a word there.
fn join(text: &mut String, line: &str) {
    let second = ["und ", "oder ", "bzw. "].iter().any(|word| line.starts_with(word));
    if !ends_in_hyphen(text) || second || !line.starts_with(char::is_alphabetic) {
        text.push(' ');
    }
    text.push_str(line);
}

/// Whether a word goes on after the end of a line.
fn ends_in_hyphen(line: &str) -> bool {
    line.strip_suffix('-').is_some_and(|word| word.ends_with(char::is_alphanumeric))
}
