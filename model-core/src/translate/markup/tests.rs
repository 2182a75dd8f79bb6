//! Sentences with markup, by hand and at random.

mod random;
mod tags;

use super::*;
use crate::text::Piece;
use crate::translate::output::{Alignment, TargetPiece};

/// Runs from text with `<b>`, `<i>`, `<c>` for code and `<1>`, `<2>` … for links.
fn runs(tagged: &str) -> Vec<Run> {
    let mut runs = Runs::default();
    let mut mark = Mark::default();
    for (index, part) in tagged.split('<').enumerate() {
        let (tag, text) = if index == 0 { ("", part) } else { part.split_once('>').unwrap() };
        let on = !tag.starts_with('/');
        match tag.trim_start_matches('/') {
            "" => {}
            "b" => mark.bold = on,
            "i" => mark.italic = on,
            "c" => mark.code = on,
            link => mark.link = on.then(|| link.to_owned()),
        }
        runs.push(text, &mark);
    }
    runs.0
}

/// The reverse of [`runs`], with every run's tags around it.
fn tagged(runs: &[Run]) -> String {
    let mut text = String::new();
    for run in runs {
        let mut tags: Vec<&str> = run.mark.link.as_deref().into_iter().collect();
        tags.extend(
            [(run.mark.bold, "b"), (run.mark.italic, "i"), (run.mark.code, "c")]
                .iter()
                .filter_map(|&(on, tag)| on.then_some(tag)),
        );
        tags.iter().for_each(|tag| text.push_str(&format!("<{tag}>")));
        text.push_str(&run.text);
        tags.iter().rev().for_each(|tag| text.push_str(&format!("</{tag}>")));
    }
    text
}

fn text_of(runs: &[Run]) -> String {
    runs.iter().map(|run| run.text.as_str()).collect()
}

/// The stretches without spaces, each with the space before it.
fn pieces(text: &str) -> Vec<Range<usize>> {
    let mut pieces = Vec::new();
    let mut start = 0;
    for (at, c) in text.char_indices() {
        if matches!(c, ' ' | '’') && at > start {
            pieces.push(start..at);
            start = at;
        }
    }
    pieces.push(start..text.len());
    pieces
}

/// A translation whose pieces are what stands between spaces. `links` are pairs "source-target" of such
/// pieces; a piece's mass is shared by those it is linked to, except for a fifth, which is noise on the end
/// of the sentence.
fn translation(source: &str, target: &str, links: &str) -> Translation {
    let piece = |span| Piece { id: 0, span };
    let mut source: Vec<Piece> = pieces(source).into_iter().map(piece).collect();
    let end = source.last().unwrap().span.end;
    source.push(piece(end..end));
    let links: Vec<(usize, usize)> = links
        .split_whitespace()
        .map(|link| link.split_once('-').unwrap())
        .map(|(from, to)| (from.parse().unwrap(), to.parse().unwrap()))
        .collect();
    let mut alignment = Alignment::new(source.len());
    let pieces: Vec<TargetPiece> =
        pieces(target).into_iter().map(|span| TargetPiece { id: 0, span, log_prob: 0.0 }).collect();
    for target in 0..pieces.len() {
        let sources: Vec<usize> = links.iter().filter(|link| link.1 == target).map(|link| link.0).collect();
        let mut row = vec![0.0; source.len()];
        sources.iter().for_each(|&from| row[from] += 0.8 / sources.len() as f32);
        row[source.len() - 1] = 1.0 - row.iter().sum::<f32>();
        alignment.push(&row);
    }
    Translation { text: target.to_owned(), pieces, source, alignment, complete: true }
}

#[test]
fn markup_goes_where_the_words_go() {
    // Name, source, alignment, translation with the markup expected.
    let cases = [
        ("no markup", "Guten Morgen!", "0-0 1-1", "Good morning!"),
        ("all of it", "<b>Guten Morgen!</b>", "0-0 1-1", "<b>Good morning!</b>"),
        ("all of it, whatever the alignment", "<1>Guten Morgen</1>", "", "<1>Good morning.</1>"),
        ("one word", "Das ist <b>sehr</b> gut.", "0-0 1-1 2-2 3-3", "That is <b>very</b> good."),
        (
            "reordered",
            "Gestern hat <1>die EU</1> zugestimmt.",
            "2-0 3-1 4-2 0-3",
            "<1>The EU</1> agreed yesterday.",
        ),
        (
            "one word becomes several",
            "Die <b>Datenschutzgrundverordnung</b> gilt.",
            "0-0 1-1 1-2 1-3 1-4 2-5",
            "The <b>General Data Protection Regulation</b> applies.",
        ),
        (
            "several words become one",
            "Er <i>hat vor</i> zu gehen",
            "0-0 1-1 2-1 3-2 4-3",
            "He <i>intends</i> to go",
        ),
        (
            "a gap is filled",
            "Er las <1>den Bericht der Behörde</1> heute",
            "0-0 1-1 2-2 3-3 5-5 6-6",
            "He read <1>the report of authorities</1> today",
        ),
        (
            "an outlier is dropped",
            "<1>Die neue Regel</1> gilt ab heute für alle Firmen",
            "0-0 1-1 2-2 3-3 4-4 5-5 6-6 7-7 1-8",
            "<1>The new rule</1> applies from today for all companies",
        ),
        (
            "bold may be in parts",
            "Sie <b>schalten den großen Server</b> heute um acht Uhr abends",
            "0-0 1-1 5-2 6-3 7-4 9-5 1-6 2-7 3-8 4-9",
            "They <b>switch</b> today at eight evening <b>off the large server</b>",
        ),
        (
            "an article is not the noun's",
            "Im <1>Bericht</1> steht viel",
            "0-0 1-1 1-2 2-3 3-4",
            "In the <1>report</1> is much",
        ),
        (
            "an article of its own",
            "Zitat: <1>Der Bericht</1> fehlt",
            "0-0 2-2 3-4",
            "Quote: <1>The report</1> is missing",
        ),
        (
            "punctuation with the mark",
            "<b>Hinweis:</b> Das ist neu.",
            "0-0 1-1 2-2 3-3",
            "<b>Note:</b> This is new.",
        ),
        (
            "punctuation without the mark",
            "Das ist „<i>neu</i>“, sagt er.",
            "0-0 1-1 2-2 3-4 4-3",
            "This is \"<i>new</i>,\" he says.",
        ),
        (
            "quotes with the mark",
            "Er sagt: <i>„Ganz neu.“</i>",
            "0-0 1-1 2-2 3-3",
            "He says: <i>\"Completely new.\"</i>",
        ),
        (
            "quotes in English order",
            "Das heißt <b>„ganz neu“</b>.",
            "0-0 1-1 2-2 3-3",
            "That is <b>\"completely new.\"</b>",
        ),
        (
            "a name, against the alignment",
            "Der Chef von <1>Tim Cook</1> ist weg.",
            "0-0 1-1 4-0 4-1 5-4 6-5",
            "The boss of <1>Tim Cook</1> is gone.",
        ),
        (
            "a false friend",
            "Das <b>war</b> im war room.",
            "0-0 1-1 2-2 2-3 3-4 4-5",
            "It <b>was</b> in the war room.",
        ),
        (
            "names as often, in order",
            "Apple mag <1>Apple</1> und <2>Apple</2>",
            "0-0 1-1 3-3",
            "Apple likes <1>Apple</1> and <2>Apple</2>",
        ),
        ("a name with a genitive", "Die <1>Google</1>-Aktie", "0-0 1-1 1-2", "The <1>Google</1>'s share"),
        ("within a word", "<b>Wasser</b>stoff ist leicht", "0-0 1-1 2-2", "<b>Hydrogen</b> is light"),
        ("within a word, across a hyphen", "Ein <1>KI</1>-Modell", "0-0 1-1 1-2", "An <1>AI</1> model"),
        (
            "bold in a link",
            "Hier <1>zum <b>neuen</b> Heft</1>",
            "0-0 1-1 2-2 3-3",
            "Here <1>to <b>new</b> issue</1>",
        ),
        (
            "two links side by side",
            "Von <1>Firmen</1> und <2>Staaten</2>",
            "0-0 1-1 2-2 3-3",
            "From <1>companies</1> and <2>states</2>",
        ),
        ("a mark on nothing", "Das<b> </b>ist", "0-0 1-1", "This is"),
        ("a link that nothing is aligned to", "Das ist <1>ja</1> gut", "0-0 1-1 3-2", "That is <1>good</1>"),
        ("an exclamation mark", "Stopp<b>!</b> Jetzt.", "0-0 1-1", "Stop<b>!</b> Now."),
    ];
    let mut wrong = Vec::new();
    for (name, source, links, expected) in cases {
        let (source, target) = (runs(source), runs(expected));
        let translation = translation(&text_of(&source), &text_of(&target), links);
        let result = carry(&source, &translation);
        if result != target {
            wrong.push(format!("{name}: {}", tagged(&result)));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn code_is_never_translated() {
    // Name, source, alignment, what the model says, what becomes of it.
    let cases = [
        (
            "left alone",
            "Nutze <c>git</c> dafür",
            "0-0 1-1 2-3",
            "Use git for this",
            "Use <c>git</c> for this",
        ),
        (
            "translated",
            "Der Befehl <c>liste</c> geht",
            "0-0 1-1 2-2 3-3",
            "The command list works",
            "The command <c>liste</c> works",
        ),
        ("in another case", "<c>Main</c> fehlt", "0-1 1-0", "Missing main", "Missing <c>Main</c>"),
        (
            "taken apart",
            "Die Funktion <c>foo(x)</c>.",
            "0-0",
            "The function foo ( x ).",
            "The function <c>foo(x)</c>.",
        ),
        (
            "mangled",
            "Mit <c>--hilfe</c> starten",
            "0-0 1-1 1-2 2-3",
            "With --help you start",
            "With <c>--hilfe</c> start",
        ),
        ("left out", "Mit <c>ls</c> geht es", "0-0 2-1 3-2", "With goes it", "With <c>ls</c> goes it"),
        (
            "in the place of a genitive",
            "Die Firma <c>Kabel</c> baut",
            "0-0 1-1 2-2 2-3 3-4",
            "The company’s cable builds",
            "The company <c>Kabel</c> builds",
        ),
        ("left out at the start", "<c>ls</c> geht", "1-0", "Works", "<c>ls</c> Works"),
        ("twice", "<c>a</c> und <c>a</c>", "0-0 1-1", "a and", "<c>a</c> and <c>a</c>"),
        ("all of it", "<c>let mut x</c>", "0-0 1-1", "let courage x", "<c>let mut x</c>"),
        (
            "in a link",
            "Siehe <1>Datei <c>wert</c></1> an",
            "0-0 1-1 2-2",
            "See file value",
            "See <1>file </1><1><c>wert</c></1>",
        ),
        ("of nothing", "Nimm <c>::</c> dort", "0-0 2-1", "", "<c>::</c>"),
    ];
    for (name, source, links, target, expected) in cases {
        let source = runs(source);
        let translation = translation(&text_of(&source), target, links);
        assert_eq!(tagged(&carry(&source, &translation)), expected, "{name}");
    }
}

#[test]
fn an_empty_translation_has_no_runs() {
    let source = runs("Ein <1>Link</1>");
    assert_eq!(carry(&source, &translation("Ein Link", "", "")), []);
    assert_eq!(carry(&[], &translation("", "", "")), []);
}
