//! Inline markup as people type it: `**bold**`, `*italic*`, `` `code` `` and `[text](https://…)`.
//!
//! Only what is closed is markup; all else stays text. That matters in German, where "Nutzer*innen" is a word.

use crate::{Mark, Run};

/// Longest address that a link may have, in bytes.
const LONGEST_ADDRESS: usize = 2048;

/// The runs of a text with markup.
pub(crate) fn runs(text: &str) -> Vec<Run> {
    let mut edits = edits(text);
    edits.sort_by_key(|edit| edit.at);
    let mut runs = Vec::new();
    let mut mark = Mark::default();
    let mut last = 0;
    for edit in edits {
        push(&mut runs, &text[last..edit.at], &mark);
        last = edit.at + edit.length;
        match edit.change {
            Change::Bold => mark.bold = !mark.bold,
            Change::Italic => mark.italic = !mark.italic,
            Change::Code => mark.code = !mark.code,
            Change::Link(address) => mark.link = address,
        }
    }
    push(&mut runs, &text[last..], &mark);
    runs
}

fn push(runs: &mut Vec<Run>, text: &str, mark: &Mark) {
    if !text.is_empty() {
        runs.push(Run { text: text.to_owned(), mark: mark.clone() });
    }
}

/// Markup characters to take out, and what changes there.
struct Edit {
    at: usize,
    length: usize,
    change: Change,
}

enum Change {
    Bold,
    Italic,
    Code,
    Link(Option<String>),
}

/// Finds the markup that is closed, in one walk.
fn edits(text: &str) -> Vec<Edit> {
    let bytes = text.as_bytes();
    let mut edits = Vec::new();
    let (mut bold, mut italic, mut bracket) = (None, None, None);
    let mut last_tick = text.rfind('`');
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'`' if last_tick.is_some_and(|last| last > at) => {
                let Some(length) = text[at + 1..].find('`') else {
                    last_tick = None;
                    continue;
                };
                let close = at + 1 + length;
                if !text[at + 1..close].trim().is_empty() {
                    edits.push(Edit { at, length: 1, change: Change::Code });
                    edits.push(Edit { at: close, length: 1, change: Change::Code });
                }
                at = close + 1;
            }
            b'*' => {
                let length = bytes[at..].iter().take_while(|&&b| b == b'*').count();
                match length {
                    1 => star(text, at, length, &mut italic, &mut edits),
                    2 => star(text, at, length, &mut bold, &mut edits),
                    _ => {}
                }
                at += length;
            }
            b'[' => {
                bracket = Some(at);
                at += 1;
            }
            b']' => {
                at += 1;
                if let Some(open) = bracket.take()
                    && text[open + 1..at - 1].contains(char::is_alphanumeric)
                    && let Some(address) = address(&text[at..])
                {
                    // "](", the address, and ")"
                    let length = address.len() + 3;
                    edits.push(Edit { at: open, length: 1, change: Change::Link(Some(address.to_owned())) });
                    edits.push(Edit { at: at - 1, length, change: Change::Link(None) });
                    at += length - 1;
                }
            }
            _ => at += 1,
        }
    }
    edits
}

/// Handles stars at `at`: they open what the next such stars close.
fn star(text: &str, at: usize, length: usize, open: &mut Option<usize>, edits: &mut Vec<Edit>) {
    let before = text[..at].chars().next_back();
    let after = text[at + length..].chars().next();
    let can_open = after.is_some_and(|c| !c.is_whitespace()) && !before.is_some_and(char::is_alphanumeric);
    let can_close = before.is_some_and(|c| !c.is_whitespace()) && !after.is_some_and(char::is_alphanumeric);
    let change = || if length == 2 { Change::Bold } else { Change::Italic };
    match *open {
        Some(start) if can_close => {
            edits.push(Edit { at: start, length, change: change() });
            edits.push(Edit { at, length, change: change() });
            *open = None;
        }
        _ if can_open => *open = Some(at),
        _ => {}
    }
}

/// The address in "(address)" at the start of a text, if it is one that a link may lead to.
fn address(text: &str) -> Option<&str> {
    let rest = text.strip_prefix('(')?;
    let scheme = ["https://", "http://", "mailto:"]
        .iter()
        .find(|scheme| rest.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme)))?;
    let end = rest.bytes().take(LONGEST_ADDRESS + 1).position(|b| b == b')' || b.is_ascii_whitespace())?;
    let address = &rest[..end];
    let is_whole = rest.as_bytes()[end] == b')' && address.len() > scheme.len();
    (is_whole && !address.contains(|c: char| c.is_control() || c.is_whitespace())).then_some(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs written as "text{marks}".
    fn shown(text: &str) -> String {
        runs(text)
            .into_iter()
            .map(|run| {
                let mut marks = String::new();
                marks.push_str(if run.mark.bold { "b" } else { "" });
                marks.push_str(if run.mark.italic { "i" } else { "" });
                marks.push_str(if run.mark.code { "c" } else { "" });
                marks.push_str(run.mark.link.as_deref().unwrap_or_default());
                if marks.is_empty() { run.text } else { format!("{}{{{marks}}}", run.text) }
            })
            .collect()
    }

    #[test]
    fn markup_becomes_runs() {
        assert_eq!(shown("ein **fettes** und *schräges* Wort"), "ein fettes{b} und schräges{i} Wort");
        assert_eq!(shown("der Befehl `rm *` löscht"), "der Befehl rm *{c} löscht");
        assert_eq!(shown("[heise](https://heise.de/a) meldet"), "heise{https://heise.de/a} meldet");
        assert_eq!(shown("**beides *zugleich***"), "**beides *zugleich***");
        assert_eq!(shown("**ganz [fett](mailto:a@b.de)**"), "ganz {b}fett{bmailto:a@b.de}");
    }

    #[test]
    fn what_is_not_closed_is_text() {
        for text in [
            "Nutzer*innen und Leser*innen",
            "5 * 3 * 2",
            "ein * Stern",
            "**offen",
            "`offen",
            "``",
            "[1] und [2]",
            "[x](javascript:alert(1))",
            "[x](data:text/html,a)",
            "[x](https://a b)",
            "[x](https://)",
            "[](https://a.de)",
            "****",
            "[` `](https://a.de)",
            "` `",
        ] {
            assert_eq!(shown(text), text);
        }
    }
}
