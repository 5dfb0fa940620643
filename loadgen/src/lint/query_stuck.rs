//! A query doesn't come back, and its domain asks no other meanwhile.

use std::time::Duration;

use super::{Finding, Sight, Verdict, waiting};
use crate::report::words::span;
use crate::snapshot::DomainRow;

/// From this long on a query hangs.
const STUCK: Duration = Duration::from_secs(5);
/// From this long on it may.
const DOUBTFUL: Duration = Duration::from_secs(2);
/// Where queries are slow, one hangs that takes so many times as long as 99 in 100.
const TIMES_USUAL: u32 = 4;
/// What keeps a query.
const FAULTS: [&str; 5] =
    ["database_pause", "database_latency", "database_kill", "database_restart", "exhaust_pool"];

pub(super) fn look(sight: &Sight) -> Verdict {
    let age = |row: &&DomainRow| row.querying_for;
    let Some(worst) = sight.domains.iter().max_by_key(age) else { return Verdict::Fine };
    let Some(time) = worst.querying_for.filter(|time| *time >= DOUBTFUL) else { return Verdict::Fine };
    let is_usual = sight.query_p99.is_some_and(|p99| time < p99 * TIMES_USUAL);
    // A database that answers nobody says nothing of this query.
    if time < STUCK || is_usual || sight.database_silent_for.is_some() {
        return Verdict::LookAgain;
    }
    let usual = sight.query_p99.map_or(String::new(), |p99| format!(", where 99 in 100 take {}", span(p99)));
    let finding = Finding::new(
        format!("a query of {worst} hangs"),
        format!(
            "in flight for {}{usual}; {} meanwhile, for a domain has one query at a time",
            span(time),
            waiting(worst.backlog)
        ),
        "see in pg_stat_activity what it waits for: pg_blocking_pids() names who holds a lock, EXPLAIN shows a slow \
         plan",
    );
    Verdict::Warn(finding.explained_by(sight, &FAULTS))
}
