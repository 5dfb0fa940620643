//! The `created_at` of new jobs and the `started_at` of claims: the clock's time, but never the same twice.
//!
//! Jobs are handed out in the order of `created_at`, so that those inserted through one store keep
//! their order, also within a batch; and the jobs of one claim are those that bear its stamp. It promises nothing
//! between stores: their clocks differ.

use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, Utc};

/// Makes rising stamps, a microsecond (the resolution of Postgres) apart where the clock doesn't rise.
#[derive(Debug, Default)]
pub(super) struct Stamps {
    /// The last stamp, in microseconds since the epoch.
    last_us: AtomicI64,
}

impl Stamps {
    /// One stamp, later than every one before.
    pub(super) fn one(&self) -> DateTime<Utc> {
        self.take(1).next().unwrap_or_else(Utc::now)
    }

    /// `count` stamps, all later than every one before.
    pub(super) fn take(&self, count: usize) -> impl Iterator<Item = DateTime<Utc>> + use<> {
        let now = Utc::now();
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        let first = |last: i64| now.timestamp_micros().max(last + 1);
        let last = self
            .last_us
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last| Some(first(last) + count - 1))
            .unwrap_or_else(|last| last);
        let first = first(last);
        (first..first + count).map(move |us| DateTime::from_timestamp_micros(us).unwrap_or(now))
    }
}
