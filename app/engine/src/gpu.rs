//! The GPU's part in the work: whether there is one, whether it is faster, and what it has in hand.
//!
//! The GPU's engine is a worker of its own, started when the CPU has translated a first sentence. It is given
//! sentences, never the whole job, and whatever it does not answer the CPU does. Which of the two is faster is found on the
//! article itself, and remembered by the page.

use js_sys::Reflect;
use klartext_protocol::helper::{HelperEvent, HelperInfo};
use klartext_protocol::{EngineChoice, EngineOptions, Event, GpuState, JobId, Measured};
use model_core::Job;

use crate::adapter::{self, Adapter};
use crate::clock::Clock;
use crate::helper::{Helper, Outcome, Stage};
use crate::loading::Loaded;
use crate::worker::Worker;
use crate::{now, post, scope};

/// Source pieces of the batch that the GPU is tried with: enough to fill it.
const TRIAL_PIECES: usize = 512;

/// Fewer say nothing about its speed.
const LEAST_TRIAL_PIECES: usize = TRIAL_PIECES / 2;

/// How many times as long as the CPU would have taken a trial may last, before nobody waits for it any more.
const HOPELESS: f64 = 3.0;

/// The most source pieces of a batch: an article.
const BATCH_PIECES: usize = 4096;

/// How long the GPU may be silent in the middle of its work, in milliseconds, beside what a device that is slow to start is
/// granted. A slice of steps takes a few.
const PATIENCE_MS: f64 = 15_000.0;

/// How many times as long as it took to get ready a device may be silent beyond that.
const SLOWNESS: f64 = 4.0;

/// How long its engine may take to load, compile and test, in milliseconds.
const START_PATIENCE_MS: f64 = 120_000.0;

/// What is known of the GPU.
#[derive(Default)]
pub(crate) struct Gpu {
    choice: EngineChoice,
    measured: Vec<Measured>,
    /// The adapter's key.
    adapter: String,
    /// Whether it is not known yet if there is one.
    is_looked_for: bool,
    helper: Option<Helper>,
    info: Option<HelperInfo>,
    /// When its engine was started, and how long it took to get ready, in milliseconds.
    started: f64,
    ready_ms: f64,
    /// Whether it has been found to be faster than the CPU.
    is_faster: bool,
    /// What the CPU has done in this worker: source pieces, and the milliseconds that they took.
    cpu: (usize, f64),
    /// Looks at the helper from time to time.
    clock: Option<Clock>,
}

impl Gpu {
    pub(crate) fn new(options: EngineOptions) -> Self {
        let is_looked_for = options.choice != EngineChoice::Cpu;
        Self { choice: options.choice, measured: options.measured, is_looked_for, ..Self::default() }
    }

    /// Whether the GPU gets what is left of a job that it has just been offered, so that the CPU need not begin another
    /// batch.
    pub(crate) fn has_the_rest(&self) -> bool {
        match self.helper.as_ref().map(|helper| &helper.stage) {
            Some(Stage::Starting) => self.choice == EngineChoice::Gpu,
            Some(Stage::Busy(_)) => self.choice == EngineChoice::Gpu || self.is_faster,
            // It has found nothing for it in the job.
            Some(Stage::Idle) => false,
            None => self.choice == EngineChoice::Gpu && self.is_looked_for,
        }
    }

    /// Takes note of work that the CPU did.
    pub(crate) fn note_cpu(&mut self, pieces: usize, ms: f64) {
        self.cpu.0 += pieces;
        self.cpu.1 += ms;
    }

    /// Whether it has yet to be found out if the GPU is of use.
    fn is_on_trial(&self) -> bool {
        self.choice == EngineChoice::Auto && !self.is_faster
    }

    /// Gives the GPU sentences of a job, if it waits for some.
    pub(crate) fn feed(&mut self, id: JobId, job: &mut Job) {
        let is_on_trial = self.is_on_trial();
        let (Some(helper), Some(info)) = (&mut self.helper, &self.info) else { return };
        if !matches!(helper.stage, Stage::Idle) || is_on_trial && job.waiting_pieces() < LEAST_TRIAL_PIECES {
            return;
        }
        let room = if is_on_trial { TRIAL_PIECES } else { BATCH_PIECES };
        let sentences = job.take(room, info.longest as usize);
        if !sentences.is_empty() {
            helper.decode(id, sentences);
        }
    }

    /// Tells the GPU that nobody waits for a job any more.
    pub(crate) fn cancel(&mut self, job: JobId) {
        if let Some(helper) = &mut self.helper {
            helper.cancel(job);
        }
    }

    /// Takes what the GPU's engine says.
    pub(crate) fn hear(&mut self, event: HelperEvent, loaded: &Loaded) -> Outcome {
        let Some(helper) = &mut self.helper else { return Outcome::None };
        helper.alive();
        match event {
            HelperEvent::Started => {
                helper.load(&loaded.model, loaded.translator.target_vocabulary().eos());
                Outcome::None
            }
            HelperEvent::Ready { helper: info } => {
                helper.stage = Stage::Idle;
                self.ready_ms = now() - self.started;
                post(&Event::Gpu { gpu: GpuState::On { helper: info.clone() } });
                self.info = Some(info);
                Outcome::GoOn
            }
            HelperEvent::Alive => Outcome::None,
            HelperEvent::Sentence { batch, index, decoded } => helper.sentence(batch, index, decoded),
            HelperEvent::Done { batch: number, memory_bytes } => self.end_batch(number, memory_bytes),
            HelperEvent::Failed { reason } => self.fail(&reason),
        }
    }

    /// Whether the GPU has been silent for too long, or is on trial and cannot win any more; then it is given up.
    pub(crate) fn look(&mut self) -> Outcome {
        let Some(helper) = &self.helper else { return Outcome::None };
        let patience = match helper.stage {
            Stage::Starting => START_PATIENCE_MS,
            _ => PATIENCE_MS + SLOWNESS * self.ready_ms,
        };
        if helper.silent_ms() > patience {
            self.fail("it does not answer any more")
        } else {
            self.end_trial()
        }
    }

    /// Ends a trial that the GPU has lost before its end: a reader waits for it.
    fn end_trial(&mut self) -> Outcome {
        let is_on_trial = self.is_on_trial();
        let Some(Stage::Busy(batch)) = self.helper.as_mut().map(|helper| &mut helper.stage) else {
            return Outcome::None;
        };
        let ms = now() - batch.sent;
        let by_cpu = batch.pieces as f64 * self.cpu.1 / self.cpu.0.max(1) as f64;
        if !is_on_trial
            || batch.is_cancelled
            || batch.pieces < LEAST_TRIAL_PIECES
            || self.cpu.1 <= 0.0
            || ms < HOPELESS * by_cpu
        {
            return Outcome::None;
        }
        let (job, pieces, sentences) = (batch.job, batch.pieces, std::mem::take(&mut batch.sentences));
        // It has done less than that in this time, so it is at most as fast as is said.
        self.judge(pieces, ms);
        Outcome::GiveBack(job, sentences)
    }

    /// The GPU is of no more use: the CPU does what it had.
    fn fail(&mut self, reason: &str) -> Outcome {
        self.off(&format!("the GPU failed: {}", gist(reason)));
        match self.helper.take().map(|mut helper| std::mem::replace(&mut helper.stage, Stage::Idle)) {
            Some(Stage::Busy(batch)) => Outcome::GiveBack(batch.job, batch.sentences),
            // A job may have waited for its start.
            _ => Outcome::GoOn,
        }
    }

    fn end_batch(&mut self, number: u32, memory_bytes: u64) -> Outcome {
        let Some(batch) = self.helper.as_mut().and_then(|helper| helper.end(number)) else {
            return Outcome::None;
        };
        if let Some(info) = &mut self.info {
            info.memory_bytes = memory_bytes;
            post(&Event::Gpu { gpu: GpuState::On { helper: info.clone() } });
        }
        if !batch.is_cancelled {
            self.judge(batch.pieces, now() - batch.sent);
        }
        // None is left, unless the job was cancelled.
        Outcome::GiveBack(batch.job, batch.sentences)
    }

    /// Compares the GPU's first good batch with what the CPU has done.
    fn judge(&mut self, pieces: usize, ms: f64) {
        let known = self.is_faster || self.measured.iter().any(|trial| trial.adapter == self.adapter);
        // The end of an article says nothing about its speed.
        if known || pieces < LEAST_TRIAL_PIECES || self.cpu.1 <= 0.0 || ms <= 0.0 {
            return;
        }
        let speed = |pieces: usize, ms: f64| pieces as f64 * 1000.0 / ms;
        let (cpu, gpu) = (speed(self.cpu.0, self.cpu.1), speed(pieces, ms));
        let measured = Measured { adapter: self.adapter.clone(), cpu, gpu };
        post(&Event::Measured { measured: measured.clone() });
        self.is_faster = gpu > cpu;
        if self.choice == EngineChoice::Auto && !self.is_faster {
            self.helper = None;
            self.off(&slower(&measured));
        }
        self.measured.push(measured);
    }

    fn off(&mut self, reason: &str) {
        self.info = None;
        post(&Event::Gpu { gpu: GpuState::Off { reason: reason.to_owned() } });
    }
}

/// Starts the GPU's engine, if there is a GPU and nothing speaks against it.
pub(crate) async fn start(worker: &Worker) {
    if worker.state().gpu.choice == EngineChoice::Cpu {
        return worker.state().gpu.off("it is switched off");
    }
    let adapter = adapter::look().await;
    let listener = worker.clone();
    let gpu = &mut worker.state().gpu;
    gpu.is_looked_for = false;
    let script = Reflect::get(&scope(), &"klartextGpu".into()).ok().and_then(|script| script.as_string());
    let started = adapter.and_then(|adapter| gpu.accept(adapter)).and_then(|()| {
        Helper::start(&script.unwrap_or_default(), "gpu", move |event| listener.hear_gpu(event))
            .map_err(|error| format!("its worker cannot be started: {error:?}"))
    });
    match started {
        Ok(helper) => {
            gpu.helper = Some(helper);
            gpu.started = now();
            post(&Event::Gpu { gpu: GpuState::Starting });
            let worker = worker.clone();
            gpu.clock = Clock::start(move || worker.look_at_gpu());
        }
        Err(reason) => gpu.off(&reason),
    }
}

impl Gpu {
    /// Whether an adapter is worth a trial, or the reason against it.
    fn accept(&mut self, adapter: Adapter) -> Result<(), String> {
        self.adapter = adapter.key;
        let trial = self.measured.iter().find(|trial| trial.adapter == self.adapter);
        self.is_faster = trial.is_some_and(|trial| trial.gpu > trial.cpu);
        match (self.choice, trial) {
            (EngineChoice::Gpu, _) => Ok(()),
            _ if adapter.is_software => Err("the only graphics adapter is a program, no GPU".to_owned()),
            (_, Some(trial)) if !self.is_faster => Err(slower(trial)),
            _ => Ok(()),
        }
    }
}

fn slower(measured: &Measured) -> String {
    let Measured { cpu, gpu, .. } = measured;
    format!("the GPU is slower than the CPU here: {gpu:.0} against {cpu:.0} pieces a second")
}

/// The line of a reason that tells it: a panic begins with its place, and causes and backtraces follow.
fn gist(reason: &str) -> &str {
    let mut lines = reason.lines().filter(|line| !line.trim().is_empty());
    match lines.next() {
        Some(place) if place.starts_with("panicked at ") => lines.next().unwrap_or(place),
        first => first.unwrap_or("no reason is given"),
    }
}
