//! Every view at every size, as text.

use std::time::Duration;

use clearance::theme::Theme;
use clearance::update::Message;
use crossterm::event::KeyCode;
use loadgen::snapshot::{RootCause, Snapshot};

use crate::desk::Desk;
use crate::fixtures::{calm, dropping, finished, log_lines, starting};

const SIZES: [(u16, u16); 4] = [(40, 12), (80, 24), (120, 40), (200, 60)];

/// Snapshots `prepare`d dashboards at every size.
fn at_every_size(name: &str, snapshot: &Snapshot, prepare: impl Fn(&mut Desk)) {
    for (width, height) in SIZES {
        let mut desk = Desk::new(width, height);
        desk.show(snapshot.clone());
        prepare(&mut desk);
        insta::assert_snapshot!(format!("{name}_{width}x{height}"), desk.screen());
    }
}

#[test]
fn overview_of_a_calm_run() {
    at_every_size("overview_calm", &calm(), |_| {});
}

#[test]
fn overview_while_notifications_are_dropped() {
    at_every_size("overview_dropping", &dropping(), |_| {});
}

#[test]
fn overview_of_a_finished_run() {
    at_every_size("overview_finished", &finished(), |_| {});
}

#[test]
fn overview_before_anything_came() {
    at_every_size("overview_starting", &starting(), |_| {});
}

#[test]
fn latency_while_notifications_are_dropped() {
    at_every_size("latency_dropping", &dropping(), |desk| {
        desk.keys("4");
    });
}

#[test]
fn latency_before_anything_came() {
    at_every_size("latency_starting", &starting(), |desk| {
        desk.keys("4");
    });
}

#[test]
fn latency_without_box_and_braille_glyphs() {
    for (width, height) in SIZES {
        let mut desk = Desk::with(Theme::new(true, true), width, height);
        desk.show(dropping()).keys("4");
        let screen = desk.screen();
        assert!(screen.is_ascii(), "{screen}");
        insta::assert_snapshot!(format!("latency_ascii_{width}x{height}"), screen);
    }
}

#[test]
fn overview_that_is_frozen_says_since_when() {
    at_every_size("overview_frozen", &dropping(), |desk| {
        desk.tick(1.0).keys(" ").tick(13.2);
    });
}

#[test]
fn overview_without_box_and_braille_glyphs() {
    for (width, height) in SIZES {
        let mut desk = Desk::with(Theme::new(true, false), width, height);
        desk.show(dropping());
        let screen = desk.screen();
        assert!(screen.is_ascii(), "{screen}");
        insta::assert_snapshot!(format!("overview_ascii_{width}x{height}"), screen);
    }
}

#[test]
fn domains_during_trouble() {
    at_every_size("domains_dropping", &dropping(), |desk| {
        desk.keys("2").press(KeyCode::Down);
    });
}

#[test]
fn domains_before_anything_came() {
    at_every_size("domains_starting", &starting(), |desk| {
        desk.keys("2");
    });
}

#[test]
fn domains_of_a_finished_run() {
    at_every_size("domains_finished", &finished(), |desk| {
        desk.keys("2");
    });
}

#[test]
fn domains_while_a_filter_is_written() {
    at_every_size("domains_filter", &calm(), |desk| {
        desk.keys("/on-prem");
    });
}

#[test]
fn log_scrolled_back() {
    at_every_size("log", &calm(), |desk| {
        desk.tell(Message::Log(log_lines(100), 17)).keys("7").press(KeyCode::PageUp);
    });
}

#[test]
fn log_before_anything_was_said() {
    at_every_size("log_empty", &starting(), |desk| {
        desk.keys("7");
    });
}

#[test]
fn help_over_domains() {
    at_every_size("help", &calm(), |desk| {
        desk.keys("2?");
    });
}

#[test]
fn a_database_that_is_silent_is_told_at_every_size() {
    let silent = Snapshot { database_silent_for: Some(Duration::from_secs(12)), ..calm() };
    for (width, height) in SIZES {
        let screen = Desk::new(width, height).show(silent.clone()).screen();
        let (long, short) = ("!! the database has not answered for 12s", "!! database silent 12s");
        assert!(screen.contains(long) || screen.contains(short), "{screen}");
    }
}

#[test]
fn jobs_that_wait_while_notices_are_dropped_are_told_before_any_is_rescued() {
    let mut before = Snapshot { found_recent: calm().found_recent, ..dropping() };
    before.totals.backlog = 31;
    let screen = Desk::new(120, 40).show(before.clone()).screen();
    assert!(screen.contains("Notices are dropped: 31 wait for the backup poll."), "{screen}");
    let screen = Desk::new(100, 40).show(before).screen();
    assert!(screen.contains("Dropped notices: 31 jobs wait."), "{screen}");
}

#[test]
fn how_most_jobs_were_found_stays_on_the_narrowest_screen() {
    let found_recent = [(RootCause::Posting, 2), (RootCause::First, 70), (RootCause::BackupPoll, 28)].into();
    let screen = Desk::new(40, 12).show(Snapshot { found_recent, ..dropping() }).screen();
    assert!(screen.contains("found first 70%  backup poll 28% !!"), "{screen}");
}
