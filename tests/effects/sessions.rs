//! Somebody else's sessions: all connections taken, the past held.

use std::sync::Arc;
use std::time::Duration;

use loadgen::control::Control;
use loadgen::observe::DatabaseSample;
use loadgen::scenario::FaultKind;
use loadgen::snapshot::ActiveFault;
use sqlx::Executor as _;

use crate::live::by_hand;
use crate::stage::{Stage, count, story};

#[tokio::test]
async fn without_a_connection_left_nobody_can_post_until_they_are_given_back() {
    let stage = Stage::own().await;
    // The posters connect when they have something to post: once no connection is left.
    let silent_first = "stages = [{ for = \"1s\", rate = 0 }, { for = \"11s\", rate = 20 }]";
    let story = story("1h", "at = \"0s\"\npause_posters = true");
    let story = story.replace("stages = [{ for = \"4s\", rate = 40 }]", silent_first);
    let handle = stage.begin(&story.replace("duration = \"4s\"", "duration = \"12s\""));
    Stage::fault(&handle, "pause_posters").await;
    let order = |control| handle.controls().send(control).unwrap();
    order(by_hand(FaultKind::ExhaustPool, None));
    let mut snapshots = handle.snapshots();
    let connections = |sample: &DatabaseSample| sample.connections.values().sum::<u64>();
    let is_exhausted = |sample: &Arc<DatabaseSample>| connections(sample) >= 280;
    snapshots.wait_for(|now| now.database_samples.last().is_some_and(is_exhausted)).await.unwrap();
    order(Control::EndFault { name: "pause_posters".to_owned() });
    let is_paused = |fault: &ActiveFault| fault.name == "pause_posters";
    let posting_since = snapshots.wait_for(|now| !now.faults.iter().any(is_paused)).await.unwrap().elapsed;
    let later = posting_since + Duration::from_secs(2);
    assert_eq!(snapshots.wait_for(|now| now.elapsed >= later).await.unwrap().totals.posted, 0);
    order(Control::EndFault { name: "exhaust_pool".to_owned() });
    let report = stage.end(handle).await;
    assert!(report.jobs.posted > 0, "they are given back");
    assert!(connections(report.database.series.last().unwrap()) < 50);
    assert!(report.latency_us.response.max >= 1_000_000, "{:?}", report.latency_us.response);
    stage.close().await;
}

#[tokio::test]
async fn a_long_transaction_keeps_dead_rows_from_being_cleaned() {
    let stage = Stage::shared().await;
    let handle = stage.begin(&story("1h", "at = \"500ms\"\nfor = \"3s\"\nlong_transaction = true"));
    Stage::fault(&handle, "long_transaction").await;
    let mut snapshots = handle.snapshots();
    snapshots.wait_for(|snapshot| snapshot.totals.completed >= 60).await.unwrap();
    let mut connection = stage.connect().await;
    let pinned = dead_rows_after_vacuum(&mut connection).await;
    // Each job of that time left two versions of its row behind.
    assert!(pinned >= 60, "{pinned} dead rows are left");
    let report = stage.end(handle).await;
    let ages: Vec<u64> = report.database.series.iter().filter_map(|sample| sample.xmin_age).collect();
    assert!(ages.iter().any(|age| *age >= 60), "{ages:?}");
    let oldest = report.database.series.iter().filter_map(|sample| sample.oldest_transaction_us).max();
    assert!(oldest >= Some(1_000_000), "{oldest:?}");
    assert_eq!(dead_rows_after_vacuum(&mut connection).await, 0);
    stage.close().await;
}

async fn dead_rows_after_vacuum(connection: &mut sqlx::PgConnection) -> i64 {
    connection.execute("VACUUM clearance.provisioner_jobs").await.unwrap();
    let dead = "SELECT n_dead_tup FROM pg_stat_user_tables WHERE relname = 'provisioner_jobs'";
    count(connection, dead).await
}
