#[path = "../../../../tests/shared/trace_file.rs"]
mod trace_file;

use std::sync::Arc;
use std::time::Duration;

use acquirer::wakeup::{AcquireeId, Cause, Clearance, ClearanceId, DomainId, RootCause};
use serde_json::Value;

use crate::measure::{Heard, Input, PostedJob, State, Time, Worker};

use super::super::read::Reader;
use super::super::tape::{Recording, Tape};
use super::super::trace::{self, Window};
use super::inputs::{head, heard, ms, story};
use trace_file::{count, expect_sound, of_phase, slices};

/// Seconds of the story.
const SECONDS: u64 = 6;

/// The trace of the story's part, and when it is full.
fn traced(window: Window, entries_max: usize) -> (Value, Option<Duration>) {
    trace_of(window, entries_max, |tape| story(SECONDS, |at, input| tape.take(at, input)))
}

/// The trace of what `tell` puts on the tape.
fn trace_of(window: Window, entries_max: usize, tell: impl FnOnce(&mut Tape)) -> (Value, Option<Duration>) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("story.clr");
    let (recording, mut tape) = Recording::create(path.clone(), &head()).unwrap();
    tell(&mut tape);
    recording.finish(tape, None).unwrap();
    let mut out = Vec::new();
    let began: Option<Time> = Some(ms(100));
    let mut reader = Reader::open(&path).unwrap();
    let full_at = trace::write(&mut reader, began, window, entries_max, &mut out).unwrap();
    (serde_json::from_slice(&out).unwrap(), full_at)
}

#[test]
fn slices_nest_and_arrows_lead_from_notify_to_wakeup_to_query() {
    let (trace, full_at) = traced(Window::default(), trace::ENTRIES_MAX);
    expect_sound(&trace);
    assert_eq!(full_at, None);
    let jobs = SECONDS as usize * 20;
    // Two seconds of six nobody hears: their jobs have no arrow, and a poll finds them.
    let heard = jobs * 2 / 3;
    assert_eq!(count(&trace, "X", "post"), jobs);
    assert_eq!(count(&trace, "X", "notify"), jobs);
    assert_eq!(count(&trace, "X", "job "), jobs);
    assert_eq!(count(&trace, "i", "notice swallowed"), jobs - heard);
    assert_eq!(count(&trace, "s", "wakeup by job "), heard);
    assert_eq!(count(&trace, "X", "cleared: posting"), heard);
    assert_eq!(count(&trace, "X", "cleared: backup_poll"), 2);
    assert_eq!(count(&trace, "X", "query: found"), heard + 2);
    assert_eq!(count(&trace, "X", "drop_notifications 100%"), 2);
    let names: Vec<&str> = of_phase(&trace, "M").filter_map(|entry| entry["args"]["name"].as_str()).collect();
    for name in ["faults", "posters", "lane 1", "replica 0", "echo", "fleet echo", "echo 7"] {
        assert!(names.contains(&name), "no row {name} among {names:?}");
    }
}

#[test]
fn a_part_of_a_run_is_as_sound_as_the_whole() {
    let second = Duration::from_secs(1);
    let mut shown = 0;
    for from_ms in [0, 103, 1_107, 2_500, 5_999, 60_000] {
        let window = Window { from: Duration::from_millis(from_ms), length: second };
        let (trace, _) = traced(window, trace::ENTRIES_MAX);
        expect_sound(&trace);
        for (from, to, name) in slices(&trace).into_values().flatten() {
            let inside = from_ms * 1_000_000..=(from_ms + 1_000) * 1_000_000;
            assert!(inside.contains(&from) && inside.contains(&to), "{name} from {from_ms} ms");
        }
        shown += count(&trace, "s", "wakeup");
    }
    assert!((60..=90).contains(&shown), "{shown}");
}

#[test]
fn a_trace_that_is_full_ends_there_and_says_so() {
    let (trace, full_at) = traced(Window::default(), 300);
    expect_sound(&trace);
    let full_at = full_at.unwrap();
    assert!(full_at > Duration::from_millis(500) && full_at < Duration::from_secs(3), "{full_at:?}");
    assert_eq!(trace["otherData"]["full_after_seconds"], full_at.as_secs_f64());
    let last = slices(&trace).into_values().flatten().map(|(_, to, _)| to).max().unwrap();
    assert!(u128::from(last) <= full_at.as_nanos());
    assert!(trace["traceEvents"].as_array().unwrap().len() < 400);
}

#[test]
fn a_job_that_came_too_late_for_its_caller_is_no_slice_as_the_report_does_not_count_it() {
    const JOB: u64 = 0;
    let (spec, domain) = (Arc::new(head().scenario.fleets[0].domain()), DomainId(1));
    let jobs = [PostedJob { number: JOB, shape: 0 }];
    let of = |number| Some(Worker { fleet: 0, number });
    let mut inputs = vec![
        Input::Began { measure_from: ms(100) },
        Input::PostStarted { jobs: &jobs, intended: ms(100) },
        Input::Committed { jobs: &jobs },
        Input::Announced { jobs: &jobs },
        heard(Heard::Joined { acquiree: AcquireeId(0), worker: of(0) }),
        heard(Heard::DomainBorn { domain, spec: &spec }),
    ];
    let mut found_for = |number: u32| {
        let (clearance, cause, root) = (ClearanceId(number.into()), Cause::First, RootCause::First);
        inputs.extend([
            heard(Heard::Cleared(Clearance { id: clearance, domain, cause, root, parent: None })),
            heard(Heard::QueryStarted { clearance, acquirees: 1 }),
            heard(Heard::QueryFound { clearance, jobs: &[JOB] }),
            heard(Heard::HandedOver { clearance, job: JOB, worker: of(number) }),
        ]);
        match number {
            0 => inputs.extend([Heard::GivenBack { job: JOB }, Heard::Released { job: JOB }].map(heard)),
            _ => inputs.push(Input::Finished { job: JOB, is_failure: false }),
        }
    };
    found_for(0);
    found_for(1);
    let timed = || (100..).map(ms).zip(&inputs);
    let (trace, _) = trace_of(Window::default(), trace::ENTRIES_MAX, |tape| {
        timed().for_each(|(at, input)| tape.take(at, input));
    });
    let mut state = State::of(&head().scenario, 0);
    timed().for_each(|(at, input)| state.take(at, input));
    let mut snapshot = head().snapshot();
    state.fill(&mut snapshot, ms(200));
    expect_sound(&trace);
    assert_eq!((count(&trace, "X", "job "), snapshot.totals.acquired), (1, 1));
    let late: Vec<&Value> =
        of_phase(&trace, "i").filter(|entry| entry["name"] == "given back: came too late").collect();
    let [late] = late[..] else { panic!("{late:?}") };
    assert_eq!(late["args"]["job"], JOB);
}
