//! What looks wrong: in the header, in the Overview, and as a list over any view.

use clearance::model::Sheet;
use clearance::theme::Theme;
use clearance::update::Command;
use crossterm::event::KeyCode;
use loadgen::snapshot::{RunPhase, Snapshot};

use crate::desk::Desk;
use crate::fixtures::{calm, finished, warned};

const SIZES: [(u16, u16); 4] = [(40, 12), (80, 24), (120, 40), (200, 60)];

#[test]
fn list_at_every_size() {
    for (width, height) in SIZES {
        let mut desk = Desk::new(width, height);
        desk.show(warned()).keys("!");
        insta::assert_snapshot!(format!("warnings_{width}x{height}"), desk.screen());
    }
}

#[test]
fn overview_at_every_size() {
    for (width, height) in SIZES {
        insta::assert_snapshot!(
            format!("warnings_overview_{width}x{height}"),
            Desk::new(width, height).show(warned()).screen()
        );
    }
}

#[test]
fn list_without_box_and_braille_glyphs() {
    for (width, height) in SIZES {
        let mut desk = Desk::with(Theme::new(true, true), width, height);
        desk.show(warned());
        assert!(desk.screen().is_ascii(), "{}", desk.screen());
        desk.keys("!");
        assert!(desk.screen().is_ascii(), "{}", desk.screen());
        insta::assert_snapshot!(format!("warnings_ascii_{width}x{height}"), desk.screen());
    }
}

#[test]
fn header_counts_them_and_names_the_key_over_every_view() {
    for view in "1234567".chars() {
        let mut desk = Desk::new(120, 40);
        desk.show(warned()).keys(&view.to_string());
        assert!(desk.screen().contains("!! 2 warnings: press !"), "{}", desk.screen());
        desk.keys("!");
        assert!(desk.screen().contains("warnings · 2 now, 1 over · Esc closes"), "{}", desk.screen());
    }
    let mut small = Desk::new(40, 12);
    assert!(small.show(warned()).screen().contains("!! 2 warnings"), "{}", small.screen());
}

#[test]
fn a_calm_run_has_neither_word_nor_line_of_them() {
    let mut desk = Desk::new(120, 40);
    assert!(!desk.show(calm()).screen().contains("warning"));
    desk.keys("!");
    assert!(desk.screen().contains("Nothing looks wrong now; it is looked at once a second."));
}

#[test]
fn list_says_why_it_is_empty() {
    let said = |snapshot: Snapshot| {
        let mut desk = Desk::new(80, 24);
        desk.show(snapshot).keys("!").screen()
    };
    let warm = Snapshot { phase: RunPhase::Warmup, ..calm() };
    assert!(said(warm).contains("Nothing is judged before the warm-up is over."));
    assert!(said(finished()).contains("Nothing looked wrong while the run was measured."));
}

#[test]
fn what_is_over_is_in_the_list_and_not_in_the_header() {
    let mut over = (*warned().warnings).clone();
    over.open.clear();
    let mut desk = Desk::new(120, 40);
    desk.show(Snapshot { warnings: over.into(), ..finished() });
    assert!(!desk.screen().contains("warning"), "{}", desk.screen());
    desk.keys("!");
    assert!(desk.screen().contains("the load generator is behind its schedule"), "{}", desk.screen());
    assert!(desk.screen().contains("00:08-00:12"), "{}", desk.screen());
}

#[test]
fn list_closes_like_any_text_and_ends_no_run() {
    for close in [KeyCode::Esc, KeyCode::Char('q'), KeyCode::Char('!'), KeyCode::Enter] {
        let mut desk = Desk::new(80, 24);
        desk.show(warned()).keys("!").press(close);
        assert!(!desk.screen().contains("Esc closes"), "{}", desk.screen());
        assert_eq!(desk.commands, Vec::<Command>::new());
    }
}

#[test]
fn help_and_list_take_turns() {
    let mut desk = Desk::new(80, 24);
    desk.show(warned()).keys("!?");
    assert_eq!(desk.model.sheet, Some((Sheet::Help, 0)));
    desk.keys("!");
    assert_eq!(desk.model.sheet, Some((Sheet::Warnings, 0)));
}

#[test]
fn list_scrolls_to_its_end_and_no_further() {
    let mut desk = Desk::new(40, 12);
    desk.show(warned()).keys("!G");
    let end = desk.screen();
    assert!(end.contains("this machine for it"), "{end}");
    assert_eq!(desk.press(KeyCode::Down).screen(), end);
    assert_ne!(desk.press(KeyCode::Up).screen(), end);
}
