//! A whole session, as somebody would have it who looks for the first time.

use crate::run::{LIVELY, LiveRun, number_after, posted};
use crate::terminal::row_of;

/// The seconds of the header's clock, such as 83 in `01:23/10:00 measuring`.
pub(crate) fn clock(header: &str) -> Option<u64> {
    let (before, _) = header.split_once("/10:00 ")?;
    let (rest, seconds) = before.rsplit_once(':')?;
    let minutes = rest.rsplit(' ').next()?;
    Some(minutes.parse::<u64>().ok()? * 60 + seconds.parse::<u64>().ok()?)
}

#[test]
fn notifications_are_dropped_and_the_backup_poll_rescues() {
    let mut run = LiveRun::start(LIVELY, &[]);
    assert!(run.row(0).contains("clearance · live · local PG "), "{}", run.row(0));
    assert!(run.row(0).contains("R1 D2 W60"), "{}", run.row(0));
    assert!(!run.row(1).contains("drop_notifications"), "{}", run.row(1));
    run.await_text("Notices arrive: the backup poll had nothing to rescue.");

    run.type_("d");
    run.await_screen("the fault in the header", |screen| {
        row_of(screen, 1).contains("!! drop_notifications 100%").then_some(())
    });
    run.await_text("d stop dropping");
    run.await_text("RESCUED !!");
    let share = run.await_screen("a share of rescued jobs", |screen| {
        let contents = screen.contents();
        let line = contents.lines().find(|line| line.contains("RESCUED !!"))?;
        number_after(line, "RESCUED !!")
    });
    assert!((1..=100).contains(&share), "{share} %");
    run.await_text("waited for the backup poll");

    run.type_("d");
    run.await_screen("no fault in the header", |screen| {
        (!row_of(screen, 1).contains("drop_notifications")).then_some(())
    });
    // What was rescued stays in sight for ten seconds.
    run.await_text("Notices arrive: the backup poll had nothing to rescue.");
    run.type_("q");
    assert_eq!(run.end().code, 130);
}

#[test]
fn every_view_and_size_shows_and_the_run_goes_on() {
    let mut run = LiveRun::start(LIVELY, &[]);
    run.type_("?");
    run.await_text("keys everywhere");
    run.await_text("Esc closes");
    run.type_("\u{1b}");
    run.await_no_text("keys everywhere");

    run.type_("2");
    run.await_text("[2 Domains]");
    run.await_text("terraform on-prem");
    run.type_("3");
    run.await_text("backup poll");
    run.type_("4");
    run.await_text("queue wait over time");
    run.type_("K");
    run.type_("7");
    run.await_text("[7 Log]");
    run.await_text("listener connections terminated");
    run.type_("\t");
    run.await_text("[1 Overview]");

    for (columns, rows) in [(80, 24), (40, 12), (120, 40)] {
        run.resize(columns, rows);
        run.await_screen(&format!("a screen of {columns}×{rows}"), |screen| {
            let (first, last) = (row_of(screen, 0), row_of(screen, rows - 1));
            (clock(&first).is_some() && last.contains("q quit") && posted(screen)? > 0).then_some(())
        });
    }

    run.type_(" ");
    run.await_text("FROZEN");
    let frozen_at = clock(&run.row(0)).unwrap();
    run.await_text(", 3s ago");
    assert_eq!(clock(&run.row(0)), Some(frozen_at));
    run.type_(",,");
    // Of a run ten moments a second are kept, and the one before is taken.
    run.await_screen("a moment two seconds before", |screen| {
        (clock(&row_of(screen, 0))? + 2 <= frozen_at).then_some(())
    });
    run.type_(" ");
    run.await_no_text("FROZEN");
    run.await_screen("the clock goes on", |screen| {
        (clock(&row_of(screen, 0))? >= frozen_at + 3).then_some(())
    });

    run.type_("+");
    run.await_text("×1.25");
    run.await_text("target 20/s");
    run.type_("w");
    run.await_text("W66");

    run.type_("q");
    let summary = run.end().expect_interrupted();
    assert!(summary.contains("none lost, doubled or stranded"), "{summary}");
    assert!(summary.contains("a listener signalled once"), "{summary}");
}

#[test]
fn a_finished_run_stays_on_the_screen_until_somebody_leaves() {
    let mut run = LiveRun::start(LIVELY, &["--duration", "2s"]);
    run.await_text("run finished: q to leave");
    run.type_("d");
    run.await_text("the run is over: nothing to change");
    run.type_("q");
    let left = run.end();
    assert_eq!(left.code, 0);
    assert!(left.afterwards().contains("HELD: every job is accounted for"), "{}", left.afterwards());
}
