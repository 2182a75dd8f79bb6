//! Brings a text into the form that the pieces are made from, and remembers which byte came from where.

use super::double_array::DoubleArray;
use crate::error::Result;
use crate::format::sentencepiece::{LONGEST_PIECE, NormalizerSpec, malformed, unsupported};

/// What stands for a space in pieces.
pub(super) const SPACE: &str = "\u{2581}";

/// The longest rule, in bytes of either side. Bounds the work and the growth for each character of a text.
const LONGEST_RULE: usize = 512;

/// The vocabulary's normaliser.
pub(super) struct Normalizer {
    rules: Option<Rules>,
    /// User-defined pieces: left as they are.
    symbols: Option<DoubleArray>,
    add_dummy_prefix: bool,
    remove_extra_whitespaces: bool,
    escape_whitespaces: bool,
}

/// A normalised text.
#[derive(Default)]
pub(super) struct Normalized {
    /// The text that is cut into pieces.
    pub(super) text: String,
    /// For each byte of `text`, and for its end, where the characters that made it start in the original; ascending.
    pub(super) origin: Vec<usize>,
}

impl Normalizer {
    /// `symbols` are the user-defined pieces' texts, if there are any.
    ///
    /// # Errors
    /// Malformed if the replacement rules are not.
    pub(super) fn new(spec: &NormalizerSpec<'_>, symbols: Option<DoubleArray>) -> Result<Self> {
        Ok(Self {
            rules: if spec.charsmap.is_empty() { None } else { Some(Rules::read(spec.charsmap)?) },
            symbols,
            add_dummy_prefix: spec.add_dummy_prefix,
            remove_extra_whitespaces: spec.remove_extra_whitespaces,
            escape_whitespaces: spec.escape_whitespaces,
        })
    }

    /// Normalises a text.
    pub(super) fn normalize(&self, text: &str) -> Normalized {
        let mut start = 0;
        if self.remove_extra_whitespaces {
            while let Some((" ", len)) = self.step(&text[start..]) {
                start += len;
            }
        }
        let mut out = Normalized::default();
        out.reserve(text.len() - start);
        if start < text.len() {
            if self.add_dummy_prefix {
                out.push(self.space(), start);
            }
            self.body(text, start, &mut out);
        } else {
            out.origin.push(start);
        }
        out
    }

    /// Everything after the leading spaces.
    fn body(&self, text: &str, mut start: usize, out: &mut Normalized) {
        let mut after_space = self.remove_extra_whitespaces;
        while let Some((replacement, len)) = self.step(&text[start..]) {
            let kept = if after_space { replacement.trim_start_matches(' ') } else { replacement };
            if !kept.is_empty() {
                if self.escape_whitespaces && kept.contains(' ') {
                    for part in kept.split_inclusive(' ') {
                        let word = part.strip_suffix(' ');
                        out.push(word.unwrap_or(part), start);
                        if word.is_some() {
                            out.push(SPACE, start);
                        }
                    }
                } else {
                    out.push(kept, start);
                }
                after_space = self.remove_extra_whitespaces && kept.ends_with(' ');
            }
            start += len;
        }
        if self.remove_extra_whitespaces {
            while let Some(shorter) = out.text.strip_suffix(self.space()).map(str::len) {
                start = out.origin[shorter];
                out.text.truncate(shorter);
                out.origin.truncate(shorter);
            }
        }
        out.origin.push(start);
    }

    fn space(&self) -> &'static str {
        if self.escape_whitespaces { SPACE } else { " " }
    }

    /// What the beginning of `rest` becomes, and how many of its bytes that takes. `None` at the end.
    #[inline]
    fn step<'a>(&'a self, rest: &'a str) -> Option<(&'a str, usize)> {
        let len = rest.chars().next()?.len_utf8();
        if let Some(symbols) = &self.symbols {
            let near = &rest.as_bytes()[..rest.len().min(LONGEST_PIECE)];
            if let Some((len, _)) = symbols.longest(near, |_| true) {
                return Some((&rest[..len], len));
            }
        }
        self.rules.as_ref().and_then(|rules| rules.find(rest)).or(Some((&rest[..len], len)))
    }
}

impl Normalized {
    fn reserve(&mut self, len: usize) {
        // German has a space, which takes two bytes more, in about every seventh.
        let len = len + len / 3 + 2 * SPACE.len();
        self.text.reserve(len);
        self.origin.reserve(len);
    }

    #[inline]
    fn push(&mut self, text: &str, origin: usize) {
        self.text.push_str(text);
        self.origin.resize(self.text.len(), origin);
    }
}

/// The file's replacement rules.
struct Rules {
    /// From what is replaced to where in `replacements` the new text starts.
    trie: DoubleArray,
    /// Texts, each with a NUL behind it.
    replacements: String,
}

impl Rules {
    fn read(charsmap: &[u8]) -> Result<Self> {
        let item = "precompiled_charsmap";
        let cut = || malformed(item, format!("cut short after {} bytes", charsmap.len()));
        let (size, rest) = charsmap.split_first_chunk().ok_or_else(cut)?;
        let size = usize::try_from(u32::from_le_bytes(*size)).ok();
        let (trie, replacements) = size.and_then(|size| rest.split_at_checked(size)).ok_or_else(cut)?;
        let replacements = std::str::from_utf8(replacements)
            .map_err(|error| malformed(item, format!("its strings are not UTF-8: {error}")))?;
        if !replacements.ends_with('\0') {
            return Err(malformed(item, "its last string does not end"));
        }
        if let Some(long) = replacements.split('\0').find(|text| text.len() > LONGEST_RULE) {
            return Err(unsupported(
                item,
                format!("a string of {} bytes; at most {LONGEST_RULE}", long.len()),
            ));
        }
        let valid = |start| start < replacements.len() && replacements.is_char_boundary(start);
        Ok(Self { trie: DoubleArray::from_file(trie, item, valid)?, replacements: replacements.to_owned() })
    }

    /// The replacement by the longest rule that `rest` starts with, and how many bytes it replaces.
    #[inline]
    fn find(&self, rest: &str) -> Option<(&str, usize)> {
        let near = &rest.as_bytes()[..rest.len().min(LONGEST_RULE)];
        let (len, start) = self.trie.longest(near, |len| rest.is_char_boundary(len))?;
        let text = &self.replacements[start as usize..];
        Some((text.split('\0').next().unwrap_or(text), len))
    }
}
