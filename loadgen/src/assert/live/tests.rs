use std::sync::Arc;
use std::time::Instant;

use acquirer::job::{Posting, ProvisionerType, Tags};
use acquirer::runtime::{Event, QueryOutcome, Tap as _};
use acquirer::wakeup::{Clearance, ClearanceId, DomainId, DomainSpec, RootCause};
use uuid::Uuid;

use super::*;
use crate::measure::{JobIds, PostedJob, Recorder, ReplicaTap};

/// A run that goes on: job after job, each posted, found by one query and finished.
struct Story {
    recorder: Arc<Recorder>,
    tap: ReplicaTap,
    began: Instant,
    jobs: u64,
    clearances: u64,
}

impl Story {
    fn new() -> Self {
        let shape = Posting { provisioner: ProvisionerType::Echo, tags: Tags::new(), job_id: None };
        let recorder = Arc::new(Recorder::new(JobIds::new(Uuid::from_u128(7)), [shape]));
        let tap = ReplicaTap::new(Arc::clone(&recorder), 0);
        let began = Instant::now();
        recorder.begin(began, began);
        let spec = Arc::new(DomainSpec::new(&[ProvisionerType::Echo], &Tags::new()));
        tap.observe(began, &Event::DomainBorn { domain: DomainId(1), spec });
        Self { recorder, tap, began, jobs: 0, clearances: 0 }
    }

    fn posted(&mut self) -> u64 {
        let jobs = [PostedJob { number: self.jobs, shape: 0 }];
        self.recorder.post_started(&jobs, self.began, self.began);
        self.recorder.committed(&jobs, self.began);
        self.jobs += 1;
        jobs[0].number
    }

    fn query(&mut self, root: RootCause, outcome: QueryOutcome, after: Duration) -> ClearanceId {
        self.clearances += 1;
        let (id, domain) = (ClearanceId(self.clearances), DomainId(1));
        let cause = if root == RootCause::BackupPoll { Cause::BackupPoll } else { Cause::Posting };
        let at = self.began + after;
        self.tap.observe(at, &Event::Cleared(Clearance { id, domain, cause, root, parent: None }));
        self.tap.observe(at, &Event::QueryStarted { clearance: id, acquirees: 1 });
        self.tap.observe(at, &Event::QueryFinished { clearance: id, outcome });
        id
    }

    fn acquired(&mut self, root: RootCause, wait: Duration) -> u64 {
        let number = self.posted();
        let job = self.recorder.ids().id(number);
        let clearance = self.query(root, QueryOutcome::Found(vec![job]), wait);
        self.tap.observe(self.began + wait, &Event::HandedOver { clearance, job, worker: Uuid::nil() });
        number
    }

    fn finished(&self, number: u64, is_failure: bool) {
        let after = self.began + Duration::from_secs(3);
        self.recorder.finished(self.recorder.ids().id(number), is_failure, after);
    }

    fn waits(&mut self, jobs: usize, wait: Duration) {
        for _ in 0..jobs {
            let number = self.acquired(RootCause::Posting, wait);
            self.finished(number, false);
        }
    }

    /// Whether it is lost when so many jobs are to come, in ten seconds measured.
    fn is_lost(&self, text: &str, jobs: f64) -> bool {
        let live = Live::new(&text.parse().unwrap()).unwrap();
        let to_come = ToCome { jobs, measured: Some(Duration::from_secs(10)) };
        self.recorder.so_far(|so_far| live.is_lost(so_far, to_come))
    }
}

const FAST: Duration = Duration::from_millis(1);
const SLOW: Duration = Duration::from_millis(400);

#[test]
fn a_percentile_is_lost_with_the_job_that_it_does_not_leave() {
    let mut story = Story::new();
    story.waits(100, FAST);
    story.waits(10, SLOW);
    // Of a thousand jobs, ten may be slow.
    assert!(!story.is_lost("queue_wait.p99 < 250ms", 890.0));
    story.waits(1, SLOW);
    assert!(story.is_lost("queue_wait.p99 < 250ms", 889.0));
    assert!(story.is_lost("posting.queue_wait.p99 < 250ms", 889.0));
    // More jobs to come could still hide it.
    assert!(!story.is_lost("queue_wait.p99 < 250ms", 1_000.0));
    assert!(!story.is_lost("queue_wait.p99 < 500ms", 0.0));
    assert!(!story.is_lost("queue_wait.p50 < 250ms", 0.0));
    assert!(!story.is_lost("queue_wait.p98 < 250ms", 889.0));
    assert!(story.is_lost("queue_wait.p99.5 < 250ms", 889.0));
}

#[test]
fn jobs_that_are_on_their_way_may_still_save_a_percentile() {
    let mut story = Story::new();
    story.waits(2, SLOW);
    assert!(story.is_lost("queue_wait.p99 < 250ms", 0.0));
    for _ in 0..300 {
        story.posted();
    }
    assert!(!story.is_lost("queue_wait.p99 < 250ms", 0.0));
}

#[test]
fn a_percentile_that_must_be_high_is_lost_when_too_many_are_low() {
    let mut story = Story::new();
    story.waits(60, FAST);
    assert!(!story.is_lost("queue_wait.p50 > 10ms", 100.0));
    assert!(story.is_lost("queue_wait.p50 > 10ms", 50.0));
}

#[test]
fn extremes_and_means_are_lost_by_what_cannot_be_undone() {
    let mut story = Story::new();
    assert!(!story.is_lost("queue_wait.max < 250ms", 0.0), "nothing was observed yet");
    story.waits(9, FAST);
    assert!(!story.is_lost("queue_wait.max < 250ms", 100.0));
    assert!(story.is_lost("queue_wait.min > 10ms", 100.0));
    story.waits(1, SLOW);
    assert!(story.is_lost("queue_wait.max < 250ms", 100.0));
    // 409 ms among 10 jobs, or among 110.
    assert!(story.is_lost("queue_wait.mean < 20ms", 0.0));
    assert!(!story.is_lost("queue_wait.mean < 20ms", 100.0));
    assert!(story.is_lost("queue_wait.count <= 9", 100.0));
}

#[test]
fn a_count_past_its_limit_is_lost_at_once() {
    let mut story = Story::new();
    let number = story.acquired(RootCause::Posting, FAST);
    for text in ["jobs.failed == 0", "jobs.failed <= 0", "jobs.failed < 1", "queries.acquire.empty == 0"] {
        assert!(!story.is_lost(text, 100.0), "{text}");
    }
    story.finished(number, true);
    story.query(RootCause::Posting, QueryOutcome::Empty, FAST);
    for text in [
        "jobs.failed == 0",
        "jobs.failed <= 0",
        "jobs.failed < 1",
        "queries.acquire.empty == 0",
        "queries.acquire.total < 2",
        "wakeups.posting.empty == 0",
        "jobs.posted == 0",
        "queries.acquire.max_in_flight_per_domain < 1",
    ] {
        assert!(story.is_lost(text, 100.0), "{text}");
    }
    assert!(!story.is_lost("jobs.failed == 1", 100.0));
    assert!(!story.is_lost("jobs.failed <= 1", 100.0));
}

#[test]
fn a_rescue_counts_once_no_notice_can_undo_it() {
    let mut story = Story::new();
    let number = story.acquired(RootCause::BackupPoll, FAST);
    assert!(!story.is_lost("rescued_by_backup_poll == 0", 100.0), "its notice may be on its way");
    story.finished(number, false);
    assert!(story.is_lost("rescued_by_backup_poll == 0", 100.0));
    assert!(!story.is_lost("rescued_by_backup_poll <= 1", 100.0));
}

#[test]
fn queries_per_job_are_shared_among_all_jobs_that_may_come() {
    let mut story = Story::new();
    story.waits(10, FAST);
    for _ in 0..20 {
        story.query(RootCause::Posting, QueryOutcome::Empty, FAST);
    }
    assert!(!story.is_lost("queries.acquire.per_job <= 1.2", 15.0));
    assert!(story.is_lost("queries.acquire.per_job <= 1.2", 14.0));
}

#[test]
fn a_rate_is_lost_when_its_count_is_past_the_limit_or_out_of_reach() {
    let mut story = Story::new();
    story.waits(50, FAST);
    // Fifty in ten seconds, and what is to come.
    assert!(!story.is_lost("rates.acquired >= 10/s", 50.0));
    assert!(story.is_lost("rates.acquired >= 10/s", 49.0));
    assert!(story.is_lost("rates.completed > 10/s", 50.0));
    assert!(story.is_lost("rates.acquire_queries < 5/s", 50.0));
    assert!(!story.is_lost("rates.acquire_queries <= 5/s", 50.0));
    // Those that wait may still be acquired.
    story.posted();
    assert!(!story.is_lost("rates.acquired >= 10/s", 49.0));
}

#[test]
fn what_is_known_only_at_the_end_aborts_nothing() {
    for (text, why) in [
        ("audit.ok", "audit.ok is known only when the run is over"),
        ("generator.achieved_ratio > 0.99", "known only when the run is over"),
        ("timeline.backlog.max < 100", "known only when the run is over"),
        ("jobs.completed >= 100", "it may still come to hold"),
        ("queue_wait.max > 1s", "it may still come to hold"),
        ("queue_wait.p99 == 1s", "it may still become equal"),
        ("jobs.failed != 0", "it may still become unequal"),
    ] {
        let error = Live::new(&text.parse().unwrap()).unwrap_err();
        assert!(error.message.contains(why), "{text}: {error}");
        assert!(error.message.contains("leave abort out"), "{error}");
    }
}
