//! Jobs wait for workers that aren't there, or for few that are busy while others sleep.

use std::time::Duration;

use super::{Finding, Kind, Sight, Verdict, waiting};
use crate::report::words::{plural, span};
use crate::snapshot::DomainSpec;

/// From this age of the oldest job on, nobody accepts its kind: whoever does may be about to come.
const DESERTED: Duration = Duration::from_secs(3);
/// From this age on, workers that accept it are too few: they would have been done with something shorter.
const SCARCE: Duration = Duration::from_secs(1);
/// From this age on it may be starved.
const DOUBTFUL: Duration = Duration::from_millis(500);
/// What takes workers away.
const FAULTS: [&str; 2] = ["crash_workers", "cancel_workers"];

pub(super) fn look(sight: &Sight) -> Verdict {
    let asleep = sight.waiting();
    // Busy workers are a shortage of this kind only while others have nothing to do.
    let lacks = |kind: &&Kind| kind.workers == 0 || (kind.waiting == 0 && asleep >= kind.workers);
    let worst = sight.kinds.iter().filter(lacks).max_by_key(|kind| kind.oldest);
    let Some(kind) = worst.filter(|kind| kind.oldest >= DOUBTFUL) else { return Verdict::Fine };
    if kind.oldest < if kind.workers == 0 { DESERTED } else { SCARCE } {
        return Verdict::LookAgain;
    }
    let demand = DomainSpec::new(&[kind.posting.provisioner], &kind.posting.tags);
    let waiting = format!("{}, the oldest for {}", waiting(kind.backlog), span(kind.oldest));
    let finding = if kind.workers == 0 {
        Finding::new(
            format!("no worker accepts {demand}"),
            format!("{waiting}; no worker that is present may take them"),
            "start workers of this type with these tags, or mend the tags of the jobs; the backup poll won't help",
        )
    } else {
        Finding::new(
            format!("too few workers accept {demand}"),
            format!(
                "{waiting}; the {} that may take them are busy, beside {asleep} of other kinds that sleep",
                plural(kind.workers as u64, "worker")
            ),
            "hire workers with these tags, or keep other jobs off them by a tag that those demand; more workers of \
             other kinds don't help",
        )
    };
    Verdict::Warn(finding.explained_by(sight, &FAULTS))
}
