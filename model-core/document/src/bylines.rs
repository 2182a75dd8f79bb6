//! Bylines by rule: a model would try to translate the names.

/// A whole German byline in English: "Von Katrin Ahlers und Max Weber" is "By Katrin Ahlers and Max Weber".
///
/// `None` if the text does not begin as a byline does, or if more than names follow.
pub fn english_byline(text: &str) -> Option<String> {
    let names = ["Von ", "VON ", "von "].iter().find_map(|von| text.trim().strip_prefix(von))?;
    let words: Vec<&str> = names.split_whitespace().collect();
    // "Von der Redaktion" and sentences that begin with "Von" have words that are no names.
    let names_only = words.iter().all(|word| {
        let capital = word.chars().next().is_some_and(char::is_uppercase);
        capital || PARTICLES.contains(word)
    });
    if words.is_empty() || !words[0].chars().next().is_some_and(char::is_uppercase) || !names_only {
        return None;
    }
    let english: Vec<&str> = words.iter().map(|&word| if word == "und" { "and" } else { word }).collect();
    Some(format!("By {}", english.join(" ")))
}

/// Words within names and between them that begin with a small letter.
const PARTICLES: [&str; 14] =
    ["und", "von", "van", "der", "den", "de", "di", "da", "dos", "zu", "zur", "vom", "ten", "ter"];

#[cfg(test)]
mod tests {
    use super::english_byline;

    #[test]
    fn names_stay_as_they_are() {
        for (german, english) in [
            ("Von Katrin Ahlers", "By Katrin Ahlers"),
            (" Von Ursula von der Leyen und Ömer Aydın ", "By Ursula von der Leyen and Ömer Aydın"),
            ("VON MAX MUSTERMANN", "By MAX MUSTERMANN"),
            ("Von A. B. Meier, dpa", ""),
            ("Von der Redaktion", ""),
            ("Von Anfang an war klar, dass es nicht geht.", ""),
            ("Vonnegut", ""),
            ("Von ", ""),
        ] {
            assert_eq!(english_byline(german).unwrap_or_default(), english, "{german}");
        }
    }
}
