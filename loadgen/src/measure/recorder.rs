//! Takes down what happens to every job, clearance and domain of a run.
//!
//! All that posters, workers, replicas and faults report ends here, under one lock that is held for well
//! under a microsecond a call. It never waits for anybody and its memory is bounded: histograms have a
//! fixed size, the ledger takes a byte a job, and timings are kept of [`LIVE_JOBS_MAX`] unfinished jobs.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use acquirer::job::{JobId, Posting};
use acquirer::wakeup::{Cause, RootCause};
use hdrhistogram::Histogram;

use crate::snapshot::Totals;

use super::clearances::Clearances;
use super::domains::{DomainIndex, Domains};
use super::ids::JobIds;
use super::latency::{self, Stage};
use super::ledger::{Entry, Ledger};
use super::recent::Recent;
use super::seconds::Seconds;
use super::shapes::Shapes;

/// Timings are kept of so many unfinished jobs. Of those past it only the ledger knows, and each counts
/// as a dropped event.
pub const LIVE_JOBS_MAX: usize = 4_000_000;

/// Takes down what happens.
pub struct Recorder {
    ids: JobIds,
    state: Mutex<State>,
}

pub(super) struct State {
    pub(super) window: Window,
    pub(super) ledger: Ledger,
    pub(super) live: HashMap<u64, LiveJob>,
    pub(super) shapes: Shapes,
    pub(super) domains: Domains,
    pub(super) clearances: Clearances,
    pub(super) seconds: Seconds,
    pub(super) recent: Recent,
    pub(super) stages: Vec<Histogram<u64>>,
    pub(super) queue_wait_by_cause: Vec<Histogram<u64>>,
    pub(super) totals: Totals,
    pub(super) measured: MeasuredCounts,
    pub(super) found: BTreeMap<RootCause, u64>,
    pub(super) chained: u64,
    pub(super) notifications_sent: u64,
    pub(super) notifications_malformed: u64,
    pub(super) post_started: u64,
    pub(super) events_dropped: u64,
    pub(super) last_finished: Option<Instant>,
}

/// The part of the run that is measured.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Window {
    /// The warm-up is over; `None` before the posters start.
    pub(super) from: Option<Instant>,
    /// The posters are done; `None` before.
    pub(super) to: Option<Instant>,
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

/// A job that is not finished.
#[derive(Debug, Clone, Copy)]
pub(super) struct LiveJob {
    pub(super) shape: usize,
    pub(super) intended: Instant,
    pub(super) committed: Option<Instant>,
    pub(super) received: Option<Instant>,
    pub(super) heard_by: Replicas,
    pub(super) taken: Option<Taken>,
}

/// Replicas that heard of a job: a bit for each, of the 64 that a scenario has at most.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Replicas(u64);

impl Replicas {
    pub(super) fn add(&mut self, replica: usize) {
        self.0 |= 1 << replica;
    }

    pub(super) fn contain(self, replica: usize) -> bool {
        self.0 >> replica & 1 == 1
    }
}

/// The query that took it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Taken {
    pub(super) acquired: Instant,
    pub(super) query_started: Instant,
    pub(super) cause: Cause,
    pub(super) root: RootCause,
    pub(super) domain: DomainIndex,
    pub(super) replica: usize,
}

/// A job that a poster is about to insert.
#[derive(Debug, Clone, Copy)]
pub struct PostedJob {
    /// Its number.
    pub number: u64,
    /// Its shape, as an index into those that the recorder was made with.
    pub shape: usize,
}

impl Recorder {
    /// A recorder for the jobs of one run, whose shapes are these.
    #[must_use]
    pub fn new(ids: JobIds, shapes: impl IntoIterator<Item = Posting>) -> Self {
        Self {
            ids,
            state: Mutex::new(State {
                window: Window::default(),
                ledger: Ledger::default(),
                live: HashMap::new(),
                shapes: Shapes::new(shapes),
                domains: Domains::default(),
                clearances: Clearances::default(),
                seconds: Seconds::new(),
                recent: Recent::new(),
                stages: Stage::ALL.iter().map(|_| latency::precise()).collect(),
                queue_wait_by_cause: Cause::ALL.iter().map(|_| latency::precise()).collect(),
                totals: Totals::default(),
                measured: MeasuredCounts::default(),
                found: BTreeMap::new(),
                chained: 0,
                notifications_sent: 0,
                notifications_malformed: 0,
                post_started: 0,
                events_dropped: 0,
                last_finished: None,
            }),
        }
    }

    /// The ids of its jobs.
    #[must_use]
    pub fn ids(&self) -> JobIds {
        self.ids
    }

    /// The posters start; the warm-up ends at `measure_from`.
    pub fn begin(&self, at: Instant, measure_from: Instant) {
        let mut state = self.lock();
        state.window.from = Some(measure_from);
        state.seconds.begin(at);
    }

    /// The posters are done; rates are no longer counted.
    pub fn end_window(&self, at: Instant) {
        self.at(at).window.to.get_or_insert(at);
    }

    /// These jobs are queued before the run begins; to its clocks they are as old as the run.
    pub fn preloaded(&self, jobs: &[PostedJob], began: Instant) {
        let state = &mut *self.at(began);
        for PostedJob { number, shape } in jobs {
            state.post_started += 1;
            state.ledger.posted(*number);
            state.totals.posted += 1;
            if state.live.len() >= LIVE_JOBS_MAX {
                state.events_dropped += 1;
                continue;
            }
            let live = LiveJob {
                shape: *shape,
                intended: began,
                committed: Some(began),
                received: None,
                heard_by: Replicas::default(),
                taken: None,
            };
            state.live.insert(*number, live);
            state.shapes.queued(*shape, *number, began);
        }
    }

    /// A poster begins to insert these jobs, at `at` where the plan said `intended`.
    pub fn post_started(&self, jobs: &[PostedJob], intended: Instant, at: Instant) {
        let mut state = self.at(at);
        for job in jobs {
            state.post_started += 1;
            state.measured.planned += u64::from(state.window.counts(intended));
            state.record(Stage::PostLag, intended, intended, at);
            if state.live.len() >= LIVE_JOBS_MAX {
                state.events_dropped += 1;
                continue;
            }
            let live = LiveJob {
                shape: job.shape,
                intended,
                committed: None,
                received: None,
                heard_by: Replicas::default(),
                taken: None,
            };
            state.live.insert(job.number, live);
        }
    }

    /// Its commit was seen.
    pub fn committed(&self, jobs: &[PostedJob], at: Instant) {
        let state = &mut *self.at(at);
        for PostedJob { number, .. } in jobs {
            state.ledger.posted(*number);
            state.totals.posted += 1;
            state.seconds.running().posted += 1;
            state.measured.posted += u64::from(state.window.holds(at));
            let Some(job) = state.live.get_mut(number) else { continue };
            job.committed = Some(at);
            if job.taken.is_none() {
                state.shapes.queued(job.shape, *number, at);
            }
        }
    }

    /// So many postings were published.
    pub fn notified(&self, postings: usize) {
        self.lock().notifications_sent += postings as u64;
    }

    /// A worker has the job in its hands.
    pub fn worker_received(&self, id: JobId, at: Instant) {
        let mut state = self.at(at);
        let Some(job) = self.ids.number(id).and_then(|number| state.live.get(&number).copied()) else {
            return;
        };
        if let Some(taken) = job.taken {
            state.record(Stage::Handover, job.intended, taken.acquired, at);
        }
    }

    /// A worker saw its job finished in the table.
    pub fn finished(&self, id: JobId, is_failure: bool, at: Instant) {
        let state = &mut *self.at(at);
        let Some(number) = self.ids.number(id) else { return };
        state.ledger.finished(number);
        state.totals.completed += u64::from(!is_failure);
        state.totals.failed += u64::from(is_failure);
        state.seconds.running().completed += 1;
        state.measured.completed += u64::from(state.window.holds(at));
        state.last_finished = Some(at);
        let Some(job) = state.live.remove(&number) else { return };
        if let Some(taken) = job.taken {
            state.record(Stage::Service, job.intended, taken.acquired, at);
        }
        state.record(Stage::Response, job.intended, job.intended, at);
    }

    /// When the last job so far was finished.
    pub(crate) fn last_finished(&self) -> Option<Instant> {
        self.lock().last_finished
    }

    /// A fault swallowed a notification.
    pub fn notification_suppressed(&self) {
        self.lock().totals.notifications_suppressed += 1;
    }

    /// A fault is at work from now on.
    pub fn fault_began(&self, name: &str, at: Instant) {
        self.at(at).seconds.fault_began(name);
    }

    /// A fault is over.
    pub fn fault_ended(&self, name: &str, at: Instant) {
        self.at(at).seconds.fault_ended(name);
    }

    /// What is known of one job.
    pub(crate) fn fate(&self, number: u64) -> AuditedFate {
        self.lock().ledger.entries().get(number as usize).copied().unwrap_or_default().into()
    }

    /// What is known of every job, by number.
    pub(crate) fn fates(&self, mut look: impl FnMut(u64, AuditedFate)) {
        for (number, entry) in self.lock().ledger.entries().iter().enumerate() {
            look(number as u64, (*entry).into());
        }
    }

    /// The state, after closing the seconds that lie before `at`.
    pub(super) fn at(&self, at: Instant) -> MutexGuard<'_, State> {
        let mut state = self.lock();
        let backlog = state.shapes.backlog();
        for _ in 0..state.seconds.advance(at, backlog) {
            state.recent.advance();
            state.domains.advance();
        }
        state
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the ledger knows of a job, for the audit.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AuditedFate {
    /// Its commit was seen.
    pub(crate) is_posted: bool,
    /// A worker has it now.
    pub(crate) is_held: bool,
    /// It was handed to two workers, or finished twice.
    pub(crate) is_doubled: bool,
}

impl From<Entry> for AuditedFate {
    fn from(entry: Entry) -> Self {
        Self { is_posted: entry.is_posted(), is_held: entry.is_held(), is_doubled: entry.is_doubled() }
    }
}

impl State {
    /// A job that a poll had found was announced after all: the poll was merely first, and rescued nothing.
    pub(super) fn not_rescued(&mut self, domain: DomainIndex) {
        self.totals.rescued = self.totals.rescued.saturating_sub(1);
        let running = self.seconds.running();
        running.rescued = running.rescued.saturating_sub(1);
        let domain = self.domains.at(domain);
        domain.rescued = domain.rescued.saturating_sub(1);
        if let Some(found) = self.found.get_mut(&RootCause::BackupPoll).filter(|found| **found > 0) {
            *found -= 1;
            *self.found.entry(RootCause::Posting).or_default() += 1;
        }
        self.recent.not_rescued();
    }

    /// Records how long a stage of a job took, if the job was intended after the warm-up.
    pub(super) fn record(&mut self, stage: Stage, intended: Instant, from: Instant, to: Instant) {
        if self.window.counts(intended) {
            latency::record(&mut self.stages[stage as usize], to.saturating_duration_since(from));
        }
    }
}

impl Window {
    /// Whether rates count what happens at `at`.
    pub(super) fn holds(self, at: Instant) -> bool {
        self.from.is_some_and(|from| at >= from) && self.to.is_none_or(|to| at <= to)
    }

    /// Whether latencies of a job count that was intended then.
    pub(super) fn counts(self, intended: Instant) -> bool {
        self.from.is_some_and(|from| intended >= from)
    }
}
