//! The tool's own eyes on the database, whose queries are counted apart from the load: the [`Observer`] asks and does
//! what the run needs, the [`Sampler`] looks once a second at what Postgres is doing beside the load.

mod eye;
mod figures;
mod sample;
mod sampler;
mod statements;
mod tally;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use acquirer::job::JobId;
use futures::TryStreamExt as _;
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, PgConnection, Row as _};
use tokio::sync::Mutex;

use crate::database::schema::LEASE_NAME;

pub use self::sample::{DatabaseSample, SAMPLES_MAX, StatementCounts};
pub use self::sampler::{Observation, Sampler};
pub use self::statements::Statement;
pub use self::tally::Tally;

/// How long a question may take before the connection counts as lost.
const PATIENCE: Duration = Duration::from_secs(5);

/// Asks the database what the load does not say.
pub struct Observer {
    options: PgConnectOptions,
    run: String,
    connection: Mutex<Option<PgConnection>>,
    tally: Arc<Tally>,
}

/// One row of the job table, as the audit reads it.
#[derive(Debug, Clone, Copy)]
pub struct AuditedRow {
    /// The job.
    pub id: JobId,
    /// Somebody acquired it.
    pub is_started: bool,
    /// It is over.
    pub is_completed: bool,
    /// It was canceled.
    pub is_canceled: bool,
}

fn observer_name(run: &str) -> String {
    format!("clearance {run} observer")
}

impl Observer {
    /// An observer of a run, whose connections all bear its id in their names.
    #[must_use]
    pub fn new(options: &PgConnectOptions, run: &str) -> Self {
        Self {
            options: options.clone().application_name(&observer_name(run)),
            run: run.to_owned(),
            connection: Mutex::default(),
            tally: Arc::default(),
        }
    }

    /// The name of a replica's listener connection.
    #[must_use]
    pub fn listener_name(&self, replica: usize) -> String {
        format!("clearance {} listener {replica}", self.run)
    }

    /// What the tool has asked so far, its sampler's questions included.
    #[must_use]
    pub fn tally(&self) -> &Tally {
        &self.tally
    }

    /// A sampler beside it, whose questions are counted with its own.
    #[must_use]
    pub fn sampler(&self) -> Sampler {
        let own = vec![observer_name(&self.run), LEASE_NAME.to_owned()];
        Sampler::new(&self.options, &format!("clearance {} sampler", self.run), own, Arc::clone(&self.tally))
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<(), sqlx::Error> {
        self.ask(async |connection| sqlx::query("SELECT 1").execute(connection).await.map(drop)).await
    }

    /// Terminates the listener connection of one replica, or of all; how many there were.
    pub async fn kill_listeners(&self, replica: Option<usize>) -> Result<u64, sqlx::Error> {
        let name = match replica {
            Some(replica) => self.listener_name(replica),
            None => format!("clearance {} listener %", self.run),
        };
        self.wake().await;
        self.ask(async move |connection| {
            let killed: i64 = sqlx::query_scalar(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                 WHERE datname = current_database() AND application_name LIKE $1",
            )
            .bind(&name)
            .fetch_one(connection)
            .await?;
            Ok(killed.unsigned_abs())
        })
        .await
    }

    /// Shows every row of the job table to `look`.
    pub async fn audit(&self, mut look: impl FnMut(AuditedRow)) -> Result<(), sqlx::Error> {
        self.wake().await;
        let mut held = self.connection.lock().await;
        let mut connection = match held.take() {
            Some(connection) => connection,
            None => self.options.connect().await?,
        };
        let _asking = self.tally.ask();
        let mut rows = sqlx::query(
            "SELECT id, started_at IS NOT NULL, completed_at IS NOT NULL, canceled_at IS NOT NULL
             FROM clearance.provisioner_jobs",
        )
        .fetch(&mut connection);
        while let Some(row) = rows.try_next().await? {
            look(AuditedRow {
                id: row.try_get(0)?,
                is_started: row.try_get(1)?,
                is_completed: row.try_get(2)?,
                is_canceled: row.try_get(3)?,
            });
        }
        drop(rows);
        *held = Some(connection);
        Ok(())
    }

    /// Finds out that the connection was lost since the last question, so that the next one makes another.
    async fn wake(&self) {
        let _ = self.ping().await;
    }

    /// Runs one query; the connection is kept only if it answered in time.
    async fn ask<T>(
        &self,
        question: impl AsyncFnOnce(&mut PgConnection) -> Result<T, sqlx::Error>,
    ) -> Result<T, sqlx::Error> {
        let mut held = self.connection.lock().await;
        let asked = async {
            let mut connection = match held.take() {
                Some(connection) => connection,
                None => self.options.connect().await?,
            };
            let _asking = self.tally.ask();
            let answer = question(&mut connection).await?;
            Ok((connection, answer))
        };
        let (connection, answer) = tokio::time::timeout(PATIENCE, asked).await.unwrap_or_else(|_| {
            let error = format!("no answer within {PATIENCE:?}");
            Err(sqlx::Error::Io(io::Error::new(io::ErrorKind::TimedOut, error)))
        })?;
        *held = Some(connection);
        Ok(answer)
    }
}
