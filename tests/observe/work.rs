//! What a server does for a run, second by second.

use std::collections::BTreeMap;

use acquirer::job::{ProvisionerType, Tags};
use acquirer::store::{AcquireRequest, JobStore as _, JobTable as _, NewJob, PostgresStore};
use loadgen::observe::{DatabaseSample, Statement};
use sqlx::{ConnectOptions as _, Connection as _, Executor as _};
use uuid::Uuid;

use crate::cluster::database;
use crate::looker::Looker;

fn jobs(count: usize) -> Vec<NewJob> {
    (0..count).map(|_| NewJob::new(Uuid::new_v4(), ProvisionerType::Echo, Tags::default())).collect()
}

/// Adds up samples until they come to something.
async fn sum<T>(looker: &mut Looker, mut add: impl FnMut(&DatabaseSample) -> Option<T>) -> T {
    for _ in 0..60 {
        if let Some(sum) = add(&looker.sample().await) {
            return sum;
        }
    }
    panic!("a minute of samples doesn't come to it");
}

#[tokio::test]
async fn each_statement_of_a_run_is_recognized_and_counted() {
    let options = database().await;
    options.connect().await.unwrap().execute("CREATE EXTENSION pg_stat_statements").await.unwrap();
    let mut looker = Looker::begin(&options).await;
    assert_eq!(looker.missing().await, Vec::<String>::new());

    let store = PostgresStore::new(options.clone(), 2);
    for job in jobs(5) {
        store.insert(&[job]).await.unwrap();
    }
    store.announce(&jobs(2)).await.unwrap();
    store.insert_and_post(&jobs(3)).await.unwrap();
    let few = Tags::from_pairs([("environment", "on-prem")]).unwrap();
    let many = Tags::from_pairs((0..9).map(|tag| (format!("key {tag}"), "value"))).unwrap();
    let workers = [Uuid::new_v4(), Uuid::new_v4()];
    let types = [ProvisionerType::Echo];
    let mut taken = Vec::new();
    // Each way in which jobs are looked for: for one worker and for several, by shape and past all that wait.
    for (workers, tags) in
        [(&workers[..1], &few), (&workers[..], &few), (&workers[..1], &many), (&workers[..], &many)]
    {
        taken.extend(store.acquire(AcquireRequest { workers, types: &types, tags }).await.unwrap());
    }
    assert_eq!(taken.len(), 6);
    for job in &taken {
        assert!(store.complete(job.id, job.worker).await.unwrap());
    }
    let expected = [
        (Statement::Acquire, 4),
        (Statement::Insert, 5),
        (Statement::Notify, 1),
        (Statement::InsertAndNotify, 1),
        (Statement::Complete, 6),
    ];
    let mut calls: BTreeMap<Statement, u64> = BTreeMap::new();
    sum(&mut looker, |sample| {
        for (statement, counts) in sample.statements.iter().filter(|(_, counts)| counts.calls > 0) {
            assert!(counts.mean_us > 0.0, "{statement:?} takes time");
            *calls.entry(*statement).or_default() += counts.calls;
        }
        (calls.values().sum::<u64>() >= 17).then_some(())
    })
    .await;
    assert_eq!(calls, expected.into());
}

#[tokio::test]
async fn transactions_and_their_log_are_counted_without_the_tools_own() {
    const TRANSACTIONS: u64 = 500;
    let options = database().await;
    let mut looker = Looker::begin(&options).await;
    looker.missing().await;
    let mut client = options.connect().await.unwrap();
    for _ in 0..TRANSACTIONS {
        client.execute("INSERT INTO clearance.provisioner_jobs (id, created_at, updated_at, organization_id, initiator_id, provisioner, type, input)
            SELECT id, now(), now(), id, id, 'echo', 'build', '{}' FROM gen_random_uuid() AS id").await.unwrap();
    }
    client.execute("DELETE FROM clearance.provisioner_jobs").await.unwrap();
    // Whatever a session has counted, it tells when it ends.
    client.close().await.unwrap();
    let (mut transactions, mut wal, mut own) = (0, 0, 0);
    let last = sum(&mut looker, |sample| {
        transactions += sample.transactions.unwrap();
        wal += sample.wal_bytes.unwrap();
        own += sample.own_queries;
        (transactions > TRANSACTIONS).then(|| sample.clone())
    })
    .await;
    // Some are of making the schema, and of connecting.
    assert!((501..=600).contains(&transactions), "{transactions}");
    assert!(wal > TRANSACTIONS * 100, "{wal} bytes");
    assert!(own >= 2, "{own} queries of the sampler");
    assert_eq!(last.dead_tuples, Some(TRANSACTIONS), "{last:?}");
    assert_eq!(last.live_tuples, Some(0), "{last:?}");
    assert!(last.table_bytes > Some(0), "{last:?}");
}

#[tokio::test]
async fn a_transaction_that_stays_open_is_seen_to_grow_old() {
    let options = database().await;
    let mut looker = Looker::begin(&options).await;
    looker.missing().await;
    let before = looker.sample().await;
    assert_eq!((before.oldest_transaction_us, before.xmin_age), (Some(0), Some(0)));
    let mut idler = options.connect().await.unwrap();
    idler.execute("BEGIN ISOLATION LEVEL REPEATABLE READ").await.unwrap();
    idler.execute("SELECT FROM clearance.provisioner_jobs").await.unwrap();
    let mut other = options.connect().await.unwrap();
    for _ in 0..10 {
        other.execute("SELECT pg_current_xact_id()").await.unwrap();
    }
    let seen = looker.until(|sample| sample.oldest_transaction_us > Some(1_000_000)).await;
    assert_eq!(seen.connections.get("idle in transaction"), Some(&1), "{seen:?}");
    assert_eq!(seen.waits, BTreeMap::new(), "who waits for its client runs no query");
    assert!(seen.xmin_age >= Some(10), "{seen:?}");
    idler.execute("COMMIT").await.unwrap();
    looker.until(|sample| sample.oldest_transaction_us == Some(0) && sample.xmin_age == Some(0)).await;
}
