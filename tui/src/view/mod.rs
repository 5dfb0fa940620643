//! The screen: a pure function of the [`Model`] and an area.
//!
//! ```text
//! header   clearance · default · local PG 15.18 · R3 D8 W600 · 00:42/01:00 measuring
//!          [1 Overview] 2 Domains  7 Log   !! drop_notifications 100% (7s left)
//! body     one view
//! strip    00:31/01:00 ━━━━━░░░░●────────   of a recording, or a run that is frozen
//! footer   ? help  / filter  space freeze  …
//! ```
//!
//! Every panel has a file of its own. None has a clock, chance or I/O; none panics, however small the area
//! is: what matters least goes first.

mod canvas;
mod caption;
mod chart;
mod copied;
mod database;
mod domain_page;
mod domain_table;
mod domains;
mod faults;
mod footer;
mod format;
mod found;
mod header;
mod help;
mod jobs;
mod latency;
mod log;
mod overview;
mod paint;
mod period;
mod queries;
mod queue_wait;
mod timeline;
mod wakeups;
mod warnings;

use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::keymap::Action;
use crate::model::{Model, Place, Sheet, View};

/// Draws `model` into `area`.
pub fn view(model: &Model, area: Rect, buffer: &mut Buffer) {
    let area = area.intersection(buffer.area);
    let screen = Screen::of(model, area);
    header::draw(model, screen.header, buffer);
    match model.view {
        View::Overview => overview::draw(model, screen.body, buffer),
        View::Domains => domains::draw(model, screen.body, buffer),
        View::Wakeups => wakeups::draw(model, screen.body, buffer),
        View::Latency => latency::draw(model, screen.body, buffer),
        View::Database => database::draw(model, screen.body, buffer),
        View::Faults => faults::draw(model, screen.body, buffer),
        View::Log => log::draw(model, screen.body, buffer),
    }
    caption::draw(model, screen.caption, screen.whole_body(), buffer);
    timeline::draw(model, screen.strip, buffer);
    footer::draw(model, screen.footer, buffer);
    match model.sheet {
        Some((Sheet::Help, scrolled)) => help::draw(model, scrolled, screen.body, buffer),
        Some((Sheet::Warnings, scrolled)) => warnings::draw(model, scrolled, screen.body, buffer),
        None => {}
    }
}

/// What is selected, as text; the headline figures where nothing is.
#[must_use]
pub fn copied(model: &Model) -> String {
    copied::text(model, Screen::of(model, whole(model)).body)
}

/// How what lies on top is closed, for its title; empty when no key does.
fn closing(model: &Model) -> String {
    let separator = model.theme.glyphs.separator.trim_start();
    let key = model.keymap.key_for(model.view, Action::Back);
    key.map_or_else(String::new, |key| format!("{separator}{key} closes"))
}

/// How many domains a screenful of the Domains view has.
#[must_use]
pub fn domains_page(model: &Model) -> usize {
    domains::page(Screen::of(model, whole(model)).body)
}

/// How many lines a screenful of a domain's page has.
#[must_use]
pub fn domain_page_page(model: &Model) -> usize {
    domain_page::page(Screen::of(model, whole(model)).body)
}

/// By how many lines a domain's page can be scrolled, and one.
#[must_use]
pub fn domain_page_lines(model: &Model) -> usize {
    domain_page::positions(model, Screen::of(model, whole(model)).body)
}

/// How many lanes a screenful of the Wakeups view has.
#[must_use]
pub fn wakeups_page(model: &Model) -> usize {
    wakeups::page(model, Screen::of(model, whole(model)).body)
}

/// How many lines a screenful of a wakeup's story has.
#[must_use]
pub fn wakeups_story_page(model: &Model) -> usize {
    wakeups::story_page(Screen::of(model, whole(model)).body)
}

/// By how many lines a wakeup's story can be scrolled, and one.
#[must_use]
pub fn wakeups_story_lines(model: &Model) -> usize {
    wakeups::story_positions(model, Screen::of(model, whole(model)).body)
}

/// How many lines a screenful of the Database view has.
#[must_use]
pub fn database_page(model: &Model) -> usize {
    database::page(Screen::of(model, whole(model)).body)
}

/// By how many lines the Database view can be scrolled, and one.
#[must_use]
pub fn database_positions(model: &Model) -> usize {
    database::positions(model, Screen::of(model, whole(model)).body)
}

/// How many lines a screenful of the Log view has.
#[must_use]
pub fn log_page(model: &Model) -> usize {
    log::page(Screen::of(model, whole(model)).body)
}

/// How many lines a screenful of a text over the view has.
#[must_use]
pub fn sheet_page(model: &Model, sheet: Sheet) -> usize {
    let body = Screen::of(model, whole(model)).body;
    match sheet {
        Sheet::Help => help::page(body),
        Sheet::Warnings => warnings::page(model, body),
    }
}

/// By how many lines a text over the view can be scrolled, and one.
#[must_use]
pub fn sheet_positions(model: &Model, sheet: Sheet) -> usize {
    let body = Screen::of(model, whole(model)).body;
    match sheet {
        Sheet::Help => help::positions(model, body),
        Sheet::Warnings => warnings::positions(model, body),
    }
}

/// Something on the screen that can be clicked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spot {
    /// The name of a view.
    Tab(View),
    /// A row of the Domains view.
    Domain(usize),
    /// A lane of the Wakeups view.
    Lane(usize),
    /// A row of the Faults view.
    Fault(Place),
}

/// What can be clicked at `at`; nothing beneath a text that lies over the view.
#[must_use]
pub fn spot(model: &Model, at: Position) -> Option<Spot> {
    let screen = Screen::of(model, whole(model));
    if let Some(view) = header::tab_at(model, screen.header, at) {
        return Some(Spot::Tab(view));
    }
    let body = screen.body;
    if model.sheet.is_some() || !body.contains(at) {
        return None;
    }
    match model.view {
        View::Domains => domains::row_at(model, body, at.y).map(Spot::Domain),
        View::Wakeups => wakeups::lane_at(model, body, at.y).map(Spot::Lane),
        View::Faults => faults::place_at(model, body, at).map(Spot::Fault),
        View::Overview | View::Latency | View::Database | View::Log => None,
    }
}

/// How long something waited, as every view writes it.
#[must_use]
pub fn wait(wait: Duration) -> String {
    format::wait(wait)
}

fn whole(model: &Model) -> Rect {
    Rect::new(0, 0, model.size.width, model.size.height)
}

/// Where the parts of the screen are.
struct Screen {
    header: Rect,
    body: Rect,
    /// Below the body; of no height outside a guided demo.
    caption: Rect,
    /// Above the footer; of no height while the newest moment of a run is shown.
    strip: Rect,
    footer: Rect,
}

impl Screen {
    fn of(model: &Model, area: Rect) -> Self {
        let header = match area.height {
            0..4 => 0,
            4..8 => 1,
            _ => 2,
        };
        let footer = u16::from(area.height >= 6);
        let strip = timeline::rows(model, area.height);
        let body = area.height - header - strip - footer;
        let part = |rows_above, height| Rect { y: area.y + rows_above, height, ..area };
        let caption = caption::height(model, part(header, body));
        Self {
            header: part(0, header),
            body: part(header, body - caption),
            caption: part(header + body - caption, caption),
            strip: part(header + body, strip),
            footer: part(header + body + strip, footer),
        }
    }

    /// The body with the caption's room.
    fn whole_body(&self) -> Rect {
        Rect { height: self.body.height + self.caption.height, ..self.body }
    }
}
