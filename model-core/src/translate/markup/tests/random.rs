//! Sentences with marks at random.

use proptest::prelude::*;

use super::*;

/// Text of words and signs that cause trouble.
pub(super) fn any_text() -> impl Strategy<Value = String> {
    let part = prop::sample::select(vec![
        " ", " ", " ", "die", "the", "Haus", "house", "SAP", "3,5", "-", "„", "“", "\"", ".", ",", "'s", "ß",
        "…", "\u{a0}", "😀", "foo()", "--x", "  ", "(", ")", "a", "Ä",
    ]);
    prop::collection::vec(part, 0..14).prop_map(|parts| parts.concat())
}

pub(super) fn any_runs() -> impl Strategy<Value = Vec<Run>> {
    let mark = (0..8_u8, prop::option::weighted(0.4, 0..3_u8)).prop_map(|(bits, link)| Mark {
        bold: bits == 1 || bits == 2,
        italic: bits == 2 || bits == 3,
        code: bits == 4,
        link: link.map(|link| link.to_string()),
        ..Mark::default()
    });
    let text = prop_oneof![any_text(), Just(String::new()), Just(" ".to_owned())];
    prop::collection::vec((text, mark).prop_map(|(text, mark)| Run { text, mark }), 0..7)
}

/// Cuts a text into pieces of a few characters.
fn cut(text: &str, lengths: &[usize]) -> Vec<Range<usize>> {
    let mut lengths = lengths.iter().cycle();
    let mut ends: Vec<usize> = text.char_indices().map(|(at, _)| at).skip(1).collect();
    ends.push(text.len());
    let (mut pieces, mut start, mut next) = (Vec::new(), 0, 0);
    while start < text.len() {
        next += lengths.next().unwrap();
        let end = ends[(next - 1).min(ends.len() - 1)];
        pieces.push(start..end);
        start = end;
    }
    pieces
}

prop_compose! {
    fn any_case()(
        runs in any_runs(),
        target in any_text(),
        lengths in prop::collection::vec(1..6_usize, 1..5),
        weights in prop::collection::vec(
            prop_oneof![Just(0.0), Just(f32::NAN), Just(f32::INFINITY), Just(-1.0), 0.0..1.0_f32],
            1..40,
        ),
    ) -> (Vec<Run>, Translation) {
        case(runs, target, &lengths, &weights)
    }
}

/// Runs and a translation whose pieces have the lengths and whose alignment has the weights, again and again.
pub(super) fn case(
    runs: Vec<Run>,
    target: String,
    lengths: &[usize],
    weights: &[f32],
) -> (Vec<Run>, Translation) {
    let (text, end) = (text_of(&runs), text_of(&runs).len());
    let spans = cut(&text, lengths).into_iter().chain(Some(end..end));
    let source: Vec<Piece> = spans.map(|span| Piece { id: 0, span }).collect();
    let spans = cut(&target, lengths).into_iter();
    let pieces: Vec<_> = spans.map(|span| TargetPiece { id: 0, span, log_prob: 0.0 }).collect();
    let mut alignment = Alignment::new(source.len());
    let mut weights = weights.iter().copied().cycle();
    for _ in &pieces {
        alignment.push(&weights.by_ref().take(source.len()).collect::<Vec<f32>>());
    }
    (runs, Translation { text: target, pieces, source, alignment, complete: true })
}

fn solid(text: &str) -> String {
    text.split_whitespace().collect()
}

pub(super) fn code_of(runs: &[Run]) -> Vec<char> {
    let code: String = runs.iter().filter(|run| run.mark.code).map(|run| run.text.as_str()).collect();
    let mut code: Vec<char> = solid(&code).chars().collect();
    code.sort_unstable();
    code
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_text_is_the_translation((source, translation) in any_case()) {
        let result = carry(&source, &translation);
        prop_assert_eq!(&carry(&source, &translation), &result);
        prop_assert!(!result.iter().any(|run| run.text.is_empty()));
        prop_assert!(result.windows(2).all(|pair| pair[0].mark != pair[1].mark));
        if source.iter().any(|run| run.mark.code) {
            // What code does not replace is left, in order.
            let rest: Vec<Run> = result.iter().filter(|run| !run.mark.code).cloned().collect();
            let target = solid(&translation.text);
            let mut target = target.chars();
            prop_assert!(solid(&text_of(&rest)).chars().all(|c| target.any(|other| other == c)));
        } else {
            prop_assert_eq!(text_of(&result), translation.text.clone());
        }
    }

    #[test]
    fn code_is_there_as_often_as_it_was((source, translation) in any_case()) {
        let result = carry(&source, &translation);
        prop_assert_eq!(code_of(&result), code_of(&source));
        let text = text_of(&source);
        for span in Span::all(&source, &text).iter().filter(|span| span.kind == Kind::Code) {
            prop_assert!(text_of(&result).contains(&text[span.source.clone()]));
        }
    }

    #[test]
    fn every_mark_is_there_while_there_is_room((source, translation) in any_case()) {
        let result = carry(&source, &translation);
        let text = text_of(&source);
        let spans = Span::all(&source, &text);
        let code = spans.iter().any(|span| span.kind == Kind::Code);
        let room = words::words(&translation.text).len();
        let links = spans.iter().filter(|span| matches!(span.kind, Kind::Link(_))).count();
        for span in &spans {
            let has_words = room > 0 && text[span.source.clone()].contains(words::is_word);
            let expected = match span.kind {
                Kind::Code | Kind::Tag(_) => false,
                Kind::Link(_) => links <= room && !code,
                Kind::Bold | Kind::Italic => has_words,
            };
            let look = look_of(span.kind);
            let shown = result.iter().any(|run| Look::of(&run.mark).common(look) == look);
            prop_assert!(shown || !expected, "{span:?}: {}", tagged(&result));
        }
        let known = |run: &Run| source.iter().any(|other| other.mark.link == run.mark.link);
        prop_assert!(result.iter().all(|run| run.mark.link.is_none() || known(run)));
    }
}
