//! Comparisons of an instruction set with the scalar code, bit for bit. The browser's build runs them too, so
//! they need nothing but the crate.

use klartext_kernels::*;

use crate::support::{Map, Random, Sketched, packed};

/// What a case says: nothing, or where the difference is.
pub(crate) type Outcome = Result<(), String>;

/// One comparison.
pub(crate) struct Case {
    /// What it is about.
    pub(crate) name: &'static str,
    /// Makes it.
    pub(crate) run: fn(Isa) -> Outcome,
}

/// All of them.
pub(crate) const CASES: [Case; 13] = [
    Case { name: "pack and unpack", run: packing },
    Case { name: "affine, all small shapes", run: small_shapes },
    Case { name: "affine, rows", run: rows },
    Case { name: "affine, inputs that are not negative", run: nonnegative },
    Case { name: "affine, extreme values", run: extremes },
    Case { name: "affine, sums at the edge of 16 bits", run: edges },
    Case { name: "affine, values that are not numbers", run: not_numbers },
    Case { name: "affine and argmax", run: argmax },
    Case { name: "argmax by a sketch", run: sketches },
    Case { name: "embeddings", run: embeddings },
    Case { name: "normalisation", run: normalisation },
    Case { name: "recurrent step", run: recurrence },
    Case { name: "attention", run: ragged },
];

/// Equal bit for bit; one NaN is like another.
fn same(what: &str, isa: &[f32], scalar: &[f32]) -> Outcome {
    if isa.len() != scalar.len() {
        return Err(format!("{what}: {} results for {}", isa.len(), scalar.len()));
    }
    for (i, (a, b)) in isa.iter().zip(scalar).enumerate() {
        if a.to_bits() != b.to_bits() && !(a.is_nan() && b.is_nan()) {
            return Err(format!("{what}: element {i} is {a:e}, scalar {b:e}"));
        }
    }
    Ok(())
}

/// Compares a map's results with the scalar code's.
pub(crate) fn compare(map: &Map, isa: Isa, x: &[f32], rows: usize) -> Outcome {
    let mut scratch = Scratch::new();
    let what = format!("[{rows}, {}] to {}, {:?}", map.k, map.n, map.alpha);
    same(&what, &map.apply(isa, &mut scratch, x, rows), &map.apply(Isa::Scalar, &mut scratch, x, rows))
}

fn packing(isa: Isa) -> Outcome {
    let mut random = Random(1);
    for (n, k) in [(1, 1), (3, 5), (8, 16), (17, 33), (64, 256), (65, 7), (130, 19), (0, 4), (4, 0)] {
        let w = random.weights(n * k);
        let packed = packed(isa, &w, n, k);
        for row in 0..n {
            let mut out = vec![0; k];
            unpack_row(isa, &packed, n, k, row, &mut out);
            if out != w[row * k..][..k] {
                return Err(format!("row {row} of [{n}, {k}]"));
            }
        }
    }
    Ok(())
}

fn small_shapes(isa: Isa) -> Outcome {
    let mut random = Random(2);
    for n in (0..=19).chain([31, 33, 63, 64, 65, 67, 129]) {
        for k in [0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 100] {
            let rows = random.below(8);
            compare(&Map::random(&mut random, n, k), isa, &random.floats(rows * k), rows)?;
        }
    }
    Ok(())
}

fn rows(isa: Isa) -> Outcome {
    let mut random = Random(3);
    for rows in (0..=33).chain([64, 65, 127, 300]) {
        compare(&Map::random(&mut random, 70, 40), isa, &random.floats(rows * 40), rows)?;
    }
    // As many inputs as there may be.
    compare(&Map::random(&mut random, 3, 65_536), isa, &random.floats(65_536), 1)?;
    // More than one block of activations.
    compare(&Map::random(&mut random, 24, 1536), isa, &random.floats(131 * 1536), 131)?;
    compare(&Map::random(&mut random, 24, 256), isa, &random.floats(700 * 256), 700)
}

fn nonnegative(isa: Isa) -> Outcome {
    let mut random = Random(4);
    for rows in (0..=13).chain([37]) {
        for k in [1, 15, 33, 256] {
            let mut x = random.floats(rows * k);
            x.iter_mut().for_each(|x| *x = 2.0 * x.max(0.0));
            let map = Map::random(&mut random, 43, k);
            compare(&map, isa, &x, rows)?;
            if let [first, .., last] = &mut x[..] {
                // Neither of them is negative once it is quantised, and the third is.
                (*first, *last) = (f32::NAN, -0.0);
                compare(&map, isa, &x, rows)?;
                x[rows * k / 2] = -1.0;
                compare(&map, isa, &x, rows)?;
            }
        }
    }
    let map = Map::random(&mut random, 9, 20).with_alpha(Alpha::Static(-70.0));
    compare(&map, isa, &vec![1.0; 3 * 20], 3)
}

fn extremes(isa: Isa) -> Outcome {
    let patterns: [fn(usize) -> i8; 6] = [
        |_| 127,
        |_| -127,
        |_| -128,
        |i| if i % 2 == 0 { 127 } else { -127 },
        |i| if i % 3 == 0 { -128 } else { 127 },
        |i| if i % 4 < 2 { 127 } else { -128 },
    ];
    let (n, k, rows) = (66, 1536, 7);
    for w in patterns {
        for x in patterns {
            let w = (0..n * k).map(w).collect();
            let map = Map::new(n, k, w, Alpha::Static(1.0), vec![1.0; n], vec![0.0; n], false);
            // Exact in f32 only if the sums are: the scalar code has to agree on the rounding of the
            // conversion too.
            let x: Vec<f32> = (0..rows * k).map(|i| 2.0 * f32::from(x(i))).collect();
            compare(&map, isa, &x, rows)?;
        }
    }
    Ok(())
}

/// Four sums of two products, with activations up to 127, are 32 766 or just too large for 16 bits.
fn edges(isa: Isa) -> Outcome {
    let (n, k, rows) = (40, 64, 5);
    for (sign, more) in [(1, 0), (1, 1), (-1, 0), (-1, 1), (-1, 2)] {
        for lane in 0..16 {
            // Sixteen inputs of an output add up to 258 and a little more; where, that varies.
            let weight = |i: usize| {
                let (output, input) = (i / k, i % k);
                let last = if output % 3 == 0 { more } else { 0 };
                let magnitude = match (input + 16 - lane) % 16 {
                    // The only negative number that is no positive one.
                    0 => 127 + i32::from(sign < 0 && more == 0),
                    1 => 127 - i32::from(sign < 0 && more == 0),
                    4 | 5 | 8 => 1,
                    9 => 1 + last,
                    _ => 0,
                };
                if input / 16 == output % 5 { (sign * magnitude) as i8 } else { 3 }
            };
            let w = (0..n * k).map(weight).collect();
            let map = Map::new(n, k, w, Alpha::Static(1.0), vec![1.0; n], vec![0.0; n], false);
            for x in [-127.0, -64.0, 63.0, 127.0] {
                compare(&map, isa, &vec![x; rows * k], rows)?;
                let mixed: Vec<f32> = (0..rows * k).map(|i| if i % 7 == 0 { -x } else { x }).collect();
                compare(&map, isa, &mixed, rows)?;
            }
        }
    }
    Ok(())
}

fn not_numbers(isa: Isa) -> Outcome {
    let mut random = Random(5);
    let odd = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, f32::MAX, f32::MIN, 1e-42, -0.0, 0.5, 1.5, -2.5];
    for alpha in [Alpha::PerRow, Alpha::Static(1.0), Alpha::Static(f32::MAX), Alpha::Static(f32::NAN)] {
        for _ in 0..20 {
            let map = Map::random(&mut random, 20, 37).with_alpha(alpha);
            let x: Vec<f32> = (0..5 * 37).map(|_| odd[random.below(odd.len())]).collect();
            compare(&map, isa, &x, 5)?;
            // Rows with one odd value among zeros.
            for &odd in &odd {
                let mut x = vec![0.0; 37];
                x[random.below(37)] = odd;
                compare(&map, isa, &x, 1)?;
            }
            map.best(isa, &mut Scratch::new(), &x, 5);
        }
    }
    Ok(())
}

fn argmax(isa: Isa) -> Outcome {
    let mut random = Random(6);
    let mut scratch = Scratch::new();
    for (rows, k, n) in
        [(0, 8, 5), (1, 16, 1), (1, 32, 255), (2, 32, 256), (3, 33, 257), (70, 20, 1000), (65, 8, 300)]
    {
        let map = Map::random(&mut random, n, k);
        let x = random.floats(rows * k);
        let (ids, log_prob) = map.best(isa, &mut scratch, &x, rows);
        let (ids_scalar, log_prob_scalar) = map.best(Isa::Scalar, &mut scratch, &x, rows);
        same(&format!("log-probabilities of [{rows}, {k}] to {n}"), &log_prob, &log_prob_scalar)?;
        if ids != ids_scalar {
            return Err(format!("ids of [{rows}, {k}] to {n}"));
        }
        for (row, (out, &id)) in map.apply(isa, &mut scratch, &x, rows).chunks(n).zip(&ids).enumerate() {
            let best = out.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            if out.iter().position(|&y| y == best) != Some(id as usize) {
                return Err(format!("[{rows}, {k}] to {n}, row {row}: {id} is not the first of the best"));
            }
        }
    }
    Ok(())
}

fn sketches(isa: Isa) -> Outcome {
    let mut random = Random(11);
    let mut scratch = Scratch::new();
    for (rows, k, kept, n) in [
        (0, 8, 3, 5),
        (1, 1, 1, 1),
        (2, 16, 16, 15),
        (3, 33, 16, 257),
        (9, 40, 8, 1000),
        (17, 64, 32, 1311),
        (70, 20, 19, 64),
    ] {
        let mut map = Map::random(&mut random, n, k);
        // Nothing about a greatest output is left of a ReLU.
        map.relu = false;
        let mut x = random.floats(rows * k);
        // Some rows are much like an output's weights, as the rows of a model are.
        for x in x.chunks_exact_mut(k).step_by(2) {
            let output = random.below(n);
            let weights = &map.w[output * k..][..k];
            x.iter_mut().zip(weights).for_each(|(x, &weight)| *x = *x / 4.0 + f32::from(weight) / 128.0);
        }
        if let Some(x) = x.first_mut() {
            *x = f32::NAN;
        }
        let what = format!("[{rows}, {k}] to {n}, {kept} kept, {:?}", map.alpha);
        let expected = map.best(isa, &mut scratch, &x, rows).0;
        let sketched = Sketched::new(isa, map, kept);
        let (ids, log_prob, computed) = sketched.best(isa, &x, rows);
        let scalar = Sketched::new(Isa::Scalar, sketched.map, kept).best(Isa::Scalar, &x, rows);
        same(&format!("log-probabilities of {what}"), &log_prob, &scalar.1)?;
        if ids != expected || (ids, computed) != (scalar.0, scalar.2) {
            return Err(format!("ids of {what}"));
        }
    }
    // All outputs are equal, so that none can be left out, and the first one wins.
    let map = Map::new(300, 20, vec![7; 300 * 20], Alpha::PerRow, vec![0.1; 300], vec![0.5; 300], false);
    let (ids, _, computed) = Sketched::new(isa, map, 9).best(isa, &random.floats(2 * 20), 2);
    if (ids.as_slice(), computed) == (&[0, 0], 600) {
        Ok(())
    } else {
        Err(format!("{ids:?} of equal outputs"))
    }
}

fn embeddings(isa: Isa) -> Outcome {
    let mut random = Random(7);
    let (n, k, max) = (77, 41, 9);
    let w = random.weights(n * k);
    let positions = random.floats(max * k);
    let ids: Vec<u32> = (0..n as u32).chain([NO_PIECE]).collect();
    let pos: Vec<u32> = ids.iter().map(|_| random.below(max) as u32).collect();
    let embed = |isa| {
        let packed = packed(isa, &w, n, k);
        let table =
            Table { weights: TableWeights::Packed(&packed), n, k, inv_quant_mult: 0.013, factor: 6.4 };
        let mut out = vec![f32::NAN; ids.len() * k];
        embed(isa, &table, &ids, &pos, &positions, &mut out);
        out
    };
    same("embeddings", &embed(isa), &embed(Isa::Scalar))
}

fn normalisation(isa: Isa) -> Outcome {
    let mut random = Random(8);
    for dim in [1, 2, 15, 16, 17, 32, 100, 256] {
        for rows in [0, 1, 3, 8, 19] {
            let (x, residual) = (random.floats(rows * dim), random.floats(rows * dim));
            let (scale, bias) = (random.floats(dim), random.floats(dim));
            let norm = Norm { scale: &scale, bias: &bias, eps: 1e-6 };
            let run = |isa| {
                let mut out = vec![f32::NAN; rows * dim];
                add_norm(isa, &x, &residual, &norm, &mut out);
                out
            };
            same(&format!("norm of {dim}"), &run(isa), &run(Isa::Scalar))?;
        }
    }
    Ok(())
}

fn recurrence(isa: Isa) -> Outcome {
    let mut random = Random(9);
    for (rows, dim) in [(3, 1), (3, 7), (8, 16), (3, 33), (17, 100), (3, 256)] {
        let u = random.floats(rows * dim);
        let mut wu_wf: Vec<f32> = random.floats(rows * 2 * dim).iter().map(|x| x * 20.0).collect();
        wu_wf[0] = f32::INFINITY;
        wu_wf[dim] = f32::NEG_INFINITY;
        wu_wf[2 * dim] = f32::NAN;
        let cell = random.floats(rows * dim);
        let (scale, bias) = (random.floats(dim), random.floats(dim));
        let norm = Norm { scale: &scale, bias: &bias, eps: 1e-6 };
        let run = |isa| {
            let (mut cell, mut out) = (cell.clone(), vec![f32::NAN; rows * dim]);
            ssru_norm(isa, &wu_wf, &u, &mut cell, &norm, &mut out);
            out.extend(cell);
            out
        };
        same(&format!("recurrent step of {dim}"), &run(isa), &run(Isa::Scalar))?;
    }
    Ok(())
}

fn ragged(isa: Isa) -> Outcome {
    let mut random = Random(10);
    for (heads, width) in [(1, 1), (2, 8), (8, 32), (3, 17), (2, 64), (1, 48), (2, 80)] {
        let dim = heads * width;
        let spans = [(0, 3), (0, 3), (0, 3), (3, 1), (4, 0), (4, 16), (20, 17), (20, 17), (37, 33), (0, 70)];
        let (rows, tokens, stride, longest) = (spans.len(), 70, 3 * dim + 5, 71);
        let mut q: Vec<f32> = random.floats(rows * (dim + 2)).iter().map(|x| x * 9.0).collect();
        let odd = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY];
        q[dim + 2..][..dim].iter_mut().zip(odd).for_each(|(q, odd)| *q = odd);
        let kv = random.floats(tokens * stride);
        let run = |isa| {
            let mut out = vec![f32::NAN; rows * dim];
            let mut weights = vec![f32::NAN; rows * longest];
            let inputs = Attention {
                q: Rows { data: &q, stride: dim + 2 },
                k: Rows { data: &kv, stride },
                v: Rows { data: &kv[dim..], stride },
                spans: &spans,
                heads,
                dim,
            };
            let alignment = Some(Alignment { out: &mut weights, stride: longest });
            attention(isa, &mut Scratch::new(), &inputs, &mut out, alignment);
            out.extend(weights);
            out
        };
        same(&format!("{heads} heads of {width}"), &run(isa), &run(Isa::Scalar))?;
    }
    Ok(())
}
