//! What a model says about itself in `special:model.yml`: its sizes, and that it is of the one kind this engine runs.
//!
//! Marian writes every option of the network into that text. The sizes are read from it; every option that would
//! change the arithmetic is compared with what the engine does, so that a foreign model is refused by name instead of
//! translating nonsense.

use super::marian::{CONFIG_ITEM, ModelFile};
use super::reader::{malformed, shown, unsupported};
use super::yaml::Yaml;
use crate::error::{Error, File, Result};

const MAX_DIM: usize = 4_096;
const MAX_FFN: usize = 32_768;
const MAX_HEADS: usize = 128;
const MAX_DEPTH: usize = 64;
const MAX_VOCABULARY: usize = 1_000_000;

/// An option, the value that Marian gives it when it is not written down, and the values that this engine runs.
type Switch = (&'static str, &'static str, &'static [&'static str]);

/// The options that change the arithmetic. `d` is dropout, which does nothing outside training.
const SWITCHES: &[Switch] = &[
    ("type", "amun", &["transformer"]),
    ("transformer-decoder-autoreg", "self-attention", &["rnn"]),
    ("dec-cell", "gru", &["ssru"]),
    ("transformer-preprocess", "", &["", "d"]),
    ("transformer-postprocess", "dan", &["dan", "an"]),
    ("transformer-postprocess-emb", "d", &["d", ""]),
    ("transformer-postprocess-top", "", &[""]),
    ("transformer-ffn-activation", "swish", &["relu"]),
    ("transformer-ffn-depth", "2", &["2"]),
    ("transformer-decoder-ffn-depth", "0", &["0", "2"]),
    ("transformer-train-position-embeddings", "false", &["false"]),
    ("transformer-no-projection", "false", &["false"]),
    ("transformer-no-affine", "false", &["false"]),
    ("transformer-no-bias", "false", &["false"]),
    ("transformer-rnn-projection", "false", &["false"]),
    ("transformer-pool", "false", &["false"]),
    ("layer-normalization", "false", &["false"]),
    ("output-omit-bias", "false", &["false"]),
    ("right-left", "false", &["false"]),
    ("lemma-dim-emb", "0", &["0"]),
    ("factors-dim-emb", "0", &["0"]),
    ("ulr", "false", &["false"]),
];

/// A model's sizes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Width of the embeddings and of every layer's input and output.
    pub dim_emb: usize,
    /// Width inside the feed-forward layers.
    pub dim_ffn: usize,
    /// Attention heads; they divide `dim_emb`.
    pub heads: usize,
    /// Encoder layers.
    pub enc_depth: usize,
    /// Decoder layers.
    pub dec_depth: usize,
    /// Pieces in the source vocabulary.
    pub source_vocab: usize,
    /// Pieces in the target vocabulary.
    pub target_vocab: usize,
    /// Which tensors hold the embeddings.
    pub embeddings: Embeddings,
}

/// The names of the embedding tensors, by what the model ties together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Embeddings {
    /// Source pieces, [source_vocab, dim_emb].
    pub source: &'static str,
    /// Target pieces, [target_vocab, dim_emb].
    pub target: &'static str,
    /// The output projection.
    pub output: Output,
}

/// Where the weight of the output projection comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    /// It is the target embedding.
    Target,
    /// It is a weight of its own, [dim_emb, target_vocab], of this name.
    Own(&'static str),
}

impl Embeddings {
    /// Whether source and target share one embedding, and so one vocabulary.
    #[must_use]
    pub fn shared(&self) -> bool {
        self.source == self.target
    }
}

impl Config {
    /// Reads the configuration of a model file.
    ///
    /// # Errors
    /// `Malformed` when an option is missing or makes no sense; `Unsupported`, with option and value, when the model
    /// is of another kind.
    pub fn from_model(model: &ModelFile<'_>) -> Result<Self> {
        Self::from_yaml(model.config_text()?)
    }

    /// Reads the configuration's text.
    ///
    /// # Errors
    /// As for [`Self::from_model`].
    pub fn from_yaml(text: &str) -> Result<Self> {
        let options =
            Options(Yaml::parse(text).map_err(|problem| malformed(File::Model, CONFIG_ITEM, problem))?);
        for switch in SWITCHES {
            options.expect(switch)?;
        }
        options.expect_lists()?;
        let (source_vocab, target_vocab) = options.vocabularies()?;
        let config = Self {
            dim_emb: options.size("dim-emb", 4, MAX_DIM)?,
            dim_ffn: options.size("transformer-dim-ffn", 1, MAX_FFN)?,
            heads: options.size("transformer-heads", 1, MAX_HEADS)?,
            enc_depth: options.size("enc-depth", 1, MAX_DEPTH)?,
            dec_depth: options.size("dec-depth", 1, MAX_DEPTH)?,
            source_vocab,
            target_vocab,
            embeddings: options.embeddings()?,
        };
        config.check(&options)?;
        Ok(config)
    }

    /// Checks options against each other.
    fn check(&self, options: &Options<'_>) -> Result<()> {
        let Self { dim_emb, heads, dec_depth, .. } = *self;
        if !dim_emb.is_multiple_of(heads) || !dim_emb.is_multiple_of(2) {
            let problem = format!("{dim_emb} is not even or not a multiple of the {heads} heads");
            return Err(malformed(File::Model, item("dim-emb"), problem));
        }
        let (source, target) = (self.source_vocab, self.target_vocab);
        if self.embeddings.shared() && source != target {
            let problem =
                format!("source and target share one embedding and have {source} and {target} pieces");
            return Err(malformed(File::Model, item("dim-vocabs"), problem));
        }
        let decoder_ffn = "transformer-decoder-dim-ffn";
        if let Some(value) = options.scalar(decoder_ffn)? {
            let same = value.parse().is_ok_and(|dim: usize| dim == 0 || dim == self.dim_ffn);
            if !same {
                return Err(refused(decoder_ffn, value, &["the encoder's"]));
            }
        }
        let guide = "transformer-guided-alignment-layer";
        let value = options.scalar(guide)?.unwrap_or("last");
        let last =
            matches!(value, "last" | "none") || value.parse().is_ok_and(|layer: usize| layer == dec_depth);
        if last { Ok(()) } else { Err(refused(guide, value, &["last", "none"])) }
    }
}

/// The options by name, with errors that name them.
struct Options<'a>(Yaml<'a>);

impl<'a> Options<'a> {
    fn scalar(&self, key: &str) -> Result<Option<&'a str>> {
        self.0.scalar(key).map_err(|problem| malformed(File::Model, item(key), problem))
    }

    fn list(&self, key: &str) -> Result<Option<impl Iterator<Item = &'a str> + use<'a>>> {
        self.0.list(key).map_err(|problem| malformed(File::Model, item(key), problem))
    }

    fn flag(&self, key: &str) -> Result<bool> {
        match self.scalar(key)? {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(other) => {
                Err(malformed(File::Model, item(key), format!("is {}, needs true or false", shown(other))))
            }
        }
    }

    /// A whole number within limits that a model can have. Marian has defaults for these too, but every writer puts
    /// them down, and a wrong guess would make another network of the same tensors.
    fn size(&self, key: &str, least: usize, most: usize) -> Result<usize> {
        let value = self.scalar(key)?.ok_or_else(|| malformed(File::Model, item(key), "is missing"))?;
        number(key, value, least, most)
    }

    /// Refuses a value that the engine does not run.
    fn expect(&self, (key, default, runs): &Switch) -> Result<()> {
        let value = self.scalar(key)?.unwrap_or(default);
        if runs.contains(&value) { Ok(()) } else { Err(refused(key, value, runs)) }
    }

    /// Refuses layers that share weights, and inputs other than plain sequences.
    fn expect_lists(&self) -> Result<()> {
        if let Some(layer) = self.list("transformer-tied-layers")?.and_then(|mut layers| layers.next()) {
            return Err(refused("transformer-tied-layers", layer, &["[]"]));
        }
        let kinds = self.list("input-types")?;
        match kinds.and_then(|mut kinds| kinds.find(|&kind| kind != "sequence")) {
            Some(kind) => Err(refused("input-types", kind, &["sequence"])),
            None => Ok(()),
        }
    }

    fn vocabularies(&self) -> Result<(usize, usize)> {
        let key = "dim-vocabs";
        let mut list = self.list(key)?.ok_or_else(|| malformed(File::Model, item(key), "is missing"))?;
        let (Some(source), Some(target), None) = (list.next(), list.next(), list.next()) else {
            return Err(malformed(File::Model, item(key), "needs two numbers, source and target"));
        };
        Ok((number(key, source, 2, MAX_VOCABULARY)?, number(key, target, 2, MAX_VOCABULARY)?))
    }

    /// The names that Marian gives to the tensors, from the three options that tie them.
    fn embeddings(&self) -> Result<Embeddings> {
        let all = self.flag("tied-embeddings-all")?;
        let shared = all || self.flag("tied-embeddings-src")?;
        let tied = all || self.flag("tied-embeddings")?;
        Ok(Embeddings {
            source: if shared { "Wemb" } else { "encoder_Wemb" },
            target: if shared { "Wemb" } else { "decoder_Wemb" },
            output: if tied { Output::Target } else { Output::Own("decoder_ff_logit_out_W") },
        })
    }
}

fn number(key: &str, value: &str, least: usize, most: usize) -> Result<usize> {
    value.parse().ok().filter(|number| (least..=most).contains(number)).ok_or_else(|| {
        let problem = format!("is {}, needs a whole number from {least} to {most}", shown(value));
        malformed(File::Model, item(key), problem)
    })
}

fn refused(key: &str, value: &str, runs: &[&str]) -> Error {
    let runs = runs.join("\" or \"");
    unsupported(File::Model, item(key), format!("\"{}\", this engine runs \"{runs}\"", shown(value)))
}

/// How errors name an option.
fn item(key: &str) -> String {
    format!("{key} in {CONFIG_ITEM}")
}
