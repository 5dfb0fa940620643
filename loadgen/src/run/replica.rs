//! One replica of the run: an acquirer with its own listener and its own connections.

use std::sync::Arc;
use std::time::Duration;

use acquirer::pubsub::postgres::PostgresPubSub;
use acquirer::store::postgres::PostgresStore;
use acquirer::{Acquirer, AcquirerOptions, ConnectError};
use sqlx::postgres::PgConnectOptions;

use crate::fault::{FaultyPubSub, Line, ReplicaGround, Switch};
use crate::fleet::Desk;
use crate::measure::{Recorder, ReplicaTap};
use crate::observe::Observer;
use crate::scenario::Scenario;

/// How the run shares out its connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Connections {
    /// For acquire queries, for each replica.
    pub(super) acquire: usize,
    /// For marking jobs as done, for each replica.
    pub(super) finish: usize,
    /// For posting, for each poster.
    pub(super) post: usize,
}

impl Connections {
    /// Shares out `available` connections: a listener, one to publish with, the observer's and the
    /// sampler's come first.
    /// No replica has more queries in flight than the scenario has domains.
    pub(super) fn share(available: usize, scenario: &Scenario) -> Self {
        let replicas = scenario.replicas.max(1);
        let posters = scenario.posters.len().max(1);
        let left = available.saturating_sub(2 * replicas + 3);
        let post = (left / 4 / posters).clamp(1, 8);
        let each = left.saturating_sub(post * posters) / replicas;
        let acquire = (each / 2).clamp(1, scenario.fleets.len().clamp(1, 16));
        let finish = each.saturating_sub(acquire).clamp(1, 12);
        Self { acquire, finish, post }
    }
}

/// Brings a replica up; answers when it listens.
pub(super) async fn connect(
    scenario: &Scenario,
    database: &PgConnectOptions,
    observer: &Observer,
    connections: Connections,
    number: usize,
    recorder: &Arc<Recorder>,
) -> Result<(Desk, ReplicaGround), ConnectError> {
    let named = |role: &str| database.clone().application_name(&format!("clearance {role} {number}"));
    let listener = database.clone().application_name(&observer.listener_name(number));
    let switch = Arc::new(Switch::new(scenario.seed, number));
    let pubsub = PostgresPubSub::new(listener.clone());
    let pubsub = FaultyPubSub::new(pubsub, Arc::clone(&switch), Arc::clone(recorder));
    let store = PostgresStore::new(named("acquire"), connections.acquire);
    let table = PostgresStore::new(named("finish"), connections.finish);
    let ground = ReplicaGround {
        listener: Line::of_listener(listener, Arc::clone(&switch)),
        stores: vec![
            Line::of_store(named("acquire"), store.clone()),
            Line::of_store(named("finish"), table.clone()),
        ],
        switch,
    };
    let options = AcquirerOptions {
        policy: scenario.policy,
        backup_poll: scenario.backup_poll,
        tap: Some(Arc::new(ReplicaTap::new(Arc::clone(recorder), number))),
        seed: Some(scenario.seed.wrapping_add(number as u64)),
    };
    let acquirer = Acquirer::connect(store, pubsub, options).await?;
    Ok((Desk { acquirer, table: Arc::new(table) }, ground))
}

/// How long replicas have to come up before the run says what it waits for.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);
