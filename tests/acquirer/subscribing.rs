//! `S14`: subscribing.

use std::time::Duration;

use acquirer::pubsub::MemoryPubSub;
use acquirer::store::MemoryStore;
use acquirer::wakeup::RootCause;
use acquirer::{Acquirer, AcquirerOptions};
use futures::poll;
use tokio::time::Instant;

use crate::harness::Harness;

#[tokio::test(start_paused = true)]
async fn subscribing_is_retried_until_it_works_with_waits_of_ten_seconds_at_most() {
    let pubsub = MemoryPubSub::new();
    for _ in 0..20 {
        pubsub.fail_next_subscribe("no such host");
    }
    let began = Instant::now();
    Acquirer::connect(MemoryStore::new(), pubsub, AcquirerOptions::default()).await.unwrap();
    let took = began.elapsed();
    // Waits of 10 ms that double ten times to 5.12 s, then ten of 10 s.
    assert!(took > Duration::from_secs(109) && took < Duration::from_secs(112), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn giving_up_on_connect_ends_the_tries() {
    let pubsub = MemoryPubSub::new();
    for _ in 0..1_000 {
        pubsub.fail_next_subscribe("no such host");
    }
    let connect = Acquirer::connect(MemoryStore::new(), pubsub, AcquirerOptions::default());
    assert!(tokio::time::timeout(Duration::from_mins(1), connect).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn nobody_is_served_before_the_subscription_stands() {
    let pubsub = MemoryPubSub::new();
    pubsub.fail_next_subscribe("not yet");
    let connect = Acquirer::connect(MemoryStore::new(), pubsub, AcquirerOptions::default());
    tokio::pin!(connect);
    assert!(poll!(&mut connect).is_pending(), "there is no acquirer to ask");
    connect.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_subscription_that_ends_is_made_anew_and_what_it_missed_is_looked_for() {
    let mut harness = Harness::open().await;
    let asked = harness.ask(&[]);
    harness.nothing_found().await;
    harness.pubsub.fail_next_subscribe("still down");
    let job = harness.insert(&[]).await;
    harness.pubsub.end_subscriptions();
    assert_eq!(harness.cleared().await, RootCause::Recovered);
    assert_eq!(asked.await.unwrap().unwrap().id, job);
}
