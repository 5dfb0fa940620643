use std::sync::Arc;
use std::time::Duration;

use acquirer::job::{Posting, ProvisionerType, Tags};
use acquirer::wakeup::{Cause, Clearance, ClearanceId, DomainId, DomainSpec, RootCause};

use super::super::alphabet::{Heard, Input, PostedJob};
use super::super::live::LostBy;
use super::super::state::State;
use super::Time;

/// Two domains that both accept the one shape that is posted; A is where nobody else sleeps in most stories.
const A: DomainId = DomainId(1);
const B: DomainId = DomainId(2);

/// What a state is told, one millisecond after the other.
struct Story {
    state: State,
    now: u64,
    clearances: u64,
    jobs: u64,
}

impl Story {
    fn begin() -> Self {
        let posting = Posting { provisioner: ProvisionerType::Echo, tags: Tags::new(), job_id: None };
        let mut story = Self { state: State::new([posting], [], 0), now: 0, clearances: 0, jobs: 0 };
        story.tell(&Input::Began { measure_from: Time::ZERO });
        story
    }

    fn tell(&mut self, input: &Input<'_>) {
        self.now += 1;
        self.state.take(Time::new(Duration::from_millis(self.now)), input);
    }

    fn later(&mut self, ms: u64) {
        self.now += ms;
    }

    fn on(&mut self, replica: usize, heard: Heard<'_>) {
        self.tell(&Input::Replica { replica, heard });
    }

    /// A job is there, and not announced.
    fn commit(&mut self) -> u64 {
        let jobs = [PostedJob { number: self.jobs, shape: 0 }];
        self.jobs += 1;
        let intended = Time::new(Duration::from_millis(self.now));
        self.tell(&Input::PostStarted { jobs: &jobs, intended });
        self.tell(&Input::Committed { jobs: &jobs });
        jobs[0].number
    }

    fn announce(&mut self, job: u64) {
        self.tell(&Input::Announced { jobs: &[PostedJob { number: job, shape: 0 }] });
    }

    fn swallow(&mut self, replica: usize, job: u64) {
        self.tell(&Input::NoticeSwallowed { replica, job: Some(job) });
    }

    fn hear(&mut self, replica: usize, job: u64, domain: Option<DomainId>) {
        self.on(replica, Heard::NoticeReceived { job: Some(job), domain });
    }

    fn clear(&mut self, replica: usize, domain: DomainId, cause: Cause, root: RootCause) -> ClearanceId {
        self.clearances += 1;
        let id = ClearanceId(self.clearances);
        let parent = matches!(cause, Cause::Chained | Cause::Pending).then_some(ClearanceId(id.0 - 1));
        self.on(replica, Heard::Cleared(Clearance { id, domain, cause, root, parent }));
        id
    }

    /// A clearance and the start of its query.
    fn query(&mut self, replica: usize, domain: DomainId, root: RootCause, acquirees: usize) -> ClearanceId {
        let clearance = self.clear(replica, domain, root.direct(), root);
        self.on(replica, Heard::QueryStarted { clearance, acquirees });
        clearance
    }

    fn chained(
        &mut self,
        replica: usize,
        domain: DomainId,
        root: RootCause,
        acquirees: usize,
    ) -> ClearanceId {
        let clearance = self.clear(replica, domain, Cause::Chained, root);
        self.on(replica, Heard::QueryStarted { clearance, acquirees });
        clearance
    }

    fn found(&mut self, replica: usize, clearance: ClearanceId, jobs: &[u64]) {
        self.on(replica, Heard::QueryFound { clearance, jobs });
        for job in jobs {
            self.on(replica, Heard::HandedOver { clearance, job: *job, worker: None });
        }
    }

    fn born(&mut self, replica: usize, domain: DomainId) {
        let tags = Tags::from_pairs([("domain", if domain == A { "a" } else { "b" })]).unwrap();
        let spec = Arc::new(DomainSpec::new(&[ProvisionerType::Echo], &tags));
        self.on(replica, Heard::DomainBorn { domain, spec: &spec });
    }

    /// The domain comes into being, finds nothing, and sleeps.
    fn falls_asleep(&mut self, replica: usize, domain: DomainId) {
        self.born(replica, domain);
        let first = self.query(replica, domain, RootCause::First, 1);
        self.on(replica, Heard::QueryEmpty { clearance: first });
        self.later(10);
    }

    /// A poll's query takes these jobs, of so many that it asked for.
    fn poll_finds(&mut self, replica: usize, domain: DomainId, asked: usize, jobs: &[u64]) {
        let poll = self.query(replica, domain, RootCause::BackupPoll, asked);
        self.found(replica, poll, jobs);
    }

    fn dissolve(&mut self, replica: usize, domain: DomainId) {
        self.on(replica, Heard::DomainDissolved { domain });
    }

    fn rescued(&self) -> u64 {
        self.state.totals.rescued
    }

    /// Lost wakeups, and where they got lost.
    fn lost(&self) -> Vec<LostBy> {
        let by_shape: Vec<_> = self.state.attribution.lost().collect();
        let lost: Vec<LostBy> = LostBy::ALL
            .into_iter()
            .flat_map(|by| std::iter::repeat_n(by, by_shape[0][by as usize] as usize))
            .collect();
        assert_eq!(self.state.totals.wakeups_lost, lost.len() as u64);
        lost
    }
}

#[test]
fn a_swallowed_notice_beside_a_sleeper_is_a_lost_wakeup_once_the_poll_comes() {
    let mut story = Story::begin();
    story.falls_asleep(0, A);
    let job = story.commit();
    story.swallow(0, job);
    story.announce(job);
    assert_eq!(story.lost(), []);
    story.later(5_000);
    story.poll_finds(0, A, 1, &[job]);
    assert_eq!((story.rescued(), story.lost()), (1, vec![LostBy::Swallowed]));
    let seconds = story.state.results(Time::new(Duration::from_secs(6))).seconds;
    let by_second: Vec<u64> = seconds.iter().map(|second| second.wakeups_lost).collect();
    assert_eq!(by_second, [1, 0, 0, 0, 0, 0], "it counts in the second of its posting");
}

#[test]
fn a_notice_that_no_listener_brings_is_unheard() {
    let mut story = Story::begin();
    story.falls_asleep(0, A);
    let job = story.commit();
    story.announce(job);
    story.later(5_000);
    story.poll_finds(0, A, 1, &[job]);
    assert_eq!((story.rescued(), story.lost()), (1, vec![LostBy::Unheard]));
}

#[test]
fn a_job_that_nobody_announced_is_rescued_and_has_no_wakeup_to_lose() {
    let mut story = Story::begin();
    story.falls_asleep(0, A);
    let job = story.commit();
    story.later(5_000);
    story.poll_finds(0, A, 1, &[job]);
    assert_eq!((story.rescued(), story.lost()), (1, vec![]));
}

#[test]
fn where_every_worker_is_busy_no_wakeup_is_lost() {
    let mut story = Story::begin();
    story.falls_asleep(0, A);
    story.dissolve(0, A);
    let job = story.commit();
    story.swallow(0, job);
    story.announce(job);
    // The workers come back to a job, which their first query finds.
    story.born(0, A);
    let first = story.query(0, A, RootCause::First, 1);
    story.found(0, first, &[job]);
    assert_eq!((story.rescued(), story.lost()), (0, vec![]));
}

#[test]
fn a_posting_that_dies_with_the_busy_domain_it_went_to_is_forgotten() {
    let mut story = Story::begin();
    story.falls_asleep(0, B);
    story.born(0, A);
    let busy = story.query(0, A, RootCause::First, 1);
    let (taken, forgotten) = (story.commit(), story.commit());
    story.hear(0, forgotten, Some(A));
    story.on(0, Heard::Pended { domain: A, root: RootCause::Posting });
    story.announce(forgotten);
    story.found(0, busy, &[taken]);
    story.dissolve(0, A);
    story.later(5_000);
    story.poll_finds(0, B, 1, &[forgotten]);
    assert_eq!((story.rescued(), story.lost()), (1, vec![LostBy::Forgotten]));
}

#[test]
fn a_query_that_found_as_many_as_it_asked_for_did_not_look_for_the_rest() {
    for (asked, lost) in [(1, 1), (2, 0)] {
        let mut story = Story::begin();
        story.falls_asleep(0, B);
        let (older, job) = (story.commit(), story.commit());
        story.hear(0, job, Some(A));
        story.announce(job);
        story.born(0, A);
        let query = story.query(0, A, RootCause::First, asked);
        story.found(0, query, &[older]);
        story.dissolve(0, A);
        story.later(5_000);
        story.poll_finds(0, B, 1, &[job]);
        assert_eq!(story.lost().len(), lost, "asked for {asked}");
    }
}

#[test]
fn a_look_on_any_replica_counts_and_so_does_a_sleeper() {
    // Replica 1 looks for the job and cannot have it; nothing was lost.
    let mut story = Story::begin();
    story.falls_asleep(0, A);
    story.falls_asleep(1, A);
    let job = story.commit();
    story.swallow(0, job);
    story.hear(1, job, Some(A));
    let look = story.query(1, A, RootCause::Posting, 1);
    story.on(1, Heard::QueryEmpty { clearance: look });
    story.later(5_000);
    story.poll_finds(0, A, 1, &[job]);
    assert_eq!((story.rescued(), story.lost()), (1, vec![]));

    // Replica 0 is in the middle of a poll's chain; only on replica 1 somebody sleeps.
    for asleep_elsewhere in [false, true] {
        let mut story = Story::begin();
        story.falls_asleep(0, A);
        if asleep_elsewhere {
            story.falls_asleep(1, A);
        }
        let old = story.commit();
        let poll = story.query(0, A, RootCause::BackupPoll, 1);
        let job = story.commit();
        story.swallow(0, job);
        story.found(0, poll, &[old]);
        let chained = story.chained(0, A, RootCause::BackupPoll, 1);
        story.found(0, chained, &[job]);
        assert_eq!(story.rescued(), 2);
        assert_eq!(story.lost().len(), usize::from(asleep_elsewhere), "asleep elsewhere: {asleep_elsewhere}");
    }
}

#[test]
fn a_domain_that_pauses_after_an_error_does_not_sleep() {
    let mut story = Story::begin();
    story.falls_asleep(0, A);
    let failing = story.query(0, A, RootCause::BackupPoll, 1);
    story.on(0, Heard::QueryFailed { clearance: failing });
    story.on(0, Heard::BackingOff { domain: A, pause: Duration::from_secs(1) });
    let job = story.commit();
    story.swallow(0, job);
    story.later(1_000);
    let again = story.chained(0, A, RootCause::BackupPoll, 1);
    story.found(0, again, &[job]);
    assert_eq!((story.rescued(), story.lost()), (1, vec![]));
}

#[test]
fn what_lay_there_when_a_poll_ran_out_of_waiters_is_rescued_by_those_that_come_back() {
    let mut story = Story::begin();
    story.falls_asleep(0, A);
    let jobs: Vec<u64> = (0..5)
        .map(|_| {
            let job = story.commit();
            story.swallow(0, job);
            story.announce(job);
            job
        })
        .collect();
    story.later(5_000);
    // One waiter, one job; then nobody waits.
    story.poll_finds(0, A, 1, &jobs[..1]);
    story.dissolve(0, A);
    let late = story.commit();
    story.swallow(0, late);
    for job in &jobs[1..3] {
        story.born(0, A);
        let first = story.query(0, A, RootCause::First, 1);
        story.found(0, first, &[*job]);
        story.dissolve(0, A);
    }
    // Two come back at once, and what chains from them counts alike.
    story.born(0, A);
    let first = story.query(0, A, RootCause::First, 1);
    story.found(0, first, &jobs[3..4]);
    let chained = story.chained(0, A, RootCause::First, 1);
    story.found(0, chained, &jobs[4..5]);
    assert_eq!((story.rescued(), story.lost().len()), (5, 5));
    // What came after the poll they would have found without it.
    story.dissolve(0, A);
    story.born(0, A);
    let first = story.query(0, A, RootCause::First, 2);
    story.found(0, first, &[late]);
    assert_eq!((story.rescued(), story.lost().len()), (5, 5));
    assert_eq!(story.state.found[&RootCause::BackupPoll], 5);
}

#[test]
fn a_query_that_finds_nothing_more_ends_what_a_poll_began() {
    let mut story = Story::begin();
    story.falls_asleep(0, A);
    let (job, hidden) = (story.commit(), story.commit());
    story.poll_finds(0, A, 2, &[job]);
    story.dissolve(0, A);
    // Somebody else held this one's row, and lets it go.
    story.born(0, A);
    let first = story.query(0, A, RootCause::First, 1);
    story.found(0, first, &[hidden]);
    assert_eq!(story.rescued(), 1);
}

#[test]
fn a_poll_that_is_merely_first_rescues_nothing() {
    // The posting's own query is in flight on the same replica, or was when the poll's took the job.
    for ends_before in [false, true] {
        let mut story = Story::begin();
        story.falls_asleep(0, A);
        story.falls_asleep(0, B);
        let job = story.commit();
        story.hear(0, job, Some(B));
        let own = story.query(0, B, RootCause::Posting, 1);
        let poll = story.query(0, A, RootCause::BackupPoll, 1);
        if ends_before {
            story.on(0, Heard::QueryEmpty { clearance: own });
        }
        story.found(0, poll, &[job]);
        assert_eq!((story.rescued(), story.lost()), (0, vec![]), "ends before: {ends_before}");
    }
    // The notice comes while the poll's query is in flight, or right after.
    for comes_after in [false, true] {
        let mut story = Story::begin();
        story.falls_asleep(0, A);
        let job = story.commit();
        story.announce(job);
        let poll = story.query(0, A, RootCause::BackupPoll, 1);
        if !comes_after {
            story.hear(0, job, None);
        }
        story.found(0, poll, &[job]);
        if comes_after {
            story.hear(0, job, None);
        }
        assert_eq!((story.rescued(), story.lost()), (0, vec![]), "comes after: {comes_after}");
    }
}

#[test]
fn a_rescued_job_that_is_given_back_is_rescued_no_more_and_begins_anew() {
    let mut story = Story::begin();
    story.falls_asleep(0, A);
    let job = story.commit();
    story.swallow(0, job);
    story.later(5_000);
    story.poll_finds(0, A, 1, &[job]);
    assert_eq!((story.rescued(), story.lost().len()), (1, 1));
    story.on(0, Heard::GivenBack { job });
    story.on(0, Heard::Released { job });
    assert_eq!((story.rescued(), story.lost().len()), (0, 0));
    story.hear(0, job, Some(A));
    let posted = story.query(0, A, RootCause::Posting, 1);
    story.found(0, posted, &[job]);
    assert_eq!((story.rescued(), story.lost().len()), (0, 0));
    assert_eq!(story.state.totals.acquired, 1);
}
