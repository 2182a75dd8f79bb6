//! The sketch of the projection to the vocabulary, an item of the model file that is this project's own.
//!
//! Marian passes over items whose names begin with `special:`. All numbers are little-endian:
//!
//! ```text
//! u32 version = 2 · u32 pieces · u32 dim · u32 kept · f32 near · f32 rounding · f32 spread · f32 grain
//! u64 checksum of the weights that it is of
//! dim × f32 steps of the turn · kept × f32 steps of the basis
//! dim × dim × i8 turn · kept × dim × i8 basis · pieces × u8 slack, in grains
//! ```
//!
//! `training/sketch.py` writes it; `kernels/src/sketch.rs` says what it is for.

use super::marian::{Dtype, ModelFile};
use super::reader::{Reader, checksum, f32_le, malformed, u32_le, u64_le};
use crate::error::{File, Result};

/// The item's name.
pub const SKETCH_ITEM: &str = "special:sketch";

/// Version 1 had the slacks of estimates with weights of up to 127, where the kernels' are of up to 63 now.
const VERSION: u32 = 2;

/// A parsed sketch; all its numbers are finite.
#[derive(Clone, Debug, PartialEq)]
pub struct Sketch<'a> {
    /// Turned inputs that make the estimates; from 1 to the model's width.
    pub kept: usize,
    /// How much of them is in a row's reach; above 0.
    pub near: f32,
    /// How much of what rounding takes from them is; above 0.
    pub rounding: f32,
    /// How much greater the outputs' exponentials are than those of their estimates; above 0.
    pub spread: f32,
    /// What a step of each row of `turn`, and then of `basis`, is worth: `[dim + kept]`.
    pub steps: Vec<f32>,
    /// What turns the inputs, `[dim, dim]`.
    pub turn: &'a [i8],
    /// What turns the weights, `[kept, dim]`.
    pub basis: &'a [i8],
    /// How far each output may be from its estimate, for a row with a reach of 1, `[pieces]`.
    pub slack: Vec<f32>,
}

impl<'a> Sketch<'a> {
    /// The sketch of the projection with these `weights: [pieces, dim]`; none if the file has none, or one of a version that
    /// this engine does not know: a sketch makes a model faster, and nothing else.
    ///
    /// # Errors
    /// `Malformed` when it is of other weights or its numbers are unusable.
    pub fn read(file: &ModelFile<'a>, weights: &[i8], dim: usize) -> Result<Option<Self>> {
        let pieces = weights.len() / dim.max(1);
        let Some(item) = file.get(SKETCH_ITEM) else { return Ok(None) };
        if item.dtype() != Dtype::Int8 {
            return Err(wrong(format!("is {}, needs int8", item.dtype().name())));
        }
        let mut reader = Reader::new(File::Model, &item.data()[..item.elements()]);
        if u32_le(reader.take(4, SKETCH_ITEM)?, 0) != VERSION {
            return Ok(None);
        }
        let head = reader.take(28, SKETCH_ITEM)?;
        let expected = u64_le(reader.take(8, SKETCH_ITEM)?, 0);
        let [found_pieces, found_dim, kept] = [0, 1, 2].map(|index| u32_le(head, index) as usize);
        if (found_pieces, found_dim) != (pieces, dim) {
            let problem =
                format!("is for {found_pieces} pieces of {found_dim}, the model has {pieces} of {dim}");
            return Err(wrong(problem));
        }
        if !(1..=dim).contains(&kept) {
            return Err(wrong(format!("keeps {kept} of {dim} inputs")));
        }
        let [near, rounding, spread, grain] = [3, 4, 5, 6].map(|index| f32_le(head, index));
        if !(near > 0.0 && rounding > 0.0 && spread > 0.0 && grain >= 0.0) {
            return Err(wrong(format!("has the numbers {near}, {rounding}, {spread} and {grain}")));
        }
        if checksum(bytemuck::cast_slice(weights)) != expected {
            return Err(wrong("is of other weights: make it anew".into()));
        }
        let stored = reader.take(4 * (dim + kept) as u64, SKETCH_ITEM)?;
        let steps: Vec<f32> = (0..dim + kept).map(|index| f32_le(stored, index)).collect();
        if let Some(odd) =
            [near, rounding, spread, grain].iter().chain(&steps).find(|value| !value.is_finite())
        {
            return Err(wrong(format!("has the number {odd}")));
        }
        let turn = reader.take((dim * dim) as u64, SKETCH_ITEM)?;
        let basis = reader.take((kept * dim) as u64, SKETCH_ITEM)?;
        let slack = reader.take(pieces as u64, SKETCH_ITEM)?.iter().map(|&step| f32::from(step) * grain);
        Ok(Some(Self {
            kept,
            near,
            rounding,
            spread,
            steps,
            turn: bytemuck::cast_slice(turn),
            basis: bytemuck::cast_slice(basis),
            slack: slack.collect(),
        }))
    }
}

fn wrong(problem: String) -> crate::error::Error {
    malformed(File::Model, SKETCH_ITEM, problem)
}
