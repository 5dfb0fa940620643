//! One domain of a run that goes on, looked at closely.

use std::sync::Arc;

use loadgen::control::Control;
use loadgen::record::RecordOptions;
use loadgen::snapshot::Snapshot;

use crate::stage::{CALM, Stage};

/// Two fleets of a domain each, one of whose jobs nobody posts for as long as it takes; the interruption ends it.
fn quiet() -> String {
    let fleet = "[[fleet]]\nname = \"quiet\"\nworkers = 250\nprovisioners = [\"terraform\"]\n\
                 service_time = { constant = \"2ms\" }\n";
    format!("{}{fleet}", CALM.replace("\"4s\"", "\"100s\""))
}

#[tokio::test]
async fn page_of_a_domain_lists_who_waits_in_order_up_to_a_bound_and_is_empty_after_the_run() {
    let stage = Stage::shared().await;
    let record = RecordOptions { events_max: 1, ..RecordOptions::default() };
    let handle = stage.begin_recorded(&quiet(), record);
    let (controls, domains, mut snapshots) = (handle.controls(), handle.domains(), handle.snapshots());
    let is_all_there = |snapshot: &Arc<Snapshot>| {
        let waiting = snapshot.domains.iter().flat_map(|row| &row.replicas).map(|replica| replica.waiting);
        snapshot.totals.acquired > 0 && waiting.max() == Some(250)
    };
    let snapshot = snapshots.wait_for(is_all_there).await.unwrap().clone();
    let number = |kind: &str| {
        let row = snapshot.domains.iter().find(|row| row.provisioners[0].as_str() == kind);
        row.unwrap().number
    };

    let page = domains.read(number("terraform")).unwrap();
    let replica = &page.replicas[0];
    assert_eq!((replica.acquirees.len(), replica.acquirees_more), (200, 50));
    assert!(replica.acquirees[0].worker.starts_with("quiet "), "{:?}", replica.acquirees[0]);
    assert!(replica.acquirees.is_sorted_by(|before, after| before.waited >= after.waited));
    assert!(replica.acquirees.iter().all(|acquiree| !acquiree.waited.is_zero()));
    assert_eq!(replica.live.as_ref().unwrap().tokens, []);
    assert_eq!((page.backlog.len(), page.queue_wait.count), (0, 0));
    assert!(domains.read(number("echo")).unwrap().queue_wait.count > 0);
    assert_eq!(domains.read(99), None);

    controls.send(Control::Interrupt).unwrap();
    handle.finish().await.unwrap();
    let replica = &domains.read(number("terraform")).unwrap().replicas[0];
    assert_eq!((replica.acquirees.len(), replica.live.as_ref()), (0, None));
    stage.close().await;
}
