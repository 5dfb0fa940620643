//! What there is to see, as rows, that which matters most first in each section.

use std::collections::BTreeMap;

use loadgen::report::wrapped;
use loadgen::snapshot::{DatabaseSample, Snapshot};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::super::format;
use super::super::paint::{Segment, bar, fit, put, put_right};
use super::finding::{Finding, meaning};
use super::recent::Recent;
use super::rows::{Look, Row, Series, Widths};
use crate::theme::{Role, Theme};

/// The finding, in lines of `width`.
pub(super) fn finding<'a>(finding: &Finding, width: u16, theme: &Theme) -> Vec<Row<'a>> {
    let room = usize::from(width.saturating_sub(2)).max(10);
    let mut lines: Vec<Line<'_>> = wrapped(&finding.headline, room)
        .into_iter()
        .map(|line| Line::styled(format!(" {line}"), theme.style(finding.role)))
        .collect();
    lines.extend(wrapped(&finding.detail, room).into_iter().map(|line| Line::raw(format!(" {line}"))));
    lines.into_iter().filter(|line| !line.to_string().trim().is_empty()).map(Row::Words).collect()
}

/// A row for each event that queries waited for, that of which most is seen now first.
pub(super) fn waits<'a>(snapshot: &'a Snapshot, recent: &Recent<'a>, widths: Widths) -> Vec<Row<'a>> {
    let now: BTreeMap<&str, f64> = recent.waits().into_iter().collect();
    let mut ever: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    for (event, count) in snapshot.database_samples.iter().flat_map(|sample| &sample.waits) {
        let (sum, most) = ever.entry(event).or_default();
        *sum = sum.saturating_add(*count);
        *most = (*most).max(*count);
    }
    let mut events: Vec<_> = ever
        .into_iter()
        .filter(|(_, (sum, _))| *sum > 0)
        .map(|(event, (sum, most))| (event, now.get(event).copied().unwrap_or(0.0), sum, most))
        .collect();
    events.sort_by(|a, b| b.1.total_cmp(&a.1).then(b.2.cmp(&a.2)));
    let row = |(event, now, _, most): (&'a str, f64, u64, u64)| {
        let meaning = meaning(event).filter(|_| widths.explain());
        Row::Series(Series {
            name: meaning.map_or_else(|| event.to_owned(), |meaning| format!("{event:<22} {meaning}")),
            figures: [format::number(now), format::count(most)],
            value: Box::new(|sample| sample.waits.get(event).map(|count| *count as f64)),
            look: Look::Tones,
            role: if event.starts_with("Lock:") { Role::Warning } else { Role::Latency },
        })
    };
    events.into_iter().map(row).collect()
}

/// A figure over time.
struct Figure {
    short: &'static str,
    long: &'static str,
    /// Where it is in a sample.
    read: fn(&DatabaseSample) -> Option<f64>,
    /// How it is written.
    written: fn(f64) -> String,
    /// The least that fills a bar, so that next to nothing looks like it.
    full_min: f64,
}

const FIGURES: [Figure; 11] = [
    Figure {
        short: "commit-lock waiters",
        long: "commits that wait for the lock of NOTIFY",
        read: |sample| sample.notify_lock_waiters.map(|waiters| waiters as f64),
        written: format::number,
        full_min: 4.0,
    },
    Figure {
        short: "queue of notices",
        long: "queue of notices, how full",
        read: |sample| sample.notify_queue_usage,
        written: format::percent,
        full_min: 0.1,
    },
    Figure {
        short: "dead rows",
        long: "dead rows of the job table",
        read: |sample| sample.dead_tuples.map(|rows| rows as f64),
        written: format::number,
        full_min: 100.0,
    },
    Figure {
        short: "transactions/s",
        long: "transactions per second",
        read: |sample| sample.transactions.map(|ended| sample.per_second(ended)),
        written: format::number,
        full_min: 10.0,
    },
    Figure {
        short: "WAL/s",
        long: "write-ahead log per second",
        read: |sample| sample.wal_bytes.map(|bytes| sample.per_second(bytes)),
        written: format::bytes,
        full_min: 100e3,
    },
    Figure {
        short: "oldest transaction",
        long: "oldest transaction, how long open",
        read: |sample| sample.oldest_transaction_us.map(|us| us as f64),
        written: |us| format::micros(us as u64),
        full_min: 1e6,
    },
    Figure {
        short: "connections",
        long: "connections",
        read: |sample| Some(sample.connected() as f64),
        written: format::number,
        full_min: 10.0,
    },
    Figure {
        short: "oldest snapshot",
        long: "oldest snapshot, in transactions since",
        read: |sample| sample.xmin_age.map(|age| age as f64),
        written: format::number,
        full_min: 1_000.0,
    },
    Figure {
        short: "live rows",
        long: "live rows of the job table",
        read: |sample| sample.live_tuples.map(|rows| rows as f64),
        written: format::number,
        full_min: 100.0,
    },
    Figure {
        short: "table and indexes",
        long: "job table and its indexes on the disk",
        read: |sample| Some(sample.table_bytes?.saturating_add(sample.index_bytes?) as f64),
        written: format::bytes,
        full_min: 1e6,
    },
    Figure {
        short: "checkpoints begun",
        long: "checkpoints begun",
        read: |sample| sample.checkpoints.map(|begun| begun as f64),
        written: format::number,
        full_min: 2.0,
    },
];

/// A row for each figure that this server and role let be seen.
pub(super) fn figures(snapshot: &Snapshot, widths: Widths) -> Vec<Row<'_>> {
    let samples = &snapshot.database_samples;
    let row = |figure: Figure| {
        let Figure { short, long, read, written, full_min } = figure;
        let most = samples.iter().filter_map(|sample| read(sample)).reduce(f64::max)?;
        let now = samples.last().and_then(|sample| read(sample));
        let is_queue = short == FIGURES[0].short && now.is_some_and(|waiters| waiters >= 1.0);
        Some(Row::Series(Series {
            name: if widths.explain() { long } else { short }.to_owned(),
            figures: [now.map(written).unwrap_or_default(), written(most)],
            value: Box::new(read),
            look: Look::Bars { full: most.max(full_min), lines: 1 },
            role: if is_queue { Role::Alarm } else { Role::Posted },
        }))
    };
    FIGURES.into_iter().filter_map(row).collect()
}

/// A row for each of the run's statements, that which takes most of the time first, below [`statement_headings`].
pub(super) fn statements<'a>(recent: &Recent<'_>, width: u16, theme: &Theme) -> Vec<Row<'a>> {
    let mut statements = recent.statements();
    statements.sort_by(|(_, a), (_, b)| b.under_way.total_cmp(&a.under_way));
    let all: f64 = statements.iter().map(|(_, pace)| pace.under_way).sum();
    let row = |(statement, pace): &(loadgen::snapshot::Statement, super::recent::Pace)| {
        let share = if all > 0.0 { pace.under_way / all } else { 0.0 };
        let mean = if pace.calls_per_s > 0.0 {
            format::micros(pace.mean_us.round() as u64)
        } else {
            theme.glyphs.none.to_owned()
        };
        let name = statement.as_str().replace('_', " ");
        let calls = format::number(pace.calls_per_s);
        if width < 60 {
            let text = format!(" {name:<17.17}{calls:>6}/s {mean:>7}{:>5}", format::percent(share));
            return Row::Words(Line::raw(text));
        }
        let mut line = Line::raw(format!(
            " {name:<18}{calls:>9}{mean:>9}{:>11.2}{:>6} ",
            pace.under_way,
            format::percent(share)
        ));
        line.extend(bar(
            share,
            usize::from(width.saturating_sub(56)).min(40),
            theme,
            theme.style(Role::Latency),
        ));
        Row::Words(line)
    };
    statements.iter().map(row).collect()
}

/// Connections by state, most first.
pub(super) fn connections<'a>(snapshot: &Snapshot, width: u16, theme: &Theme) -> Row<'a> {
    let Some(sample) = snapshot.database_samples.last() else { return Row::Words(Line::default()) };
    let mut states: Vec<_> = sample.connections.iter().collect();
    states.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    let total = format!("{} connections", format::count(sample.connected()));
    let name = Segment::new(0, vec![Span::styled(format!(" {total}"), theme.style(Role::Title))]);
    let state = |(rank, (state, count)): (u8, (&String, &u64))| {
        // Whoever is idle in a transaction keeps rows from being removed.
        let role = if state.starts_with("idle in transaction") { Role::Warning } else { Role::Text };
        Segment::new(
            rank,
            vec![Span::styled(format!("{state} {}", format::count(*count)), theme.style(role))],
        )
    };
    let segments = std::iter::once(name).chain((1..).zip(states).map(state)).collect();
    Row::Words(fit(segments, theme.glyphs.separator, width, theme))
}

/// What the tool itself asks.
pub(super) fn own<'a>(recent: &Recent<'_>, width: u16, theme: &Theme) -> Vec<Row<'a>> {
    let Some((queries, us)) = recent.own() else { return Vec::new() };
    let took = format::micros(us.round() as u64);
    let queries = format::number(queries);
    let words = if width < 72 {
        format!("the tool's own: {queries} queries/s, {took} a second, apart")
    } else {
        format!("the tool's own queries: {queries}/s, {took} of each second; not counted above")
    };
    lines(&words, width, theme.style(Role::Dim))
}

/// What can't be seen, why, and what to do about it.
pub(super) fn missing<'a>(snapshot: &Snapshot, width: u16, theme: &Theme) -> Vec<Row<'a>> {
    let missing = snapshot.database_missing.iter();
    missing
        .flat_map(|missing| lines(&format!("not seen: {missing}"), width, theme.style(Role::Warning)))
        .collect()
}

fn lines<'a>(text: &str, width: u16, style: Style) -> Vec<Row<'a>> {
    let room = usize::from(width.saturating_sub(2)).max(10);
    wrapped(text, room).into_iter().map(|line| Row::Words(Line::styled(format!(" {line}"), style))).collect()
}

/// Gives every figure so many lines.
pub(super) fn heighten(rows: &mut [Row<'_>], height: u16) {
    for row in rows {
        if let Row::Series(Series { look: Look::Bars { lines, .. }, .. }) = row {
            *lines = height;
        }
    }
}

/// Headings of the statements' table, on a line that may be a divider.
pub(super) fn statement_headings(theme: &Theme, line: Rect, buffer: &mut Buffer) {
    let style = theme.style(Role::Title);
    let mut x = line.x + 19;
    for (heading, width) in [("calls/s", 9), ("mean", 9), ("under way", 11)] {
        // A blank on either side, and the last letter above the last digit.
        let place = Rect { x, width: width + 1, ..line }.intersection(line);
        put_right(buffer, place, 0, &Span::styled(format!(" {heading} "), style).into());
        x += width;
    }
    let place = Rect { x: x + 2, ..line }.intersection(line);
    put(buffer, place, 0, &Span::styled(" share of the time ", style).into());
}
