//! How a run ended: what its report says that no input tells.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::measure::Time;
use crate::run::Audit;

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Closing {
    /// When, since the recorder was made.
    pub(crate) ended: Duration,
    /// Somebody ended it early.
    pub(crate) is_interrupted: bool,
    /// The assertion that ended it early.
    pub(crate) stopped_by: Option<String>,
    /// Jobs that were due and never posted.
    pub(crate) missed_jobs: u64,
    /// Workers that were present, by fleet.
    pub(crate) workers: Vec<usize>,
    /// The tool's own queries.
    pub(crate) observer_queries: u64,
    /// How long the tool waited for their answers.
    pub(crate) observer_seconds: f64,
    /// Processor time that the load generator used, in seconds.
    pub(crate) cpu_seconds: f64,
    /// The ledger against the table; `None` when nobody came to look.
    pub(crate) audit: Option<Audit>,
}

impl Closing {
    /// Of a run that was cut off at `at`, with these workers present when it was looked at last, and what the tool
    /// is known to have asked.
    pub(crate) fn cut_off(at: Time, workers: Vec<usize>, asked: (u64, Duration)) -> Self {
        Self {
            ended: at.since_epoch(),
            is_interrupted: true,
            stopped_by: None,
            missed_jobs: 0,
            workers,
            observer_queries: asked.0,
            observer_seconds: asked.1.as_secs_f64(),
            cpu_seconds: 0.0,
            audit: None,
        }
    }
}
