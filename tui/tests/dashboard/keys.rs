//! What keys do.

use std::time::Duration;

use clearance::model::View;
use clearance::update::{Command, Message};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use loadgen::control::Control;
use loadgen::scenario::FaultKind;
use loadgen::snapshot::Snapshot;

use crate::desk::Desk;
use crate::fixtures::{begin, calm, dropping, finished, log_lines};

fn control(key: KeyCode, modifiers: KeyModifiers) -> Message {
    Message::Key(KeyEvent::new(key, modifiers))
}

#[test]
fn numbers_and_tab_change_the_view() {
    let mut desk = Desk::new(80, 24);
    assert_eq!(desk.keys("2").model.view, View::Domains);
    assert_eq!(desk.keys("7").model.view, View::Log);
    assert_eq!(desk.press(KeyCode::Tab).model.view, View::Overview);
    assert_eq!(desk.press(KeyCode::BackTab).model.view, View::Log);
    assert_eq!(desk.keys("089").model.view, View::Log, "views that do not exist are not shown");
}

#[test]
fn freezing_holds_the_view_and_not_the_load() {
    let mut desk = Desk::new(80, 24);
    desk.show(calm()).tick(2.0).keys(" ").tick(9.0).show(dropping());
    assert!(desk.screen().contains("FROZEN at 00:42, 7s ago"), "{}", desk.screen());
    assert!(!desk.screen().contains("drop_notifications"));
    assert_eq!(desk.commands, []);
    desk.keys("d");
    let end = Control::EndFault { name: "drop_notifications".to_owned() };
    assert_eq!(desk.commands, [Command::Control(end)], "keys act on the run as it is");
    desk.keys(" ");
    assert!(!desk.screen().contains("FROZEN"));
    assert!(desk.screen().contains("drop_notifications"), "the newest is shown at once");
}

#[test]
fn frozen_screen_is_not_drawn_again_for_what_it_does_not_show() {
    let mut desk = Desk::new(80, 24);
    desk.show(calm()).keys(" ");
    let mut is_drawn = |millis| {
        desk.model.dirty = false;
        desk.show(Snapshot { elapsed: calm().elapsed + Duration::from_millis(millis), ..dropping() });
        desk.model.dirty
    };
    assert!(is_drawn(300), "it is a second old, rounded up");
    assert!(!is_drawn(900));
    assert!(is_drawn(1_100), "it says for how long it has been frozen");
    desk.model.dirty = false;
    desk.show(finished());
    assert!(desk.model.dirty, "it says that the run is over");
}

#[test]
fn frozen_screen_is_drawn_again_once_a_second() {
    let mut desk = Desk::new(80, 24);
    desk.show(calm()).tick(1.0).keys(" ");
    assert!(desk.tick(1.5).model.dirty);
    desk.model.dirty = false;
    assert!(!desk.tick(1.9).model.dirty);
    assert!(desk.tick(2.1).model.dirty);
}

#[test]
fn tick_alone_draws_nothing() {
    let mut desk = Desk::new(80, 24);
    desk.show(calm());
    desk.model.dirty = false;
    assert!(!desk.tick(100.0).model.dirty);
}

#[test]
fn interventions_go_to_the_run() {
    let mut desk = Desk::new(80, 24);
    desk.show(calm()).keys("dk+-wW");
    let controls: Vec<_> = desk
        .commands
        .iter()
        .map(|command| match command {
            Command::Control(control) => control.clone(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(
        controls,
        [
            begin(FaultKind::DropNotifications(1.0)),
            begin(FaultKind::KillListener),
            Control::ScaleRate(1.25),
            Control::ScaleRate(0.8),
            Control::AddWorkers(60),
            Control::AddWorkers(-60),
        ]
    );
}

#[test]
fn word_about_a_key_goes_away() {
    let mut desk = Desk::new(80, 24);
    desk.show(calm()).tick(1.0).keys("k");
    assert!(desk.screen().contains("kill_listener happens once"));
    desk.tick(3.9);
    assert!(desk.screen().contains("kill_listener happens once"));
    desk.tick(4.1);
    assert!(!desk.screen().contains("kill_listener happens once"));
}

#[test]
fn run_that_is_over_takes_no_orders() {
    let mut desk = Desk::new(80, 24);
    desk.show(finished()).keys("dk+w");
    assert_eq!(desk.commands, []);
    assert!(desk.screen().contains("the run is over"));
}

#[test]
fn leaving_interrupts_a_run_that_goes_on() {
    for leave in [
        control(KeyCode::Char('q'), KeyModifiers::NONE),
        control(KeyCode::Char('c'), KeyModifiers::CONTROL),
        Message::Interrupted,
    ] {
        let mut desk = Desk::new(80, 24);
        desk.show(calm()).tell(leave.clone());
        assert_eq!(desk.commands, [Command::LeaveInterrupted]);
        let mut desk = Desk::new(80, 24);
        desk.show(finished()).tell(leave);
        assert_eq!(desk.commands, [Command::LeaveFinished]);
    }
}

#[test]
fn run_that_finishes_keeps_the_screen_unless_told_otherwise() {
    let mut desk = Desk::new(80, 24);
    desk.show(finished());
    assert_eq!(desk.commands, []);
    assert!(desk.screen().contains("run finished: q to leave"));
    desk.model.stay_when_finished = false;
    desk.show(finished());
    assert_eq!(desk.commands, [Command::LeaveFinished]);
}

#[test]
fn help_opens_everywhere_and_its_q_does_not_end_the_run() {
    for view in ["1", "2", "7"] {
        for close in [KeyCode::Esc, KeyCode::Char('q'), KeyCode::Char('?'), KeyCode::Enter] {
            let mut desk = Desk::new(80, 24);
            desk.show(calm()).keys(view).keys("?");
            assert!(desk.screen().contains("Esc closes"));
            desk.press(close);
            assert!(!desk.screen().contains("Esc closes"));
            assert_eq!(desk.commands, []);
        }
    }
}

#[test]
fn help_scrolls_to_its_end_and_no_further() {
    let mut desk = Desk::new(80, 24);
    desk.keys("?G");
    let end = desk.screen();
    assert!(end.contains("replicas (acquirers), domains, workers"), "{end}");
    desk.press(KeyCode::Down);
    assert_eq!(desk.screen(), end);
    desk.press(KeyCode::Up);
    assert_ne!(desk.screen(), end);
}

#[test]
fn ctrl_c_leaves_even_from_help_and_filter() {
    for open in ["?", "/"] {
        let mut desk = Desk::new(80, 24);
        desk.show(calm()).keys(open).tell(control(KeyCode::Char('c'), KeyModifiers::CONTROL));
        assert_eq!(desk.commands, [Command::LeaveInterrupted]);
    }
}

#[test]
fn scrolling_stops_at_the_ends() {
    let mut desk = Desk::new(80, 24);
    desk.show(calm()).keys("2").press(KeyCode::Up);
    assert_eq!(desk.model.domains.selected, 0);
    desk.press(KeyCode::PageDown).press(KeyCode::Down);
    assert_eq!(desk.model.domains.selected, 7);
    assert_eq!(desk.keys("g").model.domains.selected, 0);
    assert_eq!(desk.keys("G").model.domains.selected, 7);
    desk.tell(Message::Log(log_lines(100), 0)).keys("7g").press(KeyCode::Up);
    assert!(desk.screen().contains("line 0 "), "{}", desk.screen());
    desk.keys("G").press(KeyCode::Down);
    assert!(desk.screen().contains("line 99 "));
}

#[test]
fn ctrl_z_suspends() {
    let mut desk = Desk::new(80, 24);
    desk.tell(control(KeyCode::Char('z'), KeyModifiers::CONTROL));
    assert_eq!(desk.commands, [Command::Suspend]);
}

#[test]
fn whoever_writes_a_long_filter_sees_its_end() {
    let mut desk = Desk::new(40, 12);
    desk.show(calm()).keys("/").keys(&"abcdefghi ".repeat(5)).keys("last");
    let screen = desk.screen();
    let footer = screen.lines().last().expect("a footer");
    assert!(footer.starts_with("/…") && footer.ends_with("abcdefghi last▏"), "{footer}");
    assert!(footer.chars().count() <= 40, "{footer}");
    for _ in 0..50 {
        desk.press(KeyCode::Backspace);
    }
    assert!(
        desk.screen().lines().last().is_some_and(|footer| footer.starts_with("/abcd▏")),
        "{}",
        desk.screen()
    );
}

#[test]
fn a_word_about_a_key_that_has_no_room_is_cut_and_marked() {
    let mut desk = Desk::new(40, 12);
    desk.show(calm()).keys("2y");
    let screen = desk.screen();
    assert!(screen.lines().last().is_some_and(|footer| footer.ends_with('…')), "{screen}");
}
