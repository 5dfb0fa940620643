//! Replicas hear more notices than jobs explain, or commits queue for the lock under which notices are sent.

use super::{Finding, Sight, Verdict};
use crate::report::words::count;

/// Seconds that are looked at.
const SECONDS: usize = 5;
/// A replica hears each announced job once; this many times as many notices are a storm.
const TIMES_MAX: f64 = 1.5;
/// So few notices too many, by replica and second, are noise.
const EXCESS_MIN: f64 = 20.0;
/// So many transactions that wait for the lock, on average over the looks, are a queue.
const WAITERS_MAX: f64 = 4.0;
/// So many may be.
const WAITERS_DOUBTFUL: f64 = 2.0;
/// Below this many notices a second, the lock is held for something else.
const SENT_MIN: f64 = 50.0;
/// What sends more than there is to say.
const FAULTS: [&str; 4] =
    ["duplicate_notifications", "malformed_notifications", "cancel_workers", "fill_notify_queue"];

pub(super) fn look(sight: &Sight) -> Verdict {
    let seconds = sight.last(SECONDS).len();
    if seconds < SECONDS {
        return Verdict::LookAgain;
    }
    let per_second = |notices: u64| notices as f64 / seconds as f64;
    let sent = per_second(sight.sum(SECONDS, |second| second.notices_sent));
    let heard = per_second(sight.sum(SECONDS, |second| second.notices_heard)) / sight.replicas.max(1) as f64;
    let excess = heard - sent;
    if excess >= EXCESS_MIN && heard >= sent * TIMES_MAX {
        let finding = Finding::new(
            "more notices than jobs explain",
            format!(
                "each replica hears {} a second, and {} jobs a second are announced",
                count(heard.round() as u64),
                count(sent.round() as u64)
            ),
            "each is parsed by every replica and may cost a query: announce a job once, and give whatever else \
             notifies a channel of its own",
        );
        return Verdict::Warn(finding.explained_by(sight, &FAULTS));
    }
    let samples = &sight.database_samples[sight.database_samples.len().saturating_sub(SECONDS)..];
    let waiters: u64 = samples.iter().filter_map(|sample| sample.notify_lock_waiters).sum();
    let waiters = waiters as f64 / samples.len().max(1) as f64;
    if sent < SENT_MIN || waiters < WAITERS_DOUBTFUL {
        return Verdict::Fine;
    }
    if waiters < WAITERS_MAX {
        return Verdict::LookAgain;
    }
    Verdict::Warn(Finding::new(
        "commits queue for the lock of NOTIFY",
        format!(
            "{waiters:.1} transactions waited for it on average over {SECONDS} s, at {} notices a second",
            count(sent.round() as u64)
        ),
        "transactions that notify commit one by one in the whole server: announce many jobs in one transaction, or \
         after the commit that inserts them",
    ))
}
