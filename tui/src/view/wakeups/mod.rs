//! What woke whom: a lane for each domain over an axis of time.
//!
//! ```text
//! ┌ wakeups · 10s, following ─────────────────────────────────────┐
//! │ ▾ notice ▽ swallowed + remembered ↻ poll R rescued █ found …  │
//! │▶terraform on-prem  ▾  ▾     ▽  ▽▽        ↻R                   │
//! │                    █  █                   █                   │
//! │ terraform cloud    ▾                                          │
//! │                    ▒                                          │
//! │ drop_notifications          ░░░░░░░░░░░                       │
//! │                    00:32.0        00:37.0              00:42.0│
//! ├ 00:37.204 replica 1 · a fault swallowed the notice of job 812 ┤
//! └───────────────────────────────────────────────────────────────┘
//! ```

mod lanes;
mod story;

use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;
use ratatui::text::{Line, Span};

use super::format;
use super::paint::{Segment, clip, divider, fit, frame, put, title};
use crate::keymap::{Action, wakeups};
use crate::model::{FaultSpan, Landmark, Model};
use crate::theme::{Role, Theme};

use lanes::{Bar, Cell, Columns, Lanes, Mark};

pub(super) use story::{page as story_page, positions as story_positions};

/// Where the parts are.
struct Parts {
    /// Inside the frame.
    inner: Rect,
    /// How wide the names of lanes are.
    names: u16,
    /// Rows of the lanes.
    rows: u16,
    /// Rows of one lane.
    per_lane: u16,
}

impl Parts {
    /// Legend, faults and axis take a row each, and what is pointed at takes two where there is room.
    fn of(model: &Model, area: Rect) -> Self {
        let width = area.width.saturating_sub(2);
        let inner = Rect { x: area.x + 1, y: area.y + 1, width, height: area.height.saturating_sub(2) };
        let rows = inner.height.saturating_sub(Self::taken(inner.height));
        let lanes = u16::try_from(model.wakeups.lanes.len()).unwrap_or(u16::MAX);
        let per_lane = if lanes.saturating_mul(2) <= rows { 2 } else { 1 };
        Self { inner, names: (width / 4).max(20).min(width * 2 / 5).min(28), rows, per_lane }
    }

    fn taken(height: u16) -> u16 {
        match height {
            0..4 => 1,
            4..10 => 2,
            _ => 5,
        }
    }

    fn lanes(&self) -> usize {
        usize::from(self.rows / self.per_lane)
    }

    /// Whether legend and what is pointed at are shown.
    fn has_room(&self) -> bool {
        self.inner.height >= 10
    }
}

/// How many lanes a screenful has; one at least, so that a page is a step.
pub(super) fn page(model: &Model, area: Rect) -> usize {
    Parts::of(model, area).lanes().max(1)
}

/// The lane at this line of the screen.
pub(super) fn lane_at(model: &Model, area: Rect, y: u16) -> Option<usize> {
    let (state, parts) = (&model.wakeups, Parts::of(model, area));
    if state.is_empty() || state.story.is_some() {
        return None;
    }
    let row = y.checked_sub(parts.inner.y + u16::from(parts.has_room()))?;
    let place = usize::from(row / parts.per_lane);
    let lane = state.offset + place;
    (place < parts.lanes() && lane < state.lanes.len()).then_some(lane)
}

/// The story of what is pointed at, or else the lane's domain; `None` while there is no lane.
pub(super) fn copied(model: &Model) -> Option<String> {
    let state = &model.wakeups;
    let story = state.story().map(|story| story::copied(&story));
    story.or_else(|| state.selected().map(|domain| state.label(domain)))
}

pub(super) fn draw(model: &Model, area: Rect, buffer: &mut Buffer) {
    let (theme, state) = (&model.theme, &model.wakeups);
    let area = area.intersection(buffer.area);
    let newest = model.shown.elapsed;
    let (from, to) = state.window(newest);
    frame(buffer, area, &title("wakeups", note(model), theme), theme);
    let parts = Parts::of(model, area);
    if parts.inner.height == 0 || parts.inner.width == 0 {
        return;
    }
    if state.is_empty() {
        let word = " nothing woke anybody yet";
        return put(buffer, parts.inner, 0, &Line::styled(word, theme.style(Role::Dim)));
    }
    let columns = Columns { from, to, width: usize::from(parts.inner.width - parts.names) };
    let has_room = parts.has_room();
    let mut row = 0;
    if has_room {
        put(buffer, parts.inner, row, &legend(theme, parts.inner.width));
        row += 1;
    }
    row = draw_lanes(model, &parts, columns, row, buffer);
    if parts.inner.height >= 4 {
        draw_faults(model, &parts, columns, row, buffer);
        row += 1;
    }
    draw_axis(theme, &parts, columns, row, buffer);
    if has_room {
        let at = area.height - 3;
        divider(buffer, area, at, &Line::default(), theme);
        put(buffer, parts.inner, at, &pointed(model, parts.inner.width));
    }
    if state.story.is_some() {
        story::draw(model, area, buffer);
    }
}

fn note(model: &Model) -> String {
    let state = &model.wakeups;
    let span = state.span().map_or_else(|| "the whole run".to_owned(), span_in_words);
    let mode = match state.held_at {
        None => "following",
        Some(_) => "held still",
    };
    format!("{}{span}, {mode}", model.theme.glyphs.separator.trim_start())
}

fn span_in_words(span: Duration) -> String {
    if span < Duration::from_secs(1) { format!("{}ms", span.as_millis()) } else { format::duration(span) }
}

fn legend(theme: &Theme, width: u16) -> Line<'static> {
    let entry = |rank: u8, (glyph, role): (&'static str, Role), word: &'static str| {
        Segment::new(
            rank,
            vec![
                Span::styled(glyph, theme.style(role)),
                Span::styled(format!(" {word}"), theme.style(Role::Dim)),
            ],
        )
    };
    let marks = |mark| mark_glyph(theme, mark);
    fit(
        vec![
            entry(0, marks(Mark::Notice), "notice"),
            entry(1, marks(Mark::Swallowed), "swallowed"),
            entry(6, marks(Mark::Pended), "remembered"),
            entry(0, marks(Mark::Poll), "backup poll"),
            entry(0, marks(Mark::Rescued), "rescued"),
            entry(7, marks(Mark::Cleared), "new or recovered"),
            entry(2, bar_glyph(theme, Bar::Found), "query found"),
            entry(3, bar_glyph(theme, Bar::Empty), "empty"),
            entry(4, bar_glyph(theme, Bar::Failed), "failed"),
            entry(5, bar_glyph(theme, Bar::InFlight), "in flight"),
        ],
        "  ",
        width,
        theme,
    )
}

/// Answers the row below.
fn draw_lanes(model: &Model, parts: &Parts, columns: Columns, first: u16, buffer: &mut Buffer) -> u16 {
    let (theme, state) = (&model.theme, &model.wakeups);
    let end = (state.offset + parts.lanes()).min(state.lanes.len());
    let shown = state.offset.min(end)..end;
    let lanes = Lanes::fill(state, shown.clone(), columns);
    let names = usize::from(parts.names);
    for (place, domain) in state.lanes[shown].iter().enumerate() {
        let row = first + parts.per_lane * place as u16;
        let is_selected = state.offset + place == state.lane;
        let marker = if is_selected { theme.glyphs.selected } else { " " };
        let style = theme.style(if is_selected { Role::Title } else { Role::Text });
        let (room, name) = (names.saturating_sub(2), state.label(*domain));
        let is_long = Span::raw(name.as_str()).width() > room;
        let name = if is_long { clip(&state.short_label(*domain), room, theme) } else { name };
        let line = Line::from(vec![Span::styled(marker, theme.style(Role::Key)), Span::styled(name, style)]);
        put(buffer, parts.inner, row, &line);
        for (column, cell) in lanes.of(place).iter().enumerate() {
            let x = parts.inner.x + parts.names + column as u16;
            draw_cell(theme, parts.per_lane, *cell, (x, parts.inner.y + row), buffer);
        }
    }
    first + parts.rows
}

fn draw_cell(theme: &Theme, per_lane: u16, cell: Cell, (x, y): (u16, u16), buffer: &mut Buffer) {
    let mark = cell.mark.map(|mark| mark_glyph(theme, mark));
    let bar = cell.bar.map(|bar| bar_glyph(theme, bar));
    // In one row a mark that says more than the query itself lies over it.
    let is_quiet = cell.mark.is_none_or(|mark| mark <= Mark::HandedOver);
    let (above, below) =
        if per_lane == 2 { (mark, bar) } else { (if is_quiet { bar.or(mark) } else { mark.or(bar) }, None) };
    for (glyph, y) in [(above, y), (below, y + 1)] {
        let Some((symbol, role)) = glyph else { continue };
        let style = theme.style(role);
        let style =
            if cell.is_pointed { style.add_modifier(Modifier::REVERSED | Modifier::BOLD) } else { style };
        buffer.set_string(x, y, symbol, style);
    }
}

fn draw_faults(model: &Model, parts: &Parts, columns: Columns, row: u16, buffer: &mut Buffer) {
    let theme = &model.theme;
    let state = &model.wakeups;
    let mut names: Vec<&str> = Vec::new();
    for FaultSpan { fault, began, ended } in state.fault_spans.iter().copied() {
        let ended = ended.unwrap_or(columns.to);
        if began > columns.to || ended < columns.from {
            continue;
        }
        if let Some(fault) = state.faults.get(fault as usize)
            && !names.contains(&fault.name.as_str())
        {
            names.push(&fault.name);
        }
        for column in columns.of(began.max(columns.from))..=columns.of(ended.min(columns.to)) {
            let x = parts.inner.x + parts.names + column as u16;
            buffer.set_string(x, parts.inner.y + row, theme.glyphs.band, theme.style(Role::FaultBand));
        }
    }
    let name = clip(&names.join(", "), usize::from(parts.names).saturating_sub(2), theme);
    put(buffer, parts.inner, row, &Line::styled(format!(" {name}"), theme.style(Role::Alarm)));
}

fn draw_axis(theme: &Theme, parts: &Parts, columns: Columns, row: u16, buffer: &mut Buffer) {
    const TICK: usize = 14;
    if row >= parts.inner.height {
        return;
    }
    let ticks = (columns.width / TICK).clamp(1, 8);
    // Each stands at the beginning of its column, but for the last, which says where the window ends.
    for tick in 0..=ticks {
        let column = columns.width * tick / ticks;
        let text = moment(columns.begin(column));
        let left = column.min(columns.width.saturating_sub(text.len()));
        let is_crowded = tick + 1 == ticks && column + text.len() * 2 > columns.width;
        if !is_crowded && text.len() <= columns.width {
            let x = parts.inner.x + parts.names + left as u16;
            buffer.set_string(x, parts.inner.y + row, text, theme.style(Role::Dim));
        }
    }
}

/// A moment of the run: `00:41.234`.
fn moment(at: Duration) -> String {
    format!("{}.{:03}", format::clock(at), at.subsec_millis())
}

fn pointed<'a>(model: &Model, width: u16) -> Line<'a> {
    let (theme, state) = (&model.theme, &model.wakeups);
    let event = state.pointed.and_then(|number| state.event(number));
    let Some(event) = event else {
        let keys = |action| model.keymap.key_for(model.view, action).unwrap_or_default();
        let step = keys(Action::Wakeups(wakeups::Action::Jump { to: Landmark::Event, forward: false }));
        let open = keys(Action::Open);
        let tries = [
            format!(" {step} goes through what happened here, one by one; {open} tells the whole story"),
            format!(" {step} steps, {open} tells the story"),
        ];
        let fits = |word: &&String| Span::raw(word.as_str()).width() <= usize::from(width);
        let word = tries.iter().find(fits).map_or("", String::as_str).to_owned();
        return Line::styled(word, theme.style(Role::Dim));
    };
    let replica = event.replica.map_or(String::new(), |replica| format!("replica {replica} "));
    let head = format!(" {} {replica}{}", moment(event.at), theme.glyphs.separator.trim_start());
    let room = usize::from(width).saturating_sub(Span::raw(head.as_str()).width());
    Line::from(vec![
        Span::styled(head, theme.style(Role::Dim)),
        Span::styled(clip(&state.in_words(event), room, theme), theme.style(Role::Title)),
    ])
}

fn mark_glyph(theme: &Theme, mark: Mark) -> (&'static str, Role) {
    let glyphs = theme.glyphs.wakeups;
    match mark {
        Mark::HandedOver => (glyphs.handed_over, Role::Dim),
        Mark::Pended => (glyphs.pended, Role::Warning),
        Mark::Cleared => (glyphs.cleared, Role::Key),
        Mark::Notice => (glyphs.notice, Role::Posted),
        Mark::Poll => (glyphs.poll, Role::Warning),
        Mark::Swallowed => (glyphs.swallowed, Role::Alarm),
        Mark::Failed => (glyphs.failed, Role::Failed),
        Mark::Rescued => (glyphs.rescued, Role::Rescued),
    }
}

fn bar_glyph(theme: &Theme, bar: Bar) -> (&'static str, Role) {
    let glyphs = theme.glyphs.wakeups;
    match bar {
        Bar::InFlight => (glyphs.in_flight, Role::Text),
        Bar::Empty => (glyphs.empty, Role::Empty),
        Bar::Found => (glyphs.found, Role::Found),
        Bar::Failed => (glyphs.failed, Role::Failed),
    }
}
