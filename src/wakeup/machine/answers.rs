//! What follows a query: who gets what, and whether another one comes (`S5` to `S7`, `S16`, `W6`, `W11`).

use std::time::Duration;

use super::super::domain::{Activity, InUse, Pause};
use super::super::tokens::Moment;
use super::{
    AfterError, Cause, Chain, Chance, Departed, DomainId, Due, Machine, Outcome, Output, Time, fraction,
};

/// The first pause after an error; each further one is twice as long.
const PAUSE_FIRST: Duration = Duration::from_millis(10);
/// The longest.
const PAUSE_LONGEST: Duration = Duration::from_secs(10);
/// Past these the longest is reached.
const PAUSE_DOUBLINGS_MAX: u32 = 10;

impl Machine {
    /// Gives each acquiree of a query what is its own: a job, the error, or its place in the domain.
    pub(super) fn answer_holders(&mut self, id: DomainId, in_use: &InUse, outcome: &Outcome) {
        let clearance = in_use.clearance.id;
        let served = match outcome {
            Outcome::Found(jobs) => jobs.len(),
            Outcome::Empty => 0,
            Outcome::Failed => in_use.holders.len(),
        };
        assert!(served <= in_use.holders.len(), "a query finds one job for each acquiree at most");
        for (place, holder) in in_use.holders.iter().enumerate() {
            match (*holder, outcome) {
                (Some((ticket, acquiree)), _) if place >= served => {
                    self.domain_mut(id).join(ticket, acquiree);
                }
                (Some((_, acquiree)), Outcome::Failed) => {
                    self.by_acquiree.remove(&acquiree);
                    self.outputs.push_back(Output::Fail { acquiree });
                }
                (Some((_, acquiree)), _) => {
                    self.by_acquiree.remove(&acquiree);
                    self.outputs.push_back(Output::HandOver { clearance, place, acquiree });
                }
                (None, Outcome::Found(_)) if place < served => {
                    self.outputs.push_back(match self.policy.departed {
                        Departed::GivenBack => Output::GiveBack { clearance, place },
                        Departed::Stranded => Output::Strand { clearance, place },
                    });
                }
                (None, _) => {}
            }
        }
    }

    /// What follows a query that was answered: another one when there is a reason (`S6`, `S7`, `W6`), else sleep
    /// (`S5`). One that `found_all` leaves nothing of what came before it began.
    pub(super) fn after_answer(
        &mut self,
        id: DomainId,
        in_use: &InUse,
        began: Moment,
        found_all: bool,
        cause: Cause,
        chance: &mut impl Chance,
    ) {
        if found_all {
            self.book.nothing_more(id, began);
            self.domain_mut(id).is_in_doubt = false;
        }
        let sweeps_on = in_use.is_sweep && !found_all;
        let has_reason = self.domain_mut(id).pending.is_some() || !self.book.is_empty(id) || sweeps_on;
        let chains_on = cause == Cause::Chained && self.policy.chain == Chain::Always;
        if has_reason || chains_on {
            self.clear_after(id, cause, in_use.clearance, sweeps_on, chance);
        }
    }

    /// What follows a query that failed: the next one, at once or after a pause (`S16`, `W11`).
    pub(super) fn after_error(&mut self, now: Time, id: DomainId, in_use: &InUse, chance: &mut impl Chance) {
        let after_error = self.policy.after_error;
        let domain = self.domain_mut(id);
        domain.failures = domain.failures.saturating_add(1);
        match after_error {
            AfterError::AtOnce => {
                self.clear_after(id, Cause::Chained, in_use.clearance, in_use.is_sweep, chance);
            }
            AfterError::BackOff => {
                let doublings = (domain.failures - 1).min(PAUSE_DOUBLINGS_MAX);
                let longest = (PAUSE_FIRST * (1 << doublings)).min(PAUSE_LONGEST);
                let until = now + longest / 2 + fraction(longest / 2, chance);
                let (failed, is_sweep) = (in_use.clearance, in_use.is_sweep);
                domain.activity = Activity::Pausing(Box::new(Pause { until, failed, is_sweep }));
                self.deadlines.set(id, Due::PauseOver, until);
                self.outputs.push_back(Output::BackingOff { domain: id, until });
            }
        }
    }
}
