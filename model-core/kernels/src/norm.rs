//! Layer normalisation of a sum, and the recurrent step that ends in one.

use crate::Isa;
use crate::kernel::{Job, Kernel, LANES, Lanes};
use crate::math::sigmoid;

/// The parameters of a layer normalisation: `(x - mean) / sqrt(variance + eps) * scale + bias`.
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

    /// Normalises a row whose elements add up to `sum`.
    #[inline(always)]
    fn finish<K: Kernel>(&self, k: K, row: &mut [f32], sum: K::F) {
        let dim = row.len() as f32;
        let mean = k.splat(sum.sum() / dim);
        let mut squares = k.splat(0.0);
        for i in (0..row.len()).step_by(LANES) {
            let row = &row[i..];
            let difference = k.keep(k.read(row) - mean, row.len());
            squares = squares + difference * difference;
        }
        let factor = k.splat(1.0 / (squares.sum() / dim + self.eps).sqrt());
        for i in (0..row.len()).step_by(LANES) {
            let row = &mut row[i..];
            let normal = (k.read(row) - mean) * factor;
            (normal * k.read(&self.scale[i..]) + k.read(&self.bias[i..])).write(row);
        }
    }
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
        let rows = self.x.chunks_exact(dim).zip(self.residual.chunks_exact(dim));
        for ((x, residual), out) in rows.zip(self.out.chunks_exact_mut(dim)) {
            let mut sum = k.splat(0.0);
            for i in (0..dim).step_by(LANES) {
                let y = k.read(&x[i..]) + k.read(&residual[i..]);
                y.write(&mut out[i..]);
                sum = sum + y;
            }
            self.norm.finish(k, out, sum);
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
            let mut sum = k.splat(0.0);
            for i in (0..dim).step_by(LANES) {
                let f = sigmoid(k, k.read(&wf[i..]));
                let c = f * k.read(&cell[i..]) + (one - f) * k.read(&wu[i..]);
                c.write(&mut cell[i..]);
                let y = k.read(&u[i..]) + c.max(zero);
                y.write(&mut out[i..]);
                sum = sum + y;
            }
            self.norm.finish(k, out, sum);
        }
    }
}
