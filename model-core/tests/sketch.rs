//! A model translates with its sketch as without it.

mod support;

use model_core::format::marian::{Dtype, ModelFile};
use model_core::format::sketch::SKETCH_ITEM;
use model_core::translate::Order;
use model_core::{Options, Translation};
use support::marian::{FLOAT32, INT8, INTGEMM8, Item, Spec, sketched_items, write};
use support::{Model, technews};

/// The same model without its sketch.
fn plain(model: &Model) -> Model {
    let file = ModelFile::parse(&model.model).expect("the model is sound");
    let items: Vec<Item> = file
        .items()
        .iter()
        .filter(|item| item.name() != SKETCH_ITEM)
        .map(|item| Item {
            name: item.name().to_owned(),
            code: match item.dtype() {
                Dtype::Int8 => INT8,
                Dtype::Float32 => FLOAT32,
                Dtype::Intgemm8 => INTGEMM8,
                other => panic!("{}: {other:?}", item.name()),
            },
            shape: item.shape().iter().map(|&size| size as i32).collect(),
            data: item.data().to_vec(),
        })
        .collect();
    Model { model: write(&items), vocabulary: model.vocabulary.clone(), shortlist: None }
}

fn compare(sketched: &Model, lines: &[&str]) {
    let (sketched, plain) = (sketched.translator(), plain(sketched).translator());
    assert!(sketched.is_sketched() && !plain.is_sketched());
    let options = Options { order: Order::Length, ..Options::default() };
    let all = [sketched, plain].map(|translator| translator.translate(lines, &options));
    let [sketched, plain] = &all;
    let (mut pieces, mut off) = (0, 0.0);
    for ((line, sketched), plain) in lines.iter().zip(sketched).zip(plain) {
        let ids = |done: &Translation| done.pieces.iter().map(|piece| piece.id).collect::<Vec<_>>();
        assert_eq!(ids(sketched), ids(plain), "{line}");
        assert_eq!(sketched.alignment, plain.alignment, "{line}");
        for (sketched, plain) in sketched.pieces.iter().zip(&plain.pieces) {
            // These are estimates.
            let difference = (sketched.log_prob - plain.log_prob).abs();
            assert!(difference < 0.75, "{line}: {} and {}", sketched.log_prob, plain.log_prob);
            (pieces, off) = (pieces + 1, off + difference);
        }
    }
    assert!(off <= 0.05 * pieces as f32, "log-probabilities are {} off on average", off / pieces as f32);
}

#[test]
fn the_models_sketch_changes_nothing() {
    let lines = technews();
    compare(&Model::read(), &lines.iter().map(String::as_str).collect::<Vec<_>>());
}

#[test]
fn sketches_of_other_shapes_change_nothing() {
    let vocabulary = Model::read().vocabulary;
    let pieces =
        model_core::text::Vocabulary::from_bytes(&vocabulary).expect("the vocabulary is sound").len();
    let lines = technews();
    let lines: Vec<&str> = lines.iter().step_by(15).map(String::as_str).collect();
    for (dim, kept, alphas) in [(64, 48, true), (40, 33, false)] {
        let spec = Spec { dim, heads: 4, vocab: pieces, alphas, seed: dim as u64, ..Spec::least() };
        let model = write(&sketched_items(&spec, kept));
        compare(&Model { model, vocabulary: vocabulary.clone(), shortlist: None }, &lines);
    }
}
