//! Affine maps with 8-bit weights: activations are quantised, multiplied exactly, and scaled back.
//!
//! With a static multiplier the arithmetic is that of Marian's `int8shiftAlphaAll`, down to each rounding: 127
//! is added to every quantised activation, and the bias has what that adds subtracted. The numbers that are
//! rounded are larger so, and their last bits others; an activation of the next layer that lies within them
//! of the edge between two integers is rounded the other way, and moves all that follows.

use std::ops::Range;

use crate::kernel::{Form, Job, Kernel, LANES, Lanes, MAX_COLUMNS, MAX_ROWS, SHIFT, Tile};
use crate::packed::{Layout, activation_stride};
use crate::scratch::Scratch;
use crate::{Isa, elements};

/// How activations become integers: `q = clamp(round_ties_even(x * alpha), -127, 127)`, and 0 for NaN.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Alpha {
    /// The same for all; the map's `scale` contains its reciprocal. 127 is added to each `q`, so the map's
    /// `bias` is the one that [`shifted_bias`] makes.
    Static(f32),
    /// For each row 127 / max |x|. Its reciprocal is applied to the row. A row with an infinity, or without
    /// anything but zeros and NaN, counts as zeros. Nothing is added to `q`, and the `bias` is the map's own.
    PerRow,
    /// The same with 63 for 127: coarser, and for some instruction sets less work.
    Half,
    /// 1: these are whole numbers already. Nothing is added, and the `bias` is the map's own.
    Whole,
}

/// `y = (q(x) · Wᵀ) * scale + bias`, optionally with the negative results set to 0. The product is exact, and
/// rounded to f32 before it is scaled. For [`Alpha::Static`] it is `((q(x) + 127) · Wᵀ)`.
#[derive(Clone, Copy)]
pub struct Affine<'a> {
    /// What [`pack`](crate::pack) made of the weights `[n, k]`.
    pub packed: &'a [i8],
    /// Outputs.
    pub n: usize,
    /// Inputs.
    pub k: usize,
    /// How `x` is quantised.
    pub alpha: Alpha,
    /// `[n]`: `1 / (alpha * quant_mult)` of the weights for [`Alpha::Static`], `1 / quant_mult` for the others.
    pub scale: &'a [f32],
    /// `[n]`, see [`Alpha`].
    pub bias: &'a [f32],
    /// Whether negative results become 0.
    pub relu: bool,
}

/// What [`Affine::bias`] has to be for one output of a map with [`Alpha::Static`], if the map's own is `bias`.
/// `weights: [k]`, any int8 values; at most 65 536.
#[must_use]
pub fn shifted_bias(bias: f32, scale: f32, weights: &[i8]) -> f32 {
    let sum: i32 = weights.iter().map(|&weight| i32::from(weight)).sum();
    bias - (SHIFT as f32 * scale) * sum as f32
}

impl Affine<'_> {
    #[inline(always)]
    pub(crate) fn layout<K: Kernel>(&self) -> Layout {
        let layout = Layout::of::<K>(self.n, self.k);
        assert_eq!(self.packed.len(), layout.len(), "packed weights [{}, {}]", self.n, self.k);
        assert_eq!(self.scale.len(), self.n, "a scale for each output");
        assert_eq!(self.bias.len(), self.n, "a bias for each output");
        layout
    }
}

/// Applies an affine map. `x: [rows, k]`, `out: [rows, n]`.
///
/// # Panics
/// If a length does not fit, or for the reasons of [`packed_len`](crate::packed_len).
pub fn affine(isa: Isa, scratch: &mut Scratch, x: &[f32], rows: usize, w: &Affine<'_>, out: &mut [f32]) {
    assert_eq!(x.len(), elements(rows, w.k), "inputs [{rows}, {}]", w.k);
    assert_eq!(out.len(), elements(rows, w.n), "outputs [{rows}, {}]", w.n);
    isa.run(Map { scratch, x, rows, w, out });
}

struct Map<'a> {
    scratch: &'a mut Scratch,
    x: &'a [f32],
    rows: usize,
    w: &'a Affine<'a>,
    out: &'a mut [f32],
}

/// Bytes of quantised activations that are multiplied with all weights before the next are quantised: they
/// stay in the second-level cache.
const BLOCK_BYTES: usize = 128 << 10;

/// However many bytes they have, so many rows are taken at once.
const LEAST_ROWS: usize = 32;

impl Job for Map<'_> {
    type Output = ();

    #[inline(always)]
    fn run<K: Kernel>(self, k: K) {
        let Map { scratch, x, rows, w, out } = self;
        let layout = w.layout::<K>();
        let stride = activation_stride::<K>(layout);
        let limit = (BLOCK_BYTES / (stride * K::ACTIVATION_BYTES).max(1)).max(LEAST_ROWS);
        let block = block_rows::<K>(rows, limit);
        let parts = scratch.parts::<K::Activation>(block, stride, 0, 0);
        for first in (0..rows).step_by(block) {
            let rows = block.min(rows - first);
            let x = &x[first * w.k..][..rows * w.k];
            let x = quantise(k, x, rows, w, parts.activations, stride, parts.row_scale);
            product(k, &x, w, layout, 0..w.n, &mut out[first * w.n..][..rows * w.n], w.n);
        }
    }
}

/// How many rows to take at once so that there are at most about `limit`, all blocks are about equal, and all
/// but the last are whole tiles, if those are not tall.
#[inline(always)]
pub(crate) fn block_rows<K: Kernel>(rows: usize, limit: usize) -> usize {
    rows.div_ceil(rows.div_ceil(limit).max(1)).next_multiple_of(K::ROWS.min(4)).max(1)
}

/// Rows of quantised activations.
pub(crate) struct Quantised<'a, A> {
    /// `[rows, stride]`.
    pub(crate) activations: &'a [A],
    pub(crate) stride: usize,
    /// `[rows]`: what an activation of 1 stands for, or 1 where the map's scale says it.
    pub(crate) row_scale: &'a [f32],
    pub(crate) rows: usize,
    /// How they are stored.
    form: Form,
}

/// Quantises rows of `w.k` floats into rows of `stride` activations.
#[inline(always)]
pub(crate) fn quantise<'a, K: Kernel>(
    k: K,
    x: &[f32],
    rows: usize,
    w: &Affine<'_>,
    activations: &'a mut [K::Activation],
    stride: usize,
    row_scale: &'a mut [f32],
) -> Quantised<'a, K::Activation> {
    let shifted = matches!(w.alpha, Alpha::Static(_));
    if w.k == 0 {
        row_scale.fill(1.0);
        let form = Form { shifted, nonnegative: true };
        return Quantised { activations, stride, row_scale, rows, form };
    }
    let nonnegative =
        K::KNOWS_SIGN && is_nonnegative(k, x) && !matches!(w.alpha, Alpha::Static(alpha) if alpha < 0.0);
    let form = Form { shifted, nonnegative };
    let all = x.chunks_exact(w.k).zip(activations.chunks_exact_mut(stride)).zip(&mut *row_scale);
    for ((x, activations), row_scale) in all {
        let alpha = multiplier(k, x, w.alpha, row_scale);
        for at in (0..stride).step_by(LANES) {
            k.store_activations(limited(k, k.read(&x[at..]), alpha), form, activations, at);
        }
    }
    Quantised { activations, stride, row_scale, rows, form }
}

/// What a row's numbers are multiplied with, and what undoes that if the map's scale does not.
#[inline(always)]
pub(crate) fn multiplier<K: Kernel>(k: K, x: &[f32], alpha: Alpha, row_scale: &mut f32) -> f32 {
    let most = match alpha {
        Alpha::Static(alpha) => {
            *row_scale = 1.0;
            return alpha;
        }
        Alpha::Whole => {
            *row_scale = 1.0;
            return 1.0;
        }
        Alpha::PerRow => 127.0,
        Alpha::Half => 63.0,
    };
    usable(most / greatest_magnitude(k, x), row_scale)
}

/// A multiplier that is neither 0 (of an infinity) nor infinite (of zeros, or of numbers too small to matter), or 0.
#[inline(always)]
pub(crate) fn usable(alpha: f32, row_scale: &mut f32) -> f32 {
    let usable = alpha > 0.0 && alpha < f32::INFINITY;
    *row_scale = if usable { 1.0 / alpha } else { 0.0 };
    if usable { alpha } else { 0.0 }
}

/// Numbers that are rounded next.
#[inline(always)]
pub(crate) fn limited<K: Kernel>(k: K, x: K::F, alpha: f32) -> K::F {
    (x * k.splat(alpha)).nan_to_zero().max(k.splat(-127.0)).min(k.splat(127.0))
}

/// Whether no number is below 0.
#[inline(always)]
fn is_nonnegative<K: Kernel>(k: K, x: &[f32]) -> bool {
    let mut least = k.splat(0.0);
    for i in (0..x.len()).step_by(LANES) {
        least = k.read(&x[i..]).min(least);
    }
    (k.splat(0.0) - least).greatest() <= 0.0
}

#[inline(always)]
pub(crate) fn greatest_magnitude<K: Kernel>(k: K, x: &[f32]) -> f32 {
    let mut greatest = k.splat(0.0);
    for i in (0..x.len()).step_by(LANES) {
        greatest = k.read(&x[i..]).abs().max(greatest);
    }
    greatest.greatest()
}

/// The map's results for some of its columns: `out[row * out_stride + column - columns.start]`.
///
/// `columns.start` must be a multiple of [`Kernel::COLUMNS`]; `out` must have room for [`Kernel::COLUMNS`]
/// only where there are so many columns.
#[inline(always)]
pub(crate) fn product<K: Kernel>(
    k: K,
    x: &Quantised<'_, K::Activation>,
    w: &Affine<'_>,
    layout: Layout,
    columns: Range<usize>,
    out: &mut [f32],
    out_stride: usize,
) {
    const { assert!(K::ROWS <= MAX_ROWS && K::COLUMNS <= MAX_COLUMNS) };
    if x.rows == 0 || columns.is_empty() {
        return;
    }
    assert!(columns.start.is_multiple_of(K::COLUMNS) && columns.end <= layout.n, "whole panels");
    assert!(columns.len() <= out_stride && out.len() >= (x.rows - 1) * out_stride + columns.len(), "output");
    assert!(x.activations.len() >= x.rows * x.stride && x.stride >= layout.depth, "activations");
    assert!(x.row_scale.len() >= x.rows, "scales of rows");
    for first in columns.clone().step_by(K::COLUMNS) {
        let width = K::COLUMNS.min(columns.end - first);
        let panel = &w.packed[layout.panel(first / K::COLUMNS)];
        assert!(layout.is_ordered(panel), "weights as `pack` makes them");
        let (scale, bias) = (&w.scale[first..][..width], &w.bias[first..][..width]);
        let out = &mut out[first - columns.start..];
        let all = Tile {
            x: x.activations.as_ptr(),
            x_stride: x.stride,
            panel: panel.as_ptr(),
            depth: layout.depth,
            row_scale: x.row_scale.as_ptr(),
            scale: scale.as_ptr(),
            bias: bias.as_ptr(),
            relu: w.relu,
            form: x.form,
            out: out.as_mut_ptr(),
            out_stride,
        };
        if width == K::COLUMNS {
            // SAFETY: the assertions above cover the activations, the scales of rows and the output; `panel` is a panel of
            // `layout`, and scales and biases are as many as it has columns.
            unsafe { tiles(k, x.rows, &all) };
            continue;
        }
        // The last panel is wider than what is left of the columns.
        let (mut wide_scale, mut wide_bias) = ([0.0; MAX_COLUMNS], [0.0; MAX_COLUMNS]);
        wide_scale[..width].copy_from_slice(scale);
        wide_bias[..width].copy_from_slice(bias);
        let mut edge = [0.0; MAX_ROWS * MAX_COLUMNS];
        for row in (0..x.rows).step_by(MAX_ROWS) {
            let rows = MAX_ROWS.min(x.rows - row);
            // SAFETY: likewise for the rows from this one on; `edge`, scales and biases have room for whole panels.
            unsafe {
                let (scale, bias) = (wide_scale.as_ptr(), wide_bias.as_ptr());
                let some =
                    Tile { scale, bias, out: edge.as_mut_ptr(), out_stride: K::COLUMNS, ..all.from(row) };
                tiles(k, rows, &some);
            }
            let out = out[row * out_stride..].chunks_mut(out_stride);
            for (out, edge) in out.zip(edge.chunks(K::COLUMNS)).take(rows) {
                out[..width].copy_from_slice(&edge[..width]);
            }
        }
    }
}

/// As many tiles as `rows` rows need, of almost equal height: 7 rows are 4 and 3 rather than 6 and 1.
///
/// # Safety
/// The pointers of `all` must be valid for `rows` rows.
#[inline(always)]
unsafe fn tiles<K: Kernel>(k: K, rows: usize, all: &Tile<K::Activation>) {
    let tiles = rows.div_ceil(K::ROWS);
    let (short, tall) = (rows / tiles, rows % tiles);
    let mut row = 0;
    for tile in 0..tiles {
        let m = short + usize::from(tile < tall);
        // SAFETY: `row + m` is at most `rows`.
        unsafe { k.tile(m, &all.from(row)) };
        row += m;
    }
}
