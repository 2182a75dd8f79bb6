//! How work is shared out among workgroups.

use std::sync::Mutex;

/// The longest span that attention takes: its weights are in a workgroup's memory.
pub const LONGEST: usize = 168;

/// Above so many workgroups each gets more rows: no GPU runs many more at a time.
const GROUPS: usize = 128;

/// The most rows of a workgroup.
const MOST_ROWS: usize = 4;

/// Invocations that every device allows in a workgroup.
const LEAST_WORKERS: usize = 256;

/// What a workgroup of a kernel that goes through a model's maps takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Tile {
    /// Rows: 1, 2 or 4.
    pub rows: usize,
    /// Invocations: 256, 512 or 1024.
    pub workers: usize,
}

impl Tile {
    /// For kernels of which there are enough workgroups in any case, and what devices do best that are no GPUs.
    pub const WIDE: Self = Self { rows: MOST_ROWS, workers: LEAST_WORKERS };

    /// Among how many invocations of a workgroup the inputs of a map's outputs are shared out; `None` if there are not
    /// enough of them. `dim`: the width of the model.
    pub(super) fn parts(self, inputs: usize, outputs: usize, dim: usize) -> Option<usize> {
        let blocks = inputs / 16;
        let fits = |parts: &usize| outputs * parts <= self.workers && blocks.is_multiple_of(*parts);
        let most = [8, 4, 2, 1].into_iter().find(fits)?;
        (outputs * most > dim).then_some(most)
    }

    /// Words of workgroup memory for the weights of attention.
    pub(super) fn attention_words(heads: usize) -> usize {
        heads * LONGEST
    }

    /// Invocations whose results of the projection are in a workgroup's memory at a time, in a kernel of several steps.
    pub(super) fn seats(self) -> usize {
        (self.workers / 2).min(512 / self.rows)
    }

    /// Words of workgroup memory that attention, hidden activations and the projection's results share in that kernel.
    pub(super) fn shared_words(self, ffn: usize, heads: usize) -> usize {
        Self::attention_words(heads).max(self.rows * ffn / 4).max(3 * self.rows * self.seats())
    }

    /// Bytes of a workgroup's memory for the kernels of a model.
    pub(crate) fn memory(self, dim: usize, ffn: usize, heads: usize) -> usize {
        // Rows of floats and twice their 8-bit forms, what the sublayers share, parts of sums, a number for each head, and
        // some for each row.
        let parts = if 2 * dim <= self.workers { self.workers } else { 0 };
        4 * self.rows * dim
            + 2 * self.rows * dim
            + 4 * self.shared_words(ffn, heads)
            + 4 * self.rows * parts
            + 4 * self.rows * heads
            + 256
    }
}

/// Which tile the kernels take that have few rows: those of the decoder.
static DECODING: Mutex<Tile> = Mutex::new(Tile::WIDE);

/// Says what tile suits the device when there are few rows.
pub(crate) fn use_tile(tile: Tile) {
    *DECODING.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = tile;
}

/// The tile for so many rows: with as few rows as suit the device, unless that makes too many workgroups.
pub(super) fn tile(rows: usize) -> Tile {
    let mut tile = *DECODING.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    while tile.rows < MOST_ROWS && rows.div_ceil(tile.rows) > GROUPS {
        tile.rows *= 2;
    }
    if rows.div_ceil(tile.rows) > GROUPS { Tile::WIDE } else { tile }
}
