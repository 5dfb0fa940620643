//! What a scenario changes while its run goes on: the same as an order does, and none of it by hand.

use loadgen::record::{RecordOptions, Replay};
use loadgen::report::Intervention;
use loadgen::snapshot::{By, Snapshot};

use crate::deploys::{queries_per_job, wait};
use crate::stage::{CALM, Stage};

fn is_followed(snapshot: &Snapshot) -> bool {
    snapshot.replica_rows.iter().all(|row| row.policy == snapshot.policy)
}

fn told(changes: &[Intervention]) -> Vec<&str> {
    changes.iter().map(|change| change.what.as_str()).collect()
}

#[tokio::test]
async fn queries_per_job_fall_when_the_scenario_leaves_the_seeds_policy() {
    let stage = Stage::shared().await;
    let long = CALM.replace("\"4s\"", "\"16s\"").replace("drain", "policy = \"seed\"\ndrain");
    let handle = stage.begin(&format!("{long}[[change]]\nat = \"8s\"\npolicy = \"default\"\n"));
    wait(&handle, |snapshot| snapshot.totals.completed > 0).await;
    let seed = queries_per_job(&handle).await;
    assert_eq!(wait(&handle, |_| true).await.policy, "seed", "the change has its time");
    wait(&handle, |snapshot| {
        snapshot.policy == "default" && snapshot.replica_rows.len() == 1 && is_followed(snapshot)
    })
    .await;
    let default = queries_per_job(&handle).await;
    assert!(seed > 1.4 * default, "{seed:.2}, then {default:.2}");

    let report = stage.end(handle).await;
    assert_eq!(told(&report.changes), ["policy becomes default"]);
    assert_eq!((report.changed_by_hand(), report.changes[0].second), (None, 8));
    assert_eq!(report.policy.name, "seed", "what the run began with");
    assert_eq!((report.jobs.failed, report.queries.acquire.failed), (0, 0), "closing is no failure");
    stage.close().await;
}

#[tokio::test]
async fn rate_workers_replicas_and_poll_become_what_the_scenario_says_and_a_recording_tells_the_same() {
    let stage = Stage::shared().await;
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("changing.clr");
    let changes = r#"
[[change]]
at = "2s"
workers = 25
fleet = "fleet-1"
replicas = 3
[[change]]
at = "1s"
rate = "200%"
workers = 30
replicas = 2
[[change]]
at = "3s"
backup_poll = "5s"
replicas = 1
policy = "default"
"#;
    let record = RecordOptions { events_max: 0, file: Some(file.clone()) };
    let handle = stage.begin_recorded(&format!("{CALM}{changes}"), record);
    // What lasts a second a busy machine may pass over: the rest is told when it is over.
    let poll = std::time::Duration::from_secs(5);
    let last = wait(&handle, |snapshot| {
        snapshot.backup_poll == poll && snapshot.replicas == 1 && snapshot.workers == 25
    })
    .await;
    assert!((last.posters[0].factor - 1.0).abs() < 1e-9 && (last.rate_factor - 2.0).abs() < 1e-9);
    assert!(last.interventions.iter().all(|made| made.by == By::Scenario), "{:?}", last.interventions);

    let report = stage.end(handle).await;
    // One second of 40 and three of 80, but for the moment that a change takes; without it there were 160.
    assert!((200..=282).contains(&report.jobs.posted), "{:?}", report.jobs);
    let expected = [
        "all rates become 200 % of the scenario's",
        "workers become 30",
        "replica 1 is added",
        "the workers of fleet \"fleet-1\" become 25",
        "replica 2 is added",
        "replica 2 is taken down",
        "replica 1 is taken down",
        "backup poll becomes 5s",
        "policy becomes default",
    ];
    assert_eq!(told(&report.changes), expected);
    let refused: Vec<_> = report.changes.iter().filter_map(|change| change.refused.as_deref()).collect();
    assert_eq!(refused, ["it is so already"]);
    assert_eq!(report.changed_by_hand(), None);

    let mut replay = Replay::open(&file, 0).unwrap();
    let replayed = replay.report(|_| {}).unwrap();
    assert_eq!(serde_json::to_value(&replayed).unwrap(), serde_json::to_value(&report).unwrap());
    let shown = replay.snapshot_at(replay.length()).unwrap().interventions.clone();
    let shown: Vec<_> = shown.iter().map(|made| (made.by, made.what.as_str())).collect();
    assert_eq!(shown, expected.map(|what| (By::Scenario, what)));
    stage.close().await;
}
