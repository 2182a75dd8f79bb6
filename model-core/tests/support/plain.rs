//! A model's forward pass in plain loops over its items: the definition, for files that no other engine reads.
//!
//! Only what stands in the description of the format is in here, one sentence at a time and one line for each formula,
//! in single precision like the engine. Sums are not in the engine's order, so the last bits may differ.

use std::collections::HashMap;

use super::marian::{FLOAT32, Item, Spec};

/// A model of items.
pub(crate) struct Plain<'a> {
    spec: &'a Spec,
    weights: HashMap<&'a str, Matrix>,
    floats: HashMap<&'a str, Vec<f32>>,
}

/// A weight: `values: [outputs, inputs]`, or an embedding: `values: [pieces, width]`.
struct Matrix {
    inputs: usize,
    values: Vec<i8>,
    quant_mult: f32,
}

impl<'a> Plain<'a> {
    /// Reads the items of a model.
    pub(crate) fn new(spec: &'a Spec, items: &'a [Item]) -> Self {
        let (mut weights, mut floats) = (HashMap::new(), HashMap::new());
        for item in items.iter().filter(|item| item.shape.len() == 2) {
            let [rows, columns] = [item.shape[0] as usize, item.shape[1] as usize];
            let embedding = item.name.ends_with("Wemb");
            let is_weight = embedding || item.name.contains("_W") && !item.name.contains("_ln_");
            if item.code == FLOAT32 {
                let numbers = item.data.chunks_exact(4).take(rows * columns);
                let values: Vec<f32> =
                    numbers.map(|bytes| f32::from_le_bytes(bytes.try_into().expect("four"))).collect();
                if is_weight && !item.name.ends_with("_QuantMultA") {
                    weights.insert(&*item.name, Matrix::quantised(&values, [rows, columns], embedding));
                }
                floats.insert(&*item.name, values);
            } else if is_weight && !item.name.ends_with("_QuantMultA") {
                let (values, behind) = item.data.split_at(rows * columns);
                let values = values.iter().map(|&byte| byte as i8).collect();
                let quant_mult = f32::from_le_bytes(behind[..4].try_into().expect("four"));
                let inputs = if embedding { columns } else { rows };
                weights.insert(&*item.name, Matrix { inputs, values, quant_mult });
            }
        }
        Self { spec, weights, floats }
    }

    /// How far behind the best one each of `pieces` is as a translation of `source`, which ends with `</s>`, if those
    /// before it are given: the difference of the scores in standard deviations of all of them.
    pub(crate) fn behind(&self, source: &[u32], pieces: &[u32]) -> Vec<f32> {
        let Spec { enc_depth, dec_depth, dim, .. } = *self.spec;
        let [source_table, target_table] = self.tables();
        let mut x: Vec<Vec<f32>> =
            source.iter().enumerate().map(|(at, &id)| self.embed(source_table, Some(id), at)).collect();
        for layer in 1..=enc_depth {
            let name = format!("encoder_l{layer}_self");
            let [keys, values] = ["k", "v"].map(|which| self.all(&name, which, &x));
            x = x.iter().map(|row| self.attend(&name, row, &keys, &values)).collect();
            x = x.iter().map(|row| self.feed_forward(&format!("encoder_l{layer}_ffn"), row)).collect();
        }
        let memory: Vec<[Vec<Vec<f32>>; 2]> = (1..=dec_depth)
            .map(|layer| ["k", "v"].map(|which| self.all(&format!("decoder_l{layer}_context"), which, &x)))
            .collect();
        let mut cells = vec![vec![0.0; dim]; dec_depth];
        let mut behind = Vec::new();
        for (at, &piece) in pieces.iter().enumerate() {
            let previous = at.checked_sub(1).map(|at| pieces[at]);
            let mut x = self.embed(target_table, previous, at);
            for (layer, cell) in cells.iter_mut().enumerate() {
                let name = |part: &str| format!("decoder_l{}_{part}", layer + 1);
                x = self.recur(&name("rnn"), &x, cell);
                x = self.attend(&name("context"), &x, &memory[layer][0], &memory[layer][1]);
                x = self.feed_forward(&name("ffn"), &x);
            }
            let scores = self.affine(target_table, Some("decoder_ff_logit_out_b"), &x);
            let best = scores.iter().copied().fold(f32::MIN, f32::max);
            let mean = scores.iter().sum::<f32>() / scores.len() as f32;
            let variance =
                scores.iter().map(|score| (score - mean).powi(2)).sum::<f32>() / scores.len() as f32;
            behind.push((best - scores[piece as usize]) / variance.sqrt());
        }
        behind
    }

    fn tables(&self) -> [&'static str; 2] {
        if self.spec.target_vocab.is_some() { ["encoder_Wemb", "decoder_Wemb"] } else { ["Wemb", "Wemb"] }
    }

    /// `sqrt(d) · E[id] + PE(at)`; before the first piece there is the zero vector instead of an embedding.
    fn embed(&self, table: &str, id: Option<u32>, at: usize) -> Vec<f32> {
        let (d, half) = (self.spec.dim, self.spec.dim / 2);
        let table = &self.weights[table];
        let position = |n: usize| {
            let frequency = (-((n % half) as f64) * 10_000_f64.ln() / (half as f64 - 1.0)).exp();
            let angle = at as f64 * frequency;
            (if n < half { angle.sin() } else { angle.cos() }) as f32
        };
        let piece =
            |n: usize| id.map_or(0.0, |id| f32::from(table.values[id as usize * d + n]) / table.quant_mult);
        (0..d).map(|n| piece(n) * (d as f32).sqrt() + position(n)).collect()
    }

    /// `W x + b` in 8 bits. Without an alpha the row's own 127 / max |x|.
    fn affine(&self, weight: &str, bias: Option<&str>, x: &[f32]) -> Vec<f32> {
        let matrix = &self.weights[weight];
        assert_eq!(matrix.inputs, x.len(), "{weight}");
        let own = || 127.0 / x.iter().fold(0.0_f32, |largest, value| largest.max(value.abs()));
        let name = if weight.ends_with("Wemb") { "none" } else { weight };
        let alpha = self.floats.get(&*format!("{name}_QuantMultA")).map_or_else(own, |alpha| alpha[0]);
        let quantised: Vec<i32> =
            x.iter().map(|value| (value * alpha).round_ties_even().clamp(-127.0, 127.0) as i32).collect();
        let rows = matrix.values.chunks_exact(x.len()).enumerate();
        rows.map(|(n, row)| {
            let sum: i32 = quantised.iter().zip(row).map(|(&x, &w)| x * i32::from(w)).sum();
            sum as f32 / (alpha * matrix.quant_mult) + bias.map_or(0.0, |name| self.floats[name][n])
        })
        .collect()
    }

    /// The map `W{which}`, `b{which}` of each row.
    fn all(&self, name: &str, which: &str, x: &[Vec<f32>]) -> Vec<Vec<f32>> {
        let (weight, bias) = (format!("{name}_W{which}"), format!("{name}_b{which}"));
        x.iter().map(|row| self.affine(&weight, Some(&bias), row)).collect()
    }

    /// `LN(x + Attention(x))`.
    fn attend(&self, name: &str, x: &[f32], keys: &[Vec<f32>], values: &[Vec<f32>]) -> Vec<f32> {
        let width = x.len() / self.spec.heads;
        let query = &self.all(name, "q", &[x.to_vec()])[0];
        let mut mixed = vec![0.0; x.len()];
        for head in 0..self.spec.heads {
            let part = head * width..(head + 1) * width;
            let score = |key: &Vec<f32>| {
                let products = query[part.clone()].iter().zip(&key[part.clone()]).map(|(q, k)| q * k);
                products.sum::<f32>() / (width as f32).sqrt()
            };
            let scores: Vec<f32> = keys.iter().map(score).collect();
            let largest = scores.iter().copied().fold(f32::MIN, f32::max);
            let weights: Vec<f32> = scores.iter().map(|score| (score - largest).exp()).collect();
            let total: f32 = weights.iter().sum();
            for (weight, value) in weights.iter().zip(values) {
                for n in part.clone() {
                    mixed[n] += weight / total * value[n];
                }
            }
        }
        let out = &self.all(name, "o", &[mixed])[0];
        self.add_norm(&format!("{name}_Wo"), x, out)
    }

    /// `LN(x + W2 relu(W1 x + b1) + b2)`.
    fn feed_forward(&self, name: &str, x: &[f32]) -> Vec<f32> {
        let mut inner = self.all(name, "1", &[x.to_vec()]);
        inner[0].iter_mut().for_each(|value| *value = value.max(0.0));
        self.add_norm(&format!("{name}_ffn"), x, &self.all(name, "2", &inner)[0])
    }

    /// The SSRU: `c = f ⊙ c + (1 − f) ⊙ W x`, `LN(x + relu(c))`.
    fn recur(&self, name: &str, x: &[f32], cell: &mut [f32]) -> Vec<f32> {
        let candidate = self.affine(&format!("{name}_W"), None, x);
        let forget = self.affine(&format!("{name}_Wf"), Some(&format!("{name}_bf")), x);
        for ((cell, candidate), forget) in cell.iter_mut().zip(candidate).zip(forget) {
            let f = 1.0 / (1.0 + (-forget).exp());
            *cell = f * *cell + (1.0 - f) * candidate;
        }
        let out: Vec<f32> = cell.iter().map(|value| value.max(0.0)).collect();
        self.add_norm(&format!("{name}_ffn"), x, &out)
    }

    fn add_norm(&self, name: &str, x: &[f32], y: &[f32]) -> Vec<f32> {
        let sum: Vec<f32> = x.iter().zip(y).map(|(x, y)| x + y).collect();
        let mean = sum.iter().sum::<f32>() / sum.len() as f32;
        let variance = sum.iter().map(|value| (value - mean).powi(2)).sum::<f32>() / sum.len() as f32;
        let (scale, bias) =
            (&self.floats[&*format!("{name}_ln_scale")], &self.floats[&*format!("{name}_ln_bias")]);
        (0..sum.len()).map(|n| (sum[n] - mean) / (variance + 1e-6).sqrt() * scale[n] + bias[n]).collect()
    }
}

impl Matrix {
    /// By 127 / max |W|, as the loader quantises float32 weights.
    fn quantised(floats: &[f32], [rows, columns]: [usize; 2], embedding: bool) -> Self {
        let quant_mult = 127.0 / floats.iter().fold(0.0_f32, |largest, value| largest.max(value.abs()));
        let byte = |value: f32| (value * quant_mult).round_ties_even() as i8;
        let (inputs, values) = if embedding {
            (columns, floats.iter().map(|&value| byte(value)).collect())
        } else {
            let outputs = (0..columns).flat_map(|n| (0..rows).map(move |k| k * columns + n));
            (rows, outputs.map(|at| byte(floats[at])).collect())
        };
        Self { inputs, values, quant_mult }
    }
}
