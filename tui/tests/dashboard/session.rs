//! The event loop with keys and a screen of its own: nothing here touches a terminal.

use std::future::pending;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use clearance::dashboard::{DashboardExit, DashboardInput, DashboardOptions, Pause, Session};
use clearance::log_ring::LogRing;
use clearance::source::{RunSource, Source};
use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use futures::channel::mpsc as stream;
use loadgen::control::Control;
use loadgen::scenario::FaultKind;
use loadgen::snapshot::Snapshot;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::layout::Size;
use tokio::sync::{mpsc, watch};

use crate::desk::text;
use crate::fixtures::{begin, calm, finished};

struct Stage {
    session: Session,
    terminal: Terminal<TestBackend>,
    publish: Option<watch::Sender<Arc<Snapshot>>>,
    orders: mpsc::UnboundedReceiver<Control>,
    press: stream::UnboundedSender<io::Result<Event>>,
    keys: stream::UnboundedReceiver<io::Result<Event>>,
}

impl Stage {
    fn new(snapshot: Snapshot, options: DashboardOptions) -> Self {
        let (publish, snapshots) = watch::channel(Arc::new(snapshot));
        let (controls, orders) = mpsc::unbounded_channel();
        let (press, keys) = stream::unbounded();
        let source = Source::Run(RunSource { snapshots, controls, events: None, domains: None });
        let input = DashboardInput { source, log: LogRing::new(), options };
        Self {
            session: Session::new(input, Size::new(80, 24)),
            terminal: Terminal::new(TestBackend::new(80, 24)).expect("a screen"),
            publish: Some(publish),
            orders,
            press,
            keys,
        }
    }

    fn press(&self, code: KeyCode, modifiers: KeyModifiers) {
        self.press.unbounded_send(Ok(Event::Key(KeyEvent::new(code, modifiers)))).expect("somebody listens");
    }

    async fn go_on(&mut self) -> anyhow::Result<Pause> {
        let loop_ = self.session.go_on(&mut self.terminal, &mut self.keys, pending(), || true);
        tokio::time::timeout(Duration::from_secs(10), loop_).await.expect("the loop ends")
    }
}

#[tokio::test]
async fn q_interrupts_the_run_and_leaves() {
    let mut stage = Stage::new(calm(), DashboardOptions::default());
    stage.press(KeyCode::Char('2'), KeyModifiers::NONE);
    stage.press(KeyCode::Char('d'), KeyModifiers::NONE);
    stage.press(KeyCode::Char('q'), KeyModifiers::NONE);
    let pause = stage.go_on().await.expect("no error");
    assert_eq!(pause, Pause::Left(DashboardExit::Interrupted));
    assert_eq!(stage.orders.recv().await, Some(begin(FaultKind::DropNotifications(1.0))));
    assert_eq!(stage.orders.recv().await, Some(Control::Interrupt));
    assert!(text(stage.terminal.backend().buffer()).contains("[2 Domains]"), "keys are drawn at once");
}

#[tokio::test]
async fn ctrl_z_suspends_and_the_session_goes_on() {
    let mut stage = Stage::new(calm(), DashboardOptions::default());
    stage.press(KeyCode::Char('z'), KeyModifiers::CONTROL);
    assert_eq!(stage.go_on().await.expect("no error"), Pause::Suspended);
    stage.press(KeyCode::Char('q'), KeyModifiers::NONE);
    assert_eq!(stage.go_on().await.expect("no error"), Pause::Left(DashboardExit::Interrupted));
}

#[tokio::test]
async fn y_pauses_for_the_clipboard_and_the_session_goes_on() {
    let mut stage = Stage::new(calm(), DashboardOptions::default());
    stage.press(KeyCode::Char('2'), KeyModifiers::NONE);
    stage.press(KeyCode::Char('y'), KeyModifiers::NONE);
    assert_eq!(stage.go_on().await.expect("no error"), Pause::Copy("terraform".to_owned()));
    stage.press(KeyCode::Char('q'), KeyModifiers::NONE);
    assert_eq!(stage.go_on().await.expect("no error"), Pause::Left(DashboardExit::Interrupted));
}

#[tokio::test]
async fn s_writes_both_files_and_says_so() {
    let directory = tempfile::tempdir().expect("a directory");
    let save_directory = directory.path().to_owned();
    let mut stage = Stage::new(calm(), DashboardOptions { save_directory, ..DashboardOptions::default() });
    stage.press(KeyCode::Char('s'), KeyModifiers::NONE);
    stage.press(KeyCode::Char('2'), KeyModifiers::NONE);
    stage.press(KeyCode::Char('q'), KeyModifiers::NONE);
    stage.go_on().await.expect("no error");
    assert!(text(stage.terminal.backend().buffer()).contains("saved "));
    let mut endings: Vec<_> = std::fs::read_dir(directory.path())
        .expect("a directory")
        .map(|entry| entry.expect("an entry").path().extension().expect("an ending").to_owned())
        .collect();
    endings.sort();
    assert_eq!(endings, ["svg", "txt"]);
}

#[tokio::test]
async fn finished_run_ends_the_dashboard_when_told_so() {
    let options = DashboardOptions { stay_when_finished: false, ..DashboardOptions::default() };
    let mut stage = Stage::new(finished(), options);
    assert_eq!(stage.go_on().await.expect("no error"), Pause::Left(DashboardExit::Finished));
}

#[tokio::test]
async fn finished_run_stays_on_the_screen_after_its_end() {
    let mut stage = Stage::new(finished(), DashboardOptions::default());
    stage.publish = None;
    stage.press(KeyCode::Char('7'), KeyModifiers::NONE);
    stage.press(KeyCode::Char('q'), KeyModifiers::NONE);
    assert_eq!(stage.go_on().await.expect("no error"), Pause::Left(DashboardExit::Finished));
    assert!(stage.orders.try_recv().is_err(), "there is nothing to interrupt");
}

#[tokio::test]
async fn run_that_goes_away_ends_the_dashboard() {
    let mut stage = Stage::new(calm(), DashboardOptions::default());
    stage.publish = None;
    assert_eq!(stage.go_on().await.expect("no error"), Pause::Left(DashboardExit::RunLost));
}

#[tokio::test]
async fn keyboard_that_goes_away_ends_the_run() {
    let mut stage = Stage::new(calm(), DashboardOptions::default());
    stage.press.close_channel();
    assert_eq!(stage.go_on().await.expect("no error"), Pause::Left(DashboardExit::Interrupted));
}

#[tokio::test]
async fn signal_ends_the_run() {
    let mut stage = Stage::new(calm(), DashboardOptions::default());
    let Stage { session, terminal, keys, .. } = &mut stage;
    let pause = session.go_on(terminal, keys, async {}, || true).await.expect("no error");
    assert_eq!(pause, Pause::Left(DashboardExit::Interrupted));
    assert_eq!(stage.orders.recv().await, Some(Control::Interrupt));
}

#[tokio::test]
async fn terminal_that_was_given_back_ends_the_dashboard() {
    let mut stage = Stage::new(calm(), DashboardOptions::default());
    let Stage { session, terminal, keys, .. } = &mut stage;
    let error = session.go_on(terminal, keys, pending(), || false).await.expect_err("an error");
    assert!(error.to_string().contains("panicked"));
}
