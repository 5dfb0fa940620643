//! What is searched for, and the levels that lie between easy and hard.
//!
//! A level is a rate or a number of workers. Of rates the higher are harder, of workers the fewer; the search
//! itself only knows harder and easier.

use std::cmp::Ordering;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::scenario::ScenarioError;
use crate::scenario::limits::{RATE_MAX, WORKERS_MAX};

/// What a plan looks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Goal {
    /// The highest posting rate, in jobs per second, all posters together.
    MaxRate,
    /// The fewest workers, all fleets together.
    MinWorkers,
}

impl Goal {
    /// As the command line has it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::MaxRate => "max-rate",
            Self::MinWorkers => "min-workers",
        }
    }

    /// What its levels count.
    #[must_use]
    pub fn unit(self) -> &'static str {
        match self {
            Self::MaxRate => "jobs/s",
            Self::MinWorkers => "workers",
        }
    }

    /// A level as people read it, such as `400/s` or `120 workers`.
    #[must_use]
    pub fn show(self, level: f64) -> String {
        match self {
            Self::MaxRate => format!("{level}/s"),
            Self::MinWorkers if level <= 1.0 => format!("{level} worker"),
            Self::MinWorkers => format!("{level} workers"),
        }
    }

    /// A level that runs can be asked for, next to this one: three digits of a rate, whole workers.
    fn round(self, level: f64) -> f64 {
        match self {
            // By way of text, so that 56.6 is not 56.600000000000001.
            Self::MaxRate => format!("{level:.2e}").parse().unwrap_or(level),
            Self::MinWorkers => level.round().max(1.0),
        }
    }
}

impl fmt::Display for Goal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The levels that a search may try.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Axis {
    goal: Goal,
    start: f64,
    min: f64,
    max: f64,
    precision: f64,
}

/// How far from the start a search goes when nobody says how far.
const REACH: f64 = 1024.0;
/// More workers than this many times the start are not tried unasked: where they would help, fewer had
/// helped before.
const WORKERS_REACH: f64 = 16.0;

impl Axis {
    /// Levels from `min` to `max` (or as far from `start` as makes sense), told apart down to `precision`, a
    /// share of the level.
    pub fn new(
        goal: Goal,
        start: f64,
        min: Option<f64>,
        max: Option<f64>,
        precision: f64,
    ) -> Result<Self, ScenarioError> {
        let refuse = |option, message| Err(ScenarioError::Override { option, message });
        let (most, reach) = match goal {
            Goal::MaxRate => (RATE_MAX, REACH),
            Goal::MinWorkers => (WORKERS_MAX as f64, WORKERS_REACH),
        };
        let is_level = |level: f64| match goal {
            Goal::MaxRate => level > 0.0 && level <= most,
            Goal::MinWorkers => level >= 1.0 && level <= most && level.fract() == 0.0,
        };
        for (option, level) in [("--start", Some(start)), ("--min", min), ("--max", max)] {
            if let Some(level) = level.filter(|level| !is_level(*level)) {
                let message = match goal {
                    Goal::MaxRate => {
                        format!("{level} is no rate to try; it goes from above 0 to {most} jobs per second")
                    }
                    Goal::MinWorkers => {
                        format!("{level} is no number of workers to try; it is whole, from 1 to {most}")
                    }
                };
                return refuse(option, message);
            }
        }
        let min = min.unwrap_or_else(|| match goal {
            Goal::MaxRate => goal.round(start / REACH),
            Goal::MinWorkers => 1.0,
        });
        let max = max.unwrap_or_else(|| goal.round(start * reach).min(most).max(start));
        if min > start {
            return refuse("--min", format!("{} is above the start, {}", goal.show(min), goal.show(start)));
        }
        if max < start {
            return refuse("--max", format!("{} is below the start, {}", goal.show(max), goal.show(start)));
        }
        if !(0.001..=1.0).contains(&precision) {
            return refuse("--precision", format!("{precision} is out of range; it goes from 0.1% to 100%"));
        }
        Ok(Self { goal, start, min, max, precision })
    }

    /// What is looked for.
    #[must_use]
    pub fn goal(&self) -> Goal {
        self.goal
    }

    /// The first level to try.
    #[must_use]
    pub fn start(&self) -> f64 {
        self.start
    }

    /// The smallest and the largest level.
    #[must_use]
    pub fn bounds(&self) -> (f64, f64) {
        (self.min, self.max)
    }

    /// Levels nearer to each other than this share are not told apart.
    #[must_use]
    pub fn precision(&self) -> f64 {
        self.precision
    }

    /// Easier levels first.
    pub(super) fn order(&self, one: f64, other: f64) -> Ordering {
        match self.goal {
            Goal::MaxRate => one.total_cmp(&other),
            Goal::MinWorkers => other.total_cmp(&one),
        }
    }

    pub(super) fn is_easier(&self, one: f64, than: f64) -> bool {
        self.order(one, than) == Ordering::Less
    }

    /// Twice as hard, within bounds; `None` at the bound.
    pub(super) fn harder(&self, level: f64) -> Option<f64> {
        match self.goal {
            Goal::MaxRate => self.upwards(level),
            Goal::MinWorkers => self.downwards(level),
        }
    }

    /// Half as hard, within bounds; `None` at the bound.
    pub(super) fn easier(&self, level: f64) -> Option<f64> {
        match self.goal {
            Goal::MaxRate => self.downwards(level),
            Goal::MinWorkers => self.upwards(level),
        }
    }

    fn upwards(&self, level: f64) -> Option<f64> {
        (level < self.max).then(|| self.goal.round(level * 2.0).min(self.max))
    }

    fn downwards(&self, level: f64) -> Option<f64> {
        (level > self.min).then(|| self.goal.round(level / 2.0).max(self.min))
    }

    /// The level in the middle of two, by ratio; `None` when they are close enough.
    pub(super) fn between(&self, one: f64, other: f64) -> Option<f64> {
        let (low, high) = (one.min(other), one.max(other));
        if high <= low * (1.0 + self.precision) {
            return None;
        }
        let middle = self.goal.round((low * high).sqrt());
        (low < middle && middle < high).then_some(middle)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    fn axis(goal: Goal, start: f64) -> Axis {
        Axis::new(goal, start, None, None, 0.05).unwrap()
    }

    #[test]
    fn rates_double_and_halve_between_their_bounds() {
        let axis = Axis::new(Goal::MaxRate, 100.0, Some(40.0), Some(300.0), 0.05).unwrap();
        assert_eq!(axis.harder(100.0), Some(200.0));
        assert_eq!(axis.harder(200.0), Some(300.0));
        assert_eq!(axis.harder(300.0), None);
        assert_eq!(axis.easier(100.0), Some(50.0));
        assert_eq!(axis.easier(50.0), Some(40.0));
        assert_eq!(axis.easier(40.0), None);
        assert!(axis.is_easier(40.0, 41.0));
    }

    #[test]
    fn of_workers_the_fewer_are_harder() {
        let axis = axis(Goal::MinWorkers, 10.0);
        assert_eq!(axis.bounds(), (1.0, 160.0));
        assert_eq!((axis.harder(10.0), axis.harder(5.0), axis.harder(1.0)), (Some(5.0), Some(3.0), None));
        assert_eq!((axis.easier(10.0), axis.easier(160.0)), (Some(20.0), None));
        assert!(axis.is_easier(11.0, 10.0));
    }

    #[test]
    fn middles_are_whole_short_and_end_at_the_precision() {
        let rates = axis(Goal::MaxRate, 100.0);
        assert_eq!(rates.between(100.0, 200.0), Some(141.0));
        assert_eq!(rates.between(56.57, 40.0), Some(47.6));
        assert_eq!(rates.between(100.0, 105.0), None);
        let workers = axis(Goal::MinWorkers, 10.0);
        assert_eq!(workers.between(10.0, 5.0), Some(7.0));
        assert_eq!(workers.between(3.0, 1.0), Some(2.0));
        assert_eq!(workers.between(2.0, 1.0), None);
        assert_eq!(workers.between(1000.0, 990.0), None);
    }

    #[test]
    fn levels_that_no_run_can_have_are_refused() {
        let refused = |goal, start, min, max, precision| {
            Axis::new(goal, start, min, max, precision).unwrap_err().to_string()
        };
        let said = refused(Goal::MaxRate, 0.0, None, None, 0.05);
        assert!(said.starts_with("--start: 0 is no rate to try"), "{said}");
        let said = refused(Goal::MinWorkers, 2.5, None, None, 0.05);
        assert!(said.contains("it is whole, from 1 to 1000000"), "{said}");
        let said = refused(Goal::MaxRate, 100.0, Some(200.0), None, 0.05);
        assert_eq!(said, "--min: 200/s is above the start, 100/s");
        let said = refused(Goal::MinWorkers, 100.0, None, Some(1.0), 0.05);
        assert_eq!(said, "--max: 1 worker is below the start, 100 workers");
        let said = refused(Goal::MaxRate, 100.0, None, None, 0.0);
        assert!(said.contains("it goes from 0.1% to 100%"), "{said}");
    }
}
