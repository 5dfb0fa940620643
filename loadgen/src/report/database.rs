//! What Postgres looked like beside the load: second by second, and the measured part in single figures.

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::observe::{DatabaseSample, SAMPLES_MAX, Statement, StatementCounts};

/// What was seen of the database.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ObservedDatabase {
    /// What couldn't be seen, why, and what to do about it.
    pub missing: Vec<String>,
    /// Whole seconds of the run, or of its first day, in which the database didn't answer in time.
    pub unseen: u64,
    /// The measured part.
    pub measured: MeasuredDatabase,
    /// One entry for each second that was seen, warm-up and drain included.
    pub series: Vec<DatabaseSample>,
}

/// The database during the measured part. What couldn't be seen is null.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct MeasuredDatabase {
    /// Seconds that were seen.
    pub samples: u64,
    /// Transactions, the tool's own left out.
    pub transactions_per_s: Option<f64>,
    /// Write-ahead log of the whole server, in bytes.
    pub wal_bytes_per_s: Option<f64>,
    /// Checkpoints that began.
    pub checkpoints: Option<u64>,
    /// The most connections of clients at once, the tool's own left out.
    pub connections_max: Option<u64>,
    /// What queries waited for, the most frequent first.
    pub waits: Vec<Wait>,
    /// How many transactions waited on average for the lock under which those with a NOTIFY commit.
    pub notify_lock_waiters_mean: Option<f64>,
    /// How many did at most.
    pub notify_lock_waiters_max: Option<u64>,
    /// How full the queue of notices was at most, 0 to 1.
    pub notify_queue_usage_max: Option<f64>,
    /// Dead rows of the job table at most.
    pub dead_tuples_max: Option<u64>,
    /// The job table at its largest, its indexes left out.
    pub table_bytes_max: Option<u64>,
    /// Its indexes at their largest.
    pub index_bytes_max: Option<u64>,
    /// How long the oldest transaction had been open at most, in microseconds.
    pub oldest_transaction_max_us: Option<u64>,
    /// How many transactions old the oldest snapshot was at most.
    pub xmin_age_max: Option<u64>,
    /// Calls of the run's statements, and what they took in the server.
    pub statements: BTreeMap<Statement, StatementCounts>,
}

/// Something that queries waited for.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Wait {
    /// What, as `type:event`, or `CPU` for those that ran.
    pub event: String,
    /// How many did on average at any time.
    pub queries_mean: f64,
}

impl ObservedDatabase {
    /// One that has every figure, each nothing.
    pub(crate) fn of_every_figure() -> Self {
        let (none, statements) =
            (Some(0), Statement::ALL.map(|statement| (statement, StatementCounts::default())));
        let sample = DatabaseSample {
            notify_lock_waiters: none,
            notify_queue_usage: Some(0.0),
            live_tuples: none,
            dead_tuples: none,
            table_bytes: none,
            index_bytes: none,
            transactions: none,
            wal_bytes: none,
            checkpoints: none,
            oldest_transaction_us: none,
            xmin_age: none,
            statements: statements.into(),
            over_us: 1,
            waits: [("CPU".to_owned(), 0)].into(),
            ..DatabaseSample::default()
        };
        Self::new(Vec::new(), vec![sample], 0..1)
    }

    /// What was seen in a run of which these seconds were measured.
    #[must_use]
    pub fn new(missing: Vec<String>, series: Vec<DatabaseSample>, measured: Range<u64>) -> Self {
        let seen_to = series.last().map_or(0, |last| last.second.saturating_add(1));
        // What came after the last sample that is kept was not unseen.
        let whole = if series.len() < SAMPLES_MAX { seen_to.max(measured.end) } else { seen_to };
        let unseen = whole.saturating_sub(series.len() as u64);
        let within: Vec<&DatabaseSample> =
            series.iter().filter(|sample| measured.contains(&sample.second)).collect();
        let measured = MeasuredDatabase::of(&within);
        Self { missing, unseen, measured, series }
    }
}

impl MeasuredDatabase {
    fn of(samples: &[&DatabaseSample]) -> Self {
        let most = |of: fn(&DatabaseSample) -> Option<u64>| samples.iter().filter_map(|s| of(s)).max();
        let sum = |of: fn(&DatabaseSample) -> Option<u64>| {
            samples.iter().filter_map(|s| of(s)).reduce(u64::saturating_add)
        };
        let rate = |of: fn(&DatabaseSample) -> Option<u64>| {
            let over: Duration = samples.iter().filter(|s| of(s).is_some()).map(|s| s.over()).sum();
            sum(of).filter(|_| !over.is_zero()).map(|count| count as f64 / over.as_secs_f64())
        };
        let seen = samples.iter().filter(|sample| sample.notify_lock_waiters.is_some()).count();
        Self {
            samples: samples.len() as u64,
            transactions_per_s: rate(|sample| sample.transactions),
            wal_bytes_per_s: rate(|sample| sample.wal_bytes),
            checkpoints: sum(|sample| sample.checkpoints),
            connections_max: most(|sample| Some(sample.connected())),
            waits: waits(samples),
            notify_lock_waiters_mean: sum(|sample| sample.notify_lock_waiters)
                .map(|waiters| waiters as f64 / seen as f64),
            notify_lock_waiters_max: most(|sample| sample.notify_lock_waiters),
            notify_queue_usage_max: samples.iter().filter_map(|s| s.notify_queue_usage).reduce(f64::max),
            dead_tuples_max: most(|sample| sample.dead_tuples),
            table_bytes_max: most(|sample| sample.table_bytes),
            index_bytes_max: most(|sample| sample.index_bytes),
            oldest_transaction_max_us: most(|sample| sample.oldest_transaction_us),
            xmin_age_max: most(|sample| sample.xmin_age),
            statements: statements(samples),
        }
    }
}

fn waits(samples: &[&DatabaseSample]) -> Vec<Wait> {
    let mut seen: BTreeMap<&str, u64> = BTreeMap::new();
    for (event, waiting) in samples.iter().flat_map(|sample| &sample.waits) {
        let seen = seen.entry(event).or_default();
        *seen = seen.saturating_add(*waiting);
    }
    let mut waits: Vec<Wait> = seen
        .into_iter()
        .map(|(event, times)| Wait {
            event: event.to_owned(),
            queries_mean: times as f64 / samples.len() as f64,
        })
        .collect();
    waits.sort_by(|a, b| b.queries_mean.total_cmp(&a.queries_mean));
    waits
}

fn statements(samples: &[&DatabaseSample]) -> BTreeMap<Statement, StatementCounts> {
    let mut ran: BTreeMap<Statement, (u64, Duration)> = BTreeMap::new();
    for (statement, counts) in samples.iter().flat_map(|sample| &sample.statements) {
        let ran = ran.entry(*statement).or_default();
        ran.0 = ran.0.saturating_add(counts.calls);
        ran.1 = ran.1.saturating_add(counts.total());
    }
    ran.into_iter().map(|(statement, (calls, took))| (statement, StatementCounts::of(calls, took))).collect()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    fn sample(second: u64, over_s: u64, transactions: u64, waiters: u64) -> DatabaseSample {
        DatabaseSample {
            second,
            over_us: over_s * 1_000_000,
            connections: [("active".to_owned(), waiters), ("idle".to_owned(), 2)].into(),
            waits: [("Lock:object".to_owned(), waiters)].into(),
            notify_lock_waiters: Some(waiters),
            transactions: Some(transactions),
            statements: [(
                Statement::Acquire,
                StatementCounts::of(transactions, Duration::from_micros(transactions * second)),
            )]
            .into(),
            ..DatabaseSample::default()
        }
    }

    #[test]
    fn the_measured_part_is_summed_up_and_gaps_are_counted() {
        let series =
            vec![sample(0, 1, 9_000, 9), sample(1, 1, 100, 1), sample(4, 3, 500, 3), sample(5, 1, 7, 0)];
        let observed = ObservedDatabase::new(Vec::new(), series, 1..5);
        assert_eq!(observed.unseen, 2, "seconds 2 and 3");
        let measured = observed.measured;
        assert_eq!(measured.samples, 2);
        assert_eq!(measured.transactions_per_s, Some(150.0), "600 in four seconds");
        assert_eq!(measured.notify_lock_waiters_max, Some(3));
        assert_eq!(measured.notify_lock_waiters_mean, Some(2.0));
        assert_eq!(measured.connections_max, Some(5));
        assert_eq!(measured.waits, [Wait { event: "Lock:object".to_owned(), queries_mean: 2.0 }]);
        let acquire = measured.statements[&Statement::Acquire];
        assert_eq!(acquire.calls, 600);
        assert!((acquire.mean_us - 2_100.0 / 600.0).abs() < 1e-6, "{acquire:?}");
        assert_eq!((measured.wal_bytes_per_s, measured.dead_tuples_max), (None, None));
    }

    #[test]
    fn a_database_that_never_answered_was_unseen_for_the_whole_run() {
        let observed = ObservedDatabase::new(Vec::new(), Vec::new(), 2..30);
        assert_eq!(observed.unseen, 30);
        assert_eq!(observed.measured, MeasuredDatabase::default());
    }

    #[test]
    fn what_a_report_says_is_read_back() {
        let observed = ObservedDatabase::new(vec!["a".to_owned()], vec![sample(0, 1, 3, 1)], 0..1);
        let json = serde_json::to_string(&observed).unwrap();
        assert!(json.contains(r#""statements":{"acquire":{"calls":3,"#), "{json}");
        assert_eq!(serde_json::from_str::<ObservedDatabase>(&json).unwrap(), observed);
    }
}
