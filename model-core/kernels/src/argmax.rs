//! The projection to the vocabulary, of which only the best piece is kept.

use crate::affine::{Affine, block_rows, product, quantise};
use crate::kernel::{Job, Kernel, LANES, Lanes};
use crate::math::{ln, quick_exp};
use crate::packed::activation_stride;
use crate::scratch::Scratch;
use crate::{Isa, elements};

/// Outputs that are computed before they are looked at; a multiple of every panel's width and of the lanes.
/// It is the same for all instruction sets, because the sum of exponentials depends on it.
const COLUMNS: usize = 256;

/// Rows for which they are computed at once.
const ROWS: usize = 64;

/// The greatest output of an affine map for each row: `ids: [rows]`, the lowest one of equals. `x: [rows,
/// k]`.
///
/// If asked for, `log_prob: [rows]` is the winner's logarithm of the softmax. The outputs themselves are
/// never all in memory.
///
/// # Panics
/// If a length does not fit, the map has no outputs or more than `u32` can count, or for the reasons of
/// [`packed_len`](crate::packed_len).
pub fn affine_argmax(
    isa: Isa,
    scratch: &mut Scratch,
    x: &[f32],
    rows: usize,
    w: &Affine<'_>,
    ids: &mut [u32],
    log_prob: Option<&mut [f32]>,
) {
    assert_eq!(x.len(), elements(rows, w.k), "inputs [{rows}, {}]", w.k);
    assert_eq!(ids.len(), rows, "an id for each row");
    assert!(w.n > 0 && u32::try_from(w.n).is_ok(), "{} outputs to choose from", w.n);
    assert!(
        log_prob.as_ref().is_none_or(|log_prob| log_prob.len() == rows),
        "a log-probability for each row"
    );
    isa.run(Argmax { scratch, x, rows, w, ids, log_prob });
}

struct Argmax<'a> {
    scratch: &'a mut Scratch,
    x: &'a [f32],
    rows: usize,
    w: &'a Affine<'a>,
    ids: &'a mut [u32],
    log_prob: Option<&'a mut [f32]>,
}

impl Job for Argmax<'_> {
    type Output = ();

    #[inline(always)]
    fn run<K: Kernel>(self, k: K) {
        const { assert!(COLUMNS.is_multiple_of(K::COLUMNS)) };
        let Argmax { scratch, x, rows, w, ids, mut log_prob } = self;
        let layout = w.layout::<K>();
        let stride = activation_stride::<K>(layout);
        let block = block_rows::<K>(rows, ROWS);
        let parts = scratch.parts::<K::Activation>(block, stride, block * COLUMNS, 0);
        for start in (0..rows).step_by(block) {
            let rows = block.min(rows - start);
            let x = &x[start * w.k..][..rows * w.k];
            let x = quantise(k, x, rows, w, parts.activations, stride, parts.row_scale);
            let ids = &mut ids[start..][..rows];
            let best = &mut parts.best[..rows];
            let sum = &mut parts.sum[..rows];
            ids.fill(0);
            best.fill(f32::NEG_INFINITY);
            sum.fill(0.0);
            for first in (0..w.n).step_by(COLUMNS) {
                let width = COLUMNS.min(w.n - first);
                product(k, &x, w, layout, first..first + width, parts.block, COLUMNS);
                for (row, logits) in parts.block.chunks_exact_mut(COLUMNS).take(rows).enumerate() {
                    let padded = width.next_multiple_of(LANES);
                    logits[width..padded].fill(f32::NEG_INFINITY);
                    let logits = logits[..padded].as_chunks().0;
                    let top = greatest(k, logits);
                    let before = best[row];
                    if top > before {
                        best[row] = top;
                        ids[row] = (first + position(logits.as_flattened(), top)) as u32;
                    }
                    if log_prob.is_some() {
                        sum[row] = sum[row] * exp_of(k, before - best[row]) + sum_exp(k, logits, best[row]);
                    }
                }
            }
            if let Some(log_prob) = &mut log_prob {
                for (out, &sum) in log_prob[start..].iter_mut().zip(&*sum) {
                    *out = -ln(sum);
                }
            }
        }
    }
}

#[inline(always)]
pub(crate) fn greatest<K: Kernel>(k: K, logits: &[[f32; LANES]]) -> f32 {
    let mut top = k.splat(f32::NEG_INFINITY);
    for chunk in logits {
        top = k.load(chunk).max(top);
    }
    top.greatest()
}

/// Where `value` is first; it is there.
#[inline(always)]
pub(crate) fn position(logits: &[f32], value: f32) -> usize {
    logits.iter().position(|&logit| logit == value).unwrap_or(0)
}

#[inline(always)]
pub(crate) fn sum_exp<K: Kernel>(k: K, logits: &[[f32; LANES]], best: f32) -> f32 {
    let best = k.splat(best);
    let mut sum = k.splat(0.0);
    for chunk in logits {
        sum = sum + quick_exp(k, k.load(chunk) - best);
    }
    sum.sum()
}

#[inline(always)]
fn exp_of<K: Kernel>(k: K, x: f32) -> f32 {
    let mut lanes = [0.0; LANES];
    quick_exp(k, k.splat(x)).store(&mut lanes);
    lanes[0]
}
