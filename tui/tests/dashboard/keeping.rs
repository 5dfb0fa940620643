//! What a person takes along: the selection on the clipboard, the screen in a file.

use std::path::PathBuf;

use clearance::update::{Command, Message};
use crossterm::event::KeyCode;

use crate::desk::{Desk, text};
use crate::fixtures::{calm, dropping, log_lines};

/// What `y` gives to the clipboard.
fn copied(desk: &mut Desk) -> String {
    desk.commands.clear();
    match desk.keys("y").commands.as_slice() {
        [Command::Copy(text)] => text.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn y_copies_the_selected_domain() {
    let mut desk = Desk::new(80, 24);
    desk.show(calm()).keys("2j");
    assert_eq!(copied(&mut desk), "terraform env=on-prem");
    assert!(desk.screen().contains("copied 21 characters; a terminal without OSC 52 ignores it"));
}

#[test]
fn y_copies_a_line_of_the_log() {
    let mut desk = Desk::new(80, 24);
    desk.tell(Message::Log(log_lines(100), 0)).keys("7");
    assert_eq!(copied(&mut desk), "00:33.363 ERROR loadgen::run line 99 replica=2");
}

#[test]
fn y_copies_the_headline_figures_where_nothing_is_selected() {
    let mut desk = Desk::new(40, 12);
    insta::assert_snapshot!(copied(desk.show(dropping())));
    let headline = copied(&mut desk);
    assert_eq!(copied(desk.keys("4")), headline);
    assert_eq!(copied(desk.keys("2/nobody").press(KeyCode::Enter)), headline);
    assert_eq!(copied(desk.keys("3")), headline);
    assert_eq!(copied(desk.keys("7")), headline);
}

#[test]
fn a_text_too_long_for_terminals_is_cut_and_that_is_said() {
    let mut line = (*log_lines(1)[0]).clone();
    line.text = "長".repeat(100_000);
    let mut desk = Desk::new(80, 24);
    desk.tell(Message::Log(vec![line.into()], 0)).keys("7");
    let text = copied(&mut desk);
    assert!((55_990..=56_000).contains(&text.len()), "{}", text.len());
    assert!(desk.screen().contains(&format!("copied the first {} characters", text.chars().count())));
}

#[test]
fn s_saves_what_is_on_the_screen_the_help_as_well() {
    let mut desk = Desk::new(80, 24);
    for keys in ["1", "2", "?"] {
        desk.show(dropping()).keys(keys);
        let (screen, before) = (text(&desk.buffer()), desk.commands.len());
        desk.keys("s");
        let [Command::Save { svg, text }] = &desk.commands[before..] else { panic!("nothing was saved") };
        assert_eq!(*text, screen);
        assert!(svg.starts_with("<svg ") && svg.contains("!! drop_notifications 100% (7s left)"));
    }
}

#[test]
fn what_became_of_a_saved_screen_is_told_for_as_long_as_it_takes_to_read() {
    let mut desk = Desk::new(80, 24);
    desk.show(calm()).tell(Message::Saved(Ok(PathBuf::from("clearance-default-20240229-150405.svg"))));
    let word = "saved clearance-default-20240229-150405.svg and .txt";
    assert!(desk.screen().contains(word));
    assert!(desk.tick(3.5).screen().contains(word));
    assert!(!desk.tick(5.0).screen().contains(word));
    desk.tell(Message::Saved(Err("cannot save a.svg: no space left".to_owned())));
    assert!(desk.screen().contains("cannot save a.svg: no space left"));
}

#[test]
fn a_screen_without_a_cell_is_saved_without_a_panic() {
    let mut desk = Desk::new(0, 0);
    desk.show(calm()).keys("s");
    assert!(matches!(desk.commands.as_slice(), [Command::Save { text, .. }] if text.is_empty()));
}

#[test]
fn letters_of_a_filter_copy_and_save_nothing() {
    let mut desk = Desk::new(80, 24);
    desk.show(calm()).keys("/sy");
    assert_eq!((desk.commands.len(), desk.model.domains.written.as_str()), (0, "sy"));
}
