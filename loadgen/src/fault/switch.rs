//! The rules for one replica's notifications, and the way that they take.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use acquirer::pubsub::{Message, PubSub};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use tokio::sync::watch;

use super::Verdict;

/// What faults decide of the notifications of one replica, to be changed while the run goes on.
pub struct Switch {
    replica: usize,
    /// There are rules.
    is_ruled: AtomicBool,
    rules: Mutex<Rules>,
    draws: Mutex<ChaCha8Rng>,
    way: watch::Sender<Way>,
    /// The number of the way that notifications take now.
    taken: watch::Sender<u64>,
}

/// What a fault does to notifications.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum NoticeRule {
    /// This share is swallowed.
    Drop(f64),
    /// All of them are late by this much.
    Delay(Duration),
    /// This share is heard twice.
    Duplicate(f64),
}

#[derive(Default)]
struct Rules {
    made: u64,
    standing: Vec<(u64, NoticeRule)>,
}

/// Over which pubsub notifications are to come.
#[derive(Clone, Default)]
pub(super) struct Way {
    pub(super) number: u64,
    /// `None` is the replica's own.
    pub(super) detour: Option<Arc<dyn PubSub>>,
}

/// A rule that stands; dropping it ends it.
#[must_use]
pub struct RuleGuard {
    switch: Arc<Switch>,
    number: u64,
}

impl Switch {
    /// Lets everything pass. The seed decides which notifications a share is made of.
    #[must_use]
    pub fn new(seed: u64, replica: usize) -> Self {
        let mut draws = ChaCha8Rng::seed_from_u64(seed);
        draws.set_stream(replica as u64);
        Self {
            replica,
            is_ruled: AtomicBool::new(false),
            rules: Mutex::default(),
            draws: Mutex::new(draws),
            way: watch::Sender::default(),
            taken: watch::Sender::default(),
        }
    }

    /// Adds a rule; where several stand, the strongest counts.
    pub fn rule(self: &Arc<Self>, rule: NoticeRule) -> RuleGuard {
        let mut rules = self.rules();
        let number = rules.made;
        rules.made += 1;
        rules.standing.push((number, rule));
        self.is_ruled.store(true, Ordering::Relaxed);
        drop(rules);
        RuleGuard { switch: Arc::clone(self), number }
    }

    /// Lets notifications come over another pubsub, or with `None` over the replica's own, without losing one.
    pub(super) fn divert(&self, detour: Option<Arc<dyn PubSub>>) {
        self.way.send_modify(|way| *way = Way { number: way.number + 1, detour });
    }

    /// Waits until notifications come the way that was said last.
    pub(super) async fn diverted(&self) {
        let wanted = self.way.borrow().number;
        // The sender is our own.
        let _ = self.taken.subscribe().wait_for(|taken| *taken >= wanted).await;
    }

    pub(super) fn ways(&self) -> watch::Receiver<Way> {
        self.way.subscribe()
    }

    pub(super) fn took(&self, way: u64) {
        self.taken.send_replace(way);
    }

    pub(super) fn replica(&self) -> usize {
        self.replica
    }

    /// What becomes of a message, and how often it is heard if it is. Only payloads are touched: that a
    /// connection was lost is the listener's own knowledge, and comes from no notification.
    pub(super) fn verdict(&self, message: &Message) -> (Verdict, usize) {
        if !self.is_ruled.load(Ordering::Relaxed) || !matches!(message, Message::Payload(_)) {
            return (Verdict::Pass, 1);
        }
        let (mut drop_share, mut delay, mut duplicate_share) = (0_f64, Duration::ZERO, 0_f64);
        for (_, rule) in &self.rules().standing {
            match *rule {
                NoticeRule::Drop(share) => drop_share = drop_share.max(share),
                NoticeRule::Delay(by) => delay = delay.max(by),
                NoticeRule::Duplicate(share) => duplicate_share = duplicate_share.max(share),
            }
        }
        if self.falls_into(drop_share) {
            return (Verdict::Drop, 0);
        }
        let verdict = if delay.is_zero() { Verdict::Pass } else { Verdict::Delay(delay) };
        (verdict, 1 + usize::from(self.falls_into(duplicate_share)))
    }

    /// Whether the next draw falls into a share of all.
    fn falls_into(&self, share: f64) -> bool {
        share > 0.0 && self.draws.lock().unwrap_or_else(PoisonError::into_inner).random::<f64>() < share
    }

    fn rules(&self) -> MutexGuard<'_, Rules> {
        self.rules.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for RuleGuard {
    fn drop(&mut self) {
        let mut rules = self.switch.rules();
        rules.standing.retain(|(number, _)| *number != self.number);
        self.switch.is_ruled.store(!rules.standing.is_empty(), Ordering::Relaxed);
    }
}
