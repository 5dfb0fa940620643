//! Ways around: connections of the load go through a proxy while a fault wants to lay hands on them, and straight
//! to the database otherwise, where they cost nothing.
//!
//! Going there and coming back loses no notification and fails no query.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use acquirer::pubsub::{PostgresPubSub, PubSub, PubSubError, Subscription};
use acquirer::store::postgres::PostgresStore;
use futures::future::BoxFuture;
use sqlx::postgres::PgConnectOptions;

use super::proxy::{Proxy, Rule};
use super::{Switch, Verdict};

/// How long the last queries over a way around may take when it is given up.
const LAST_QUERIES: Duration = Duration::from_secs(30);

/// Connections of one part of the load.
pub(crate) struct Line {
    /// The straight way.
    options: PgConnectOptions,
    whose: Whose,
    users: Mutex<Users>,
}

/// Whose connections they are.
enum Whose {
    Listener(Arc<Switch>),
    Store(PostgresStore),
}

/// Faults that want the way around.
#[derive(Default)]
struct Users {
    count: usize,
    detour: Option<Arc<Detour>>,
}

/// A way around.
struct Detour {
    proxy: Proxy,
    wishes: Mutex<Wishes>,
}

#[derive(Default)]
struct Wishes {
    made: u64,
    standing: BTreeMap<u64, Wish>,
}

/// What a fault wants of connections.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Wish {
    /// Answers come this much later.
    Latency(Duration),
    /// Notifications don't come.
    NoNotices,
    /// Those that stand now are half-open; others that are made later are not.
    HalfOpen,
    /// Those that stand break, and none can be made.
    Cut,
    /// As `HalfOpen`, by their numbers.
    Swallow(Vec<u64>),
}

/// A wish that is fulfilled; dropping it lets go of the way around.
#[must_use]
pub(super) struct Fulfilled {
    line: Arc<Line>,
    detour: Arc<Detour>,
    wish: Option<u64>,
}

impl Line {
    /// The connection of a replica's listener.
    pub(crate) fn of_listener(options: PgConnectOptions, switch: Arc<Switch>) -> Arc<Self> {
        Arc::new(Self { options, whose: Whose::Listener(switch), users: Mutex::default() })
    }

    /// The connections of a store, which was made with these options.
    pub(crate) fn of_store(options: PgConnectOptions, store: PostgresStore) -> Arc<Self> {
        Arc::new(Self { options, whose: Whose::Store(store), users: Mutex::default() })
    }

    /// Brings the connections to the way around, and there does what a fault wants.
    pub(super) async fn wish(self: &Arc<Self>, wish: Wish) -> io::Result<Fulfilled> {
        let mut fulfilled = match self.join() {
            Some(fulfilled) => fulfilled,
            None => self.open().await?,
        };
        if let Whose::Listener(switch) = &self.whose {
            switch.diverted().await;
        }
        fulfilled.wish = Some(fulfilled.detour.wish(wish));
        Ok(fulfilled)
    }

    /// The way around that others use already.
    fn join(self: &Arc<Self>) -> Option<Fulfilled> {
        let mut users = self.users();
        let detour = users.detour.clone()?;
        users.count += 1;
        Some(Fulfilled { line: Arc::clone(self), detour, wish: None })
    }

    async fn open(self: &Arc<Self>) -> io::Result<Fulfilled> {
        let (proxy, options) = Proxy::before(&self.options).await?;
        let mut users = self.users();
        let detour = if let Some(detour) = &users.detour {
            // Somebody was quicker.
            Arc::clone(detour)
        } else {
            let detour = Arc::new(Detour { proxy, wishes: Mutex::default() });
            users.detour = Some(Arc::clone(&detour));
            match &self.whose {
                Whose::Listener(switch) => {
                    let pubsub = PostgresPubSub::new(options);
                    switch.divert(Some(Arc::new(Around { pubsub, _detour: Arc::clone(&detour) })));
                }
                Whose::Store(store) => store.redirect(options),
            }
            detour
        };
        users.count += 1;
        Ok(Fulfilled { line: Arc::clone(self), detour, wish: None })
    }

    fn leave(&self) {
        let mut users = self.users();
        users.count -= 1;
        if users.count > 0 {
            return;
        }
        let Some(detour) = users.detour.take() else { return };
        match &self.whose {
            // It keeps its proxy until it isn't listened to any more.
            Whose::Listener(switch) => switch.divert(None),
            Whose::Store(store) => {
                store.redirect(self.options.clone());
                tokio::spawn(async move {
                    let is_free = detour.proxy.wait_for(<[_]>::is_empty);
                    let _ = tokio::time::timeout(LAST_QUERIES, is_free).await;
                });
            }
        }
    }

    fn users(&self) -> MutexGuard<'_, Users> {
        self.users.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Detour {
    fn wish(&self, wish: Wish) -> u64 {
        let wish = match wish {
            Wish::HalfOpen => Wish::Swallow(self.proxy.connections().iter().map(|it| it.id).collect()),
            other => other,
        };
        let mut wishes = self.wishes();
        let number = wishes.made;
        wishes.made += 1;
        wishes.standing.insert(number, wish);
        self.obey(&wishes);
        number
    }

    fn let_go(&self, number: u64) {
        let mut wishes = self.wishes();
        wishes.standing.remove(&number);
        self.obey(&wishes);
    }

    /// Where wishes meet, the strongest counts.
    fn obey(&self, wishes: &Wishes) {
        let is_cut = wishes.standing.values().any(|wish| *wish == Wish::Cut);
        self.proxy.refuse(is_cut);
        let mut rule = Rule::FORWARD;
        for wish in wishes.standing.values() {
            match wish {
                Wish::Latency(by) => rule.to_client = rule.to_client.max(Verdict::Delay(*by)),
                Wish::NoNotices => rule.notices = Verdict::Drop,
                Wish::HalfOpen | Wish::Cut | Wish::Swallow(_) => {}
            }
        }
        // First those to come: one that is made meanwhile is found below.
        self.proxy.rule_new(rule);
        for connection in self.proxy.connections() {
            let is_it = |wish: &Wish| matches!(wish, Wish::Swallow(ids) if ids.contains(&connection.id));
            let is_swallowed = wishes.standing.values().any(is_it);
            // One that has just ended needs no rule.
            let _ = self.proxy.rule(connection.id, if is_swallowed { Rule::SWALLOW } else { rule });
        }
    }

    fn wishes(&self) -> MutexGuard<'_, Wishes> {
        self.wishes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Fulfilled {
    fn drop(&mut self) {
        if let Some(wish) = self.wish {
            self.detour.let_go(wish);
        }
        self.line.leave();
    }
}

/// A pubsub by way of a proxy that lives as long as somebody listens to it.
struct Around {
    pubsub: PostgresPubSub,
    _detour: Arc<Detour>,
}

impl PubSub for Around {
    fn subscribe(&self) -> BoxFuture<'_, Result<Subscription, PubSubError>> {
        self.pubsub.subscribe()
    }

    fn publish<'a>(&'a self, payload: &'a str) -> BoxFuture<'a, Result<(), PubSubError>> {
        self.pubsub.publish(payload)
    }
}
