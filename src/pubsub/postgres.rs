//! LISTEN and NOTIFY.
//!
//! Each subscription has a listening connection, which is kept in the task of whoever receives. When it is lost, for
//! whatever reason, another is made, and only then [`super::Message::MayHaveDropped`] is said: a query made
//! before LISTEN stands again could miss what is posted in between. That is tried for ever, until the
//! subscription is dropped, which closes the connection.
//!
//! A connection may also stay open and bring nothing any more: a half-open socket, a pooler in transaction
//! mode, a proxy that swallows bytes. Nobody says so; it has to be found out. After [`Probe::silence`] without
//! any notification the connection that publishes sends one to a channel that only this subscription listens
//! on, and if nothing at all arrives within [`Probe::patience`], the ear counts as deaf and its connection as lost.
//!
//! ```text
//! publishing connection            server                 listening connection
//!                                                         … 5 s of silence
//! NOTIFY private channel ────────▶       ───── ✕          … 5 s more: deaf
//!                                                         dropped; another one LISTENs
//!                                                         MayHaveDropped: everybody looks
//! ```
//!
//! Sent over another connection, the probe takes the way that postings take, so that it also finds a listener
//! that is connected and answers, but is no longer registered or not brought what comes unasked;
//! `pg_listening_channels()` and a NOTIFY to oneself can't. While postings flow there are no probes: whatever
//! arrives proves the ear. Probes reach no subscriber, and are counted ([`PostgresPubSub::probes`]).

mod ear;
mod publisher;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use sqlx::postgres::PgConnectOptions;

use self::ear::{Ear, Hearing};
use self::publisher::Publisher;
use super::{JOB_POSTED_CHANNEL, PubSub, PubSubError, Subscription};

/// The longest payload that NOTIFY carries.
pub const PAYLOAD_BYTES_MAX: usize = 7_999;

/// When a subscription finds out whether it still hears. A deaf one is found within the sum of both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Probe {
    /// After so long without any notification it is probed.
    pub silence: Duration,
    /// How long the probe may take to arrive.
    pub patience: Duration,
}

impl Default for Probe {
    /// 5 s of silence, and 5 s to answer: well under the backup poll.
    fn default() -> Self {
        Self { silence: Duration::from_secs(5), patience: Duration::from_secs(5) }
    }
}

/// Postings over LISTEN and NOTIFY on the channel `provisioner_job_posted`.
pub struct PostgresPubSub {
    options: PgConnectOptions,
    probe: Probe,
    probes: Arc<AtomicU64>,
    publisher: Arc<Publisher>,
}

impl std::fmt::Debug for PostgresPubSub {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Options hold a password.
        f.debug_struct("PostgresPubSub").field("probe", &self.probe).finish_non_exhaustive()
    }
}

impl PostgresPubSub {
    /// A pubsub that connects when it is used: once for all publications, and once for each subscription.
    ///
    /// The caller chooses the `application_name` in `options`.
    #[must_use]
    pub fn new(options: PgConnectOptions) -> Self {
        Self::with_probe(options, Probe::default())
    }

    /// As [`new`](Self::new), with other times for the probe of a silent subscription.
    #[must_use]
    pub fn with_probe(options: PgConnectOptions, probe: Probe) -> Self {
        let publisher = Arc::new(Publisher::new(options.clone()));
        Self { options, probe, probes: Arc::default(), publisher }
    }

    /// How many probes there were: queries of this pubsub's own, which neither post nor acquire.
    #[must_use]
    pub fn probes(&self) -> u64 {
        self.probes.load(Ordering::Relaxed)
    }
}

impl PubSub for PostgresPubSub {
    fn subscribe(&self) -> BoxFuture<'_, Result<Subscription, PubSubError>> {
        async move {
            let (publisher, probes) = (Arc::clone(&self.publisher), Arc::clone(&self.probes));
            let ear = Ear::open(self.options.clone(), self.probe, probes, publisher)
                .await
                .map_err(|error| failed("listen", &error))?;
            Ok(Subscription::from_stream(Hearing::new(ear)))
        }
        .boxed()
    }

    fn publish<'a>(&'a self, payload: &'a str) -> BoxFuture<'a, Result<(), PubSubError>> {
        async move {
            check_payload(payload)?;
            let published = self.publisher.notify(JOB_POSTED_CHANNEL, payload).await;
            published.map_err(|error| failed("publish", &error))
        }
        .boxed()
    }
}

/// Refuses what NOTIFY would.
pub(crate) fn check_payload(payload: &str) -> Result<(), PubSubError> {
    if payload.len() <= PAYLOAD_BYTES_MAX {
        return Ok(());
    }
    let length = payload.len();
    Err(PubSubError(format!(
        "cannot publish a payload of {length} bytes: NOTIFY carries {PAYLOAD_BYTES_MAX}; shorten the job's tags"
    )))
}

fn failed(what: &str, error: &sqlx::Error) -> PubSubError {
    PubSubError(format!("cannot {what} on {JOB_POSTED_CHANNEL}: {error}"))
}
