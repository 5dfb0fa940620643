//! What a run is to be: the settled form of a scenario, with every default filled in and every override
//! applied, so that the rest of the program sees decisions only.
//!
//! [`Source::open`] finds the text, [`Scenario::resolve`] reads it. A scenario that comes out is sound:
//! sizes are bounded, shares lie in 0 to 1, replicas exist, stages end with the run. It promises nothing
//! about the database, and knows no clock.
//!
//! Time in a scenario counts from the moment when the posters start. The warm-up is the first part of
//! the `duration`, the drain comes after it.

mod builtins;
mod error;
mod expectation;
mod fault;
mod overrides;
pub mod policy;
pub mod quantity;
mod read;
mod reader;
#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests;

use std::time::Duration;

use acquirer::job::{ProvisionerType, Tags};
use acquirer::wakeup::{DomainSpec, Policy};
use serde::{Deserialize, Serialize};

pub use builtins::builtin;
pub(crate) use error::nearest;
pub use error::{Place, ScenarioError};
pub use expectation::Expectation;
pub use fault::{Fault, FaultKind, Target as FaultTarget};
pub use overrides::Overrides;
pub(crate) use overrides::jobs_between;

/// Upper bounds of what a scenario may ask for.
pub mod limits {
    use std::time::Duration;

    /// Workers of one scenario, all fleets together.
    pub const WORKERS_MAX: u64 = 1_000_000;
    /// Acquirers in one run.
    pub const REPLICAS_MAX: u64 = 64;
    /// Jobs in one transaction.
    pub const BATCH_MAX: u64 = 10_000;
    /// Jobs of one poster that are queued before the run begins.
    pub const PRELOAD_MAX: u64 = 10_000_000;
    /// Jobs per second of one poster.
    pub const RATE_MAX: f64 = 1_000_000.0;
    /// Any duration.
    pub const DURATION_MAX: Duration = Duration::from_hours(24);
    /// How long one job may run, as asked for and as drawn: the histograms end there.
    pub const SERVICE_TIME_MAX: Duration = Duration::from_hours(1);
    /// How much later a fault may bring notifications.
    pub const NOTIFICATION_DELAY_MAX: Duration = Duration::from_mins(10);
    /// How much later a fault may bring the database's answers; acquirers give up on one after 30 s.
    pub const DATABASE_LATENCY_MAX: Duration = Duration::from_secs(10);
    /// Malformed notifications of a fault, per second.
    pub const MALFORMED_RATE_MAX: f64 = 1_000.0;
}

/// A scenario's text and what to call it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The built-in's name or the file's path, as it was asked for.
    pub name: String,
    /// The TOML text.
    pub text: String,
}

/// One run, settled.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Scenario {
    /// What it shows, in a line.
    pub title: String,
    /// How long the posters run, warm-up included.
    #[serde(with = "quantity::as_text")]
    pub duration: Duration,
    /// The first part of `duration`, which isn't measured.
    #[serde(with = "quantity::as_text")]
    pub warmup: Duration,
    /// Time after the posters stop for what is queued to be taken and finished.
    #[serde(with = "quantity::as_text")]
    pub drain: Duration,
    /// Decides every random draw of the plan.
    pub seed: u64,
    /// How many acquirers there are, at least one.
    pub replicas: usize,
    /// The acquirers' backup poll period.
    #[serde(with = "quantity::as_text")]
    pub backup_poll: Duration,
    /// The acquirers' rules.
    #[serde(with = "policy::as_choice")]
    pub policy: Policy,
    /// The workers, at least one fleet.
    #[serde(rename = "fleet")]
    pub fleets: Vec<Fleet>,
    /// Who posts jobs.
    #[serde(rename = "poster")]
    pub posters: Vec<Poster>,
    /// What goes wrong, in the order of the file.
    #[serde(rename = "fault")]
    pub faults: Vec<Fault>,
    /// What the run is to hold, in the order of the file, then of the command line.
    #[serde(rename = "assert", default, skip_serializing_if = "Vec::is_empty")]
    pub expectations: Vec<Expectation>,
    /// What a reader of the results should know about how the scenario was settled, in plain words.
    #[serde(default)]
    pub notes: Vec<String>,
}

/// Workers of one kind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fleet {
    /// Its name, unique among the fleets.
    pub name: String,
    /// How many, at least one.
    pub workers: usize,
    /// What they accept: sorted, without repetition, never empty.
    pub provisioners: Vec<ProvisionerType>,
    /// The tags that each carries.
    pub tags: Tags,
    /// How long they work on a job.
    pub service_time: ServiceTime,
    /// Pause between finishing a job and asking for the next.
    #[serde(with = "quantity::as_text")]
    pub think_time: Duration,
    /// The acquirers that they ask.
    pub replica: ReplicaChoice,
    /// A worker that has waited this long cancels its call and asks anew; `None` is never.
    #[serde(with = "quantity::as_optional_text")]
    pub patience: Option<Duration>,
    /// Share of jobs that fail, 0 to 1.
    pub failure: f64,
    /// They arrive evenly over this time; zero is all at once.
    #[serde(with = "quantity::as_text")]
    pub ramp: Duration,
}

/// How long a worker works on a job.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ServiceTime {
    /// Always the same.
    Constant(#[serde(with = "quantity::as_text")] Duration),
    /// Exponential with this mean.
    Exponential(#[serde(with = "quantity::as_text")] Duration),
    /// Log-normal through two of its percentiles; the median is above zero, and `p99` not below it.
    Lognormal {
        /// Half of the jobs take no longer.
        #[serde(with = "quantity::as_text")]
        median: Duration,
        /// 99 in 100 take no longer.
        #[serde(with = "quantity::as_text")]
        p99: Duration,
    },
    /// Anything between two bounds with equal chance; `min` is no larger than `max`.
    Uniform {
        /// The shortest.
        #[serde(with = "quantity::as_text")]
        min: Duration,
        /// The longest.
        #[serde(with = "quantity::as_text")]
        max: Duration,
    },
}

/// The acquirers that a fleet's workers ask.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ReplicaChoice {
    /// Worker by worker over all of them.
    #[default]
    Spread,
    /// One for all, by its number from 0.
    #[serde(untagged)]
    Only(usize),
}

/// Somebody who posts jobs by a timetable and never waits for workers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Poster {
    /// Its name, unique among the posters.
    pub name: String,
    /// Its rate over time, one stage after the other from time zero; silent when they are over. They end
    /// with the run at the latest.
    pub stages: Vec<Stage>,
    /// How arrivals lie around the rate.
    pub arrival: ArrivalProcess,
    /// Jobs per transaction, at least one. The rate stays one of jobs.
    pub batch: usize,
    /// Jobs queued before the run begins, never announced.
    pub preload: usize,
    /// When the notice goes out.
    pub announce: Announce,
    /// What the jobs demand; never empty, with a total weight above zero.
    pub mix: Vec<MixEntry>,
}

/// A stretch of time in which the rate is constant or changes linearly.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Stage {
    /// How long it is, above zero.
    #[serde(rename = "for", with = "quantity::as_text")]
    pub length: Duration,
    /// Jobs per second at its start.
    pub from: f64,
    /// Jobs per second at its end.
    pub to: f64,
}

/// How arrivals lie around the rate.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ArrivalProcess {
    /// As independent clients would: a Poisson process.
    #[default]
    Poisson,
    /// Evenly spaced.
    Uniform,
}

/// When the notice of a job goes out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Announce {
    /// After the commit, as a statement of its own.
    #[default]
    AfterCommit,
    /// By the transaction that inserts the job.
    InTransaction,
}

/// One kind of job in a poster's mix.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MixEntry {
    /// Its share, relative to the other entries.
    pub weight: f64,
    /// The type that the job needs.
    pub provisioner: ProvisionerType,
    /// The tags that the job demands.
    pub tags: Tags,
}

impl Source {
    /// What to call it in few words: the built-in's name, or the file's without folders and ending.
    #[must_use]
    pub fn short_name(&self) -> &str {
        let path = std::path::Path::new(&self.name);
        path.file_stem().and_then(|stem| stem.to_str()).unwrap_or(&self.name)
    }
}

impl Scenario {
    /// Reads a scenario and settles it. The first mistake in the order of the file is the one reported.
    pub fn resolve(source: &Source, overrides: &Overrides) -> Result<Self, ScenarioError> {
        let mut scenario = read::scenario(source)?;
        overrides.apply(&mut scenario)?;
        scenario.note_unacceptable_jobs();
        Ok(scenario)
    }

    /// The scenario with these changes.
    pub fn overridden(mut self, overrides: &Overrides) -> Result<Self, ScenarioError> {
        overrides.apply(&mut self)?;
        Ok(self)
    }

    /// Workers of all fleets.
    #[must_use]
    pub fn workers(&self) -> usize {
        self.fleets.iter().map(|fleet| fleet.workers).sum()
    }

    /// A job that nobody accepts waits for ever, which is legal and rarely meant.
    fn note_unacceptable_jobs(&mut self) {
        for poster in &self.posters {
            for entry in &poster.mix {
                if entry.weight > 0.0 && !self.fleets.iter().any(|fleet| fleet.accepts(entry)) {
                    let tags: Vec<String> = entry.tags.iter().map(|(k, v)| format!("{k}={v}")).collect();
                    self.notes.push(format!(
                        "poster {:?} posts {} jobs {{{}}} that no fleet accepts; they stay queued",
                        poster.name,
                        entry.provisioner,
                        tags.join(", "),
                    ));
                }
            }
        }
    }
}

impl Fleet {
    /// The domain that its workers belong to.
    #[must_use]
    pub fn domain(&self) -> DomainSpec {
        DomainSpec::new(&self.provisioners, &self.tags)
    }

    /// Whether its workers may run such a job (`S11`).
    #[must_use]
    pub fn accepts(&self, job: &MixEntry) -> bool {
        self.provisioners.contains(&job.provisioner) && self.tags.satisfy(&job.tags)
    }
}

impl Poster {
    /// When its last stage is over.
    #[must_use]
    pub fn ends_at(&self) -> Duration {
        self.stages.iter().map(|stage| stage.length).sum()
    }
}

impl Stage {
    /// Jobs per second at `offset` from its start.
    #[must_use]
    pub fn rate_at(&self, offset: Duration) -> f64 {
        let share = (offset.as_secs_f64() / self.length.as_secs_f64()).clamp(0.0, 1.0);
        self.from + (self.to - self.from) * share
    }
}
