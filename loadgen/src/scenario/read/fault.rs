//! `[[fault]]`.

use std::time::Duration;

use super::super::quantity::format_duration;
use super::super::reader::Table;
use super::super::{Fault, FaultKind};
use super::{positive, replica};

const KEYS: [&str; 5] = ["at", "for", "replica", "drop_notifications", "kill_listener"];
const KINDS: [&str; 2] = ["drop_notifications", "kill_listener"];

const ONE_OF: &str = "it has one of drop_notifications = 1.0, kill_listener = true";

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
    if kind == FaultKind::KillListener
        && let Some(value) = table.get("for")
    {
        table.mistake(value.span(), "kill_listener is over at once; remove for");
    }
    Some(Fault { at: at?.0, length, replica, kind })
}

fn kind(table: &Table<'_>) -> Option<FaultKind> {
    let mut named = KINDS.into_iter().filter(|kind| table.get(kind).is_some());
    match (named.next(), named.next()) {
        (None, _) => {
            // A fault that isn't supported yet has been reported by its name.
            if !LATER.iter().any(|kind| table.get(kind).is_some()) {
                table.missing(format!("[[fault]] says nothing of what goes wrong; {ONE_OF}"));
            }
            None
        }
        (Some(_), Some(_)) => {
            table.mistake(table.span.clone(), format!("[[fault]] says several things; {ONE_OF}"));
            None
        }
        (Some("drop_notifications"), None) => {
            table.share("drop_notifications").map(|(share, _)| FaultKind::DropNotifications(share))
        }
        (Some(_), None) => {
            let (yes, span) = table.boolean("kill_listener")?;
            if !yes {
                table.mistake(span, "kill_listener = false is no fault; write true, or remove it");
            }
            Some(FaultKind::KillListener)
        }
    }
}
