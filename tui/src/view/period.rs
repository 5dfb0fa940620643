//! Which stretch of the run the figures are of: the last seconds, or all of it once it is over.

use std::collections::BTreeMap;

use loadgen::snapshot::{Latency, RootCause, RunPhase, Snapshot, Stage};

/// Whether the run is over, so that figures of the last seconds would all be nothing.
pub(super) fn is_over(snapshot: &Snapshot) -> bool {
    matches!(snapshot.phase, RunPhase::Auditing | RunPhase::Finished)
}

/// The stretch in words, for a title.
pub(super) fn note(snapshot: &Snapshot) -> &'static str {
    if is_over(snapshot) { "(whole run)" } else { "(last 10s)" }
}

/// Queue wait of the stretch.
pub(super) fn queue_wait(snapshot: &Snapshot) -> &Latency {
    let whole = snapshot.latencies.of(Stage::QueueWait).filter(|_| is_over(snapshot));
    whole.unwrap_or(&snapshot.queue_wait_recent)
}

/// Jobs found in the stretch, by root cause.
pub(super) fn found(snapshot: &Snapshot) -> &BTreeMap<RootCause, u64> {
    if is_over(snapshot) { &snapshot.found } else { &snapshot.found_recent }
}

/// Of these, jobs found by chaining.
pub(super) fn chained(snapshot: &Snapshot) -> u64 {
    if is_over(snapshot) { snapshot.chained } else { snapshot.chained_recent }
}

/// Jobs posted, acquired and completed: per second, or in all.
pub(super) fn jobs(snapshot: &Snapshot) -> [f64; 3] {
    let (rates, totals) = (&snapshot.rates, &snapshot.totals);
    if is_over(snapshot) {
        [totals.posted as f64, totals.acquired as f64, totals.completed as f64]
    } else {
        [rates.posted, rates.acquired, rates.completed]
    }
}

/// Acquire queries that found a job, found nothing, failed: per second, or in all.
pub(super) fn queries(snapshot: &Snapshot) -> [f64; 3] {
    let (rates, totals) = (&snapshot.rates, &snapshot.totals);
    if is_over(snapshot) {
        [totals.queries_found as f64, totals.queries_empty as f64, totals.queries_failed as f64]
    } else {
        [rates.queries_found, rates.queries_empty, rates.queries_failed]
    }
}

/// A title's name for a figure that is per second as long as the run goes on.
pub(super) fn per_second(snapshot: &Snapshot, name: &str) -> (String, &'static str) {
    if is_over(snapshot) { (name.to_owned(), note(snapshot)) } else { (format!("{name}/s"), "") }
}
