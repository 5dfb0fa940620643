//! However a session ends, the terminal is given back and nothing is left.

use std::fs;

use rustix::process::Signal;

use crate::run::{LIVELY, LiveRun};

#[test]
fn control_c_ends_the_run_and_gives_the_terminal_back() {
    let mut run = LiveRun::start(LIVELY, &[]);
    run.type_("\u{3}");
    run.end().expect_interrupted();
}

#[test]
fn a_termination_signal_ends_the_run_and_gives_the_terminal_back() {
    let run = LiveRun::start(LIVELY, &[]);
    run.signal(Signal::TERM);
    run.end().expect_interrupted();
}

#[test]
fn a_terminal_that_is_closed_ends_the_run() {
    let elsewhere = tempfile::tempdir().unwrap();
    let report = elsewhere.path().join("report.json");
    assert_eq!(LiveRun::start(LIVELY, &["--report", report.to_str().unwrap()]).hang_up(), 130);
    let report = fs::read_to_string(&report).expect("what was asked for is written for nobody's eyes, too");
    assert!(report.contains("\"interrupted\": true"), "{report:.300}");
}

#[test]
fn the_dashboard_outlives_its_postgres() {
    let mut run = LiveRun::start(LIVELY, &[]);
    run.kill_postgres();
    run.type_("7");
    run.await_text("the database does not answer");
    run.type_("1");
    run.await_screen("failed queries", |screen| {
        crate::run::number_after(&screen.contents(), "failed ").filter(|failed| *failed > 0)
    });
    run.type_("2");
    run.await_text("[2 Domains]");
    run.type_("q");
    let left = run.end();
    assert_eq!(left.code, 1);
    let said = left.afterwards();
    assert!(said.starts_with("FAILED: what was measured until then, no verdict"), "{said}");
    let messages: Vec<&str> = said.lines().filter(|line| line.starts_with("clearance: ")).collect();
    assert_eq!(messages.len(), 1, "one message: {said}");
    assert!(messages[0].starts_with("clearance: cannot read the job table for the audit: "), "{said}");
}
