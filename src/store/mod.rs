//! The source of truth: a table of jobs from which each is taken once.
//!
//! [`JobStore`] is all that the acquirer needs. [`JobTable`] adds what posters and workers do with
//! the rest of a job's life. Postgres and memory implement both and pass the same tests.

mod claim;
mod memory;
#[cfg(feature = "postgres")]
pub mod postgres;
mod stamps;

use futures::future::BoxFuture;
use uuid::Uuid;

use crate::job::{Job, JobId, Posting, ProvisionerType, Tags, WorkerId};

pub use claim::Claim;
pub use memory::{JobRow, MemoryStore};
#[cfg(feature = "postgres")]
pub use postgres::PostgresStore;

/// One acquire query, for one clearance.
#[derive(Debug, Clone, Copy)]
pub struct AcquireRequest<'a> {
    /// Who the jobs are for: at most one job each, the oldest to the first. Never empty.
    pub workers: &'a [WorkerId],
    /// The types that the domain accepts.
    pub types: &'a [ProvisionerType],
    /// The tags that the domain's workers carry.
    pub tags: &'a Tags,
}

/// Takes jobs and gives them back.
pub trait JobStore: Send + Sync + 'static {
    /// Marks the oldest available jobs that fit as started, one for each worker at most, and returns
    /// them oldest first; empty when there are none. One atomic statement: rows that somebody else
    /// holds are skipped, and a job that was canceled while queued is never returned.
    ///
    /// After an error nothing was taken, unless it has a [`claim`](StoreError::claim): then the answer was lost,
    /// and whether jobs were taken is for [`release_claim`](Self::release_claim) to find out. A future that is
    /// dropped before it answers leaves that unknown for good, so that a runtime is to outlive its acquirers.
    fn acquire<'a>(&'a self, request: AcquireRequest<'a>) -> BoxFuture<'a, Result<Vec<Job>, StoreError>>;

    /// Makes a job that `worker` runs available again; `false` when `worker` doesn't run it (`W10`). One that
    /// was canceled meanwhile is over instead.
    fn release(&self, job: JobId, worker: WorkerId) -> BoxFuture<'_, Result<bool, StoreError>>;

    /// The notices of the oldest available jobs that fit, `most` at most (`W3`). Takes nothing, and names rows too
    /// that somebody holds.
    fn available<'a>(
        &'a self,
        types: &'a [ProvisionerType],
        tags: &'a Tags,
        most: usize,
    ) -> BoxFuture<'a, Result<Vec<Posting>, StoreError>>;

    /// Makes everything available again that a claim of unknown outcome took, and answers with a posting for each
    /// such job (`W3`). Jobs of other claims, and those that are over, are left alone; one that was canceled
    /// meanwhile is over instead. Afterwards the claim takes nothing any more, even if it was still under way.
    /// After an error it is to be called again with the same claim, and then still answers with every posting.
    fn release_claim<'a>(&'a self, claim: &'a Claim) -> BoxFuture<'a, Result<Vec<Posting>, StoreError>>;
}

/// The rest of a job's life.
pub trait JobTable: JobStore {
    /// Inserts the jobs in one transaction, and commits it. Posts nothing. A job that is there already is left
    /// alone, so that an insert of unknown outcome can be tried again.
    fn insert<'a>(&'a self, jobs: &'a [NewJob]) -> BoxFuture<'a, Result<(), StoreError>>;

    /// Marks a job that `worker` runs as completed; `false` when `worker` doesn't run it.
    fn complete(&self, job: JobId, worker: WorkerId) -> BoxFuture<'_, Result<bool, StoreError>>;

    /// Marks a job that `worker` runs as failed, with the error; `false` when `worker` doesn't run it.
    fn fail<'a>(
        &'a self,
        job: JobId,
        worker: WorkerId,
        error: &'a str,
    ) -> BoxFuture<'a, Result<bool, StoreError>>;

    /// Cancels a job. One that is queued is over at once, and will never be acquired; a running one is
    /// marked, and its worker finishes it. `false` when it was finished or canceled before.
    fn cancel(&self, job: JobId) -> BoxFuture<'_, Result<bool, StoreError>>;
}

/// A job to insert.
#[derive(Debug, Clone, PartialEq)]
pub struct NewJob {
    /// Its key.
    pub id: JobId,
    /// The type it needs.
    pub provisioner: ProvisionerType,
    /// The tags it demands.
    pub tags: Tags,
    /// The organization that owns it.
    pub organization_id: Uuid,
    /// Who asked for it.
    pub initiator_id: Uuid,
    /// Upstream's kind of job.
    pub kind: String,
    /// What the worker is to do.
    pub input: serde_json::Value,
}

impl NewJob {
    /// A job with a type and tags and nothing else to say.
    #[must_use]
    pub fn new(id: JobId, provisioner: ProvisionerType, tags: Tags) -> Self {
        Self {
            id,
            provisioner,
            tags,
            organization_id: Uuid::nil(),
            initiator_id: Uuid::nil(),
            kind: "workspace_build".to_owned(),
            input: serde_json::json!({}),
        }
    }

    /// The notice to publish once it is committed.
    #[must_use]
    pub fn posting(&self) -> Posting {
        Posting { provisioner: self.provisioner, tags: self.tags.clone(), job_id: Some(self.id) }
    }
}

/// The store could not answer.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{message}")]
pub struct StoreError {
    message: std::sync::Arc<str>,
    #[source]
    source: Option<std::sync::Arc<dyn std::error::Error + Send + Sync>>,
    claim: Option<std::sync::Arc<Claim>>,
}

impl StoreError {
    /// An error that only has words.
    #[must_use]
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into().into(), source: None, claim: None }
    }

    /// An error with what caused it.
    #[must_use]
    pub fn caused_by(
        message: impl Into<String>,
        source: impl std::error::Error + Send + Sync + 'static,
    ) -> Self {
        Self { message: message.into().into(), source: Some(std::sync::Arc::new(source)), claim: None }
    }

    /// The same error of an acquire whose answer was lost: what it took is unknown.
    #[must_use]
    pub fn of_unknown_outcome(self, claim: Claim) -> Self {
        Self { claim: Some(std::sync::Arc::new(claim)), ..self }
    }

    /// The claim that failed, when its outcome is unknown.
    #[must_use]
    pub fn claim(&self) -> Option<&std::sync::Arc<Claim>> {
        self.claim.as_ref()
    }
}
