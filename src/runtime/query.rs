//! One query, from clearance to answer. Owned by the acquirer: its callers may come and go (`W10`).

use std::sync::Arc;

use tracing::Instrument as _;
use tracing::field::display;

use crate::store::{AcquireRequest, StoreError};
use crate::wakeup::{Clearance, ClearanceId};

use super::brief::Brief;
use super::shared::{Answer, Query, Shared};
use super::spans;

/// Runs the query of a clearance, unless it was revoked before this task came to run.
pub(super) async fn run(shared: Arc<Shared>, clearance: Clearance) {
    if let Some(query) = shared.begin(clearance.id) {
        ask(shared, clearance, query).await;
    }
}

/// Runs a query that has begun.
pub(super) async fn ask(shared: Arc<Shared>, clearance: Clearance, query: Query) {
    // Whatever becomes of the store's future, the domain gets its answer and may query again.
    let mut pending = Unanswered { shared: &shared, clearance: clearance.id, is_answered: false };
    let span = spans::acquire_query(&clearance, &query);
    let request =
        AcquireRequest { workers: &query.workers, types: query.spec.types(), tags: query.spec.tags() };
    let answer = shared.store.acquire(request).instrument(span.clone()).await;
    let outcome = match &answer {
        Ok(jobs) if jobs.is_empty() => "empty",
        Ok(jobs) => {
            assert!(jobs.len() <= query.workers.len(), "a store takes one job for each worker at most");
            span.in_scope(|| tracing::debug!(jobs = jobs.len(), "acquired"));
            "found"
        }
        Err(error) => {
            let domain = Brief(&query.spec);
            span.in_scope(|| tracing::warn!(%domain, %error, "error attempting to acquire job"));
            "failed"
        }
    };
    span.record("outcome", display(outcome));
    let claim = answer.as_ref().err().and_then(StoreError::claim).cloned();
    pending.answer(answer);
    if let Some(claim) = claim {
        shared.settle(clearance.id, query.spec, claim);
    }
}

struct Unanswered<'a> {
    shared: &'a Arc<Shared>,
    clearance: ClearanceId,
    is_answered: bool,
}

impl Unanswered<'_> {
    fn answer(&mut self, answer: Answer) {
        self.is_answered = true;
        self.shared.finish(self.clearance, answer);
    }
}

impl Drop for Unanswered<'_> {
    fn drop(&mut self) {
        if !self.is_answered {
            self.answer(Err(StoreError::new("the acquire query panicked or was shut down with its runtime")));
        }
    }
}
