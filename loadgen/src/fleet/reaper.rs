//! Frees the jobs of workers that have died: once a job's lease has run out it is available again and posted anew,
//! as a deployment's own reaper or lease would have it. The acquirer has no part in that (`W10`).
//!
//! It is told who died rather than finding out by heartbeats, so that it never frees the job of a worker that is
//! merely slow. What it hasn't freed when the run ends stays marked as running, and the audit says so apart.

use std::sync::Arc;
use std::time::Duration;

use acquirer::job::Job;
use acquirer::store::NewJob;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::measure::{Recorder, now};
use crate::poster::Board;

/// A database that is down is asked again with pauses between these.
const PAUSE: Duration = Duration::from_millis(10);
const PAUSE_MAX: Duration = Duration::from_secs(2);

/// Frees jobs until it is abandoned.
#[derive(Clone)]
pub(super) struct Reaper {
    pub(super) recorder: Arc<Recorder>,
    pub(super) abandon: CancellationToken,
    pub(super) tasks: TaskTracker,
}

impl Reaper {
    /// The job's worker has just died: frees the job when its lease has run out.
    pub(super) fn bury(&self, job: Job, lease: Duration, table: Arc<dyn Board>) {
        let (recorder, abandon) = (Arc::clone(&self.recorder), self.abandon.clone());
        let freed = async move {
            tokio::time::sleep(lease).await;
            free(&job, &*table, &recorder).await;
        };
        self.tasks.spawn(async move { abandon.run_until_cancelled(freed).await });
    }
}

async fn free(job: &Job, table: &dyn Board, recorder: &Recorder) {
    // Told before it is so: another worker may have the job before this one hears of the commit.
    recorder.freed(job.id, now());
    let mut pause = PAUSE;
    // A try whose answer was lost may have freed it, and then the next finds nothing to free.
    while let Err(error) = table.release(job.id, job.worker).await {
        tracing::warn!(job = %job.id, %error, "cannot free the job of a dead worker; trying again");
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(PAUSE_MAX);
    }
    let notice = NewJob::new(job.id, job.provisioner, job.tags.clone());
    match table.announce(&[notice]).await {
        Ok(()) => recorder.announced_again(job.id, now()),
        Err(error) => {
            tracing::warn!(job = %job.id, %error, "cannot announce a freed job; the backup poll will find it");
        }
    }
}
