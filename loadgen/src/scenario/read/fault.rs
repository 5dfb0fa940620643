//! `[[fault]]`.

use std::time::Duration;

use super::super::limits::{DATABASE_LATENCY_MAX, MALFORMED_RATE_MAX, NOTIFICATION_DELAY_MAX};
use super::super::quantity::format_duration;
use super::super::reader::Table;
use super::super::{Fault, FaultKind, FaultTarget};
use super::{positive, replica};

/// When, for how long and where; then what goes wrong, one of them.
const KEYS: [&str; 20] = [
    "at",
    "for",
    "replica",
    "drop_notifications",
    "delay_notifications",
    "duplicate_notifications",
    "malformed_notifications",
    "kill_listener",
    "deaf_listener",
    "blackhole_listener",
    "database_latency",
    "database_pause",
    "database_restart",
    "database_kill",
    "pause_posters",
    "cancel_workers",
    "crash_workers",
    "exhaust_pool",
    "long_transaction",
    "fill_notify_queue",
];

const ONE_OF: &str = "it has one of drop_notifications = 1.0, delay_notifications = \"500ms\", \
    duplicate_notifications = 0.5, malformed_notifications = \"5/s\", kill_listener = true, deaf_listener = true, \
    blackhole_listener = true, database_latency = \"20ms\", database_pause = true, database_restart = true, \
    database_kill = true, pause_posters = true, cancel_workers = 0.5, crash_workers = 0.5, exhaust_pool = true, \
    long_transaction = true, fill_notify_queue = true";

/// Faults that the language names and the load generator doesn't have yet.
const LATER: [&str; 15] = [
    "delay_notifications",
    "duplicate_notifications",
    "malformed_notifications",
    "deaf_listener",
    "blackhole_listener",
    "database_latency",
    "database_pause",
    "database_restart",
    "database_kill",
    "pause_posters",
    "cancel_workers",
    "crash_workers",
    "exhaust_pool",
    "long_transaction",
    "fill_notify_queue",
];

pub(super) fn faults(root: &Table<'_>, duration: Duration, replicas: usize) -> Vec<Fault> {
    root.tables("fault", "[[fault]]", &KEYS, &LATER)
        .iter()
        .filter_map(|table| fault(table, duration, replicas))
        .collect()
}

fn fault(table: &Table<'_>, duration: Duration, replicas: usize) -> Option<Fault> {
    table.required("at", "\"30s\"");
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
    let length = positive(table, "for");
    let replica = replica(table, replicas).map(|(number, _)| number);
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
            time(table, name, NOTIFICATION_DELAY_MAX).map(FaultKind::DelayNotifications)
        }
        FaultKind::DatabaseLatency(_) => {
            time(table, name, DATABASE_LATENCY_MAX).map(FaultKind::DatabaseLatency)
        }
        FaultKind::MalformedNotifications(_) => {
            let (rate, span) = table.rate(name)?;
            if rate <= 0.0 || rate > MALFORMED_RATE_MAX {
                let most = format!("it goes up to \"{MALFORMED_RATE_MAX}/s\"");
                table.mistake(span, format!("{name} = {rate} is out of range; it is above 0, and {most}"));
                return None;
            }
            Some(FaultKind::MalformedNotifications(rate))
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

/// A time above zero and up to `most`.
fn time(table: &Table<'_>, key: &str, most: Duration) -> Option<Duration> {
    let time = positive(table, key)?;
    if time > most {
        let span = table.get(key)?.span();
        let (time, most) = (format_duration(time), format_duration(most));
        table.mistake(span, format!("{key} = {time:?} is out of range; it goes up to {most:?}"));
        return None;
    }
    Some(time)
}
