//! How fast the posters go, as a multiple of the scenario's own rate, and whether they go at all.

use std::sync::Arc;

use tokio::sync::watch;

/// Bounds of the factor.
const FACTOR: std::ops::RangeInclusive<f64> = 0.01..=100.0;

/// The pace of all posters, to be changed while they post.
pub(crate) struct Pace {
    set: watch::Sender<Set>,
}

#[derive(Debug, Clone, Copy)]
struct Set {
    factor: f64,
    /// How many faults let nobody post.
    pauses: usize,
}

/// Follows the pace.
#[derive(Clone)]
pub(crate) struct PaceReader(watch::Receiver<Set>);

/// Nobody posts as long as it stands.
#[must_use]
pub(crate) struct Pause(Arc<Pace>);

impl Pace {
    /// The scenario's own.
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self { set: watch::Sender::new(Set { factor: 1.0, pauses: 0 }) })
    }

    /// Multiplies the factor, within bounds.
    pub(crate) fn scale(&self, by: f64) {
        self.set.send_modify(|set| set.factor = (set.factor * by).clamp(*FACTOR.start(), *FACTOR.end()));
    }

    /// Lets nobody post; several may.
    pub(crate) fn pause(self: &Arc<Self>) -> Pause {
        self.set.send_modify(|set| set.pauses += 1);
        Pause(Arc::clone(self))
    }

    /// What was asked for, 1 unless somebody changed it.
    pub(crate) fn factor(&self) -> f64 {
        self.set.borrow().factor
    }

    /// What multiplies the rates now: the factor, or 0 while nobody posts.
    pub(crate) fn at_work(&self) -> f64 {
        self.set.borrow().at_work()
    }

    pub(crate) fn follow(&self) -> PaceReader {
        PaceReader(self.set.subscribe())
    }
}

impl Set {
    fn at_work(self) -> f64 {
        if self.pauses == 0 { self.factor } else { 0.0 }
    }
}

impl PaceReader {
    /// What multiplies the rates now, as [`changed`](Self::changed) counts it.
    pub(crate) fn at_work(&mut self) -> f64 {
        self.0.borrow_and_update().at_work()
    }

    /// Waits until it may have changed; `None` when nobody is left to change it.
    pub(crate) async fn changed(&mut self) -> Option<()> {
        self.0.changed().await.ok()
    }
}

impl Drop for Pause {
    fn drop(&mut self) {
        self.0.set.send_modify(|set| set.pauses -= 1);
    }
}
