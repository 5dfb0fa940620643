//! Jobs that must be found anew: taken for a caller who has left (`W10`), or by a query whose answer was lost (`W3`).
//! Each is made available again, then posted anew.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::job::{Job, Posting};
use crate::store::Claim;
use crate::wakeup::{ClearanceId, DomainSpec, Doubtful, Input};

use super::backoff::Backoff;
use super::search;
use super::shared::Shared;

/// A store that is down for longer keeps the job marked as running; a reaper must free it.
const RELEASE_TRIED_FOR: Duration = Duration::from_hours(1);
/// The same once the acquirer is closed, and somebody waits for the end of it.
const RELEASE_TRIED_AFTER_CLOSE: Duration = Duration::from_mins(1);
/// A pubsub that is down for longer will tell that messages were lost.
pub(super) const POST_TRIED_FOR: Duration = Duration::from_mins(1);
pub(super) const POST_TRIED_AFTER_CLOSE: Duration = Duration::from_secs(5);

/// Releases the job and posts it, so that another acquirer or another domain can have it.
pub(super) async fn run(shared: Arc<Shared>, job: Job) {
    let mut tries = Tries::new(RELEASE_TRIED_FOR, RELEASE_TRIED_AFTER_CLOSE);
    loop {
        match shared.store.release(job.id, job.worker).await {
            Ok(true) => break,
            // A try whose answer was lost may have released it, and then nobody was told.
            Ok(false) if tries.have_failed() => break,
            Ok(false) => {
                tracing::warn!(job = %job.id, "job to release is no longer held by its worker");
                return;
            }
            Err(error) => {
                tracing::warn!(job = %job.id, %error, "failed to release job; trying again");
                if !tries.again(&shared).await {
                    tracing::error!(job = %job.id, worker = %job.worker, %error,
                        "job stays marked as running and nobody runs it: cannot release it");
                    return;
                }
            }
        }
    }
    shared.released(job.id);
    let posting = Posting { provisioner: job.provisioner, tags: job.tags, job_id: Some(job.id) };
    post_anew(shared, posting).await;
}

/// Finds out what a query of unknown outcome took, releases it and posts each job, so that whoever skipped its row
/// meanwhile looks again. Rows that it held and didn't take nobody can name: what is available is posted as well.
///
/// ```text
/// R1: sends its query, and loses the connection; looks again, and nothing is there yet
///                                        J is committed and posted
/// server: R1's query holds J             R2: skips J, finds nothing, sleeps
/// R1: ends the session; J is let go      R2 sleeps beside J until its poll
/// ```
pub(super) async fn settle(
    shared: Arc<Shared>,
    clearance: ClearanceId,
    spec: Arc<DomainSpec>,
    claim: Arc<Claim>,
) {
    let mut tries = Tries::new(RELEASE_TRIED_FOR, RELEASE_TRIED_AFTER_CLOSE);
    let postings = loop {
        match shared.store.release_claim(&claim).await {
            Ok(postings) => break postings,
            Err(error) => {
                tracing::warn!(%error, "failed to find out what a lost acquire took; trying again");
                if !tries.again(&shared).await {
                    tracing::error!(workers = ?claim.workers, started_at = %claim.started_at, %error,
                        "jobs may stay marked as running and nobody runs them: cannot release them");
                    return;
                }
            }
        }
    };
    tracing::debug!(jobs = postings.len(), "released what a lost acquire took");
    shared.settled(clearance, &postings);
    for posting in &postings {
        shared.posts_anew(posting.clone());
    }
    if shared.policy().doubtful == Doubtful::PostedAnew {
        search::post_available(shared, spec, postings).await;
    }
}

/// Posts a job anew, however often it takes within a bound; then looks for it here at least.
pub(super) async fn post_anew(shared: Arc<Shared>, posting: Posting) {
    let mut tries = Tries::new(POST_TRIED_FOR, POST_TRIED_AFTER_CLOSE);
    while let Err(error) = shared.pubsub.publish(&posting.payload()).await {
        tracing::warn!(job = ?posting.job_id, %error, "failed to post job anew; trying again");
        if !tries.have_failed() {
            // Here at least it can be looked for meanwhile.
            shared.happen(Input::Post(posting.clone()));
        }
        if !tries.again(&shared).await {
            return;
        }
    }
}

/// Tries with growing pauses, within a bound that closing the acquirer moves closer.
pub(super) struct Tries {
    backoff: Backoff,
    failed: u32,
    until: Instant,
    after_close: Option<Duration>,
}

impl Tries {
    pub(super) fn new(at_most: Duration, after_close: Duration) -> Self {
        let until = Instant::now() + at_most;
        Self { backoff: Backoff::new(), failed: 0, until, after_close: Some(after_close) }
    }

    fn have_failed(&self) -> bool {
        self.failed > 0
    }

    /// A try failed: waits before the next; `false` when there is to be none.
    pub(super) async fn again(&mut self, shared: &Shared) -> bool {
        self.failed += 1;
        if shared.closed.is_cancelled()
            && let Some(left) = self.after_close.take()
        {
            self.until = self.until.min(Instant::now() + left);
        }
        let pause = tokio::time::sleep(self.backoff.next());
        if self.after_close.is_some() {
            tokio::select! {
                () = pause => {}
                () = shared.closed.cancelled() => {}
            }
        } else {
            pause.await;
        }
        Instant::now() < self.until
    }
}
