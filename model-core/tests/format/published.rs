//! Real files: the model that is served, and a shortlist of another project's.

use std::path::{Path, PathBuf};

use model_core::format::config::Config;
use model_core::format::manifest::{Manifest, Role};
use model_core::format::marian::{Dtype, ModelFile};
use model_core::format::shortlist::Shortlist;

use crate::allowance;
use crate::counting::counted;

fn below_repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

/// A file's bytes; says that the test is skipped when there is no such file.
fn read(path: &str) -> Option<Vec<u8>> {
    let bytes = std::fs::read(below_repository(path)).ok();
    if bytes.is_none() {
        println!("skipped: the test of a real file needs {path}");
    }
    bytes
}

#[test]
fn the_served_model_is_whole_and_fits_together() {
    let Some(manifest) = read("public/models/deen/manifest.json") else { return };
    let manifest = Manifest::from_json(&manifest).unwrap();
    let file = |role: Role| {
        let entry = manifest.entry(role)?;
        let bytes = std::fs::read(below_repository("public/models/deen").join(&entry.path)).unwrap();
        assert_eq!(manifest.verify(role, &bytes), Ok(()));
        Some(bytes)
    };
    let bytes = file(Role::Model).unwrap();
    assert!(file(Role::Vocabulary).is_some());
    let mut total = 0;
    let model = counted(&mut total, || ModelFile::parse(&bytes)).unwrap();
    let config = counted(&mut total, || Config::from_model(&model)).unwrap();
    assert!(total < allowance(0), "the header takes {total} bytes, tensors stay in the file");
    let rows = model.embedding(config.embeddings.source, config.source_vocab, config.dim_emb).unwrap();
    assert_eq!((rows.n, rows.k), (config.source_vocab, config.dim_emb));
    for layer in 1..=config.enc_depth {
        let weight =
            model.weight(&format!("encoder_l{layer}_ffn_W1"), config.dim_emb, config.dim_ffn).unwrap();
        assert_eq!((weight.n, weight.k), (config.dim_ffn, config.dim_emb));
    }
    for item in model.items() {
        if item.dtype() == Dtype::Float32 {
            assert!(model.float(item.name(), item.shape()).is_ok(), "{}", item.name());
        }
    }
    if let Some(bytes) = file(Role::Shortlist) {
        let list = Shortlist::from_bytes(&bytes).unwrap();
        assert_eq!(list.check(config.source_vocab, config.target_vocab), Ok(()));
    }
}

#[test]
fn a_shortlist_by_another_writer_is_read() {
    const PIECES: usize = 32_000;
    let Some(bytes) = read("../shared/firefox/lex.50.50.ende.s2t.bin") else { return };
    let mut total = 0;
    let list = counted(&mut total, || Shortlist::from_bytes(&bytes)).unwrap();
    assert!(total <= bytes.len(), "{total} bytes for a file of {}", bytes.len());
    assert_eq!(list.check(PIECES, PIECES), Ok(()));
    let batch: Vec<u32> = (100..130).collect();
    let candidates = list.candidates(&batch, true, PIECES);
    assert!(candidates.len().is_multiple_of(8) && candidates.len() <= 50 + 31 * 50 + 8);
    assert!((0..50).chain(100..130).all(|id| candidates.binary_search(&id).is_ok()));
}
