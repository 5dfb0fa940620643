//! What Postgres does beside the load: whether it is the limit, and what it waits for.
//!
//! ```text
//! ┌ database (last 10s) ──────────────────────────────────────────────────┐
//! │ busy, and keeps up                                                    │
//! │ 3 of 4 queries wait for IO:WALSync (the log to reach the disk)        │
//! ├ queries wait for ── mean ── most ── · 1 ░ 2 ▒ 4 █ 10 ─────────────────┤
//! │ IO:WALSync             3       6 │··░░▒▒▒░░░–––▒▒░░                   │
//! │ ░ a fault                         0s        10s                       │
//! ├ beside the load ──── now ── most ─────────────────────────────────────┤
//! │ commit-lock waiters    0       3 │   ▂▅█░░░                           │
//! ├ statements ──── calls/s ──── mean ── under way ── share of the time ──┤
//! │ acquire             410     0.4ms        0.17   41% ████░░░░          │
//! │ 42 connections · idle 38 · active 4                                   │
//! │ the tool's own queries: 3/s, 4ms of each second; …                    │
//! └───────────────────────────────────────────────────────────────────────┘
//! ```
//!
//! Seconds in which the database did not answer have no figures, and say so. Where there is no room for frames
//! everything is one list, that which matters most first, and scrolled.

mod axis;
mod finding;
mod recent;
mod rows;
mod sections;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use self::axis::Axis;
use self::recent::Recent;
use self::rows::{Row, TONES_FROM, Widths};
use super::paint::{Segment, divider, fit, frame, put_right, title};
use super::{format, period};
use crate::model::Model;
use crate::theme::{Role, Theme};

/// The least room that frames are drawn in.
const FRAMED: (u16, u16) = (72, 19);
/// Below this width a list says things in fewer words.
const NARROW: u16 = 60;
/// From this height on a list without frames has headings.
const HEADINGS_MIN: u16 = 16;
/// How high the bars of a figure become at most.
const BARS_MAX: u16 = 3;

pub(super) fn draw(model: &Model, area: Rect, buffer: &mut Buffer) {
    let area = area.intersection(buffer.area);
    if is_framed(area) { draw_framed(model, area, buffer) } else { draw_list(model, area, buffer) }
}

/// How many lines a screenful has.
pub(super) fn page(area: Rect) -> usize {
    if is_framed(area) { 4 } else { usize::from(area.height).max(1) }
}

/// By how many lines it can be scrolled, and one.
pub(super) fn positions(model: &Model, area: Rect) -> usize {
    let hidden = if is_framed(area) {
        let parts = Parts::of(model, inside(area));
        parts.waits.hidden().max(parts.figures.hidden())
    } else {
        list(model, area).len().saturating_sub(usize::from(area.height))
    };
    hidden + 1
}

fn is_framed(area: Rect) -> bool {
    area.width >= FRAMED.0 && area.height >= FRAMED.1
}

fn inside(area: Rect) -> Rect {
    Rect { width: area.width.saturating_sub(2), height: area.height.saturating_sub(2), ..area }
}

/// Rows of which some may have no room.
struct Shown<'a> {
    rows: Vec<Row<'a>>,
    /// How many are shown.
    room: usize,
    from: usize,
}

impl<'a> Shown<'a> {
    fn new(rows: Vec<Row<'a>>, room: usize, scrolled: usize) -> Self {
        let from = scrolled.min(rows.len().saturating_sub(room));
        Self { rows, room, from }
    }

    fn hidden(&self) -> usize {
        self.rows.len().saturating_sub(self.room)
    }

    fn rows(&self) -> impl Iterator<Item = &Row<'a>> {
        self.rows.iter().skip(self.from).take(self.room)
    }

    /// How many there are above and below.
    fn more<'b>(&self, theme: &Theme) -> Option<Span<'b>> {
        let below = self.hidden() - self.from.min(self.hidden());
        let [up, down] = theme.glyphs.arrows;
        let mut words = String::new();
        for (arrow, count) in [(up, self.from), (down, below)] {
            if count > 0 {
                words.extend(["  ", arrow, " ", &*format::count(count as u64), " more"]);
            }
        }
        (!words.is_empty()).then(|| Span::styled(words, theme.style(Role::Key)))
    }
}

/// The parts of a screen with frames, each with its room.
struct Parts<'a> {
    finding: Vec<Row<'a>>,
    waits: Shown<'a>,
    figures: Shown<'a>,
    statements: Vec<Row<'a>>,
    last: Vec<Row<'a>>,
    widths: Widths,
    note: &'static str,
}

impl<'a> Parts<'a> {
    fn of(model: &'a Model, inner: Rect) -> Self {
        let (theme, snapshot, width) = (&model.theme, &*model.shown, inner.width);
        let recent = Recent::of(snapshot);
        let widths = Widths::of(width);
        let finding = sections::finding(&finding::finding(snapshot, &recent, false), width, theme);
        let waits = sections::waits(snapshot, &recent, widths);
        let mut figures = sections::figures(snapshot, widths);
        let mut statements = sections::statements(&recent, width, theme);
        if statements.is_empty() {
            statements.push(Row::Words(Line::styled(" none was seen", theme.style(Role::Dim))));
        }
        let mut last = vec![sections::connections(snapshot, width, theme)];
        last.extend(sections::missing(snapshot, width, theme));
        last.extend(sections::own(&recent, width, theme));

        // Three dividers and the seconds.
        let taken = finding.len() + last.len() + 4;
        let left = usize::from(inner.height).saturating_sub(taken);
        let wanted = [(waits.len().max(1), 3), (figures.len(), 4), (statements.len(), 3)];
        let [for_waits, for_figures, for_statements] = shared(left, wanted);
        statements.truncate(for_statements);
        if for_figures == figures.len() && for_figures > 0 {
            let spare = left - for_waits - for_figures - for_statements;
            let lines = (1 + spare / for_figures).min(usize::from(BARS_MAX));
            sections::heighten(&mut figures, lines as u16);
        }
        let scrolled = model.database.scrolled;
        Self {
            finding,
            waits: Shown::new(waits, for_waits, scrolled),
            figures: Shown::new(figures, for_figures, scrolled),
            statements,
            last,
            widths,
            note: recent.note(),
        }
    }
}

/// Shares `left` lines among lists that want so many, and at least so many as far as there are any.
fn shared(left: usize, wanted: [(usize, usize); 3]) -> [usize; 3] {
    let mut shares = [0; 3];
    let mut left = left;
    for (share, (want, least)) in shares.iter_mut().zip(wanted) {
        *share = want.min(least).min(left);
        left -= *share;
    }
    while left > 0 && shares.iter().zip(wanted).any(|(share, (want, _))| *share < want) {
        for (share, (want, _)) in shares.iter_mut().zip(wanted) {
            if *share < want && left > 0 {
                *share += 1;
                left -= 1;
            }
        }
    }
    shares
}

fn draw_framed(model: &Model, area: Rect, buffer: &mut Buffer) {
    let (theme, snapshot) = (&model.theme, &*model.shown);
    let parts = Parts::of(model, inside(area));
    let inner = frame(buffer, area, &title("database", parts.note, theme), theme);
    let widths = parts.widths;
    let axis = Axis::new(snapshot, inner.width.saturating_sub(widths.columns_at()));
    let mut y = 0;
    let rows = |rows: &mut dyn Iterator<Item = &Row<'_>>, y: &mut u16, buffer: &mut Buffer| {
        for row in rows {
            let room = Rect { y: inner.y + *y, height: inner.height.saturating_sub(*y), ..inner };
            row.draw(&axis, widths, theme, room, buffer);
            *y = y.saturating_add(row.lines());
        }
    };
    rows(&mut parts.finding.iter(), &mut y, buffer);
    if snapshot.database_samples.is_empty() {
        return rows(&mut sections::missing(snapshot, inner.width, theme).iter(), &mut y, buffer);
    }

    let heading = |y: u16, name: &'static str, right: Line<'_>, buffer: &mut Buffer| -> Rect {
        divider(buffer, area, y + 1, &title(name, "", theme), theme);
        let line = Rect { y: inner.y + y, height: u16::from(y < inner.height), ..inner };
        put_right(buffer, Rect { width: line.width.saturating_sub(1), ..line }, 0, &right);
        line
    };
    let room = inner.width.saturating_sub(widths.columns_at() + 1);
    let right = legend(theme, axis.has_gap(), parts.waits.more(theme), room);
    let line = heading(y, "queries wait for", right, buffer);
    widths.headings(["mean", "most"], theme, line, buffer);
    y += 1;
    if parts.waits.rows.is_empty() {
        let none = [Row::Words(Line::styled(" none was under way at any look", theme.style(Role::Dim)))];
        rows(&mut none.iter(), &mut y, buffer);
    }
    rows(&mut parts.waits.rows(), &mut y, buffer);
    rows(&mut [Row::Seconds].iter(), &mut y, buffer);

    let more = parts.figures.more(theme);
    let right = more.map_or_else(Line::default, |more| Line::from(vec![more, " ".into()]));
    let line = heading(y, "beside the load", right, buffer);
    let is_old = period::is_over(snapshot) || snapshot.database_silent_for.is_some();
    widths.headings([if is_old { "last" } else { "now" }, "most"], theme, line, buffer);
    y += 1;
    rows(&mut parts.figures.rows(), &mut y, buffer);

    let line = heading(y, "statements", Line::default(), buffer);
    sections::statement_headings(theme, line, buffer);
    y += 1;
    rows(&mut parts.statements.iter(), &mut y, buffer);
    // At the bottom, wherever that is.
    y = y.max(inner.height.saturating_sub(parts.last.len() as u16));
    rows(&mut parts.last.iter(), &mut y, buffer);
}

/// What the tones say, what stands where nothing was seen, and how many rows there are more.
fn legend<'a>(theme: &Theme, has_gap: bool, more: Option<Span<'a>>, width: u16) -> Line<'a> {
    let tones: Vec<String> =
        theme.glyphs.tones.iter().zip(TONES_FROM).map(|(tone, from)| format!("{tone} {from:.0}")).collect();
    let dim = |text: String| Span::styled(text, theme.style(Role::Dim));
    let mut segments = vec![Segment::new(2, vec![dim(format!(" {}", tones.join(" ")))])];
    if has_gap {
        segments.push(Segment::new(1, vec![dim(format!("  {} not seen", theme.glyphs.none))]));
    }
    segments.extend(more.map(|more| Segment::new(0, vec![more])));
    let mut line = fit(segments, "", width.saturating_sub(1), theme);
    line.push_span(" ");
    line
}

/// Everything as one list.
fn list<'a>(model: &'a Model, area: Rect) -> Vec<Row<'a>> {
    let (theme, snapshot, width) = (&model.theme, &*model.shown, area.width);
    let recent = Recent::of(snapshot);
    let widths = Widths::of(width);
    let is_brief = width < NARROW;
    let mut rows = sections::finding(&finding::finding(snapshot, &recent, is_brief), width, theme);
    if snapshot.database_samples.is_empty() {
        rows.extend(sections::missing(snapshot, width, theme));
        return rows;
    }
    let has_headings = area.height >= HEADINGS_MIN;
    let heading = |rows: &mut Vec<Row<'a>>, name: &'static str| {
        if has_headings {
            rows.push(Row::Words(Line::styled(name, theme.style(Role::Title))));
        }
    };
    let mut waits = sections::waits(snapshot, &recent, widths);
    let mut figures = sections::figures(snapshot, widths);
    // In a few lines there is something of everything; the rest comes below.
    let (waits_first, figures_first) = if has_headings { (usize::MAX, usize::MAX) } else { (3, 3) };
    let more_waits = waits.split_off(waits_first.min(waits.len()));
    let more_figures = figures.split_off(figures_first.min(figures.len()));
    heading(&mut rows, "queries wait for");
    rows.extend(waits);
    heading(&mut rows, "beside the load");
    rows.extend(figures);
    rows.push(Row::Seconds);
    heading(&mut rows, "statements");
    rows.extend(sections::statements(&recent, width, theme));
    rows.push(sections::connections(snapshot, width, theme));
    rows.extend(sections::missing(snapshot, width, theme));
    rows.extend(more_waits);
    rows.extend(more_figures);
    rows.extend(sections::own(&recent, width, theme));
    rows
}

fn draw_list(model: &Model, area: Rect, buffer: &mut Buffer) {
    let theme = &model.theme;
    let rows = list(model, area);
    let widths = Widths::of(area.width);
    let axis = Axis::new(&model.shown, area.width.saturating_sub(widths.columns_at()));
    let shown = Shown::new(rows, usize::from(area.height), model.database.scrolled);
    for (y, row) in (0..).zip(shown.rows()) {
        let room = Rect { y: area.y + y, height: area.height.saturating_sub(y), ..area };
        row.draw(&axis, widths, theme, room, buffer);
    }
    if let Some(more) = shown.more(theme)
        && area.height > 0
    {
        put_right(buffer, area, area.height - 1, &more.into());
    }
}
