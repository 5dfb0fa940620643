//! `S12`, `S13`, `S15`, `S16`: what goes wrong, and who hears of it.

use acquirer::AcquireError;
use acquirer::job::ProvisionerType;
use acquirer::pubsub::{Message, PubSub as _};
use acquirer::runtime::Event;
use acquirer::wakeup::RootCause;

use crate::harness::Harness;

#[tokio::test(start_paused = true)]
async fn a_store_error_goes_to_the_caller_whose_query_failed_and_the_next_queries() {
    let mut harness = Harness::held().await;
    let first = harness.ask(&[]);
    harness.query_started().await;
    let second = harness.ask(&[]);
    harness.joined(1).await;
    let job = harness.insert(&[]).await;
    harness.store.fail_next("connection reset");
    harness.store.open();
    let error = first.await.unwrap().unwrap_err();
    assert!(
        matches!(&error, AcquireError::Store(store) if store.to_string() == "connection reset"),
        "{error:?}"
    );
    assert_eq!(error.to_string(), "failed to acquire job");
    assert_eq!(second.await.unwrap().unwrap().id, job);
}

#[tokio::test(start_paused = true)]
async fn a_store_that_panics_fails_its_caller_and_postings_are_heard_on() {
    let mut harness = Harness::open().await;
    let first = harness.ask(&[]);
    harness.nothing_found().await;
    harness.store.panic_next();
    harness.announce(ProvisionerType::Echo, &[]).await;
    let error = first.await.unwrap().unwrap_err();
    assert!(
        matches!(&error, AcquireError::Store(store) if store.to_string().contains("panicked")),
        "{error:?}"
    );
    let second = harness.ask(&[]);
    harness.nothing_found().await;
    let job = harness.post(&[]).await;
    assert_eq!(second.await.unwrap().unwrap().id, job);
}

#[tokio::test(start_paused = true)]
async fn no_rows_is_never_an_answer() {
    let mut harness = Harness::open().await;
    let asked = harness.ask(&[]);
    for _ in 0..3 {
        harness.nothing_found().await;
        harness.announce(ProvisionerType::Echo, &[]).await;
    }
    harness.nothing_found().await;
    assert!(!asked.is_finished());
    let job = harness.post(&[]).await;
    assert_eq!(asked.await.unwrap().unwrap().id, job);
}

#[tokio::test(start_paused = true)]
async fn a_payload_that_does_not_parse_is_ignored() {
    let mut harness = Harness::open().await;
    let asked = harness.ask(&[]);
    harness.nothing_found().await;
    let unreadable = [
        "",
        "{",
        "[]",
        r#"{"type":"docker","tags":{}}"#,
        r#"{"type":"echo","tags":{"a":"\u0000"}}"#,
        "\u{0}",
    ];
    for payload in unreadable {
        harness.pubsub.publish(payload).await.unwrap();
        harness.until(|event| matches!(event, Event::PostingUnreadable).then_some(())).await;
    }
    assert_eq!(harness.store.queries(), 1);
    let job = harness.post(&[]).await;
    assert_eq!(asked.await.unwrap().unwrap().id, job);
}

#[tokio::test(start_paused = true)]
async fn unknown_fields_absent_tags_and_the_original_payload_are_read() {
    let mut harness = Harness::open().await;
    let _asked = harness.ask(&[]);
    harness.nothing_found().await;
    let readable = [
        r#"{"type":"echo","tags":{}}"#,
        r#"{"type":"echo","tags":null}"#,
        r#"{"type":"echo"}"#,
        r#"{"type":"echo","tags":{},"organization_id":"x","job_id":"6f2fdc4e-1c05-4d5e-8a58-4a8f5b0f6c0a"}"#,
    ];
    for payload in readable {
        harness.pubsub.publish(payload).await.unwrap();
        assert!(harness.posting_received().await, "{payload}");
        harness.nothing_found().await;
    }
}

#[tokio::test(start_paused = true)]
async fn lost_messages_make_every_domain_look() {
    let mut harness = Harness::open().await;
    let asked = [harness.ask(&[("a", "1")]), harness.ask(&[("a", "2")])];
    harness.nothing_found().await;
    harness.nothing_found().await;
    let jobs = [harness.insert(&[("a", "1")]).await, harness.insert(&[("a", "2")]).await];
    harness.pubsub.inject(&Message::MayHaveDropped);
    assert_eq!(harness.cleared().await, RootCause::Recovered);
    assert_eq!(harness.cleared().await, RootCause::Recovered);
    for (asked, job) in asked.into_iter().zip(jobs) {
        assert_eq!(asked.await.unwrap().unwrap().id, job);
    }
}

#[tokio::test(start_paused = true)]
async fn other_pubsub_errors_are_ignored() {
    let mut harness = Harness::open().await;
    let asked = harness.ask(&[]);
    harness.nothing_found().await;
    harness.pubsub.inject(&Message::Error("something odd".to_owned()));
    let job = harness.post(&[]).await;
    assert_eq!(asked.await.unwrap().unwrap().id, job);
    assert_eq!(harness.store.queries(), 2, "the error alone made nobody look");
}
