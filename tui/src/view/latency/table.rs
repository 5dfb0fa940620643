//! Percentiles by stage, and of the queue wait by cause.

use loadgen::snapshot::{Latency, Snapshot, Stage};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::super::format;
use super::super::paint::put;
use crate::theme::{Role, Theme};

/// What each stage is, in a job's words.
fn in_words(stage: Stage) -> (&'static str, &'static str) {
    match stage {
        Stage::PostLag => ("post lag", "intended, posting began"),
        Stage::Notify => ("notify", "committed, notice received"),
        Stage::Clearance => ("clearance", "received, query began"),
        Stage::Query => ("query", "query began, acquired"),
        Stage::Handover => ("handover", "acquired, in a worker's hands"),
        Stage::QueueWait => ("queue wait", "committed, acquired"),
        Stage::Service => ("service", "acquired, finished"),
        Stage::Response => ("response", "intended, finished"),
    }
}

/// How many lines there are.
pub(super) fn height(snapshot: &Snapshot) -> u16 {
    let latencies = &snapshot.latencies;
    let causes = latencies.queue_wait_by_cause.iter().filter(|(_, latency)| latency.count > 0).count();
    u16::try_from(1 + latencies.by_stage.len() + if causes > 0 { causes + 1 } else { 0 }).unwrap_or(u16::MAX)
}

pub(super) fn draw(snapshot: &Snapshot, theme: &Theme, area: Rect, buffer: &mut Buffer) {
    let latencies = &snapshot.latencies;
    let is_wide = area.width >= 92;
    let columns = Columns { is_narrow: area.width < 62 };
    let head = |name: &str| {
        let note = if is_wide { "from, to" } else { "" };
        let text = columns.text(name, ["jobs", "p50", "p90", "p99", "max"]);
        Line::styled(text + note, theme.style(Role::Title))
    };
    if latencies.by_stage.iter().all(|(_, latency)| latency.count == 0) {
        return put(buffer, area, 0, &Line::styled(" nothing was measured yet", theme.style(Role::Dim)));
    }
    let mut lines = vec![head("stage")];
    for (stage, latency) in &latencies.by_stage {
        let (name, what) = in_words(*stage);
        let is_loud = matches!(stage, Stage::QueueWait | Stage::Response);
        lines.push(columns.row(name, latency, if is_wide { what } else { "" }, is_loud, theme));
    }
    let causes: Vec<_> =
        latencies.queue_wait_by_cause.iter().filter(|(_, latency)| latency.count > 0).collect();
    if !causes.is_empty() {
        lines.push(head("queue wait by cause"));
    }
    for (cause, latency) in causes {
        lines.push(columns.row(cause.as_str(), latency, "", false, theme));
    }
    for (row, line) in (0..area.height).zip(&lines) {
        put(buffer, area, row, line);
    }
}

/// Which figures there is room for.
#[derive(Debug, Clone, Copy)]
struct Columns {
    is_narrow: bool,
}

impl Columns {
    fn text(self, name: &str, figures: [&str; 5]) -> String {
        let [jobs, p50, p90, p99, max] = figures;
        if self.is_narrow {
            return format!(" {name:<12.12}{p50:>8}{p99:>8}{max:>8}");
        }
        format!(" {name:<20}{jobs:>9}{p50:>8}{p90:>8}{p99:>8}{max:>8}  ")
    }

    fn row<'a>(self, name: &str, latency: &Latency, note: &str, is_loud: bool, theme: &Theme) -> Line<'a> {
        let figure = |us: u64| {
            if latency.count == 0 { theme.glyphs.none.to_owned() } else { format::micros(us) }
        };
        let figures = [
            format::count(latency.count),
            figure(latency.p50_us),
            figure(latency.p90_us),
            figure(latency.p99_us),
            figure(latency.max_us),
        ];
        let figures = figures.each_ref().map(String::as_str);
        let role = if is_loud { Role::Title } else { Role::Text };
        let text = self.text(name, figures);
        Line::from(vec![
            Span::styled(text, theme.style(role)),
            Span::styled(note.to_owned(), theme.style(Role::Dim)),
        ])
    }
}
