//! Random streams, one for each drawer, and what workers draw from theirs.

use std::time::Duration;

use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Exp1, StandardNormal};

use crate::scenario::ServiceTime;
use crate::scenario::limits::SERVICE_TIME_MAX;

/// The 99th percentile of the standard normal distribution.
const Z99: f64 = 2.326_347_874_040_840_8;

/// Who draws.
#[derive(Debug, Clone, Copy)]
pub(super) enum Stream {
    /// A poster's times.
    Gaps { poster: usize },
    /// What a poster's jobs demand.
    Kinds { poster: usize },
    /// What a poster's preloaded jobs demand.
    Preload { poster: usize },
    /// One worker.
    Worker { fleet: usize, worker: usize },
    /// When one worker dies.
    Deaths { fleet: usize, worker: usize },
}

/// A generator of its own for each drawer: seed and drawer fill the key side by side, so that no two
/// share a stream.
pub(super) fn stream(seed: u64, of: Stream) -> ChaCha8Rng {
    let (kind, first, second) = match of {
        Stream::Gaps { poster } => (1_u64, poster, 0),
        Stream::Kinds { poster } => (2, poster, 0),
        Stream::Preload { poster } => (3, poster, 0),
        Stream::Worker { fleet, worker } => (4, fleet, worker),
        Stream::Deaths { fleet, worker } => (5, fleet, worker),
    };
    let mut key = [0; 32];
    for (part, value) in key.chunks_exact_mut(8).zip([seed, kind, first as u64, second as u64]) {
        part.copy_from_slice(&value.to_le_bytes());
    }
    ChaCha8Rng::from_seed(key)
}

/// What one worker draws. Each job takes the same number of draws in the same order, so that a change
/// of the failure share leaves the service times as they were. Deaths have a stream of their own, for the same reason.
#[derive(Debug, Clone)]
pub struct WorkerDraws {
    service: ChaCha8Rng,
    /// Made when it is needed first: a generator is large, and few fleets crash.
    deaths: Option<Box<ChaCha8Rng>>,
    seed: u64,
    fleet: usize,
    worker: usize,
}

/// What a job turns out to be for the worker that has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JobDraw {
    /// How long it runs.
    pub service: Duration,
    /// Whether it ends in failure.
    pub fails: bool,
}

impl WorkerDraws {
    /// The stream of this worker of this fleet.
    #[must_use]
    pub fn new(seed: u64, fleet: usize, worker: usize) -> Self {
        let service = stream(seed, Stream::Worker { fleet, worker });
        Self { service, deaths: None, seed, fleet, worker }
    }

    /// The next job; `failure` is the share of jobs that fail.
    pub fn job(&mut self, service: &ServiceTime, failure: f64) -> JobDraw {
        let fails = self.service.random::<f64>() < failure;
        JobDraw { service: service.sample(&mut self.service), fails }
    }

    /// How far into a job that runs for `service` its worker dies; `None` when it lives. `share` is the share of
    /// jobs during which that happens. To be drawn once for each job.
    pub fn death(&mut self, service: Duration, share: f64) -> Option<Duration> {
        if share <= 0.0 {
            return None;
        }
        let of = Stream::Deaths { fleet: self.fleet, worker: self.worker };
        let deaths = self.deaths.get_or_insert_with(|| Box::new(stream(self.seed, of)));
        let (dies, part) = (deaths.random::<f64>() < share, deaths.random::<f64>());
        dies.then(|| service.mul_f64(part))
    }
}

impl ServiceTime {
    /// How long a job runs on average, the bound on single draws left out of account.
    #[must_use]
    pub fn mean(&self) -> Duration {
        match *self {
            Self::Constant(time) | Self::Exponential(time) => time,
            Self::Lognormal { median, p99 } => {
                let seconds = median.as_secs_f64() * (sigma(median, p99).powi(2) / 2.0).exp();
                Duration::try_from_secs_f64(seconds).unwrap_or(SERVICE_TIME_MAX)
            }
            Self::Uniform { min, max } => (min + max) / 2,
        }
    }

    /// Draws how long a job runs: at most [`SERVICE_TIME_MAX`].
    pub fn sample<R: Rng + ?Sized>(&self, rng: &mut R) -> Duration {
        let seconds = match *self {
            Self::Constant(time) => return time.min(SERVICE_TIME_MAX),
            Self::Exponential(mean) => {
                let unit: f64 = Exp1.sample(rng);
                mean.as_secs_f64() * unit
            }
            Self::Lognormal { median, p99 } => {
                let normal: f64 = StandardNormal.sample(rng);
                median.as_secs_f64() * (sigma(median, p99) * normal).exp()
            }
            Self::Uniform { min, max } => {
                min.as_secs_f64() + max.saturating_sub(min).as_secs_f64() * rng.random::<f64>()
            }
        };
        Duration::try_from_secs_f64(seconds).map_or(SERVICE_TIME_MAX, |time| time.min(SERVICE_TIME_MAX))
    }
}

/// How wide the log-normal through these percentiles is.
fn sigma(median: Duration, p99: Duration) -> f64 {
    (p99.as_secs_f64() / median.as_secs_f64()).ln() / Z99
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "exact results are meant")]
mod tests {
    use super::*;

    fn sorted(service: ServiceTime) -> Vec<f64> {
        let mut rng = stream(7, Stream::Worker { fleet: 0, worker: 0 });
        let mut times: Vec<f64> = (0..20_000).map(|_| service.sample(&mut rng).as_secs_f64() * 1e3).collect();
        times.sort_by(f64::total_cmp);
        times
    }

    fn near(value: f64, wanted: f64, share: f64) {
        assert!((value - wanted).abs() < wanted * share, "{value} is not near {wanted}");
    }

    const fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn the_mean_is_that_of_the_draws() {
        for service in [
            ServiceTime::Constant(ms(30)),
            ServiceTime::Exponential(ms(50)),
            ServiceTime::Lognormal { median: ms(400), p99: ms(3000) },
            ServiceTime::Uniform { min: ms(10), max: ms(90) },
        ] {
            let times = sorted(service);
            let mean = times.iter().sum::<f64>() / times.len() as f64;
            near(mean, service.mean().as_secs_f64() * 1e3, 0.03);
        }
    }

    #[test]
    fn lognormal_goes_through_its_percentiles() {
        let times = sorted(ServiceTime::Lognormal { median: ms(400), p99: ms(3000) });
        near(times[10_000], 400.0, 0.03);
        near(times[19_800], 3000.0, 0.08);
    }

    #[test]
    fn a_lognormal_without_spread_is_constant() {
        let times = sorted(ServiceTime::Lognormal { median: ms(5), p99: ms(5) });
        near(times[0], 5.0, 1e-9);
        near(times[19_999], 5.0, 1e-9);
    }

    #[test]
    fn exponential_has_its_mean_and_uniform_its_bounds() {
        let times = sorted(ServiceTime::Exponential(ms(50)));
        near(times.iter().sum::<f64>() / times.len() as f64, 50.0, 0.03);
        let times = sorted(ServiceTime::Uniform { min: ms(10), max: ms(90) });
        assert!(times[0] >= 10.0 && times[19_999] <= 90.0);
        near(times[10_000], 50.0, 0.03);
        assert_eq!(sorted(ServiceTime::Constant(ms(30)))[19_999], 30.0);
    }

    #[test]
    fn no_service_is_longer_than_the_histograms() {
        let hour = SERVICE_TIME_MAX;
        let times = sorted(ServiceTime::Lognormal { median: ms(1), p99: hour });
        assert!(times[19_999] <= hour.as_secs_f64() * 1e3);
        assert_eq!(sorted(ServiceTime::Exponential(hour))[19_999], hour.as_secs_f64() * 1e3);
    }

    #[test]
    fn workers_draw_apart_and_reproducibly() {
        let service = ServiceTime::Exponential(ms(50));
        let times = |seed, fleet, worker, failure| {
            let mut draws = WorkerDraws::new(seed, fleet, worker);
            (0..50).map(|_| draws.job(&service, failure)).collect::<Vec<_>>()
        };
        assert_eq!(times(1, 2, 3, 0.1), times(1, 2, 3, 0.1));
        assert_ne!(times(1, 2, 3, 0.1), times(2, 2, 3, 0.1));
        assert_ne!(times(1, 2, 3, 0.1), times(1, 3, 3, 0.1));
        assert_ne!(times(1, 2, 3, 0.1), times(1, 2, 4, 0.1));
        let services = |failure| times(1, 2, 3, failure).iter().map(|job| job.service).collect::<Vec<_>>();
        assert_eq!(services(0.0), services(1.0));
    }

    #[test]
    fn deaths_come_at_their_share_anywhere_in_the_job() {
        let service = ms(1000);
        let deaths = |share, worker| {
            let mut draws = WorkerDraws::new(1, 0, worker);
            (0..10_000).filter_map(|_| draws.death(service, share)).collect::<Vec<_>>()
        };
        assert_eq!(deaths(0.0, 0), []);
        let mut all = deaths(1.0, 0);
        all.sort_unstable();
        assert!(all.len() == 10_000 && all[9_999] < service);
        near(all[2_500].as_secs_f64(), 0.25, 0.08);
        near(all[7_500].as_secs_f64(), 0.75, 0.05);
        near(deaths(0.1, 0).len() as f64, 1000.0, 0.1);
        assert_eq!(deaths(0.1, 0), deaths(0.1, 0));
        assert_ne!(deaths(0.1, 0), deaths(0.1, 1));
    }

    #[test]
    fn failures_come_at_their_share() {
        let mut draws = WorkerDraws::new(1, 0, 0);
        let service = ServiceTime::Constant(ms(1));
        let mut failed = |share| (0..10_000).filter(|_| draws.job(&service, share).fails).count();
        assert_eq!(failed(0.0), 0);
        assert_eq!(failed(1.0), 10_000);
        near(failed(0.1) as f64, 1000.0, 0.1);
    }
}
