//! A caller from its question to its answer, as one small future.
//!
//! Written by hand: an `async fn` keeps its arguments beside everything that it makes of them, and a million
//! callers wait at once.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::sync::oneshot;
use tracing::Instrument as _;

use crate::job::{Job, ProvisionerType, Tags, WorkerId};
use crate::wakeup::{AcquireeId, DomainSpec};

use super::AcquireError;
use super::shared::{Reply, Shared};
use super::spans;

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
    /// It has joined, and somebody looks at its span. In a box, so that the others have no room for it.
    Observed(Pin<Box<dyn Future<Output = Result<Job, AcquireError>> + Send + 'a>>),
    /// It has its answer.
    Answered,
}

impl Future for Acquiring<'_> {
    type Output = Result<Job, AcquireError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if let Step::Asking { worker, types, tags } = self.step {
            let spec = Arc::new(DomainSpec::new(types, tags));
            self.step = Step::Answered;
            let span = spans::acquire_job(worker, &spec);
            let (acquiree, reply) = self.shared.join(worker, spec)?;
            self.step = Step::Waiting { acquiree, reply };
            if !span.is_disabled() {
                let step = std::mem::replace(&mut self.step, Step::Answered);
                let call = Acquiring { shared: self.shared, step };
                self.step = Step::Observed(Box::pin(observed(call).instrument(span)));
            }
        }
        let reply = match &mut self.step {
            Step::Waiting { reply, .. } => {
                ready!(Pin::new(reply).poll(context)).map_or(Err(AcquireError::Closed), |reply| *reply)
            }
            Step::Observed(call) => ready!(call.as_mut().poll(context)),
            Step::Asking { .. } | Step::Answered => panic!("polled after its answer"),
        };
        self.step = Step::Answered;
        Poll::Ready(reply)
    }
}

impl Drop for Acquiring<'_> {
    fn drop(&mut self) {
        if let Step::Waiting { acquiree, reply } = &mut self.step {
            self.shared.leave(*acquiree, reply);
        }
    }
}

/// Says in its span what a caller got.
async fn observed(call: Acquiring<'_>) -> Result<Job, AcquireError> {
    let reply = call.await;
    match &reply {
        Ok(job) => tracing::debug!(job = %job.id, "got a job"),
        Err(AcquireError::Closed) => tracing::debug!("sent away"),
        Err(AcquireError::Store(error)) => tracing::debug!(%error, "got the store's error"),
    }
    reply
}
