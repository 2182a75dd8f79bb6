use serde_json::json;

use super::*;

/// A record of the newer collection.
fn record(kind: &str, version: &str, architecture: &str) -> Value {
    json!({
        "name": format!("{kind}.deen.bin"),
        "sourceLanguage": "de",
        "targetLanguage": "en",
        "architecture": architecture,
        "version": version,
        "fileType": kind,
        "filter_expression": "",
        "decompressedSize": 14,
        "decompressedHash": "0".repeat(64),
        "last_modified": 1,
        "attachment": {
            "filename": format!("{kind}.deen.bin.zst"),
            "location": format!("main-workspace/translations-models-v2/{kind}-{version}-{architecture}.zst"),
            "hash": "1".repeat(64),
            "mimetype": "application/zstd",
            "size": 23,
        },
    })
}

fn model(version: &str, architecture: &str) -> Vec<Value> {
    ["model", "vocab", "lex"].iter().map(|kind| record(kind, version, architecture)).collect()
}

fn records(list: &[Value]) -> Vec<Record> {
    Record::all(json!({ "data": list }).to_string().as_bytes()).unwrap()
}

fn deen() -> Pair {
    Pair::parse("deen").unwrap()
}

/// What was chosen: version and architecture of the weights.
fn chosen(list: &[Value], wanted: Option<Architecture>) -> Result<(String, String), String> {
    let records = records(list);
    let choice = Choice::of(&records, &deen(), wanted, false).map_err(|error| error.to_string())?;
    Ok((choice.model.version.clone(), choice.model.architecture.clone().unwrap_or_default()))
}

#[test]
fn pairs_are_written_in_three_ways() {
    let pair = |source: &str, target: &str| Pair { source: source.to_owned(), target: target.to_owned() };
    assert_eq!(Pair::parse("deen"), Some(pair("de", "en")));
    assert_eq!(Pair::parse("de-en"), Some(pair("de", "en")));
    assert_eq!(Pair::parse("zh-Hans:en"), Some(pair("zh-Hans", "en")));
    for wrong in ["", "de", "german", "zh-Hans-en", "de:", "de:e/n", "d-e", "ä€"] {
        assert_eq!(Pair::parse(wrong), None, "{wrong}");
    }
}

#[test]
fn the_newest_stable_version_of_the_size_is_chosen() {
    let list =
        [model("3.0", "tiny"), model("3.10", "base"), model("3.9", "base"), model("3.11a1", "base")].concat();
    assert_eq!(chosen(&list, Some(Architecture::Base)), Ok(("3.10".into(), "base".into())));
    assert_eq!(chosen(&list, Some(Architecture::Tiny)), Ok(("3.0".into(), "tiny".into())));
    let error = chosen(&list, Some(Architecture::BaseMemory)).unwrap_err();
    assert!(error.contains("base, tiny") && error.contains("base-memory"), "{error}");
    let error = chosen(&list, None).unwrap_err();
    assert!(error.contains("--arch"), "{error}");
    assert_eq!(chosen(&model("3.0", "base-memory"), None), Ok(("3.0".into(), "base-memory".into())));
}

#[test]
fn a_pre_release_needs_consent() {
    let list = [model("3.0a1", "base"), model("3.0a2", "base")].concat();
    let error = chosen(&list, None).unwrap_err();
    assert!(error.contains("3.0a2") && error.contains("--pre-release"), "{error}");
    let records = records(&[list, model("3.0", "base")].concat());
    // The release itself is newer than what came before it.
    assert_eq!(Choice::of(&records, &deen(), None, true).unwrap().model.version, "3.0");
}

#[test]
fn a_version_without_all_files_is_passed_over() {
    let newer = vec![record("model", "3.1", "base"), record("lex", "3.1", "base")];
    assert_eq!(
        chosen(&[newer.clone(), model("3.0", "base")].concat(), None),
        Ok(("3.0".into(), "base".into()))
    );
    assert!(chosen(&newer, None).unwrap_err().contains("vocabulary"));
    // A shortlist is not necessary.
    let two = vec![record("model", "3.1", "base"), record("vocab", "3.1", "base")];
    assert_eq!(chosen(&two, None), Ok(("3.1".into(), "base".into())));
}

#[test]
fn two_vocabularies_have_their_roles() {
    let mut list = model("3.0", "base");
    list.extend([record("srcvocab", "3.0", "base"), record("trgvocab", "3.0", "base")]);
    let records = records(&list);
    let choice = Choice::of(&records, &deen(), None, false).unwrap();
    let kinds: Vec<(Role, &str)> =
        choice.files().map(|(role, record)| (role, record.kind.as_str())).collect();
    assert_eq!(
        kinds,
        [
            (Role::Vocabulary, "srcvocab"),
            (Role::TargetVocabulary, "trgvocab"),
            (Role::Shortlist, "lex"),
            (Role::Model, "model"),
        ]
    );
}

#[test]
fn the_record_for_everybody_goes_before_the_newer_one() {
    let mut list = model("3.0", "base");
    let mut special = record("model", "3.0", "base");
    special["filter_expression"] = json!("env.appinfo.OS == 'Android'");
    special["last_modified"] = json!(9);
    special["name"] = json!("special.bin");
    let mut newer = record("model", "3.0", "base");
    newer["last_modified"] = json!(5);
    newer["name"] = json!("newer.bin");
    list.extend([special, newer]);
    let records = records(&list);
    assert_eq!(Choice::of(&records, &deen(), None, false).unwrap().model.name, "newer.bin");
}

#[test]
fn the_older_collection_s_records_are_read() {
    let old = |kind: &str| {
        json!({
            "name": format!("{kind}.deen.bin"), "fromLang": "de", "toLang": "en", "version": "1.0", "fileType": kind,
            "attachment": { "hash": "1".repeat(64), "size": "17140837", "filename": "x", "location": "x.bin" },
        })
    };
    let records = records(&[old("model"), old("vocab")]);
    let choice = Choice::of(&records, &deen(), Some(Architecture::Tiny), false).unwrap();
    assert_eq!((choice.model.attachment.size, choice.model.content_hash()), (17_140_837, &*"1".repeat(64)));
    choice.check_width(256).unwrap();
    let error = choice.check_width(512).unwrap_err().to_string();
    assert!(error.contains("512") && error.contains("256"), "{error}");
}

#[test]
fn a_missing_pair_is_told_what_there_is() {
    let records = records(&model("3.0", "base"));
    let error = |pair: &str| {
        let pair = Pair::parse(pair).unwrap();
        Choice::of(&records, &pair, None, false).unwrap_err().to_string()
    };
    assert!(error("de-fr").contains("models to en"), "{}", error("de-fr"));
    assert!(error("xx-en").contains("models from de"), "{}", error("xx-en"));
}

#[test]
fn what_is_no_list_of_records_is_refused() {
    for json in ["", "[]", "{}", "{\"data\": 3}", "{\"data\": [{\"name\": \"x\"}, 5, null]}", "<html>"] {
        assert!(Record::all(json.as_bytes()).is_err(), "{json}");
    }
    let mut wrong = record("model", "3.0", "base");
    wrong["attachment"]["hash"] = json!("ABC");
    assert!(Record::all(json!([wrong]).to_string().as_bytes()).is_err());
}

#[test]
fn names_that_are_no_plain_names_are_refused() {
    for (name, plain) in [
        ("model.deen.intgemm.alphas.bin", Some("model.deen.intgemm.alphas.bin")),
        ("vocab.deen.spm.zst", Some("vocab.deen.spm")),
        ("../model.bin", None),
        ("/etc/passwd", None),
        (".hidden", None),
        ("", None),
        ("a\nb", None),
    ] {
        let mut record = record("model", "3.0", "base");
        record["name"] = json!(name);
        assert_eq!(records(&[record])[0].file_name().ok().as_deref(), plain, "{name}");
    }
}
