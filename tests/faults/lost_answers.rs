//! `W3`: the answer to an acquire is lost, and with it whether a job was taken.

use std::time::Duration;

use acquirer::runtime::Event;
use loadgen::fault::proxy::{Proxy, Rule};
use sqlx::{Connection as _, Executor as _, PgConnection};

use crate::cluster::database;
use crate::until::until;
use crate::world::{STORE, Ways, World, terminate};

/// Longer than any test lasts.
const LONG: Duration = Duration::from_mins(10);
const SHORT: Duration = Duration::from_millis(300);

/// A world whose one replica acquires through a proxy, and two of its callers asleep.
async fn acquiring_through_proxy(patience: Duration) -> (World, Proxy) {
    let options = database().await;
    let (proxy, proxied) = Proxy::before(&options).await.unwrap();
    let ways = Ways { store: proxied, patience, ..Ways::straight(&options) };
    let mut world = World::reached_by(options, vec![ways]).await;
    world.hire(0, 2);
    world.replicas[0].asleep().await;
    (world, proxy)
}

/// Waits until so many jobs are marked as running.
async fn running(connection: &mut PgConnection, jobs: i64) {
    until("the acquire was committed", async || {
        let running: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM clearance.provisioner_jobs WHERE started_at IS NOT NULL",
        )
        .fetch_one(&mut *connection)
        .await
        .unwrap();
        (running == jobs).then_some(())
    })
    .await;
}

/// Awaits that it is known what a lost acquire had taken: how many jobs.
async fn settled(world: &mut World) -> usize {
    world.replicas[0]
        .until("the outcome is settled", |event| match event {
            Event::OutcomeSettled { jobs, .. } => Some(*jobs),
            _ => None,
        })
        .await
}

#[tokio::test]
async fn a_job_whose_acquire_was_committed_before_the_connection_broke_is_found_again() {
    for _ in 0..3 {
        let (mut world, proxy) = acquiring_through_proxy(LONG).await;
        let mut admin = world.connection().await;
        proxy.rule_all(Rule::SWALLOW_ANSWERS);
        world.post(1).await;
        running(&mut admin, 1).await;
        proxy.cut_all();
        assert_eq!(settled(&mut world).await, 1);
        world.await_jobs(1).await;
        assert_eq!(world.errors(), 1, "the loss is told to one caller");
        world.expect_all_well().await;
    }
}

#[tokio::test]
async fn a_job_whose_acquire_is_never_answered_is_found_again() {
    let (mut world, proxy) = acquiring_through_proxy(SHORT).await;
    let mut admin = world.connection().await;
    proxy.rule_all(Rule::SWALLOW_ANSWERS);
    world.post(1).await;
    running(&mut admin, 1).await;
    assert_eq!(settled(&mut world).await, 1);
    world.await_jobs(1).await;
    world.expect_all_well().await;
}

#[tokio::test]
async fn an_acquire_that_is_given_up_before_it_ran_takes_nothing_afterwards() {
    let (mut world, proxy) = acquiring_through_proxy(SHORT).await;
    let mut admin = world.connection().await;
    let mut gate = admin.begin().await.unwrap();
    // Acquires wait for it; whoever only reads doesn't.
    gate.execute("LOCK TABLE clearance.provisioner_jobs IN SHARE MODE").await.unwrap();
    let jobs = world.new_jobs(1);
    let posting = {
        let (table, jobs) = (world.table.clone(), jobs.clone());
        tokio::spawn(async move { table.announce(&jobs).await })
    };
    posting.await.unwrap().unwrap();
    let mut observer = world.connection().await;
    waits_for_lock(&mut observer).await;
    // The server isn't told that nobody waits for the answer any more.
    proxy.rule_all(Rule::SWALLOW);
    assert_eq!(settled(&mut world).await, 0);
    gate.execute(
        sqlx::query(
            "INSERT INTO clearance.provisioner_jobs (id, created_at, updated_at, organization_id, initiator_id,
                provisioner, type, input)
            VALUES ($1, now(), now(), $1, $1, 'echo', 'late', '{}')",
        )
        .bind(jobs[0].id),
    )
    .await
    .unwrap();
    gate.commit().await.unwrap();
    world.table.announce(&jobs).await.unwrap();
    world.await_jobs(1).await;
    world.expect_all_well().await;
}

async fn waits_for_lock(observer: &mut PgConnection) {
    until("an acquire waits for the lock", async || {
        let waiting: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM pg_stat_activity
            WHERE datname = current_database() AND application_name = $1 AND wait_event_type = 'Lock'",
        )
        .bind(STORE)
        .fetch_one(&mut *observer)
        .await
        .unwrap();
        (waiting > 0).then_some(())
    })
    .await;
}

#[tokio::test]
async fn terminated_acquires_strand_nothing() {
    let mut world = World::open(database().await, 2).await;
    for replica in 0..2 {
        world.hire(replica, 4);
    }
    let mut admin = world.connection().await;
    let posting = world.keep_posting(300);
    let mut terminated = 0;
    for got in (10..=300).step_by(10) {
        world.await_jobs(got).await;
        terminated += terminate(&mut admin, STORE).await;
    }
    assert!(terminated > 0);
    posting.await.unwrap();
    world.expect_all_well().await;
}
