//! Whatever keys in whatever order at whatever size: nothing panics, and the selection exists.

use std::sync::Arc;
use std::time::Duration;

use clearance::model::{Playback, View};
use clearance::theme::Theme;
use clearance::update::Message;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEventKind};
use loadgen::measure::Events;
use loadgen::record::{Missing, Survey};
use loadgen::snapshot::Snapshot;
use proptest::prelude::*;
use ratatui::buffer::Buffer;
use ratatui::layout::{Rect, Size};

use crate::desk::Desk;
use crate::faults::breaking;
use crate::fixtures::{calm, domain_page, dropping, finished, log_lines, starting, warned};

#[derive(Debug, Clone)]
enum Event {
    Key(KeyCode),
    Snapshot(u8),
    Log(u64),
    Domain(u32),
    Tick(u16),
    Resize(u16, u16),
    Click(u16, u16),
    Wheel(bool),
}

fn key() -> impl Strategy<Value = KeyCode> {
    prop_oneof![
        // Characters that nothing is bound to are few.
        proptest::char::range(' ', '~').prop_map(KeyCode::Char),
        proptest::sample::select(vec![
            KeyCode::Up,
            KeyCode::Down,
            KeyCode::Left,
            KeyCode::Right,
            KeyCode::PageUp,
            KeyCode::PageDown,
            KeyCode::Home,
            KeyCode::End,
            KeyCode::Enter,
            KeyCode::Esc,
            KeyCode::Tab,
            KeyCode::BackTab,
            KeyCode::Backspace,
        ]),
        any::<char>().prop_map(KeyCode::Char),
    ]
}

fn size() -> impl Strategy<Value = (u16, u16)> {
    prop_oneof![(0_u16..60, 0_u16..30), (1_u16..=250, 1_u16..=100)]
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        6 => key().prop_map(Event::Key),
        2 => (0_u8..7).prop_map(Event::Snapshot),
        1 => (0_u64..300).prop_map(Event::Log),
        1 => (0_u32..8).prop_map(Event::Domain),
        1 => any::<u16>().prop_map(Event::Tick),
        1 => size().prop_map(|(width, height)| Event::Resize(width, height)),
        2 => (0_u16..120, 0_u16..50).prop_map(|(column, row)| Event::Click(column, row)),
        1 => any::<bool>().prop_map(Event::Wheel),
    ]
}

fn snapshot(number: u8) -> Snapshot {
    match number {
        0 => starting(),
        1 => calm(),
        2 => breaking(),
        3 => finished(),
        4 => extreme(),
        5 => warned(),
        _ => Snapshot { domains: calm().domains[..3].to_vec().into(), ..calm() },
    }
}

/// Figures as large as they can be, and domains by the hundred with names that no column holds.
fn extreme() -> Snapshot {
    let mut snapshot = dropping();
    snapshot.totals.backlog = u64::MAX;
    snapshot.rates.posted = f64::MAX;
    snapshot.rates.acquired = f64::MIN_POSITIVE;
    snapshot.target_rate = f64::INFINITY;
    snapshot.events_dropped = u64::MAX;
    snapshot.queue_wait_recent.buckets = vec![u64::MAX / 128; 64];
    snapshot.queue_wait_recent.max_us = u64::MAX;
    snapshot.elapsed = std::time::Duration::MAX;
    let seconds = std::sync::Arc::make_mut(&mut snapshot.seconds);
    seconds[7].posted = u64::MAX;
    seconds[8].queue_wait_p99_us = u64::MAX;
    let domains = std::sync::Arc::make_mut(&mut snapshot.domains);
    for number in 0..200 {
        let mut row = domains[number % 8].clone();
        let value =
            if number % 2 == 0 { "長い名前".repeat(number % 20) } else { format!("{number:050}") };
        row.tags = [("x".to_owned(), value)]
            .into_iter()
            .collect::<std::collections::BTreeMap<_, _>>()
            .try_into()
            .expect("no NUL");
        row.oldest = Some(std::time::Duration::MAX);
        row.backlog = u64::MAX;
        row.number = domains.len() as u32;
        domains.push(row);
    }
    snapshot.faults = (0..30).map(|_| snapshot.faults[0].clone()).collect();
    snapshot
}

fn check(desk: &Desk) {
    desk.buffer();
    let domains = &desk.model.domains;
    if desk.model.view == View::Domains {
        assert!(domains.selected < domains.rows.len().max(1));
        assert!(domains.offset <= domains.selected);
        assert_eq!(domains.row(&desk.model.shown).is_some(), !domains.rows.is_empty());
    }
    let (log, page) = (&desk.model.log, 20);
    assert!(log.count() <= log.all() && log.page(page).count() == log.count().min(page));
    assert!(log.below(page) <= log.count());
}

#[test]
fn sizes_at_the_edge_do_not_panic() {
    for number in 0..6 {
        for keys in ["1", "2", "3", "4", "5", "6", "7", "6G", "1!", "1?", "2?", "6?", "2\n", "3\n", "/x"] {
            for (width, height) in [
                (0, 0),
                (1, 1),
                (2, 2),
                (3, 1),
                (1, 50),
                (0, 3),
                (20, 3),
                (80, 6),
                (500, 200),
                (500, 3),
                (7, 200),
            ] {
                let mut desk = Desk::new(width, height);
                desk.show(snapshot(number)).tell(Message::Log(log_lines(50), 0));
                desk.tell(Message::Domain(Arc::new(domain_page(1))));
                for c in keys.chars() {
                    desk.press(if c == '\n' { KeyCode::Enter } else { KeyCode::Char(c) });
                }
                check(&desk);
            }
        }
    }
}

#[test]
fn area_smaller_or_larger_than_the_model_believes_does_not_panic() {
    let mut desk = Desk::new(80, 24);
    desk.show(dropping()).keys("2").press(KeyCode::End);
    for (width, height) in [(0, 0), (1, 1), (30, 8), (300, 90)] {
        desk.model.size = Size::new(80, 24);
        let area = Rect::new(0, 0, width, height);
        let mut buffer = Buffer::empty(Rect::new(0, 0, 60, 20));
        clearance::view::view(&desk.model, area, &mut buffer);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_sequence_of_events_panics(
        (width, height) in size(),
        ascii in any::<bool>(),
        is_recording in any::<bool>(),
        events in proptest::collection::vec(event(), 1..60),
    ) {
        let mut desk = Desk::with(Theme::new(ascii, false), width, height);
        desk.model.playback =
            is_recording.then(|| Playback::new(Duration::from_mins(1), Missing::default(), Duration::ZERO));
        let mut said = 0;
        for event in events {
            match event {
                Event::Key(code) => desk.tell(Message::Key(KeyEvent::new(code, KeyModifiers::NONE))),
                Event::Snapshot(number) if is_recording => {
                    let survey = Survey {
                        until: Duration::from_secs(u64::from(number)),
                        seconds: snapshot(number).seconds.to_vec(),
                        snapshot: Arc::new(snapshot(number)),
                    };
                    desk.tell(Message::Surveyed(survey));
                    desk.tell(Message::Moment(Arc::new(snapshot(number)), Events::default()))
                }
                Event::Snapshot(number) => desk.show(snapshot(number)),
                Event::Log(count) => {
                    // No line comes twice, as out of the ring.
                    let came = log_lines(said + count).split_off(said as usize);
                    said += count;
                    desk.tell(Message::Log(came, count))
                }
                Event::Domain(number) => desk.tell(Message::Domain(Arc::new(domain_page(number)))),
                Event::Tick(seconds) => desk.tick(f64::from(seconds)),
                Event::Resize(width, height) => desk.tell(Message::Resized(Size::new(width, height))),
                Event::Click(column, row) => {
                    desk.mouse(MouseEventKind::Down(MouseButton::Left), column, row);
                    desk.mouse(MouseEventKind::Down(MouseButton::Left), column, row)
                }
                Event::Wheel(true) => desk.mouse(MouseEventKind::ScrollUp, 1, 1),
                Event::Wheel(false) => desk.mouse(MouseEventKind::ScrollDown, 1, 1),
            };
            check(&desk);
        }
    }
}
