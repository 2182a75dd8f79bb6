//! Tells a busy worker from a dead one. A worker that the browser ended says nothing, so it is asked again and again
//! while there is something that it owes.

/// How often the worker is looked at, in milliseconds.
pub const PERIOD_MS: u32 = 2_500;

/// So many looks without a word mean death: 10 s once it runs, and 60 s for fetching and compiling its own code.
const SILENT_RUNNING: u32 = 4;
const SILENT_STARTING: u32 = 24;

/// What to do after a look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Wait.
    Wait,
    /// Ask whether it lives.
    Ping,
    /// It does not.
    Dead,
}

/// Looks are counted and not time: a laptop that slept for an hour has missed no answer, only looks.
#[derive(Clone, Copy, Debug, Default)]
pub struct Watch {
    running: bool,
    silent: u32,
}

impl Watch {
    /// The worker said something.
    pub fn heard(&mut self) {
        *self = Self { running: true, silent: 0 };
    }

    /// Something new is asked of a worker that owed nothing until now.
    pub fn rested(&mut self) {
        self.silent = 0;
    }

    /// A look at a worker that owes an answer.
    pub fn look(&mut self) -> Verdict {
        self.silent += 1;
        match (self.running, self.silent) {
            (true, SILENT_RUNNING..) | (false, SILENT_STARTING..) => Verdict::Dead,
            (true, _) => Verdict::Ping,
            (false, _) => Verdict::Wait,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_silent_worker_is_dead_after_ten_seconds() {
        let mut watch = Watch::default();
        watch.heard();
        let looks: Vec<_> = (0..4).map(|_| watch.look()).collect();
        assert_eq!(looks, [Verdict::Ping, Verdict::Ping, Verdict::Ping, Verdict::Dead]);
    }

    #[test]
    fn an_answer_begins_the_count_anew() {
        let mut watch = Watch::default();
        for _ in 0..10 {
            watch.heard();
            assert_eq!((0..3).map(|_| watch.look()).filter(|&verdict| verdict == Verdict::Dead).count(), 0);
        }
        watch.rested();
        assert_eq!(watch.look(), Verdict::Ping);
    }

    #[test]
    fn starting_takes_longer_and_is_not_disturbed() {
        let mut watch = Watch::default();
        let looks: Vec<_> = (0..24).map(|_| watch.look()).collect();
        assert!(looks[..23].iter().all(|&verdict| verdict == Verdict::Wait));
        assert_eq!(looks[23], Verdict::Dead);
    }
}
