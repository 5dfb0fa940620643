//! What a report says of what was changed while its run went on.

use super::*;

#[test]
fn what_was_changed_by_hand_is_the_first_note_and_kept_in_json() {
    let made = |second, what: &str| Intervention { second, what: what.to_owned(), refused: None };
    let mut report = Report { interventions: vec![made(12, "policy becomes seed")], ..fixed() };
    assert_eq!(
        report.notes()[0],
        "changed by hand, so that it is not the run of its scenario: policy becomes seed (at 12 s)"
    );
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["interventions"], serde_json::json!([{ "second": 12, "what": "policy becomes seed" }]));
    report.interventions = (0..20).map(|second| made(second, "workers become 9")).collect();
    assert!(report.notes()[0].ends_with("(at 19 s); 15 more"), "{}", report.notes()[0]);
}

#[test]
fn what_the_scenario_changed_is_told_as_its_own_and_what_it_could_not_with_the_reason() {
    let made = |second, what: &str, refused: Option<&str>| {
        let (what, refused) = (what.to_owned(), refused.map(str::to_owned));
        Intervention { second, what, refused }
    };
    let changes = vec![made(12, "policy becomes seed", None), made(20, "one more replica", Some("no room"))];
    let report = Report { changes, ..fixed() };
    assert_eq!(report.changed_by_hand(), None);
    assert_eq!(
        report.notes()[..2],
        [
            "the scenario's change at 20 s was refused: one more replica: no room",
            "changed by the scenario: policy becomes seed (at 12 s)"
        ]
    );
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["changes"][0], serde_json::json!({ "second": 12, "what": "policy becomes seed" }));
    assert_eq!(json["changes"][1]["refused"], "no room");
}
