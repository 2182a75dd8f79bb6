//! Buffers that a sequence of calls shares.

use crate::kernel::Activation;

/// What a processor fetches at once, and the widest vector.
#[derive(Clone, Copy)]
#[repr(align(64))]
struct Line(#[expect(dead_code, reason = "only read as activations")] [u8; 64]);

/// The kernels' working memory. Keep one for each thread and hand it to every call: it grows to what the
/// largest call needs, and from then on nothing is allocated.
#[derive(Default)]
pub struct Scratch {
    activations: Vec<Line>,
    row_scale: Vec<f32>,
    block: Vec<f32>,
    best: Vec<f32>,
    sum: Vec<f32>,
    row: Vec<i16>,
    ids: Vec<u32>,
}

/// Slices of the scratch for an affine map.
pub(crate) struct Parts<'a, A> {
    pub(crate) activations: &'a mut [A],
    pub(crate) row_scale: &'a mut [f32],
    pub(crate) block: &'a mut [f32],
    pub(crate) best: &'a mut [f32],
    pub(crate) sum: &'a mut [f32],
    /// `stride` numbers.
    pub(crate) row: &'a mut [i16],
    pub(crate) ids: &'a mut [u32],
}

impl Scratch {
    /// Empty buffers.
    #[must_use]
    pub fn new() -> Scratch {
        Scratch::default()
    }

    /// `floats` floats of any value.
    pub(crate) fn floats(&mut self, floats: usize) -> &mut [f32] {
        grown(&mut self.block, floats)
    }

    /// `rows * stride` activations, `block` floats, `ids` numbers, and one float for each row of the rest, all of any value.
    pub(crate) fn parts<A: Activation>(
        &mut self,
        rows: usize,
        stride: usize,
        block: usize,
        ids: usize,
    ) -> Parts<'_, A> {
        let len = rows * stride;
        let lines = (len * size_of::<A>()).div_ceil(size_of::<Line>());
        if self.activations.len() < lines {
            self.activations.resize(lines, Line([0; 64]));
        }
        const { assert!(align_of::<A>() <= align_of::<Line>()) };
        // SAFETY: the lines are initialised, aligned for A, hold at least `len` of them, and are borrowed as
        // long as the slice lives; every bit pattern is an A.
        let activations =
            unsafe { std::slice::from_raw_parts_mut(self.activations.as_mut_ptr().cast::<A>(), len) };
        Parts {
            activations,
            row: grown(&mut self.row, stride),
            ids: grown(&mut self.ids, ids),
            row_scale: grown(&mut self.row_scale, rows),
            block: grown(&mut self.block, block),
            best: grown(&mut self.best, rows),
            sum: grown(&mut self.sum, rows),
        }
    }
}

fn grown<T: Copy + Default>(buffer: &mut Vec<T>, len: usize) -> &mut [T] {
    if buffer.len() < len {
        buffer.resize(len, T::default());
    }
    &mut buffer[..len]
}
