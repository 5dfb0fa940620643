//! The tokio runtime around the pure machine: drives it, owns the queries, tells the tap.
//!
//! Holds no rule. The machine sits under one lock that is never held across an await; queries, the
//! listener and the timer are tasks that feed it and carry out what it says.

mod acquiring;
mod backoff;
mod give_back;
mod listen;
mod options;
mod query;
mod shared;
mod snapshot;
mod tap;

use std::sync::Arc;
use std::time::Duration;

use crate::job::{Job, ProvisionerType, Tags, WorkerId};
use crate::pubsub::PubSub;
use crate::store::{JobStore, StoreError};
use crate::wakeup::{AcquireeId, DomainId, Input};

use acquiring::{Acquiring, Step};
use shared::Shared;

pub use options::{AcquirerOptions, BACKUP_POLL_DEFAULT};
pub use snapshot::DomainSnapshot;
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
    /// Starts an acquirer. Answers when its subscription to postings stands, however long that takes: LISTEN
    /// precedes the first query, or a posting between them is lost (`S14`). Dropping the future gives up.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime, and with a backup poll of zero.
    pub async fn connect(
        store: impl JobStore,
        pubsub: impl PubSub,
        options: AcquirerOptions,
    ) -> Result<Self, AcquireError> {
        Self::connect_shared(Arc::new(store), Arc::new(pubsub), options).await
    }

    /// Like [`connect`](Self::connect), over a store and a pubsub that others use as well.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime, and with a backup poll of zero.
    pub async fn connect_shared(
        store: Arc<dyn JobStore>,
        pubsub: Arc<dyn PubSub>,
        options: AcquirerOptions,
    ) -> Result<Self, AcquireError> {
        let shared = Arc::new(Shared::new(store, pubsub, options));
        // Made first: dropping this future closes what it began.
        let acquirer = Self { inner: Arc::new(Inner { shared: Arc::clone(&shared) }) };
        let subscription = listen::subscribe(&shared).await?;
        shared.tasks.spawn(listen::run(Arc::clone(&shared), subscription));
        shared.tasks.spawn(keep_time(Arc::clone(&shared)));
        Ok(acquirer)
    }

    /// Waits for a job that fits and takes it for `worker`. The wait begins when the future is first polled.
    ///
    /// Dropping the future at any point leaves nothing behind: a job that was already taken for it is
    /// released and posted again (`W10`). Never answers that there is no job (`S15`).
    pub fn acquire_job<'a>(
        &'a self,
        worker: WorkerId,
        types: &'a [ProvisionerType],
        tags: &'a Tags,
    ) -> impl Future<Output = Result<Job, AcquireError>> + Send + use<'a> {
        Acquiring { shared: &self.inner.shared, step: Step::Asking { worker, types, tags } }
    }

    /// Sends every caller away with [`AcquireError::Closed`], lets the queries in flight end, and gives
    /// back what they found, or may have taken when their answers were lost (`W3`): within a minute, or what a
    /// store that stays down holds is left as it is. Not waiting for it leaves jobs marked as running.
    pub async fn close(&self) {
        self.inner.shared.close();
        self.inner.shared.tasks.wait().await;
    }

    /// All domains at this moment, in order of birth.
    #[must_use]
    pub fn domains(&self) -> Vec<DomainSnapshot> {
        self.inner.shared.domains()
    }

    /// The acquirees of a domain and whom they want a job for: the cleared ones, then those who sleep, longest
    /// waiting first.
    #[must_use]
    pub fn acquirees(&self, domain: DomainId) -> Vec<(AcquireeId, WorkerId)> {
        self.inner.shared.acquirees(domain)
    }

    /// How many acquirees there are in all domains.
    #[must_use]
    pub fn acquirees_len(&self) -> usize {
        self.inner.shared.acquirees_len()
    }

    /// The period of the backup poll.
    #[must_use]
    pub fn backup_poll(&self) -> Duration {
        self.inner.shared.backup_poll()
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

/// Tells the machine the time when it wants to know.
async fn keep_time(shared: Arc<Shared>) {
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
