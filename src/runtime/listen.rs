//! The ear: subscribes, for ever if need be, and feeds what it hears to the machine.

use std::pin::pin;
use std::sync::Arc;

use crate::job::Posting;
use crate::pubsub::{Message, Subscription};
use crate::wakeup::Input;

use super::backoff::Backoff;
use super::shared::Shared;
use super::{Alive, Event};

/// Subscribes, however often it takes, until it works (`S14`); `None` when the acquirer is closed.
pub(super) async fn subscribe(shared: &Shared) -> Option<Subscription> {
    let mut backoff = Backoff::new();
    loop {
        let tried = tokio::select! {
            tried = shared.pubsub.subscribe() => tried,
            () = shared.closed.cancelled() => return None,
        };
        match tried {
            Ok(subscription) => {
                tracing::debug!("subscribed to job postings");
                shared.tell(|| Event::Subscribed);
                return Some(subscription);
            }
            Err(error) => {
                let wait = backoff.next();
                tracing::warn!(%error, ?wait, "failed to subscribe to job postings; trying again");
                tokio::select! {
                    () = tokio::time::sleep(wait) => {}
                    () = shared.closed.cancelled() => return None,
                }
            }
        }
    }
}

/// Hears until the acquirer is closed. A subscription that ends is made anew; what was said meanwhile is lost.
pub(super) async fn run(alive: Alive, mut subscription: Subscription) {
    let shared = alive.shared();
    // One for all messages: to register it anew takes a lock, on every job's way.
    let mut closed = pin!(shared.closed.cancelled());
    loop {
        // A message comes first: to ask whether the acquirer is closed takes a lock as well, and is done when the
        // message was acted upon.
        let message = tokio::select! {
            biased;
            message = subscription.recv() => message,
            () = &mut closed => return,
        };
        if let Some(message) = message {
            hear(shared, message);
            if shared.closed.is_cancelled() {
                return;
            }
            // However many messages are at hand, others have their turn.
            tokio::task::coop::consume_budget().await;
            continue;
        }
        tracing::warn!("subscription to job postings ended; making it anew");
        match subscribe(shared).await {
            Some(anew) => subscription = anew,
            None => return,
        }
        hear(shared, Message::MayHaveDropped);
    }
}

fn hear(shared: &Arc<Shared>, message: Message) {
    match message {
        Message::Payload(payload) => match Posting::parse(&payload) {
            Ok(posting) => {
                tracing::debug!(provisioner = %posting.provisioner, job = posting.job_id.map(display), "job posted");
                shared.post(posting);
            }
            Err(error) => {
                let message = String::from_utf8_lossy(&payload[..payload.len().min(256)]);
                let cause = std::error::Error::source(&error).map(ToString::to_string);
                tracing::error!(%message, cause, "unable to parse job posting");
                shared.tell(|| Event::PostingUnreadable);
            }
        },
        Message::MayHaveDropped => {
            tracing::warn!("pubsub may have dropped job postings");
            shared.tell(|| Event::MessagesLost);
            shared.happen(Input::MessagesLost);
        }
        Message::Error(error) => tracing::warn!(error, "unhandled pubsub error"),
    }
}
