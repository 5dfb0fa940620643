//! Replicas that come, go, and are deployed anew under other rules while a run goes on.

use std::sync::Arc;
use std::time::Duration;

use loadgen::control::Control;
use loadgen::record::{RecordOptions, Replay};
use loadgen::run::RunHandle;
use loadgen::scenario::FaultKind;
use loadgen::scenario::policy::Policy;
use loadgen::snapshot::{Snapshot, Totals};

use crate::live::by_hand;
use crate::stage::{CALM, Stage};

/// A hundred jobs a second for so long, for workers that take a moment.
fn busy(length: &str) -> String {
    CALM.replace("\"4s\"", &format!("{length:?}")).replace("rate = 40", "rate = 100")
}

pub(crate) async fn wait(handle: &RunHandle, until: impl Fn(&Snapshot) -> bool) -> Arc<Snapshot> {
    let mut snapshots = handle.snapshots();
    let found = snapshots.wait_for(|snapshot: &Arc<Snapshot>| until(snapshot)).await.unwrap();
    Arc::clone(&found)
}

/// Gives an order, and waits until all replicas that are to be there are there and follow it.
async fn order(handle: &RunHandle, order: Control, is_done: impl Fn(&Snapshot) -> bool) {
    handle.controls().send(order).unwrap();
    wait(handle, |snapshot| {
        let is_followed = snapshot
            .replica_rows
            .iter()
            .all(|row| row.policy == snapshot.policy && row.backup_poll == snapshot.backup_poll);
        is_followed && is_done(snapshot)
    })
    .await;
}

/// Acquire queries for each job, over the next 120 jobs.
pub(crate) async fn queries_per_job(handle: &RunHandle) -> f64 {
    let queries = |totals: &Totals| totals.queries_found + totals.queries_empty + totals.queries_failed;
    let before = wait(handle, |_| true).await.totals;
    let after = wait(handle, |snapshot| snapshot.totals.acquired >= before.acquired + 120).await.totals;
    (queries(&after) - queries(&before)) as f64 / (after.acquired - before.acquired) as f64
}

#[tokio::test]
async fn queries_per_job_fall_and_rise_with_the_policy_inside_one_run() {
    let stage = Stage::shared().await;
    let handle = stage.begin(&CALM.replace("\"4s\"", "\"15s\""));
    wait(&handle, |snapshot| snapshot.totals.completed > 0).await;
    let default = queries_per_job(&handle).await;
    order(&handle, Control::SetPolicy(Policy::seed()), |snapshot| {
        snapshot.policy == "seed" && snapshot.switches == Policy::seed() && snapshot.replica_rows.len() == 1
    })
    .await;
    let seed = queries_per_job(&handle).await;
    order(&handle, Control::SetPolicy(Policy::default()), |snapshot| {
        snapshot.policy == "default" && snapshot.replica_rows.len() == 1
    })
    .await;
    let again = queries_per_job(&handle).await;
    // About one against two; on a machine that is late with everything, one query finds several jobs' worth.
    assert!(seed > 1.4 * default.max(again), "{default:.2}, then {seed:.2}, then {again:.2}");

    let report = stage.end(handle).await;
    assert_eq!((report.jobs.failed, report.queries.acquire.failed), (0, 0), "closing is no failure");
    assert_eq!(report.queries.acquire.max_in_flight_per_domain, 1, "one acquirer at a time");
    let told: Vec<_> = report.interventions.iter().map(|made| made.what.as_str()).collect();
    assert_eq!(told, ["policy becomes seed", "policy becomes default"]);
    assert_eq!(report.policy.name, "default", "what was asked for stays what was asked for");
    stage.close().await;
}

#[tokio::test]
async fn five_changes_under_load_lose_double_and_strand_nothing_and_a_recording_tells_the_same() {
    let stage = Stage::shared().await;
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("changed.clr");
    let scenario = busy("20s").replace("drain", "replicas = 2\ndrain");
    let handle = stage.begin_recorded(&scenario, RecordOptions { events_max: 0, file: Some(file.clone()) });
    wait(&handle, |snapshot| snapshot.totals.completed > 50).await;

    order(&handle, Control::SetPolicy(Policy::seed()), |snapshot| snapshot.replica_rows.len() == 2).await;
    let poll = Duration::from_secs(5);
    order(&handle, Control::SetBackupPoll(poll), |snapshot| {
        snapshot.backup_poll == poll && snapshot.replica_rows.len() == 2
    })
    .await;
    order(&handle, Control::RemoveReplica { number: Some(0) }, |snapshot| snapshot.replicas == 1).await;
    order(&handle, Control::AddReplica, |snapshot| snapshot.replicas == 2).await;
    order(&handle, Control::SetPolicy(Policy::default()), |snapshot| snapshot.replica_rows.len() == 2).await;
    // Those who end a job move to the replica that came, which has the number of the one that went.
    let shared = wait(&handle, |snapshot| {
        let waiting = |number| {
            let on = snapshot.domains[0].replicas.iter().find(|on| on.replica == number);
            on.map_or(0, |on| on.waiting)
        };
        waiting(0) > 3 && waiting(1) > 3
    })
    .await;
    assert_eq!(shared.workers, 20);

    let report = stage.end(handle).await;
    assert_eq!((report.jobs.failed, report.queries.acquire.failed), (0, 0), "closing is no failure");
    assert_eq!(report.queries.acquire.max_in_flight_per_domain, 1);
    assert_eq!(report.interventions.len(), 5, "{:?}", report.interventions);
    assert_eq!(report.rescued_by_backup_poll, 0, "nobody slept beside work");
    let rows: Vec<_> = report.domains.iter().map(|row| (row.replica, row.acquired > 0)).collect();
    assert_eq!(rows, [(0, true), (1, true)]);
    assert_eq!(report.domains.iter().map(|row| row.acquired).sum::<u64>(), report.jobs.acquired);

    let mut replay = Replay::open(&file, 0).unwrap();
    let replayed = replay.report(|_| {}).unwrap();
    assert_eq!(serde_json::to_value(&replayed).unwrap(), serde_json::to_value(&report).unwrap());
    let last = replay.snapshot_at(replay.length()).unwrap();
    assert_eq!((last.policy.as_str(), last.backup_poll, last.interventions.len()), ("default", poll, 5));
    stage.close().await;
}

#[tokio::test]
async fn what_cannot_be_is_refused_with_a_reason() {
    let stage = Stage::shared().await;
    let bound = busy("100s").replace("[[fleet]]\n", "[[fleet]]\nname = \"bound\"\nreplica = 0\n");
    let handle = stage.begin(&bound);
    wait(&handle, |snapshot| snapshot.totals.completed > 0).await;
    let orders = [
        (
            Control::RemoveReplica { number: None },
            "one replica stays: without any, nobody would wait for jobs",
        ),
        (Control::RemoveReplica { number: Some(7) }, "there is no replica 7; there are 0"),
        (Control::SetBackupPoll(Duration::ZERO), "it is longer than 0s and 24h at most"),
        (Control::SetPolicy(Policy::default()), "it is so already"),
    ];
    for (order, _) in &orders {
        handle.controls().send(order.clone()).unwrap();
    }
    // The tests' run may use 40 connections, of which one replica more gets what is left.
    order(&handle, Control::AddReplica, |snapshot| snapshot.replicas == 2).await;
    handle.controls().send(Control::AddReplica).unwrap();
    handle.controls().send(Control::RemoveReplica { number: Some(0) }).unwrap();
    let snapshot = wait(&handle, |snapshot| snapshot.interventions.len() == orders.len() + 3).await;
    let refused: Vec<_> = snapshot.interventions.iter().filter_map(|made| made.refused.as_deref()).collect();
    let mut expected: Vec<_> = orders.iter().map(|(_, why)| *why).collect();
    expected.push(
        "the 40 connections that the run may use are shared out; take another replica down first, or give the \
         database a higher max_connections",
    );
    expected.push("fleet \"bound\" asks replica 0 and no other");
    assert_eq!(refused, expected);
    // Nobody is bound to the other.
    order(&handle, Control::RemoveReplica { number: None }, |snapshot| snapshot.replicas == 1).await;
    handle.controls().send(Control::Interrupt).unwrap();
    let report = handle.finish().await.unwrap();
    assert!(report.audit.ok, "{:?}", report.audit);
    let told: Vec<_> = report.interventions.iter().map(|made| made.what.as_str()).collect();
    assert_eq!(told, ["replica 1 is added", "replica 1 is taken down"], "what was refused changed nothing");
    stage.close().await;
}

#[tokio::test]
async fn a_replica_that_comes_while_a_fault_is_at_work_is_hit_as_well() {
    let stage = Stage::shared().await;
    let handle = stage.begin(&busy("5s"));
    wait(&handle, |snapshot| snapshot.totals.completed > 0).await;
    handle.controls().send(by_hand(FaultKind::DropNotifications(1.0), None)).unwrap();
    Stage::fault(&handle, "drop_notifications").await;
    order(&handle, Control::AddReplica, |snapshot| snapshot.replicas == 2).await;
    let before = wait(&handle, |_| true).await.totals;
    let after = wait(&handle, |snapshot| snapshot.totals.posted > before.posted + 50).await.totals;
    assert!(after.notifications_suppressed >= before.notifications_suppressed + 100, "both hear nothing");
    assert_eq!(after.notifications_received, before.notifications_received);
    handle.controls().send(Control::EndFault { name: "drop_notifications".to_owned() }).unwrap();
    let ended = wait(&handle, |snapshot| snapshot.faults.is_empty()).await.totals;
    wait(&handle, |snapshot| snapshot.totals.notifications_received > ended.notifications_received).await;
    stage.end(handle).await;
    stage.close().await;
}
