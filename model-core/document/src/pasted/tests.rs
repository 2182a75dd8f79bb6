use proptest::prelude::*;

use super::*;
use BlockKind::*;

fn read(text: &str) -> Vec<(BlockKind, String)> {
    read_pasted(text).blocks.iter().map(|block| (block.kind, block.text())).collect()
}

fn assert_reads(text: &str, expected: &[(BlockKind, &str)]) {
    let found = read(text);
    let found: Vec<(BlockKind, &str)> = found.iter().map(|(kind, text)| (*kind, text.as_str())).collect();
    assert_eq!(found, expected, "{text}");
}

const BODY: &str = "Der Konzern hat am Montag ein neues Rechenzentrum eröffnet. Es steht in Frankfurt und soll bis \
    Ende 2027 vollständig in Betrieb gehen.";

#[test]
fn nothing_is_no_block() {
    assert_reads("", &[]);
    assert_reads(" \n\u{feff}\n\t", &[(Paragraph, "\u{feff}")]);
    assert_reads("\u{feff}\n", &[]);
}

#[test]
fn plain_text_is_paragraphs() {
    assert_reads("Ein Satz. Noch ein Satz.", &[(Paragraph, "Ein Satz. Noch ein Satz.")]);
    assert_reads(
        "Der Konzern wächst.\n\nDie Aktie steigt.\r\n\r\nMehr nicht.",
        &[(Paragraph, "Der Konzern wächst."), (Paragraph, "Die Aktie steigt."), (Paragraph, "Mehr nicht.")],
    );
}

#[test]
fn the_head_is_told_apart() {
    let head = "Konzern eröffnet neues Rechenzentrum";
    let expected = [(Headline, head), (Date, "vor 17 Tagen"), (Paragraph, BODY)];
    for text in [
        format!("{head}\n\nvor 17 Tagen\n\n{BODY}"),
        format!("{head}\nvor 17 Tagen\n{BODY}"),
        format!("{head}\n\nvor 17 Tagen {BODY}"),
        format!("{head}\n\nvor 17 Tagen{BODY}"),
        format!("{head}vor 17 Tagen\n\n{BODY}"),
        format!("{head}vor 17 Tagen{BODY}"),
    ] {
        assert_reads(&text, &expected);
    }
    assert_reads(
        &format!("12. März 2026, 14:30 Uhr\n{head}\n{BODY}"),
        &[(Date, "12. März 2026, 14:30 Uhr"), (Headline, head), (Paragraph, BODY)],
    );
    assert_reads(
        &format!("Das ist ein ganzer Satz als Titel. vor 2 Stunden\n{BODY}"),
        &[(Headline, "Das ist ein ganzer Satz als Titel."), (Date, "vor 2 Stunden"), (Paragraph, BODY)],
    );
}

#[test]
fn bylines_and_standfirsts_are_told_apart() {
    let standfirst = "In Frankfurt entsteht auf 40.000 Quadratmetern eine Anlage für künstliche Intelligenz.";
    assert_reads(
        &format!(
            "Konzern eröffnet neues Rechenzentrum\n\n{standfirst}\n\nVon Max Mustermann und Eva Beispiel\n\n\
             12.03.2026 14:30\n\n{BODY}"
        ),
        &[
            (Headline, "Konzern eröffnet neues Rechenzentrum"),
            (Standfirst, standfirst),
            (Byline, "Von Max Mustermann und Eva Beispiel"),
            (Date, "12.03.2026 14:30"),
            (Paragraph, BODY),
        ],
    );
    assert_reads(
        &format!(
            "Konzern eröffnet neues Rechenzentrum\nVon Max Mustermann | 12. März 2026\n{BODY}\n(dpa)\nEnde."
        ),
        &[
            (Headline, "Konzern eröffnet neues Rechenzentrum"),
            (Byline, "Von Max Mustermann |"),
            (Date, "12. März 2026"),
            (Paragraph, BODY),
            (Byline, "(dpa)"),
            (Paragraph, "Ende."),
        ],
    );
    assert_reads(
        &format!("Konzern eröffnet neues Rechenzentrum\n\ngestern, 14:30 Uhr | dpa\n\nFoto: dpa\n\n{BODY}"),
        &[
            (Headline, "Konzern eröffnet neues Rechenzentrum"),
            (Date, "gestern, 14:30 Uhr |"),
            (Byline, "dpa"),
            (Caption, "Foto: dpa"),
            (Paragraph, BODY),
        ],
    );
}

#[test]
fn the_site_s_own_words_are_no_headline() {
    assert_reads(
        &format!(
            "Startseite | Digital | Chips\nKonzern eröffnet neues Rechenzentrum\nStand: 12.03.2026, 08:15 Uhr\n{BODY}"
        ),
        &[
            (Paragraph, "Startseite | Digital | Chips"),
            (Headline, "Konzern eröffnet neues Rechenzentrum"),
            (Date, "Stand: 12.03.2026, 08:15 Uhr"),
            (Paragraph, BODY),
        ],
    );
}

#[test]
fn lines_of_a_sentence_each_stay_apart() {
    let lines = [
        "Die EU-Kommission prüft ein neues Verfahren gegen Meta.",
        "Das sagte eine Sprecherin am Montag in Brüssel.",
        "Meta wollte sich nicht äußern.",
    ];
    assert_reads(&lines.join("\n"), &lines.map(|line| (Paragraph, line)));
}

#[test]
fn a_date_within_a_sentence_stays_there() {
    for text in [
        "Vor 17 Tagen hat der Konzern ein Rechenzentrum eröffnet.",
        "Der Konzern hat vor 17 Tagen ein Rechenzentrum eröffnet.",
        "Das war es. Vor 17 Tagen kam die Wende.",
        "Am 12. März 2026 beginnt die Messe.",
        "Heute ist alles anders.",
        "Es dauerte, bevor zwei Stunden später Hilfe kam.",
    ] {
        assert!(read(text).iter().all(|(kind, _)| *kind != Date), "{text}");
    }
}

#[test]
fn headings_stand_before_text() {
    assert_reads(
        &format!(
            "Konzern eröffnet neues Rechenzentrum\n\n{BODY}\n\nKritik von Anwohnern\n\n{BODY}\n\nMehr zum Thema"
        ),
        &[
            (Headline, "Konzern eröffnet neues Rechenzentrum"),
            (Paragraph, BODY),
            (Heading, "Kritik von Anwohnern"),
            (Paragraph, BODY),
            (Paragraph, "Mehr zum Thema"),
        ],
    );
    assert_reads(
        &format!("# Titel\n\n{BODY}\n\n## Abschnitt\n{BODY}\n\n#hashtag"),
        &[
            (Headline, "Titel"),
            (Paragraph, BODY),
            (Heading, "Abschnitt"),
            (Paragraph, BODY),
            (Paragraph, "#hashtag"),
        ],
    );
}

#[test]
fn full_lines_are_joined() {
    let wrapped = "Der Konzern hat am Montag ein neues Rechenzentrum eröffnet, das in\n\
        Frankfurt steht. Es soll bis Ende 2027 vollständig in Betrieb gehen.\n\
        Das Unternehmen rechnet mit Kosten von rund zwei Milliarden Euro und\n\
        will etwa 300 Stellen schaffen.\n\
        Anwohner sehen das Vorhaben kritisch. Sie fürchten um ihr Wasser und\n\
        klagen vor Gericht.";
    assert_reads(
        wrapped,
        &[
            (
                Paragraph,
                "Der Konzern hat am Montag ein neues Rechenzentrum eröffnet, das in Frankfurt steht. Es soll bis Ende 2027 \
                 vollständig in Betrieb gehen. Das Unternehmen rechnet mit Kosten von rund zwei Milliarden Euro und will \
                 etwa 300 Stellen schaffen.",
            ),
            (
                Paragraph,
                "Anwohner sehen das Vorhaben kritisch. Sie fürchten um ihr Wasser und klagen vor Gericht.",
            ),
        ],
    );
    assert_reads(
        "Meta wirbt mit viel Geld um KI-\nForscher aus aller Welt und ihre Such-\nund Sprachmodelle. Das kostet.",
        &[(
            Paragraph,
            "Meta wirbt mit viel Geld um KI-Forscher aus aller Welt und ihre Such- und Sprachmodelle. Das kostet.",
        )],
    );
}

#[test]
fn lists_quotes_and_code_keep_their_kind() {
    assert_reads(
        "Das ist neu\n- mehr Speicher\n* bessere Kamera,\n  auch nachts\n• längere Laufzeit",
        &[
            (Headline, "Das ist neu"),
            (Bullet, "mehr Speicher"),
            (Bullet, "bessere Kamera, auch nachts"),
            (Bullet, "längere Laufzeit"),
        ],
    );
    assert_reads(
        "Erst dies.\n1. Einschalten.\n2. Warten.\n\n3. Fertig.\n\n> Zitat in\n> zwei Zeilen.\n\n```rust\nfn main() {}\n\n  // da\n```\nEnde.",
        &[
            (Paragraph, "Erst dies."),
            (Number, "Einschalten."),
            (Number, "Warten."),
            (Number, "Fertig."),
            (Quote, "Zitat in"),
            (Quote, "zwei Zeilen."),
            (Code, "fn main() {}\n\n  // da"),
            (Paragraph, "Ende."),
        ],
    );
    // A number that does not begin a list belongs to the text.
    assert_reads(
        "3. Platz für Köln.\n1. FC Köln gewinnt.",
        &[(Paragraph, "3. Platz für Köln."), (Paragraph, "1. FC Köln gewinnt.")],
    );
    // What is never closed is no code.
    assert_reads("```\nfn main() {}", &[(Paragraph, "```"), (Paragraph, "fn main() {}")]);
}

#[test]
fn markup_becomes_runs() {
    let document = read_pasted("Ein **fetter** Link: [hier](https://example.org/a_b).");
    let runs = &document.blocks[0].runs;
    assert_eq!(runs.len(), 5);
    assert!(runs[1].mark.bold);
    assert_eq!(runs[3].mark.link.as_deref(), Some("https://example.org/a_b"));
    assert_eq!(document.blocks[0].text(), "Ein fetter Link: hier.");
}

#[test]
fn the_seed_article_is_read() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/seed/article.de.txt");
    let Ok(text) = std::fs::read_to_string(path) else {
        println!("skipped: the seed article needs ../shared/seed/article.de.txt");
        return;
    };
    let found = read(&text);
    let kinds: Vec<BlockKind> = found.iter().map(|(kind, _)| *kind).collect();
    assert_eq!(kinds, [Paragraph, Paragraph, Headline, Date, Paragraph, Paragraph]);
    assert_eq!(found[2].1, "Zuckerberg: AI-Forscher wollen wenig Hierarchie und viele GPUs.");
    assert_eq!(found[3].1, "vor 17 Tagen");
    assert!(found[4].1.starts_with("Mark Zuckerberg erklärt") && found[4].1.ends_with("voranzubringen."));
    let all: String = found.into_iter().map(|(_, text)| text).collect();
    assert_eq!(visible(&all), visible(&text));
}

/// The characters of a text without white space.
fn visible(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

/// The address of every link in these tests.
const ADDRESS: &str = "https://a.de";

/// The characters that are no part of a mark, of a list's number or of a link's address.
fn content(text: &str) -> String {
    let marks = "-*•·▪●◦>#`~[]().0123456789\u{feff}";
    visible(&text.replace(ADDRESS, "")).chars().filter(|c| !marks.contains(*c)).collect()
}

fn written(document: &Document) -> String {
    document.blocks.iter().map(Block::text).collect()
}

/// Texts made of what the reader looks for.
fn bits() -> impl Strategy<Value = String> {
    let bit = prop::sample::select(vec![
        "\n",
        "\n\n",
        "\r\n",
        "\r",
        " ",
        "  ",
        "- ",
        "* ",
        "• ",
        "1. ",
        "2. ",
        "3) ",
        "> ",
        "# ",
        "## ",
        "\n```\n",
        "\n~~~\n",
        "**",
        "*",
        "`",
        "[",
        "](https://a.de)",
        "](x)",
        "vor 17 Tagen",
        "gestern",
        "12. März 2026",
        "14:30 Uhr",
        "|",
        " – ",
        "Von Max",
        "dpa",
        "Foto: ",
        "Der",
        "die",
        "Überschrift",
        "ein längerer Satz, der eine Zeile füllt und nicht endet",
        ".",
        "!",
        "„",
        "“",
        "ä",
        "KI-",
        "\u{2028}",
        "\u{a0}",
        "\u{feff}",
    ]);
    prop::collection::vec(bit, 0..40).prop_map(|bits| bits.concat())
}

fn assert_whole(text: &str) {
    let document = read_pasted(text);
    assert_eq!(content(&written(&document)), content(text));
    for block in document.blocks {
        assert!(!block.runs.is_empty() && block.runs.iter().all(|run| !run.text.is_empty()), "{text:?}");
        assert!(!block.text().trim().is_empty(), "{text:?}");
    }
}

proptest! {
    #[test]
    fn nothing_is_lost(text in bits()) {
        assert_whole(&text);
    }

    #[test]
    fn nothing_is_lost_of_any_text(text in any::<String>()) {
        assert_whole(&text);
    }

    #[test]
    fn words_and_numbers_of_plain_text_stay_in_order(lines in prop::collection::vec("[A-Za-zäöü0-9 .,:!?„“-]{0,90}", 0..12)) {
        // Without marks at the beginnings of lines, each character is kept.
        let text: String = lines.iter().map(|line| format!("x{line}\n")).collect();
        let blocks: String = read(&text).into_iter().map(|(_, text)| text).collect();
        prop_assert_eq!(visible(&blocks), visible(&text));
    }
}

/// What the reader looks at longest, by the megabyte: a look without bounds would take hours.
#[test]
fn hostile_texts_are_read_in_linear_time() {
    let units = [
        "x",
        "x\n",
        "\n",
        "vor ",
        "vor 17 Tagen ",
        "```a\n",
        "```\n",
        "`",
        "*",
        "* ",
        "*a ",
        "[",
        "[a](",
        "](",
        "**a",
        "> \n",
        "1. a\n",
        "# a\n",
        "a\n\n",
        "12.",
        "- a\n  b\n",
        "a-\n",
        "„",
    ];
    for unit in units {
        let text = unit.repeat(1_000_000 / unit.len());
        assert!(content(&written(&read_pasted(&text))) == content(&text), "{unit:?}");
    }
    let open = "```a\n".repeat(250_000);
    assert!(visible(&written(&read_pasted(&open))).len() == 1_000_000);
    let prose = format!("{BODY}\n").repeat(10_000_000 / BODY.len());
    assert!(visible(&written(&read_pasted(&prose))) == visible(&prose));
}
