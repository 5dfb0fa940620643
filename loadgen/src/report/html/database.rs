//! Postgres beside the load, on the axis of the other charts: what queries waited for, the lock under which notices
//! commit, their queue, dead rows, and what the statements took in the server.
//!
//! What couldn't be seen is said, and has no chart. A second without a look is a gap.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use maud::{Markup, html};

use super::super::Report;
use super::super::words::{count, decimal, latency};
use super::axis::{TimeAxis, clock};
use super::figure;
use super::list::facts;
use super::stack::{Mark, Series, panel, stack};
use crate::observe::{DatabaseSample, Statement};

/// Lines of one chart; what is rarer is summed up.
const LINES_MAX: usize = 5;
/// A queue of notices that is never fuller has no chart.
const QUEUE_USAGE_MIN: f64 = 0.0001;
/// Events of the list of waits.
const FACTS_MAX: usize = 8;
/// How the style sheet knows lines that have no meaning of their own.
const TONES: [&str; 6] = ["tone-1", "tone-2", "tone-3", "tone-4", "tone-5", "tone-6"];

/// The section of the page.
pub(super) fn section(report: &Report, axis: &TimeAxis) -> Markup {
    let database = &report.database;
    html! {
        section aria-labelledby="database" {
            h2 id="database" { "Postgres beside the load" }
            @if !database.missing.is_empty() {
                ul.notes { @for missing in &database.missing { li { "Not seen: " (missing) } } }
            }
            @if database.series.is_empty() {
                p.none { "Nobody looked at the database during this run, or it never answered." }
            } @else {
                p { "One look a second. The tool's own connections and queries are left out, but not what they add to the write-ahead log." }
                (stack(axis, &moments(&database.series, axis), &charts(&database.series, axis)))
                (figures(report))
            }
        }
    }
}

fn charts(series: &[DatabaseSample], axis: &TimeAxis) -> Markup {
    let counted = |name: &str, class, mark, value: fn(&DatabaseSample) -> Option<f64>| Series {
        name: name.to_owned(),
        class,
        mark,
        points: series.iter().filter_map(|sample| Some((sample.second, value(sample)?))).collect(),
    };
    let single = |slug: &str, title: &str, class, value: fn(&DatabaseSample) -> Option<f64>| {
        let seen = counted(title, class, Mark::Area, value);
        html! { @if !seen.points.is_empty() { (panel(axis, slug, title, "low", &[seen])) } }
    };
    let several = |slug: &str, title: &str, all: Vec<Series>| {
        html! { @if !all.is_empty() { (panel(axis, slug, title, "middle", &all)) } }
    };
    html! {
        (several("db-waits", "Queries under way, by what they wait for", by_name(series, |sample| &sample.waits)))
        (single("db-lock", "Transactions that wait for the lock under which a NOTIFY commits", "lock",
            |sample| sample.notify_lock_waiters.map(|waiters| waiters as f64)))
        @if series.iter().any(|sample| sample.notify_queue_usage.is_some_and(|usage| usage >= QUEUE_USAGE_MIN)) {
            (single("db-queue", "Queue of notices, percent full", "lock",
                |sample| sample.notify_queue_usage.map(|usage| usage * 100.0)))
        }
        (several("db-statements", "A statement's mean time in the server, ms", statements(series)))
        (single("db-dead", "Dead rows of the job table", "backlog", |sample| sample.dead_tuples.map(|rows| rows as f64)))
        (several("db-connections", "Connections by state", by_name(series, |sample| &sample.connections)))
        (single("db-transactions", "Transactions per second (a session that only listens tells of its own at its end)", "empty",
            |sample| sample.transactions.map(|ended| sample.per_second(ended))))
        (single("db-wal", "Write-ahead log, MB per second", "empty",
            |sample| sample.wal_bytes.map(|bytes| sample.per_second(bytes) / 1e6)))
    }
}

/// Counts by name: those with the most a line each, the others one together. A name that a look doesn't tell of had
/// none.
fn by_name(series: &[DatabaseSample], counts: fn(&DatabaseSample) -> &BTreeMap<String, u64>) -> Vec<Series> {
    let mut sums: BTreeMap<&str, u64> = BTreeMap::new();
    for (name, count) in series.iter().flat_map(counts) {
        *sums.entry(name).or_default() += count;
    }
    let mut names: Vec<_> = sums.into_iter().filter(|(_, sum)| *sum > 0).collect();
    names.sort_by_key(|(_, sum)| std::cmp::Reverse(*sum));
    let (shown, others) = names.split_at(names.len().min(LINES_MAX));
    let line = |class, name: String, members: Vec<&str>| Series {
        name,
        class,
        mark: Mark::Line,
        points: series
            .iter()
            .map(|sample| {
                (
                    sample.second,
                    members.iter().filter_map(|name| counts(sample).get(*name)).sum::<u64>() as f64,
                )
            })
            .collect(),
    };
    let mut lines: Vec<_> = shown
        .iter()
        .zip(TONES)
        .map(|((name, _), class)| line(class, (*name).to_owned(), vec![name]))
        .collect();
    if !others.is_empty() {
        let members = others.iter().map(|(name, _)| *name).collect();
        lines.push(line(TONES[LINES_MAX], format!("{} others", others.len()), members));
    }
    lines
}

/// Mean times in milliseconds, of the seconds in which a statement ran.
fn statements(series: &[DatabaseSample]) -> Vec<Series> {
    let line = |(statement, class): (Statement, &'static str)| Series {
        name: statement_words(statement),
        class,
        mark: Mark::Line,
        points: series
            .iter()
            .filter_map(|sample| Some((sample.second, sample.statements.get(&statement)?)))
            .filter(|(_, counts)| counts.calls > 0)
            .map(|(second, counts)| (second, counts.mean_us / 1e3))
            .collect(),
    };
    Statement::ALL.into_iter().zip(TONES).map(line).filter(|line| !line.points.is_empty()).collect()
}

fn statement_words(statement: Statement) -> String {
    statement.as_str().replace('_', " ")
}

/// What a reader who points at a column is told, for each column: of several seconds the greatest figure of each.
fn moments(series: &[DatabaseSample], axis: &TimeAxis) -> Vec<String> {
    let mut columns = vec![Vec::new(); axis.columns()];
    for sample in series {
        if let Some(column) = columns.get_mut(axis.column_of(sample.second)) {
            column.push(sample);
        }
    }
    let words = |samples: &Vec<&DatabaseSample>| {
        let (Some(first), Some(last)) = (samples.first(), samples.last()) else { return String::new() };
        let mut words = clock(first.second);
        if last.second > first.second {
            let _ = write!(words, " to {}, at most", clock(last.second));
        }
        let mut waits: BTreeMap<&str, u64> = BTreeMap::new();
        for (event, waiting) in samples.iter().flat_map(|sample| &sample.waits) {
            let most = waits.entry(event).or_default();
            *most = (*most).max(*waiting);
        }
        for (event, waiting) in waits.into_iter().take(LINES_MAX) {
            let _ = write!(words, " · {event} {waiting}");
        }
        let most =
            |of: fn(&DatabaseSample) -> Option<u64>| samples.iter().filter_map(|sample| of(sample)).max();
        if let Some(waiters) = most(|sample| sample.notify_lock_waiters) {
            let _ = write!(words, " · wait for the commit lock {}", count(waiters));
        }
        if let Some(rows) = most(|sample| sample.dead_tuples) {
            let _ = write!(words, " · dead rows {}", count(rows));
        }
        let rates = samples.iter().filter_map(|sample| Some(sample.per_second(sample.transactions?)));
        if let Some(rate) = rates.reduce(f64::max) {
            let _ = write!(words, " · {} transactions/s", decimal(rate));
        }
        let acquires = samples.iter().filter_map(|sample| sample.statements.get(&Statement::Acquire));
        if let Some(slowest) = acquires.map(|counts| counts.mean_us).reduce(f64::max) {
            let _ = write!(words, " · acquire {}", latency(slowest.round() as u64));
        }
        words
    };
    columns.iter().map(words).collect()
}

/// The measured part in single figures.
fn figures(report: &Report) -> Markup {
    let measured = &report.database.measured;
    let path = |key: &str| format!("database.measured.{key}");
    let known = |key: &str, value: Option<u64>, show: fn(&str, u64) -> Markup| {
        value.map(|value| show(&path(key), value))
    };
    let number = |key: &str, value: Option<f64>, show: fn(&str, f64) -> Markup| {
        value.map(|value| show(&path(key), value))
    };
    let bytes = |path: &str, value: u64| figure::bytes(path, value as f64);
    let whole = [
        ("transactions a second", number("transactions_per_s", measured.transactions_per_s, figure::decimal)),
        ("write-ahead log a second", number("wal_bytes_per_s", measured.wal_bytes_per_s, figure::bytes)),
        ("checkpoints begun", known("checkpoints", measured.checkpoints, figure::count)),
        ("connections, most", known("connections_max", measured.connections_max, figure::count)),
        (
            "oldest transaction",
            known("oldest_transaction_max_us", measured.oldest_transaction_max_us, figure::latency),
        ),
        ("oldest snapshot, in transactions", known("xmin_age_max", measured.xmin_age_max, figure::count)),
    ];
    let notices = [
        (
            "wait for the commit lock, mean",
            number("notify_lock_waiters_mean", measured.notify_lock_waiters_mean, figure::hundredths),
        ),
        (
            "wait for the commit lock, most",
            known("notify_lock_waiters_max", measured.notify_lock_waiters_max, figure::count),
        ),
        (
            "queue of notices, fullest",
            number("notify_queue_usage_max", measured.notify_queue_usage_max, figure::percent),
        ),
        ("dead rows, most", known("dead_tuples_max", measured.dead_tuples_max, figure::count)),
        ("job table, largest", known("table_bytes_max", measured.table_bytes_max, bytes)),
        ("its indexes, largest", known("index_bytes_max", measured.index_bytes_max, bytes)),
    ];
    let seen = |all: [(&'static str, Option<Markup>); 6]| {
        facts(all.into_iter().filter_map(|(name, value)| Some((name, value?))))
    };
    html! {
        div.triple {
            div { h3 { "While measured" } (seen(whole)) }
            div { h3 { "Notices and job table" } (seen(notices)) }
            div { h3 { "Queries under way on average" }
                (facts(measured.waits.iter().take(FACTS_MAX).enumerate().map(|(index, wait)| {
                    let path = path(&format!("waits.{index}.queries_mean"));
                    (wait.event.as_str(), figure::hundredths(&path, wait.queries_mean))
                })))
            }
        }
        @if !measured.statements.is_empty() {
            div.wide tabindex="0" {
                table {
                    caption { "Statements in the server while measured" }
                    thead { tr { @for name in ["statement", "calls", "mean time"] { th scope="col" { (name) } } } }
                    tbody {
                        @for (statement, counts) in &measured.statements {
                            @let path = |key: &str| path(&format!("statements.{}.{key}", statement.as_str()));
                            tr {
                                th scope="row" { (statement_words(*statement)) }
                                td { (figure::count(&path("calls"), counts.calls)) }
                                td { (figure::mean_latency(&path("mean_us"), counts.mean_us)) }
                            }
                        }
                    }
                }
            }
        }
    }
}
