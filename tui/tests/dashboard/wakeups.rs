//! The Wakeups view: what its keys do, and how it looks.

use std::sync::Arc;
use std::time::Duration;

use clearance::model::{Landmark, View};
use clearance::theme::Theme;
use clearance::update::{Command, Message};
use crossterm::event::KeyCode;
use loadgen::measure::{Events, FaultName, LoggedEvent, What};
use loadgen::snapshot::{Cause, ClearanceId, DomainSpec, Posting, ProvisionerType, RootCause, Tags};

use crate::desk::Desk;
use crate::fixtures::calm;

const SIZES: [(u16, u16); 4] = [(40, 12), (80, 24), (120, 40), (200, 60)];

/// Job 1 is announced and taken; a query that finds nothing follows; the notice of job 2 is swallowed and the poll
/// finds it, three seconds later; a query of the other domain fails.
fn events() -> Events {
    let spec = |kind, pairs: &[(&str, &str)]| {
        Arc::new(DomainSpec::new(&[kind], &Tags::from_pairs(pairs.iter().copied()).expect("no NUL")))
    };
    let event = |ms: u64, domain: Option<u32>, what| LoggedEvent {
        at: Duration::from_millis(ms),
        replica: (!matches!(what, What::Posted { .. } | What::FaultBegan { .. })).then_some(1),
        domain,
        what,
    };
    let cleared = |id, cause, root, parent: Option<u64>| What::Cleared {
        clearance: ClearanceId(id),
        cause,
        root,
        parent: parent.map(ClearanceId),
    };
    let asks = |id| What::QueryStarted { clearance: ClearanceId(id), acquirees: 1 };
    let found = |id| What::QueryFound { clearance: ClearanceId(id), jobs: 1 };
    let handed = |job, id, is_rescued| What::HandedOver { job, clearance: ClearanceId(id), is_rescued };
    let all = [
        event(36_000, None, What::Posted { job: 1, shape: 0 }),
        event(36_001, Some(1), What::NoticeReceived { job: Some(1) }),
        event(36_001, Some(1), cleared(1, Cause::Posting, RootCause::Posting, None)),
        event(36_002, Some(1), asks(1)),
        event(36_010, Some(1), found(1)),
        event(36_010, Some(1), handed(1, 1, false)),
        event(36_010, Some(1), cleared(2, Cause::Chained, RootCause::Posting, Some(1))),
        event(36_011, Some(1), asks(2)),
        event(36_400, Some(1), What::Pended { root: RootCause::Posting }),
        event(36_500, Some(1), What::QueryEmpty { clearance: ClearanceId(2) }),
        event(37_000, None, What::FaultBegan { fault: 0 }),
        event(38_000, None, What::Posted { job: 2, shape: 0 }),
        event(38_001, None, What::NoticeSwallowed { job: Some(2), shape: Some(0) }),
        event(39_000, Some(0), cleared(3, Cause::First, RootCause::First, None)),
        event(39_000, Some(0), asks(3)),
        event(39_500, Some(0), What::QueryFailed { clearance: ClearanceId(3) }),
        event(41_000, Some(1), cleared(4, Cause::BackupPoll, RootCause::BackupPoll, None)),
        event(41_000, Some(1), asks(4)),
        event(41_250, Some(1), found(4)),
        event(41_250, Some(1), handed(2, 4, true)),
        event(41_500, Some(0), cleared(5, Cause::BackupPoll, RootCause::BackupPoll, None)),
        event(41_500, Some(0), asks(5)),
    ];
    let on_prem = Tags::from_pairs([("environment", "on-prem")]).expect("no NUL");
    let mut events = Events::of(0, &all);
    events.domains = Arc::new(vec![
        spec(ProvisionerType::Echo, &[]),
        spec(ProvisionerType::Terraform, &[("environment", "on-prem")]),
    ]);
    events.shapes =
        Arc::new([Posting { provisioner: ProvisionerType::Terraform, tags: on_prem, job_id: None }]);
    events.faults = Arc::new(vec![FaultName { name: "drop_notifications".into(), parameter: "100%".into() }]);
    events
}

pub(crate) fn desk(theme: Theme, (width, height): (u16, u16)) -> Desk {
    let mut desk = Desk::with(theme, width, height);
    desk.show(calm()).tell(Message::Events(events())).keys("3");
    desk
}

pub(crate) fn unicode(size: (u16, u16)) -> Desk {
    desk(Theme::new(false, false), size)
}

#[test]
fn lanes_show_what_woke_whom() {
    for size in SIZES {
        insta::assert_snapshot!(format!("wakeups_{}x{}", size.0, size.1), unicode(size).screen());
        let ascii = desk(Theme::new(true, true), size).screen();
        assert!(ascii.is_ascii(), "{ascii}");
        insta::assert_snapshot!(format!("wakeups_ascii_{}x{}", size.0, size.1), ascii);
    }
}

#[test]
fn y_copies_the_lanes_domain_or_the_story_of_what_is_pointed_at() {
    let mut desk = unicode((80, 24));
    desk.keys("y");
    assert_eq!(desk.commands, [Command::Copy("echo".to_owned())]);
    desk.keys("Ry");
    let [_, Command::Copy(story)] = desk.commands.as_slice() else { panic!("{:?}", desk.commands) };
    insta::assert_snapshot!(story);
}

#[test]
fn story_tells_the_whole_chain() {
    for size in SIZES {
        let mut desk = unicode(size);
        desk.keys("R").press(KeyCode::Enter);
        insta::assert_snapshot!(format!("wakeups_story_{}x{}", size.0, size.1), desk.screen());
    }
}

#[test]
fn story_is_the_same_wherever_in_it_somebody_points() {
    let mut desk = unicode((120, 40));
    desk.keys("R").press(KeyCode::Enter);
    let told = desk.model.wakeups.story().expect("a story");
    assert!(told.conclusion.starts_with("waited 3.25 s: 3.00 s without any notice"), "{told:?}");
    desk.press(KeyCode::Esc).keys("M");
    let from_notice = desk.model.wakeups.story().expect("a story");
    assert_eq!(from_notice.conclusion, told.conclusion);
    assert_eq!(from_notice.chapters, told.chapters);
}

#[test]
fn chained_query_tells_of_the_one_before() {
    let mut desk = unicode((120, 40));
    desk.keys("j");
    let is_empty_query = |desk: &Desk| {
        let pointed = desk.model.wakeups.pointed.and_then(|number| desk.model.wakeups.event(number));
        matches!(pointed.map(|event| event.what), Some(What::QueryEmpty { .. }))
    };
    while !is_empty_query(&desk) {
        let before = desk.model.wakeups.pointed;
        desk.press(KeyCode::Left);
        assert_ne!(desk.model.wakeups.pointed, before, "the lane has an empty query");
    }
    let story = desk.model.wakeups.story().expect("a story");
    let texts: Vec<&str> = story.chapters.iter().map(|chapter| chapter.text.as_str()).collect();
    assert_eq!(texts[0], "the notice of job 1 arrived", "{texts:#?}");
    assert_eq!(texts.last(), Some(&"it found nothing: a spurious wakeup"));
    assert_eq!(story.conclusion, "no job came of it");
}

#[test]
fn stepping_goes_through_every_event_of_a_lane_and_back() {
    let mut desk = unicode((120, 40));
    desk.keys("j");
    assert_eq!(desk.model.wakeups.selected(), Some(1));
    let mut back = Vec::new();
    loop {
        let before = desk.model.wakeups.pointed;
        desk.press(KeyCode::Left);
        if desk.model.wakeups.pointed == before {
            break;
        }
        back.extend(desk.model.wakeups.pointed);
    }
    assert!(desk.screen().contains("no earlier event of this lane"));
    assert_eq!(back.len(), 16);
    let mut forth = vec![*back.last().expect("there are events")];
    for _ in 1..back.len() {
        desk.press(KeyCode::Right);
        forth.extend(desk.model.wakeups.pointed);
    }
    back.reverse();
    assert_eq!(forth, back);
}

#[test]
fn pointing_holds_the_view_still_and_space_lets_it_go() {
    let mut desk = unicode((120, 40));
    desk.press(KeyCode::Left);
    assert!(desk.model.frozen_since.is_some() && desk.model.wakeups.held_at.is_some());
    desk.keys(" ");
    assert!(desk.model.frozen_since.is_none() && desk.model.wakeups.held_at.is_none());
}

#[test]
fn jumps_find_what_they_are_named_after_and_select_its_lane() {
    let mut desk = unicode((120, 40));
    for (key, landmark) in [("F", Landmark::Failed), ("R", Landmark::Rescued), ("M", Landmark::Swallowed)] {
        desk.press(KeyCode::Esc).keys(key);
        let number = desk.model.wakeups.pointed.expect("there is one");
        let event = desk.model.wakeups.event(number).expect("it is kept");
        let is_it = match landmark {
            Landmark::Failed => matches!(event.what, What::QueryFailed { .. }),
            Landmark::Rescued => matches!(event.what, What::HandedOver { is_rescued: true, .. }),
            Landmark::Swallowed => matches!(event.what, What::NoticeSwallowed { .. }),
            Landmark::Event => true,
        };
        assert!(is_it, "{key}: {event:?}");
        let lane = desk.model.wakeups.selected().expect("a lane is selected");
        assert!(desk.model.wakeups.is_of(event, lane), "{key}");
    }
}

#[test]
fn zoom_goes_from_a_tenth_of_a_second_to_the_whole_run_and_no_further() {
    let mut desk = unicode((120, 40));
    desk.keys("zzzzzzzzzzzzzzzz");
    assert_eq!(desk.model.wakeups.span(), Some(Duration::from_millis(100)));
    assert!(desk.screen().contains("100ms"));
    desk.keys("ZZZZZZZZZZZZZZZZ");
    assert_eq!(desk.model.wakeups.span(), None);
    assert!(desk.screen().contains("the whole run"));
}

#[test]
fn scrolling_stays_inside_the_run() {
    let mut desk = unicode((120, 40));
    desk.keys("[[[[[[[[[[[[[[[[");
    let (from, _) = desk.model.wakeups.window(desk.model.shown.elapsed);
    assert_eq!(from, Duration::ZERO);
    desk.keys("]]]]]]]]]]]]]]]]");
    let (_, to) = desk.model.wakeups.window(desk.model.shown.elapsed);
    assert_eq!(to, desk.model.shown.elapsed);
}

#[test]
fn events_are_bounded_and_a_gap_forgets_what_lies_before_it() {
    let mut desk = unicode((120, 40));
    let one = events().iter().next().copied().expect("an event");
    let many = vec![one; 150_000];
    desk.tell(Message::Events(Events::of(1_000, &many)));
    let state = &desk.model.wakeups;
    assert_eq!(state.events().len(), loadgen::record::EVENTS_MAX);
    assert_eq!(state.events().next().map(|(number, _)| number), Some(1_000 + 50_000));
    assert_eq!((state.next, desk.model.view), (151_000, View::Wakeups));
}
