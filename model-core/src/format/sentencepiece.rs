//! Reads a SentencePiece model file (a protobuf message) into a checked [`Model`] that borrows from its bytes.
//!
//! Only what a unigram vocabulary needs is kept.

mod protobuf;

use std::fmt;

use self::protobuf::Fields;
use crate::error::{Error, File, Result};

/// The longest piece, in bytes. Segmentation looks this far ahead from every character, so a file that asks for
/// more would make long texts slow; real pieces stay below 100.
pub(crate) const LONGEST_PIECE: usize = 512;

/// A vocabulary file's content, checked.
pub(crate) struct Model<'a> {
    /// All pieces; an id is an index here. Texts are unique, not empty, and free of NUL.
    pub(crate) pieces: Vec<Entry<'a>>,
    /// How a text is brought into the form that the pieces are made from.
    pub(crate) normalizer: NormalizerSpec<'a>,
    /// The piece that ends a sentence.
    pub(crate) eos: u32,
    /// The piece that stands for characters outside the vocabulary.
    pub(crate) unk: u32,
    /// What the unknown piece decodes to.
    pub(crate) unk_surface: &'a str,
    /// The pieces of the 256 bytes, where unknown characters are spelled as bytes.
    pub(crate) bytes: Option<Box<[u32; 256]>>,
}

/// One piece of the file.
#[derive(Clone, Copy)]
pub(crate) struct Entry<'a> {
    /// The piece's text, `▁` for a space.
    pub(crate) text: &'a str,
    /// Log-probability, finite.
    pub(crate) score: f32,
    /// What the piece is for.
    pub(crate) kind: Kind,
}

/// What a piece is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Found in text.
    Normal,
    /// Stands for what is not in the vocabulary.
    Unknown,
    /// Never found in text, and decodes to nothing.
    Control,
    /// Found in text before anything else, and not normalised.
    UserDefined,
    /// Not used when encoding.
    Unused,
    /// One byte of a character that is not in the vocabulary.
    Byte(u8),
}

/// The file's normaliser.
pub(crate) struct NormalizerSpec<'a> {
    /// Replacement rules as a double array and its strings; empty for none.
    pub(crate) charsmap: &'a [u8],
    /// Whether a text gets a space in front.
    pub(crate) add_dummy_prefix: bool,
    /// Whether runs of spaces become one and the outer ones go.
    pub(crate) remove_extra_whitespaces: bool,
    /// Whether spaces become `▁`.
    pub(crate) escape_whitespaces: bool,
}

/// A vocabulary error: `item` is not of the form that it claims.
pub(crate) fn malformed(item: impl fmt::Display, problem: impl Into<String>) -> Error {
    Error::Malformed { file: File::Vocabulary, item: item.to_string(), problem: problem.into() }
}

/// A vocabulary error: `item` asks for what this engine does not do.
pub(crate) fn unsupported(item: impl fmt::Display, problem: impl Into<String>) -> Error {
    Error::Unsupported { file: File::Vocabulary, item: item.to_string(), problem: problem.into() }
}

impl<'a> Model<'a> {
    /// Reads and checks a file.
    ///
    /// # Errors
    /// [`Error::Malformed`] where the bytes are not a SentencePiece model or contradict themselves,
    /// [`Error::Unsupported`] for models other than unigram and for options that the engine lacks.
    pub(crate) fn read(bytes: &'a [u8]) -> Result<Self> {
        let mut pieces = Vec::new();
        let mut trainer = Trainer::default();
        let mut normalizer = NormalizerSpec {
            charsmap: &[],
            add_dummy_prefix: true,
            remove_extra_whitespaces: true,
            escape_whitespaces: true,
        };
        let mut fields = Fields::new(bytes, Place::Model);
        while let Some((field, value)) = fields.next()? {
            match field {
                1 => pieces.push(read_piece(value.bytes(Place::Model, "pieces")?, pieces.len())?),
                2 => trainer.read(value.bytes(Place::Model, "trainer_spec")?)?,
                3 => normalizer.read(value.bytes(Place::Model, "normalizer_spec")?)?,
                5 => refuse_denormalizer(value.bytes(Place::Model, "denormalizer_spec")?)?,
                _ => {}
            }
        }
        if trainer.model_type != UNIGRAM {
            let name = ["", "unigram", "BPE", "word", "char"].get(trainer.model_type as usize).copied();
            return Err(unsupported("model_type", name.unwrap_or("an unknown type")));
        }
        if trainer.treat_whitespace_as_suffix {
            return Err(unsupported("treat_whitespace_as_suffix", "spaces at the end of words"));
        }
        if u32::try_from(pieces.len()).is_err() {
            return Err(unsupported("pieces", "more than 32 bits can number"));
        }
        let eos_kind = |piece: &Entry<'_>| piece.kind == Kind::Control && piece.text == trainer.eos_piece;
        let eos = pieces.iter().position(eos_kind).ok_or_else(|| {
            malformed("pieces", format!("no control piece {:?} to end a sentence", trainer.eos_piece))
        })?;
        Ok(Self {
            eos: eos as u32,
            unk: the_unknown(&pieces)?,
            unk_surface: trainer.unk_surface,
            bytes: byte_pieces(&pieces, trainer.byte_fallback)?,
            pieces,
            normalizer,
        })
    }
}

const UNIGRAM: u64 = 1;

/// The id of the one unknown piece.
fn the_unknown(pieces: &[Entry<'_>]) -> Result<u32> {
    let mut ids = (0u32..).zip(pieces).filter(|(_, piece)| piece.kind == Kind::Unknown).map(|(id, _)| id);
    match (ids.next(), ids.next()) {
        (Some(id), None) => Ok(id),
        (None, _) => Err(malformed("pieces", "no unknown piece")),
        (Some(a), Some(b)) => Err(malformed("pieces", format!("two unknown pieces, {a} and {b}"))),
    }
}

/// The ids of the byte pieces: all 256 of them with byte fallback, none without.
fn byte_pieces(pieces: &[Entry<'_>], byte_fallback: bool) -> Result<Option<Box<[u32; 256]>>> {
    let mut ids = Box::new([u32::MAX; 256]);
    for (id, piece) in (0u32..).zip(pieces) {
        if let Kind::Byte(byte) = piece.kind {
            if !byte_fallback {
                return Err(malformed(Place::Piece(id as usize), "a byte piece without byte_fallback"));
            }
            ids[usize::from(byte)] = id;
        }
    }
    if !byte_fallback {
        return Ok(None);
    }
    match ids.iter().position(|&id| id == u32::MAX) {
        Some(byte) => Err(malformed("pieces", format!("byte_fallback without a piece for byte {byte:#04X}"))),
        None => Ok(Some(ids)),
    }
}

fn read_piece(bytes: &[u8], index: usize) -> Result<Entry<'_>> {
    let place = Place::Piece(index);
    let (mut text, mut score, mut kind) = ("", 0.0, 1);
    let mut fields = Fields::new(bytes, place);
    while let Some((field, value)) = fields.next()? {
        match field {
            1 => text = value.text(place, "piece")?,
            2 => score = value.float(place, "score")?,
            3 => kind = value.varint(place, "type")?,
            _ => {}
        }
    }
    if text.is_empty() {
        return Err(malformed(place, "its text is empty"));
    }
    if text.len() > LONGEST_PIECE {
        return Err(unsupported(place, format!("{} bytes; at most {LONGEST_PIECE}", text.len())));
    }
    if text.contains('\0') {
        return Err(malformed(place, "its text contains NUL"));
    }
    if !score.is_finite() {
        return Err(malformed(place, format!("its score is {score}")));
    }
    let kind = match kind {
        1 => Kind::Normal,
        2 => Kind::Unknown,
        3 => Kind::Control,
        4 => Kind::UserDefined,
        5 => Kind::Unused,
        6 => Kind::Byte(byte_of(text).ok_or_else(|| malformed(place, format!("{text:?} is not a byte")))?),
        other => return Err(malformed(place, format!("type {other}"))),
    };
    Ok(Entry { text, score, kind })
}

/// The byte that a byte piece's text names: `<0x2F>`.
fn byte_of(text: &str) -> Option<u8> {
    let digits = text.strip_prefix("<0x")?.strip_suffix('>')?;
    let upper = |digit: u8| matches!(digit, b'0'..=b'9' | b'A'..=b'F');
    if digits.len() != 2 || !digits.bytes().all(upper) {
        return None;
    }
    u8::from_str_radix(digits, 16).ok()
}

/// What is read of the trainer's options; the others only mattered while training.
struct Trainer<'a> {
    model_type: u64,
    treat_whitespace_as_suffix: bool,
    byte_fallback: bool,
    unk_surface: &'a str,
    eos_piece: &'a str,
}

impl Default for Trainer<'_> {
    fn default() -> Self {
        Self {
            model_type: UNIGRAM,
            treat_whitespace_as_suffix: false,
            byte_fallback: false,
            unk_surface: " \u{2047} ",
            eos_piece: "</s>",
        }
    }
}

impl<'a> Trainer<'a> {
    fn read(&mut self, bytes: &'a [u8]) -> Result<()> {
        let place = Place::Trainer;
        let mut fields = Fields::new(bytes, place);
        while let Some((field, value)) = fields.next()? {
            match field {
                3 => self.model_type = value.varint(place, "model_type")?,
                24 => self.treat_whitespace_as_suffix = value.flag(place, "treat_whitespace_as_suffix")?,
                35 => self.byte_fallback = value.flag(place, "byte_fallback")?,
                44 => self.unk_surface = value.text(place, "unk_surface")?,
                47 => self.eos_piece = value.text(place, "eos_piece")?,
                _ => {}
            }
        }
        Ok(())
    }
}

impl<'a> NormalizerSpec<'a> {
    fn read(&mut self, bytes: &'a [u8]) -> Result<()> {
        let place = Place::Normalizer;
        let mut fields = Fields::new(bytes, place);
        while let Some((field, value)) = fields.next()? {
            match field {
                2 => self.charsmap = value.bytes(place, "precompiled_charsmap")?,
                3 => self.add_dummy_prefix = value.flag(place, "add_dummy_prefix")?,
                4 => self.remove_extra_whitespaces = value.flag(place, "remove_extra_whitespaces")?,
                5 => self.escape_whitespaces = value.flag(place, "escape_whitespaces")?,
                _ => {}
            }
        }
        Ok(())
    }
}

/// A denormaliser would change decoded text after the fact; files of translation models have none.
fn refuse_denormalizer(bytes: &[u8]) -> Result<()> {
    let place = Place::Denormalizer;
    let mut fields = Fields::new(bytes, place);
    while let Some((field, value)) = fields.next()? {
        if field == 2 && !value.bytes(place, "precompiled_charsmap")?.is_empty() {
            return Err(unsupported(place, "replacement rules for decoded text"));
        }
    }
    Ok(())
}

/// Where in the file the reader is, for its errors.
#[derive(Clone, Copy)]
enum Place {
    Model,
    Piece(usize),
    Trainer,
    Normalizer,
    Denormalizer,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Model => f.write_str("the outer message"),
            Self::Piece(index) => write!(f, "piece {index}"),
            Self::Trainer => f.write_str("trainer_spec"),
            Self::Normalizer => f.write_str("normalizer_spec"),
            Self::Denormalizer => f.write_str("denormalizer_spec"),
        }
    }
}
