//! What the GPU of this machine does with a model, beside one thread of its CPU; prints one JSON object.
//!
//! `gpu MODEL_DIR TEXT`: the text's first 600 words stand for an article, its lines for sentences. `cargo xtask bench gpu`
//! calls it. Keys with `slice` are of several steps as one operation, and are null where that is not possible.
//!
//! `gpu MODEL_DIR TEXT tiles` tries the article with all the ways to share work out among workgroups.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use model_core::device::{Gpu, self_test};
use model_core::format::config::Config;
use model_core::format::marian::ModelFile;
use model_core::nn::Model;
use model_core::ops::gpu;
use model_core::translate::{Batch, Decoded, Lockstep, Sentence, Steps};
use model_core::{Device, Files, Translator};
use pollster::block_on;
use serde_json::{Value, json};

/// Steps between two read-backs, as in the browser.
const SLOTS: usize = 8;

/// How often each time is taken; the least counts, since all that disturbs makes it longer.
const ROUNDS: usize = 5;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().ok_or("usage: gpu MODEL_DIR TEXT")?);
    let text = fs::read_to_string(arguments.next().ok_or("usage: gpu MODEL_DIR TEXT")?)?;
    let bytes = read(&folder, "model.")?;
    let (vocabulary, target) = match read(&folder, "vocab.") {
        Ok(shared) => (shared, None),
        Err(_) => (read(&folder, "srcvocab.")?, Some(read(&folder, "trgvocab.")?)),
    };
    let files = Files {
        model: &bytes,
        vocabulary: &vocabulary,
        target_vocabulary: target.as_deref(),
        shortlist: None,
    };
    let translator = Translator::load(files, &Device::flex())?;
    let file = ModelFile::parse(&bytes)?;
    let config = Config::from_model(&file)?;

    let begin = Instant::now();
    let gpu = block_on(Gpu::find())?;
    gpu.check(&config)?;
    gpu.suit(&config);
    let mut model = Model::load(&file, &config, &gpu.device)?;
    model.decoder.fuse();
    block_on(self_test(translator.model(), &model))?;
    let start_ms = ms(begin);

    let bench = Bench { model: &model, translator: &translator };
    let lines: Vec<&str> = text.lines().collect();
    let words = |lines: &[&str]| lines.iter().map(|line| line.split_whitespace().count()).sum::<usize>();
    let article = (1..=lines.len()).find(|&count| words(&lines[..count]) >= 600).unwrap_or(lines.len());

    if arguments.next().as_deref() == Some("tiles") {
        println!("{}", bench.tiles(&gpu, &config, &lines[..article]));
        return Ok(());
    }
    let by_sentences: Vec<Value> = [1, 8, 32, 64]
        .into_iter()
        .filter(|&count| count <= lines.len())
        .map(|count| {
            let chosen = &lines[..count];
            let (gpu_ms, slice_ms, cpu_ms) = bench.all(chosen);
            let speed = |ms: f64| words(chosen) as f64 * 1000.0 / ms;
            json!({
                "sentences": count, "gpu_ms": gpu_ms, "gpu_wps": speed(gpu_ms),
                "gpu_slice_ms": slice_ms, "gpu_slice_wps": slice_ms.map(speed),
                "cpu_ms": cpu_ms, "cpu_wps": speed(cpu_ms),
            })
        })
        .collect();
    let (article_ms, article_slice_ms, article_cpu_ms) = bench.all(&lines[..article]);
    let fused = model.decoder.slices().is_some();
    let result = json!({
        "adapter": gpu.to_string(),
        "packed_dot": gpu.packed_dot,
        "start_ms": start_ms,
        "article_words": words(&lines[..article]),
        "article_sentences": article,
        "article_ms": article_ms,
        "article_slice_ms": article_slice_ms,
        "article_cpu_ms": article_cpu_ms,
        "first_sentence_ms": bench.first(&lines[..article], Steps::One),
        "first_sentence_slice_ms": fused.then(|| bench.first(&lines[..article], Steps::Slice)),
        "equal_sentences": bench.equal(&lines[..article], Steps::One),
        "equal_sentences_slice": fused.then(|| bench.equal(&lines[..article], Steps::Slice)),
        "by_sentences": by_sentences,
        "steps": bench.steps(&lines[..article], &config),
        "steps_per_readback": SLOTS,
        "gpu_memory_bytes": gpu.memory_bytes(),
        "model_bytes": bytes.len(),
        // For measuring the same in a page, which has no vocabulary.
        "eos": translator.target_vocabulary().eos(),
        "pieces": bench.pieces(&lines[..lines.len().min(64)]),
    });
    println!("{result}");
    Ok(())
}

/// The file of a folder whose name begins so.
fn read(folder: &Path, prefix: &str) -> Result<Vec<u8>, Box<dyn Error>> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(prefix) {
            return Ok(fs::read(entry.path())?);
        }
    }
    Err(format!("there is no {prefix}* in {}", folder.display()).into())
}

struct Bench<'a> {
    model: &'a Model,
    translator: &'a Translator,
}

impl Bench<'_> {
    fn sentences(&self, lines: &[&str]) -> Vec<Sentence> {
        let vocabulary = self.translator.source_vocabulary();
        let ids = |line: &&str| {
            let pieces = vocabulary.encode(line);
            pieces.iter().map(|piece| piece.id).chain([vocabulary.eos()]).collect()
        };
        let numbered = lines.iter().map(ids).enumerate();
        numbered.map(|(index, ids)| Sentence { index, ids, candidates: None }).collect()
    }

    /// The lines' pieces, each with its end.
    fn pieces(&self, lines: &[&str]) -> Vec<Vec<u32>> {
        self.sentences(lines).into_iter().map(|sentence| sentence.ids).collect()
    }

    /// Translates on the GPU; `on` hears of each sentence.
    fn on_gpu(&self, lines: &[&str], steps: Steps, on: impl FnMut(usize, Decoded)) {
        let eos = self.translator.target_vocabulary().eos();
        let lockstep = Lockstep::new(self.model, eos, SLOTS, steps);
        let run = lockstep.run(self.sentences(lines), on, || false);
        block_on(run).expect("the GPU has passed the self-test");
    }

    /// Translates on one thread of the CPU, in one batch as the GPU does.
    fn on_cpu(&self, lines: &[&str]) -> Vec<(usize, Decoded)> {
        let eos = self.translator.target_vocabulary().eos();
        let mut batch = Batch::start(self.translator.model(), eos, self.sentences(lines));
        let mut decoded = Vec::new();
        while !batch.is_empty() {
            decoded.extend(batch.step(self.translator.model()));
        }
        decoded
    }

    /// The least milliseconds of the GPU with single steps, with several at once, and of the CPU, taking turns.
    fn all(&self, lines: &[&str]) -> (f64, Option<f64>, f64) {
        let (mut gpu, mut cpu) = (f64::INFINITY, f64::INFINITY);
        let mut slice = self.model.decoder.slices().map(|_| f64::INFINITY);
        for _ in 0..ROUNDS {
            gpu = gpu.min(timed(|| self.on_gpu(lines, Steps::One, |_, _| ())));
            slice = slice.map(|ms| ms.min(timed(|| self.on_gpu(lines, Steps::Slice, |_, _| ()))));
            cpu = cpu.min(timed(|| drop(self.on_cpu(lines))));
        }
        (gpu, slice, cpu)
    }

    /// Milliseconds until the first sentence is there.
    fn first(&self, lines: &[&str], steps: Steps) -> f64 {
        let begin = Instant::now();
        let mut first = f64::INFINITY;
        self.on_gpu(lines, steps, |_, _| first = first.min(ms(begin)));
        first
    }

    /// How many sentences are the CPU's, piece by piece.
    fn equal(&self, lines: &[&str], steps: Steps) -> usize {
        let mut gpu = vec![Vec::new(); lines.len()];
        self.on_gpu(lines, steps, |index, decoded| gpu[index] = decoded.ids);
        self.on_cpu(lines).into_iter().filter(|(index, decoded)| gpu[*index] == decoded.ids).count()
    }

    /// The article in both forms with each tile that the device allows: medians of milliseconds, and those of the GPU's own
    /// clock for its kernels.
    fn tiles(&self, gpu: &Gpu, config: &Config, lines: &[&str]) -> Value {
        let mut all = Vec::new();
        for rows in [1, 2, 4] {
            for workers in [256, 512, 1024] {
                if let Err(error) = gpu.use_tile(gpu::Tile { rows, workers }, config) {
                    all.push(json!({ "rows": rows, "workers": workers, "error": error.to_string() }));
                    continue;
                }
                let begin = Instant::now();
                let equal = [Steps::One, Steps::Slice].map(|steps| self.equal(lines, steps));
                let compile_ms = ms(begin);
                let article = |steps| median(|| self.on_gpu(lines, steps, |_, _| ()));
                let kernels = self.steps(lines, config);
                all.push(json!({
                    "rows": rows, "workers": workers, "first_ms": compile_ms,
                    "one_ms": article(Steps::One), "slice_ms": article(Steps::Slice), "equal": equal,
                    "encoder": kernels["encoder_ms_by_kernel"], "step": kernels["step_ms_by_kernel"],
                    "slice": kernels["slice_ms_by_kernel"],
                }));
            }
        }
        let cpu_ms = median(|| drop(self.on_cpu(lines)));
        json!({ "adapter": gpu.to_string(), "sentences": lines.len(), "cpu_ms": cpu_ms, "tiles": all })
    }

    /// Dispatches, the GPU's own time for the encoder and a step, and what arithmetic and memory would take at least.
    fn steps(&self, lines: &[&str], config: &Config) -> Value {
        let sentences = self.sentences(lines);
        let tokens: usize = sentences.iter().map(|sentence| sentence.ids.len()).sum();
        let before = gpu::dispatches();
        let encode = || {
            let ids = sentences.iter().map(|sentence| sentence.ids.iter().copied());
            let (context, spans) = self.model.encoder.forward(ids);
            (self.model.decoder.remember(&context), spans)
        };
        let (memory, spans) = encode();
        let encoder_dispatches = gpu::dispatches() - before;
        let encoder = self.by_kernel(|| drop(encode()));
        let mut state = self.model.decoder.start(&spans);
        let mut history = Some(state.history(SLOTS));
        let before = gpu::dispatches();
        let mut step = || {
            let step = self.model.decoder.step(&mut state, &memory, None);
            history = history.take().map(|history| state.record(history, step));
        };
        step();
        let step_dispatches = gpu::dispatches() - before;
        let step = self.by_kernel(step);
        let slice = self.model.decoder.slices().map(|slices| {
            let ids = sentences.iter().map(|sentence| sentence.ids.iter().copied());
            let (context, spans) = self.model.encoder.forward(ids);
            // No piece that there is ends a row, so that all of them go all the way.
            let mut state = slices.start(&context, &spans, i32::MAX.cast_unsigned());
            let before = gpu::dispatches();
            drop(slices.steps(&mut state, SLOTS));
            let dispatches = gpu::dispatches() - before;
            (dispatches, self.by_kernel(|| drop(slices.steps(&mut state, SLOTS))))
        });

        let (dim, ffn) = (config.dim_emb, config.dim_ffn);
        let encoder_layer = 4 * dim * dim + 2 * dim * ffn;
        let decoder_layer = 4 * dim * dim + 2 * dim * ffn;
        let projection = dim * config.target_vocab;
        json!({
            "rows": lines.len(),
            "tokens": tokens,
            "encoder_dispatches": encoder_dispatches,
            "dispatches_per_step": step_dispatches,
            "encoder_ms_by_kernel": encoder,
            "step_ms_by_kernel": step,
            "dispatches_per_slice": slice.as_ref().map(|(dispatches, _)| dispatches),
            "slice_ms_by_kernel": slice.map(|(_, ms)| ms),
            "encoder_multiply_adds": tokens * (config.enc_depth * encoder_layer + config.dec_depth * 2 * dim * dim),
            "step_multiply_adds": lines.len() * (config.dec_depth * decoder_layer + projection),
            "step_weight_bytes": config.dec_depth * decoder_layer + projection,
        })
    }

    /// The GPU's own time for each kind of kernel in some work, in milliseconds.
    fn by_kernel(&self, mut work: impl FnMut()) -> BTreeMap<&'static str, f64> {
        let mut least: BTreeMap<&'static str, f64> = BTreeMap::new();
        for _ in 0..ROUNDS {
            let mut sums: BTreeMap<&'static str, f64> = BTreeMap::new();
            for (name, ms) in block_on(gpu::trace(&mut work)) {
                *sums.entry(name).or_default() += ms;
            }
            for (name, ms) in sums {
                let entry = least.entry(name).or_insert(f64::INFINITY);
                *entry = entry.min(ms);
            }
        }
        least
    }
}

/// The median milliseconds of some work.
fn median(mut work: impl FnMut()) -> f64 {
    let mut all: Vec<f64> = (0..2 * ROUNDS).map(|_| timed(&mut work)).collect();
    all.sort_by(f64::total_cmp);
    all[ROUNDS]
}

fn timed(work: impl FnOnce()) -> f64 {
    let begin = Instant::now();
    work();
    ms(begin)
}

fn ms(begin: Instant) -> f64 {
    begin.elapsed().as_secs_f64() * 1e3
}
