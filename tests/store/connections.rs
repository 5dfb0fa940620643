//! How the Postgres store treats its connections, and rows that somebody else holds.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use acquirer::job::{ProvisionerType, Tags};
use acquirer::store::{AcquireRequest, JobStore, JobTable, PostgresStore, StoreError};
use loadgen::database::local::StopMode;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use tokio::task::JoinHandle;
use uuid::Uuid;

use crate::cluster::Cluster;
use crate::table::{Postgres, Table, echo};
use crate::until::until;

/// The pids of the store's backends.
async fn backends(connection: &mut PgConnection) -> Vec<i32> {
    sqlx::query_scalar(
        "SELECT pid FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = 'store' ORDER BY pid",
    )
    .fetch_all(connection)
    .await
    .unwrap()
}

/// How many backends of the store wait for a lock.
async fn waiting(connection: &mut PgConnection) -> i64 {
    sqlx::query_scalar(
        "SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = 'store' AND wait_event_type = 'Lock'",
    )
    .fetch_one(connection)
    .await
    .unwrap()
}

/// Cancels a job that isn't there, in `count` tasks at once.
fn cancel_often(store: &PostgresStore, count: usize) -> Vec<JoinHandle<Result<bool, StoreError>>> {
    let cancel = |store: PostgresStore| async move { store.cancel(Uuid::nil()).await };
    (0..count).map(|_| tokio::spawn(cancel(store.clone()))).collect()
}

#[tokio::test]
async fn a_locked_row_is_skipped_without_waiting() {
    let table = Postgres::new().await;
    let first = table.put(echo(&Tags::new())).await;
    let second = table.put(echo(&Tags::new())).await;
    let mut other = table.connection().await;
    let mut transaction = other.begin().await.unwrap();
    sqlx::query("SELECT 1 FROM clearance.provisioner_jobs WHERE id = $1 FOR UPDATE")
        .bind(first)
        .execute(&mut *transaction)
        .await
        .unwrap();
    // The lock is held until after both: an acquire that waited for it would never answer.
    let one = table.take_one(&Tags::new()).await.unwrap();
    assert_eq!(one.id, second);
    assert!(table.store.release(second, one.worker).await.unwrap());
    let two = table.take(&[Uuid::new_v4(), Uuid::new_v4()], &ProvisionerType::ALL, &Tags::new()).await;
    assert_eq!(two.iter().map(|job| job.id).collect::<Vec<_>>(), [second]);
    transaction.rollback().await.unwrap();
    assert_eq!(table.take_one(&Tags::new()).await.unwrap().id, first);
}

#[tokio::test]
async fn connections_are_reused_and_never_more_than_allowed() {
    let table = Postgres::with_connections(2).await;
    let mut observer = table.connection().await;
    let one = backends(&mut observer).await;
    assert_eq!(one.len(), 1);
    for _ in 0..5 {
        table.take_one(&Tags::new()).await;
    }
    assert_eq!(backends(&mut observer).await, one);
    let mut other = table.connection().await;
    let mut transaction = other.begin().await.unwrap();
    transaction.execute("LOCK TABLE clearance.provisioner_jobs").await.unwrap();
    let cancels = cancel_often(&table.store, 20);
    until("two queries wait", async || (waiting(&mut observer).await == 2).then_some(())).await;
    assert_eq!(backends(&mut observer).await.len(), 2);
    transaction.rollback().await.unwrap();
    for cancel in cancels {
        assert!(!cancel.await.unwrap().unwrap());
    }
    assert_eq!(backends(&mut observer).await.len(), 2);
}

#[tokio::test]
async fn a_query_dropped_midway_closes_its_connection() {
    let table = Postgres::with_connections(1).await;
    let id = table.put(echo(&Tags::new())).await;
    let mut observer = table.connection().await;
    let before = backends(&mut observer).await;
    let mut other = table.connection().await;
    let mut transaction = other.begin().await.unwrap();
    transaction.execute("LOCK TABLE clearance.provisioner_jobs").await.unwrap();
    {
        let mut cancel = pin!(table.store.cancel(id));
        until("the query waits for the lock", async || {
            let mut context = Context::from_waker(Waker::noop());
            assert!(matches!(cancel.as_mut().poll(&mut context), Poll::Pending));
            (waiting(&mut observer).await == 1).then_some(())
        })
        .await;
    }
    transaction.rollback().await.unwrap();
    // Read on the same connection, the answer to the dropped query would be taken for this one's.
    assert_eq!(table.store.cancel(Uuid::new_v4()).await.ok(), Some(false));
    until("the connection is another", async || {
        let now = backends(&mut observer).await;
        (now.len() == 1 && now != before).then_some(())
    })
    .await;
}

#[tokio::test]
async fn an_error_discards_the_connection_and_the_next_query_works() {
    let table = Postgres::with_connections(1).await;
    let id = table.put(echo(&Tags::new())).await;
    let mut observer = table.connection().await;
    let before = backends(&mut observer).await;
    let mut unstorable = echo(&Tags::new());
    unstorable.input = serde_json::json!("\0");
    table.store.insert(&[unstorable]).await.unwrap_err();
    assert_eq!(table.take_one(&Tags::new()).await.unwrap().id, id);
    until("the old connection is closed", async || {
        let now = backends(&mut observer).await;
        (now.len() == 1 && now != before).then_some(())
    })
    .await;
}

#[tokio::test]
async fn one_query_fails_when_all_connections_were_killed_and_no_more() {
    let table = Postgres::with_connections(4).await;
    let mut observer = table.connection().await;
    let mut gate = table.connection().await;
    let mut transaction = gate.begin().await.unwrap();
    transaction.execute("LOCK TABLE clearance.provisioner_jobs").await.unwrap();
    let cancels = cancel_often(&table.store, 4);
    until("four queries wait", async || (waiting(&mut observer).await == 4).then_some(())).await;
    transaction.rollback().await.unwrap();
    for cancel in cancels {
        assert!(!cancel.await.unwrap().unwrap());
    }
    let killed = backends(&mut observer).await;
    assert_eq!(killed.len(), 4);
    for pid in &killed {
        observer.execute(AssertSqlSafe(format!("SELECT pg_terminate_backend({pid})"))).await.unwrap();
    }
    until("they are gone", async || backends(&mut observer).await.is_empty().then_some(())).await;
    table.store.cancel(Uuid::nil()).await.unwrap_err();
    for _ in 0..8 {
        assert!(!table.store.cancel(Uuid::nil()).await.unwrap());
    }
}

#[tokio::test]
async fn a_redirected_store_lets_its_last_queries_end_and_asks_the_other_server() {
    let table = Postgres::with_connections(2).await;
    let mut observer = table.connection().await;
    let mut gate = table.connection().await;
    let mut transaction = gate.begin().await.unwrap();
    transaction.execute("LOCK TABLE clearance.provisioner_jobs").await.unwrap();
    let under_way = cancel_often(&table.store, 2);
    until("both queries wait", async || (waiting(&mut observer).await == 2).then_some(())).await;
    table.store.redirect(table.options.clone().application_name("elsewhere"));
    transaction.rollback().await.unwrap();
    for query in under_way {
        assert!(!query.await.unwrap().unwrap(), "it was answered");
    }
    until("the old connections are closed", async || backends(&mut observer).await.is_empty().then_some(()))
        .await;
    assert!(!table.store.cancel(Uuid::nil()).await.unwrap());
    let elsewhere: i64 =
        sqlx::query_scalar("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'elsewhere'")
            .fetch_one(&mut observer)
            .await
            .unwrap();
    assert_eq!(elsewhere, 1);
    assert!(backends(&mut observer).await.is_empty());
}

#[tokio::test]
async fn a_closed_store_has_no_connections_and_answers_with_an_error() {
    let table = Postgres::new().await;
    let mut observer = table.connection().await;
    assert_eq!(backends(&mut observer).await.len(), 1);
    table.store.close().await;
    until("they are closed", async || backends(&mut observer).await.is_empty().then_some(())).await;
    table.store.cancel(Uuid::nil()).await.unwrap_err();
    assert!(backends(&mut observer).await.is_empty());
}

#[tokio::test]
async fn a_server_that_restarts_is_found_again() {
    let cluster = Cluster::start().await;
    let options = cluster.database().await;
    let store = PostgresStore::connect(options, 1).await.unwrap();
    store.cancel(Uuid::nil()).await.unwrap_err();
    cluster.server().stop(StopMode::Fast).await.unwrap();
    store.cancel(Uuid::nil()).await.unwrap_err();
    cluster.server().start().await.unwrap();
    let tags = Tags::new();
    let request = AcquireRequest { workers: &[Uuid::nil()], types: &ProvisionerType::ALL, tags: &tags };
    let error = store.acquire(request).await.unwrap_err();
    assert_eq!(error.to_string(), "cannot acquire a job: the schema is missing; install it first");
}
