//! One query, from clearance to answer. Owned by the acquirer: its callers may come and go (`W10`).

use std::sync::Arc;

use crate::store::{AcquireRequest, StoreError};
use crate::wakeup::ClearanceId;

use super::shared::{Answer, Shared};

/// Runs the query of a clearance, unless it was revoked before this task came to run.
pub(super) async fn run(shared: Arc<Shared>, clearance: ClearanceId) {
    let Some(query) = shared.begin(clearance) else { return };
    // Whatever becomes of the store's future, the domain gets its answer and may query again.
    let mut pending = Unanswered { shared: &shared, clearance, is_answered: false };
    let request =
        AcquireRequest { workers: &query.workers, types: query.spec.types(), tags: query.spec.tags() };
    let mut answer = shared.store.acquire(request).await;
    match &mut answer {
        Ok(jobs) if jobs.is_empty() => tracing::debug!(domain = %query.spec, "no job available"),
        Ok(jobs) => {
            assert!(jobs.len() <= query.workers.len(), "a store takes one job for each worker at most");
            tracing::debug!(domain = %query.spec, jobs = jobs.len(), "acquired");
        }
        Err(error) => tracing::warn!(domain = %query.spec, %error, "error attempting to acquire job"),
    }
    let claim = answer.as_ref().err().and_then(StoreError::claim).cloned();
    pending.answer(answer);
    if let Some(claim) = claim {
        shared.settle(clearance, query.spec, claim);
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
