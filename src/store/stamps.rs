//! The `created_at` of new jobs and the `started_at` of claims: the clock's time, but never the same twice.
//!
//! Jobs are handed out in the order of `created_at`, so that those inserted through one store keep
//! their order, also within a batch; and the jobs of one claim are those that bear its stamp. It promises nothing
//! between stores: their clocks differ.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::SystemTime;

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
        stamp(self.one_us())
    }

    /// One stamp, in microseconds since 1970: without a calendar, on the way of every job.
    pub(super) fn one_us(&self) -> i64 {
        self.reserve(1)
    }

    /// `count` stamps, all later than every one before.
    pub(super) fn take(&self, count: usize) -> impl Iterator<Item = DateTime<Utc>> + use<> {
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        let first = self.reserve(count);
        (first..first + count).map(stamp)
    }

    /// The first of `count` stamps, all later than every one before.
    fn reserve(&self, count: i64) -> i64 {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_micros();
        let now = i64::try_from(now).unwrap_or(i64::MAX);
        let first = |last: i64| now.max(last.saturating_add(1));
        let last = self
            .last_us
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last| {
                Some(first(last).saturating_add(count - 1))
            })
            .unwrap_or_else(|last| last);
        first(last)
    }
}

/// A stamp of so many microseconds since 1970.
pub(super) fn stamp(us: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(us).unwrap_or(DateTime::<Utc>::MAX_UTC)
}
