//! `klartext inspect`: what is in a model.

use std::path::Path;

use model_core::format::config::Config;
use model_core::format::manifest::Role;
use model_core::format::marian::ModelFile;

use crate::Error;
use crate::files::{ModelFiles, read};

/// Prints what is in the model at `path`, a folder with a manifest or a Marian binary file.
pub(crate) fn run(path: &Path) -> Result<(), Error> {
    if !path.is_dir() {
        return tensors(path, &read(path)?);
    }
    let model = ModelFiles::read(path)?;
    let manifest = &model.manifest;
    println!("{} {}: {} to {}", manifest.name, manifest.version, manifest.source, manifest.target);
    println!("architecture  {}", manifest.architecture);
    println!("licence       {}", manifest.licence);
    println!("origin        {}", manifest.origin);
    for (role, entry) in manifest.entries() {
        println!("{:<13} {} bytes, {}, checked", role.name(), entry.bytes, entry.path);
    }
    let translator = model.translator(path)?;
    println!("vocabulary    {} pieces", translator.source_vocabulary().len());
    println!();
    tensors(path, model.file(Role::Model).unwrap_or_default())
}

fn tensors(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let failed = |source| Error::Model { path: path.display().to_string(), source };
    let file = ModelFile::parse(bytes).map_err(failed)?;
    let config = Config::from_model(&file).map_err(failed)?;
    println!(
        "{} wide, feed-forward {}, {} heads, {} encoder layers, {} decoder layers, {} + {} pieces",
        config.dim_emb,
        config.dim_ffn,
        config.heads,
        config.enc_depth,
        config.dec_depth,
        config.source_vocab,
        config.target_vocab
    );
    let mut parameters = 0;
    for item in file.items() {
        let alpha = file.alpha(item.name()).map_err(failed)?;
        let alpha = alpha.map_or_else(String::new, |alpha| format!("  alpha {alpha}"));
        println!("{:<36} {:<9} {:?}{alpha}", item.name(), item.dtype().name(), item.shape());
        // The configuration and the sketch are no weights.
        if !item.name().starts_with("special:") {
            parameters += item.elements();
        }
    }
    println!("{parameters} parameters in {} tensors, {} bytes", file.items().len(), bytes.len());
    Ok(())
}
