//! `max_connections` is exhausted while callers want jobs and a listener has to come back.

use loadgen::database::local::StopMode;
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, Executor as _, PgConnection};

use crate::cluster::Cluster;
use crate::until::until;
use crate::world::{LISTENER, STORE, World, terminate};

/// A server with room for few, and a database in it.
async fn small_server() -> (Cluster, PgConnectOptions) {
    let cluster = Cluster::start().await;
    let options = cluster.database().await;
    let mut admin = options.connect().await.unwrap();
    admin.execute("ALTER SYSTEM SET max_connections = 20").await.unwrap();
    cluster.server().stop(StopMode::Fast).await.unwrap();
    cluster.server().start().await.unwrap();
    (cluster, options)
}

/// How many backends the replica has.
async fn backends(admin: &mut PgConnection) -> i64 {
    sqlx::query_scalar("SELECT count(*) FROM pg_stat_activity WHERE application_name IN ($1, $2)")
        .bind(LISTENER)
        .bind(STORE)
        .fetch_one(admin)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_full_server_is_waited_for() {
    let (_cluster, options) = small_server().await;
    let mut world = World::open(options.clone(), 1).await;
    world.hire(0, 4);
    world.replicas[0].asleep().await;
    let jobs = world.insert(5).await;
    let mut admin = world.connection().await;
    let stranger = options.application_name("stranger");
    let mut strangers = Vec::new();
    until("strangers have every connection", async || {
        terminate(&mut admin, LISTENER).await;
        terminate(&mut admin, STORE).await;
        while let Ok(connection) = stranger.connect().await {
            strangers.push(connection);
        }
        (backends(&mut admin).await == 0).then_some(())
    })
    .await;
    world.table.announce(&jobs).await.unwrap();
    drop(strangers);
    world.replicas[0].losses_signalled().await;
    world.expect_all_well().await;
}

#[tokio::test]
async fn callers_are_told_of_a_full_server_and_served_when_there_is_room() {
    let (_cluster, options) = small_server().await;
    let mut world = World::open(options.clone(), 1).await;
    let jobs = world.insert(5).await;
    let stranger = options.application_name("stranger");
    let mut strangers = Vec::new();
    while let Ok(connection) = stranger.connect().await {
        strangers.push(connection);
    }
    world.hire(0, 2);
    world.await_errors(2).await;
    drop(strangers);
    world.await_jobs(jobs.len()).await;
    world.expect_all_well().await;
}
