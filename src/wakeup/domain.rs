//! One domain: who waits, who is cleared, what is remembered. Holds no rule that spans domains.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{AcquireeId, Clearance, DomainId, DomainSpec, RootCause, Time};

/// An acquiree's place in its domain, first come first (`FAIR`).
pub(super) type Ticket = u64;

/// Acquirees that accept the same jobs.
#[derive(Debug, Clone)]
pub(super) struct Domain {
    pub(super) id: DomainId,
    pub(super) spec: Arc<DomainSpec>,
    /// Acquirees that sleep. Those of the clearance in use are not among them.
    waiting: BTreeMap<Ticket, AcquireeId>,
    /// The clearance in use. That there is one place for it is `S2` and `EXCLUSIVE`.
    pub(super) in_use: Option<InUse>,
    /// What came while the domain was busy (`S6`).
    pub(super) pending: Option<RootCause>,
    /// When its backup poll comes round next.
    pub(super) next_poll: Time,
}

/// A clearance in use.
#[derive(Debug, Clone)]
pub(super) struct InUse {
    pub(super) clearance: Clearance,
    /// Whom it was given to. One that left is `None`: its place in the answer stays its own.
    pub(super) holders: Vec<Option<(Ticket, AcquireeId)>>,
    pub(super) phase: ClearancePhase,
}

/// How far a clearance has got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ClearancePhase {
    /// Given, not used.
    Cleared,
    /// Its query is in flight.
    Querying,
}

/// Where an acquiree was when it left.
pub(super) enum Departure {
    FromWaiting,
    FromClearance,
}

impl Domain {
    pub(super) fn new(id: DomainId, spec: Arc<DomainSpec>, next_poll: Time) -> Self {
        Self { id, spec, waiting: BTreeMap::new(), in_use: None, pending: None, next_poll }
    }

    pub(super) fn join(&mut self, ticket: Ticket, acquiree: AcquireeId) {
        let before = self.waiting.insert(ticket, acquiree);
        assert!(before.is_none(), "a ticket is given once");
    }

    pub(super) fn leave(&mut self, ticket: Ticket) -> Departure {
        if self.waiting.remove(&ticket).is_some() {
            return Departure::FromWaiting;
        }
        let holder = self
            .in_use
            .iter_mut()
            .flat_map(|in_use| &mut in_use.holders)
            .find(|holder| holder.is_some_and(|(held, _)| held == ticket))
            .expect("an acquiree of a domain waits or holds its clearance");
        *holder = None;
        Departure::FromClearance
    }

    /// Takes those who have waited longest, `most` at most.
    pub(super) fn take_heads(&mut self, most: usize) -> Vec<Option<(Ticket, AcquireeId)>> {
        let taken = most.min(self.waiting.len());
        (0..taken).map(|_| self.waiting.pop_first()).collect()
    }

    /// Puts an acquiree back into the place that it had.
    pub(super) fn put_back(&mut self, (ticket, acquiree): (Ticket, AcquireeId)) {
        self.join(ticket, acquiree);
    }

    /// Remembers what came while the domain was busy. Of several things the one is kept that would have
    /// woken it by itself soonest, so that nothing counts as rescued by the poll that a posting had announced.
    pub(super) fn remember(&mut self, root: RootCause) {
        self.pending = self.pending.max(Some(root));
    }

    pub(super) fn waiting_len(&self) -> usize {
        self.waiting.len()
    }

    /// Acquirees that sleep, longest waiting first.
    pub(super) fn waiting(&self) -> impl Iterator<Item = AcquireeId> {
        self.waiting.values().copied()
    }

    /// Whether all its acquirees have left. Its query may still be in flight.
    pub(super) fn is_abandoned(&self) -> bool {
        self.waiting.is_empty()
            && self.in_use.as_ref().is_none_or(|in_use| in_use.holders.iter().all(Option::is_none))
    }
}
