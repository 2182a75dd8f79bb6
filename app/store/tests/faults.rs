//! Two hundred downloads through every fault: each ends with the right model, and almost nothing is fetched twice.

#[path = "support/faults.rs"]
mod faults;
#[allow(dead_code)]
mod support;

const RUNS: u64 = 200;

#[test]
fn every_run_ends_with_the_right_model() {
    let outcomes: Vec<_> = (0..RUNS).map(faults::run).collect();
    for (seed, outcome) in outcomes.iter().enumerate() {
        assert!(outcome.right, "run {seed}: {outcome:?}");
        assert!(outcome.faults >= 3, "run {seed} saw too few faults: {outcome:?}");
    }
    let sum = |of: fn(&faults::Outcome) -> u64| outcomes.iter().map(of).sum::<u64>();
    let (needed, delivered) = (sum(|run| run.needed), sum(|run| run.delivered));
    assert_eq!(sum(|run| run.wrong_bytes), 0);
    assert!(delivered >= needed);
    let twice = (delivered - needed) as f64 / needed as f64;
    println!(
        "{RUNS} runs, {} faults, {} crashes, {} errors: {:.2} % of the bytes fetched twice",
        sum(|run| run.faults.into()),
        sum(|run| run.crashes.into()),
        sum(|run| run.errors.into()),
        100.0 * twice
    );
    assert!(twice <= 0.05, "{twice}");
    assert!(sum(|run| run.crashes.into()) >= RUNS / 4);
}
