//! Words with characters that the model has no pieces for: foreign letters in names, emoji, other scripts.
//!
//! Such a character comes to the model as its bytes, and what the model writes for them is a guess. A reader is better
//! served by the word as it stands: it is carried like code, and is none.

use std::ops::Range;

use super::markup::{Runs, carry};
use super::output::Translation;
use crate::document::{Run, slice};
use crate::text::Vocabulary;

/// The tag of such words while they are carried. Pages count theirs from below.
const UNKNOWN: u32 = u32::MAX;

/// [`carry`], with the words that `vocabulary` has no pieces for as they stand in the source.
pub(super) fn carry_unknown(source: &[Run], translation: &Translation, vocabulary: &Vocabulary) -> Vec<Run> {
    if !translation.source.iter().any(|piece| vocabulary.is_unknown(piece.id)) {
        return carry(source, translation);
    }
    let text: String = source.iter().map(|run| run.text.as_str()).collect();
    let words = unknown_words(&text, translation, vocabulary);
    let mut runs = Runs::default();
    for mut run in carry(&mark(source, &words), translation) {
        let tags = run.mark.tags.len();
        // Wherever it is among them: no page knows what to do with it.
        run.mark.tags.retain(|&tag| tag != UNKNOWN);
        if run.mark.tags.len() < tags {
            run.mark.code = false;
        }
        runs.push(&run.text, &run.mark);
    }
    runs.0
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

/// The runs, cut at the words, which are marked. What is code already stays as it is anyway.
fn mark(source: &[Run], words: &[Range<usize>]) -> Vec<Run> {
    let mut runs = Vec::new();
    let mut done = 0;
    for word in words {
        runs.extend(slice(source, done..word.start));
        for mut run in slice(source, word.clone()) {
            if !run.mark.code {
                run.mark.code = true;
                run.mark.tags.push(UNKNOWN);
            }
            runs.push(run);
        }
        done = word.end;
    }
    runs.extend(slice(source, done..usize::MAX));
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
