//! The rules. Mutate once with [`Machine::handle`], drain [`Machine::poll_output`] until it answers
//! `None`, sleep until [`Machine::poll_timeout`], and again.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use crate::job::Posting;

use super::deadlines::Deadlines;
use super::domain::{ClearancePhase, Departure, Domain, InUse, Ticket};
use super::{
    AcquireeId, Cause, Chain, Chance, Clearance, ClearanceId, DomainId, DomainKey, DomainSpec, Input,
    Outcome, Output, Policy, RootCause, Time,
};

/// Decides who may query, and why.
///
/// Like a doorkeeper of a pantry with one queue per diet: one guest of a queue looks inside at a
/// time; when there is nothing, the queue sits down until somebody calls that food has come, or until
/// the doorkeeper's own watch says that it is time to look in any case.
///
/// Why one remembers calls that come while a guest is inside (`S6`):
///
/// ```text
/// guest           doorkeeper        cook
/// looks inside
///                                   puts a dish in, calls
///                 (guest is in: forget the call?)
/// "nothing here"
/// sits down beside a full pantry
/// ```
///
/// Call order: [`handle`](Self::handle) any number of times, draining [`poll_output`](Self::poll_output)
/// after each; [`Input::Timeout`] when [`poll_timeout`](Self::poll_timeout) is reached.
#[derive(Debug, Clone)]
pub struct Machine {
    policy: Policy,
    backup_poll: Duration,
    /// In order of birth, so that nothing depends on a hash.
    domains: BTreeMap<DomainId, Domain>,
    by_key: HashMap<DomainKey, DomainId>,
    by_acquiree: HashMap<AcquireeId, (DomainId, Ticket)>,
    /// The domain of each clearance in use.
    by_clearance: HashMap<ClearanceId, DomainId>,
    deadlines: Deadlines,
    outputs: VecDeque<Output>,
    domains_born: u64,
    clearances_given: u64,
    tickets_given: u64,
}

/// A domain as an onlooker sees it.
#[derive(Debug, Clone)]
pub struct DomainView<'a> {
    /// Its name.
    pub id: DomainId,
    /// What it accepts.
    pub spec: &'a Arc<DomainSpec>,
    /// How many of its acquirees sleep; those of the clearance in use don't.
    pub waiting: usize,
    /// The clearance in use, and whether its query is in flight.
    pub in_use: Option<(Clearance, bool)>,
    /// What it remembers for after its query (`S6`).
    pub pending: Option<RootCause>,
    /// When its backup poll comes round.
    pub next_poll: Time,
}

impl Machine {
    /// A machine without domains. Every domain is cleared or pended once per `backup_poll` (`S10`).
    ///
    /// # Panics
    ///
    /// When `backup_poll` is zero, or `policy.claim_batch` is.
    #[must_use]
    pub fn new(policy: Policy, backup_poll: Duration) -> Self {
        assert!(!backup_poll.is_zero(), "a backup poll has a period");
        assert!(policy.claim_batch > 0, "a query claims one job at least");
        Self {
            policy,
            backup_poll,
            domains: BTreeMap::new(),
            by_key: HashMap::new(),
            by_acquiree: HashMap::new(),
            by_clearance: HashMap::new(),
            deadlines: Deadlines::default(),
            outputs: VecDeque::new(),
            domains_born: 0,
            clearances_given: 0,
            tickets_given: 0,
        }
    }

    // Getters.

    /// All domains in order of birth.
    pub fn domains(&self) -> impl Iterator<Item = DomainView<'_>> {
        self.domains.values().map(|domain| DomainView {
            id: domain.id,
            spec: &domain.spec,
            waiting: domain.waiting_len(),
            in_use: domain
                .in_use
                .as_ref()
                .map(|in_use| (in_use.clearance, in_use.phase == ClearancePhase::Querying)),
            pending: domain.pending,
            next_poll: domain.next_poll,
        })
    }

    /// The acquirees of a domain: those whom its clearance is for, then those who sleep, longest waiting first.
    pub fn acquirees(&self, domain: DomainId) -> impl Iterator<Item = AcquireeId> {
        let domain = self.domains.get(&domain);
        let holders = domain
            .and_then(|domain| domain.in_use.as_ref())
            .into_iter()
            .flat_map(|in_use| in_use.holders.iter().flatten().map(|(_, acquiree)| *acquiree));
        holders.chain(domain.into_iter().flat_map(Domain::waiting))
    }

    /// How many acquirees there are in all.
    #[must_use]
    pub fn acquirees_len(&self) -> usize {
        self.by_acquiree.len()
    }

    // The way in.

    /// Takes what happened at `now`, with `chance` for the choices that the rules leave open.
    ///
    /// # Panics
    ///
    /// When an input contradicts the call order: an acquiree that joins twice, an answer to a query
    /// that isn't in flight, more jobs than were asked for (`S17`).
    pub fn handle(&mut self, now: Time, input: Input, chance: &mut impl Chance) {
        match input {
            Input::Join { acquiree, spec } => self.join(now, acquiree, spec),
            Input::Leave { acquiree } => self.leave(acquiree),
            Input::Begin { clearance } => self.begin(clearance),
            Input::Finish { clearance, outcome } => self.finish(clearance, outcome),
            Input::Post(posting) => self.post(&posting, chance),
            Input::MessagesLost => self.messages_lost(),
            Input::Timeout => self.timeout(now),
        }
    }

    // The ways out.

    /// The next decision.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When [`Input::Timeout`] is due next; `None` while there are no domains.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Time> {
        self.deadlines.earliest()
    }

    // One method for each thing that can happen.

    fn join(&mut self, now: Time, acquiree: AcquireeId, spec: Arc<DomainSpec>) {
        self.tickets_given += 1;
        let ticket = self.tickets_given;
        let standing = self.by_key.get(spec.key()).copied();
        let id = standing.unwrap_or_else(|| self.bear(now, spec));
        let before = self.by_acquiree.insert(acquiree, (id, ticket));
        assert!(before.is_none(), "an acquiree joins once");
        let domain = self.domains.get_mut(&id).expect("a key's domain stands");
        if domain.is_abandoned() {
            // To its callers the domain is new, though a query of those who left is still in flight. That
            // query may have begun before a job that nobody announced to an abandoned domain (S3, S11).
            domain.join(ticket, acquiree);
            self.clear_or_pend(id, RootCause::First);
        } else {
            domain.join(ticket, acquiree);
        }
    }

    fn leave(&mut self, acquiree: AcquireeId) {
        let Some((id, ticket)) = self.by_acquiree.remove(&acquiree) else { return };
        let domain = self.domain_mut(id);
        if let Departure::FromClearance = domain.leave(ticket) {
            self.pass_on_unused(id);
        }
        self.dissolve_if_abandoned(id);
    }

    fn begin(&mut self, clearance: ClearanceId) {
        let Some(id) = self.by_clearance.get(&clearance).copied() else { return };
        let domain = self.domain_mut(id);
        let spec = Arc::clone(&domain.spec);
        let in_use = domain.in_use.as_mut().expect("a known clearance is in use");
        assert!(in_use.phase == ClearancePhase::Cleared, "a clearance is used once");
        in_use.phase = ClearancePhase::Querying;
        // Those who left before the query began have no place in its answer.
        in_use.holders.retain(Option::is_some);
        let acquirees = in_use.holders.iter().flatten().map(|(_, acquiree)| *acquiree).collect();
        self.outputs.push_back(Output::Query { clearance, spec, acquirees });
    }

    fn finish(&mut self, clearance: ClearanceId, outcome: Outcome) {
        let id = self.by_clearance.remove(&clearance).expect("a query that ends was begun");
        let domain = self.domain_mut(id);
        let in_use = domain.in_use.take().expect("a known clearance is in use");
        assert!(in_use.phase == ClearancePhase::Querying, "a query that ends was begun");
        let served = match outcome {
            Outcome::Found(jobs) => jobs,
            Outcome::Empty => 0,
            Outcome::Failed => in_use.holders.len(),
        };
        assert!(served <= in_use.holders.len(), "a query finds one job for each acquiree at most");
        for (place, holder) in in_use.holders.into_iter().enumerate() {
            match (holder, outcome) {
                (Some(holder), _) if place >= served => self.domain_mut(id).put_back(holder),
                (Some((_, acquiree)), outcome) => {
                    self.by_acquiree.remove(&acquiree);
                    self.outputs.push_back(match outcome {
                        Outcome::Failed => Output::Fail { acquiree },
                        _ => Output::HandOver { clearance, place, acquiree },
                    });
                }
                (None, Outcome::Found(_)) if place < served => {
                    self.outputs.push_back(Output::GiveBack { clearance, place });
                }
                (None, _) => {}
            }
        }
        match outcome {
            Outcome::Found(_) | Outcome::Failed => self.chain(id, in_use.clearance),
            Outcome::Empty => self.retry_if_pending(id, in_use.clearance),
        }
        self.dissolve_if_abandoned(id);
    }

    fn post(&mut self, posting: &Posting, chance: &mut impl Chance) {
        let matching: Vec<DomainId> = self
            .domains
            .values()
            .filter(|domain| !domain.is_abandoned() && domain.spec.contains(posting))
            .map(|domain| domain.id)
            .collect();
        let chosen = (!matching.is_empty()).then(|| matching[chance.below(matching.len())]);
        self.outputs.push_back(Output::PostingRouted { domain: chosen });
        if let Some(domain) = chosen {
            self.clear_or_pend(domain, RootCause::Posting);
        }
    }

    fn messages_lost(&mut self) {
        let all: Vec<DomainId> = self.domains.keys().copied().collect();
        for domain in all {
            self.clear_or_pend(domain, RootCause::Recovered);
        }
    }

    fn timeout(&mut self, now: Time) {
        while let Some((due, id)) = self.deadlines.pop_due(now) {
            // Counted from the domain's birth; periods that went by unseen are not made up for.
            let periods_missed = (now - due).as_nanos() / self.backup_poll.as_nanos();
            let skipped = self.backup_poll.saturating_mul(u32::try_from(periods_missed).unwrap_or(u32::MAX));
            let next = due + skipped + self.backup_poll;
            self.domain_mut(id).next_poll = next;
            self.deadlines.set(id, next);
            self.clear_or_pend(id, RootCause::BackupPoll);
        }
    }

    // Steps that several of them take.

    fn domain_mut(&mut self, id: DomainId) -> &mut Domain {
        self.domains.get_mut(&id).expect("a domain stands while it has acquirees or a query in flight")
    }

    fn bear(&mut self, now: Time, spec: Arc<DomainSpec>) -> DomainId {
        self.domains_born += 1;
        let id = DomainId(self.domains_born);
        let next_poll = now + self.backup_poll;
        self.deadlines.set(id, next_poll);
        self.by_key.insert(spec.key().clone(), id);
        self.outputs.push_back(Output::DomainBorn { domain: id, spec: Arc::clone(&spec) });
        self.domains.insert(id, Domain::new(id, spec, next_poll));
        id
    }

    /// The domain goes with its last acquiree (`S9`), but not while a query of it is in flight: a domain with
    /// the same key would be born and query beside it (`EXCLUSIVE`).
    fn dissolve_if_abandoned(&mut self, id: DomainId) {
        let domain = &self.domains[&id];
        if !domain.is_abandoned() || domain.in_use.is_some() {
            return;
        }
        let domain = self.domains.remove(&id).expect("it was just looked at");
        self.by_key.remove(domain.spec.key());
        self.deadlines.clear(id, domain.next_poll);
        self.outputs.push_back(Output::DomainDissolved { domain: id });
    }

    /// Clears an idle domain; lets a busy one remember (`S6`).
    fn clear_or_pend(&mut self, id: DomainId, root: RootCause) {
        let domain = self.domain_mut(id);
        if domain.in_use.is_some() {
            domain.remember(root);
            self.outputs.push_back(Output::Pended { domain: id, root });
        } else {
            self.clear(id, root.direct(), root, None);
        }
    }

    /// Clears those who have waited longest, or nobody when nobody waits.
    fn clear(&mut self, id: DomainId, cause: Cause, root: RootCause, parent: Option<ClearanceId>) {
        let claim_batch = self.policy.claim_batch;
        let next = ClearanceId(self.clearances_given + 1);
        let domain = self.domain_mut(id);
        assert!(domain.in_use.is_none(), "one clearance at a time (EXCLUSIVE)");
        let holders = domain.take_heads(claim_batch);
        if holders.is_empty() {
            return;
        }
        // The query to come starts after all that was remembered.
        domain.pending = None;
        let clearance = Clearance { id: next, domain: id, cause, root, parent };
        domain.in_use = Some(InUse { clearance, holders, phase: ClearancePhase::Cleared });
        self.clearances_given += 1;
        self.by_clearance.insert(next, id);
        self.outputs.push_back(Output::Cleared(clearance));
    }

    /// A clearance whose acquirees all left before its query began goes to the next, its cause with it (`S8`).
    fn pass_on_unused(&mut self, id: DomainId) {
        let domain = self.domain_mut(id);
        let Some(in_use) = &domain.in_use else { return };
        let unused = in_use.phase == ClearancePhase::Cleared && in_use.holders.iter().all(Option::is_none);
        if !unused {
            return;
        }
        let Clearance { id: clearance, cause, root, .. } = in_use.clearance;
        domain.in_use = None;
        self.by_clearance.remove(&clearance);
        self.outputs.push_back(Output::Revoked { clearance });
        self.clear(id, cause, root, Some(clearance));
    }

    /// Clears the next after one that is done (`S7`, `S16`).
    fn chain(&mut self, id: DomainId, done: Clearance) {
        match self.policy.chain {
            Chain::Always => {
                // Of the chain's own root and what came meanwhile, the later query owes itself to what
                // would have caused it without the other.
                let remembered = self.domain_mut(id).pending;
                let root = remembered.map_or(done.root, |pending| pending.max(done.root));
                self.clear(id, Cause::Chained, root, Some(done.id));
            }
        }
    }

    /// After a query that found nothing: once more if something came meanwhile (`S6`), else sleep (`S5`).
    fn retry_if_pending(&mut self, id: DomainId, done: Clearance) {
        if let Some(root) = self.domain_mut(id).pending.take() {
            self.clear(id, Cause::Pending, root, Some(done.id));
        }
    }
}
