//! Best-effort hints that jobs exist. A lost hint costs time, never a job.

mod feed;
mod memory;
#[cfg(feature = "postgres")]
pub mod postgres;

use std::future::poll_fn;
use std::task::{Context, Poll};

use futures::future::BoxFuture;
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TryRecvError;

pub use memory::MemoryPubSub;
#[cfg(feature = "postgres")]
pub use postgres::PostgresPubSub;

/// The channel that postings travel on.
pub const JOB_POSTED_CHANNEL: &str = "provisioner_job_posted";

/// Carries payloads from posters to acquirers.
pub trait PubSub: Send + Sync + 'static {
    /// Listens. When it answers, every payload published from then on arrives, or a
    /// [`Message::MayHaveDropped`] in its stead.
    fn subscribe(&self) -> BoxFuture<'_, Result<Subscription, PubSubError>>;

    /// Sends a payload to all subscriptions there are.
    fn publish<'a>(&'a self, payload: &'a str) -> BoxFuture<'a, Result<(), PubSubError>>;
}

/// What a subscription brings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// A payload.
    Payload(Vec<u8>),
    /// The connection was lost and made again, or a queue overflowed (`S12`).
    MayHaveDropped,
    /// Something else went wrong; it is logged and ignored (`S12`).
    Error(String),
}

/// A standing subscription; dropping it unsubscribes. It ends (`None`) when its source is gone for good.
pub struct Subscription {
    messages: mpsc::Receiver<Message>,
    /// Feeds the channel, in the task of whoever receives: from a task of its own, each message would wait for
    /// that other one to be woken and run.
    source: Option<BoxFuture<'static, ()>>,
    _on_drop: Option<tokio_util::sync::DropGuard>,
}

impl std::fmt::Debug for Subscription {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Subscription").finish_non_exhaustive()
    }
}

impl Subscription {
    /// A subscription that is fed through a channel.
    #[must_use]
    pub fn new(messages: mpsc::Receiver<Message>) -> Self {
        Self { messages, source: None, _on_drop: None }
    }

    /// Has a future feed the channel, which runs while messages are waited for and no longer.
    #[must_use]
    pub fn with_source(self, source: impl Future<Output = ()> + Send + 'static) -> Self {
        Self { source: Some(Box::pin(source)), ..self }
    }

    /// Cancels a token when the subscription is dropped, so that whoever feeds it stops.
    #[must_use]
    pub fn with_guard(self, guard: tokio_util::sync::DropGuard) -> Self {
        Self { _on_drop: Some(guard), ..self }
    }

    /// The next message. Cancel-safe.
    pub async fn recv(&mut self) -> Option<Message> {
        poll_fn(|context| self.poll_recv(context)).await
    }

    fn poll_recv(&mut self, context: &mut Context<'_>) -> Poll<Option<Message>> {
        let Some(source) = &mut self.source else { return self.messages.poll_recv(context) };
        // The channel isn't told whom to wake: its source runs here, and a task that wakes itself has another
        // thread woken to help it.
        if let Ok(message) = self.messages.try_recv() {
            return Poll::Ready(Some(message));
        }
        if source.as_mut().poll(context).is_ready() {
            self.source = None;
        }
        match self.messages.try_recv() {
            Ok(message) => Poll::Ready(Some(message)),
            Err(TryRecvError::Empty) => Poll::Pending,
            Err(TryRecvError::Disconnected) => Poll::Ready(None),
        }
    }
}

/// The pubsub could not answer.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{0}")]
pub struct PubSubError(pub String);
