//! Ends a run whose cause is lost: watches the expectations that ask for it, against what the plan has yet to bring.

use std::time::Duration;

use crate::assert::{Live, ToCome};
use crate::measure::Recorder;
use crate::plan::RateCurve;
use crate::scenario::{ArrivalProcess, Poster, Scenario};

/// So many standard deviations more than planned are reckoned with.
const DEVIATIONS: f64 = 6.0;

/// The expectations of one run that may end it.
pub(super) struct Sentinel {
    watched: Vec<Live>,
    /// Jobs that the posters' own rates amount to.
    planned: f64,
    /// Jobs that arrive together at most.
    together: f64,
    preload: u64,
    /// How long is measured, where that is known.
    measured: Option<Duration>,
    /// The highest factor of the rate that the scenario asks for, or that there was so far.
    rate_factor: f64,
}

impl Sentinel {
    pub(super) fn new(scenario: &Scenario) -> Self {
        let asked = scenario.expectations.iter().filter(|expectation| expectation.abort);
        // Without a timetable a run is over when its work is done.
        let is_timed = scenario.posters.iter().any(|poster| !poster.stages.is_empty());
        Self {
            watched: asked.filter_map(|expectation| Live::new(&expectation.that).ok()).collect(),
            planned: scenario.posters.iter().map(|poster| RateCurve::new(&poster.stages).total()).sum(),
            together: scenario.posters.iter().map(together).fold(1.0, f64::max),
            preload: scenario.posters.iter().map(|poster| poster.preload as u64).sum(),
            measured: is_timed.then(|| scenario.duration.saturating_sub(scenario.warmup)),
            rate_factor: scenario.rate_factor_max(),
        }
    }

    /// The first expectation that can no longer hold, as it was asked for.
    pub(super) fn lost(&mut self, recorder: &Recorder, rate_factor: f64) -> Option<String> {
        if self.watched.is_empty() {
            return None;
        }
        self.rate_factor = self.rate_factor.max(rate_factor);
        let planned = self.planned * self.rate_factor;
        let spare = DEVIATIONS * (planned * self.together).sqrt() + self.together;
        recorder.so_far(|so_far| {
            let posted = so_far.post_started().saturating_sub(self.preload) as f64;
            let jobs = if planned > 0.0 { (planned + spare - posted).max(0.0) } else { 0.0 };
            let to_come = ToCome { jobs, measured: self.measured };
            let lost = self.watched.iter().find(|live| live.is_lost(so_far, to_come));
            lost.map(|live| live.expression.to_string())
        })
    }
}

/// Jobs of a poster that are due at one moment.
fn together(poster: &Poster) -> f64 {
    match poster.arrival {
        ArrivalProcess::Burst { size } => size.max(poster.batch) as f64,
        ArrivalProcess::Poisson | ArrivalProcess::Uniform => poster.batch as f64,
    }
}
