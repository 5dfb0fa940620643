//! The queue of notifications, filled behind a listener that doesn't read.

use sqlx::PgConnection;

use crate::stage::{Stage, story};

async fn usage(connection: &mut PgConnection) -> f64 {
    sqlx::query_scalar("SELECT pg_notification_queue_usage()").fetch_one(connection).await.unwrap()
}

#[tokio::test]
async fn a_full_queue_fails_what_notifies_and_runs_empty_afterwards() {
    let stage = Stage::own().await;
    let major: u32 = stage.database.server_version().split('.').next().unwrap().parse().unwrap();
    // Where it can be full, it has the time to be.
    let length = if major >= 17 { "6s" } else { "2s" };
    let story = story("1s", &format!("at = \"500ms\"\nfor = {length:?}\nfill_notify_queue = true"));
    let report = stage.play(&story.replace("\"4s\"", "\"7s\"")).await;
    let mut connection = stage.connect().await;
    let seen = report.database.series.iter().filter_map(|sample| sample.notify_queue_usage);
    let highest = seen.fold(0.0, f64::max);
    let notices = &report.notifications;
    if major >= 17 {
        assert!(highest > 0.99, "{highest}");
        // Jobs are committed and cannot be announced: the poll has to find them.
        assert!(notices.sent + 20 <= report.jobs.posted, "{notices:?}");
        assert!(report.rescued_by_backup_poll >= 5, "{} rescued", report.rescued_by_backup_poll);
    } else {
        // 8 GB take longer than this; every page that came was real.
        assert!(highest > 0.002, "{highest}");
        assert_eq!(notices.sent, report.jobs.posted);
    }
    assert!(usage(&mut connection).await < 0.002);
    stage.close().await;
}
