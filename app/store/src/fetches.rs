//! The servers of a download and what is asked of them: which one is asked next, and what a failure means for it.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::plan::{FetchId, Settings};
use crate::rng::Rng;

/// A server that may have the files: the manifest's own folder, or a mirror.
#[derive(Clone, Debug, Default)]
pub(crate) struct Server {
    /// Files that it does not have.
    pub(crate) missing: BTreeSet<usize>,
    /// It has honoured a range.
    ranges: bool,
    /// A chunk of it had the right digest.
    proved: bool,
    /// How often in a row it has ignored one.
    ignored: u32,
    /// It is known to ignore ranges.
    whole: bool,
    /// How many chunks it had wrong.
    wrong: u32,
    /// Failures in a row.
    failures: u32,
    /// When the last one happened, in milliseconds.
    failed_ms: f64,
    /// Nothing is asked of it before this time, in milliseconds.
    not_before_ms: f64,
}

/// A request whose answer is awaited or arriving.
#[derive(Clone, Debug)]
pub(crate) struct Running {
    pub(crate) id: FetchId,
    pub(crate) server: usize,
    pub(crate) file: usize,
    /// What was asked for.
    pub(crate) range: Range<u64>,
    /// Where in the file the next byte of the answer belongs; none before its head has come.
    pub(crate) cursor: Option<u64>,
    /// Bytes of it that were of use.
    pub(crate) gained: u64,
    pub(crate) started_ms: f64,
    /// When it counts as stalled.
    pub(crate) deadline_ms: f64,
}

/// How many ranges in a row a server may ignore that has honoured one before: then it is no accident.
const IGNORED: u32 = 3;

/// How many wrong chunks make a server the last to be asked.
const DOUBTFUL: u32 = 2;

/// How many failures in a row make a server one that is not waited for.
const DOWN: u32 = 3;

impl Server {
    /// Whether it may have a file and is not to be left alone for a while.
    pub(crate) fn is_usable(&self, file: usize, now: f64) -> bool {
        !self.missing.contains(&file) && self.not_before_ms <= now
    }

    /// Whether it can be asked for more of a file while so many requests to it are under way. Until it has honoured a
    /// range and, where that can be told, been right about a chunk, it gets one request at a time: each answer might
    /// be a whole file, or wrong.
    pub(crate) fn is_free(&self, running: usize, checked: bool) -> bool {
        running == 0 || (self.ranges && !self.whole && (self.proved || !checked))
    }

    /// Whether it has been wrong more often than a bad line explains.
    pub(crate) fn is_doubtful(&self) -> bool {
        self.wrong >= DOUBTFUL
    }

    /// Whether others are to be preferred even if they have to be waited for.
    pub(crate) fn is_last_resort(&self) -> bool {
        self.whole || self.is_doubtful()
    }

    /// Whether it has failed so often that it is no use waiting for.
    pub(crate) fn is_down(&self) -> bool {
        self.failures >= DOWN
    }

    /// It has sent a wrong chunk.
    pub(crate) fn was_wrong(&mut self) {
        self.wrong += 1;
    }

    /// Whether it is known to ignore ranges.
    pub(crate) fn is_whole(&self) -> bool {
        self.whole
    }

    /// When it may be asked again, if that is not now.
    pub(crate) fn not_before(&self, now: f64) -> Option<f64> {
        (self.not_before_ms > now).then_some(self.not_before_ms)
    }

    /// It has honoured a range.
    pub(crate) fn honoured(&mut self) {
        (self.ranges, self.whole, self.ignored) = (true, false, 0);
    }

    /// It has ignored a range. Whether that may be an accident.
    pub(crate) fn ignored(&mut self) -> bool {
        self.ignored += 1;
        let accident = self.ranges && self.ignored < IGNORED;
        self.whole = !accident;
        accident
    }

    /// It has answered with bytes of use, and perhaps proved right about a chunk.
    pub(crate) fn works(&mut self, proved: bool) {
        self.failures = 0;
        self.proved |= proved;
    }

    /// A request to it has failed, and it may have said how long it wants to be left alone. False where that says
    /// nothing new, since the request had begun before an earlier failure.
    pub(crate) fn fail(
        &mut self,
        run: &Running,
        retry_after: Option<f64>,
        settings: &Settings,
        rng: &mut Rng,
        now: f64,
    ) -> bool {
        if let Some(wait) = retry_after {
            self.not_before_ms = self.not_before_ms.max(now + wait.min(settings.retry_after_most_ms));
        }
        if self.failures > 0 && run.started_ms < self.failed_ms {
            return false;
        }
        let doubled = settings.backoff_ms * 2_f64.powi(self.failures.min(20).cast_signed());
        let wait = doubled.min(settings.backoff_most_ms) * (0.5 + 0.5 * rng.unit());
        self.failures += 1;
        self.failed_ms = now;
        self.not_before_ms = self.not_before_ms.max(now + wait);
        true
    }
}
