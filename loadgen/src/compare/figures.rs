//! Which figures are compared, and where each is found in a report.

use crate::assert::Unit;
use crate::measure::Stage;
use crate::report::{LatencySummary, Rates, Report, TimelineSecond};

/// One figure.
#[derive(Debug, Clone, Copy)]
pub(super) struct Figure {
    pub(super) title: &'static str,
    pub(super) path: &'static str,
    pub(super) unit: Unit,
    pub(super) words: Words,
    pub(super) of: Of,
}

/// What is said of it: the verb, and what to call more of it, and less.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Words {
    pub(super) verb: &'static str,
    pub(super) more: &'static str,
    pub(super) less: &'static str,
}

const TIME: Words = Words { verb: "is", more: "slower", less: "faster" };
const NUMBER: Words = Words { verb: "are", more: "more", less: "fewer" };
const SIZE: Words = Words { verb: "is", more: "larger", less: "smaller" };

/// Where it comes from.
#[derive(Debug, Clone, Copy)]
pub(super) enum Of {
    /// A quantile of a stage.
    Percentile(Stage, f64),
    /// A rate of the measured part, and what it counts in a second.
    Rate(fn(&Rates) -> f64, fn(&TimelineSecond) -> u64),
    /// One rate over another, and what both count in a second.
    Ratio([fn(&Rates) -> f64; 2], [fn(&TimelineSecond) -> u64; 2]),
    /// What stands at a second's end, on average.
    Level(fn(&TimelineSecond) -> u64),
}

const fn percentile(title: &'static str, path: &'static str, stage: Stage, quantile: f64) -> Figure {
    Figure { title, path, unit: Unit::Microseconds, words: TIME, of: Of::Percentile(stage, quantile) }
}

const fn rate(
    title: &'static str,
    path: &'static str,
    rate: fn(&Rates) -> f64,
    count: fn(&TimelineSecond) -> u64,
) -> Figure {
    Figure { title, path, unit: Unit::PerSecond, words: NUMBER, of: Of::Rate(rate, count) }
}

/// Every figure that is compared, the one that users feel first.
pub(super) const ALL: [Figure; 13] = [
    percentile("queue wait p50", "latency_us.queue_wait.p50", Stage::QueueWait, 0.5),
    percentile("queue wait p90", "latency_us.queue_wait.p90", Stage::QueueWait, 0.9),
    percentile("queue wait p99", "latency_us.queue_wait.p99", Stage::QueueWait, 0.99),
    percentile("response p50", "latency_us.response.p50", Stage::Response, 0.5),
    percentile("response p99", "latency_us.response.p99", Stage::Response, 0.99),
    percentile("query p50", "latency_us.query.p50", Stage::Query, 0.5),
    percentile("query p99", "latency_us.query.p99", Stage::Query, 0.99),
    rate("jobs posted", "rates.posted", |rates| rates.posted, |second| second.posted),
    rate("jobs acquired", "rates.acquired", |rates| rates.acquired, |second| second.acquired),
    rate("jobs completed", "rates.completed", |rates| rates.completed, |second| second.completed),
    Figure {
        title: "queries per job",
        path: "rates.acquire_queries / rates.acquired",
        unit: Unit::Number,
        words: NUMBER,
        of: Of::Ratio(
            [|rates| rates.acquire_queries, |rates| rates.acquired],
            [|second| second.queries, |second| second.acquired],
        ),
    },
    Figure {
        title: "empty queries",
        path: "rates.empty_queries / rates.acquire_queries",
        unit: Unit::Share,
        words: NUMBER,
        of: Of::Ratio(
            [|rates| rates.empty_queries, |rates| rates.acquire_queries],
            [|second| second.empty, |second| second.queries],
        ),
    },
    Figure {
        title: "mean backlog",
        path: "timeline.backlog.mean",
        unit: Unit::Number,
        words: SIZE,
        of: Of::Level(|second| second.backlog),
    },
];

impl Figure {
    /// What one run came to; `None` when nothing was observed that could say it.
    pub(super) fn value(&self, run: &Report) -> Option<f64> {
        match self.of {
            Of::Percentile(stage, quantile) => {
                let summary = run.latency_us.get(stage);
                let histogram = decoded(summary)?;
                Some(histogram.value_at_quantile(quantile) as f64)
            }
            Of::Rate(rate, _) => (run.run.measured_seconds > 0.0).then(|| rate(&run.rates)),
            Of::Ratio([of, by], _) => (by(&run.rates) > 0.0).then(|| of(&run.rates) / by(&run.rates)),
            Of::Level(level) => {
                let levels: Vec<f64> = run.measured_timeline().map(|second| level(second) as f64).collect();
                (!levels.is_empty()).then(|| levels.iter().sum::<f64>() / levels.len() as f64)
            }
        }
    }
}

/// A stage's histogram, if anything is in it.
pub(super) fn decoded(summary: &LatencySummary) -> Option<hdrhistogram::Histogram<u64>> {
    summary.decode().ok().filter(|histogram| !histogram.is_empty())
}
