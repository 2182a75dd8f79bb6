//! The little of YAML in which Marian writes a flat table of options: `key: value`, and lists as `[a, b]` or as lines
//! of `- a` under their key.
//!
//! Nothing is built: a look-up scans the text, which is short. Nested tables, anchors and strings over several lines do
//! not occur there; under a key that nobody asks for they are passed over, under one that somebody does they are an
//! error.

use super::reader::shown;

/// A model's options take some 1.3 kB.
const MAX_TEXT: usize = 64 * 1024;

/// How a line begins that belongs to the key above it.
const INDENTED: [char; 3] = [' ', '\t', '-'];

/// Where a document begins and ends.
const MARKERS: [&str; 2] = ["---", "..."];

/// A table of options, each key once.
#[derive(Clone, Copy, Debug)]
pub(super) struct Yaml<'a> {
    text: &'a str,
}

/// What stands behind a key: on its own line, and on the indented lines under it.
#[derive(Clone, Copy)]
struct Entry<'a> {
    key: &'a str,
    inline: &'a str,
    block: &'a str,
}

/// What is wrong, to be put behind the name of the item.
type Problem = String;

impl<'a> Yaml<'a> {
    /// Checks that every line is one of the forms.
    pub(super) fn parse(text: &'a str) -> Result<Self, Problem> {
        if text.len() > MAX_TEXT {
            return Err(format!("has {} bytes, may have {MAX_TEXT}", text.len()));
        }
        let yaml = Self { text };
        yaml.entries().try_for_each(|entry| entry.map(drop))?;
        Ok(yaml)
    }

    /// A single value, without its quotes; an empty one when the key stands alone.
    pub(super) fn scalar(&self, key: &str) -> Result<Option<&'a str>, Problem> {
        let Some(entry) = self.find(key)? else { return Ok(None) };
        let value = entry.inline;
        if !entry.block.trim().is_empty() || value.starts_with(['[', '{', '&', '*', '|', '>']) {
            return Err("needs a single value".into());
        }
        Ok(Some(unquoted(value)))
    }

    /// A list's values, without their quotes.
    pub(super) fn list(&self, key: &str) -> Result<Option<impl Iterator<Item = &'a str> + use<'a>>, Problem> {
        let Some(entry) = self.find(key)? else { return Ok(None) };
        let value = if entry.inline.is_empty() { entry.block.trim() } else { entry.inline };
        let (body, separator, bullet) = match value.strip_prefix('[') {
            Some(rest) => (rest.strip_suffix(']').ok_or("has no ] at the end of its list")?, ',', ""),
            None => (value, '\n', "-"),
        };
        let values = body.split(separator).map(str::trim).filter(|value| !value.is_empty());
        if values.clone().any(|value| !value.starts_with(bullet)) {
            return Err(format!("is {}, needs a list", shown(value)));
        }
        Ok(Some(values.map(move |value| unquoted(value[bullet.len()..].trim()))))
    }

    fn find(&self, key: &str) -> Result<Option<Entry<'a>>, Problem> {
        let mut found = None;
        for entry in self.entries() {
            let entry = entry?;
            if entry.key == key && found.replace(entry).is_some() {
                return Err("stands twice".into());
            }
        }
        Ok(found)
    }

    /// The keys in their order.
    fn entries(&self) -> impl Iterator<Item = Result<Entry<'a>, Problem>> + use<'a> {
        let mut rest = self.text;
        std::iter::from_fn(move || {
            let line = loop {
                let (line, after) = split_line(rest)?;
                rest = after;
                if !(line.trim().is_empty() || line.starts_with('#') || MARKERS.contains(&line)) {
                    break line;
                }
            };
            // An indented line here has no key above it that it could belong to.
            let pair = if line.starts_with(INDENTED) { None } else { line.split_once(':') };
            let Some((key, inline)) = pair else {
                return Some(Err(format!("has a line that is not `key: value`: {}", shown(line))));
            };
            let block_start = rest;
            while let Some((line, after)) = split_line(rest)
                && (line.is_empty() || line.starts_with(INDENTED) && !MARKERS.contains(&line))
            {
                rest = after;
            }
            let block = &block_start[..block_start.len() - rest.len()];
            Some(Ok(Entry { key: unquoted(key.trim()), inline: inline.trim(), block }))
        })
    }
}

/// The first line without its end, and what comes after it; none when there is nothing left.
fn split_line(text: &str) -> Option<(&str, &str)> {
    if text.is_empty() {
        return None;
    }
    let (line, rest) = text.split_once('\n').unwrap_or((text, ""));
    Some((line.strip_suffix('\r').unwrap_or(line), rest))
}

fn unquoted(value: &str) -> &str {
    let inside = |quote| value.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
    inside('"').or_else(|| inside('\'')).unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# options\n---\na: 1\nb: \"\"\n'c': 'x y'\nversion: v1 12:30\nnone:\nempty:\n  []\n\
                        inline: [7, \"8\"]\nblock:\n  - 7\n  - '8'\nflush:\n- 7\n- 8\nmap:\n  d: 1\n";

    fn list(key: &str) -> Result<Option<Vec<&'static str>>, Problem> {
        Ok(Yaml::parse(TEXT)?.list(key)?.map(Iterator::collect))
    }

    #[test]
    fn reads_scalars() {
        let yaml = Yaml::parse(TEXT).unwrap();
        for (key, value) in [("a", "1"), ("b", ""), ("c", "x y"), ("version", "v1 12:30"), ("none", "")] {
            assert_eq!(yaml.scalar(key), Ok(Some(value)), "{key}");
        }
        assert_eq!(yaml.scalar("d"), Ok(None), "a key of a nested table is not one of ours");
    }

    #[test]
    fn reads_lists_in_each_form() {
        for key in ["inline", "block", "flush"] {
            assert_eq!(list(key), Ok(Some(vec!["7", "8"])), "{key}");
        }
        assert_eq!(list("empty"), Ok(Some(vec![])));
        assert_eq!(list("none"), Ok(Some(vec![])));
        assert_eq!(list("missing"), Ok(None));
    }

    #[test]
    fn refuses_what_is_not_of_the_form() {
        let yaml = Yaml::parse(TEXT).unwrap();
        for key in ["inline", "block", "map", "empty"] {
            assert!(yaml.scalar(key).is_err(), "{key} is not a scalar");
        }
        for key in ["a", "map"] {
            assert!(list(key).is_err(), "{key} is not a list");
        }
        assert!(Yaml::parse("a: 1\nwhat").is_err(), "a line without a key");
        assert!(Yaml::parse("  - 1: 2\n").is_err(), "an item before the first key");
        assert!(Yaml::parse("a: 1\na: 2").unwrap().scalar("a").is_err(), "a key twice");
        assert!(Yaml::parse(&"a: 1\n".repeat(20_000)).is_err(), "too long");
    }
}
