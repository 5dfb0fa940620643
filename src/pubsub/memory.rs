//! A pubsub in memory, for tests and simulations.
//!
//! Every payload reaches every subscription that stood when it was published. Each subscription's
//! queue is bounded; past that it gets [`Message::MayHaveDropped`], as a slow listener would. Losses and
//! failures can be injected.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::FutureExt;
use futures::future::BoxFuture;

use super::feed::Feed;
use super::{Message, PubSub, PubSubError, Subscription};

/// How many messages a subscription holds unless told otherwise.
const CAPACITY: usize = 1024;

/// A pubsub in memory; clones share the subscriptions.
#[derive(Debug, Clone)]
pub struct MemoryPubSub {
    hub: Arc<Mutex<Hub>>,
}

#[derive(Debug)]
struct Hub {
    capacity: usize,
    feeds: Vec<Feed>,
    subscribe_failures: VecDeque<PubSubError>,
    publish_failures: VecDeque<PubSubError>,
}

impl Default for MemoryPubSub {
    fn default() -> Self {
        Self::with_capacity(CAPACITY)
    }
}

impl MemoryPubSub {
    /// A pubsub without subscriptions.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// One whose subscriptions hold `capacity` messages each (one at least).
    #[must_use]
    pub fn with_capacity(capacity: usize) -> Self {
        let hub = Hub {
            capacity,
            feeds: Vec::new(),
            subscribe_failures: VecDeque::new(),
            publish_failures: VecDeque::new(),
        };
        Self { hub: Arc::new(Mutex::new(hub)) }
    }

    /// Gives a message to every subscription: [`Message::MayHaveDropped`] or [`Message::Error`] as a real
    /// connection would bring them, or a payload.
    pub fn inject(&self, message: &Message) {
        self.hub().send(message);
    }

    /// Makes the next `subscribe` fail; calls queue up.
    pub fn fail_next_subscribe(&self, error: impl Into<String>) {
        self.hub().subscribe_failures.push_back(PubSubError(error.into()));
    }

    /// Makes the next `publish` fail, which then reaches nobody; calls queue up.
    pub fn fail_next_publish(&self, error: impl Into<String>) {
        self.hub().publish_failures.push_back(PubSubError(error.into()));
    }

    /// Ends every subscription, as a source that is gone for good.
    pub fn end_subscriptions(&self) {
        self.hub().feeds.clear();
    }

    fn hub(&self) -> MutexGuard<'_, Hub> {
        // No call leaves the hub half changed, so that a panic elsewhere is no reason to refuse it.
        self.hub.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Hub {
    fn send(&mut self, message: &Message) {
        self.feeds.retain_mut(|feed| feed.push(message.clone()));
    }
}

impl PubSub for MemoryPubSub {
    fn subscribe(&self) -> BoxFuture<'_, Result<Subscription, PubSubError>> {
        async move {
            let mut hub = self.hub();
            if let Some(error) = hub.subscribe_failures.pop_front() {
                return Err(error);
            }
            let (feed, messages) = Feed::new(hub.capacity);
            hub.feeds.push(feed);
            Ok(Subscription::new(messages))
        }
        .boxed()
    }

    fn publish<'a>(&'a self, payload: &'a str) -> BoxFuture<'a, Result<(), PubSubError>> {
        async move {
            let mut hub = self.hub();
            if let Some(error) = hub.publish_failures.pop_front() {
                return Err(error);
            }
            hub.send(&Message::Payload(payload.as_bytes().to_vec()));
            Ok(())
        }
        .boxed()
    }
}
