//! The run by its seconds: what is worth going to in it, and which moment is shown.
//!
//! Of every second there is what the recorder counted, a day of them at most (some 400 bytes each). It says where
//! something is; what the run looked like there is for [`History`] or the recording to say.

mod history;
mod playback;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use loadgen::snapshot::Second;

pub use history::{History, MOMENTS_MAX, ROWS_MAX};
pub use playback::{Playback, SPEEDS};

/// So many seconds are kept, the latest.
const SECONDS_MAX: usize = 24 * 60 * 60;
/// As many as a snapshot of a run shows.
const SHOWN: usize = 300;
/// Unless somebody says more: a second whose p99 is so many times the run's usual one is a breach.
const BREACH_FACTOR: u64 = 10;
/// A run whose waits are short is no worse for some that are longer and still short.
const BREACH_US_MIN: u64 = 10_000;

/// What is worth going to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// A fault at work.
    Fault,
    /// Jobs that the backup poll rescued.
    Rescue,
    /// Queue waits over the threshold.
    Breach,
}

/// The run by its seconds.
#[derive(Debug, Clone, Default)]
pub struct Timeline {
    seconds: VecDeque<Second>,
    /// The newest of the snapshot that was read last: most snapshots bring nothing new.
    read: Arc<Vec<Second>>,
    /// What was asked for as the threshold.
    breach: Option<Duration>,
    /// Ten times the run's usual p99.
    usual: Duration,
}

impl Timeline {
    /// One where a queue wait above `breach` is worth going to; without it, one far above the usual.
    #[must_use]
    pub fn new(breach: Option<Duration>) -> Self {
        Self { breach, ..Self::default() }
    }

    /// Takes in the seconds of a snapshot.
    pub fn read(&mut self, seconds: &Arc<Vec<Second>>) {
        if !Arc::ptr_eq(&self.read, seconds) {
            self.read = Arc::clone(seconds);
            self.extend(&Arc::clone(seconds));
        }
    }

    /// Takes in seconds, of which those that are known already count for nothing.
    pub fn extend(&mut self, seconds: &[Second]) {
        let next = self.seconds.back().map_or(0, |last| last.second + 1);
        let known = seconds.partition_point(|second| second.second < next);
        if known == seconds.len() {
            return;
        }
        self.seconds.extend(seconds[known..].iter().cloned());
        let excess = self.seconds.len().saturating_sub(SECONDS_MAX);
        self.seconds.drain(..excess);
        let mut p99s: Vec<u64> = self.seconds.iter().map(|second| second.queue_wait_p99_us).collect();
        p99s.retain(|p99| *p99 > 0);
        let middle = p99s.len() / 2;
        let usual = if p99s.is_empty() { 0 } else { *p99s.select_nth_unstable(middle).1 };
        self.usual = Duration::from_micros(usual.saturating_mul(BREACH_FACTOR).max(BREACH_US_MIN));
    }

    /// A second is a breach when 99 % of its jobs did not wait for less than this.
    #[must_use]
    pub fn threshold(&self) -> Duration {
        self.breach.unwrap_or(self.usual)
    }

    /// Every second that is known, oldest first.
    #[must_use]
    pub fn seconds(&self) -> impl ExactSizeIterator<Item = &Second> {
        self.seconds.iter()
    }

    /// Whether there is something of this kind in a second.
    #[must_use]
    pub fn has(&self, second: &Second, mark: Mark) -> bool {
        match mark {
            Mark::Fault => !second.faults.is_empty(),
            Mark::Rescue => second.rescued > 0,
            Mark::Breach => Duration::from_micros(second.queue_wait_p99_us) > self.threshold(),
        }
    }

    /// The end of the first second of the next stretch that has a mark, or of the one before, seen from a moment.
    /// A fault that joins others, or follows one at once, begins a stretch as well.
    #[must_use]
    pub fn find(&self, mark: Mark, from: Duration, forward: bool) -> Option<Duration> {
        let begins = |place: usize| {
            let second = &self.seconds[place];
            let before = place.checked_sub(1).map(|before| &self.seconds[before]);
            let goes_on = before.is_some_and(|before| match mark {
                Mark::Fault => second.faults.iter().all(|fault| before.faults.contains(fault)),
                Mark::Rescue | Mark::Breach => self.has(before, mark),
            });
            self.has(second, mark) && !goes_on
        };
        let end = |place: usize| Duration::from_secs(self.seconds[place].second + 1);
        let mut places = 0..self.seconds.len();
        let place = if forward {
            places.find(|place| end(*place) > from && begins(*place))
        } else {
            places.rfind(|place| end(*place) < from && begins(*place))
        };
        place.map(end)
    }

    /// The seconds that a snapshot of a moment shows: the newest that had ended by then.
    #[must_use]
    pub fn shown_at(&self, at: Duration) -> Arc<Vec<Second>> {
        let ended = self.seconds.partition_point(|second| Duration::from_secs(second.second + 1) <= at);
        Arc::new(self.seconds.range(ended.saturating_sub(SHOWN)..ended).cloned().collect())
    }
}
