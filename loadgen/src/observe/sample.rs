//! What Postgres looks like beside the load, about once a second.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::statements::Statement;

/// So many samples of a run are kept, the first ones: as many as a day has seconds.
pub const SAMPLES_MAX: usize = 86_400;

/// One look at the database of a run.
///
/// Counts are of what happened since the look before, and [`over_us`](Self::over_us) says how long that is: about a
/// second, and more where the database did not answer in between, so that whole seconds have no sample. What can't
/// be seen is absent; why is said once for the run.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DatabaseSample {
    /// The second of the run that had just ended, from 0.
    pub second: u64,
    /// How long before this the last look was, in microseconds.
    pub over_us: u64,
    /// Client connections to the run's database by state, such as `idle in transaction`; `unknown` are others' whose
    /// state this role may not see. The tool's own are left out.
    pub connections: BTreeMap<String, u64>,
    /// Those of them whose query was under way by what it waited for, as `type:event`, or `CPU` when for nothing.
    pub waits: BTreeMap<String, u64>,
    /// Transactions of any database of the server that wait for the lock under which those with a NOTIFY commit.
    pub notify_lock_waiters: Option<u64>,
    /// How full the queue of notices is, 0 to 1.
    pub notify_queue_usage: Option<f64>,
    /// Live rows of the job table, as the server's statistics estimate.
    pub live_tuples: Option<u64>,
    /// Dead rows of the job table that no vacuum has removed yet, as the server's statistics estimate.
    pub dead_tuples: Option<u64>,
    /// What the job table takes on the disk, its indexes left out.
    pub table_bytes: Option<u64>,
    /// What the job table's indexes take on the disk.
    pub index_bytes: Option<u64>,
    /// Transactions of the run's database that ended, about as many as the tool's own queries left out. Servers
    /// count them up to a second late.
    pub transactions: Option<u64>,
    /// Write-ahead log that the whole server wrote.
    pub wal_bytes: Option<u64>,
    /// Checkpoints that began.
    pub checkpoints: Option<u64>,
    /// How long the oldest transaction of the run's database has been open, in microseconds; 0 when none is.
    pub oldest_transaction_us: Option<u64>,
    /// How many transactions old the oldest snapshot is that the run's database must keep rows for; 0 when none is.
    pub xmin_age: Option<u64>,
    /// The run's statements as `pg_stat_statements` counts them.
    pub statements: BTreeMap<Statement, StatementCounts>,
    /// The tool's own queries, which are in none of the counts above.
    pub own_queries: u64,
    /// How long the tool waited for their answers, in microseconds.
    pub own_us: u64,
}

/// How often a statement ran, and how long in the server.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct StatementCounts {
    /// How often.
    pub calls: u64,
    /// How long it took on average, planning left out, in microseconds; 0 when it didn't run.
    pub mean_us: f64,
}

impl StatementCounts {
    /// The counts of so many calls that took so long together.
    #[must_use]
    pub fn of(calls: u64, total: Duration) -> Self {
        let total_us = total.as_secs_f64() * 1e6;
        Self { calls, mean_us: if calls == 0 { 0.0 } else { total_us / calls as f64 } }
    }

    /// How long all calls took together.
    #[must_use]
    pub fn total(self) -> Duration {
        Duration::try_from_secs_f64(self.mean_us * self.calls as f64 / 1e6).unwrap_or_default()
    }
}

impl DatabaseSample {
    /// How long before this the last look was.
    #[must_use]
    pub fn over(&self) -> Duration {
        Duration::from_micros(self.over_us)
    }

    /// A count of what happened since the look before, as a rate.
    #[must_use]
    pub fn per_second(&self, count: u64) -> f64 {
        if self.over_us == 0 { 0.0 } else { count as f64 / self.over().as_secs_f64() }
    }

    /// The connections that there are.
    #[must_use]
    pub fn connected(&self) -> u64 {
        self.connections.values().fold(0, |sum: u64, more| sum.saturating_add(*more))
    }
}
