//! Domains at one moment, for those who want to see without following every event.

use std::sync::Arc;
use std::time::Duration;

use crate::job::{ProvisionerType, Tags, WorkerId};
use crate::wakeup::{AcquireeId, Clearance, DomainId, DomainSpec, DomainView, RootCause, Time, TokenView};

/// A domain at one moment.
#[derive(Debug, Clone)]
pub struct DomainSnapshot {
    /// Its name.
    pub id: DomainId,
    /// What it accepts.
    pub spec: Arc<DomainSpec>,
    /// How many acquirees sleep.
    pub waiting: usize,
    /// How many acquirees the clearance in use is for.
    pub cleared: usize,
    /// The clearance in use, if any.
    pub clearance: Option<Clearance>,
    /// Whether the query of that clearance is in flight.
    pub is_querying: bool,
    /// What it remembers for after the query (`S6`).
    pub pending: Option<RootCause>,
    /// How many postings of one shape each it has that are not accounted for (`W2`).
    pub tokens: usize,
    /// Time left of a pause after an error (`W11`).
    pub pause_left: Option<Duration>,
    /// Time left to its backup poll.
    pub next_poll_in: Duration,
}

impl DomainSnapshot {
    pub(super) fn new(domain: &DomainView<'_>, now: Time) -> Self {
        Self {
            id: domain.id,
            spec: Arc::clone(domain.spec),
            waiting: domain.waiting,
            cleared: domain.cleared,
            clearance: domain.in_use.map(|(clearance, _)| clearance),
            is_querying: domain.in_use.is_some_and(|(_, is_querying)| is_querying),
            pending: domain.pending,
            tokens: domain.tokens,
            pause_left: domain.pausing_until.map(|until| until - now),
            next_poll_in: domain.next_poll - now,
        }
    }
}

/// A domain at one moment, looked at closely.
#[derive(Debug, Clone)]
pub struct DomainDetail {
    /// The domain.
    pub domain: DomainSnapshot,
    /// Its acquirees and whom they want a job for: the cleared ones, then those who sleep, longest waiting first.
    /// As many as were asked for at most.
    pub acquirees: Vec<(AcquireeId, WorkerId)>,
    /// Its tokens.
    pub tokens: Vec<TokenSnapshot>,
}

/// A token: postings of one shape that are not accounted for (`W2`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenSnapshot {
    /// The type that their jobs need.
    pub provisioner: ProvisionerType,
    /// The tags that their jobs demand.
    pub tags: Tags,
    /// How many jobs it names.
    pub named: usize,
    /// It stands for others as well, of unknown number.
    pub is_open: bool,
}

impl From<TokenView<'_>> for TokenSnapshot {
    fn from(token: TokenView<'_>) -> Self {
        let TokenView { provisioner, tags, named, is_open } = token;
        Self { provisioner, tags: tags.clone(), named, is_open }
    }
}
