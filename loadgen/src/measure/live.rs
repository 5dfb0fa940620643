//! A job that is not finished, as small as can be: there may be very many of them.

use std::num::NonZeroU64;
use std::time::Duration;

use acquirer::wakeup::{Cause, RootCause};

use super::alphabet::Time;
use super::domains::DomainIndex;

/// A time in eight bytes, which an `Option` of it takes as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Stamp(NonZeroU64);

impl From<Time> for Stamp {
    fn from(time: Time) -> Self {
        // In 584 years the count is full, and then it stays.
        let nanos = u64::try_from(time.since_epoch().as_nanos()).unwrap_or(u64::MAX);
        Self(NonZeroU64::MIN.saturating_add(nanos))
    }
}

impl From<Stamp> for Time {
    fn from(stamp: Stamp) -> Self {
        Self::new(Duration::from_nanos(stamp.0.get() - 1))
    }
}

/// A job that is not finished.
#[derive(Debug, Clone, Copy)]
pub(super) struct LiveJob {
    intended: Stamp,
    post_started: Option<Stamp>,
    committed: Option<Stamp>,
    received: Option<Stamp>,
    posted: Option<Stamp>,
    worker_received: Option<Stamp>,
    /// Replicas that a notice of it reached since it was available last.
    pub(super) heard_by: Replicas,
    /// Those of them where a backup poll that looked for such a job was under way just then.
    pub(super) heard_in_poll: Replicas,
    /// The query that took it.
    pub(super) taken: Option<Taken>,
    shape: u32,
    /// A fault swallowed a notice of it.
    pub(super) is_swallowed: bool,
    /// A notice of it cleared or pended a domain.
    pub(super) has_woken: bool,
}

impl LiveJob {
    /// A job of this shape that was to be posted at `intended`.
    pub(super) fn new(shape: usize, intended: Time) -> Self {
        Self {
            intended: intended.into(),
            post_started: None,
            committed: None,
            received: None,
            posted: None,
            worker_received: None,
            heard_by: Replicas::default(),
            heard_in_poll: Replicas::default(),
            taken: None,
            shape: u32::try_from(shape).expect("a scenario has fewer shapes"),
            is_swallowed: false,
            has_woken: false,
        }
    }

    pub(super) fn shape(&self) -> usize {
        self.shape as usize
    }

    /// When the plan said that it was to be posted.
    pub(super) fn intended(&self) -> Time {
        self.intended.into()
    }

    /// When its posting began; `None` if it was preloaded.
    pub(super) fn post_started(&self) -> Option<Time> {
        self.post_started.map(Time::from)
    }

    pub(super) fn set_post_started(&mut self, at: Time) {
        self.post_started = Some(at.into());
    }

    /// When its commit was seen.
    pub(super) fn committed(&self) -> Option<Time> {
        self.committed.map(Time::from)
    }

    pub(super) fn set_committed(&mut self, at: Time) {
        self.committed = Some(at.into());
    }

    /// When the first replica heard of it, if that was before it was taken.
    pub(super) fn received(&self) -> Option<Time> {
        self.received.map(Time::from)
    }

    pub(super) fn set_received(&mut self, at: Time) {
        self.received = Some(at.into());
    }

    /// From when on its posting should have led to a query: when its notice was published, or reached a
    /// replica, or was swallowed on its way, whichever is known first. `None` if nobody announced it.
    pub(super) fn posted(&self) -> Option<Time> {
        self.posted.map(Time::from)
    }

    /// Its notice is out.
    pub(super) fn set_posted(&mut self, at: Time) {
        self.posted.get_or_insert(at.into());
    }

    /// When its worker had it in its hands.
    pub(super) fn worker_received(&self) -> Option<Time> {
        self.worker_received.map(Time::from)
    }

    pub(super) fn set_worker_received(&mut self, at: Time) {
        self.worker_received = Some(at.into());
    }

    /// It is available once more since then, and nothing was heard of it.
    pub(super) fn wait_anew(&mut self, at: Time) {
        self.give_back();
        self.received = None;
        self.set_committed(at);
    }

    /// It was given back: available once more, and not announced since.
    pub(super) fn give_back(&mut self) {
        *self = Self {
            posted: None,
            heard_by: Replicas::default(),
            heard_in_poll: Replicas::default(),
            taken: None,
            is_swallowed: false,
            has_woken: false,
            ..*self
        };
    }
}

/// Replicas that heard of a job: a bit for each, of the 64 that a scenario has at most.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Replicas(u64);

impl Replicas {
    pub(super) fn add(&mut self, replica: usize) {
        self.0 |= 1 << replica;
    }

    pub(super) fn remove(&mut self, replica: usize) {
        self.0 &= !(1 << replica);
    }

    pub(super) fn contain(self, replica: usize) -> bool {
        self.0 >> replica & 1 == 1
    }
}

/// The query that took a job.
#[derive(Debug, Clone, Copy)]
pub(super) struct Taken {
    acquired: Stamp,
    query_started: Stamp,
    domain: u32,
    replica: u8,
    pub(super) cause: Cause,
    /// What set its chain off, as far as this job is concerned.
    pub(super) root: RootCause,
    /// The wakeup that was lost on it, if one was.
    pub(super) lost: Option<LostBy>,
}

impl Taken {
    /// Taken at `acquired` by a query of this domain, which began at `query_started`.
    pub(super) fn new(
        acquired: Time,
        query_started: Time,
        domain: DomainIndex,
        replica: usize,
        cause: Cause,
        root: RootCause,
    ) -> Self {
        Self {
            acquired: acquired.into(),
            query_started: query_started.into(),
            domain: u32::try_from(domain).expect("there are fewer domains"),
            replica: u8::try_from(replica).expect("a scenario has 64 replicas at most"),
            cause,
            root,
            lost: None,
        }
    }

    /// The same, where a posting explains it better than a poll.
    pub(super) fn by_posting(self) -> Self {
        Self { root: RootCause::Posting, lost: None, ..self }
    }

    pub(super) fn acquired(&self) -> Time {
        self.acquired.into()
    }

    pub(super) fn query_started(&self) -> Time {
        self.query_started.into()
    }

    pub(super) fn domain(&self) -> DomainIndex {
        self.domain as DomainIndex
    }

    pub(super) fn replica(&self) -> usize {
        usize::from(self.replica)
    }
}

/// Where a wakeup got lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum LostBy {
    /// A fault swallowed the notice on its way to a replica.
    Swallowed,
    /// No replica heard the notice, or none that had anybody for the job.
    Unheard,
    /// A replica heard it and meant a domain to query, and no query came of it that could have taken the job (`W2`).
    Forgotten,
}

impl LostBy {
    /// Every place where one can get lost.
    pub(crate) const ALL: [Self; 3] = [Self::Swallowed, Self::Unheard, Self::Forgotten];

    /// The name in reports.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Swallowed => "swallowed",
            Self::Unheard => "unheard",
            Self::Forgotten => "forgotten",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_is_the_time_that_it_was_made_of() {
        for nanos in [0, 1, 999, 3_600_000_000_001] {
            let time = Time::new(Duration::from_nanos(nanos));
            assert_eq!(Time::from(Stamp::from(time)), time);
        }
    }

    #[test]
    fn a_job_takes_little_over_a_hundred_bytes() {
        assert!(size_of::<(u64, LiveJob)>() <= 120, "{}", size_of::<(u64, LiveJob)>());
    }
}
