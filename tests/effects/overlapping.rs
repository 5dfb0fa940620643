//! Several faults at once.

use crate::stage::{Stage, seconds_of, story};

#[tokio::test]
async fn faults_that_overlap_all_have_their_effect_and_end_one_by_one() {
    let stage = Stage::shared().await;
    let faults = r#"at = "500ms"
        for = "2500ms"
        delay_notifications = "300ms"
        [[fault]]
        at = "700ms"
        for = "2s"
        duplicate_notifications = 1.0
        [[fault]]
        at = "900ms"
        for = "2s"
        database_latency = "30ms"
        [[fault]]
        at = "1s"
        for = "500ms"
        database_latency = "120ms"
        [[fault]]
        at = "1200ms"
        malformed_notifications = 20
        for = "1500ms""#;
    let report = stage.play(&story("1h", faults)).await;
    assert!(report.latency_us.notify.p90 >= 300_000, "{:?}", report.latency_us.notify);
    assert!(report.notifications.received > report.notifications.sent + 40, "{:?}", report.notifications);
    assert!(report.notifications.malformed >= 10, "{:?}", report.notifications);
    let query = &report.latency_us.query;
    assert!(query.max >= 120_000 && query.p90 >= 30_000 && query.min < 30_000, "{query:?}");
    for name in ["delay_notifications", "database_latency"] {
        assert!(seconds_of(&report, name).len() < 4, "{name}");
    }
    stage.close().await;
}
