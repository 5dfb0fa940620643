//! A job table in memory, for tests and simulations.
//!
//! It answers as the Postgres table does: oldest first, one job to one worker, canceled jobs never.
//! It isn't durable, and nobody ever holds a row in it: every call is atomic.

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use futures::FutureExt;
use futures::future::BoxFuture;

use super::stamps::Stamps;
use super::{AcquireRequest, Claim, JobStore, JobTable, NewJob, StoreError};
use crate::job::{Job, JobId, Posting, ProvisionerType, Tags, WorkerId};

/// A job table in memory; clones share the table.
#[derive(Debug, Clone, Default)]
pub struct MemoryStore {
    table: Arc<Mutex<Table>>,
    stamps: Arc<Stamps>,
}

/// One row of the table.
#[derive(Debug, Clone, PartialEq)]
pub struct JobRow {
    /// The job as it was inserted.
    pub job: NewJob,
    /// When it was inserted; the order in which jobs are handed out.
    pub created_at: DateTime<Utc>,
    /// When anything about it changed last.
    pub updated_at: DateTime<Utc>,
    /// When it was acquired.
    pub started_at: Option<DateTime<Utc>>,
    /// When it was canceled.
    pub canceled_at: Option<DateTime<Utc>>,
    /// When it was over: completed, failed, or canceled while it was queued.
    pub completed_at: Option<DateTime<Utc>>,
    /// What failed it.
    pub error: Option<String>,
    /// The worker that holds it or held it last.
    pub worker: Option<WorkerId>,
}

#[derive(Debug, Default)]
struct Table {
    rows: HashMap<JobId, JobRow>,
    /// Rows that may be acquired, in the order in which they are.
    available: BTreeSet<(DateTime<Utc>, JobId)>,
}

impl MemoryStore {
    /// An empty table.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// All rows, oldest first.
    #[must_use]
    pub fn rows(&self) -> Vec<JobRow> {
        let mut rows: Vec<JobRow> = self.table().rows.values().cloned().collect();
        rows.sort_by_key(|row| (row.created_at, row.job.id));
        rows
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        // No call leaves the table half changed, so that a panic elsewhere is no reason to refuse it.
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the row that `worker` runs; `false` when it runs none such.
    fn finish(&self, job: JobId, worker: WorkerId, error: Option<&str>) -> bool {
        let now = Utc::now();
        let mut table = self.table();
        let Some(row) = table.running(job, worker) else { return false };
        row.completed_at = Some(now);
        row.updated_at = now;
        row.error = error.map(str::to_owned);
        true
    }
}

impl Table {
    fn running(&mut self, job: JobId, worker: WorkerId) -> Option<&mut JobRow> {
        self.rows.get_mut(&job).filter(|row| {
            row.worker == Some(worker) && row.started_at.is_some() && row.completed_at.is_none()
        })
    }

    fn acquire(&mut self, request: AcquireRequest<'_>, now: DateTime<Utc>) -> Vec<Job> {
        let fitting: Vec<_> =
            self.fitting(request.types, request.tags).take(request.workers.len()).copied().collect();
        fitting
            .into_iter()
            .zip(request.workers)
            .filter_map(|(key, &worker)| {
                self.available.remove(&key);
                let row = self.rows.get_mut(&key.1)?;
                row.started_at = Some(now);
                row.updated_at = now;
                row.worker = Some(worker);
                Some(row.acquired(now, worker))
            })
            .collect()
    }

    /// Available rows that fit, oldest first.
    fn fitting<'a>(
        &'a self,
        types: &'a [ProvisionerType],
        tags: &'a Tags,
    ) -> impl Iterator<Item = &'a (DateTime<Utc>, JobId)> {
        self.available.iter().filter(|(_, id)| {
            let job = &self.rows[id].job;
            types.contains(&job.provisioner) && tags.satisfy(&job.tags)
        })
    }

    fn release(&mut self, job: JobId, worker: WorkerId) -> bool {
        let now = Utc::now();
        let Some(row) = self.running(job, worker) else { return false };
        row.started_at = None;
        row.worker = None;
        row.updated_at = now;
        if row.canceled_at.is_some() {
            row.completed_at = Some(now);
        } else {
            let key = (row.created_at, job);
            self.available.insert(key);
        }
        true
    }

    fn release_claim(&mut self, claim: &Claim) -> Vec<Posting> {
        let is_its = |row: &&JobRow| {
            row.started_at == Some(claim.started_at)
                && row.completed_at.is_none()
                && row.worker.is_some_and(|worker| claim.workers.contains(&worker))
        };
        let taken: Vec<(NewJob, WorkerId)> = self
            .rows
            .values()
            .filter(is_its)
            .filter_map(|row| Some((row.job.clone(), row.worker?)))
            .collect();
        let mut postings = Vec::new();
        for (job, worker) in taken {
            self.release(job.id, worker);
            if self.rows[&job.id].canceled_at.is_none() {
                postings.push(job.posting());
            }
        }
        postings
    }

    fn cancel(&mut self, job: JobId) -> bool {
        let now = Utc::now();
        let Some(row) = self.rows.get_mut(&job) else { return false };
        if row.canceled_at.is_some() || row.completed_at.is_some() {
            return false;
        }
        row.canceled_at = Some(now);
        row.updated_at = now;
        if row.started_at.is_none() {
            row.completed_at = Some(now);
            let key = (row.created_at, job);
            self.available.remove(&key);
        }
        true
    }

    fn insert(&mut self, jobs: &[NewJob], stamps: &Stamps) {
        for (job, created_at) in jobs.iter().zip(stamps.take(jobs.len())) {
            if let Entry::Vacant(row) = self.rows.entry(job.id) {
                row.insert(JobRow::queued(job.clone(), created_at));
                self.available.insert((created_at, job.id));
            }
        }
    }
}

impl JobRow {
    fn queued(job: NewJob, created_at: DateTime<Utc>) -> Self {
        Self {
            job,
            created_at,
            updated_at: created_at,
            started_at: None,
            canceled_at: None,
            completed_at: None,
            error: None,
            worker: None,
        }
    }

    fn acquired(&self, started_at: DateTime<Utc>, worker: WorkerId) -> Job {
        let job = self.job.clone();
        Job {
            id: job.id,
            created_at: self.created_at,
            started_at,
            worker,
            provisioner: job.provisioner,
            tags: job.tags,
            organization_id: job.organization_id,
            initiator_id: job.initiator_id,
            kind: job.kind,
            input: job.input,
        }
    }
}

impl JobStore for MemoryStore {
    fn acquire<'a>(&'a self, request: AcquireRequest<'a>) -> BoxFuture<'a, Result<Vec<Job>, StoreError>> {
        async move {
            let stamp = self.stamps.one();
            Ok(self.table().acquire(request, stamp))
        }
        .boxed()
    }

    fn release(&self, job: JobId, worker: WorkerId) -> BoxFuture<'_, Result<bool, StoreError>> {
        async move { Ok(self.table().release(job, worker)) }.boxed()
    }

    fn available<'a>(
        &'a self,
        types: &'a [ProvisionerType],
        tags: &'a Tags,
        most: usize,
    ) -> BoxFuture<'a, Result<Vec<Posting>, StoreError>> {
        async move {
            let table = self.table();
            let fitting = table.fitting(types, tags).take(most);
            Ok(fitting.map(|(_, id)| table.rows[id].job.posting()).collect())
        }
        .boxed()
    }

    fn release_claim<'a>(&'a self, claim: &'a Claim) -> BoxFuture<'a, Result<Vec<Posting>, StoreError>> {
        async move { Ok(self.table().release_claim(claim)) }.boxed()
    }
}

impl JobTable for MemoryStore {
    fn insert<'a>(&'a self, jobs: &'a [NewJob]) -> BoxFuture<'a, Result<(), StoreError>> {
        async move {
            self.table().insert(jobs, &self.stamps);
            Ok(())
        }
        .boxed()
    }

    fn complete(&self, job: JobId, worker: WorkerId) -> BoxFuture<'_, Result<bool, StoreError>> {
        async move { Ok(self.finish(job, worker, None)) }.boxed()
    }

    fn fail<'a>(
        &'a self,
        job: JobId,
        worker: WorkerId,
        error: &'a str,
    ) -> BoxFuture<'a, Result<bool, StoreError>> {
        // As Postgres, which stores no NUL.
        async move { Ok(self.finish(job, worker, Some(&error.replace('\0', "\u{fffd}")))) }.boxed()
    }

    fn cancel(&self, job: JobId) -> BoxFuture<'_, Result<bool, StoreError>> {
        async move { Ok(self.table().cancel(job)) }.boxed()
    }
}
