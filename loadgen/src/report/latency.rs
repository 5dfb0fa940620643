//! Latencies as reports hold them: a table by stage or by cause, and a histogram's summary.

use acquirer::wakeup::Cause;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::{DeserializeError, Deserializer, Serializer as _, V2DeflateSerializer};
use serde::{Deserialize, Serialize};

use crate::measure::Stage;

/// One value for each direct cause of a clearance.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct ByCause<T> {
    /// The domain was new.
    pub first: T,
    /// A posting arrived while the domain was idle.
    pub posting: T,
    /// Something was remembered while the domain was busy.
    pub pending: T,
    /// The acquiree before was done.
    pub chained: T,
    /// The period came round.
    pub backup_poll: T,
    /// Messages may have been dropped.
    pub recovered: T,
}

impl<T> ByCause<T> {
    /// A value for each.
    pub fn from_fn(mut value: impl FnMut(Cause) -> T) -> Self {
        Self {
            first: value(Cause::First),
            posting: value(Cause::Posting),
            pending: value(Cause::Pending),
            chained: value(Cause::Chained),
            backup_poll: value(Cause::BackupPoll),
            recovered: value(Cause::Recovered),
        }
    }

    /// The value of one.
    pub fn get(&self, cause: Cause) -> &T {
        match cause {
            Cause::First => &self.first,
            Cause::Posting => &self.posting,
            Cause::Pending => &self.pending,
            Cause::Chained => &self.chained,
            Cause::BackupPoll => &self.backup_poll,
            Cause::Recovered => &self.recovered,
        }
    }
}

/// One value for each stage of a job's life.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct ByStage<T> {
    /// Intended to post started.
    pub post_lag: T,
    /// Committed to notification received.
    pub notify: T,
    /// Notification received to query started.
    pub clearance: T,
    /// Query started to acquired.
    pub query: T,
    /// Acquired to the worker's hands.
    pub handover: T,
    /// Committed to acquired.
    pub queue_wait: T,
    /// Acquired to finished.
    pub service: T,
    /// Intended to finished.
    pub response: T,
}

impl<T> ByStage<T> {
    /// A value for each.
    pub fn from_fn(mut value: impl FnMut(Stage) -> T) -> Self {
        Self {
            post_lag: value(Stage::PostLag),
            notify: value(Stage::Notify),
            clearance: value(Stage::Clearance),
            query: value(Stage::Query),
            handover: value(Stage::Handover),
            queue_wait: value(Stage::QueueWait),
            service: value(Stage::Service),
            response: value(Stage::Response),
        }
    }

    /// The value of one.
    pub fn get(&self, stage: Stage) -> &T {
        match stage {
            Stage::PostLag => &self.post_lag,
            Stage::Notify => &self.notify,
            Stage::Clearance => &self.clearance,
            Stage::Query => &self.query,
            Stage::Handover => &self.handover,
            Stage::QueueWait => &self.queue_wait,
            Stage::Service => &self.service,
            Stage::Response => &self.response,
        }
    }
}

/// A distribution of latencies, in microseconds. All figures are 0 when there were none.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct LatencySummary {
    /// How many were recorded.
    pub count: u64,
    /// Smallest.
    pub min: u64,
    /// Arithmetic mean, to a thousandth.
    pub mean: f64,
    /// Median.
    pub p50: u64,
    /// 90th percentile.
    pub p90: u64,
    /// 99th percentile.
    pub p99: u64,
    /// 99.9th percentile.
    pub p999: u64,
    /// Largest.
    pub max: u64,
    /// The whole `HdrHistogram` in its compressed V2 encoding, base64, which libraries in many languages read.
    pub histogram: String,
}

impl LatencySummary {
    /// The summary of a histogram of microseconds.
    #[must_use]
    pub fn of(histogram: &Histogram<u64>) -> Self {
        let mut summary = Self { histogram: encode(histogram), ..Self::default() };
        if !histogram.is_empty() {
            summary.count = histogram.len();
            summary.min = histogram.min();
            // Digits past a thousandth say nothing, and some JSON readers don't keep the last ones.
            summary.mean = (histogram.mean() * 1e3).round() / 1e3;
            summary.p50 = histogram.value_at_quantile(0.5);
            summary.p90 = histogram.value_at_quantile(0.9);
            summary.p99 = histogram.value_at_quantile(0.99);
            summary.p999 = histogram.value_at_quantile(0.999);
            summary.max = histogram.max();
        }
        summary
    }

    /// The whole histogram. Fails when `histogram` isn't one, as in a report that somebody has edited.
    pub fn decode(&self) -> Result<Histogram<u64>, DecodeError> {
        let bytes = BASE64_STANDARD.decode(&self.histogram)?;
        Ok(Deserializer::new().deserialize(&mut bytes.as_slice())?)
    }
}

/// A histogram that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// Its text is broken.
    #[error("the histogram is no base64: {0}")]
    Base64(#[from] base64::DecodeError),
    /// Its bytes are.
    #[error("the histogram cannot be read: {0}")]
    Bytes(#[from] DeserializeError),
}

fn encode(histogram: &Histogram<u64>) -> String {
    let mut bytes = Vec::new();
    V2DeflateSerializer::new()
        .serialize(histogram, &mut bytes)
        .expect("writing to memory succeeds, and u64 counts fit the format");
    BASE64_STANDARD.encode(bytes)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    fn histogram(values: impl IntoIterator<Item = u64>) -> Histogram<u64> {
        let mut histogram = Histogram::new_with_bounds(1, 3_600_000_000, 3).unwrap();
        for value in values {
            histogram.record(value).unwrap();
        }
        histogram
    }

    #[test]
    fn a_summary_holds_the_percentiles_and_the_histogram() {
        let histogram = histogram(1..=1000);
        let summary = LatencySummary::of(&histogram);
        assert_eq!((summary.count, summary.min, summary.max), (1000, 1, 1000));
        assert_eq!((summary.p50, summary.p90, summary.p99, summary.p999), (500, 900, 990, 999));
        assert_eq!(summary.decode().unwrap(), histogram);
        assert!(summary.histogram.starts_with("HISTFAAAA"), "{}", summary.histogram);
    }

    #[test]
    fn a_summary_of_nothing_is_zero() {
        let summary = LatencySummary::of(&histogram([]));
        assert_eq!(summary, LatencySummary { histogram: summary.histogram.clone(), ..Default::default() });
        assert!(!summary.histogram.is_empty());
    }

    #[test]
    fn tables_answer_by_stage_and_cause() {
        let stages = ByStage::from_fn(Stage::as_str);
        let causes = ByCause::from_fn(Cause::as_str);
        assert!(Stage::ALL.iter().all(|stage| *stages.get(*stage) == stage.as_str()));
        assert!(Cause::ALL.iter().all(|cause| *causes.get(*cause) == cause.as_str()));
        let json = serde_json::to_value(stages).unwrap();
        assert!(Stage::ALL.iter().all(|stage| json[stage.as_str()] == stage.as_str()));
        let json = serde_json::to_value(causes).unwrap();
        assert!(Cause::ALL.iter().all(|cause| json[cause.as_str()] == cause.as_str()));
    }
}
