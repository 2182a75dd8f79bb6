//! `klartext`: the engine on the command line.
//!
//! Exit codes: 0 done, 1 something failed (the message says what), 2 the command line is wrong.

mod files;
mod inspect;
mod translate;

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use lexopt::prelude::{Long, Short, Value};

const USAGE: &str = "\
klartext: German to English on this device

  klartext translate [FILE|-] [--model DIR] [--lines] [--json] [--shortlist]
      Translates a text. Without a file, or with -, it reads standard input.
      --lines      every line is a sentence: one line out for each line in
      --json       sentence pairs with pieces and alignment, one JSON object a line
      --shortlist  choose words from the model's shortlist only: faster, less faithful

  klartext inspect MODEL
      Says what is in a model: a folder with a manifest.json, or a Marian binary file.

  --model DIR defaults to the folder public/models/deen of the current directory.
";

/// The folder of the default model, from the repository's root.
const DEFAULT_MODEL: &str = "public/models/deen";

/// What can go wrong on the command line.
#[derive(Debug, thiserror::Error)]
enum Error {
    /// The command line is wrong.
    #[error("{0}\nTry `klartext --help`.")]
    Usage(String),
    /// A file cannot be read or written.
    #[error("{path}: {source}")]
    File {
        /// Its path.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// The model is not usable.
    #[error("{path}: {source}")]
    Model {
        /// Its path.
        path: String,
        /// Why.
        source: model_core::Error,
    },
    /// The output cannot be written.
    #[error("cannot write the output: {0}")]
    Output(io::Error),
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever reads the output has had enough of it, as `head` does.
        Err(Error::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("klartext: {error}");
            ExitCode::from(if matches!(error, Error::Usage(_)) { 2 } else { 1 })
        }
    }
}

fn run() -> Result<(), Error> {
    let mut options = translate::Options::default();
    let mut model = PathBuf::from(DEFAULT_MODEL);
    let mut words: Vec<OsString> = Vec::new();
    let mut arguments = lexopt::Parser::from_env();
    let usage = |error: lexopt::Error| Error::Usage(error.to_string());
    while let Some(argument) = arguments.next().map_err(usage)? {
        match argument {
            Short('h') | Long("help") => {
                print!("{USAGE}");
                return Ok(());
            }
            Short('V') | Long("version") => {
                println!("klartext {}", env!("CARGO_PKG_VERSION"));
                return Ok(());
            }
            Long("model") => model = arguments.value().map_err(usage)?.into(),
            Long("lines") => options.lines = true,
            Long("json") => options.json = true,
            Long("shortlist") => options.shortlist = true,
            Value(word) => words.push(word),
            other => return Err(usage(other.unexpected())),
        }
    }
    let mut words = words.into_iter();
    let command = words.next().ok_or_else(|| Error::Usage(format!("there is no command\n\n{USAGE}")))?;
    let argument = words.next().map(PathBuf::from);
    if let Some(word) = words.next() {
        return Err(Error::Usage(format!("{} is one argument too many", word.display())));
    }
    match (command.to_str(), argument) {
        (Some("translate"), file) => translate::run(file.as_deref(), &model, &options),
        (Some("inspect"), Some(path)) => inspect::run(&path),
        (Some("inspect"), None) => Err(Error::Usage("inspect needs a model".to_owned())),
        _ => Err(Error::Usage(format!("there is no command {}", command.display()))),
    }
}
