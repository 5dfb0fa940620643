//! What a plan found, as a document for machines, and its exit code.
//!
//! Keys are a contract like those of the run's report: more may be added, none is renamed.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::axis::Goal;
use super::limiter::Limiter;
use super::search::{Answer, Search, Stop};
use super::step::Step;
use super::vary::Cell;
use crate::report::{Environment, Tool};

/// The version of the document's keys.
pub const SCHEMA_VERSION: u32 = 1;

/// What was asked for, and what was found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Findings {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// What made it.
    pub tool: Tool,
    /// What it ran on; absent when no step came to its end.
    pub environment: Option<Environment>,
    /// The scenario's title.
    pub title: String,
    /// What was looked for.
    pub find: Goal,
    /// What was to hold.
    pub slo: Vec<String>,
    /// How long each step was measured, in seconds.
    pub step_seconds: f64,
    /// How often the answer was to be repeated.
    pub repeat: usize,
    /// Somebody ended it: it says what was known by then.
    pub interrupted: bool,
    /// One search for each combination of what was varied, in the order of the options.
    pub cells: Vec<CellFindings>,
}

/// What one search found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CellFindings {
    /// What was varied, and to which value.
    pub settings: Vec<Setting>,
    /// The first level.
    pub start: f64,
    /// The smallest level that it could try.
    pub min: f64,
    /// The largest.
    pub max: f64,
    /// How long each step warmed up, in seconds.
    pub warmup_seconds: f64,
    /// The interval.
    pub answer: Answer,
    /// What was in the way; absent when nothing was.
    pub limiter: Option<Limiter>,
    /// Every step, in the order in which they were made.
    pub steps: Vec<Step>,
    /// How long the search took, in seconds.
    pub seconds: f64,
}

/// A key and its value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setting {
    /// As `--vary` names it.
    pub key: String,
    /// As it was given.
    pub value: String,
}

impl CellFindings {
    /// What a search has come to that made these steps.
    #[must_use]
    pub fn of(cell: &Cell, warmup: Duration, search: &Search, steps: Vec<Step>, took: Duration) -> Self {
        let answer = search.answer();
        let limiter = Limiter::of(&answer, &steps);
        let (min, max) = search.axis().bounds();
        let setting = |(key, value): &(String, String)| Setting { key: key.clone(), value: value.clone() };
        Self {
            settings: cell.settings.iter().map(setting).collect(),
            start: search.axis().start(),
            min,
            max,
            warmup_seconds: warmup.as_secs_f64(),
            answer,
            limiter,
            steps,
            seconds: took.as_secs_f64(),
        }
    }

    /// The level that holds was tried too briefly to know its backlog's slope.
    #[must_use]
    pub fn is_backlog_uncertain(&self) -> bool {
        let Some(holds) = self.answer.holds else { return false };
        let mut steps = self.steps.iter().filter(|step| step.level.total_cmp(&holds.level).is_eq());
        steps.any(|step| step.is_backlog_uncertain)
    }
}

impl Findings {
    /// The process's exit code: 0 when every search has a level that holds.
    ///
    /// Of several the first counts: 130 interrupted, 4 an audit failed, 1 the database was lost, 5 the generator gave
    /// out (or nothing was observed) before anything held, 3 no level holds.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        let stopped = |is: fn(Stop) -> bool| self.cells.iter().any(|cell| cell.answer.stop.is_some_and(is));
        let mut unanswered = self.cells.iter().filter(|cell| cell.answer.holds.is_none());
        let mut steps = self.cells.iter().flat_map(|cell| &cell.steps);
        if self.interrupted {
            130
        } else if steps.any(|step| !step.is_audit_ok) {
            4
        } else if stopped(|stop| matches!(stop, Stop::Database(_))) {
            1
        } else if unanswered.clone().any(|cell| cell.answer.stop.is_some()) {
            5
        } else if unanswered.next().is_some() {
            3
        } else {
            0
        }
    }
}
