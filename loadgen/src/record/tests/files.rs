use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::Deserializer;
use hdrhistogram::serialization::interval_log::{IntervalLogIterator, LogEntry};
use tempfile::TempDir;

use crate::measure::{Input, Stage, State, Time, What};
use crate::report::LatencySummary;
use crate::run;
use crate::snapshot::Second;

use super::super::closing::Closing;
use super::super::tape::Recording;
use super::super::{Missing, Output, RecordError, Replay, target};
use super::inputs::{head, ms, story};

/// How long the story is: short enough for all of its blocks to wait for the disk at once, since it is told faster
/// than they are written.
const SECONDS: u64 = 24;

fn closing() -> Closing {
    Closing {
        ended: Duration::from_millis(SECONDS * 1_000 + 500),
        is_interrupted: false,
        stopped_by: None,
        missed_jobs: 0,
        workers: vec![20],
        observer_queries: 5,
        observer_seconds: 0.25,
        cpu_seconds: 1.25,
        audit: Some(run::Audit::default()),
    }
}

/// Records the story.
fn recorded(directory: &TempDir) -> PathBuf {
    let path = directory.path().join("story.clr");
    let (recording, mut tape) = Recording::create(path.clone(), &head()).unwrap();
    story(SECONDS, |at, input| tape.take(at, input));
    recording.finish(tape, Some(&closing())).unwrap();
    path
}

/// The state of the story when it has been told up to `at`.
fn told(at: Time) -> State {
    let mut state = State::of(&head().scenario, 10_000);
    story(SECONDS, |time, input| {
        if time <= at {
            state.take(time, input);
        }
    });
    state
}

fn open(path: &Path) -> Replay {
    Replay::open(path, 10_000).unwrap()
}

#[test]
fn a_report_from_a_recording_is_the_runs_own() {
    let directory = tempfile::tempdir().unwrap();
    let path = recorded(&directory);
    let mut replay = open(&path);
    assert_eq!(*replay.head(), head());
    assert_eq!(replay.missing(), Missing::default());
    let mut shares = Vec::new();
    let report = replay.report(|share| shares.push(share)).unwrap();
    let results = told(ms(u64::MAX / 1_000_000)).results(Time::new(closing().ended));
    let own = run::report(&head(), &closing(), &results);
    assert_eq!(serde_json::to_value(&report).unwrap(), serde_json::to_value(&own).unwrap());
    assert_eq!((report.jobs.posted, report.rescued_by_backup_poll), (SECONDS * 20, SECONDS / 3 * 20));
    assert_eq!(report.run.started_at, head().started_at + Duration::from_millis(100));
    assert!(shares.is_sorted() && shares.last().is_some_and(|last| *last <= 1.0), "{shares:?}");
}

#[test]
fn any_moment_looks_as_it_did_whichever_way_it_is_come_to() {
    let directory = tempfile::tempdir().unwrap();
    let mut replay = open(&recorded(&directory));
    let base = head();
    // Forwards from the beginning, back, far forwards and back again; some come twice.
    for at_ms in [0, 700, 2_950, 23_500, 12_345, 12_345, 8_000, 21_007, 5, 99_999_999] {
        let at = Duration::from_millis(at_ms);
        let snapshot = replay.snapshot_at(at).unwrap();
        let moment = ms(100 + at_ms.min(replay.length().as_millis() as u64));
        let state = told(moment);
        let mut expected = base.snapshot();
        state.fill(&mut expected, moment);
        assert_eq!(snapshot, expected, "at {at_ms} ms");
        let page = state.page(0, moment, &base.scenario.fleets).map(|draft| draft.page);
        assert_eq!(replay.domain(0), page, "at {at_ms} ms");
        let events = replay.events(0);
        let expected = state.events(0);
        assert_eq!((events.first, events.next), (expected.first, expected.next), "at {at_ms} ms");
        assert!(events.iter().eq(expected.iter()), "at {at_ms} ms");
    }
    let faulty = replay.snapshot_at(Duration::from_millis(2_500)).unwrap();
    assert_eq!(faulty.faults[0].name, "drop_notifications");
    assert_eq!(faulty.domains[0].replicas[0].waiting as u64, faulty.totals.backlog);
    let rescued = replay.seconds(|_| {}).unwrap();
    let rescued: Vec<u64> = rescued.iter().map(|second| second.rescued).collect();
    // A poll finds what waited just after its second is over.
    assert_eq!(rescued[..7], [0, 0, 0, 20, 0, 0, 20]);
}

#[test]
fn a_survey_goes_through_all_of_it_and_leaves_the_moment_alone() {
    let directory = tempfile::tempdir().unwrap();
    let path = recorded(&directory);
    let (mut replay, mut other) = (open(&path), open(&path));
    let at = |seconds| Duration::from_secs(seconds);
    replay.snapshot_at(at(3)).unwrap();
    let (mut until, mut seconds) = (Duration::ZERO, Vec::new());
    while let Some(survey) = replay.survey().unwrap() {
        assert!(survey.until > until);
        until = survey.until;
        assert_eq!(*survey.snapshot, other.snapshot_at(until).unwrap());
        seconds.extend(survey.seconds);
        let events = replay.events(0);
        assert!(events.iter().all(|event| event.at <= at(3)), "at {until:?}");
    }
    assert_eq!(until, replay.length());
    // That a wakeup was lost is found out when its job is rescued, after the second was told.
    let told = |second: &Second| Second { wakeups_lost: 0, ..second.clone() };
    let all = other.seconds(|_| {}).unwrap();
    assert!(seconds.iter().map(told).eq(all[..seconds.len()].iter().map(told)));
    assert_eq!(seconds.len() as u64, until.as_secs());
    assert!(replay.survey().unwrap().is_none());
    for seconds in [20, 4, 17] {
        assert_eq!(replay.snapshot_at(at(seconds)).unwrap(), other.snapshot_at(at(seconds)).unwrap());
    }
}

#[test]
fn a_wakeup_is_followed_from_posting_to_hand_over() {
    let directory = tempfile::tempdir().unwrap();
    let mut replay = open(&recorded(&directory));
    replay.snapshot_at(Duration::from_millis(150)).unwrap();
    let events = replay.events(0);
    let of_first: Vec<What> = events.iter().map(|event| event.what).take(6).collect();
    let told = format!("{of_first:?}");
    for part in ["Posted", "NoticeReceived", "Cleared", "QueryStarted", "QueryFound", "HandedOver"] {
        assert!(told.contains(part), "no {part} in {told}");
    }
}

#[test]
fn a_file_that_ends_anywhere_is_read_up_to_its_last_whole_block() {
    let directory = tempfile::tempdir().unwrap();
    let path = recorded(&directory);
    let whole = std::fs::read(&path).unwrap();
    let cut = directory.path().join("cut.clr");
    let mut lengths = Vec::new();
    // Every place in the head and the first blocks, then every so many bytes, up to one byte short of whole.
    for end in (0..2_000).chain((2_000..whole.len()).step_by(397)).chain([whole.len() - 1]) {
        std::fs::write(&cut, &whole[..end]).unwrap();
        match Replay::open(&cut, 0) {
            Ok(mut replay) => {
                let missing = replay.missing();
                let is_cut = missing.cut.unwrap();
                assert_eq!(is_cut.after, replay.length());
                lengths.push(replay.length());
                let report = replay.report(|_| {}).unwrap();
                assert!(report.run.interrupted && !report.run.valid && !report.audit.ok);
                let reason = &report.run.invalid_reasons[0];
                assert!(reason.contains("was cut off"), "{reason}");
                assert_eq!(reason.contains("bytes are no whole block"), is_cut.bytes_unread > 0, "{reason}");
            }
            Err(RecordError::CutAtHead { .. }) => assert!(lengths.is_empty(), "{end}"),
            Err(RecordError::Strange { .. }) => assert_eq!(end, 0),
            Err(other) => panic!("at {end}: {other}"),
        }
    }
    assert!(lengths.is_sorted());
    // No block is older than half a second when it is closed.
    let last = lengths.last().unwrap();
    assert!(*last >= open(&path).length().saturating_sub(Duration::from_secs(1)), "{last:?}");
}

#[test]
fn a_broken_byte_ends_what_is_read() {
    let directory = tempfile::tempdir().unwrap();
    let path = recorded(&directory);
    let mut bytes = std::fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&path, &bytes).unwrap();
    let replay = open(&path);
    let cut = replay.missing().cut.unwrap();
    assert!(cut.bytes_unread as usize >= bytes.len() / 2, "{cut:?}");
    assert!(cut.after > Duration::from_secs(5) && cut.after < Duration::from_secs(20), "{cut:?}");
}

#[test]
fn what_is_no_recording_or_one_of_another_version_is_refused_with_a_word() {
    let directory = tempfile::tempdir().unwrap();
    let path = recorded(&directory);
    let refused = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        Replay::open(&path, 0).err().unwrap().to_string()
    };
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[8] = 200;
    let newer = refused(&bytes);
    assert!(
        newer.contains("is a recording of format 200, and this clearance reads formats up to 2"),
        "{newer}"
    );
    let strange = refused(b"{\"schema_version\": 1, \"tool\": {}}");
    assert!(
        strange.ends_with("is no recording; make one with \"clearance run --record FILE.clr\""),
        "{strange}"
    );
    std::fs::remove_file(&path).unwrap();
    let gone = Replay::open(&path, 0).err().unwrap().to_string();
    assert!(gone.starts_with("cannot read recording "), "{gone}");
}

#[test]
fn when_the_disk_does_not_keep_up_what_is_lost_is_counted_and_the_rest_is_read() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("slow.clr");
    // Nobody takes blocks off the channel until the story is told: what doesn't fit is dropped.
    let (resume, stalled) = std::sync::mpsc::channel();
    let stall = move || stalled.recv().unwrap();
    let (recording, mut tape) = Recording::create_when(path.clone(), &head(), stall).unwrap();
    let mut inputs = 0_u64;
    story(SECONDS * 4, |at, input| {
        inputs += 1;
        tape.take(at, input);
    });
    resume.send(()).unwrap();
    recording.finish(tape, Some(&closing())).unwrap();
    let mut replay = open(&path);
    let missing = replay.missing();
    assert!(missing.cut.is_none() && missing.inputs_lost > 0, "{missing:?}");
    let mut read = 0;
    let mut reader = super::super::read::Reader::open(&path).unwrap();
    let count = |_: Time, _: &Input<'_>| {
        read += 1;
        Ok::<(), RecordError>(())
    };
    reader.each(count).unwrap();
    assert_eq!(read + missing.inputs_lost, inputs);
    let report = replay.report(|_| {}).unwrap();
    assert!(!report.run.valid);
    let reason = &report.run.invalid_reasons[0];
    let expected = format!("{} events are missing from the recording", missing.inputs_lost);
    assert!(reason.starts_with(&expected), "{reason}");
}

#[test]
fn the_intervals_of_a_histogram_log_add_up_to_the_report() {
    let directory = tempfile::tempdir().unwrap();
    let mut replay = open(&recorded(&directory));
    let path = directory.path().join("story.hlog");
    Output::new(&path).unwrap().write(&mut replay, |_| {}).unwrap();
    let text = std::fs::read(&path).unwrap();
    let report = replay.report(|_| {}).unwrap();
    let mut sums: BTreeMap<String, Histogram<u64>> = BTreeMap::new();
    let mut seconds: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for entry in IntervalLogIterator::new(&text) {
        match entry.unwrap() {
            LogEntry::StartTime(start) | LogEntry::BaseTime(start) => {
                assert_eq!(start.as_millis(), 1_800_000_000_223);
            }
            LogEntry::Interval(interval) => {
                let stage = interval.tag().unwrap().as_str().to_owned();
                let bytes = BASE64_STANDARD.decode(interval.encoded_histogram()).unwrap();
                let histogram: Histogram<u64> =
                    Deserializer::new().deserialize(&mut bytes.as_slice()).unwrap();
                assert_eq!(interval.duration(), Duration::from_secs(1));
                seconds.entry(stage.clone()).or_default().push(interval.start_timestamp().as_secs());
                match sums.get_mut(&stage) {
                    Some(sum) => sum.add(&histogram).unwrap(),
                    None => drop(sums.insert(stage, histogram)),
                }
            }
        }
    }
    for stage in Stage::ALL {
        let expected = report.latency_us.get(stage);
        assert_eq!(LatencySummary::of(&sums[stage.as_str()]), *expected, "{}", stage.as_str());
        assert!(seconds[stage.as_str()].is_sorted_by(|one, next| one < next), "{seconds:?}");
    }
    // A job a 50 ms: no second without one that was posted.
    assert_eq!(seconds["post_lag"], (0..=SECONDS).collect::<Vec<_>>());
}

#[test]
fn what_can_be_made_is_told_by_the_files_name() {
    let directory = tempfile::tempdir().unwrap();
    let refused = |name: &str| Output::new(&directory.path().join(name)).unwrap_err().to_string();
    assert!(
        refused("out.txt").contains("its name says nothing of what it is to be; end it in .html or .json")
    );
    assert!(refused("nowhere/out.hlog").contains("there is no directory"));
    assert!(target(&directory.path().join("run.json")).unwrap_err().to_string().ends_with("ends in .clr"));
    assert!(target(&directory.path().join("run.clr")).is_ok());
}

#[cfg(unix)]
#[test]
fn a_disk_that_fails_ends_the_recording_and_not_the_load() {
    use std::io::Read as _;

    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("pipe.clr");
    let made = std::process::Command::new("mkfifo").arg(&path).status().unwrap();
    assert!(made.success());
    // Whoever reads takes the beginning and goes, and nothing more can be written.
    let pipe = path.clone();
    let reader = std::thread::spawn(move || {
        std::fs::File::open(pipe).unwrap().read_exact(&mut [0; 8]).unwrap();
    });
    let gone = move || reader.join().unwrap();
    let (recording, mut tape) = Recording::create_when(path, &head(), gone).unwrap();
    story(SECONDS * 4, |at, input| tape.take(at, input));
    let failed = recording.finish(tape, Some(&closing())).unwrap_err().to_string();
    assert!(failed.starts_with("cannot write ") && failed.contains("pipe.clr: "), "{failed}");
}
