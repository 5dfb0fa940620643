//! Jobs per second.
//!
//! ```text
//! ┌ jobs/s ──────────────────────────────────┐
//! │⠒ posted 412  ⣿ acquired 409  ⠤ completed 405
//! │ 500 ⡠⠒⠒⠒⠒⠢⡀░░░░⡠⠒⠒                        │
//! ```

use loadgen::snapshot::Snapshot;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::canvas::Mark;
use super::chart::{self, Series, Shape, chart};
use super::paint::{Segment, fit, put};
use super::{format, period};
use crate::theme::{Role, Theme};

/// The rates in words.
pub(super) fn figures<'a>(snapshot: &Snapshot, theme: &Theme, width: u16, legend: bool) -> Line<'a> {
    let [posted, acquired, completed] = theme.glyphs.legend;
    let values = period::jobs(snapshot);
    let figure = |rank, mark: &str, role, name: &'static str, value: f64| {
        let mark = if legend { format!("{mark} ") } else { String::new() };
        Segment::new(
            rank,
            vec![
                Span::styled(mark, theme.style(role)),
                Span::styled(format!("{name} "), theme.style(Role::Dim)),
                Span::styled(format::number(value), theme.style(role)),
            ],
        )
    };
    let variant = |gap: &'static str, done: &'static str, width: u16| {
        let segments = vec![
            figure(0, posted, Role::Posted, "posted", values[0]),
            figure(1, acquired, Role::Acquired, "acquired", values[1]),
            figure(2, completed, Role::Completed, done, values[2]),
        ];
        fit(segments, gap, width, theme)
    };
    let wide = variant("  ", "completed", u16::MAX);
    if wide.width() <= usize::from(width) { wide } else { variant(" ", "done", width) }
}

pub(super) fn draw(snapshot: &Snapshot, theme: &Theme, area: Rect, buffer: &mut Buffer) {
    put(buffer, area, 0, &figures(snapshot, theme, area.width, true));
    let [line, fill, dashes] = theme.glyphs.legend;
    let series = [
        Series {
            value: |second| second.acquired as f64,
            shape: Shape::Area,
            mark: Mark { role: Role::Acquired, ascii: fill },
        },
        Series {
            value: |second| second.completed as f64,
            shape: Shape::Dashes,
            mark: Mark { role: Role::Completed, ascii: dashes },
        },
        Series {
            value: |second| second.posted as f64,
            shape: Shape::Line,
            mark: Mark { role: Role::Posted, ascii: line },
        },
    ];
    let plot = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
    chart(buffer, plot, &snapshot.seconds, &series, chart::plain, theme);
}

/// The backlog: in words, then over time.
pub(super) fn draw_backlog(snapshot: &Snapshot, theme: &Theme, area: Rect, buffer: &mut Buffer) {
    put(buffer, area, 0, &backlog_figures(snapshot, theme, area.width));
    let series = [Series {
        value: |second| second.backlog as f64,
        shape: Shape::Area,
        mark: Mark { role: Role::Backlog, ascii: theme.glyphs.legend[1] },
    }];
    let plot = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
    chart(buffer, plot, &snapshot.seconds, &series, chart::plain, theme);
}

/// How many jobs are where.
pub(super) fn backlog_figures<'a>(snapshot: &Snapshot, theme: &Theme, width: u16) -> Line<'a> {
    let totals = &snapshot.totals;
    let mut segments = Vec::new();
    for (rank, name, value, role) in [
        (0, "waiting", totals.backlog, Role::Backlog),
        (1, "running", totals.in_flight, Role::Text),
        (2, "done", totals.completed, Role::Text),
        (3, "failed", totals.failed, if totals.failed > 0 { Role::Failed } else { Role::Text }),
    ] {
        segments.push(Segment::new(
            rank,
            vec![
                Span::styled(format!("{name} "), theme.style(Role::Dim)),
                Span::styled(format::count(value), theme.style(role)),
            ],
        ));
    }
    fit(segments, "  ", width, theme)
}
