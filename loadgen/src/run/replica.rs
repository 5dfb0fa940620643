//! One replica of the run: an acquirer with its own listener and its own connections. The acquirer can be replaced by
//! another; desk, connections and the faults on them stay.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use acquirer::pubsub::postgres::PostgresPubSub;
use acquirer::store::postgres::PostgresStore;
use acquirer::{Acquirer, AcquirerOptions, ConnectError};

use crate::fault::{FaultyPubSub, Line, ReplicaGround, Switch};
use crate::fleet::Desk;
use crate::measure::{ReplicaTap, Rules};

use super::roster::Base;

/// A replica.
pub(super) struct Replica {
    number: usize,
    /// Its connections, beside its listener's and the one that it publishes with.
    pub(super) share: Share,
    pub(super) desk: Arc<Desk>,
    /// The replica as faults see it.
    pub(super) ground: Arc<ReplicaGround>,
    store: PostgresStore,
    pubsub: FaultyPubSub<PostgresPubSub>,
    serving: Mutex<Serving>,
}

/// Who serves.
struct Serving {
    acquirer: Acquirer,
    /// What the acquirer follows; `None` once it is closed.
    rules: Option<Rules>,
    /// How many came before it.
    generation: u64,
}

/// The connections of one replica, beside its listener's and the one that it publishes with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Share {
    /// For acquire queries.
    pub(super) acquire: usize,
    /// For marking jobs as done.
    pub(super) finish: usize,
}

impl Replica {
    /// Brings a replica up; answers when it listens.
    pub(super) async fn connect(
        base: &Base,
        number: usize,
        share: Share,
        rules: Rules,
    ) -> Result<Arc<Self>, ConnectError> {
        let named =
            |role: &str| base.database.clone().application_name(&format!("clearance {role} {number}"));
        let listener = base.database.clone().application_name(&base.observer.listener_name(number));
        let switch = Arc::new(Switch::new(base.scenario.seed, number));
        let pubsub = PostgresPubSub::new(listener.clone());
        let pubsub = FaultyPubSub::new(pubsub, Arc::clone(&switch), Arc::clone(&base.recorder));
        let store = PostgresStore::new(named("acquire"), share.acquire);
        let table = PostgresStore::new(named("finish"), share.finish);
        let ground = Arc::new(ReplicaGround {
            listener: Line::of_listener(listener, Arc::clone(&switch)),
            stores: vec![
                Line::of_store(named("acquire"), store.clone()),
                Line::of_store(named("finish"), table.clone()),
            ],
            switch,
        });
        let options = options(base, number, rules, 0);
        let acquirer = Acquirer::connect(store.clone(), pubsub.clone(), options).await?;
        let desk = Desk::new(number, acquirer.clone(), Arc::new(table));
        let serving = Mutex::new(Serving { acquirer, rules: Some(rules), generation: 0 });
        Ok(Arc::new(Self { number, share, desk, ground, store, pubsub, serving }))
    }

    /// Closes its acquirer to the end. Nobody serves then, and nothing more is told of it.
    pub(super) async fn close(&self) {
        self.desk.vacate();
        let acquirer = self.serving().acquirer.clone();
        acquirer.close().await;
        self.serving().rules = None;
    }

    /// Lets another acquirer serve, where the one before was closed; answers when it listens.
    pub(super) async fn renew(&self, base: &Base, rules: Rules) -> Result<(), ConnectError> {
        let generation = self.serving().generation + 1;
        let options = options(base, self.number, rules, generation);
        let acquirer = Acquirer::connect(self.store.clone(), self.pubsub.clone(), options).await?;
        *self.serving() = Serving { acquirer: acquirer.clone(), rules: Some(rules), generation };
        self.desk.serve(acquirer);
        Ok(())
    }

    /// What its acquirer follows; `None` while it has none.
    pub(super) fn rules(&self) -> Option<Rules> {
        self.serving().rules
    }

    fn serving(&self) -> MutexGuard<'_, Serving> {
        self.serving.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn options(base: &Base, number: usize, rules: Rules, generation: u64) -> AcquirerOptions {
    AcquirerOptions {
        policy: rules.policy,
        backup_poll: rules.backup_poll,
        tap: Some(Arc::new(ReplicaTap::new(Arc::clone(&base.recorder), number))),
        seed: Some(base.scenario.seed.wrapping_add(number as u64).wrapping_add(generation << 32)),
    }
}

/// How long replicas have to come up before the run says what it waits for.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);
