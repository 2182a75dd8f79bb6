//! The scalar code computes what its documentation says: plain loops give the same bits, but where the standard
//! library's exponential function has a part in it.

mod support;

use klartext_kernels::*;
use support::{Map, Random, Sketched, packed};

fn close(a: f32, b: f64, tolerance: f64) {
    assert!((f64::from(a) - b).abs() <= tolerance * b.abs().max(1.0), "{a} instead of {b}");
}

#[test]
fn affine_is_its_formula() {
    let mut random = Random(1);
    let shapes = [(3, 5, 7), (4, 256, 30), (1, 1, 1)];
    for ((rows, k, n), alpha) in shapes.into_iter().flat_map(|shape| {
        [Alpha::Static(100.0), Alpha::PerRow, Alpha::Half, Alpha::Whole].map(|alpha| (shape, alpha))
    }) {
        let map = Map::random(&mut random, n, k).with_alpha(alpha);
        let x: Vec<f32> = random.floats(rows * k).iter().map(|x| x * 2.0).collect();
        let out = map.apply(Isa::Scalar, &mut Scratch::new(), &x, rows);
        for (x, out) in x.chunks(k).zip(out.chunks(n)) {
            let greatest = x.iter().fold(0.0f32, |a, b| a.max(b.abs()));
            let (alpha, factor, shift) = match map.alpha {
                Alpha::Static(alpha) => (alpha, 1.0, 127),
                Alpha::PerRow => (127.0 / greatest, 1.0 / (127.0 / greatest), 0),
                Alpha::Whole => (1.0, 1.0, 0),
                Alpha::Half => (63.0 / greatest, 1.0 / (63.0 / greatest), 0),
            };
            for (column, &y) in out.iter().enumerate() {
                let sum: i32 = x
                    .iter()
                    .zip(&map.w[column * k..])
                    .map(|(x, &w)| {
                        ((x * alpha).round_ties_even().clamp(-127.0, 127.0) as i32 + shift) * i32::from(w)
                    })
                    .sum();
                let weights: i32 = map.w[column * k..][..k].iter().map(|&w| i32::from(w)).sum();
                let scale = map.scale[column];
                let bias = map.bias[column] - (shift as f32 * scale) * weights as f32;
                let truth = scale * (sum as f32 * factor) + bias;
                assert_eq!(y, if map.relu { truth.max(0.0) } else { truth });
            }
        }
    }
}

#[test]
fn ties_are_rounded_to_even_and_the_rest_is_clamped() {
    let map = Map::new(1, 1, vec![1], Alpha::Static(1.0), vec![1.0], vec![0.0], false);
    let pairs = [
        (0.5, 0.0),
        (1.5, 2.0),
        (2.5, 2.0),
        (-0.5, 0.0),
        (-1.5, -2.0),
        (-2.5, -2.0),
        (126.5, 126.0),
        (127.5, 127.0),
        (-127.5, -127.0),
        (1e9, 127.0),
        (f32::NEG_INFINITY, -127.0),
        (f32::NAN, 0.0),
    ];
    for isa in Isa::available() {
        for (x, y) in pairs {
            assert_eq!(map.apply(isa, &mut Scratch::new(), &[x], 1), [y], "{}: {x}", isa.name());
        }
    }
}

#[test]
fn rows_without_a_usable_maximum_count_as_zeros() {
    let mut map = Map::random(&mut Random(2), 3, 4).with_alpha(Alpha::PerRow);
    map.relu = false;
    for x in [[0.0; 4], [f32::NAN; 4], [1.0, f32::INFINITY, 0.0, 0.0], [1e-44, 0.0, 0.0, 0.0]] {
        assert_eq!(map.apply(Isa::Scalar, &mut Scratch::new(), &x, 1), map.bias);
    }
}

#[test]
fn equal_outputs_give_the_lowest_id() {
    for isa in Isa::available() {
        let bias = (0..1000).map(|i| if i == 300 || i == 301 || i == 999 { 1.0 } else { 0.0 }).collect();
        let alpha = Alpha::Static(10.0);
        let map = Map::new(1000, 3, vec![5; 3000], alpha, vec![0.1; 1000], bias, false);
        assert_eq!(map.best(isa, &mut Scratch::new(), &[1.0; 3], 1).0, [300]);
    }
}

#[test]
fn log_prob_is_that_of_the_softmax() {
    let mut random = Random(3);
    for n in [1, 100, 256, 700] {
        let (rows, k) = (5, 24);
        let mut map = Map::random(&mut random, n, k);
        map.scale.iter_mut().for_each(|scale| *scale *= 3.0);
        let x = random.floats(rows * k);
        let out = map.apply(Isa::Scalar, &mut Scratch::new(), &x, rows);
        let (ids, log_prob) = map.best(Isa::Scalar, &mut Scratch::new(), &x, rows);
        for ((out, &id), &log_prob) in out.chunks(n).zip(&ids).zip(&log_prob) {
            let best = f64::from(out[id as usize]);
            let sum: f64 = out.iter().map(|&y| (f64::from(y) - best).exp()).sum();
            close(log_prob, -sum.ln(), 1e-5);
        }
    }
}

#[test]
fn embeddings_are_their_formula() {
    let mut random = Random(4);
    let (n, k) = (9, 20);
    let w = random.weights(n * k);
    let positions = random.floats(3 * k);
    let packed = packed(Isa::Scalar, &w, n, k);
    let table = Table { weights: TableWeights::Packed(&packed), n, k, inv_quant_mult: 0.02, factor: 4.0 };
    let mut out = vec![0.0; 2 * k];
    embed(Isa::Scalar, &table, &[7, NO_PIECE], &[2, 1], &positions, &mut out);
    for c in 0..k {
        assert_eq!(out[c], 4.0 * (f32::from(w[7 * k + c]) * 0.02) + positions[2 * k + c]);
        assert_eq!(out[k + c], positions[k + c]);
    }
}

/// A row's normalisation, everything from left to right.
fn norm(x: &[f32], scale: &[f32], bias: &[f32], eps: f32) -> Vec<f32> {
    let dim = x.len() as f32;
    let mean = x.iter().fold(0.0, |sum, x| sum + x) / dim;
    let squares = x.iter().fold(0.0, |sum, x| sum + (x - mean) * (x - mean));
    let sigma = (squares / dim + eps).sqrt();
    let normal = x.iter().map(|x| (x - mean) / sigma);
    normal.zip(scale.iter().zip(bias)).map(|(x, (s, b))| s * x + b).collect()
}

#[test]
fn normalisation_is_its_formula() {
    let mut random = Random(5);
    for (rows, dim) in [(4, 1), (4, 2), (9, 17), (12, 256)] {
        let (x, residual) = (random.floats(rows * dim), random.floats(rows * dim));
        let (scale, bias) = (random.floats(dim), random.floats(dim));
        let mut out = vec![0.0; rows * dim];
        add_norm(Isa::Scalar, &x, &residual, &Norm { scale: &scale, bias: &bias, eps: 1e-6 }, &mut out);
        for (row, out) in out.chunks(dim).enumerate() {
            let sums: Vec<f32> = (row * dim..(row + 1) * dim).map(|i| x[i] + residual[i]).collect();
            assert_eq!(out, norm(&sums, &scale, &bias, 1e-6));
        }
    }
}

#[test]
fn the_recurrent_step_is_its_formula() {
    let mut random = Random(6);
    for (rows, dim) in [(3, 3), (10, 32), (3, 50)] {
        let wu_wf: Vec<f32> = random.floats(rows * 2 * dim).iter().map(|x| x * 4.0).collect();
        let (u, before) = (random.floats(rows * dim), random.floats(rows * dim));
        let (scale, bias) = (random.floats(dim), random.floats(dim));
        let (mut cell, mut out) = (before.clone(), vec![0.0; rows * dim]);
        ssru_norm(
            Isa::Scalar,
            &wu_wf,
            &u,
            &mut cell,
            &Norm { scale: &scale, bias: &bias, eps: 1e-6 },
            &mut out,
        );
        for row in 0..rows {
            let mut sums = Vec::new();
            for c in 0..dim {
                let wu = wu_wf[row * 2 * dim + c];
                // The exponential function's last bit is the only one that may differ.
                let f = 1.0 / (1.0 + (-f64::from(wu_wf[row * 2 * dim + dim + c])).exp() as f32);
                let new = cell[row * dim + c];
                close(new, f64::from(f * before[row * dim + c] + (1.0 - f) * wu), 2e-7);
                sums.push(new.max(0.0) + u[row * dim + c]);
            }
            assert_eq!(out[row * dim..][..dim], norm(&sums, &scale, &bias, 1e-6));
        }
    }
}

#[test]
fn attention_is_its_formula() {
    let mut random = Random(7);
    for (heads, width) in [(2, 32), (1, 5), (4, 24)] {
        let dim = heads * width;
        let spans = [(0, 5), (0, 5), (5, 20), (25, 1), (0, 0)];
        let q: Vec<f32> = random.floats(spans.len() * dim).iter().map(|x| x * 3.0).collect();
        let (k, v) = (random.floats(26 * dim), random.floats(26 * dim));
        let (mut out, mut weights) = (vec![f32::NAN; spans.len() * dim], vec![f32::NAN; spans.len() * 22]);
        let rows = |data| Rows { data, stride: dim };
        let inputs = Attention { q: rows(&q), k: rows(&k), v: rows(&v), spans: &spans, heads, dim };
        let alignment = Some(Alignment { out: &mut weights, stride: 22 });
        attention(Isa::Scalar, &mut Scratch::new(), &inputs, &mut out, alignment);
        for (row, &(start, len)) in spans.iter().enumerate() {
            for head in 0..heads {
                let column = |c: usize| head * width + c;
                let score = |token: u32| {
                    let product = |c| q[row * dim + column(c)] * k[token as usize * dim + column(c)];
                    (0..width).map(product).fold(0.0, |sum, x| sum + x) * (1.0 / (width as f32).sqrt())
                };
                let scores: Vec<f32> = (start..start + len).map(score).collect();
                let top = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
                let exps: Vec<f32> = scores.iter().map(|s| f64::from(s - top).exp() as f32).collect();
                let sum = exps.iter().fold(0.0, |sum, x| sum + x);
                for c in 0..width {
                    let value = |token: u32| v[token as usize * dim + column(c)];
                    let truth =
                        (start..).zip(&exps).fold(0.0, |out, (token, e)| out + (e / sum) * value(token));
                    close(out[row * dim + column(c)], f64::from(truth), 2e-7);
                }
                if head == 0 {
                    for (i, &weight) in weights[row * 22..][..22].iter().enumerate() {
                        close(weight, exps.get(i).map_or(0.0, |exp| f64::from(exp / sum)), 2e-7);
                    }
                }
            }
        }
    }
}

/// A map of a thousand outputs, and rows that are about the weights of some of them. The first inputs matter most.
fn peaked(random: &mut Random) -> (Map, Vec<f32>, Vec<u32>) {
    let (n, k) = (1000, 64);
    let mut w = random.weights(n * k);
    for row in w.chunks_exact_mut(k) {
        row.iter_mut().enumerate().for_each(|(input, weight)| *weight /= 1 + (input / 16) as i8);
    }
    let map = Map::new(n, k, w, Alpha::Static(100.0), vec![1e-4; n], random.floats(n), false);
    let chosen: Vec<u32> = (0..20).map(|_| random.below(n) as u32).collect();
    let x = chosen.iter().flat_map(|&id| map.w[id as usize * k..][..k].iter().map(|&w| f32::from(w) / 128.0));
    let x = x.collect();
    (map, x, chosen)
}

#[test]
fn a_sketch_leaves_most_outputs_out() {
    let (map, x, chosen) = peaked(&mut Random(5));
    let sketched = Sketched::new(Isa::Scalar, map, 32);
    let (ids, _, computed) = sketched.best(Isa::Scalar, &x, chosen.len());
    assert_eq!(ids, chosen);
    assert!(computed < chosen.len() * 100, "{computed} of {} thousand were computed", chosen.len());
}

#[test]
fn a_sketch_believes_its_bounds() {
    let (map, x, chosen) = peaked(&mut Random(5));
    let mut sketched = Sketched::new(Isa::Scalar, map, 1);
    assert_eq!(sketched.best(Isa::Scalar, &x, chosen.len()).0, chosen);
    // One input says little about the greatest output, and without slack nothing else is asked.
    sketched.set_slack(vec![0.0; sketched.slack().len()]);
    let (ids, _, computed) = sketched.best(Isa::Scalar, &x, chosen.len());
    assert_ne!(ids, chosen);
    assert!(computed < chosen.len() * 500);
}

#[test]
fn log_prob_of_a_sketch_is_about_that_of_the_softmax() {
    let (map, x, chosen) = peaked(&mut Random(6));
    let (_, exact) = map.best(Isa::Scalar, &mut Scratch::new(), &x, chosen.len());
    let (_, found, _) = Sketched::new(Isa::Scalar, map, 32).best(Isa::Scalar, &x, chosen.len());
    let off: Vec<f32> = found.into_iter().zip(exact).map(|(found, exact)| (found - exact).abs()).collect();
    // What is not computed is estimated from a sample, which is small with a thousand outputs.
    assert!(off.iter().all(|&off| off < 0.5), "{off:?}");
    assert!(off.iter().sum::<f32>() < 0.1 * off.len() as f32, "{off:?}");
}
