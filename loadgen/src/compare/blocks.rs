//! What one run's seconds say of chance: a moving-block bootstrap.
//!
//! Neighbouring seconds resemble each other: a backlog, a checkpoint, a fault lasts longer than one. Resampled one
//! by one they would look like far more evidence than they are. So blocks of them are resampled, long enough to
//! hold what hangs together, from a circle so that every second counts alike.
//!
//! Blocks cut memories off at their ends, and short series make memories look short; both make what was resampled
//! too narrow. So it is given the spread that a first-order memory, corrected for its bias, would give it, where
//! that is wider; and widened as Student's t is wider than the normal distribution, for as few seconds as there
//! are when those that hang together count as one.
//!
//! Draws follow from a seed: the same reports give the same intervals.

use hdrhistogram::Histogram;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use statrs::distribution::{ContinuousCDF, Normal, StudentsT};

use super::figures::{Figure, Of, decoded};
use super::seconds::influences;
use super::{Effect, Interval, Row, Verdict};
use crate::report::Report;

/// How often the seconds are resampled.
pub(super) const RESAMPLES: usize = 10_000;
/// What lies outside an interval, on both sides together.
const OUTSIDE: f64 = 0.05;
/// A block is so many times as long as seconds hang together.
const MEMORIES_PER_BLOCK: f64 = 2.0;
/// The window in which correlations are summed is so many times as long as what they sum to (Sokal).
const WINDOW: f64 = 5.0;
/// There are at least so many blocks.
const BLOCKS_MIN: usize = 3;

/// A figure of two runs, one on each side.
pub(super) fn row(figure: &Figure, a: &Report, b: &Report, seed: u64) -> Row {
    let (value_a, value_b) = (figure.value(a), figure.value(b));
    let mut draws = ChaCha8Rng::seed_from_u64(seed);
    let mut strayed = |run: &Report, value: f64| -> Option<Resampled> {
        Some(Resampled::of(figure, run, value, &resample(&influences(figure, run, value)?, &mut draws)))
    };
    let effect = value_a.zip(value_b).and_then(|(value_a, value_b)| {
        let (one, other) = (strayed(a, value_a)?, strayed(b, value_b)?);
        Some(effect(value_a, value_b, &one, &other))
    });
    let Figure { title, path, unit, words, .. } = *figure;
    Row { title, path, unit, a: value_a, b: value_b, effect, verdict: Verdict::Unknown, words }
}

/// Over how many seconds the median queue wait of a run hangs together.
pub(super) fn memory(run: &Report) -> Option<f64> {
    let figure = super::figures::ALL.iter().find(|figure| matches!(figure.of, Of::Percentile(..)))?;
    let value = figure.value(run)?;
    Some(memory_of(&influences(figure, run, value)?))
}

/// A figure as it would have come out of resampled seconds.
struct Resampled {
    /// Its logarithm: for ratios.
    logarithms: Vec<f64>,
    /// Itself, in proportion: for differences.
    values: Vec<f64>,
}

impl Resampled {
    fn of(figure: &Figure, run: &Report, value: f64, strayed: &[f64]) -> Self {
        if let Of::Percentile(stage, quantile) = figure.of
            && let Some(histogram) = decoded(run.latency_us.get(stage))
        {
            // Where more jobs are slow, the percentile lies where a higher one did.
            let ranks = Ranks::of(&histogram);
            let values: Vec<f64> =
                strayed.iter().map(|share| ranks.value_at((quantile + share).clamp(0.0, 1.0))).collect();
            return Self { logarithms: values.iter().map(|value| value.max(1.0).ln()).collect(), values };
        }
        Self {
            logarithms: strayed.iter().map(|share| value.max(f64::MIN_POSITIVE).ln() + share).collect(),
            values: strayed.iter().map(|share| value * (1.0 + share)).collect(),
        }
    }
}

/// A histogram's values by rank, for looking up thousands of quantiles.
struct Ranks {
    /// How many are not above a value, and the value, in order.
    up_to: Vec<(u64, u64)>,
}

impl Ranks {
    fn of(histogram: &Histogram<u64>) -> Self {
        let mut count = 0;
        let up_to = histogram
            .iter_recorded()
            .map(|step| {
                count += step.count_since_last_iteration();
                (count, step.value_iterated_to())
            })
            .collect();
        Self { up_to }
    }

    fn value_at(&self, quantile: f64) -> f64 {
        let Some((total, highest)) = self.up_to.last() else { return 0.0 };
        let rank = (quantile * *total as f64).ceil().max(1.0) as u64;
        let place = self.up_to.partition_point(|(count, _)| *count < rank);
        self.up_to.get(place).map_or(*highest, |(_, value)| *value) as f64
    }
}

fn effect(a: f64, b: f64, one: &Resampled, other: &Resampled) -> Effect {
    let between = |one: &[f64], other: &[f64]| -> Vec<f64> {
        let mut apart: Vec<f64> = one.iter().zip(other).map(|(one, other)| other - one).collect();
        apart.sort_by(f64::total_cmp);
        apart
    };
    let differences = between(&one.values, &other.values);
    let (low, high) = bounds(&differences, b - a);
    let difference = Interval { value: b - a, low, high };
    if a > 0.0 && b > 0.0 {
        let ratios = between(&one.logarithms, &other.logarithms);
        let (low, high) = bounds(&ratios, (b / a).ln());
        let ratio = Interval { value: b / a, low: low.exp(), high: high.exp() };
        let p = probability(&ratios);
        Effect { ratio: Some(ratio), difference, p, p_adjusted: p }
    } else {
        let p = probability(&differences);
        Effect { ratio: None, difference, p, p_adjusted: p }
    }
}

/// The bounds that hold all but `OUTSIDE`, and the value itself.
fn bounds(sorted: &[f64], value: f64) -> (f64, f64) {
    let at = |share: f64| sorted[((sorted.len() - 1) as f64 * share).round() as usize];
    (at(OUTSIDE / 2.0).min(value), at(1.0 - OUTSIDE / 2.0).max(value))
}

/// How probable it is to stray to the other side of zero, on both sides together; never quite zero.
fn probability(apart: &[f64]) -> f64 {
    let count = |is_there: fn(f64) -> bool| apart.iter().filter(|apart| is_there(**apart)).count() + 1;
    let rarer = count(|apart| apart <= 0.0).min(count(|apart| apart >= 0.0));
    (2.0 * rarer as f64 / (apart.len() + 1) as f64).min(1.0)
}

/// Means of a series whose seconds are resampled in blocks, widened for how few blocks there are.
fn resample(series: &[f64], draws: &mut ChaCha8Rng) -> Vec<f64> {
    let seconds = series.len();
    let block = block_length(series);
    // Sums up to each second of two rounds of the circle, so that a block's sum is a difference.
    let mut sums = Vec::with_capacity(2 * seconds + 1);
    let mut sum = 0.0;
    sums.push(sum);
    for value in series.iter().chain(series) {
        sum += value;
        sums.push(sum);
    }
    let mut means: Vec<f64> = (0..RESAMPLES)
        .map(|_| {
            let mut taken = 0;
            let mut total = 0.0;
            while taken < seconds {
                let length = block.min(seconds - taken);
                let start = draws.random_range(0..seconds);
                total += sums[start + length] - sums[start];
                taken += length;
            }
            total / seconds as f64
        })
        .collect();
    let wider = widening(series, block, &means);
    for mean in &mut means {
        *mean *= wider;
    }
    means
}

/// How long a block is: what hangs together fits in, and there are several of them.
fn block_length(series: &[f64]) -> usize {
    let seconds = series.len();
    let holds_memory = (MEMORIES_PER_BLOCK * memory_of(series)).ceil() as usize;
    let grows_with_run = (seconds as f64).cbrt().ceil() as usize;
    holds_memory.max(grows_with_run).clamp(1, (seconds / BLOCKS_MIN).max(1))
}

/// How much wider than what was resampled an interval has to be.
fn widening(series: &[f64], block: usize, resampled: &[f64]) -> f64 {
    let (seconds, memory) = (series.len() as f64, memory_of(series));
    let found = variance(resampled);
    if found <= 0.0 {
        return 1.0;
    }
    let blocks = seconds / block as f64;
    let by_blocks = found * blocks / (blocks - 1.0).max(1.0);
    let by_memory = variance(series) * memory / seconds;
    let upper = 1.0 - OUTSIDE / 2.0;
    let normal = Normal::standard().inverse_cdf(upper);
    // With one degree of freedom and more, the distribution exists.
    let student = StudentsT::new(0.0, 1.0, (seconds / memory - 1.0).max(1.0))
        .map_or(normal, |student| student.inverse_cdf(upper));
    (by_blocks.max(by_memory) / found).sqrt() * student / normal
}

/// How many seconds in a row count as one: the longer of two estimates, at least 1.
fn memory_of(series: &[f64]) -> f64 {
    summed_memory(series).max(first_order_memory(series))
}

/// The sum of all autocorrelations, as far as they can be told from noise.
fn summed_memory(series: &[f64]) -> f64 {
    let variance = covariance(series, 0);
    if variance <= 0.0 {
        return 1.0;
    }
    let mut memory = 1.0;
    for lag in 1..series.len() / 2 {
        memory += 2.0 * covariance(series, lag) / variance;
        if lag as f64 >= WINDOW * memory {
            break;
        }
    }
    memory.max(1.0)
}

/// The same sum where each second inherits a part of the one before and nothing else. The part is corrected for
/// its bias, which is `-(1 + 3r) / n` in a series whose mean was taken out, and then taken one standard error
/// larger: the noise of single seconds hides memory, and that is the side on which moods pass for differences.
fn first_order_memory(series: &[f64]) -> f64 {
    let (seconds, variance) = (series.len() as f64, covariance(series, 0));
    if variance <= 0.0 {
        return 1.0;
    }
    let unbiased = ((seconds * covariance(series, 1) / variance + 1.0) / (seconds - 3.0)).min(1.0);
    let error = ((1.0 - unbiased.powi(2)).max(0.0) / seconds).sqrt();
    // No memory is longer than the run.
    let inherited = (unbiased + error).clamp(0.0, 1.0 - 2.0 / seconds);
    (1.0 + inherited) / (1.0 - inherited)
}

/// The sum of products of deviations so many seconds apart.
fn covariance(series: &[f64], lag: usize) -> f64 {
    let mean = series.iter().sum::<f64>() / series.len() as f64;
    series.iter().zip(&series[lag..]).map(|(one, other)| (one - mean) * (other - mean)).sum()
}

fn variance(values: &[f64]) -> f64 {
    covariance(values, 0) / (values.len() - 1) as f64
}
