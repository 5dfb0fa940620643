//! What the faults of the run did, the newest first: what happened from their beginning until a backup poll after
//! their end.
//!
//! ```text
//! │ 00:31  10s  drop_notifications 100%    142 rescued, 1,034 notices swallowed, 12 late (9.4s at most) │
//! ```

use loadgen::snapshot::FaultRecord;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::first_row;
use crate::model::{Model, Place, faults};
use crate::theme::{Role, Theme};
use crate::view::format;
use crate::view::paint::{Segment, clip, fit, frame, put, title};

/// Below this height it goes beside the list rather than below.
pub(super) const HEIGHT_MIN: u16 = 6;
/// From this width on a fault takes one line rather than two.
const WIDE: u16 = 90;

pub(super) fn draw(model: &Model, area: Rect, buffer: &mut Buffer) {
    let theme = &model.theme;
    let records = &model.shown.fault_records;
    let note = if area.width >= 70 {
        "(until a backup poll after their end, whatever else was at work)"
    } else {
        ""
    };
    let inner = frame(buffer, area, &title("what they did", note, theme), theme);
    if records.is_empty() {
        return put(buffer, inner, 0, &Line::styled(" no fault yet", theme.style(Role::Dim)));
    }
    let lines_each = if inner.width >= WIDE { 1 } else { 2 };
    let fit = usize::from(inner.height / lines_each).max(1);
    let selected = match model.faults.place {
        Place::Past(place) => Some(place),
        Place::Fault(_) => None,
    };
    let first = first_row(selected.unwrap_or(0), fit, records.len());
    let shown = records.iter().rev().enumerate().skip(first).take(fit);
    for (top, (place, record)) in (0..).step_by(usize::from(lines_each)).zip(shown) {
        let is_selected = selected == Some(place);
        if lines_each == 1 {
            put(buffer, inner, top, &in_one_line(record, is_selected, theme, inner.width));
        } else {
            put(buffer, inner, top, &name_line(record, is_selected, theme, inner.width));
            put(buffer, inner, top + 1, &deeds_line(record, theme, inner.width));
        }
    }
}

fn in_one_line<'a>(record: &FaultRecord, is_selected: bool, theme: &Theme, width: u16) -> Line<'a> {
    let mut line = Line::from(vec![
        mark(is_selected, theme),
        Span::styled(format!("{:>7}  ", format::clock(record.began)), theme.style(Role::Dim)),
        Span::styled(format!("{:<8}", duration(record)), theme.style(duration_role(record))),
        Span::styled(format!("{:<40}", clip(&name(record), 39, theme)), name_style(is_selected, theme)),
    ]);
    let room = width.saturating_sub(u16::try_from(line.width()).unwrap_or(u16::MAX));
    line.extend(deeds(record, theme, room).spans);
    line
}

fn name_line<'a>(record: &FaultRecord, is_selected: bool, theme: &Theme, width: u16) -> Line<'a> {
    let mut line = Line::from(vec![
        mark(is_selected, theme),
        Span::styled(format!("{} ", format::clock(record.began)), theme.style(Role::Dim)),
    ]);
    let room = usize::from(width).saturating_sub(line.width());
    line.push_span(Span::styled(clip(&name(record), room, theme), name_style(is_selected, theme)));
    line
}

fn deeds_line<'a>(record: &FaultRecord, theme: &Theme, width: u16) -> Line<'a> {
    let mut line =
        Line::from(Span::styled(format!("  {} ", duration(record)), theme.style(duration_role(record))));
    let room = width.saturating_sub(u16::try_from(line.width()).unwrap_or(u16::MAX));
    line.extend(deeds(record, theme, room).spans);
    line
}

fn mark<'a>(is_selected: bool, theme: &Theme) -> Span<'a> {
    Span::raw(if is_selected { theme.glyphs.selected } else { " " })
}

fn name_style(is_selected: bool, theme: &Theme) -> ratatui::style::Style {
    theme.style(if is_selected { Role::Selection } else { Role::Text })
}

fn name(record: &FaultRecord) -> String {
    faults::in_words(&record.name, &record.parameter, record.replica)
}

fn duration(record: &FaultRecord) -> String {
    match record.ended {
        None => "now".to_owned(),
        Some(ended) => match ended.saturating_sub(record.began) {
            length if length.as_millis() < 100 => "once".to_owned(),
            length => format::duration(length),
        },
    }
}

fn duration_role(record: &FaultRecord) -> Role {
    if record.ended.is_none() { Role::Alarm } else { Role::Dim }
}

/// What happened meanwhile, the gravest first; what has no room goes.
fn deeds<'a>(record: &FaultRecord, theme: &Theme, width: u16) -> Line<'a> {
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
    let longest = format::micros(u64::try_from(of.longest_wait.as_micros()).unwrap_or(u64::MAX));
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
    fit(segments, ", ", width)
}
