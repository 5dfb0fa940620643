//! The jobs that waited longest, each with all that is known of it: why it was found, and where its time went.

use std::time::Duration;

use acquirer::wakeup::{Cause, RootCause};

use super::alphabet::Time;
use super::domains::DomainIndex;
use super::live::{LiveJob, LostBy, Taken};

/// So many are kept.
const KEPT: usize = 10;

/// Those that waited longest from commit to acquisition, the longest first.
#[derive(Debug, Clone, Default)]
pub(super) struct Slowest(Vec<JobStory>);

/// One finished job.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct JobStory {
    pub(crate) number: u64,
    /// When it was to be posted, since the posters started.
    pub(crate) intended: Duration,
    pub(crate) domain: DomainIndex,
    pub(crate) cause: Cause,
    pub(crate) root: RootCause,
    pub(crate) lost: Option<LostBy>,
    /// Intended to post started; `None` of a job that was preloaded.
    pub(crate) post_lag: Option<Duration>,
    /// Committed to notification received; `None` when no replica heard of it before it was taken.
    pub(crate) notify: Option<Duration>,
    /// Notification received to query started; `None` when the query was older.
    pub(crate) clearance: Option<Duration>,
    /// Query started to acquired.
    pub(crate) query: Duration,
    /// Acquired to the worker's hands.
    pub(crate) handover: Option<Duration>,
    /// Committed to acquired.
    pub(crate) queue_wait: Duration,
    /// Acquired to finished.
    pub(crate) service: Duration,
    /// Intended to finished.
    pub(crate) response: Duration,
}

impl JobStory {
    /// The story of a job that finished at `finished`, where the posters started at `began`.
    pub(super) fn new(number: u64, job: &LiveJob, taken: &Taken, began: Time, finished: Time) -> Self {
        let (intended, acquired) = (job.intended(), taken.acquired());
        let committed = job.committed().unwrap_or(acquired);
        let received = job.received();
        Self {
            number,
            intended: intended - began,
            domain: taken.domain(),
            cause: taken.cause,
            root: taken.root,
            lost: taken.lost,
            post_lag: job.post_started().map(|started| started - intended),
            notify: received.map(|received| received - committed),
            clearance: received
                .filter(|received| *received <= taken.query_started())
                .map(|received| taken.query_started() - received),
            query: acquired - taken.query_started(),
            handover: job.worker_received().map(|received| received - acquired),
            queue_wait: acquired - committed,
            service: finished - acquired,
            response: finished - intended,
        }
    }
}

impl Slowest {
    /// Keeps the job if it is among the slowest so far; of two that waited equally long, the first.
    pub(super) fn offer(&mut self, job: JobStory) {
        let place = self.0.partition_point(|kept| kept.queue_wait >= job.queue_wait);
        if place < KEPT {
            self.0.truncate(KEPT - 1);
            self.0.insert(place, job);
        }
    }

    pub(super) fn all(&self) -> &[JobStory] {
        &self.0
    }
}
