//! What several runs of a side say of chance: the spread between runs, by Welch's method.
//!
//! Each run is one observation, whatever it lasted: what differs from run to run (caches, neighbours, the
//! moment of a checkpoint) is common to all seconds of one. Where all values are above zero their logarithms are
//! compared, so that ratios come out. A side with a single run borrows the spread of the other.

use statrs::distribution::{ContinuousCDF, StudentsT};

use super::figures::Figure;
use super::{Effect, Interval, Row, Verdict};
use crate::report::Report;

/// A figure of two sets of runs.
pub(super) fn row(figure: &Figure, a: &[Report], b: &[Report]) -> Row {
    let values = |runs: &[Report]| -> Option<Vec<f64>> { runs.iter().map(|run| figure.value(run)).collect() };
    let (values_a, values_b) = (values(a), values(b));
    let Figure { title, path, unit, words, .. } = *figure;
    let mut row = Row { title, path, unit, a: None, b: None, effect: None, verdict: Verdict::Unknown, words };
    // A run without an observation is none to be left out in silence.
    if let Some((a, b)) = values_a.zip(values_b) {
        let is_positive = a.iter().chain(&b).all(|value| *value > 0.0);
        let middle =
            |values: &[f64]| if is_positive { mean(&logarithms(values)).exp() } else { mean(values) };
        (row.a, row.b) = (Some(middle(&a)), Some(middle(&b)));
        row.effect = effect(&a, &b, is_positive);
    }
    row
}

fn effect(a: &[f64], b: &[f64], is_positive: bool) -> Option<Effect> {
    let difference = Apart::of(a, b)?;
    let ratio = if is_positive { Apart::of(&logarithms(a), &logarithms(b)) } else { None };
    let p = ratio.as_ref().unwrap_or(&difference).p;
    Some(Effect {
        ratio: ratio.map(|Apart { interval: Interval { value, low, high }, .. }| Interval {
            value: value.exp(),
            low: low.exp(),
            high: high.exp(),
        }),
        difference: difference.interval,
        p,
        p_adjusted: p,
    })
}

/// Two means, and how far they are apart.
struct Apart {
    interval: Interval,
    p: f64,
}

impl Apart {
    fn of(a: &[f64], b: &[f64]) -> Option<Self> {
        let value = mean(b) - mean(a);
        let (spread_a, spread_b) = match (variance(a), variance(b)) {
            (Some(one), Some(other)) => (one, other),
            (Some(one), None) | (None, Some(one)) => (one, one),
            (None, None) => return None,
        };
        let (part_a, part_b) = (spread_a / a.len() as f64, spread_b / b.len() as f64);
        let error = (part_a + part_b).sqrt();
        if error <= 0.0 {
            // Runs that repeat each other to the last digit: they are equal, or apart for certain.
            let p = if value.abs() > 0.0 { 0.0 } else { 1.0 };
            return Some(Self { interval: Interval { value, low: value, high: value }, p });
        }
        // A side with a single run has no spread of its own and adds no freedom.
        let freedom = |part: f64, runs: usize| if runs > 1 { part.powi(2) / (runs - 1) as f64 } else { 0.0 };
        let own = |part: f64, runs: usize| if runs > 1 { part } else { 0.0 };
        let freedom = (own(part_a, a.len()) + own(part_b, b.len())).powi(2)
            / (freedom(part_a, a.len()) + freedom(part_b, b.len()));
        let student = StudentsT::new(0.0, 1.0, freedom).ok()?;
        let wide = student.inverse_cdf(0.975) * error;
        let p = 2.0 * student.cdf(-(value / error).abs());
        Some(Self { interval: Interval { value, low: value - wide, high: value + wide }, p })
    }
}

fn logarithms(values: &[f64]) -> Vec<f64> {
    values.iter().map(|value| value.ln()).collect()
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// The variance between runs; `None` for one.
fn variance(values: &[f64]) -> Option<f64> {
    let mean = mean(values);
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (values.len() > 1).then(|| squares / (values.len() - 1) as f64)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn it_is_welchs_test() {
        let a = [12.1, 11.4, 13.0, 12.7, 11.9, 12.2];
        let b = [13.9, 12.8, 15.1, 14.2, 13.1, 16.0, 14.4];
        let apart = Apart::of(&a, &b).unwrap();
        // By numerical integration: t = 4.172 with 9.234 degrees of freedom.
        let Interval { value, low, high } = apart.interval;
        for (found, expected) in
            [(apart.p, 0.002_272_9), (value, 1.997_619), (low, 0.918_676), (high, 3.076_562)]
        {
            assert!((found - expected).abs() < 1e-5, "{found} is not {expected}");
        }
    }

    #[test]
    fn a_single_run_borrows_the_others_spread() {
        assert!(Apart::of(&[1.0], &[2.0]).is_none());
        let several = [10.0, 11.0, 9.0, 10.5];
        let (one, other) = (Apart::of(&several, &[10.2]).unwrap(), Apart::of(&several, &[30.0]).unwrap());
        assert!(one.p > 0.5, "{}", one.p);
        assert!(other.p < 0.01, "{}", other.p);
        let both = Apart::of(&several, &[30.0, 29.0, 31.0, 30.5]).unwrap();
        assert!(both.p < other.p);
    }

    #[test]
    fn runs_without_spread_are_equal_or_apart() {
        assert!((Apart::of(&[3.0, 3.0], &[3.0, 3.0]).unwrap().p - 1.0).abs() < f64::EPSILON);
        assert!(Apart::of(&[3.0, 3.0], &[4.0, 4.0]).unwrap().p < 1e-9);
    }
}
