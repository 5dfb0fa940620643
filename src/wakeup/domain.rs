//! One domain: who waits, who is cleared, what is remembered. Holds no rule that spans domains.

use std::sync::Arc;

use smallvec::SmallVec;

use super::queue::Queue;
use super::tokens::Moment;
use super::{AcquireeId, Chance, Clearance, DomainId, DomainSpec, Order, RootCause, Time};

/// An acquiree's place in its domain, first come first (`FAIR`).
pub(super) type Ticket = u64;

/// Acquirees that accept the same jobs.
#[derive(Debug, Clone)]
pub(super) struct Domain {
    pub(super) id: DomainId,
    pub(super) spec: Arc<DomainSpec>,
    /// Acquirees that sleep. Those of the clearance in use are not among them.
    waiting: Queue,
    /// What the domain is doing. That there is one place for a clearance is `S2` and `EXCLUSIVE`.
    pub(super) activity: Activity,
    /// What came while the domain was busy (`S6`). Postings are here only while they are forgotten otherwise
    /// ([`Postings::Forgotten`](super::Postings)).
    pub(super) pending: Option<RootCause>,
    /// When its backup poll comes round next.
    pub(super) next_poll: Time,
    /// Queries that failed since the last that didn't.
    pub(super) failures: u32,
    /// A query failed, and none since has found nothing more: whether rows were passed over while it held them is
    /// unknown (`W3`).
    pub(super) is_in_doubt: bool,
}

/// What a domain is doing. Boxed, since nearly all domains sleep.
#[derive(Debug, Clone)]
pub(super) enum Activity {
    /// Nothing: all its acquirees sleep.
    Idle,
    /// A clearance is in use.
    InUse(Box<InUse>),
    /// It waits before it queries again after an error (`W11`).
    Pausing(Box<Pause>),
}

/// A clearance in use.
#[derive(Debug, Clone)]
pub(super) struct InUse {
    pub(super) clearance: Clearance,
    /// Whom it was given to. One that left is `None`: its place in the answer stays its own.
    pub(super) holders: Holders,
    pub(super) phase: ClearancePhase,
    /// It goes on until a query finds nothing more, since its cause says nothing about how many jobs wait.
    pub(super) is_sweep: bool,
}

/// Those that a clearance was given to, longest waiting first.
pub(super) type Holders = SmallVec<[Option<(Ticket, AcquireeId)>; 1]>;

/// How far a clearance has got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ClearancePhase {
    /// Given, not used.
    Cleared,
    /// Its query is in flight since then.
    Querying(Moment),
}

/// A pause after an error.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pause {
    pub(super) until: Time,
    /// The clearance whose query failed: what it was to find out is still to be found out.
    pub(super) failed: Clearance,
    pub(super) is_sweep: bool,
}

/// Where an acquiree was when it left.
pub(super) enum Departure {
    FromWaiting,
    FromClearance,
}

impl Domain {
    pub(super) fn new(id: DomainId, spec: Arc<DomainSpec>, next_poll: Time) -> Self {
        Self {
            id,
            spec,
            waiting: Queue::default(),
            activity: Activity::Idle,
            pending: None,
            next_poll,
            failures: 0,
            is_in_doubt: false,
        }
    }

    pub(super) fn join(&mut self, ticket: Ticket, acquiree: AcquireeId) {
        self.waiting.insert(ticket, acquiree);
    }

    pub(super) fn leave(&mut self, ticket: Ticket) -> Departure {
        if self.waiting.remove(ticket) {
            return Departure::FromWaiting;
        }
        let Activity::InUse(in_use) = &mut self.activity else {
            unreachable!("an acquiree of a domain waits or holds its clearance")
        };
        let holder = in_use
            .holders
            .iter_mut()
            .find(|holder| holder.is_some_and(|(held, _)| held == ticket))
            .expect("an acquiree of a domain waits or holds its clearance");
        *holder = None;
        Departure::FromClearance
    }

    /// Takes some that wait, `most` at most: those who have waited longest, or any.
    pub(super) fn take_waiting(&mut self, most: usize, order: Order, chance: &mut impl Chance) -> Holders {
        let taken = most.min(self.waiting.len());
        (0..taken)
            .map(|_| match order {
                Order::FirstCome => self.waiting.take_first(),
                Order::Any => self.waiting.take_any(chance),
            })
            .collect()
    }

    /// Remembers what came while the domain was busy. Of several things the one is kept that would have
    /// woken it by itself soonest, so that nothing counts as rescued by the poll that a posting had announced.
    pub(super) fn remember(&mut self, root: RootCause) {
        self.pending = self.pending.max(Some(root));
    }

    pub(super) fn waiting_len(&self) -> usize {
        self.waiting.len()
    }

    /// Acquirees that sleep and their places, longest waiting first.
    pub(super) fn waiting_with_tickets(&self) -> impl Iterator<Item = (Ticket, AcquireeId)> {
        self.waiting.iter()
    }

    /// The places of all its acquirees.
    pub(super) fn tickets(&self) -> impl Iterator<Item = Ticket> {
        let holders = self.in_use().into_iter().flat_map(|in_use| in_use.holders.iter().flatten());
        self.waiting.iter().map(|(ticket, _)| ticket).chain(holders.map(|(ticket, _)| *ticket))
    }

    /// When its query in flight began.
    pub(super) fn querying_since(&self) -> Option<Moment> {
        match self.in_use()?.phase {
            ClearancePhase::Querying(began) => Some(began),
            ClearancePhase::Cleared => None,
        }
    }

    /// Acquirees that sleep, longest waiting first.
    pub(super) fn waiting(&self) -> impl Iterator<Item = AcquireeId> {
        self.waiting.iter().map(|(_, acquiree)| acquiree)
    }

    /// The place of the one that has waited longest.
    pub(super) fn head(&self) -> Option<Ticket> {
        self.waiting.first().map(|(ticket, _)| ticket)
    }

    pub(super) fn is_idle(&self) -> bool {
        matches!(self.activity, Activity::Idle)
    }

    pub(super) fn in_use(&self) -> Option<&InUse> {
        match &self.activity {
            Activity::InUse(in_use) => Some(in_use),
            Activity::Idle | Activity::Pausing(_) => None,
        }
    }

    /// Whether all its acquirees have left. Its query may still be in flight, or its pause last.
    pub(super) fn is_abandoned(&self) -> bool {
        self.waiting.is_empty()
            && self.in_use().is_none_or(|in_use| in_use.holders.iter().all(Option::is_none))
    }
}
