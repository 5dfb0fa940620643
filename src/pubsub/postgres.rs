//! LISTEN and NOTIFY.
//!
//! Each subscription has a listening connection and a task of its own. When the connection is lost, for
//! whatever reason, the task makes another, and only then says [`Message::MayHaveDropped`]: a query made
//! before LISTEN stands again could miss what is posted in between. It tries for ever, until the
//! subscription is dropped, which ends the task and closes the connection.
//!
//! It can't notice a connection that stays open but brings nothing any more (a half-open socket, a pooler
//! in transaction mode): that is what the backup poll is for.

use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use sqlx::PgConnection;
use sqlx::postgres::{PgConnectOptions, PgListener, PgPoolOptions};
use tokio::sync::Mutex;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::warn;

use super::feed::Feed;
use super::{JOB_POSTED_CHANNEL, Message, PubSub, PubSubError, Subscription};
use crate::store::postgres::{connect, ends_connections};

/// The longest payload that NOTIFY carries.
pub const PAYLOAD_BYTES_MAX: usize = 7_999;

/// How many messages wait for the subscriber. Past that they are dropped rather than left to the server, whose
/// one queue for all listeners would fill up behind a slow one.
const CAPACITY: usize = 16_384;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const BACKOFF_MIN: Duration = Duration::from_millis(20);
const BACKOFF_MAX: Duration = Duration::from_secs(5);

/// Postings over LISTEN and NOTIFY on the channel `provisioner_job_posted`.
pub struct PostgresPubSub {
    options: PgConnectOptions,
    /// Absent before the first publication, after an error, and while a publication is under way, so that
    /// one that is dropped in the middle closes its connection.
    publisher: Mutex<Option<PgConnection>>,
}

impl std::fmt::Debug for PostgresPubSub {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Options hold a password.
        f.debug_struct("PostgresPubSub").finish_non_exhaustive()
    }
}

impl PostgresPubSub {
    /// A pubsub that connects when it is used: once for all publications, and once for each subscription.
    ///
    /// The caller chooses the `application_name` in `options`.
    #[must_use]
    pub fn new(options: PgConnectOptions) -> Self {
        Self { options, publisher: Mutex::default() }
    }
}

impl PubSub for PostgresPubSub {
    fn subscribe(&self) -> BoxFuture<'_, Result<Subscription, PubSubError>> {
        async move {
            let listener = listen(&self.options).await.map_err(|error| failed("listen", &error))?;
            let (feed, messages) = Feed::new(CAPACITY);
            let dropped = CancellationToken::new();
            let subscription = Subscription::new(messages).with_guard(dropped.clone().drop_guard());
            let forward = forward(self.options.clone(), listener, feed);
            // Whatever the task is doing, it ends there, and its listener with it.
            tokio::spawn(dropped.run_until_cancelled_owned(forward));
            Ok(subscription)
        }
        .boxed()
    }

    fn publish<'a>(&'a self, payload: &'a str) -> BoxFuture<'a, Result<(), PubSubError>> {
        async move {
            check_payload(payload)?;
            let mut publisher = self.publisher.lock().await;
            if let Some(connection) = publisher.take() {
                match notify(connection, payload).await {
                    Ok(connection) => {
                        *publisher = Some(connection);
                        return Ok(());
                    }
                    // It was lost some time since the last publication. A hint sent twice does no harm.
                    Err(error) if ends_connections(&error) => {
                        warn!(%error, "lost the connection that publishes; making another");
                    }
                    Err(error) => return Err(failed("publish", &error)),
                }
            }
            let connection = connect(&self.options).await.map_err(|error| failed("publish", &error))?;
            *publisher = Some(notify(connection, payload).await.map_err(|error| failed("publish", &error))?);
            Ok(())
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

/// Publishes; the connection comes back only when that succeeded.
async fn notify(mut connection: PgConnection, payload: &str) -> Result<PgConnection, sqlx::Error> {
    sqlx::query("SELECT pg_notify($1, $2)")
        .bind(JOB_POSTED_CHANNEL)
        .bind(payload)
        .execute(&mut connection)
        .await?;
    Ok(connection)
}

/// Connects and listens. sqlx's listener takes its connection from a pool: one that never holds another.
async fn listen(options: &PgConnectOptions) -> Result<PgListener, sqlx::Error> {
    let pool = PgPoolOptions::new()
        .max_connections(1)
        .acquire_timeout(CONNECT_TIMEOUT)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
        .connect_with(options.clone())
        .await?;
    let mut listener = PgListener::connect_with(&pool).await?;
    // A lost connection is never mended by the listener, whose own way forgets that it was lost when the
    // wait for it is canceled or times out: a new listener takes its place.
    listener.eager_reconnect(false);
    listener.listen(JOB_POSTED_CHANNEL).await?;
    Ok(listener)
}

/// Brings the listener's payloads to the feed; ends only by being dropped, or when the subscription is.
async fn forward(options: PgConnectOptions, mut listener: PgListener, mut feed: Feed) {
    let mut backoff = Backoff::default();
    loop {
        let listening_since = Instant::now();
        let reason = loop {
            match listener.try_recv().await {
                Ok(Some(notification)) => {
                    let payload = notification.payload().as_bytes().to_vec();
                    if !feed.push(Message::Payload(payload)) {
                        return;
                    }
                }
                Ok(None) => break "the server closed it".to_owned(),
                Err(error) => break error.to_string(),
            }
        };
        warn!(reason, "lost the connection that listens for postings; making another");
        drop(listener);
        backoff.after_uptime(listening_since.elapsed());
        listener = loop {
            tokio::time::sleep(backoff.next()).await;
            match listen(&options).await {
                Ok(listener) => break listener,
                Err(error) => warn!(%error, "cannot listen for postings; trying again"),
            }
        };
        if !feed.push(Message::MayHaveDropped) {
            return;
        }
    }
}

/// Pauses that double, from none at the first loss after a quiet time.
#[derive(Debug, Default)]
struct Backoff {
    pause: Duration,
}

impl Backoff {
    /// A connection that lasted was a good one. One that broke at once tells that the next may too.
    fn after_uptime(&mut self, uptime: Duration) {
        if uptime > BACKOFF_MAX {
            self.pause = Duration::ZERO;
        }
    }

    fn next(&mut self) -> Duration {
        let pause = self.pause;
        self.pause = (pause * 2).clamp(BACKOFF_MIN, BACKOFF_MAX);
        pause
    }
}

fn failed(what: &str, error: &sqlx::Error) -> PubSubError {
    PubSubError(format!("cannot {what} on {JOB_POSTED_CHANNEL}: {error}"))
}
