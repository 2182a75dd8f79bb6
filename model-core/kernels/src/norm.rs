//! Layer normalisation of a sum, and the recurrent step that ends in one.

use std::array;

use crate::Isa;
use crate::kernel::{Job, Kernel, LANES, Lanes};
use crate::math::{SUMS, sigmoid, sums, sums_of_squares};

/// The parameters of a layer normalisation: `scale * ((x - mean) / sqrt(variance + eps)) + bias`, where both
/// sums go from left to right.
#[derive(Clone, Copy)]
pub struct Norm<'a> {
    /// `[dim]`.
    pub scale: &'a [f32],
    /// `[dim]`.
    pub bias: &'a [f32],
    /// What keeps the divisor from 0.
    pub eps: f32,
}

impl Norm<'_> {
    fn dim(&self) -> usize {
        assert_eq!(self.scale.len(), self.bias.len(), "a scale and a bias for each dimension");
        assert!(!self.scale.is_empty(), "something to normalise");
        self.scale.len()
    }

    /// Normalises at most [`SUMS`] rows.
    #[inline(always)]
    fn apply<K: Kernel>(&self, k: K, rows: &mut [f32]) {
        let dim = self.scale.len();
        let count = dim as f32;
        let means = sums(together(rows, dim)).map(|sum| sum / count);
        for (row, mean) in rows.chunks_exact_mut(dim).zip(means) {
            let mean = k.splat(mean);
            for i in (0..dim).step_by(LANES) {
                let row = &mut row[i..];
                (k.read(row) - mean).write(row);
            }
        }
        let sigmas = sums_of_squares(together(rows, dim)).map(|sum| (sum / count + self.eps).sqrt());
        for (row, sigma) in rows.chunks_exact_mut(dim).zip(sigmas) {
            let sigma = k.splat(sigma);
            for i in (0..dim).step_by(LANES) {
                let row = &mut row[i..];
                let normal = k.read(row) / sigma;
                (k.read(&self.scale[i..]) * normal + k.read(&self.bias[i..])).write(row);
            }
        }
    }
}

/// The rows of `dim` in `rows`, the last of them again and again if there are fewer than [`SUMS`].
#[inline(always)]
fn together(rows: &[f32], dim: usize) -> [&[f32]; SUMS] {
    let last = rows.len() / dim - 1;
    array::from_fn(|row| &rows[row.min(last) * dim..][..dim])
}

/// `out = norm(x + residual)`, all `[rows, dim]`.
///
/// # Panics
/// If a length does not fit, `dim` is 0, or `isa` is not available on this machine.
pub fn add_norm(isa: Isa, x: &[f32], residual: &[f32], norm: &Norm<'_>, out: &mut [f32]) {
    assert!(x.len().is_multiple_of(norm.dim()), "whole rows");
    assert_eq!(x.len(), residual.len(), "the residual is like x");
    assert_eq!(x.len(), out.len(), "the output is like x");
    isa.run(AddNorm { x, residual, norm, out });
}

struct AddNorm<'a> {
    x: &'a [f32],
    residual: &'a [f32],
    norm: &'a Norm<'a>,
    out: &'a mut [f32],
}

impl Job for AddNorm<'_> {
    type Output = ();

    #[inline(always)]
    fn run<K: Kernel>(self, k: K) {
        let dim = self.norm.dim();
        let rows = self.x.chunks(SUMS * dim).zip(self.residual.chunks(SUMS * dim));
        for ((x, residual), out) in rows.zip(self.out.chunks_mut(SUMS * dim)) {
            for i in (0..out.len()).step_by(LANES) {
                (k.read(&x[i..]) + k.read(&residual[i..])).write(&mut out[i..]);
            }
            self.norm.apply(k, out);
        }
    }
}

/// One step of the simpler simple recurrent unit, with its residual and normalisation:
/// `f = sigmoid(wf)`, `cell = f * cell + (1 - f) * wu`, `out = norm(u + max(cell, 0))`.
///
/// `wu_wf: [rows, 2 * dim]` is W·u and then Wf·u + bf; `u`, `cell`, `out: [rows, dim]`.
///
/// # Panics
/// If a length does not fit, `dim` is 0, or `isa` is not available on this machine.
pub fn ssru_norm(isa: Isa, wu_wf: &[f32], u: &[f32], cell: &mut [f32], norm: &Norm<'_>, out: &mut [f32]) {
    assert!(u.len().is_multiple_of(norm.dim()), "whole rows");
    assert_eq!(wu_wf.len(), 2 * u.len(), "two products for each input");
    assert_eq!(cell.len(), u.len(), "the cell is like u");
    assert_eq!(out.len(), u.len(), "the output is like u");
    isa.run(SsruNorm { wu_wf, u, cell, norm, out });
}

struct SsruNorm<'a> {
    wu_wf: &'a [f32],
    u: &'a [f32],
    cell: &'a mut [f32],
    norm: &'a Norm<'a>,
    out: &'a mut [f32],
}

impl Job for SsruNorm<'_> {
    type Output = ();

    #[inline(always)]
    fn run<K: Kernel>(self, k: K) {
        let dim = self.norm.dim();
        let (zero, one) = (k.splat(0.0), k.splat(1.0));
        let rows = self.wu_wf.chunks_exact(2 * dim).zip(self.u.chunks_exact(dim));
        let rows = rows.zip(self.cell.chunks_exact_mut(dim)).zip(self.out.chunks_exact_mut(dim));
        for (((wu_wf, u), cell), out) in rows {
            let (wu, wf) = wu_wf.split_at(dim);
            for i in (0..dim).step_by(LANES) {
                let f = sigmoid(k, k.read(&wf[i..]));
                let c = f * k.read(&cell[i..]) + (one - f) * k.read(&wu[i..]);
                c.write(&mut cell[i..]);
                (c.max(zero) + k.read(&u[i..])).write(&mut out[i..]);
            }
        }
        for out in self.out.chunks_mut(SUMS * dim) {
            self.norm.apply(k, out);
        }
    }
}
