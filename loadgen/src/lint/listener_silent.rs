//! A replica hears nothing, although notices are sent.

use std::time::Duration;

use super::{Finding, Listener, Sight, Verdict};
use crate::report::words::{plural, span};

/// From this long on a listener is silent.
const SILENT: Duration = Duration::from_secs(5);
/// From this long on it may be.
const DOUBTFUL: Duration = Duration::from_secs(2);
/// So few notices may still be on their way, or their senders be slow to say that they were sent.
const MISSED_MIN: u64 = 5;
/// What keeps it from hearing.
const FAULTS: [&str; 6] = [
    "drop_notifications",
    "deaf_listener",
    "blackhole_listener",
    "delay_notifications",
    "kill_listener",
    "fill_notify_queue",
];

pub(super) fn look(sight: &Sight) -> Verdict {
    let missing = |listener: &Listener| listener.missed >= MISSED_MIN;
    let silent = |listener: &Listener| missing(listener) && listener.silent_for >= SILENT;
    let count = sight.listeners.iter().filter(|listener| silent(listener)).count();
    let worst = sight.listeners.iter().max_by_key(|listener| listener.missed);
    let Some(worst) = worst.filter(|_| count > 0) else {
        let is_doubtful =
            sight.listeners.iter().any(|listener| missing(listener) && listener.silent_for >= DOUBTFUL);
        return if is_doubtful { Verdict::LookAgain } else { Verdict::Fine };
    };
    let of = sight.listeners.len();
    let finding = Finding::new(
        match (count, of) {
            (1, 1) => "the listener is silent".to_owned(),
            (1, _) => format!("the listener of replica {} is silent", worst.replica),
            (count, of) if count == of => format!("all {of} listeners are silent"),
            (count, of) => format!("{count} of {of} listeners are silent"),
        },
        format!(
            "nothing heard for {}, while {} were sent",
            span(worst.silent_for),
            plural(worst.missed, "notice")
        ),
        "look for a pooler in transaction mode, a firewall or a dead connection between it and Postgres: LISTEN \
         needs a session of its own",
    );
    Verdict::Warn(finding.explained_by(sight, &FAULTS))
}
