//! What an onlooker sees of the machine. Looking changes nothing.

use std::sync::Arc;

use super::super::domain::{Activity, ClearancePhase, Domain};
use super::{AcquireeId, Clearance, DomainId, DomainSpec, Machine, RootCause, Time};
use crate::job::{ProvisionerType, Tags};

/// A domain as an onlooker sees it.
#[derive(Debug, Clone)]
pub struct DomainView<'a> {
    /// Its name.
    pub id: DomainId,
    /// What it accepts.
    pub spec: &'a Arc<DomainSpec>,
    /// How many of its acquirees sleep; those of the clearance in use don't.
    pub waiting: usize,
    /// How many of its acquirees the clearance in use is for.
    pub cleared: usize,
    /// The clearance in use, and whether its query is in flight.
    pub in_use: Option<(Clearance, bool)>,
    /// What it remembers for after its query (`S6`).
    pub pending: Option<RootCause>,
    /// How many tokens it has: postings of one shape each that are not accounted for (`W2`).
    pub tokens: usize,
    /// Until when it waits after an error before it queries again (`W11`).
    pub pausing_until: Option<Time>,
    /// When its backup poll comes round.
    pub next_poll: Time,
}

/// A token as an onlooker sees it: postings of one shape that are not accounted for (`W2`).
#[derive(Debug, Clone, Copy)]
pub struct TokenView<'a> {
    /// The type that their jobs need.
    pub provisioner: ProvisionerType,
    /// The tags that their jobs demand.
    pub tags: &'a Tags,
    /// How many jobs it names.
    pub named: usize,
    /// It stands for others as well, of unknown number.
    pub is_open: bool,
}

impl Machine {
    /// All domains in order of birth.
    pub fn domains(&self) -> impl Iterator<Item = DomainView<'_>> {
        self.domains.values().map(|domain| self.view(domain))
    }

    /// One domain; `None` when it doesn't stand.
    #[must_use]
    pub fn domain(&self, domain: DomainId) -> Option<DomainView<'_>> {
        self.domains.get(domain).map(|domain| self.view(domain))
    }

    fn view<'a>(&self, domain: &'a Domain) -> DomainView<'a> {
        let in_use = domain.in_use();
        DomainView {
            id: domain.id,
            spec: &domain.spec,
            waiting: domain.waiting_len(),
            cleared: in_use.map_or(0, |in_use| in_use.holders.iter().flatten().count()),
            in_use: in_use
                .map(|in_use| (in_use.clearance, matches!(in_use.phase, ClearancePhase::Querying(_)))),
            pending: domain.pending,
            tokens: self.book.tokens(domain.id),
            pausing_until: match &domain.activity {
                Activity::Pausing(pause) => Some(pause.until),
                Activity::Idle | Activity::InUse(_) => None,
            },
            next_poll: domain.next_poll,
        }
    }

    /// The acquirees of a domain: those whom its clearance is for, then those who sleep, longest waiting first.
    pub fn acquirees(&self, domain: DomainId) -> impl Iterator<Item = AcquireeId> {
        let domain = self.domains.get(domain);
        let holders = domain
            .and_then(Domain::in_use)
            .into_iter()
            .flat_map(|in_use| in_use.holders.iter().flatten().map(|(_, acquiree)| *acquiree));
        holders.chain(domain.into_iter().flat_map(Domain::waiting))
    }

    /// The tokens of a domain, in order of what their jobs demand.
    pub fn tokens(&self, domain: DomainId) -> impl Iterator<Item = TokenView<'_>> {
        self.book.tokens_of(domain).map(|((provisioner, tags), token)| TokenView {
            provisioner: *provisioner,
            tags,
            named: token.named(),
            is_open: token.is_open(),
        })
    }
}
