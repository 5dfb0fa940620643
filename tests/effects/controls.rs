//! Orders that change a run while it goes on.

use std::sync::Arc;

use loadgen::control::Control;
use loadgen::snapshot::Snapshot;

use crate::stage::{CALM, Stage};

/// Two fleets and two posters, for as long as it takes; the interruption ends it.
fn two_of_each() -> String {
    let fleets = "[[fleet]]\nname = \"small\"\nworkers = 2\nprovisioners = [\"terraform\"]\n\
                  service_time = { constant = \"2ms\" }\n";
    let posters = "[[poster]]\nname = \"other\"\nstages = [{ for = \"100s\", rate = 10 }]\n\
                   [[poster.mix]]\nprovisioner = \"terraform\"\n";
    format!("{}{fleets}{posters}", CALM.replace("\"4s\"", "\"100s\""))
}

fn workers(snapshot: &Snapshot) -> Vec<usize> {
    snapshot.fleets.iter().map(|fleet| fleet.workers).collect()
}

fn rates(snapshot: &Snapshot) -> Vec<f64> {
    snapshot.posters.iter().map(|poster| poster.target_rate.round()).collect()
}

#[tokio::test]
async fn one_fleet_and_one_poster_are_changed_by_name_and_the_report_says_so() {
    let stage = Stage::shared().await;
    let handle = stage.begin(&two_of_each());
    let (controls, mut snapshots) = (handle.controls(), handle.snapshots());
    let is_all_there =
        |snapshot: &Arc<Snapshot>| workers(snapshot) == [20, 2] && rates(snapshot) == [40.0, 10.0];
    snapshots.wait_for(is_all_there).await.unwrap();

    controls.send(Control::AddToFleet { name: "small".to_owned(), workers: 5 }).unwrap();
    controls.send(Control::ScalePoster { name: "other".to_owned(), factor: 3.0 }).unwrap();
    let is_changed =
        |snapshot: &Arc<Snapshot>| workers(snapshot) == [20, 7] && rates(snapshot) == [40.0, 30.0];
    snapshots.wait_for(is_changed).await.unwrap();
    controls.send(Control::ScaleRate(0.5)).unwrap();
    controls.send(Control::AddToFleet { name: "small".to_owned(), workers: -50 }).unwrap();
    controls.send(Control::AddToFleet { name: "smal".to_owned(), workers: 1 }).unwrap();
    let is_changed = |snapshot: &Arc<Snapshot>| {
        workers(snapshot) == [20, 1] && rates(snapshot) == [20.0, 15.0] && snapshot.interventions.len() == 5
    };
    let last = snapshots.wait_for(is_changed).await.unwrap().clone();
    let refused: Vec<_> = last.interventions.iter().filter_map(|made| made.refused.as_deref()).collect();
    assert_eq!(refused, ["no fleet has the name \"smal\"; did you mean \"small\"?"]);

    controls.send(Control::Interrupt).unwrap();
    let report = handle.finish().await.unwrap();
    assert!(report.audit.ok, "{:?}", report.audit);
    let told: Vec<_> = report.interventions.iter().map(|made| made.what.as_str()).collect();
    assert_eq!(
        told,
        [
            "the workers of fleet \"small\" become 7",
            "the rate of poster \"other\" becomes 300 % of the scenario's",
            "all rates become 50 % of the scenario's",
            "the workers of fleet \"small\" become 1",
        ]
    );
    stage.close().await;
}
