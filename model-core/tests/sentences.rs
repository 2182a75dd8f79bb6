//! Where sentences end: how often the rules agree with a person, and what holds for any text whatever.

use model_core::text::sentences::{Score, cut, sentences};
use proptest::prelude::*;

const CASES: &str = include_str!("../../tests/data/sentences.txt");

fn parts<'t>(text: &'t str, language: &str) -> Vec<&'t str> {
    sentences(text, language).into_iter().map(|span| &text[span]).collect()
}

#[test]
fn agrees_with_a_person() {
    let (seen, held_out) = CASES.split_once("# part: held out").expect("the file has two parts");
    for (name, cases) in [("seen", seen), ("held out", held_out), ("all", CASES)] {
        let score = Score::of(cases, "de");
        println!(
            "{name}: {} cases, {} ends marked, {} found; precision {:.4}, recall {:.4}",
            score.cases,
            score.marked,
            score.found,
            score.precision(),
            score.recall()
        );
        for (marked, found) in &score.wrong {
            println!("  marked {marked:?}\n  found  {found:?}");
        }
        assert!(score.precision() >= 0.98 && score.recall() >= 0.98, "{name}");
    }
    assert!(Score::of(CASES, "de").cases >= 400);
}

#[test]
fn an_empty_text_has_no_sentences() {
    for text in ["", " ", "\n\n", "\u{a0}\t\r\n"] {
        assert!(sentences(text, "de").is_empty(), "{text:?}");
    }
}

#[test]
fn region_codes_have_their_language_s_rules() {
    let text = "Am 3. Mai beginnt z. B. Die Messe.";
    assert_eq!(parts(text, "de-AT").len(), 1);
    assert_eq!(parts(text, "DE_ch").len(), 1);
}

#[test]
fn english_has_its_own_abbreviations() {
    let text = "Dr. Smith met Mr. J. R. Jones of Apple Inc. in the U.S. yesterday. They agreed on 5. The rest is open.";
    let found = parts(text, "en");
    assert_eq!(found.len(), 3, "{found:?}");
}

#[test]
fn other_languages_have_general_rules() {
    assert_eq!(parts("Il est parti. Elle reste ! Pourquoi ? « Rien. » Fin.", "fr").len(), 5);
    assert_eq!(parts("Версия 2.0 вышла. Она бесплатна.", "ru"), ["Версия 2.0 вышла.", "Она бесплатна."]);
    assert_eq!(parts("新しい製品です。価格は未定です。", "ja"), ["新しい製品です。", "価格は未定です。"]);
}

#[test]
fn long_sentences_are_cut_at_clauses() {
    let text = "Der Konzern investiert in Chips, Server und Kabel; die Aktie fällt trotzdem weiter.";
    let pieces: Vec<&str> = cut(text, 0..text.len(), 60).into_iter().map(|span| &text[span]).collect();
    assert_eq!(
        pieces,
        ["Der Konzern investiert in Chips, Server und Kabel;", "die Aktie fällt trotzdem weiter."]
    );
    assert_eq!(cut(text, 0..text.len(), 1000), vec![0..text.len()]);
    assert!(cut("  ", 0..2, 10).is_empty());
    assert_eq!(cut("äöü", 0..6, 1), vec![0..2, 2..4, 4..6]);
}

#[test]
fn a_number_s_comma_is_no_place_to_cut() {
    let text = "Der Umsatz stieg auf 1234,56789 Milliarden";
    for at_most in 20..text.len() {
        let pieces: Vec<&str> =
            cut(text, 0..text.len(), at_most).into_iter().map(|span| &text[span]).collect();
        assert!(pieces.iter().any(|piece| piece.contains("1234,56789")), "{pieces:?}");
    }
}

/// What the rules look at longest, by the megabyte: a look without bounds would take hours.
#[test]
fn hostile_texts_are_split_in_linear_time() {
    let prose =
        "Der Konzern z. B. wächst am 3. Mai auf 30. Die Aktie „steigt“! 🎉 Mehr… (s. S. 5) www.a.de.\n";
    let units = [
        ".", ". ", "a.", "a. ", "1. ", "„.", ".\"", ".A", "\n", " ", "x", "!🎉 ", ".[1]", "www.", "- \n",
        "…", "«»", ".(", ". («", "… ", "http://", "🎉 ", ".🎉a",
    ];
    let texts = units.iter().map(|unit| unit.repeat(1_000_000 / unit.len()));
    for text in texts.chain([prose.repeat(10_000_000 / prose.len())]) {
        assert_whole(&text, &sentences(&text, "de"));
        assert_whole(&text, &cut(&text, 0..text.len(), 400));
    }
}

/// Spans in order, none empty or with white space at its ends, and white space only between them.
fn assert_whole(text: &str, spans: &[std::ops::Range<usize>]) {
    let mut last = 0;
    for span in spans {
        assert!(text[last..span.start].trim().is_empty());
        let part = &text[span.clone()];
        assert!(!part.is_empty() && part.trim() == part, "{part:?}");
        last = span.end;
    }
    assert!(text[last..].trim().is_empty());
}

/// Texts made of what the rules look for.
fn bits() -> impl Strategy<Value = String> {
    let bit = prop::sample::select(vec![
        ".",
        "...",
        "…",
        "!",
        "?",
        ":",
        ",",
        ";",
        " ",
        "\u{a0}",
        "\n",
        "\r\n",
        "\n\n",
        "„",
        "“",
        "\"",
        "»",
        "«",
        "(",
        ")",
        "[1]",
        "-",
        "– ",
        "• ",
        "z",
        "B",
        "z. B.",
        "Dr",
        "Prof",
        "Nr",
        "usw",
        "Mio",
        "3",
        "2024",
        "12.03.",
        "II",
        "Mai",
        "Der",
        "die",
        "Apple",
        "iPhone",
        "heise.de",
        "https://x.de/a.b",
        "www.",
        "🎉",
        "👍\u{1f3fd}",
        "ä",
        "u\u{308}",
        "。",
        "str",
        "Jahrhundert",
        "\u{2028}",
        "*",
        "am",
        "Plan",
        "Yahoo",
    ]);
    prop::collection::vec(bit, 0..40).prop_map(|bits| bits.concat())
}

proptest! {
    #[test]
    fn nothing_is_lost_in_any_text(text in any::<String>(), language in "[a-z]{0,3}") {
        for language in [language.as_str(), "de", "en"] {
            assert_whole(&text, &sentences(&text, language));
        }
    }

    #[test]
    fn nothing_is_lost_among_marks(text in bits()) {
        for language in ["de", "en", "fr"] {
            assert_whole(&text, &sentences(&text, language));
        }
    }

    #[test]
    fn pieces_are_whole_and_short_enough(text in bits(), at_most in 0usize..50) {
        let pieces = cut(&text, 0..text.len(), at_most);
        assert_whole(&text, &pieces);
        for piece in pieces {
            let single = text[piece.clone()].chars().count() == 1;
            prop_assert!(single || piece.len() <= at_most);
        }
    }
}
