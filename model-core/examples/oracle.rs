//! What another engine makes of the same model: one line of English for each line of German.
//!
//! `oracle MODEL_DIR TEXT`. `cargo xtask bench quality` scores it beside our own.

mod support;

use std::error::Error;
use std::fs;
use std::io::{self, Write};
use std::path::Path;

use support::Oracle;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().ok_or("which model?")?;
    let text = fs::read_to_string(arguments.next().ok_or("which text?")?)?;
    let lines: Vec<&str> = text.lines().collect();
    let mut output = io::stdout().lock();
    for translation in Oracle::load(Path::new(&folder))?.on_all_cores().translate(&lines) {
        writeln!(output, "{translation}")?;
    }
    Ok(())
}
