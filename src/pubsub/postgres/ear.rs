//! One subscription's listening connection: keeps it, probes it when it is silent, makes it anew when it is lost.

use std::convert::Infallible;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use futures::future::BoxFuture;
use futures::{FutureExt as _, Stream};
use sqlx::postgres::{PgConnectOptions, PgListener, PgNotification, PgPoolOptions};
use tokio::time::Instant;
use tracing::{debug, warn};

use super::publisher::Publisher;
use super::{JOB_POSTED_CHANNEL, Probe};
use crate::pubsub::Message;
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

    /// Hears for ever, in the task of whoever receives; ends by being dropped.
    async fn listen(mut self, heard: Arc<Slot>) -> Infallible {
        let mut backoff = Backoff::default();
        loop {
            let listening_since = Instant::now();
            let reason = self.hear(&heard).await;
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
            heard.pass_on(Message::MayHaveDropped).await;
        }
    }

    /// Hears until there will be nothing more to hear, and says why.
    async fn hear(&mut self, heard: &Slot) -> String {
        let last_heard = LastHeard::new();
        // One watch over all notifications: a timer for each would be set and cleared on every job's way.
        let mut deaf =
            pin!(deaf(&self.private_channel, self.probe, &last_heard, &self.probes, &self.publisher));
        // The listener's wait isn't safe to cancel: it is only dropped together with the listener. Nor is it cheap
        // to move, having room for all that connecting takes: it stays where it is, message after message.
        let mut bring = pin!(bring(&mut self.listener, &self.private_channel, heard, &last_heard));
        poll_fn(|context| match bring.as_mut().poll(context) {
            Poll::Ready(reason) => Poll::Ready(reason),
            // Who brings something isn't deaf, and comes again.
            Poll::Pending if heard.is_full() => Poll::Pending,
            Poll::Pending => deaf.as_mut().poll(context),
        })
        .await
    }
}

/// Brings what a listener hears, until there will be nothing more to hear; says why.
async fn bring(
    listener: &mut Listener,
    private_channel: &str,
    heard: &Slot,
    last_heard: &LastHeard,
) -> String {
    loop {
        let notification = match listener.recv().await {
            Ok(notification) => notification,
            Err(reason) => return reason,
        };
        last_heard.note();
        if notification.channel() != private_channel {
            heard.pass_on(Message::Payload(notification.payload().as_bytes().to_vec())).await;
        }
    }
}

/// What an ear hears, as the stream that a subscription is.
pub(super) struct Hearing {
    listening: BoxFuture<'static, Infallible>,
    heard: Arc<Slot>,
}

impl Hearing {
    pub(super) fn new(ear: Ear) -> Self {
        let heard = Arc::new(Slot::default());
        Self { listening: ear.listen(Arc::clone(&heard)).boxed(), heard }
    }
}

impl Stream for Hearing {
    type Item = Message;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Message>> {
        match self.listening.as_mut().poll(context) {
            Poll::Ready(never) => match never {},
            Poll::Pending => self.heard.take().map_or(Poll::Pending, |message| Poll::Ready(Some(message))),
        }
    }
}

/// Where one message passes from the future that hears to the stream around it.
#[derive(Default)]
struct Slot(Mutex<Option<Message>>);

impl Slot {
    /// Waits until it is taken, before the socket is looked at again, which would most likely find nothing: the
    /// message is acted upon first. Needs no waking: who takes it has it at once, and polls this when it wants
    /// another.
    async fn pass_on(&self, message: Message) {
        *self.lock() = Some(message);
        poll_fn(|_| if self.is_full() { Poll::Pending } else { Poll::Ready(()) }).await;
    }

    fn is_full(&self) -> bool {
        self.lock().is_some()
    }

    fn take(&self) -> Option<Message> {
        self.lock().take()
    }

    fn lock(&self) -> MutexGuard<'_, Option<Message>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
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
        // Nobody closes its pool, and to hear of that would take a place in a list for every message.
        listener.ignore_pool_close_event(true);
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
