//! What a second visit without a network costs, and how the model's download stands up to bad servers.

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use super::stats::{median, round};
use super::{Options, browser, native};
use crate::bundle;
use crate::project::{self, output};

/// The article that is read.
const ARTICLE: &str = "/article/kolibri-k1-dresden";

#[derive(Serialize)]
struct Figures {
    /// From the navigation in a browser just started, without a network, to the first English sentence: the median of the
    /// rounds.
    second_start_ms: f64,
    /// From a click on a headline, with the model in storage, to the article's first English sentence: likewise.
    after_click_ms: f64,
    rounds: usize,
    fault_runs: u64,
    fault_runs_right: u64,
    bytes_twice_share: f64,
}

/// What the script of the browser prints.
#[derive(Deserialize)]
struct Starts {
    times: Vec<f64>,
    clicks: Vec<f64>,
}

/// What the store's example `faults` prints.
#[derive(Deserialize)]
struct Faults {
    fault_runs: u64,
    fault_runs_right: u64,
    bytes_twice_share: f64,
}

/// Measures both.
pub(super) fn measure(options: &Options) -> Result<()> {
    let faults = native::store_example("faults")?;
    let faults: Faults = serde_json::from_str(&output(&mut faults.command())?)
        .context("the example faults printed something unknown")?;
    bundle::ensure()?;
    let rounds = options.rounds.to_string();
    let starts: Starts =
        browser::visit(&project::dist(), "tests/race/offline.mjs", ARTICLE, &[rounds.as_ref()])?;
    let figures = Figures {
        second_start_ms: median(&starts.times, 1)?,
        after_click_ms: median(&starts.clicks, 1)?,
        rounds: options.rounds,
        fault_runs: faults.fault_runs,
        fault_runs_right: faults.fault_runs_right,
        bytes_twice_share: round(faults.bytes_twice_share, 4),
    };
    println!("{}", serde_json::to_string_pretty(&figures)?);
    options.keep("offline", &figures)
}
