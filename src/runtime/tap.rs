//! Everything that happens inside an acquirer, as typed events in the order in which it happened.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use crate::job::{JobId, Posting, WorkerId};
use crate::wakeup::{AcquireeId, Clearance, ClearanceId, DomainId, DomainSpec, RootCause};

/// Looks on. Called with the acquirer's lock held, so that the order of events is the order of decisions:
/// it must be quick, must not block, and must not call the acquirer.
pub trait Tap: Send + Sync + 'static {
    /// Something happened.
    fn observe(&self, at: Instant, event: &Event);
}

/// Something that happened inside an acquirer.
#[derive(Debug, Clone)]
pub enum Event {
    /// The subscription to postings stands (`S14`).
    Subscribed,
    /// A posting arrived and woke this domain, or none (`S11`).
    PostingReceived {
        /// The posting.
        posting: Posting,
        /// The domain that it cleared or pended.
        domain: Option<DomainId>,
    },
    /// A payload was no posting (`S13`).
    PostingUnreadable,
    /// Messages may have been dropped (`S12`).
    MessagesLost,
    /// A domain came into being.
    DomainBorn {
        /// The domain.
        domain: DomainId,
        /// What it accepts.
        spec: Arc<DomainSpec>,
    },
    /// A domain is no more (`S9`).
    DomainDissolved {
        /// The domain.
        domain: DomainId,
    },
    /// A caller began to wait.
    Joined {
        /// The caller.
        acquiree: AcquireeId,
        /// For whom it wants a job.
        worker: WorkerId,
        /// The key of what it accepts.
        spec: Arc<DomainSpec>,
    },
    /// A caller gave up (`S8`).
    Left {
        /// The caller.
        acquiree: AcquireeId,
    },
    /// A domain may query.
    Cleared(Clearance),
    /// A clearance lost its acquirees before it was used (`S8`).
    Revoked {
        /// The clearance.
        clearance: ClearanceId,
    },
    /// A busy domain remembers that it has to query again (`S6`).
    Pended {
        /// The domain.
        domain: DomainId,
        /// What it remembers.
        root: RootCause,
    },
    /// The query of a clearance is in flight.
    QueryStarted {
        /// The clearance.
        clearance: ClearanceId,
        /// How many acquirees it queries for.
        acquirees: usize,
    },
    /// The query of a clearance ended.
    QueryFinished {
        /// The clearance.
        clearance: ClearanceId,
        /// How.
        outcome: QueryOutcome,
    },
    /// A job is its caller's.
    HandedOver {
        /// The clearance that found it.
        clearance: ClearanceId,
        /// The job.
        job: JobId,
        /// For whom.
        worker: WorkerId,
    },
    /// A job was found for a caller who has left, and is being released (`W10`).
    GivenBack {
        /// The job.
        job: JobId,
        /// The worker that it is marked with until then.
        worker: WorkerId,
    },
    /// A job was found for a caller who has left, and stays marked as running (`W10` under the seed's policy).
    Stranded {
        /// The job.
        job: JobId,
        /// The worker that it stays marked with.
        worker: WorkerId,
    },
    /// A domain has nobody left, and what it kept in mind is another's now, or let go (`W2`).
    HandedOn {
        /// The domain that has nobody left.
        from: DomainId,
        /// The one that keeps it in mind.
        to: Option<DomainId>,
    },
    /// A posting whose query failed is posted anew (`W3`).
    PostedAnew(Posting),
    /// After a store error a domain queries again no sooner than after this pause (`W11`).
    BackingOff {
        /// The domain.
        domain: DomainId,
        /// How long.
        pause: Duration,
    },
    /// A query failed without saying whether it took jobs. Whatever it took is being released (`W3`).
    OutcomeUnknown {
        /// The clearance whose query it was.
        clearance: ClearanceId,
    },
    /// What a query of unknown outcome had taken is known, and was released: each job follows as
    /// [`Released`](Self::Released).
    OutcomeSettled {
        /// The clearance whose query it was.
        clearance: ClearanceId,
        /// How many jobs it had taken.
        jobs: usize,
    },
    /// A job that was given back is available again.
    Released {
        /// The job.
        job: JobId,
    },
}

/// How a query ended.
#[derive(Debug, Clone)]
pub enum QueryOutcome {
    /// It took these jobs, oldest first.
    Found(Vec<JobId>),
    /// The table has nothing for the domain.
    Empty,
    /// The store failed, in its own words.
    Failed(String),
}

/// A tap into a channel, for those who would rather await events. Unbounded: meant for tests and tools
/// that read as fast as they are told.
#[derive(Debug)]
pub struct ChannelTap(mpsc::UnboundedSender<(Instant, Event)>);

impl ChannelTap {
    /// The tap, and where its events come out.
    #[must_use]
    pub fn new() -> (Arc<Self>, mpsc::UnboundedReceiver<(Instant, Event)>) {
        let (sender, receiver) = mpsc::unbounded_channel();
        (Arc::new(Self(sender)), receiver)
    }
}

impl Tap for ChannelTap {
    fn observe(&self, at: Instant, event: &Event) {
        // Whoever dropped the receiver looks on no longer.
        let _ = self.0.send((at, event.clone()));
    }
}
