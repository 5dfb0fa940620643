//! What a terminal program owes the person before it: text to take along, a screen that stands any handling.

use std::fs;

use crate::await_that::await_that;
use crate::run::{LIVELY, LiveRun, STOPPED};
use crate::session::clock;
use crate::terminal::row_of;

#[test]
fn clicks_select_the_selection_goes_to_the_clipboard_and_the_screen_into_files() {
    let elsewhere = tempfile::tempdir().unwrap();
    let config = elsewhere.path().join("config.toml");
    fs::write(&config, "mouse = true\n").unwrap();
    let mut run = LiveRun::start(LIVELY, &["--config", config.to_str().unwrap()]);
    let (tabs, name) = (run.row(1), "2 Domains");
    run.click(tabs[..tabs.find(name).unwrap()].chars().count() as u16, 1);
    run.await_text("[2 Domains]");
    // The second row of the table, twice.
    run.click(10, 4);
    run.click(10, 4);
    run.await_text("who waits, longest first");
    run.await_text("· 2 of 2");
    run.type_("/echo\r");
    run.await_text("filter \"echo\"");
    run.type_("y");
    run.await_text("copied 4 characters");
    // OSC 52 with "echo" in base64.
    run.await_line("the clipboard's sequence", |line| line.contains("\u{1b}]52;c;ZWNobw==").then_some(()));

    run.type_("s");
    run.await_text("saved clearance-live-");
    let (picture, words) = (run.take_file("svg"), run.take_file("txt"));
    assert!(picture.starts_with("<svg ") && picture.contains("2 Domains"), "{picture:.200}");
    assert!(words.contains("[2 Domains]") && words.contains("filter \"echo\""), "{words}");

    run.type_("q");
    assert_eq!(run.end().code, 130);
}

#[test]
fn control_z_leaves_the_terminal_to_the_shell_and_fg_brings_the_dashboard_back() {
    let mut run = LiveRun::start_as_job(LIVELY);
    run.type_("\u{1a}");
    run.await_screen("the shell's turn", |screen| {
        (screen.contents().contains(STOPPED) && !screen.alternate_screen() && !screen.hide_cursor())
            .then_some(())
    });
    await_that("it is stopped", || run.job_state().is_some_and(|state| state.starts_with('T')));
    assert!(!run.is_raw(), "the shell's reader sees the modes of before");

    run.resize(100, 30);
    run.type_("\r");
    run.await_screen("the dashboard at the size that the terminal has now", |screen| {
        let (first, last) = (row_of(screen, 0), row_of(screen, 29));
        (screen.alternate_screen()
            && screen.hide_cursor()
            && clock(&first).is_some()
            && last.contains("q quit"))
        .then_some(())
    });
    assert!(run.is_raw());
    assert!(run.job_state().is_some_and(|state| !state.starts_with('T')), "{:?}", run.job_state());
    run.await_no_text(STOPPED);
    run.type_("2");
    run.await_text("[2 Domains]");
    run.type_("q");
    assert_eq!(run.end().code, 130);
}

#[test]
fn a_storm_of_sizes_ends_with_the_last_one_drawn_right() {
    let mut run = LiveRun::start(LIVELY, &["--duration", "2s"]);
    for round in 1..=3 {
        for step in 0..60 {
            run.resize(1 + step * 41 * round % 300, 1 + step * 17 * round % 90);
        }
        run.resize(500, 200);
        run.await_screen("the largest", |screen| row_of(screen, 199).contains("q quit").then_some(()));
        run.resize(1, 1);
        run.await_screen("the smallest", |screen| (!screen.contents().trim().is_empty()).then_some(()));
    }
    run.resize(100, 30);
    run.await_text("run finished: q to leave");

    // What the dashboard means to show is what the terminal shows, but for the footer, which says that it was saved.
    run.type_("s");
    run.await_text("saved clearance-live-");
    run.take_file("svg");
    let meant = run.take_file("txt");
    let meant: Vec<&str> = meant.lines().collect();
    assert_eq!(meant.len(), 30);
    for (row, meant) in (0..29).zip(meant) {
        assert_eq!(run.row(row).trim_end(), meant);
    }
    run.type_("q");
    assert_eq!(run.end().code, 0);
}
