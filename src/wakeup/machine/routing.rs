//! Where a posting goes: to which domain it comes, and to which it is handed on (`S11`, `W2`, `W2b`).

use crate::job::Posting;

use super::super::domain::Domain;
use super::{Cause, Chance, DomainId, Machine, Output, Postings, RootCause, Route};

impl Machine {
    /// Hands every token to another domain that contains it: to an idle one first, else to one that is busy,
    /// which looks again when its query has found nothing. Only when there is none is a token let go: the next
    /// acquiree makes a new domain and queries at once.
    pub(super) fn hand_on_tokens(&mut self, from: DomainId, chance: &mut impl Chance) {
        for (shape, token) in self.book.take(from) {
            let posting = Posting { provisioner: shape.0, tags: shape.1.clone(), job_id: None };
            let mut to = self.route(&posting, Some(from), chance);
            if self.policy.postings == Postings::HandedToIdle {
                to = to.filter(|to| self.domains[to].is_idle());
            }
            self.outputs.push_back(Output::HandedOn { from, to });
            if let Some(to) = to {
                self.book.add(to, shape, token);
                self.wake(to, chance);
            }
        }
    }

    /// A domain with acquirees that contains the posting, other than one that hands it on.
    pub(super) fn route(
        &self,
        posting: &Posting,
        besides: Option<DomainId>,
        chance: &mut impl Chance,
    ) -> Option<DomainId> {
        let contains = |domain: &&Domain| {
            Some(domain.id) != besides && !domain.is_abandoned() && domain.spec.contains(posting)
        };
        let mut matching =
            self.matching.candidates(posting).filter_map(|id| self.domains.get(id)).filter(contains);
        match self.policy.route {
            Route::Any => {
                let all: Vec<DomainId> = matching.map(|domain| domain.id).collect();
                (!all.is_empty()).then(|| all[chance.below(all.len())])
            }
            Route::IdleFirst => {
                let first = matching.next()?;
                let rank = |domain: &Domain| (!domain.is_idle(), domain.head().is_none(), domain.head());
                let best =
                    matching.fold(first, |best, other| if rank(other) < rank(best) { other } else { best });
                Some(best.id)
            }
        }
    }

    /// A posting came for the domain.
    pub(super) fn wake(&mut self, id: DomainId, chance: &mut impl Chance) {
        match self.policy.postings {
            Postings::Forgotten => self.clear_or_pend(id, RootCause::Posting, chance),
            // Busy, it has the token.
            _ if !self.domains[&id].is_idle() => {
                self.outputs.push_back(Output::Pended { domain: id, root: RootCause::Posting });
            }
            Postings::HandedToIdle | Postings::Accounted => {
                self.clear(id, Cause::Posting, RootCause::Posting, None, false, chance);
            }
        }
    }
}
