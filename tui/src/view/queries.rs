//! Acquire queries per second.
//!
//! ```text
//! ├ acquire queries/s ───────────────────────┤
//! │found 409  empty 61  failed 0  1.15/job   │
//! ```

use loadgen::snapshot::{Second, Snapshot};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::canvas::Mark;
use super::chart::{self, Series, Shape, chart};
use super::paint::{Segment, fit, put};
use super::{format, period};
use crate::theme::{Role, Theme};

/// The rates in words, and what a job costs.
pub(super) fn figures<'a>(snapshot: &Snapshot, theme: &Theme, width: u16) -> Line<'a> {
    let [found, empty, failures] = period::queries(snapshot);
    let failed = if failures > 0.0 { Role::Failed } else { Role::Text };
    let mut segments = Vec::new();
    for (rank, name, value, role) in [
        (0, "found", found, Role::Found),
        (1, "empty", empty, Role::Empty),
        (if failures > 0.0 { 0 } else { 3 }, "failed", failures, failed),
    ] {
        segments.push(Segment::new(
            rank,
            vec![
                Span::styled(format!("{name} "), theme.style(Role::Dim)),
                Span::styled(format::number(value), theme.style(role)),
            ],
        ));
    }
    let [_, acquired, _] = period::jobs(snapshot);
    if acquired > 0.0 {
        let per_job = format!("{:.2}/job", (found + empty + failures) / acquired);
        segments.push(Segment::new(2, vec![Span::styled(per_job, theme.style(Role::Title))]));
    }
    fit(segments, "  ", width, theme)
}

pub(super) fn draw(snapshot: &Snapshot, theme: &Theme, area: Rect, buffer: &mut Buffer) {
    fn all(second: &Second) -> f64 {
        (second.found + second.empty + second.failed) as f64
    }
    put(buffer, area, 0, &figures(snapshot, theme, area.width));
    let [line, fill, _] = theme.glyphs.legend;
    let series = [
        Series { value: all, shape: Shape::Line, mark: Mark { role: Role::Empty, ascii: line } },
        Series {
            value: |second| second.found as f64,
            shape: Shape::Area,
            mark: Mark { role: Role::Found, ascii: fill },
        },
    ];
    let plot = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
    chart(buffer, plot, &snapshot.seconds, &series, chart::plain, theme);
}
