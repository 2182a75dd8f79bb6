//! Where the time goes: the kernels' calls for a word of a text, each timed by itself; prints one JSON object.
//!
//! `kernels MODEL_DIR TEXT [ROUNDS]`: `cargo xtask bench kernels` runs it, and then has a browser time the same calls. A call
//! is repeated, so it finds its weights in a cache where the engine may not; the engine's own time stands beside the sum.

#[path = "../../tests/race/kernels/bare.rs"]
mod bare;
#[path = "../kernels/tests/support/mod.rs"]
mod support;
#[path = "../../tests/race/kernels/work.rs"]
mod work;

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use klartext_kernels::Isa;
use model_core::format::config::Config;
use model_core::format::manifest::{Manifest, Role};
use model_core::translate::{BATCH_PIECES, Order};
use model_core::{Device, Files, Options, Translation, Translator};
use serde_json::{Value, json};
use work::{Kernel, LEFT, Work, kept};

/// Rows of the decoder's products that are timed besides those of the text: the last sentences of a batch.
const FEW_ROWS: [usize; 2] = [1, 4];

/// Seconds that a call is repeated for, in each round.
const PATIENCE: f64 = 0.1;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().ok_or("which model?")?);
    let text = fs::read_to_string(arguments.next().ok_or("which text?")?)?;
    let rounds: usize = arguments.next().map_or(Ok(5), |rounds| rounds.parse())?;

    let translator = load(&folder)?;
    let lines: Vec<&str> = text.lines().collect();
    let options = Options { order: Order::Length, ..Options::default() };
    let mut seconds = Vec::new();
    let mut translations = Vec::new();
    for _ in 0..rounds {
        let begin = Instant::now();
        translations = translator.translate(&lines, &options);
        seconds.push(begin.elapsed().as_secs_f64());
    }
    let words = text.split_whitespace().count();
    let sizes = Sizes::of(&translations, words);
    let calls = calls(translator.config(), translator.is_sketched(), &sizes);
    let engines: Vec<Value> = Isa::available()
        .filter(|&isa| isa != Isa::Scalar)
        .map(|isa| {
            let ns: Vec<f64> = calls.iter().map(|call| call.time(isa, rounds)).collect();
            json!({ "kernels": isa.name(), "ns": ns, "bound_gops": bound(isa, rounds) })
        })
        .collect();
    let result = json!({
        "words": words,
        "source_pieces": sizes.source * words as f64,
        "target_pieces": sizes.target * words as f64,
        "kernels": Isa::best().name(),
        "engine_seconds": seconds,
        "calls": calls.iter().map(Call::json).collect::<Vec<_>>(),
        "engines": engines,
    });
    println!("{result}");
    Ok(())
}

fn load(folder: &Path) -> Result<Translator, Box<dyn Error>> {
    let manifest = Manifest::from_json(&fs::read(folder.join("manifest.json"))?)?;
    let read = |role| -> Result<Vec<u8>, Box<dyn Error>> {
        Ok(fs::read(folder.join(&manifest.entry(role).ok_or("the manifest lacks a file")?.path))?)
    };
    let (model, vocabulary) = (read(Role::Model)?, read(Role::Vocabulary)?);
    let files = Files { model: &model, vocabulary: &vocabulary, target_vocabulary: None, shortlist: None };
    Ok(Translator::load(files, &Device::flex())?)
}

/// How long a text's sentences are, and how many go together.
struct Sizes {
    /// Source pieces for a word, and steps of the decoder.
    source: f64,
    target: f64,
    /// Source pieces of a sentence.
    sentence: usize,
    /// Rows that the encoder and the decoder compute at once, on average.
    encoder_rows: usize,
    decoder_rows: usize,
}

impl Sizes {
    fn of(translations: &[Translation], words: usize) -> Self {
        // The ends of sentences are read and written too.
        let mut lengths: Vec<(usize, usize)> =
            translations.iter().map(|done| (done.source.len(), done.pieces.len() + 1)).collect();
        lengths.sort_unstable();
        let (source, target) = lengths.iter().fold((0, 0), |sum, len| (sum.0 + len.0, sum.1 + len.1));
        let (mut batches, mut steps, mut pieces, mut longest) = (1, 0, 0, 0);
        for &(len, target) in lengths.iter().rev() {
            if pieces + len > BATCH_PIECES {
                (batches, steps, pieces, longest) = (batches + 1, steps + longest, 0, 0);
            }
            pieces += len;
            longest = longest.max(target);
        }
        steps += longest;
        let mean = |sum: usize, of: usize| (sum as f64 / of.max(1) as f64).round().max(1.0) as usize;
        Self {
            source: source as f64 / words.max(1) as f64,
            target: target as f64 / words.max(1) as f64,
            sentence: mean(source, lengths.len()),
            encoder_rows: mean(source, batches),
            decoder_rows: mean(target, steps),
        }
    }
}

/// A kernel's call, and how often it is made.
struct Call {
    part: &'static str,
    layer: &'static str,
    kernel: Kernel,
    rows: usize,
    k: usize,
    n: usize,
    /// For a word of the text; none for what is only timed.
    per_word: Option<f64>,
}

impl Call {
    /// The nanoseconds of a call, the least of many.
    fn time(&self, isa: Isa, rounds: usize) -> f64 {
        let mut work = Work::new(isa, self.kernel, self.rows, self.k, self.n);
        least(rounds, |times| (0..times).for_each(|_| work.run()))
    }

    fn json(&self) -> Value {
        let number = Kernel::ALL.iter().position(|&kernel| kernel == self.kernel);
        json!({
            "part": self.part, "layer": self.layer, "kernel": number, "rows": self.rows, "k": self.k, "n": self.n,
            "operations": self.operations(), "of_relu": self.kernel == Kernel::AffineOfRelu, "per_word": self.per_word,
        })
    }

    /// Multiplications and additions of 8-bit numbers.
    fn operations(&self) -> usize {
        match self.kernel {
            Kernel::Affine | Kernel::AffineOfRelu | Kernel::Choice => 2 * self.rows * self.k * self.n,
            Kernel::SketchedChoice => {
                2 * self.rows * (self.k * self.k + kept(self.k) * self.n + LEFT * self.k)
            }
            _ => 0,
        }
    }
}

/// All calls of the encoder and the decoder.
fn calls(config: &Config, sketched: bool, sizes: &Sizes) -> Vec<Call> {
    use Kernel::{Affine, AffineOfRelu, CrossAttention, Embed, Norm, Recurrence, SelfAttention};
    let (dim, inner) = (config.dim_emb, config.dim_ffn);
    let (encoder, decoder) = (config.enc_depth, config.dec_depth);
    let mut calls = Vec::new();
    let mut add = |part, layer, kernel, k, n, times: usize| {
        let (rows, pieces) = match part {
            "encoder" => (sizes.encoder_rows, sizes.source),
            _ => (sizes.decoder_rows, sizes.target),
        };
        let per_word = Some(times as f64 * pieces / rows as f64);
        calls.push(Call { part, layer, kernel, rows, k, n, per_word });
    };
    add("encoder", "embeddings", Embed, dim, config.source_vocab, 1);
    add("encoder", "queries, keys, values", Affine, dim, 3 * dim, encoder);
    add("encoder", "attention", SelfAttention, dim, sizes.sentence, encoder);
    add("encoder", "attention's output", Affine, dim, dim, encoder);
    add("encoder", "feed-forward", Affine, dim, inner, encoder);
    add("encoder", "feed-forward", AffineOfRelu, inner, dim, encoder);
    add("encoder", "normalisation", Norm, dim, dim, 2 * encoder);
    add("encoder", "keys, values for the decoder", Affine, dim, 2 * dim, decoder);
    add("decoder", "embeddings", Embed, dim, config.target_vocab, 1);
    add("decoder", "recurrence's gates", Affine, dim, 2 * dim, decoder);
    add("decoder", "recurrence", Recurrence, dim, dim, decoder);
    add("decoder", "attention's queries, output", Affine, dim, dim, 2 * decoder);
    add("decoder", "attention", CrossAttention, dim, sizes.sentence, decoder);
    add("decoder", "feed-forward", Affine, dim, inner, decoder);
    add("decoder", "feed-forward", AffineOfRelu, inner, dim, decoder);
    add("decoder", "normalisation", Norm, dim, dim, 2 * decoder);
    let choice = if sketched { Kernel::SketchedChoice } else { Kernel::Choice };
    add("decoder", "projection to the vocabulary", choice, dim, config.target_vocab, 1);
    let products: Vec<_> =
        calls.iter().filter(|call| call.part == "decoder" && call.operations() > 0).collect();
    let few = |rows| {
        let few = |call: &&Call| Call { rows, per_word: None, ..**call };
        products.iter().map(few).collect::<Vec<_>>()
    };
    let few: Vec<Call> = FEW_ROWS.into_iter().flat_map(few).collect();
    calls.extend(few);
    calls
}

/// Billions of 8-bit operations a second of a bare loop, the most of many tries; none if there is no such loop.
fn bound(isa: Isa, rounds: usize) -> Option<f64> {
    let (work, operations) = bare::bare(isa.name())?;
    let ns = least(rounds, |times| {
        std::hint::black_box(work(times));
    });
    Some(f64::from(operations) / ns)
}

/// The nanoseconds of a piece of work that does itself so many times, the least of many tries.
fn least(rounds: usize, mut work: impl FnMut(u32)) -> f64 {
    let (mut best, mut times) = (f64::INFINITY, 1);
    let begin = Instant::now();
    while begin.elapsed().as_secs_f64() < PATIENCE * rounds as f64 {
        let start = Instant::now();
        work(times);
        let spent = start.elapsed().as_secs_f64();
        best = best.min(1e9 * spent / f64::from(times));
        if spent < 1e-3 {
            times *= 2;
        }
    }
    best
}
