//! Colours, which snapshots of text do not show, and that nothing depends on them.

use clearance::theme::Theme;
use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier, Style};

use crate::desk::{Desk, text};
use crate::fixtures::{calm, dropping};

/// The style in which `word` begins; the word must be on the screen.
fn style_of(buffer: &Buffer, word: &str) -> Style {
    let screen = text(buffer);
    let (y, line) = screen.lines().enumerate().find(|(_, line)| line.contains(word)).expect(word);
    let x = line[..line.find(word).expect(word)].chars().count();
    buffer[(x as u16, y as u16)].style()
}

#[test]
fn rescued_jobs_are_red_and_bold() {
    for (width, height) in [(80, 24), (120, 40)] {
        let mut desk = Desk::new(width, height);
        let buffer = desk.show(dropping()).buffer();
        let style = style_of(&buffer, "RESCUED !!");
        assert_eq!(style.fg, Some(Color::Red));
        assert!(style.add_modifier.contains(Modifier::BOLD));
    }
    let mut desk = Desk::new(40, 12);
    let style = style_of(&desk.show(dropping()).buffer(), "backup poll 33% !!");
    assert_eq!((style.fg, style.add_modifier.contains(Modifier::BOLD)), (Some(Color::Red), true));
}

#[test]
fn poll_that_rescued_nothing_is_quiet() {
    let mut desk = Desk::new(80, 24);
    let style = style_of(&desk.show(calm()).buffer(), "backup poll");
    assert_ne!(style.fg, Some(Color::Red));
    assert!(!desk.screen().contains("!!"));
}

#[test]
fn dropped_events_and_faults_are_red_in_the_header() {
    let mut desk = Desk::new(120, 40);
    let buffer = desk.show(dropping()).buffer();
    for word in ["!! 1,024 events dropped", "!! drop_notifications 100% (7s left)"] {
        let style = style_of(&buffer, word);
        assert_eq!(style.fg, Some(Color::Red), "{word}");
        assert!(style.add_modifier.contains(Modifier::BOLD));
    }
}

#[test]
fn domain_that_sleeps_beside_its_work_is_red_and_marked() {
    let mut desk = Desk::new(120, 40);
    let style = style_of(&desk.show(dropping()).buffer(), "!terraform on-prem");
    assert_eq!(style.fg, Some(Color::Red));
}

#[test]
fn the_selection_has_a_glyph_without_colours() {
    let mut desk = Desk::with(Theme::new(false, true), 80, 24);
    let with = desk.show(dropping()).keys("2").screen();
    assert!(with.contains("▶!"), "{with}");
    assert!(with.contains("[2]"));
}

#[test]
fn no_color_shows_the_same_text() {
    let mut plain = Desk::with(Theme::new(false, true), 80, 24);
    let mut coloured = Desk::new(80, 24);
    assert_eq!(plain.show(dropping()).screen(), coloured.show(dropping()).screen());
    insta::assert_snapshot!("overview_no_color_80x24", plain.screen());
}

#[test]
fn frozen_is_said_and_reversed() {
    let mut desk = Desk::new(80, 24);
    desk.show(calm()).tick(1.0).keys(" ").tick(13.5);
    let style = style_of(&desk.buffer(), "FROZEN at 00:42, 13s ago");
    assert!(style.add_modifier.contains(Modifier::REVERSED));
}
