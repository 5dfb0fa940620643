//! The run over time: what was posted and taken, what waited, what the poll rescued, what was asked, and how
//! long jobs waited, on one time axis with the run's phases and its faults.

use std::fmt::Write as _;

use maud::{Markup, html};

use super::super::summary::words::{count, latency};
use super::super::{Report, TimelineSecond};
use super::axis::{TimeAxis, clock};
use super::heat;
use super::stack::{Mark, Series, panel, stack};

/// The section of the page.
pub(super) fn section(report: &Report, axis: &TimeAxis) -> Markup {
    let series = |name: &str, class, mark, value: fn(&TimelineSecond) -> u64| Series {
        name: name.to_owned(),
        class,
        mark,
        points: report.timeline.iter().map(|second| (second.second, value(second) as f64)).collect(),
    };
    let rescued = report.timeline.iter().any(|second| second.rescued > 0);
    let lost = report.timeline.iter().any(|second| second.wakeups_lost > 0);
    html! {
        section aria-labelledby="flow" {
            h2 id="flow" { "Over time" }
            (stack(axis, &moments(report, axis), &html! {
                (panel(axis, "rates", "Jobs per second", "high", &[
                    series("posted", "posted", Mark::Line, |second| second.posted),
                    series("completed", "completed", Mark::Line, |second| second.completed),
                    series("acquired", "acquired", Mark::Line, |second| second.acquired),
                ]))
                (panel(axis, "backlog", "Backlog: jobs posted, not acquired", "low", &[
                    series("backlog", "backlog", Mark::Area, |second| second.backlog),
                ]))
                @if rescued {
                    (panel(axis, "rescues", "Jobs per second that only the backup poll found", "low", &[
                        series("rescued", "rescued", Mark::Bars, |second| second.rescued),
                    ]))
                }
                @if lost {
                    (panel(axis, "lost", "Jobs posted per second whose wakeup was lost", "low", &[
                        series("lost", "rescued", Mark::Bars, |second| second.wakeups_lost),
                    ]))
                }
                (heat::chart(report, axis))
                (panel(axis, "queries", "Acquire queries per second", "low", &[
                    series("all", "asked", Mark::Line, |second| second.queries),
                    series("found nothing", "empty", Mark::Area, |second| second.empty),
                ]))
            }))
        }
    }
}

/// What a reader who points at a column is told, for each column.
fn moments(report: &Report, axis: &TimeAxis) -> Vec<String> {
    let mut seconds = vec![Vec::new(); axis.columns()];
    for second in &report.timeline {
        if let Some(column) = seconds.get_mut(axis.column_of(second.second)) {
            column.push(second);
        }
    }
    let words = |seconds: &Vec<&TimelineSecond>| {
        let (Some(first), Some(last)) = (seconds.first(), seconds.last()) else { return String::new() };
        let range = |value: fn(&TimelineSecond) -> u64| {
            let values = || seconds.iter().map(|second| value(second));
            let [low, high] = [values().min(), values().max()].map(|value| count(value.unwrap_or(0)));
            if low == high { low } else { format!("{low} to {high}") }
        };
        let mut words = clock(first.second);
        if last.second > first.second {
            let _ = write!(words, " to {}, each second", clock(last.second));
        }
        let _ = write!(
            words,
            " · posted {} · acquired {} · completed {} · backlog {} · queries {}, {} empty",
            range(|second| second.posted),
            range(|second| second.acquired),
            range(|second| second.completed),
            range(|second| second.backlog),
            range(|second| second.queries),
            range(|second| second.empty),
        );
        let greatest = |value: fn(&TimelineSecond) -> u64| seconds.iter().map(|second| value(second)).max();
        let p50 = greatest(|second| second.queue_wait_p50_us).unwrap_or(0);
        let p99 = greatest(|second| second.queue_wait_p99_us).unwrap_or(0);
        if p99 > 0 {
            let _ = write!(words, " · queue wait p50 {}, p99 {}", latency(p50), latency(p99));
        }
        if seconds.iter().any(|second| second.rescued > 0) {
            let _ = write!(words, " · rescued {}", range(|second| second.rescued));
        }
        let names =
            axis.faults.iter().filter(|(name, _)| seconds.iter().any(|second| second.faults.contains(name)));
        for (name, _) in names {
            let _ = write!(words, " · {name}");
        }
        words
    };
    seconds.iter().map(words).collect()
}
