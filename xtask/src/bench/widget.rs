//! What the widget costs a page that has it, and how much of the web platform's tests of the Translator API it passes.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::process::Command;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Options, browser};
use crate::project::{self, output, say};
use crate::{bundle, figures};

/// Where a checkout of web-platform-tests/wpt is, if there is one.
const SUITE: &str = "KLARTEXT_WPT";

#[derive(Serialize)]
struct Figures {
    /// What the page of the demo site's articles found out.
    #[serde(flatten)]
    costs: BTreeMap<String, Value>,
    /// Of the last run for which there was a checkout of the suite.
    #[serde(skip_serializing_if = "Option::is_none")]
    translator_wpt_passed: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    translator_wpt_total: Option<u64>,
}

/// What the script of the suite prints.
#[derive(Deserialize)]
struct Suite {
    passed: u64,
    total: u64,
}

/// Measures all of it.
pub(super) fn measure(options: &Options) -> Result<()> {
    bundle::ensure()?;
    let (address, chromium) = browser::stage(&project::dist())?;
    let address = format!("http://{address}/");
    let script = |name: &str, arguments: &[&OsStr]| {
        say(&format!("{name} visits {address}"));
        let mut node = Command::new("node");
        node.current_dir(project::root()).arg(name).args(arguments);
        output(node.env("KLARTEXT_URL", &address).env("KLARTEXT_CHROMIUM", &chromium))
    };
    let costs = serde_json::from_str(&script("tests/browser/widget-figures.mjs", &[])?)
        .context("the widget's figures are no JSON")?;
    let suite = match std::env::var_os(SUITE) {
        Some(folder) => {
            let suite = script("tests/browser/wpt.mjs", &[&folder])?;
            Some(serde_json::from_str::<Suite>(&suite).context("the suite's results are no JSON")?)
        }
        None => {
            say(&format!("skipped: the web platform's tests, as {SUITE} names no checkout of them"));
            None
        }
    };
    let before = figures::read("widget").unwrap_or_default();
    let earlier = |name: &str| before[name].as_u64();
    let figures = Figures {
        costs,
        translator_wpt_passed: suite
            .as_ref()
            .map_or_else(|| earlier("translator_wpt_passed"), |it| Some(it.passed)),
        translator_wpt_total: suite
            .as_ref()
            .map_or_else(|| earlier("translator_wpt_total"), |it| Some(it.total)),
    };
    println!("{}", serde_json::to_string_pretty(&figures)?);
    options.keep("widget", &figures)
}
