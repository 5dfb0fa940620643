//! A pubsub whose subscriptions obey a [`Switch`].
//!
//! Notifications can be made to come over another pubsub while a subscription stands. The change loses none and
//! doubles none: a mark is published when both listen, the old one counts up to the mark and the new one from it on.
//! Where the mark isn't heard, the subscriber is told that something may have been lost.

use std::collections::VecDeque;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use acquirer::pubsub::{Message, PubSub, PubSubError, Subscription};
use futures::future::BoxFuture;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::measure::{Recorder, now};

use super::switch::Way;
use super::{Switch, Verdict};

/// Messages that wait for the subscriber.
const CAPACITY: usize = 1_024;
/// Notifications that are late on purpose at once. Beyond that the source has to wait, and tells what it loses.
const LATE_MAX: usize = 65_536;
/// How long a mark may take from one end of a pubsub to the other.
const MARK_PATIENCE: Duration = Duration::from_secs(2);
/// A way that can't be taken is tried again after this long.
const PAUSE: Duration = Duration::from_millis(100);
/// How a mark begins, which no posting does.
const MARK: &str = "clearance mark ";

/// A pubsub whose subscriptions obey a switch.
pub struct FaultyPubSub<P> {
    inner: Arc<P>,
    switch: Arc<Switch>,
    recorder: Arc<Recorder>,
}

impl<P> Clone for FaultyPubSub<P> {
    fn clone(&self) -> Self {
        Self {
            inner: Arc::clone(&self.inner),
            switch: Arc::clone(&self.switch),
            recorder: Arc::clone(&self.recorder),
        }
    }
}

impl<P: PubSub> FaultyPubSub<P> {
    /// Puts a switch between a pubsub and whoever subscribes.
    pub fn new(inner: P, switch: Arc<Switch>, recorder: Arc<Recorder>) -> Self {
        Self { inner: Arc::new(inner), switch, recorder }
    }
}

impl<P: PubSub> PubSub for FaultyPubSub<P> {
    fn subscribe(&self) -> BoxFuture<'_, Result<Subscription, PubSubError>> {
        Box::pin(async move {
            let mut ways = self.switch.ways();
            let way = ways.borrow_and_update().clone();
            let direct: Arc<dyn PubSub> = self.inner.clone();
            let source = way.detour.as_ref().unwrap_or(&direct).subscribe().await?;
            self.switch.took(way.number);
            let (sender, receiver) = mpsc::channel(CAPACITY);
            let dropped = CancellationToken::new();
            let relay = Relay {
                source,
                way,
                direct,
                switch: Arc::clone(&self.switch),
                recorder: Arc::clone(&self.recorder),
                sender,
                late: VecDeque::new(),
            };
            tokio::spawn(dropped.clone().run_until_cancelled_owned(relay.run(ways)));
            Ok(Subscription::new(receiver).with_guard(dropped.drop_guard()))
        })
    }

    fn publish<'a>(&'a self, payload: &'a str) -> BoxFuture<'a, Result<(), PubSubError>> {
        self.inner.publish(payload)
    }
}

/// Carries messages from a source to the subscriber.
struct Relay {
    source: Subscription,
    /// Where the source comes from; it may not outlive that.
    way: Way,
    direct: Arc<dyn PubSub>,
    switch: Arc<Switch>,
    recorder: Arc<Recorder>,
    sender: mpsc::Sender<Message>,
    late: VecDeque<(Instant, Message)>,
}

/// Nobody is left to hear anything, or to say it.
struct Over;

/// What the relay has to act on next.
enum Event {
    /// The first of the late messages is due.
    Due,
    /// The source brought a message, or has ended.
    Came(Option<Message>),
}

impl Relay {
    async fn run(mut self, mut ways: watch::Receiver<Way>) {
        while let Ok(way) = self.carry_until(ways.changed()).await {
            if way.is_err() || self.change(&mut ways).await.is_err() {
                return;
            }
        }
    }

    /// Carries messages until something else has happened.
    async fn carry_until<T>(&mut self, other: impl Future<Output = T>) -> Result<T, Over> {
        let mut other = pin!(other);
        loop {
            let event = tokio::select! {
                biased;
                happened = &mut other => return Ok(happened),
                event = self.next() => event,
            };
            match event {
                Event::Due => {
                    if let Some((_, message)) = self.late.pop_front() {
                        self.send(message).await?;
                    }
                }
                Event::Came(message) => self.hear(message.ok_or(Over)?).await?,
            }
        }
    }

    /// What is next. Cancel-safe.
    async fn next(&mut self) -> Event {
        let due = self.late.front().map(|(due, _)| *due);
        let is_due = async {
            match due {
                Some(due) => tokio::time::sleep_until(due.into()).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            () = is_due => Event::Due,
            message = self.source.recv(), if self.late.len() < LATE_MAX => Event::Came(message),
        }
    }

    /// Goes over to the way that was said last, however often it takes.
    async fn change(&mut self, ways: &mut watch::Receiver<Way>) -> Result<(), Over> {
        loop {
            let way = ways.borrow_and_update().clone();
            let pubsub = Arc::clone(way.detour.as_ref().unwrap_or(&self.direct));
            match self.carry_until(pubsub.subscribe()).await? {
                Ok(next) => return self.change_to(way, next).await,
                Err(error) => {
                    tracing::debug!(%error, "notifications cannot take the other way; trying again");
                    self.carry_until(tokio::time::sleep(PAUSE)).await?;
                }
            }
        }
    }

    /// Lets a message go the way that the switch decides.
    async fn hear(&mut self, message: Message) -> Result<(), Over> {
        if is_mark(&message) {
            return Ok(());
        }
        let (verdict, times) = self.switch.verdict(&message);
        let due = match verdict {
            Verdict::Drop => {
                if let Message::Payload(payload) = &message {
                    self.recorder.notice_swallowed(self.switch.replica(), payload, now());
                }
                return Ok(());
            }
            Verdict::Delay(by) => Some(now() + by),
            // Notices keep their order.
            Verdict::Pass => self.late.back().map(|(due, _)| *due),
        };
        for _ in 0..times {
            match due {
                Some(due) if matches!(message, Message::Payload(_)) => {
                    self.late.push_back((due, message.clone()));
                }
                _ => self.send(message.clone()).await?,
            }
        }
        Ok(())
    }

    async fn send(&mut self, message: Message) -> Result<(), Over> {
        self.sender.send(message).await.map_err(|_| Over)
    }

    /// Changes over to another source, which listens already.
    async fn change_to(&mut self, way: Way, mut next: Subscription) -> Result<(), Over> {
        let mark = format!("{MARK}{}", Uuid::new_v4().simple());
        let by = tokio::time::Instant::now() + MARK_PATIENCE;
        let published = tokio::time::timeout_at(by, self.direct.publish(&mark)).await;
        let is_published = matches!(published, Ok(Ok(())));
        let is_whole =
            is_published && self.hear_up_to(&mark, by).await && skip_to(&mut next, &mark, by).await;
        self.source = next;
        self.way = way;
        self.switch.took(self.way.number);
        if is_whole {
            return Ok(());
        }
        tracing::debug!("notifications take another way, and some may have been lost on the old one");
        self.send(Message::MayHaveDropped).await
    }

    /// Hears the old source out; `false` when the mark didn't come over it.
    async fn hear_up_to(&mut self, mark: &str, by: tokio::time::Instant) -> bool {
        while let Ok(Some(message)) = tokio::time::timeout_at(by, self.source.recv()).await {
            let is_it = is_this_mark(&message, mark);
            // One that listens anew and says so has told all that it could not hear.
            let is_anew = message == Message::MayHaveDropped;
            if self.hear(message).await.is_err() {
                return false;
            }
            if is_it || is_anew {
                return true;
            }
        }
        false
    }
}

/// Skips what another source brings as well; `false` when the mark didn't come.
async fn skip_to(next: &mut Subscription, mark: &str, by: tokio::time::Instant) -> bool {
    while let Ok(Some(message)) = tokio::time::timeout_at(by, next.recv()).await {
        if is_this_mark(&message, mark) {
            return true;
        }
        if message == Message::MayHaveDropped {
            return false;
        }
    }
    false
}

fn is_mark(message: &Message) -> bool {
    matches!(message, Message::Payload(payload) if payload.starts_with(MARK.as_bytes()))
}

fn is_this_mark(message: &Message, mark: &str) -> bool {
    matches!(message, Message::Payload(payload) if payload == mark.as_bytes())
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use acquirer::pubsub::MemoryPubSub;

    use crate::measure::JobIds;

    use super::*;
    use crate::fault::NoticeRule;

    fn faulty(inner: MemoryPubSub) -> (FaultyPubSub<MemoryPubSub>, Arc<Switch>) {
        let switch = Arc::new(Switch::new(1, 0));
        let recorder = Arc::new(Recorder::new(JobIds::new(Uuid::nil()), []));
        (FaultyPubSub::new(inner, Arc::clone(&switch), recorder), switch)
    }

    fn payload(text: &str) -> Message {
        Message::Payload(text.as_bytes().to_vec())
    }

    #[tokio::test(start_paused = true)]
    async fn a_late_notice_comes_in_its_turn_and_twice_where_asked() {
        let (pubsub, switch) = faulty(MemoryPubSub::new());
        let mut heard = pubsub.subscribe().await.unwrap();
        let began = tokio::time::Instant::now();
        {
            let _late = switch.rule(NoticeRule::Delay(Duration::from_millis(500)));
            let _twice = switch.rule(NoticeRule::Duplicate(1.0));
            pubsub.publish("first").await.unwrap();
            assert_eq!(heard.recv().await, Some(payload("first")));
            assert_eq!(heard.recv().await, Some(payload("first")));
            assert!(began.elapsed() >= Duration::from_millis(500));
        }
        pubsub.publish("second").await.unwrap();
        assert_eq!(heard.recv().await, Some(payload("second")));
    }

    #[tokio::test]
    async fn a_share_of_one_drops_all_while_it_stands() {
        let (pubsub, switch) = faulty(MemoryPubSub::new());
        let mut heard = pubsub.subscribe().await.unwrap();
        pubsub.publish("before").await.unwrap();
        assert_eq!(heard.recv().await, Some(payload("before")));
        let weaker = switch.rule(NoticeRule::Drop(0.0));
        let stronger = switch.rule(NoticeRule::Drop(1.0));
        assert_eq!(switch.verdict(&payload("during")), (Verdict::Drop, 0));
        assert_eq!(switch.verdict(&Message::MayHaveDropped), (Verdict::Pass, 1));
        drop((weaker, stronger));
        pubsub.publish("after").await.unwrap();
        assert_eq!(heard.recv().await, Some(payload("after")));
    }

    #[tokio::test]
    async fn a_change_of_the_way_loses_nothing_and_doubles_nothing() {
        // Both ways hear the same, as two connections to one server do.
        let shared = MemoryPubSub::new();
        let (pubsub, switch) = faulty(shared.clone());
        let mut heard = pubsub.subscribe().await.unwrap();
        let publisher = tokio::spawn(async move {
            for number in 0..600 {
                shared.publish(&number.to_string()).await.unwrap();
                tokio::task::yield_now().await;
            }
            shared
        });
        for turn in 0..6 {
            let detour: Option<Arc<dyn PubSub>> =
                (turn % 2 == 0).then(|| Arc::clone(&pubsub.inner) as Arc<dyn PubSub>);
            switch.divert(detour);
            switch.diverted().await;
        }
        publisher.await.unwrap();
        for number in 0..600 {
            assert_eq!(heard.recv().await, Some(payload(&number.to_string())));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_way_that_is_dead_is_left_with_a_word() {
        // What is published is heard only over the new way: the old one is another pubsub altogether.
        let (pubsub, switch) = faulty(MemoryPubSub::new());
        let mut heard = pubsub.subscribe().await.unwrap();
        let other = MemoryPubSub::new();
        switch.divert(Some(Arc::new(other.clone())));
        switch.diverted().await;
        assert_eq!(heard.recv().await, Some(Message::MayHaveDropped));
        other.publish("over the detour").await.unwrap();
        assert_eq!(heard.recv().await, Some(payload("over the detour")));
    }
}
