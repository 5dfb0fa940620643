//! Percentiles by stage, and of the queue wait by cause.

use std::cmp::Reverse;

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
    let columns = Columns::of(area.width);
    let head = |name: &str| {
        let note = if is_wide { "from, to" } else { "" };
        let text = columns.text(name, ["jobs", "p50", "p90", "p99", "max"]);
        Line::styled(text + note, theme.style(Role::Title))
    };
    if latencies.by_stage.iter().all(|(_, latency)| latency.count == 0) {
        return put(buffer, area, 0, &Line::styled(" nothing was measured yet", theme.style(Role::Dim)));
    }
    let mut lines = vec![(0, head("stage"))];
    for (stage, latency) in &latencies.by_stage {
        let (name, what) = in_words(*stage);
        let is_loud = matches!(stage, Stage::QueueWait | Stage::Response);
        let what = if is_wide { what } else { "" };
        lines.push((rank(*stage), columns.row(name, latency, what, is_loud, theme)));
    }
    let causes: Vec<_> =
        latencies.queue_wait_by_cause.iter().filter(|(_, latency)| latency.count > 0).collect();
    // The slowest cause stays longest, and its title with it.
    let mut slowest: Vec<_> = causes.iter().map(|(cause, latency)| (latency.p99_us, *cause)).collect();
    slowest.sort_by_key(|(p99_us, _)| Reverse(*p99_us));
    if !causes.is_empty() {
        lines.push((
            RANK_OF_CAUSES,
            head(if columns.name < NAME { "by cause" } else { "queue wait by cause" }),
        ));
    }
    for (cause, latency) in causes {
        let place = slowest.iter().position(|(_, other)| other == cause).unwrap_or(0);
        lines.push((RANK_OF_CAUSES + place, columns.row(cause.as_str(), latency, "", false, theme)));
    }
    while lines.len() > usize::from(area.height) {
        let worst = lines.iter().map(|(rank, _)| *rank).max();
        lines.retain(|(rank, _)| Some(*rank) != worst);
    }
    for (row, (_, line)) in (0..area.height).zip(&lines) {
        put(buffer, area, row, line);
    }
}

/// Of two lines the one with the higher rank goes first where there is little height.
fn rank(stage: Stage) -> usize {
    match stage {
        Stage::QueueWait => 0,
        Stage::Response => 1,
        Stage::Query => 2,
        Stage::Notify => 3,
        Stage::Clearance => 4,
        Stage::Handover => 5,
        Stage::Service => 6,
        Stage::PostLag => 7,
    }
}

const RANK_OF_CAUSES: usize = 8;

/// Which figures there is room for.
#[derive(Debug, Clone, Copy)]
struct Columns {
    name: usize,
    is_narrow: bool,
}

/// The columns of a name where there is room.
const NAME: usize = 20;

impl Columns {
    fn of(width: u16) -> Self {
        Self { name: if width < 62 { 12 } else { NAME }, is_narrow: width < 54 }
    }

    fn text(self, name: &str, figures: [&str; 5]) -> String {
        let [jobs, p50, p90, p99, max] = figures;
        if self.is_narrow {
            return format!(" {name:<width$}{p50:>8}{p99:>8}{max:>8}", width = self.name);
        }
        format!(" {name:<width$}{jobs:>9}{p50:>8}{p90:>8}{p99:>8}{max:>8}  ", width = self.name)
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
