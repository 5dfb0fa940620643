//! The rules. Mutate once with [`Machine::handle`], drain [`Machine::poll_output`] until it answers
//! `None`, sleep until [`Machine::poll_timeout`], and again.

mod answers;
mod digest;
mod routing;
mod views;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use foldhash::HashMap;

use crate::job::Posting;

use super::deadlines::{Deadlines, Due};
use super::domain::{Activity, ClearancePhase, Departure, Domain, InUse, Ticket};
use super::ids::IdMap;
use super::matching::Matching;
use super::registry::Registry;
use super::tokens::{Book, Moment, Token};
use super::{
    AcquireeId, AfterError, Cause, Chain, Chance, Clearance, ClearanceId, Departed, DomainId, DomainSpec,
    Doubtful, FirstPoll, Input, Outcome, Output, Policy, Postings, RootCause, Route, Time,
};

pub use views::{DomainView, TokenView};

/// Decides who may query, and why.
///
/// Like a doorkeeper of a pantry with one queue per diet: one guest of a queue looks inside at a
/// time; when there is nothing, the queue sits down until somebody calls that food has come, or until
/// the doorkeeper's own watch says that it is time to look in any case.
///
/// Why calls that come while a guest is inside are remembered (`S6`):
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
    domains: Registry,
    by_spec: HashMap<Arc<DomainSpec>, DomainId>,
    matching: Matching,
    by_acquiree: IdMap<AcquireeId, (DomainId, Ticket)>,
    /// The domain of each clearance in use.
    by_clearance: IdMap<ClearanceId, DomainId>,
    /// Postings that are not accounted for.
    book: Book,
    deadlines: Deadlines,
    outputs: VecDeque<Output>,
    /// Counts inputs: what came before what.
    moment: Moment,
    domains_born: u64,
    clearances_given: u64,
    tickets_given: u64,
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
            domains: Registry::default(),
            by_spec: HashMap::default(),
            matching: Matching::default(),
            by_acquiree: IdMap::default(),
            by_clearance: IdMap::default(),
            book: Book::default(),
            deadlines: Deadlines::default(),
            outputs: VecDeque::new(),
            moment: 0,
            domains_born: 0,
            clearances_given: 0,
            tickets_given: 0,
        }
    }

    // Getters.

    /// The rules that it follows.
    #[must_use]
    pub fn policy(&self) -> Policy {
        self.policy
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
        self.moment += 1;
        match input {
            Input::Join { acquiree, spec } => self.join(now, acquiree, spec, chance),
            Input::Leave { acquiree } => self.leave(acquiree, chance),
            Input::Begin { clearance } => self.begin(clearance),
            Input::Finish { clearance, outcome } => self.finish(now, clearance, &outcome, chance),
            Input::Post(posting) => self.post(posting, chance),
            Input::MessagesLost => self.messages_lost(chance),
            Input::Timeout => self.timeout(now, chance),
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

    fn join(&mut self, now: Time, acquiree: AcquireeId, spec: Arc<DomainSpec>, chance: &mut impl Chance) {
        self.tickets_given += 1;
        let ticket = self.tickets_given;
        let standing = self.by_spec.get(&spec).copied();
        let id = standing.unwrap_or_else(|| self.bear(now, spec, chance));
        let before = self.by_acquiree.insert(acquiree, (id, ticket));
        assert!(before.is_none(), "an acquiree joins once");
        let domain = self.domain_mut(id);
        let was_abandoned = domain.is_abandoned();
        domain.join(ticket, acquiree);
        if was_abandoned {
            // To its callers the domain is new, though a query of those who left may still be in flight. That
            // query may have begun before a job that nobody announced to an abandoned domain (S3, S11).
            self.clear_or_pend(id, RootCause::First, chance);
        }
    }

    fn leave(&mut self, acquiree: AcquireeId, chance: &mut impl Chance) {
        let Some((id, ticket)) = self.by_acquiree.remove(&acquiree) else { return };
        if let Departure::FromClearance = self.domain_mut(id).leave(ticket) {
            self.pass_on_unused(id, chance);
        }
        self.part_if_abandoned(id, chance);
    }

    fn begin(&mut self, clearance: ClearanceId) {
        let Some(id) = self.by_clearance.get(&clearance).copied() else { return };
        let (moment, postings) = (self.moment, self.policy.postings);
        let domain = self.domain_mut(id);
        let spec = Arc::clone(&domain.spec);
        let Activity::InUse(in_use) = &mut domain.activity else {
            unreachable!("a known clearance is in use")
        };
        assert!(in_use.phase == ClearancePhase::Cleared, "a clearance is used once");
        in_use.phase = ClearancePhase::Querying(moment);
        if postings != Postings::Forgotten && domain.pending.take().is_some() {
            // What was remembered before the query began is the query's own to answer, as a token is.
            in_use.is_sweep = true;
        }
        // Those who left before the query began have no place in its answer.
        in_use.holders.retain(|holder| holder.is_some());
        let acquirees = in_use.holders.iter().flatten().map(|(_, acquiree)| *acquiree).collect();
        self.outputs.push_back(Output::Query { clearance, spec, acquirees });
    }

    fn finish(&mut self, now: Time, clearance: ClearanceId, outcome: &Outcome, chance: &mut impl Chance) {
        let id = self.by_clearance.remove(&clearance).expect("a query that ends was begun");
        let domain = self.domain_mut(id);
        let Activity::InUse(in_use) = std::mem::replace(&mut domain.activity, Activity::Idle) else {
            unreachable!("a known clearance is in use")
        };
        let ClearancePhase::Querying(began) = in_use.phase else { panic!("a query that ends was begun") };
        let claimed = in_use.holders.len();
        self.answer_holders(id, &in_use, outcome);
        match outcome {
            Outcome::Failed => {
                self.domain_mut(id).is_in_doubt = true;
                self.after_error(now, id, &in_use, chance);
            }
            Outcome::Found(jobs) => {
                self.domain_mut(id).failures = 0;
                for job in jobs {
                    self.book.acquired(*job);
                }
                let found_all = jobs.len() < claimed;
                self.after_answer(id, &in_use, began, found_all, Cause::Chained, chance);
            }
            Outcome::Empty => {
                self.domain_mut(id).failures = 0;
                self.after_answer(id, &in_use, began, true, Cause::Pending, chance);
            }
        }
        self.part_if_abandoned(id, chance);
    }

    fn post(&mut self, posting: Posting, chance: &mut impl Chance) {
        let chosen = match self.policy.postings {
            Postings::Forgotten => None,
            Postings::HandedToIdle | Postings::Accounted => self.book.keeper(&posting),
        };
        let chosen = chosen.or_else(|| self.route(&posting, None, chance));
        self.outputs.push_back(Output::PostingRouted { domain: chosen });
        let Some(id) = chosen else { return };
        if self.policy.postings != Postings::Forgotten {
            let token = Token::new(posting.job_id, self.moment);
            self.book.add(id, (posting.provisioner, posting.tags), token);
        }
        self.wake(id, chance);
    }

    fn messages_lost(&mut self, chance: &mut impl Chance) {
        for domain in self.domains.ids() {
            self.clear_or_pend(domain, RootCause::Recovered, chance);
        }
    }

    fn timeout(&mut self, now: Time, chance: &mut impl Chance) {
        while let Some((at, id, due)) = self.deadlines.pop_due(now) {
            match due {
                Due::Poll => {
                    // Counted from the first one; periods that went by unseen are not made up for.
                    let missed = (now - at).as_nanos() / self.backup_poll.as_nanos();
                    let skipped = self.backup_poll.saturating_mul(u32::try_from(missed).unwrap_or(u32::MAX));
                    let next = at + skipped + self.backup_poll;
                    self.domain_mut(id).next_poll = next;
                    self.deadlines.set(id, Due::Poll, next);
                    self.clear_or_pend(id, RootCause::BackupPoll, chance);
                }
                Due::PauseOver => {
                    let domain = self.domain_mut(id);
                    let Activity::Pausing(pause) = std::mem::replace(&mut domain.activity, Activity::Idle)
                    else {
                        unreachable!("a pause that ends had begun")
                    };
                    self.clear_after(id, Cause::Chained, pause.failed, pause.is_sweep, chance);
                    self.part_if_abandoned(id, chance);
                }
            }
        }
    }

    // Steps that several of them take.

    fn domain_mut(&mut self, id: DomainId) -> &mut Domain {
        self.domains.get_mut(id).expect("a domain stands while it has acquirees, a query or a pause")
    }

    fn bear(&mut self, now: Time, spec: Arc<DomainSpec>, chance: &mut impl Chance) -> DomainId {
        self.domains_born += 1;
        let id = DomainId(self.domains_born);
        let next_poll = match self.policy.first_poll {
            FirstPoll::AfterPeriod => now + self.backup_poll,
            FirstPoll::Spread => now + fraction(self.backup_poll, chance),
        };
        self.deadlines.set(id, Due::Poll, next_poll);
        self.by_spec.insert(Arc::clone(&spec), id);
        self.matching.add(id, &spec);
        self.outputs.push_back(Output::DomainBorn { domain: id, spec: Arc::clone(&spec) });
        self.domains.insert(Domain::new(id, spec, next_poll));
        id
    }

    /// When the last acquiree has left: what the domain keeps in mind goes to another at once (`W2`), and the
    /// domain goes with its poll (`S9`). It stays while a query of it is in flight or it waits after an error: a
    /// domain with the same key would be born and query meanwhile (`EXCLUSIVE`, `W11`).
    fn part_if_abandoned(&mut self, id: DomainId, chance: &mut impl Chance) {
        if !self.domains[&id].is_abandoned() {
            return;
        }
        self.hand_on_tokens(id, chance);
        if !self.domains[&id].is_idle() {
            return;
        }
        let domain = self.domains.remove(id).expect("it was just looked at");
        if domain.is_in_doubt && self.policy.doubtful == Doubtful::PostedAnew {
            self.outputs.push_back(Output::PostAnew { spec: Arc::clone(&domain.spec) });
        }
        self.by_spec.remove(&domain.spec);
        self.matching.remove(id, &domain.spec);
        self.deadlines.clear(id, Due::Poll, domain.next_poll);
        self.outputs.push_back(Output::DomainDissolved { domain: id });
    }

    /// Clears an idle domain; lets a busy one remember (`S6`).
    fn clear_or_pend(&mut self, id: DomainId, root: RootCause, chance: &mut impl Chance) {
        let domain = self.domain_mut(id);
        if domain.is_idle() {
            self.clear(id, root.direct(), root, None, root != RootCause::Posting, chance);
        } else {
            domain.remember(root);
            self.outputs.push_back(Output::Pended { domain: id, root });
        }
    }

    /// Clears some of those who wait, or nobody when nobody waits.
    fn clear(
        &mut self,
        id: DomainId,
        cause: Cause,
        root: RootCause,
        parent: Option<ClearanceId>,
        is_sweep: bool,
        chance: &mut impl Chance,
    ) {
        let next = ClearanceId(self.clearances_given + 1);
        let (order, batch) = (self.policy.order, self.policy.claim_batch);
        let expected = match self.policy.postings {
            Postings::Forgotten => None,
            Postings::HandedToIdle | Postings::Accounted => self.book.jobs(id),
        };
        let domain = self.domain_mut(id);
        assert!(domain.is_idle(), "one clearance at a time (EXCLUSIVE)");
        // The query to come starts after all that was remembered; what is remembered may ask for a sweep.
        let is_sweep = is_sweep || domain.pending.is_some_and(|pending| pending != RootCause::Posting);
        let most = match expected {
            Some(jobs) if !is_sweep => batch.min(jobs.max(1)),
            _ => batch,
        };
        let holders = domain.take_waiting(most, order, chance);
        if holders.is_empty() {
            return;
        }
        domain.pending = None;
        let clearance = Clearance { id: next, domain: id, cause, root, parent };
        let phase = ClearancePhase::Cleared;
        domain.activity = Activity::InUse(Box::new(InUse { clearance, holders, phase, is_sweep }));
        self.clearances_given += 1;
        self.by_clearance.insert(next, id);
        self.outputs.push_back(Output::Cleared(clearance));
    }

    /// Clears the next after a clearance that is done. Of its root and what came meanwhile, the query to come
    /// owes itself to what would have caused it without the other.
    fn clear_after(
        &mut self,
        id: DomainId,
        cause: Cause,
        done: Clearance,
        is_sweep: bool,
        chance: &mut impl Chance,
    ) {
        let token = (!self.book.is_empty(id)).then_some(RootCause::Posting);
        let remembered = self.domain_mut(id).pending.max(token);
        // A clearance that only what was remembered has caused has nothing of the one before.
        let of_done = (cause == Cause::Chained).then_some(done.root);
        let root = remembered.max(of_done).unwrap_or(done.root);
        self.clear(id, cause, root, Some(done.id), is_sweep, chance);
    }

    /// A clearance whose acquirees all left before its query began goes to the next, its cause with it (`S8`).
    fn pass_on_unused(&mut self, id: DomainId, chance: &mut impl Chance) {
        let domain = self.domain_mut(id);
        let Some(in_use) = domain.in_use() else { return };
        if in_use.phase != ClearancePhase::Cleared || in_use.holders.iter().any(Option::is_some) {
            return;
        }
        let Clearance { id: clearance, cause, root, .. } = in_use.clearance;
        let is_sweep = in_use.is_sweep;
        domain.activity = Activity::Idle;
        self.by_clearance.remove(&clearance);
        self.outputs.push_back(Output::Revoked { clearance });
        self.clear(id, cause, root, Some(clearance), is_sweep, chance);
    }
}

/// A random part of a duration: more than none of it, at most the whole.
fn fraction(whole: Duration, chance: &mut impl Chance) -> Duration {
    const STEPS: u32 = 1 << 16;
    let draw = chance.below(STEPS as usize) as u32 + 1;
    whole / STEPS * draw
}
