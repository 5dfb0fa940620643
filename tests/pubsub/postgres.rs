//! Lost connections, and that none is left behind.

use std::time::Duration;

use acquirer::pubsub::postgres::Probe;
use acquirer::pubsub::{Message, PostgresPubSub, PubSub};
use loadgen::database::local::StopMode;
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, PgConnection};

use crate::cluster::{Cluster, database};
use crate::conformance::next_payload;
use crate::until::until;

const NAME: &str = "pubsub";

fn pubsub(options: &PgConnectOptions) -> PostgresPubSub {
    PostgresPubSub::new(options.clone().application_name(NAME))
}

async fn backends(connection: &mut PgConnection) -> Vec<i32> {
    sqlx::query_scalar(
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = $1",
    )
    .bind(NAME)
    .fetch_all(connection)
    .await
    .unwrap()
}

async fn terminate(connection: &mut PgConnection) {
    let killed = backends(connection).await;
    assert!(!killed.is_empty());
    sqlx::query("SELECT pg_terminate_backend(pid) FROM unnest($1::int[]) AS pid")
        .bind(&killed)
        .execute(&mut *connection)
        .await
        .unwrap();
    until("the backends are gone", async || {
        backends(connection).await.iter().all(|pid| !killed.contains(pid)).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_listener_that_is_killed_says_so_and_listens_again() {
    let options = database().await;
    let mut observer = options.connect().await.unwrap();
    let listener = pubsub(&options);
    let mut subscription = listener.subscribe().await.unwrap();
    for round in ["one", "two", "three"] {
        terminate(&mut observer).await;
        assert_eq!(subscription.recv().await, Some(Message::MayHaveDropped));
        // It stands again before it says so: nothing needs to be waited for.
        PostgresPubSub::new(options.clone()).publish(round).await.unwrap();
        assert_eq!(next_payload(&mut subscription).await, round);
    }
}

#[tokio::test]
async fn a_publisher_that_is_killed_connects_again_and_loses_nothing() {
    let options = database().await;
    let mut observer = options.connect().await.unwrap();
    let mut subscription = PostgresPubSub::new(options.clone()).subscribe().await.unwrap();
    let publisher = pubsub(&options);
    publisher.publish("one").await.unwrap();
    let before = backends(&mut observer).await;
    publisher.publish("two").await.unwrap();
    assert_eq!(backends(&mut observer).await, before, "one connection for all publications");
    terminate(&mut observer).await;
    publisher.publish("three").await.unwrap();
    for payload in ["one", "two", "three"] {
        assert_eq!(next_payload(&mut subscription).await, payload);
    }
}

#[tokio::test]
async fn a_server_that_restarts_is_found_again() {
    let cluster = Cluster::start().await;
    let options = cluster.database().await;
    let pubsub = pubsub(&options);
    let mut subscription = pubsub.subscribe().await.unwrap();
    pubsub.publish("before").await.unwrap();
    assert_eq!(next_payload(&mut subscription).await, "before");
    cluster.server().stop(StopMode::Fast).await.unwrap();
    pubsub.publish("meanwhile").await.unwrap_err();
    pubsub.subscribe().await.unwrap_err();
    cluster.server().start().await.unwrap();
    assert_eq!(subscription.recv().await, Some(Message::MayHaveDropped));
    pubsub.publish("after").await.unwrap();
    assert_eq!(next_payload(&mut subscription).await, "after");
}

#[tokio::test]
async fn dropping_a_subscription_closes_its_connection() {
    let options = database().await;
    let mut observer = options.connect().await.unwrap();
    let pubsub = pubsub(&options);
    let one = pubsub.subscribe().await.unwrap();
    let two = pubsub.subscribe().await.unwrap();
    assert_eq!(backends(&mut observer).await.len(), 2);
    drop(one);
    until("one is closed", async || (backends(&mut observer).await.len() == 1).then_some(())).await;
    drop(two);
    until("both are closed", async || backends(&mut observer).await.is_empty().then_some(())).await;
}

#[tokio::test]
async fn a_payload_too_long_is_refused_and_the_longest_arrives() {
    let options = database().await;
    let pubsub = pubsub(&options);
    let mut subscription = pubsub.subscribe().await.unwrap();
    let error = pubsub.publish(&"x".repeat(8_000)).await.unwrap_err();
    assert!(error.to_string().contains("8000 bytes"), "{error}");
    let longest = "x".repeat(7_999);
    pubsub.publish(&longest).await.unwrap();
    assert_eq!(next_payload(&mut subscription).await, longest);
}

#[tokio::test]
async fn subscribing_fails_when_it_cannot_listen() {
    let options = database().await.database("none_such");
    let error = pubsub(&options).subscribe().await.unwrap_err();
    assert!(error.to_string().starts_with("cannot listen on provisioner_job_posted: "), "{error}");
    assert!(error.to_string().contains("none_such"), "{error}");
}

#[tokio::test]
async fn a_silent_subscription_that_hears_is_probed_and_left_alone() {
    let options = database().await;
    let probe = Probe { silence: Duration::from_millis(1), patience: Duration::from_secs(20) };
    let pubsub = PostgresPubSub::with_probe(options.clone(), probe);
    let mut one = pubsub.subscribe().await.unwrap();
    let mut two = pubsub.subscribe().await.unwrap();
    let publish = async {
        until("both were probed", async || (pubsub.probes() >= 20).then_some(())).await;
        pubsub.publish("first of all").await.unwrap();
    };
    let (first, second, ()) = tokio::join!(next_payload(&mut one), next_payload(&mut two), publish);
    assert_eq!((&*first, &*second), ("first of all", "first of all"));
}
