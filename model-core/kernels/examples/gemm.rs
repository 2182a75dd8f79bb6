//! How fast the affine map is: `cargo run --release -p klartext-kernels --example gemm`.
//!
//! Prints billions of operations a second (a multiplication and an addition are two) for each instruction
//! set, the best of many runs, for the shapes of a small translation model.

#[path = "../tests/support/mod.rs"]
mod support;

use std::time::{Duration, Instant};

use klartext_kernels::{
    Alpha, Attention, Isa, Norm, Rows, Scratch, affine, affine_argmax, attention, ssru_norm,
};
use support::{Map, Random, packed};

/// Rows, inputs, outputs.
const SHAPES: [(usize, usize, usize); 17] = [
    (1, 256, 256),
    (4, 256, 256),
    (16, 256, 256),
    (32, 256, 256),
    (1, 256, 768),
    (4, 256, 768),
    (16, 256, 768),
    (32, 256, 768),
    (1, 256, 1536),
    (16, 256, 1536),
    (16, 1536, 256),
    (30, 256, 256),
    (30, 256, 768),
    (30, 256, 1536),
    (300, 256, 256),
    (300, 256, 1536),
    (300, 1536, 256),
];

/// The vocabulary.
const PIECES: usize = 16_000;

fn main() {
    let isas: Vec<Isa> = Isa::available().collect();
    print!("{:<24}", "GOP/s");
    isas.iter().for_each(|isa| print!("{:>13}", isa.name()));
    println!();
    let mut random = Random(1);
    for (rows, k, n) in SHAPES {
        let map = Map::random(&mut random, n, k).with_alpha(Alpha::Static(100.0));
        let x = random.floats(rows * k);
        let mut out = vec![0.0; rows * n];
        print!("{:<24}", format!("{rows} x {k} x {n}"));
        for &isa in &isas {
            let (packed, mut scratch) = (aligned(&packed(isa, &map.w, n, k)), Scratch::new());
            let time = best_of(|| affine(isa, &mut scratch, &x, rows, &map.with(packed), &mut out));
            print!("{:>13.1}", (2 * rows * k * n) as f64 / time.as_nanos() as f64);
        }
        println!();
    }
    for rows in [1, 4, 16, 32] {
        let map = Map::random(&mut random, PIECES, 256);
        let x = random.floats(rows * 256);
        let (mut ids, mut log_prob) = (vec![0; rows], vec![0.0; rows]);
        for probabilities in [false, true] {
            let kind = if probabilities { "argmax, log p" } else { "argmax" };
            print!("{:<24}", format!("{rows} x 256 {kind}"));
            for &isa in &isas {
                let (packed, mut scratch) = (aligned(&packed(isa, &map.w, PIECES, 256)), Scratch::new());
                let w = map.with(packed);
                let time = best_of(|| {
                    let log_prob = probabilities.then_some(&mut log_prob[..]);
                    affine_argmax(isa, &mut scratch, &x, rows, &w, &mut ids, log_prob);
                });
                print!("{:>13.1}", (2 * rows * 256 * PIECES) as f64 / time.as_nanos() as f64);
            }
            println!();
        }
    }
    println!("µs");
    small("30 x 30 attention", &isas, |isa, scratch, data, out| {
        attend(isa, scratch, data, &[(0, 30); 30], out);
    });
    small("16 of 30 attention", &isas, |isa, scratch, data, out| {
        let spans: Vec<(u32, u32)> = (0..16).map(|i| (30 * i, 30)).collect();
        attend(isa, scratch, data, &spans, out);
    });
    small("16 recurrent steps", &isas, |isa, _, data, out| {
        let norm = Norm { scale: &data[..256], bias: &data[..256], eps: 1e-6 };
        let (cell, out) = out.split_at_mut(16 * 256);
        ssru_norm(isa, &data[..16 * 512], &data[..16 * 256], cell, &norm, &mut out[..16 * 256]);
    });
}

/// Attention with eight heads of 32.
fn attend(isa: Isa, scratch: &mut Scratch, data: &[f32], spans: &[(u32, u32)], out: &mut [f32]) {
    let rows = Rows { data, stride: 256 };
    let inputs = Attention { q: rows, k: rows, v: rows, spans, heads: 8, dim: 256 };
    attention(isa, scratch, &inputs, &mut out[..spans.len() * 256], None);
}

fn small(name: &str, isas: &[Isa], work: impl Fn(Isa, &mut Scratch, &[f32], &mut [f32])) {
    let data = Random(2).floats(480 * 256);
    let mut out = vec![0.0; 64 * 256];
    print!("{name:<24}");
    for &isa in isas {
        let mut scratch = Scratch::new();
        let time = best_of(|| work(isa, &mut scratch, &data, &mut out));
        print!("{:>13.1}", time.as_nanos() as f64 / 1e3);
    }
    println!();
}

/// A copy that begins at a multiple of 64 bytes, and stays until the end.
fn aligned(bytes: &[i8]) -> &'static [i8] {
    let room = vec![0; bytes.len() + 63].leak();
    let skip = room.as_ptr().align_offset(64);
    let copy = &mut room[skip..][..bytes.len()];
    copy.copy_from_slice(bytes);
    copy
}

/// The shortest time of 0.1 s of tries.
fn best_of(mut work: impl FnMut()) -> Duration {
    let start = Instant::now();
    let mut best = Duration::MAX;
    while start.elapsed() < Duration::from_millis(100) {
        let start = Instant::now();
        work();
        best = best.min(start.elapsed());
    }
    best
}
