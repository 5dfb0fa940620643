//! Moments of a run, kept to be gone back to: the whole run, the coarser the longer ago.
//!
//! Memory is bounded by moments and by rows of domains, which is some 30 megabytes at most. When there is no room, the
//! moment goes that is missed least: whose neighbours are near to each other for how long ago they are.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use loadgen::snapshot::Snapshot;

use super::Timeline;

/// So many moments are kept.
pub const MOMENTS_MAX: usize = 1_000;
/// And so many rows of domains in all of them, with two moments at least.
pub const ROWS_MAX: usize = 50_000;

/// Moments of a run, oldest first.
#[derive(Debug, Clone, Default)]
pub struct History {
    /// Without their seconds, which would be most of them and are the timeline's.
    moments: VecDeque<Arc<Snapshot>>,
    rows: usize,
}

impl History {
    /// Keeps a moment that is later than all the others, or replaces the last.
    pub fn push(&mut self, snapshot: &Snapshot) {
        match self.moments.back() {
            Some(last) if last.elapsed > snapshot.elapsed => return,
            Some(last) if last.elapsed == snapshot.elapsed => self.remove(self.moments.len() - 1),
            _ => {}
        }
        self.rows += snapshot.domains.len();
        self.moments.push_back(Arc::new(Snapshot { seconds: Arc::default(), ..snapshot.clone() }));
        while self.moments.len() > 2 && (self.moments.len() > MOMENTS_MAX || self.rows > ROWS_MAX) {
            self.remove(self.missed_least());
        }
    }

    fn missed_least(&self) -> usize {
        let at = |place: usize| self.moments[place].elapsed.as_secs_f64();
        let last = self.moments.len() - 1;
        let missed = |place: usize| (at(place + 1) - at(place - 1)) / (at(last) - at(place)).max(1.0);
        (1..last).min_by(|a, b| missed(*a).total_cmp(&missed(*b))).unwrap_or(0)
    }

    fn remove(&mut self, place: usize) {
        if let Some(gone) = self.moments.remove(place) {
            self.rows -= gone.domains.len();
        }
    }

    /// The last moment that is not later than `at`, or else the first of all.
    #[must_use]
    pub fn before(&self, at: Duration, timeline: &Timeline) -> Option<Arc<Snapshot>> {
        let place = self.moments.partition_point(|moment| moment.elapsed <= at).saturating_sub(1);
        self.whole(place, timeline)
    }

    /// The first moment that is not earlier than `at`, or else the last of all.
    #[must_use]
    pub fn after(&self, at: Duration, timeline: &Timeline) -> Option<Arc<Snapshot>> {
        let place = self.moments.partition_point(|moment| moment.elapsed < at);
        self.whole(place.min(self.moments.len().saturating_sub(1)), timeline)
    }

    fn whole(&self, place: usize, timeline: &Timeline) -> Option<Arc<Snapshot>> {
        let moment = self.moments.get(place)?;
        let seconds = timeline.shown_at(moment.elapsed);
        Some(Arc::new(Snapshot { seconds, ..(**moment).clone() }))
    }

    /// How many moments are kept, and how many rows of domains.
    #[must_use]
    pub fn size(&self) -> (usize, usize) {
        (self.moments.len(), self.rows)
    }
}
