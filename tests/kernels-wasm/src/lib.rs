//! The kernels in WebAssembly, without a browser: comparisons of simd128 with the scalar code, and a
//! benchmark. `check.mjs` runs both.

#[path = "../../race/kernels/bare.rs"]
mod bare;
#[path = "../../../model-core/kernels/tests/cases/mod.rs"]
mod cases;
#[path = "../../../model-core/kernels/tests/support/mod.rs"]
mod support;
#[path = "../../race/kernels/work.rs"]
mod work;

use std::cell::RefCell;

use bare::{Loop, bare};
use klartext_kernels::{Attention, Isa, Norm, Rows, Scratch, affine, affine_argmax, attention, ssru_norm};
use support::{Map, Random, packed};
use work::{Kernel, Work, activations, map_like_a_models};

/// How many instruction sets the module has: scalar, then simd128, relaxed-simd and relaxed-pairs if it was compiled with
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
    let map = map_like_a_models(&mut random, n, k);
    let packed = packed(isa, &map.w, n, k);
    let (mut x, out, ids) = (activations(&mut random, rows * k), vec![0.0; rows * n], vec![0; rows]);
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

thread_local! {
    static WORK: RefCell<Option<Work>> = const { RefCell::new(None) };
}

/// Makes a call of the kernel of that number, see [`Kernel::ALL`]. `isa` counts as in [`prepare`].
#[unsafe(no_mangle)]
pub extern "C" fn prepare_call(isa: usize, kernel: usize, rows: usize, k: usize, n: usize) {
    let isa = Isa::available().nth(isa).unwrap_or(Isa::Scalar);
    WORK.set(Kernel::ALL.get(kernel).map(|&kernel| Work::new(isa, kernel, rows, k, n)));
}

/// Repeats the call that was made last.
#[unsafe(no_mangle)]
pub extern "C" fn call(times: u32) {
    WORK.with_borrow_mut(|work| {
        if let Some(work) = work {
            (0..times).for_each(|_| work.run());
        }
    });
}

/// Rounds of the bound for the affine map, see [`bare`]; nothing for the scalar code.
#[unsafe(no_mangle)]
pub extern "C" fn bound(isa: usize, rounds: u32) -> i32 {
    bound_of(isa).map_or(0, |(work, _)| work(rounds))
}

/// The multiplications and additions of such a round.
#[unsafe(no_mangle)]
pub extern "C" fn bound_operations(isa: usize) -> u32 {
    bound_of(isa).map_or(0, |(_, operations)| operations)
}

fn bound_of(isa: usize) -> Option<(Loop, u32)> {
    bare(Isa::available().nth(isa)?.name())
}
