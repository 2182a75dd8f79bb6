//! How many checks passed, failed and were skipped, read from what test programs print.

use std::collections::BTreeSet;
use std::fmt;
use std::ops::AddAssign;

/// Numbers of checks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) passed: usize,
    pub(crate) failed: usize,
    pub(crate) skipped: usize,
}

impl Counts {
    /// One check that passed.
    pub(crate) const PASSED: Self = Self { passed: 1, failed: 0, skipped: 0 };
    /// One check that failed.
    pub(crate) const FAILED: Self = Self { passed: 0, failed: 1, skipped: 0 };

    /// The same, with a failure more if a program failed without naming a check that did.
    pub(crate) fn and_exit(mut self, success: bool) -> Self {
        if !success && self.failed == 0 {
            self.failed = 1;
        }
        self
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} passed, {} failed, {} skipped", self.passed, self.failed, self.skipped)
    }
}

/// Reads what `cargo test -- --show-output` prints, line by line.
///
/// A test that lacks what it needs prints `skipped: …` and returns; libtest counts it as passed. So the outputs of the
/// passed tests are looked through, and such a test is counted as skipped.
#[derive(Default)]
pub(crate) struct Libtest {
    counts: Counts,
    section: Section,
    /// The test whose output is being read.
    test: String,
    skipped: BTreeSet<String>,
}

/// Where in the output of one test program we are.
#[derive(Default, PartialEq)]
enum Section {
    #[default]
    Running,
    /// Outputs, then names, of passed tests.
    Successes,
    /// Outputs, then names, of failed tests.
    Failures,
}

impl Libtest {
    /// Takes a line, and says whether a person should see it: what passed tests print is for us alone.
    pub(crate) fn line(&mut self, line: &str) -> bool {
        if let Some(result) = line.strip_prefix("test result: ") {
            self.end(result);
            return true;
        }
        match line {
            "successes:" => self.section = Section::Successes,
            "failures:" => self.section = Section::Failures,
            _ => {}
        }
        if self.section == Section::Successes {
            if let Some(test) = line.strip_prefix("---- ").and_then(|line| line.strip_suffix(" stdout ----"))
            {
                test.clone_into(&mut self.test);
            }
            if line.starts_with("skipped:") {
                self.skipped.insert(self.test.clone());
                return true;
            }
            return false;
        }
        let passed = line.starts_with("test ") && line.ends_with(" ... ok");
        !passed && !line.is_empty()
    }

    /// The end of one test program: `ok. 3 passed; 0 failed; 1 ignored; …`.
    fn end(&mut self, result: &str) {
        let number = |of: &str| -> usize {
            let before = result.split([';', '.']).find_map(|part| part.trim().strip_suffix(of));
            before.and_then(|number| number.trim().parse().ok()).unwrap_or(0)
        };
        let skipped = self.skipped.len();
        self.counts += Counts {
            passed: number("passed").saturating_sub(skipped),
            failed: number("failed"),
            skipped: number("ignored") + skipped,
        };
        self.section = Section::Running;
        self.skipped.clear();
    }

    /// What has been counted.
    pub(crate) fn counts(&self) -> Counts {
        self.counts
    }
}

/// Reads the summary at the end of node's TAP report.
pub(crate) fn tap(report: &str) -> Counts {
    let number = |of: &str| -> usize {
        let line = report.lines().rev().find_map(|line| line.strip_prefix("# ")?.strip_prefix(of));
        line.and_then(|number| number.trim().parse().ok()).unwrap_or(0)
    };
    Counts {
        passed: number("pass "),
        failed: number("fail ") + number("cancelled "),
        skipped: number("skipped ") + number("todo "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libtests_report_is_counted() {
        let report = "
running 4 tests
test a ... ok
test b ... ok
test c ... ok
test d ... ignored

successes:

---- a stdout ----
skipped: flores needs ../shared/eval
skipped: wmt18 needs ../shared/eval

---- b stdout ----
not skipped: this one says something

successes:
    a
    b
    c

test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s

running 2 tests
test e ... ok
test f ... FAILED

successes:

successes:
    e

failures:

---- f stdout ----
thread 'f' panicked at src/lib.rs:1:1:
skipped: no, this test failed

failures:
    f

test result: FAILED. 1 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s";
        let mut libtest = Libtest::default();
        let shown: Vec<&str> = report.lines().filter(|line| libtest.line(line)).collect();
        assert_eq!(libtest.counts(), Counts { passed: 3, failed: 1, skipped: 2 });
        assert!(shown.contains(&"thread 'f' panicked at src/lib.rs:1:1:"));
        assert!(shown.contains(&"skipped: flores needs ../shared/eval"));
        assert!(shown.contains(&"test f ... FAILED"));
        assert!(!shown.contains(&"test a ... ok"));
        assert!(!shown.contains(&"not skipped: this one says something"));
    }

    #[test]
    fn nodes_report_is_counted() {
        let report = "TAP version 13\n# a test says: pass 9\nok 1 - a\n1..5\n# tests 5\n# suites 0\n# pass 2\n# fail 1\n\
                      # cancelled 1\n# skipped 1\n# todo 0\n# duration_ms 12.5\n";
        assert_eq!(tap(report), Counts { passed: 2, failed: 2, skipped: 1 });
        assert_eq!(tap(""), Counts::default());
    }

    #[test]
    fn a_program_that_fails_without_a_failed_check_counts() {
        assert_eq!(Counts::PASSED.and_exit(true), Counts::PASSED);
        assert_eq!(Counts::default().and_exit(false), Counts::FAILED);
        assert_eq!(Counts::FAILED.and_exit(false), Counts::FAILED);
    }
}
