//! The list of sample articles, as the server has it.

use serde::Deserialize;

use crate::{failure::PageError, links};

/// An article, as the front page shows it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Entry {
    /// Its name in addresses.
    pub slug: String,
    /// The German headline.
    pub title: String,
    /// The German summary.
    pub standfirst: String,
    /// Who wrote it.
    pub author: String,
    /// When it was published, ISO 8601.
    pub date: String,
    /// What it is about, in a word.
    #[serde(default)]
    pub topic: String,
    /// How many words it has.
    #[serde(default)]
    pub words: u32,
    /// The names of related articles.
    #[serde(default)]
    pub related: Vec<String>,
}

/// Reads the list, newest first. An entry whose name cannot be part of an address is left out.
///
/// # Errors
/// [`PageError::Unreadable`] if it is not such a list.
pub fn parse(json: &str) -> Result<Vec<Entry>, PageError> {
    let mut entries: Vec<Entry> = serde_json::from_str(json).map_err(|_| PageError::Unreadable)?;
    entries.retain(|entry| links::is_slug(&entry.slug));
    entries.sort_by(|a, b| b.date.cmp(&a.date));
    Ok(entries)
}

/// The articles that belong with the one called `slug`: those it names itself, in its order, else the newest
/// others.
pub fn related(entries: &[Entry], slug: &str) -> Vec<Entry> {
    let named = entries.iter().find(|entry| entry.slug == slug).map_or(&[][..], |entry| &entry.related);
    let others = || entries.iter().filter(|entry| entry.slug != slug);
    let chosen: Vec<_> =
        named.iter().filter_map(|name| others().find(|entry| entry.slug == *name)).cloned().collect();
    if chosen.is_empty() { others().take(3).cloned().collect() } else { chosen }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = r#"[
        {"slug": "a", "title": "A", "standfirst": "", "author": "X", "date": "2026-11-01",
         "related": ["b", "gone", "a", "c"]},
        {"slug": "b", "title": "B", "standfirst": "", "author": "X", "date": "2026-11-03", "words": 12},
        {"slug": "../b", "title": "B", "standfirst": "", "author": "X", "date": "2026-11-03"},
        {"slug": "c", "title": "C", "standfirst": "", "author": "X", "date": "2026-11-02"}
    ]"#;

    fn slugs(entries: &[Entry]) -> Vec<&str> {
        entries.iter().map(|entry| entry.slug.as_str()).collect()
    }

    #[test]
    fn newest_first_and_only_sound_names() {
        assert_eq!(slugs(&parse(LIST).unwrap()), ["b", "c", "a"]);
    }

    #[test]
    fn what_is_no_list_is_an_error() {
        for wrong in ["", "{}", "<!doctype html>", r#"[{"slug": 1}]"#] {
            assert_eq!(parse(wrong), Err(PageError::Unreadable));
        }
    }

    #[test]
    fn related_articles_are_the_named_or_the_newest() {
        let entries = parse(LIST).unwrap();
        assert_eq!(slugs(&related(&entries, "a")), ["b", "c"]);
        assert_eq!(slugs(&related(&entries, "b")), ["c", "a"]);
        assert_eq!(related(&entries, "nowhere").len(), 3);
    }
}
