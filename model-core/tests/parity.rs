//! The whole engine against another one: `fxtranslate` reads the same files, and has to say the same.
//!
//! Its arithmetic is the same but for the order of float operations (it adds 127 to each activation and takes the
//! surplus off in the bias, which rounds differently in the last bit). Where `x · alpha` lies within that bit of the
//! edge between two integers, the two round apart; now and then the better of two nearly equal pieces changes with it.
//! So of every hundred outputs one may differ. `cargo xtask bench` has the effect on BLEU.

mod support;

use model_core::translate::Order;
use model_core::{Options, Translation};
use support::{Model, shared_lines, technews};

/// Sentences that both engines take at once.
const CHUNK: usize = 32;

fn compare(name: &str, lines: &[String]) {
    let model = Model::read();
    let oracle = fxtranslate::engine::Engine::from_bytes(&model.model, &model.vocabulary, &model.vocabulary)
        .expect("the oracle reads the model");
    let translator = model.translator();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let options = Options { order: Order::Length, ..Options::default() };
    let ours: Vec<Translation> = translator.translate(&lines, &options);
    let theirs: Vec<String> = lines.chunks(CHUNK).flat_map(|chunk| oracle.translate_batch(chunk)).collect();

    let different: Vec<usize> = (0..lines.len()).filter(|&n| ours[n].text != theirs[n]).collect();
    println!("{name}: {} of {} outputs differ", different.len(), lines.len());
    for &n in different.iter().take(20) {
        println!("  {}\n  ours   {}\n  theirs {}", lines[n], ours[n].text, theirs[n]);
    }
    assert!(
        different.len() * 100 <= lines.len(),
        "{name}: {} of {} outputs differ, which is more than one in a hundred",
        different.len(),
        lines.len()
    );
}

#[test]
fn technews_equals_the_oracle() {
    compare("technews-dev", &technews());
}

#[test]
fn flores_equals_the_oracle() {
    if let Some(lines) = shared_lines("eval/flores-dev.de") {
        compare("flores-dev", &lines);
    }
}

#[test]
fn wmt_equals_the_oracle() {
    if let Some(lines) = shared_lines("eval/wmt18.de") {
        compare("wmt18", &lines);
    }
}
