//! The greatest output of an affine map, found without computing all of them.
//!
//! The inputs are turned into a basis in which few of them matter, and the outputs' weights likewise: z = G x,
//! v = G⁻ᵀ w, so that x·w = z·v. Each output is *estimated* from the first `kept` of these, in small integers. What the
//! estimate leaves out is a product of two vectors again, and no greater than the product of their lengths
//! (Cauchy and Schwarz): the row's `reach`, computed with it, and the output's `slack`, known before. So
//! estimate + reach · slack is a bound, and an output whose bound is below another output is not the greatest.
//! The few that remain are computed as [`affine`](crate::affine) does, bit by bit, and the result is the same.
//!
//! A row's reach is √(near² Σ z_kept² + Σ z_rest² + (rounding · |z_kept − what it was rounded to|)²). The slack
//! belongs to it: with e = what of v the rounding leaves out, √(Σ e_kept² / near² + Σ v_rest² + (|v̂| / rounding)²),
//! where v̂ is what it keeps.

use std::array;

use crate::affine::{
    Affine, Alpha, affine, block_rows, greatest_magnitude, limited, multiplier, product, quantise, usable,
};
use crate::argmax::{greatest, position, sum_exp};
use crate::kernel::{Job, Kernel, LANES, Lanes, ROUND, SHIFT};
use crate::math::{ln, quick_exp};
use crate::packed::activation_stride;
use crate::scratch::Scratch;
use crate::{Isa, elements};

/// Outputs that are looked at together: where none of them can be the greatest, they are not looked at one by one. The one
/// with the best estimate may be computed first; the best of four such is what others have to reach.
const BLOCK: usize = 64;

/// Rows that are estimated at once; their estimates have to stay in a cache.
const ROWS: usize = 16;

/// Of the estimates whose outputs are not computed, one of so many sixteens is looked at for the log-probability.
const SAMPLE: usize = 8;

/// What the rounding of floats may do, in parts of the numbers that are rounded, which are rounded some dozen times, to 24
/// bits: those of a reach, and the biases and outputs that a limit is for.
const MARGIN: f32 = 1.0 / 65_536.0;

/// An affine map with what its outputs can be estimated from.
#[derive(Clone, Copy)]
pub struct Sketch<'a> {
    /// The map's weights, `[n, sketch_stride(k)]`, one output behind the other.
    pub weights: &'a [i8],
    /// Outputs.
    pub n: usize,
    /// Inputs.
    pub k: usize,
    /// See [`Affine::alpha`]; that of `turn` is the same.
    pub alpha: Alpha,
    /// See [`Affine::scale`].
    pub scale: &'a [f32],
    /// See [`Affine::bias`].
    pub bias: &'a [f32],
    /// G, from `k` to `k`.
    pub turn: Affine<'a>,
    /// The estimates, from `kept` to `n`, with [`Alpha::Half`].
    pub estimate: Affine<'a>,
    /// `[n]`.
    pub slack: &'a [f32],
    /// What [`sketch_limits`] says of `slack` and `bias`.
    pub limits: &'a [f32],
    /// How much of what is kept is in the reach.
    pub near: f32,
    /// How much of what rounding takes from it is.
    pub rounding: f32,
    /// How much greater the exponentials of the outputs are, on average, than those of their estimates: these err to
    /// both sides alike, but exponentials do not.
    pub spread: f32,
}

/// From one output's weights to the next in [`Sketch::weights`]; zeros are behind the first `k`.
#[must_use]
pub fn sketch_stride(k: usize) -> usize {
    k.next_multiple_of(LANES)
}

/// The largest magnitude of the biases of `n` outputs, and then the largest slack of each block of them. `slack`, `bias:
/// [n]`; `limits: [sketch_limits_len(n)]`.
///
/// # Panics
/// If a length does not fit.
pub fn sketch_limits(slack: &[f32], bias: &[f32], limits: &mut [f32]) {
    assert_eq!((slack.len(), limits.len()), (bias.len(), sketch_limits_len(bias.len())), "limits");
    limits[0] = bias.iter().fold(0.0, |most, bias| bias.abs().max(most));
    for (limit, slack) in limits[1..].iter_mut().zip(slack.chunks(BLOCK)) {
        *limit = slack.iter().copied().fold(0.0, f32::max);
    }
}

/// How many numbers [`sketch_limits`] writes for `n` outputs.
#[must_use]
pub fn sketch_limits_len(n: usize) -> usize {
    1 + n.div_ceil(BLOCK)
}

/// As [`affine_argmax`](crate::affine_argmax), with the same `ids`. The log-probabilities are estimates: exact for the
/// outputs that may be the greatest, and from some of the estimates for the others. Returns how many outputs were
/// computed because of their bounds, of all rows.
///
/// # Panics
/// If a length or an alpha does not fit, nothing is kept, or for the reasons of [`packed_len`](crate::packed_len).
pub fn sketch_argmax(
    isa: Isa,
    scratch: &mut Scratch,
    x: &[f32],
    rows: usize,
    w: &Sketch<'_>,
    ids: &mut [u32],
    log_prob: Option<&mut [f32]>,
) -> usize {
    let Sketch { weights, n, k, scale, bias, slack, ref turn, ref estimate, .. } = *w;
    assert_eq!(x.len(), elements(rows, k), "inputs [{rows}, {k}]");
    assert_eq!(weights.len(), elements(n, sketch_stride(k)), "weights [{n}, {k}]");
    assert_eq!((scale.len(), bias.len(), slack.len()), (n, n, n), "numbers for each output");
    assert_eq!(w.limits.len(), sketch_limits_len(n), "limits of the outputs");
    assert_eq!((turn.k, turn.n, estimate.n), (k, k, n), "inputs and outputs of the sketch");
    assert_eq!((turn.alpha, estimate.alpha), (w.alpha, Alpha::Half), "alphas of the sketch");
    assert!(!turn.relu && !estimate.relu, "a sketch is linear");
    assert!((1..=k).contains(&estimate.k), "{} of {k} are kept", estimate.k);
    assert_eq!(ids.len(), rows, "an id for each row");
    assert!(n > 0 && u32::try_from(n).is_ok(), "{n} outputs to choose from");
    assert!(
        log_prob.as_ref().is_none_or(|log_prob| log_prob.len() == rows),
        "a log-probability for each row"
    );
    isa.run(Argmax { scratch, x, rows, w, ids, log_prob })
}

struct Argmax<'a> {
    scratch: &'a mut Scratch,
    x: &'a [f32],
    rows: usize,
    w: &'a Sketch<'a>,
    ids: &'a mut [u32],
    log_prob: Option<&'a mut [f32]>,
}

impl Job for Argmax<'_> {
    type Output = usize;

    #[inline(always)]
    fn run<K: Kernel>(self, k: K) -> usize {
        let Argmax { scratch, x, rows, w, ids, mut log_prob } = self;
        let (kept, width) = (w.estimate.k, w.n.next_multiple_of(LANES));
        let (turn_layout, layout) = (w.turn.layout::<K>(), w.estimate.layout::<K>());
        let (turn_stride, stride) = (activation_stride::<K>(turn_layout), activation_stride::<K>(layout));
        let block = block_rows::<K>(rows, ROWS);
        let floats = block * (w.k + kept + width) + width + w.n.div_ceil(BLOCK);
        let parts = scratch.parts::<K::Activation>(block, turn_stride, floats, width);
        let (turned, rest) = parts.block.split_at_mut(block * w.k);
        let (near, rest) = rest.split_at_mut(block * kept);
        let (estimates, rest) = rest.split_at_mut(block * width);
        let (outputs, tops) = rest.split_at_mut(width);
        let quantised = &mut parts.row[..sketch_stride(w.k)];
        let mut all_computed = 0;
        for start in (0..rows).step_by(block) {
            let rows = block.min(rows - start);
            let x = &x[start * w.k..][..rows * w.k];
            let all = quantise(k, x, rows, &w.turn, parts.activations, turn_stride, parts.row_scale);
            product(k, &all, &w.turn, turn_layout, 0..w.k, turned, w.k);
            for (near, turned) in near.chunks_exact_mut(kept).zip(turned.chunks_exact(w.k)).take(rows) {
                near.copy_from_slice(&turned[..kept]);
            }
            let near = &near[..rows * kept];
            let all = quantise(k, near, rows, &w.estimate, parts.activations, stride, parts.row_scale);
            product(k, &all, &w.estimate, layout, 0..w.n, estimates, width);
            for row in 0..rows {
                let estimates = &mut estimates[row * width..][..width];
                estimates[w.n..].fill(f32::NEG_INFINITY);
                let reach = reach(k, &turned[row * w.k..][..w.k], w);
                let mut row_scale = 0.0;
                quantise_row(k, &x[row * w.k..][..w.k], w.alpha, quantised, &mut row_scale);
                let this = Row { x: quantised, row_scale, w, reach };
                let Found { id, best, computed } = this.search(k, estimates, tops, parts.ids, outputs);
                ids[start + row] = id;
                all_computed += computed;
                if let Some(log_prob) = &mut log_prob {
                    let whole = computed.next_multiple_of(LANES);
                    outputs[computed..whole].fill(f32::NEG_INFINITY);
                    log_prob[start + row] = this.log_prob(k, best, estimates, &outputs[..whole]);
                }
            }
        }
        all_computed
    }
}

/// A row and what it is looked for in.
struct Row<'a> {
    /// The quantised inputs, shifted if the map wants it.
    x: &'a [i16],
    row_scale: f32,
    w: &'a Sketch<'a>,
    reach: f32,
}

/// The best output of a row.
struct Found {
    id: u32,
    best: f32,
    /// How many outputs were computed because of their bounds.
    computed: usize,
}

impl Row<'_> {
    /// What [`affine`](crate::affine) computes, for some outputs.
    #[inline(always)]
    fn outputs<K: Kernel>(&self, k: K, ids: [u32; 4]) -> [f32; 4] {
        let ids = ids.map(|id| id as usize);
        let weights = ids.map(|id| self.w.weights[id * self.x.len()..][..self.x.len()].as_ptr());
        // SAFETY: they are slices of one length, which is a multiple of sixteen.
        let sums = unsafe { k.dots(self.x.as_ptr(), weights, self.x.len()) };
        array::from_fn(|i| (sums[i] as f32 * self.row_scale) * self.w.scale[ids[i]] + self.w.bias[ids[i]])
    }

    /// Below this a bound says that the output is not the greatest, if `best` is one.
    #[inline(always)]
    fn limit(&self, best: f32) -> f32 {
        best - MARGIN * (best.abs() + self.w.limits[0])
    }

    /// The greatest output, the first of equals. The outputs that had to be computed go to the front of `outputs`, and
    /// their estimates become minus infinity; both are whole sixteens. `tops` has room for a number for each block.
    #[inline(always)]
    fn search<K: Kernel>(
        &self,
        k: K,
        estimates: &mut [f32],
        tops: &mut [f32],
        ids: &mut [u32],
        outputs: &mut [f32],
    ) -> Found {
        // First which, then what they are: so one product need not wait for the decision about another.
        let (probed, reached) = self.probe(k, estimates, tops);
        let limit = self.limit(reached);
        let (lanes, reach, mut count) = (k.splat(limit), k.splat(self.reach), 0);
        let blocks = estimates.chunks_mut(BLOCK).zip(tops).zip(&self.w.limits[1..]).enumerate();
        for (block, ((estimates, &mut top), &slack)) in blocks {
            // Rounding is monotonic, so no bound in the block is above this one.
            if top + self.reach * slack < limit {
                continue;
            }
            for (chunk, estimates) in estimates.as_chunks_mut().0.iter_mut().enumerate() {
                let first = block * BLOCK + chunk * LANES;
                let slack = k.read(&self.w.slack[first..]);
                let mut open = (k.load(estimates) + reach * slack).not_below(lanes);
                while open != 0 {
                    let lane = open.trailing_zeros() as usize;
                    open &= open - 1;
                    estimates[lane] = f32::NEG_INFINITY;
                    ids[count] = (first + lane) as u32;
                    count += 1;
                }
            }
        }
        // Behind the last output there may be some that are none.
        while count > 0 && ids[count - 1] as usize >= self.w.n {
            count -= 1;
        }
        if count == 0 {
            // Of a true sketch the bound of what was probed is not below it.
            return Found { id: probed, best: reached, computed: 0 };
        }
        let mut found = Found { id: 0, best: f32::NEG_INFINITY, computed: count };
        for (ids, out) in ids[..count].chunks(4).zip(outputs.chunks_mut(4)) {
            let four = self.outputs(k, array::from_fn(|i| ids[i.min(ids.len() - 1)]));
            out.copy_from_slice(&four);
            for (&id, output) in ids.iter().zip(four) {
                if output > found.best {
                    (found.id, found.best) = (id, output);
                }
            }
        }
        found
    }

    /// An output that is probably about the greatest, and what it is. The greatest estimate of each block goes to `tops`.
    #[inline(always)]
    fn probe<K: Kernel>(&self, k: K, estimates: &[f32], tops: &mut [f32]) -> (u32, f32) {
        let mut best = [(f32::NEG_INFINITY, 0); 4];
        for ((block, estimates), top) in estimates.chunks(BLOCK).enumerate().zip(tops) {
            *top = greatest(k, estimates.as_chunks().0);
            let mut entry = (*top, block);
            for best in &mut best {
                if entry.0 > best.0 {
                    std::mem::swap(best, &mut entry);
                }
            }
        }
        let ids = best.map(|(top, block)| {
            let estimates = &estimates[block * BLOCK..];
            let place = block * BLOCK + position(&estimates[..BLOCK.min(estimates.len())], top);
            // Where there are fewer blocks, some of the four are minus infinity, as are those behind the last output.
            place.min(self.w.n - 1) as u32
        });
        let outputs = ids.into_iter().zip(self.outputs(k, ids));
        outputs.fold((0, f32::NEG_INFINITY), |best, found| if found.1 > best.1 { found } else { best })
    }

    /// The logarithm of the greatest output's probability, after the search; `outputs` are those that it computed, in whole
    /// sixteens.
    #[inline(always)]
    fn log_prob<K: Kernel>(&self, k: K, best: f32, estimates: &[f32], outputs: &[f32]) -> f32 {
        let (chunks, mut others) = (estimates.as_chunks().0, k.splat(0.0));
        let best_lanes = k.splat(best);
        // Not the first ones: those are of the most frequent pieces, and like no others.
        let sample = chunks.iter().skip((SAMPLE / 2).min(chunks.len() - 1)).step_by(SAMPLE);
        let share = chunks.len() as f32 / sample.len() as f32;
        for chunk in sample {
            others = others + quick_exp(k, k.load(chunk) - best_lanes);
        }
        -ln(sum_exp(k, outputs.as_chunks().0, best) + self.w.spread * share * others.sum())
    }
}

/// The length of what a row's estimates leave out; `turned: [k]`.
#[inline(always)]
fn reach<K: Kernel>(k: K, turned: &[f32], w: &Sketch<'_>) -> f32 {
    let (kept, rest) = turned.split_at(w.estimate.k);
    // As `quantise` does, which keeps only the scale.
    let mut row_scale = 0.0;
    let alpha = multiplier(k, kept, w.estimate.alpha, &mut row_scale);
    let round = k.splat(ROUND);
    let (mut near, mut rounded, mut far) = (k.splat(0.0), k.splat(0.0), k.splat(0.0));
    for at in (0..kept.len()).step_by(LANES) {
        let z = k.read(&kept[at..]);
        let lost = z - ((limited(k, z, alpha) + round) - round) * k.splat(row_scale);
        near = near + z * z;
        rounded = rounded + lost * lost;
    }
    for at in (0..rest.len()).step_by(LANES) {
        let z = k.read(&rest[at..]);
        far = far + z * z;
    }
    let (near_part, rounded_part) = (w.near * w.near, w.rounding * w.rounding);
    (near_part * near.sum() + far.sum() + rounded_part * rounded.sum()).sqrt() * (1.0 + MARGIN)
}

/// A row's inputs as the map's product takes them; zeros behind them.
#[inline(always)]
fn quantise_row<K: Kernel>(k: K, x: &[f32], alpha: Alpha, out: &mut [i16], row_scale: &mut f32) {
    let shift = if matches!(alpha, Alpha::Static(_)) { SHIFT as i16 } else { 0 };
    let alpha = multiplier(k, x, alpha, row_scale);
    for (at, out) in out.as_chunks_mut::<LANES>().0.iter_mut().enumerate() {
        let mut lanes = [0.0; LANES];
        (limited(k, k.read(&x[at * LANES..]), alpha) + k.splat(ROUND)).store(&mut lanes);
        *out = lanes.map(|lane| lane.to_bits() as i16 + shift);
    }
}

/// The largest magnitude of an estimate's weights. Greater ones would be a little more exact; but with these, rounds nearly
/// always fit, see [`Kernel::fits`]. The slacks of a model file are for just this rounding: another one would need another
/// version of its sketch.
const MOST: f32 = 63.0;

/// The estimates' weights: `v̂ = basis · weights` for each output, rounded by a scale of its own to integers of at most 63.
///
/// `weights: [n, k]`, within ±127; `basis`: from `k` to `kept`, with [`Alpha::Whole`] and no biases; `out: [n, kept]`,
/// `scale: [n]`: what a step of `out` is worth. Every float is rounded once for each operation, so that what a sketch was
/// made for is what comes out.
///
/// # Panics
/// If a length does not fit, or for the reasons of [`packed_len`](crate::packed_len).
pub fn sketch_estimates(
    isa: Isa,
    scratch: &mut Scratch,
    weights: &[i8],
    basis: &Affine<'_>,
    out: &mut [i8],
    scale: &mut [f32],
) {
    assert_eq!(basis.alpha, Alpha::Whole, "weights are whole numbers");
    assert_eq!(out.len(), elements(scale.len(), basis.n), "estimates [{}, {}]", scale.len(), basis.n);
    let x: Vec<f32> = weights.iter().map(|&weight| weight.into()).collect();
    let mut turned = vec![0.0; out.len()];
    affine(isa, scratch, &x, scale.len(), basis, &mut turned);
    isa.run(Round { turned: &turned, kept: basis.n, out, scale });
}

struct Round<'a> {
    turned: &'a [f32],
    kept: usize,
    out: &'a mut [i8],
    scale: &'a mut [f32],
}

impl Job for Round<'_> {
    type Output = ();

    #[inline(always)]
    fn run<K: Kernel>(self, k: K) {
        let Round { turned, kept, out, scale } = self;
        if kept == 0 {
            scale.fill(0.0);
            return;
        }
        for ((turned, out), scale) in turned.chunks_exact(kept).zip(out.chunks_exact_mut(kept)).zip(scale) {
            let alpha = k.splat(usable(MOST / greatest_magnitude(k, turned), scale));
            for (turned, out) in turned.chunks(LANES).zip(out.chunks_mut(LANES)) {
                let mut lanes = [0.0; LANES];
                let limited = (k.read(turned) * alpha).max(k.splat(-MOST)).min(k.splat(MOST));
                (limited + k.splat(ROUND)).store(&mut lanes);
                // The integer is in the last bits.
                out.iter_mut().zip(lanes).for_each(|(out, lane)| *out = lane.to_bits() as i8);
            }
        }
    }
}
