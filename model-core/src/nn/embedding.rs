//! Piece embeddings with their positions.

use burn::module::Module;
use burn::tensor::{DType, Device, Int, Tensor, TensorData};

use super::MAX_LENGTH;
use crate::ops::{self, EmbedForm};

/// An 8-bit embedding table and the encoding of positions.
#[derive(Module, Debug)]
pub(super) struct Embedding {
    /// A packed map whose weights are the embeddings.
    pub(super) table: Tensor<1, Int>,
    /// `[MAX_LENGTH, dim]`.
    pub(super) encoding: Tensor<2>,
    #[module(skip)]
    pub(super) form: EmbedForm,
}

impl Embedding {
    /// `table`: a packed map from `dim` inputs to `pieces` outputs, its weights worth `unit` for each step.
    pub(super) fn new(table: Tensor<1, Int>, form: EmbedForm) -> Self {
        let encoding = TensorData::new(position_encoding(MAX_LENGTH, form.dim), [MAX_LENGTH, form.dim]);
        let encoding = Tensor::from_data(encoding, &table.device());
        Self { table, encoding, form }
    }

    /// Where the table is.
    pub(super) fn device(&self) -> Device {
        self.table.device()
    }

    /// `ids: [tokens]`, `positions: [tokens]`, or `[1]` for all, below [`MAX_LENGTH`]; result `[tokens, dim]`.
    pub(super) fn forward(&self, ids: Tensor<1, Int>, positions: Tensor<1, Int>) -> Tensor<2> {
        ops::embed(ids, positions, self.table.clone(), self.encoding.clone(), self.form)
    }
}

/// Whole numbers as a tensor, 32 bits each on every device.
pub(super) fn ints<const D: usize>(values: Vec<i32>, shape: [usize; D], device: &Device) -> Tensor<D, Int> {
    Tensor::from_data(TensorData::new(values, shape), (device, DType::I32))
}

/// A list of indices or piece ids as a tensor `[len]`.
pub(super) fn list(values: impl IntoIterator<Item = usize>, device: &Device) -> Tensor<1, Int> {
    let values: Vec<i32> = values.into_iter().map(|value| value as i32).collect();
    let len = values.len();
    ints(values, [len], device)
}

/// Sines in the first half of the width, cosines in the second; `[positions, dim]`.
///
/// The frequencies fall from 1 to 1/10 000 over the half: `freq_i = 10000^(−i / (dim/2 − 1))`. Frequencies, arguments
/// and results are each rounded to f32. The functions are those of f64: their last bits, which differ between
/// platforms, are rounded away.
fn position_encoding(positions: usize, dim: usize) -> Vec<f32> {
    let half = dim / 2;
    let waves: Vec<(f32, f32)> = (0..dim)
        .map(|column| {
            let exponent = (column % half) as f32 / (half as f32 - 1.0);
            let frequency = f64::from(1e-4f32).powf(f64::from(exponent)) as f32;
            (frequency, if column < half { 0.0 } else { std::f32::consts::FRAC_PI_2 })
        })
        .collect();
    (0..positions)
        .flat_map(|position| {
            let argument = move |&(frequency, phase): &(f32, f32)| position as f32 * frequency + phase;
            waves.iter().map(move |wave| f64::from(argument(wave)).sin() as f32)
        })
        .collect()
}
