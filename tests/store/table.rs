//! Both tables behind one face, and how the tests look into them.

use std::sync::Arc;

use acquirer::job::{Job, JobId, ProvisionerType, Tags, WorkerId};
use acquirer::store::postgres::schema;
use acquirer::store::{AcquireRequest, JobTable, MemoryStore, NewJob, PostgresStore};
use chrono::{DateTime, Utc};
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, PgConnection};
use uuid::Uuid;

use crate::cluster::database;

/// A row as the tests look at it.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub(crate) struct Row {
    pub(crate) started_at: Option<DateTime<Utc>>,
    pub(crate) canceled_at: Option<DateTime<Utc>>,
    pub(crate) completed_at: Option<DateTime<Utc>>,
    pub(crate) error: Option<String>,
    pub(crate) worker_id: Option<WorkerId>,
}

/// A table that the tests can look into.
pub(crate) trait Table {
    fn store(&self) -> Arc<dyn JobTable>;

    async fn row(&self, id: JobId) -> Row;

    async fn take(&self, workers: &[WorkerId], types: &[ProvisionerType], tags: &Tags) -> Vec<Job> {
        self.store().acquire(AcquireRequest { workers, types, tags }).await.unwrap()
    }

    /// The job that one worker with `tags` gets.
    async fn take_one(&self, tags: &Tags) -> Option<Job> {
        self.take(&[Uuid::new_v4()], &ProvisionerType::ALL, tags).await.pop()
    }

    async fn put(&self, job: NewJob) -> JobId {
        let id = job.id;
        self.store().insert(&[job]).await.unwrap();
        id
    }
}

pub(crate) struct Memory(MemoryStore);

impl Memory {
    pub(crate) fn new() -> Self {
        Self(MemoryStore::new())
    }
}

impl Table for Memory {
    fn store(&self) -> Arc<dyn JobTable> {
        Arc::new(self.0.clone())
    }

    async fn row(&self, id: JobId) -> Row {
        let row = self.0.rows().into_iter().find(|row| row.job.id == id).unwrap();
        Row {
            started_at: row.started_at,
            canceled_at: row.canceled_at,
            completed_at: row.completed_at,
            error: row.error,
            worker_id: row.worker,
        }
    }
}

/// The store under test, with the way to its database.
pub(crate) struct Postgres {
    pub(crate) store: PostgresStore,
    pub(crate) options: PgConnectOptions,
}

impl Postgres {
    pub(crate) async fn new() -> Self {
        Self::with_connections(4).await
    }

    pub(crate) async fn with_connections(connections_max: usize) -> Self {
        let options = database().await;
        schema::install(&mut options.connect().await.unwrap()).await.unwrap();
        let named = options.clone().application_name("store");
        let store = PostgresStore::connect(named, connections_max).await.unwrap();
        Self { store, options }
    }

    /// A connection that isn't the store's.
    pub(crate) async fn connection(&self) -> PgConnection {
        self.options.connect().await.unwrap()
    }
}

impl Table for Postgres {
    fn store(&self) -> Arc<dyn JobTable> {
        Arc::new(self.store.clone())
    }

    async fn row(&self, id: JobId) -> Row {
        sqlx::query_as(
            "SELECT started_at, canceled_at, completed_at, error, worker_id
            FROM clearance.provisioner_jobs WHERE id = $1",
        )
        .bind(id)
        .fetch_one(&mut self.connection().await)
        .await
        .unwrap()
    }
}

/// A job for `echo`.
pub(crate) fn echo(tags: &Tags) -> NewJob {
    NewJob::new(Uuid::new_v4(), ProvisionerType::Echo, tags.clone())
}

pub(crate) fn tags<const N: usize>(pairs: [(&str, &str); N]) -> Tags {
    Tags::from_pairs(pairs).unwrap()
}
