//! A recording that is played and gone through, and a run that is frozen and gone back in.

use std::sync::Arc;
use std::time::Duration;

use clearance::model::{History, MOMENTS_MAX, Mark, Playback, ROWS_MAX, Timeline};
use clearance::theme::Theme;
use clearance::update::{Command, Message};
use loadgen::measure::{Events, LoggedEvent, What};
use loadgen::record::{Cut, Missing, Survey};
use loadgen::snapshot::{Second, Snapshot};

use crate::desk::Desk;
use crate::fixtures::{calm, dropping};

fn s(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds)
}

/// A second with a fault from 10 to 14 and from 30 to 34, rescues in 13 and 33, a breach in 11 to 13, none else.
fn second(second: u64) -> Second {
    let faulty = [10..15, 30..35].iter().any(|range| range.contains(&second));
    Second {
        second,
        posted: 100,
        acquired: 100,
        rescued: if second % 20 == 13 && faulty { 40 } else { 0 },
        queue_wait_p99_us: if (11..14).contains(&second) { 900_000 } else { 4_000 },
        faults: if faulty { vec!["drop_notifications".to_owned()] } else { Vec::new() },
        ..Second::default()
    }
}

/// The run when it is so old.
fn moment(at: f64) -> Snapshot {
    let whole = (0..at as u64).map(second).collect();
    let faults = if second(at as u64).faults.is_empty() { Vec::new() } else { dropping().faults };
    Snapshot { elapsed: s(at), seconds: Arc::new(whole), faults, ..calm() }
}

/// Somebody who has opened a recording of a minute.
fn recording(desk: &mut Desk) {
    desk.model.playback = Some(Playback::new(s(60.0), Missing::default(), Duration::ZERO));
    let first = Arc::new(moment(0.0));
    desk.tell(Message::Moment(first, Events::default()));
}

/// All of it has been looked through.
fn survey(desk: &mut Desk, until: u64) {
    for at in 0..until {
        desk.tell(Message::Surveyed(Survey {
            until: s(at as f64 + 1.0),
            seconds: vec![second(at)],
            snapshot: Arc::new(moment(at as f64 + 1.0)),
        }));
    }
}

/// What is on the screen once the last wish has been read.
fn read(desk: &mut Desk) {
    let Some(Command::Seek(at)) = desk.commands.pop() else { panic!("nothing was asked for") };
    desk.tell(Message::Moment(Arc::new(moment(at.as_secs_f64())), Events::default()));
    desk.commands.clear();
}

fn position(desk: &Desk) -> Duration {
    desk.model.playback.as_ref().expect("a recording").position
}

fn of_a_recording(width: u16, height: u16) -> Desk {
    let mut desk = Desk::new(width, height);
    recording(&mut desk);
    survey(&mut desk, 60);
    desk
}

#[test]
fn a_recording_plays_from_its_beginning_and_space_pauses() {
    let mut desk = Desk::new(80, 24);
    recording(&mut desk);
    desk.tick(0.5).tick(2.5);
    assert_eq!(desk.commands, [Command::Seek(s(0.5)), Command::Seek(s(2.5))]);
    read(&mut desk);
    assert!(desk.screen().contains("PLAYING"), "{}", desk.screen());
    assert!(desk.screen().contains("00:02/01:00 "), "{}", desk.screen());
    desk.keys(" ").tick(9.0);
    assert!(desk.screen().contains("PAUSED"), "{}", desk.screen());
    assert_eq!((desk.commands.as_slice(), position(&desk)), (&[][..], s(2.5)));
    desk.keys(" ").tick(10.0);
    assert_eq!(position(&desk), s(3.5));
}

#[test]
fn a_recording_goes_faster_and_slower() {
    let mut desk = Desk::new(80, 24);
    recording(&mut desk);
    desk.keys("}}").tick(1.0);
    assert_eq!(position(&desk), s(4.0));
    assert!(desk.screen().contains("PLAYING ×4"), "{}", desk.screen());
    desk.keys("{{{").tick(3.0);
    assert_eq!(position(&desk), s(5.0));
    assert!(desk.screen().contains("PLAYING ×0.5"), "{}", desk.screen());
    desk.keys("{{{{{{{{{{").tick(4.0);
    assert_eq!(position(&desk), s(5.01));
}

#[test]
fn a_recording_stops_at_its_end_and_begins_anew() {
    let mut desk = Desk::new(80, 24);
    recording(&mut desk);
    desk.keys("$").tick(1.0);
    read(&mut desk);
    assert!(desk.screen().contains("THE END"), "{}", desk.screen());
    desk.tick(50.0);
    assert_eq!((desk.commands.as_slice(), position(&desk)), (&[][..], s(60.0)));
    desk.keys(" ");
    assert_eq!(desk.commands, [Command::Seek(Duration::ZERO)]);
}

#[test]
fn seconds_lead_on_and_back_and_stop_at_the_ends() {
    let mut desk = of_a_recording(80, 24);
    desk.keys(" ");
    for (keys, expected) in
        [(")", 10.0), (".", 11.0), (",,", 9.0), ("((", 0.0), ("$", 60.0), (".", 60.0), ("^", 0.0)]
    {
        desk.keys(keys);
        assert_eq!(position(&desk), s(expected), "after {keys}");
        assert_eq!(desk.commands.last(), Some(&Command::Seek(s(expected))));
    }
}

#[test]
fn marks_are_jumped_to_one_after_the_other_and_back() {
    let mut desk = of_a_recording(80, 24);
    desk.keys(" ");
    for (keys, expected) in [
        ("i", 11.0),
        ("i", 31.0),
        ("i", 31.0),
        ("I", 11.0),
        ("v", 14.0),
        ("v", 34.0),
        ("VV", 14.0),
        ("A", 12.0),
        ("^a", 12.0),
    ] {
        desk.keys(keys);
        assert_eq!(position(&desk), s(expected), "after {keys}");
    }
    desk.keys("$a");
    assert!(desk.screen().contains("p99 was not over 40ms later"), "{}", desk.screen());
    assert_eq!(desk.keys("aI").model.shown.elapsed, s(31.0), "what was looked through is there at once");
}

#[test]
fn a_mark_is_not_denied_before_the_recording_was_read() {
    let mut desk = Desk::new(80, 24);
    recording(&mut desk);
    survey(&mut desk, 20);
    desk.keys("i").keys("i");
    assert!(
        desk.screen().contains("no fault began later, as far as the recording was read"),
        "{}",
        desk.screen()
    );
    survey(&mut desk, 60);
    desk.keys("i");
    assert_eq!(position(&desk), s(31.0));
}

#[test]
fn a_threshold_that_was_asked_for_is_the_one_that_counts() {
    let mut timeline = Timeline::new(Some(Duration::from_millis(2)));
    timeline.extend(&(0..20).map(second).collect::<Vec<_>>());
    assert!(timeline.seconds().all(|second| timeline.has(second, Mark::Breach)));
    let mut timeline = Timeline::default();
    timeline.extend(&(0..20).map(second).collect::<Vec<_>>());
    assert_eq!(timeline.threshold(), Duration::from_millis(40));
    let breaches = timeline.seconds().filter(|second| timeline.has(second, Mark::Breach)).count();
    assert_eq!(breaches, 3);
}

#[test]
fn a_recording_can_not_be_changed() {
    let mut desk = of_a_recording(120, 40);
    desk.commands.clear();
    for key in ["d", "K", "+", "-", "w", "W"] {
        desk.tick(9.0).commands.clear();
        desk.keys(key);
        assert!(desk.screen().contains("a recording can't be changed"), "{key}: {}", desk.screen());
        assert_eq!(desk.commands, []);
    }
    desk.tick(90.0);
    assert!(!desk.screen().contains("drop notifications"), "{}", desk.screen());
    desk.commands.clear();
    desk.keys("q");
    assert_eq!(desk.commands, [Command::LeaveFinished], "there is no run to interrupt");
}

fn noticed(at: f64) -> LoggedEvent {
    LoggedEvent { at: s(at), replica: Some(0), domain: Some(0), what: What::NoticeReceived { job: None } }
}

#[test]
fn events_are_those_of_the_moment_also_after_a_step_back() {
    let mut desk = Desk::new(80, 24);
    recording(&mut desk);
    let events: Vec<_> = (0..40).map(|at| noticed(f64::from(at))).collect();
    let at = |desk: &mut Desk, at: f64, from: usize, to: usize| {
        let events = Events::of(from as u64, &events[from..to]);
        desk.tell(Message::Moment(Arc::new(moment(at)), events));
        desk.model.wakeups.events().map(|(number, event)| (number, event.at)).collect::<Vec<_>>()
    };
    let expected = |to: u64| (0..to).map(|number| (number, Duration::from_secs(number))).collect::<Vec<_>>();
    assert_eq!(at(&mut desk, 20.0, 0, 21), expected(21));
    assert_eq!(at(&mut desk, 30.0, 21, 31), expected(31));
    assert_eq!(at(&mut desk, 5.0, 0, 6), expected(6));
    assert_eq!(at(&mut desk, 12.0, 6, 13), expected(13));
}

/// A run that went on for so long, a snapshot every tenth of a second.
fn ran(desk: &mut Desk, seconds: u64) {
    for tenth in 0..=seconds * 10 {
        desk.show(moment(tenth as f64 / 10.0)).tick(tenth as f64 / 10.0);
    }
}

#[test]
fn a_run_that_is_frozen_is_scrolled_back_and_goes_on_when_let_go() {
    let mut desk = Desk::new(80, 24);
    ran(&mut desk, 43);
    assert!(!desk.screen().contains("00:43/00:43"), "{}", desk.screen());
    desk.keys(" ");
    assert!(desk.screen().contains("FROZEN at 00:43, 0s ago"), "{}", desk.screen());
    desk.keys("(,,");
    assert_eq!(desk.model.shown.elapsed, s(31.0));
    assert_eq!(desk.model.shown.seconds.len(), 31, "the charts end there as well");
    assert!(desk.screen().contains("FROZEN at 00:31, 12s ago"), "{}", desk.screen());
    assert!(desk.screen().contains("drop_notifications"), "{}", desk.screen());
    desk.show(moment(50.0));
    assert!(desk.screen().contains("FROZEN at 00:31, 19s ago"), "{}", desk.screen());
    desk.keys("d");
    assert!(
        matches!(desk.commands[..], [Command::Control(_)]),
        "it is the run's own key: {:?}",
        desk.commands
    );
    desk.keys(".");
    assert_eq!(desk.model.shown.elapsed, s(32.0));
    desk.keys("$");
    assert_eq!(desk.model.shown.elapsed, s(50.0));
    desk.keys("( ");
    assert_eq!(desk.model.shown.elapsed, s(50.0), "it is let go");
    assert!(!desk.screen().contains("FROZEN"), "{}", desk.screen());
}

#[test]
fn going_back_freezes_a_run_and_marks_lead_through_it() {
    let mut desk = Desk::new(80, 24);
    ran(&mut desk, 43);
    desk.keys("V");
    assert!(desk.model.frozen_since.is_some());
    assert_eq!(desk.model.shown.elapsed, s(34.0));
    desk.keys("II");
    assert_eq!(desk.model.shown.elapsed, s(11.0));
    desk.keys("}");
    assert!(desk.screen().contains("only a recording has a speed"), "{}", desk.screen());
    desk.keys("^,");
    assert_eq!(desk.model.shown.elapsed, Duration::ZERO);
}

#[test]
fn the_wakeups_of_a_run_that_is_frozen_end_at_the_moment_shown() {
    let mut desk = Desk::new(80, 24);
    ran(&mut desk, 43);
    desk.keys("3((");
    assert_eq!(desk.model.wakeups.window(desk.model.shown.elapsed).1, s(23.0));
}

#[test]
fn what_is_kept_of_a_run_is_bounded_and_coarser_the_longer_ago() {
    let mut history = History::default();
    let rows = calm().domains.len();
    for tenth in 0..36_000_u32 {
        let seconds = Arc::default();
        history.push(&Snapshot { elapsed: s(f64::from(tenth) / 10.0), seconds, ..calm() });
    }
    assert_eq!(history.size(), (MOMENTS_MAX, MOMENTS_MAX * rows));
    let timeline = Timeline::default();
    let gap = |at: f64| {
        let before = history.before(s(at), &timeline).expect("moments").elapsed;
        let after = history.after(s(at), &timeline).expect("moments").elapsed;
        after.as_secs_f64() - before.as_secs_f64()
    };
    assert!(gap(3_595.05) <= 0.11, "{}", gap(3_595.05));
    let gaps = [3_590.05, 3_500.05, 3_000.05, 100.05].map(gap);
    assert!(gaps.is_sorted() && gaps[3] < 60.0, "{gaps:?}");
    assert_eq!(history.before(Duration::ZERO, &timeline).expect("moments").elapsed, Duration::ZERO);
}

#[test]
fn many_domains_leave_room_for_fewer_moments() {
    let row = calm().domains[0].clone();
    let domains = Arc::new(vec![row; 10_000]);
    let mut history = History::default();
    for at in 0..30_u32 {
        history.push(&Snapshot { elapsed: s(f64::from(at)), domains: Arc::clone(&domains), ..calm() });
        let (moments, rows) = history.size();
        assert!(moments >= 2.min(at as usize + 1) && rows <= ROWS_MAX, "{moments} {rows}");
    }
}

#[test]
fn a_recording_at_every_size() {
    for (width, height) in [(40, 12), (80, 24), (120, 40), (200, 60)] {
        let mut desk = of_a_recording(width, height);
        desk.keys("i}}");
        read(&mut desk);
        insta::assert_snapshot!(format!("replay_{width}x{height}"), desk.screen());
    }
}

#[test]
fn a_recording_that_was_cut_off_says_so_at_every_size() {
    for (width, height) in [(40, 12), (80, 24), (120, 40), (200, 60)] {
        let mut desk = Desk::new(width, height);
        recording(&mut desk);
        let cut = Some(Cut { after: s(41.5), bytes_unread: 17 });
        desk.model.playback = Some(Playback::new(s(41.5), Missing { inputs_lost: 12, cut }, s(41.5)));
        survey(&mut desk, 41);
        desk.keys(" V");
        read(&mut desk);
        let screen = desk.screen();
        assert!(screen.contains("!! cut off"), "{screen}");
        insta::assert_snapshot!(format!("replay_cut_off_{width}x{height}"), screen);
    }
}

#[test]
fn a_recording_without_box_and_braille_glyphs() {
    for (width, height) in [(40, 12), (80, 24)] {
        let mut desk = Desk::with(Theme::new(true, true), width, height);
        recording(&mut desk);
        survey(&mut desk, 40);
        desk.keys(" v");
        read(&mut desk);
        let screen = desk.screen();
        assert!(screen.is_ascii(), "{screen}");
        insta::assert_snapshot!(format!("replay_ascii_{width}x{height}"), screen);
    }
}
