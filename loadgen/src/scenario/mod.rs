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
mod change;
mod error;
mod expectation;
mod fault;
mod fleet;
mod overrides;
pub mod policy;
mod poster;
pub mod quantity;
mod read;
pub mod reader;
mod schema;
pub mod shape;
#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests;

use std::time::Duration;

use acquirer::wakeup::Policy;
use serde::{Deserialize, Serialize};

pub use builtins::builtin;
pub use change::{Change, ChangeKind};
pub(crate) use error::nobody;
pub use error::{Place, ScenarioError, nearest};
pub use expectation::Expectation;
pub use fault::{Fault, FaultKind, Target as FaultTarget};
pub use fleet::{Crash, Fleet, ReplicaChoice, ServiceTime};
pub use overrides::Overrides;
pub(crate) use overrides::jobs_between;
pub use poster::{Announce, ArrivalProcess, MixEntry, Poster, Stage};
pub use schema::schema;

/// Upper bounds of what a scenario may ask for.
pub mod limits {
    use std::ops::RangeInclusive;
    use std::time::Duration;

    /// Workers of one scenario, all fleets together.
    pub const WORKERS_MAX: u64 = 1_000_000;
    /// Acquirers in one run.
    pub const REPLICAS_MAX: u64 = 64;
    /// Jobs in one transaction.
    pub const BATCH_MAX: u64 = 10_000;
    /// Jobs of one poster that are queued before the run begins.
    pub const PRELOAD_MAX: u64 = 10_000_000;
    /// Jobs that arrive together.
    pub const BURST_MAX: u64 = 1_000_000;
    /// Jobs per second of one poster.
    pub const RATE_MAX: f64 = 1_000_000.0;
    /// What a poster's rate may be multiplied by while a run goes on.
    pub const RATE_FACTORS: RangeInclusive<f64> = 0.01..=100.0;
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
    /// What to watch for while it runs, in a sentence or two; empty when it doesn't say.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub watch: String,
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
    /// What becomes another while the run goes on, in the order of the file.
    #[serde(rename = "change", default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<Change>,
    /// What the run is to hold, in the order of the file, then of the command line.
    #[serde(rename = "assert", default, skip_serializing_if = "Vec::is_empty")]
    pub expectations: Vec<Expectation>,
    /// What a reader of the results should know about how the scenario was settled, in plain words.
    #[serde(default)]
    pub notes: Vec<String>,
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

    /// Refuses faults that stop the server where it is somebody else's, given by its url.
    pub fn check_server_is_ours(&self) -> Result<(), ScenarioError> {
        let Some(fault) = self.faults.iter().find(|fault| fault.kind.target() == FaultTarget::Server) else {
            return Ok(());
        };
        let message = format!(
            "{} stops the server, and one given by its url is not clearance's to stop; leave the url out \
             (and unset DATABASE_URL) for a server of the run's own, with --db local or --db docker",
            fault.name()
        );
        Err(ScenarioError::Override { option: "--database-url", message })
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
