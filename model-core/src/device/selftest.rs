//! A test of every kernel with known answers.
//!
//! A shader that a browser's compiler gets wrong, or refuses, is silent: the numbers are simply other ones. So the model
//! runs on a few sentences on both devices before the GPU's results are shown to anybody. The sentences take every kernel
//! through whole and broken tiles, short and long spans, and rows that leave.

use burn::tensor::{Int, Tensor};

use crate::nn::{Model, Slices};
use crate::ops::RECORD_HEAD;

/// How far the numbers of a layer normalisation's output may be apart on the mean. They are of the order of 1; rounding to
/// 8 bits, which goes the other way here and there, moves them by some thousandths, and a wrong kernel by about 1.
const TOLERANCE: f32 = 0.03;

/// The same for weights of attention, which are of the order of 0.1.
const WEIGHT_TOLERANCE: f32 = 0.01;

/// The lengths of the sentences, in pieces.
const LENGTHS: [usize; 6] = [1, 2, 9, 31, 5, 64];

/// Decoding steps before some rows leave, and after it.
const STEPS: [usize; 2] = [2, 1];

/// The rows that stay; the longest is among them, so that alignments keep their width.
const KEPT: [usize; 4] = [1, 2, 3, 5];

/// A piece that no model has.
const NO_END: u32 = i32::MAX.cast_unsigned();

/// Runs a model on the CPU and its copy on another device, and compares. The model is to have no sketch, with which
/// log-probabilities are estimates.
///
/// # Errors
/// Says what is wrong, or how far apart the results are.
pub async fn self_test(cpu: &Model, other: &Model) -> Result<(), String> {
    let sentences = sentences(cpu.decoder.pieces());
    let known = run(cpu, &sentences).await?;
    compare_all(&known, &run(other, &sentences).await?)?;
    match other.decoder.slices() {
        None => Ok(()),
        Some(slices) => {
            let answers = run_slices(other, slices, &sentences).await?;
            compare_all(&known, &answers).map_err(|error| format!("several steps at once: {error}"))
        }
    }
}

fn compare_all(known: &Answers, answers: &Answers) -> Result<(), String> {
    for (name, tolerance, known, answer) in [
        ("encoder", TOLERANCE, &known.context, &answers.context),
        ("alignment", WEIGHT_TOLERANCE, &known.weights, &answers.weights),
        ("log-probability", 0.2, &known.log_probs, &answers.log_probs),
    ] {
        compare(name, tolerance, known, answer)?;
    }
    let equal = known.ids.iter().zip(&answers.ids).filter(|(known, answer)| known == answer).count();
    // Two pieces may be almost equally probable; hardly half of them.
    if known.ids.len() != answers.ids.len() || 2 * equal < known.ids.len() {
        return Err(format!("{equal} of {} pieces are right", known.ids.len()));
    }
    Ok(())
}

/// What a model made of the sentences.
struct Answers {
    context: Vec<f32>,
    ids: Vec<i32>,
    log_probs: Vec<f32>,
    weights: Vec<f32>,
}

impl Answers {
    async fn new(context: Tensor<2>) -> Result<Self, String> {
        Ok(Self { context: floats(context).await?, ids: vec![], log_probs: vec![], weights: vec![] })
    }

    /// Adds what is in a history.
    async fn hear(&mut self, history: Tensor<3, Int>, longest: usize) -> Result<(), String> {
        for row in numbers(history).await?.chunks_exact(RECORD_HEAD + longest) {
            self.ids.push(row[0]);
            self.log_probs.push(f32::from_bits(row[1].cast_unsigned()));
            self.weights.extend(row[RECORD_HEAD..].iter().map(|bits| f32::from_bits(bits.cast_unsigned())));
        }
        Ok(())
    }
}

/// Pieces without a pattern, the same on every machine.
fn sentences(pieces: usize) -> Vec<Vec<u32>> {
    let mut state = 1u32;
    LENGTHS
        .iter()
        .map(|&len| {
            let piece = |_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 8) % pieces as u32
            };
            (0..len).map(piece).collect()
        })
        .collect()
}

async fn run(model: &Model, sentences: &[Vec<u32>]) -> Result<Answers, String> {
    let (context, spans) = model.encoder.forward(sentences.iter().map(|sentence| sentence.iter().copied()));
    let memory = model.decoder.remember(&context);
    let mut state = model.decoder.start(&spans);
    let mut answers = Answers::new(context).await?;
    for (round, steps) in STEPS.into_iter().enumerate() {
        if round > 0 {
            state.keep(&KEPT);
        }
        let mut history = state.history(steps);
        for _ in 0..steps {
            let step = model.decoder.step(&mut state, &memory, None);
            history = state.record(history, step);
        }
        answers.hear(history, state.longest()).await?;
    }
    Ok(answers)
}

/// The same with the steps of a round as one operation. No piece ends a row.
async fn run_slices(model: &Model, slices: &Slices, sentences: &[Vec<u32>]) -> Result<Answers, String> {
    let (context, spans) = model.encoder.forward(sentences.iter().map(|sentence| sentence.iter().copied()));
    let mut state = slices.start(&context, &spans, NO_END);
    let mut answers = Answers::new(context).await?;
    for (round, steps) in STEPS.into_iter().enumerate() {
        if round > 0 {
            state.keep(&KEPT);
        }
        let history = slices.steps(&mut state, steps);
        answers.hear(history, state.longest()).await?;
    }
    Ok(answers)
}

/// Compares on the mean; a single number that is not finite fails it.
fn compare(name: &str, tolerance: f32, known: &[f32], answer: &[f32]) -> Result<(), String> {
    if known.len() != answer.len() {
        return Err(format!("{name}: {} numbers instead of {}", answer.len(), known.len()));
    }
    let sum: f32 = known.iter().zip(answer).map(|(known, answer)| (known - answer).abs()).sum();
    let mean = sum / known.len().max(1) as f32;
    if mean <= tolerance { Ok(()) } else { Err(format!("{name}: off by {mean} on the mean")) }
}

async fn floats(tensor: Tensor<2>) -> Result<Vec<f32>, String> {
    let data = tensor.into_data_async().await.map_err(|error| error.to_string())?;
    Ok(data.iter::<f32>().collect())
}

async fn numbers(tensor: Tensor<3, Int>) -> Result<Vec<i32>, String> {
    let data = tensor.into_data_async().await.map_err(|error| error.to_string())?;
    Ok(data.iter::<i32>().collect())
}
