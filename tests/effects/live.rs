//! Faults that a person begins and ends while the run goes on.

use std::time::Duration;

use loadgen::control::Control;
use loadgen::scenario::{Fault, FaultKind};

use crate::stage::{CALM, Stage};

/// The order that begins a fault now.
pub(crate) fn by_hand(kind: FaultKind, length: Option<Duration>) -> Control {
    Control::BeginFault { fault: Fault { at: Duration::ZERO, length, replica: None, kind } }
}

#[tokio::test]
async fn every_kind_begins_and_ends_on_an_order() {
    let stage = Stage::own().await;
    // Longer than all of it takes; the interruption ends it.
    let handle = stage.begin(&CALM.replace("\"4s\"", "\"100s\""));
    let (controls, mut snapshots) = (handle.controls(), handle.snapshots());
    snapshots.wait_for(|snapshot| snapshot.totals.completed > 0).await.unwrap();
    for kind in FaultKind::ALL {
        let name = kind.name();
        controls.send(by_hand(kind, None)).unwrap();
        let mut events = handle.events().read(0);
        while !events.faults.iter().any(|fault| fault.name == name && fault.parameter == kind.parameter()) {
            snapshots.changed().await.unwrap();
            events = handle.events().read(0);
        }
        controls.send(Control::EndFault { name: name.to_owned() }).unwrap();
        let is_over = |snapshot: &std::sync::Arc<loadgen::snapshot::Snapshot>| snapshot.faults.is_empty();
        snapshots.wait_for(is_over).await.unwrap();
    }
    let completed = snapshots.borrow().totals.completed;
    snapshots.wait_for(|snapshot| snapshot.totals.completed > completed + 10).await.unwrap();
    controls.send(Control::Interrupt).unwrap();
    let report = handle.finish().await.unwrap();
    assert!(report.run.interrupted && report.audit.ok, "{:?}", report.audit);
    stage.close().await;
}

#[tokio::test]
async fn an_order_with_a_length_shows_the_time_that_is_left_and_ends_by_itself() {
    let stage = Stage::shared().await;
    let handle = stage.begin(CALM);
    let (controls, mut snapshots) = (handle.controls(), handle.snapshots());
    snapshots.wait_for(|snapshot| snapshot.totals.completed > 0).await.unwrap();
    controls.send(by_hand(FaultKind::PausePosters, Some(Duration::from_secs(1)))).unwrap();
    Stage::fault(&handle, "pause_posters").await;
    let left = snapshots.borrow().faults[0].left.unwrap();
    assert!(left <= Duration::from_secs(1), "{left:?}");
    snapshots.wait_for(|snapshot| snapshot.target_rate < 1.0).await.unwrap();
    snapshots.wait_for(|snapshot| snapshot.faults.is_empty()).await.unwrap();
    stage.end(handle).await;
    stage.close().await;
}

#[tokio::test]
async fn what_cannot_be_carried_out_says_why_in_the_record_and_is_not_at_work() {
    let stage = Stage::shared().await;
    let handle = stage.begin(CALM);
    let (controls, mut snapshots) = (handle.controls(), handle.snapshots());
    snapshots.wait_for(|snapshot| snapshot.totals.completed > 0).await.unwrap();
    controls.send(by_hand(FaultKind::DatabaseKill, None)).unwrap();
    let is_told = |snapshot: &std::sync::Arc<loadgen::snapshot::Snapshot>| {
        snapshot.fault_records.iter().any(|record| record.failure.is_some() && record.ended.is_some())
    };
    let snapshot = snapshots.wait_for(is_told).await.unwrap().clone();
    let failure = snapshot.fault_records[0].failure.as_deref().unwrap();
    assert!(failure.contains("not clearance's to stop"), "{failure}");
    assert_eq!(snapshot.faults, []);
    stage.end(handle).await;
    stage.close().await;
}
