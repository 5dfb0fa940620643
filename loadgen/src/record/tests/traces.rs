#[path = "../../../../tests/shared/trace_file.rs"]
mod trace_file;

use std::time::Duration;

use serde_json::Value;

use crate::measure::Time;

use super::super::read::Reader;
use super::super::tape::Recording;
use super::super::trace::{self, Window};
use super::inputs::{head, ms, story};
use trace_file::{count, expect_sound, of_phase, slices};

/// Seconds of the story.
const SECONDS: u64 = 6;

/// The trace of the story's part, and when it is full.
fn traced(window: Window, entries_max: usize) -> (Value, Option<Duration>) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("story.clr");
    let (recording, mut tape) = Recording::create(path.clone(), &head()).unwrap();
    story(SECONDS, |at, input| tape.take(at, input));
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
