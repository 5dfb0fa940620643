//! Jobs wait beside sleeping workers, and nobody asks.
//!
//! Seen at work, in a domain that sleeps beside its backlog; or found out afterwards, when the backup poll rescued
//! jobs of which the wakeup was lost.

use std::time::Duration;

use super::{Finding, Sight, Verdict, same_in, waiting};
use crate::report::words::{plural, span};
use crate::snapshot::DomainRow;

/// From this age of the oldest job on, a domain that sleeps beside it was not woken.
const OVERSLEPT: Duration = Duration::from_secs(2);
/// From this age on that may be.
const DOUBTFUL: Duration = Duration::from_secs(1);
/// Seconds in which lost wakeups are counted.
const SECONDS: usize = 10;
/// So many lost wakeups in that time are worth a word.
const LOST_MIN: u64 = 3;
/// What loses wakeups.
const FAULTS: [&str; 7] = [
    "drop_notifications",
    "deaf_listener",
    "blackhole_listener",
    "kill_listener",
    "delay_notifications",
    "fill_notify_queue",
    "cancel_workers",
];

pub(super) fn look(sight: &Sight) -> Verdict {
    let asleep = |row: &&DomainRow| row.sleeps_beside_work();
    let age = |row: &DomainRow| row.oldest.unwrap_or_default();
    let worst = sight.domains.iter().filter(asleep).max_by_key(|row| age(row));
    let oldest = worst.map_or(Duration::ZERO, age);
    let lost = sight.sum(SECONDS, |second| second.wakeups_lost);
    if oldest < DOUBTFUL && lost == 0 {
        return Verdict::Fine;
    }
    // A domain whose query failed pauses before the next.
    let pauses = sight.sum(SECONDS, |second| second.failed) > 0;
    if (oldest < OVERSLEPT || pauses) && lost < LOST_MIN {
        return Verdict::LookAgain;
    }
    let losses = || {
        format!("{} of the last {SECONDS} s woke nobody who could have had the job", plural(lost, "posting"))
    };
    let (what, evidence) = match worst.filter(|_| oldest >= DOUBTFUL) {
        Some(row) => {
            let others = sight.domains.iter().filter(asleep).filter(|row| age(row) >= DOUBTFUL).count() - 1;
            let mut evidence = format!(
                "{}, the oldest for {}, beside {} asleep, and nobody asks{}",
                waiting(row.backlog),
                span(oldest),
                plural(row.waiting() as u64, "worker"),
                same_in(others)
            );
            if lost > 0 {
                evidence = format!("{evidence}; {}", losses());
            }
            (format!("{row} sleeps beside its work"), evidence)
        }
        None => ("wakeups get lost".to_owned(), losses()),
    };
    let finding = Finding::new(
        what,
        evidence,
        "follow such a job in the Wakeups view: was it announced, did a replica hear it, whom did it wake? With \
         postings = \"forgotten\" (policy seed) a notice dies with its domain",
    );
    Verdict::Warn(finding.explained_by(sight, &FAULTS))
}
