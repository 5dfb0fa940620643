//! Which faults are at work and which were, and what happened to the jobs meanwhile. Pure.
//!
//! What a fault did often shows only when it is over: a job whose notice was swallowed is rescued by the next backup
//! poll. So a fault's account stays open for a poll's period after its end. It tells what happened, not what the
//! fault alone brought about: faults that overlap share it.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use crate::snapshot::{ActiveFault, FaultRecord, Meanwhile, Totals};

use super::alphabet::{FaultFacts, Time};

/// So many faults that are over are kept, the latest.
pub(super) const FAULTS_MAX: usize = 100;
/// A job that waited longer than this was late.
const LATE: Duration = Duration::from_secs(1);

/// The faults of a run.
#[derive(Debug, Clone, Default)]
pub(super) struct Faults {
    late: u64,
    /// At work, or with an open account, in the order in which they began.
    open: VecDeque<OpenFault>,
    closed: VecDeque<Arc<FaultRecord>>,
}

#[derive(Debug, Clone)]
struct OpenFault {
    name: String,
    parameter: String,
    replica: Option<usize>,
    began: Time,
    until: Option<Time>,
    ended: Option<Time>,
    failure: Option<String>,
    /// Counts when it began.
    before: Totals,
    late_before: u64,
    longest_wait: Duration,
}

impl Faults {
    pub(super) fn began(&mut self, facts: FaultFacts<'_>, totals: &Totals, at: Time) {
        self.open.push_back(OpenFault {
            name: facts.name.to_owned(),
            parameter: facts.parameter.to_owned(),
            replica: facts.replica,
            began: at,
            until: facts.until,
            ended: None,
            failure: None,
            before: *totals,
            late_before: self.late,
            longest_wait: Duration::ZERO,
        });
    }

    /// The latest fault of this name could not do what it was to do.
    pub(super) fn failed(&mut self, name: &str, why: &str) {
        let fault = self.open.iter_mut().rev().find(|fault| fault.is_at_work() && fault.name == name);
        if let Some(fault) = fault {
            fault.failure.get_or_insert_with(|| why.to_owned());
        }
    }

    /// None of this name is at work any more.
    pub(super) fn ended(&mut self, name: &str, at: Time) {
        for fault in self.open.iter_mut().filter(|fault| fault.is_at_work() && fault.name == name) {
            fault.ended = Some(fault.until.map_or(at, |until| until.min(at)));
        }
    }

    /// A worker has a job that waited so long.
    pub(super) fn acquired(&mut self, wait: Duration) {
        self.late += u64::from(wait > LATE);
        for fault in &mut self.open {
            fault.longest_wait = fault.longest_wait.max(wait);
        }
    }

    /// Closes the accounts that have been open for `backup_poll` after their fault's end, and the oldest of too many.
    pub(super) fn settle(&mut self, began: Time, totals: &Totals, backup_poll: Duration, now: Time) {
        let over = self.open.iter().filter(|fault| !fault.is_at_work()).count();
        let mut too_many = over.saturating_sub(FAULTS_MAX);
        let late = self.late;
        let closed = &mut self.closed;
        self.open.retain(|fault| {
            let Some(ended) = fault.ended else { return true };
            if now < ended + backup_poll && too_many == 0 {
                return true;
            }
            too_many = too_many.saturating_sub(1);
            closed.push_back(Arc::new(fault.record(began, totals, late)));
            false
        });
        let excess = self.closed.len().saturating_sub(FAULTS_MAX);
        self.closed.drain(..excess);
    }

    /// Those at work, in the order in which they began.
    pub(super) fn at_work(&self, now: Time) -> Vec<ActiveFault> {
        let at_work = self.open.iter().filter(|fault| fault.is_at_work());
        let at_work = at_work.filter(|fault| fault.until.is_none_or(|until| until > now));
        at_work
            .map(|fault| ActiveFault {
                name: fault.name.clone(),
                parameter: fault.parameter.clone(),
                replica: fault.replica,
                age: now - fault.began,
                left: fault.until.map(|until| until - now),
            })
            .collect()
    }

    /// Those that have begun, in that order; times are counted from `began`.
    pub(super) fn records(&self, began: Time, totals: &Totals) -> Vec<Arc<FaultRecord>> {
        let open = self.open.iter().map(|fault| Arc::new(fault.record(began, totals, self.late)));
        let mut records: Vec<_> = self.closed.iter().cloned().chain(open).collect();
        // One that is at work for long is passed by others whose account is closed before.
        records.sort_by_key(|record| record.began);
        records
    }

    /// How many it keeps.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.open.len() + self.closed.len()
    }
}

impl OpenFault {
    fn is_at_work(&self) -> bool {
        self.ended.is_none()
    }

    fn record(&self, began: Time, totals: &Totals, late: u64) -> FaultRecord {
        let before = &self.before;
        FaultRecord {
            name: self.name.clone(),
            parameter: self.parameter.clone(),
            replica: self.replica,
            began: self.began - began,
            ended: self.ended.map(|ended| ended - began),
            failure: self.failure.clone(),
            meanwhile: Meanwhile {
                late: late - self.late_before,
                longest_wait: self.longest_wait,
                // What counted as rescued may turn out not to be.
                rescued: totals.rescued.saturating_sub(before.rescued),
                swallowed: totals.notifications_suppressed - before.notifications_suppressed,
                losses_signalled: totals.losses_signalled - before.losses_signalled,
                queries_failed: totals.queries_failed - before.queries_failed,
                crashed: totals.crashed - before.crashed,
            },
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    fn at(s: u64) -> Time {
        Time::new(Duration::from_secs(s))
    }

    fn begin(faults: &mut Faults, name: &str, totals: &Totals, s: u64) {
        faults.began(FaultFacts { name, parameter: "", replica: None, until: None }, totals, at(s));
    }

    #[test]
    fn what_the_next_poll_rescues_is_still_on_the_account_and_what_comes_later_is_not() {
        let mut faults = Faults::default();
        let totals = |rescued| Totals { rescued, ..Totals::default() };
        begin(&mut faults, "drop_notifications", &totals(5), 10);
        faults.ended("drop_notifications", at(20));
        faults.acquired(Duration::from_secs(29));
        for (s, rescued) in [(49, 12), (50, 14), (80, 99)] {
            faults.settle(at(1), &totals(rescued), Duration::from_secs(30), at(s));
        }
        faults.acquired(Duration::from_secs(40));
        let record = faults.records(at(1), &totals(100)).pop().unwrap();
        assert_eq!((record.began.as_secs(), record.ended.unwrap().as_secs()), (9, 19));
        let meanwhile = record.meanwhile;
        assert_eq!((meanwhile.rescued, meanwhile.late, meanwhile.longest_wait.as_secs()), (9, 1, 29));
    }

    #[test]
    fn a_fault_that_could_not_do_it_says_why() {
        let mut faults = Faults::default();
        begin(&mut faults, "database_pause", &Totals::default(), 1);
        faults.failed("database_pause", "not ours");
        faults.ended("database_pause", at(1));
        begin(&mut faults, "database_pause", &Totals::default(), 2);
        let records = faults.records(at(0), &Totals::default());
        let failures: Vec<_> = records.iter().map(|record| record.failure.as_deref()).collect();
        assert_eq!(failures, [Some("not ours"), None]);
    }

    #[test]
    fn more_than_a_hundred_are_forgotten_and_none_that_is_at_work() {
        let mut faults = Faults::default();
        begin(&mut faults, "deaf_listener", &Totals::default(), 0);
        for s in 1..1_000 {
            begin(&mut faults, "kill_listener", &Totals::default(), s);
            faults.ended("kill_listener", at(s));
            faults.settle(at(0), &Totals::default(), Duration::from_hours(1), at(s));
        }
        assert_eq!(faults.len(), 2 * FAULTS_MAX + 1);
        assert_eq!(faults.records(at(0), &Totals::default())[0].name, "deaf_listener");
    }
}
