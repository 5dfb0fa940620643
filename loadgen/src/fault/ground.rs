//! What faults act on: the parts of one run, as far as something can go wrong with them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures::future::{try_join, try_join_all};
use sqlx::ConnectOptions as _;
use sqlx::error::DatabaseError as DatabaseRefusal;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use tokio::sync::watch;

use crate::database::{DatabaseError, ServerControl};
use crate::fleet::Crew;
use crate::observe::Observer;
use crate::poster::Pace;

use super::Switch;
use super::detour::{Line, Wish};
use super::over::Over;

/// How long a fault's own statement or connection may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// One run, as faults see it.
pub(crate) struct Ground {
    /// Every replica that is there.
    pub(crate) replicas: Arc<ReplicaGrounds>,
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

/// The replicas of a run by number, as faults see them while they come and go.
pub(crate) struct ReplicaGrounds(watch::Sender<BTreeMap<usize, Arc<ReplicaGround>>>);

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
    /// The replicas that a fault hits now.
    pub(super) fn hit(&self, only: Option<usize>) -> Vec<Arc<ReplicaGround>> {
        let there = self.replicas.0.borrow();
        let hit = there.iter().filter(|(number, _)| only.is_none_or(|only| only == **number));
        hit.map(|(_, replica)| Arc::clone(replica)).collect()
    }

    /// Does something to every replica that is hit, those included that come while the fault lasts, and keeps what
    /// came of it until the fault is over or the replica is gone.
    pub(super) async fn hold<G, F>(
        &self,
        only: Option<usize>,
        over: &Over,
        act: impl Fn(Arc<ReplicaGround>) -> F,
    ) -> Result<(), FaultError>
    where
        F: Future<Output = Result<G, FaultError>>,
    {
        let mut changes = self.replicas.0.subscribe();
        let mut held: Vec<(Arc<ReplicaGround>, G)> = Vec::new();
        loop {
            changes.mark_unchanged();
            let hit = self.hit(only);
            held.retain(|(held, _)| hit.iter().any(|replica| Arc::ptr_eq(replica, held)));
            let is_new =
                |replica: &Arc<ReplicaGround>| !held.iter().any(|(held, _)| Arc::ptr_eq(replica, held));
            let new: Vec<_> = hit.into_iter().filter(is_new).collect();
            let acts = new.iter().map(|replica| act(Arc::clone(replica)));
            let Some(done) = over.cuts(try_join_all(acts)).await else { return Ok(()) };
            held.extend(new.into_iter().zip(done?));
            if !matches!(over.cuts(changes.changed()).await, Some(Ok(()))) {
                return Ok(());
            }
        }
    }

    /// Leads the connections of the replicas that are hit, and the posters' when all are, as a fault wants it until
    /// it is over.
    pub(super) async fn lead(&self, only: Option<usize>, wish: &Wish, over: &Over) -> Result<(), FaultError> {
        let wish = async |line: &Arc<Line>| Ok::<_, FaultError>(line.wish(wish.clone()).await?);
        let posters = async {
            let lines = self.posters.iter().filter(|_| only.is_none());
            let Some(fulfilled) = over.cuts(try_join_all(lines.map(wish))).await else { return Ok(()) };
            let _fulfilled = fulfilled?;
            over.wait().await;
            Ok(())
        };
        let replicas = self.hold(only, over, async |replica| {
            let lines = std::iter::once(&replica.listener).chain(&replica.stores);
            try_join_all(lines.map(wish)).await
        });
        try_join(posters, replicas).await.map(drop)
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

impl ReplicaGrounds {
    /// These replicas are there.
    pub(crate) fn new(replicas: impl IntoIterator<Item = (usize, Arc<ReplicaGround>)>) -> Arc<Self> {
        Arc::new(Self(watch::Sender::new(replicas.into_iter().collect())))
    }

    /// A replica is there from now on.
    pub(crate) fn came(&self, number: usize, replica: Arc<ReplicaGround>) {
        self.0.send_modify(|there| _ = there.insert(number, replica));
    }

    /// A replica is gone.
    pub(crate) fn went(&self, number: usize) {
        self.0.send_modify(|there| _ = there.remove(&number));
    }
}

/// Waits for an answer of the server within bounds.
async fn answered<T>(answer: impl Future<Output = sqlx::Result<T>>) -> Result<T, FaultError> {
    Ok(tokio::time::timeout(PATIENCE, answer).await.map_err(|_| FaultError::Silent)??)
}
