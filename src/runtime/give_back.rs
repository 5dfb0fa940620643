//! Jobs that must be found anew: taken for a caller who has left (`W10`), or by a query whose answer was lost (`W3`).
//! Each is made available again, then posted anew.

use std::sync::Arc;
use std::time::Duration;

use crate::job::{Job, Posting};
use crate::store::Claim;
use crate::wakeup::{ClearanceId, DomainSpec, Doubtful};

use super::shared::Shared;
use super::tries::Tries;
use super::{post_anew, search};

/// A store that is down for longer keeps the job marked as running; a reaper must free it.
const RELEASE_TRIED_FOR: Duration = Duration::from_hours(1);
/// The same once the acquirer is closed, and somebody waits for the end of it.
const RELEASE_TRIED_AFTER_CLOSE: Duration = Duration::from_mins(1);

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
    post_anew::run(shared, posting).await;
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
