//! The stretch that single figures are of: the last seconds, or all that is known of a run that is over.

use std::collections::BTreeMap;

use loadgen::snapshot::{DatabaseSample, Snapshot, Statement, StatementCounts};

use super::super::period;

/// How many seconds it has.
const SECONDS: u64 = 10;

/// Samples of the stretch.
pub(super) struct Recent<'a> {
    samples: Vec<&'a DatabaseSample>,
    note: &'static str,
}

impl<'a> Recent<'a> {
    pub(super) fn of(snapshot: &'a Snapshot) -> Self {
        let all = snapshot.database_samples.iter().map(AsRef::as_ref);
        let newest = snapshot.database_samples.last().map_or(0, |sample| sample.second);
        let posting = snapshot.duration.as_secs();
        let samples: Vec<&DatabaseSample> = if period::is_over(snapshot) {
            // The drain would make any load look light.
            all.filter(|sample| posting == 0 || sample.second < posting).collect()
        } else {
            all.filter(|sample| sample.second + SECONDS > newest).collect()
        };
        Self { samples, note: period::note(snapshot) }
    }

    /// The stretch in words.
    pub(super) fn note(&self) -> &'static str {
        self.note
    }

    /// The mean of what a look counts; `None` when no look could.
    pub(super) fn mean(&self, count: impl Fn(&DatabaseSample) -> Option<u64>) -> Option<f64> {
        let counts: Vec<f64> =
            self.samples.iter().filter_map(|sample| count(sample)).map(|count| count as f64).collect();
        (!counts.is_empty()).then(|| counts.iter().sum::<f64>() / counts.len() as f64)
    }

    /// How many queries were under way on average, by what they waited for, most first.
    pub(super) fn waits(&self) -> Vec<(&'a str, f64)> {
        let mut sums: BTreeMap<&str, f64> = BTreeMap::new();
        for (event, count) in self.samples.iter().flat_map(|sample| &sample.waits) {
            *sums.entry(event).or_default() += *count as f64;
        }
        let looks = self.samples.len() as f64;
        let mut waits: Vec<_> = sums.into_iter().map(|(event, sum)| (event, sum / looks)).collect();
        waits.sort_by(|a, b| b.1.total_cmp(&a.1));
        waits
    }

    /// How often each statement ran a second, how long one took on average, and how many were under way.
    pub(super) fn statements(&self) -> Vec<(Statement, Pace)> {
        let seconds = self.seconds();
        let pace = |statement: Statement| {
            let counts: Vec<&StatementCounts> =
                self.samples.iter().filter_map(|sample| sample.statements.get(&statement)).collect();
            let calls = counts.iter().map(|counts| counts.calls as f64).sum::<f64>();
            let took_us = counts.iter().map(|counts| counts.mean_us * counts.calls as f64).sum::<f64>();
            let mean_us = if calls > 0.0 { took_us / calls } else { 0.0 };
            let known = !counts.is_empty() && seconds > 0.0;
            known.then(|| Pace { calls_per_s: calls / seconds, mean_us, under_way: took_us / 1e6 / seconds })
        };
        Statement::ALL.into_iter().filter_map(|statement| Some((statement, pace(statement)?))).collect()
    }

    /// The tool's own queries a second, and how long they kept it waiting in each, in microseconds.
    pub(super) fn own(&self) -> Option<(f64, f64)> {
        let seconds = self.seconds();
        let sum = |count: fn(&DatabaseSample) -> u64| {
            self.samples.iter().map(|sample| count(sample) as f64).sum::<f64>() / seconds
        };
        (seconds > 0.0).then(|| (sum(|sample| sample.own_queries), sum(|sample| sample.own_us)))
    }

    /// What the samples' counts are over.
    fn seconds(&self) -> f64 {
        self.samples.iter().map(|sample| sample.over().as_secs_f64()).sum()
    }
}

/// How a statement runs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    pub(super) calls_per_s: f64,
    pub(super) mean_us: f64,
    /// By Little's law: calls a second times the time that each takes.
    pub(super) under_way: f64,
}
