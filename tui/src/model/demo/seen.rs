//! What captions ask of a snapshot, and how they write figures.

use std::time::Duration;

use loadgen::snapshot::{DomainRow, RootCause, RunPhase, Snapshot, Stage};

use super::super::{Trouble, next_poll, trouble};

/// Whether jobs are posted.
pub(super) fn is_under_way(snapshot: &Snapshot) -> bool {
    matches!(snapshot.phase, RunPhase::Warmup | RunPhase::Measuring) && snapshot.totals.acquired > 0
}

/// Whether the run is over.
pub(super) fn is_finished(snapshot: &Snapshot) -> bool {
    snapshot.phase == RunPhase::Finished
}

/// Time left to a fault at work.
pub(super) fn fault_left(snapshot: &Snapshot, name: &str) -> Option<Duration> {
    snapshot.faults.iter().find(|fault| fault.name == name).map(|fault| fault.left.unwrap_or_default())
}

/// Whether a fault was at work before and is no more.
pub(super) fn is_over(snapshot: &Snapshot, name: &str) -> bool {
    fault_left(snapshot, name).is_none()
        && snapshot.seconds.iter().any(|second| second.faults.iter().any(|fault| fault == name))
}

/// Workers that sleep.
pub(super) fn sleeping(snapshot: &Snapshot) -> usize {
    snapshot.domains.iter().map(DomainRow::waiting).sum()
}

/// Time left to the nearest poll of a domain that sleeps beside its jobs, or of any in which jobs wait.
pub(super) fn poll_in(snapshot: &Snapshot) -> Option<Duration> {
    let nearest = |asleep: bool| {
        let rows = snapshot.domains.iter().filter(|row| row.backlog > 0);
        let rows = rows.filter(|row| !asleep || trouble(row) == Trouble::Asleep);
        rows.filter_map(next_poll).map(|(left, _)| left).min()
    };
    nearest(true).or_else(|| nearest(false))
}

/// Whether jobs wait beside sleeping workers and nobody asks.
pub(super) fn is_asleep(snapshot: &Snapshot) -> bool {
    snapshot.domains.iter().any(|row| trouble(row) == Trouble::Asleep)
}

/// The period of the backup poll.
pub(super) fn poll_period(snapshot: &Snapshot) -> String {
    let replicas = snapshot.domains.iter().flat_map(|row| &row.replicas);
    replicas.map(|replica| seconds(replica.backup_poll)).next().unwrap_or_else(|| "its period".to_owned())
}

/// How long the median job of the last seconds waited.
pub(super) fn usual_wait(snapshot: &Snapshot) -> String {
    micros(snapshot.queue_wait_recent.p50_us)
}

/// How long the slowest job of the measured part waited.
pub(super) fn longest_wait(snapshot: &Snapshot) -> String {
    micros(snapshot.latencies.of(Stage::QueueWait).map_or(0, |latency| latency.max_us))
}

/// Jobs that queries after a signalled loss found.
pub(super) fn recovered(snapshot: &Snapshot) -> u64 {
    snapshot.found.get(&RootCause::Recovered).copied().unwrap_or(0)
}

/// Queries for each job so far.
pub(super) fn queries_per_job(snapshot: &Snapshot) -> f64 {
    let totals = &snapshot.totals;
    (totals.queries_found + totals.queries_empty) as f64 / totals.acquired.max(1) as f64
}

/// The same in the second in which most jobs were acquired, and how many those were.
pub(super) fn rush(snapshot: &Snapshot) -> Option<(f64, u64)> {
    let second = snapshot.seconds.iter().max_by_key(|second| second.acquired)?;
    let acquired = second.acquired;
    (acquired > 0).then(|| ((second.found + second.empty) as f64 / acquired as f64, acquired))
}

/// A time in whole seconds, rounded up.
pub(super) fn seconds(time: Duration) -> String {
    format!("{} s", time.as_millis().div_ceil(1_000))
}

fn micros(us: u64) -> String {
    match us {
        0..1_000 => format!("{us} us"),
        1_000..1_000_000 => format!("{:.0} ms", us as f64 / 1e3),
        _ => format!("{:.1} s", us as f64 / 1e6),
    }
}
