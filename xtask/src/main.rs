//! `cargo xtask COMMAND`: builds, serves, tests and measures Klartext, and installs what that needs.

mod bench;
mod bundle;
mod costs;
mod counts;
mod embed;
mod figures;
mod http;
mod manifest;
mod offline;
mod package;
mod page;
mod project;
mod respond;
mod serve;
mod setup;
mod site;
mod size;
mod stamp;
mod testing;
mod wasm;

use std::process::ExitCode;

use anyhow::{Result, bail};

const USAGE: &str = "\
Usage: cargo xtask COMMAND

  serve [--port N] [--no-open]   build what has changed and serve the reader on 127.0.0.1 (port 8080)
  build                          the same without serving: dist/ can be put on any web server
  embed                          the widget alone, anew, into a dist/ that has been built: takes a second
  package                        the widget as an npm package, klartext-VERSION.tgz
  test [GROUP…]                  check everything, or only these groups:
                                 format manifest lint native kernels build size browser
  bench [PART…] [--rounds N] [--lines N]
                                 measure and write docs/figures/*.json, everything or only these parts:
                                 size sentences quality speed browser; with fewer rounds than 5, or only
                                 so many lines of each text, it is a trial whose figures are not written
  size                           sizes of the bundles, written to docs/figures/size.json
  manifest                       write sizes and checksums into public/models/*/manifest.json

What is missing is installed, and said: the WebAssembly target (rustup, or Debian's rustc-web), binaryen and the test
tools (npm), esbuild for the widget (npm), Chromium (apt-get, for test and bench), a C++ compiler (apt-get) and sacrebleu (pip) for the bench.
Compiled things lie in ~/.cache/klartext-target, or where KLARTEXT_TARGET says. KLARTEXT_WASM=debian takes Debian's
compiler without asking rustup.";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match dispatch(&arguments) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Runs a command; false if it ran and what it checked is not in order.
fn dispatch(arguments: &[String]) -> Result<bool> {
    let Some((command, rest)) = arguments.split_first() else {
        println!("{USAGE}");
        return Ok(true);
    };
    if !matches!(command.as_str(), "serve" | "test" | "bench") && !rest.is_empty() {
        bail!("{command} takes no arguments\n\n{USAGE}");
    }
    match command.as_str() {
        "serve" => serve::serve(&serve::Options::parse(rest)?).map(|()| true),
        "build" => bundle::build().map(|_| true),
        "embed" => bundle::embed().map(|()| true),
        "package" => package::package().map(|_| true),
        "test" => testing::test(rest),
        "bench" => bench::bench(rest),
        "size" => size::size().map(|()| true),
        "manifest" => manifest::write().map(|()| true),
        "help" | "--help" | "-h" => {
            println!("{USAGE}");
            Ok(true)
        }
        unknown => bail!("there is no command {unknown:?}\n\n{USAGE}"),
    }
}
