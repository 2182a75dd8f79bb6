//! The manifest.

use model_core::error::{Error, File, Result};
use model_core::format::manifest::{Entry, MAX_MANIFEST, Manifest, Role};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::counting::counted;
use crate::mutation::{cases, mutations};
use crate::{allowance, assert_names, item};

const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

fn entry(path: &str) -> Value {
    json!({ "path": path, "bytes": 3, "sha256": ABC })
}

fn sample() -> Value {
    json!({
        "name": "Example",
        "version": "1.0.0",
        "source": "de",
        "target": "en",
        "architecture": "3 + 2 layers",
        "licence": "CC-BY-4.0",
        "origin": "made for a test",
        "files": { "model": entry("model.bin"), "vocabulary": entry("sub/vocab.de-en_1.spm") },
    })
}

fn read(value: &Value) -> Result<Manifest> {
    Manifest::from_json(value.to_string().as_bytes())
}

/// The sample with another value at a JSON pointer.
fn with(pointer: &str, value: Value) -> Value {
    let mut sample = sample();
    *sample.pointer_mut(pointer).expect("a field of the sample") = value;
    sample
}

#[test]
fn reads_and_writes() {
    let manifest = read(&sample()).unwrap();
    assert_eq!(serde_json::to_value(&manifest).unwrap(), sample());
    assert_eq!(manifest.entry(Role::Model).unwrap().path, "model.bin");
    assert_eq!(manifest.entry(Role::Shortlist), None);
    assert_eq!(manifest.entries().map(|(role, _)| role).collect::<Vec<_>>(), [Role::Vocabulary, Role::Model]);
    assert_eq!(manifest.total_bytes(), 6);
    let mut full = sample();
    full["files"]["target_vocabulary"] = entry("vocab.en.spm");
    full["files"]["shortlist"] = entry("lex.bin");
    full["from_tomorrow"] = json!([1, 2, 3]);
    let full = read(&full).unwrap();
    assert_eq!(full.entries().count(), 4);
    assert_eq!(full.entry(Role::TargetVocabulary).unwrap().path, "vocab.en.spm");
}

#[test]
fn verifies_size_and_digest() {
    let manifest = read(&sample()).unwrap();
    assert_eq!(manifest.verify(Role::Model, b"abc"), Ok(()));
    let error = manifest.verify(Role::Model, b"abcd").unwrap_err();
    assert_eq!(error.to_string(), "model: model.bin: expected 3 bytes, found 4");
    let error = manifest.verify(Role::Vocabulary, b"abd").unwrap_err();
    assert_eq!(item(&error, File::Vocabulary), "sub/vocab.de-en_1.spm");
    assert!(error.to_string().contains(&format!("expected SHA-256 {ABC}, found a52d159f")), "{error}");
    assert_names(manifest.verify(Role::Shortlist, b"abc"), File::Manifest, "shortlist");
    let upper = read(&with("/files/model/sha256", json!(ABC.to_uppercase()))).unwrap();
    assert_eq!(upper.verify(Role::Model, b"abc"), Ok(()), "hexadecimal in capitals is the same digest");
}

#[test]
fn refuses_paths_that_lead_elsewhere() {
    for path in [
        "",
        ".",
        "..",
        "../model.bin",
        "a/../../b",
        "a/..",
        "a/./b",
        "/etc/passwd",
        "//host/model.bin",
        "a//b",
        "a/",
        "https://host/model.bin",
        "data:x",
        "C:model.bin",
        "a\\b",
        "..\\b",
        "%2e%2e/model.bin",
        "model.bin?x",
        "model.bin#x",
        "model bin",
        "model.bin\n",
        "mödel.bin",
        "a\0b",
        &"a".repeat(256),
    ] {
        let result = read(&with("/files/model/path", json!(path)));
        assert_names(result, File::Manifest, "files.model.path");
    }
}

#[test]
fn refuses_fields_that_cannot_be() {
    for digest in ["", "abc", &ABC[1..], &format!("{ABC}0"), &ABC.replace('b', "g"), &ABC.replace("ba", "ä")]
    {
        let result = read(&with("/files/vocabulary/sha256", json!(digest)));
        assert_names(result, File::Manifest, "files.vocabulary.sha256");
    }
    let size = |bytes: u64| read(&with("/files/model/bytes", json!(bytes)));
    assert!(size(2 << 30).is_ok());
    assert_names(size(0), File::Manifest, "files.model.bytes");
    for bytes in [(2 << 30) + 1, u64::MAX] {
        assert!(matches!(size(bytes), Err(Error::Unsupported { .. })));
        assert_names(size(bytes), File::Manifest, "files.model.bytes");
    }
    for tag in ["", "de_DE", "deutschland", "de-", "../de", &"de-".repeat(20)] {
        assert_names(read(&with("/source", json!(tag))), File::Manifest, "source");
    }
    assert!(read(&with("/target", json!("pt-BR"))).is_ok());
    for key in ["name", "version", "architecture", "licence", "origin"] {
        for text in ["", "  ", "a\u{7}", &"a".repeat(2000)] {
            assert_names(read(&with(&format!("/{key}"), json!(text))), File::Manifest, key);
        }
    }
}

/// The sample with a model of 2.5 chunks.
fn chunked() -> Value {
    let mut chunked = sample();
    let digests = [ABC, ABC, ABC];
    chunked["files"]["model"]["bytes"] = json!(5 << 16);
    chunked["files"]["model"]["chunks"] = json!({ "bytes": 2 << 16, "sha256": digests });
    chunked["mirrors"] = json!(["https://mirror.example/models/deen", "../elsewhere/", "/models"]);
    chunked["quality"] = json!([{ "set": "news", "bleu": 31.5, "chrf": 60.0 }, { "set": "talks" }]);
    chunked
}

#[test]
fn reads_chunks_mirrors_and_quality() {
    let manifest = read(&chunked()).unwrap();
    assert_eq!(serde_json::to_value(&manifest).unwrap(), chunked());
    let chunks = manifest.files.model.chunks.as_ref().unwrap();
    assert_eq!((chunks.bytes, chunks.sha256.len()), (2 << 16, 3));
    assert_eq!(manifest.mirrors.len(), 3);
    assert_eq!(manifest.quality[0].bleu, Some(31.5));
    assert_eq!(manifest.quality[1].chrf, None);
}

#[test]
fn refuses_chunks_that_do_not_cover_the_file() {
    let with_chunks = |bytes: u64, count: usize| {
        let mut value = chunked();
        value["files"]["model"]["chunks"] = json!({ "bytes": bytes, "sha256": vec![ABC; count] });
        read(&value)
    };
    assert!(with_chunks(1 << 16, 5).is_ok());
    assert!(with_chunks(4 << 20, 1).is_ok());
    for bytes in [0, 1, 1 << 15, 3 << 16, (1 << 17) + 1, 8 << 20] {
        assert_names(with_chunks(bytes, 1), File::Manifest, "files.model.chunks.bytes");
    }
    for count in [0, 2, 4] {
        assert_names(with_chunks(2 << 16, count), File::Manifest, "files.model.chunks.sha256");
    }
    let mut value = chunked();
    value["files"]["model"]["chunks"]["sha256"][2] = json!("abc");
    assert_names(read(&value), File::Manifest, "files.model.chunks.sha256[2]");
}

#[test]
fn refuses_mirrors_that_are_no_folders() {
    for mirror in [
        "",
        "http://host/models/",
        "//host/models/",
        "https://",
        "https:///models",
        "https://name@host/",
        "https://host/?x",
        "https://host/#x",
        "data:,x",
        "file:///models",
        "a\\b",
        "a b",
        "\u{fc}ber/",
        &"a".repeat(2000),
    ] {
        let mut value = chunked();
        value["mirrors"] = json!(["/models", mirror]);
        assert_names(read(&value), File::Manifest, "mirrors[1]");
    }
    let mut value = chunked();
    value["mirrors"] = json!(vec!["/models"; 17]);
    assert_names(read(&value), File::Manifest, "mirrors");
}

#[test]
fn refuses_quality_that_cannot_be() {
    for (key, wrong) in [("bleu", json!(-1.0)), ("chrf", json!(101)), ("set", json!(" "))] {
        let mut value = chunked();
        value["quality"][1][key] = wrong;
        assert_names(read(&value), File::Manifest, &format!("quality[1].{key}"));
    }
}

#[test]
fn measures_a_file() {
    let short = Entry::of("a.bin", b"abc");
    assert_eq!((short.bytes, short.sha256.as_str(), &short.chunks), (3, ABC, &None));
    let content = vec![1; (2 << 18) + 3];
    let long = Entry::of("b.bin", &content);
    let chunks = long.chunks.clone().unwrap();
    assert_eq!((chunks.bytes, chunks.sha256.len()), (1 << 18, 3));
    assert_eq!(chunks.sha256[2], Entry::of("c", &[1; 3]).sha256);
    let mut manifest = read(&sample()).unwrap();
    manifest.files.model = long;
    assert_eq!(read(&serde_json::to_value(&manifest).unwrap()).unwrap(), manifest);
    assert_eq!(manifest.verify(Role::Model, &content), Ok(()));
}

#[test]
fn says_what_is_missing_or_of_the_wrong_type() {
    for key in ["name", "version", "source", "target", "architecture", "licence", "origin", "files"] {
        let mut without = sample();
        without.as_object_mut().unwrap().remove(key);
        let error = read(&without).unwrap_err();
        assert!(error.to_string().contains(&format!("`{key}`")), "{error}");
    }
    let mut misnamed = sample();
    misnamed["files"]["short_list"] = entry("lex.bin");
    assert!(read(&misnamed).unwrap_err().to_string().contains("`short_list`"));
    for bytes in [json!(-1), json!(1.5), json!("3"), json!(null)] {
        assert_names(read(&with("/files/model/bytes", bytes)), File::Manifest, "JSON");
    }
    assert_names(Manifest::from_json(b""), File::Manifest, "JSON");
    assert_names(Manifest::from_json(b"\xff"), File::Manifest, "JSON");
    assert_names(Manifest::from_json(&b"[".repeat(60_000)), File::Manifest, "JSON");
    assert_names(Manifest::from_json(&b" ".repeat(MAX_MANIFEST + 1)), File::Manifest, "manifest");
}

proptest! {
    #![proptest_config(cases(2048))]

    #[test]
    fn damaged_manifests_do_no_harm(damages in mutations()) {
        let mut bytes = chunked().to_string().into_bytes();
        for damage in damages {
            damage.apply(&mut bytes);
        }
        let mut total = 0;
        let result = counted(&mut total, || Manifest::from_json(&bytes));
        prop_assert!(total <= allowance(bytes.len()));
        match result {
            Ok(manifest) => {
                let _ = manifest.verify(Role::Model, &bytes);
            }
            Err(error) => {
                item(&error, File::Manifest);
            }
        }
    }

    #[test]
    fn accepted_paths_stay_below_the_manifest(path in "[a-z./\\\\:%~_-]{0,12}") {
        if read(&with("/files/model/path", json!(path))).is_ok() {
            let joined = std::path::Path::new(&path);
            prop_assert!(joined.components().all(|part| matches!(part, std::path::Component::Normal(_))));
            prop_assert!(!path.contains(['\\', ':', '%', '~']));
        }
    }
}
