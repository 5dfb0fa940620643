//! Payloads that nobody should have sent.

use acquirer::pubsub::postgres::PAYLOAD_BYTES_MAX;
use acquirer::pubsub::{PostgresPubSub, PubSub as _};
use acquirer::runtime::Event;
use sqlx::Executor as _;

use crate::cluster::database;
use crate::world::{World, publish};

/// No postings.
const MALFORMED: [&str; 8] = [
    "",
    "{",
    "[]",
    "null",
    r#"{"type":"docker","tags":{}}"#,
    r#"{"type":"echo","tags":{"a":"\u0000"}}"#,
    r#"{"type":"echo","tags":{"a":1}}"#,
    "\u{1}\u{10ffff}",
];

/// Postings of others, as they may write them.
const FOREIGN: [&str; 5] = [
    r#"{"type":"echo","tags":null}"#,
    r#"{"type":"echo"}"#,
    r#"{"type":"terraform","tags":{"scope":"organization","owner":""}}"#,
    r#"{"type":"echo","tags":{},"job_id":null,"organization_id":"x","deep":{"er":[1,2]}}"#,
    r#"{"type":"echo","tags":{},"job_id":"6f2fdc4e-1c05-4d5e-8a58-4a8f5b0f6c0a"}"#,
];

#[tokio::test]
async fn malformed_payloads_are_told_of_and_do_no_harm() {
    let mut world = World::open(database().await, 1).await;
    world.hire(0, 2);
    world.replicas[0].asleep().await;
    let garbage = "x".repeat(PAYLOAD_BYTES_MAX);
    for payload in MALFORMED.into_iter().chain([garbage.as_str()]) {
        publish(&world.options, payload).await;
        let is_unreadable = |event: &Event| matches!(event, Event::PostingUnreadable);
        world.replicas[0].until(payload, |event| is_unreadable(event).then_some(())).await;
    }
    world.expect_all_well().await;
}

#[tokio::test]
async fn an_oversized_payload_is_refused_and_the_next_arrives() {
    let mut world = World::open(database().await, 1).await;
    world.hire(0, 2);
    world.replicas[0].asleep().await;
    let pubsub = PostgresPubSub::new(world.options.clone());
    pubsub.publish(&"x".repeat(PAYLOAD_BYTES_MAX + 1)).await.unwrap_err();
    let job = world.insert(1).await.remove(0);
    pubsub.publish(&job.posting().payload()).await.unwrap();
    world.expect_all_well().await;
}

#[tokio::test]
async fn a_posting_that_comes_a_hundred_times_hands_its_job_out_once() {
    let mut world = World::open(database().await, 2).await;
    for replica in 0..2 {
        world.hire(replica, 3);
        world.replicas[replica].asleep().await;
    }
    let job = world.insert(1).await.remove(0);
    let pubsub = PostgresPubSub::new(world.options.clone());
    for _ in 0..100 {
        pubsub.publish(&job.posting().payload()).await.unwrap();
    }
    world.await_jobs(1).await;
    world.expect_all_well().await;
}

#[tokio::test]
async fn foreign_postings_and_foreign_channels_do_no_harm() {
    let mut world = World::open(database().await, 1).await;
    world.hire(0, 2);
    world.replicas[0].asleep().await;
    let mut stranger = world.connection().await;
    stranger.execute("NOTIFY provisioner_job_posted_too, 'for others'").await.unwrap();
    stranger.execute("NOTIFY \"Provisioner_Job_Posted\", 'for others'").await.unwrap();
    for payload in FOREIGN {
        publish(&world.options, payload).await;
        let read = world.replicas[0].until(payload, |event| match event {
            Event::PostingReceived { .. } => Some(true),
            Event::PostingUnreadable => Some(false),
            _ => None,
        });
        assert!(read.await, "{payload}");
    }
    // One that the original would send: it names no job.
    world.insert(1).await;
    publish(&world.options, r#"{"type":"echo","tags":{}}"#).await;
    world.expect_all_well().await;
}
