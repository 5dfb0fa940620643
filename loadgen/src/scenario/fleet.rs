//! Workers of one kind, settled: how many, what they accept, how long they work, what becomes of them.

use std::time::Duration;

use acquirer::job::{ProvisionerType, Tags};
use acquirer::wakeup::DomainSpec;
use serde::{Deserialize, Serialize};

use super::MixEntry;
use super::quantity::{as_optional_text, as_text};

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
    #[serde(with = "as_text")]
    pub think_time: Duration,
    /// The acquirers that they ask.
    pub replica: ReplicaChoice,
    /// A worker that has waited this long cancels its call and asks anew; `None` is never.
    #[serde(with = "as_optional_text")]
    pub patience: Option<Duration>,
    /// Share of jobs that fail, 0 to 1.
    pub failure: f64,
    /// Workers that die at work.
    #[serde(default)]
    pub crash: Crash,
    /// They arrive evenly over this time; zero is all at once.
    #[serde(with = "as_text")]
    pub ramp: Duration,
}

/// Workers that die in the middle of a job. The job stays marked as running, with nobody to run it, until its
/// lease runs out and the reaper makes it available again; the worker comes back sooner or later.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Crash {
    /// Share of jobs during which it happens, 0 to 1.
    pub share: f64,
    /// How long a dead worker stays away.
    #[serde(with = "as_text")]
    pub away: Duration,
    /// How long after the worker's death its job is made available again.
    #[serde(with = "as_text")]
    pub lease: Duration,
}

impl Default for Crash {
    /// Nobody dies. Where only the share is said, both times are shorter than the usual drain.
    fn default() -> Self {
        Self { share: 0.0, away: Duration::from_secs(2), lease: Duration::from_secs(5) }
    }
}

/// How long a worker works on a job.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ServiceTime {
    /// Always the same.
    Constant(#[serde(with = "as_text")] Duration),
    /// Exponential with this mean.
    Exponential(#[serde(with = "as_text")] Duration),
    /// Log-normal through two of its percentiles; the median is above zero, and `p99` not below it.
    Lognormal {
        /// Half of the jobs take no longer.
        #[serde(with = "as_text")]
        median: Duration,
        /// 99 in 100 take no longer.
        #[serde(with = "as_text")]
        p99: Duration,
    },
    /// Anything between two bounds with equal chance; `min` is no larger than `max`.
    Uniform {
        /// The shortest.
        #[serde(with = "as_text")]
        min: Duration,
        /// The longest.
        #[serde(with = "as_text")]
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
