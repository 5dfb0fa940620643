//! The rule for one replica's notifications, and the guard that carries it: what a fault decides of each
//! message on its way to the acquirer.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use acquirer::pubsub::{Message, PubSub, PubSubError, Subscription};
use futures::future::BoxFuture;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::measure::{Recorder, now};

/// What becomes of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It arrives.
    Pass,
    /// Nobody hears it, and nobody is told.
    Drop,
}

/// The rule for one replica, to be changed while the run goes on.
#[derive(Debug)]
pub struct Switch {
    /// Bits of the share of notifications to drop.
    drop_share: AtomicU64,
    draws: Mutex<ChaCha8Rng>,
    replica: usize,
}

impl Switch {
    /// Lets everything pass. The seed decides which notifications a share is made of.
    #[must_use]
    pub fn new(seed: u64, replica: usize) -> Self {
        let mut draws = ChaCha8Rng::seed_from_u64(seed);
        draws.set_stream(replica as u64);
        Self { drop_share: AtomicU64::new(0f64.to_bits()), draws: Mutex::new(draws), replica }
    }

    /// Drops this share of notifications, 0 to 1, from now on.
    pub fn drop_share(&self, share: f64) {
        self.drop_share.store(share.to_bits(), Ordering::Relaxed);
    }

    /// What becomes of a message. Only payloads are dropped: that a connection was lost is the listener's
    /// own knowledge, and comes from no notification.
    fn verdict(&self, message: &Message) -> Verdict {
        let share = f64::from_bits(self.drop_share.load(Ordering::Relaxed));
        let is_payload = matches!(message, Message::Payload(_));
        if is_payload && share > 0.0 && self.draw() < share { Verdict::Drop } else { Verdict::Pass }
    }

    fn draw(&self) -> f64 {
        self.draws.lock().unwrap_or_else(PoisonError::into_inner).random()
    }
}

/// A pubsub whose subscriptions obey a switch.
pub struct FaultyPubSub<P> {
    inner: P,
    switch: Arc<Switch>,
    recorder: Arc<Recorder>,
}

impl<P: PubSub> FaultyPubSub<P> {
    /// Puts a switch between a pubsub and whoever subscribes.
    pub fn new(inner: P, switch: Arc<Switch>, recorder: Arc<Recorder>) -> Self {
        Self { inner, switch, recorder }
    }
}

impl<P: PubSub> PubSub for FaultyPubSub<P> {
    fn subscribe(&self) -> BoxFuture<'_, Result<Subscription, PubSubError>> {
        Box::pin(async move {
            let mut inner = self.inner.subscribe().await?;
            let (sender, receiver) = mpsc::channel(1_024);
            let (switch, recorder) = (Arc::clone(&self.switch), Arc::clone(&self.recorder));
            let dropped = CancellationToken::new();
            let guard = dropped.clone().drop_guard();
            tokio::spawn(async move {
                loop {
                    let message = tokio::select! {
                        message = inner.recv() => message,
                        () = dropped.cancelled() => return,
                    };
                    let Some(message) = message else { return };
                    match switch.verdict(&message) {
                        Verdict::Drop => {
                            if let Message::Payload(payload) = &message {
                                recorder.notice_swallowed(switch.replica, payload, now());
                            }
                        }
                        Verdict::Pass => {
                            if sender.send(message).await.is_err() {
                                return;
                            }
                        }
                    }
                }
            });
            Ok(Subscription::new(receiver).with_guard(guard))
        })
    }

    fn publish<'a>(&'a self, payload: &'a str) -> BoxFuture<'a, Result<(), PubSubError>> {
        self.inner.publish(payload)
    }
}
