//! A domain's jobs are found by the backup poll, and by nothing else.

use super::{Finding, Sight, Verdict, same_in};
use crate::report::words::{count, plural};
use crate::snapshot::DomainRow;

/// So few rescued jobs are noise.
const RESCUED_MIN: u64 = 3;
/// From this share of its jobs on a domain is served by the poll alone.
const SHARE_MAX: f64 = 0.9;
/// From this share on it may be.
const SHARE_DOUBTFUL: f64 = 0.5;
/// What makes a poll the only way.
const FAULTS: [&str; 5] =
    ["drop_notifications", "deaf_listener", "blackhole_listener", "fill_notify_queue", "kill_listener"];

pub(super) fn look(sight: &Sight) -> Verdict {
    let share = |row: &DomainRow| row.rescued_recent as f64 / row.acquired_recent.max(1) as f64;
    let served = |row: &&DomainRow| row.rescued_recent >= RESCUED_MIN && share(row) >= SHARE_MAX;
    let Some(worst) = sight.domains.iter().filter(served).max_by_key(|row| row.rescued_recent) else {
        let is_doubtful =
            sight.domains.iter().any(|row| row.rescued_recent > 0 && share(row) >= SHARE_DOUBTFUL);
        return if is_doubtful { Verdict::LookAgain } else { Verdict::Fine };
    };
    let others = sight.domains.iter().filter(served).count() - 1;
    let finding = Finding::new(
        format!("{worst} is served by the backup poll alone"),
        format!(
            "the poll found {} of its {} of the last 10 s{}",
            count(worst.rescued_recent),
            plural(worst.acquired_recent, "job"),
            same_in(others)
        ),
        "see that whoever inserts jobs also notifies, in this database and on the channel that is listened to, and \
         that the listeners hear it",
    );
    Verdict::Warn(finding.explained_by(sight, &FAULTS))
}
