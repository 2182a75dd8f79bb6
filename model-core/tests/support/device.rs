//! The machine's GPU, and sentences through a model on it.

use std::sync::OnceLock;

use model_core::device::{Gpu, NoGpu};
use model_core::nn::Model;
use model_core::translate::{Decoded, Lockstep, Sentence, Steps};
use pollster::block_on;

/// The machine's GPU, or `None` and a word about it.
pub(crate) fn gpu() -> Option<&'static Gpu> {
    static GPU: OnceLock<Result<Gpu, NoGpu>> = OnceLock::new();
    match GPU.get_or_init(|| block_on(Gpu::find())) {
        Ok(gpu) => Some(gpu),
        Err(error) => {
            println!("skipped: {error}");
            None
        }
    }
}

/// What the model makes of all sentences, each of which must come once.
pub(crate) fn decode(
    model: &Model,
    eos: u32,
    slots: usize,
    steps: Steps,
    sentences: &[Sentence],
) -> Vec<Decoded> {
    let mut all: Vec<Option<Decoded>> = vec![None; sentences.len()];
    let lockstep = Lockstep::new(model, eos, slots, steps);
    let run = lockstep.run(
        sentences.to_vec(),
        |index, decoded| assert!(all[index].replace(decoded).is_none(), "sentence {index} came twice"),
        || false,
    );
    block_on(run).expect("the GPU translates");
    all.into_iter().map(|decoded| decoded.expect("every sentence comes")).collect()
}
