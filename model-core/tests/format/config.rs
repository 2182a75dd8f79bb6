//! The configuration inside the model file.

use model_core::error::{Error, File};
use model_core::format::config::{Config, Embeddings, Output};
use model_core::format::marian::ModelFile;
use proptest::prelude::*;

use crate::counting::counted;
use crate::mutation::{cases, mutations};
use crate::writer::{self, Spec};
use crate::{allowance, assert_names, item};

fn text() -> String {
    writer::yaml(&Spec::least())
}

/// The least model's text with one option given another value; appended where it was not there.
fn with(key: &str, value: &str) -> String {
    let mut lines: Vec<String> = text().lines().map(String::from).collect();
    match lines.iter().position(|line| line.starts_with(&format!("{key}:"))) {
        Some(at) => {
            lines[at] = format!("{key}: {value}");
            while lines.get(at + 1).is_some_and(|line| line.starts_with(' ')) {
                lines.remove(at + 1);
            }
        }
        None => lines.push(format!("{key}: {value}")),
    }
    lines.join("\n")
}

#[test]
fn reads_the_sizes() {
    let spec = Spec { dim: 48, ffn: 100, heads: 6, enc_depth: 5, dec_depth: 3, vocab: 77, ..Spec::least() };
    let tied = Embeddings { source: "Wemb", target: "Wemb", output: Output::Target };
    let expected = Config {
        dim_emb: 48,
        dim_ffn: 100,
        heads: 6,
        enc_depth: 5,
        dec_depth: 3,
        source_vocab: 77,
        target_vocab: 77,
        embeddings: tied,
    };
    assert_eq!(Config::from_yaml(&writer::yaml(&spec)), Ok(expected.clone()));
    let file = writer::model(&spec);
    assert_eq!(Config::from_model(&ModelFile::parse(&file).unwrap()), Ok(expected));
    assert!(tied.shared());
}

#[test]
fn knows_which_tensors_are_tied() {
    let names = |all: &str, src: &str, tied: &str| {
        let set = [("tied-embeddings-all", all), ("tied-embeddings-src", src), ("tied-embeddings", tied)];
        let text: String = text()
            .lines()
            .filter(|line| !line.starts_with("tied-"))
            .fold(String::new(), |text, line| text + line + "\n");
        let text = set.iter().fold(text, |text, (key, value)| text + &format!("{key}: {value}\n"));
        let Embeddings { source, target, output } = Config::from_yaml(&text).unwrap().embeddings;
        (source, target, output)
    };
    let own = Output::Own("decoder_ff_logit_out_W");
    assert_eq!(names("true", "false", "false"), ("Wemb", "Wemb", Output::Target));
    assert_eq!(names("false", "true", "true"), ("Wemb", "Wemb", Output::Target));
    assert_eq!(names("false", "true", "false"), ("Wemb", "Wemb", own));
    assert_eq!(names("false", "false", "true"), ("encoder_Wemb", "decoder_Wemb", Output::Target));
    assert_eq!(names("false", "false", "false"), ("encoder_Wemb", "decoder_Wemb", own));
}

#[test]
fn refuses_other_networks_by_option_and_value() {
    for (key, value) in [
        ("type", "s2s"),
        ("transformer-decoder-autoreg", "self-attention"),
        ("dec-cell", "gru"),
        ("transformer-preprocess", "n"),
        ("transformer-postprocess", "da"),
        ("transformer-postprocess-emb", "dn"),
        ("transformer-postprocess-top", "n"),
        ("transformer-ffn-activation", "swish"),
        ("transformer-ffn-depth", "3"),
        ("transformer-decoder-ffn-depth", "1"),
        ("transformer-decoder-dim-ffn", "13"),
        ("transformer-train-position-embeddings", "true"),
        ("transformer-no-projection", "true"),
        ("transformer-guided-alignment-layer", "2"),
        ("transformer-tied-layers", "[1, 1]"),
        ("input-types", "[sequence, class]"),
        ("layer-normalization", "true"),
        ("output-omit-bias", "true"),
        ("right-left", "true"),
    ] {
        let error = Config::from_yaml(&with(key, value)).unwrap_err();
        assert!(matches!(error, Error::Unsupported { .. }), "{error}");
        assert!(item(&error, File::Model).contains(key), "{error}");
        let value = value.trim_matches(['[', ']']).rsplit(", ").next().unwrap();
        assert!(error.to_string().contains(&format!("\"{value}\"")), "{error}");
    }
}

#[test]
fn accepts_the_other_ways_to_say_the_same() {
    for (key, value) in [
        ("transformer-postprocess", "an"),
        ("transformer-postprocess-emb", "\"\""),
        ("transformer-decoder-dim-ffn", "0"),
        ("transformer-decoder-dim-ffn", "12"),
        ("transformer-decoder-ffn-depth", "2"),
        ("transformer-guided-alignment-layer", "none"),
        ("transformer-guided-alignment-layer", "1"),
        ("transformer-tied-layers", "[]"),
        ("input-types", "[sequence, sequence]"),
        ("dim-vocabs", "[16, 16]"),
        ("type", "'transformer'"),
        ("an-option-of-tomorrow", "{deep: [structure]}"),
    ] {
        assert_eq!(Config::from_yaml(&with(key, value)), Config::from_yaml(&text()), "{key}: {value}");
    }
}

#[test]
fn takes_defaults_for_switches_and_wants_sizes() {
    let without = |key: &str| -> String {
        with(key, "")
            .lines()
            .filter(|line| !line.starts_with(&format!("{key}:")))
            .fold(String::new(), |text, line| text + line + "\n")
    };
    for key in ["transformer-postprocess-top", "transformer-ffn-depth", "transformer-tied-layers", "ulr"] {
        assert_eq!(Config::from_yaml(&without(key)), Config::from_yaml(&text()), "{key}");
    }
    for key in ["dim-emb", "dim-vocabs", "enc-depth", "dec-depth", "transformer-dim-ffn", "transformer-heads"]
    {
        assert_names(Config::from_yaml(&without(key)), File::Model, key);
        assert!(Config::from_yaml(&without(key)).unwrap_err().to_string().ends_with("is missing"));
    }
    // Marian's defaults for these are networks that this engine does not run.
    for key in ["type", "dec-cell", "transformer-decoder-autoreg", "transformer-ffn-activation"] {
        assert!(matches!(Config::from_yaml(&without(key)), Err(Error::Unsupported { .. })), "{key}");
    }
}

#[test]
fn refuses_sizes_that_no_model_has() {
    for (key, value) in [
        ("dim-emb", "0"),
        ("dim-emb", "-8"),
        ("dim-emb", "8192"),
        ("dim-emb", "9"),
        ("dim-emb", "18446744073709551616"),
        ("dim-emb", "[8]"),
        ("transformer-heads", "0"),
        ("transformer-dim-ffn", "1e3"),
        ("enc-depth", "65"),
        ("dec-depth", "0"),
        ("dim-vocabs", "[16]"),
        ("dim-vocabs", "[16, 16, 16]"),
        ("dim-vocabs", "[16, 24]"),
        ("dim-vocabs", "[1000001, 1000001]"),
        ("dim-vocabs", "16"),
        ("tied-embeddings-all", "maybe"),
        ("enc-depth", "1\nenc-depth: 2"),
    ] {
        assert_names(Config::from_yaml(&with(key, value)), File::Model, key);
    }
    assert_names(Config::from_yaml(&with("transformer-heads", "3")), File::Model, "dim-emb");
    assert_names(Config::from_yaml("nonsense"), File::Model, "special:model.yml");
    assert_names(Config::from_yaml(&text().repeat(100)), File::Model, "special:model.yml");
}

proptest! {
    #![proptest_config(cases(2048))]

    #[test]
    fn damaged_text_does_no_harm(damages in mutations()) {
        let mut bytes = text().into_bytes();
        for damage in damages {
            damage.apply(&mut bytes);
        }
        let text = String::from_utf8_lossy(&bytes);
        let mut total = 0;
        let result = counted(&mut total, || Config::from_yaml(&text));
        prop_assert!(total <= allowance(text.len()));
        if let Err(error) = result {
            item(&error, File::Model);
        }
    }

    #[test]
    fn any_text_does_no_harm(lines in proptest::collection::vec("(dim-emb|dim-vocabs|type|[ -]*)[:\\[\\]\"', -]{0,3}.{0,8}", 0..20)) {
        let _ = Config::from_yaml(&lines.join("\n"));
    }
}
