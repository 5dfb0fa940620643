//! One simulated worker: waits for a job, works on it, marks it as done, and again. Some die at work and come back.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use acquirer::AcquireError;
use acquirer::job::{Job, WorkerId};
use acquirer::store::StoreError;
use tokio_util::sync::CancellationToken;

use crate::measure::{Recorder, now};
use crate::plan::WorkerDraws;
use crate::scenario::Fleet;

use super::desk::{Desk, Seat};
use super::reaper::Reaper;
use super::whistle::{Doing, Order, Whistle};

/// A caller whose query failed asks again after this long, as a daemon would.
const PAUSE_AFTER_ERROR: Duration = Duration::from_millis(100);

/// One worker.
pub(super) struct Worker {
    pub(super) id: WorkerId,
    pub(super) fleet: Arc<Fleet>,
    /// Where it calls next.
    pub(super) seat: Arc<Seat>,
    /// Where it called last.
    pub(super) desk: Arc<Desk>,
    pub(super) draws: WorkerDraws,
    pub(super) recorder: Arc<Recorder>,
    /// Workers of its fleet that have arrived and not left.
    pub(super) present: Arc<AtomicUsize>,
    /// Leaves once it has no job.
    pub(super) retire: CancellationToken,
    /// How faults reach it.
    pub(super) whistle: Arc<Whistle>,
    /// Drops what it does.
    pub(super) abandon: CancellationToken,
    /// Frees what it had when it died.
    pub(super) reaper: Reaper,
}

/// What came of a job.
enum Ended {
    /// It was marked as done, or cannot be any more.
    Done,
    /// Its worker died, and stays away until somebody says so, or as long as its fleet's dead do.
    WorkerDied(Option<CancellationToken>),
}

impl Worker {
    /// Arrives at `arrives`, and works until it is retired.
    pub(super) async fn work(mut self, arrives: Instant) {
        if self.retire.run_until_cancelled(tokio::time::sleep_until(arrives.into())).await.is_none() {
            return;
        }
        let present = Arc::clone(&self.present);
        let mut presence = Presence::new(&present);
        let (retire, whistle) = (self.retire.clone(), Arc::clone(&self.whistle));
        loop {
            let waits = whistle.unless_told(Doing::Waiting, self.wait_for_job());
            let Some(called) = retire.run_until_cancelled(waits).await else { return };
            match called {
                Ok(Ok(Some(job))) => {
                    let abandon = self.abandon.clone();
                    let back = match abandon.run_until_cancelled(self.run(&job)).await {
                        None => return,
                        Some(Ended::Done) => {
                            self.pause(self.fleet.think_time).await;
                            continue;
                        }
                        Some(Ended::WorkerDied(back)) => back,
                    };
                    drop(presence);
                    whistle.away();
                    self.leave_behind(job);
                    match back {
                        None => self.pause(self.fleet.crash.away).await,
                        Some(back) => self.stay_away(&back).await,
                    }
                    presence = Presence::new(&present);
                }
                Ok(Ok(None)) | Err(Order::Cancel) => {}
                Ok(Err(_)) => self.pause(PAUSE_AFTER_ERROR).await,
                Err(Order::Die(back)) => {
                    drop(presence);
                    self.stay_away(&back).await;
                    presence = Presence::new(&present);
                }
            }
        }
    }

    /// A job, or `None` when patience ran out.
    async fn wait_for_job(&mut self) -> Result<Option<Job>, StoreError> {
        match self.fleet.patience {
            None => self.call().await.map(Some),
            Some(patience) => tokio::time::timeout(patience, self.call()).await.ok().transpose(),
        }
    }

    /// Calls wherever it has its seat, and again where an acquirer was closed.
    async fn call(&mut self) -> Result<Job, StoreError> {
        let mut closed = 0;
        loop {
            let desk = self.seat.desk();
            if !Arc::ptr_eq(&desk, &self.desk) {
                (self.desk, closed) = (desk, 0);
            }
            let Some((number, acquirer)) = self.desk.acquirer(closed).await else { continue };
            match acquirer.acquire_job(self.id, &self.fleet.provisioners, &self.fleet.tags).await {
                Ok(job) => return Ok(job),
                Err(AcquireError::Store(error)) => return Err(error),
                Err(AcquireError::Closed) => closed = number,
            }
        }
    }

    async fn run(&mut self, job: &Job) -> Ended {
        self.recorder.worker_received(job.id, now());
        let draw = self.draws.job(&self.fleet.service_time, self.fleet.failure);
        let death = self.draws.death(draw.service, self.fleet.crash.share);
        let works = async {
            let time = death.unwrap_or(draw.service);
            if !time.is_zero() {
                tokio::time::sleep(time).await;
            }
        };
        // Only here: of one that dies while it says that it is done nobody would know whether it was.
        if let Err(Order::Die(back)) = self.whistle.unless_told(Doing::Busy, works).await {
            return Ended::WorkerDied(Some(back));
        }
        if death.is_some() {
            return Ended::WorkerDied(None);
        }
        let mut pause = Duration::from_millis(10);
        let mut is_outcome_known = true;
        loop {
            match self.finish(job, draw.fails).await {
                Ok(true) => break,
                // The try before had succeeded, and its answer was lost.
                Ok(false) if !is_outcome_known => break,
                Ok(false) => {
                    tracing::error!(job = %job.id, worker = %self.id, "job is no longer marked as this worker's");
                    return Ended::Done;
                }
                Err(error) => {
                    tracing::warn!(job = %job.id, %error, "cannot finish job; trying again");
                    is_outcome_known = false;
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(Duration::from_secs(2));
                }
            }
        }
        self.recorder.finished(job.id, draw.fails, now());
        Ended::Done
    }

    /// Has died: the job is as it was, marked as running.
    fn leave_behind(&self, job: Job) {
        self.recorder.worker_died(job.id, now());
        self.reaper.bury(job, self.fleet.crash.lease, Arc::clone(&self.desk.table));
    }

    async fn stay_away(&self, back: &CancellationToken) {
        let _ = self.retire.run_until_cancelled(back.cancelled()).await;
    }

    async fn finish(&self, job: &Job, fails: bool) -> Result<bool, StoreError> {
        if fails {
            self.desk.table.fail(job.id, self.id, "simulated failure").await
        } else {
            self.desk.table.complete(job.id, self.id).await
        }
    }

    async fn pause(&self, time: Duration) {
        if !time.is_zero() {
            let _ = self.retire.run_until_cancelled(tokio::time::sleep(time)).await;
        }
    }
}

struct Presence<'a>(&'a AtomicUsize);

impl<'a> Presence<'a> {
    fn new(present: &'a AtomicUsize) -> Self {
        present.fetch_add(1, Ordering::Relaxed);
        Self(present)
    }
}

impl Drop for Presence<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
