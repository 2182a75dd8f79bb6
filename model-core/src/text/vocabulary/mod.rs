//! SentencePiece: text to pieces and back, by the vocabulary file of a translation model.
//!
//! Ids, spans and decoded text equal those of the SentencePiece library (0.2.3), ties and rounding included, for unigram
//! models with any of its normalisers. What differs by intent: a rule of the normaliser that would end inside a
//! character is passed over, as it would leave spans without meaning.

mod decoder;
mod double_array;
mod normalizer;
mod viterbi;

use std::ops::Range;

use self::decoder::Decoder;
use self::double_array::DoubleArray;
use self::normalizer::Normalizer;
use self::viterbi::Unigram;
use crate::error::Result;
use crate::format::sentencepiece::{Entry, Kind, Model, malformed};

/// A vocabulary: what the model's numbers mean.
///
/// Nothing in it changes after loading; share it behind an `Arc`.
pub struct Vocabulary {
    normalizer: Normalizer,
    unigram: Unigram,
    /// All pieces' texts, one behind the other.
    texts: String,
    /// Where in `texts` each piece ends.
    ends: Vec<u32>,
    kinds: Vec<Kind>,
    bytes: Option<Box<[u32; 256]>>,
    eos: u32,
    unk: u32,
    unk_surface: String,
    /// Whether encoding puts a space before every text, and whether it takes outer spaces away: decoding undoes it.
    dummy_prefix: bool,
    trimmed: bool,
}

/// A piece of an encoded text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Its number in the vocabulary.
    pub id: u32,
    /// The bytes of the original text that it covers.
    ///
    /// Spans are ascending, lie on character boundaries, and each starts where the one before it ends. They leave out
    /// spaces at the text's ends if the normaliser removes these, and cover everything between. A span is empty where
    /// several pieces come from one character or one sequence that was normalised as a whole: the last of them has it
    /// all. The space before the first word, which is not in the text, is empty too.
    pub span: Range<usize>,
}

impl std::fmt::Debug for Vocabulary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Vocabulary").field("len", &self.len()).finish_non_exhaustive()
    }
}

impl Vocabulary {
    /// Loads a SentencePiece model file.
    ///
    /// # Errors
    /// [`Malformed`](crate::error::Error::Malformed) where the bytes are not such a file or contradict themselves, and
    /// [`Unsupported`](crate::error::Error::Unsupported) for models other than unigram, spaces as suffixes, and
    /// denormalisers.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let model = Model::read(bytes)?;
        let pieces = &model.pieces;
        let sorted = sorted(pieces)?;
        let trie = |used: fn(Kind) -> bool| -> Result<Option<DoubleArray>> {
            let used = |&&(_, id): &&(&[u8], u32)| used(pieces[id as usize].kind);
            let keys: Vec<_> = sorted.iter().filter(used).copied().collect();
            (!keys.is_empty()).then(|| DoubleArray::build(&keys)).transpose()
        };
        let symbols = trie(|kind| kind == Kind::UserDefined)?;
        let found = trie(|kind| matches!(kind, Kind::Normal | Kind::UserDefined))?
            .ok_or_else(|| malformed("pieces", "none for text"))?;
        let (mut texts, mut ends) = (String::new(), Vec::with_capacity(pieces.len()));
        for piece in pieces {
            texts.push_str(piece.text);
            ends.push(u32::try_from(texts.len()).map_err(|_| malformed("pieces", "4 GiB of text"))?);
        }
        Ok(Self {
            normalizer: Normalizer::new(&model.normalizer, symbols)?,
            unigram: Unigram::new(found, pieces, model.unk),
            texts,
            ends,
            kinds: pieces.iter().map(|piece| piece.kind).collect(),
            bytes: model.bytes,
            eos: model.eos,
            unk: model.unk,
            unk_surface: model.unk_surface.to_owned(),
            dummy_prefix: model.normalizer.add_dummy_prefix,
            trimmed: model.normalizer.remove_extra_whitespaces,
        })
    }

    /// How many pieces there are; ids are below it.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "a vocabulary is never empty")]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// The piece that ends a sentence.
    #[must_use]
    pub fn eos(&self) -> u32 {
        self.eos
    }

    /// The piece that stands for what is not in the vocabulary.
    #[must_use]
    pub fn unk(&self) -> u32 {
        self.unk
    }

    /// Whether a piece stands for what the vocabulary has no pieces for: the one for unknown text, or a single byte.
    #[must_use]
    pub fn is_unknown(&self, id: u32) -> bool {
        id == self.unk || matches!(self.kinds.get(id as usize), Some(Kind::Byte(_)))
    }

    /// A piece's text as the file has it, `▁` for a space; empty if there is no such piece.
    #[must_use]
    pub fn text(&self, id: u32) -> &str {
        let id = id as usize;
        let Some(&end) = self.ends.get(id) else { return "" };
        let start = id.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.texts[start as usize..end as usize]
    }

    /// Cuts a text into pieces, without `</s>`. Takes time in proportion to the text's length.
    #[must_use]
    pub fn encode(&self, text: &str) -> Vec<Piece> {
        let normalized = self.normalizer.normalize(text);
        let mut pieces: Vec<Piece> = Vec::with_capacity(normalized.text.len() / 4);
        let mut after_unknown = false;
        self.unigram.segment(&normalized.text, |id, range| {
            let span = normalized.origin[range.start]..normalized.origin[range.end];
            let unknown = id == self.unk;
            match (&self.bytes, pieces.last_mut()) {
                (Some(ids), _) if unknown => {
                    let bytes = normalized.text[range].bytes();
                    let empty = span.start..span.start;
                    pieces.extend(bytes.map(|b| Piece { id: ids[usize::from(b)], span: empty.clone() }));
                    if let Some(last) = pieces.last_mut() {
                        last.span = span;
                    }
                }
                (None, Some(last)) if unknown && after_unknown => last.span.end = span.end,
                _ => pieces.push(Piece { id, span }),
            }
            after_unknown = unknown;
        });
        pieces
    }

    /// The text that pieces stand for. Numbers that are no pieces count as unknown ones.
    #[must_use]
    pub fn decode(&self, ids: &[u32]) -> String {
        self.decode_with_spans(ids).0
    }

    /// The text that pieces stand for, and for each piece the bytes of that text that it made.
    ///
    /// The spans follow each other without gaps. Pieces that make nothing have empty ones, and of the byte pieces of
    /// one character, all but the last.
    #[must_use]
    pub fn decode_with_spans(&self, ids: &[u32]) -> (String, Vec<Range<usize>>) {
        let mut decoder = Decoder::new(self, ids.len());
        for &id in ids {
            decoder.push(id);
        }
        decoder.finish()
    }
}

/// The pieces' texts and ids in the order of the texts, which must differ.
fn sorted<'a>(pieces: &[Entry<'a>]) -> Result<Vec<(&'a [u8], u32)>> {
    // The first eight bytes as a number decide most comparisons without touching the texts.
    let head = |text: &[u8]| {
        let mut head = [0; 8];
        let len = text.len().min(8);
        head[..len].copy_from_slice(&text[..len]);
        u64::from_be_bytes(head)
    };
    let mut order: Vec<(u64, u32)> =
        pieces.iter().map(|piece| head(piece.text.as_bytes())).zip(0..).collect();
    let text = |id: u32| pieces[id as usize].text.as_bytes();
    order.sort_unstable_by(|a, b| a.0.cmp(&b.0).then_with(|| text(a.1).cmp(text(b.1))).then(a.1.cmp(&b.1)));
    match order.windows(2).find(|pair| text(pair[0].1) == text(pair[1].1)) {
        Some(pair) => {
            Err(malformed(format!("piece {}", pair[1].1), format!("same text as piece {}", pair[0].1)))
        }
        None => Ok(order.into_iter().map(|(_, id)| (text(id), id)).collect()),
    }
}
