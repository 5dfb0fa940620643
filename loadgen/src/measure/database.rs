//! What Postgres looked like beside the load, second by second.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::observe::{DatabaseSample, SAMPLES_MAX, Statement};

/// How many samples the dashboard is shown.
const SHOWN: usize = 300;

/// The samples of a run.
#[derive(Debug, Clone, Default)]
pub(crate) struct DatabaseSeries {
    samples: Vec<Arc<DatabaseSample>>,
    /// The newest, shared with snapshots.
    shown: Arc<Vec<Arc<DatabaseSample>>>,
    missing: Arc<Vec<String>>,
    totals: DatabaseTotals,
}

/// What the samples add up to.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct DatabaseTotals {
    pub(crate) transactions: Option<u64>,
    pub(crate) wal_bytes: Option<u64>,
    pub(crate) checkpoints: Option<u64>,
    /// Calls and the time that they took.
    pub(crate) statements: BTreeMap<Statement, (u64, Duration)>,
    pub(crate) own_queries: u64,
    pub(crate) own_took: Duration,
}

impl DatabaseSeries {
    /// What can't be seen from now on.
    pub(crate) fn missing(&mut self, missing: &[String]) {
        self.missing = Arc::new(missing.to_vec());
    }

    /// Keeps a sample.
    pub(crate) fn push(&mut self, sample: &DatabaseSample) {
        self.totals.add(sample);
        let sample = Arc::new(sample.clone());
        let from = (self.shown.len() + 1).saturating_sub(SHOWN);
        self.shown = Arc::new(self.shown[from..].iter().chain([&sample]).cloned().collect());
        if self.samples.len() < SAMPLES_MAX {
            self.samples.push(sample);
        }
    }

    /// The newest samples, the last at the end.
    pub(crate) fn shown(&self) -> Arc<Vec<Arc<DatabaseSample>>> {
        Arc::clone(&self.shown)
    }

    /// What can't be seen, and why.
    pub(crate) fn missed(&self) -> Arc<Vec<String>> {
        Arc::clone(&self.missing)
    }

    /// What the tool itself asked while the samples were taken, and how long it waited for the answers.
    pub(crate) fn asked(&self) -> (u64, Duration) {
        (self.totals.own_queries, self.totals.own_took)
    }

    /// What all samples add up to, those included that aren't kept.
    pub(crate) fn totals(&self) -> &DatabaseTotals {
        &self.totals
    }

    /// All that is kept.
    pub(crate) fn all(&self) -> Vec<DatabaseSample> {
        self.samples.iter().map(|sample| DatabaseSample::clone(sample)).collect()
    }
}

impl DatabaseTotals {
    /// Saturates: a recording that was tampered with may say anything.
    fn add(&mut self, sample: &DatabaseSample) {
        let more = |total: &mut Option<u64>, count: Option<u64>| {
            if let Some(count) = count {
                let total = total.get_or_insert_default();
                *total = total.saturating_add(count);
            }
        };
        more(&mut self.transactions, sample.transactions);
        more(&mut self.wal_bytes, sample.wal_bytes);
        more(&mut self.checkpoints, sample.checkpoints);
        for (statement, counts) in &sample.statements {
            let (calls, took) = self.statements.entry(*statement).or_default();
            *calls = calls.saturating_add(counts.calls);
            *took = took.saturating_add(counts.total());
        }
        self.own_queries = self.own_queries.saturating_add(sample.own_queries);
        self.own_took = self.own_took.saturating_add(Duration::from_micros(sample.own_us));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_samples_are_shown_and_all_are_kept() {
        let mut series = DatabaseSeries::default();
        for second in 0..SHOWN as u64 + 50 {
            series.push(&DatabaseSample { second, ..DatabaseSample::default() });
        }
        let shown = series.shown();
        assert_eq!(shown.len(), SHOWN);
        assert_eq!((shown[0].second, shown[SHOWN - 1].second), (50, SHOWN as u64 + 49));
        assert_eq!(series.all().len(), SHOWN + 50);
    }
}
