//! Every operation of a device against its plain burn composition on the CPU, on random shapes.
//!
//! What may differ: the order of float sums and the last bits of exponentials, which is what the tolerance is for; and the
//! rounding to 8 bits of numbers that themselves differ a little. One that rounds the other way, a *flip*, moves the
//! outputs of a map by up to a step of its weights. Operations with a map behind other arithmetic may have some.

mod sketched;

use std::ops::Range;

use burn::tensor::{DType, Device, Int, Tensor, TensorData};
use model_core::nn::MAX_LENGTH;
use model_core::ops::{
    self, AffineForm, CrossAttentionForm, EmbedForm, FeedForwardForm, NO_PIECE, RECORD_HEAD,
    SelfAttentionForm, reference,
};

/// How many flips a number may have suffered, those of a normalisation's divisor included.
const FLIPS: f32 = 6.0;

/// Checks all operations on random shapes of the kind that models have.
pub(crate) async fn check_all(device: &Device, tolerance: f32) {
    let mut checks = Checks::new(device, tolerance, 1);
    for round in 0..12 {
        let (dim, heads) = (checks.random.one_of(&[32, 64, 256]), checks.random.one_of(&[2, 8]));
        let ffn = checks.random.one_of(&[32, 96, 1024]);
        let (rows, vocab) = (1 + checks.random.below(69), 300 + checks.random.below(1700));
        let longest = 1 + checks.random.below(50);
        let alpha = (round % 3 != 0).then(|| 20.0 + checks.random.below(60) as f32);
        checks.affine(rows, dim, 3 * dim, alpha, round % 2 == 0).await;
        checks.project(rows, dim, vocab, alpha).await;
        checks.sketch(rows, dim, vocab, dim / 2, alpha).await;
        checks.embed(rows, vocab, dim).await;
        checks.ssru_norm(rows, dim).await;
        checks.attention(dim, heads, alpha).await;
        checks.feed_forward(rows, dim, ffn, alpha).await;
        checks.record(rows, longest).await;
        checks.select(rows, dim).await;
        checks.place(rows, dim).await;
    }
    checks.equal_outputs().await;
}

/// Checks all operations on shapes of models that the GPU's kernels do, and what those do at the edges.
pub(crate) async fn check_gpu(device: &Device, tolerance: f32) {
    let mut checks = Checks::new(device, tolerance, 3);
    for (rows, dim, heads, ffn, vocab) in [
        (1, 256, 8, 768, 1500),
        (2, 32, 2, 32, 300),
        (5, 64, 8, 96, 1024),
        (37, 256, 8, 1536, 2047),
        (64, 512, 8, 2048, 400),
    ] {
        let alpha = Some(20.0 + 7.0 * rows as f32 % 60.0);
        for relu in [false, true] {
            checks.affine(rows, dim, 3 * dim, alpha, relu).await;
        }
        checks.affine(rows, dim, 33, alpha, false).await;
        checks.project(rows, dim, vocab, alpha).await;
        checks.sketch(rows, dim, vocab, dim / 2, alpha).await;
        checks.take(rows, dim, vocab, vec![1, 5, 17, 18, 200, 299]).await;
        checks.embed(rows, vocab, dim).await;
        checks.ssru_norm(rows, dim).await;
        checks.attention(dim, heads, alpha).await;
        checks.feed_forward(rows, dim, ffn, alpha).await;
        checks.record(rows, 3 + rows).await;
        checks.select(rows, dim).await;
        checks.place(rows, dim).await;
    }
    checks.equal_outputs().await;
}

/// The numbers of a tensor, wherever they are: a browser's GPU gives none at once.
async fn floats<const D: usize>(x: Tensor<D>) -> Vec<f32> {
    x.into_data_async().await.expect("the device answers").iter().collect()
}

/// The same for whole numbers.
async fn ints<const D: usize>(x: Tensor<D, Int>) -> Vec<i32> {
    x.into_data_async().await.expect("the device answers").iter().collect()
}

/// A small generator of repeatable numbers (xorshift).
pub(crate) struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub(crate) fn below(&mut self, limit: usize) -> usize {
        ((self.next() >> 16) % limit as u64) as usize
    }

    fn one_of(&mut self, choices: &[usize]) -> usize {
        choices[self.below(choices.len())]
    }

    /// `len` numbers in −`limit`..`limit`.
    fn floats(&mut self, len: usize, limit: f32) -> Vec<f32> {
        (0..len).map(|_| ((self.next() >> 40) as f32 / (1u64 << 23) as f32 - 1.0) * limit).collect()
    }
}

/// Numbers in the memory of the test, to be brought to either device.
#[derive(Clone)]
struct Floats<const D: usize>(Vec<f32>, [usize; D]);

impl<const D: usize> Floats<D> {
    fn on(&self, device: &Device) -> Tensor<D> {
        Tensor::from_data(TensorData::new(self.0.clone(), self.1), device)
    }

    fn plain(&self) -> Tensor<D> {
        self.on(&Device::flex())
    }
}

#[derive(Clone)]
struct Ints<const D: usize>(Vec<i32>, [usize; D]);

impl<const D: usize> Ints<D> {
    fn on(&self, device: &Device) -> Tensor<D, Int> {
        Tensor::from_data(TensorData::new(self.0.clone(), self.1), (device, DType::I32))
    }

    fn plain(&self) -> Tensor<D, Int> {
        self.on(&Device::flex())
    }
}

/// An affine map that keeps about the size of its inputs.
struct Map {
    form: AffineForm,
    weights: Vec<i8>,
    scale: Floats<1>,
    bias: Floats<1>,
    /// What one input that rounds the other way may change, if inputs are below about 4.
    flip: f32,
}

impl Map {
    fn random(random: &mut Random, form: AffineForm) -> Self {
        let AffineForm { inputs: k, outputs: n, alpha, .. } = form;
        let weights: Vec<i8> = (0..n * k).map(|_| (random.below(255) as i32 - 127) as i8).collect();
        // 73 is the standard deviation of the weights.
        let unit = 1.0 / (73.0 * (k as f32).sqrt());
        let scale = unit / alpha.unwrap_or(1.0);
        let scale: Vec<f32> = random.floats(n, 0.2).into_iter().map(|part| scale * (1.0 + part)).collect();
        let mut bias = random.floats(n, 0.5);
        if alpha.is_some() {
            for ((bias, &scale), row) in bias.iter_mut().zip(&scale).zip(weights.chunks_exact(k)) {
                *bias = ops::shifted_bias(*bias, scale, row);
            }
        }
        let flip = 127.0 * unit * alpha.map_or(4.0 / 127.0, |alpha| 1.0 / alpha);
        Self { form, weights, scale: Floats(scale, [n]), bias: Floats(bias, [n]), flip }
    }

    fn packed(&self, device: &Device) -> Tensor<1, Int> {
        let shape = [self.form.outputs, self.form.inputs];
        let weights = Tensor::from_data(TensorData::new(self.weights.clone(), shape), (device, DType::I8));
        ops::pack(weights, self.scale.on(device), self.bias.on(device), self.form)
    }

    fn weights(&self) -> Floats<2> {
        let floats = self.weights.iter().map(|&weight| f32::from(weight)).collect();
        Floats(floats, [self.form.outputs, self.form.inputs])
    }

    fn plain(&self) -> reference::Map {
        let (scale, bias) = (self.scale.plain(), self.bias.plain());
        reference::Map { weights: self.weights().plain(), scale, bias }
    }
}

/// What the checks share.
pub(crate) struct Checks<'a> {
    device: &'a Device,
    tolerance: f32,
    pub(crate) random: Random,
}

impl<'a> Checks<'a> {
    pub(crate) fn new(device: &'a Device, tolerance: f32, seed: u64) -> Self {
        Self { device, tolerance, random: Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1) }
    }

    fn floats<const D: usize>(&mut self, shape: [usize; D], limit: f32) -> Floats<D> {
        Floats(self.random.floats(shape.iter().product(), limit), shape)
    }

    fn form(inputs: usize, outputs: usize, alpha: Option<f32>) -> AffineForm {
        AffineForm { inputs, outputs, alpha, relu: false }
    }

    fn map(&mut self, form: AffineForm) -> Map {
        Map::random(&mut self.random, form)
    }

    /// Inputs whose product with a whole alpha is exact, ties included, and beyond ±127 now and then.
    fn inputs(&mut self, rows: usize, width: usize) -> Floats<2> {
        let mut x = self.floats([rows, width], 3.0);
        for value in &mut x.0 {
            *value = (*value * 64.0).round() / 64.0;
        }
        x
    }

    fn norm(&mut self, dim: usize) -> Floats<2> {
        let mut norm = self.floats([2, dim], 0.3);
        norm.0[..dim].iter_mut().for_each(|scale| *scale += 1.0);
        norm
    }

    async fn close<const D: usize>(&self, fast: Tensor<D>, plain: Tensor<D>, flip: f32, what: &str) {
        assert_eq!(fast.dims(), plain.dims(), "{what}: shape");
        let (fast, plain) = (floats(fast).await, floats(plain).await);
        for (index, (fast, plain)) in fast.into_iter().zip(plain).enumerate() {
            let allowed = self.tolerance * plain.abs().max(1.0) + FLIPS * flip;
            assert!((fast - plain).abs() <= allowed, "{what}[{index}]: {fast} and {plain}");
        }
    }

    pub(crate) async fn affine(
        &mut self,
        rows: usize,
        inputs: usize,
        outputs: usize,
        alpha: Option<f32>,
        relu: bool,
    ) {
        let form = AffineForm { relu, ..Self::form(inputs, outputs, alpha) };
        let (x, map) = (self.inputs(rows, inputs), self.map(form));
        let fast = ops::affine(x.on(self.device), map.packed(self.device), form);
        let plain = reference::affine(x.plain(), map.plain(), form);
        // Without an alpha inputs are divided by what they have in common, and not all devices divide alike.
        let flip = if alpha.is_some() { 0.0 } else { map.flip };
        self.close(fast, plain, flip, &format!("affine {rows}×{inputs}×{outputs} {alpha:?} {relu}")).await;
    }

    pub(crate) async fn project(&mut self, rows: usize, inputs: usize, outputs: usize, alpha: Option<f32>) {
        let form = Self::form(inputs, outputs, alpha);
        let (x, map) = (self.inputs(rows, inputs), self.map(form));
        let what = format!("project {rows}×{inputs}×{outputs} {alpha:?}");
        let (ids, log_probs) = ops::project(x.on(self.device), map.packed(self.device), form.into());
        assert_eq!((ids.dims(), log_probs.dims()), ([rows], [rows]), "{what}: shape");
        let logits = floats(reference::affine(x.plain(), map.plain(), form)).await;
        let allowed = self.tolerance + if alpha.is_some() { 0.0 } else { FLIPS * map.flip };
        let (found, log_probs) = (ints(ids).await, floats(log_probs).await);
        for (row, logits) in logits.chunks_exact(outputs).enumerate() {
            let id = usize::try_from(found[row]).expect("an id");
            let best = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            assert!(
                logits[id] >= best - 2.0 * allowed,
                "{what}: {id} has {} and the best {best}",
                logits[id]
            );
            let sum: f64 = logits.iter().map(|&logit| f64::from(logit - best).exp()).sum();
            let (log_prob, plain) = (log_probs[row], -sum.ln() as f32);
            assert!((log_prob - plain).abs() <= 3.0 * allowed, "{what}: {log_prob} and {plain}");
        }
    }

    /// Of equal outputs the first wins.
    pub(crate) async fn equal_outputs(&mut self) {
        let mut map = self.map(Self::form(32, 1500, Some(1.0)));
        map.weights.fill(0);
        map.scale.0.fill(1.0);
        map.bias.0.fill(0.0);
        let x = self.inputs(3, 32);
        let (ids, log_probs) = ops::project(x.on(self.device), map.packed(self.device), map.form.into());
        assert_eq!(ints(ids).await, [0; 3]);
        let plain = Floats(vec![-(1500f32.ln()); 3], [3]).plain();
        self.close(log_probs, plain, 0.0, "equal outputs").await;
    }

    /// What is taken from a packed map is what the map has.
    pub(crate) async fn take(&mut self, rows: usize, inputs: usize, outputs: usize, ids: Vec<i32>) {
        let form = Self::form(inputs, outputs, Some(60.0));
        let (x, map) = (self.inputs(rows, inputs), self.map(form));
        let fewer = AffineForm { outputs: ids.len(), ..form };
        let len = ids.len();
        let ids = Ints(ids, [len]).on(self.device);
        let whole = ops::affine(x.on(self.device), map.packed(self.device), form).select(1, ids.clone());
        let taken = ops::take(map.packed(self.device), ids, form.into());
        let taken = ops::affine(x.on(self.device), taken, fewer);
        assert_eq!(floats(whole).await, floats(taken).await);
    }

    pub(crate) async fn embed(&mut self, tokens: usize, pieces: usize, dim: usize) {
        let map = self.map(Self::form(dim, pieces, Some(50.0)));
        let form = EmbedForm { pieces, dim, unit: 1.0 / 299.9, sketched: false };
        let mut ids: Vec<i32> = (0..tokens).map(|_| self.random.below(pieces) as i32).collect();
        ids[tokens / 2] = NO_PIECE;
        let ids = Ints(ids, [tokens]);
        let positions = (0..tokens).map(|_| self.random.below(MAX_LENGTH) as i32).collect();
        let encoding = self.floats([MAX_LENGTH, dim], 1.0);
        let one = self.random.below(MAX_LENGTH) as i32;
        for (given, positions) in [
            (Ints(positions, [tokens]), None),
            (Ints(vec![one], [1]), Some(Ints(vec![one; tokens], [tokens]))),
        ] {
            let (table, places) = (map.packed(self.device), given.on(self.device));
            let fast = ops::embed(ids.on(self.device), places, table, encoding.on(self.device), form);
            let (table, places) = (map.weights().plain(), positions.unwrap_or(given).plain());
            let plain = reference::embed(ids.plain(), places, table, encoding.plain(), form);
            self.close(fast, plain, 0.0, &format!("embed {tokens}×{dim}")).await;
        }
    }

    pub(crate) async fn ssru_norm(&mut self, rows: usize, dim: usize) {
        let (gates, x) = (self.floats([rows, 2 * dim], 9.0), self.floats([rows, dim], 3.0));
        let (cell, norm) = (self.floats([rows, dim], 1.0), self.norm(dim));
        let (held, d) = (cell.on(self.device), self.device);
        let (out, new) = ops::ssru_norm(gates.on(d), x.on(d), held.clone(), norm.on(d));
        self.close(held, cell.plain(), 0.0, "a cell that somebody else holds").await;
        let (plain_out, plain_new) =
            reference::ssru_norm(gates.plain(), x.plain(), cell.plain(), norm.plain());
        self.close(new, plain_new, 0.0, &format!("cell {rows}×{dim}")).await;
        self.close(out, plain_out, 0.0, &format!("ssru {rows}×{dim}")).await;
        let (_, moved) = ops::ssru_norm(gates.on(d), x.on(d), cell.on(d), norm.on(d));
        let (_, plain) = reference::ssru_norm(gates.plain(), x.plain(), cell.plain(), norm.plain());
        self.close(moved, plain, 0.0, "a cell that nobody else holds").await;
    }

    /// Attention within sentences, and to sentences in any order.
    pub(crate) async fn attention(&mut self, dim: usize, heads: usize, alpha: Option<f32>) {
        let d = self.device;
        let mut sentences: Vec<Range<usize>> = Vec::new();
        for _ in 0..1 + self.random.below(6) {
            let start = sentences.last().map_or(0, |span| span.end);
            sentences.push(start..start + 1 + self.random.below(70));
        }
        let tokens = sentences.last().map_or(0, |span| span.end);
        let spans = |spans: &mut dyn Iterator<Item = &Range<usize>>| {
            let numbers: Vec<i32> = spans.flat_map(|span| [span.start as i32, span.len() as i32]).collect();
            let shape = [numbers.len() / 2, 2];
            Ints(numbers, shape)
        };
        let (q, out) = (self.map(Self::form(dim, dim, alpha)), self.map(Self::form(dim, dim, alpha)));
        let norm = self.norm(dim);

        let (qkv, x) = (self.floats([tokens, 3 * dim], 2.0), self.floats([tokens, dim], 2.0));
        let form = SelfAttentionForm { heads, out: out.form };
        let all = spans(&mut sentences.iter().flat_map(|span| std::iter::repeat_n(span, span.len())));
        let fast = ops::self_attention(qkv.on(d), x.on(d), all.on(d), out.packed(d), norm.on(d), form);
        let plain =
            reference::self_attention(qkv.plain(), x.plain(), &sentences, out.plain(), norm.plain(), form);
        self.close(
            fast,
            plain,
            out.flip,
            &format!("self-attention {tokens}×{dim}, {heads} heads, {alpha:?}"),
        )
        .await;

        let kv = self.floats([tokens, 2 * dim], 2.0);
        let rows = 1 + self.random.below(69);
        // Some sentences twice.
        let chosen: Vec<Range<usize>> =
            (0..rows).map(|_| sentences[self.random.below(sentences.len())].clone()).collect();
        let x = self.inputs(rows, dim);
        let longest = chosen.iter().map(Range::len).max().unwrap_or(0) + self.random.below(2);
        let form = CrossAttentionForm { heads, q: q.form, out: out.form, longest };
        let (fast, weights) = ops::cross_attention(
            x.on(d),
            kv.on(d),
            spans(&mut chosen.iter()).on(d),
            q.packed(d),
            out.packed(d),
            norm.on(d),
            form,
        );
        let (plain, plain_weights) = reference::cross_attention(
            x.plain(),
            kv.plain(),
            &chosen,
            q.plain(),
            out.plain(),
            norm.plain(),
            form,
        );
        let what = format!("{rows} rows to {tokens}×{dim}, {heads} heads, {alpha:?}");
        // Queries may have a flip where there is no alpha, and move all that is behind them.
        let flip = out.flip + if alpha.is_some() { 0.0 } else { 2.0 * q.flip };
        self.close(fast, plain, flip, &format!("cross-attention, {what}")).await;
        let flip = if alpha.is_some() { 0.0 } else { q.flip };
        self.close(weights, plain_weights, flip, &format!("alignment, {what}")).await;
    }

    pub(crate) async fn feed_forward(&mut self, rows: usize, dim: usize, ffn: usize, alpha: Option<f32>) {
        let d = self.device;
        let inner = self.map(AffineForm { relu: true, ..Self::form(dim, ffn, alpha) });
        let outer = self.map(Self::form(ffn, dim, alpha.map(|alpha| alpha + 7.0)));
        let (x, norm) = (self.inputs(rows, dim), self.norm(dim));
        let form = FeedForwardForm { inner: inner.form, outer: outer.form };
        let fast = ops::feed_forward(x.on(d), inner.packed(d), outer.packed(d), norm.on(d), form);
        let plain = reference::feed_forward(x.plain(), inner.plain(), outer.plain(), norm.plain(), form);
        let flip = outer.flip + if alpha.is_some() { 0.0 } else { inner.flip };
        self.close(fast, plain, flip, &format!("feed-forward {rows}×{dim}×{ffn} {alpha:?}")).await;
    }

    /// Three steps in two slots: the last one is where the first was, and the second is still there.
    pub(crate) async fn record(&mut self, rows: usize, longest: usize) {
        let (d, width) = (self.device, RECORD_HEAD + longest);
        let mut history = Tensor::<3, Int>::empty([2, rows, width], (d, DType::I32));
        let start = self.random.below(400) as i32;
        let mut position = Ints(vec![start], [1]).on(d);
        let mut slots = [Vec::new(), Vec::new()];
        for step in 0..3 {
            let ids: Vec<i32> = (0..rows).map(|_| self.random.below(32_000) as i32).collect();
            let (log_probs, weights) = (self.floats([rows], 20.0), self.floats([rows, longest], 1.0));
            let lines = ids.iter().zip(&log_probs.0).zip(weights.0.chunks_exact(longest));
            slots[(start as usize + step) % 2] = lines
                .flat_map(|((&id, log_prob), weights)| {
                    let bits = weights.iter().map(|weight| weight.to_bits().cast_signed());
                    [id, log_prob.to_bits().cast_signed()].into_iter().chain(bits).collect::<Vec<_>>()
                })
                .collect();
            let ids = Ints(ids, [rows]).on(d);
            (history, position) = ops::record(history, position, ids, log_probs.on(d), weights.on(d));
        }
        assert_eq!(ints(position).await, [start + 3]);
        assert_eq!(ints(history).await, slots.concat());
    }

    pub(crate) async fn select(&mut self, rows: usize, dim: usize) {
        let d = self.device;
        let kept: Vec<i32> = (0..rows as i32).filter(|_| self.random.below(2) == 0).chain([0]).collect();
        let (x, len) = (self.floats([rows, dim], 1.0), kept.len());
        let list = Ints(kept.clone(), [len]);
        let fast = ops::select_rows(x.on(d), list.on(d));
        self.close(fast, x.plain().select(0, list.plain()), 0.0, "rows").await;
        let ids = Ints((0..rows).map(|_| self.random.below(32_000) as i32).collect(), [rows]);
        let chosen = ints(ops::select_ids(ids.on(d), list.on(d))).await;
        assert_eq!(chosen, kept.iter().map(|&row| ids.0[row as usize]).collect::<Vec<_>>());
        let words = Ints((0..rows * dim).map(|_| self.random.below(32_000) as i32).collect(), [rows, dim]);
        let chosen = ints(ops::select_ids(words.on(d), list.on(d))).await;
        assert_eq!(chosen, ints(words.plain().select(0, list.plain())).await);
    }

    /// Two parts side by side, the second first.
    pub(crate) async fn place(&mut self, rows: usize, dim: usize) {
        let (d, first) = (self.device, 1 + self.random.below(dim - 1));
        let parts = [self.floats([rows, first], 1.0), self.floats([rows, dim - first], 1.0)];
        let whole = Tensor::empty([rows, dim], d);
        let whole = ops::place(ops::place(whole, parts[1].on(d), first), parts[0].on(d), 0);
        let plain = Tensor::cat(parts.iter().map(Floats::plain).collect(), 1);
        self.close(whole, plain, 0.0, "parts side by side").await;
        let bits = |part: &Floats<2>| {
            Ints(part.0.iter().map(|number| number.to_bits().cast_signed()).collect(), part.1)
        };
        let parts = [bits(&parts[0]), bits(&parts[1])];
        let whole = Tensor::empty([rows, dim], (d, DType::I32));
        let whole = ops::place_ids(ops::place_ids(whole, parts[1].on(d), first), parts[0].on(d), 0);
        assert_eq!(ints(whole).await, ints(Tensor::cat(parts.iter().map(Ints::plain).collect(), 1)).await);
    }
}
