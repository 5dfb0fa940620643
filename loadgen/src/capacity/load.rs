//! The scenario of one step: the load held level, so that what changes between steps is the level alone.
//!
//! Posters post evenly at their mean rates, in the proportions that they have in the scenario; workers are
//! there from the start; nothing is preloaded, and nothing changes. Of the faults those stay that last from beginning
//! to end: they are what the system is like, while the others are events.

use std::time::Duration;

use super::axis::Goal;
use crate::scenario::{Fault, Overrides, Poster, Scenario, ScenarioError, Stage, jobs_between};

/// Warm-ups are no shorter unless asked for.
const WARMUP_MIN: Duration = Duration::from_secs(2);

/// How long a step is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StepLength {
    /// The part in front that isn't measured.
    pub warmup: Duration,
    /// What is measured.
    pub measured: Duration,
}

impl StepLength {
    /// Both parts.
    #[must_use]
    pub fn total(self) -> Duration {
        self.warmup + self.measured
    }
}

/// Jobs per second of all posters over the measured part of the scenario.
#[must_use]
pub fn mean_rate(scenario: &Scenario) -> f64 {
    scenario.posters.iter().map(|poster| poster_rate(scenario, poster)).sum()
}

/// A warm-up in which every worker has had a job or two: before, none of them can be short.
#[must_use]
pub fn default_warmup(scenario: &Scenario) -> Duration {
    let longest = scenario.fleets.iter().map(|fleet| fleet.service_time.mean() + fleet.think_time).max();
    let twice = longest.unwrap_or_default().saturating_mul(2);
    WARMUP_MIN.max(Duration::from_secs(twice.as_secs_f64().ceil() as u64))
}

/// The scenario of a step at `level`.
pub fn level_scenario(
    base: &Scenario,
    goal: Goal,
    level: f64,
    length: StepLength,
) -> Result<Scenario, ScenarioError> {
    let mut scenario = base.clone();
    scenario.notes.extend(left_out(base));
    scenario.changes.clear();
    scenario.faults.retain(|fault| lasts(fault, base.duration));
    for fault in &mut scenario.faults {
        fault.length = None;
    }
    for (poster, original) in scenario.posters.iter_mut().zip(&base.posters) {
        let rate = poster_rate(base, original);
        let stage = Stage { length: base.duration, from: rate, to: rate };
        poster.stages = if rate > 0.0 { vec![stage] } else { Vec::new() };
        poster.preload = 0;
    }
    for fleet in &mut scenario.fleets {
        fleet.ramp = Duration::ZERO;
    }
    // A step is judged by the plan, and whole.
    scenario.expectations.clear();
    scenario.drain = scenario.drain.min(length.measured);
    let (rate, workers) = match goal {
        Goal::MaxRate => (Some(level), None),
        Goal::MinWorkers => (None, Some(level as usize)),
    };
    let overrides = Overrides {
        duration: Some(length.total()),
        warmup: Some(length.warmup),
        rate,
        workers,
        ..Overrides::default()
    };
    scenario.overridden(&overrides)
}

/// What of a scenario no step has, in words.
#[must_use]
pub fn left_out(scenario: &Scenario) -> Vec<String> {
    let is_event = |fault: &Fault| !lasts(fault, scenario.duration);
    let mut notes = Vec::new();
    if scenario.faults.iter().any(is_event) {
        notes.push("a step has no faults but those that last from beginning to end".to_owned());
    }
    if !scenario.changes.is_empty() {
        notes.push("a step changes nothing while it runs: all is as the scenario begins".to_owned());
    }
    notes
}

fn poster_rate(scenario: &Scenario, poster: &Poster) -> f64 {
    let measured = scenario.duration.saturating_sub(scenario.warmup).as_secs_f64();
    jobs_between(poster, scenario.warmup, scenario.duration) / measured
}

fn lasts(fault: &Fault, duration: Duration) -> bool {
    fault.at.is_zero() && fault.length.is_none_or(|length| length >= duration)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;
    use crate::scenario::Source;

    const LENGTH: StepLength =
        StepLength { warmup: Duration::from_secs(2), measured: Duration::from_secs(10) };

    fn scenario() -> Scenario {
        let text = r#"
            duration = "60s"
            warmup = "20s"
            drain = "30s"
            replicas = 2
            [[fleet]]
            name = "a"
            workers = 30
            provisioners = ["echo"]
            ramp = "5s"
            service_time = { exponential = "1500ms" }
            think_time = "100ms"
            [[fleet]]
            name = "b"
            workers = 10
            provisioners = ["terraform"]
            service_time = { constant = "1s" }
            [[poster]]
            name = "ramp"
            stages = [{ for = "20s", rate = 0 }, { for = "40s", from = 0, to = 60 }]
            preload = 100
            [[poster.mix]]
            weight = 1
            provisioner = "echo"
            [[poster]]
            name = "even"
            stages = [{ for = "60s", rate = 10 }]
            [[poster.mix]]
            weight = 1
            provisioner = "terraform"
            [[fault]]
            at = "0s"
            drop_notifications = 0.5
            [[fault]]
            at = "30s"
            kill_listener = true
            [[change]]
            at = "40s"
            rate = "50%"
            replicas = 3
        "#;
        let source = Source { name: "test".to_owned(), text: text.to_owned() };
        Scenario::resolve(&source, &Overrides::default()).unwrap()
    }

    #[test]
    fn a_step_holds_the_rate_level_and_the_proportions() {
        let base = scenario();
        assert!((mean_rate(&base) - 40.0).abs() < 1e-9);
        let step = level_scenario(&base, Goal::MaxRate, 100.0, LENGTH).unwrap();
        assert_eq!(
            (step.duration, step.warmup, step.drain),
            (LENGTH.total(), LENGTH.warmup, LENGTH.measured)
        );
        assert_eq!(step.posters.iter().map(|poster| poster.preload).sum::<usize>(), 0);
        for (poster, rate) in step.posters.iter().zip([75.0, 25.0]) {
            let [Stage { length, from, to }] = poster.stages[..] else { panic!("{:?}", poster.stages) };
            assert_eq!(length, LENGTH.total());
            assert!((from - rate).abs() < 1e-9 && (to - rate).abs() < 1e-9, "{from} to {to}");
        }
        assert_eq!(step.workers(), 40);
        assert!(step.fleets.iter().all(|fleet| fleet.ramp.is_zero()));
    }

    #[test]
    fn a_step_shares_the_workers_and_leaves_the_rate() {
        let step = level_scenario(&scenario(), Goal::MinWorkers, 8.0, LENGTH).unwrap();
        assert_eq!(step.fleets.iter().map(|fleet| fleet.workers).collect::<Vec<_>>(), [6, 2]);
        assert!((mean_rate(&step) - 40.0).abs() < 1e-9);
    }

    #[test]
    fn of_the_faults_those_stay_that_last() {
        let step = level_scenario(&scenario(), Goal::MaxRate, 100.0, LENGTH).unwrap();
        assert_eq!(step.faults.iter().map(Fault::name).collect::<Vec<_>>(), ["drop_notifications"]);
        assert!(step.notes.iter().any(|note| note.contains("no faults but those")), "{:?}", step.notes);
    }

    #[test]
    fn a_step_changes_nothing_and_says_so() {
        let step = level_scenario(&scenario(), Goal::MaxRate, 100.0, LENGTH).unwrap();
        assert_eq!((step.changes.len(), step.replicas), (0, 2));
        assert!(step.notes.iter().any(|note| note.contains("changes nothing")), "{:?}", step.notes);
        assert_eq!(left_out(&step), [""; 0]);
    }

    #[test]
    fn the_warm_up_lets_every_worker_have_had_a_job() {
        let mut base = scenario();
        assert_eq!(default_warmup(&base), Duration::from_secs(4));
        base.fleets.remove(0);
        assert_eq!(default_warmup(&base), Duration::from_secs(2));
    }
}
