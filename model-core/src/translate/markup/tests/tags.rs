//! Sentences with the page's elements, by hand and at random.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::random::{any_runs, any_text, case, code_of};
use super::*;

/// Runs from text with `[1|…]` for an element and `` ` `` around code.
fn tagged_runs(marked: &str) -> Vec<Run> {
    let mut runs = Runs::default();
    let mut mark = Mark::default();
    let mut rest = marked;
    while let Some(at) = rest.find(['[', ']', '`']) {
        runs.push(&rest[..at], &mark);
        let sign = &rest[at..=at];
        rest = &rest[at + 1..];
        if sign == "[" {
            let (tag, text) = rest.split_once('|').unwrap();
            mark.tags.push(tag.parse().unwrap());
            rest = text;
        } else if sign == "]" {
            mark.tags.pop().unwrap();
        } else {
            mark.code = !mark.code;
        }
    }
    runs.push(rest, &mark);
    runs.0
}

/// The reverse of [`tagged_runs`]: elements are rebuilt from what neighbours' tags begin with.
fn rebuilt(runs: &[Run]) -> String {
    let mut text = String::new();
    let mut open: &[u32] = &[];
    let mut code = false;
    let end = Run::default();
    for run in runs.iter().chain([&end]) {
        let tags = &run.mark.tags;
        let same = common(open, tags).len();
        if code && (!run.mark.code || same != open.len() || same != tags.len()) {
            text.push('`');
            code = false;
        }
        (same..open.len()).for_each(|_| text.push(']'));
        tags[same..].iter().for_each(|tag| text.push_str(&format!("[{tag}|")));
        if run.mark.code && !code {
            text.push('`');
            code = true;
        }
        text.push_str(&run.text);
        open = tags;
    }
    text
}

/// How many elements with each tag are made of runs.
fn counts(runs: &[Run]) -> BTreeMap<u32, usize> {
    let mut counts = BTreeMap::new();
    let mut open: &[u32] = &[];
    for run in runs {
        let same = common(open, &run.mark.tags).len();
        run.mark.tags[same..].iter().for_each(|&tag| *counts.entry(tag).or_insert(0) += 1);
        open = &run.mark.tags;
    }
    counts
}

fn plain_text(marked: &str) -> String {
    text_of(&tagged_runs(marked))
}

#[test]
fn elements_go_where_their_words_go() {
    // Name, source, alignment, translation with the elements expected.
    let cases = [
        ("one word", "Das ist [1|sehr] gut.", "0-0 1-1 2-2 3-3", "That is [1|very] good."),
        ("all of it", "[7|Guten Morgen!]", "", "[7|Good morning.]"),
        ("all but the full stop", "[7|Guten Morgen].", "", "[7|Good morning]."),
        (
            "reordered",
            "Gestern hat [1|die EU] zugestimmt.",
            "2-0 3-1 4-2 0-3",
            "[1|The EU] agreed yesterday.",
        ),
        (
            "two around the same text",
            "Das ist [1|[2|sehr]] gut.",
            "0-0 1-1 2-2 3-3",
            "That is [1|[2|very]] good.",
        ),
        (
            "around the same words, with and without quotes",
            "Das ist [1|„[2|sehr]“] gut.",
            "0-0 1-1 2-2 3-3",
            "That is [1|\"[2|very]\"] good.",
        ),
        (
            "one within another, reordered",
            "Heute steht hier [3|der [5|neue] Bericht] drin",
            "3-0 4-1 5-2 1-3 2-4 6-5 0-6",
            "[3|The [5|new] report] is here within today",
        ),
        (
            "neighbours in one",
            "[1|Von [2|Firmen] und [3|Staaten] gefordert] wurde es",
            "0-1 1-2 2-3 3-4 4-0 5-6 6-5",
            "[1|Demanded by [2|companies] and [3|states]] it was",
        ),
        (
            "an inner one does not leave the outer one",
            "[1|Die neue [2|Regel]] gilt ab heute für alle Firmen",
            "0-0 1-1 2-8 3-3 4-4 5-5 6-6 7-7 1-2",
            "[1|The new [2|one]] is from today for all rules",
        ),
        (
            "one stretch only",
            "Sie [1|schalten den großen Server] heute um acht Uhr abends",
            "0-0 1-1 5-2 6-3 7-4 9-5 1-6 2-7 3-8 4-9",
            "They switch today at eight evening [1|off the large server]",
        ),
        (
            "two words become one",
            "Das ist [1|Künstliche] [2|Intelligenz] pur",
            "0-0 1-1 2-2 3-2 4-3",
            "That is [1|[2|AI]] pure",
        ),
        (
            "two words become one in an element",
            "Das ist [1|[2|Künstliche] [3|Intelligenz]] pur",
            "0-0 1-1 2-2 3-2 4-3",
            "That is [1|[2|[3|AI]]] pure",
        ),
        ("nothing is aligned", "Das ist [1|ja] gut", "0-0 1-1 3-2", "That is [1|good]"),
        (
            "names as often, in order",
            "SAP mag [1|SAP] und [2|[3|SAP]]",
            "",
            "SAP likes [1|SAP] and [2|[3|SAP]]",
        ),
        (
            "the name within, not the one before",
            "SAP sagt: [1|Wir sind [2|SAP] selbst]",
            "0-0 1-1 2-2 3-3 5-5",
            "SAP says: [1|We are [2|SAP] ourselves]",
        ),
        ("within a word", "[1|Wasser]stoff ist leicht", "0-0 1-1 2-2", "[1|Hydrogen] is light"),
        (
            "an article is not the noun's",
            "Im [1|Bericht] steht viel",
            "0-0 1-1 1-2 2-3 3-4",
            "In the [1|report] is much",
        ),
        ("punctuation alone", "Stopp[1|!] Jetzt.", "0-0 1-1", "Stop[1|!] Now."),
        (
            "punctuation within",
            "[1|Hinweis[2|:]] Das ist neu.",
            "0-0 1-1 2-2 3-3",
            "[1|Note[2|:]] This is new.",
        ),
        ("on nothing", "Das[1| ]ist", "0-0 1-1", "This is"),
        (
            "white space between",
            "Das ist [1|sehr][2| ][3|gut]",
            "0-0 1-1 2-2 3-3",
            "That is [1|very] [3|good]",
        ),
        (
            "neighbours in a common element",
            "Das [4|[1|ist] [2|gut]] so",
            "0-0 1-1 2-2 3-3",
            "That [4|[1|is] [2|good]] so",
        ),
    ];
    check(
        &cases.map(|(name, source, links, expected)| (name, source, links, plain_text(expected), expected)),
    );
}

#[test]
fn code_keeps_its_elements() {
    // Name, source, alignment, what the model says, what becomes of it.
    let cases = [
        ("of its own", "Nutze [1|`git`] dafür", "0-0 1-1 2-3", "Use git for this", "Use [1|`git`] for this"),
        (
            "replaced",
            "Das [1|`Bundesamt`] warnt",
            "0-0 1-1 1-2 2-3",
            "The federal office warns",
            "The [1|`Bundesamt`] warns",
        ),
        (
            "within another",
            "Siehe [1|die Datei [2|`wert`]] an",
            "0-0 1-1 2-2 3-3",
            "See the file value",
            "See [1|the file [2|`wert`]]",
        ),
        (
            "draws what is around it",
            "Dann [1|startet [2|`git`] von selbst] neu",
            "0-0 1-1 3-3 4-4 5-5",
            "Then starts git by itself anew",
            "Then [1|starts [2|`git`] by itself] anew",
        ),
        ("left out", "Mit [1|`ls`] geht es", "0-0 2-1 3-2", "With goes it", "With [1|`ls`] goes it"),
        (
            "left out, at the end of what is around it",
            "Er [1|nutzt [2|`ls`]] geht es",
            "0-0 1-1 3-2 4-3",
            "He uses goes it",
            "He [1|uses [2|`ls`]] goes it",
        ),
        (
            "put between the words of another",
            "Es `ls` [1|geht sehr gut] so",
            "2-0 0-1 3-2 4-3 5-4",
            "Goes it very well so",
            "[1|Goes it `ls` very well] so",
        ),
        ("all of it", "[1|`let [2|mut] x`]", "0-0 1-1 2-2", "let courage x", "[1|`let `[2|`mut`]` x`]"),
        (
            "several in one piece of code",
            "Taste [1|`Strg`][2|`C`] an",
            "0-0 1-1 2-2",
            "Key StrgC on",
            "Key [1|`Strg`][2|`C`] on",
        ),
    ];
    check(
        &cases.map(|(name, source, links, says, expected)| (name, source, links, says.to_owned(), expected)),
    );
}

fn check(cases: &[(&str, &str, &str, String, &str)]) {
    let mut wrong = Vec::new();
    for (name, source, links, says, expected) in cases {
        let source = tagged_runs(source);
        let translation = translation(&text_of(&source), says, links);
        let result = rebuilt(&carry(&source, &translation));
        if result != *expected {
            wrong.push(format!("{name}: {result}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn elements_and_marks_go_together() {
    let mut source = tagged_runs("Das ist [1|sehr gut] so");
    source[1].mark.bold = true;
    source[1].mark.link = Some("/x".to_owned());
    let result =
        carry(&source, &translation("Das ist sehr gut so", "So that is very good", "0-1 1-2 2-3 3-4 4-0"));
    assert_eq!(text_of(&result[1..]), "very good");
    assert_eq!(result[1].mark, source[1].mark);
}

#[test]
fn tags_that_no_page_gives_do_no_harm() {
    let run = |text: &str, tags: &[u32]| Run {
        text: text.to_owned(),
        mark: Mark { tags: tags.to_vec(), ..Mark::default() },
    };
    let source = [run("Ein ", &[1, 1, 2]), run("Haus ", &[2, 1]), run("", &[9]), run("steht", &[2, 2])];
    let result = carry(&source, &translation("Ein Haus steht", "A house stands", "0-0 1-1 2-2"));
    assert_eq!(rebuilt(&result), "[1|[2|A]] [2|[1|house] stands]");
}

#[test]
fn many_elements_are_carried() {
    let links: String = (0..400).map(|word| format!("{word}-{word} ")).collect();
    let words = |tag: fn(usize) -> String| (0..400).map(tag).collect::<Vec<_>>().join(" ");
    let flat = words(|word| format!("[{word}|wort{word}a]"));
    let target = words(|word| format!("[{word}|word{word}b]"));
    let result = carry(&tagged_runs(&flat), &translation(&plain_text(&flat), &plain_text(&target), &links));
    assert_eq!(rebuilt(&result), target);

    let deep = |text: &str| {
        let words: String = (0..400).map(|word| format!("[{word}|{text}{word} ")).collect();
        format!("{words}{text}{}", "]".repeat(400))
    };
    let result = carry(
        &tagged_runs(&deep("wort")),
        &translation(&plain_text(&deep("wort")), &plain_text(&deep("word")), &links),
    );
    let one = carry(&tagged_runs(&deep("wort")), &translation(&plain_text(&deep("wort")), "Word", ""));
    assert!(counts(&result).into_iter().eq((0..400).map(|tag| (tag, 1))));
    assert_eq!(one[0].mark.tags, (0..400).collect::<Vec<_>>());
}

#[test]
fn marks_without_tags_do_not_speak_of_them() {
    let mark = |json: &str| serde_json::from_str::<Mark>(json).unwrap();
    let json = |mark: &Mark| serde_json::to_string(mark).unwrap();
    assert_eq!(json(&mark("{}")), r#"{"bold":false,"italic":false,"code":false,"link":null}"#);
    let tagged = mark(r#"{"tags":[3,1]}"#);
    assert_eq!(tagged.tags, [3, 1]);
    assert_eq!(mark(&json(&tagged)), tagged);
}

/// Runs of a tree of elements, by how many end before a run and how many begin; every tag is one element.
fn any_elements() -> impl Strategy<Value = Vec<Run>> {
    let text = prop_oneof![4 => any_text(), 1 => Just(" ".to_owned()), 2 => Just("Haus ".to_owned())];
    prop::collection::vec((text, 0..3_usize, 0..3_usize, prop::bool::weighted(0.1)), 0..9).prop_map(|parts| {
        let (mut tags, mut next) = (Vec::new(), 0);
        let runs = parts.into_iter().map(|(text, ended, begun, code)| {
            tags.truncate(tags.len().saturating_sub(ended));
            tags.extend(next..next + begun as u32);
            next += begun as u32;
            Run { text, mark: Mark { code, tags: tags.clone(), ..Mark::default() } }
        });
        runs.collect()
    })
}

/// Runs with tags that contradict each other.
fn any_tags() -> impl Strategy<Value = Vec<Run>> {
    let tags = prop::collection::vec((any_text(), prop::collection::vec(0..4_u32, 0..4)), 7);
    (any_runs(), tags).prop_map(|(runs, tags)| {
        let tagged = runs.into_iter().zip(tags).map(|(run, (text, tags))| {
            let text = if run.text.is_empty() { text } else { run.text };
            Run { text, mark: Mark { tags, ..run.mark } }
        });
        tagged.collect()
    })
}

/// A case of its own runs, with the target and the alignment of another.
fn with_runs(runs: impl Strategy<Value = Vec<Run>>) -> impl Strategy<Value = (Vec<Run>, Translation)> {
    (runs, any_text(), prop::collection::vec(1..6_usize, 1..5), prop::collection::vec(0.0..1.0_f32, 1..40))
        .prop_map(|(runs, target, lengths, weights)| case(runs, target, &lengths, &weights))
}

/// The tags around which another one lies in the source, for each tag.
fn outer_tags(runs: &[Run]) -> BTreeMap<u32, &[u32]> {
    let tags = runs.iter().map(|run| run.mark.tags.as_slice());
    tags.flat_map(|tags| tags.iter().enumerate().map(|(at, &tag)| (tag, &tags[..at]))).collect()
}

/// The tags that have a word, of all runs or of those that are code.
fn tags_with_words(runs: &[Run], in_code: bool) -> BTreeSet<u32> {
    let runs = runs.iter().filter(|run| run.mark.code == in_code);
    let wordy = runs.filter(|run| run.text.contains(words::is_word));
    wordy.flat_map(|run| run.mark.tags.iter().copied()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_element_stays_one_within_those_around_it((source, translation) in with_runs(any_elements())) {
        let result = carry(&source, &translation);
        let has_code = source.iter().any(|run| run.mark.code);
        let outer = outer_tags(&source);
        for run in &result {
            for (at, tag) in run.mark.tags.iter().enumerate() {
                let before = &run.mark.tags[..at];
                prop_assert!(!before.contains(tag));
                // In order, though what is around a neighbour may come between.
                let mut left = before.iter();
                prop_assert!(outer[tag].iter().all(|outer| left.any(|tag| tag == outer)), "{}", rebuilt(&result));
            }
        }
        let counts = counts(&result);
        let room = !words::words(&translation.text).is_empty();
        for tag in tags_with_words(&source, true) {
            prop_assert!(counts.contains_key(&tag), "{tag} in {}", rebuilt(&result));
        }
        for tag in tags_with_words(&source, false) {
            prop_assert!(!room || has_code || counts.contains_key(&tag), "{tag} in {}", rebuilt(&result));
        }
        prop_assert!(has_code || counts.values().all(|&count| count == 1), "{}", rebuilt(&result));
    }

    #[test]
    fn no_tag_is_there_twice_or_out_of_nothing((source, translation) in with_runs(any_tags())) {
        let result = carry(&source, &translation);
        prop_assert_eq!(code_of(&result), code_of(&source));
        prop_assert!(!result.iter().any(|run| run.text.is_empty()));
        prop_assert!(result.windows(2).all(|pair| pair[0].mark != pair[1].mark));
        for run in &result {
            prop_assert_eq!(run.mark.tags.iter().collect::<BTreeSet<_>>().len(), run.mark.tags.len());
            prop_assert!(run.mark.tags.iter().all(|tag| outer_tags(&source).contains_key(tag)));
        }
    }

    #[test]
    fn elements_change_neither_text_nor_marks((source, translation) in with_runs(any_tags())) {
        let mut result = carry(&source, &translation);
        let mut plain = source.clone();
        plain.iter_mut().for_each(|run| run.mark.tags.clear());
        result.iter_mut().for_each(|run| run.mark.tags.clear());
        let mut merged = Runs::default();
        result.iter().for_each(|run| merged.push(&run.text, &run.mark));
        prop_assert_eq!(merged.0, carry(&plain, &translation));
    }
}
