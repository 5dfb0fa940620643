//! Somebody else's sessions: all connections taken, the past held.

use loadgen::observe::DatabaseSample;
use sqlx::Executor as _;

use crate::stage::{Stage, count, seconds_of, story};

#[tokio::test]
async fn without_a_connection_left_nobody_can_post_until_they_are_given_back() {
    let stage = Stage::own().await;
    // The posters connect when they have something to post: in the middle of the fault.
    let silent_first = "stages = [{ for = \"2s\", rate = 0 }, { for = \"6s\", rate = 20 }]";
    let story = story("1h", "at = \"0s\"\nfor = \"3500ms\"\nexhaust_pool = true");
    let story = story.replace("stages = [{ for = \"4s\", rate = 40 }]", silent_first);
    let report = stage.play(&story.replace("duration = \"4s\"", "duration = \"8s\"")).await;
    for second in seconds_of(&report, "exhaust_pool") {
        assert_eq!(second.posted, 0, "{second:?}");
    }
    assert_eq!(report.jobs.posted, 120);
    let connections = |sample: &DatabaseSample| sample.connections.values().sum::<u64>();
    let highest = report.database.series.iter().map(connections).max().unwrap();
    assert!(highest >= 280, "{highest} connections of 300");
    assert!(connections(report.database.series.last().unwrap()) < 50, "they are given back");
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
