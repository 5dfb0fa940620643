//! A server that stands still, is restarted, or is killed.

use loadgen::report::Report;
use loadgen::run::RunError;

use crate::stage::{Stage, seconds_of, story};

/// Nothing was posted or taken in a second of this fault.
#[track_caller]
fn assert_silence(report: &Report, fault: &str) {
    for second in seconds_of(report, fault) {
        assert_eq!((second.posted, second.acquired, second.completed), (0, 0, 0), "{second:?}");
    }
    let response = &report.latency_us.response;
    assert!((1_000_000..15_000_000).contains(&response.max), "{response:?}");
    assert!(response.min < 500_000, "{response:?}");
}

/// Beside workers that nobody posts for: they look because messages may have been lost, and for nothing else. Whoever's
/// query has failed looks again anyway.
fn beside_idle_workers(story: &str) -> String {
    format!(
        "{story}\n[[fleet]]\nname = \"idle\"\nworkers = 2\nprovisioners = [\"terraform\"]\n\
         service_time = {{ constant = \"2ms\" }}\n"
    )
}

#[tokio::test]
async fn a_paused_server_answers_nobody_and_goes_on_where_it_stood() {
    let stage = Stage::own().await;
    let pid = stage.database.server_pid();
    let report = stage.play(&story("1h", "at = \"700ms\"\nfor = \"2s\"\ndatabase_pause = true")).await;
    assert_silence(&report, "database_pause");
    assert_eq!(report.queries.acquire.failed, 0, "connections stay");
    assert_eq!(report.notifications.losses_signalled, 0);
    assert_eq!(stage.database.server_pid(), pid);
    stage.close().await;
}

#[tokio::test]
async fn a_restarted_server_is_found_again_and_everybody_looks() {
    let stage = Stage::own().await;
    let pid = stage.database.server_pid();
    let story = story("1h", "at = \"1s\"\ndatabase_restart = true");
    let report = stage.play(&beside_idle_workers(&story)).await;
    assert_ne!(stage.database.server_pid(), pid, "it was another process");
    assert!(report.notifications.losses_signalled >= 1, "{:?}", report.notifications);
    assert!(report.wakeups.recovered.clearances >= 1, "{:?}", report.wakeups);
    assert_eq!(report.rescued_by_backup_poll, 0);
    assert!(report.timeline.iter().any(|second| second.faults == ["database_restart"]));
    stage.close().await;
}

#[tokio::test]
async fn a_killed_server_is_away_until_the_fault_is_over() {
    let stage = Stage::own().await;
    let pid = stage.database.server_pid();
    // Long enough to post again after the recovery.
    let story =
        story("1h", "at = \"700ms\"\nfor = \"2s\"\ndatabase_kill = true").replace("\"4s\"", "\"10s\"");
    let report = stage.play(&story).await;
    assert_silence(&report, "database_kill");
    assert_ne!(stage.database.server_pid(), pid, "it was another process");
    assert!(report.notifications.losses_signalled >= 1, "{:?}", report.notifications);
    stage.close().await;
}

#[tokio::test]
async fn a_cut_network_is_found_again_and_everybody_looks() {
    // The server goes on meanwhile, whoever's it is.
    let stage = Stage::shared().await;
    let story = story("1h", "at = \"700ms\"\nfor = \"2s\"\nnetwork_cut = true").replace("\"4s\"", "\"10s\"");
    let report = stage.play(&beside_idle_workers(&story)).await;
    assert_silence(&report, "network_cut");
    assert!(report.notifications.losses_signalled >= 1, "{:?}", report.notifications);
    assert!(report.wakeups.recovered.clearances >= 1, "{:?}", report.wakeups);
    stage.close().await;
}

#[tokio::test]
async fn a_run_that_is_interrupted_leaves_no_server_paused_or_dead() {
    for fault in ["database_pause", "database_kill"] {
        let stage = Stage::own().await;
        let handle = stage.begin(&story("1h", &format!("at = \"200ms\"\n{fault} = true")));
        Stage::fault(&handle, fault).await;
        handle.controls().send(loadgen::control::Control::Interrupt).unwrap();
        let report = handle.finish().await.unwrap();
        assert!(report.run.interrupted);
        stage.connect().await;
        stage.close().await;
    }
}

#[tokio::test]
async fn a_server_that_is_somebody_elses_is_left_alone() {
    let stage = Stage::shared().await;
    let refused =
        stage.begin(&story("1h", "at = \"1s\"\ndatabase_restart = true")).finish().await.unwrap_err();
    assert!(matches!(refused, RunError::Start { .. }), "{refused}");
    assert!(refused.to_string().contains("database_restart stops the server"), "{refused}");
    stage.close().await;
}
