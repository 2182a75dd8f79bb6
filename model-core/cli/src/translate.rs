//! `klartext translate`: text in, text out.

use std::io::{self, BufWriter, IsTerminal, Read, Write};
use std::ops::Range;
use std::path::Path;

use model_core::translate::Order;
use model_core::{Job, Translation, Translator};
use serde_json::json;

use crate::Error;
use crate::files::{ModelFiles, read};

/// What the command line asks for.
#[derive(Debug, Default)]
pub(crate) struct Options {
    /// Every line is a sentence.
    pub(crate) lines: bool,
    /// Print JSON.
    pub(crate) json: bool,
    /// Use the shortlist.
    pub(crate) shortlist: bool,
}

/// Translates `file`, or standard input.
pub(crate) fn run(file: Option<&Path>, model: &Path, options: &Options) -> Result<(), Error> {
    let text = input(file)?;
    let files = ModelFiles::read(model)?;
    let translator = files.translator(model)?;
    // Each sentence and the white space behind it, which the output keeps.
    let sentences: Vec<Range<usize>> = if options.lines {
        lines(&text).flat_map(|line| translator.cut(&text, line)).collect()
    } else {
        translator.sentences(&text, &files.manifest.source)
    };
    let order = if options.lines { Order::Length } else { Order::Reading };
    let options_of_job = model_core::Options { shortlist: options.shortlist, order };
    let mut job = translator.job(sentences.iter().map(|span| &text[span.clone()]), &options_of_job);

    let mut output = BufWriter::new(io::stdout().lock());
    let mut waiting: Vec<Option<Translation>> = vec![None; sentences.len()];
    let mut written = 0;
    while !job.is_done() {
        for (index, translation) in job.step(&translator) {
            waiting[index] = Some(translation);
        }
        progress(&job, sentences.len());
        while let Some(translation) = waiting.get_mut(written).and_then(Option::take) {
            let span = &sentences[written];
            let end = sentences.get(written + 1).map_or(text.len(), |next| next.start);
            let lead = if written == 0 { &text[..span.start] } else { "" };
            let result = if options.json {
                let sentence = &text[span.clone()];
                writeln!(output, "{}", pair(&translator, sentence, &translation))
            } else {
                let gap = &text[span.end..end];
                // Two parts of a sentence that was cut have nothing between them; their translations need a space.
                let gap = if gap.is_empty() && end < text.len() { " " } else { gap };
                write!(output, "{lead}{}{gap}", translation.text)
            };
            result
                .and_then(|()| if options.lines { Ok(()) } else { output.flush() })
                .map_err(Error::Output)?;
            written += 1;
        }
    }
    if sentences.is_empty() && !options.json {
        write!(output, "{text}").map_err(Error::Output)?;
    }
    output.flush().map_err(Error::Output)
}

/// The text to translate.
fn input(file: Option<&Path>) -> Result<String, Error> {
    let (path, bytes) = match file {
        Some(path) if path != Path::new("-") => (path.display().to_string(), read(path)?),
        _ => {
            let mut bytes = Vec::new();
            let path = "standard input".to_owned();
            io::stdin()
                .read_to_end(&mut bytes)
                .map_err(|source| Error::File { path: path.clone(), source })?;
            (path, bytes)
        }
    };
    String::from_utf8(bytes)
        .map_err(|error| Error::File { path, source: io::Error::new(io::ErrorKind::InvalidData, error) })
}

/// The spans of a text's lines without their ends. Empty lines are lines, too.
fn lines(text: &str) -> impl Iterator<Item = Range<usize>> {
    text.split_inclusive('\n').scan(0, |start, line| {
        let from = *start;
        *start += line.len();
        Some(from..from + line.trim_end_matches(['\n', '\r']).len())
    })
}

/// How far a job is, for somebody who watches standard error and not the output itself.
fn progress(job: &Job, sentences: usize) {
    if io::stderr().is_terminal() && !io::stdout().is_terminal() {
        let end = if job.is_done() { "\n" } else { "" };
        eprint!("\r{} of {sentences} sentences{end}", sentences - job.remaining());
    }
}

/// A sentence and its translation with pieces and alignment.
fn pair(translator: &Translator, source: &str, translation: &Translation) -> serde_json::Value {
    let source_pieces: Vec<_> = translation
        .source
        .iter()
        .map(|piece| json!({"piece": translator.source_vocabulary().text(piece.id), "span": [piece.span.start, piece.span.end]}))
        .collect();
    let target_pieces: Vec<_> = translation
        .pieces
        .iter()
        .enumerate()
        .map(|(index, piece)| {
            json!({
                "piece": translator.target_vocabulary().text(piece.id),
                "span": [piece.span.start, piece.span.end],
                "log_prob": piece.log_prob,
                "alignment": translation.alignment.row(index),
            })
        })
        .collect();
    json!({
        "source": source,
        "target": translation.text,
        "confidence": translation.confidence(),
        "complete": translation.complete,
        "source_pieces": source_pieces,
        "target_pieces": target_pieces,
    })
}
