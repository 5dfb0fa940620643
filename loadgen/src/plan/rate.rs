//! A rate over time, λ(t), piecewise linear, and its integral Λ(t) with the inverse, in closed form.
//!
//! Seconds and jobs are plain numbers here. It draws nothing.

use std::time::Duration;

use crate::scenario::Stage;

/// λ(t) of one poster: stage after stage from time zero, and zero after the last.
#[derive(Debug, Clone, PartialEq)]
pub struct RateCurve {
    pieces: Vec<Piece>,
}

/// One stage.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Piece {
    /// Seconds.
    start: f64,
    /// Seconds.
    length: f64,
    /// Jobs per second at its start.
    from: f64,
    /// Jobs per second gained each second.
    slope: f64,
    /// Λ at its start.
    before: f64,
}

impl RateCurve {
    /// The curve of a poster's stages.
    #[must_use]
    pub fn new(stages: &[Stage]) -> Self {
        let mut pieces = Vec::with_capacity(stages.len());
        let mut elapsed = Duration::ZERO;
        let mut before = 0.0;
        for stage in stages {
            let length = stage.length.as_secs_f64();
            let slope = if length > 0.0 { (stage.to - stage.from) / length } else { 0.0 };
            let piece = Piece { start: elapsed.as_secs_f64(), length, from: stage.from, slope, before };
            pieces.push(piece);
            before += piece.jobs(length);
            elapsed += stage.length;
        }
        Self { pieces }
    }

    /// λ(t): jobs per second at `seconds`.
    #[must_use]
    pub fn rate(&self, seconds: f64) -> f64 {
        match self.pieces.get(self.piece_at(seconds)) {
            Some(piece) if seconds < piece.start + piece.length => {
                (piece.from + piece.slope * (seconds - piece.start)).max(0.0)
            }
            _ => 0.0,
        }
    }

    /// Λ(t): jobs that the rate amounts to by `seconds`.
    #[must_use]
    pub fn cumulative(&self, seconds: f64) -> f64 {
        match self.pieces.get(self.piece_at(seconds)) {
            Some(piece) => piece.before + piece.jobs((seconds - piece.start).clamp(0.0, piece.length)),
            None => 0.0,
        }
    }

    /// Jobs in all.
    #[must_use]
    pub fn total(&self) -> f64 {
        self.pieces.last().map_or(0.0, |piece| piece.before + piece.jobs(piece.length))
    }

    /// When the last stage is over, in seconds.
    #[must_use]
    pub fn end(&self) -> f64 {
        self.pieces.last().map_or(0.0, |piece| piece.start + piece.length)
    }

    /// Λ⁻¹: the earliest time, in seconds, by which the rate amounts to `jobs`; `None` when it never does.
    #[must_use]
    pub fn inverse(&self, jobs: f64) -> Option<f64> {
        if self.pieces.is_empty() || jobs > self.total() {
            return None;
        }
        // The first piece whose end reaches it: a silent stretch answers with its beginning.
        let index = self.pieces.partition_point(|piece| piece.before + piece.jobs(piece.length) < jobs);
        let piece = self.pieces.get(index)?;
        Some(piece.start + piece.seconds_for((jobs - piece.before).max(0.0)))
    }

    /// The piece that holds `seconds`; after the end the last, before the beginning the first.
    fn piece_at(&self, seconds: f64) -> usize {
        self.pieces.partition_point(|piece| piece.start <= seconds).saturating_sub(1)
    }
}

impl Piece {
    /// Jobs in its first `seconds`.
    fn jobs(&self, seconds: f64) -> f64 {
        (self.from + 0.5 * self.slope * seconds) * seconds
    }

    /// Solves `from·τ + ½·slope·τ² = jobs` for τ, in the form that loses no digits when the slope is small.
    fn seconds_for(&self, jobs: f64) -> f64 {
        let root = (self.from * self.from + 2.0 * self.slope * jobs).max(0.0).sqrt();
        let denominator = self.from + root;
        if denominator > 0.0 { (2.0 * jobs / denominator).min(self.length) } else { 0.0 }
    }
}

#[cfg(test)]
#[expect(
    clippy::unwrap_used,
    clippy::float_cmp,
    reason = "a test fails by panicking, and exact results are meant"
)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn stage(seconds: f64, from: f64, to: f64) -> Stage {
        Stage { length: Duration::from_secs_f64(seconds), from, to }
    }

    #[test]
    fn constant_stages_and_ramps_integrate_exactly() {
        let curve =
            RateCurve::new(&[stage(20.0, 50.0, 50.0), stage(20.0, 50.0, 400.0), stage(20.0, 400.0, 400.0)]);
        assert_eq!(curve.cumulative(0.0), 0.0);
        assert_eq!(curve.cumulative(10.0), 500.0);
        assert_eq!(curve.cumulative(20.0), 1000.0);
        assert_eq!(curve.cumulative(30.0), 1000.0 + 10.0 * (50.0 + 225.0) / 2.0);
        assert_eq!(curve.cumulative(40.0), 5500.0);
        assert_eq!(curve.total(), 13_500.0);
        assert_eq!(curve.cumulative(1000.0), 13_500.0);
        assert_eq!(curve.rate(30.0), 225.0);
        assert_eq!(curve.rate(60.0), 0.0);
        assert_eq!(curve.end(), 60.0);
    }

    #[test]
    fn the_inverse_skips_silence_and_ends_with_the_stages() {
        let curve = RateCurve::new(&[stage(5.0, 0.0, 0.0), stage(5.0, 0.0, 10.0), stage(5.0, 0.0, 0.0)]);
        assert_eq!(curve.inverse(0.0), Some(0.0));
        let first = curve.inverse(1e-9).unwrap();
        assert!(first > 5.0 && first < 5.1, "{first}");
        assert_eq!(curve.inverse(25.0), Some(10.0));
        assert_eq!(curve.inverse(25.1), None);
        assert_eq!(RateCurve::new(&[]).inverse(0.0), None);
        assert_eq!(RateCurve::new(&[]).rate(1.0), 0.0);
    }

    fn curves(least: f64) -> impl Strategy<Value = RateCurve> {
        prop::collection::vec((0.1..30.0_f64, least..500.0_f64, least..500.0_f64), 1..6).prop_map(|stages| {
            RateCurve::new(&stages.iter().map(|&(l, a, b)| stage(l, a, b)).collect::<Vec<_>>())
        })
    }

    proptest! {
        #[test]
        fn the_inverse_undoes_the_integral(curve in curves(0.5), share in 0.0..1.0_f64) {
            let seconds = share * curve.end();
            let back = curve.inverse(curve.cumulative(seconds)).unwrap();
            prop_assert!((back - seconds).abs() < 1e-6, "{seconds} came back as {back}");
        }

        #[test]
        fn the_integral_undoes_the_inverse(curve in curves(0.0), share in 0.0..1.0_f64) {
            let jobs = share * curve.total();
            let back = curve.cumulative(curve.inverse(jobs).unwrap());
            prop_assert!((back - jobs).abs() < 1e-6 * (1.0 + curve.total()), "{jobs} came back as {back}");
        }

        #[test]
        fn the_inverse_is_monotone(curve in curves(0.0), a in 0.0..1.0_f64, b in 0.0..1.0_f64) {
            let (low, high) = (a.min(b) * curve.total(), a.max(b) * curve.total());
            prop_assert!(curve.inverse(low).unwrap() <= curve.inverse(high).unwrap() + 1e-9);
        }
    }
}
