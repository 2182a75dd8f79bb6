//! Several decoding steps as one operation on the GPU, against the same steps one by one.
//!
//! The arithmetic is the same, so pieces and alignments are equal; the exponentials of the projection are added up in
//! another order, which moves log-probabilities by a few units of the last place: 1e-4 is allowed. As in `tests/gpu.rs`
//! nothing is tested on a machine that has no driver.
#![cfg(feature = "gpu")]

mod support;

use model_core::Device;
use model_core::device::Gpu;
use model_core::format::config::Config;
use model_core::format::marian::ModelFile;
use model_core::nn::Model;
use model_core::ops::{RECORD_HEAD, gpu};
use model_core::translate::{Batch, Decoded, Sentence, Steps};
use pollster::block_on;
use support::device::{decode, gpu};
use support::marian::{Spec, model_with_like_gates};
use support::technews;

const TOLERANCE: f32 = 1e-4;

/// A piece that no model has.
const NO_END: u32 = i32::MAX.cast_unsigned();

/// A model on the GPU that makes several steps at once; `None` where its memory does not do for that.
fn load(gpu: &Gpu, bytes: &[u8]) -> Option<Model> {
    let file = ModelFile::parse(bytes).expect("the model is sound");
    let config = Config::from_model(&file).expect("the model is sound");
    if let Err(error) = gpu.check(&config) {
        println!("skipped {config:?}: {error}");
        return None;
    }
    let mut model = Model::load(&file, &config, &gpu.device).expect("the model loads");
    model.decoder.fuse();
    assert!(model.decoder.slices().is_some());
    Some(model)
}

fn assert_equal(one: &[Decoded], slice: &[Decoded], what: &str) {
    assert_eq!(one.len(), slice.len());
    for (index, (one, slice)) in one.iter().zip(slice).enumerate() {
        assert_eq!(one.ids, slice.ids, "{what}: sentence {index}");
        assert_eq!(one.complete, slice.complete, "{what}: sentence {index}");
        assert_eq!(one.alignment, slice.alignment, "{what}: sentence {index}");
        for (one, slice) in one.log_probs.iter().zip(&slice.log_probs) {
            assert!((one - slice).abs() <= TOLERANCE, "{what}: sentence {index}: {one} and {slice}");
        }
    }
}

/// Sentences without a pattern of these lengths.
fn random(lengths: &[usize], pieces: usize) -> Vec<Sentence> {
    let mut state = 7u32;
    let mut piece = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) % pieces as u32
    };
    let ids = lengths.iter().map(|&len| (0..len).map(|_| piece()).collect()).enumerate();
    ids.map(|(index, ids)| Sentence { index, ids, candidates: None }).collect()
}

#[test]
fn the_shipped_model_translates_the_same() {
    let Some(gpu) = gpu() else { return };
    let files = support::Model::read();
    let translator = files.translator();
    let model = load(gpu, &files.model).expect("the kernel does the shipped model");
    let (vocabulary, eos) = (translator.source_vocabulary(), translator.target_vocabulary().eos());
    let lines = technews().into_iter().take(15).enumerate();
    let sentences: Vec<Sentence> = lines
        .map(|(index, line)| {
            let pieces = vocabulary.encode(&line);
            let ids = pieces.iter().map(|piece| piece.id).chain([vocabulary.eos()]).collect();
            Sentence { index, ids, candidates: None }
        })
        .collect();
    // Whole tiles and one that is not full, and slices that do not end where sentences do.
    for (count, slots) in [(1, 8), (15, 8), (6, 3)] {
        let one = decode(&model, eos, slots, Steps::One, &sentences[..count]);
        let slice = decode(&model, eos, slots, Steps::Slice, &sentences[..count]);
        assert!(one.iter().all(|decoded| decoded.complete));
        assert_equal(&one, &slice, &format!("{count} sentences, {slots} slots"));
    }
}

/// Whatever a workgroup takes, a row's sums are made in one order.
#[test]
fn tiles_change_nothing() {
    let Some(gpu) = gpu() else { return };
    let spec = Spec { dim: 64, ffn: 160, heads: 4, dec_depth: 2, vocab: 1100, ..Spec::least() };
    let bytes = model_with_like_gates(&spec);
    let Some(model) = load(gpu, &bytes) else { return };
    let file = ModelFile::parse(&bytes).expect("the model is sound");
    let config = Config::from_model(&file).expect("the model is sound");
    let sentences = random(&[3, 1, 12, 7, 20, 5, 9], spec.vocab);
    let expected = decode(&model, NO_END, 8, Steps::One, &sentences);
    let eos = expected[2].ids[9];
    let ended = decode(&model, eos, 5, Steps::One, &sentences);
    for rows in [1, 2, 4] {
        for workers in [256, 512, 1024] {
            if let Err(error) = gpu.use_tile(gpu::Tile { rows, workers }, &config) {
                println!("skipped {rows} rows, {workers} invocations: {error}");
                continue;
            }
            for steps in [Steps::One, Steps::Slice] {
                let what = format!("{rows} rows, {workers} invocations, {steps:?}");
                assert_equal(&expected, &decode(&model, NO_END, 8, steps, &sentences), &what);
                assert_equal(&ended, &decode(&model, eos, 5, steps, &sentences), &what);
            }
        }
    }
}

/// A model half as wide again as the shipped one, and deeper: the heads are 48 wide.
#[test]
fn a_larger_model_translates_as_on_the_cpu() {
    let Some(gpu) = gpu() else { return };
    let spec =
        Spec { dim: 384, ffn: 1536, heads: 8, enc_depth: 6, dec_depth: 2, vocab: 600, ..Spec::least() };
    let bytes = model_with_like_gates(&spec);
    let model = load(gpu, &bytes).expect("the kernels do such a model");
    let file = ModelFile::parse(&bytes).expect("the model is sound");
    let config = Config::from_model(&file).expect("the model is sound");
    let cpu = Model::load(&file, &config, &Device::flex()).expect("the model loads");
    let sentences = random(&[3, 11, 7, 20, 1], spec.vocab);
    let mut batch = Batch::start(&cpu, NO_END, sentences.clone());
    let mut expected = vec![Vec::new(); sentences.len()];
    while !batch.is_empty() {
        for (index, decoded) in batch.step(&cpu) {
            expected[index] = decoded.ids;
        }
    }
    let one = decode(&model, NO_END, 8, Steps::One, &sentences);
    assert_equal(&one, &decode(&model, NO_END, 8, Steps::Slice, &sentences), "a larger model");
    // Where a driver fuses multiplications with additions, some may be others.
    let equal = one.iter().zip(&expected).filter(|(one, expected)| one.ids == **expected).count();
    println!("{equal} of {} sentences are equal", sentences.len());
    assert!(equal + 1 >= sentences.len(), "{equal} of {} are equal", sentences.len());
}

#[test]
fn models_of_other_shapes_translate_the_same() {
    let Some(gpu) = gpu() else { return };
    let shapes =
        [(32, 96, 2, 1, 300), (384, 1536, 8, 2, 2047), (256, 1536, 8, 3, 1024), (512, 2048, 8, 1, 700)];
    for (dim, ffn, heads, dec_depth, vocab) in shapes {
        let spec = Spec { dim, ffn, heads, dec_depth, vocab, ..Spec::least() };
        let target_vocab = (dim == 32).then_some(333);
        let Some(model) = load(gpu, &model_with_like_gates(&Spec { target_vocab, ..spec })) else { continue };
        let sentences = random(&[3, 1, 12, 7, 20, 5, 9, 2, 14], vocab);
        let endless = decode(&model, NO_END, 8, Steps::One, &sentences);
        assert_equal(&endless, &decode(&model, NO_END, 8, Steps::Slice, &sentences), "no ends");
        // Some pieces that rows come to early, late, or never.
        let mut ends: Vec<u32> =
            endless.iter().flat_map(|decoded| decoded.ids.iter().skip(3).step_by(9)).copied().collect();
        ends.sort_unstable();
        ends.dedup();
        for &eos in ends.iter().take(2) {
            let one = decode(&model, eos, 5, Steps::One, &sentences);
            let slice = decode(&model, eos, 5, Steps::Slice, &sentences);
            let complete = one.iter().filter(|decoded| decoded.complete).count();
            println!("{dim}×{ffn}: {complete} of {} sentences end with {eos}", one.len());
            assert_equal(&one, &slice, &format!("{dim}×{ffn}, {eos}"));
        }
    }
}

#[test]
fn histories_are_equal_whatever_rows_are_kept() {
    let Some(gpu) = gpu() else { return };
    let spec = Spec { dim: 64, ffn: 96, heads: 4, dec_depth: 2, vocab: 1500, ..Spec::least() };
    let Some(model) = load(gpu, &model_with_like_gates(&spec)) else { return };
    let slices = model.decoder.slices().expect("it was just made ready");
    // The longest there may be: no two of them are attended to at once.
    let lengths = [gpu::LONGEST, 2, gpu::LONGEST, 100, 1, 90, gpu::LONGEST, 60, 60, 60];
    let sentences = random(&lengths, spec.vocab);
    let (context, spans) = model.encoder.forward(sentences.iter().map(|row| row.ids.iter().copied()));
    let memory = model.decoder.remember(&context);
    let mut one = model.decoder.start(&spans);
    let mut slice = slices.start(&context, &spans, NO_END);
    for kept in [vec![0, 1, 2, 3, 4, 5, 6, 7, 8, 9], vec![9, 0, 3, 4, 7], vec![1, 1, 0]] {
        one.keep(&kept);
        slice.keep(&kept);
        assert_eq!((one.longest(), one.position()), (slice.longest(), slice.position()));
        let before = gpu::dispatches();
        let found = slices.steps(&mut slice, 4);
        assert_eq!(gpu::dispatches() - before, 1);
        let mut history = one.history(4);
        for _ in 0..4 {
            let step = model.decoder.step(&mut one, &memory, None);
            history = one.record(history, step);
        }
        let words = |history: burn::tensor::Tensor<3, burn::tensor::Int>| -> Vec<i32> {
            block_on(history.into_data_async()).expect("the GPU answers").iter().collect()
        };
        let (history, found) = (words(history), words(found));
        let width = RECORD_HEAD + one.longest();
        for (number, (one, slice)) in history.chunks(width).zip(found.chunks(width)).enumerate() {
            assert_eq!(one[0], slice[0], "piece {number}");
            let [a, b] = [one, slice].map(|row| f32::from_bits(row[1].cast_unsigned()));
            assert!((a - b).abs() <= TOLERANCE, "{number}: {a} and {b}");
            assert_eq!(one[RECORD_HEAD..], slice[RECORD_HEAD..], "alignment {number}");
        }
    }
}
