//! Runs the download through seeded faults and prints what came of it as JSON; the number of runs may be given.

#[path = "../tests/support/faults.rs"]
mod faults;
#[path = "../tests/support/mod.rs"]
#[allow(dead_code)]
mod support;

fn main() {
    let runs = std::env::args().nth(1).and_then(|runs| runs.parse().ok()).unwrap_or(200);
    let outcomes: Vec<_> = (0..runs).map(faults::run).collect();
    let sum = |of: fn(&faults::Outcome) -> u64| outcomes.iter().map(of).sum::<u64>();
    let (needed, delivered) = (sum(|run| run.needed), sum(|run| run.delivered));
    let figures = serde_json::json!({
        "fault_runs": runs,
        "fault_runs_right": outcomes.iter().filter(|run| run.right).count(),
        "faults": sum(|run| run.faults.into()),
        "crashes": sum(|run| run.crashes.into()),
        "errors": sum(|run| run.errors.into()),
        "bytes_accepted_wrong": sum(|run| run.wrong_bytes),
        "bytes_twice_share": delivered.saturating_sub(needed) as f64 / needed as f64,
    });
    println!("{figures}");
}
