//! When a poster posts, and what: a seeded timeline that answers one arrival after the other.
//!
//! Arrivals are points on the axis of Λ, mapped to time by Λ⁻¹: points with unit-exponential gaps make
//! the non-homogeneous Poisson process of λ exactly, evenly spaced ones make even arrivals, or
//! bursts of them. A live change
//! of the rate stretches the map from then on, and leaves the points as they are; without one, the
//! timeline is a constant of scenario, seed and poster. It never waits for anybody.

use std::collections::VecDeque;
use std::time::Duration;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Exp1};

use super::draws::{Stream, stream};
use super::rate::RateCurve;
use crate::scenario::{ArrivalProcess, MixEntry, Poster};

/// One transaction to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrival {
    /// When the plan says so, since the posters started.
    pub intended: Duration,
    /// Its jobs, each by the index of its entry in the poster's mix; never empty.
    pub jobs: Vec<usize>,
}

/// All arrivals of one poster, in order of time.
///
/// An iterator: [`peek`](Self::peek) tells the next intended time, [`next`](Iterator::next) takes the
/// arrival. The end is an end only at the present rate: after a [`rescale`](Self::rescale) there may be
/// more.
#[derive(Debug, Clone)]
pub struct ArrivalTimeline {
    curve: RateCurve,
    process: ArrivalProcess,
    batch: usize,
    mix: Mix,
    gaps: ChaCha8Rng,
    kinds: ChaCha8Rng,
    /// Jobs that are due at one moment: a transaction's, or a burst's.
    together: usize,
    /// Those of them that are still to come.
    left: usize,
    /// The next arrival's point, in jobs.
    point: f64,
    /// Stretches of time with one factor each, oldest first, never empty. Those that `point` has passed
    /// are forgotten.
    factors: VecDeque<Factor>,
    /// The last answer: rounding never makes the timeline step back.
    latest: Duration,
}

/// From some time on, the rate is multiplied.
#[derive(Debug, Clone, Copy)]
struct Factor {
    /// Seconds.
    since: f64,
    /// The curve's Λ at that time.
    cumulative: f64,
    /// Jobs that the multiplied rate has amounted to by then: where it lies on the axis of points.
    point: f64,
    value: f64,
}

impl ArrivalTimeline {
    /// The timeline of the poster with this index.
    #[must_use]
    pub fn new(poster: &Poster, seed: u64, index: usize) -> Self {
        let mut gaps = stream(seed, Stream::Gaps { poster: index });
        let first = match poster.arrival {
            ArrivalProcess::Poisson => exponential(&mut gaps),
            // A phase of its own, or posters with equal rates would post in step.
            ArrivalProcess::Uniform | ArrivalProcess::Burst { .. } => gaps.random::<f64>(),
        };
        let together = together(poster);
        Self {
            curve: RateCurve::new(&poster.stages),
            process: poster.arrival,
            batch: poster.batch.max(1),
            mix: Mix::new(&poster.mix),
            gaps,
            kinds: stream(seed, Stream::Kinds { poster: index }),
            together,
            left: together,
            point: first * together as f64,
            factors: VecDeque::from([Factor { since: 0.0, cumulative: 0.0, point: 0.0, value: 1.0 }]),
            latest: Duration::ZERO,
        }
    }

    /// When the next arrival is due; `None` when there is none at the present rate.
    #[must_use]
    pub fn peek(&self) -> Option<Duration> {
        let factor = self.factors[self.factor_of_point()];
        if factor.value <= 0.0 {
            return None;
        }
        let seconds = self.curve.inverse(factor.cumulative + (self.point - factor.point) / factor.value)?;
        Some(Duration::from_secs_f64(seconds).max(self.latest))
    }

    /// Multiplies the poster's own rate by `factor` from `now` on (1 is the scenario's rate, 0 silence);
    /// what was due before stays due. Repeating the factor at work changes nothing.
    ///
    /// # Panics
    ///
    /// When the factor is negative or no number.
    pub fn rescale(&mut self, now: Duration, factor: f64) {
        assert!(factor.is_finite() && factor >= 0.0, "a rate cannot be multiplied by {factor}");
        let last = self.last_factor();
        if last.value.to_bits() == factor.to_bits() {
            return;
        }
        let since = now.as_secs_f64().max(last.since);
        let cumulative = self.curve.cumulative(since);
        let point = last.point + last.value * (cumulative - last.cumulative);
        self.factors.push_back(Factor { since, cumulative, point, value: factor });
        self.forget_passed_factors();
    }

    /// Jobs per second that are due at `at`, the factor of that time included.
    #[must_use]
    pub fn target_rate(&self, at: Duration) -> f64 {
        let seconds = at.as_secs_f64();
        let index = self.factors.partition_point(|factor| factor.since <= seconds).saturating_sub(1);
        self.curve.rate(seconds) * self.factors[index].value
    }

    /// The poster's own rate over time, without any factor.
    #[must_use]
    pub fn curve(&self) -> &RateCurve {
        &self.curve
    }

    /// What the jobs queued before the run demand, each by the index of its entry in the poster's mix.
    pub fn preload(poster: &Poster, seed: u64, index: usize) -> impl Iterator<Item = usize> + use<> {
        let mut kinds = stream(seed, Stream::Preload { poster: index });
        let mix = Mix::new(&poster.mix);
        (0..poster.preload).map(move |_| mix.choose(&mut kinds))
    }

    /// Moves to the point of what comes next.
    fn go_on(&mut self) {
        let gap = match self.process {
            ArrivalProcess::Poisson => exponential(&mut self.gaps),
            ArrivalProcess::Uniform | ArrivalProcess::Burst { .. } => 1.0,
        };
        self.left = self.together;
        self.point += gap * self.together as f64;
    }

    fn last_factor(&self) -> Factor {
        self.factors[self.factors.len() - 1]
    }

    /// The factor at work where the next point lies.
    fn factor_of_point(&self) -> usize {
        self.factors.partition_point(|factor| factor.point <= self.point).saturating_sub(1)
    }

    fn forget_passed_factors(&mut self) {
        let passed = self.factor_of_point();
        self.factors.drain(..passed);
    }
}

impl Iterator for ArrivalTimeline {
    type Item = Arrival;

    fn next(&mut self) -> Option<Arrival> {
        let intended = self.peek()?;
        let jobs: Vec<usize> =
            (0..self.batch.min(self.left)).map(|_| self.mix.choose(&mut self.kinds)).collect();
        self.latest = intended;
        self.left -= jobs.len();
        if self.left == 0 {
            self.go_on();
        }
        self.forget_passed_factors();
        Some(Arrival { intended, jobs })
    }
}

/// Jobs that are due at one moment.
fn together(poster: &Poster) -> usize {
    match poster.arrival {
        ArrivalProcess::Poisson | ArrivalProcess::Uniform => poster.batch.max(1),
        ArrivalProcess::Burst { size } => size.max(1),
    }
}

fn exponential(rng: &mut ChaCha8Rng) -> f64 {
    Exp1.sample(rng)
}

/// Chooses entries of a mix by weight.
#[derive(Debug, Clone)]
struct Mix {
    /// Sums of the weights up to and including each entry.
    sums: Vec<f64>,
}

impl Mix {
    fn new(entries: &[MixEntry]) -> Self {
        let sums = entries
            .iter()
            .scan(0.0, |sum, entry| {
                *sum += entry.weight;
                Some(*sum)
            })
            .collect();
        Self { sums }
    }

    fn choose(&self, rng: &mut ChaCha8Rng) -> usize {
        let total = self.sums.last().copied().unwrap_or_default();
        let draw = rng.random::<f64>() * total;
        self.sums.partition_point(|sum| *sum <= draw).min(self.sums.len().saturating_sub(1))
    }
}

#[cfg(test)]
#[expect(
    clippy::unwrap_used,
    clippy::float_cmp,
    reason = "a test fails by panicking, and exact results are meant"
)]
mod tests;
