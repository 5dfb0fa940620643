//! The single figures of a server: how each is asked for, and which of them this server and role answer.

use sqlx::{AssertSqlSafe, Executor as _, PgConnection};

use super::tally::Tally;

/// A figure of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Figure {
    NotifyLockWaiters,
    NotifyQueueUsage,
    LiveTuples,
    DeadTuples,
    TableBytes,
    IndexBytes,
    Transactions,
    WalBytes,
    Checkpoints,
}

/// All of them, in the order of their declaration.
pub(super) const FIGURES: [Figure; 9] = [
    Figure::NotifyLockWaiters,
    Figure::NotifyQueueUsage,
    Figure::LiveTuples,
    Figure::DeadTuples,
    Figure::TableBytes,
    Figure::IndexBytes,
    Figure::Transactions,
    Figure::WalBytes,
    Figure::Checkpoints,
];

impl Figure {
    /// What it tells.
    fn what(self) -> &'static str {
        match self {
            Self::NotifyLockWaiters => "waiters for the lock of commits that notify",
            Self::NotifyQueueUsage => "how full the queue of notices is",
            Self::LiveTuples => "live rows",
            Self::DeadTuples => "dead rows",
            Self::TableBytes => "the table's size",
            Self::IndexBytes => "the indexes' size",
            Self::Transactions => "transactions",
            Self::WalBytes => "write-ahead log",
            Self::Checkpoints => "checkpoints",
        }
    }

    /// How a server of this version is asked.
    fn question(self, version: i32) -> &'static str {
        const CHECKPOINTER: i32 = 170_000;
        match self {
            // PreCommit_Notify locks "database 0". It is seen without any rights, and told from locks on other objects.
            Self::NotifyLockWaiters => {
                "SELECT count(*) FROM pg_locks WHERE locktype = 'object' AND NOT granted AND database = 0
                    AND classid = 'pg_database'::regclass AND objid = 0"
            }
            Self::NotifyQueueUsage => "SELECT pg_notification_queue_usage()",
            Self::LiveTuples => "SELECT pg_stat_get_live_tuples('clearance.provisioner_jobs'::regclass)",
            Self::DeadTuples => "SELECT pg_stat_get_dead_tuples('clearance.provisioner_jobs'::regclass)",
            Self::TableBytes => "SELECT pg_table_size('clearance.provisioner_jobs'::regclass)",
            Self::IndexBytes => "SELECT pg_indexes_size('clearance.provisioner_jobs'::regclass)",
            Self::Transactions => {
                "SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = current_database()"
            }
            // The place in the log is up to date at once, other than pg_stat_wal, and every version has it.
            Self::WalBytes => {
                "SELECT CASE WHEN NOT pg_is_in_recovery() THEN pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0') END"
            }
            Self::Checkpoints if version >= CHECKPOINTER => {
                "SELECT num_timed + num_requested FROM pg_stat_checkpointer"
            }
            Self::Checkpoints => "SELECT checkpoints_timed + checkpoints_req FROM pg_stat_bgwriter",
        }
    }
}

/// The figures that a server answers, in one question.
pub(super) struct Figures {
    places: Vec<usize>,
    question: String,
}

impl Figures {
    /// Asks for each once; what is refused is put down as missing.
    pub(super) async fn probe(
        connection: &mut PgConnection,
        version: i32,
        tally: &Tally,
        missing: &mut Vec<String>,
    ) -> Result<Self, sqlx::Error> {
        let mut places = Vec::new();
        let mut columns = Vec::new();
        for (place, figure) in FIGURES.iter().enumerate() {
            let column = format!("({})::float8", figure.question(version));
            let asking = tally.ask();
            let answer = connection.execute(AssertSqlSafe(format!("SELECT {column}"))).await;
            drop(asking);
            match answer {
                Ok(_) => {
                    places.push(place);
                    columns.push(column);
                }
                Err(sqlx::Error::Database(refusal)) if is_lasting(refusal.code().as_deref()) => {
                    missing.push(format!("{}: {}", figure.what(), refusal.message()));
                }
                Err(error) => return Err(error),
            }
        }
        Ok(Self { places, question: format!("SELECT ARRAY[{}]::float8[]", columns.join(", ")) })
    }

    /// Asks for all that are answered, into their places.
    pub(super) async fn read(
        &self,
        connection: &mut PgConnection,
        tally: &Tally,
        figures: &mut [Option<f64>],
    ) -> Result<(), sqlx::Error> {
        let _asking = tally.ask();
        let question = AssertSqlSafe(self.question.clone());
        let values: Vec<Option<f64>> = sqlx::query_scalar(question).fetch_one(connection).await?;
        for (place, value) in self.places.iter().zip(values) {
            figures[*place] = value;
        }
        Ok(())
    }
}

/// Whether a refusal with this code is the server's or the role's nature, rather than of the moment.
fn is_lasting(code: Option<&str>) -> bool {
    // 42: access rules, and what isn't there; 0A: not supported; 55000: a library that isn't loaded.
    code.is_some_and(|code| code.starts_with("42") || code.starts_with("0A") || code == "55000")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_figure_stands_at_its_own_place() {
        for (place, figure) in FIGURES.into_iter().enumerate() {
            assert_eq!(figure as usize, place);
        }
    }
}
