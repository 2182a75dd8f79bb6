//! The projection cut to the pieces that a shortlist allows.

use burn::tensor::{Int, Tensor, TensorData};

use super::embedding::list;
use super::linear::Linear;
use super::projection::Projection;
use crate::ops::reference;

/// What is added to the logit of a piece that a row may not choose: enough to lose against any that it may.
const FORBIDDEN: f32 = -1e9;

/// The projection to the pieces that any row of a batch may choose, with a mask for each row.
///
/// Each row has its own set, so that what it chooses does not depend on the others.
#[derive(Debug)]
pub struct Shortlisted {
    /// To the union of the sets.
    projection: Linear,
    /// The union's pieces, `[union]`.
    pieces: Tensor<1, Int>,
    /// 0 where a row may choose a piece, else [`FORBIDDEN`]; `[rows, union]`.
    mask: Tensor<2>,
}

impl Shortlisted {
    /// `full`: the projection to the whole vocabulary; `sets`: each row's pieces, sorted.
    pub(super) fn new(full: &Projection, sets: &[Vec<u32>]) -> Self {
        let mut union = sets.concat();
        union.sort_unstable();
        union.dedup();
        let mask = sets
            .iter()
            .flat_map(|set| {
                union.iter().map(|id| if set.binary_search(id).is_ok() { 0.0 } else { FORBIDDEN })
            })
            .collect::<Vec<f32>>();
        let device = full.device();
        let mask = Tensor::from_data(TensorData::new(mask, [sets.len(), union.len()]), &device);
        let pieces = list(union.into_iter().map(|id| id as usize), &device);
        Self { projection: full.take(pieces.clone()), pieces, mask }
    }

    /// `x: [rows, dim]` to each row's best piece and its log-probability among those that it may choose.
    pub(super) fn best(&self, x: Tensor<2>) -> (Tensor<1, Int>, Tensor<1>) {
        let logits = self.projection.forward(x) + self.mask.clone();
        // A shortlist has few pieces, so the plain composition is fast enough.
        let (best, log_probs) = reference::best(logits);
        (self.pieces.clone().select(0, best), log_probs)
    }

    /// Keeps only the rows with these indices.
    pub fn keep(&mut self, rows: &[usize]) {
        let rows = list(rows.iter().copied(), &self.mask.device());
        self.mask = self.mask.clone().select(0, rows);
    }
}
