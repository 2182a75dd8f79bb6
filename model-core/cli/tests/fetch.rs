//! `klartext fetch` against a server of the published form, whole and with everything that can be wrong with it.

mod support;

use std::fs;

use model_core::format::manifest::{Manifest, Role};
use serde_json::json;
use support::{Fault, Folder, Model, Packing, Published, RECORDS, Server, cdn, klartext, sha256};

const WEIGHTS: &str = "main-workspace/translations-models-v2/model.deen.intgemm.alphas.bin.zst";
const COMPLETE: [&str; 4] =
    ["lex.50.50.deen.s2t.bin", "manifest.json", "model.deen.intgemm.alphas.bin", "vocab.deen.spm"];

fn assert_complete(folder: &Folder, model: &Model) {
    assert_eq!(folder.names(), COMPLETE);
    let read = |name: &str| fs::read(folder.path().join(name)).expect("it is there");
    let manifest = Manifest::from_json(&read("manifest.json")).expect("it is sound");
    assert!(folder.text().ends_with(&manifest.name), "{}", manifest.name);
    assert_eq!(
        (manifest.source.as_str(), manifest.target.as_str(), manifest.version.as_str()),
        ("de", "en", "3.0")
    );
    assert_eq!(manifest.licence, "MPL-2.0");
    assert!(manifest.architecture.contains("tiny"), "{}", manifest.architecture);
    for (role, content) in [
        (Role::Model, &model.weights),
        (Role::Vocabulary, &model.vocabulary),
        (Role::Shortlist, &model.shortlist),
    ] {
        let entry = manifest.entry(role).expect("the model has it");
        assert!(read(&entry.path) == *content, "{}", entry.path);
        manifest.verify(role, content).expect("the manifest is true");
    }
}

/// That a folder has nothing that looks like a model's file.
fn assert_nothing_named(folder: &Folder) {
    let names = folder.names();
    assert!(names.iter().all(|name| name.ends_with(".part")), "{names:?}");
}

#[test]
fn packed_and_plain_files_become_a_model() {
    let model = Model::new();
    for (name, packing) in [("zstd", Packing::Zstd), ("gzip", Packing::Gzip), ("plain", Packing::None)] {
        let mut server = Server::start();
        server.publish_model(&model, packing);
        let folder = Folder::new(name);
        let run = server.fetch(&folder, &["--arch", "tiny"]);
        assert_eq!(run.code, 0, "{}", run.stderr);
        assert_eq!(run.stdout, "");
        assert_complete(&folder, &model);

        // The other commands take it.
        let inspect = klartext(&["inspect", folder.text()]);
        assert!(inspect.code == 0 && inspect.stdout.contains("256 wide"), "{inspect:?}");
    }
}

#[test]
fn what_is_here_is_not_fetched_again() {
    let model = Model::new();
    let mut server = Server::start();
    server.publish_model(&model, Packing::Zstd);
    let folder = Folder::new("again");
    assert_eq!(server.fetch(&folder, &[]).code, 0);
    fs::write(folder.path().join("vocab.deen.spm"), "damaged").unwrap();
    let run = server.fetch(&folder, &[]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert_eq!(server.asked(&cdn(WEIGHTS)).len(), 1);
    assert_complete(&folder, &model);
}

#[test]
fn a_cut_download_goes_on_by_itself() {
    let model = Model::new();
    let mut server = Server::start();
    server.publish_model(&model, Packing::Zstd);
    server.faults(&cdn(WEIGHTS), &[Fault::Cut(1000), Fault::Cut(500)]);
    let folder = Folder::new("cut");
    // One repetition for each step forward, not for the whole.
    let run = server.fetch(&folder, &["--retries", "1"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let ranges = [None, Some("bytes=1000-".to_owned()), Some("bytes=1500-".to_owned())];
    assert_eq!(server.asked(&cdn(WEIGHTS)), ranges);
    assert_complete(&folder, &model);
}

#[test]
fn a_later_call_goes_on_where_the_first_one_stopped() {
    let model = Model::new();
    let mut server = Server::start();
    server.publish_model(&model, Packing::Zstd);
    server.faults(&cdn(WEIGHTS), &[Fault::Cut(2000)]);
    let folder = Folder::new("later");
    let run = server.fetch(&folder, &["--retries", "0"]);
    assert_eq!(run.code, 1);
    assert!(run.stderr.contains("run the same command again"), "{}", run.stderr);
    assert_nothing_named(&folder);
    let run = server.fetch(&folder, &[]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert_eq!(server.asked(&cdn(WEIGHTS)).last().unwrap().as_deref(), Some("bytes=2000-"));
    assert_complete(&folder, &model);
}

#[test]
fn a_server_without_ranges_sends_all_of_it_again() {
    let model = Model::new();
    let mut server = Server::start();
    server.publish_model(&model, Packing::Zstd);
    server.faults(&cdn(WEIGHTS), &[Fault::Cut(3000), Fault::NoRange]);
    let folder = Folder::new("no-range");
    let run = server.fetch(&folder, &[]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert_complete(&folder, &model);
}

#[test]
fn a_part_of_something_else_is_thrown_away() {
    let model = Model::new();
    let mut server = Server::start();
    server.publish_model(&model, Packing::None);
    let folder = Folder::new("other-part");
    fs::create_dir_all(folder.path()).unwrap();
    let [(weights, _, content), (vocabulary, _, pieces), _] = model.files();
    let part =
        |name: &str, content: &[u8]| folder.path().join(format!("{name}.{}.part", &sha256(content)[..12]));
    // One that is too short and wrong, one that is too long.
    fs::write(part(weights, content), "something else").unwrap();
    fs::write(part(vocabulary, pieces), vec![7; pieces.len() + 1]).unwrap();
    let run = server.fetch(&folder, &[]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert_complete(&folder, &model);
}

#[test]
fn a_wrong_digest_is_refused_and_thrown_away() {
    let model = Model::new();
    let mut server = Server::start();
    server.publish_model(&model, Packing::Zstd);
    // As many bytes as the record says, and others.
    let mut other = server.stored(&cdn(WEIGHTS));
    other[20] ^= 1;
    server.put(&cdn(WEIGHTS), other);
    let folder = Folder::new("digest");
    let run = server.fetch(&folder, &[]);
    assert_eq!(run.code, 1);
    assert!(run.stderr.contains("SHA-256") && run.stderr.contains("model.deen"), "{}", run.stderr);
    assert_nothing_named(&folder);
    assert!(!folder.names().iter().any(|name| name.starts_with("model")));
}

#[test]
fn a_wrong_unpacked_file_is_refused() {
    let model = Model::new();
    let changes = [
        ("decompressedSize", json!(5), "more than the 5 bytes"),
        ("decompressedSize", json!(900_000), "should be 900000"),
        ("decompressedHash", json!("0".repeat(64)), "SHA-256"),
    ];
    for (number, (field, value, message)) in changes.iter().enumerate() {
        let mut server = Server::start();
        for (name, kind, content) in model.files() {
            let file = Published { name, kind, content, packing: Packing::Zstd };
            server.publish(&file, |record| {
                if kind == "vocab" {
                    record[field] = value.clone();
                }
            });
        }
        let folder = Folder::new(&format!("unpacked-{number}"));
        let run = server.fetch(&folder, &[]);
        assert_eq!(run.code, 1, "{message}");
        assert!(run.stderr.contains("vocab.deen.spm") && run.stderr.contains(message), "{}", run.stderr);
        assert_nothing_named(&folder);
    }
}

#[test]
fn a_model_that_does_not_run_is_not_written() {
    let mut model = Model::new();
    model.weights = b"not a model at all".to_vec();
    let mut server = Server::start();
    server.publish_model(&model, Packing::Zstd);
    let folder = Folder::new("unusable");
    let run = server.fetch(&folder, &[]);
    assert_eq!(run.code, 1);
    assert!(run.stderr.contains("model"), "{}", run.stderr);
    assert_nothing_named(&folder);
}

#[test]
fn the_weights_tell_what_old_records_do_not() {
    let model = Model::new();
    let mut server = Server::start();
    for (name, kind, content) in model.files() {
        server.publish(&Published { name, kind, content, packing: Packing::None }, |record| {
            let fields = record.as_object_mut().unwrap();
            let (source, target) = (fields.remove("sourceLanguage"), fields.remove("targetLanguage"));
            fields.insert("fromLang".into(), source.unwrap());
            fields.insert("toLang".into(), target.unwrap());
            for newer in ["architecture", "decompressedSize", "decompressedHash"] {
                fields.remove(newer);
            }
        });
    }
    let folder = Folder::new("old");
    let run = server.fetch(&folder, &["--arch", "base"]);
    assert_eq!(run.code, 1);
    assert!(run.stderr.contains("256 wide"), "{}", run.stderr);
    assert_nothing_named(&folder);
    assert_eq!(server.fetch(&folder, &["--arch", "tiny"]).code, 0);
    assert_eq!(folder.names(), COMPLETE);
}

#[test]
fn what_is_not_there_is_said_with_what_there_is() {
    let mut server = Server::start();
    server.publish_model(&Model::new(), Packing::Zstd);
    let folder = Folder::new("missing");
    let run = server.fetch(&folder, &["--arch", "base"]);
    assert!(run.code == 1 && run.stderr.contains("There is tiny"), "{run:?}");
    let records = format!("{}{RECORDS}", server.address);
    let run = klartext(&["fetch", "fr-en", "--to", folder.text(), "--records", &records]);
    assert!(run.code == 1 && run.stderr.contains("models from de"), "{run:?}");
    assert!(!folder.path().exists());
}

#[test]
fn refusals_are_told_apart_from_faults_that_pass() {
    let model = Model::new();
    let mut server = Server::start();
    server.publish_model(&model, Packing::Zstd);
    let folder = Folder::new("status");
    server.faults(&cdn(WEIGHTS), &[Fault::Status(404)]);
    let run = server.fetch(&folder, &[]);
    assert!(run.code == 1 && run.stderr.contains("404"), "{run:?}");
    assert_eq!(server.asked(&cdn(WEIGHTS)).len(), 1, "nobody asks again after a 404");

    server.faults(RECORDS, &[Fault::Status(500), Fault::Status(503)]);
    let run = server.fetch(&folder, &["--retries", "1"]);
    assert!(run.code == 1 && run.stderr.contains("503"), "{run:?}");
    server.faults(RECORDS, &[Fault::Status(500)]);
    server.faults(&cdn(WEIGHTS), &[Fault::Status(502)]);
    let run = server.fetch(&folder, &["--retries", "1"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert_complete(&folder, &model);
}

#[test]
fn a_mirror_may_be_a_folder() {
    let model = Model::new();
    let mut server = Server::start();
    server.publish_model(&model, Packing::Zstd);
    server.put("/mirror/records.json", server.stored(RECORDS));
    for (name, ..) in model.files() {
        let location = format!("main-workspace/translations-models-v2/{name}.zst");
        server.put(&format!("/mirror/{location}"), server.stored(&cdn(&location)));
    }
    let records = format!("{}/mirror/records.json", server.address);
    let folder = Folder::new("mirror");
    let run = klartext(&["fetch", "de-en", "--to", folder.text(), "--records", &records]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert_complete(&folder, &model);

    // Or have its files somewhere else.
    let folder = Folder::new("mirror-elsewhere");
    let elsewhere = format!("{}/cdn", server.address);
    let words = ["fetch", "de-en", "--to", folder.text(), "--records", &records, "--attachments", &elsewhere];
    assert_eq!(klartext(&words).code, 0);
    assert_complete(&folder, &model);
}

#[test]
fn a_wrong_command_line_is_told_so() {
    for words in [
        &["fetch"][..],
        &["fetch", "deen"],
        &["fetch", "german", "--to", "x"],
        &["fetch", "deen", "--to", "x", "--arch", "huge"],
        &["fetch", "deen", "--to", "x", "--retries", "many"],
    ] {
        let run = klartext(words);
        assert!(run.code == 2 && run.stderr.contains("--help"), "{words:?}: {run:?}");
    }
    // Nothing listens on port 1; and this is no address.
    for (records, message) in [("http://127.0.0.1:1/x", "127.0.0.1"), ("nonsense", "address")] {
        let words = ["fetch", "deen", "--to", "x", "--records", records, "--retries", "0"];
        let run = klartext(&words);
        assert!(run.code == 1 && run.stderr.contains(message), "{run:?}");
    }
}
