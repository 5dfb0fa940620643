//! The Log view: which lines are shown, and whether they keep still.

use std::sync::Arc;
use std::time::Duration;

use clearance::log_ring::{LOG_LINES_MAX, LogLine};
use clearance::update::Message;
use crossterm::event::KeyCode;
use tracing::Level;

use crate::desk::Desk;
use crate::fixtures::log_lines;

fn line(sequence: u64, level: Level, target: &str, text: &str) -> Arc<LogLine> {
    let at = Duration::from_millis(sequence);
    Arc::new(LogLine { sequence, at, level, target: target.to_owned(), text: text.to_owned() })
}

#[test]
fn log_that_is_scrolled_back_or_frozen_keeps_still() {
    let mut desk = Desk::new(80, 24);
    let lines = log_lines(200);
    desk.tell(Message::Log(lines[..100].to_vec(), 0)).keys("7").press(KeyCode::PageUp);
    let before = desk.screen();
    assert!(before.contains("HELD"), "{before}");
    desk.tell(Message::Log(lines[100..110].to_vec(), 0));
    assert_eq!(before.lines().nth(5), desk.screen().lines().nth(5));
    desk.keys("G ").tell(Message::Log(lines[110..120].to_vec(), 0));
    assert!(desk.screen().contains("line 109 ") && !desk.screen().contains("line 110 "));
    assert!(desk.screen().contains("FROZEN"));
    desk.keys(" ");
    assert!(desk.screen().contains("line 119 ") && desk.screen().contains("following"));
}

#[test]
fn log_that_is_held_by_hand_counts_what_comes_until_it_follows_again() {
    let mut desk = Desk::new(80, 24);
    let lines = log_lines(60);
    desk.tell(Message::Log(lines[..40].to_vec(), 0)).keys("7f");
    desk.tell(Message::Log(lines[40..].to_vec(), 0));
    let screen = desk.screen();
    assert!(screen.contains("line 39 ") && !screen.contains("line 40 "), "{screen}");
    assert!(screen.contains("HELD: f follows") && screen.contains("20 newer below: G"), "{screen}");
    let screen = desk.keys("f").screen();
    assert!(screen.contains("line 59 ") && screen.contains("following"), "{screen}");
}

#[test]
fn log_frozen_before_anything_was_said_stays_empty() {
    let mut desk = Desk::new(80, 24);
    desk.keys("7 ").tell(Message::Log(log_lines(5), 0));
    assert!(desk.screen().contains("nothing was said yet"));
    assert!(desk.keys(" ").screen().contains("line 4 "));
}

#[test]
fn levels_with_more_and_less_detail_are_shown_by_key_and_the_rest_is_counted() {
    let mut desk = Desk::new(80, 24);
    desk.tell(Message::Log(log_lines(100), 0)).keys("7");
    assert!(desk.screen().contains("every level · 100 lines"), "{}", desk.screen());
    let screen = desk.keys("<<<").screen();
    assert!(screen.contains("warn and worse · 50 lines · 50 hidden"), "{screen}");
    assert!(!screen.contains("INFO") && screen.contains("ERROR"), "{screen}");
    assert!(desk.keys("<<").screen().contains("error and worse · 25 lines · 75 hidden"));
    assert!(desk.keys(">>>>>").screen().contains("every level · 100 lines"));
}

#[test]
fn words_choose_lines_by_target_or_text() {
    let mut desk = Desk::new(80, 24);
    let lines = vec![
        line(0, Level::INFO, "loadgen::run", "began"),
        line(1, Level::WARN, "acquirer::pubsub", "Listener lost"),
        line(2, Level::INFO, "acquirer::pubsub", "subscribed again"),
    ];
    desk.tell(Message::Log(lines, 0)).keys("7/PUBSUB -lost");
    let screen = desk.screen();
    assert!(screen.contains("subscribed again") && !screen.contains("began"), "{screen}");
    assert!(screen.contains("2 hidden") && !screen.contains("Listener lost"), "{screen}");
    desk.press(KeyCode::Enter);
    assert!(desk.screen().contains("filter \"PUBSUB -lost\""));
    desk.tell(Message::Log(vec![line(3, Level::INFO, "x", "y"), line(4, Level::INFO, "x", "pubsub")], 0));
    assert_eq!((desk.model.log.count(), desk.model.log.all()), (2, 5));
    desk.keys("/ zzz").press(KeyCode::Enter);
    assert!(desk.screen().contains("level and filter hide every line"));
    desk.press(KeyCode::Esc);
    assert_eq!(desk.model.log.count(), 5);
}

#[test]
fn end_of_a_line_that_is_too_long_can_be_read() {
    let mut desk = Desk::new(80, 24);
    let long = format!("{} reason=terminated", "lost the connection that listens ".repeat(3));
    desk.tell(Message::Log(vec![line(0, Level::WARN, "acquirer::pubsub", &long)], 0)).keys("7");
    assert!(!desk.screen().contains("terminated") && desk.screen().contains("…│"), "{}", desk.screen());
    let screen = desk.keys("lll").press(KeyCode::Right).screen();
    assert!(screen.contains("reason=terminated"), "{screen}");
    assert!(desk.keys("hhhhh").screen().contains("lost the connection"));
}

#[test]
fn what_falls_out_is_no_longer_shown_though_it_was_held() {
    let mut desk = Desk::new(80, 24);
    let lines = log_lines(LOG_LINES_MAX as u64 + 500);
    desk.tell(Message::Log(lines[..100].to_vec(), 0)).keys("7f");
    desk.tell(Message::Log(lines[100..].to_vec(), 500));
    let screen = desk.screen();
    assert!(screen.contains("line 500 ") && screen.contains("500 older dropped"), "{screen}");
    assert_eq!(desk.model.log.count(), LOG_LINES_MAX);
}
