//! Takes down what happens to every job, clearance and domain of a run.
//!
//! All that posters, workers, replicas and faults report comes through one door under one lock that is held for
//! well under a microsecond a call: to the recording, where there is one, and to the state. It never waits for
//! anybody.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use acquirer::job::{JobId, Posting};
use acquirer::runtime::{Event, Tap};

use crate::observe::Observation;
use crate::record::Tape;
use crate::scenario::{Fault, Fleet, Scenario};
use crate::snapshot::Snapshot;

use super::alphabet::{self, FaultFacts, Heard, Input, InterventionFacts, PostedJob, Surroundings, Time};
use super::clock::now;
use super::domains::DomainNumber;
use super::ids::JobIds;
use super::ledger::Entry;
use super::log::Events;
use super::page::PageDraft;
use super::results::Results;
use super::roster::Roster;
use super::state::State;
use super::tallies::Tallies;

/// Takes down what happens.
pub struct Recorder {
    ids: JobIds,
    /// All times are counted from here.
    epoch: Instant,
    desk: Mutex<Desk>,
}

/// What is behind the lock.
pub(super) struct Desk {
    pub(super) state: State,
    tape: Option<Tape>,
}

impl Desk {
    fn take(&mut self, at: Time, input: &Input<'_>) {
        if let Some(tape) = &mut self.tape {
            tape.take(at, input);
        }
        self.state.take(at, input);
    }
}

impl Recorder {
    /// A recorder for the jobs of one run, whose shapes are these. It keeps no log of events.
    #[must_use]
    pub fn new(ids: JobIds, shapes: impl IntoIterator<Item = Posting>) -> Self {
        Self::with_state(ids, State::new(shapes, [], 0))
    }

    /// A recorder for the jobs of one run. It keeps so many events for whoever follows them.
    pub(crate) fn of(scenario: &Scenario, ids: JobIds, events_max: usize) -> Self {
        Self::with_state(ids, State::of(scenario, events_max))
    }

    pub(super) fn with_state(ids: JobIds, state: State) -> Self {
        Self { ids, epoch: now(), desk: Mutex::new(Desk { state, tape: None }) }
    }

    /// From now on all inputs go to a recording as well.
    pub(crate) fn attach(&self, tape: Tape) {
        self.lock().tape = Some(tape);
    }

    /// The recording's tape, if there is one: from now on it hears nothing more.
    pub(crate) fn detach(&self) -> Option<Tape> {
        self.lock().tape.take()
    }

    /// The ids of its jobs and workers.
    #[must_use]
    pub fn ids(&self) -> JobIds {
        self.ids
    }

    /// A moment as the recorder counts it.
    #[must_use]
    pub fn time(&self, at: Instant) -> Time {
        Time::new(at.saturating_duration_since(self.epoch))
    }

    /// The only door: something happened at `at`.
    pub fn take(&self, at: Instant, input: &Input<'_>) {
        let at = self.time(at);
        self.lock().take(at, input);
    }

    /// The posters start; the warm-up ends at `measure_from`.
    pub fn begin(&self, at: Instant, measure_from: Instant) {
        self.take(at, &Input::Began { measure_from: self.time(measure_from) });
    }

    /// The posters are done; rates are no longer counted.
    pub fn end_window(&self, at: Instant) {
        self.take(at, &Input::PostersDone);
    }

    /// These jobs are queued before the run begins; to its clocks they are as old as the run.
    pub fn preloaded(&self, jobs: &[PostedJob], began: Instant) {
        self.take(began, &Input::Preloaded { jobs });
    }

    /// A poster begins to insert these jobs, at `at` where the plan said `intended`.
    pub fn post_started(&self, jobs: &[PostedJob], intended: Instant, at: Instant) {
        self.take(at, &Input::PostStarted { jobs, intended: self.time(intended) });
    }

    /// Their commit was seen.
    pub fn committed(&self, jobs: &[PostedJob], at: Instant) {
        self.take(at, &Input::Committed { jobs });
    }

    /// Their notices were published.
    pub fn announced(&self, jobs: &[PostedJob], at: Instant) {
        self.take(at, &Input::Announced { jobs });
    }

    /// A worker has the job in its hands.
    pub fn worker_received(&self, id: JobId, at: Instant) {
        if let Some(job) = self.ids.number(id) {
            self.take(at, &Input::WorkerReceived { job });
        }
    }

    /// A worker saw its job finished in the table.
    pub fn finished(&self, id: JobId, is_failure: bool, at: Instant) {
        if let Some(job) = self.ids.number(id) {
            self.take(at, &Input::Finished { job, is_failure });
        }
    }

    /// The worker that has the job died; the job stays marked as running.
    pub fn worker_died(&self, id: JobId, at: Instant) {
        if let Some(job) = self.ids.number(id) {
            self.take(at, &Input::WorkerDied { job });
        }
    }

    /// The lease of a job whose worker died has run out: it is about to be available again.
    pub fn freed(&self, id: JobId, at: Instant) {
        if let Some(job) = self.ids.number(id) {
            self.take(at, &Input::Freed { job });
        }
    }

    /// The notice of a job that was freed was published.
    pub fn announced_again(&self, id: JobId, at: Instant) {
        if let Some(job) = self.ids.number(id) {
            self.take(at, &Input::AnnouncedAgain { job });
        }
    }

    /// A fault swallowed a notice on its way to a replica.
    pub fn notice_swallowed(&self, replica: usize, payload: &[u8], at: Instant) {
        let posting = Posting::parse(payload).ok();
        let job = posting.and_then(|posting| alphabet::job_of(&posting, self.ids));
        self.take(at, &Input::NoticeSwallowed { replica, job });
    }

    /// A fault is at work from now on.
    pub fn fault_began(&self, fault: &Fault, until: Option<Instant>, at: Instant) {
        let facts = FaultFacts {
            name: fault.name(),
            parameter: &fault.parameter(),
            replica: fault.replica,
            until: until.map(|until| self.time(until)),
        };
        self.take(at, &Input::FaultBegan(facts));
    }

    /// A fault at work could not do what it was to do, and ends.
    pub fn fault_failed(&self, name: &str, why: &str, at: Instant) {
        self.take(at, &Input::FaultFailed { name, why });
    }

    /// No fault of this name is at work any more.
    pub fn fault_ended(&self, name: &str, at: Instant) {
        self.take(at, &Input::FaultEnded { name });
    }

    /// Somebody gave an order that changes the run.
    pub(crate) fn intervened(&self, facts: InterventionFacts<'_>, at: Instant) {
        self.take(at, &Input::Intervened(facts));
    }

    /// Other replicas are there than before, or follow other rules.
    pub(crate) fn roster_changed(&self, roster: &Roster, at: Instant) {
        self.take(at, &Input::RosterChanged(roster));
    }

    /// What was seen of the database beside the load.
    pub fn database_observed(&self, observation: &Observation, at: Instant) {
        match observation {
            Observation::Missing(missing) => self.take(at, &Input::DatabaseMissing { missing }),
            Observation::Sample(sample) => self.take(at, &Input::DatabaseSampled(sample)),
        }
    }

    /// Looks around, and says what the run looks like; `snapshot` has what never changes.
    pub(crate) fn snapshot(&self, mut snapshot: Snapshot, around: &Surroundings, at: Instant) -> Snapshot {
        let at = self.time(at);
        let mut desk = self.lock();
        desk.take(at, &Input::Sampled(around));
        desk.state.fill(&mut snapshot, at);
        snapshot
    }

    /// Everything that was recorded until `now`, and the tape that holds just that.
    pub(crate) fn conclude(&self, now: Time) -> (Results, Option<Tape>) {
        let mut desk = self.lock();
        (desk.state.results(now), desk.tape.take())
    }

    /// What was logged from this event on; 0 is the first.
    #[must_use]
    pub fn events(&self, from: u64) -> Events {
        self.lock().state.events(from)
    }

    /// A domain looked at closely; `None` when there never was one of this number.
    pub(crate) fn page(&self, number: DomainNumber, at: Instant, fleets: &[Fleet]) -> Option<PageDraft> {
        self.lock().state.page(number, self.time(at), fleets)
    }

    /// Counts so far, for whoever comes for them while the run goes on; domains past the first so many in one.
    pub(crate) fn tallies(&self, domains_max: DomainNumber) -> Tallies {
        self.lock().state.tallies(domains_max)
    }

    /// When the last job so far was finished.
    pub(crate) fn last_finished(&self) -> Option<Instant> {
        let finished = self.lock().state.last_finished?;
        Some(self.epoch + finished.since_epoch())
    }

    /// What is known of one job.
    pub(crate) fn fate(&self, number: u64) -> AuditedFate {
        self.lock().state.ledger.entry(number).into()
    }

    /// What is known of every job, by number.
    pub(crate) fn fates(&self, mut look: impl FnMut(u64, AuditedFate)) {
        for (number, entry) in self.lock().state.ledger.entries().enumerate() {
            look(number as u64, entry.into());
        }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the ledger knows of a job, for the audit.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AuditedFate {
    /// Its commit was seen.
    pub(crate) is_posted: bool,
    /// Who has it now.
    pub(crate) holder: Holder,
    /// It was handed to two workers, or finished twice.
    pub(crate) is_doubled: bool,
}

/// Who has a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Holder {
    /// Nobody.
    Nobody,
    /// A worker that lives.
    Living,
    /// A worker that died with it, and nobody else since.
    Dead,
}

impl From<Entry> for AuditedFate {
    fn from(entry: Entry) -> Self {
        let holder = if entry.is_held() {
            Holder::Living
        } else if entry.is_orphaned() {
            Holder::Dead
        } else {
            Holder::Nobody
        };
        Self { is_posted: entry.is_posted(), holder, is_doubled: entry.is_doubled() }
    }
}

/// The tap of one replica.
pub struct ReplicaTap {
    recorder: Arc<Recorder>,
    replica: usize,
}

impl ReplicaTap {
    /// Reports what happens on a replica to the recorder.
    #[must_use]
    pub fn new(recorder: Arc<Recorder>, replica: usize) -> Self {
        Self { recorder, replica }
    }
}

impl Tap for ReplicaTap {
    fn observe(&self, at: Instant, event: &Event) {
        let mut found = Vec::new();
        if let Some(heard) = Heard::translate(event, self.recorder.ids, &mut found) {
            self.recorder.take(at, &Input::Replica { replica: self.replica, heard });
        }
    }
}
