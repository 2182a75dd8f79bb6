//! From sentences to translations.
//!
//! A [`Job`] is a queue of sentences that is worked off step by step, so that whoever drives it, a worker that has to
//! listen for messages or a loop, decides after each step whether to go on.
//!
//! Text is at its two ends only. Between them there are [`Sentence`]s of piece ids and what is [`Decoded`] of them, so
//! that others can help who have nothing but a model: another thread with a [`Batch`], a GPU with [`Lockstep`].

mod batch;
mod decoding;
mod job;
mod lockstep;
mod markup;
mod output;
mod row;
mod unknown;

use std::ops::Range;

use burn::tensor::Device;

pub use batch::Batch;
pub use job::{BATCH_PIECES, Job, Order};
pub use lockstep::{DeviceError, Lockstep, Steps};
pub use markup::carry;
pub use output::{Alignment, TargetPiece, Translation};
pub use row::{Decoded, Sentence};

use crate::document::Run;
use crate::error::{Error, Result};
use crate::format::config::Config;
use crate::format::marian::ModelFile;
use crate::format::shortlist::Shortlist;
use crate::nn::{MAX_LENGTH, Model};
use crate::text::{self, Piece, Vocabulary};

/// The most pieces that a source sentence keeps when text is cut into sentences; longer ones are cut at the best place.
///
/// Such a sentence and its translation, which may have twice the pieces, stay far below [`MAX_LENGTH`].
pub const MAX_SENTENCE: usize = 160;

/// The bytes of a model's files.
#[derive(Clone, Copy, Debug)]
pub struct Files<'a> {
    /// The weights, in Marian's binary form.
    pub model: &'a [u8],
    /// The source vocabulary, and the target's if there is no other.
    pub vocabulary: &'a [u8],
    /// The target vocabulary of models that have two.
    pub target_vocabulary: Option<&'a [u8]>,
    /// A lexical shortlist.
    pub shortlist: Option<&'a [u8]>,
}

/// What a job may choose.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Whether to choose target pieces only from the shortlist, if the model has one. Faster, and less faithful.
    pub shortlist: bool,
    /// In which order sentences are translated.
    pub order: Order,
}

/// A model with its vocabularies, ready to translate.
#[derive(Debug)]
pub struct Translator {
    model: Model,
    config: Config,
    source: Vocabulary,
    /// `None`: the same as the source's.
    target: Option<Vocabulary>,
    shortlist: Option<Shortlist>,
}

impl Translator {
    /// Checks a model's files and brings its weights to the device.
    ///
    /// # Errors
    /// If a file is malformed, asks for something unknown, or does not belong to the others.
    pub fn load(files: Files<'_>, device: &Device) -> Result<Self> {
        let file = ModelFile::parse(files.model)?;
        let config = Config::from_model(&file)?;
        let source = Vocabulary::from_bytes(files.vocabulary)?;
        let target = files.target_vocabulary.map(Vocabulary::from_bytes).transpose()?;
        let target_len = target.as_ref().unwrap_or(&source).len();
        for (side, pieces, rows) in
            [("source", source.len(), config.source_vocab), ("target", target_len, config.target_vocab)]
        {
            if pieces != rows {
                return Err(Error::Mismatch(format!(
                    "the {side} vocabulary has {pieces} pieces and the model {rows} embeddings for them"
                )));
            }
        }
        let shortlist = files.shortlist.map(Shortlist::from_bytes).transpose()?;
        if let Some(shortlist) = &shortlist {
            shortlist.check(config.source_vocab, config.target_vocab)?;
        }
        Ok(Self { model: Model::load(&file, &config, device)?, config, source, target, shortlist })
    }

    /// The model itself.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// The model's dimensions.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Whether the model has a sketch of the projection to the vocabulary, which makes it faster.
    pub fn is_sketched(&self) -> bool {
        self.model.decoder.is_sketched()
    }

    /// The vocabulary of the text to translate.
    pub fn source_vocabulary(&self) -> &Vocabulary {
        &self.source
    }

    /// The vocabulary of the translation.
    pub fn target_vocabulary(&self) -> &Vocabulary {
        self.target.as_ref().unwrap_or(&self.source)
    }

    /// The spans of a text's sentences, none longer than the model takes. What lies between them is white space, but
    /// where a sentence had to be cut in the middle, nothing.
    pub fn sentences(&self, text: &str, language: &str) -> Vec<Range<usize>> {
        text::sentences(text, language).into_iter().flat_map(|span| self.cut(text, span)).collect()
    }

    /// Cuts a span of a text until no part has more than [`MAX_SENTENCE`] pieces.
    pub fn cut(&self, text: &str, span: Range<usize>) -> Vec<Range<usize>> {
        // A piece has at least one byte, so most sentences are seen to be short without encoding them.
        if span.len() <= MAX_SENTENCE || self.source.encode(&text[span.clone()]).len() <= MAX_SENTENCE {
            return vec![span];
        }
        let half = span.len().div_ceil(2);
        text::cut(text, span, half).into_iter().flat_map(|part| self.cut(text, part)).collect()
    }

    /// A job for sentences; see [`Translator::translate`] for the short way.
    pub fn job<'s>(&self, sentences: impl IntoIterator<Item = &'s str>, options: &Options) -> Job {
        let shortlist = self.shortlist.as_ref().filter(|_| options.shortlist);
        let sentences = sentences.into_iter().map(|sentence| {
            let mut pieces = self.source.encode(sentence);
            pieces.truncate(MAX_LENGTH - 1);
            pieces.push(Piece { id: self.source.eos(), span: sentence.len()..sentence.len() });
            let candidates = shortlist.map(|list| {
                let ids: Vec<u32> = pieces.iter().map(|piece| piece.id).collect();
                list.candidates(&ids, self.config.embeddings.shared(), self.config.target_vocab)
            });
            job::Source { pieces, candidates }
        });
        Job::new(sentences.collect(), options.order)
    }

    /// Translates sentences, each on its own. An empty sentence gives an empty translation.
    pub fn translate(&self, sentences: &[&str], options: &Options) -> Vec<Translation> {
        let mut job = self.job(sentences.iter().copied(), options);
        let mut translations: Vec<Option<Translation>> = vec![None; sentences.len()];
        while !job.is_done() {
            for (index, translation) in job.step(self) {
                translations[index] = Some(translation);
            }
        }
        translations
            .into_iter()
            .map(|translation| translation.expect("a job that is done has translated every sentence once"))
            .collect()
    }

    /// The runs of a sentence's translation, given those of the sentence; see [`carry`]. Words with characters that the
    /// model has no pieces for stand there as they stand in the source.
    pub fn carry(&self, source: &[Run], translation: &Translation) -> Vec<Run> {
        unknown::carry_unknown(source, translation, self.source_vocabulary())
    }
}
