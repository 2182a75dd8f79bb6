//! Languages are data: the same code translates in any direction, and finds the sentences of texts in any script.

mod support;

#[path = "support/spm.rs"]
mod spm;

use model_core::text::sentences::{cut, sentences};
use model_core::translate::MAX_SENTENCE;
use model_core::{Device, Files, Options, Translator};
use support::marian::{Spec, model};
use support::root;
use unicode_segmentation::UnicodeSegmentation;

/// Texts of plain sentences, one sentence a line, in the order of the languages' codes.
const TEXTS: &str = include_str!("../../tests/data/languages.txt");

/// Each language's code and sentences.
fn texts() -> Vec<(&'static str, Vec<&'static str>)> {
    let blocks = TEXTS.split("\n\n").filter(|block| !block.trim_start().starts_with('#'));
    blocks
        .map(|block| {
            let mut lines = block.lines();
            (lines.next().expect("a block begins with its language"), lines.collect())
        })
        .collect()
}

/// Whether a language's sentences follow each other without a space.
fn is_unspaced(language: &str) -> bool {
    ["zh", "ja", "my", "km", "bo"].contains(&language)
}

fn joined(language: &str, sentences: &[&str]) -> String {
    sentences.join(if is_unspaced(language) { "" } else { " " })
}

fn parts<'t>(text: &'t str, language: &str) -> Vec<&'t str> {
    sentences(text, language).into_iter().map(|span| &text[span]).collect()
}

#[test]
fn sentences_of_any_language_are_found() {
    assert!(texts().len() >= 25);
    for (language, marked) in texts() {
        assert_eq!(parts(&joined(language, &marked), language), marked, "{language}");
    }
}

/// The rules are Unicode's (UAX #29) wherever those decide alone, that is in plain prose without abbreviations.
#[test]
fn sentences_of_any_language_are_unicode_s() {
    for (language, marked) in texts() {
        let text = joined(language, &marked);
        let unicode: Vec<&str> = text.unicode_sentences().map(str::trim).collect();
        assert_eq!(parts(&text, language), unicode, "{language}");
    }
}

#[test]
fn abbreviations_belong_to_their_language() {
    let german = "Mehr dazu vgl. Kapitel vier.";
    assert_eq!(parts(german, "de").len(), 1);
    assert_eq!(parts(german, "fr").len(), 2);
    let english = "He met Mr. Smith of Acme. They talked.";
    assert_eq!(parts(english, "en").len(), 2);
    assert_eq!(parts(english, "it").len(), 3);
}

#[test]
fn quotations_close_before_the_next_sentence() {
    assert_eq!(
        parts("「これは新しい。」その後、終わった。", "ja"),
        ["「これは新しい。」", "その後、終わった。"]
    );
    assert_eq!(parts("他说：“很好。”然后走了。", "zh"), ["他说：“很好。”", "然后走了。"]);
    assert_eq!(parts("本当？！はい。", "ja"), ["本当？！", "はい。"]);
    assert_eq!(parts("هل هذا صحيح؟! نعم.", "ar"), ["هل هذا صحيح؟!", "نعم."]);
}

/// Marks of direction stay with the text that they are for, and right-to-left text is cut like any other.
#[test]
fn text_from_right_to_left_is_text() {
    let text = "\u{200f}اشترت الشركة 3.5 ملايين رقاقة. \u{2067}متى تصل؟\u{2069} لا أحد يعرف.";
    let found = parts(text, "ar");
    assert_eq!(found.len(), 3, "{found:?}");
    assert_eq!(found.concat().matches(['\u{200f}', '\u{2067}', '\u{2069}']).count(), 3);
    assert!(found[0].contains("3.5"), "{found:?}");
}

#[test]
fn long_texts_without_spaces_are_cut_at_their_marks() {
    let clause = "这家公司投资芯片和服务器，";
    let text = clause.repeat(8);
    for piece in cut(&text, 0..text.len(), 90) {
        assert!(text[piece.clone()].ends_with('，'), "{}", &text[piece]);
    }
    // Thai has neither full stops nor spaces between words.
    let text = "บริษัทลงทุนในชิปและเซิร์ฟเวอร์".repeat(20);
    let pieces = cut(&text, 0..text.len(), 200);
    assert!(pieces.iter().all(|piece| piece.len() <= 200));
    assert_eq!(pieces.iter().map(|piece| &text[piece.clone()]).collect::<String>(), text);
}

fn translator(source: &str, target: &str) -> Translator {
    let (source, target) = (spm::vocabulary(1200, source), spm::vocabulary(1000, target));
    let spec = Spec { dim: 32, ffn: 48, heads: 4, vocab: 1200, target_vocab: Some(1000), ..Spec::least() };
    let weights = model(&spec);
    let files =
        Files { model: &weights, vocabulary: &source, target_vocabulary: Some(&target), shortlist: None };
    Translator::load(files, &Device::flex()).expect("the model loads")
}

fn data(name: &str) -> String {
    std::fs::read_to_string(root().join("tests/data").join(name)).expect("it is in the repository")
}

#[test]
fn the_other_direction_runs_through_the_same_code() {
    let (german, english) = (data("technews-dev.de"), data("technews-dev.en"));
    let translator = translator(&english, &german);
    let text = "Dr. Smith joined Acme Inc. in May. The chip is faster, smaller and cheaper. Who buys it?";
    let spans = translator.sentences(text, "en");
    assert_eq!(spans.len(), 3);
    let sentences: Vec<&str> = spans.into_iter().map(|span| &text[span]).collect();
    let translations = translator.translate(&sentences, &Options::default());
    for translation in &translations {
        assert!(translation.pieces.iter().all(|piece| (piece.id as usize) < 1000));
        assert!(translation.source.iter().all(|piece| (piece.id as usize) < 1200));
        assert_eq!(translation.alignment.row(0).len(), translation.source.len());
    }
}

#[test]
fn any_language_is_cut_to_what_a_model_takes() {
    let english = data("technews-dev.en");
    for (language, marked) in texts() {
        let text = joined(language, &marked).replace(['.', '。', '।', '؟', '?', '!'], "").repeat(20);
        // Pieces of single bytes: the vocabulary knows none of these scripts.
        let translator = translator(&english, &english);
        let mut end = 0;
        for span in translator.sentences(&text, language) {
            assert!(text[end..span.start].trim().is_empty(), "{language}");
            let pieces = translator.source_vocabulary().encode(&text[span.clone()]).len();
            assert!((1..=MAX_SENTENCE).contains(&pieces), "{language}: {pieces} pieces");
            end = span.end;
        }
        assert!(text[end..].trim().is_empty(), "{language}");
    }
}
