//! The GPU's operations against their plain burn compositions, and its translations against the CPU's.
//!
//! On a machine without a GPU a driver that computes on the CPU will do (Debian's `mesa-vulkan-drivers`); without any
//! these tests say so and are skipped.
//!
//! Tolerance: 2e-4 where numbers are of the order of 1, as for the CPU; `support/ops.rs` says what else may differ.
#![cfg(feature = "gpu")]

#[path = "support/ops.rs"]
#[expect(dead_code, reason = "the CPU's tests use more of it")]
mod checks;
mod support;

use std::cell::RefCell;

use checks::check_gpu;
use model_core::device::{Gpu, self_test};
use model_core::format::config::Config;
use model_core::format::marian::ModelFile;
use model_core::format::sketch::SKETCH_ITEM;
use model_core::nn::Model;
use model_core::ops::gpu;
use model_core::translate::{Decoded, DeviceError, Lockstep, Sentence, Steps, Translation};
use model_core::{Device, Options, Translator};
use pollster::block_on;
use support::device::{decode, gpu};

const TOLERANCE: f32 = 2e-4;

/// The shipped model on the GPU.
fn model(gpu: &Gpu) -> Model {
    let files = support::Model::read();
    let file = ModelFile::parse(&files.model).expect("the shipped model is sound");
    let config = Config::from_model(&file).expect("the shipped model is sound");
    gpu.check(&config).expect("the kernels do the shipped model");
    Model::load(&file, &config, &gpu.device).expect("the shipped model loads")
}

/// Some lines as the model wants them.
fn sentences(translator: &Translator, lines: &[String]) -> Vec<Sentence> {
    let vocabulary = translator.source_vocabulary();
    let pieces = |line: &String| {
        let mut ids: Vec<u32> = vocabulary.encode(line).iter().map(|piece| piece.id).collect();
        ids.push(vocabulary.eos());
        ids
    };
    let numbered = lines.iter().map(pieces).enumerate();
    numbered.map(|(index, ids)| Sentence { index, ids, candidates: None }).collect()
}

#[test]
fn operations_equal_their_references() {
    let Some(gpu) = gpu() else { return };
    block_on(check_gpu(&gpu.device, TOLERANCE));
}

#[test]
fn the_self_test_tells_a_good_device_from_a_bad_one() {
    let Some(gpu) = gpu() else { return };
    let files = support::Model::read();
    // The sums that are compared are estimates with a sketch.
    let file = ModelFile::parse(&files.model).expect("the shipped model is sound").without(SKETCH_ITEM);
    let config = Config::from_model(&file).expect("the shipped model is sound");
    let cpu = Model::load(&file, &config, &Device::flex()).expect("the shipped model loads");
    let mut model = model(gpu);
    assert_eq!(block_on(self_test(&cpu, &model)), Ok(()));
    model.decoder.fuse();
    assert!(model.decoder.slices().is_some());
    assert_eq!(block_on(self_test(&cpu, &model)), Ok(()));

    // One bit of one weight's exponent, in the first layer: a scale that is far off.
    let mut broken = files.model.clone();
    let scale = &file.get("encoder_l1_ffn_ffn_ln_scale").expect("a tensor of the format").data()[..64];
    let at = files.model.windows(64).position(|window| window == scale).expect("it is in the file");
    for number in broken[at..at + 64].chunks_exact_mut(4) {
        number[3] ^= 0x02;
    }
    let file = ModelFile::parse(&broken).expect("it is still a model");
    let broken = Model::load(&file, &config, &gpu.device).expect("it still loads");
    assert!(block_on(self_test(&cpu, &broken)).is_err());
}

/// The GPU's sums are made in the CPU's order, so that its text is the CPU's. Where a driver fuses multiplications with
/// additions, or divides less exactly, 8-bit rounding goes the other way here and there, and some sentences with it.
#[test]
fn its_translations_are_the_cpus() {
    let Some(gpu) = gpu() else { return };
    let translator = support::Model::read().translator();
    let lines = &support::technews()[..40];
    let texts: Vec<&str> = lines.iter().map(String::as_str).collect();
    let eos = translator.target_vocabulary().eos();
    let decoded = decode(&model(gpu), eos, 8, Steps::One, &sentences(&translator, lines));
    let expected = translator.translate(&texts, &Options::default());
    let same = |(decoded, expected): &(&Decoded, &Translation)| {
        decoded.ids.iter().eq(expected.pieces.iter().map(|piece| &piece.id))
    };
    let equal = decoded.iter().zip(&expected).filter(same).count();
    println!("{equal} of {} sentences are equal", lines.len());
    assert!(equal * 100 >= lines.len() * 95, "{equal} of {} are equal", lines.len());
}

#[test]
fn dispatches_do_not_grow_with_the_batch() {
    let Some(gpu) = gpu() else { return };
    let model = model(gpu);
    for rows in [1, 9, 64] {
        let sentences: Vec<Vec<u32>> = (0..rows).map(|row| vec![5 + row as u32; 3 + row % 20]).collect();
        let before = gpu::dispatches();
        let (context, spans) = model.encoder.forward(sentences.iter().map(|ids| ids.iter().copied()));
        let memory = model.decoder.remember(&context);
        let encoder = gpu::dispatches() - before;
        let mut state = model.decoder.start(&spans);
        let history = state.history(8);
        let before = gpu::dispatches();
        let step = model.decoder.step(&mut state, &memory, None);
        let history = state.record(history, step);
        let step = gpu::dispatches() - before;
        println!("{rows} sentences: {encoder} dispatches to encode, {step} for a step");
        assert!(encoder <= 45 && step <= 12, "{encoder} and {step} dispatches for {rows} sentences");
        block_on(history.into_data_async()).expect("the GPU answers");
    }
}

#[test]
fn a_lost_device_is_an_error_and_what_came_before_is_kept() {
    // One of its own, since it is lost for good.
    let Ok(gpu) = block_on(Gpu::find()) else { return println!("skipped: there is no GPU") };
    let translator = support::Model::read().translator();
    let eos = translator.target_vocabulary().eos();
    let model = model(&gpu);
    let lines = &support::technews()[..12];
    let slices = RefCell::new(0);
    let got = RefCell::new(Vec::new());
    let lose = || {
        *slices.borrow_mut() += 1;
        if *slices.borrow() == 4 {
            gpu.lose();
        }
        false
    };
    let lockstep = Lockstep::new(&model, eos, 4, Steps::One);
    let run = lockstep.run(sentences(&translator, lines), |index, _| got.borrow_mut().push(index), lose);
    let result = block_on(run);
    assert!(matches!(result, Err(DeviceError::Lost(_))), "{result:?}");
    assert!(got.borrow().len() < lines.len());
}
