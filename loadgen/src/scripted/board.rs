//! A job table whose answers take as long as a script says.

use std::sync::Arc;
use std::time::{Duration, Instant};

use acquirer::job::{Job, JobId, Posting, ProvisionerType, Tags, WorkerId};
use acquirer::pubsub::{MemoryPubSub, PubSub as _};
use acquirer::store::{AcquireRequest, Claim, JobStore, JobTable, MemoryStore, NewJob, StoreError};
use futures::FutureExt as _;
use futures::future::BoxFuture;

use crate::measure::{Recorder, now};
use crate::poster::Board;

use super::Script;

/// The table; clones share it.
#[derive(Clone)]
pub(super) struct ScriptedBoard {
    began: Instant,
    script: Arc<Script>,
    table: MemoryStore,
    /// Where each replica hears of jobs.
    ears: Arc<[MemoryPubSub]>,
    recorder: Arc<Recorder>,
}

impl ScriptedBoard {
    pub(super) fn new(began: Instant, script: Script, recorder: Arc<Recorder>, replicas: usize) -> Self {
        let ears = (0..replicas).map(|_| MemoryPubSub::new()).collect();
        Self { began, script: Arc::new(script), table: MemoryStore::new(), ears, recorder }
    }

    pub(super) fn ear(&self, replica: usize) -> MemoryPubSub {
        self.ears[replica].clone()
    }

    /// The end of the stall, if it is one, and then as long as an answer takes.
    async fn answer(&self, takes: Duration) {
        if let Some((from, to)) = self.script.stall
            && self.is_between(from, to)
        {
            tokio::time::sleep_until((self.began + to).into()).await;
        }
        if !takes.is_zero() {
            tokio::time::sleep(takes).await;
        }
    }

    fn is_between(&self, from: Duration, to: Duration) -> bool {
        (self.began + from..self.began + to).contains(&now())
    }
}

impl Board for ScriptedBoard {
    fn announce<'a>(&'a self, jobs: &'a [NewJob]) -> BoxFuture<'a, Result<(), StoreError>> {
        async move {
            self.answer(Duration::ZERO).await;
            let is_deaf = self.script.deaf.is_some_and(|(from, to)| self.is_between(from, to));
            for payload in jobs.iter().map(|job| job.posting().payload()) {
                for (replica, ear) in self.ears.iter().enumerate() {
                    if is_deaf {
                        self.recorder.notice_swallowed(replica, payload.as_bytes(), now());
                    } else {
                        ear.publish(&payload).await.map_err(|error| StoreError::new(error.to_string()))?;
                    }
                }
            }
            Ok(())
        }
        .boxed()
    }

    fn insert_and_announce<'a>(&'a self, jobs: &'a [NewJob]) -> BoxFuture<'a, Result<(), StoreError>> {
        async move {
            self.insert(jobs).await?;
            self.announce(jobs).await
        }
        .boxed()
    }
}

impl JobStore for ScriptedBoard {
    fn acquire<'a>(&'a self, request: AcquireRequest<'a>) -> BoxFuture<'a, Result<Vec<Job>, StoreError>> {
        async move {
            // Taken when the query begins: others pass over its rows while it is under way.
            self.answer(Duration::ZERO).await;
            let taken = self.table.acquire(request).await;
            self.answer(self.script.query).await;
            taken
        }
        .boxed()
    }

    fn release(&self, job: JobId, worker: WorkerId) -> BoxFuture<'_, Result<bool, StoreError>> {
        self.table.release(job, worker)
    }

    fn available<'a>(
        &'a self,
        types: &'a [ProvisionerType],
        tags: &'a Tags,
        most: usize,
    ) -> BoxFuture<'a, Result<Vec<Posting>, StoreError>> {
        self.table.available(types, tags, most)
    }

    fn release_claim<'a>(&'a self, claim: &'a Claim) -> BoxFuture<'a, Result<Vec<Posting>, StoreError>> {
        self.table.release_claim(claim)
    }
}

impl JobTable for ScriptedBoard {
    fn insert<'a>(&'a self, jobs: &'a [NewJob]) -> BoxFuture<'a, Result<(), StoreError>> {
        async move {
            self.answer(self.script.insert).await;
            self.table.insert(jobs).await
        }
        .boxed()
    }

    fn complete(&self, job: JobId, worker: WorkerId) -> BoxFuture<'_, Result<bool, StoreError>> {
        async move {
            self.answer(self.script.finish).await;
            self.table.complete(job, worker).await
        }
        .boxed()
    }

    fn fail<'a>(
        &'a self,
        job: JobId,
        worker: WorkerId,
        error: &'a str,
    ) -> BoxFuture<'a, Result<bool, StoreError>> {
        async move {
            self.answer(self.script.finish).await;
            self.table.fail(job, worker, error).await
        }
        .boxed()
    }

    fn cancel(&self, job: JobId) -> BoxFuture<'_, Result<bool, StoreError>> {
        self.table.cancel(job)
    }
}
