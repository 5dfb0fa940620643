//! What was done to the run, the newest first; of a fault also what happened from its beginning until a backup poll
//! after its end.
//!
//! ```text
//! │ 00:31  10s  drop_notifications 100%    142 rescued, 1,034 notices swallowed, 12 late (9.4s at most) │
//! ```

use loadgen::snapshot::{By, FaultRecord, Intervention};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::first_row;
use crate::model::{Deed, Model, Place, faults};
use crate::theme::{Role, Theme};
use crate::view::format;
use crate::view::paint::{Segment, clip, fit, frame, inside, put, title};

/// Below this height it goes beside the list rather than below.
pub(super) const HEIGHT_MIN: u16 = 6;
/// From this width on a fault takes one line rather than two.
const WIDE: u16 = 90;

pub(super) fn draw(model: &Model, area: Rect, buffer: &mut Buffer) {
    let theme = &model.theme;
    let deeds = faults::deeds(&model.shown);
    let note = if area.width >= 70 { "and what happened until a backup poll after" } else { "" };
    let inner = frame(buffer, area, &title("what was done", note, theme), theme);
    if deeds.is_empty() {
        return put(buffer, inner, 0, &Line::styled(" nothing was done yet", theme.style(Role::Dim)));
    }
    let Shown { lines_each, fit, first, selected } = Shown::of(model, inner, deeds.len());
    let shown = deeds.iter().enumerate().skip(first).take(fit);
    for (top, (place, deed)) in (0..).step_by(usize::from(lines_each)).zip(shown) {
        let is_selected = selected == Some(place);
        if lines_each == 1 {
            put(buffer, inner, top, &in_one_line(deed, is_selected, theme, inner.width));
        } else {
            put(buffer, inner, top, &name_line(deed, is_selected, theme, inner.width));
            put(buffer, inner, top + 1, &outcome_line(deed, theme, inner.width));
        }
    }
}

/// What was done at this line of the screen.
pub(super) fn place_at(model: &Model, area: Rect, y: u16) -> Option<usize> {
    let (inner, count) = (inside(area), faults::deeds(&model.shown).len());
    let Shown { lines_each, fit, first, .. } = Shown::of(model, inner, count);
    let row = usize::from(y.checked_sub(inner.y).filter(|line| *line < inner.height)? / lines_each);
    Some(first + row).filter(|place| row < fit && *place < count)
}

/// Which of them are shown.
struct Shown {
    lines_each: u16,
    fit: usize,
    first: usize,
    selected: Option<usize>,
}

impl Shown {
    fn of(model: &Model, inner: Rect, count: usize) -> Self {
        let lines_each = if inner.width >= WIDE { 1 } else { 2 };
        let fit = usize::from(inner.height / lines_each).max(1);
        let selected = match model.faults.place {
            Place::Past(place) => Some(place),
            Place::Fault(_) | Place::Dial(_) => None,
        };
        Self { lines_each, fit, first: first_row(selected.unwrap_or(0), fit, count), selected }
    }
}

/// One of them for other programs: when, how long, what, and what came of it.
pub(super) fn copied(deed: &Deed<'_>, theme: &Theme) -> String {
    let outcome: String = outcome(deed, theme, u16::MAX).spans.iter().map(|span| &*span.content).collect();
    let (at, lasted, what) = (format::clock(deed.at()), lasted(deed, theme), what(deed));
    format!("{at} {} {what}: {outcome}", lasted.content).trim_end_matches([':', ' ']).to_owned()
}

fn in_one_line<'a>(deed: &Deed<'_>, is_selected: bool, theme: &Theme, width: u16) -> Line<'a> {
    let (lasted, what) = (lasted(deed, theme), what(deed));
    let mut line = Line::from(vec![
        mark(is_selected, theme),
        Span::styled(format!("{:>7}  ", format::clock(deed.at())), theme.style(Role::Dim)),
        Span::styled(format!("{:<8}", lasted.content), lasted.style),
    ]);
    if let Deed::Order(Intervention { refused: None, .. }) = deed {
        let room = usize::from(width).saturating_sub(line.width());
        line.push_span(Span::styled(clip(&what, room, theme), name_style(is_selected, theme)));
        return line;
    }
    line.push_span(Span::styled(format!("{:<40}", clip(&what, 39, theme)), name_style(is_selected, theme)));
    let room = width.saturating_sub(u16::try_from(line.width()).unwrap_or(u16::MAX));
    line.extend(outcome(deed, theme, room).spans);
    line
}

fn name_line<'a>(deed: &Deed<'_>, is_selected: bool, theme: &Theme, width: u16) -> Line<'a> {
    let mut line = Line::from(vec![
        mark(is_selected, theme),
        Span::styled(format!("{} ", format::clock(deed.at())), theme.style(Role::Dim)),
    ]);
    let room = usize::from(width).saturating_sub(line.width());
    line.push_span(Span::styled(clip(&what(deed), room, theme), name_style(is_selected, theme)));
    line
}

fn outcome_line<'a>(deed: &Deed<'_>, theme: &Theme, width: u16) -> Line<'a> {
    let mut line = Line::raw("  ");
    // That it was an order is clear from its being refused.
    if !matches!(deed, Deed::Order(Intervention { refused: Some(_), .. })) {
        line.push_span(lasted(deed, theme));
        line.push_span(" ");
    }
    let room = width.saturating_sub(u16::try_from(line.width()).unwrap_or(u16::MAX));
    line.extend(outcome(deed, theme, room).spans);
    line
}

fn mark<'a>(is_selected: bool, theme: &Theme) -> Span<'a> {
    Span::raw(if is_selected { theme.glyphs.selected } else { " " })
}

fn name_style(is_selected: bool, theme: &Theme) -> ratatui::style::Style {
    theme.style(if is_selected { Role::Selection } else { Role::Text })
}

fn what(deed: &Deed<'_>) -> String {
    match deed {
        Deed::Fault(FaultRecord { name, parameter, replica, .. }) => {
            faults::in_words(name, parameter, *replica)
        }
        Deed::Order(order) => order.what.clone(),
    }
}

fn lasted<'a>(deed: &Deed<'_>, theme: &Theme) -> Span<'a> {
    let (text, role) = match deed {
        Deed::Order(Intervention { by: By::Scenario, .. }) => ("planned".to_owned(), Role::Dim),
        Deed::Order(_) => ("order".to_owned(), Role::Dim),
        Deed::Fault(record) => match record.ended.map(|ended| ended.saturating_sub(record.began)) {
            None => ("now".to_owned(), Role::Alarm),
            Some(length) if length.as_millis() < 100 => ("once".to_owned(), Role::Dim),
            Some(length) => (format::duration(length), Role::Dim),
        },
    };
    Span::styled(text, theme.style(role))
}

fn outcome<'a>(deed: &Deed<'_>, theme: &Theme, width: u16) -> Line<'a> {
    match deed {
        Deed::Fault(record) => meanwhile(record, theme, width),
        Deed::Order(Intervention { refused: Some(why), .. }) => {
            let text = format!("refused: {why}");
            Line::styled(clip(&text, usize::from(width), theme), theme.style(Role::Warning))
        }
        Deed::Order(_) => Line::default(),
    }
}

/// What happened meanwhile, the gravest first; what has no room goes.
fn meanwhile<'a>(record: &FaultRecord, theme: &Theme, width: u16) -> Line<'a> {
    if let Some(why) = &record.failure {
        let text = format!("failed: {why}");
        return Line::styled(clip(&text, usize::from(width), theme), theme.style(Role::Warning));
    }
    let of = &record.meanwhile;
    let mut segments = Vec::new();
    let mut deed = |count: u64, role, text: String| {
        if count > 0 {
            let rank = segments.len() as u8;
            segments.push(Segment::new(rank, vec![Span::styled(text, theme.style(role))]));
        }
    };
    let count = |count: u64, one: &str, many: &str| {
        format!("{} {}", format::count(count), if count == 1 { one } else { many })
    };
    deed(of.rescued, Role::Rescued, count(of.rescued, "rescued", "rescued"));
    let longest = format::wait(of.longest_wait);
    deed(of.late, Role::Warning, format!("{} late, up to {longest}", format::count(of.late)));
    deed(of.crashed, Role::Warning, count(of.crashed, "worker died", "workers died"));
    deed(of.losses_signalled, Role::Warning, count(of.losses_signalled, "loss told", "losses told"));
    deed(of.queries_failed, Role::Failed, count(of.queries_failed, "query failed", "queries failed"));
    deed(of.swallowed, Role::Warning, count(of.swallowed, "notice swallowed", "notices swallowed"));
    if segments.is_empty() {
        let text = if of.longest_wait.is_zero() {
            "no job acquired".to_owned()
        } else {
            format!("waits up to {longest}")
        };
        return Line::styled(clip(&text, usize::from(width), theme), theme.style(Role::Dim));
    }
    fit(segments, ", ", width, theme)
}
