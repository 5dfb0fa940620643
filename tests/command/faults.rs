//! What goes wrong on purpose, and what the report says of it.

use crate::clearance::{Desk, clearance, outcome};
use crate::json::Json;
use crate::server::TestDatabase;

/// Runs a scenario of these tests to its end, which must be a good one.
pub(crate) fn report_of(scenario: &str, more: &[&str]) -> (Json, TestDatabase) {
    let (desk, table) = (Desk::new(), TestDatabase::new());
    let (file, report, url) = (desk.write("story.toml", scenario), desk.file("out.json"), table.url());
    let arguments = ["run", &file, "--headless", "--database-url", &url, "--keep", "--report", &report];
    let said = outcome(clearance(arguments.into_iter().chain(more.iter().copied())));
    said.expect_code(0);
    (Json::read(&report), table)
}

#[test]
fn the_backup_poll_rescues_what_no_notification_announced() {
    let (json, table) = report_of(
        r#"
        title = "Nobody hears"
        duration = "6s"
        drain = "5s"
        backup_poll = "2s"
        [[fleet]]
        name = "echo"
        workers = 40
        provisioners = ["echo"]
        service_time = { constant = "2ms" }
        [[poster]]
        name = "echoes"
        stages = [{ for = "5500ms", rate = 10 }]
        arrival = "uniform"
        [[poster.mix]]
        weight = 1
        provisioner = "echo"
        [[fault]]
        at = "1s"
        for = "3500ms"
        drop_notifications = 1.0
        "#,
        &[],
    );
    // 35 jobs were posted while nobody heard. The last of them the first notice after the fault led to.
    let (suppressed, rescued) =
        (json.count("/notifications/suppressed"), json.count("/rescued_by_backup_poll"));
    assert!((30..=36).contains(&suppressed), "{suppressed} suppressed");
    assert!((10..=suppressed).contains(&rescued), "{rescued} rescued of {suppressed}");
    assert_eq!(json.count("/notifications/received") + suppressed, json.count("/notifications/sent"));
    assert!(json.count("/wakeups/backup_poll/found") >= 1);
    // What the poll found was chained from there: few polls, many rescued.
    assert!(json.count("/wakeups/backup_poll/clearances") < rescued);
    assert_eq!(json.sum("/domains", "rescued"), rescued);

    // The first that went unheard waited for the whole period, none for much longer.
    let slowest = json.count("/latency_us/queue_wait/max");
    assert!((1_000_000..3_500_000).contains(&slowest), "{slowest} µs");
    let by_poll = json.count("/latency_by_cause_us/backup_poll/queue_wait/max");
    assert!((1_000_000..=slowest).contains(&by_poll), "{by_poll} µs of {slowest} µs");
    // Those whose notice arrived didn't wait.
    assert!(json.count("/latency_by_cause_us/posting/queue_wait/p50") < 500_000);

    let faulty = json.seconds_with("drop_notifications");
    assert_eq!(faulty.iter().filter(|second| (1..=4).contains(*second)).count(), 4, "{faulty:?}");
    assert!(!faulty.contains(&0) && faulty.iter().all(|second| *second <= 5), "{faulty:?}");

    // In the end nobody was left behind.
    assert_eq!(json.count("/jobs/completed"), json.count("/jobs/posted"));
    assert_eq!(table.count("SELECT count(*) FROM clearance.provisioner_jobs WHERE completed_at IS NULL"), 0);
    assert_eq!(json.count("/jobs/posted"), 55);
}

#[test]
fn a_killed_listener_loses_nothing() {
    let (json, _) = report_of(
        r#"
        title = "The listener's connection is cut"
        duration = "4s"
        drain = "10s"
        replicas = 2
        backup_poll = "5m"
        [[fleet]]
        name = "echo"
        workers = 6
        provisioners = ["echo"]
        service_time = { constant = "2ms" }
        [[poster]]
        name = "echoes"
        stages = [{ for = "3500ms", rate = 20 }]
        arrival = "uniform"
        [[poster.mix]]
        weight = 1
        provisioner = "echo"
        [[fault]]
        at = "1s"
        kill_listener = true
        [[fault]]
        at = "2s"
        kill_listener = true
        replica = 1
        "#,
        &[],
    );
    // Both the first time, one of them once more.
    assert_eq!(json.count("/notifications/losses_signalled"), 3);
    assert_eq!(json.count("/jobs/posted"), 70);
    assert_eq!(json.count("/jobs/completed"), 70);
    assert_eq!(json.count("/jobs/queued_at_end"), 0);
    // The poll, five minutes away, had no part in it.
    assert_eq!(json.count("/rescued_by_backup_poll"), 0);
    assert_eq!(json.count("/wakeups/backup_poll/clearances"), 0);
    assert!(json.count("/wakeups/recovered/clearances") >= 1);
    let faulty = json.seconds_with("kill_listener");
    assert!(faulty.starts_with(&[1, 2]), "{faulty:?}");
}
