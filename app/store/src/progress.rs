//! How far a download is, how fast, and how long it will take.

/// How far a download is.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Progress {
    /// Bytes of the model that are here.
    pub done: u64,
    /// Bytes of the model.
    pub total: u64,
    /// Bytes a second over the last few seconds.
    pub bytes_per_s: f64,
    /// Time left in seconds, where there is a speed to tell it by.
    pub seconds_left: Option<f64>,
}

/// The speed over the last few seconds: a mean whose weights fall to 1/e in [`Speed::MEMORY_MS`].
#[derive(Clone, Debug)]
pub(crate) struct Speed {
    since_ms: f64,
    bytes: u64,
    /// Weighted sums of bytes and of time; their quotient has no bias towards the start.
    weighted_bytes: f64,
    weighted_ms: f64,
}

impl Speed {
    const MEMORY_MS: f64 = 5_000.0;
    /// Shorter intervals say more about packets than about the line.
    const INTERVAL_MS: f64 = 250.0;

    pub(crate) fn new(now_ms: f64) -> Self {
        Self { since_ms: now_ms, bytes: 0, weighted_bytes: 0.0, weighted_ms: 0.0 }
    }

    /// Counts bytes that arrived.
    pub(crate) fn add(&mut self, bytes: u64, now_ms: f64) {
        self.bytes += bytes;
        let passed = now_ms - self.since_ms;
        if passed >= Self::INTERVAL_MS {
            let kept = (-passed / Self::MEMORY_MS).exp();
            self.weighted_bytes = self.weighted_bytes * kept + self.bytes as f64;
            self.weighted_ms = self.weighted_ms * kept + passed;
            (self.since_ms, self.bytes) = (now_ms, 0);
        }
    }

    /// Bytes a second; 0 before anything can be said.
    pub(crate) fn bytes_per_s(&self) -> f64 {
        if self.weighted_ms > 0.0 { self.weighted_bytes / self.weighted_ms * 1000.0 } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speed_follows_the_last_seconds() {
        let mut speed = Speed::new(1000.0);
        assert_eq!(speed.bytes_per_s(), 0.0);
        for step in 1..=10 {
            speed.add(5_000, 1000.0 + f64::from(step) * 500.0);
        }
        assert!((speed.bytes_per_s() - 10_000.0).abs() < 1.0, "{speed:?}");
        for step in 1..=60 {
            speed.add(500, 6000.0 + f64::from(step) * 500.0);
        }
        assert!((speed.bytes_per_s() - 1_000.0).abs() < 50.0, "{speed:?}");
        speed.add(0, 40_000.0);
        assert!(speed.bytes_per_s() < 1_000.0, "a standstill slows it down");
    }
}
