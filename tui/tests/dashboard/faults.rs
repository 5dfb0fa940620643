//! The Faults view: what its keys do, and how it looks.

use std::sync::Arc;
use std::time::Duration;

use clearance::keymap::{self, EVERYWHERE};
use clearance::model::{Place, View};
use clearance::theme::Theme;
use clearance::update::Command;
use crossterm::event::KeyCode;
use loadgen::control::Control;
use loadgen::scenario::policy::{Policy, Switch};
use loadgen::scenario::{Fault, FaultKind};
use loadgen::snapshot::{
    ActiveFault, By, DatabaseFacts, FaultRecord, Intervention, Meanwhile, ReplicaRow, Snapshot,
};

use crate::desk::Desk;
use crate::fixtures::{begin, calm, dropping, finished};

const SIZES: [(u16, u16); 4] = [(40, 12), (80, 24), (120, 40), (200, 60)];

fn record(name: &str, parameter: &str, began: u64, ended: Option<u64>, meanwhile: Meanwhile) -> FaultRecord {
    FaultRecord {
        name: name.to_owned(),
        parameter: parameter.to_owned(),
        began: Duration::from_secs(began),
        ended: ended.map(Duration::from_secs),
        meanwhile,
        ..FaultRecord::default()
    }
}

/// Two faults at work, one of them until it is ended; three that are over, one of which did nothing.
pub(crate) fn breaking() -> Snapshot {
    let dropped = Meanwhile {
        late: 12,
        longest_wait: Duration::from_millis(9_400),
        rescued: 142,
        swallowed: 1_034,
        ..Meanwhile::default()
    };
    let killed =
        Meanwhile { losses_signalled: 3, longest_wait: Duration::from_millis(31), ..Meanwhile::default() };
    let calm_one = Meanwhile { longest_wait: Duration::from_millis(31), ..Meanwhile::default() };
    let failed = FaultRecord {
        failure: Some("this server is not clearance's to stop".to_owned()),
        ..record("database_pause", "", 20, Some(20), calm_one)
    };
    let deaf = FaultRecord { replica: Some(1), ..record("deaf_listener", "", 31, None, calm_one) };
    let records = [
        record("drop_notifications", "100%", 2, Some(12), dropped),
        record("kill_listener", "", 15, Some(15), killed),
        failed,
        deaf,
        record("database_latency", "20ms", 36, None, calm_one),
    ];
    let at_work = |name: &str, parameter: &str, age, left| ActiveFault {
        name: name.to_owned(),
        parameter: parameter.to_owned(),
        replica: None,
        age: Duration::from_secs(age),
        left,
    };
    let order = |at, what: &str, refused: Option<&str>| Intervention {
        at: Duration::from_secs(at),
        by: By::Hand,
        subject: "policy".to_owned(),
        what: what.to_owned(),
        refused: refused.map(str::to_owned),
    };
    Snapshot {
        interventions: Arc::new(vec![
            order(18, "policy becomes seed", None),
            order(25, "one replica fewer", Some("the last one stays")),
        ]),
        faults: vec![
            ActiveFault { replica: Some(1), ..at_work("deaf_listener", "", 11, None) },
            at_work("database_latency", "20ms", 6, Some(Duration::from_secs(4))),
        ],
        fault_records: Arc::new(records.into_iter().map(Arc::new).collect()),
        ..dropping()
    }
}

fn at_every_size(name: &str, theme: Theme, snapshot: &Snapshot, keys: &str) {
    for (width, height) in SIZES {
        let mut desk = Desk::with(theme, width, height);
        desk.show(snapshot.clone()).keys("6").keys(keys);
        insta::assert_snapshot!(format!("{name}_{width}x{height}"), desk.screen());
    }
}

#[test]
fn faults_at_work_with_their_time_left_and_what_others_did() {
    at_every_size("faults_breaking", Theme::new(false, false), &breaking(), "jjjjj");
}

#[test]
fn faults_without_box_glyphs() {
    at_every_size("faults_ascii", Theme::new(true, false), &breaking(), "jjjjjjjj");
}

#[test]
fn faults_before_anything_went_wrong() {
    at_every_size("faults_calm", Theme::new(false, false), &calm(), "");
}

#[test]
fn selected_fault_is_explained_at_80_by_24_however_many_faults_there_are() {
    let mut desk = Desk::new(80, 24);
    desk.show(calm()).keys("6");
    for kind in FaultKind::ALL {
        let screen = desk.screen();
        assert!(screen.contains(&kind.about()[..25]), "{}: {screen}", kind.name());
        desk.keys("j");
    }
}

#[test]
fn lists_are_shown_one_at_a_time_where_there_is_no_room_for_two() {
    let mut desk = Desk::new(40, 12);
    desk.show(breaking()).keys("6").press(KeyCode::PageDown);
    insta::assert_snapshot!("faults_controls_40x12", desk.screen());
    desk.press(KeyCode::PageDown);
    insta::assert_snapshot!("faults_history_40x12", desk.screen());
}

#[test]
fn every_fault_has_a_key_that_begins_it() {
    let bindings: Vec<_> = keymap::bindings_of(View::Faults).iter().chain(EVERYWHERE).collect();
    for kind in FaultKind::ALL {
        let action = keymap::Action::Faults(keymap::faults::Action::Toggle(kind.name()));
        let Some(binding) = bindings.iter().find(|binding| binding.action == action) else {
            panic!("{} has no key", kind.name())
        };
        let mut desk = Desk::new(80, 24);
        desk.show(calm()).keys("6").keys(binding.keys[0]);
        let Some(Command::Control(Control::BeginFault { fault })) = desk.commands.first() else {
            panic!("{} {:?}", kind.name(), desk.commands)
        };
        assert_eq!(fault.kind, kind);
        assert_eq!(fault.length.is_none(), kind.is_of_a_moment() || kind.name() == "drop_notifications");
    }
}

#[test]
fn row_is_changed_by_its_keys_and_begun_as_it_stands() {
    let mut desk = Desk::new(80, 24);
    // delay_notifications: 500ms becomes 2s; 10s become 30s; the replica is 1.
    desk.show(calm()).keys("6jl]nn").press(KeyCode::Enter);
    let kind = FaultKind::DelayNotifications(Duration::from_secs(2));
    let length = Some(Duration::from_secs(30));
    let fault = Fault { at: Duration::ZERO, length, replica: Some(1), kind };
    assert_eq!(desk.commands, [Command::Control(Control::BeginFault { fault })]);
    assert!(
        desk.screen().contains("delay_notifications 2s on replica 1 begins, for 30s"),
        "{}",
        desk.screen()
    );
}

#[test]
fn what_a_fault_does_not_have_is_said_rather_than_changed() {
    let mut desk = Desk::new(80, 24);
    desk.show(calm()).keys("6").keys("jjjj");
    for (key, word) in [("l", "no parameter"), ("]", "no length")] {
        desk.keys(key);
        assert!(desk.screen().contains(&format!("kill_listener has {word}")), "{}", desk.screen());
    }
    desk.keys("jjjjn");
    assert!(desk.screen().contains("database_pause has no replica"), "{}", desk.screen());
    assert_eq!(desk.commands, []);
}

#[test]
fn fault_at_work_is_ended_by_its_key_in_every_view_and_a_moment_happens_again() {
    let mut snapshot = breaking();
    for name in ["drop_notifications", "kill_listener"] {
        snapshot.faults.push(ActiveFault { name: name.to_owned(), ..ActiveFault::default() });
    }
    for view in ["1", "2", "6", "7"] {
        let mut desk = Desk::new(80, 24);
        desk.show(snapshot.clone()).keys(view).keys("dK");
        let end = Control::EndFault { name: "drop_notifications".to_owned() };
        assert_eq!(
            desk.commands,
            [Command::Control(end), Command::Control(begin(FaultKind::KillListener))],
            "{view}"
        );
    }
}

#[test]
fn server_of_somebody_else_is_not_asked_to_stop() {
    let url = DatabaseFacts { kind: "url".to_owned(), ..DatabaseFacts::default() };
    let mut desk = Desk::new(120, 40);
    desk.show(Snapshot { database: url, ..calm() }).keys("6prx");
    assert_eq!(desk.commands, []);
    let screen = desk.screen();
    assert!(screen.contains("database_kill: this server is not clearance's to stop"), "{screen}");
    assert_eq!(screen.matches("not here").count(), 3, "{screen}");
}

#[test]
fn run_that_is_over_breaks_no_more() {
    let mut desk = Desk::new(80, 24);
    desk.show(finished()).keys("6").press(KeyCode::Enter);
    assert_eq!(desk.commands, []);
    assert!(desk.screen().contains("the run is over"));
}

#[test]
fn cursor_goes_through_faults_controls_and_history_and_back_to_the_fault_that_it_was() {
    let mut desk = Desk::new(80, 24);
    desk.show(breaking()).keys("6G");
    assert_eq!(desk.model.faults.place, Place::Past(6));
    desk.press(KeyCode::PageUp);
    assert_eq!(desk.model.faults.place, Place::Past(0), "the newest comes first");
    desk.press(KeyCode::Enter);
    assert_eq!((desk.model.faults.place, &*desk.commands), (Place::Fault(7), &[] as &[_]));
    desk.press(KeyCode::PageDown);
    assert_eq!(desk.model.faults.place, Place::Dial(0));
    desk.keys("G").show(calm());
    assert_eq!(desk.model.faults.place, Place::Fault(0), "what is not there is not selected");
}

#[test]
fn dials_are_turned_by_the_arrows() {
    let mut desk = Desk::new(120, 40);
    desk.show(calm()).keys("6").press(KeyCode::PageDown).keys("ljhjljhjl");
    // Past the posters, to the first fleet.
    desk.keys("jjlh");
    let fleet = |workers| Control::AddToFleet { name: "cloud".to_owned(), workers };
    let orders = [
        Control::SetPolicy(Policy::seed()),
        Control::SetBackupPoll(Duration::from_secs(20)),
        Control::AddReplica,
        Control::ScaleRate(0.8),
        Control::ScalePoster { name: "builds".to_owned(), factor: 1.25 },
        fleet(36),
        fleet(-36),
    ];
    assert_eq!(desk.commands, orders.map(Command::Control));
    desk.commands.clear();
    desk.keys("jj").press(KeyCode::Enter);
    let mut policy = Policy::default();
    policy.set(Switch::Chain, "always").expect("a value of it");
    assert_eq!(desk.commands, [Command::Control(Control::SetPolicy(policy))]);
}

#[test]
fn policy_says_how_many_replicas_follow_it_until_all_do() {
    let mut snapshot = calm();
    snapshot.policy = "seed".to_owned();
    snapshot.switches = Policy::seed();
    snapshot.replica_rows[0] = ReplicaRow { policy: "seed".to_owned(), ..snapshot.replica_rows[0].clone() };
    let mut desk = Desk::new(120, 40);
    assert!(desk.show(snapshot.clone()).keys("6").screen().contains("seed on 1 of 3"), "{}", desk.screen());
    snapshot.replica_rows.iter_mut().for_each(|row| row.policy = "seed".to_owned());
    assert!(!desk.show(snapshot).screen().contains(" of 3"), "{}", desk.screen());
}

#[test]
fn y_copies_a_fault_or_what_was_done() {
    let mut desk = Desk::new(80, 24);
    desk.show(breaking()).keys("6y").press(KeyCode::PageDown).press(KeyCode::PageDown).keys("jjyGy");
    let copied = [
        "drop_notifications 100%",
        "00:25 order one replica fewer: refused: the last one stays",
        "00:02 10s drop_notifications 100%: 142 rescued, 12 late, up to 9.4s, 1,034 notices swallowed",
    ];
    assert_eq!(desk.commands, copied.map(|text| Command::Copy(text.to_owned())));
}

#[test]
fn key_of_a_fault_goes_to_its_row() {
    let mut desk = Desk::new(80, 24);
    desk.show(calm()).keys("6t");
    assert_eq!(desk.model.faults.selected().map(|plan| plan.kind.name()), Some("database_latency"));
}
