//! Writes complete models of any shape with random weights, in Marian's binary form.
#![allow(dead_code, reason = "each test binary uses a part of it")]

use std::fmt::Write;

/// The codes of the element types.
pub(crate) const INT8: u64 = 0x0101;
pub(crate) const FLOAT32: u64 = 0x0404;
pub(crate) const INTGEMM8: u64 = 0x4101;

/// What model to write.
#[derive(Clone, Debug)]
pub(crate) struct Spec {
    pub(crate) dim: usize,
    pub(crate) ffn: usize,
    pub(crate) heads: usize,
    pub(crate) enc_depth: usize,
    pub(crate) dec_depth: usize,
    pub(crate) vocab: usize,
    /// A target vocabulary of its own, with `encoder_Wemb` and `decoder_Wemb`.
    pub(crate) target_vocab: Option<usize>,
    /// Activation multipliers; only with `int8`.
    pub(crate) alphas: bool,
    /// 8-bit weights, else float32.
    pub(crate) int8: bool,
    pub(crate) seed: u64,
}

impl Spec {
    /// The least model that has everything.
    pub(crate) fn least() -> Self {
        Self {
            dim: 8,
            ffn: 12,
            heads: 2,
            enc_depth: 1,
            dec_depth: 1,
            vocab: 16,
            target_vocab: None,
            alphas: true,
            int8: true,
            seed: 1,
        }
    }
}

/// How a tensor is stored, and how its values are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Weight,
    Embedding,
    Bias,
    Scale,
}

/// A tensor that a model needs. shape: [inputs, outputs] of a weight, [pieces, width] of an embedding, [1, n] else.
#[derive(Clone, Debug)]
pub(crate) struct Tensor {
    pub(crate) name: String,
    pub(crate) shape: [usize; 2],
    pub(crate) kind: Kind,
}

/// One item as it goes into the file; tests falsify them.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    pub(crate) name: String,
    pub(crate) code: u64,
    pub(crate) shape: Vec<i32>,
    pub(crate) data: Vec<u8>,
}

/// The whole file.
pub(crate) fn model(spec: &Spec) -> Vec<u8> {
    write(&items(spec))
}

/// The whole file, the two gates of each recurrent unit with one activation multiplier, as trained models have it.
pub(crate) fn model_with_like_gates(spec: &Spec) -> Vec<u8> {
    let mut items = items(spec);
    for layer in 1..=spec.dec_depth {
        let named = |items: &[Item], gate: &str| {
            let name = format!("decoder_l{layer}_rnn_{gate}_QuantMultA");
            items.iter().position(|item| item.name == name).expect("a model with alphas")
        };
        let (input, forget) = (named(&items, "W"), named(&items, "Wf"));
        items[forget].data = items[input].data.clone();
    }
    write(&items)
}

/// A model with a sketch that turns nothing, of which the first `kept` inputs make the estimates, and its target pieces.
pub(crate) fn sketched_items(spec: &Spec, kept: usize) -> Vec<Item> {
    let mut items = items(spec);
    let (dim, pieces) = (spec.dim, spec.target_vocab.unwrap_or(spec.vocab));
    let table = if spec.target_vocab.is_some() { "decoder_Wemb" } else { "Wemb" };
    let table = items.iter().find(|item| item.name == table).expect("a model has embeddings");
    let (weights, trailer) = table.data.split_at(pieces * dim);
    let quant_mult = f32::from_le_bytes([trailer[0], trailer[1], trailer[2], trailer[3]]);
    // As far as an output can be from what is kept of it, whatever the weights are.
    let length =
        |row: &[u8]| row.iter().map(|&byte| f32::from(byte as i8).powi(2)).sum::<f32>().sqrt() / quant_mult;
    let sum = |sum: u64, eight: &[u8]| {
        let number = u64::from_le_bytes(eight.try_into().expect("eight bytes"));
        sum ^ number.wrapping_add(0x9e37_79b9).wrapping_add(sum << 6).wrapping_add(sum >> 2)
    };
    let checksum = weights.chunks_exact(8).fold(0, sum);
    let grain = 4.0 * weights.chunks_exact(dim).map(length).fold(0.0, f32::max) / 255.0;
    let mut data: Vec<u8> = Vec::new();
    for number in [2, pieces, dim, kept] {
        data.extend((number as u32).to_le_bytes());
    }
    let floats =
        |numbers: &[f32]| numbers.iter().flat_map(|number| number.to_le_bytes()).collect::<Vec<u8>>();
    // Near, rounding, spread, grain; then the steps.
    data.extend(floats(&[0.02, 4.0, 1.2, grain]));
    data.extend(checksum.to_le_bytes());
    data.extend(floats(&vec![1.0 / 127.0; dim + kept]));
    for rows in [dim, kept] {
        data.extend((0..rows * dim).map(|at| if at % dim == at / dim { 127 } else { 0 }));
    }
    data.extend(vec![255; pieces]);
    items.push(Item { name: "special:sketch".into(), code: INT8, shape: vec![data.len() as i32], data });
    items
}

/// All tensors of a model, without alphas.
pub(crate) fn tensors(spec: &Spec) -> Vec<Tensor> {
    let (d, f) = (spec.dim, spec.ffn);
    let mut list = Tensors(Vec::new());
    match spec.target_vocab {
        None => list.push("Wemb", [spec.vocab, d], Kind::Embedding),
        Some(target) => {
            list.push("encoder_Wemb", [spec.vocab, d], Kind::Embedding);
            list.push("decoder_Wemb", [target, d], Kind::Embedding);
        }
    }
    list.push("decoder_ff_logit_out_b", [1, spec.target_vocab.unwrap_or(spec.vocab)], Kind::Bias);
    for layer in 1..=spec.enc_depth {
        list.attention(&format!("encoder_l{layer}_self"), d);
        list.feed_forward(&format!("encoder_l{layer}_ffn"), d, f);
    }
    for layer in 1..=spec.dec_depth {
        let rnn = format!("decoder_l{layer}_rnn");
        list.affine(&rnn, "W", None, [d, d]);
        list.affine(&rnn, "Wf", Some("bf"), [d, d]);
        list.norm(&format!("{rnn}_ffn"), d);
        list.attention(&format!("decoder_l{layer}_context"), d);
        list.feed_forward(&format!("decoder_l{layer}_ffn"), d, f);
    }
    list.0
}

struct Tensors(Vec<Tensor>);

impl Tensors {
    fn push(&mut self, name: impl Into<String>, shape: [usize; 2], kind: Kind) {
        self.0.push(Tensor { name: name.into(), shape, kind });
    }

    fn affine(&mut self, prefix: &str, weight: &str, bias: Option<&str>, shape: [usize; 2]) {
        self.push(format!("{prefix}_{weight}"), shape, Kind::Weight);
        if let Some(bias) = bias {
            self.push(format!("{prefix}_{bias}"), [1, shape[1]], Kind::Bias);
        }
    }

    fn norm(&mut self, prefix: &str, dim: usize) {
        self.push(format!("{prefix}_ln_scale"), [1, dim], Kind::Scale);
        self.push(format!("{prefix}_ln_bias"), [1, dim], Kind::Bias);
    }

    fn attention(&mut self, prefix: &str, dim: usize) {
        for (weight, bias) in [("Wq", "bq"), ("Wk", "bk"), ("Wv", "bv"), ("Wo", "bo")] {
            self.affine(prefix, weight, Some(bias), [dim, dim]);
        }
        self.norm(&format!("{prefix}_Wo"), dim);
    }

    fn feed_forward(&mut self, prefix: &str, dim: usize, ffn: usize) {
        self.affine(prefix, "W1", Some("b1"), [dim, ffn]);
        self.affine(prefix, "W2", Some("b2"), [ffn, dim]);
        self.norm(&format!("{prefix}_ffn"), dim);
    }
}

/// The items of a model in the order of the file, the configuration last. The same seed gives the same weights in
/// 8-bit and in float32.
pub(crate) fn items(spec: &Spec) -> Vec<Item> {
    edited_items(spec, |_, _| ())
}

/// As [`items`], with weights that `edit` may change before they are quantised.
pub(crate) fn edited_items(spec: &Spec, mut edit: impl FnMut(&Tensor, &mut [f32])) -> Vec<Item> {
    let mut random = Random(spec.seed);
    let mut items = Vec::new();
    for tensor in tensors(spec) {
        let mut values = random.values(&tensor);
        edit(&tensor, &mut values);
        // Drawn in either case, lest the other weights depend on it.
        let alpha = 127.0 / (4.0 + random.uniform());
        let quantised = spec.int8 && matches!(tensor.kind, Kind::Weight | Kind::Embedding);
        items.push(if quantised {
            int8(&tensor, &values)
        } else {
            float(&tensor.name, tensor.shape, &values)
        });
        if quantised && spec.alphas {
            items.extend(alphas(&tensor, alpha));
        }
    }
    items.sort_by(|a, b| a.name.cmp(&b.name));
    items.push(config_item(&yaml(spec)));
    items
}

/// The configuration's item with this text.
pub(crate) fn config_item(text: &str) -> Item {
    let data = [text.as_bytes(), b"\0"].concat();
    Item { name: "special:model.yml".into(), code: INT8, shape: vec![data.len() as i32], data }
}

fn float(name: &str, shape: [usize; 2], values: &[f32]) -> Item {
    let data = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    item(name.into(), FLOAT32, shape, data)
}

/// 127 / max |W|, rounded to even; a weight is transposed, an embedding stands as it is, the multiplier behind them.
fn int8(tensor: &Tensor, values: &[f32]) -> Item {
    let [rows, columns] = tensor.shape;
    let largest = values.iter().fold(0.0_f32, |largest, value| largest.max(value.abs()));
    let quant_mult = 127.0 / largest;
    let byte = |value: f32| (value * quant_mult).round_ties_even() as i8 as u8;
    let mut data: Vec<u8> = match tensor.kind {
        Kind::Weight => {
            let transposed = (0..columns).flat_map(|column| (0..rows).map(move |row| row * columns + column));
            transposed.map(|at| byte(values[at])).collect()
        }
        _ => values.iter().map(|&value| byte(value)).collect(),
    };
    data.extend(quant_mult.to_le_bytes());
    item(tensor.name.clone(), INTGEMM8, tensor.shape, data)
}

/// The activation multipliers of a weight. Marian writes that of the output layer twice, and takes the one of
/// `decoder_Wemb` for an 8-bit tensor, by its name.
fn alphas(tensor: &Tensor, alpha: f32) -> Vec<Item> {
    let name = format!("{}_QuantMultA", tensor.name);
    match tensor.name.as_str() {
        "encoder_Wemb" => vec![],
        "decoder_Wemb" => {
            let mut data = vec![127];
            data.extend((127.0 / alpha).to_le_bytes());
            vec![item(name, INTGEMM8, [1, 1], data), float("none_QuantMultA", [1, 1], &[alpha])]
        }
        "Wemb" => vec![float(&name, [1, 1], &[alpha]), float("none_QuantMultA", [1, 1], &[alpha])],
        _ => vec![float(&name, [1, 1], &[alpha])],
    }
}

fn item(name: String, code: u64, shape: [usize; 2], mut data: Vec<u8>) -> Item {
    data.resize(data.len().next_multiple_of(256), 0);
    Item { name, code, shape: shape.map(|size| size as i32).to_vec(), data }
}

/// The file of these items, whatever they are.
pub(crate) fn write(items: &[Item]) -> Vec<u8> {
    let mut file = Vec::new();
    for number in [1, items.len() as u64] {
        file.extend(number.to_le_bytes());
    }
    for item in items {
        let header = [item.name.len() as u64 + 1, item.code, item.shape.len() as u64, item.data.len() as u64];
        file.extend(header.iter().flat_map(|number| number.to_le_bytes()));
    }
    for item in items {
        file.extend(item.name.as_bytes());
        file.push(0);
    }
    file.extend(items.iter().flat_map(|item| &item.shape).flat_map(|size| size.to_le_bytes()));
    let start = ((file.len() + 8) / 256 + 1) * 256;
    let pad = start - file.len() - 8;
    file.extend((pad as u64).to_le_bytes());
    file.resize(start, 0);
    file.extend(items.iter().flat_map(|item| &item.data));
    file
}

/// The configuration as Marian writes it.
pub(crate) fn yaml(spec: &Spec) -> String {
    let Spec { dim, ffn, heads, enc_depth, dec_depth, vocab, .. } = spec;
    let target = spec.target_vocab.unwrap_or(*vocab);
    let shared = spec.target_vocab.is_none();
    let mut text = String::new();
    let mut line = |key: &str, value: &dyn std::fmt::Display| {
        writeln!(text, "{key}: {value}").expect("writing to a string");
    };
    line("dec-cell", &"ssru");
    line("dec-cell-base-depth", &2);
    line("dec-cell-high-depth", &1);
    line("dec-depth", dec_depth);
    line("dim-emb", dim);
    line("dim-rnn", &1024);
    line("dim-vocabs", &format_args!("\n  - {vocab}\n  - {target}"));
    line("enc-cell", &"gru");
    line("enc-cell-depth", &1);
    line("enc-depth", enc_depth);
    line("enc-type", &"bidirectional");
    line("input-types", &"\n  []");
    line("layer-normalization", &false);
    line("lemma-dim-emb", &0);
    line("output-omit-bias", &false);
    line("right-left", &false);
    line("skip", &false);
    line("tied-embeddings", &!shared);
    line("tied-embeddings-all", &shared);
    line("tied-embeddings-src", &false);
    line("transformer-aan-activation", &"swish");
    line("transformer-aan-depth", &2);
    line("transformer-aan-nogate", &false);
    line("transformer-decoder-autoreg", &"rnn");
    line("transformer-dim-aan", &2048);
    line("transformer-dim-ffn", ffn);
    line("transformer-ffn-activation", &"relu");
    line("transformer-ffn-depth", &2);
    line("transformer-guided-alignment-layer", &"last");
    line("transformer-heads", heads);
    line("transformer-no-projection", &false);
    line("transformer-pool", &false);
    line("transformer-postprocess", &"dan");
    line("transformer-postprocess-emb", &"d");
    line("transformer-postprocess-top", &"\"\"");
    line("transformer-preprocess", &"\"\"");
    line("transformer-tied-layers", &"\n  []");
    line("transformer-train-position-embeddings", &false);
    line("type", &"transformer");
    line("ulr", &false);
    line("ulr-dim-emb", &0);
    line("ulr-trainable-transformation", &false);
    line("version", &"v1.9.56 0000000 2021-01-01 00:00:00 +0000");
    text
}

/// The SplitMix64 generator.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// From −1 to 1.
    fn uniform(&mut self) -> f32 {
        (self.next() >> 40) as f32 / (1 << 23) as f32 - 1.0
    }

    /// Values of such a size that activations keep about theirs from layer to layer.
    fn values(&mut self, tensor: &Tensor) -> Vec<f32> {
        let [rows, columns] = tensor.shape;
        let (middle, spread) = match tensor.kind {
            Kind::Weight => (0.0, (6.0 / (rows + columns) as f32).sqrt()),
            Kind::Embedding => (0.0, (3.0 / columns as f32).sqrt()),
            Kind::Bias => (0.0, 0.1),
            Kind::Scale => (1.0, 0.2),
        };
        (0..rows * columns).map(|_| middle + spread * self.uniform()).collect()
    }
}
