//! The server itself goes and comes back, with queries in flight.

use loadgen::database::local::StopMode;

use crate::cluster::Cluster;
use crate::world::World;

async fn a_server_that_goes_and_comes_back_loses_nothing(mode: StopMode) {
    let cluster = Cluster::start().await;
    let mut world = World::open(cluster.database().await, 2).await;
    for replica in 0..2 {
        world.hire(replica, 4);
    }
    let mut posted = 0;
    for _ in 0..2 {
        let posting = world.keep_posting(60);
        // In the middle of it all.
        world.await_jobs(posted + 20).await;
        cluster.server().stop(mode).await.unwrap();
        cluster.server().start().await.unwrap();
        posting.await.unwrap();
        posted += 60;
        world.await_jobs(posted).await;
    }
    world.expect_all_well().await;
}

#[tokio::test]
async fn a_fast_restart_loses_nothing() {
    a_server_that_goes_and_comes_back_loses_nothing(StopMode::Fast).await;
}

#[tokio::test]
async fn an_immediate_restart_loses_nothing() {
    a_server_that_goes_and_comes_back_loses_nothing(StopMode::Immediate).await;
}

#[tokio::test]
async fn a_killed_server_that_starts_again_loses_nothing() {
    a_server_that_goes_and_comes_back_loses_nothing(StopMode::Kill).await;
}
