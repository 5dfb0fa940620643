//! How fast the posters go, as a multiple of the scenario's own rate, and whether they go at all.

use std::sync::Arc;

use tokio::sync::watch;

use crate::scenario::limits::RATE_FACTORS;

/// The pace of all posters, to be changed while they post.
pub(crate) struct Pace {
    set: watch::Sender<Set>,
}

#[derive(Debug, Clone)]
struct Set {
    factor: f64,
    /// Of each poster, beside that of all.
    posters: Vec<f64>,
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
    /// The scenario's own, for so many posters.
    pub(crate) fn new(posters: usize) -> Arc<Self> {
        let set = Set { factor: 1.0, posters: vec![1.0; posters], pauses: 0 };
        Arc::new(Self { set: watch::Sender::new(set) })
    }

    /// Multiplies the factor of all posters, within bounds.
    pub(crate) fn scale(&self, by: f64) {
        self.set.send_modify(|set| scale(&mut set.factor, by));
    }

    /// Multiplies the factor of one poster, within bounds.
    pub(crate) fn scale_one(&self, poster: usize, by: f64) {
        self.set.send_modify(|set| scale(&mut set.posters[poster], by));
    }

    /// Gives all posters this factor, within bounds.
    pub(crate) fn set(&self, factor: f64) {
        self.set.send_modify(|set| set.factor = bounded(factor));
    }

    /// Gives one poster this factor, within bounds.
    pub(crate) fn set_one(&self, poster: usize, factor: f64) {
        self.set.send_modify(|set| set.posters[poster] = bounded(factor));
    }

    /// Lets nobody post; several may.
    pub(crate) fn pause(self: &Arc<Self>) -> Pause {
        self.set.send_modify(|set| set.pauses += 1);
        Pause(Arc::clone(self))
    }

    /// What was asked for of all posters, 1 unless somebody changed it.
    pub(crate) fn factor(&self) -> f64 {
        self.set.borrow().factor
    }

    /// What was asked for of one poster beside that, 1 unless somebody changed it.
    pub(crate) fn factor_of(&self, poster: usize) -> f64 {
        self.set.borrow().posters[poster]
    }

    /// The most that multiplies any poster's rate when nothing pauses it.
    pub(crate) fn factor_max(&self) -> f64 {
        let set = self.set.borrow();
        set.factor * set.posters.iter().copied().fold(0.0, f64::max)
    }

    /// What multiplies a poster's rate now: both factors, or 0 while nobody posts.
    pub(crate) fn at_work(&self, poster: usize) -> f64 {
        self.set.borrow().at_work(poster)
    }

    pub(crate) fn follow(&self) -> PaceReader {
        PaceReader(self.set.subscribe())
    }
}

impl Set {
    fn at_work(&self, poster: usize) -> f64 {
        if self.pauses == 0 { self.factor * self.posters[poster] } else { 0.0 }
    }
}

fn scale(factor: &mut f64, by: f64) {
    *factor = bounded(*factor * by);
}

fn bounded(factor: f64) -> f64 {
    factor.clamp(*RATE_FACTORS.start(), *RATE_FACTORS.end())
}

impl PaceReader {
    /// What multiplies a poster's rate now, as [`changed`](Self::changed) counts it.
    pub(crate) fn at_work(&mut self, poster: usize) -> f64 {
        self.0.borrow_and_update().at_work(poster)
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
