//! `klartext`: the engine on the command line.
//!
//! Exit codes: 0 done, 1 something failed (the message says what), 2 the command line is wrong.

mod fetch;
mod files;
mod inspect;
mod translate;

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use lexopt::ValueExt;
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

  klartext fetch PAIR --to DIR [--arch tiny|base-memory|base] [--records URL] [--attachments URL]
      Makes a folder with one of the models that Firefox uses, to serve it oneself. PAIR is deen, de-en or, for tags
      such as zh-Hans, zh-Hans:en. A download that broke off goes on where it stopped.
      --records      another list of models than Mozilla's, of the same form
      --attachments  where the files of that list lie, if it does not say so itself
      --pre-release  take versions such as 3.0a1, too
      --retries N    how often to try again when the connection fails (default 4)

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
    /// A published model cannot be had.
    #[error(transparent)]
    Fetch(#[from] fetch::Error),
    /// The output cannot be written.
    #[error("cannot write the output: {0}")]
    Output(io::Error),
}

impl Error {
    fn file(path: &Path, source: io::Error) -> Self {
        Self::File { path: path.display().to_string(), source }
    }
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
    let mut fetch = fetch::Options::default();
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
            Long("to") => fetch.to = Some(arguments.value().map_err(usage)?.into()),
            Long("arch") => {
                let name = arguments.value().and_then(ValueExt::string).map_err(usage)?;
                let architecture = fetch::Architecture::parse(&name).ok_or_else(|| {
                    Error::Usage(format!("--arch is tiny, base-memory or base, not {name}"))
                })?;
                fetch.architecture = Some(architecture);
            }
            Long("records") => {
                fetch.records = Some(arguments.value().and_then(ValueExt::string).map_err(usage)?);
            }
            Long("attachments") => {
                fetch.attachments = Some(arguments.value().and_then(ValueExt::string).map_err(usage)?);
            }
            Long("pre-release") => fetch.pre_release = true,
            Long("retries") => {
                fetch.retries = Some(arguments.value().and_then(|value| value.parse()).map_err(usage)?);
            }
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
        (Some("fetch"), Some(pair)) => {
            let pair = pair.to_str().and_then(fetch::Pair::parse).ok_or_else(|| {
                Error::Usage(format!("{} is no pair of languages such as deen", pair.display()))
            })?;
            let Some(folder) = &fetch.to else {
                return Err(Error::Usage("fetch needs a folder, --to DIR".to_owned()));
            };
            fetch::run(&pair, folder, &fetch)
        }
        (Some("fetch"), None) => Err(Error::Usage("fetch needs a pair of languages".to_owned())),
        _ => Err(Error::Usage(format!("there is no command {}", command.display()))),
    }
}
