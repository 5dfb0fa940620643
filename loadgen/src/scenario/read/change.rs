//! `[[change]]`.

use std::sync::LazyLock;
use std::time::Duration;

use super::super::change::bound;
use super::super::error::nobody;
use super::super::limits::{RATE_FACTORS, REPLICAS_MAX, WORKERS_MAX};
use super::super::quantity::format_duration;
use super::super::reader::Table;
use super::super::shape::{LENGTH, Shape, Value, key, required};
use super::super::{Change, ChangeKind, Fleet, Poster};
use super::policy;

/// What may become another.
const WHAT: [&str; 5] = ["rate", "workers", "replicas", "backup_poll", "policy"];
const EXAMPLES: &str = "it has at least one of rate = \"200%\", workers = 40, replicas = 2, backup_poll = \"5s\", \
    policy = \"seed\"";

/// When, then what becomes what: one of them at least.
pub(super) fn shape() -> &'static Shape {
    static SHAPE: LazyLock<Shape> = LazyLock::new(|| {
        let (least, most) = (*RATE_FACTORS.start(), *RATE_FACTORS.end());
        Shape::new(
            "[[change]]",
            "Something that becomes another while the run goes on, and stays so.",
            [
                required("at", LENGTH, "\"30s\"", "When."),
                key(
                    "rate",
                    Value::Percent { least, most },
                    "The rate from then on, in percent of what the stages say.",
                ),
                key(
                    "poster",
                    Value::Text,
                    "Whose rate, by its name, beside what is done to all; every poster's when left out.",
                ),
                key(
                    "workers",
                    Value::Whole(1..=WORKERS_MAX),
                    "How many workers there are from then on. Who is one too many ends its job first.",
                ),
                key(
                    "fleet",
                    Value::Text,
                    "Whose workers, by its name; all fleets' together when left out, in their proportions.",
                ),
                key(
                    "replicas",
                    Value::Whole(1..=REPLICAS_MAX),
                    "How many replicas there are from then on. Who comes takes the lowest free number; the highest \
                     goes that no fleet is bound to.",
                ),
                key(
                    "backup_poll",
                    LENGTH,
                    "The backup poll from then on; replicas are deployed anew for it, one after the other.",
                ),
                key(
                    "policy",
                    policy::value(),
                    "The acquirers' rules from then on; replicas are deployed anew for it, one after the other.",
                ),
            ],
        )
        .with_one_at_least(WHAT)
    });
    &SHAPE
}

pub(super) fn changes(
    root: &Table<'_>,
    duration: Duration,
    fleets: &[Fleet],
    posters: &[Poster],
) -> Vec<Change> {
    root.tables("change").iter().flat_map(|table| of_table(table, duration, fleets, posters)).collect()
}

fn of_table(table: &Table<'_>, duration: Duration, fleets: &[Fleet], posters: &[Poster]) -> Vec<Change> {
    let at = table.duration("at");
    if let Some((at, span)) = &at
        && *at >= duration
    {
        let (at, duration) = (format_duration(*at), format_duration(duration));
        table.mistake(span.clone(), format!("the change comes at {at}, when the run of {duration} is over"));
    }
    if WHAT.iter().all(|what| table.get(what).is_none()) {
        table.missing(format!("[[change]] says nothing of what becomes another; {EXAMPLES}"));
    }
    let poster = whose(table, "poster", "rate", posters.iter().map(|poster| poster.name.as_str()));
    let fleet = whose(table, "fleet", "workers", fleets.iter().map(|fleet| fleet.name.as_str()));
    let kinds = [
        table.percent("rate").map(|(times, _)| ChangeKind::Rate { times, poster }),
        workers(table, fleet, fleets),
        replicas(table, fleets),
        table.duration("backup_poll").map(|(period, _)| ChangeKind::BackupPoll(period)),
        policy::policy(table).map(ChangeKind::Policy),
    ];
    let at = at.map_or(duration, |(at, _)| at);
    kinds.into_iter().flatten().map(|kind| Change { at, kind }).collect()
}

/// The name behind a key, which says whose `what` it is.
fn whose<'n>(
    table: &Table<'_>,
    key: &str,
    what: &str,
    known: impl Iterator<Item = &'n str> + Clone,
) -> Option<String> {
    let (name, span) = table.text(key)?;
    if table.get(what).is_none() {
        table.mistake(span.clone(), format!("{key} says whose {what}, and there is no {what}; add it"));
    }
    if !known.clone().any(|known| known == name) {
        table.mistake(span, nobody(key, &name, known));
    }
    Some(name)
}

fn workers(table: &Table<'_>, fleet: Option<String>, fleets: &[Fleet]) -> Option<ChangeKind> {
    let (count, span) = table.count("workers")?;
    let others = fleets.iter().filter(|other| fleet.as_ref().is_some_and(|fleet| *fleet != other.name));
    let total = count + others.map(|other| other.workers as u64).sum::<u64>();
    if total > WORKERS_MAX {
        table.mistake(span, format!("that makes {total} workers; the most is {WORKERS_MAX}"));
    }
    Some(ChangeKind::Workers { count: count as usize, fleet })
}

fn replicas(table: &Table<'_>, fleets: &[Fleet]) -> Option<ChangeKind> {
    let (count, span) = table.count("replicas")?;
    let bound = bound(fleets);
    if (bound.len() as u64) > count {
        let numbers: Vec<String> = bound.iter().map(ToString::to_string).collect();
        let numbers = numbers.join(", ");
        table.mistake(
            span,
            format!("fleets are bound to the replicas {numbers}; say {} or more", bound.len()),
        );
    }
    Some(ChangeKind::Replicas(count as usize))
}
