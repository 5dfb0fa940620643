//! Whether a series grows, judged with the company that its points keep.
//!
//! A backlog is a walk: a second's value is the last one's and a little more, so that a plain regression takes
//! every long swing for a trend. Here the line is fitted by generalized least squares for errors that follow
//! each other (first order, after Prais and Winsten). The autocorrelation is corrected for the bias that short
//! series have and then taken one standard error larger: short series make it look too small, and that is
//! the side on which swings pass for growth. Where it reaches 1 the slope is the mean of the steps.

use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF as _, StudentsT};

/// Fewer points say nothing of a trend.
pub const POINTS_MIN: usize = 5;
/// The slope lies above `low`, and below `high`, with this confidence each.
const CONFIDENCE: f64 = 0.95;

/// The slope of a series with one point a second.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Trend {
    /// The best guess.
    pub per_second: f64,
    /// The slope isn't smaller.
    pub low: f64,
    /// The slope isn't larger.
    pub high: f64,
    /// How much of a point's distance from the line the next one inherits, 0 to 1.
    pub autocorrelation: f64,
}

impl Trend {
    /// The trend of evenly spaced points; `None` of fewer than [`POINTS_MIN`].
    #[must_use]
    pub fn of(points: &[f64]) -> Option<Self> {
        if points.len() < POINTS_MIN {
            return None;
        }
        let times: Vec<f64> = (0..points.len()).map(|second| second as f64).collect();
        let ones = vec![1.0; points.len()];
        let plain = Line::fit(&ones, &times, points);
        let autocorrelation = autocorrelation(&plain.residuals);
        let (slope, error, freedom) = if autocorrelation < 1.0 {
            let whitened = |values: &[f64]| whiten(values, autocorrelation);
            let line = Line::fit(&whitened(&ones), &whitened(&times), &whitened(points));
            (line.slope, line.slope_error(), points.len() - 2)
        } else {
            let steps: Vec<f64> = points.windows(2).map(|pair| pair[1] - pair[0]).collect();
            let mean = mean(&steps);
            let squares: f64 = steps.iter().map(|step| (step - mean).powi(2)).sum();
            let freedom = steps.len() - 1;
            (mean, (squares / freedom as f64 / steps.len() as f64).sqrt(), freedom)
        };
        let margin = error * quantile(freedom);
        Some(Self { per_second: slope, low: slope - margin, high: slope + margin, autocorrelation })
    }
}

/// A line by least squares: `constant * x + slope * t`.
struct Line {
    slope: f64,
    residuals: Vec<f64>,
    /// The slope's variance for errors of variance 1.
    slope_variance: f64,
}

impl Line {
    fn fit(x: &[f64], t: &[f64], y: &[f64]) -> Self {
        let product = |one: &[f64], other: &[f64]| one.iter().zip(other).map(|(a, b)| a * b).sum::<f64>();
        let (xx, xt, tt) = (product(x, x), product(x, t), product(t, t));
        let (xy, ty) = (product(x, y), product(t, y));
        let determinant = xx * tt - xt * xt;
        let constant = (tt * xy - xt * ty) / determinant;
        let slope = (xx * ty - xt * xy) / determinant;
        let residuals = y.iter().zip(x).zip(t).map(|((y, x), t)| y - constant * x - slope * t).collect();
        Self { slope, residuals, slope_variance: xx / determinant }
    }

    fn slope_error(&self) -> f64 {
        let squares: f64 = self.residuals.iter().map(|residual| residual * residual).sum();
        (squares / (self.residuals.len() - 2) as f64 * self.slope_variance).sqrt()
    }
}

/// How much of a residual the next one inherits: the estimate, less its bias after a line was fitted, which
/// is `-(2 + 4r) / n`, and one standard error more.
fn autocorrelation(residuals: &[f64]) -> f64 {
    let squares: f64 = residuals.iter().map(|residual| residual * residual).sum();
    // What is left of a straight line is rounding.
    if squares < 1e-9 {
        return 0.0;
    }
    let count = residuals.len() as f64;
    let estimate = residuals.windows(2).map(|pair| pair[0] * pair[1]).sum::<f64>() / squares;
    let unbiased = ((count * estimate + 2.0) / (count - 4.0)).min(1.0);
    let error = (1.0 - unbiased.powi(2)).max(0.0).sqrt() / count.sqrt();
    (unbiased + error).clamp(0.0, 1.0)
}

/// Takes out of each value what it inherits from the one before.
fn whiten(values: &[f64], inherited: f64) -> Vec<f64> {
    let first = values[0] * (1.0 - inherited * inherited).sqrt();
    std::iter::once(first).chain(values.windows(2).map(|pair| pair[1] - inherited * pair[0])).collect()
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn quantile(freedom: usize) -> f64 {
    let student = StudentsT::new(0.0, 1.0, freedom as f64).expect("a degree of freedom is left");
    student.inverse_cdf(CONFIDENCE)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use rand::SeedableRng as _;
    use rand_chacha::ChaCha8Rng;
    use rand_distr::{Distribution as _, StandardNormal};

    use super::*;

    /// A walk that keeps `inherited` of each value, climbing by `slope`.
    fn walk(rng: &mut ChaCha8Rng, points: usize, inherited: f64, slope: f64) -> Vec<f64> {
        let mut swing: f64 = StandardNormal.sample(rng);
        (0..points)
            .map(|second| {
                let step: f64 = StandardNormal.sample(rng);
                swing = inherited * swing + step;
                swing + slope * second as f64
            })
            .collect()
    }

    /// The share of 2,000 series that are found to grow.
    fn found(points: usize, inherited: f64, slope: f64) -> f64 {
        let mut rng = ChaCha8Rng::seed_from_u64(7);
        let grows = |_: &i32| Trend::of(&walk(&mut rng, points, inherited, slope)).unwrap().low > 0.0;
        (0..2_000).filter(grows).count() as f64 / 2_000.0
    }

    #[test]
    fn a_straight_line_has_its_slope_and_no_doubt() {
        let trend = Trend::of(&[3.0, 5.0, 7.0, 9.0, 11.0, 13.0]).unwrap();
        for bound in [trend.per_second, trend.low, trend.high] {
            assert!((bound - 2.0).abs() < 1e-6, "{trend:?}");
        }
        assert!(Trend::of(&[4.0; 8]).unwrap().per_second.abs() < 1e-9);
        assert_eq!(Trend::of(&[1.0; POINTS_MIN - 1]), None);
    }

    #[test]
    fn swings_rarely_pass_for_growth() {
        // 5 % were promised of errors whose autocorrelation is known; here it is guessed from a few points.
        for (points, inherited, at_most) in [
            (10, 0.0, 0.05),
            (10, 0.5, 0.08),
            (10, 0.8, 0.12),
            (30, 0.0, 0.05),
            (30, 0.8, 0.08),
            (60, 0.95, 0.10),
        ] {
            let share = found(points, inherited, 0.0);
            assert!(share <= at_most, "{share} of series of {points} with {inherited}");
        }
    }

    #[test]
    fn a_plain_regression_would_take_swings_for_growth() {
        let mut rng = ChaCha8Rng::seed_from_u64(7);
        let times: Vec<f64> = (0..30).map(f64::from).collect();
        let grows = |_: &i32| {
            let line = Line::fit(&[1.0; 30], &times, &walk(&mut rng, 30, 0.8, 0.0));
            line.slope - line.slope_error() * quantile(28) > 0.0
        };
        let share = (0..2_000).filter(grows).count() as f64 / 2_000.0;
        assert!(share > 0.2, "{share}");
    }

    #[test]
    fn growth_is_found_through_the_swings() {
        for (points, inherited, slope) in [(10, 0.0, 1.0), (10, 1.0, 2.0), (30, 0.8, 0.5), (30, 1.0, 1.0)] {
            let share = found(points, inherited, slope);
            assert!(share > 0.9, "{share} of series of {points} with {inherited} and {slope}");
        }
    }
}
