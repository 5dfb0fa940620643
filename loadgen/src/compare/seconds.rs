//! The measured seconds of one run, as a series that says how far each second pulled a figure away from its
//! value over all of them (its influence): the mean of the series is zero, and the mean over resampled seconds
//! is how far the figure would have strayed.

use crate::report::{Report, TimelineSecond};

use super::figures::{Figure, Of};

/// Fewer seconds than this say nothing of chance.
pub(super) const SECONDS_MIN: usize = 10;

/// The influences of a run's seconds on a figure: for a percentile, on the share of jobs that are slower than it;
/// for all others, relative to the figure. `None` when there are too few seconds, or nothing to relate to.
pub(super) fn influences(figure: &Figure, run: &Report, value: f64) -> Option<Vec<f64>> {
    let seconds: Vec<&TimelineSecond> = run.measured_timeline().collect();
    if seconds.len() < SECONDS_MIN {
        return None;
    }
    let series =
        |of: &dyn Fn(&TimelineSecond) -> f64| -> Vec<f64> { seconds.iter().map(|s| of(s)).collect() };
    match figure.of {
        Of::Percentile(_, quantile) => {
            // Only queue waits are known second by second. The other stages stray with them: their own level is
            // looked for in the queue waits.
            let at = queue_wait_at(run, quantile)?;
            let jobs = series(&|second| second.acquired as f64);
            let slower = series(&|second| second.acquired as f64 * share_above(second, at));
            ratio(&slower, &jobs, false)
        }
        Of::Rate(_, count) => {
            let counts = series(&|second| count(second) as f64);
            ratio(&counts, &vec![1.0; seconds.len()], true)
        }
        Of::Ratio(_, [of, by]) => {
            ratio(&series(&|second| of(second) as f64), &series(&|second| by(second) as f64), true)
        }
        Of::Level(level) if value > 0.0 => {
            ratio(&series(&|second| level(second) as f64), &vec![1.0; seconds.len()], true)
        }
        Of::Level(_) => None,
    }
}

/// The queue wait at a quantile, in microseconds.
fn queue_wait_at(run: &Report, quantile: f64) -> Option<f64> {
    let histogram = super::figures::decoded(&run.latency_us.queue_wait)?;
    Some(histogram.value_at_quantile(quantile) as f64)
}

/// How each second pulls at Σof ÷ Σby, relative to that ratio or as it is.
fn ratio(of: &[f64], by: &[f64], is_relative: bool) -> Option<Vec<f64>> {
    let (sum_of, sum_by) = (of.iter().sum::<f64>(), by.iter().sum::<f64>());
    if sum_by <= 0.0 || (is_relative && sum_of <= 0.0) {
        return None;
    }
    let ratio = sum_of / sum_by;
    let mean_by = sum_by / by.len() as f64;
    let scale = if is_relative { ratio * mean_by } else { mean_by };
    Some(of.iter().zip(by).map(|(of, by)| (of - ratio * by) / scale).collect())
}

/// The share of a second's queue waits that lies above `us`: between what the second says of its distribution
/// (median, 99th percentile, counts in buckets that double) it is taken as even on the logarithmic axis.
fn share_above(second: &TimelineSecond, us: f64) -> f64 {
    if second.acquired == 0 {
        return 0.0;
    }
    let points = distribution(second);
    let next = points.partition_point(|(at, _)| *at <= us);
    let below = match (next.checked_sub(1).map(|last| points[last]), points.get(next)) {
        (None, _) => 0.0,
        (Some(_), None) => 1.0,
        (Some((from, share)), Some((to, then))) => {
            share + (then - share) * ((us / from).ln() / (to / from).ln())
        }
    };
    1.0 - below
}

/// Points of a second's distribution: microseconds, and the share of its queue waits that is not above them.
fn distribution(second: &TimelineSecond) -> Vec<(f64, f64)> {
    let (median, p99) = (second.queue_wait_p50_us.max(1) as f64, second.queue_wait_p99_us.max(1) as f64);
    let mut points = vec![(median, 0.5), (p99, 0.99)];
    let total: u64 = second.queue_wait_log2.iter().sum();
    if total == 0 {
        // A report that says no more: nothing is assumed to reach far past either.
        points.extend([(median / 2.0, 0.0), (p99 * 2.0, 1.0)]);
    }
    let mut below = 0;
    for (bucket, count) in (0_i32..).zip(&second.queue_wait_log2) {
        if *count > 0 {
            points.push((2_f64.powi(bucket), below as f64 / total as f64));
            below += count;
            points.push((2_f64.powi(bucket + 1), below as f64 / total as f64));
        }
    }
    points.sort_by(|one, other| one.0.total_cmp(&other.0).then(one.1.total_cmp(&other.1)));
    // Percentiles are rounded upwards and buckets are exact: where they disagree, no share ever falls.
    let mut highest = 0.0_f64;
    for (_, share) in &mut points {
        highest = highest.max(*share);
        *share = highest;
    }
    points.dedup_by(|later, earlier| {
        let is_same = later.0.total_cmp(&earlier.0).is_eq();
        if is_same {
            earlier.1 = later.1;
        }
        is_same
    });
    points
}

#[cfg(test)]
mod tests {
    use super::*;

    fn second(acquired: u64, p50: u64, p99: u64, log2: &[u64]) -> TimelineSecond {
        TimelineSecond {
            acquired,
            queue_wait_p50_us: p50,
            queue_wait_p99_us: p99,
            queue_wait_log2: log2.to_vec(),
            ..TimelineSecond::default()
        }
    }

    fn close(one: f64, other: f64) -> bool {
        (one - other).abs() < 1e-9
    }

    #[test]
    fn a_seconds_distribution_goes_through_all_that_is_known_of_it() {
        // 60 waits in [512, 1024), 38 in [1024, 2048), 2 in [4096, 8192).
        let second = second(100, 1_000, 5_000, &[0, 0, 0, 0, 0, 0, 0, 0, 0, 60, 38, 0, 2]);
        for (us, above) in [
            (100.0, 1.0),
            (512.0, 1.0),
            (1_000.0, 0.5),
            (1_024.0, 0.4),
            (2_048.0, 0.02),
            (4_096.0, 0.02),
            (5_000.0, 0.01),
            (8_192.0, 0.0),
            (1e6, 0.0),
        ] {
            assert!(close(share_above(&second, us), above), "{us}: {}", share_above(&second, us));
        }
        let between = share_above(&second, 700.0);
        assert!((0.5..1.0).contains(&between), "{between}");
    }

    #[test]
    fn median_and_p99_alone_are_enough() {
        let second = second(10, 1_000, 4_000, &[]);
        assert!(close(share_above(&second, 1_000.0), 0.5));
        assert!(close(share_above(&second, 4_000.0), 0.01));
        assert!(close(share_above(&second, 400.0), 1.0));
        assert!(close(share_above(&second, 9_000.0), 0.0));
        assert!((0.01..0.5).contains(&share_above(&second, 2_000.0)));
    }

    #[test]
    fn one_job_lies_on_one_side() {
        let second = second(1, 700, 700, &[0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
        assert!(close(share_above(&second, 1_200.0), 0.0));
        assert!(close(share_above(&second, 300.0), 1.0));
    }

    #[test]
    fn influences_cancel_out() {
        let pulls = ratio(&[1.0, 5.0, 3.0], &[2.0, 4.0, 4.0], true).unwrap_or_default();
        assert_eq!(pulls.len(), 3);
        assert!(close(pulls.iter().sum(), 0.0));
        assert_eq!(ratio(&[1.0], &[0.0], true), None);
        assert_eq!(ratio(&[0.0], &[1.0], true), None);
    }
}
