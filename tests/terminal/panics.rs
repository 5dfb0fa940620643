//! A panic while the dashboard has the terminal. No command panics when it is asked to, so the program here is this one
//! once more: the dashboard as it is, over a run that panics when a fault is to begin.

use std::env;
use std::sync::Arc;

use clearance::dashboard::{DashboardInput, DashboardOptions, run_dashboard};
use clearance::log_ring::LogRing;
use clearance::source::{RunSource, Source};
use loadgen::snapshot::{RunPhase, Snapshot};
use tokio::sync::{mpsc, watch};

use crate::terminal::Terminal;

/// Set where the program below is to be one.
const IS_PROGRAM: &str = "CLEARANCE_TEST_OF_PANICS";
const MESSAGE: &str = "the run has a bug";

#[test]
fn a_panic_gives_the_terminal_back_before_its_message_and_ends_the_dashboard() {
    let desk = tempfile::tempdir().unwrap();
    let program = env::current_exe().unwrap();
    let arguments = ["--exact", "panics::program", "--ignored", "--nocapture"];
    let mut terminal =
        Terminal::start_program(program.as_os_str(), 80, 24, desk.path(), &[(IS_PROGRAM, "1")], &arguments);
    terminal.await_text("q quit");
    assert!(terminal.is_raw());
    terminal.type_("d");
    let left = terminal.end();
    left.expect_given_back();
    let said = left.afterwards();
    let message = said.find(MESSAGE).unwrap_or_else(|| panic!("nothing of the panic: {said}"));
    let end = said.find("a part of the program panicked; this is a bug in clearance");
    assert!(end.is_some_and(|end| message < end), "{said}");
    assert_ne!(left.code, 0);
}

#[tokio::test]
#[ignore = "it is what the test above runs in a terminal of its own"]
async fn program() {
    assert!(env::var_os(IS_PROGRAM).is_some(), "it is to be run by the test above");
    let snapshot = Snapshot { phase: RunPhase::Measuring, ..Snapshot::default() };
    let (publish, snapshots) = watch::channel(Arc::new(snapshot));
    let (controls, mut orders) = mpsc::unbounded_channel();
    let run = tokio::spawn(async move {
        let _publish = publish;
        let order = orders.recv().await;
        panic!("{MESSAGE}: it was told {order:?}");
    });
    let source = Source::Run(RunSource { snapshots, controls, events: None, domains: None });
    let input = DashboardInput { source, log: LogRing::new(), options: DashboardOptions::default() };
    let outcome = run_dashboard(input).await;
    assert!(run.is_finished(), "the dashboard ended before the run panicked");
    outcome.unwrap();
}
