//! Weights in the order in which an instruction set reads them.
//!
//! A matrix of n outputs and k inputs is cut into panels of [`Kernel::COLUMNS`] outputs. A panel is a header
//! (see [`Kernel::HEADER`] and [`Kernel::ORDERS`]) and then, for each group of [`Kernel::GROUP`] inputs, the
//! group's weights of the first output, of the second, and so on. What is missing to whole panels and whole
//! rounds of [`Kernel::DEPTH`] inputs is zero.

use std::ops::Range;

use crate::kernel::{Job, Kernel, LANES};
use crate::sketch::sketch_stride;
use crate::{Isa, elements};

/// The most inputs for which a sum of products cannot overflow an i32.
pub(crate) const MAX_INPUTS: usize = 65_536;

/// Where things are in a matrix packed for `K`.
#[derive(Clone, Copy)]
pub(crate) struct Layout {
    /// Outputs.
    pub(crate) n: usize,
    /// Inputs.
    pub(crate) k: usize,
    /// Inputs with the zeros.
    pub(crate) depth: usize,
    /// Bytes of the sums in a panel's header.
    sums: usize,
    /// Bytes of a panel's header.
    header: usize,
    /// Outputs of a panel.
    columns: usize,
    group: usize,
    /// Inputs of a round.
    round: usize,
    /// See [`Kernel::ORDERS`].
    orders: bool,
}

impl Layout {
    #[inline(always)]
    pub(crate) fn of<K: Kernel>(n: usize, k: usize) -> Layout {
        assert!(k <= MAX_INPUTS, "{k} inputs; sums are exact up to {MAX_INPUTS}");
        let rounds = k.div_ceil(K::DEPTH);
        let sums = if K::HEADER != 0 { K::COLUMNS * size_of::<i32>() } else { 0 };
        let order = if K::ORDERS { order_len(rounds) } else { 0 };
        Layout {
            n,
            k,
            depth: rounds * K::DEPTH,
            sums,
            header: sums + order,
            columns: K::COLUMNS,
            group: K::GROUP,
            round: K::DEPTH,
            orders: K::ORDERS,
        }
    }

    /// Bytes of a panel.
    #[inline(always)]
    pub(crate) fn panel_len(self) -> usize {
        self.header + self.depth * self.columns
    }

    /// Bytes of the whole.
    #[inline(always)]
    pub(crate) fn len(self) -> usize {
        elements(self.n.div_ceil(self.columns), self.panel_len())
    }

    /// The bytes of one panel.
    #[inline(always)]
    pub(crate) fn panel(self, panel: usize) -> Range<usize> {
        panel * self.panel_len()..(panel + 1) * self.panel_len()
    }

    /// Where in its panel the weight of an output and an input is.
    #[inline(always)]
    fn offset(self, column: usize, input: usize) -> usize {
        self.header
            + (input / self.group) * self.group * self.columns
            + column * self.group
            + input % self.group
    }

    /// The weights of one output, one after the other.
    #[inline(always)]
    pub(crate) fn row(self, packed: &[i8], row: usize) -> impl Iterator<Item = i8> {
        let panel = &packed[self.panel(row / self.columns)];
        (0..self.k).map(move |input| panel[self.offset(row % self.columns, input)])
    }

    /// Writes a panel's order into its header: the rounds that fit from the front on, the others from the back.
    #[inline(always)]
    fn order<K: Kernel>(self, panel: &mut [i8]) {
        let (header, weights) = panel.split_at_mut(self.header);
        let order = header[self.sums..].as_chunks_mut().0;
        let (mut fitting, mut others) = (0, self.depth / self.round);
        for (round, weights) in weights.chunks_exact(self.round * self.columns).enumerate() {
            let place = if K::fits(weights) {
                fitting += 1;
                fitting
            } else {
                others -= 1;
                1 + others
            };
            order[place] = bytes_of(round * self.round);
        }
        order[0] = bytes_of(fitting);
    }

    /// Whether a panel's order leads to nothing but the panel's rounds and the row's inputs.
    #[inline(always)]
    pub(crate) fn is_ordered(self, panel: &[i8]) -> bool {
        if !self.orders {
            return true;
        }
        let order: &[[i8; 2]] = panel[self.sums..self.header].as_chunks().0;
        let rounds = self.depth / self.round;
        let greatest = order[1..=rounds].iter().fold(0, |most, &bytes| u16_of(bytes).max(most));
        usize::from(u16_of(order[0])) <= rounds
            && usize::from(greatest) + self.round <= self.depth.max(self.round)
    }
}

/// Bytes of the order of so many rounds in a panel's header.
#[inline(always)]
pub(crate) fn order_len(rounds: usize) -> usize {
    (size_of::<u16>() * (1 + rounds)).next_multiple_of(LANES)
}

fn u16_of(bytes: [i8; 2]) -> u16 {
    u16::from_ne_bytes(bytes.map(i8::cast_unsigned))
}

/// `number` is below [`MAX_INPUTS`].
fn bytes_of(number: usize) -> [i8; 2] {
    (number as u16).to_ne_bytes().map(u8::cast_signed)
}

/// Bytes of a packed matrix of `n` outputs and `k` inputs.
///
/// # Panics
/// If `isa` is not available on this machine or `k` is above 65 536.
#[must_use]
pub fn packed_len(isa: Isa, n: usize, k: usize) -> usize {
    isa.run(Len { n, k })
}

struct Len {
    n: usize,
    k: usize,
}

impl Job for Len {
    type Output = usize;

    #[inline(always)]
    fn run<K: Kernel>(self, _: K) -> usize {
        Layout::of::<K>(self.n, self.k).len()
    }
}

/// Packs weights for `isa`. `w: [n, k]`, any int8 values; `packed: [packed_len(isa, n, k)]`, fastest to use
/// if it begins at a multiple of 64 bytes.
///
/// # Panics
/// If a length does not fit, or for the reasons of [`packed_len`].
pub fn pack(isa: Isa, w: &[i8], n: usize, k: usize, packed: &mut [i8]) {
    assert_eq!(w.len(), elements(n, k), "weights [{n}, {k}]");
    isa.run(Pack { w, n, k, packed });
}

struct Pack<'a> {
    w: &'a [i8],
    n: usize,
    k: usize,
    packed: &'a mut [i8],
}

impl Job for Pack<'_> {
    type Output = ();

    #[inline(always)]
    fn run<K: Kernel>(self, _: K) {
        let layout = Layout::of::<K>(self.n, self.k);
        assert_eq!(self.packed.len(), layout.len(), "packed weights [{}, {}]", self.n, self.k);
        self.packed.fill(0);
        if self.k == 0 {
            return;
        }
        for (panel, rows) in self.w.chunks(K::COLUMNS * self.k).enumerate() {
            let panel = &mut self.packed[layout.panel(panel)];
            for (column, row) in rows.chunks_exact(self.k).enumerate() {
                let groups = row.chunks_exact(K::GROUP);
                for (input, &weight) in (0..row.len()).zip(row).skip(row.len() - groups.remainder().len()) {
                    panel[layout.offset(column, input)] = weight;
                }
                for (group, weights) in groups.enumerate() {
                    panel[layout.offset(column, group * K::GROUP)..][..K::GROUP].copy_from_slice(weights);
                }
                if K::HEADER != 0 {
                    let sum: i32 = row.iter().map(|&weight| i32::from(weight)).sum();
                    let header = (K::HEADER * sum).to_ne_bytes();
                    panel[4 * column..][..4].copy_from_slice(&header.map(|byte| byte as i8));
                }
            }
            if K::ORDERS {
                layout.order::<K>(panel);
            }
        }
    }
}

/// One output's weights out of the packed form. `packed` is what [`pack`] made of `[n, k]`; `out: [k]`.
///
/// # Panics
/// If a length does not fit, `row` is not below `n`, or for the reasons of [`packed_len`].
pub fn unpack_row(isa: Isa, packed: &[i8], n: usize, k: usize, row: usize, out: &mut [i8]) {
    assert!(row < n, "row {row} of {n}");
    assert_eq!(out.len(), k, "one row of {k} weights");
    isa.run(UnpackRow { packed, n, k, row, out });
}

struct UnpackRow<'a> {
    packed: &'a [i8],
    n: usize,
    k: usize,
    row: usize,
    out: &'a mut [i8],
}

impl Job for UnpackRow<'_> {
    type Output = ();

    #[inline(always)]
    fn run<K: Kernel>(self, _: K) {
        let layout = Layout::of::<K>(self.n, self.k);
        assert_eq!(self.packed.len(), layout.len(), "packed weights [{}, {}]", self.n, self.k);
        for (out, weight) in self.out.iter_mut().zip(layout.row(self.packed, self.row)) {
            *out = weight;
        }
    }
}

/// Where a table of embeddings shares its weights with the output layer.
#[derive(Clone, Copy)]
pub enum TableWeights<'a> {
    /// What [`pack`] made of `[n, k]`.
    Packed(&'a [i8]),
    /// `[n, sketch_stride(k)]`, as a [`Sketch`](crate::Sketch) has them.
    Rows(&'a [i8]),
}

/// A table of embeddings that is stored as the weights of the output layer.
pub struct Table<'a> {
    /// The weights, `[n, k]`.
    pub weights: TableWeights<'a>,
    /// Pieces in the vocabulary.
    pub n: usize,
    /// Length of an embedding.
    pub k: usize,
    /// What a weight of 1 stands for: the reciprocal of the quantisation multiplier.
    pub inv_quant_mult: f32,
    /// What the embeddings are multiplied by: √k.
    pub factor: f32,
}

/// The piece that has no embedding: a row of zeros. The decoder starts with it.
pub const NO_PIECE: u32 = u32::MAX;

/// Embeddings of pieces at positions: `out[i] = factor * (weights[ids[i]] * inv_quant_mult) +
/// positions[pos[i]]`, with zeros for the weights of [`NO_PIECE`]. `ids`, `pos: [rows]`; `positions: [max,
/// k]`; `out: [rows, k]`.
///
/// # Panics
/// If a length does not fit, an id is not below `n`, a position has no row, or for the reasons of
/// [`packed_len`].
pub fn embed(isa: Isa, table: &Table<'_>, ids: &[u32], pos: &[u32], positions: &[f32], out: &mut [f32]) {
    assert_eq!(ids.len(), pos.len(), "a position for each piece");
    assert_eq!(out.len(), elements(ids.len(), table.k), "{} embeddings of {}", ids.len(), table.k);
    isa.run(Embed { table, ids, pos, positions, out });
}

struct Embed<'a> {
    table: &'a Table<'a>,
    ids: &'a [u32],
    pos: &'a [u32],
    positions: &'a [f32],
    out: &'a mut [f32],
}

impl Job for Embed<'_> {
    type Output = ();

    #[inline(always)]
    fn run<K: Kernel>(self, _: K) {
        let Table { weights, n, k, .. } = *self.table;
        let (layout, stride) = (Layout::of::<K>(n, k), sketch_stride(k));
        match weights {
            TableWeights::Packed(packed) => {
                assert_eq!(packed.len(), layout.len(), "packed weights [{n}, {k}]");
            }
            TableWeights::Rows(rows) => assert_eq!(rows.len(), elements(n, stride), "weights [{n}, {k}]"),
        }
        if k == 0 {
            return;
        }
        for ((out, &id), &pos) in self.out.chunks_exact_mut(k).zip(self.ids).zip(self.pos) {
            let position = &self.positions[pos as usize * k..][..k];
            if id == NO_PIECE {
                out.copy_from_slice(position);
                continue;
            }
            assert!((id as usize) < n, "piece {id} of {n}");
            let id = id as usize;
            match weights {
                TableWeights::Packed(packed) => self.table.embed(out, layout.row(packed, id), position),
                TableWeights::Rows(rows) => {
                    self.table.embed(out, rows[id * stride..].iter().copied(), position);
                }
            }
        }
    }
}

impl Table<'_> {
    /// One embedding; `out: [k]`, `weights: [k]` or more, `position: [k]`.
    #[inline(always)]
    fn embed(&self, out: &mut [f32], weights: impl Iterator<Item = i8>, position: &[f32]) {
        for ((out, weight), position) in out.iter_mut().zip(weights).zip(position) {
            *out = self.factor * (f32::from(weight) * self.inv_quant_mult) + position;
        }
    }
}

/// The row stride of quantised activations: whole vectors and whole rounds.
#[inline(always)]
pub(crate) fn activation_stride<K: Kernel>(layout: Layout) -> usize {
    const { assert!(LANES.is_multiple_of(K::DEPTH) && K::DEPTH.is_multiple_of(K::GROUP)) };
    layout.k.next_multiple_of(LANES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_order_leads_out_of_its_panel() {
        let layout = |depth| Layout {
            n: 8,
            k: depth,
            depth,
            sums: 32,
            header: 32 + order_len(depth / 16),
            columns: 8,
            group: 4,
            round: 16,
            orders: true,
        };
        let is_ordered = |depth, order: &[usize]| {
            let layout = layout(depth);
            let mut panel = vec![0; layout.panel_len()];
            for (place, &number) in panel[layout.sums..].as_chunks_mut().0.iter_mut().zip(order) {
                *place = bytes_of(number);
            }
            layout.is_ordered(&panel)
        };
        assert!(is_ordered(48, &[2, 0, 32, 16]));
        assert!(!is_ordered(48, &[4, 0, 32, 16]), "more rounds than there are");
        assert!(!is_ordered(48, &[2, 0, 40, 16]), "a round that ends behind the last input");
        assert!(is_ordered(0, &[0]));
        assert!(!is_ordered(0, &[1]), "a round where there is none");
    }
}
