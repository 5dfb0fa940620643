//! One subscription's listening connection: keeps it, probes it when it is silent, makes it anew when it is lost.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Poll;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgListener, PgNotification, PgPoolOptions};
use tokio::time::Instant;
use tracing::{debug, warn};

use super::publisher::Publisher;
use super::{JOB_POSTED_CHANNEL, Probe};
use crate::pubsub::Message;
use crate::pubsub::feed::Feed;
use crate::store::postgres::within;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const BACKOFF_MIN: Duration = Duration::from_millis(20);
const BACKOFF_MAX: Duration = Duration::from_secs(5);

pub(super) struct Ear {
    options: PgConnectOptions,
    listener: Listener,
    /// The channel of its probes, which nobody else listens on.
    private_channel: String,
    probe: Probe,
    probes: Arc<AtomicU64>,
    publisher: Arc<Publisher>,
}

impl Ear {
    /// Connects and listens.
    pub(super) async fn open(
        options: PgConnectOptions,
        probe: Probe,
        probes: Arc<AtomicU64>,
        publisher: Arc<Publisher>,
    ) -> Result<Self, sqlx::Error> {
        let private_channel = format!("{JOB_POSTED_CHANNEL}_probe_{}", uuid::Uuid::new_v4().simple());
        let listener = Listener::open(&options, &private_channel).await?;
        Ok(Self { options, listener, private_channel, probe, probes, publisher })
    }

    /// Brings what is heard to the feed, in the task of its receiver; ends by being dropped.
    pub(super) async fn forward(mut self, mut feed: Feed) {
        let mut backoff = Backoff::default();
        loop {
            let listening_since = Instant::now();
            let Some(reason) = self.hear(&mut feed).await else { return };
            warn!(reason, "lost the connection that listens for postings; making another");
            self.listener.close();
            backoff.after_uptime(listening_since.elapsed());
            self.listener = loop {
                tokio::time::sleep(backoff.next()).await;
                match Listener::open(&self.options, &self.private_channel).await {
                    Ok(listener) => break listener,
                    Err(error) => warn!(%error, "cannot listen for postings; trying again"),
                }
            };
            if !feed.push(Message::MayHaveDropped) {
                return;
            }
        }
    }

    /// Hears until there will be nothing more to hear, and says why; `None` when the subscription is gone.
    async fn hear(&mut self, feed: &mut Feed) -> Option<String> {
        let last_heard = LastHeard::new();
        // One watch over all notifications: a timer for each would be set and cleared on every job's way.
        let mut deaf =
            pin!(deaf(&self.private_channel, self.probe, &last_heard, &self.probes, &self.publisher));
        loop {
            // The listener's wait isn't safe to cancel: it is only dropped together with the listener.
            let heard = waited(async {
                tokio::select! {
                    biased;
                    heard = self.listener.recv() => heard,
                    reason = &mut deaf => Err(reason),
                }
            });
            let (notification, had_to_wait) = match heard.await {
                (Ok(notification), had_to_wait) => (notification, had_to_wait),
                (Err(reason), _) => return Some(reason),
            };
            last_heard.note();
            if notification.channel() == self.private_channel {
                continue;
            }
            if !feed.push(Message::Payload(notification.payload().as_bytes().to_vec())) {
                return None;
            }
            // What had to be waited for is passed on, and acted upon by whoever that wakes, before the socket is
            // looked at again, which would most likely find nothing. In a burst the rest is at hand and read first.
            if had_to_wait {
                taken().await;
            }
        }
    }
}

/// When anything was heard last.
struct LastHeard {
    since: Instant,
    after_ns: AtomicU64,
}

impl LastHeard {
    fn new() -> Self {
        Self { since: Instant::now(), after_ns: AtomicU64::new(0) }
    }

    fn note(&self) {
        let after_ns = u64::try_from(self.since.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.after_ns.store(after_ns, Ordering::Relaxed);
    }

    fn at(&self) -> Instant {
        self.since + Duration::from_nanos(self.after_ns.load(Ordering::Relaxed))
    }
}

/// Probes after each silence; answers when a probe was sent and nothing came after it.
async fn deaf(
    channel: &str,
    probe: Probe,
    last_heard: &LastHeard,
    probes: &AtomicU64,
    publisher: &Arc<Publisher>,
) -> String {
    let mut probed_at = last_heard.at();
    loop {
        let due = last_heard.at().max(probed_at) + probe.silence;
        if due > Instant::now() {
            tokio::time::sleep_until(due).await;
            continue;
        }
        probes.fetch_add(1, Ordering::Relaxed);
        let sent_at = Instant::now();
        probed_at = sent_at;
        let (publisher, channel) = (Arc::clone(publisher), channel.to_owned());
        // A task of its own: the probe is likely to arrive before the server's answer does, and the publishing
        // connection must not be dropped for that.
        let sent = tokio::spawn(async move { within(probe.patience, publisher.notify(&channel, "")).await });
        match sent.await {
            Ok(Err(error)) if sent_at.elapsed() < probe.patience => {
                debug!(%error, "cannot probe the connection that listens for postings");
            }
            // Sent, or stuck on the way: of a server that doesn't answer nothing can be heard either.
            _ => {
                // Needs no waking: this is polled in the task that hears, whenever there is nothing more to hear.
                let heard =
                    poll_fn(|_| if last_heard.at() > sent_at { Poll::Ready(()) } else { Poll::Pending });
                tokio::select! {
                    () = heard => {}
                    () = tokio::time::sleep_until(sent_at + probe.patience) => {
                        return format!("nothing heard within {:?} of a probe", probe.patience);
                    }
                }
            }
        }
    }
}

/// A connection that listens. sqlx's listener takes it from a pool: one that never holds another.
struct Listener(Option<PgListener>);

impl Listener {
    async fn open(options: &PgConnectOptions, private_channel: &str) -> Result<Self, sqlx::Error> {
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
        let mut listening = Self(Some(listener));
        if let Some(listener) = &mut listening.0 {
            within(CONNECT_TIMEOUT, listener.listen_all([JOB_POSTED_CHANNEL, private_channel])).await?;
        }
        Ok(listening)
    }

    async fn recv(&mut self) -> Result<PgNotification, String> {
        let Some(listener) = &mut self.0 else { return Err("it was closed".to_owned()) };
        match listener.try_recv().await {
            Ok(Some(notification)) => Ok(notification),
            Ok(None) => Err("the server closed it".to_owned()),
            Err(error) => Err(error.to_string()),
        }
    }

    /// Closes the connection at once.
    ///
    /// sqlx's listener says UNLISTEN on its way out, in a task that it spawns: over a connection that is dead
    /// without anybody saying so, the answer would be waited for ever, and the socket kept. So it is spawned on
    /// a runtime that ends here and now, and drops the socket with it.
    fn close(&mut self) {
        let Some(listener) = self.0.take() else { return };
        match tokio::runtime::Builder::new_current_thread().build() {
            Ok(grave) => {
                let entered = grave.enter();
                drop(listener);
                drop(entered);
                grave.shutdown_background();
            }
            // Nothing is left to build it from: it may as well stay.
            Err(_) => drop(listener),
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.close();
    }
}

/// Waits until the message that was pushed is taken. Needs no waking: the feed's receiver has it at once, and
/// polls this when it wants another.
async fn taken() {
    let mut is_taken = false;
    poll_fn(|_| if std::mem::replace(&mut is_taken, true) { Poll::Ready(()) } else { Poll::Pending }).await;
}

/// What a future answers, and whether it had to be waited for.
async fn waited<T>(future: impl Future<Output = T>) -> (T, bool) {
    let mut future = pin!(future);
    let mut had_to_wait = false;
    let answer = poll_fn(|context| {
        let answer = future.as_mut().poll(context);
        had_to_wait |= answer.is_pending();
        answer
    });
    (answer.await, had_to_wait)
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
