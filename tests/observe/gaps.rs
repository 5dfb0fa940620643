//! A database that doesn't answer leaves gaps, and the looks go on when it does.

use std::time::Duration;

use loadgen::database::local::StopMode;

use crate::cluster::Cluster;
use crate::looker::Looker;

#[tokio::test]
async fn a_paused_server_leaves_a_gap_and_the_next_sample_says_over_how_long_it_counts() {
    let cluster = Cluster::start().await;
    let mut looker = Looker::begin(&cluster.database().await).await;
    looker.missing().await;
    looker.sample().await;
    cluster.server().pause().await.unwrap();
    // One look may have been over already when the server stopped.
    while looker.has_told() {
        looker.sample().await;
    }
    let told = tokio::time::timeout(Duration::from_secs(3), looker.sample()).await;
    assert!(told.is_err(), "nobody answers: {told:?}");
    cluster.server().resume();
    let seen = looker.sample().await;
    assert!(seen.over() >= Duration::from_secs(3), "{seen:?}");
    assert!(seen.second >= 3, "{seen:?}");
    let next = looker.sample().await;
    assert!(next.second > seen.second && next.over() < seen.over(), "{next:?} after {seen:?}");
}

#[tokio::test]
async fn a_server_that_was_restarted_is_looked_at_again() {
    let cluster = Cluster::start().await;
    let mut looker = Looker::begin(&cluster.database().await).await;
    looker.missing().await;
    let before = looker.sample().await;
    cluster.server().stop(StopMode::Fast).await.unwrap();
    while looker.has_told() {
        looker.sample().await;
    }
    cluster.server().start().await.unwrap();
    let after = looker.sample().await;
    assert!(after.second > before.second);
    assert_eq!(after.notify_lock_waiters, Some(0));
}
