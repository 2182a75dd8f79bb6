//! Words with characters that the model has no pieces for: foreign letters in names, emoji, other scripts.
//!
//! Such a character comes to the model as its bytes, and what the model writes for them is a guess. A reader is better
//! served by the word as it stands: it is carried like code, and is none.

use std::ops::Range;

use super::markup::carry;
use super::output::Translation;
use crate::document::Run;
use crate::text::Vocabulary;

/// The tag of such words while they are carried. Pages count theirs from below.
const UNKNOWN: u32 = u32::MAX;

/// [`carry`], with the words that `vocabulary` has no pieces for as they stand in the source.
pub(super) fn carry_unknown(source: &[Run], translation: &Translation, vocabulary: &Vocabulary) -> Vec<Run> {
    let text: String = source.iter().map(|run| run.text.as_str()).collect();
    let words = unknown_words(&text, translation, vocabulary);
    if words.is_empty() {
        return carry(source, translation);
    }
    let mut runs: Vec<Run> = Vec::new();
    for mut run in carry(&mark(source, &words), translation) {
        if run.mark.tags.last() == Some(&UNKNOWN) {
            run.mark.tags.pop();
            run.mark.code = false;
        }
        match runs.last_mut() {
            Some(last) if last.mark == run.mark => last.text.push_str(&run.text),
            _ => runs.push(run),
        }
    }
    runs
}

/// The words of a sentence that have pieces of bytes, without the punctuation around them.
fn unknown_words(text: &str, translation: &Translation, vocabulary: &Vocabulary) -> Vec<Range<usize>> {
    let mut words: Vec<Range<usize>> = Vec::new();
    let unknown = translation.source.iter().filter(|piece| vocabulary.is_unknown(piece.id));
    for at in unknown.filter(|piece| !piece.span.is_empty()).map(|piece| piece.span.clone()) {
        let (Some(before), Some(behind)) = (text.get(..at.start), text.get(at.end..)) else { continue };
        // A sign such as an emoji is a word of its own, wherever it stands.
        let is_sign = !text[at.clone()].contains(char::is_alphanumeric);
        let is_edge = |letter: char| is_sign || !letter.is_alphanumeric();
        let start = before.trim_end_matches(|letter| !is_edge(letter)).len();
        let end = at.end + behind.find(is_edge).unwrap_or(behind.len());
        match words.last_mut() {
            // Several such characters in one word, or side by side.
            Some(last) if start <= last.end => last.end = last.end.max(end),
            _ => words.push(start..end),
        }
    }
    words
}

/// The runs, cut at the words, which are marked.
fn mark(source: &[Run], words: &[Range<usize>]) -> Vec<Run> {
    let mut runs = Vec::new();
    let mut start = 0;
    for run in source {
        let end = start + run.text.len();
        let mut at = start;
        // What is code already stays as it is anyway.
        for word in words.iter().filter(|word| !run.mark.code && word.start < end && word.end > start) {
            let (from, to) = (word.start.max(start), word.end.min(end));
            runs.push(Run { text: run.text[at - start..from - start].to_owned(), mark: run.mark.clone() });
            let mut marked =
                Run { text: run.text[from - start..to - start].to_owned(), mark: run.mark.clone() };
            marked.mark.code = true;
            marked.mark.tags.push(UNKNOWN);
            runs.push(marked);
            at = to;
        }
        runs.push(Run { text: run.text[at - start..].to_owned(), mark: run.mark.clone() });
        start = end;
    }
    runs.retain(|run| !run.text.is_empty());
    runs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Mark;

    #[test]
    fn runs_are_cut_at_the_words() {
        let bold = Mark { bold: true, ..Mark::default() };
        let run = |text: &str, mark: &Mark| Run { text: text.to_owned(), mark: mark.clone() };
        let source = [run("In Sã", &Mark::default()), run("o Paulo", &bold)];
        let (plain, bold) = (source[0].mark.clone(), bold);
        let marked = |mark: &Mark| Mark { code: true, tags: vec![UNKNOWN], ..mark.clone() };
        let expected =
            [run("In ", &plain), run("Sã", &marked(&plain)), run("o", &marked(&bold)), run(" Paulo", &bold)];
        let word = 3..7;
        assert_eq!(mark(&source, std::slice::from_ref(&word)), expected);
    }
}
