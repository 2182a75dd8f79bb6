//! Random maps, shared by the tests, the example and the browser's self-check, so it needs nothing but the
//! crate.

#![allow(dead_code, reason = "each of them uses a part")]

use klartext_kernels::*;

/// A small generator of numbers (SplitMix64): the same everywhere.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    /// Numbers between -1 and 1.
    pub(crate) fn floats(&mut self, len: usize) -> Vec<f32> {
        (0..len).map(|_| (self.next() >> 40) as f32 / (1 << 23) as f32 - 1.0).collect()
    }

    /// Any int8 values, -128 among them.
    pub(crate) fn weights(&mut self, len: usize) -> Vec<i8> {
        (0..len).map(|_| self.next() as i8).collect()
    }
}

/// Packed weights.
pub(crate) fn packed(isa: Isa, w: &[i8], n: usize, k: usize) -> Vec<i8> {
    let mut packed = vec![1; packed_len(isa, n, k)];
    pack(isa, w, n, k, &mut packed);
    packed
}

/// A map and its sketch, which turns nothing: the first inputs are kept.
pub(crate) struct Sketched {
    pub(crate) map: Map,
    turn: Map,
    turn_packed: Vec<i8>,
    weights: Vec<i8>,
    estimate: Map,
    estimate_packed: Vec<i8>,
    /// `[n]`.
    slack: Vec<f32>,
    limits: Vec<f32>,
}

impl Sketched {
    const NEAR: f32 = 0.05;
    const ROUNDING: f32 = 2.0;

    /// `kept` of the map's inputs make the estimates.
    pub(crate) fn new(isa: Isa, map: Map, kept: usize) -> Self {
        let (n, k) = (map.n, map.k);
        let alpha = if let Alpha::Static(alpha) = map.alpha { alpha } else { 1.0 };
        let unit = |rows: usize| (0..rows * k).map(|i| if i % k == i / k { 127 } else { 0 }).collect();
        let turn = Map::new(k, k, unit(k), map.alpha, vec![1.0 / (127.0 * alpha); k], vec![0.0; k], false);
        let mut weights = vec![0; n * sketch_stride(k)];
        for (row, weights) in weights.chunks_exact_mut(sketch_stride(k)).enumerate() {
            weights[..k].copy_from_slice(&map.w[row * k..][..k]);
        }
        let (mut rounded, mut steps) = (vec![0; n * kept], vec![0.0; n]);
        let basis =
            Map::new(kept, k, unit(kept), Alpha::Whole, vec![1.0 / 127.0; kept], vec![0.0; kept], false);
        let basis_packed = packed(isa, &basis.w, kept, k);
        let mut scratch = Scratch::new();
        sketch_estimates(isa, &mut scratch, &map.w, &basis.with(&basis_packed), &mut rounded, &mut steps);
        let worth: Vec<f32> = map.scale.iter().map(|scale| scale * alpha).collect();
        let slack = |row: usize| {
            let square = |(input, &weight): (usize, &i8)| {
                let is_kept = input < kept;
                let value = if is_kept { f32::from(rounded[row * kept + input]) * steps[row] } else { 0.0 };
                let left = (f32::from(weight) - value) / if is_kept { Self::NEAR } else { 1.0 };
                left.powi(2) + (value / Self::ROUNDING).powi(2)
            };
            let sum: f32 = map.w[row * k..][..k].iter().enumerate().map(square).sum();
            1.000_01 * worth[row] * sum.sqrt()
        };
        let slack: Vec<f32> = (0..n).map(slack).collect();
        let scale = steps.iter().zip(&worth).map(|(step, worth)| step * worth).collect();
        let estimate = Map::new(n, kept, rounded, Alpha::Half, scale, map.bias.clone(), false);
        let turn_packed = packed(isa, &turn.w, k, k);
        let estimate_packed = packed(isa, &estimate.w, n, kept);
        let limits = vec![0.0; sketch_limits_len(n)];
        let mut sketched =
            Self { map, turn, turn_packed, weights, estimate, estimate_packed, slack: Vec::new(), limits };
        sketched.set_slack(slack);
        sketched
    }

    /// The slack of each output.
    pub(crate) fn slack(&self) -> &[f32] {
        &self.slack
    }

    /// Gives each output another slack.
    pub(crate) fn set_slack(&mut self, slack: Vec<f32>) {
        sketch_limits(&slack, &self.map.shifted, &mut self.limits);
        self.slack = slack;
    }

    /// The sketch of the kernels.
    pub(crate) fn sketch(&self) -> Sketch<'_> {
        Sketch {
            weights: &self.weights,
            n: self.map.n,
            k: self.map.k,
            alpha: self.map.alpha,
            scale: &self.map.scale,
            bias: &self.map.shifted,
            turn: self.turn.with(&self.turn_packed),
            estimate: self.estimate.with(&self.estimate_packed),
            slack: &self.slack,
            limits: &self.limits,
            near: Self::NEAR,
            rounding: Self::ROUNDING,
            spread: 1.1,
        }
    }

    /// The best outputs for `x: [rows, k]`, their log-probabilities, and how many outputs were computed.
    pub(crate) fn best(&self, isa: Isa, x: &[f32], rows: usize) -> (Vec<u32>, Vec<f32>, usize) {
        let (mut scratch, sketch) = (Scratch::new(), self.sketch());
        let (mut ids, mut log_prob) = (vec![u32::MAX; rows], vec![f32::NAN; rows]);
        let computed = sketch_argmax(isa, &mut scratch, x, rows, &sketch, &mut ids, Some(&mut log_prob));
        let mut without = vec![u32::MAX; rows];
        sketch_argmax(isa, &mut scratch, x, rows, &sketch, &mut without, None);
        assert_eq!(ids, without, "the log-probabilities must not change the choice");
        (ids, log_prob, computed)
    }
}

/// An affine map with all that it needs.
pub(crate) struct Map {
    /// Outputs.
    pub(crate) n: usize,
    /// Inputs.
    pub(crate) k: usize,
    /// `[n, k]`.
    pub(crate) w: Vec<i8>,
    /// How inputs are quantised.
    pub(crate) alpha: Alpha,
    /// `[n]`.
    pub(crate) scale: Vec<f32>,
    /// `[n]`, the map's own.
    pub(crate) bias: Vec<f32>,
    /// `[n]`, as the kernels want it.
    shifted: Vec<f32>,
    /// Whether negative results become 0.
    pub(crate) relu: bool,
}

impl Map {
    /// Any weights, with outputs of about ± 1.
    pub(crate) fn random(random: &mut Random, n: usize, k: usize) -> Map {
        let w = random.weights(n * k);
        let (alpha, factor) =
            if random.below(2) == 0 { (Alpha::Static(100.0), 0.01) } else { (Alpha::PerRow, 1.0) };
        let scale = random.floats(n).iter().map(|x| (1.1 + x) * factor / 128.0).collect();
        Map::new(n, k, w, alpha, scale, random.floats(n), random.below(2) == 0)
    }

    /// A map with `bias` as its own.
    pub(crate) fn new(
        n: usize,
        k: usize,
        w: Vec<i8>,
        alpha: Alpha,
        scale: Vec<f32>,
        bias: Vec<f32>,
        relu: bool,
    ) -> Map {
        let mut shifted = bias.clone();
        if let Alpha::Static(_) = alpha {
            for (row, (bias, &scale)) in shifted.iter_mut().zip(&scale).enumerate() {
                *bias = shifted_bias(*bias, scale, &w[row * k..][..k]);
            }
        }
        Map { n, k, w, alpha, scale, bias, shifted, relu }
    }

    /// The same map with another multiplier.
    pub(crate) fn with_alpha(self, alpha: Alpha) -> Map {
        Map::new(self.n, self.k, self.w, alpha, self.scale, self.bias, self.relu)
    }

    /// The map with packed weights.
    pub(crate) fn with<'a>(&'a self, packed: &'a [i8]) -> Affine<'a> {
        let Map { n, k, alpha, ref scale, shifted: ref bias, relu, .. } = *self;
        Affine { packed, n, k, alpha, scale, bias, relu }
    }

    /// The results for `x: [rows, k]`.
    pub(crate) fn apply(&self, isa: Isa, scratch: &mut Scratch, x: &[f32], rows: usize) -> Vec<f32> {
        let packed = packed(isa, &self.w, self.n, self.k);
        let mut out = vec![f32::NAN; rows * self.n];
        affine(isa, scratch, x, rows, &self.with(&packed), &mut out);
        out
    }

    /// The best outputs for `x: [rows, k]`, and their log-probabilities.
    pub(crate) fn best(
        &self,
        isa: Isa,
        scratch: &mut Scratch,
        x: &[f32],
        rows: usize,
    ) -> (Vec<u32>, Vec<f32>) {
        let packed = packed(isa, &self.w, self.n, self.k);
        let (mut ids, mut log_prob) = (vec![u32::MAX; rows], vec![f32::NAN; rows]);
        affine_argmax(isa, scratch, x, rows, &self.with(&packed), &mut ids, Some(&mut log_prob));
        let mut without = vec![u32::MAX; rows];
        affine_argmax(isa, scratch, x, rows, &self.with(&packed), &mut without, None);
        assert_eq!(ids, without, "the log-probabilities must not change the choice");
        (ids, log_prob)
    }
}
