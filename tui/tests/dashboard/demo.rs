//! Guided demos: captions come when what they speak of is seen, and go at a key.

use std::sync::Arc;
use std::time::Duration;

use clearance::model::{Demo, DemoState, View};
use clearance::theme::Theme;
use crossterm::event::KeyCode;
use loadgen::snapshot::{ActiveFault, RunPhase, Second, Snapshot};

use crate::desk::Desk;
use crate::fixtures::{calm, dropping, finished, starting};

const SIZES: [(u16, u16); 4] = [(40, 12), (80, 24), (120, 40), (200, 60)];

fn desk(demo: Demo, theme: Theme, (width, height): (u16, u16)) -> Desk {
    let mut desk = Desk::with(theme, width, height);
    desk.model.demo = Some(DemoState::new(demo));
    desk
}

fn audience(demo: Demo) -> Desk {
    desk(demo, Theme::new(false, false), (120, 40))
}

fn caption(desk: &Desk) -> &str {
    desk.model.demo.as_ref().and_then(DemoState::caption).unwrap_or_default()
}

/// The fault has begun, and no poll has come since.
fn swallowed() -> Snapshot {
    let mut snapshot = dropping();
    snapshot.totals.rescued = 0;
    snapshot.totals.backlog = 0;
    snapshot
}

fn asleep() -> Snapshot {
    let mut snapshot = swallowed();
    snapshot.totals.backlog = 31;
    snapshot
}

fn after_the_fault() -> Snapshot {
    Snapshot { faults: Vec::<ActiveFault>::new(), ..dropping() }
}

#[test]
fn captions_follow_what_is_seen_and_show_where_to_look() {
    let mut desk = audience(Demo::BackupPoll);
    desk.show(starting());
    assert_eq!(caption(&desk), "", "nothing has happened");
    let acts = [
        (calm(), "wakes one of them", View::Overview),
        (swallowed(), "every notice is swallowed", View::Overview),
        (asleep(), "31 jobs wait beside", View::Domains),
        (dropping(), "rescued 142 jobs so far", View::Overview),
        (after_the_fault(), "get through again", View::Wakeups),
        (
            Snapshot { totals: dropping().totals, ..finished() },
            "That is why a backup poll exists",
            View::Overview,
        ),
    ];
    let mut now = 0.0;
    for (snapshot, words, view) in acts {
        now += 30.0;
        desk.tick(now).show(snapshot);
        assert!(caption(&desk).contains(words), "{words:?}: {}", caption(&desk));
        assert_eq!(desk.model.view, view, "{words}");
    }
}

#[test]
fn caption_stays_until_it_could_be_read_and_its_figures_stay_true() {
    let mut desk = audience(Demo::BackupPoll);
    desk.tick(1.0).show(calm()).tick(20.0).show(asleep());
    assert!(caption(&desk).contains("every notice is swallowed"), "one after the other: {}", caption(&desk));
    desk.tick(21.0).show(asleep());
    assert!(caption(&desk).contains("every notice is swallowed"), "nobody has read it yet");
    desk.tick(40.0);
    assert!(caption(&desk).contains("31 jobs wait beside"), "{}", caption(&desk));
    let mut more = asleep();
    more.totals.backlog = 57;
    desk.show(more);
    assert!(caption(&desk).contains("57 jobs wait beside"), "{}", caption(&desk));
}

#[test]
fn what_did_not_happen_is_left_out() {
    let mut desk = audience(Demo::BackupPoll);
    desk.tick(1.0).show(calm()).tick(60.0).show(finished());
    assert!(caption(&desk).contains("That is why a backup poll exists"), "{}", caption(&desk));
}

#[test]
fn keys_go_on_and_back_and_hide() {
    let mut desk = audience(Demo::BackupPoll);
    desk.tick(1.0).show(calm()).tick(1.1).show(swallowed());
    assert!(caption(&desk).contains("wakes one of them"));
    desk.keys(";");
    assert!(caption(&desk).contains("every notice is swallowed"), "without waiting: {}", caption(&desk));
    desk.keys(";");
    assert!(desk.screen().contains("the next caption comes when"), "{}", desk.screen());
    desk.keys(":");
    assert!(caption(&desk).contains("wakes one of them"));
    desk.tick(60.0).show(dropping());
    assert!(caption(&desk).contains("wakes one of them"), "whoever looks back isn't disturbed");
    desk.keys(";;");
    assert!(caption(&desk).contains("14 jobs wait beside"), "{}", caption(&desk));
    desk.keys("`");
    assert!(!desk.screen().contains("demo backup-poll"), "{}", desk.screen());
    desk.keys("`");
    assert!(desk.screen().contains("demo backup-poll"), "{}", desk.screen());
}

#[test]
fn view_that_somebody_chose_stays() {
    let mut desk = audience(Demo::BackupPoll);
    desk.tick(1.0).show(calm()).keys("4").tick(60.0).show(asleep()).tick(120.0);
    assert!(caption(&desk).contains("31 jobs wait beside"), "{}", caption(&desk));
    assert_eq!(desk.model.view, View::Latency);
}

#[test]
fn frozen_view_keeps_its_caption() {
    let mut desk = audience(Demo::BackupPoll);
    desk.tick(1.0).show(calm()).keys(" ").tick(60.0).show(asleep());
    assert!(caption(&desk).contains("wakes one of them"), "{}", caption(&desk));
    desk.keys(" ").tick(61.0);
    assert!(!caption(&desk).contains("wakes one of them"), "{}", caption(&desk));
}

#[test]
fn keys_of_demos_mean_nothing_elsewhere() {
    let mut desk = Desk::new(80, 24);
    let before = desk.show(calm()).screen();
    assert_eq!(desk.keys(";:`").screen(), before);
}

#[test]
fn every_demo_begins_and_ends_with_the_runs_figures() {
    for demo in Demo::ALL {
        let mut desk = audience(demo);
        desk.tick(1.0).show(calm());
        assert!(caption(&desk).contains("sleep"), "{demo:?}: {}", caption(&desk));
        desk.show(Snapshot { totals: dropping().totals, ..finished() }).tick(60.0);
        let last = caption(&desk).to_owned();
        assert!(last.contains("17,290 jobs"), "{demo:?}: {last}");
        assert_eq!(desk.model.demo.as_ref().map(|demo| demo.place().0), Some(last_place(demo)));
    }
}

fn last_place(demo: Demo) -> usize {
    DemoState::new(demo).place().1
}

#[test]
fn other_demos_tell_what_is_theirs() {
    let mut desk = audience(Demo::LostWakeup);
    desk.tick(1.0).show(calm()).tick(30.0).show(asleep());
    assert!(caption(&desk).contains("A job waits, its notice has arrived"), "{}", caption(&desk));
    desk.tick(60.0).show(dropping());
    assert!(caption(&desk).contains("The backup poll found what nobody knew of"), "{}", caption(&desk));

    let mut desk = audience(Demo::ThunderingHerd);
    desk.tick(1.0).show(calm()).tick(30.0).show(calm());
    assert!(caption(&desk).contains("of the queries found nothing"), "{}", caption(&desk));
    let rush = Second { second: 9, acquired: 100, found: 90, empty: 60, ..Second::default() };
    desk.tick(60.0).show(Snapshot {
        seconds: Arc::new(vec![rush]),
        elapsed: Duration::from_secs(10),
        ..calm()
    });
    assert!(caption(&desk).contains("100 jobs were taken with 1.5 queries each"), "{}", caption(&desk));

    let mut desk = audience(Demo::ListenerKilled);
    let mut cut = calm();
    desk.tick(1.0).show(calm());
    for (losses, words) in [(1, "connection was cut"), (3, "all of them at once"), (5, "twice in a row")] {
        cut.totals.losses_signalled = losses;
        desk.tick(30.0 * losses as f64).show(cut.clone());
        assert!(caption(&desk).contains(words), "{}", caption(&desk));
    }
}

#[test]
fn captions_at_every_size() {
    for size in SIZES {
        for (name, ascii) in [("demo", false), ("demo_ascii", true)] {
            let mut desk = desk(Demo::BackupPoll, Theme::new(ascii, ascii), size);
            desk.tick(1.0).show(calm()).tick(30.0).show(asleep()).tick(60.0).show(asleep());
            let screen = desk.screen();
            assert!(!ascii || screen.is_ascii(), "{screen}");
            insta::assert_snapshot!(format!("{name}_{}x{}", size.0, size.1), screen);
        }
    }
}

#[test]
fn captions_fit_into_whatever_there_is() {
    for (width, height) in [(0, 0), (1, 1), (3, 7), (20, 6), (60, 23), (500, 200), (10, 100)] {
        for keys in ["1", "2", "3", "5", "7", "?"] {
            let mut desk = desk(Demo::BackupPoll, Theme::new(false, false), (width, height));
            desk.tick(1.0)
                .show(Snapshot { phase: RunPhase::Measuring, ..asleep() })
                .keys(keys)
                .press(KeyCode::Down);
            desk.buffer();
        }
    }
}
