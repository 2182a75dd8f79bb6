//! What the reader and the engine's worker say to each other, over `postMessage`.
//!
//! The worker speaks first: nothing may be sent to it before [`Event::Started`], since a message that arrives before its
//! module runs is lost. Every job has an id that the reader chose, and ends with exactly one of [`Event::Done`],
//! [`Event::Cancelled`] and [`Event::Failed`]; after that no event names it again.

pub mod helper;
pub mod models;

use klartext_document::{Block, Document, Run};
use serde::{Deserialize, Serialize};

use self::models::{Import, LoadProgress, ModelInfo, NewerModel, Offers, Origin};

/// A job, numbered by the reader. Never used twice, not even for another worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct JobId(pub u32);

/// From the reader to the worker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum Request {
    /// Make a model ready: from the device if it is there, else after fetching and checking what is missing. Answered by
    /// [`Event::Loading`]s, unless it is nearly there, and one [`Event::Ready`], [`Event::LoadCancelled`] or [`Event::Failed`] without a job. A model
    /// that is ready translates until then, and what it has begun it ends. One model is on its way at a time: another
    /// request takes the place of the first.
    Load {
        /// Address of the model's manifest, absolute or relative to the site, or `imported:` and a name.
        manifest: String,
        /// What may compute.
        #[serde(default)]
        options: EngineOptions,
        /// Whether a newer version is looked for first.
        #[serde(default)]
        newest: bool,
    },
    /// Make a model ready if it is on the device, so that the first translation need not wait for that. Answered by
    /// [`Event::Ready`] or by nothing: it asks for no network, and of what goes wrong a [`Request::Load`] will tell, which
    /// goes on with what this has begun.
    Prepare {
        /// As above.
        manifest: String,
        /// As above.
        #[serde(default)]
        options: EngineOptions,
    },
    /// Fetch a model for later. Answered as [`Request::Load`], with [`Event::Stored`] in the end.
    Download {
        /// As above.
        manifest: String,
        /// As above.
        newest: bool,
    },
    /// Let the download rest.
    PauseLoad,
    /// Let it go on.
    ResumeLoad,
    /// End it. What has arrived is kept. Answered by [`Event::LoadCancelled`]; jobs that waited for it end too.
    CancelLoad,
    /// Which models are there? Answered by one or more [`Event::Models`], the last of which knows what the site offers.
    Models {
        /// Address of the site's list of manifests, absolute or relative to the site.
        index: String,
    },
    /// Remove a model from the device. Answered by [`Event::ModelsChanged`].
    RemoveModel {
        /// Its manifest's address.
        address: String,
    },
    /// Keep a model from files. Answered by [`Event::ModelsChanged`].
    Import {
        /// What it is.
        import: Import,
    },
    /// Make an article of pasted text. Answered by [`Event::Read`]. Needs no model.
    Read {
        /// The job.
        job: JobId,
        /// The text as it was pasted.
        text: String,
    },
    /// Translate blocks. Waits for the model if that is still loading. Answered by one [`Event::Outline`], an
    /// [`Event::Sentence`] for each sentence, and the job's end.
    Translate {
        /// The job.
        job: JobId,
        /// The blocks, in reading order.
        blocks: Vec<Block>,
        /// Where to begin: the first block on the screen.
        first: u32,
    },
    /// The reader looks elsewhere: go on with the sentences from this block on.
    Focus {
        /// The job.
        job: JobId,
        /// The first block on the screen.
        block: u32,
    },
    /// Stop a job. Answered by [`Event::Cancelled`] within one decoding step.
    Cancel {
        /// The job.
        job: JobId,
    },
    /// Are you alive? Answered by [`Event::Pong`] within one decoding step. A worker that a browser ends says nothing.
    Ping,
}

/// From the worker to the reader.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum Event {
    /// The worker runs and listens.
    Started,
    /// The answer to [`Request::Ping`].
    Pong,
    /// A model is on its way.
    Loading(LoadProgress),
    /// The model is ready. Said again when another takes its place.
    Ready {
        /// Which one, and what runs it.
        engine: EngineInfo,
    },
    /// A model is on the device.
    Stored {
        /// Its manifest's address.
        address: String,
    },
    /// The loading of a model was called off.
    LoadCancelled,
    /// The server has another version of the model that is ready.
    NewerModel {
        /// Which.
        newer: NewerModel,
    },
    /// The models that there are.
    Models {
        /// Those on the device, the last used first, then those that the site offers besides.
        models: Vec<ModelInfo>,
        /// Whether the second are known.
        offers: Offers,
    },
    /// A model was removed or brought, or could not be.
    ModelsChanged {
        /// The address of the one that was brought.
        address: Option<String>,
        /// Why nothing came of it.
        error: Option<EngineError>,
    },
    /// What the GPU is doing for the engine has changed.
    Gpu {
        /// What it does now.
        gpu: GpuState,
    },
    /// The GPU was tried against the CPU; worth remembering.
    Measured {
        /// How fast each was.
        measured: Measured,
    },
    /// Pasted text, read.
    Read {
        /// The job, which ends with this.
        job: JobId,
        /// The article in it.
        document: Document,
    },
    /// Where the sentences are.
    Outline {
        /// The job.
        job: JobId,
        /// For each block the spans of its sentences; what lies between them is white space.
        blocks: Vec<Vec<Span>>,
    },
    /// A sentence is done.
    Sentence {
        /// The job.
        job: JobId,
        /// The block's index.
        block: u32,
        /// The sentence's index within the block.
        sentence: u32,
        /// The English text with the German text's markup.
        runs: Vec<Run>,
        /// Mean probability of its pieces, 0 to 1.
        confidence: f32,
    },
    /// A job is complete.
    Done {
        /// The job.
        job: JobId,
        /// What it took.
        stats: Stats,
    },
    /// A job was stopped by [`Request::Cancel`].
    Cancelled {
        /// The job.
        job: JobId,
    },
    /// A job, or with no job the model's loading, has failed.
    Failed {
        /// The job, if it was one.
        job: Option<JobId>,
        /// Why.
        error: EngineError,
    },
}

/// What the engine may compute with.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct EngineOptions {
    /// CPU or GPU.
    pub choice: EngineChoice,
    /// What trials on this device have shown before.
    pub measured: Vec<Measured>,
    /// How many workers may compute on the CPU; as many as there are cores if nobody says.
    pub workers: Option<u32>,
}

/// CPU or GPU.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EngineChoice {
    /// Whichever is faster.
    #[default]
    Auto,
    /// The CPU only.
    Cpu,
    /// The GPU wherever it works, even if it is slower.
    Gpu,
}

/// How fast a model was on an adapter and on the CPU beside it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// The adapter, as the browser describes it before anything is loaded for it.
    pub adapter: String,
    /// Source pieces a second on the CPU.
    pub cpu: f64,
    /// Source pieces a second on the GPU.
    pub gpu: f64,
}

/// What the GPU does for the engine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum GpuState {
    /// Nothing.
    Off {
        /// Why.
        reason: String,
    },
    /// Its engine is being loaded and tested; the CPU translates meanwhile.
    Starting,
    /// It translates.
    On {
        /// What computes.
        helper: helper::HelperInfo,
    },
}

/// A part of a block's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// Byte after the last.
    pub end: u32,
}

/// The model that is loaded, and what runs it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EngineInfo {
    /// The address of the model's manifest.
    pub address: String,
    /// The model's name, from its manifest.
    pub model: String,
    /// Its version.
    pub version: String,
    /// The language that it reads, as a BCP 47 tag.
    pub source: String,
    /// The language that it writes.
    pub target: String,
    /// Its licence note.
    pub licence: String,
    /// Bytes of its files.
    pub bytes: u64,
    /// Where they came from.
    pub origin: Origin,
    /// What computes: "CPU".
    pub device: String,
    /// Which kernels are live: "simd128", "scalar".
    pub kernels: String,
    /// From the request to here, in milliseconds.
    pub load_ms: f64,
}

/// What a job took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Stats {
    /// German words translated.
    pub words: u32,
    /// Sentences translated.
    pub sentences: u32,
    /// From the request to the first sentence, the model's loading included, in milliseconds.
    pub first_ms: f64,
    /// From the first step to the last, in milliseconds.
    pub total_ms: f64,
    /// Sentences that the GPU translated.
    pub gpu_sentences: u32,
    /// Bytes of the worker's WebAssembly memory.
    pub memory_bytes: u64,
}

/// Why something failed: a code to decide by and a sentence for the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EngineError {
    /// What kind of failure.
    pub code: ErrorCode,
    /// What exactly, in English, for a developer.
    pub message: String,
}

/// The kinds of failure that the page tells apart. Stable: pages and logs depend on the names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ErrorCode {
    /// The browser lacks WebAssembly or its SIMD instructions.
    NoSimd,
    /// A file of the model is not there.
    ModelMissing,
    /// The network failed while the model was fetched.
    Network,
    /// A file of the model is there and wrong.
    ModelBroken,
    /// The model is well-formed and of a kind that this engine does not know.
    ModelUnsupported,
    /// The browser does not give the site enough room for the model.
    OutOfSpace,
    /// The device's storage filled up while the model was written.
    StorageFull,
    /// The browser's storage fails in another way.
    Storage,
    /// The text is too long.
    TooLong,
    /// Not enough memory.
    OutOfMemory,
    /// The worker died. Made by the reader's side, which then starts another.
    WorkerDied,
    /// Anything else, which is a defect of ours.
    Internal,
}
