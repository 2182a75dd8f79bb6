//! The other cores: helpers that decode on the CPU beside this worker, started when a text is long enough to be worth them.

use klartext_protocol::JobId;
use klartext_protocol::helper::HelperEvent;
use model_core::Job;

use crate::assist;
use crate::clock::Clock;
use crate::helper::{Helper, Outcome, Stage};
use crate::loading::Loaded;
use crate::scope;
use crate::worker::Worker;

/// Source pieces that have to wait before helpers are started: they cost some hundred milliseconds and 20 MB each.
const WORTH_PIECES: usize = 400;

/// The most helpers. More cores than this a translation hardly fills before the reader has read on.
const MOST: u32 = 7;

/// Source pieces of a helper's batch: no more than its cache holds, no fewer than are worth a message.
const BATCH_PIECES: (usize, usize) = (64, 384);

/// How long a helper may be silent, in milliseconds.
const PATIENCE_MS: f64 = 20_000.0;

/// The helpers of this worker.
#[derive(Default)]
pub(crate) struct Crew {
    helpers: Vec<Option<Helper>>,
    /// How many there may be.
    size: u32,
    is_started: bool,
    clock: Option<Clock>,
}

impl Crew {
    /// `wanted`: how many workers may compute, this one included; as many as the machine has cores if nobody says.
    pub(crate) fn new(wanted: Option<u32>) -> Self {
        let workers = wanted.unwrap_or_else(cores);
        Self { size: workers.saturating_sub(1).min(MOST), ..Self::default() }
    }

    /// How many workers compute, this one included.
    pub(crate) fn workers(&self) -> u32 {
        1 + self.helpers.iter().flatten().count() as u32
    }

    /// Starts the helpers, if a job is worth them and they are not started.
    pub(crate) fn recruit(&mut self, worker: &Worker, job: &Job) {
        if self.is_started || self.size == 0 || job.waiting_pieces() < WORTH_PIECES {
            return;
        }
        self.is_started = true;
        let looking = worker.clone();
        self.clock = Clock::start(move || looking.look_at_crew());
        let script = scope().location().href();
        self.helpers = (0..self.size as usize)
            .map(|number| {
                let worker = worker.clone();
                // Where no worker can be started this one does the work.
                Helper::start(&script, assist::NAME, move |event| worker.hear_crew(number, event)).ok()
            })
            .collect();
    }

    /// Gives those that wait sentences of a job, and leaves a share for this worker.
    pub(crate) fn feed(&mut self, id: JobId, job: &mut Job) {
        if self.workers() == 1 {
            return;
        }
        // Shares become smaller towards the end, so that all are done at about the same time.
        let share = job.waiting_pieces() / (2 * self.workers() as usize);
        let room = share.clamp(BATCH_PIECES.0, BATCH_PIECES.1);
        job.cap(room);
        for helper in self.helpers.iter_mut().flatten() {
            if matches!(helper.stage, Stage::Idle) {
                let sentences = job.take(room, usize::MAX);
                if sentences.is_empty() {
                    return;
                }
                helper.decode(id, sentences);
            }
        }
    }

    /// Tells them that nobody waits for a job any more.
    pub(crate) fn cancel(&mut self, job: JobId) {
        self.helpers.iter_mut().flatten().for_each(|helper| helper.cancel(job));
    }

    /// Takes what a helper says.
    pub(crate) fn hear(&mut self, number: usize, event: HelperEvent, loaded: &Loaded) -> Outcome {
        let Some(helper) = self.helpers.get_mut(number).and_then(Option::as_mut) else {
            return Outcome::None;
        };
        helper.alive();
        match event {
            HelperEvent::Started => {
                helper.load(&loaded.model, loaded.translator.target_vocabulary().eos());
                Outcome::None
            }
            HelperEvent::Ready { .. } => {
                helper.stage = Stage::Idle;
                Outcome::GoOn
            }
            HelperEvent::Alive => Outcome::None,
            HelperEvent::Sentence { batch, index, decoded } => helper.sentence(batch, index, decoded),
            HelperEvent::Done { batch, .. } => match helper.end(batch) {
                // None is left, unless the job was cancelled.
                Some(batch) => Outcome::GiveBack(batch.job, batch.sentences),
                None => Outcome::None,
            },
            HelperEvent::Failed { .. } => self.dismiss(number),
        }
    }

    /// Looks whether all still answer; what one had that does not is given back.
    pub(crate) fn look(&mut self) -> Outcome {
        let silent =
            |helper: &Option<Helper>| helper.as_ref().is_some_and(|helper| helper.silent_ms() > PATIENCE_MS);
        match self.helpers.iter().position(silent) {
            Some(number) => self.dismiss(number),
            None => Outcome::None,
        }
    }

    /// A helper is of no more use.
    fn dismiss(&mut self, number: usize) -> Outcome {
        match self.helpers[number].take().map(|mut helper| std::mem::replace(&mut helper.stage, Stage::Idle))
        {
            Some(Stage::Busy(batch)) => Outcome::GiveBack(batch.job, batch.sentences),
            _ => Outcome::None,
        }
    }
}

/// The machine's cores, as far as the browser tells.
fn cores() -> u32 {
    let cores = scope().navigator().hardware_concurrency();
    if cores.is_finite() { cores as u32 } else { 1 }
}
