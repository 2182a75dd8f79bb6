//! The kernels in WebAssembly, without a browser: comparisons of simd128 with the scalar code, and a
//! benchmark. `check.mjs` runs both.

#[path = "../../../model-core/kernels/tests/cases/mod.rs"]
mod cases;
#[path = "../../../model-core/kernels/tests/support/mod.rs"]
mod support;

use std::cell::RefCell;
use std::hint::black_box;

use klartext_kernels::{
    Alpha, Attention, Isa, Norm, Rows, Scratch, affine, affine_argmax, attention, ssru_norm,
};
use support::{Map, Random, packed};

/// How many instruction sets the module has: scalar, then simd128 and relaxed-simd if it was compiled with
/// them.
#[unsafe(no_mangle)]
pub extern "C" fn instruction_sets() -> u32 {
    Isa::available().count() as u32
}

/// 0 if everything is equal bit for bit, or else the number of the first case that is not, counted from 1.
#[unsafe(no_mangle)]
pub extern "C" fn run() -> u32 {
    let fails = |case: &cases::Case| Isa::available().any(|isa| (case.run)(isa).is_err());
    cases::CASES.iter().position(fails).map_or(0, |case| case as u32 + 1)
}

/// What a case is about, in UTF-8 of [`name_len`] bytes. Cases count from 1.
#[unsafe(no_mangle)]
pub extern "C" fn name(case: usize) -> *const u8 {
    cases::CASES[case - 1].name.as_ptr()
}

/// See [`name`].
#[unsafe(no_mangle)]
pub extern "C" fn name_len(case: usize) -> usize {
    cases::CASES[case - 1].name.len()
}

/// What the benchmark works on.
struct Bench {
    isa: Isa,
    rows: usize,
    map: Map,
    packed: Vec<i8>,
    x: Vec<f32>,
    out: Vec<f32>,
    ids: Vec<u32>,
    scratch: Scratch,
}

thread_local! {
    static BENCH: RefCell<Option<Bench>> = const { RefCell::new(None) };
}

/// Makes an affine map for the functions below. `isa` counts the instruction sets from the slowest on;
/// `relu` makes the inputs like those behind a ReLU.
#[unsafe(no_mangle)]
pub extern "C" fn prepare(isa: usize, rows: usize, k: usize, n: usize, relu: bool) {
    let isa = Isa::available().nth(isa).unwrap_or(Isa::Scalar);
    let mut random = Random(1);
    let map = Map::random(&mut random, n, k).with_alpha(Alpha::Static(100.0));
    let packed = packed(isa, &map.w, n, k);
    let (mut x, out, ids) = (random.floats(rows * k), vec![0.0; rows * n], vec![0; rows]);
    if relu {
        x.iter_mut().for_each(|x| *x = x.max(0.0));
    }
    BENCH.set(Some(Bench { isa, rows, map, packed, x, out, ids, scratch: Scratch::new() }));
}

fn repeat(times: u32, mut work: impl FnMut(&mut Bench)) {
    BENCH.with_borrow_mut(|bench| {
        if let Some(bench) = bench {
            (0..times).for_each(|_| work(bench));
        }
    });
}

/// Applies the map.
#[unsafe(no_mangle)]
pub extern "C" fn apply(times: u32) {
    repeat(times, |b| affine(b.isa, &mut b.scratch, &b.x, b.rows, &b.map.with(&b.packed), &mut b.out));
}

/// Looks for the best output, with its log-probability if asked for.
#[unsafe(no_mangle)]
pub extern "C" fn choose(times: u32, probabilities: bool) {
    repeat(times, |b| {
        let log_prob = probabilities.then_some(&mut b.out[..b.rows]);
        affine_argmax(b.isa, &mut b.scratch, &b.x, b.rows, &b.map.with(&b.packed), &mut b.ids, log_prob);
    });
}

/// Attention of `rows` queries with eight heads of 32 to 30 tokens each: the same ones, or each its own.
/// Wants a map of at least 30 times 256 inputs, for the second 30 for each row, and as many outputs as
/// inputs.
#[unsafe(no_mangle)]
pub extern "C" fn attend(times: u32, rows: u32, same: bool) {
    let spans: Vec<(u32, u32)> = (0..rows).map(|row| if same { (0, 30) } else { (30 * row, 30) }).collect();
    repeat(times, |b| {
        let data = Rows { data: &b.x, stride: 256 };
        let inputs = Attention { q: data, k: data, v: data, spans: &spans, heads: 8, dim: 256 };
        attention(b.isa, &mut b.scratch, &inputs, &mut b.out[..rows as usize * 256], None);
    });
}

/// A recurrent step of `rows` rows of 256. Wants a map of twice as many rows of 256 inputs, and outputs.
#[unsafe(no_mangle)]
pub extern "C" fn step(times: u32, rows: usize) {
    repeat(times, |b| {
        let norm = Norm { scale: &b.x[..256], bias: &b.x[..256], eps: 1e-6 };
        let (cell, out) = b.out.split_at_mut(rows * 256);
        ssru_norm(b.isa, &b.x[..rows * 512], &b.x[..rows * 256], cell, &norm, &mut out[..rows * 256]);
    });
}

/// The bound for the affine map: `times` rounds of eight products of eight pairs, each added to a sum of its
/// own.
#[unsafe(no_mangle)]
pub extern "C" fn dot(times: u32) -> i32 {
    #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
    {
        use std::arch::wasm32::*;
        let mut sums = [i32x4_splat(0); 8];
        let a = black_box([1, 2, 3, 4].map(|x| i16x8_splat(x)));
        let mut b = black_box([i16x8_splat(7), i16x8_splat(-8)]);
        for _ in 0..times {
            for (sum, (a, b)) in sums.iter_mut().zip(a.into_iter().flat_map(|a| b.map(|b| (a, b)))) {
                *sum = i32x4_add(*sum, i32x4_dot_i16x8(a, b));
            }
            // Something that no compiler sees through, so that the products stay in the loop.
            b = b.map(|b| i32x4_add(b, a[0]));
        }
        i32x4_extract_lane::<0>(sums.into_iter().fold(b[0], |total, sum| i32x4_add(total, sum)))
    }
    #[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
    (0..times as i32).fold(0, |sum, i| sum.wrapping_add(black_box(i)))
}
