//! The whole run in a strip: which moment is shown, and where there is something to go to.
//!
//! ```text
//!  PLAYING ×4         R  R      ^^               R
//!  00:31/01:00  ━━━━━━░░░░░░●──────────────────────────────····
//!               i/I fault ░   v/V rescued R   a/A p99 over 25ms ^
//! ```
//!
//! With little height the track alone, marks and all, what matters most over the rest. Dots are what has not been
//! looked through yet.

use std::cmp::Ordering;
use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::format;
use super::paint::{Segment, fit, put};
use crate::keymap::{Action, timeline};
use crate::model::{Mark, Model};
use crate::theme::{Role, Theme};

/// How many rows the strip takes of a screen of this height.
pub(super) fn rows(model: &Model, height: u16) -> u16 {
    match height {
        _ if !model.has_strip() => 0,
        0..9 => 0,
        9..20 => 1,
        _ => 3,
    }
}

pub(super) fn draw(model: &Model, area: Rect, buffer: &mut Buffer) {
    if area.height == 0 {
        return;
    }
    let area = Rect { x: area.x + u16::from(area.width > 60), width: area.width.saturating_sub(2), ..area };
    let strip = Strip::of(model);
    let (state, clock) = (state(model), strip.clock());
    let words = Line::raw(state.as_str()).width().max(Line::raw(clock.as_str()).width());
    let gutter = u16::try_from(words + 2).unwrap_or(u16::MAX);
    let track = Rect { x: area.x + gutter.min(area.width), width: area.width.saturating_sub(gutter), ..area };
    let cells = strip.cells(model, track.width);
    let theme = &model.theme;
    if area.height < 3 {
        put(buffer, area, 0, &Line::styled(clock, theme.style(Role::Title)));
        put(buffer, track, 0, &cells.iter().map(|cell| cell.alone(theme)).collect());
        return;
    }
    put(buffer, area, 0, &Line::styled(state, theme.style(Role::Title)));
    put(buffer, area, 1, &Line::styled(clock, theme.style(Role::Title)));
    put(buffer, track, 0, &cells.iter().map(|cell| cell.above(theme)).collect());
    put(buffer, track, 1, &cells.iter().map(|cell| cell.on_track(theme)).collect());
    put(buffer, track, 2, &legend(model, track.width));
}

/// How the time goes on.
fn state(model: &Model) -> String {
    let Some(playback) = &model.playback else { return "FROZEN".to_owned() };
    let state = if playback.is_playing {
        "PLAYING"
    } else if playback.is_at_end() {
        "THE END"
    } else {
        "PAUSED"
    };
    let speed = playback.speed();
    if (speed - 1.0).abs() < f64::EPSILON {
        return state.to_owned();
    }
    format!("{state} {}{speed}", model.theme.glyphs.times)
}

/// A place of the track, seen from the moment that is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Past,
    Shown,
    Ahead,
    /// Not looked through yet.
    Unread,
}

/// What is at a place of the track.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Cell {
    place: Place,
    has_fault: bool,
    has_rescue: bool,
    has_breach: bool,
}

impl Cell {
    /// The mark above the track.
    fn above(self, theme: &Theme) -> Span<'static> {
        if self.has_rescue {
            Span::styled(theme.glyphs.wakeups.rescued, theme.style(Role::Rescued))
        } else if self.has_breach {
            Span::styled(BREACH, theme.style(Role::Warning))
        } else {
            Span::raw(" ")
        }
    }

    fn on_track(self, theme: &Theme) -> Span<'static> {
        let track = &theme.glyphs.track;
        let (glyph, role) = match self.place {
            Place::Shown => (track.shown, Role::Selection),
            _ if self.has_fault => (theme.glyphs.band, Role::FaultBand),
            Place::Past => (track.past, Role::Text),
            Place::Ahead => (track.ahead, Role::Dim),
            Place::Unread => (track.unread, Role::Dim),
        };
        Span::styled(glyph, theme.style(role))
    }

    /// Mark and track in one.
    fn alone(self, theme: &Theme) -> Span<'static> {
        if self.place != Place::Shown && (self.has_rescue || self.has_breach) {
            self.above(theme)
        } else {
            self.on_track(theme)
        }
    }
}

/// Marks a breach.
const BREACH: &str = "^";

struct Strip {
    shown: Duration,
    length: Duration,
    /// What is known of the run up to here.
    read: Duration,
}

impl Strip {
    fn of(model: &Model) -> Self {
        match &model.playback {
            Some(playback) => {
                Self { shown: playback.position, length: playback.length, read: playback.surveyed }
            }
            None => {
                Self { shown: model.shown.elapsed, length: model.latest.elapsed, read: model.latest.elapsed }
            }
        }
    }

    fn clock(&self) -> String {
        format!("{}/{}", format::clock(self.shown), format::clock(self.length))
    }

    fn cells(&self, model: &Model, width: u16) -> Vec<Cell> {
        let count = usize::from(width);
        let length = self.length.as_secs_f64().max(f64::MIN_POSITIVE);
        let last = count.saturating_sub(1);
        let place = |at: Duration| ((at.as_secs_f64() / length * last as f64).round() as usize).min(last);
        let (shown, read) = (place(self.shown), place(self.read));
        let mut cells: Vec<Cell> = (0..count)
            .map(|place| Cell {
                place: match place.cmp(&shown) {
                    Ordering::Less => Place::Past,
                    Ordering::Equal => Place::Shown,
                    Ordering::Greater if place <= read => Place::Ahead,
                    Ordering::Greater => Place::Unread,
                },
                has_fault: false,
                has_rescue: false,
                has_breach: false,
            })
            .collect();
        let timeline = &model.timeline;
        for second in timeline.seconds() {
            let from = place(Duration::from_secs(second.second));
            let to = place(Duration::from_secs(second.second + 1)).max(from + 1);
            let marks = [Mark::Fault, Mark::Rescue, Mark::Breach].map(|mark| timeline.has(second, mark));
            if marks == [false; 3] {
                continue;
            }
            for cell in cells.iter_mut().take(to).skip(from) {
                cell.has_fault |= marks[0];
                cell.has_rescue |= marks[1];
                cell.has_breach |= marks[2];
            }
        }
        cells
    }
}

/// What the marks mean, and the keys that lead to them.
fn legend(model: &Model, width: u16) -> Line<'static> {
    let theme = &model.theme;
    let entry = |rank, mark, word: String, glyph: &'static str, role| {
        let jumps =
            [true, false].map(|forward| Action::Timeline(timeline::Action::Jump { to: mark, forward }));
        let keys = model.keymap.keys_for(model.view, &jumps).map(|keys| keys + " ");
        Segment::new(
            rank,
            vec![
                Span::styled(keys.unwrap_or_default(), theme.style(Role::Key)),
                Span::styled(format!("{word} "), theme.style(Role::Dim)),
                Span::styled(glyph, theme.style(role)),
            ],
        )
    };
    let over = format!("p99 over {}", super::wait(model.timeline.threshold()));
    let entries = vec![
        entry(1, Mark::Fault, "fault".to_owned(), theme.glyphs.band, Role::FaultBand),
        entry(0, Mark::Rescue, "rescued".to_owned(), theme.glyphs.wakeups.rescued, Role::Rescued),
        entry(2, Mark::Breach, over, BREACH, Role::Warning),
    ];
    fit(entries, "   ", width, theme)
}
