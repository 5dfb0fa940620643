//! Listeners that are deaf or half-open: nobody is told, and only the poll finds what was posted meanwhile.

use crate::stage::{Stage, seconds_of, story};

async fn nobody_hears(fault: &str, waits_min_us: u64) {
    let stage = Stage::shared().await;
    let report = stage.play(&story("1s", &format!("at = \"1s\"\nfor = \"2s\"\n{fault} = true"))).await;
    let notices = &report.notifications;
    assert_eq!(notices.sent, 160);
    // 80 were posted while nobody heard, less what it takes to go round by the proxy.
    assert!((70..=140).contains(&notices.received), "{notices:?}");
    assert_eq!(notices.suppressed, 0, "no fault says that it swallowed one");
    assert_eq!(notices.losses_signalled, 0, "nobody is told");
    assert!(report.rescued_by_backup_poll >= 5, "{} rescued", report.rescued_by_backup_poll);
    assert!(report.latency_us.queue_wait.max >= waits_min_us, "{:?}", report.latency_us.queue_wait);
    assert!(!seconds_of(&report, fault).is_empty());
    // Once it is over, notices are heard again.
    let after: Vec<_> = report.timeline.iter().filter(|second| second.faults.is_empty()).collect();
    assert!(after.last().unwrap().rescued == 0, "{after:?}");
    stage.close().await;
}

#[tokio::test]
async fn a_deaf_listener_hears_nothing_and_nobody_is_told() {
    nobody_hears("deaf_listener", 300_000).await;
}

#[tokio::test]
async fn a_half_open_listener_hears_nothing_and_nobody_is_told() {
    nobody_hears("blackhole_listener", 300_000).await;
}

#[tokio::test]
async fn one_of_two_replicas_that_is_deaf_costs_notices_and_no_job() {
    let stage = Stage::shared().await;
    let story = story("1h", "at = \"1s\"\nfor = \"2s\"\nreplica = 1\ndeaf_listener = true");
    let report = stage.play(&story.replace("duration = \"4s\"", "duration = \"4s\"\nreplicas = 2")).await;
    let notices = &report.notifications;
    assert!((2 * notices.sent - 90..=2 * notices.sent - 40).contains(&notices.received), "{notices:?}");
    assert_eq!(report.rescued_by_backup_poll, 0, "the other one hears");
    stage.close().await;
}
