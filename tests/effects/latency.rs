//! A slow way to the database.

use crate::stage::{Stage, story};

#[tokio::test]
async fn latency_shows_in_every_query_and_fails_none() {
    let stage = Stage::shared().await;
    let report = stage.play(&story("1h", "at = \"1s\"\nfor = \"2s\"\ndatabase_latency = \"60ms\"")).await;
    let query = &report.latency_us.query;
    assert!(query.p90 >= 60_000 && query.min < 30_000, "{query:?}");
    // Finishing takes as much again, and the notice its own.
    assert!(report.latency_us.response.p90 >= 120_000, "{:?}", report.latency_us.response);
    assert!(report.latency_us.notify.p90 >= 60_000, "{:?}", report.latency_us.notify);
    assert_eq!(report.queries.acquire.failed, 0, "going round and back fails no query");
    assert_eq!(report.notifications.received, report.notifications.sent, "and loses no notice");
    assert_eq!(report.notifications.losses_signalled, 0);
    stage.close().await;
}

#[tokio::test]
async fn latency_of_one_replica_leaves_the_other_and_the_posters_alone() {
    let stage = Stage::shared().await;
    let story = story("1h", "at = \"500ms\"\nfor = \"3500ms\"\nreplica = 0\ndatabase_latency = \"1s\"");
    let report = stage.play(&story.replace("duration = \"4s\"", "duration = \"4s\"\nreplicas = 2")).await;
    // Nearly every job is the quick one's.
    let acquired = |replica| {
        report
            .domains
            .iter()
            .filter(|domain| domain.replica == replica)
            .map(|domain| domain.acquired)
            .sum::<u64>()
    };
    assert!(acquired(1) > 3 * acquired(0), "{} and {}", acquired(0), acquired(1));
    // Most jobs were posted while it was so: an insert takes the posters less than a late answer.
    assert!(report.latency_us.response.p50 < 1_000_000, "{:?}", report.latency_us.response);
    stage.close().await;
}
