//! The tokio runtime around the pure machine: drives it, owns the queries, tells the tap.
//!
//! Holds no rule. The machine sits under one lock that is never held across an await; queries, the
//! listener and the timer are tasks that feed it and carry out what it says.

mod acquiring;
mod backoff;
mod brief;
mod give_back;
mod listen;
mod options;
mod post_anew;
mod query;
mod search;
mod shared;
mod snapshot;
mod spans;
mod tap;
mod tries;

use std::sync::Arc;
use tokio::runtime::Handle;

use crate::job::{Job, ProvisionerType, Tags, WorkerId};
use crate::pubsub::PubSub;
use crate::store::{JobStore, StoreError};
use crate::wakeup::{DomainId, Input};

use acquiring::{Acquiring, Step};
use shared::Shared;

pub use options::{AcquirerOptions, ConnectError};
pub use snapshot::{DomainDetail, DomainSnapshot, TokenSnapshot};
pub use tap::{ChannelTap, Event, QueryOutcome, Tap};

/// Shared by many workers that want jobs, so that few queries serve them all.
///
/// Workers that accept the same jobs form a *domain*. One of a domain queries at a time; when the table has
/// nothing for them, all of them sleep until a posting arrives or the backup poll comes round. Clones share
/// one acquirer; it is closed with the last.
#[derive(Clone)]
pub struct Acquirer {
    inner: Arc<Inner>,
}

/// Why a caller gets no job.
#[derive(Debug, Clone, thiserror::Error)]
pub enum AcquireError {
    /// The acquirer was closed.
    #[error("the acquirer is closed")]
    Closed,
    /// The store failed while it was asked on this caller's behalf (`S16`).
    #[error("failed to acquire job")]
    Store(#[source] StoreError),
}

struct Inner {
    shared: Arc<Shared>,
}

impl Acquirer {
    /// Starts an acquirer on the tokio runtime that it is called on, which needs its timer. Answers when its
    /// subscription to postings stands, however long that takes: LISTEN precedes the first query, or a posting
    /// between them is lost (`S14`). Dropping the future gives up.
    ///
    /// # Errors
    ///
    /// [`ConnectError`] for options that cannot be, and outside a runtime. A database out of reach is no error: it
    /// is tried again for ever, and each failure logged.
    pub async fn connect(
        store: impl JobStore,
        pubsub: impl PubSub,
        options: AcquirerOptions,
    ) -> Result<Self, ConnectError> {
        options.check()?;
        let runtime = Handle::try_current().map_err(|_| ConnectError::NoRuntime)?;
        let shared = Arc::new(Shared::new(Arc::new(store), Arc::new(pubsub), options, runtime));
        // Made first: dropping this future closes what it began.
        let acquirer = Self { inner: Arc::new(Inner { shared: Arc::clone(&shared) }) };
        let Some(subscription) = listen::subscribe(&shared).await else {
            unreachable!("nobody else has the acquirer yet, who could close it")
        };
        shared.tasks.spawn(listen::run(Alive(Arc::clone(&shared)), subscription));
        shared.tasks.spawn(keep_time(Alive(Arc::clone(&shared))));
        Ok(acquirer)
    }

    /// Waits for a job that fits and takes it for `worker`. Never answers that there is no job (`S15`), and has no
    /// time limit of its own; without types it waits until the acquirer is closed. The wait begins when the future is
    /// first polled.
    ///
    /// A worker may call again while an earlier call of its own still waits; each call gets a job of its own. It
    /// may be awaited on any executor.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future at any await point leaves nothing behind: a job that was already taken for it is
    /// released and posted again, by a task of the acquirer (`W10`). So a time limit is
    /// `tokio::time::timeout(limit, acquirer.acquire_job(…))`.
    ///
    /// # Errors
    ///
    /// [`AcquireError::Closed`] after [`close`](Self::close), or when the runtime that the acquirer was connected
    /// on has ended; [`AcquireError::Store`] when the query that was made on this call's behalf failed (`S16`).
    /// Calling again after a store error is right: under the default policy the domain waits before it queries
    /// again, so that a loop doesn't press a database that is down (`W11`).
    pub fn acquire_job<'a>(
        &'a self,
        worker: WorkerId,
        types: &'a [ProvisionerType],
        tags: &'a Tags,
    ) -> impl Future<Output = Result<Job, AcquireError>> + Send + use<'a> {
        Acquiring { shared: &self.inner.shared, step: Step::Asking { worker, types, tags } }
    }

    /// Sends every caller away with [`AcquireError::Closed`], lets the queries in flight end, and gives
    /// back what they found, or may have taken when their answers were lost (`W3`): released, and posted for other
    /// replicas. Answers when all of that is done. Jobs that were handed over before are their callers' own.
    ///
    /// Whoever drops the future before has closed the acquirer all the same, and only doesn't know when it is
    /// done. Closing twice does no harm. Dropping the last clone closes as well, without waiting.
    ///
    /// With the database out of reach it takes as long as the store takes to fail, and a job that could not be
    /// released for a minute stays marked as running.
    pub async fn close(&self) {
        self.inner.shared.close();
        self.inner.shared.tasks.wait().await;
    }

    /// All domains at this moment, in order of birth.
    #[must_use]
    pub fn domains(&self) -> Vec<DomainSnapshot> {
        self.inner.shared.domains()
    }

    /// One domain at this moment, with its acquirees, so many at most, and its tokens; `None` when it doesn't stand.
    /// Costs what it answers with.
    #[must_use]
    pub fn domain(&self, domain: DomainId, acquirees_max: usize) -> Option<DomainDetail> {
        self.inner.shared.domain(domain, acquirees_max)
    }

    /// How many acquirees there are in all domains.
    #[must_use]
    pub fn acquirees_len(&self) -> usize {
        self.inner.shared.acquirees_len()
    }
}

impl std::fmt::Debug for Acquirer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Acquirer").field("acquirees", &self.acquirees_len()).finish_non_exhaustive()
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.shared.close();
    }
}

/// A task that the acquirer cannot do without. When it ends, be it by a panic or with its runtime, the acquirer is
/// closed: nobody is to wait for a job that can no longer reach them.
struct Alive(Arc<Shared>);

impl Alive {
    fn shared(&self) -> &Arc<Shared> {
        &self.0
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// Tells the machine the time when it wants to know.
async fn keep_time(alive: Alive) {
    let shared = alive.shared();
    loop {
        let due = async {
            match shared.next_timeout() {
                Some(due) => tokio::time::sleep_until(due).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = due => shared.happen(Input::Timeout),
            () = shared.deadline_moved.notified() => {}
            () = shared.closed.cancelled() => return,
        }
    }
}
