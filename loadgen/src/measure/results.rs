//! Everything that was recorded, when the run is over.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use acquirer::job::Posting;
use acquirer::wakeup::{Cause, DomainSpec, RootCause};
use hdrhistogram::Histogram;

use crate::lint::Warning;
use crate::observe::DatabaseSample;
use crate::snapshot::{Intervention, Second, Totals};

use super::alphabet::Time;
use super::clearances::CauseCounts;
use super::latency::Stage;
use super::live::LostBy;
use super::slowest::JobStory;
use super::state::{MeasuredCounts, State};

/// What was recorded.
pub(crate) struct Results {
    /// Counts of the whole run.
    pub(crate) totals: Totals,
    /// Counts of the measured part.
    pub(crate) measured: MeasuredCounts,
    /// When the posters started.
    pub(crate) began: Option<Time>,
    /// How long it is since then.
    pub(crate) elapsed: Duration,
    /// How long the measured part was.
    pub(crate) measured_for: Duration,
    /// What came of clearances, by cause.
    pub(crate) wakeups: Vec<(Cause, CauseCounts)>,
    /// The most queries in flight in one domain of one replica.
    pub(crate) in_flight_max: u64,
    pub(crate) notifications_sent: u64,
    pub(crate) notifications_malformed: u64,
    /// Jobs whose posting began.
    pub(crate) post_started: u64,
    pub(crate) events_dropped: u64,
    /// Every second.
    pub(crate) seconds: Vec<Second>,
    /// Whole seconds of the run that are measured.
    pub(crate) measured_seconds: Range<u64>,
    /// What the database looked like beside the load.
    pub(crate) database_samples: Vec<DatabaseSample>,
    /// What of it couldn't be seen.
    pub(crate) database_missing: Vec<String>,
    /// Every domain on every replica, by key, then by replica.
    pub(crate) domains: Vec<DomainResult>,
    /// Jobs acquired, by what led to them.
    pub(crate) found: BTreeMap<RootCause, u64>,
    /// Wakeups lost, by what was posted and by where they got lost.
    pub(crate) lost: Vec<(Posting, [u64; LostBy::ALL.len()])>,
    /// How long workers waited, all together.
    pub(crate) waited: Duration,
    /// Processor time of the load generator in the measured part, as a share of one core's.
    pub(crate) cpu_share: Option<f64>,
    /// What was changed by hand.
    pub(crate) interventions: Vec<Intervention>,
    /// What the scenario changed, or could not.
    pub(crate) changes: Vec<Intervention>,
    /// The measured jobs that waited longest.
    pub(crate) slowest: Vec<SlowResult>,
    /// What looked wrong, in the order of its end; last what lasted when the record breaks off.
    pub(crate) warnings: Vec<Warning>,
    stages: Vec<Histogram<u64>>,
    queue_wait_by_cause: Vec<Histogram<u64>>,
    queue_wait_by_root: Vec<Histogram<u64>>,
}

/// A job that waited long, and who took it.
pub(crate) struct SlowResult {
    pub(crate) story: JobStory,
    pub(crate) spec: Arc<DomainSpec>,
    pub(crate) replica: usize,
}

/// What one domain did on one replica.
pub(crate) struct DomainResult {
    pub(crate) spec: Arc<DomainSpec>,
    pub(crate) replica: usize,
    pub(crate) acquired: u64,
    pub(crate) queries: u64,
    pub(crate) empty: u64,
    pub(crate) rescued: u64,
}

impl Results {
    /// The histogram of a stage.
    pub(crate) fn stage(&self, stage: Stage) -> &Histogram<u64> {
        &self.stages[stage as usize]
    }

    /// Queue wait of the jobs that clearances with this cause found.
    pub(crate) fn queue_wait_by(&self, cause: Cause) -> &Histogram<u64> {
        &self.queue_wait_by_cause[cause as usize]
    }

    /// Queue wait of the finished jobs that this led to.
    pub(crate) fn queue_wait_by_root(&self, root: RootCause) -> &Histogram<u64> {
        &self.queue_wait_by_root[root as usize]
    }
}

impl State {
    /// Everything, once nothing more happens.
    pub(crate) fn results(&mut self, now: Time) -> Results {
        self.advance(now);
        let state = &*self;
        let to = state.window.to.unwrap_or(now);
        let whole = |at: Time| state.elapsed(at).as_secs();
        Results {
            totals: state.totals,
            measured: state.measured,
            began: state.began,
            elapsed: state.elapsed(now),
            measured_for: state.window.from.map_or(Duration::ZERO, |from| to - from),
            wakeups: state.clearances.by_cause().collect(),
            in_flight_max: state.clearances.in_flight_max(),
            notifications_sent: state.notifications_sent,
            notifications_malformed: state.notifications_malformed,
            post_started: state.post_started,
            events_dropped: state.events_dropped,
            seconds: state.seconds.all(state.shapes.backlog()),
            measured_seconds: state.window.from.map_or(0..0, |from| whole(from)..whole(to)),
            database_samples: state.database.all(),
            database_missing: state.database.missed().to_vec(),
            domains: state
                .domains
                .iter()
                .map(|(_, domain)| DomainResult {
                    spec: Arc::clone(&domain.spec),
                    replica: domain.replica,
                    acquired: domain.acquired,
                    queries: domain.queries,
                    empty: domain.empty,
                    rescued: domain.rescued,
                })
                .collect(),
            found: state.found.clone(),
            lost: state.shapes.all().iter().cloned().zip(state.attribution.lost()).collect(),
            waited: state.watched.waited(),
            cpu_share: state.watched.cpu_share(),
            interventions: state.interventions.by_hand().cloned().collect(),
            changes: state.interventions.by_scenario().cloned().collect(),
            slowest: state.slowest.all().iter().map(|story| state.slow(story)).collect(),
            warnings: state.warnings.all(),
            stages: state.stages.clone(),
            queue_wait_by_cause: state.queue_wait_by_cause.clone(),
            queue_wait_by_root: state.queue_wait_by_root.clone(),
        }
    }

    fn slow(&self, story: &JobStory) -> SlowResult {
        let domain = self.domains.get(story.domain);
        SlowResult { story: story.clone(), spec: Arc::clone(&domain.spec), replica: domain.replica }
    }
}
