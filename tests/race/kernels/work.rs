//! Calls of the kernels at the shapes of a model, with random numbers: what `cargo xtask bench kernels` times, natively and
//! in WebAssembly.

use klartext_kernels::{
    Affine, Alpha, Attention, Isa, Norm, Rows, Scratch, Table, TableWeights, add_norm, affine, affine_argmax,
    attention, embed, sketch_argmax, ssru_norm,
};

use crate::support::{Map, Random, Sketched, packed};

/// Heads of the attention.
const HEADS: usize = 8;

/// A kernel, with what there is to say about its inputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kernel {
    /// `rows` pieces of `n`, `k` wide.
    Embed,
    /// A map of `rows` rows from `k` to `n`.
    Affine,
    /// The same of inputs that a ReLU has left.
    AffineOfRelu,
    /// `rows` tokens, `k` wide, in sentences of `n`, attend to their own sentence.
    SelfAttention,
    /// `rows` queries, `k` wide, each attends to `n` tokens of its own.
    CrossAttention,
    /// Adds and normalises `rows` rows of `k`.
    Norm,
    /// A recurrent step of `rows` rows of `k`, with its normalisation.
    Recurrence,
    /// The best of `n` outputs for `rows` rows of `k`, with its log-probability.
    Choice,
    /// The same by a sketch.
    SketchedChoice,
}

impl Kernel {
    /// All, in the order of their numbers.
    pub(crate) const ALL: [Kernel; 9] = [
        Kernel::Embed,
        Kernel::Affine,
        Kernel::AffineOfRelu,
        Kernel::SelfAttention,
        Kernel::CrossAttention,
        Kernel::Norm,
        Kernel::Recurrence,
        Kernel::Choice,
        Kernel::SketchedChoice,
    ];
}

/// Outputs that a sketch leaves to compute for each row, about as many as with a trained model.
pub(crate) const LEFT: usize = 200;

/// Inputs of a sketch's estimates, as `training/sketch.py` chooses them.
pub(crate) fn kept(k: usize) -> usize {
    (k * 7 / 16 / 16 * 16).max(1)
}

/// Numbers distributed as a model's activations are: about normally, and with their multiplier of 100 half of what 8 bits hold
/// is three deviations.
pub(crate) fn activations(random: &mut Random, len: usize) -> Vec<f32> {
    (0..len).map(|_| 0.1 * random.floats(12).iter().sum::<f32>()).collect()
}

/// Weights distributed as a model's are: about normally, and 127 is five deviations.
fn weights(random: &mut Random, len: usize) -> Vec<i8> {
    (0..len).map(|_| (12.7 * random.floats(12).iter().sum::<f32>()) as i8).collect()
}

/// An affine map with such weights.
pub(crate) fn map_like_a_models(random: &mut Random, n: usize, k: usize) -> Map {
    let weights = weights(random, n * k);
    let scale = random.floats(n).iter().map(|x| (1.1 + x) * 0.01 / 128.0).collect();
    Map::new(n, k, weights, Alpha::Static(100.0), scale, random.floats(n), false)
}

/// A call to be repeated.
pub(crate) struct Work {
    isa: Isa,
    kernel: Kernel,
    rows: usize,
    k: usize,
    /// Of the kernels with weights.
    map: Option<Map>,
    packed: Aligned,
    sketch: Option<Sketched>,
    inputs: Vec<f32>,
    residual: Vec<f32>,
    /// Where the attention's tokens are, and what is embedded.
    spans: Vec<(u32, u32)>,
    ids: Vec<u32>,
    out: Vec<f32>,
    cell: Vec<f32>,
    scratch: Scratch,
}

impl Work {
    /// Makes the numbers that the kernel works on.
    pub(crate) fn new(isa: Isa, kernel: Kernel, rows: usize, k: usize, n: usize) -> Work {
        let mut random = Random(1);
        let has_map =
            matches!(kernel, Kernel::Embed | Kernel::Affine | Kernel::AffineOfRelu | Kernel::Choice);
        let map = has_map.then(|| map_like_a_models(&mut random, n, k));
        let packed = map.as_ref().map(|map| packed(isa, &map.w, n, k)).unwrap_or_default();
        // Attention reads queries, keys and values of the tokens side by side, recurrence two products.
        let tokens = if kernel == Kernel::CrossAttention { rows * n } else { rows };
        let mut inputs = activations(&mut random, 3 * tokens * k);
        if kernel == Kernel::AffineOfRelu {
            inputs.iter_mut().for_each(|x| *x = x.max(0.0));
        }
        let span = |row: usize| match kernel {
            Kernel::CrossAttention => (row * n, n),
            _ => (row / n * n, n.min(rows - row / n * n)),
        };
        let attends = matches!(kernel, Kernel::SelfAttention | Kernel::CrossAttention);
        let spans = (0..if attends { rows } else { 0 })
            .map(span)
            .map(|(start, len)| (start as u32, len as u32))
            .collect();
        let width = if matches!(kernel, Kernel::Affine | Kernel::AffineOfRelu) { n } else { k };
        Work {
            isa,
            kernel,
            rows,
            k,
            packed: Aligned::new(&packed),
            residual: random.floats(rows * k),
            spans,
            ids: (0..rows).map(|_| random.below(n.max(1)) as u32).collect(),
            out: vec![0.0; rows * width],
            cell: vec![0.0; rows * k],
            scratch: Scratch::new(),
            sketch: (kernel == Kernel::SketchedChoice)
                .then(|| sketched(isa, map_like_a_models(&mut random, n, k), &inputs[..rows * k], rows)),
            map,
            inputs,
        }
    }

    /// Does the work once.
    pub(crate) fn run(&mut self) {
        let Work { isa, kernel, rows, k, .. } = *self;
        let scratch = &mut self.scratch;
        let x = &self.inputs[..rows * k];
        let norm = Norm { scale: &self.residual[..k], bias: &self.residual[..k], eps: 1e-6 };
        let map: Option<Affine<'_>> = self.map.as_ref().map(|map| map.with(self.packed.bytes()));
        if let Some(sketch) = &self.sketch {
            let log_probs = Some(&mut self.out[..rows]);
            sketch_argmax(isa, scratch, x, rows, &sketch.sketch(), &mut self.ids, log_probs);
            return;
        }
        match (kernel, map) {
            (Kernel::Embed, Some(map)) => {
                let weights = TableWeights::Packed(map.packed);
                let table = Table { weights, n: map.n, k, inv_quant_mult: 0.01, factor: 16.0 };
                let positions: Vec<u32> = (0..rows as u32).collect();
                embed(isa, &table, &self.ids, &positions, &self.residual, &mut self.out);
            }
            (Kernel::Choice, Some(map)) => {
                let log_probs = Some(&mut self.out[..rows]);
                affine_argmax(isa, scratch, x, rows, &map, &mut self.ids, log_probs);
            }
            (_, Some(map)) => affine(isa, scratch, x, rows, &map, &mut self.out),
            (Kernel::SelfAttention, None) => {
                let [q, key, v] = [0, 1, 2].map(|n| Rows { data: &self.inputs[n * k..], stride: 3 * k });
                let inputs = Attention { q, k: key, v, spans: &self.spans, heads: HEADS, dim: k };
                attention(isa, scratch, &inputs, &mut self.out, None);
            }
            (Kernel::CrossAttention, None) => {
                let q = Rows { data: &self.residual, stride: k };
                let [key, v] = [0, 1].map(|n| Rows { data: &self.inputs[n * k..], stride: 2 * k });
                let inputs = Attention { q, k: key, v, spans: &self.spans, heads: HEADS, dim: k };
                attention(isa, scratch, &inputs, &mut self.out, None);
            }
            (Kernel::Recurrence, None) => {
                let products = &self.inputs[..2 * rows * k];
                ssru_norm(isa, products, &self.residual, &mut self.cell, &norm, &mut self.out);
            }
            (_, None) => add_norm(isa, x, &self.residual, &norm, &mut self.out),
        }
    }
}

/// A sketch whose slack is such that about [`LEFT`] outputs remain for each row. No bound of random numbers would leave so
/// few, so these are none; it is the work of a trained model's sketch.
fn sketched(isa: Isa, map: Map, x: &[f32], rows: usize) -> Sketched {
    let mut sketched = Sketched::new(isa, map, kept(x.len() / rows));
    let slack = sketched.slack().to_vec();
    let (mut least, mut most) = (0.0, 1.0);
    for _ in 0..16 {
        let factor = f32::midpoint(least, most);
        sketched.set_slack(slack.iter().map(|slack| factor * slack).collect());
        let (_, _, computed) = sketched.best(isa, x, rows);
        if computed < LEFT * rows { least = factor } else { most = factor }
    }
    sketched
}

/// Bytes that begin at a multiple of 64, as the engine has them.
struct Aligned {
    room: Vec<i8>,
    skip: usize,
}

impl Aligned {
    fn new(bytes: &[i8]) -> Aligned {
        let mut room = vec![0; bytes.len() + 63];
        let skip = room.as_ptr().align_offset(64);
        room[skip..][..bytes.len()].copy_from_slice(bytes);
        Aligned { room, skip }
    }

    fn bytes(&self) -> &[i8] {
        &self.room[self.skip..self.room.len() + self.skip - 63]
    }
}
