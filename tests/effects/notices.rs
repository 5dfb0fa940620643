//! Notifications that are late, doubled, or nonsense. (Lost ones: `tests/command`.)

use crate::stage::{Stage, seconds_of, story};

#[tokio::test]
async fn delayed_notifications_make_jobs_wait_as_long() {
    let stage = Stage::shared().await;
    let report = stage.play(&story("1h", "at = \"1s\"\nfor = \"2s\"\ndelay_notifications = \"400ms\"")).await;
    let (notify, wait) = (&report.latency_us.notify, &report.latency_us.queue_wait);
    // Half of the jobs were intended while notices were late.
    assert!(notify.p90 >= 400_000 && wait.p90 >= 300_000, "{notify:?} {wait:?}");
    assert!(notify.min < 200_000 && wait.min < 200_000, "{notify:?} {wait:?}");
    assert_eq!(report.notifications.suppressed, 0);
    assert_eq!(report.notifications.received, report.notifications.sent, "none is lost, and none doubled");
    assert!(!seconds_of(&report, "delay_notifications").is_empty());
    stage.close().await;
}

#[tokio::test]
async fn doubled_notifications_are_heard_twice_and_acquire_nothing_twice() {
    let stage = Stage::shared().await;
    let report = stage.play(&story("1h", "at = \"1s\"\nfor = \"2s\"\nduplicate_notifications = 1.0")).await;
    let (sent, received) = (report.notifications.sent, report.notifications.received);
    // 80 of 160 came while notices were doubled.
    assert_eq!(sent, 160);
    assert!((sent + 60..=sent + 90).contains(&received), "{received} received of {sent}");
    assert!(report.audit.doubled.is_empty());
    stage.close().await;
}

#[tokio::test]
async fn malformed_notifications_are_counted_and_disturb_nobody() {
    let stage = Stage::shared().await;
    let report =
        stage.play(&story("1h", "at = \"1s\"\nfor = \"2s\"\nmalformed_notifications = \"20/s\"")).await;
    let malformed = report.notifications.malformed;
    assert!((15..=45).contains(&malformed), "{malformed} malformed in two seconds of 20/s");
    assert_eq!(report.notifications.received, report.notifications.sent);
    assert_eq!(report.rescued_by_backup_poll, 0);
    // The tool's own, and counted as that.
    assert!(report.queries.observer.total >= malformed);
    stage.close().await;
}
