//! Rows and their postings in one transaction.

use std::collections::BTreeSet;

use acquirer::job::{Posting, Tags};
use acquirer::pubsub::postgres::PAYLOAD_BYTES_MAX;
use acquirer::pubsub::{Message, PostgresPubSub, PubSub, Subscription};
use sqlx::{Connection, Executor};
use uuid::Uuid;

use crate::table::{Postgres, Table, echo, tags};
use crate::until::until;

async fn next_posting(subscription: &mut Subscription) -> Posting {
    match subscription.recv().await {
        Some(Message::Payload(payload)) => Posting::parse(&payload).unwrap(),
        other => panic!("expected a posting, got {other:?}"),
    }
}

#[tokio::test]
async fn equal_jobs_of_one_transaction_are_each_posted() {
    let table = Postgres::new().await;
    let mut subscription = PostgresPubSub::new(table.options.clone()).subscribe().await.unwrap();
    let carried = tags([("it's", "\"quoted\" \\ ünï 🦀\n")]);
    let jobs: Vec<_> = (0..20).map(|_| echo(&carried)).collect();
    table.store.insert_and_post(&[]).await.unwrap();
    table.store.insert_and_post(&jobs).await.unwrap();
    for job in &jobs {
        assert_eq!(next_posting(&mut subscription).await, job.posting());
    }
    let mut taken = BTreeSet::new();
    while let Some(job) = table.take_one(&carried).await {
        taken.insert(job.id);
    }
    assert_eq!(taken, jobs.iter().map(|job| job.id).collect());
}

#[tokio::test]
async fn committed_jobs_are_each_announced() {
    let table = Postgres::new().await;
    let mut subscription = PostgresPubSub::new(table.options.clone()).subscribe().await.unwrap();
    let jobs: Vec<_> = (0..20).map(|_| echo(&Tags::new())).collect();
    table.store.announce(&[]).await.unwrap();
    table.store.announce(&jobs).await.unwrap();
    for job in &jobs {
        assert_eq!(next_posting(&mut subscription).await, job.posting());
    }
    assert_eq!(table.take_one(&Tags::new()).await, None, "announcing inserts nothing");
}

#[tokio::test]
async fn an_insert_alone_posts_nothing() {
    let table = Postgres::new().await;
    let pubsub = PostgresPubSub::new(table.options.clone());
    let mut subscription = pubsub.subscribe().await.unwrap();
    table.put(echo(&Tags::new())).await;
    pubsub.publish("a marker").await.unwrap();
    assert_eq!(subscription.recv().await, Some(Message::Payload(b"a marker".to_vec())));
}

#[tokio::test]
async fn a_posting_is_delivered_at_commit_and_not_before() {
    let table = Postgres::new().await;
    let pubsub = PostgresPubSub::new(table.options.clone());
    let mut subscription = pubsub.subscribe().await.unwrap();
    // A lock that the deferred trigger waits for holds the commit open after rows and postings are written.
    let mut gate = table.connection().await;
    gate.execute(
        "CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS
            'BEGIN PERFORM pg_advisory_xact_lock(1); RETURN NULL; END';
        CREATE CONSTRAINT TRIGGER wait AFTER INSERT ON clearance.provisioner_jobs
            DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION wait()",
    )
    .await
    .unwrap();
    let mut transaction = gate.begin().await.unwrap();
    transaction.execute("SELECT pg_advisory_xact_lock(1)").await.unwrap();
    let job = echo(&Tags::new());
    let (store, jobs) = (table.store.clone(), [job.clone()]);
    let insert = tokio::spawn(async move { store.insert_and_post(&jobs).await });
    let mut observer = table.connection().await;
    until("the commit waits", async || {
        sqlx::query_scalar::<_, bool>(
            "SELECT count(*) > 0 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted",
        )
        .fetch_one(&mut observer)
        .await
        .unwrap()
        .then_some(())
    })
    .await;
    assert_eq!(table.take_one(&Tags::new()).await, None);
    // Postings arrive in the order of their commits: this one would come second, had the other been sent.
    pubsub.publish("a marker").await.unwrap();
    assert_eq!(subscription.recv().await, Some(Message::Payload(b"a marker".to_vec())));
    transaction.rollback().await.unwrap();
    insert.await.unwrap().unwrap();
    assert_eq!(next_posting(&mut subscription).await, job.posting());
    assert_eq!(table.take_one(&Tags::new()).await.unwrap().id, job.id);
}

#[tokio::test]
async fn what_isnt_inserted_isnt_posted() {
    let table = Postgres::new().await;
    let pubsub = PostgresPubSub::new(table.options.clone());
    let mut subscription = pubsub.subscribe().await.unwrap();
    let mut unstorable = echo(&Tags::new());
    unstorable.input = serde_json::json!("\0");
    table.store.insert_and_post(&[echo(&Tags::new()), unstorable]).await.unwrap_err();
    assert_eq!(table.take_one(&Tags::new()).await, None);
    pubsub.publish("a marker").await.unwrap();
    assert_eq!(subscription.recv().await, Some(Message::Payload(b"a marker".to_vec())));
}

#[tokio::test]
async fn a_posting_too_long_for_notify_is_refused_with_its_job() {
    let table = Postgres::new().await;
    let mut subscription = PostgresPubSub::new(table.options.clone()).subscribe().await.unwrap();
    let empty = echo(&tags([("key", "")]));
    let room = PAYLOAD_BYTES_MAX - empty.posting().payload().len();
    let mut longest = echo(&tags([("key", &"x".repeat(room))]));
    longest.id = Uuid::new_v4();
    table.store.insert_and_post(std::slice::from_ref(&longest)).await.unwrap();
    assert_eq!(next_posting(&mut subscription).await, longest.posting());
    let longer = echo(&tags([("key", &"x".repeat(room + 1))]));
    let error = table.store.insert_and_post(&[echo(&Tags::new()), longer.clone()]).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "cannot post job {}: its payload has 8000 bytes and NOTIFY carries 7999; shorten its tags",
            longer.id
        )
    );
    assert_eq!(table.take_one(&Tags::new()).await, None);
}
