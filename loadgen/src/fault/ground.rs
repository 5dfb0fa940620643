//! What faults act on: the parts of one run, as far as something can go wrong with them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use sqlx::ConnectOptions as _;
use sqlx::error::DatabaseError as DatabaseRefusal;
use sqlx::postgres::{PgConnectOptions, PgConnection};

use crate::database::{DatabaseError, ServerControl};
use crate::fleet::Crew;
use crate::observe::Observer;
use crate::poster::Pace;

use super::Switch;
use super::detour::Line;

/// How long a fault's own statement or connection may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// One run, as faults see it.
pub(crate) struct Ground {
    /// Every replica.
    pub(crate) replicas: Vec<ReplicaGround>,
    /// The connections of each poster.
    pub(crate) posters: Vec<Arc<Line>>,
    pub(crate) crew: Arc<Crew>,
    pub(crate) pace: Arc<Pace>,
    pub(crate) observer: Arc<Observer>,
    /// How a fault connects for itself, past every other fault.
    pub(crate) database: PgConnectOptions,
    /// Absent where the server is somebody else's.
    pub(crate) server: Option<ServerControl>,
    /// How many faults keep the server from answering.
    pub(crate) silenced: AtomicUsize,
}

/// One replica, as faults see it.
pub(crate) struct ReplicaGround {
    /// The rules for its notifications.
    pub(crate) switch: Arc<Switch>,
    /// The connection of its listener.
    pub(crate) listener: Arc<Line>,
    /// The connections of its queries.
    pub(crate) stores: Vec<Arc<Line>>,
}

/// Why a fault could not do what it was to do.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FaultError {
    #[error("this server is not clearance's to stop; faults of the server need --db local or --db docker")]
    NotOurs,
    #[error(transparent)]
    Server(#[from] DatabaseError),
    #[error("its own statement failed: {0}")]
    Statement(#[from] sqlx::Error),
    #[error("its own statement was not answered within {} s", PATIENCE.as_secs())]
    Silent,
    #[error("cannot put a proxy before the database: {0}")]
    Proxy(#[from] std::io::Error),
}

impl FaultError {
    /// Whether the server said no, for the reason with this code.
    pub(super) fn is_refusal(&self, code: &str) -> bool {
        let Self::Statement(error) = self else { return false };
        error.as_database_error().and_then(DatabaseRefusal::code).is_some_and(|said| said == code)
    }
}

impl Ground {
    /// The replicas that a fault hits.
    pub(super) fn hit(&self, only: Option<usize>) -> impl Iterator<Item = &ReplicaGround> {
        let numbered = self.replicas.iter().enumerate();
        numbered
            .filter(move |(number, _)| only.is_none_or(|only| only == *number))
            .map(|(_, replica)| replica)
    }

    /// A connection of a fault's own.
    pub(super) async fn connect(&self) -> Result<PgConnection, FaultError> {
        let options = self.database.clone().application_name("clearance fault");
        answered(options.connect()).await
    }

    /// Waits for the answer to a fault's own statement, which counts as the tool's.
    pub(super) async fn ask<T>(
        &self,
        answer: impl Future<Output = sqlx::Result<T>>,
    ) -> Result<T, FaultError> {
        let _asking = self.observer.tally().ask();
        answered(answer).await
    }

    /// The server doesn't answer, and is not to.
    pub(crate) fn is_silenced(&self) -> bool {
        self.silenced.load(Ordering::Relaxed) > 0
    }
}

/// Waits for an answer of the server within bounds.
async fn answered<T>(answer: impl Future<Output = sqlx::Result<T>>) -> Result<T, FaultError> {
    Ok(tokio::time::timeout(PATIENCE, answer).await.map_err(|_| FaultError::Silent)??)
}
