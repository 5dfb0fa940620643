//! The tool's own eye on the database: one connection, whose queries are counted apart from the load.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use acquirer::job::JobId;
use futures::TryStreamExt as _;
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, PgConnection, Row as _};
use tokio::sync::Mutex;

/// How long a question may take before the connection counts as lost.
const PATIENCE: Duration = Duration::from_secs(5);

/// Asks the database what the load does not say.
pub struct Observer {
    options: PgConnectOptions,
    run: String,
    connection: Mutex<Option<PgConnection>>,
    queries: AtomicU64,
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

impl Observer {
    /// An observer of a run, whose connections all bear its id in their names.
    #[must_use]
    pub fn new(options: &PgConnectOptions, run: &str) -> Self {
        Self {
            options: options.clone().application_name(&format!("clearance {run} observer")),
            run: run.to_owned(),
            connection: Mutex::default(),
            queries: AtomicU64::new(0),
        }
    }

    /// The name of a replica's listener connection.
    #[must_use]
    pub fn listener_name(&self, replica: usize) -> String {
        format!("clearance {} listener {replica}", self.run)
    }

    /// How many queries it has made.
    #[must_use]
    pub fn queries(&self) -> u64 {
        self.queries.load(Ordering::Relaxed)
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
        let mut held = self.connection.lock().await;
        let mut connection = match held.take() {
            Some(connection) => connection,
            None => self.options.connect().await?,
        };
        self.queries.fetch_add(1, Ordering::Relaxed);
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

    /// Runs one query; the connection is kept only if it answered in time.
    async fn ask<T>(
        &self,
        question: impl AsyncFnOnce(&mut PgConnection) -> Result<T, sqlx::Error>,
    ) -> Result<T, sqlx::Error> {
        let mut held = self.connection.lock().await;
        self.queries.fetch_add(1, Ordering::Relaxed);
        let asked = async {
            let mut connection = match held.take() {
                Some(connection) => connection,
                None => self.options.connect().await?,
            };
            let answer = question(&mut connection).await?;
            Ok((connection, answer))
        };
        let (connection, answer) =
            tokio::time::timeout(PATIENCE, asked).await.unwrap_or_else(|_| Err(sqlx::Error::PoolTimedOut))?;
        *held = Some(connection);
        Ok(answer)
    }
}
