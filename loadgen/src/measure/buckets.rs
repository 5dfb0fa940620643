//! Latencies counted in a few fixed buckets: copied in no time, for whoever comes for them again and again.

use std::time::Duration;

/// The buckets' upper bounds, in microseconds; what is longer is in one more.
pub(crate) const BOUNDS_US: [u64; 19] = [
    100,
    250,
    500,
    1_000,
    2_500,
    5_000,
    10_000,
    25_000,
    50_000,
    100_000,
    250_000,
    500_000,
    1_000_000,
    2_500_000,
    5_000_000,
    10_000_000,
    30_000_000,
    60_000_000,
    300_000_000,
];

/// Latencies of one kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Buckets {
    counts: [u64; BOUNDS_US.len() + 1],
    sum_us: u64,
}

impl Buckets {
    /// Counts a latency.
    pub(crate) fn record(&mut self, latency: Duration) {
        let us = u64::try_from(latency.as_micros()).unwrap_or(u64::MAX);
        self.counts[BOUNDS_US.partition_point(|bound| *bound < us)] += 1;
        self.sum_us = self.sum_us.saturating_add(us);
    }

    /// How many are in each bucket, the unbounded one last.
    pub(crate) fn counts(&self) -> &[u64] {
        &self.counts
    }

    /// All of them together.
    pub(crate) fn sum(&self) -> Duration {
        Duration::from_micros(self.sum_us)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_latency_counts_in_the_first_bucket_whose_bound_it_does_not_exceed() {
        let mut buckets = Buckets::default();
        for us in [0, 100, 101, 300_000_000, 300_000_001] {
            buckets.record(Duration::from_micros(us));
        }
        assert!(BOUNDS_US.is_sorted());
        assert_eq!(buckets.counts()[..3], [2, 1, 0]);
        assert_eq!(buckets.counts()[BOUNDS_US.len() - 1..], [1, 1]);
        assert_eq!(buckets.sum(), Duration::from_micros(600_000_202));
    }
}
