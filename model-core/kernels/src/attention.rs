//! Attention of queries to the keys of their own sentence, for sentences of different lengths laid end to
//! end.

use std::array;

use crate::kernel::{Job, Kernel, LANES, Lanes};
use crate::math::{SUMS, exp, sums};
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
        let (width, longest) = (dim / heads, longest.next_multiple_of(LANES));
        let (keys, weights) = scratch.floats(longest * (width + SUMS)).split_at_mut(longest * width);
        isa.run(Attend { inputs, keys, weights, out, alignment });
    }
}

struct Attend<'a> {
    inputs: &'a Attention<'a>,
    /// Room for the keys of a span, of one head.
    keys: &'a mut [f32],
    /// Room for the weights of [`SUMS`] lines, see [`Group`].
    weights: &'a mut [f32],
    out: &'a mut [f32],
    alignment: Option<Alignment<'a>>,
}

/// Queries of one span. A line is one query of one head: those of the first head come first.
struct Group {
    first: usize,
    rows: usize,
    start: usize,
    len: usize,
}

impl Group {
    /// The query and the head of a line.
    #[inline(always)]
    fn line(&self, line: usize) -> (usize, usize) {
        (self.first + line % self.rows, line / self.rows)
    }

    /// Whether a line and the next one, if that is before `end`, are of one head: then they are taken together.
    #[inline(always)]
    fn is_pair(&self, line: usize, end: usize) -> bool {
        line + 1 < end && !(line + 1).is_multiple_of(self.rows)
    }
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
        let mut first = 0;
        for same in self.inputs.spans.chunk_by(|a, b| a == b) {
            let (start, len) = (same[0].0 as usize, same[0].1 as usize);
            let group = Group { first, rows: same.len(), start, len };
            first += group.rows;
            if len == 0 {
                let dim = self.inputs.dim;
                self.out[group.first * dim..][..group.rows * dim].fill(0.0);
                continue;
            }
            let lines = group.rows * self.inputs.heads;
            for line in (0..lines).step_by(SUMS) {
                let end = lines.min(line + SUMS);
                self.score(k, width, &group, line, end);
                self.soften(k, &group, end - line);
                self.mix(k, width, &group, line, end);
            }
        }
    }

    /// The scores of some lines, and minus infinity behind them.
    #[inline(always)]
    fn score<K: Kernel>(&mut self, k: K, width: usize, group: &Group, first: usize, end: usize) {
        let inputs = self.inputs;
        let blocks = group.len.div_ceil(LANES);
        let scale = k.splat(1.0 / (width as f32).sqrt());
        let keys = &mut self.keys.as_chunks_mut().0[..blocks * width];
        let weights = self.weights.as_chunks_mut().0;
        let mut line = first;
        while line < end {
            let (row, head) = group.line(line);
            let offset = head * width;
            let query = |row| &inputs.q.from(row, offset).data[..width];
            let (out, behind) = weights[(line - first) * blocks..].split_at_mut(blocks);
            if group.rows == 1 {
                scores_once(k, query(row), inputs.k.from(group.start, offset), group.len, scale, out);
                line += 1;
                continue;
            }
            if row == group.first {
                transpose(k, inputs.k.from(group.start, offset), group.len, width, keys);
            }
            if group.is_pair(line, end) {
                scores(k, [query(row), query(row + 1)], keys, scale, [out, &mut behind[..blocks]]);
                line += 2;
            } else {
                scores(k, [query(row)], keys, scale, [out]);
                line += 1;
            }
        }
        for scores in weights.as_flattened_mut().chunks_exact_mut(blocks * LANES).take(end - first) {
            scores[group.len..].fill(f32::NEG_INFINITY);
        }
    }

    /// The softmax of the scores of `lines` lines.
    #[inline(always)]
    fn soften<K: Kernel>(&mut self, k: K, group: &Group, lines: usize) {
        let padded = group.len.next_multiple_of(LANES);
        let weights = &mut self.weights[..lines * padded];
        for line in weights.chunks_exact_mut(padded) {
            let line = line.as_chunks_mut().0;
            let mut top = k.splat(f32::NEG_INFINITY);
            for chunk in &*line {
                top = k.load(chunk).max(top);
            }
            let top = k.splat(top.greatest());
            for chunk in line {
                exp(k, k.load(chunk) - top).store(chunk);
            }
        }
        let sums = sums(array::from_fn(|line| &weights[line.min(lines - 1) * padded..][..group.len]));
        for (line, sum) in weights.chunks_exact_mut(padded).zip(sums) {
            let sum = k.splat(sum);
            for chunk in line.as_chunks_mut().0 {
                (k.load(chunk) / sum).store(chunk);
            }
        }
    }

    /// From the weights of some lines to their results.
    #[inline(always)]
    fn mix<K: Kernel>(&mut self, k: K, width: usize, group: &Group, first: usize, end: usize) {
        let dim = self.inputs.dim;
        let padded = group.len.next_multiple_of(LANES);
        let mut line = first;
        while line < end {
            let (row, head) = group.line(line);
            let offset = head * width;
            let values = self.inputs.v.from(group.start, offset);
            let weights = |line: usize| &self.weights[(line - first) * padded..][..group.len];
            let (out, behind) = self.out[row * dim..].split_at_mut(dim);
            let out = &mut out[offset..][..width];
            if group.is_pair(line, end) {
                mix(k, [weights(line), weights(line + 1)], values, [out, &mut behind[offset..][..width]]);
                line += 2;
            } else {
                mix(k, [weights(line)], values, [out]);
                line += 1;
            }
        }
        if let Some(alignment) = &mut self.alignment {
            for (line, weights) in (first..end.min(group.rows)).zip(self.weights.chunks_exact(padded)) {
                let out = &mut alignment.out[(group.first + line) * alignment.stride..];
                out[..group.len].copy_from_slice(&weights[..group.len]);
            }
        }
    }
}

/// Sixteen keys, `width` elements of each. What is missing to sixteen is the last key again.
#[inline(always)]
fn sixteen<'a>(keys: Rows<'a>, len: usize, width: usize, block: usize) -> [&'a [f32]; LANES] {
    array::from_fn(|row| keys.part((block * LANES + row).min(len - 1), width))
}

/// As [`scores`] for one query, of keys that no other query wants.
#[inline(always)]
fn scores_once<K: Kernel>(
    k: K,
    query: &[f32],
    keys: Rows<'_>,
    len: usize,
    scale: K::F,
    out: &mut [[f32; LANES]],
) {
    let (fours, rest) = query.as_chunks::<4>();
    let done = 4 * fours.len();
    for (block, out) in out.iter_mut().enumerate() {
        let rows = sixteen(keys, len, query.len(), block);
        let pointers = rows.map(<[f32]>::as_ptr);
        let mut sum = k.splat(0.0);
        for (i, query) in fours.iter().enumerate() {
            // SAFETY: a row is as long as the query, of which these are the four from `4 * i` on.
            let columns = unsafe { k.load_transposed(&pointers, 4 * i) };
            for (&query, column) in query.iter().zip(columns) {
                sum = sum + k.splat(query) * column;
            }
        }
        for (i, &query) in rest.iter().enumerate() {
            sum = sum + k.splat(query) * k.load(&rows.map(|row| row[done + i]));
        }
        (sum * scale).store(out);
    }
}

/// Sixteen keys by sixteen, the first elements of them, the second ones, and so on. See [`sixteen`].
#[inline(always)]
fn transpose<K: Kernel>(k: K, keys: Rows<'_>, len: usize, width: usize, out: &mut [[f32; LANES]]) {
    for (block, out) in out.chunks_exact_mut(width).enumerate() {
        let rows = sixteen(keys, len, width, block);
        let pointers = rows.map(<[f32]>::as_ptr);
        let (fours, rest) = out.as_chunks_mut::<4>();
        let done = 4 * fours.len();
        for (i, out) in fours.iter_mut().enumerate() {
            // SAFETY: a row has `width` floats, of which these are the four from `4 * i` on.
            let columns = unsafe { k.load_transposed(&pointers, 4 * i) };
            for (out, column) in out.iter_mut().zip(columns) {
                column.store(out);
            }
        }
        for (i, out) in rest.iter_mut().enumerate() {
            *out = rows.map(|row| row[done + i]);
        }
    }
}

/// `out[i][j]` = `queries[i]` · key `j` times `scale`, the sum going from left to right. `keys` are transposed.
#[inline(always)]
fn scores<K: Kernel, const N: usize>(
    k: K,
    queries: [&[f32]; N],
    keys: &[[f32; LANES]],
    scale: K::F,
    out: [&mut [[f32; LANES]]; N],
) {
    let width = queries[0].len();
    for (block, keys) in keys.chunks_exact(width).enumerate() {
        let mut sums = [k.splat(0.0); N];
        for (i, key) in keys.iter().enumerate() {
            let key = k.load(key);
            for (sum, query) in sums.iter_mut().zip(queries) {
                *sum = *sum + k.splat(query[i]) * key;
            }
        }
        for n in 0..N {
            (sums[n] * scale).store(&mut out[n][block]);
        }
    }
}

/// `out[i]` = the sum of the rows of `values`, each times its weight in `weights[i]`, from the first to the
/// last.
#[inline(always)]
fn mix<K: Kernel, const N: usize>(k: K, weights: [&[f32]; N], values: Rows<'_>, mut out: [&mut [f32]; N]) {
    let width = out[0].len();
    let mut first = 0;
    if N == 1 {
        // Two vectors at a time hide the latency of the additions, as two queries do.
        while first + 2 * LANES <= width {
            mix_columns::<K, N, 2>(k, weights, values, first, &mut out);
            first += 2 * LANES;
        }
    }
    while first < width {
        mix_columns::<K, N, 1>(k, weights, values, first, &mut out);
        first += LANES;
    }
}

/// As [`mix`], for `V` vectors of columns from `first` on.
#[inline(always)]
fn mix_columns<K: Kernel, const N: usize, const V: usize>(
    k: K,
    weights: [&[f32]; N],
    values: Rows<'_>,
    first: usize,
    out: &mut [&mut [f32]; N],
) {
    let end = out[0].len().min(first + V * LANES);
    let mut sums = [[k.splat(0.0); V]; N];
    for token in 0..weights[0].len() {
        let value = &values.part(token, end)[first..];
        for v in 0..V {
            let value = k.read(&value[v * LANES..]);
            for (sums, weights) in sums.iter_mut().zip(weights) {
                sums[v] = sums[v] + k.splat(weights[token]) * value;
            }
        }
    }
    for (out, sums) in out.iter_mut().zip(sums) {
        for (v, sum) in sums.into_iter().enumerate() {
            sum.write(&mut out[first + v * LANES..end]);
        }
    }
}
