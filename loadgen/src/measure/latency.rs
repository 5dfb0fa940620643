//! Histograms of bounded size: `HdrHistogram`, 1 µs to 1 h.

use std::time::Duration;

use hdrhistogram::Histogram;

use crate::snapshot::Latency;

const LONGEST_US: u64 = 3_600_000_000;

/// What a job goes through; each has a histogram.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Intended to post started.
    PostLag,
    /// Committed to notification received.
    Notify,
    /// Notification received to query started.
    Clearance,
    /// Query started to acquired.
    Query,
    /// Acquired to the worker's hands.
    Handover,
    /// Committed to acquired.
    QueueWait,
    /// Acquired to finished.
    Service,
    /// Intended to finished.
    Response,
}

impl Stage {
    /// Every stage, in a job's order.
    pub const ALL: [Self; 8] = [
        Self::PostLag,
        Self::Notify,
        Self::Clearance,
        Self::Query,
        Self::Handover,
        Self::QueueWait,
        Self::Service,
        Self::Response,
    ];

    /// The key in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PostLag => "post_lag",
            Self::Notify => "notify",
            Self::Clearance => "clearance",
            Self::Query => "query",
            Self::Handover => "handover",
            Self::QueueWait => "queue_wait",
            Self::Service => "service",
            Self::Response => "response",
        }
    }
}

/// A histogram for reports: three significant digits.
pub(crate) fn precise() -> Histogram<u64> {
    Histogram::new_with_bounds(1, LONGEST_US, 3).expect("the bounds are in order")
}

/// A histogram to look at: two significant digits, a tenth of the size.
pub(crate) fn coarse() -> Histogram<u64> {
    Histogram::new_with_bounds(1, LONGEST_US, 2).expect("the bounds are in order")
}

/// Records a latency; one past an hour counts as an hour.
pub(crate) fn record(histogram: &mut Histogram<u64>, latency: Duration) {
    histogram.saturating_record(u64::try_from(latency.as_micros()).unwrap_or(u64::MAX).clamp(1, LONGEST_US));
}

/// What a dashboard shows of a histogram.
pub(crate) fn summarize(histogram: &Histogram<u64>) -> Latency {
    let is_empty = histogram.is_empty();
    let quantile = |q: f64| if is_empty { 0 } else { histogram.value_at_quantile(q) };
    Latency {
        count: histogram.len(),
        p50_us: quantile(0.50),
        p90_us: quantile(0.90),
        p99_us: quantile(0.99),
        max_us: if is_empty { 0 } else { histogram.max() },
        buckets: log2(histogram),
    }
}

/// Counts in buckets that double: entry `i` counts latencies in `[2^i, 2^(i+1))` microseconds, entry 0 those
/// below two. It ends with the last that counts anything.
pub(crate) fn log2(histogram: &Histogram<u64>) -> Vec<u64> {
    let mut buckets = Vec::new();
    for step in histogram.iter_recorded() {
        let doubled = step.value_iterated_to().max(1).ilog2() as usize;
        if buckets.len() <= doubled {
            buckets.resize(doubled + 1, 0);
        }
        buckets[doubled] += step.count_since_last_iteration();
    }
    buckets
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_counts_each_latency_in_the_bucket_that_it_doubles_into() {
        let mut histogram = coarse();
        for us in [0, 1, 2, 3, 4, 1_000] {
            record(&mut histogram, Duration::from_micros(us));
        }
        let summary = summarize(&histogram);
        assert_eq!(summary.count, 6);
        assert_eq!(summary.buckets[..3], [2, 2, 1]);
        assert_eq!(summary.buckets[9], 1);
        assert_eq!(summarize(&coarse()), Latency::default());
    }
}
