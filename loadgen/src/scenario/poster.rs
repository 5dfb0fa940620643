//! Who posts jobs, settled: the rate over time, how arrivals lie around it, what the jobs demand.

use std::time::Duration;

use acquirer::job::{ProvisionerType, Tags};
use serde::{Deserialize, Serialize};

use super::quantity::as_text;

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
    #[serde(rename = "for", with = "as_text")]
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
    /// Many at the same moment, evenly spaced bursts of them. The rate stays one of jobs.
    Burst {
        /// Jobs that arrive together, at least one; in transactions of the poster's batch, the last of which may
        /// be smaller.
        size: usize,
    },
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
