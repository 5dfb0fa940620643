//! How much the tool itself asks of the database, so that it can be told apart from the load.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Counts the tool's own queries and the time that they took.
#[derive(Debug, Default)]
pub struct Tally {
    queries: AtomicU64,
    busy_us: AtomicU64,
}

/// A query under way. Its time counts when this is dropped, however it ended.
#[must_use]
#[derive(Debug)]
pub(crate) struct Asking<'a> {
    tally: &'a Tally,
    since: Instant,
}

impl Tally {
    /// How many queries were begun.
    #[must_use]
    pub fn queries(&self) -> u64 {
        self.queries.load(Ordering::Relaxed)
    }

    /// How long the tool has waited for answers, all together.
    #[must_use]
    pub fn busy(&self) -> Duration {
        Duration::from_micros(self.busy_us.load(Ordering::Relaxed))
    }

    /// Counts a query that begins now.
    pub(crate) fn ask(&self) -> Asking<'_> {
        self.queries.fetch_add(1, Ordering::Relaxed);
        Asking { tally: self, since: Instant::now() }
    }
}

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        self.tally.busy_us.fetch_add(self.since.elapsed().as_micros() as u64, Ordering::Relaxed);
    }
}
