//! The CPU's form of a projection with a sketch: the scales' bits, the biases' bits, the weights row by row, and what the
//! kernels want besides.

use burn::tensor::{Bytes, DType};
use burn_flex::{FlexTensor, Layout};
use klartext_kernels::{self as kernels, Affine, Alpha, Isa, Scratch, Sketch};

use super::super::{AffineForm, SketchForm, shifted_bias};

/// Outputs that are packed at a time, a multiple of every panel's width. A browser compiles a function anew when it has been
/// called often, not while it runs.
const PART: usize = 64;

/// What a sketch is packed from; see [`pack_sketched`](crate::ops::pack_sketched).
pub(super) struct Parts<'a> {
    pub(super) weights: &'a [i8],
    pub(super) scale: &'a [f32],
    pub(super) bias: &'a [f32],
    pub(super) turn: &'a [i8],
    pub(super) basis: &'a [i8],
    pub(super) steps: &'a [f32],
    pub(super) slack: &'a [f32],
}

/// Where things begin in the tensor, in words.
struct Places {
    weights: usize,
    slack: usize,
    limits: usize,
    estimate_scale: usize,
    estimate_bias: usize,
    turn_scale: usize,
    turn_bias: usize,
    turn: usize,
    estimate: usize,
    end: usize,
}

impl Places {
    fn of(map: AffineForm, sketch: SketchForm) -> Self {
        let AffineForm { inputs: k, outputs: n, .. } = map;
        let words = |bytes: usize| bytes.div_ceil(size_of::<i32>());
        let weights = 2 * n;
        let slack = weights + words(n * kernels::sketch_stride(k));
        let limits = slack + n;
        // What follows is as well aligned as it is without them.
        let estimate_scale = limits + kernels::sketch_limits_len(n).next_multiple_of(16);
        let (estimate_bias, turn_scale) = (estimate_scale + n, estimate_scale + 2 * n);
        let (turn_bias, turn) = (turn_scale + k, turn_scale + 2 * k);
        let estimate = turn + words(kernels::packed_len(Isa::best(), k, k));
        let end = estimate + words(kernels::packed_len(Isa::best(), n, sketch.kept));
        Self {
            weights,
            slack,
            limits,
            estimate_scale,
            estimate_bias,
            turn_scale,
            turn_bias,
            turn,
            estimate,
            end,
        }
    }
}

/// Packs a projection and its sketch.
pub(super) fn pack(parts: &Parts<'_>, map: AffineForm, sketch: SketchForm) -> FlexTensor {
    let AffineForm { inputs: k, outputs: n, alpha, .. } = map;
    let (isa, places, stride) = (Isa::best(), Places::of(map, sketch), kernels::sketch_stride(k));
    let mut words = vec![0i32; places.end];
    floats(&mut words, 0, n).copy_from_slice(parts.scale);
    floats(&mut words, n, n).copy_from_slice(parts.bias);
    floats(&mut words, places.slack, n).copy_from_slice(parts.slack);
    let limits = floats(&mut words, places.limits, kernels::sketch_limits_len(n));
    kernels::sketch_limits(parts.slack, parts.bias, limits);

    let rows = bytes(&mut words, places.weights, n * stride);
    for (row, weights) in rows.chunks_exact_mut(stride).zip(parts.weights.chunks_exact(k)) {
        row[..k].copy_from_slice(weights);
    }
    let worth = alpha.unwrap_or(1.0);
    let mut steps = vec![0.0; n];
    let packed = bytes(&mut words, places.estimate, kernels::packed_len(isa, n, sketch.kept));
    estimates(parts, (k, sketch.kept), packed, &mut steps);
    for (row, (step, &scale)) in steps.into_iter().zip(parts.scale).enumerate() {
        // The estimate's activations are not shifted, so its bias is the model's.
        let weights = &parts.weights[row * k..][..k];
        let surplus = if alpha.is_some() { shifted_bias(0.0, scale, weights) } else { 0.0 };
        words[places.estimate_scale + row] = (step * (scale * worth)).to_bits().cast_signed();
        words[places.estimate_bias + row] = (parts.bias[row] - surplus).to_bits().cast_signed();
    }

    let packed = bytes(&mut words, places.turn, kernels::packed_len(isa, k, k));
    kernels::pack(isa, parts.turn, k, k, packed);
    for (row, (weights, step)) in parts.turn.chunks_exact(k).zip(parts.steps).enumerate() {
        let scale = step / worth;
        let bias = if alpha.is_some() { shifted_bias(0.0, scale, weights) } else { 0.0 };
        words[places.turn_scale + row] = scale.to_bits().cast_signed();
        words[places.turn_bias + row] = bias.to_bits().cast_signed();
    }
    let shape = [words.len()].into();
    FlexTensor::new(Bytes::from_elems(words), Layout::contiguous(shape), DType::I32)
}

/// Packs the estimates, from `kept` of `k` inputs; `steps: [n]`: what a step of each one's weights is worth.
fn estimates(parts: &Parts<'_>, (k, kept): (usize, usize), mut packed: &mut [i8], steps: &mut [f32]) {
    let isa = Isa::best();
    let mut basis = vec![0; kernels::packed_len(isa, kept, k)];
    kernels::pack(isa, parts.basis, kept, k, &mut basis);
    let (scale, bias) = (&parts.steps[k..], &vec![0.0; kept][..]);
    let basis = Affine { packed: &basis, n: kept, k, alpha: Alpha::Whole, scale, bias, relu: false };
    let (mut scratch, mut estimate) = (Scratch::new(), vec![0; PART * kept]);
    for (weights, steps) in parts.weights.chunks(PART * k).zip(steps.chunks_mut(PART)) {
        let estimate = &mut estimate[..steps.len() * kept];
        kernels::sketch_estimates(isa, &mut scratch, weights, &basis, estimate, steps);
        let part = packed.split_off_mut(..kernels::packed_len(isa, steps.len(), kept));
        kernels::pack(isa, estimate, steps.len(), kept, part.expect("parts are whole panels"));
    }
}

fn floats(words: &mut [i32], at: usize, len: usize) -> &mut [f32] {
    bytemuck::cast_slice_mut(&mut words[at..at + len])
}

fn bytes(words: &mut [i32], at: usize, len: usize) -> &mut [i8] {
    &mut bytemuck::cast_slice_mut(&mut words[at..])[..len]
}

/// The weights in a tensor that [`pack`] made, `[outputs, sketch_stride(inputs)]`.
pub(super) fn weights(tensor: &FlexTensor, inputs: usize, outputs: usize) -> &[i8] {
    let words: &[i32] = tensor.as_slice().expect("packed maps are contiguous i32, as `pack` makes them");
    &bytemuck::cast_slice(&words[2 * outputs..])[..outputs * kernels::sketch_stride(inputs)]
}

/// The sketch in a tensor that [`pack`] made.
pub(super) fn view(tensor: &FlexTensor, map: AffineForm, sketch: SketchForm) -> Sketch<'_> {
    let AffineForm { inputs: k, outputs: n, alpha, .. } = map;
    let SketchForm { kept, near, rounding, spread } = sketch;
    let places = Places::of(map, sketch);
    let words: &[i32] = tensor.as_slice().expect("packed maps are contiguous i32, as `pack` makes them");
    let floats = |at: usize, len: usize| -> &[f32] { bytemuck::cast_slice(&words[at..at + len]) };
    let bytes = |at: usize, len: usize| -> &[i8] { &bytemuck::cast_slice(&words[at..])[..len] };
    let alpha = alpha.map_or(Alpha::PerRow, Alpha::Static);
    Sketch {
        weights: weights(tensor, k, n),
        n,
        k,
        alpha,
        scale: floats(0, n),
        bias: floats(n, n),
        turn: Affine {
            packed: bytes(places.turn, kernels::packed_len(Isa::best(), k, k)),
            n: k,
            k,
            alpha,
            scale: floats(places.turn_scale, k),
            bias: floats(places.turn_bias, k),
            relu: false,
        },
        estimate: Affine {
            packed: bytes(places.estimate, kernels::packed_len(Isa::best(), n, kept)),
            n,
            k: kept,
            alpha: Alpha::Half,
            scale: floats(places.estimate_scale, n),
            bias: floats(places.estimate_bias, n),
            relu: false,
        },
        slack: floats(places.slack, n),
        limits: floats(places.limits, kernels::sketch_limits_len(n)),
        near,
        rounding,
        spread,
    }
}
