//! A whole run: brings everything up, lets the plan happen, takes it down, and says what came of it.

mod audit;
mod connections;
mod engine;
mod looker;
mod outcome;
mod replica;
mod roster;
mod sentinel;

use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

pub(crate) use audit::Audit;
use looker::Acquirers;
pub use looker::DomainReader;
pub(crate) use outcome::report;

use crate::control::Control;
use crate::database::ServerControl;
use crate::measure::{Events, JobIds, Recorder, Tallies};
use crate::record::{Head, RecordError, RecordOptions};
use crate::report::{Environment, Report, Tool};
use crate::scenario::Scenario;
use crate::snapshot::{DatabaseFacts, Snapshot};

/// All that a run needs.
pub struct RunRequest {
    /// What the scenario is called.
    pub name: String,
    /// What is to happen.
    pub scenario: Scenario,
    /// Where: a database whose schema is installed, empty and leased.
    pub database: PgConnectOptions,
    /// Power over its server, for faults that stop it; absent where it is somebody else's.
    pub server: Option<ServerControl>,
    /// What is known of that database.
    pub facts: DatabaseFacts,
    /// How many connections the run may use there, at least 8.
    pub connections_max: usize,
    /// What is kept of what happens, beside the report.
    pub record: RecordOptions,
}

/// A run under way. Dropping it interrupts the run.
pub struct RunHandle {
    recorder: Arc<Recorder>,
    snapshots: watch::Receiver<Arc<Snapshot>>,
    controls: mpsc::UnboundedSender<Control>,
    domains: DomainReader,
    engine: JoinHandle<Result<Ended, RunError>>,
}

/// A run that is over.
#[derive(Debug)]
pub struct Ended {
    /// What came of it.
    pub report: Report,
    /// Why its recording breaks off, if it does: the run went on without it.
    pub recording_failed: Option<RecordError>,
    /// Why it could not go on, if so: the report tells what was measured until then.
    pub failed: Option<RunError>,
}

/// Reads the log of events of a run.
#[derive(Clone)]
pub struct EventReader {
    recorder: Arc<Recorder>,
}

impl std::fmt::Debug for EventReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EventReader").finish_non_exhaustive()
    }
}

impl EventReader {
    /// What was logged from this event on; 0 is the first. Costs what is new, and holds up nobody.
    #[must_use]
    pub fn read(&self, from: u64) -> Events {
        self.recorder.events(from)
    }
}

/// Reads the figures of a run, as they are exposed to Prometheus.
#[derive(Clone)]
pub struct FigureReader {
    recorder: Arc<Recorder>,
    snapshots: watch::Receiver<Arc<Snapshot>>,
}

impl std::fmt::Debug for FigureReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FigureReader").finish_non_exhaustive()
    }
}

impl FigureReader {
    /// The latest snapshot, and counts so far; domains past the first so many in one. Holds up nobody.
    pub(crate) fn read(&self, domains_max: u32) -> (Arc<Snapshot>, Tallies) {
        (Arc::clone(&self.snapshots.borrow()), self.recorder.tallies(domains_max))
    }
}

/// Why a run has no report, or a partial one.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The recording could not be begun.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// Something could not be brought up.
    #[error("cannot start the run: {what}")]
    Start {
        /// What, and why.
        what: String,
    },
    /// The database stopped answering and did not come back.
    #[error("the database has not answered for {} s: {cause}; see its log (--keep leaves that of a private cluster), then run again", silence.as_secs())]
    DatabaseLost {
        /// For how long.
        silence: Duration,
        /// What it said last.
        cause: String,
    },
    /// The ledger could not be held against the table.
    #[error(
        "cannot read the job table for the audit: {0}; see the database's log (--keep leaves that of a private cluster), then run again"
    )]
    Audit(#[source] sqlx::Error),
    /// Interrupted before the posters started: there is nothing to report.
    #[error("interrupted before the run began")]
    Interrupted,
    /// The run's own task ended: a bug.
    #[error("the run ended unexpectedly: {0}; please report this")]
    Bug(String),
}

/// Starts a run on the current tokio runtime.
#[must_use]
pub fn start(request: RunRequest) -> RunHandle {
    let head = head(&request);
    let recorder = Recorder::of(&head.scenario, JobIds::new(head.run), request.record.events_max);
    let recorder = Arc::new(recorder);
    let (snapshot, snapshots) = watch::channel(Arc::new(head.snapshot()));
    let (controls, orders) = mpsc::unbounded_channel();
    let acquirers = Arc::new(Acquirers::default());
    let domains = DomainReader::new(Arc::clone(&recorder), Arc::clone(&acquirers), &head.scenario.fleets);
    let engine = engine::run(request, head, Arc::clone(&recorder), acquirers, snapshot, orders);
    RunHandle { recorder, snapshots, controls, domains, engine: tokio::spawn(engine) }
}

/// What is known of a run before it begins.
fn head(request: &RunRequest) -> Head {
    let facts = request.facts.clone();
    Head {
        tool: Tool { name: "clearance".to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() },
        run: uuid::Uuid::now_v7(),
        seed: request.scenario.seed,
        started_at: chrono::Utc::now(),
        name: request.name.clone(),
        scenario: request.scenario.clone(),
        environment: Environment {
            postgres_version: facts.version,
            database: facts.kind,
            durability: facts.durability,
            cpus: std::thread::available_parallelism().map_or(1, usize::from),
            os: std::env::consts::OS.to_owned(),
        },
    }
}

/// An error and what caused it, in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |line, cause| format!("{line}: {cause}"))
}

impl RunHandle {
    /// What the run looks like, several times a second. The latest wins.
    #[must_use]
    pub fn snapshots(&self) -> watch::Receiver<Arc<Snapshot>> {
        self.snapshots.clone()
    }

    /// The events that were logged, for whoever follows them while the run goes on and after.
    #[must_use]
    pub fn events(&self) -> EventReader {
        EventReader { recorder: Arc::clone(&self.recorder) }
    }

    /// Its domains one by one, for whoever looks at one of them closely.
    #[must_use]
    pub fn domains(&self) -> DomainReader {
        self.domains.clone()
    }

    /// The run's figures, for whoever scrapes them while it goes on.
    #[must_use]
    pub fn figures(&self) -> FigureReader {
        FigureReader { recorder: Arc::clone(&self.recorder), snapshots: self.snapshots.clone() }
    }

    /// Where interventions go. Once the run is over they go nowhere.
    #[must_use]
    pub fn controls(&self) -> mpsc::UnboundedSender<Control> {
        self.controls.clone()
    }

    /// Waits for the end and its report. Of a run that could not go on it answers why.
    pub async fn finish(self) -> Result<Report, RunError> {
        let ended = self.end().await?;
        ended.failed.map_or(Ok(ended.report), Err)
    }

    /// Waits for the end, its report, and how its recording fared.
    pub async fn end(self) -> Result<Ended, RunError> {
        self.engine.await.unwrap_or_else(|panicked| Err(RunError::Bug(panicked.to_string())))
    }
}
