//! Histograms of bounded size: `HdrHistogram`, 1 µs to 1 h.

use std::time::Duration;

use hdrhistogram::{Counter, Histogram};

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

/// A histogram of one of very many things: one significant digit, and no larger than what it holds.
pub(crate) fn rough() -> Histogram<u32> {
    Histogram::new(1).expect("one digit is not too many")
}

/// Records a latency in a histogram that grows.
pub(crate) fn record_roughly(histogram: &mut Histogram<u32>, latency: Duration) {
    histogram.record(bounded_us(latency)).expect("it grows to an hour");
}

/// Records a latency; one past an hour counts as an hour.
pub(crate) fn record(histogram: &mut Histogram<u64>, latency: Duration) {
    histogram.saturating_record(bounded_us(latency));
}

fn bounded_us(latency: Duration) -> u64 {
    u64::try_from(latency.as_micros()).unwrap_or(u64::MAX).clamp(1, LONGEST_US)
}

/// What a dashboard shows of a histogram.
///
/// Goes through it once: this is done under the recorder's lock.
pub(crate) fn summarize<C: Counter>(histogram: &Histogram<C>) -> Latency {
    let mut latency = Latency { count: histogram.len(), ..Latency::default() };
    let rank = |share: f64| (share * latency.count as f64).ceil() as u64;
    let ranks = [rank(0.50), rank(0.90), rank(0.99)];
    let mut quantiles = [0; 3];
    let mut below = 0;
    for step in histogram.iter_recorded() {
        let (value, count) = (step.value_iterated_to(), step.count_since_last_iteration());
        for (quantile, rank) in quantiles.iter_mut().zip(ranks) {
            if below < rank && rank <= below + count {
                *quantile = value;
            }
        }
        below += count;
        count_doubled(&mut latency.buckets, value, count);
    }
    [latency.p50_us, latency.p90_us, latency.p99_us] = quantiles;
    latency.max_us = if latency.count == 0 { 0 } else { histogram.max() };
    latency
}

/// Counts in buckets that double: entry `i` counts latencies in `[2^i, 2^(i+1))` microseconds, entry 0 those
/// below two. It ends with the last that counts anything.
pub(crate) fn log2(histogram: &Histogram<u64>) -> Vec<u64> {
    let mut buckets = Vec::new();
    for step in histogram.iter_recorded() {
        count_doubled(&mut buckets, step.value_iterated_to(), step.count_since_last_iteration());
    }
    buckets
}

fn count_doubled(buckets: &mut Vec<u64>, value_us: u64, count: u64) {
    let doubled = value_us.max(1).ilog2() as usize;
    if buckets.len() <= doubled {
        buckets.resize(doubled + 1, 0);
    }
    buckets[doubled] += count;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_has_the_percentiles_of_its_histogram() {
        let mut histogram = precise();
        for us in (1..2_000).map(|n: u64| n * n * 7 % 1_000_003 + 1) {
            record(&mut histogram, Duration::from_micros(us));
        }
        let summary = summarize(&histogram);
        let expected = [0.50, 0.90, 0.99].map(|quantile| histogram.value_at_quantile(quantile));
        assert_eq!([summary.p50_us, summary.p90_us, summary.p99_us], expected);
        assert_eq!((summary.count, summary.max_us), (histogram.len(), histogram.max()));
        assert_eq!(summary.buckets, log2(&histogram));
    }

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
