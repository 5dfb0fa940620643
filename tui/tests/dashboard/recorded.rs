//! Every view over a fixed recording: a real run of eight seconds, its notices dropped from 3 s to 6 s.
//!
//! It was made by `clearance run dropping.toml --headless --db local --record dropping.clr` in `recordings/`, and is not
//! made anew when the format changes: what is read of it stays the same.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use clearance::model::Playback;
use clearance::theme::Theme;
use clearance::update::Message;
use crossterm::event::KeyCode;
use loadgen::record::{EVENTS_MAX, Replay};
use ratatui::style::Color;

use crate::desk::Desk;

const RECORDING: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/dashboard/recordings/dropping.clr");
/// The poll has just come round, and notices are dropped still.
const AT: Duration = Duration::from_millis(5_600);
const SIZES: [(u16, u16); 4] = [(40, 12), (80, 24), (120, 40), (200, 60)];
const VIEWS: [(&str, &str); 8] = [
    ("overview", "1"),
    ("domains", "2"),
    ("page", "2j"),
    ("wakeups", "3R"),
    ("latency", "4"),
    ("database", "5"),
    ("faults", "6"),
    ("log", "7"),
];

/// What `clearance replay` shows when it is paused there and all of the recording has been looked through.
fn desk(view: (&str, &str), theme: Theme, (width, height): (u16, u16)) -> Desk {
    let mut replay = Replay::open(Path::new(RECORDING), EVENTS_MAX).expect("it is whole");
    let mut desk = Desk::with(theme, width, height);
    desk.model.playback = Some(Playback::new(replay.length(), replay.missing(), AT));
    while let Some(survey) = replay.survey().expect("it is whole") {
        desk.tell(Message::Surveyed(survey));
    }
    let snapshot = Arc::new(replay.snapshot_at(AT).expect("it is whole"));
    desk.tell(Message::Moment(snapshot, replay.events(0))).keys(" ").keys(view.1);
    if view.0 == "page" {
        desk.press(KeyCode::Enter);
        let number = desk.model.looks_at().expect("a domain is selected");
        desk.tell(Message::Domain(Arc::new(replay.domain(number).expect("it is there"))));
    }
    desk
}

#[test]
fn every_view_at_every_size() {
    for view in VIEWS {
        for size in SIZES {
            let screen = desk(view, Theme::new(false, false), size).screen();
            insta::assert_snapshot!(format!("recorded_{}_{}x{}", view.0, size.0, size.1), screen);
        }
    }
}

#[test]
fn every_view_in_ascii() {
    for view in VIEWS {
        let screen = desk(view, Theme::new(true, false), (120, 40)).screen();
        assert!(screen.is_ascii(), "{screen}");
        insta::assert_snapshot!(format!("recorded_{}_ascii", view.0), screen);
    }
}

#[test]
fn without_colours_every_view_says_the_same() {
    for view in VIEWS {
        for size in SIZES {
            let (colours, none) = (Theme::new(false, false), Theme::new(false, true));
            let (coloured, plain) = (desk(view, colours, size), desk(view, none, size));
            assert_eq!(coloured.screen(), plain.screen());
            let buffer = plain.buffer();
            assert!(buffer.content().iter().all(|cell| (cell.fg, cell.bg) == (Color::Reset, Color::Reset)));
        }
    }
}
