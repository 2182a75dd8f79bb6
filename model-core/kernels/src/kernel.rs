//! What an instruction set has to supply, and nothing else: sixteen floats at a time and one tile of the
//! integer product.
//!
//! Everything above this file is written once, generic over [`Kernel`], and inlined into a function that is
//! compiled for the instruction set. So every instruction set does the same operations in the same order, and
//! the results are equal bit for bit: integers because they are exact, floats because each operation is
//! rounded on its own (no fused multiply-add) and every sum has one fixed order.

use std::array;
use std::ops::{Add, Div, Mul, Sub};

/// How many floats a [`Lanes`] holds, whatever the width of the machine's registers.
pub(crate) const LANES: usize = 16;

/// The largest [`Kernel::ROWS`].
pub(crate) const MAX_ROWS: usize = 16;

/// The largest [`Kernel::COLUMNS`].
pub(crate) const MAX_COLUMNS: usize = 64;

/// Added to a float of magnitude below 2²², it rounds to the nearest integer, ties to even, and leaves that
/// integer in the low bits of the mantissa.
pub(crate) const ROUND: f32 = 12_582_912.0;

/// Sixteen floats.
///
/// A value can only be made by a [`Kernel`], so having one proves that the machine has its instructions.
pub(crate) trait Lanes:
    Copy + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self> + Div<Output = Self>
{
    /// Eight of the lanes in double precision.
    type Wide: Copy + Add<Output = Self::Wide> + Sub<Output = Self::Wide> + Mul<Output = Self::Wide>;

    fn store(self, out: &mut [f32; LANES]);

    /// `self > other ? self : other` in each lane, so `other` where one is NaN.
    fn max(self, other: Self) -> Self;

    /// `self < other ? self : other` in each lane, so `other` where one is NaN.
    fn min(self, other: Self) -> Self;

    fn abs(self) -> Self;

    /// 0 where the lane is NaN.
    fn nan_to_zero(self) -> Self;

    /// Each lane times 2ⁿ. `n` is an integer plus [`ROUND`]; the result must be a normal number.
    fn times_power_of_two(self, n: Self) -> Self;

    /// 0 in each lane where `x` is below `limit`.
    fn zero_where_below(self, x: Self, limit: Self) -> Self;

    /// The first eight lanes and the others.
    fn widen(self) -> [Self::Wide; 2];

    /// The opposite of [`Lanes::widen`], rounding to the nearest float.
    fn narrow(halves: [Self::Wide; 2]) -> Self;

    /// The greatest lane. None may be NaN.
    fn greatest(self) -> f32;

    /// A bit for each lane, the lowest for the first: 0 where it is below `limit`.
    fn not_below(self, limit: Self) -> u32;

    /// The sum of the lanes: of every fourth, and then of those four.
    #[inline(always)]
    fn sum(self) -> f32 {
        let mut l = [0.0; LANES];
        self.store(&mut l);
        let fourths: [f32; 4] = array::from_fn(|i| (l[i] + l[i + 8]) + (l[i + 4] + l[i + 12]));
        (fourths[0] + fourths[2]) + (fourths[1] + fourths[3])
    }

    /// Writes the lanes to the front of `out`, as many as fit.
    #[inline(always)]
    fn write(self, out: &mut [f32]) {
        if let Some(out) = out.first_chunk_mut() {
            self.store(out);
        } else {
            let mut lanes = [0.0; LANES];
            self.store(&mut lanes);
            let len = out.len();
            out.copy_from_slice(&lanes[..len]);
        }
    }
}

/// A quantised activation as an instruction set wants it.
///
/// # Safety
/// Every bit pattern must be a valid value.
pub(crate) unsafe trait Activation: Copy {}

// SAFETY: an integer.
unsafe impl Activation for i8 {}
// SAFETY: an integer.
unsafe impl Activation for u8 {}
// SAFETY: an integer.
unsafe impl Activation for i16 {}
// SAFETY: integers.
unsafe impl<const N: usize> Activation for [u8; N] {}

/// What is added to activations to make them positive.
pub(crate) const SHIFT: i32 = 127;

/// Which activations a row has, and what is wanted of them.
#[derive(Clone, Copy)]
pub(crate) struct Form {
    /// Whether the sums are to be those of activations with [`SHIFT`] added.
    pub(crate) shifted: bool,
    /// Whether none is negative; only ever set for [`Kernel::KNOWS_SIGN`].
    #[allow(dead_code, reason = "not every target has such an instruction set")]
    pub(crate) nonnegative: bool,
}

/// One tile of an affine map: `m` rows of activations times one panel of weights.
pub(crate) struct Tile<A> {
    /// `m` rows of quantised activations, each as [`Kernel::store_activations`] left it.
    pub(crate) x: *const A,
    /// From one row of `x` to the next, in activations.
    pub(crate) x_stride: usize,
    /// The panel: its header, if the instruction set has one, and the weights.
    pub(crate) panel: *const i8,
    /// Inputs, padded to a multiple of [`Kernel::DEPTH`].
    pub(crate) depth: usize,
    /// `m` factors, one for each row.
    pub(crate) row_scale: *const f32,
    /// [`Kernel::COLUMNS`] factors.
    pub(crate) scale: *const f32,
    /// [`Kernel::COLUMNS`] summands.
    pub(crate) bias: *const f32,
    /// Whether negative results become 0.
    pub(crate) relu: bool,
    /// How the activations were stored.
    #[allow(dead_code, reason = "not every target has an instruction set that has to know")]
    pub(crate) form: Form,
    /// `m` rows of [`Kernel::COLUMNS`] results, `(sum as f32 * row_scale) * scale + bias`, where the sum is of
    /// the activations with [`SHIFT`] added if they are [`Form::shifted`].
    pub(crate) out: *mut f32,
    /// From one row of `out` to the next, in floats.
    pub(crate) out_stride: usize,
}

impl<A> Tile<A> {
    /// The tile without its first rows.
    ///
    /// # Safety
    /// `row` must be one of its rows.
    #[inline(always)]
    pub(crate) unsafe fn from(&self, row: usize) -> Self {
        // SAFETY: the caller's promise.
        unsafe {
            Self {
                x: self.x.add(row * self.x_stride),
                row_scale: self.row_scale.add(row),
                out: self.out.add(row * self.out_stride),
                ..*self
            }
        }
    }
}

/// An instruction set. A value of the type is the proof that the machine has it.
pub(crate) trait Kernel: Copy {
    /// Sixteen floats.
    type F: Lanes;
    /// A quantised activation.
    type Activation: Activation;

    /// Rows of a full tile, at most [`MAX_ROWS`].
    const ROWS: usize;
    /// Columns of a tile and of a packed panel: a divisor or multiple of 16, at most [`MAX_COLUMNS`].
    const COLUMNS: usize;
    /// Inputs that lie side by side for each column in a packed panel.
    const GROUP: usize;
    /// Inputs of one round of the tile's loop; the packed depth is a multiple of it. A multiple of `GROUP`.
    const DEPTH: usize;
    /// If it is not 0, a panel begins with one i32 for each column: so many times the sum of the column's
    /// weights. It turns sums of shifted activations into those of others, and back.
    const HEADER: i32;
    /// Whether the header says behind the sums in which order the tile may take the rounds, in u16: how many come first because
    /// they fit, see [`Kernel::fits`], and then the first input of each round. Zeros follow to whole [`LANES`].
    const ORDERS: bool = false;
    /// Whether it helps to know that no activation is negative; otherwise nobody looks.
    const KNOWS_SIGN: bool = false;
    /// Bytes of an activation that a tile reads.
    const ACTIVATION_BYTES: usize = size_of::<Self::Activation>();

    /// Whether the weights of one round, [`Kernel::DEPTH`] inputs of all columns of a panel, are such that the tile may take
    /// a shorter way, whatever the activations are.
    #[inline(always)]
    fn fits(_round: &[i8]) -> bool {
        false
    }

    fn splat(self, value: f32) -> Self::F;

    fn load(self, from: &[f32; LANES]) -> Self::F;

    fn splat_wide(self, value: f64) -> <Self::F as Lanes>::Wide;

    /// Four neighbours of each of sixteen rows: `result[c]` has in lane `i` what is at `rows[i].add(first + c)`.
    ///
    /// # Safety
    /// There must be four floats at each `rows[i].add(first)`.
    unsafe fn load_transposed(self, rows: &[*const f32; LANES], first: usize) -> [Self::F; 4];

    /// Rounds to the nearest integer, ties to even, and stores that in a row as [`Kernel::tile`] wants it for
    /// `form`, from the `at`th activation on; called for a row's sixteens in order. `x` is within ±127, and
    /// within 0 and 127 if the form is nonnegative.
    fn store_activations(self, x: Self::F, form: Form, row: &mut [Self::Activation], at: usize);

    /// Computes a tile of `m` rows, at least 1 and at most [`Kernel::ROWS`].
    ///
    /// # Safety
    /// The pointers of `tile` must be valid for what its fields say.
    unsafe fn tile(self, m: usize, tile: &Tile<Self::Activation>);

    /// The sums of the products of `len` activations and the weights of four outputs, which are exact. Four, so that
    /// they need not wait for each other's weights.
    ///
    /// # Safety
    /// There must be `len` numbers at `x` and at each of `w`, and `len` must be a multiple of [`LANES`].
    unsafe fn dots(self, x: *const i16, w: [*const i8; 4], len: usize) -> [i32; 4];

    /// The first floats of `from`; zeros beyond its end.
    #[inline(always)]
    fn read(self, from: &[f32]) -> Self::F {
        if let Some(from) = from.first_chunk() { self.load(from) } else { self.load(&padded(from)) }
    }
}

/// The sixteen activations of a row from the `at`th on.
#[inline(always)]
pub(crate) fn sixteen<A>(row: &mut [A], at: usize) -> &mut [A; LANES] {
    row[at..].first_chunk_mut().expect("rows are whole sixteens")
}

/// Fewer than sixteen floats with zeros behind them.
#[cold]
fn padded(from: &[f32]) -> [f32; LANES] {
    let mut lanes = [0.0; LANES];
    lanes[..from.len()].copy_from_slice(from);
    lanes
}

/// Work that is compiled once for each instruction set.
///
/// `run` has to be `#[inline(always)]`, and so has all that it calls with a [`Kernel`] or [`Lanes`], to be
/// compiled with the instructions of `K`. Closures cannot be, so they must not touch those: it would be
/// right, and ten times slower.
pub(crate) trait Job {
    type Output;

    fn run<K: Kernel>(self, k: K) -> Self::Output;
}
