//! A run that is recorded, and shown again.

use std::fs;

use crate::run::{LIVELY, LiveRun};
use crate::session::clock;
use crate::terminal::{Terminal, row_of};

/// The row of the track at 120 by 40.
const TRACK: u16 = 37;

#[track_caller]
fn open(desk: &std::path::Path, file: &str) -> Terminal {
    let mut terminal = Terminal::start(120, 40, desk, &["replay", file]);
    // Dots are what has not been looked through yet.
    terminal.await_screen("a recording that was looked through", |screen| {
        let track = row_of(screen, TRACK);
        (track.contains('●') && !track.contains('·')).then_some(())
    });
    terminal
}

#[test]
fn a_recorded_run_is_shown_again() {
    let desk = tempfile::tempdir().unwrap();
    let file = desk.path().join("run.clr");
    let mut run = LiveRun::start(LIVELY, &["--record", file.to_str().unwrap()]);
    run.type_("d");
    run.await_text("RESCUED !!");
    // The fault is at work when a whole second is over, at which a jump arrives.
    let fault_seen = clock(&run.row(0)).unwrap();
    run.await_screen("two seconds more", |screen| {
        (clock(&row_of(screen, 0))? >= fault_seen + 2).then_some(())
    });
    run.type_("d");
    run.await_text("Notices arrive: the backup poll had nothing to rescue.");
    run.type_("q");
    assert_eq!(run.end().code, 130);

    let mut replay = open(desk.path(), "run.clr");
    assert!(replay.row(0).contains("replay · live · local PG "), "{}", replay.row(0));
    replay.type_(" ");
    replay.await_text("PAUSED");
    replay.type_("^v");
    replay.await_text("RESCUED !!");
    replay.type_("^i");
    replay.await_text("!! drop_notifications 100%");
    replay.type_("d");
    replay.await_text("a recording can't be changed");
    replay.type_("3");
    replay.await_text("backup poll");
    replay.type_("1$");
    replay.await_text("THE END");
    replay.type_("^ ");
    replay.await_text("PLAYING");
    replay.await_screen("time passes", |screen| row_of(screen, TRACK).contains("00:01/").then_some(()));
    replay.type_("2\r");
    replay.await_text("who waits, longest first");
    replay.type_("q");
    let left = replay.end();
    left.expect_restored();
    assert_eq!((left.code, left.afterwards().as_str()), (0, ""));

    let whole = fs::read(&file).unwrap();
    fs::write(desk.path().join("cut.clr"), &whole[..whole.len() * 2 / 3]).unwrap();
    let mut cut = open(desk.path(), "cut.clr");
    cut.await_text("!! cut off: what came later is missing");
    cut.type_("$q");
    let left = cut.end();
    left.expect_restored();
    assert_eq!(left.code, 0);
    assert!(left.afterwards().starts_with("clearance: the recording was cut off "), "{}", left.afterwards());
}
