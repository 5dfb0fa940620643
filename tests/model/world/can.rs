//! What can happen next.

use acquirer::wakeup::Time;

use super::{AcquireeState, Act, JobState, Replica, Statement, World};

impl World {
    /// All that can happen next.
    pub(crate) fn can(&self) -> Vec<Act> {
        let mut can = Vec::new();
        for (acquiree, state) in self.acquirees.iter().enumerate() {
            match state.state {
                AcquireeState::Waiting(_) if self.left.cancels > 0 => can.push(Act::Cancel(acquiree)),
                AcquireeState::Waiting(_) => {}
                AcquireeState::Out | AcquireeState::Served { .. } => {
                    if state.joins_left > 0 && self.is_next_of_its_kind(acquiree) {
                        can.push(Act::Join(acquiree));
                    }
                    if self.left.cancels > 0 && matches!(state.state, AcquireeState::Served { .. }) {
                        can.push(Act::Cancel(acquiree));
                    }
                }
            }
        }
        for (number, job) in self.jobs.iter().enumerate() {
            match job.state {
                JobState::Unposted if self.is_next_of_its_shape(number) => can.push(Act::Post(number)),
                JobState::Returning => can.push(Act::Release(number)),
                _ => {}
            }
        }
        for (number, replica) in self.replicas.iter().enumerate() {
            self.can_in(number, replica, &mut can);
        }
        can
    }

    fn can_in(&self, number: usize, replica: &Replica, can: &mut Vec<Act>) {
        can.extend(replica.cleared.keys().map(|spec| Act::Begin(number, *spec)));
        for (&spec, query) in &replica.queries {
            match query.statement {
                Statement::Sent => can.push(Act::Hold(number, spec)),
                Statement::Holds(_) => can.push(Act::Commit(number, spec)),
                Statement::Through(_) => can.push(Act::Answer(number, spec)),
            }
            if self.left.failures > 0 && !matches!(query.statement, Statement::Through(_)) {
                can.push(Act::Fail(number, spec));
            }
            if self.left.lost_answers > 0 {
                can.push(Act::LoseAnswer(number, spec));
            }
        }
        for (place, (_, statement)) in replica.orphans.iter().enumerate() {
            match statement {
                Statement::Sent => can.push(Act::OrphanHolds(number, place)),
                Statement::Holds(_) => can.push(Act::OrphanCommits(number, place)),
                Statement::Through(_) => {}
            }
            can.push(Act::Settle(number, place));
        }
        can.extend(replica.to_post.iter().map(|spec| Act::PostAvailable(number, *spec)));
        for (job, notices) in replica.notices.iter().enumerate().filter(|(_, notices)| **notices > 0) {
            can.push(Act::Deliver(number, job));
            if self.left.drops > 0 {
                can.push(Act::Drop(number, job));
            }
            if self.left.duplicates > 0 && *notices == 1 {
                can.push(Act::Duplicate(number, job));
            }
        }
        if replica.is_cut_off {
            can.push(Act::Reconnect(number));
        } else if self.left.disconnects > 0 {
            can.push(Act::CutOff(number));
        }
        if self.can_tick(replica) {
            can.push(Act::Tick(number));
        }
    }

    /// Pauses end; backup polls come round as often as the scope says.
    fn can_tick(&self, replica: &Replica) -> bool {
        let Some(due) = replica.machine.poll_timeout() else { return false };
        let is_poll = replica.machine.domains().any(|domain| domain.next_poll == due);
        !is_poll || self.left.polls > 0
    }

    /// Whether it is the first of those that differ in nothing: which of them joins makes no difference.
    fn is_next_of_its_kind(&self, acquiree: usize) -> bool {
        let kind = |acquiree: usize| (self.scope.acquirees[acquiree], &self.acquirees[acquiree]);
        (0..acquiree).all(|other| kind(other) != kind(acquiree))
    }

    fn is_next_of_its_shape(&self, job: usize) -> bool {
        (0..job).all(|other| {
            self.scope.jobs[other].tags != self.scope.jobs[job].tags
                || self.jobs[other].state != JobState::Unposted
        })
    }

    /// Whether nothing is under way any more: what happens next comes from outside, or from a backup poll.
    pub(crate) fn is_quiet(&self) -> bool {
        let is_pausing =
            |replica: &Replica| replica.machine.domains().any(|domain| domain.pausing_until.is_some());
        self.jobs.iter().all(|job| job.state != JobState::Returning)
            && self.replicas.iter().all(|replica| {
                replica.cleared.is_empty()
                    && replica.queries.is_empty()
                    && replica.orphans.is_empty()
                    && replica.to_post.is_empty()
                    && replica.notices.iter().all(|notices| *notices == 0)
                    && !replica.is_cut_off
                    && !is_pausing(replica)
            })
    }

    /// The machine's earliest deadline.
    pub(super) fn due(&self, replica: usize) -> Option<Time> {
        self.replicas[replica].machine.poll_timeout()
    }
}
