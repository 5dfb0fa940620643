//! Most queries find nothing, and replicas don't explain it.
//!
//! Every replica hears of a job and asks, and one of them gets it: with R replicas R - 1 of R queries are in vain by
//! design. Only what goes beyond that is spurious.

use super::{Finding, Sight, Verdict};
use crate::report::words::{count, percent};
use crate::snapshot::Second;

/// Seconds that are looked at.
const SECONDS: usize = 10;
/// Fewer seconds say too little.
const SECONDS_MIN: usize = 5;
/// Queries that a job may cost in each replica.
const PER_JOB_AND_REPLICA: f64 = 1.1;
/// So few queries a second beyond that are cheap, whatever their share: the polls of an idle fleet, say.
const EXCESS_MIN: f64 = 5.0;
/// From this share of queries that find nothing on it is a warning.
const SHARE_MAX: f64 = 0.5;
/// From this share on it may become one.
const SHARE_DOUBTFUL: f64 = 0.4;
/// What wakes workers for nothing.
const FAULTS: [&str; 4] = ["duplicate_notifications", "kill_listener", "cancel_workers", "crash_workers"];

pub(super) fn look(sight: &Sight) -> Verdict {
    let seconds = sight.last(SECONDS).len();
    if seconds < SECONDS_MIN {
        return Verdict::LookAgain;
    }
    let sum = |of: fn(&Second) -> u64| sight.sum(SECONDS, of) as f64;
    let per_second = |queries: f64| queries / seconds as f64;
    let empty = sum(|second| second.empty);
    let queries = empty + sum(|second| second.found) + sum(|second| second.failed);
    // In a drain jobs are taken that were posted long before.
    let jobs = sum(|second| second.posted).max(sum(|second| second.acquired));
    let explained = jobs * sight.replicas as f64 * PER_JOB_AND_REPLICA;
    let share = if queries > 0.0 { empty / queries } else { 0.0 };
    if per_second(queries - explained) < EXCESS_MIN || share <= SHARE_DOUBTFUL {
        return Verdict::Fine;
    }
    if share <= SHARE_MAX {
        return Verdict::LookAgain;
    }
    let finding = Finding::new(
        "most queries find nothing",
        format!(
            "{} of {} queries a second, where {} jobs a second in {} replicas explain {}",
            percent(share),
            count(per_second(queries).round() as u64),
            count(per_second(jobs).round() as u64),
            sight.replicas,
            count(per_second(explained).round() as u64)
        ),
        "see in the Wakeups view what they were cleared for: chain = \"always\" (policy seed) asks once more after \
         every success, and a backup poll of a few seconds asks for every domain each time",
    );
    Verdict::Warn(finding.explained_by(sight, &FAULTS))
}
