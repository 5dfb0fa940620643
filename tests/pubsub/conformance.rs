//! The promises of `PubSub`, each kept by every implementation.

use std::sync::Arc;

use acquirer::pubsub::{MemoryPubSub, Message, PostgresPubSub, PubSub, Subscription};
use futures::FutureExt as _;
use loadgen::fault::{FaultyPubSub, Switch};
use loadgen::measure::{JobIds, Recorder};

use crate::cluster::database;

/// One test per promise and implementation.
macro_rules! conformance {
    ($($promise:ident)*) => {
        mod memory {
            $(#[tokio::test] async fn $promise() { super::$promise(super::MemoryPubSub::new()).await; })*
        }
        mod postgres {
            $(#[tokio::test] async fn $promise() {
                super::$promise(super::PostgresPubSub::new(super::database().await)).await;
            })*
        }
        mod nothing_faulty {
            $(#[tokio::test] async fn $promise() { super::$promise(super::nothing_faulty()).await; })*
        }
    };
}

conformance! {
    a_payload_arrives_as_it_was_sent
    every_subscription_gets_every_payload
    a_subscription_gets_nothing_from_before_it
    payloads_arrive_in_order
    publishing_to_nobody_succeeds
    the_others_go_on_when_one_unsubscribes
    a_wait_that_is_given_up_loses_nothing
}

/// The load generator's switch while it lets everything pass.
fn nothing_faulty() -> impl PubSub {
    let recorder = Arc::new(Recorder::new(JobIds::new(uuid::Uuid::nil()), []));
    FaultyPubSub::new(MemoryPubSub::new(), Arc::new(Switch::new(1, 0)), recorder)
}

pub(crate) async fn next_payload(subscription: &mut Subscription) -> String {
    match subscription.recv().await {
        Some(Message::Payload(payload)) => String::from_utf8(payload).unwrap(),
        other => panic!("expected a payload, got {other:?}"),
    }
}

async fn a_payload_arrives_as_it_was_sent(pubsub: impl PubSub) {
    let mut subscription = pubsub.subscribe().await.unwrap();
    for payload in ["plain", "", "it's \"quoted\" \\ ünï 🦀\n\t\u{1}", "{\"type\":\"echo\"}", "$1 %s"] {
        pubsub.publish(payload).await.unwrap();
        assert_eq!(next_payload(&mut subscription).await, payload);
    }
}

async fn every_subscription_gets_every_payload(pubsub: impl PubSub) {
    let mut one = pubsub.subscribe().await.unwrap();
    let mut two = pubsub.subscribe().await.unwrap();
    pubsub.publish("hello").await.unwrap();
    assert_eq!(next_payload(&mut one).await, "hello");
    assert_eq!(next_payload(&mut two).await, "hello");
}

async fn a_subscription_gets_nothing_from_before_it(pubsub: impl PubSub) {
    pubsub.publish("before").await.unwrap();
    let mut subscription = pubsub.subscribe().await.unwrap();
    pubsub.publish("after").await.unwrap();
    assert_eq!(next_payload(&mut subscription).await, "after");
}

async fn payloads_arrive_in_order(pubsub: impl PubSub) {
    let mut subscription = pubsub.subscribe().await.unwrap();
    for index in 0..200 {
        pubsub.publish(&index.to_string()).await.unwrap();
    }
    for index in 0..200 {
        assert_eq!(next_payload(&mut subscription).await, index.to_string());
    }
}

async fn publishing_to_nobody_succeeds(pubsub: impl PubSub) {
    pubsub.publish("hello").await.unwrap();
    drop(pubsub.subscribe().await.unwrap());
    pubsub.publish("hello").await.unwrap();
}

async fn the_others_go_on_when_one_unsubscribes(pubsub: impl PubSub) {
    let one = pubsub.subscribe().await.unwrap();
    let mut two = pubsub.subscribe().await.unwrap();
    drop(one);
    pubsub.publish("hello").await.unwrap();
    assert_eq!(next_payload(&mut two).await, "hello");
}

async fn a_wait_that_is_given_up_loses_nothing(pubsub: impl PubSub) {
    let mut subscription = pubsub.subscribe().await.unwrap();
    for index in 0..20 {
        assert!(subscription.recv().now_or_never().is_none());
        pubsub.publish(&index.to_string()).await.unwrap();
        assert_eq!(next_payload(&mut subscription).await, index.to_string());
    }
}
