//! What the command line changes in a scenario.
//!
//! - A shorter `duration` cuts the story off; faults and changes that would come later don't happen. A longer one
//!   lets posters that were active to the end go on at their last rate; those that had fallen silent
//!   stay silent.
//! - A `warmup` that the scenario asks for takes half of a shortened run at most; one from the command
//!   line is taken as it is.
//! - `workers` is shared among the fleets in proportion, with at least one each.
//! - What the scenario changes while it runs, it changes all the same: an override says how the run begins.
//! - `rate` is the mean over the measured part of the run, all posters together. Each keeps its share of
//!   it, and the shape of its stages.

use std::time::Duration;

use super::change::{bound, standing};
use super::error::ScenarioError;
use super::limits::{REPLICAS_MAX, WORKERS_MAX};
use super::quantity::{check_rate, format_duration};
use super::{Policy, Poster, ReplicaChoice, Scenario, Stage};

/// Options of the command line; `None` leaves the scenario's own.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Overrides {
    /// `--duration`.
    pub duration: Option<Duration>,
    /// `--warmup`.
    pub warmup: Option<Duration>,
    /// `--seed`.
    pub seed: Option<u64>,
    /// `--workers`, all fleets together.
    pub workers: Option<usize>,
    /// `--rate` in jobs per second, all posters together.
    pub rate: Option<f64>,
    /// `--replicas`.
    pub replicas: Option<usize>,
    /// `--backup-poll`.
    pub backup_poll: Option<Duration>,
    /// `--policy`.
    pub policy: Option<Policy>,
}

impl Overrides {
    /// Changes the scenario, and lets its stages end with the run. The rate comes last, since its mean
    /// depends on duration and warm-up.
    pub(super) fn apply(&self, scenario: &mut Scenario) -> Result<(), ScenarioError> {
        if let Some(seed) = self.seed {
            scenario.seed = seed;
        }
        if let Some(policy) = self.policy {
            scenario.policy = policy;
        }
        if let Some(period) = self.backup_poll {
            if period.is_zero() {
                return refuse("--backup-poll", "the period must be longer than 0s");
            }
            scenario.backup_poll = period;
        }
        if let Some(replicas) = self.replicas {
            set_replicas(scenario, replicas)?;
        }
        if let Some(workers) = self.workers {
            set_workers(scenario, workers)?;
        }
        if let Some(duration) = self.duration {
            set_duration(scenario, duration)?;
        }
        for poster in &mut scenario.posters {
            cut(poster, scenario.duration);
        }
        self.set_warmup(scenario)?;
        self.note_changes(scenario);
        match self.rate {
            Some(rate) => set_rate(scenario, rate),
            None => Ok(()),
        }
    }

    /// What is overridden is how the run begins.
    fn note_changes(&self, scenario: &mut Scenario) {
        let overridden = [
            ("--workers", self.workers.is_some(), "workers"),
            ("--replicas", self.replicas.is_some(), "replicas"),
            ("--backup-poll", self.backup_poll.is_some(), "backup_poll"),
            ("--policy", self.policy.is_some(), "policy"),
        ];
        for (option, is_given, key) in overridden {
            let first = scenario.changes_in_order().find(|change| change.kind.name() == key);
            if let Some(at) = first.filter(|_| is_given).map(|change| format_duration(change.at)) {
                scenario.notes.push(format!("{option} holds until the scenario changes {key} at {at}"));
            }
        }
    }

    fn set_warmup(&self, scenario: &mut Scenario) -> Result<(), ScenarioError> {
        if let Some(warmup) = self.warmup {
            if warmup >= scenario.duration {
                let run = format_duration(scenario.duration);
                return refuse(
                    "--warmup",
                    format!(
                        "{} leaves nothing to measure of a run of {run}; make it shorter, or --duration longer",
                        format_duration(warmup)
                    ),
                );
            }
            scenario.warmup = warmup;
        } else if self.duration.is_some() && scenario.warmup > scenario.duration / 2 {
            scenario.notes.push(format!(
                "the warm-up is {} instead of {}, half of the shortened run",
                format_duration(scenario.duration / 2),
                format_duration(scenario.warmup)
            ));
            scenario.warmup = scenario.duration / 2;
        }
        Ok(())
    }
}

fn refuse<T>(option: &'static str, message: impl Into<String>) -> Result<T, ScenarioError> {
    Err(ScenarioError::Override { option, message: message.into() })
}

fn set_replicas(scenario: &mut Scenario, replicas: usize) -> Result<(), ScenarioError> {
    if !(1..=REPLICAS_MAX).contains(&(replicas as u64)) {
        return refuse("--replicas", format!("{replicas} is out of range; it goes from 1 to {REPLICAS_MAX}"));
    }
    for fleet in &scenario.fleets {
        if let ReplicaChoice::Only(number) = fleet.replica
            && number >= replicas
        {
            let name = &fleet.name;
            return refuse(
                "--replicas",
                format!("fleet {name:?} asks replica {number}; say {} or more", number + 1),
            );
        }
    }
    let bound = bound(&scenario.fleets);
    for fault in &scenario.faults {
        let there = standing(replicas, &bound, &scenario.changes, fault.at);
        let Some(number) = fault.replica.filter(|number| !there.contains(number)) else { continue };
        let does =
            |replicas: &usize| standing(*replicas, &bound, &scenario.changes, fault.at).contains(&number);
        let remedy = match (replicas + 1..=REPLICAS_MAX as usize).find(does) {
            Some(enough) => format!("say {enough} or more"),
            None => format!("let no [[change]] before {} take it away", format_duration(fault.at)),
        };
        return refuse("--replicas", format!("a fault hits replica {number}; {remedy}"));
    }
    scenario.replicas = replicas;
    Ok(())
}

/// Shares by largest remainder, so that the sum is exact unless the fleets outnumber the workers.
fn set_workers(scenario: &mut Scenario, workers: usize) -> Result<(), ScenarioError> {
    if !(1..=WORKERS_MAX).contains(&(workers as u64)) {
        return refuse("--workers", format!("{workers} is out of range; it goes from 1 to {WORKERS_MAX}"));
    }
    let count = scenario.fleets.len();
    if workers < count {
        scenario.notes.push(format!("{count} workers rather than {workers}: every fleet keeps at least one"));
    }
    let before = scenario.workers() as u128;
    let mut remainders: Vec<(u128, usize)> = Vec::new();
    for (index, fleet) in scenario.fleets.iter_mut().enumerate() {
        let wanted = fleet.workers as u128 * workers as u128;
        fleet.workers = (wanted / before) as usize;
        if fleet.workers == 0 {
            fleet.workers = 1;
        } else {
            remainders.push((wanted % before, index));
        }
    }
    remainders.sort_by_key(|&(remainder, index)| (std::cmp::Reverse(remainder), index));
    let given = scenario.workers();
    for &(_, index) in remainders.iter().take(workers.saturating_sub(given)) {
        scenario.fleets[index].workers += 1;
    }
    // What lifts the smallest fleets to one worker is taken from the largest.
    for _ in workers.max(count)..given {
        if let Some(largest) = scenario.fleets.iter_mut().max_by_key(|fleet| fleet.workers) {
            largest.workers -= 1;
        }
    }
    Ok(())
}

fn set_duration(scenario: &mut Scenario, duration: Duration) -> Result<(), ScenarioError> {
    if duration.is_zero() {
        return refuse("--duration", "the run must be longer than 0s");
    }
    for poster in &mut scenario.posters {
        let end = poster.ends_at();
        if end >= scenario.duration && end < duration {
            go_on(poster, duration.saturating_sub(end));
        }
    }
    let planned = (scenario.faults.len(), scenario.changes.len());
    scenario.faults.retain(|fault| fault.at < duration);
    scenario.changes.retain(|change| change.at < duration);
    let gone = [
        (planned.0 - scenario.faults.len(), "fault", "faults"),
        (planned.1 - scenario.changes.len(), "change", "changes"),
    ];
    for (gone, one, many) in gone.into_iter().filter(|(gone, ..)| *gone > 0) {
        let noun = if gone == 1 { one } else { many };
        let duration = format_duration(duration);
        scenario.notes.push(format!("{gone} {noun} left out: due only after the run of {duration} is over"));
    }
    scenario.duration = duration;
    Ok(())
}

/// Holds the last rate for `longer`.
fn go_on(poster: &mut Poster, longer: Duration) {
    if let Some(last) = poster.stages.last_mut() {
        let rate = last.to;
        if (last.from - last.to).abs() < f64::EPSILON {
            last.length += longer;
        } else {
            poster.stages.push(Stage { length: longer, from: rate, to: rate });
        }
    }
}

/// Lets its stages end at `end` when they would last longer. A ramp keeps its slope.
fn cut(poster: &mut Poster, end: Duration) {
    let mut start = Duration::ZERO;
    poster.stages.retain_mut(|stage| {
        let left = end.saturating_sub(start);
        start += stage.length;
        if left < stage.length && !left.is_zero() {
            stage.to = stage.rate_at(left);
            stage.length = left;
        }
        !left.is_zero()
    });
}

fn set_rate(scenario: &mut Scenario, rate: f64) -> Result<(), ScenarioError> {
    let rate = check_rate(rate)
        .map_err(|error| ScenarioError::Override { option: "--rate", message: error.to_string() })?;
    let (warmup, duration) = (scenario.warmup, scenario.duration);
    let measured = duration.saturating_sub(warmup).as_secs_f64();
    let mean: f64 =
        scenario.posters.iter().map(|poster| jobs_between(poster, warmup, duration)).sum::<f64>() / measured;
    if mean <= 0.0 {
        return refuse(
            "--rate",
            "no poster posts in the measured part of the run, so that there is nothing to scale",
        );
    }
    for stage in scenario.posters.iter_mut().flat_map(|poster| &mut poster.stages) {
        stage.from *= rate / mean;
        stage.to *= rate / mean;
        for bound in [stage.from, stage.to] {
            check_rate(bound)
                .map_err(|error| ScenarioError::Override { option: "--rate", message: error.to_string() })?;
        }
    }
    Ok(())
}

/// Jobs that a poster's stages amount to between two times.
pub(crate) fn jobs_between(poster: &Poster, from: Duration, to: Duration) -> f64 {
    let mut start = Duration::ZERO;
    let mut jobs = 0.0;
    for stage in &poster.stages {
        let end = start + stage.length;
        let (first, last) = (from.max(start), to.min(end));
        if first < last {
            let rate = |at: Duration| stage.rate_at(at.saturating_sub(start));
            let mean = f64::midpoint(rate(first), rate(last));
            jobs += mean * last.saturating_sub(first).as_secs_f64();
        }
        start = end;
    }
    jobs
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests;
