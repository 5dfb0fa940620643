//! What the mouse does.

use clearance::model::View;
use clearance::update::{Command, Message};
use crossterm::event::{KeyCode, MouseButton, MouseEventKind};

use crate::desk::Desk;
use crate::faults::breaking;
use crate::fixtures::{calm, dropping, log_lines, warned};
use crate::wakeups::unicode;

const LEFT: MouseEventKind = MouseEventKind::Down(MouseButton::Left);

#[test]
fn the_wheel_scrolls_as_the_arrows_do() {
    let mut desk = Desk::new(80, 24);
    desk.show(calm()).keys("2").mouse(MouseEventKind::ScrollDown, 5, 5);
    assert_eq!(desk.model.domains.selected, 3);
    desk.mouse(MouseEventKind::Moved, 5, 5).mouse(MouseEventKind::ScrollUp, 5, 5);
    assert_eq!(desk.model.domains.selected, 0);
}

#[test]
fn a_click_on_a_views_name_or_number_shows_it() {
    let mut desk = Desk::new(120, 40);
    desk.show(calm());
    for view in View::ALL {
        desk.click(&format!("{} {}", view.number(), view.name()));
        assert_eq!(desk.model.view, view);
        assert!(desk.screen().contains(&format!("[{} {}]", view.number(), view.name())));
    }
    // The names have no room beside the alerts; numbers have.
    let mut desk = Desk::new(96, 24);
    desk.show(dropping()).keys("3");
    assert!(desk.screen().contains(" 1  2 [3] 4  5  6  7 "), "{}", desk.screen());
    desk.click(" 5  6");
    assert_eq!(desk.model.view, View::Database, "a blank after a number is its own");
    assert_eq!(desk.click("2  3").model.view, View::Domains);
    desk.click("!! drop");
    assert_eq!(desk.model.view, View::Domains, "an alert is no view");
}

#[test]
fn a_click_selects_a_domain_and_a_double_click_opens_its_page() {
    let mut desk = Desk::new(80, 24);
    desk.show(calm()).keys("2").click("terraform cloud");
    let number = |desk: &Desk| desk.model.domains.row(&desk.model.shown).map(|row| row.number);
    let selected = number(&desk);
    assert!(desk.model.domains.selected > 0 && !desk.model.domains.detail);
    // A second later it is another click.
    desk.tick(1.0).click("terraform cloud");
    assert!(!desk.model.domains.detail);
    desk.tick(1.3).click("terraform cloud");
    assert!(desk.model.domains.detail);
    assert_eq!(number(&desk), selected);
    assert!(desk.screen().contains("┌ terraform env=cloud"), "{}", desk.screen());
    desk.click("backlog").click("backlog");
    assert!(desk.model.domains.detail, "nothing in it can be clicked");
}

#[test]
fn the_row_below_the_mouse_is_selected_however_far_the_table_is_scrolled() {
    let mut desk = Desk::new(80, 10);
    desk.show(calm()).keys("2G");
    let offset = desk.model.domains.offset;
    assert!(offset > 0);
    // Header and frame take three lines.
    desk.mouse(LEFT, 10, 4);
    assert_eq!(desk.model.domains.selected, offset + 1);
    for (column, row) in [(10, 2), (10, 8), (10, 9)] {
        desk.mouse(LEFT, column, row);
        assert_eq!(desk.model.domains.selected, offset + 1, "a frame is no row");
    }
}

#[test]
fn a_key_between_two_clicks_makes_them_two() {
    let mut desk = Desk::new(80, 24);
    desk.show(calm()).keys("2").click("terraform cloud").keys("j").click("terraform cloud");
    assert!(!desk.model.domains.detail);
}

#[test]
fn a_click_ends_the_writing_of_a_filter() {
    let mut desk = Desk::new(80, 24);
    desk.show(calm()).keys("/cloud").click("terraform cloud");
    assert!(!desk.model.is_writing());
    assert_eq!(desk.model.domains.written, "cloud");
}

#[test]
fn a_double_click_on_a_fault_begins_it_and_a_single_one_selects_it() {
    for (width, height) in [(120, 40), (80, 24)] {
        let mut desk = Desk::new(width, height);
        desk.show(calm()).keys("6").click("pause_posters");
        let name = |desk: &Desk| desk.model.faults.selected().map(|plan| plan.kind.name());
        assert_eq!((name(&desk), desk.commands.len()), (Some("pause_posters"), 0));
        desk.mouse(LEFT, 8, 5);
        assert_ne!(name(&desk), Some("pause_posters"));
        assert_eq!(desk.commands, [], "two clicks at two places");
        desk.tick(1.0).mouse(LEFT, 9, 6).mouse(LEFT, 10, 6);
        assert!(matches!(desk.commands.as_slice(), [Command::Control(_)]), "{:?}", desk.commands);
    }
}

#[test]
fn every_row_of_the_faults_view_is_selected_by_a_click_on_it() {
    for (width, height) in [(40, 12), (60, 20), (80, 24), (120, 40), (200, 60)] {
        for begin in ["6", "6G"] {
            let mut desk = Desk::new(width, height);
            desk.show(breaking()).keys(begin);
            let mut places = Vec::new();
            for row in 0..height {
                for column in [3, width - 5] {
                    let before = desk.model.clone();
                    desk.mouse(LEFT, column, row);
                    let place = desk.model.faults.place;
                    if place != before.faults.place {
                        let screen = desk.buffer();
                        let marks = screen.content().iter().filter(|cell| cell.symbol() == "▶").count();
                        assert_eq!(marks, 1, "what was clicked is on the screen");
                        places.push(place);
                    }
                    desk.model = before;
                }
            }
            let all = desk.model.faults.places(&desk.model.shown);
            assert!(places.iter().all(|place| all.contains(place)), "{places:?}");
            let kinds = places.iter().map(std::mem::discriminant).collect::<std::collections::HashSet<_>>();
            assert_eq!(kinds.len(), if width < 72 { 1 } else { 3 }, "{width}×{height}: {places:?}");
            assert_eq!(desk.commands, []);
        }
    }
}

#[test]
fn a_click_selects_a_lane_and_a_double_click_tells_its_latest_story() {
    let mut desk = unicode((120, 40));
    desk.click("terraform on-prem");
    assert_eq!(desk.model.wakeups.lane, 1);
    assert!(desk.model.wakeups.story.is_none());
    desk.click("terraform on-prem");
    assert!(desk.model.wakeups.story.is_some(), "{}", desk.screen());
    assert_eq!(desk.model.wakeups.lane, 1);
    desk.tick(5.0).mouse(LEFT, 30, 38);
    assert!(desk.model.wakeups.story.is_none(), "a click closes what lies over the view");
}

#[test]
fn a_click_closes_a_text_that_lies_over_the_view_and_does_nothing_below_it() {
    for key in ["?", "!"] {
        let mut desk = Desk::new(80, 24);
        desk.show(warned()).keys("2").keys(key).mouse(LEFT, 10, 8);
        assert!(desk.model.sheet.is_none());
        assert_eq!(desk.model.domains.selected, 0);
    }
}

#[test]
fn other_buttons_and_views_without_rows_do_nothing() {
    let mut desk = Desk::new(80, 24);
    desk.show(calm()).tell(Message::Log(log_lines(50), 0));
    for key in ["1", "4", "5", "7"] {
        desk.keys(key).press(KeyCode::Esc);
        let before = desk.screen();
        for row in 2..24 {
            desk.mouse(LEFT, 20, row).mouse(LEFT, 20, row);
        }
        assert_eq!(desk.screen(), before);
    }
    desk.keys("2").mouse(MouseEventKind::Down(MouseButton::Right), 10, 6).mouse(MouseEventKind::Moved, 10, 6);
    assert_eq!((desk.model.domains.selected, desk.commands.len()), (0, 0));
}
