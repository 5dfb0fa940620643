//! Looks at the database once a second while a run goes on.
//!
//! It has a connection and a task of its own, so that a database that is slow, paused or gone delays nobody: what
//! isn't answered leaves a gap, and the next look that succeeds says over how long it counts.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use sqlx::postgres::PgConnectOptions;
use tokio::time::{MissedTickBehavior, interval_at, timeout};

use super::eye::{Eye, Seen};
use super::figures::Figure;
use super::sample::{DatabaseSample, StatementCounts};
use super::tally::Tally;

/// How often the database is looked at.
const PERIOD: Duration = Duration::from_secs(1);
/// How long a look may take before its connection counts as lost.
const PATIENCE: Duration = Duration::from_secs(5);

/// What a sampler tells.
#[derive(Debug, Clone, PartialEq)]
pub enum Observation {
    /// What can't be seen, why, and what to do about it: told before the first sample, and when it changes.
    Missing(Vec<String>),
    /// A look at the database.
    Sample(Box<DatabaseSample>),
}

/// Looks at the database of a run.
pub struct Sampler {
    options: PgConnectOptions,
    own: Vec<String>,
    tally: Arc<Tally>,
    eye: Option<Eye>,
    before: Option<Look>,
}

/// What was seen, when, and what the tool itself had asked until then.
struct Look {
    at: Instant,
    seen: Seen,
    own_queries: u64,
    own_busy: Duration,
}

impl Sampler {
    /// A sampler that bears this name as a connection. The tool's own connections bear these, and aren't counted.
    #[must_use]
    pub fn new(options: &PgConnectOptions, name: &str, own: Vec<String>, tally: Arc<Tally>) -> Self {
        Self { options: options.clone().application_name(name), own, tally, eye: None, before: None }
    }

    /// Looks once, to count from there. Where this isn't done in time, counts begin with the first look that is.
    pub async fn begin(&mut self) {
        self.before = self.look_in_time().await;
    }

    /// Looks at the start of every second since `began`, for ever, and tells first what is missing.
    pub async fn follow(mut self, began: Instant, mut tell: impl FnMut(Instant, Observation)) {
        let mut ticks = interval_at(began.into(), PERIOD);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        let mut missing = None;
        loop {
            if let Some(eye) = &self.eye
                && missing.as_deref() != Some(eye.missing())
            {
                missing = Some(eye.missing().to_vec());
                tell(Instant::now(), Observation::Missing(eye.missing().to_vec()));
            }
            let tick = ticks.tick().await.into_std();
            // An answer that was late was of this second already.
            if self.before.as_ref().is_some_and(|before| tick < before.at + PERIOD / 2) {
                continue;
            }
            let Some(look) = self.look_in_time().await else { continue };
            if let Some(before) = &self.before
                && let Some(sample) = sample(before, &look, began)
            {
                tell(look.at, Observation::Sample(Box::new(sample)));
            }
            self.before = Some(look);
        }
    }

    /// Looks once; whoever doesn't answer in time, or not well, loses the connection.
    async fn look_in_time(&mut self) -> Option<Look> {
        let eye = self.eye.take();
        match timeout(PATIENCE, self.look(eye)).await {
            Ok(Ok((eye, look))) => {
                self.eye = Some(eye);
                Some(look)
            }
            Ok(Err(error)) => {
                tracing::debug!(%error, "cannot look at the database");
                None
            }
            Err(_) => {
                tracing::debug!("the database does not answer a look");
                None
            }
        }
    }

    async fn look(&self, eye: Option<Eye>) -> Result<(Eye, Look), sqlx::Error> {
        let mut eye = match eye {
            Some(eye) => eye,
            None => Eye::open(&self.options, &self.own, &self.tally).await?,
        };
        let seen = eye.look(&self.tally).await?;
        let at = Instant::now();
        let (own_queries, own_busy) = (self.tally.queries(), self.tally.busy());
        Ok((eye, Look { at, seen, own_queries, own_busy }))
    }
}

/// What happened between two looks; `None` before the run's first second is over.
fn sample(before: &Look, now: &Look, began: Instant) -> Option<DatabaseSample> {
    let second = now.at.saturating_duration_since(began).as_secs().checked_sub(1)?;
    let own_queries = now.own_queries.saturating_sub(before.own_queries);
    let level = |figure: Figure| now.seen.figures[figure as usize];
    let count = |figure: Figure| level(figure).map(|level| level.max(0.0) as u64);
    let gone_up = |figure: Figure| rise(before.seen.figures[figure as usize]?, level(figure)?);
    let Seen { connections, waits, oldest_transaction, xmin_age, .. } = now.seen.clone();
    Some(DatabaseSample {
        second,
        over_us: now.at.saturating_duration_since(before.at).as_micros() as u64,
        connections,
        waits,
        notify_lock_waiters: count(Figure::NotifyLockWaiters),
        notify_queue_usage: level(Figure::NotifyQueueUsage),
        live_tuples: count(Figure::LiveTuples),
        dead_tuples: count(Figure::DeadTuples),
        table_bytes: count(Figure::TableBytes),
        index_bytes: count(Figure::IndexBytes),
        transactions: gone_up(Figure::Transactions).map(|all| all.saturating_sub(own_queries)),
        wal_bytes: gone_up(Figure::WalBytes),
        checkpoints: gone_up(Figure::Checkpoints),
        oldest_transaction_us: oldest_transaction.map(|oldest| oldest.as_micros() as u64),
        xmin_age,
        statements: statements(&before.seen, &now.seen),
        own_queries,
        own_us: now.own_busy.saturating_sub(before.own_busy).as_micros() as u64,
    })
}

/// By how much a count went up; unknown where it went down, because the server has lost it.
fn rise(before: f64, now: f64) -> Option<u64> {
    (now >= before).then_some((now - before) as u64)
}

/// How often each statement ran between two looks.
fn statements(before: &Seen, now: &Seen) -> BTreeMap<super::Statement, StatementCounts> {
    let mut ran: BTreeMap<super::Statement, (u64, Duration)> = BTreeMap::new();
    for (id, calls) in &now.statements {
        let (mut since, mut took) = (calls.calls, calls.took);
        // Counts that went down were begun anew.
        if let Some(known) = before.statements.get(id).filter(|known| known.calls <= calls.calls) {
            since -= known.calls;
            took = took.saturating_sub(known.took);
        }
        let ran = ran.entry(calls.statement).or_default();
        ran.0 += since;
        ran.1 += took;
    }
    ran.into_iter().map(|(statement, (calls, took))| (statement, StatementCounts::of(calls, took))).collect()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::super::Statement;
    use super::super::eye::Ran;
    use super::super::figures::FIGURES;
    use super::*;

    fn look(at: Instant, transactions: f64, calls: u64, own_queries: u64) -> Look {
        let mut figures = vec![None; FIGURES.len()];
        figures[Figure::Transactions as usize] = Some(transactions);
        let took = Duration::from_micros(100 * calls);
        let acquired = Ran { statement: Statement::Acquire, calls, took };
        let seen = Seen { figures, statements: [(7, acquired)].into(), ..Seen::default() };
        Look { at, seen, own_queries, own_busy: Duration::from_millis(own_queries) }
    }

    #[test]
    fn counts_are_of_the_time_between_two_looks_without_the_tools_own() {
        let began = Instant::now();
        let at = |ms| began + Duration::from_millis(ms);
        let sample = |before, now| super::sample(&before, &now, began).unwrap();
        let second = sample(look(at(1_002), 1_000.0, 50, 10), look(at(2_004), 1_503.0, 300, 13));
        assert_eq!((second.second, second.over_us), (1, 1_002_000));
        assert_eq!(second.transactions, Some(500));
        assert_eq!((second.own_queries, second.own_us), (3, 3_000));
        let acquire = second.statements[&Statement::Acquire];
        assert_eq!(acquire.calls, 250);
        assert!((acquire.mean_us - 100.0).abs() < 1e-6, "{acquire:?}");
        assert_eq!(acquire.total(), Duration::from_millis(25));
        // What this server doesn't tell is absent, not zero.
        assert_eq!((second.wal_bytes, second.dead_tuples), (None, None));
        // After a gap the count is of all of it, and so is the rate.
        let gap = sample(look(at(2_000), 0.0, 0, 0), look(at(7_000), 1_000.0, 0, 0));
        assert_eq!((gap.second, gap.over_us), (6, 5_000_000));
        assert!((gap.per_second(gap.transactions.unwrap()) - 200.0).abs() < 1e-9);
    }

    #[test]
    fn counts_that_the_server_has_lost_are_no_rates() {
        let began = Instant::now();
        let at = |s| began + Duration::from_secs(s);
        let sample = super::sample(&look(at(1), 9_000.0, 700, 0), &look(at(2), 40.0, 30, 0), began).unwrap();
        assert_eq!(sample.transactions, None);
        assert_eq!(sample.statements[&Statement::Acquire].calls, 30, "since they were begun anew");
        assert_eq!(super::sample(&look(began, 0.0, 0, 0), &look(began, 5.0, 0, 0), began), None);
    }
}
