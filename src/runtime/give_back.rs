//! Jobs that must be found anew: one that was taken for a caller who has left (`W10`), and those that others
//! may have passed over while a query that failed held them (`W3`).

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::job::{Job, Posting};
use crate::wakeup::{DomainSpec, Input};

use super::Event;
use super::backoff::Backoff;
use super::shared::Shared;

/// A failed query held a batch of rows at most; these are the oldest, with room for what was released meanwhile.
const POSTED_ANEW_MAX: usize = 256;

/// A store that is down for longer keeps the job marked as running; a reaper must free it.
const GIVES_UP_AFTER: Duration = Duration::from_mins(1);

/// Releases the job and posts it, so that another acquirer or another domain can have it.
pub(super) async fn run(shared: Arc<Shared>, job: Job) {
    let mut backoff = Backoff::new();
    let until = Instant::now() + GIVES_UP_AFTER;
    loop {
        match shared.store.release(job.id, job.worker).await {
            Ok(true) => break,
            Ok(false) => {
                tracing::warn!(job = %job.id, "job to release is no longer held by its worker");
                return;
            }
            Err(error) if Instant::now() >= until => {
                tracing::error!(job = %job.id, worker = %job.worker, %error,
                    "job stays marked as running and nobody runs it: cannot release it");
                return;
            }
            Err(error) => {
                tracing::warn!(job = %job.id, %error, "failed to release job; trying again");
                tokio::time::sleep(backoff.next()).await;
            }
        }
    }
    shared.released(job.id);
    let posting = Posting { provisioner: job.provisioner, tags: job.tags, job_id: Some(job.id) };
    post_anew(shared, posting).await;
}

/// Posts anew what is available to a domain that is no more and whose last query failed (`W3`). Its jobs are not
/// known here: a query that was cleared for another reason than a posting held rows that nobody here had heard of.
pub(super) async fn post_available(shared: Arc<Shared>, spec: Arc<DomainSpec>) {
    let mut backoff = Backoff::new();
    let until = Instant::now() + GIVES_UP_AFTER;
    let postings = loop {
        match shared.store.available(spec.types(), spec.tags(), POSTED_ANEW_MAX).await {
            Ok(postings) => break postings,
            Err(error) if Instant::now() >= until || shared.closed.is_cancelled() => {
                tracing::warn!(domain = %spec, %error, "gave up looking for jobs that others may have passed over");
                return;
            }
            Err(error) => {
                tracing::warn!(domain = %spec, %error, "failed to look for available jobs; trying again");
                tokio::time::sleep(backoff.next()).await;
            }
        }
    };
    for posting in postings {
        shared.tell(|| Event::PostedAnew(posting.clone()));
        post_anew(Arc::clone(&shared), posting).await;
    }
}

/// Posts a job anew, however often it takes within a bound; then looks for it here at least.
pub(super) async fn post_anew(shared: Arc<Shared>, posting: Posting) {
    let mut backoff = Backoff::new();
    let until = Instant::now() + GIVES_UP_AFTER;
    let mut is_known_here = false;
    while let Err(error) = shared.pubsub.publish(&posting.payload()).await {
        tracing::warn!(job = ?posting.job_id, %error, "failed to post job anew; trying again");
        if !is_known_here {
            // Here at least it can be looked for meanwhile.
            is_known_here = true;
            shared.happen(Input::Post(posting.clone()));
        }
        if Instant::now() >= until || shared.closed.is_cancelled() {
            return;
        }
        tokio::time::sleep(backoff.next()).await;
    }
}
