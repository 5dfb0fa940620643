//! A caller from its question to its answer, as one small future.
//!
//! Written by hand: an `async fn` keeps its arguments beside everything that it makes of them, and a million
//! callers wait at once.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::sync::oneshot;

use crate::job::{Job, ProvisionerType, Tags, WorkerId};
use crate::wakeup::{AcquireeId, DomainSpec};

use super::AcquireError;
use super::shared::{Reply, Shared};

/// What [`Acquirer::acquire_job`](super::Acquirer::acquire_job) returns.
pub(super) struct Acquiring<'a> {
    pub(super) shared: &'a Arc<Shared>,
    pub(super) step: Step<'a>,
}

/// How far a caller has got.
pub(super) enum Step<'a> {
    /// It has not joined.
    Asking { worker: WorkerId, types: &'a [ProvisionerType], tags: &'a Tags },
    /// It has joined.
    Waiting { acquiree: AcquireeId, reply: oneshot::Receiver<Reply> },
    /// It has its answer.
    Answered,
}

impl Future for Acquiring<'_> {
    type Output = Result<Job, AcquireError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if let Step::Asking { worker, types, tags } = self.step {
            let spec = Arc::new(DomainSpec::new(types, tags));
            tracing::debug!(%worker, domain = %spec, "acquiring job");
            self.step = Step::Answered;
            let (acquiree, reply) = self.shared.join(worker, spec)?;
            self.step = Step::Waiting { acquiree, reply };
        }
        let Step::Waiting { reply, .. } = &mut self.step else { panic!("polled after its answer") };
        let reply = ready!(Pin::new(reply).poll(context));
        self.step = Step::Answered;
        Poll::Ready(reply.map_or(Err(AcquireError::Closed), |reply| *reply))
    }
}

impl Drop for Acquiring<'_> {
    fn drop(&mut self) {
        if let Step::Waiting { acquiree, reply } = &mut self.step {
            self.shared.leave(*acquiree, reply);
        }
    }
}
