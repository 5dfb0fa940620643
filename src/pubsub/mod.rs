//! Best-effort hints that jobs exist. A lost hint costs time, never a job.

mod feed;
mod memory;
#[cfg(feature = "postgres")]
pub mod postgres;

use futures::StreamExt as _;
use futures::future::BoxFuture;
use futures::stream::{self, BoxStream, Stream};
use tokio::sync::mpsc;

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
    messages: BoxStream<'static, Message>,
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
    pub fn new(mut messages: mpsc::Receiver<Message>) -> Self {
        Self::from_stream(stream::poll_fn(move |context| messages.poll_recv(context)))
    }

    /// A subscription whose source runs in the task of whoever receives, while messages are waited for and no
    /// longer. From a task of its own, each message would wait for that other one to be woken and run.
    #[must_use]
    pub fn from_stream(messages: impl Stream<Item = Message> + Send + 'static) -> Self {
        Self { messages: messages.boxed(), _on_drop: None }
    }

    /// Cancels a token when the subscription is dropped, so that whoever feeds it stops.
    #[must_use]
    pub fn with_guard(self, guard: tokio_util::sync::DropGuard) -> Self {
        Self { _on_drop: Some(guard), ..self }
    }

    /// The next message. Cancel-safe.
    pub async fn recv(&mut self) -> Option<Message> {
        self.messages.next().await
    }
}

/// The pubsub could not answer.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{0}")]
pub struct PubSubError(pub String);
