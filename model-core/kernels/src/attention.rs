//! Attention of queries to the keys of their own sentence, for sentences of different lengths laid end to
//! end.

use crate::kernel::{Job, Kernel, LANES, Lanes};
use crate::math::exp;
use crate::scratch::Scratch;
use crate::{Isa, elements};

/// Rows of floats in a larger matrix: row `i` begins at `i * stride`.
#[derive(Clone, Copy)]
pub struct Rows<'a> {
    /// From the first element of the first row on.
    pub data: &'a [f32],
    /// From one row to the next.
    pub stride: usize,
}

impl<'a> Rows<'a> {
    /// The rows from `row` on, without their first `offset` elements.
    #[inline(always)]
    fn from(self, row: usize, offset: usize) -> Rows<'a> {
        Rows { data: &self.data[row * self.stride + offset..], stride: self.stride }
    }

    /// The first `len` elements of each of four rows.
    #[inline(always)]
    fn four(self, row: usize, len: usize) -> [&'a [f32]; 4] {
        [self.part(row, len), self.part(row + 1, len), self.part(row + 2, len), self.part(row + 3, len)]
    }

    /// The first `len` elements of a row.
    #[inline(always)]
    fn part(self, row: usize, len: usize) -> &'a [f32] {
        &self.data[row * self.stride..][..len]
    }

    /// Whether `rows` rows of `dim` elements are there.
    fn holds(self, rows: u64, dim: usize) -> bool {
        let before_last = rows.saturating_sub(1).saturating_mul(self.stride as u64);
        rows == 0 || (dim <= self.stride && before_last.saturating_add(dim as u64) <= self.data.len() as u64)
    }
}

/// What attends to what.
#[derive(Clone, Copy)]
pub struct Attention<'a> {
    /// `[rows, dim]`.
    pub q: Rows<'a>,
    /// `[tokens, dim]`.
    pub k: Rows<'a>,
    /// `[tokens, dim]`.
    pub v: Rows<'a>,
    /// `[rows]`: the first token that a query attends to, and how many.
    pub spans: &'a [(u32, u32)],
    /// Parts of `dim` that attend on their own.
    pub heads: usize,
    /// Length of a query and of a key, a multiple of `heads`.
    pub dim: usize,
}

/// Where the weights of the first head go: row `i` to `out[i * stride..][..stride]`, with zeros beyond the
/// span.
pub struct Alignment<'a> {
    /// `[rows, stride]`.
    pub out: &'a mut [f32],
    /// At least the longest span.
    pub stride: usize,
}

/// `out: [rows, dim]` = for each head the softmax of q · k / √(dim / heads) over the span, times v. Zeros for
/// an empty span.
///
/// # Panics
/// If a length does not fit, a span leaves the tokens, `dim` is not a multiple of `heads`, or `isa` is not
/// available on this machine.
pub fn attention(
    isa: Isa,
    scratch: &mut Scratch,
    inputs: &Attention<'_>,
    out: &mut [f32],
    mut alignment: Option<Alignment<'_>>,
) {
    let Attention { q, k, v, spans, heads, dim } = *inputs;
    assert!(heads > 0 && dim.is_multiple_of(heads), "{heads} heads share {dim} dimensions");
    assert_eq!(out.len(), elements(spans.len(), dim), "outputs [{}, {dim}]", spans.len());
    assert!(q.holds(spans.len() as u64, dim), "queries [{}, {dim}]", spans.len());
    let tokens = spans.iter().map(|&(start, len)| u64::from(start) + u64::from(len)).max().unwrap_or(0);
    assert!(k.holds(tokens, dim) && v.holds(tokens, dim), "keys and values [{tokens}, {dim}]");
    let longest = spans.iter().map(|&(_, len)| len as usize).max().unwrap_or(0);
    if let Some(alignment) = &mut alignment {
        assert!(longest <= alignment.stride, "spans of up to {longest}");
        assert_eq!(alignment.out.len(), elements(spans.len(), alignment.stride), "alignments");
        alignment.out.fill(0.0);
    }
    if dim > 0 {
        let weights = scratch.floats(longest.next_multiple_of(LANES));
        isa.run(Attend { inputs, weights, out, alignment });
    }
}

struct Attend<'a> {
    inputs: &'a Attention<'a>,
    weights: &'a mut [f32],
    out: &'a mut [f32],
    alignment: Option<Alignment<'a>>,
}

impl Job for Attend<'_> {
    type Output = ();

    #[inline(always)]
    fn run<K: Kernel>(mut self, k: K) {
        // The usual width as a constant: its loops are unrolled.
        match self.inputs.dim / self.inputs.heads {
            32 => self.all(k, 32),
            width => self.all(k, width),
        }
    }
}

impl Attend<'_> {
    /// All queries, with heads of `width`.
    #[inline(always)]
    fn all<K: Kernel>(&mut self, k: K, width: usize) {
        let Attention { spans, heads, .. } = *self.inputs;
        let mut first = 0;
        // Queries of one sentence take turns at each head, whose keys and values then stay in the first-level
        // cache.
        for same in spans.chunk_by(|a, b| a == b) {
            for head in 0..heads {
                for row in first..first + same.len() {
                    self.one(k, width, row, head);
                }
            }
            first += same.len();
        }
    }

    /// One query with one head.
    #[inline(always)]
    fn one<K: Kernel>(&mut self, k: K, width: usize, row: usize, head: usize) {
        let inputs = self.inputs;
        let (start, len) = (inputs.spans[row].0 as usize, inputs.spans[row].1 as usize);
        let offset = head * width;
        let out = &mut self.out[row * inputs.dim + offset..][..width];
        if len == 0 {
            out.fill(0.0);
            return;
        }
        let weights = &mut self.weights[..len.next_multiple_of(LANES)];
        let q = &inputs.q.from(row, offset).data[..width];
        scores(k, q, inputs.k.from(start, offset), weights, len);
        let scale = softmax(k, weights, 1.0 / (width as f32).sqrt());
        mix(k, &weights[..len], scale, inputs.v.from(start, offset), out);
        if head == 0
            && let Some(alignment) = &mut self.alignment
        {
            let out = &mut alignment.out[row * alignment.stride..][..len];
            for (out, weight) in out.iter_mut().zip(&*weights) {
                *out = weight * scale;
            }
        }
    }
}

/// `scores[i]` = `q` · row `i` of `keys` for `i` below `len`, minus infinity beyond.
#[inline(always)]
fn scores<K: Kernel>(k: K, q: &[f32], keys: Rows<'_>, scores: &mut [f32], len: usize) {
    let (fours, rest) = scores[..len].as_chunks_mut::<4>();
    let done = 4 * fours.len();
    for (i, scores) in fours.iter_mut().enumerate() {
        let [a, b, c, d] = keys.four(4 * i, q.len());
        *scores = K::F::sums([dot(k, q, a), dot(k, q, b), dot(k, q, c), dot(k, q, d)]);
    }
    for (i, score) in rest.iter_mut().enumerate() {
        *score = K::F::sums([dot(k, q, keys.part(done + i, q.len())); 4])[0];
    }
    scores[len..].fill(f32::NEG_INFINITY);
}

/// The product of two slices of one length, not yet added up.
#[inline(always)]
fn dot<K: Kernel>(k: K, a: &[f32], b: &[f32]) -> <K::F as Lanes>::Quarter {
    let mut sum = k.read(a) * k.read(b);
    for i in (LANES..a.len()).step_by(LANES) {
        sum = sum + k.read(&a[i..]) * k.read(&b[i..]);
    }
    sum.fold()
}

/// Scores to exponentials of `scale` times their distance from the greatest; returns what to multiply them
/// with so that they add up to 1. Minus infinity adds e⁻⁸⁰, which vanishes beside the 1 of the greatest.
#[inline(always)]
fn softmax<K: Kernel>(k: K, scores: &mut [f32], scale: f32) -> f32 {
    let scores = scores.as_chunks_mut().0;
    let mut top = k.splat(f32::NEG_INFINITY);
    for chunk in &*scores {
        top = k.load(chunk).max(top);
    }
    let (top, scale) = (k.splat(top.greatest()), k.splat(scale));
    let mut sum = k.splat(0.0);
    for chunk in scores {
        let weight = exp(k, (k.load(chunk) - top) * scale);
        weight.store(chunk);
        sum = sum + weight;
    }
    1.0 / sum.sum()
}

/// `out` = the sum of the rows of `values`, each times its weight, times `scale`.
#[inline(always)]
fn mix<K: Kernel>(k: K, weights: &[f32], scale: f32, values: Rows<'_>, out: &mut [f32]) {
    let (zero, scale) = (k.splat(0.0), k.splat(scale));
    let (pairs, rest) = out.as_chunks_mut::<{ 2 * LANES }>();
    let done = 2 * LANES * pairs.len();
    // Two vectors at a time hide the latency of the additions.
    for (i, out) in pairs.iter_mut().enumerate() {
        let (mut a, mut b) = (zero, zero);
        for (token, &weight) in weights.iter().enumerate() {
            let value = &values.part(token, 2 * LANES * (i + 1))[2 * LANES * i..];
            let weight = k.splat(weight);
            a = a + weight * k.read(value);
            b = b + weight * k.read(&value[LANES..]);
        }
        (a * scale).write(out);
        (b * scale).write(&mut out[LANES..]);
    }
    for (i, out) in rest.chunks_mut(LANES).enumerate() {
        let mut a = zero;
        for (token, &weight) in weights.iter().enumerate() {
            let value = &values.part(token, done + LANES * i + out.len())[done + LANES * i..];
            a = a + k.splat(weight) * k.read(value);
        }
        (a * scale).write(out);
    }
}
