//! `[[fault]]`.

use std::collections::BTreeSet;
use std::sync::LazyLock;
use std::time::Duration;

use super::super::limits::{DATABASE_LATENCY_MAX, MALFORMED_RATE_MAX, NOTIFICATION_DELAY_MAX};
use super::super::quantity::format_duration;
use super::super::reader::Table;
use super::super::shape::{DURATION, LENGTH, Shape, Value, key, required};
use super::super::{Fault, FaultKind, FaultTarget};
use super::{replica, replica_number};

/// When, for how long and where; then what goes wrong, one of them.
pub(super) fn shape() -> &'static Shape {
    static SHAPE: LazyLock<Shape> = LazyLock::new(|| {
        let where_and_when = [
            required("at", DURATION, "\"30s\"", "When it begins."),
            key("for", LENGTH, "How long it lasts; to the end of the run when left out."),
            key("replica", replica_number(), "The replica that it hits, from 0; all of them when left out."),
        ];
        let kinds = FaultKind::ALL.map(|kind| key(kind.name(), parameter(kind), kind.about()));
        Shape::new("[[fault]]", "Something that goes wrong.", where_and_when.into_iter().chain(kinds))
            .with_forms(FaultKind::ALL.map(|kind| [kind.name()]))
    });
    &SHAPE
}

/// What stands behind a kind's key.
fn parameter(kind: FaultKind) -> Value {
    let up_to = |most| Value::Duration { is_positive: true, most };
    match kind {
        FaultKind::DropNotifications(_)
        | FaultKind::DuplicateNotifications(_)
        | FaultKind::CancelWorkers(_)
        | FaultKind::CrashWorkers(_) => Value::Share,
        FaultKind::DelayNotifications(_) => up_to(NOTIFICATION_DELAY_MAX),
        FaultKind::DatabaseLatency(_) => up_to(DATABASE_LATENCY_MAX),
        FaultKind::MalformedNotifications(_) => Value::Rate { is_positive: true, most: MALFORMED_RATE_MAX },
        _ => Value::True,
    }
}

const ONE_OF: &str = "it has one of drop_notifications = 1.0, delay_notifications = \"500ms\", \
    duplicate_notifications = 0.5, malformed_notifications = \"5/s\", kill_listener = true, deaf_listener = true, \
    blackhole_listener = true, database_latency = \"20ms\", database_pause = true, database_restart = true, \
    database_kill = true, network_cut = true, pause_posters = true, cancel_workers = 0.5, crash_workers = 0.5, exhaust_pool = true, \
    long_transaction = true, fill_notify_queue = true";

/// All of them; `standing` says which replicas there are at a time.
pub(super) fn faults(
    root: &Table<'_>,
    duration: Duration,
    standing: impl Fn(Duration) -> BTreeSet<usize>,
) -> Vec<Fault> {
    root.tables("fault").iter().filter_map(|table| fault(table, duration, &standing)).collect()
}

fn fault(
    table: &Table<'_>,
    duration: Duration,
    standing: impl Fn(Duration) -> BTreeSet<usize>,
) -> Option<Fault> {
    let at = table.duration("at");
    if let Some((at, span)) = &at
        && *at >= duration
    {
        table.mistake(
            span.clone(),
            format!(
                "the fault begins at {}, when the run of {} is over",
                format_duration(*at),
                format_duration(duration)
            ),
        );
    }
    let length = table.duration("for").map(|(length, _)| length);
    let there = standing(at.as_ref().map_or(Duration::ZERO, |(at, _)| *at));
    let replica = replica(table, &there).map(|(number, _)| number);
    let kind = kind(table)?;
    let name = kind.name();
    if kind.is_of_a_moment()
        && let Some(value) = table.get("for")
    {
        table.mistake(value.span(), format!("{name} is over at once; remove for"));
    }
    if kind.target() != FaultTarget::Replicas
        && let Some(value) = table.get("replica")
    {
        let whom = if kind.target() == FaultTarget::Posters { "posters" } else { "the whole database" };
        table.mistake(value.span(), format!("{name} hits {whom}, not a replica; remove replica"));
    }
    Some(Fault { at: at?.0, length, replica, kind })
}

fn kind(table: &Table<'_>) -> Option<FaultKind> {
    let mut named = FaultKind::ALL.into_iter().filter(|kind| table.get(kind.name()).is_some());
    match (named.next(), named.next()) {
        (None, _) => {
            table.missing(format!("[[fault]] says nothing of what goes wrong; {ONE_OF}"));
            None
        }
        (Some(first), Some(second)) => {
            let said = format!("[[fault]] says both {} and {}", first.name(), second.name());
            table.mistake(
                table.span.clone(),
                format!("{said}; keep one, and give the other its own [[fault]]"),
            );
            None
        }
        (Some(kind), None) => with_parameter(table, kind),
    }
}

/// The kind with the parameter that the table gives it.
fn with_parameter(table: &Table<'_>, kind: FaultKind) -> Option<FaultKind> {
    let name = kind.name();
    let share = || table.share(name).map(|(share, _)| share);
    match kind {
        FaultKind::DropNotifications(_) => share().map(FaultKind::DropNotifications),
        FaultKind::DuplicateNotifications(_) => share().map(FaultKind::DuplicateNotifications),
        FaultKind::CancelWorkers(_) => share().map(FaultKind::CancelWorkers),
        FaultKind::CrashWorkers(_) => share().map(FaultKind::CrashWorkers),
        FaultKind::DelayNotifications(_) => {
            table.duration(name).map(|(delay, _)| FaultKind::DelayNotifications(delay))
        }
        FaultKind::DatabaseLatency(_) => {
            table.duration(name).map(|(latency, _)| FaultKind::DatabaseLatency(latency))
        }
        FaultKind::MalformedNotifications(_) => {
            table.rate(name).map(|(rate, _)| FaultKind::MalformedNotifications(rate))
        }
        _ => {
            let (yes, span) = table.boolean(name)?;
            if !yes {
                table.mistake(span, format!("{name} = false is no fault; write true, or remove it"));
            }
            Some(kind)
        }
    }
}
