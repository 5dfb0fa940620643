//! The database does not answer the simplest question.

use super::{Finding, Sight, Verdict};
use crate::report::words::span;

/// What keeps it from answering.
const FAULTS: [&str; 4] = ["database_pause", "database_kill", "database_restart", "exhaust_pool"];

pub(super) fn look(sight: &Sight) -> Verdict {
    let Some(silence) = sight.database_silent_for else { return Verdict::Fine };
    let finding = Finding::new(
        "the database does not answer",
        format!("no answer for {}, not even to SELECT 1", span(silence)),
        "look at its log, its machine and the way to it; after 30 s of silence the run gives up",
    );
    Verdict::Warn(finding.explained_by(sight, &FAULTS))
}
