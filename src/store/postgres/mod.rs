//! The job table in Postgres, in the schema `clearance` and nowhere else.
//!
//! Every method is one autocommitted statement on a connection of the store's own: at most N of them, idle
//! ones on a stack, handed out without asking the server whether they are alive. After an error a connection
//! is closed and the next one is made anew, and a future dropped in the middle of a query closes its
//! connection. The same goes for an answer that doesn't come in time. Nothing is retried here: the caller knows
//! what an unknown outcome means to it, and can have an acquire of that kind undone.
//!
//! It isn't sqlx's pool, since that one spends a round trip on a ping before each query, and in hot loops ran
//! at a third to a half of the rate of a connection held for good, which comes up to pgbench's.
//!
//! [`schema`] creates the table. `INDEXES.md` beside this file holds the plans behind its indexes.

pub mod acquire;
mod claims;
mod connections;
pub mod queries;
pub mod schema;
pub mod statements;

use std::sync::Arc;
use std::time::Duration;

use chrono::Utc;
use futures::future::BoxFuture;
use futures::{FutureExt, TryStreamExt as _};
use sqlx::postgres::{PgConnectOptions, PgRow};
use sqlx::types::Json;
use sqlx::{Executor as _, PgConnection, Row};
use uuid::Uuid;

use self::connections::{Connections, leaves_outcome_unknown};
use self::queries::{DomainQueries, Query};
use super::stamps::{Stamps, stamp};
use super::{AcquireRequest, Claim, JobStore, JobTable, NewJob, StoreError};
use crate::job::{Job, JobId, Posting, ProvisionerType, Tags, UnknownProvisioner, WorkerId};
use crate::pubsub::JOB_POSTED_CHANNEL;
use crate::pubsub::postgres::{PAYLOAD_BYTES_MAX, check_payload};

pub(crate) use self::connections::{connect, ends_connections, within};

/// How long an answer is waited for unless told otherwise: longer than a server takes that lives.
const PATIENCE: Duration = Duration::from_secs(30);

/// The job table in Postgres; clones share the connections.
#[derive(Clone)]
pub struct PostgresStore {
    connections: Arc<Connections>,
    queries: Arc<DomainQueries>,
    stamps: Arc<Stamps>,
}

impl std::fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Options hold a password.
        f.debug_struct("PostgresStore").finish_non_exhaustive()
    }
}

impl PostgresStore {
    /// A store that keeps up to `connections_max` connections (one at least), each made when it is needed first.
    ///
    /// The caller chooses the `application_name` in `options`.
    #[must_use]
    pub fn new(options: PgConnectOptions, connections_max: usize) -> Self {
        Self::with_patience(options, connections_max, PATIENCE)
    }

    /// As [`new`](Self::new), with another bound than 30 s on the wait for an answer. Past it the connection is
    /// given up, and the outcome of what was asked is unknown.
    #[must_use]
    pub fn with_patience(options: PgConnectOptions, connections_max: usize, patience: Duration) -> Self {
        let connections = Connections::new(options.options(statements::SETTINGS), connections_max, patience);
        Self { connections: Arc::new(connections), queries: Arc::default(), stamps: Arc::default() }
    }

    /// As [`new`](Self::new), and makes one connection, so that a server out of reach shows at once.
    pub async fn connect(options: PgConnectOptions, connections_max: usize) -> Result<Self, StoreError> {
        let store = Self::new(options, connections_max);
        let lease = store.connections.lease().await.map_err(|error| failed("connect", error))?;
        lease.settle(Ok(())).map_err(|error| failed("connect", error))?;
        Ok(store)
    }

    /// Connects with these options from now on, as after a failover: idle connections are closed, those in use
    /// when their query has ended. No query fails of it.
    pub fn redirect(&self, options: PgConnectOptions) {
        self.connections.redirect(options.options(statements::SETTINGS));
    }

    /// Closes the connections. Queries under way end first; later ones fail.
    pub async fn close(&self) {
        self.connections.close().await;
    }

    /// Inserts the jobs and posts each in the same transaction, so that the postings are delivered when the
    /// rows are committed and not before; nothing happens when either fails.
    pub async fn insert_and_post(&self, jobs: &[NewJob]) -> Result<(), StoreError> {
        if jobs.is_empty() {
            return Ok(());
        }
        let payloads = payloads(jobs)?;
        let query =
            self.insert_query(statements::INSERT_AND_POST, jobs).bind(JOB_POSTED_CHANNEL).bind(payloads);
        self.execute("insert and post jobs", query).await?;
        Ok(())
    }

    /// Posts jobs that are committed, in one round trip.
    pub async fn announce(&self, jobs: &[NewJob]) -> Result<(), StoreError> {
        if jobs.is_empty() {
            return Ok(());
        }
        let query = sqlx::query(statements::POST).bind(JOB_POSTED_CHANNEL).bind(payloads(jobs)?);
        self.execute("post jobs", query).await?;
        Ok(())
    }

    fn insert_query(&self, statement: &'static str, jobs: &[NewJob]) -> Query {
        let column = |of: fn(&NewJob) -> Uuid| jobs.iter().map(of).collect::<Vec<_>>();
        sqlx::query(statement)
            .bind(column(|job| job.id))
            .bind(self.stamps.take(jobs.len()).collect::<Vec<_>>())
            .bind(column(|job| job.organization_id))
            .bind(column(|job| job.initiator_id))
            .bind(jobs.iter().map(|job| job.provisioner.as_str()).collect::<Vec<_>>())
            .bind(jobs.iter().map(|job| job.kind.clone()).collect::<Vec<_>>())
            .bind(jobs.iter().map(|job| Json(job.input.clone())).collect::<Vec<_>>())
            .bind(jobs.iter().map(|job| Json(job.tags.clone())).collect::<Vec<_>>())
    }

    /// Runs a statement; how many rows it changed.
    async fn execute(&self, what: &str, query: Query) -> Result<u64, StoreError> {
        let mut lease = self.connections.lease().await.map_err(|error| failed(what, error))?;
        let (connection, watch) = lease.connection();
        let result = watch.within(query.execute(connection)).await;
        lease.settle(result).map(|done| done.rows_affected()).map_err(|error| failed(what, error))
    }

    async fn finish(
        &self,
        what: &str,
        job: JobId,
        worker: WorkerId,
        error: Option<String>,
    ) -> Result<bool, StoreError> {
        let query = sqlx::query(statements::FINISH).bind(job).bind(worker).bind(Utc::now()).bind(error);
        Ok(self.execute(what, query).await? > 0)
    }
}

impl JobStore for PostgresStore {
    fn acquire<'a>(&'a self, request: AcquireRequest<'a>) -> BoxFuture<'a, Result<Vec<Job>, StoreError>> {
        async move {
            let failed = |error| failed("acquire a job", error);
            if request.workers.is_empty() {
                return Ok(Vec::new());
            }
            let started_at_us = self.stamps.one_us();
            let query = self.queries.of(request.types, request.tags).map_err(failed)?;
            let query = query.for_workers(request.workers, started_at_us).map_err(failed)?;
            let mut lease = self.connections.lease().await.map_err(failed)?;
            let session = lease.session();
            let (connection, watch) = lease.connection();
            let rows = watch.within(rows(query, connection)).await;
            let rows = lease.settle(rows).map_err(|error| {
                let is_unknown = leaves_outcome_unknown(&error);
                let claim = || Claim::new(request.workers.to_vec(), stamp(started_at_us)).in_session(session);
                if is_unknown { failed(error).of_unknown_outcome(claim()) } else { failed(error) }
            })?;
            let mut jobs = rows.iter().map(acquire::read).collect::<Result<Vec<_>, _>>().map_err(failed)?;
            jobs.sort_by_key(|job| (job.created_at, job.id));
            Ok(jobs)
        }
        .boxed()
    }

    fn release(&self, job: JobId, worker: WorkerId) -> BoxFuture<'_, Result<bool, StoreError>> {
        let query = sqlx::query(statements::RELEASE).bind(job).bind(worker).bind(Utc::now());
        async move { Ok(self.execute("release a job", query).await? > 0) }.boxed()
    }

    fn available<'a>(
        &'a self,
        types: &'a [ProvisionerType],
        tags: &'a Tags,
        most: usize,
    ) -> BoxFuture<'a, Result<Vec<Posting>, StoreError>> {
        async move {
            let failed = |error| failed("look for available jobs", error);
            let types: Vec<&str> = types.iter().map(|kind| kind.as_str()).collect();
            let most = i64::try_from(most).unwrap_or(i64::MAX);
            let query = sqlx::query(statements::AVAILABLE).bind(types).bind(Json(tags)).bind(most);
            let mut lease = self.connections.lease().await.map_err(failed)?;
            let (connection, watch) = lease.connection();
            let rows = watch.within(query.fetch_all(connection)).await;
            let rows = lease.settle(rows).map_err(failed)?;
            rows.iter().map(read_posting).collect::<Result<_, _>>().map_err(failed)
        }
        .boxed()
    }

    fn release_claim<'a>(&'a self, claim: &'a Claim) -> BoxFuture<'a, Result<Vec<Posting>, StoreError>> {
        self.undo(claim).boxed()
    }
}

impl JobTable for PostgresStore {
    fn insert<'a>(&'a self, jobs: &'a [NewJob]) -> BoxFuture<'a, Result<(), StoreError>> {
        async move {
            if jobs.is_empty() {
                return Ok(());
            }
            self.execute("insert jobs", self.insert_query(statements::INSERT, jobs)).await?;
            Ok(())
        }
        .boxed()
    }

    fn complete(&self, job: JobId, worker: WorkerId) -> BoxFuture<'_, Result<bool, StoreError>> {
        self.finish("complete a job", job, worker, None).boxed()
    }

    fn fail<'a>(
        &'a self,
        job: JobId,
        worker: WorkerId,
        error: &'a str,
    ) -> BoxFuture<'a, Result<bool, StoreError>> {
        // Postgres stores no NUL, and a job must be able to fail with whatever its error says.
        let error = error.replace('\0', "\u{fffd}");
        self.finish("fail a job", job, worker, Some(error)).boxed()
    }

    fn cancel(&self, job: JobId) -> BoxFuture<'_, Result<bool, StoreError>> {
        let query = sqlx::query(statements::CANCEL).bind(job).bind(Utc::now());
        async move { Ok(self.execute("cancel a job", query).await? > 0) }.boxed()
    }
}

/// All rows of a query, when it is committed. What `fetch_all` puts two streams around, on every job's way.
async fn rows(query: Query, connection: &mut PgConnection) -> Result<Vec<PgRow>, sqlx::Error> {
    let mut answers = connection.fetch_many(query);
    let mut rows = Vec::new();
    while let Some(answer) = answers.try_next().await? {
        rows.extend(answer.right());
    }
    Ok(rows)
}

/// Postgres folds equal payloads of one transaction; each names its job, so none are equal.
fn payloads(jobs: &[NewJob]) -> Result<Vec<String>, StoreError> {
    let payload = |job: &NewJob| {
        let payload = job.posting().payload();
        match check_payload(&payload) {
            Ok(()) => Ok(payload),
            Err(_) => Err(StoreError::new(format!(
                "cannot post job {}: its payload has {} bytes and NOTIFY carries {PAYLOAD_BYTES_MAX}; shorten its tags",
                job.id,
                payload.len()
            ))),
        }
    };
    jobs.iter().map(payload).collect()
}

fn read_posting(row: &PgRow) -> Result<Posting, sqlx::Error> {
    let provisioner: String = row.try_get("provisioner")?;
    let provisioner =
        provisioner.parse().map_err(|error: UnknownProvisioner| sqlx::Error::Decode(error.into()))?;
    let Json(tags) = row.try_get::<Json<Tags>, _>("tags")?;
    Ok(Posting { provisioner, tags, job_id: Some(row.try_get("id")?) })
}

fn failed(what: &str, error: sqlx::Error) -> StoreError {
    // 3F000: no such schema; 42P01: no such table; 42704: no such type.
    let missing = matches!(
        error.as_database_error().and_then(sqlx::error::DatabaseError::code).as_deref(),
        Some("3F000" | "42P01" | "42704")
    );
    let advice = if missing { ": the schema is missing; install it first" } else { "" };
    StoreError::caused_by(format!("cannot {what}{advice}"), error)
}
