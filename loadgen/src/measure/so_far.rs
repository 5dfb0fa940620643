//! What a run has come to while it goes on, for whoever decides whether it is to go on. Looks, and copies nothing.

use acquirer::wakeup::{Cause, RootCause};
use hdrhistogram::Histogram;

use crate::snapshot::Totals;

use super::clearances::CauseCounts;
use super::latency::Stage;
use super::recorder::Recorder;
use super::state::{MeasuredCounts, State};

/// The state of a run that goes on.
pub(crate) struct SoFar<'s>(&'s State);

impl Recorder {
    /// Looks at what there is, under the recorder's lock: `look` is to be quick.
    pub(crate) fn so_far<T>(&self, look: impl FnOnce(&SoFar<'_>) -> T) -> T {
        look(&SoFar(&self.lock().state))
    }
}

impl SoFar<'_> {
    /// Counts of the whole run; what isn't counted but follows from others is left out.
    pub(crate) fn totals(&self) -> &Totals {
        &self.0.totals
    }

    /// Counts of the measured part.
    pub(crate) fn measured(&self) -> MeasuredCounts {
        self.0.measured
    }

    /// Jobs whose posting began, those queued before the run included.
    pub(crate) fn post_started(&self) -> u64 {
        self.0.post_started
    }

    /// Jobs that ended, well or not.
    pub(crate) fn finished(&self) -> u64 {
        self.0.totals.completed + self.0.totals.failed
    }

    /// Acquire queries that ended.
    pub(crate) fn queries(&self) -> u64 {
        let totals = &self.0.totals;
        totals.queries_found + totals.queries_empty + totals.queries_failed
    }

    /// The most queries in flight in one domain of one replica.
    pub(crate) fn in_flight_max(&self) -> u64 {
        self.0.clearances.in_flight_max()
    }

    pub(crate) fn notifications_malformed(&self) -> u64 {
        self.0.notifications_malformed
    }

    pub(crate) fn events_dropped(&self) -> u64 {
        self.0.events_dropped
    }

    /// What came of the clearances with a cause.
    pub(crate) fn wakeups(&self, cause: Cause) -> CauseCounts {
        let mut counts = self.0.clearances.by_cause();
        counts.find(|(other, _)| *other == cause).map_or_else(CauseCounts::default, |(_, counts)| counts)
    }

    /// Rescued jobs that no notice can turn into announced ones any more. Goes through all unfinished jobs.
    pub(crate) fn rescued_for_good(&self) -> u64 {
        let by_poll = |taken: &super::live::Taken| taken.root == RootCause::BackupPoll;
        let open = self.0.live.values().filter(|job| job.taken.as_ref().is_some_and(by_poll)).count();
        self.0.totals.rescued.saturating_sub(open as u64)
    }

    /// The histogram of a stage.
    pub(crate) fn stage(&self, stage: Stage) -> &Histogram<u64> {
        &self.0.stages[stage as usize]
    }

    /// Queue wait of the jobs that clearances with this cause found.
    pub(crate) fn queue_wait_by(&self, cause: Cause) -> &Histogram<u64> {
        &self.0.queue_wait_by_cause[cause as usize]
    }
}
