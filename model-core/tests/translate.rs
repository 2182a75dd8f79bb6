//! Translating: batches, order, limits, shortlist.

#[path = "translate/helpers.rs"]
mod helpers;
mod support;

use model_core::document::{Mark, Run};
use model_core::translate::{MAX_SENTENCE, Order};
use model_core::{Options, Translation};
use support::{Model, technews};

fn texts(translations: &[Translation]) -> Vec<&str> {
    translations.iter().map(|translation| translation.text.as_str()).collect()
}

#[test]
fn no_batch_changes_a_sentence() {
    let translator = Model::read().translator();
    let lines = technews();
    let lines: Vec<&str> = lines.iter().take(60).map(String::as_str).collect();
    let alone: Vec<Translation> =
        lines.iter().flat_map(|line| translator.translate(&[line], &Options::default())).collect();
    for order in [Order::Reading, Order::Length] {
        let together = translator.translate(&lines, &Options { order, ..Options::default() });
        // All of it: text, pieces, log-probabilities and alignment, to the last bit.
        assert_eq!(together, alone, "{order:?}");
    }
    let mut reversed = lines.clone();
    reversed.reverse();
    let mut together = translator.translate(&reversed, &Options::default());
    together.reverse();
    assert_eq!(together, alone);
}

#[test]
fn a_shortlist_keeps_sentences_apart_too() {
    let translator = Model::read().translator();
    let lines = technews();
    let lines: Vec<&str> = lines.iter().take(12).map(String::as_str).collect();
    let options = Options { shortlist: true, ..Options::default() };
    let alone: Vec<Translation> =
        lines.iter().flat_map(|line| translator.translate(&[line], &options)).collect();
    assert_eq!(texts(&translator.translate(&lines, &options)), texts(&alone));
}

#[test]
fn every_piece_has_its_numbers() {
    let translator = Model::read().translator();
    let lines = technews();
    let lines: Vec<&str> = lines.iter().take(40).map(String::as_str).collect();
    for (line, translation) in lines.iter().zip(translator.translate(&lines, &Options::default())) {
        assert!(!translation.pieces.is_empty(), "{line}");
        let mut end = 0;
        for (index, piece) in translation.pieces.iter().enumerate() {
            assert!(piece.log_prob <= 1e-4 && piece.log_prob.is_finite(), "{line}: {}", piece.log_prob);
            assert!(piece.span.start <= piece.span.end && piece.span.end <= translation.text.len());
            assert!(piece.span.start >= end, "{line}: pieces go forward");
            end = piece.span.end;
            let row = translation.alignment.row(index);
            assert_eq!(row.len(), translation.source.len());
            assert!((row.iter().sum::<f32>() - 1.0).abs() < 1e-3, "{line}: weights of a piece add up to 1");
        }
        assert!((0.0..=1.0).contains(&translation.confidence()));
    }
}

#[test]
fn words_that_the_model_cannot_spell_stay_as_they_are() {
    let translator = Model::read().translator();
    let lines =
        ["Der Bürgermeister von São Paulo 😀 traf Herrn Çelik.", "Заря ist ein Satellit, sagt Nguyễn."];
    for (line, words) in lines.iter().zip([["São", "😀", "Çelik"].as_slice(), &["Заря", "Nguyễn"]])
    {
        let translation = &translator.translate(&[line], &Options::default())[0];
        let runs = translator.carry(&[Run { text: (*line).to_owned(), ..Run::default() }], translation);
        let english: String = runs.iter().map(|run| run.text.as_str()).collect();
        for word in words {
            assert_eq!(english.matches(word).count(), 1, "{word} in {english}");
        }
        assert!(runs.iter().all(|run| run.mark == Mark::default()), "{runs:?}");
    }
}

#[test]
fn a_job_follows_the_reader() {
    let translator = Model::read().translator();
    let lines = technews();
    let lines: Vec<&str> = lines.iter().take(30).map(String::as_str).collect();
    let mut job = translator.job(lines.iter().copied(), &Options::default());
    job.focus(20);
    let mut order = Vec::new();
    while order.is_empty() {
        order.extend(job.step(&translator).into_iter().map(|(index, _)| index));
    }
    assert_eq!(order, [20], "the sentence in focus comes first, alone");
    job.focus(10);
    while !job.is_done() {
        order.extend(job.step(&translator).into_iter().map(|(index, _)| index));
        assert_eq!(job.remaining(), lines.len() - order.len());
    }
    let mut sorted = order.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, (0..lines.len()).collect::<Vec<_>>(), "each sentence once");
    let place = |index: usize| order.iter().position(|&other| other == index);
    assert!(place(10) < place(0), "what is behind the focus comes before what is above it");
}

#[test]
fn nothing_gives_nothing() {
    let translator = Model::read().translator();
    assert!(translator.translate(&[], &Options::default()).is_empty());
    let translations = translator.translate(&["", " \u{a0} ", "Hallo!"], &Options::default());
    assert_eq!(translations[0].text, "");
    assert_eq!(translations[1].text, "");
    assert!(!translations[2].text.is_empty());
}

#[test]
fn long_sentences_are_cut_and_none_is_lost() {
    let translator = Model::read().translator();
    let text = "Das Gerät ist klein, es ist leicht, und es ist schnell, ".repeat(60);
    let spans = translator.sentences(&text, "de");
    assert!(spans.len() > 1);
    let mut end = 0;
    for span in &spans {
        assert!(text[end..span.start].trim().is_empty());
        assert!(translator.source_vocabulary().encode(&text[span.clone()]).len() <= MAX_SENTENCE);
        end = span.end;
    }
    assert!(text[end..].trim().is_empty());

    // One word of 10 kB has no place to cut, and a line that nobody cut is translated as far as the model reaches.
    let word = "x".repeat(10_000);
    assert!(translator.sentences(&word, "de").len() > 1);
    assert_eq!(translator.translate(&[&word], &Options::default()).len(), 1);
}
