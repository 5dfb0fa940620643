//! What is known of a run so far. Pure: it is told times, and its state follows from its inputs alone.
//!
//! Its memory is bounded: histograms have a fixed size, the ledger takes a byte a job, timings are kept of
//! [`LIVE_JOBS_MAX`] unfinished jobs, of the database a day of samples, and the log of events has a capacity.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use acquirer::job::Posting;
use acquirer::wakeup::{Cause, DomainSpec, RootCause};
use hdrhistogram::Histogram;

use crate::lint::Keeper;
use crate::poster;
use crate::scenario::{Fleet, Scenario};
use crate::snapshot::{Latencies, Second, Totals};

use super::alphabet::{Input, PostedJob, Surroundings, Time};
use super::around::Watched;
use super::attribution::Attribution;
use super::buckets::Buckets;
use super::clearances::Clearances;
use super::database::DatabaseSeries;
use super::domains::Domains;
use super::ears::Ears;
use super::faults::Faults;
use super::interventions::Interventions;
use super::latency::{self, Stage};
use super::ledger::Ledger;
use super::live::{LiveJob, Taken};
use super::log::{EventLog, What};
use super::recent::Recent;
use super::roster::Roster;
use super::seconds::Seconds;
use super::shapes::Shapes;
use super::slowest::{JobStory, Slowest};
use super::waiters::Waiters;

/// Timings are kept of so many unfinished jobs. Of those past it only the ledger knows, and each counts
/// as a dropped event.
pub const LIVE_JOBS_MAX: usize = 1_800_000;

/// A posting that begins so long after its time is late.
pub(crate) const POST_LATE: Duration = Duration::from_millis(250);

/// What is known of a run.
#[derive(Clone)]
pub(crate) struct State {
    pub(super) began: Option<Time>,
    pub(super) window: Window,
    pub(super) ledger: Ledger,
    pub(super) live: HashMap<u64, LiveJob>,
    pub(super) shapes: Shapes,
    pub(super) domains: Domains,
    pub(super) clearances: Clearances,
    /// Only where somebody follows the run: no report tells of them.
    pub(super) waiters: Option<Waiters>,
    pub(super) seconds: Seconds,
    pub(super) recent: Recent,
    pub(super) stages: Vec<Histogram<u64>>,
    pub(super) queue_wait_by_cause: Vec<Histogram<u64>>,
    pub(super) stage_buckets: [Buckets; Stage::ALL.len()],
    pub(super) cause_buckets: [Buckets; Cause::ALL.len()],
    /// Of finished jobs.
    pub(super) queue_wait_by_root: Vec<Histogram<u64>>,
    pub(super) slowest: Slowest,
    pub(super) attribution: Attribution,
    pub(super) watched: Watched,
    /// The stages of one interval, for whoever asked for them.
    interval: Vec<Histogram<u64>>,
    pub(super) totals: Totals,
    pub(super) measured: MeasuredCounts,
    pub(super) found: BTreeMap<RootCause, u64>,
    pub(super) chained: u64,
    pub(super) notifications_sent: u64,
    pub(super) notifications_malformed: u64,
    pub(super) post_started: u64,
    pub(super) events_dropped: u64,
    pub(super) last_finished: Option<Time>,
    pub(super) faults: Faults,
    /// The domain that each fleet's workers belong to.
    pub(super) fleets: Vec<DomainSpec>,
    /// Those by the order of their keys.
    pub(super) fleets_by_key: Arc<Vec<usize>>,
    /// The fleets that accept jobs of each shape.
    pub(super) takers: Arc<Vec<Vec<usize>>>,
    /// What each replica has heard.
    pub(super) ears: Ears,
    /// What looks wrong.
    pub(super) warnings: Keeper,
    pub(super) around: Surroundings,
    pub(super) roster: Roster,
    pub(super) interventions: Interventions,
    pub(super) database: DatabaseSeries,
    /// The stages and causes summarized, and in which second that was.
    pub(super) latencies: (Option<u64>, Arc<Latencies>),
    pub(super) log: EventLog,
}

/// The part of the run that is measured.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Window {
    /// The warm-up is over; `None` before the posters start.
    pub(super) from: Option<Time>,
    /// The posters are done; `None` before.
    pub(super) to: Option<Time>,
}

/// What happened inside the window.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct MeasuredCounts {
    /// Jobs whose posting began and that were intended inside.
    pub(crate) planned: u64,
    pub(crate) posted: u64,
    pub(crate) acquired: u64,
    pub(crate) completed: u64,
    pub(crate) queries: u64,
    pub(crate) empty: u64,
}

impl State {
    /// Nothing has happened. The jobs have these shapes, the fleets belong to these domains, and the log keeps
    /// so many events.
    pub(crate) fn new(
        shapes: impl IntoIterator<Item = Posting>,
        fleets: impl IntoIterator<Item = DomainSpec>,
        events_max: usize,
    ) -> Self {
        let shapes = Shapes::new(shapes);
        let fleets: Vec<DomainSpec> = fleets.into_iter().collect();
        let takers = |posting| (0..fleets.len()).filter(|fleet| fleets[*fleet].contains(posting)).collect();
        let takers = Arc::new(shapes.all().iter().map(takers).collect());
        let mut fleets_by_key: Vec<usize> = (0..fleets.len()).collect();
        fleets_by_key.sort_by_key(|fleet| fleets[*fleet].key());
        Self {
            began: None,
            window: Window::default(),
            ledger: Ledger::default(),
            live: HashMap::new(),
            attribution: Attribution::new(shapes.all().len()),
            shapes,
            domains: Domains::default(),
            clearances: Clearances::default(),
            waiters: (events_max > 0).then(Waiters::default),
            seconds: Seconds::new(),
            recent: Recent::new(),
            stages: Stage::ALL.iter().map(|_| latency::precise()).collect(),
            queue_wait_by_cause: Cause::ALL.iter().map(|_| latency::precise()).collect(),
            stage_buckets: Default::default(),
            cause_buckets: Default::default(),
            queue_wait_by_root: RootCause::ALL.iter().map(|_| latency::precise()).collect(),
            slowest: Slowest::default(),
            watched: Watched::default(),
            interval: Vec::new(),
            totals: Totals::default(),
            measured: MeasuredCounts::default(),
            found: BTreeMap::new(),
            chained: 0,
            notifications_sent: 0,
            notifications_malformed: 0,
            post_started: 0,
            events_dropped: 0,
            last_finished: None,
            faults: Faults::default(),
            fleets,
            fleets_by_key: Arc::new(fleets_by_key),
            takers,
            ears: Ears::default(),
            warnings: Keeper::default(),
            around: Surroundings::default(),
            roster: Roster::default(),
            interventions: Interventions::default(),
            database: DatabaseSeries::default(),
            latencies: (None, Arc::default()),
            log: EventLog::new(events_max),
        }
    }

    /// Nothing has happened of this scenario.
    pub(crate) fn of(scenario: &Scenario, events_max: usize) -> Self {
        let fleets = scenario.fleets.iter().map(Fleet::domain);
        Self { roster: Roster::of(scenario), ..Self::new(poster::shapes(scenario), fleets, events_max) }
    }

    /// Takes in what happened at `at`. Times need not rise from one input to the next: each was read before its
    /// turn came.
    pub(crate) fn take(&mut self, at: Time, input: &Input<'_>) {
        self.advance(at);
        match *input {
            Input::Began { measure_from } => self.begin(at, measure_from),
            Input::PostersDone => {
                self.window.to.get_or_insert(at);
            }
            Input::Preloaded { jobs } => self.preloaded(jobs, at),
            Input::PostStarted { jobs, intended } => self.post_started(jobs, intended, at),
            Input::Committed { jobs } => self.committed(jobs, at),
            Input::Announced { jobs } => jobs.iter().for_each(|job| self.announced(job.number, at)),
            Input::WorkerReceived { job } => self.worker_received(job, at),
            Input::Finished { job, is_failure } => self.finished(job, is_failure, at),
            Input::WorkerDied { job } => {
                self.ledger.orphaned(job);
                self.totals.crashed += 1;
                self.log.push(at, None, None, What::WorkerDied { job });
            }
            Input::Freed { job } => self.freed(job, at),
            Input::AnnouncedAgain { job } => self.announced(job, at),
            Input::NoticeSwallowed { replica, job } => {
                self.notice_swallowed(replica, job, at);
            }
            Input::FaultBegan(facts) => {
                self.seconds.fault_began(facts.name);
                self.faults.began(facts, &self.totals, at);
                self.log.fault_began(at, facts.replica, facts.name, facts.parameter);
            }
            Input::FaultFailed { name, why } => self.faults.failed(name, why),
            Input::FaultEnded { name } => {
                self.seconds.fault_ended(name);
                self.faults.ended(name, at);
                self.log.fault_ended(at, name);
            }
            Input::Intervened(facts) => {
                let at = self.elapsed(at);
                self.interventions.push(at, facts);
            }
            Input::RosterChanged(roster) => self.roster_changed(roster),
            Input::Replica { replica, ref heard } => self.heard(replica, heard, at),
            Input::Sampled(around) => {
                self.watched.look(around, self.window, at);
                self.around.clone_from(around);
                self.summarize_latencies(at);
                let poll = self.roster.rules.backup_poll;
                self.faults.settle(self.began.unwrap_or_default(), &self.totals, poll, at);
                self.look_for_warnings(at);
            }
            Input::DatabaseSampled(sample) => self.database.push(sample),
            Input::DatabaseMissing { missing } => self.database.missing(missing),
        }
    }

    fn begin(&mut self, at: Time, measure_from: Time) {
        self.began = Some(at);
        self.window.from = Some(measure_from);
        self.seconds.begin(at);
        self.log.begin(at);
    }

    fn preloaded(&mut self, jobs: &[PostedJob], began: Time) {
        for PostedJob { number, shape } in jobs {
            self.post_started += 1;
            self.ledger.posted(*number);
            self.totals.posted += 1;
            if let Some(job) = self.keep(*number, *shape, began) {
                job.set_committed(began);
                self.shapes.queued(*shape, *number, began);
            }
        }
    }

    fn post_started(&mut self, jobs: &[PostedJob], intended: Time, at: Time) {
        for PostedJob { number, shape } in jobs {
            self.post_started += 1;
            self.measured.planned += u64::from(self.window.counts(intended));
            self.record(Stage::PostLag, intended, intended, at);
            let second = self.seconds.running();
            second.posts_begun += 1;
            second.posts_late += u64::from(at - intended > POST_LATE);
            if let Some(job) = self.keep(*number, *shape, intended) {
                job.set_post_started(at);
            }
        }
    }

    fn committed(&mut self, jobs: &[PostedJob], at: Time) {
        for PostedJob { number, shape } in jobs {
            self.ledger.posted(*number);
            self.totals.posted += 1;
            self.seconds.running().posted += 1;
            self.measured.posted += u64::from(self.window.holds(at));
            self.log.push(at, None, None, What::Posted { job: *number, shape: *shape as u32 });
            let Some(job) = self.live.get_mut(number) else { continue };
            job.set_committed(at);
            if job.taken.is_none() {
                self.shapes.queued(job.shape(), *number, at);
            }
        }
    }

    /// Keeps the timings of a job, if there is room.
    fn keep(&mut self, number: u64, shape: usize, intended: Time) -> Option<&mut LiveJob> {
        if self.live.len() < LIVE_JOBS_MAX {
            Some(self.live.entry(number).or_insert_with(|| LiveJob::new(shape, intended)))
        } else {
            self.events_dropped += 1;
            None
        }
    }

    fn announced(&mut self, number: u64, at: Time) {
        self.notifications_sent += 1;
        self.seconds.running().notices_sent += 1;
        if let Some(job) = self.live.get_mut(&number) {
            job.set_posted(at);
        }
    }

    fn notice_swallowed(&mut self, replica: usize, number: Option<u64>, at: Time) {
        self.totals.notifications_suppressed += 1;
        let job = number.and_then(|number| self.live.get_mut(&number));
        let shape = job.as_ref().map(|job| job.shape() as u32);
        if let Some(job) = job {
            job.set_posted(at);
            job.is_swallowed = true;
        }
        self.log.push(at, Some(replica), None, What::NoticeSwallowed { job: number, shape });
    }

    fn worker_received(&mut self, number: u64, at: Time) {
        let Some(job) = self.live.get_mut(&number) else { return };
        job.set_worker_received(at);
        if let Some(taken) = job.taken {
            let intended = job.intended();
            self.record(Stage::Handover, intended, taken.acquired(), at);
        }
    }

    fn finished(&mut self, number: u64, is_failure: bool, at: Time) {
        self.ledger.finished(number);
        self.totals.completed += u64::from(!is_failure);
        self.totals.failed += u64::from(is_failure);
        self.seconds.running().completed += 1;
        self.measured.completed += u64::from(self.window.holds(at));
        self.last_finished = Some(at);
        let Some(job) = self.live.remove(&number) else { return };
        let intended = job.intended();
        if let Some(taken) = job.taken {
            self.record(Stage::Service, intended, taken.acquired(), at);
            if self.window.counts(intended) {
                let began = self.began.unwrap_or_default();
                let story = JobStory::new(number, &job, &taken, began, at);
                latency::record(&mut self.queue_wait_by_root[taken.root as usize], story.queue_wait);
                self.slowest.offer(story);
            }
        }
        self.record(Stage::Response, intended, intended, at);
    }

    /// To the clocks that follow, a job that waits once more is as old as its freeing; its response time goes on.
    fn freed(&mut self, number: u64, at: Time) {
        if !self.ledger.entry(number).is_orphaned() {
            return;
        }
        self.ledger.returned(number);
        self.totals.acquired -= 1;
        self.totals.freed += 1;
        self.log.push(at, None, None, What::Freed { job: number });
        let Some(job) = self.live.get_mut(&number) else { return };
        job.wait_anew(at);
        self.shapes.returned(job.shape(), number, at);
    }

    /// Another acquirer that takes a number over has heard nothing of what the one before heard.
    fn roster_changed(&mut self, roster: &Roster) {
        let gone = self.roster.replicas.keys().filter(|number| !roster.replicas.contains_key(number));
        for replica in gone {
            for job in self.live.values_mut() {
                job.heard_by.remove(*replica);
                job.heard_in_poll.remove(*replica);
            }
        }
        self.ears.keep(|replica| roster.replicas.contains_key(&replica));
        self.roster.clone_from(roster);
    }

    /// A worker has a job that the query `taken` found: one more rescued, and one more wakeup lost, if so it is.
    pub(super) fn count_rescue(&mut self, job: &LiveJob, taken: &Taken) {
        if taken.root != RootCause::BackupPoll {
            return;
        }
        self.totals.rescued += 1;
        self.seconds.running().rescued += 1;
        self.domains.at(taken.domain()).rescued();
        if let Some(by) = taken.lost {
            self.attribution.count_lost(job.shape(), by);
            self.totals.wakeups_lost += 1;
            if let Some(second) = job.posted().and_then(|posted| self.seconds.at(posted)) {
                second.wakeups_lost += 1;
            }
        }
    }

    /// The opposite: such a job wasn't rescued after all, or was given back.
    pub(super) fn uncount_rescue(&mut self, job: &LiveJob, taken: &Taken) {
        if taken.root != RootCause::BackupPoll {
            return;
        }
        self.totals.rescued = self.totals.rescued.saturating_sub(1);
        let running = self.seconds.running();
        running.rescued = running.rescued.saturating_sub(1);
        self.domains.at(taken.domain()).not_rescued();
        if let Some(by) = taken.lost {
            self.attribution.uncount_lost(job.shape(), by);
            self.totals.wakeups_lost = self.totals.wakeups_lost.saturating_sub(1);
            if let Some(second) = job.posted().and_then(|posted| self.seconds.at(posted)) {
                second.wakeups_lost = second.wakeups_lost.saturating_sub(1);
            }
        }
    }

    /// A job that a poll had found was announced after all: the poll was merely first, and rescued nothing.
    pub(super) fn not_rescued(&mut self, job: &LiveJob, taken: &Taken) {
        self.uncount_rescue(job, taken);
        if let Some(found) = self.found.get_mut(&RootCause::BackupPoll).filter(|found| **found > 0) {
            *found -= 1;
            *self.found.entry(RootCause::Posting).or_default() += 1;
        }
        self.recent.not_rescued();
    }

    /// Records how long a stage of a job took, if the job was intended after the warm-up.
    pub(super) fn record(&mut self, stage: Stage, intended: Time, from: Time, to: Time) {
        self.record_latency(stage, intended, to - from);
    }

    /// Records how long a stage of a job took, if the job was intended after the warm-up.
    pub(super) fn record_latency(&mut self, stage: Stage, intended: Time, latency: Duration) {
        if self.window.counts(intended) {
            latency::record(&mut self.stages[stage as usize], latency);
            self.stage_buckets[stage as usize].record(latency);
            if let Some(histogram) = self.interval.get_mut(stage as usize) {
                latency::record(histogram, latency);
            }
        }
    }

    /// From now on latencies are kept by interval as well.
    pub(crate) fn keep_intervals(&mut self) {
        self.interval = Stage::ALL.iter().map(|_| latency::precise()).collect();
    }

    /// The latencies of each stage since they were reset; none unless they are kept.
    pub(crate) fn interval(&mut self) -> &mut [Histogram<u64>] {
        &mut self.interval
    }

    /// Closes the seconds that lie before `at`.
    pub(super) fn advance(&mut self, at: Time) {
        let shapes = &self.shapes;
        for _ in 0..self.seconds.advance(at, || shapes.backlog()) {
            self.recent.advance();
            self.domains.advance();
        }
    }

    /// When the posters started.
    pub(crate) fn began(&self) -> Option<Time> {
        self.began
    }

    /// Workers that were present when the run was looked at last, by fleet.
    pub(crate) fn workers(&self) -> &[usize] {
        &self.around.workers
    }

    /// How many events its log keeps.
    pub(crate) fn events_max(&self) -> usize {
        self.log.capacity()
    }

    /// What the tool is known to have asked of the database, and how long it waited for the answers.
    pub(crate) fn asked(&self) -> (u64, Duration) {
        self.database.asked()
    }

    /// The whole seconds from this one on.
    pub(crate) fn seconds_from(&self, second: u64) -> Vec<Second> {
        self.seconds.closed_from(second)
    }

    /// How long the posters have been at work at `at`.
    pub(crate) fn elapsed(&self, at: Time) -> Duration {
        self.began.map_or(Duration::ZERO, |began| at - began)
    }
}

impl Window {
    /// Whether rates count what happens at `at`.
    pub(super) fn holds(self, at: Time) -> bool {
        self.from.is_some_and(|from| at >= from) && self.to.is_none_or(|to| at <= to)
    }

    /// Whether latencies of a job count that was intended then.
    pub(super) fn counts(self, intended: Time) -> bool {
        self.from.is_some_and(|from| intended >= from)
    }
}
