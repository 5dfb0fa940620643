use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use acquirer::job::{Posting, ProvisionerType, Tags};
use acquirer::runtime::{Event, QueryOutcome, Tap as _};
use acquirer::wakeup::{Cause, Clearance, ClearanceId, DomainId, DomainSpec, RootCause};
use uuid::Uuid;

use super::alphabet::{Heard, Input, PostedJob, Surroundings, Time};
use super::latency::Stage;
use super::log::What;
use super::recorder::{Recorder, ReplicaTap};
use super::state::State;
use super::{FaultFacts, Holder, JobIds};

/// A recorder whose job 0 was taken by a poll of replica 0.
fn taken_by_a_poll() -> (Arc<Recorder>, Posting) {
    taken_by_a_poll_while(|_, _| {})
}

/// The same, and something that happens while the poll's query is under way.
fn taken_by_a_poll_while(meanwhile: impl Fn(&Arc<Recorder>, &Posting)) -> (Arc<Recorder>, Posting) {
    let ids = JobIds::new(Uuid::from_u128(7));
    let shape = shape();
    let recorder = Arc::new(Recorder::with_state(ids, State::new([shape.clone()], [], 100)));
    let tap = ReplicaTap::new(Arc::clone(&recorder), 0);
    let at = Instant::now();
    recorder.begin(at, at);
    let jobs = [PostedJob { number: 0, shape: 0 }];
    recorder.post_started(&jobs, at, at);
    recorder.committed(&jobs, at);
    let (domain, id, job) = (DomainId(1), ClearanceId(1), ids.id(0));
    let spec = spec();
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

fn shape() -> Posting {
    Posting { provisioner: ProvisionerType::Echo, tags: Tags::new(), job_id: None }
}

fn spec() -> Arc<DomainSpec> {
    Arc::new(DomainSpec::new(&[ProvisionerType::Echo], &Tags::new()))
}

fn rescued(recorder: &Recorder) -> (u64, Option<u64>) {
    let state = &recorder.lock().state;
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
            tap.observe(Instant::now(), &Event::PostingReceived { posting: posting.clone(), domain: None });
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
    let desk = recorder.lock();
    assert_eq!(desk.state.found.get(&RootCause::Posting).copied().unwrap(), 1);
}

#[test]
fn the_log_tells_a_wakeup_from_posting_to_hand_over() {
    let (recorder, _) = taken_by_a_poll();
    let events = recorder.events(0);
    let clearance = ClearanceId(1);
    let (cause, root) = (Cause::BackupPoll, RootCause::BackupPoll);
    let told: Vec<What> = events.iter().map(|event| event.what).collect();
    assert_eq!(
        told,
        [
            What::Posted { job: 0, shape: 0 },
            What::Cleared { clearance, cause, root, parent: None },
            What::QueryStarted { clearance, acquirees: 1 },
            What::QueryFound { clearance, jobs: 1 },
            What::HandedOver { job: 0, clearance, is_rescued: true },
        ]
    );
    let domains: Vec<Option<u32>> = events.iter().map(|event| event.domain).collect();
    assert_eq!(domains, [None, Some(0), Some(0), Some(0), Some(0)]);
    assert_eq!(*events.domains[0], *spec());
}

#[test]
fn a_reader_of_the_log_gets_each_event_once_and_is_told_what_it_missed() {
    const EVENTS: u64 = 10_000;
    const KEPT: usize = 3_000;
    let mut state = State::new([], [], KEPT);
    state.take(Time::ZERO, &Input::Began { measure_from: Time::ZERO });
    // One reader never stops reading, the other one reads at the end; their steps meet the ends of pages.
    let (mut next, mut read) = (0, Vec::new());
    for number in 0..EVENTS {
        state.take(at(number), &Input::NoticeSwallowed { replica: 0, job: Some(number) });
        if number % 7 == 0 || number % 1_024 == 0 {
            let events = state.events(next);
            assert_eq!(events.first, next);
            read.extend(events.iter().map(|event| event.what));
            next = events.next;
        }
    }
    read.extend(state.events(next).iter().map(|event| event.what));
    let all: Vec<What> =
        (0..EVENTS).map(|job| What::NoticeSwallowed { job: Some(job), shape: None }).collect();
    assert_eq!(read, all);
    let late = state.events(0);
    assert_eq!((late.first, late.next), (late.dropped, EVENTS));
    let kept: Vec<What> = late.iter().map(|event| event.what).collect();
    assert_eq!(kept, all[late.dropped as usize..]);
    assert!((2_000..=KEPT + 1_024).contains(&kept.len()), "{}", kept.len());
    assert_eq!(state.events(EVENTS).iter().count(), 0);
    assert_eq!(state.events(EVENTS + 5).next, EVENTS);
}

#[test]
fn a_log_without_room_keeps_nothing() {
    let mut state = State::new([], [], 0);
    state.take(Time::ZERO, &Input::NoticeSwallowed { replica: 0, job: None });
    let events = state.events(0);
    assert_eq!((events.next, events.iter().count()), (0, 0));
}

#[test]
fn a_fault_is_at_work_until_it_ends_or_its_time_is_over() {
    let mut state = State::new([], [], 0);
    let fault = |name, until| Input::FaultBegan(FaultFacts { name, parameter: "", replica: None, until });
    state.take(at(0), &Input::Began { measure_from: at(0) });
    state.take(at(1), &fault("drop_notifications", Some(at(10))));
    state.take(at(2), &fault("deaf_listener", None));
    let names = |state: &State, now: Time| {
        let mut snapshot = crate::snapshot::Snapshot::default();
        state.fill(&mut snapshot, now);
        snapshot.faults.into_iter().map(|fault| (fault.name, fault.left)).collect::<HashMap<_, _>>()
    };
    let left = Some(Duration::from_millis(7));
    let both = HashMap::from([("drop_notifications".to_owned(), left), ("deaf_listener".to_owned(), None)]);
    assert_eq!(names(&state, at(3)), both);
    assert_eq!(names(&state, at(10)).len(), 1);
    state.take(at(11), &Input::FaultEnded { name: "deaf_listener" });
    assert_eq!(names(&state, at(11)), HashMap::new());
}

#[test]
fn two_that_are_told_the_same_know_the_same() {
    let shapes = [shape()];
    let mut states = [(); 2].map(|()| State::new(shapes.clone(), [(*spec()).clone()], 100));
    let (domain, clearance) = (DomainId(4), ClearanceId(9));
    let cleared =
        Clearance { id: clearance, domain, cause: Cause::Posting, root: RootCause::Posting, parent: None };
    let jobs = [PostedJob { number: 0, shape: 0 }, PostedJob { number: 1, shape: 0 }];
    let spec = spec();
    let around = Surroundings::default();
    let heard = |heard| Input::Replica { replica: 0, heard };
    let inputs = [
        (0, Input::Began { measure_from: at(0) }),
        (1, heard(Heard::DomainBorn { domain, spec: &spec })),
        (5, Input::PostStarted { jobs: &jobs, intended: at(4) }),
        (7, Input::Committed { jobs: &jobs }),
        (9, heard(Heard::NoticeReceived { job: Some(0), domain: Some(domain) })),
        (9, heard(Heard::Cleared(cleared))),
        (10, heard(Heard::QueryStarted { clearance, acquirees: 1 })),
        (12, heard(Heard::QueryFound { clearance, jobs: &[0] })),
        (12, heard(Heard::HandedOver { clearance, job: 0, worker: None })),
        (13, Input::WorkerReceived { job: 0 }),
        (1_950, Input::Finished { job: 0, is_failure: false }),
        (1_960, Input::Sampled(&around)),
    ];
    for state in &mut states {
        for (ms, input) in &inputs {
            state.take(at(*ms), input);
        }
    }
    let [one, other] = states.map(|mut state| {
        let mut snapshot = crate::snapshot::Snapshot::default();
        state.fill(&mut snapshot, at(1_960));
        let told: Vec<_> = state.events(0).iter().copied().collect();
        (snapshot, told, state.results(at(1_960)).seconds)
    });
    assert_eq!(one, other);
    let (snapshot, _, seconds) = one;
    assert_eq!((snapshot.totals.posted, snapshot.totals.completed, snapshot.totals.backlog), (2, 1, 1));
    assert_eq!((seconds.len(), seconds[1].completed), (2, 1));
    // Histograms keep three digits.
    let queue_wait = snapshot.latencies.of(Stage::QueueWait).unwrap();
    assert_eq!(queue_wait.max_us, 5_003);
}

fn at(ms: u64) -> Time {
    Time::new(Duration::from_millis(ms))
}

#[test]
fn the_job_of_a_dead_worker_waits_anew_once_it_is_freed_and_is_never_rescued_by_its_first_notice() {
    let (recorder, posting) = taken_by_a_poll();
    let tap = ReplicaTap::new(Arc::clone(&recorder), 0);
    let job = recorder.ids().id(0);
    let at = Instant::now();
    tap.observe(at, &Event::PostingReceived { posting, domain: None });
    recorder.worker_died(job, at);
    assert_eq!(recorder.fate(0).holder, Holder::Dead);
    assert_eq!(recorder.lock().state.shapes.backlog(), 0, "nobody can take it yet");

    recorder.freed(job, at + Duration::from_secs(5));
    recorder.announced_again(job, at + Duration::from_secs(5));
    {
        let state = &recorder.lock().state;
        assert_eq!((state.totals.acquired, state.totals.crashed, state.totals.freed), (0, 1, 1));
        assert_eq!((state.shapes.backlog(), state.notifications_sent), (1, 1));
    }
    let clearance = ClearanceId(2);
    for (later, event) in [
        (
            0,
            Event::Cleared(Clearance {
                id: clearance,
                domain: DomainId(1),
                cause: Cause::BackupPoll,
                root: RootCause::BackupPoll,
                parent: None,
            }),
        ),
        (1, Event::QueryStarted { clearance, acquirees: 1 }),
        (2, Event::QueryFinished { clearance, outcome: QueryOutcome::Found(vec![job]) }),
        (2, Event::HandedOver { clearance, job, worker: Uuid::nil() }),
    ] {
        tap.observe(at + Duration::from_secs(5) + Duration::from_millis(later), &event);
    }
    // Only the freeing's own notice would have spoken against the poll, and that never came.
    assert_eq!(rescued(&recorder).0, 1);
    let fate = recorder.fate(0);
    assert!(fate.holder == Holder::Living && !fate.is_doubled);
    let results = recorder.conclude(recorder.time(at + Duration::from_secs(6))).0;
    let wait = results.stage(super::Stage::QueueWait).max();
    assert!((2_000..1_000_000).contains(&wait), "{wait} µs since it was freed");
}

#[test]
fn a_job_that_nobody_died_with_cannot_be_freed() {
    let (recorder, _) = taken_by_a_poll();
    recorder.freed(recorder.ids().id(0), Instant::now());
    let state = &recorder.lock().state;
    assert_eq!((state.totals.acquired, state.totals.freed), (1, 0));
}
