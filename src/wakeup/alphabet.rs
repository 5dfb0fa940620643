//! Everything that can happen to the machine, and everything that it can decide.

use std::sync::Arc;

use crate::job::{JobId, Posting};

use super::{Cause, DomainSpec, RootCause, Time};

/// Names one caller that waits. The runtime hands them out and never reuses one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AcquireeId(pub u64);

/// Names one domain from its birth to its end. A later domain with the same key has another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DomainId(pub u64);

/// Names one permission to query. It is used once or revoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClearanceId(pub u64);

/// What can happen.
#[derive(Debug, Clone)]
pub enum Input {
    /// A caller wants a job.
    Join {
        /// The caller.
        acquiree: AcquireeId,
        /// What it accepts.
        spec: Arc<DomainSpec>,
    },
    /// A caller no longer wants one (`S8`). Unknown callers were served before: nothing happens.
    Leave {
        /// The caller.
        acquiree: AcquireeId,
    },
    /// The runtime is ready to run the query of a clearance. One that was revoked is passed over.
    Begin {
        /// The clearance.
        clearance: ClearanceId,
    },
    /// The query of a clearance ended.
    Finish {
        /// The clearance.
        clearance: ClearanceId,
        /// How it ended.
        outcome: Outcome,
    },
    /// A posting arrived.
    Post(Posting),
    /// Messages may have been dropped (`S12`).
    MessagesLost,
    /// Time passed; backup polls that are due come round (`S10`).
    Timeout,
}

/// How a query ended.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It took these jobs, oldest first: at least 1, at most one for each acquiree of the query.
    Found(Vec<JobId>),
    /// The table has nothing for the domain.
    Empty,
    /// The store answered with an error, or not at all.
    Failed,
}

/// What the machine decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// A domain came into being with its first acquiree.
    DomainBorn {
        /// The domain.
        domain: DomainId,
        /// What it accepts.
        spec: Arc<DomainSpec>,
    },
    /// Its last acquiree left and no query of it is in flight (`S9`).
    DomainDissolved {
        /// The domain.
        domain: DomainId,
    },
    /// A domain may query. Answer with [`Input::Begin`] when ready.
    Cleared(Clearance),
    /// A clearance lost all its acquirees before it was used, and is void (`S8`).
    Revoked {
        /// The clearance.
        clearance: ClearanceId,
    },
    /// What happened while the domain was busy is remembered (`S6`).
    Pended {
        /// The domain.
        domain: DomainId,
        /// What it remembers.
        root: RootCause,
    },
    /// Run the query of a clearance now, for these acquirees, and answer with [`Input::Finish`].
    Query {
        /// The clearance.
        clearance: ClearanceId,
        /// What the domain accepts.
        spec: Arc<DomainSpec>,
        /// Whom it queries for, longest waiting first.
        acquirees: Vec<AcquireeId>,
    },
    /// The posting just fed woke this domain, or none (`S11`).
    PostingRouted {
        /// The domain that was cleared or pended.
        domain: Option<DomainId>,
    },
    /// The job at this place of the query's answer belongs to the acquiree, which is done.
    HandOver {
        /// The clearance that found it.
        clearance: ClearanceId,
        /// Its place in the answer.
        place: usize,
        /// Whose it is.
        acquiree: AcquireeId,
    },
    /// The job at this place was found for a caller who has left; give it back and post it anew (`W10`).
    GiveBack {
        /// The clearance that found it.
        clearance: ClearanceId,
        /// Its place in the answer.
        place: usize,
    },
    /// The job at this place was found for a caller who has left, and stays marked as running: what the seed
    /// does (`W10`).
    Strand {
        /// The clearance that found it.
        clearance: ClearanceId,
        /// Its place in the answer.
        place: usize,
    },
    /// A domain has nobody left; what it kept in mind is another's from now on, or let go (`W2`).
    HandedOn {
        /// The domain that has nobody left.
        from: DomainId,
        /// The one that keeps it in mind from now on.
        to: Option<DomainId>,
    },
    /// A query failed, none since has found nothing more, and nobody is left here who could look: post anew what
    /// is available to a domain that accepts this, for whoever skipped a row while the query held it (`W3`).
    PostAnew {
        /// What the domain accepted.
        spec: Arc<DomainSpec>,
    },
    /// After a store error the domain queries again no sooner (`W11`).
    BackingOff {
        /// The domain.
        domain: DomainId,
        /// When it may query again.
        until: Time,
    },
    /// The query's error belongs to the acquiree, which is done (`S16`).
    Fail {
        /// Whose query failed.
        acquiree: AcquireeId,
    },
}

/// Permission for one query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clearance {
    /// Its name.
    pub id: ClearanceId,
    /// The domain that may query.
    pub domain: DomainId,
    /// Why.
    pub cause: Cause,
    /// What set the chain off that it belongs to.
    pub root: RootCause,
    /// The clearance before it, where it is chained or pending or was passed on.
    pub parent: Option<ClearanceId>,
}
