//! Why a job was found, and whether a wakeup was lost on it. Pure, like the state that it is a part of.
//!
//! **Rescued** is a job that nothing but a backup poll led to: the query that took it belongs to a chain that a
//! poll set off, and no notice of the job had reached that replica and was still to be answered. A chain that
//! runs out of waiters isn't over: what lay there when the poll came and is taken by the queries of workers that
//! come back, until one of them finds nothing more, is rescued as well, since nobody would have slept less
//! without the poll.
//!
//! **A wakeup is lost** on a rescued job, and counts against its posting, when all of these hold:
//!
//! - its posting was out: its notice was published, or reached a replica, or was swallowed on its way;
//! - between then and the query that took it a waiter that could have had it slept: on some replica a domain
//!   that accepts the job stood idle, neither cleared nor querying nor pausing after an error;
//! - no query of such a domain on any replica began after the posting was out and found nothing more. One that
//!   finds as many jobs as it asked for says nothing about those that it left.
//!
//! So a job that nobody announced has no wakeup to lose, nor has one for which every worker is busy.
//! A query that fails counts as none: its domain queries again by itself.

use std::time::Duration;

use acquirer::wakeup::{Clearance, DomainSpec, RootCause};

use super::alphabet::Time;
use super::domains::DomainIndex;
use super::live::{LiveJob, LostBy};
use super::shapes::Shapes;

/// What follows an answer follows at once: a domain that ended or was cleared so soon after one never slept.
const AT_ONCE: Duration = Duration::from_millis(1);

/// Who could have looked for what, and did.
#[derive(Debug, Clone, Default)]
pub(super) struct Attribution {
    domains: Vec<Domain>,
    /// By shape.
    shapes: Vec<Shape>,
}

/// What jobs of one shape have to do with domains.
#[derive(Debug, Clone, Default)]
struct Shape {
    /// Those that accept them.
    accepted_by: Vec<DomainIndex>,
    /// When the latest query of theirs began that found nothing more.
    looked: Option<Time>,
    /// When a query of theirs ended last that found nothing more.
    answered: Option<Time>,
    /// Wakeups lost on them, by where they got lost.
    lost: [u64; LostBy::ALL.len()],
}

/// A domain on one replica.
#[derive(Debug, Clone)]
struct Domain {
    replica: usize,
    /// The shapes that it accepts.
    accepts: Vec<usize>,
    activity: Activity,
    /// Until when its acquirees slept the last time before now.
    slept_until: Option<Time>,
    /// When the poll's first query began, while no query of its own since has found nothing more.
    polled: Option<Time>,
}

/// What a domain is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Activity {
    /// It isn't there.
    Gone,
    /// Its acquirees sleep.
    Asleep { since: Time },
    /// It was cleared, or queries; or it pauses after an error, and will query by itself.
    Awake {
        /// A backup poll set it off.
        by_poll: bool,
        /// A posting set it off, or is remembered.
        by_posting: bool,
    },
}

impl Attribution {
    pub(super) fn new(shapes: usize) -> Self {
        Self { domains: Vec::new(), shapes: vec![Shape::default(); shapes] }
    }

    /// A domain came into being, for the first time or again.
    pub(super) fn born(&mut self, index: DomainIndex, replica: usize, spec: &DomainSpec, shapes: &Shapes) {
        if index == self.domains.len() {
            let accepts: Vec<usize> = shapes.accepted(spec).collect();
            for shape in &accepts {
                self.shapes[*shape].accepted_by.push(index);
            }
            self.domains.push(Domain {
                replica,
                accepts,
                activity: Activity::Gone,
                slept_until: None,
                polled: None,
            });
        }
        self.domains[index].activity = Activity::Awake { by_poll: false, by_posting: false };
    }

    /// The shapes that a domain accepts.
    pub(super) fn accepts(&self, index: DomainIndex) -> &[usize] {
        &self.domains[index].accepts
    }

    /// The domains that accept jobs of this shape, on each replica.
    pub(super) fn accepted_by(&self, shape: usize) -> &[DomainIndex] {
        &self.shapes[shape].accepted_by
    }

    pub(super) fn cleared(&mut self, index: DomainIndex, clearance: &Clearance, at: Time) {
        let domain = &mut self.domains[index];
        // One that goes on from another clearance never slept between the two.
        if clearance.parent.is_none() {
            domain.sleep_ends(at);
        }
        domain.activity = Activity::Awake {
            by_poll: clearance.root == RootCause::BackupPoll,
            by_posting: clearance.root == RootCause::Posting,
        };
    }

    /// A busy domain remembers.
    pub(super) fn pended(&mut self, index: DomainIndex, root: RootCause) {
        if let Activity::Awake { by_posting, .. } = &mut self.domains[index].activity {
            *by_posting |= root == RootCause::Posting;
        }
    }

    /// A clearance ended unused, or its query was answered: the domain sleeps, unless something follows at once.
    pub(super) fn idle(&mut self, index: DomainIndex, at: Time) {
        self.domains[index].activity = Activity::Asleep { since: at };
    }

    /// After an error the domain pauses, and then queries by itself.
    pub(super) fn pauses(&mut self, index: DomainIndex) {
        self.domains[index].activity = Activity::Awake { by_poll: false, by_posting: false };
    }

    pub(super) fn dissolved(&mut self, index: DomainIndex, at: Time) {
        let domain = &mut self.domains[index];
        domain.sleep_ends(at);
        domain.activity = Activity::Gone;
    }

    pub(super) fn query_started(&mut self, index: DomainIndex, root: RootCause, at: Time) {
        if root == RootCause::BackupPoll {
            self.domains[index].polled.get_or_insert(at);
        }
    }

    /// A query that began at `started` found nothing more than it brought.
    pub(super) fn found_all(&mut self, index: DomainIndex, started: Time, at: Time) {
        let domain = &mut self.domains[index];
        domain.polled = domain.polled.filter(|polled| *polled > started);
        for shape in &domain.accepts {
            let shape = &mut self.shapes[*shape];
            shape.looked = shape.looked.max(Some(started));
            shape.answered = shape.answered.max(Some(at));
        }
    }

    /// Whether a backup poll of a domain that accepts the job is under way on a replica.
    pub(super) fn is_polling(&self, shape: usize, replica: usize) -> bool {
        self.on(shape, replica).any(|domain| matches!(domain.activity, Activity::Awake { by_poll: true, .. }))
    }

    /// What led to a query's taking a job, where `root` set off the chain of the query.
    pub(super) fn root_of(
        &self,
        job: &LiveJob,
        index: DomainIndex,
        root: RootCause,
        started: Time,
    ) -> RootCause {
        let domain = &self.domains[index];
        match root {
            RootCause::BackupPoll if self.is_being_answered(job, domain.replica, started) => {
                RootCause::Posting
            }
            RootCause::First if domain.left_lying(job) => RootCause::BackupPoll,
            _ => root,
        }
    }

    /// Where a wakeup was lost on a job that a query took which began at `started` and that a poll had led to.
    pub(super) fn lost_by(&self, job: &LiveJob, started: Time) -> Option<LostBy> {
        let posted = job.posted().filter(|posted| *posted <= started)?;
        let shape = &self.shapes[job.shape()];
        if shape.looked.is_some_and(|looked| looked >= posted) || !self.slept(shape, posted, started) {
            return None;
        }
        Some(if job.is_swallowed {
            LostBy::Swallowed
        } else if job.has_woken {
            LostBy::Forgotten
        } else {
            LostBy::Unheard
        })
    }

    /// A job on which a wakeup was lost so is a worker's.
    pub(super) fn count_lost(&mut self, shape: usize, by: LostBy) {
        self.shapes[shape].lost[by as usize] += 1;
    }

    /// It turned out that none was lost on it, or it was given back.
    pub(super) fn uncount_lost(&mut self, shape: usize, by: LostBy) {
        let lost = &mut self.shapes[shape].lost[by as usize];
        *lost = lost.saturating_sub(1);
    }

    /// Wakeups lost, by shape and by where they got lost.
    pub(super) fn lost(&self) -> impl Iterator<Item = [u64; LostBy::ALL.len()]> {
        self.shapes.iter().map(|shape| shape.lost)
    }

    /// Whether a notice of the job has reached the replica, and a query for its sake is under way or took place
    /// while the one that began at `started` had the job already.
    fn is_being_answered(&self, job: &LiveJob, replica: usize, started: Time) -> bool {
        if job.heard_in_poll.contain(replica) {
            return true;
        }
        let shape = &self.shapes[job.shape()];
        let overtaken = shape.answered.is_some_and(|answered| answered >= started)
            && job.posted().is_some_and(|posted| shape.looked.is_some_and(|looked| looked >= posted));
        let on_its_way = || {
            let awake = |domain: &Domain| matches!(domain.activity, Activity::Awake { by_posting: true, .. });
            self.on(job.shape(), replica).any(awake)
        };
        job.heard_by.contain(replica) && (overtaken || on_its_way())
    }

    fn slept(&self, shape: &Shape, from: Time, to: Time) -> bool {
        shape.accepted_by.iter().map(|index| &self.domains[*index]).any(|domain| {
            domain.slept_until.is_some_and(|until| until > from)
                || matches!(domain.activity, Activity::Asleep { since } if since < to)
        })
    }

    fn on(&self, shape: usize, replica: usize) -> impl Iterator<Item = &Domain> {
        let domains = self.shapes[shape].accepted_by.iter().map(|index| &self.domains[*index]);
        domains.filter(move |domain| domain.replica == replica)
    }
}

impl Domain {
    /// Whether the job lay there unheard when a poll of the domain came round that ran out of waiters.
    fn left_lying(&self, job: &LiveJob) -> bool {
        let before = |polled| job.committed().is_some_and(|committed| committed < polled);
        self.polled.is_some_and(before) && !job.heard_by.contain(self.replica)
    }

    fn sleep_ends(&mut self, at: Time) {
        if let Activity::Asleep { since } = self.activity
            && at - since >= AT_ONCE
        {
            self.slept_until = Some(at);
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests;
