//! The Database view: what it says, and that seconds without an answer are gaps.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use clearance::theme::Theme;
use crossterm::event::KeyCode;
use loadgen::snapshot::{DatabaseSample, RunPhase, Second, Snapshot, Statement, StatementCounts};

use crate::desk::Desk;
use crate::fixtures::{calm, dropping};

const SIZES: [(u16, u16); 4] = [(40, 12), (80, 24), (120, 40), (200, 60)];

fn counts<const N: usize>(of: [(&str, u64); N]) -> BTreeMap<String, u64> {
    of.into_iter().filter(|(_, count)| *count > 0).map(|(name, count)| (name.to_owned(), count)).collect()
}

/// A look at a database under load; from second 40 on commits queue.
fn sample(second: u64) -> DatabaseSample {
    let queue = if second >= 40 { 2 + second % 3 } else { 0 };
    let statement = |calls, mean_us| StatementCounts { calls, mean_us };
    DatabaseSample {
        second,
        over_us: 1_000_000,
        connections: counts([("active", 4 + queue), ("idle", 36 - queue), ("idle in transaction", 2)]),
        waits: counts([
            ("IO:WALSync", 2 + second % 4),
            ("CPU", second % 2),
            ("Lock:object", queue),
            ("LWLock:WALWrite", second % 7 / 5),
            ("IO:DataFileRead", u64::from(second == 7)),
            ("Lock:transactionid", u64::from(second == 9)),
        ]),
        notify_lock_waiters: Some(queue),
        notify_queue_usage: Some(0.004),
        live_tuples: Some(1_000 + 40 * second),
        dead_tuples: Some((second % 30) * 120),
        table_bytes: Some(4_000_000 + second * 20_000),
        index_bytes: Some(1_000_000),
        transactions: Some(800 + second % 9 * 10),
        wal_bytes: Some(1_200_000 + second % 5 * 100_000),
        checkpoints: Some(u64::from(second == 30)),
        oldest_transaction_us: Some(1_000 * (second % 10)),
        xmin_age: Some(second % 12),
        statements: BTreeMap::from([
            (Statement::Acquire, statement(410, 420.0)),
            (Statement::InsertAndNotify, statement(405, 1_900.0)),
            (Statement::Complete, statement(400, 850.0)),
        ]),
        own_queries: 3,
        own_us: 4_200,
    }
}

fn second(second: u64, fault: Option<&str>) -> Second {
    Second { second, faults: fault.into_iter().map(ToOwned::to_owned).collect(), ..Second::default() }
}

fn run(seconds: u64, looks: impl Fn(u64) -> Option<DatabaseSample>) -> Snapshot {
    let paused = |second| (20..29).contains(&second).then_some("database_pause");
    Snapshot {
        elapsed: Duration::from_secs(seconds),
        duration: Duration::from_mins(10),
        seconds: Arc::new((0..seconds).map(|number| second(number, paused(number))).collect()),
        database_samples: Arc::new((0..seconds).filter_map(looks).map(Arc::new).collect()),
        ..calm()
    }
}

/// The server was paused, and did not answer, from second 20 to 29.
pub(crate) fn busy() -> Snapshot {
    run(55, |second| (!(20..29).contains(&second)).then(|| sample(second)))
}

fn idle() -> Snapshot {
    let quiet = |second| DatabaseSample {
        waits: BTreeMap::new(),
        notify_lock_waiters: Some(0),
        statements: BTreeMap::new(),
        ..sample(second)
    };
    run(20, |second| Some(quiet(second)))
}

pub(crate) fn desk(snapshot: Snapshot, theme: Theme, (width, height): (u16, u16)) -> Desk {
    let mut desk = Desk::with(theme, width, height);
    desk.show(snapshot).keys("5");
    desk
}

fn unicode(snapshot: Snapshot, size: (u16, u16)) -> Desk {
    desk(snapshot, Theme::new(false, false), size)
}

#[test]
fn database_under_load() {
    for size in SIZES {
        insta::assert_snapshot!(format!("database_{}x{}", size.0, size.1), unicode(busy(), size).screen());
        let ascii = desk(busy(), Theme::new(true, true), size).screen();
        assert!(ascii.is_ascii(), "{ascii}");
        insta::assert_snapshot!(format!("database_ascii_{}x{}", size.0, size.1), ascii);
    }
}

#[test]
fn database_that_cannot_be_seen_whole_says_what_to_do() {
    let missing = vec![
        "what other roles' connections do and wait for: app isn't in pg_read_all_stats; GRANT pg_read_all_stats TO app"
            .to_owned(),
        "calls and times of statements: the extension isn't there; CREATE EXTENSION pg_stat_statements".to_owned(),
    ];
    for size in SIZES {
        let snapshot = Snapshot { database_missing: Arc::new(missing.clone()), ..idle() };
        let mut desk = unicode(snapshot, size);
        insta::assert_snapshot!(format!("database_missing_{}x{}", size.0, size.1), desk.screen());
        // However small the window, it can be read to its end.
        let mut told = String::new();
        for _ in 0..40 {
            told.extend(desk.screen().lines().map(|line| line.trim_matches(['│', ' ']).to_owned() + " "));
            desk.press(KeyCode::Down);
        }
        assert!(told.contains("GRANT pg_read_all_stats") && told.contains("CREATE EXTENSION"), "{told}");
    }
}

#[test]
fn database_before_anything_was_seen() {
    for size in SIZES {
        insta::assert_snapshot!(
            format!("database_starting_{}x{}", size.0, size.1),
            unicode(calm(), size).screen()
        );
    }
}

#[test]
fn headline_says_whether_the_database_is_the_limit() {
    let says = |snapshot: Snapshot, words: &str| {
        for size in SIZES {
            let screen = unicode(snapshot.clone(), size).screen();
            let flat = screen.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(flat.replace(" │ │ ", " ").contains(words), "{words:?} is not in\n{screen}");
        }
    };
    says(idle(), "not the limit: next to idle");
    says(busy(), "near a limit: commits queue");
    says(busy(), "commits wait for the lock of NOTIFY");
    let keeping_up = || run(30, |second| Some(sample(second)));
    says(keeping_up(), "busy, and keeps up");
    says(keeping_up(), "queries wait for IO:WALSync");
    let now_and_then = |second| DatabaseSample {
        waits: counts([("IO:WALSync", u64::from(second % 4 == 0))]),
        notify_lock_waiters: Some(0),
        ..sample(second)
    };
    says(run(40, |second| Some(now_and_then(second))), "% of the time");
    let silent = Snapshot { database_silent_for: Some(Duration::from_secs(12)), ..busy() };
    says(silent, "has not answered for 12s");
    says(run(40, |second| (second < 20).then(|| sample(second))), "nothing was seen for 20s");
    let asleep = Snapshot { domains: dropping().domains, ..idle() };
    says(asleep, "not the limit: jobs wait for a wakeup");
    let mut rows = (*dropping().domains).clone();
    rows.retain(|row| row.replicas.iter().any(|replica| replica.pending || row.backlog == 8));
    let behind = Snapshot { domains: Arc::new(rows), ..keeping_up() };
    says(behind, "the limit, it seems");
    says(Snapshot { phase: RunPhase::Finished, ..idle() }, "had little to do");
}

#[test]
fn seconds_without_an_answer_are_gaps_and_not_zero() {
    // Wide enough for a column for each second.
    let screen = unicode(busy(), (200, 60)).screen();
    assert!(screen.contains("– not seen"), "{screen}");
    let row = screen.lines().find(|line| line.contains("IO:WALSync  ")).expect("a row");
    assert_eq!(row.matches('–').count(), 9, "{row}");
    let screen = unicode(idle(), (120, 40)).screen();
    assert!(!screen.contains("not seen"), "{screen}");
}

#[test]
fn server_that_is_silent_until_now_leaves_a_gap_that_grows() {
    let screen = unicode(run(40, |second| (second < 20).then(|| sample(second))), (120, 40)).screen();
    let row = screen.lines().find(|line| line.contains("IO:WALSync  ")).expect("a row");
    assert_eq!(row.matches('–').count(), 20, "{row}");
}

#[test]
fn every_row_can_be_scrolled_to_and_nothing_lies_beyond() {
    for size in [(40, 12), (80, 24)] {
        let mut desk = unicode(busy(), size);
        let mut seen = desk.screen();
        let mut before = seen.clone();
        loop {
            let screen = desk.press(KeyCode::Down).screen();
            if screen == before {
                break;
            }
            seen.push_str(&screen);
            before = screen;
        }
        for name in [
            "Lock:transact",
            "LWLock:WALWrite",
            "checkpoints",
            "live rows",
            "insert and notify",
            "tool's own",
        ] {
            assert!(seen.contains(name), "{name:?} is not in\n{seen}");
        }
        assert_eq!(desk.keys("g").screen(), unicode(busy(), size).screen());
        assert_eq!(desk.keys("G").screen(), before);
    }
}

#[test]
fn long_run_is_shown_whole_in_columns_of_several_seconds() {
    let screen = unicode(run(300, |second| Some(sample(second))), (80, 24)).screen();
    assert!(screen.contains("0s") && screen.contains("200s"), "{screen}");
}
