//! The Domains view: its filter, its orders, a domain's page.

use std::sync::Arc;
use std::time::Duration;

use clearance::model::{Column, SortBy, View, row_label, worst_first};
use clearance::theme::Theme;
use clearance::update::{Command, Message};
use crossterm::event::KeyCode;
use loadgen::scenario::FaultKind;
use loadgen::snapshot::{DomainPage, DomainRow, Snapshot};
use proptest::prelude::*;

use crate::desk::Desk;
use crate::fixtures::{begin, calm, domain_events, domain_page, dropping, finished, recorded_page};

const SIZES: [(u16, u16); 4] = [(40, 12), (80, 24), (120, 40), (200, 60)];

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
fn tab_completes_the_words_of_a_filter() {
    let mut desk = Desk::new(120, 40);
    desk.show(dropping())
        .keys("/tag:env=on")
        .press(KeyCode::Tab)
        .keys(" back")
        .press(KeyCode::Tab)
        .keys("100");
    assert_eq!(desk.model.domains.written, "tag:env=on-prem backlog>100");
    assert_eq!(desk.model.domains.rows, [1]);
    desk.press(KeyCode::Tab);
    assert_eq!(desk.model.domains.written, "tag:env=on-prem backlog>100", "there is nothing to add");
    assert_eq!(desk.model.view, View::Domains);
    assert!(desk.screen().contains("Tab completes, Enter keeps it"), "{}", desk.screen());
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
    let domains = Arc::make_mut(&mut snapshot.domains);
    domains.iter_mut().enumerate().for_each(|(number, row)| row.workers = number);
    desk.show(snapshot).keys("2");
    let heading = |desk: &Desk| desk.screen().lines().nth(2).expect("a heading").to_owned();
    for sort in SortBy::all().skip(1) {
        desk.keys("o");
        assert_eq!(desk.model.domains.sort, sort);
        let name = match sort {
            SortBy::Name => "domains",
            SortBy::Column(Column::WokenBy) => "last woken by",
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
    while desk.model.domains.sort != SortBy::Column(Column::Acquired) {
        desk.keys("o");
    }
    assert!(desk.screen().contains("acquired↓ "), "{}", desk.screen());
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

/// A person on the page of a domain that is behind, looked at closely.
fn on_the_page(theme: Theme, width: u16, height: u16, page: fn(u32) -> DomainPage) -> Desk {
    let mut desk = Desk::with(theme, width, height);
    desk.show(dropping()).tell(Message::Events(domain_events(2)));
    desk.keys("2").press(KeyCode::Enter).keys("]]").tell(Message::Domain(Arc::new(page(2))));
    desk
}

#[test]
fn page_of_a_domain() {
    for (width, height) in SIZES {
        let desk = on_the_page(Theme::new(false, false), width, height, domain_page);
        insta::assert_snapshot!(format!("domain_page_{width}x{height}"), desk.screen());
    }
}

#[test]
fn page_of_a_domain_in_a_recording_says_what_is_not_in_it() {
    let desk = on_the_page(Theme::new(false, false), 120, 40, recorded_page);
    assert!(desk.screen().contains("not in a recording"));
    insta::assert_snapshot!("domain_page_recorded_120x40", desk.screen());
}

#[test]
fn page_of_a_domain_without_box_and_braille_glyphs() {
    for (width, height) in SIZES {
        let screen = on_the_page(Theme::new(true, true), width, height, domain_page).screen();
        assert!(screen.is_ascii(), "{screen}");
        insta::assert_snapshot!(format!("domain_page_ascii_{width}x{height}"), screen);
    }
}

#[test]
fn page_opens_scrolls_to_its_end_and_closes() {
    let mut desk = on_the_page(Theme::new(false, false), 80, 24, domain_page);
    assert!(desk.screen().contains("jobs wait, but are being taken"), "{}", desk.screen());
    assert!(!desk.screen().contains("and 1,312 more on replica 2"));
    let end = desk.keys("G").screen();
    assert!(end.contains("and 1,312 more on replica 2"), "{end}");
    assert_eq!(desk.press(KeyCode::Down).screen(), end);
    assert_ne!(desk.press(KeyCode::Up).screen(), end);
    desk.press(KeyCode::Esc);
    assert!(!desk.model.domains.detail);
    assert_eq!(desk.model.domains.selected, 2, "scrolling a page selects no other domain");
}

#[test]
fn page_is_there_again_when_its_domain_is() {
    let mut desk = on_the_page(Theme::new(false, false), 80, 24, domain_page);
    let before = desk.screen();
    desk.show(Snapshot::default());
    assert!(desk.screen().contains("no domain yet"), "{}", desk.screen());
    assert_eq!(desk.show(dropping()).screen(), before);
    desk.show(Snapshot::default()).press(KeyCode::Enter);
    assert_eq!(
        desk.show(dropping()).press(KeyCode::Enter).screen(),
        before,
        "no page is opened where there is none"
    );
}

#[test]
fn only_the_domain_on_the_page_is_looked_at_and_none_while_it_is_frozen() {
    let mut desk = Desk::new(80, 24);
    desk.show(dropping()).keys("2");
    assert_eq!(desk.model.looks_at(), None);
    assert_eq!(desk.press(KeyCode::Enter).model.looks_at(), Some(1));
    assert!(desk.screen().contains("looking closer"));
    assert_eq!(desk.keys("]").model.looks_at(), Some(5));
    desk.tell(Message::Domain(Arc::new(domain_page(1))));
    assert!(desk.screen().contains("looking closer"), "another domain's page is not shown for it");
    assert_eq!(desk.keys("[ ").model.looks_at(), None);
    desk.tell(Message::Domain(Arc::new(domain_page(5)))).keys("]");
    assert!(desk.screen().contains("not looked at in this moment"), "{}", desk.screen());
    assert_eq!(desk.keys(" 1").model.looks_at(), None);
}

#[test]
fn page_of_a_run_that_is_over_is_looked_at_once() {
    let mut desk = Desk::new(80, 24);
    desk.show(finished()).keys("2").press(KeyCode::Enter);
    let number = desk.model.looks_at().expect("it was not looked at yet");
    desk.tell(Message::Domain(Arc::new(DomainPage { number, ..DomainPage::default() })));
    assert_eq!(desk.model.looks_at(), None);
    let screen = desk.screen();
    assert!(screen.contains("it stands on no replica") && screen.contains("none: nobody waits"), "{screen}");
}

#[test]
fn overview_has_those_that_hurt_most_where_there_is_no_room_for_all() {
    let mut snapshot = calm();
    let rows = (0..400_u32).map(|number| {
        let mut row = snapshot.domains[number as usize % 8].clone();
        row.number = number;
        row.backlog = u64::from(number % 50 == 7);
        row.oldest = (row.backlog > 0).then(|| Duration::from_secs(u64::from(number)));
        row
    });
    snapshot.domains = Arc::new(rows.collect());
    assert_eq!(worst_first(&snapshot, 4), [357, 307, 257, 207]);
    assert_eq!(worst_first(&snapshot, 10)[7..], [7, 0, 1], "the others in their order");
    assert_eq!(worst_first(&snapshot, 1_000).len(), 400);
    assert!(worst_first(&snapshot, 0).is_empty());
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
            let shown = |row: &usize| &desk.model.shown.domains[*row];
            let holds = |row: &DomainRow| domains.filter.holds(row, &row_label(row).to_lowercase());
            prop_assert!(domains.rows.iter().map(shown).all(holds));
            desk.screen();
        }
    }
}
