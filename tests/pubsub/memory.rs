//! What tests and simulations do with the pubsub in memory.

use acquirer::pubsub::{MemoryPubSub, Message, PubSub};

use crate::conformance::next_payload;

#[tokio::test]
async fn an_overflow_drops_the_newest_and_says_so_last() {
    let pubsub = MemoryPubSub::with_capacity(3);
    let mut slow = pubsub.subscribe().await.unwrap();
    for index in 0..10 {
        pubsub.publish(&index.to_string()).await.unwrap();
    }
    for index in 0..3 {
        assert_eq!(next_payload(&mut slow).await, index.to_string());
    }
    assert_eq!(slow.recv().await, Some(Message::MayHaveDropped));
    pubsub.publish("again").await.unwrap();
    assert_eq!(next_payload(&mut slow).await, "again");
}

#[tokio::test]
async fn what_is_dropped_after_an_overflow_is_told_of_again() {
    let pubsub = MemoryPubSub::with_capacity(1);
    let mut slow = pubsub.subscribe().await.unwrap();
    for payload in ["kept", "dropped"] {
        pubsub.publish(payload).await.unwrap();
    }
    assert_eq!(next_payload(&mut slow).await, "kept");
    pubsub.publish("dropped too").await.unwrap();
    assert_eq!(slow.recv().await, Some(Message::MayHaveDropped));
    assert_eq!(slow.recv().await, Some(Message::MayHaveDropped));
    pubsub.publish("again").await.unwrap();
    assert_eq!(next_payload(&mut slow).await, "again");
}

#[tokio::test]
async fn losses_and_errors_are_injected_into_every_subscription() {
    let pubsub = MemoryPubSub::new();
    let mut one = pubsub.subscribe().await.unwrap();
    let mut two = pubsub.subscribe().await.unwrap();
    for message in [Message::MayHaveDropped, Message::Error("odd".to_owned())] {
        pubsub.inject(&message);
        assert_eq!(one.recv().await, Some(message.clone()));
        assert_eq!(two.recv().await, Some(message));
    }
}

#[tokio::test]
async fn failures_come_as_scripted() {
    let pubsub = MemoryPubSub::new();
    pubsub.fail_next_subscribe("first");
    pubsub.fail_next_subscribe("second");
    assert_eq!(pubsub.subscribe().await.unwrap_err().to_string(), "first");
    assert_eq!(pubsub.subscribe().await.unwrap_err().to_string(), "second");
    let mut subscription = pubsub.subscribe().await.unwrap();
    pubsub.fail_next_publish("lost");
    assert_eq!(pubsub.publish("one").await.unwrap_err().to_string(), "lost");
    pubsub.publish("two").await.unwrap();
    assert_eq!(next_payload(&mut subscription).await, "two");
}

#[tokio::test]
async fn a_subscription_ends_with_its_source() {
    let pubsub = MemoryPubSub::new();
    let mut subscription = pubsub.subscribe().await.unwrap();
    pubsub.publish("last").await.unwrap();
    pubsub.end_subscriptions();
    assert_eq!(next_payload(&mut subscription).await, "last");
    assert_eq!(subscription.recv().await, None);
}
