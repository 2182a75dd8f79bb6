//! The whole engine against another one: `fxtranslate` reads the same files, and has to choose the same pieces.
//!
//! Its arithmetic is ours, operation by operation; what is left are exponentials and sines that differ in the last bit.
//! Where `x · alpha` lies within that bit of the edge between two integers the two round apart, everything behind it
//! moves a little, and now and then the better of two nearly equal pieces changes. So of every hundred outputs one may
//! differ; at the time of writing none does. Pieces are compared and not texts, since the oracle writes the pieces of
//! single bytes as `<0xC4>` where SentencePiece, and we, write the byte. `cargo xtask bench quality` has all of wmt18.

mod support;

use model_core::translate::Order;
use model_core::{Options, Translation};
use support::marian::{Spec, model};
use support::{Model, shared_lines, technews};

/// Sentences that both engines take at once.
const CHUNK: usize = 32;

/// Asserts that at least `share` per cent of the lines get the oracle's translation.
fn compare(name: &str, model: &Model, lines: &[String], share: usize) {
    let oracle = fxtranslate::engine::Engine::from_bytes(&model.model, &model.vocabulary, &model.vocabulary)
        .expect("the oracle reads the model")
        .with_threads(0);
    let translator = model.translator();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let options = Options { order: Order::Length, ..Options::default() };
    let ours: Vec<Translation> = translator.translate(&lines, &options);
    let sources: Vec<Vec<u32>> = lines.iter().map(|line| oracle.src_ids(line)).collect();
    let theirs: Vec<Vec<u32>> = sources.chunks(CHUNK).flat_map(|chunk| oracle.greedy_batch(chunk)).collect();

    let same = |n: &usize| ours[*n].pieces.iter().map(|piece| &piece.id).eq(&theirs[*n]);
    let different: Vec<usize> = (0..lines.len()).filter(|n| !same(n)).collect();
    println!("{name}: {} of {} outputs differ", different.len(), lines.len());
    for &n in different.iter().take(20) {
        let theirs = translator.target_vocabulary().decode(&theirs[n]);
        println!("  {}\n  ours   {}\n  theirs {theirs}", lines[n], ours[n].text);
    }
    let equal = lines.len() - different.len();
    assert!(equal * 100 >= lines.len() * share, "{name}: only {equal} of {} outputs are equal", lines.len());
}

#[test]
fn technews_equals_the_oracle() {
    compare("technews-dev", &Model::read(), &technews(), 99);
}

#[test]
fn flores_equals_the_oracle() {
    if let Some(lines) = shared_lines("eval/flores-dev.de") {
        compare("flores-dev", &Model::read(), &lines, 99);
    }
}

#[test]
fn wmt_equals_the_oracle() {
    if let Some(lines) = shared_lines("eval/wmt18.de") {
        // The oracle's exact kernel is slow; the bench takes them all.
        let some: Vec<String> = lines.into_iter().step_by(6).collect();
        compare("every sixth of wmt18", &Model::read(), &some, 99);
    }
}

#[test]
fn other_shapes_equal_the_oracle() {
    let vocabulary = Model::read().vocabulary;
    let pieces =
        model_core::text::Vocabulary::from_bytes(&vocabulary).expect("the vocabulary is sound").len();
    let some: Vec<String> = technews().into_iter().step_by(15).collect();
    for (dim, ffn, heads, enc_depth, dec_depth) in [(64, 96, 4, 2, 4), (48, 192, 8, 1, 1), (96, 32, 2, 6, 2)]
    {
        let spec =
            Spec { dim, ffn, heads, enc_depth, dec_depth, vocab: pieces, seed: dim as u64, ..Spec::least() };
        let files = Model { model: model(&spec), vocabulary: vocabulary.clone(), shortlist: None };
        compare(&format!("random weights {dim}/{ffn}, {enc_depth} + {dec_depth} layers"), &files, &some, 99);
    }
}
