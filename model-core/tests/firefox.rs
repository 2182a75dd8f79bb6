//! Models of the shapes in which Firefox ships its own: `tiny`, `base-memory` and `base`, with 32 000 shared pieces, the
//! 16 000 of others, and the two vocabularies of the newest.
//!
//! The weights are random, since Firefox's own are not in the repository. Whatever they are, two engines that read the
//! same file must choose the same pieces; `fxtranslate` is the other one. It panics at an 8-bit file without alphas and
//! computes float32 files in float32, where this engine quantises them, so there the formulas in plain loops stand in
//! for it (`support/plain.rs`). All that is asked of the weights is to make outputs worth comparing.

mod support;

#[path = "support/plain.rs"]
mod plain;
#[path = "support/spm.rs"]
mod spm;

use std::collections::BTreeSet;

use model_core::format::marian::{CONFIG_ITEM, Item as Stored, ModelFile};
use model_core::{Device, Files, Options, Translation, Translator};
use plain::Plain;
use support::marian::{self, Item, Kind, Spec, Tensor};
use support::{root, technews};

/// A published shape.
#[derive(Clone, Copy, Debug)]
enum Shape {
    Tiny,
    BaseMemory,
    Base,
}

impl Shape {
    const ALL: [Self; 3] = [Self::Tiny, Self::BaseMemory, Self::Base];

    fn spec(self, vocab: usize) -> Spec {
        let (dim, ffn, dec_depth) = match self {
            Self::Tiny => (256, 1536, 2),
            Self::BaseMemory => (384, 1536, 4),
            Self::Base => (512, 2048, 2),
        };
        let seed = 7 + dim as u64;
        Spec { dim, ffn, heads: 8, enc_depth: 6, dec_depth, vocab, seed, ..Spec::least() }
    }
}

/// How much longer the embedding of `</s>` is than others, so that its score is the highest in some steps.
const END: f32 = 2.9;

/// Makes random weights talkative. As they are drawn, what the decoder says hardly depends on what it said before, and
/// it says the same for ever. So pieces weigh more than positions, the source weighs less than the piece before, and
/// half of the signs that the last normalisation gives are turned, lest a piece be the likeliest to follow itself.
fn enliven(spec: &Spec, tensor: &Tensor, values: &mut [f32]) {
    let last = format!("decoder_l{}_ffn_ffn_ln_scale", spec.dec_depth);
    match tensor.kind {
        Kind::Embedding => {
            values.iter_mut().for_each(|value| *value *= 4.0);
            values[..tensor.shape[1]].iter_mut().for_each(|value| *value *= END);
        }
        Kind::Weight if tensor.name.ends_with("_context_Wo") => {
            values.iter_mut().for_each(|value| *value *= 0.5);
        }
        Kind::Scale if tensor.name == last => {
            let turned = |n: &usize| (n * n * 7 + n / 3).is_multiple_of(2);
            values.iter_mut().enumerate().filter(|(n, _)| turned(n)).for_each(|(_, value)| *value = -*value);
        }
        _ => {}
    }
}

/// A model's files.
struct Model {
    spec: Spec,
    items: Vec<Item>,
    weights: Vec<u8>,
    source: Vec<u8>,
    target: Option<Vec<u8>>,
}

impl Model {
    fn new(spec: Spec) -> Self {
        let items = marian::edited_items(&spec, |tensor, values| enliven(&spec, tensor, values));
        let text = |side: &str| {
            let path = root().join(format!("tests/data/technews-dev.{side}"));
            std::fs::read_to_string(path).expect("the set is in the repository")
        };
        let source = spm::vocabulary(spec.vocab, &(text("de") + &text("en")));
        let target = spec.target_vocab.map(|size| spm::vocabulary(size, &text("en")));
        Self { weights: marian::write(&items), spec, items, source, target }
    }

    fn translator(&self) -> Translator {
        let files = Files {
            model: &self.weights,
            vocabulary: &self.source,
            target_vocabulary: self.target.as_deref(),
            shortlist: None,
        };
        Translator::load(files, &Device::flex()).expect("the model loads")
    }

    fn translate(&self) -> Vec<Translation> {
        let lines = lines();
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let translations = self.translator().translate(&lines, &Options::default());
        let different: BTreeSet<u32> = translations.iter().flat_map(ids).collect();
        println!(
            "{} pieces, {} of them different",
            translations.iter().flat_map(ids).count(),
            different.len()
        );
        assert!(different.len() >= 20, "the outputs have only {} pieces", different.len());
        translations
    }

    /// Asserts that `fxtranslate` cuts the sentences into the same pieces and translates them into the same. Returns
    /// how many of the sentences ended.
    fn equals_the_oracle(&self) -> usize {
        let target = self.target.as_ref().unwrap_or(&self.source);
        let oracle = fxtranslate::engine::Engine::from_bytes(&self.weights, &self.source, target)
            .expect("the oracle reads the model")
            .with_threads(0);
        let translations = self.translate();
        let sources: Vec<Vec<u32>> = lines().iter().map(|line| oracle.src_ids(line)).collect();
        let theirs = oracle.greedy_batch(&sources);
        for ((translation, source), theirs) in translations.iter().zip(&sources).zip(&theirs) {
            assert_eq!(&source_ids(translation), source, "{:?}: the source", self.spec);
            assert_eq!(&ids(translation), theirs, "{:?}", self.spec);
        }
        translations.iter().filter(|translation| translation.complete).count()
    }

    /// Asserts that each piece is one that the formulas prefer to all others, but for the last bits.
    fn follows_the_formulas(&self) {
        let plain = Plain::new(&self.spec, &self.items);
        let behind: Vec<f32> = self
            .translate()
            .iter()
            .flat_map(|translation| {
                let end = translation.complete.then_some(0);
                let pieces: Vec<u32> = ids(translation).into_iter().chain(end).collect();
                plain.behind(&source_ids(translation), &pieces)
            })
            .collect();
        let worst = behind.iter().copied().fold(0.0, f32::max);
        let different = behind.iter().filter(|&&behind| behind > 0.0).count();
        println!(
            "{} of {} pieces are not the formulas' first choice, {worst} behind it",
            different,
            behind.len()
        );
        assert!(worst < TIE && different * 10 <= behind.len(), "{:?}: {behind:?}", self.spec);
    }
}

/// How far behind the best score one may be that rounding made the best, in standard deviations of all scores. One
/// activation that is rounded the other way moves a score by about a hundredth.
const TIE: f32 = 0.1;

fn ids(translation: &Translation) -> Vec<u32> {
    translation.pieces.iter().map(|piece| piece.id).collect()
}

fn source_ids(translation: &Translation) -> Vec<u32> {
    translation.source.iter().map(|piece| piece.id).collect()
}

/// Ten headlines and short sentences.
fn lines() -> Vec<String> {
    let mut lines = technews();
    lines.retain(|line| line.len() < 60);
    let step = lines.len() / 10;
    lines.into_iter().step_by(step).take(10).collect()
}

/// The counts stand in the models' published descriptions.
#[test]
fn the_shapes_are_the_published_ones() {
    for (shape, parameters) in Shape::ALL.into_iter().zip([16_907_062, 31_248_966, 42_686_774]) {
        let weights = marian::model(&shape.spec(32_000));
        let file = ModelFile::parse(&weights).expect("it is sound");
        let items = file.items().iter().filter(|item| item.name() != CONFIG_ITEM);
        let count: usize = items.map(Stored::elements).sum();
        assert_eq!(count, parameters, "{shape:?}");
    }
}

#[test]
fn shared_vocabularies_of_32_000_pieces_equal_the_oracle() {
    let ended: usize =
        Shape::ALL.into_iter().map(|shape| Model::new(shape.spec(32_000)).equals_the_oracle()).sum();
    assert!(ended >= 6, "only {ended} of 30 outputs end by themselves");
}

#[test]
fn shared_vocabularies_of_16_000_pieces_equal_the_oracle() {
    for shape in [Shape::Tiny, Shape::BaseMemory] {
        Model::new(shape.spec(16_000)).equals_the_oracle();
    }
}

#[test]
fn two_vocabularies_equal_the_oracle() {
    for (shape, source, target) in [(Shape::Tiny, 32_000, 16_000), (Shape::BaseMemory, 16_000, 24_000)] {
        let spec = Spec { target_vocab: Some(target), ..shape.spec(source) };
        Model::new(spec).equals_the_oracle();
    }
}

#[test]
fn files_without_alphas_follow_the_formulas() {
    for shape in [Shape::Tiny, Shape::BaseMemory] {
        Model::new(Spec { alphas: false, ..shape.spec(16_000) }).follows_the_formulas();
    }
    let spec = Spec { alphas: false, target_vocab: Some(16_000), ..Shape::Tiny.spec(32_000) };
    Model::new(spec).follows_the_formulas();
}

#[test]
fn files_of_floats_follow_the_formulas() {
    let spec = Spec { int8: false, alphas: false, ..Shape::BaseMemory.spec(16_000) };
    Model::new(spec).follows_the_formulas();
}

/// That the formulas are the right ones: where the oracle has a say, they agree with it, too.
#[test]
fn files_with_alphas_follow_the_formulas() {
    Model::new(Shape::Tiny.spec(32_000)).follows_the_formulas();
    Model::new(Spec { target_vocab: Some(16_000), ..Shape::Tiny.spec(16_000) }).follows_the_formulas();
}
