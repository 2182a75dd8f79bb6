//! The arithmetic of one kind of translation model: 8-bit affine maps, ragged attention, layer normalisation
//! and the recurrent step, as functions from slices to slices, for each instruction set.
//!
//! The scalar code is the truth, and every instruction set equals it bit for bit, floats included: each
//! number comes of the operations of a plain loop, in its order. So a sentence has one translation, whichever
//! machine or browser makes it and whatever else is in its batch: no result depends on other rows.
//!
//! Weights are packed once, for one [`Isa`]; every call names it. [`Isa::best`] is the one to use.
//!
//! The integer product is an outer one: a few activations of one row, broadcast, times as many weights of 4
//! to 16 columns, added to a tile of sums that stays in registers. There are no horizontal sums, and the
//! weights are read in the order in which they lie.
//!
//! Lengths that do not fit together are mistakes of the caller, and panic. Values never do: NaN counts as 0
//! where it would be quantised, and infinities are clamped.
//!
//! ```
//! use klartext_kernels::{Affine, Alpha, Isa, Scratch, affine, pack, packed_len, shifted_bias};
//!
//! let (isa, n, k) = (Isa::best(), 2, 3);
//! let weights = [127, 0, 0, 0, -64, 64];
//! let mut packed = vec![0; packed_len(isa, n, k)];
//! pack(isa, &weights, n, k, &mut packed);
//! let scale = 1.0 / 16.0;
//! let map = Affine {
//!     packed: &packed,
//!     n,
//!     k,
//!     alpha: Alpha::Static(16.0),
//!     scale: &[scale; 2],
//!     bias: &[shifted_bias(0.0, scale, &weights[..k]), shifted_bias(1.0, scale, &weights[k..])],
//!     relu: false,
//! };
//! let mut out = [0.0; 2];
//! affine(isa, &mut Scratch::new(), &[0.5, 1.0, 3.0], 1, &map, &mut out);
//! assert_eq!(out, [63.5, 129.0]);
//! ```

#![deny(unsafe_op_in_unsafe_fn)]

mod affine;
mod argmax;
mod attention;
#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod isa;
mod kernel;
mod math;
#[cfg(all(target_arch = "aarch64", target_feature = "neon", target_endian = "little"))]
mod neon;
mod norm;
mod packed;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128", feature = "relaxed-simd"))]
mod relaxed;
mod scalar;
mod scratch;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod simd128;
mod sketch;

pub use affine::{Affine, Alpha, affine, shifted_bias};
pub use argmax::affine_argmax;
pub use attention::{Alignment, Attention, Rows, attention};
pub use isa::Isa;
pub use norm::{Norm, add_norm, ssru_norm};
pub use packed::{NO_PIECE, Table, TableWeights, embed, pack, packed_len, unpack_row};
pub use scratch::Scratch;
pub use sketch::{Sketch, sketch_argmax, sketch_estimates, sketch_limits, sketch_limits_len, sketch_stride};

/// The elements of a matrix.
///
/// # Panics
/// If no memory could hold them: a product that wraps around must not pass a check of lengths.
#[inline(always)]
fn elements(rows: usize, columns: usize) -> usize {
    rows.checked_mul(columns).expect("the matrix fits into memory")
}
