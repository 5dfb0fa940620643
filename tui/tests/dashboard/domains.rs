//! The Domains view: its filter, its orders, a domain's page.

use clearance::model::{SortBy, View, row_label};
use clearance::update::Command;
use crossterm::event::KeyCode;
use loadgen::scenario::FaultKind;
use proptest::prelude::*;

use crate::fixtures::{Desk, begin, calm, dropping};

#[test]
fn filter_narrows_the_domains_and_esc_clears_it() {
    let mut desk = Desk::new(80, 24);
    desk.show(calm()).keys("/ON-PREM");
    assert_eq!(desk.model.view, View::Domains);
    assert_eq!(desk.model.domains.rows.len(), 3);
    desk.press(KeyCode::Backspace).press(KeyCode::Enter);
    assert_eq!(desk.model.domains.written, "ON-PRE");
    desk.keys("K");
    assert_eq!(desk.commands, [Command::Control(begin(FaultKind::KillListener))], "keys are keys again");
    desk.press(KeyCode::Esc);
    assert_eq!(desk.model.domains.rows.len(), 8);
    desk.keys("/qd").press(KeyCode::Esc);
    assert_eq!(desk.model.domains.written, "");
    assert_eq!(desk.commands.len(), 1, "letters of a filter are no commands");
}

#[test]
fn figures_and_tags_choose_domains() {
    let mut desk = Desk::new(120, 40);
    desk.show(dropping()).keys("/tag:env=on-prem backlog>100");
    assert_eq!(desk.model.domains.rows, [1]);
    desk.press(KeyCode::Esc).keys("/-tag:env rescued=0");
    assert_eq!(desk.model.domains.rows.len(), 3);
}

#[test]
fn filter_with_a_mistake_keeps_the_last_good_one_and_says_where() {
    let mut desk = Desk::new(80, 24);
    desk.show(calm()).keys("/on-prem waitng>60");
    assert_eq!(desk.model.domains.rows.len(), 3, "on-prem alone still chooses");
    let screen = desk.screen();
    assert!(screen.contains("at 9: no figure \"waitng\"; did you mean waiting?"), "{screen}");
    desk.press(KeyCode::Enter);
    assert!(desk.model.domains.editing, "what can't be read can't be kept");
    for _ in 0..5 {
        desk.press(KeyCode::Backspace);
    }
    desk.keys("ing>60").press(KeyCode::Enter);
    assert!(!desk.model.domains.editing);
    assert_eq!(desk.model.domains.rows.len(), 1);
    assert!(desk.screen().contains("1 of 1 · 7 hidden · filter \"on-prem waiting>60\""), "{}", desk.screen());
}

#[test]
fn every_column_can_be_the_order_and_says_in_which_direction() {
    let mut desk = Desk::new(200, 60);
    let mut snapshot = dropping();
    let domains = std::sync::Arc::make_mut(&mut snapshot.domains);
    domains.iter_mut().enumerate().for_each(|(number, row)| row.workers = number);
    desk.show(snapshot).keys("2");
    let heading = |desk: &Desk| desk.screen().lines().nth(2).expect("a heading").to_owned();
    for sort in SortBy::ALL.into_iter().skip(1) {
        desk.keys("o");
        assert_eq!(desk.model.domains.sort, sort);
        let name = match sort {
            SortBy::Name => "domains",
            SortBy::WokenBy => "last woken by",
            other => other.name(),
        };
        let (up, down) = (format!("{name}↑"), format!("{name}↓"));
        let (first, second) = if sort.falls() { (down, up) } else { (up, down) };
        assert!(heading(&desk).contains(&first), "{sort:?}: {}", heading(&desk));
        let rows = desk.model.domains.rows.clone();
        assert!(heading(desk.keys("O")).contains(&second), "{sort:?}");
        let first_and_last = |rows: &[usize]| (rows[0], rows[rows.len() - 1]);
        assert_ne!(first_and_last(&rows), first_and_last(&desk.model.domains.rows), "{sort:?}");
        desk.keys("O");
    }
    desk.keys("o");
    assert_eq!(desk.model.domains.sort, SortBy::Trouble);
}

#[test]
fn column_that_orders_stays_where_there_is_little_room() {
    let mut desk = Desk::new(60, 20);
    desk.show(dropping()).keys("2");
    assert!(!desk.screen().contains("acquired"));
    while desk.model.domains.sort != SortBy::Acquired {
        desk.keys("o");
    }
    assert!(desk.screen().contains("acquired↓"), "{}", desk.screen());
}

#[test]
fn selection_follows_its_domain_when_the_order_changes() {
    let mut desk = Desk::new(80, 24);
    desk.show(calm()).keys("2").press(KeyCode::Down);
    let selected = |desk: &Desk| row_label(desk.model.domains.row(&desk.model.shown).expect("a row"));
    let before = selected(&desk);
    desk.show(dropping());
    assert_eq!(selected(&desk), before);
    desk.keys("o");
    assert_eq!(desk.model.domains.sort, SortBy::Name);
    desk.keys("O<");
    assert_eq!((desk.model.domains.sort, desk.model.domains.reversed), (SortBy::Trouble, true));
    assert_eq!(selected(&desk), before);
}

#[test]
fn detail_opens_and_closes() {
    let mut desk = Desk::new(80, 24);
    desk.show(dropping()).keys("2").press(KeyCode::Enter);
    assert!(desk.screen().contains("jobs wait while workers sleep"), "{}", desk.screen());
    desk.press(KeyCode::Esc);
    assert!(!desk.model.domains.detail);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_filter_is_written_the_selection_is_one_of_its_rows(
        filter in "[a-z\"!: =<>%0-9-]{0,24}|(-?(tag:env|waiting>[0-9]{1,2}|on-prem|replica:[0-4]) ){0,3}",
        moves in proptest::collection::vec(0_u8..6, 0..12),
    ) {
        let mut desk = Desk::new(80, 24);
        desk.show(dropping()).keys("2").keys("/").keys(&filter);
        for step in moves {
            match step {
                0 => desk.press(KeyCode::Down),
                1 => desk.press(KeyCode::End),
                2 => desk.press(KeyCode::Backspace),
                3 => desk.show(calm()),
                4 => desk.press(KeyCode::Enter),
                _ => desk.show(dropping()),
            };
            let domains = &desk.model.domains;
            prop_assert!(domains.selected < domains.rows.len().max(1));
            prop_assert!(domains.offset <= domains.selected);
            prop_assert_eq!(domains.row(&desk.model.shown).is_some(), !domains.rows.is_empty());
            prop_assert!(domains.rows.iter().all(|row| domains.filter.holds(&desk.model.shown.domains[*row])));
            desk.screen();
        }
    }
}
