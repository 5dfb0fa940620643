//! One replica's ear at the recorder: turns the acquirer's events into what is known of jobs.

use std::sync::Arc;
use std::time::{Duration, Instant};

use acquirer::job::{JobId, Posting};
use acquirer::runtime::{Event, QueryOutcome, Tap};
use acquirer::wakeup::{Cause, Clearance, ClearanceId, RootCause};

use super::latency::{self, Stage};
use super::recorder::{Recorder, State, Taken};

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

    fn posting_received(&self, state: &mut State, posting: &Posting, at: Instant) {
        state.totals.notifications_received += 1;
        let number = posting.job_id.and_then(|id| self.recorder.ids().number(id));
        let Some(job) = number.and_then(|number| state.live.get_mut(&number)) else { return };
        job.heard_by.add(self.replica);
        if let Some(taken) = &mut job.taken
            && taken.root == RootCause::BackupPoll
            && taken.replica == self.replica
        {
            taken.root = RootCause::Posting;
            let domain = taken.domain;
            return state.not_rescued(domain);
        }
        // The first replica that heard counts, unless the job was taken before anybody did.
        if job.received.is_none() && job.taken.is_none() {
            job.received = Some(at);
            let (intended, committed) = (job.intended, job.committed.unwrap_or(at));
            state.record(Stage::Notify, intended, committed, at);
        }
    }

    fn cleared(&self, state: &mut State, clearance: &Clearance, at: Instant) {
        let Some(domain) = state.domains.index(self.replica, clearance.domain) else { return };
        state.domains.at(domain).last = Some((at, clearance.cause, clearance.root));
        state.clearances.given(self.replica, clearance, domain);
    }

    fn query_finished(&self, state: &mut State, clearance: ClearanceId, outcome: &QueryOutcome, at: Instant) {
        let Some(live) = state.clearances.query_finished(self.replica, clearance) else { return };
        let counts = state.clearances.count(live.cause);
        let second = state.seconds.running();
        match outcome {
            QueryOutcome::Found(_) => {
                counts.found += 1;
                second.found += 1;
                state.totals.queries_found += 1;
            }
            QueryOutcome::Empty => {
                counts.empty += 1;
                second.empty += 1;
                state.totals.queries_empty += 1;
            }
            QueryOutcome::Failed(_) => {
                counts.failed += 1;
                second.failed += 1;
                state.totals.queries_failed += 1;
            }
        }
        let is_empty = matches!(outcome, QueryOutcome::Empty);
        if state.window.holds(at) {
            state.measured.queries += 1;
            state.measured.empty += u64::from(is_empty);
        }
        state.domains.at(live.domain).queried(is_empty);
        let QueryOutcome::Found(jobs) = outcome else { return };
        let query_started = live.query_started.unwrap_or(at);
        let taken = Taken {
            acquired: at,
            query_started,
            cause: live.cause,
            root: live.root,
            domain: live.domain,
            replica: self.replica,
        };
        for number in jobs.iter().filter_map(|id| self.recorder.ids().number(*id)) {
            let Some(job) = state.live.get_mut(&number) else { continue };
            // A notice that came while the poll's query was under way would have caused one of its own.
            let announced = taken.root == RootCause::BackupPoll && job.heard_by.contain(self.replica);
            job.taken = Some(if announced { Taken { root: RootCause::Posting, ..taken } } else { taken });
            if job.committed.is_some() {
                let shape = job.shape;
                let live = &state.live;
                state.shapes.taken(shape, |number| live.get(&number).is_some_and(|job| job.taken.is_none()));
            }
        }
    }

    fn handed_over(&self, state: &mut State, id: JobId, at: Instant) {
        let Some(number) = self.recorder.ids().number(id) else { return };
        state.ledger.acquired(number);
        state.totals.acquired += 1;
        state.seconds.running().acquired += 1;
        state.measured.acquired += u64::from(state.window.holds(at));
        let Some(job) = state.live.get(&number).copied() else { return };
        let Some(taken) = job.taken else { return };
        // A query can see a commit before its poster hears of it: such a job has not waited.
        let wait = job
            .committed
            .map_or(Duration::ZERO, |committed| taken.acquired.saturating_duration_since(committed));
        let is_chained = matches!(taken.cause, Cause::Chained | Cause::Pending);
        let is_rescued = taken.root == RootCause::BackupPoll;
        *state.found.entry(taken.root).or_default() += 1;
        state.chained += u64::from(is_chained);
        state.recent.acquired(wait, taken.root, is_chained);
        state.seconds.queue_wait(wait);
        state.seconds.running().rescued += u64::from(is_rescued);
        state.totals.rescued += u64::from(is_rescued);
        let domain = state.domains.at(taken.domain);
        domain.acquired += 1;
        domain.rescued += u64::from(is_rescued);
        state.record(Stage::Query, job.intended, taken.query_started, taken.acquired);
        if let Some(received) = job.received.filter(|received| *received <= taken.query_started) {
            state.record(Stage::Clearance, job.intended, received, taken.query_started);
        }
        if state.window.counts(job.intended) {
            latency::record(&mut state.stages[Stage::QueueWait as usize], wait);
            latency::record(&mut state.queue_wait_by_cause[taken.cause as usize], wait);
        }
    }

    /// A job was found for a caller who has left: if it was handed over, nobody took it.
    fn not_taken(&self, state: &mut State, id: JobId) {
        let Some(number) = self.recorder.ids().number(id) else { return };
        let was_handed_over = state.ledger.entries().get(number as usize).is_some_and(|job| job.is_held());
        if was_handed_over {
            state.ledger.returned(number);
            state.totals.acquired -= 1;
        }
    }

    fn released(&self, state: &mut State, id: JobId) {
        let Some(number) = self.recorder.ids().number(id) else { return };
        let Some(job) = state.live.get_mut(&number) else { return };
        job.taken = None;
        if let Some(committed) = job.committed {
            state.shapes.returned(job.shape, number, committed);
        }
    }
}

impl Tap for ReplicaTap {
    fn observe(&self, at: Instant, event: &Event) {
        let state = &mut *self.recorder.at(at);
        match event {
            Event::PostingReceived { posting, .. } => self.posting_received(state, posting, at),
            Event::PostingUnreadable => state.notifications_malformed += 1,
            Event::MessagesLost => state.totals.losses_signalled += 1,
            Event::DomainBorn { domain, spec } => state.domains.born(self.replica, *domain, spec),
            Event::DomainDissolved { domain } => state.domains.dissolved(self.replica, *domain),
            Event::Cleared(clearance) => self.cleared(state, clearance, at),
            Event::Revoked { clearance } => state.clearances.revoked(self.replica, *clearance),
            Event::QueryStarted { clearance, .. } => {
                state.clearances.query_started(self.replica, *clearance, at);
            }
            Event::QueryFinished { clearance, outcome } => {
                self.query_finished(state, *clearance, outcome, at);
            }
            Event::HandedOver { job, .. } => self.handed_over(state, *job, at),
            Event::GivenBack { job, .. } => self.not_taken(state, *job),
            Event::Stranded { job, .. } => {
                self.not_taken(state, *job);
                state.totals.stranded += 1;
            }
            Event::Released { job } => self.released(state, *job),
            Event::Subscribed
            | Event::Joined { .. }
            | Event::Left { .. }
            | Event::Pended { .. }
            | Event::HandedOn { .. }
            | Event::PostedAnew(_)
            | Event::OutcomeUnknown { .. }
            | Event::OutcomeSettled { .. }
            | Event::BackingOff { .. } => {}
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use acquirer::job::{ProvisionerType, Tags};
    use acquirer::wakeup::{DomainId, DomainSpec};
    use uuid::Uuid;

    use super::super::{JobIds, PostedJob};
    use super::*;

    /// A recorder whose job 0 was taken by a poll of replica 0.
    fn taken_by_a_poll() -> (Arc<Recorder>, Posting) {
        taken_by_a_poll_while(|_, _| {})
    }

    /// The same, and something that happens while the poll's query is under way.
    fn taken_by_a_poll_while(meanwhile: impl Fn(&Arc<Recorder>, &Posting)) -> (Arc<Recorder>, Posting) {
        let ids = JobIds::new(Uuid::from_u128(7));
        let shape = Posting { provisioner: ProvisionerType::Echo, tags: Tags::new(), job_id: None };
        let recorder = Arc::new(Recorder::new(ids, [shape.clone()]));
        let tap = ReplicaTap::new(Arc::clone(&recorder), 0);
        let at = Instant::now();
        recorder.begin(at, at);
        let jobs = [PostedJob { number: 0, shape: 0 }];
        recorder.post_started(&jobs, at, at);
        recorder.committed(&jobs, at);
        let (domain, id, job) = (DomainId(1), ClearanceId(1), ids.id(0));
        let spec = Arc::new(DomainSpec::new(&[ProvisionerType::Echo], &Tags::new()));
        let (cause, root) = (Cause::BackupPoll, RootCause::BackupPoll);
        let posting = Posting { job_id: Some(job), ..shape };
        for event in [
            Event::DomainBorn { domain, spec },
            Event::Cleared(Clearance { id, domain, cause, root, parent: None }),
            Event::QueryStarted { clearance: id, acquirees: 1 },
        ] {
            tap.observe(at, &event);
        }
        meanwhile(&recorder, &posting);
        for event in [
            Event::QueryFinished { clearance: id, outcome: QueryOutcome::Found(vec![job]) },
            Event::HandedOver { clearance: id, job, worker: Uuid::nil() },
        ] {
            tap.observe(at, &event);
        }
        (recorder, posting)
    }

    fn rescued(recorder: &Recorder) -> (u64, Option<u64>) {
        let state = recorder.lock();
        (state.totals.rescued, state.found.get(&RootCause::BackupPoll).copied())
    }

    #[test]
    fn a_job_that_only_a_poll_found_was_rescued_whatever_other_replicas_hear() {
        let (recorder, posting) = taken_by_a_poll();
        assert_eq!(rescued(&recorder), (1, Some(1)));
        let other = ReplicaTap::new(Arc::clone(&recorder), 1);
        other.observe(Instant::now(), &Event::PostingReceived { posting, domain: None });
        assert_eq!(rescued(&recorder), (1, Some(1)));
    }

    #[test]
    fn a_job_whose_notice_came_during_the_polls_query_was_not_rescued() {
        for (replica, expected) in [(0, 0), (1, 1)] {
            let (recorder, _) = taken_by_a_poll_while(|recorder, posting| {
                let tap = ReplicaTap::new(Arc::clone(recorder), replica);
                tap.observe(
                    Instant::now(),
                    &Event::PostingReceived { posting: posting.clone(), domain: None },
                );
            });
            assert_eq!(rescued(&recorder).0, expected, "heard by replica {replica}");
        }
    }

    #[test]
    fn a_job_whose_notice_came_just_after_the_poll_was_not_rescued() {
        let (recorder, posting) = taken_by_a_poll();
        let tap = ReplicaTap::new(Arc::clone(&recorder), 0);
        for _ in 0..2 {
            tap.observe(Instant::now(), &Event::PostingReceived { posting: posting.clone(), domain: None });
        }
        assert_eq!(rescued(&recorder), (0, Some(0)));
        let state = recorder.lock();
        assert_eq!(state.found.get(&RootCause::Posting).copied().unwrap(), 1);
    }
}
