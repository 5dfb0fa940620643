//! Each lint on both sides of its thresholds, and where it can't tell yet.

mod keeper;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use acquirer::job::{Posting, ProvisionerType, Tags};
use proptest::prelude::*;

use super::*;
use crate::observe::DatabaseSample;
use crate::snapshot::{DomainPhase, DomainReplica, DomainRow, Second};

/// Three replicas at a hundred jobs a second: each is heard, asked for and missed where it should be.
fn calm() -> Sight {
    let second = |second| Second {
        second,
        posted: 100,
        acquired: 100,
        completed: 98,
        backlog: 2,
        found: 100,
        empty: 195,
        notices_sent: 100,
        notices_heard: 300,
        posts_begun: 100,
        posts_late: 0,
        ..Second::default()
    };
    let sample = DatabaseSample { notify_lock_waiters: Some(1), ..DatabaseSample::default() };
    Sight {
        replicas: 3,
        seconds: (20..30).map(second).collect(),
        domains: vec![row("dublin"), row("osaka")],
        kinds: vec![kind("dublin", 200), kind("osaka", 40)],
        listeners: vec![listener(0.02, 2); 3],
        database_samples: Arc::new((0..30).map(|_| Arc::new(sample.clone())).collect()),
        query_p99: Some(Duration::from_millis(4)),
        ..Sight::default()
    }
}

fn tags(city: &str) -> Tags {
    Tags::from_pairs([("city", city)]).unwrap()
}

fn s(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds)
}

fn listener(silent_s: f64, missed: u64) -> Listener {
    Listener { replica: 1, silent_for: s(silent_s), missed }
}

fn row(city: &str) -> DomainRow {
    let replica = |replica| DomainReplica {
        replica,
        waiting: 10,
        phase: DomainPhase::Idle,
        pending: false,
        next_poll_in: s(17.0),
        backup_poll: s(30.0),
    };
    DomainRow {
        provisioners: vec![ProvisionerType::Terraform],
        tags: tags(city),
        replicas: (0..3).map(replica).collect(),
        workers: 40,
        backlog: 1,
        oldest: Some(s(0.04)),
        acquired: 900,
        acquired_recent: 500,
        rescued_recent: 2,
        querying_for: Some(s(0.002)),
        ..DomainRow::default()
    }
}

fn kind(city: &str, oldest_ms: u64) -> Kind {
    let posting = Posting { provisioner: ProvisionerType::Terraform, tags: tags(city), job_id: None };
    Kind { posting, backlog: 1, oldest: Duration::from_millis(oldest_ms), workers: 40, waiting: 30 }
}

/// The calm sight, changed.
fn but(change: impl FnOnce(&mut Sight)) -> Sight {
    let mut sight = calm();
    change(&mut sight);
    sight
}

fn every_second(change: impl Fn(&mut Second)) -> Sight {
    but(|sight| sight.seconds.iter_mut().for_each(change))
}

/// What it warns of, and why.
fn warned(verdict: Verdict) -> (String, String) {
    match verdict {
        Verdict::Warn(finding) => (finding.what, finding.evidence),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_calm_run_is_fine_to_all() {
    for lint in LINTS {
        assert_eq!((lint.look)(&calm()), Verdict::Fine, "{}", lint.name);
    }
}

#[test]
fn names_are_distinct_and_words() {
    let names: BTreeSet<_> = LINTS.iter().map(|lint| lint.name).collect();
    assert_eq!(names.len(), LINTS.len());
    assert!(names.iter().all(|name| name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')));
}

#[test]
fn a_database_that_answers_nothing_is_told() {
    let silent = but(|sight| sight.database_silent_for = Some(s(12.0)));
    let (what, evidence) = warned(database_silent::look(&silent));
    assert_eq!(what, "the database does not answer");
    assert_eq!(evidence, "no answer for 12 s, not even to SELECT 1");
}

#[test]
fn a_generator_is_behind_from_a_twentieth_of_its_postings_on() {
    let late = |late| generator_behind::look(&every_second(|second| second.posts_late = late));
    assert_eq!(late(1), Verdict::Fine);
    assert_eq!(late(4), Verdict::LookAgain);
    let (_, evidence) = warned(late(5));
    assert_eq!(evidence, "25 of 500 jobs of the last 5 s (5.0%) were begun more than 250 ms late");
}

#[test]
fn a_few_late_postings_are_noise_whatever_their_share() {
    let few = every_second(|second| (second.posts_begun, second.posts_late) = (1, 1));
    assert_eq!(generator_behind::look(&few), Verdict::Fine);
    let ten = every_second(|second| (second.posts_begun, second.posts_late) = (2, 2));
    assert!(matches!(generator_behind::look(&ten), Verdict::Warn(_)));
}

#[test]
fn a_query_hangs_from_five_seconds_on() {
    let querying = |time| {
        but(|sight| {
            sight.domains[1].querying_for = Some(s(time));
            sight.domains[1].backlog = 7;
        })
    };
    assert_eq!(query_stuck::look(&querying(1.9)), Verdict::Fine);
    assert_eq!(query_stuck::look(&querying(4.9)), Verdict::LookAgain);
    let (what, evidence) = warned(query_stuck::look(&querying(6.0)));
    assert_eq!(what, "a query of terraform city=osaka hangs");
    assert_eq!(
        evidence,
        "in flight for 6 s, where 99 in 100 take 4.00 ms; 7 jobs wait meanwhile, for a domain has one query at a time"
    );
}

#[test]
fn a_query_hangs_only_where_others_are_quick_and_the_database_answers() {
    let long = |sight: &mut Sight| sight.domains[0].querying_for = Some(s(6.0));
    let slow = but(|sight| {
        long(sight);
        sight.query_p99 = Some(s(2.0));
    });
    let silent = but(|sight| {
        long(sight);
        sight.database_silent_for = Some(s(6.0));
    });
    assert_eq!([&slow, &silent].map(query_stuck::look), [Verdict::LookAgain, Verdict::LookAgain]);
}

#[test]
fn a_listener_is_silent_from_five_seconds_and_five_notices_on() {
    let silent =
        |time, missed| listener_silent::look(&but(|sight| sight.listeners[1] = listener(time, missed)));
    assert_eq!(silent(60.0, 4), Verdict::Fine, "too few to tell");
    assert_eq!(silent(1.9, 190), Verdict::Fine);
    assert_eq!(silent(4.9, 490), Verdict::LookAgain);
    let (what, evidence) = warned(silent(5.0, 5));
    assert_eq!(what, "the listener of replica 1 is silent");
    assert_eq!(evidence, "nothing heard for 5 s, while 5 notices were sent");
}

#[test]
fn listeners_that_are_silent_are_counted() {
    let count = |silent: usize, of: usize| {
        let sight = but(|sight| {
            sight.listeners = vec![listener(0.1, 3); of];
            sight.listeners[..silent].fill(listener(8.0, 800));
        });
        warned(listener_silent::look(&sight)).0
    };
    assert_eq!(count(1, 1), "the listener is silent");
    assert_eq!(count(3, 3), "all 3 listeners are silent");
    assert_eq!(count(2, 3), "2 of 3 listeners are silent");
}

#[test]
fn a_fault_at_work_or_just_over_is_named_as_the_likely_cause() {
    let silent = |sight: &mut Sight| sight.listeners.fill(listener(8.0, 800));
    let now = but(|sight| {
        silent(sight);
        sight.faults = vec!["database_latency".to_owned(), "deaf_listener".to_owned()];
    });
    let before = but(|sight| {
        silent(sight);
        sight.seconds[4].faults = vec!["deaf_listener".to_owned()];
    });
    for sight in [now, before] {
        let (_, evidence) = warned(listener_silent::look(&sight));
        assert!(evidence.ends_with("sent; likely cause: the fault deaf_listener"), "{evidence}");
    }
}

#[test]
fn a_domain_oversleeps_from_two_seconds_on() {
    let asleep = |oldest, change: fn(&mut DomainRow)| {
        lost_wakeup::look(&but(|sight| {
            sight.domains[0].oldest = Some(s(oldest));
            change(&mut sight.domains[0]);
        }))
    };
    assert_eq!(asleep(0.9, |_| {}), Verdict::Fine);
    assert_eq!(asleep(1.5, |_| {}), Verdict::LookAgain);
    let (what, evidence) = warned(asleep(2.0, |_| {}));
    assert_eq!(what, "terraform city=dublin sleeps beside its work");
    assert_eq!(evidence, "1 job waits, the oldest for 2 s, beside 30 workers asleep, and nobody asks");
    assert_eq!(asleep(9.0, |row| row.replicas[2].phase = DomainPhase::Querying), Verdict::Fine);
    assert_eq!(asleep(9.0, |row| row.replicas[0].pending = true), Verdict::Fine);
    let busy = |row: &mut DomainRow| row.replicas.iter_mut().for_each(|replica| replica.waiting = 0);
    assert_eq!(asleep(9.0, busy), Verdict::Fine, "too many jobs lose no wakeup");
}

#[test]
fn a_domain_that_pauses_after_an_error_is_looked_at_again() {
    let pauses = but(|sight| {
        sight.domains[0].oldest = Some(s(9.0));
        sight.seconds[8].failed = 1;
    });
    assert_eq!(lost_wakeup::look(&pauses), Verdict::LookAgain);
}

#[test]
fn wakeups_that_were_lost_are_told_from_three_on() {
    let lost = |lost| lost_wakeup::look(&but(|sight| sight.seconds[3].wakeups_lost = lost));
    assert_eq!(lost(2), Verdict::LookAgain);
    let (what, evidence) = warned(lost(3));
    assert_eq!(what, "wakeups get lost");
    assert_eq!(evidence, "3 postings of the last 10 s woke nobody who could have had the job");
}

#[test]
fn a_domain_is_served_by_the_poll_alone_from_nine_jobs_in_ten_on() {
    let served = |rescued, acquired| {
        served_by_poll::look(&but(|sight| {
            (sight.domains[1].rescued_recent, sight.domains[1].acquired_recent) = (rescued, acquired);
        }))
    };
    assert_eq!(served(40, 100), Verdict::Fine);
    assert_eq!(served(2, 2), Verdict::LookAgain, "too few to tell");
    assert_eq!(served(89, 100), Verdict::LookAgain);
    let (what, evidence) = warned(served(90, 100));
    assert_eq!(what, "terraform city=osaka is served by the backup poll alone");
    assert_eq!(evidence, "the poll found 90 of its 100 jobs of the last 10 s");
}

#[test]
fn domains_that_fare_alike_are_counted() {
    let both = but(|sight| {
        for row in &mut sight.domains {
            (row.rescued_recent, row.acquired_recent) = (5, 5);
        }
    });
    let (_, evidence) = warned(served_by_poll::look(&both));
    assert_eq!(evidence, "the poll found 5 of its 5 jobs of the last 10 s; the same in 1 domain more");
}

#[test]
fn a_kind_that_nobody_accepts_starves_after_three_seconds() {
    let nobody = |oldest| {
        starved_tag::look(&but(|sight| {
            sight.kinds[1] = Kind { oldest: s(oldest), workers: 0, waiting: 0, ..kind("mars", 0) };
        }))
    };
    assert_eq!(nobody(0.4), Verdict::Fine);
    assert_eq!(nobody(2.9), Verdict::LookAgain);
    let (what, evidence) = warned(nobody(3.0));
    assert_eq!(what, "no worker accepts terraform city=mars");
    assert_eq!(evidence, "1 job waits, the oldest for 3 s; no worker that is present may take them");
}

#[test]
fn a_kind_starves_when_its_few_workers_are_busy_beside_others_that_sleep() {
    let waiting_for = |oldest, workers, waiting| {
        starved_tag::look(&but(|sight| {
            sight.kinds[1] = Kind { backlog: 6, oldest: s(oldest), workers, waiting, ..kind("lima", 0) };
        }))
    };
    let busy = |workers, waiting| waiting_for(8.2, workers, waiting);
    assert_eq!(waiting_for(0.4, 3, 0), Verdict::Fine);
    assert_eq!(waiting_for(0.9, 3, 0), Verdict::LookAgain);
    assert!(matches!(waiting_for(1.0, 3, 0), Verdict::Warn(_)));
    let (what, evidence) = warned(busy(3, 0));
    assert_eq!(what, "too few workers accept terraform city=lima");
    assert_eq!(
        evidence,
        "6 jobs wait, the oldest for 8.2 s; the 3 workers that may take them are busy, beside 60 of other kinds that \
         sleep"
    );
    assert_eq!(busy(3, 1), Verdict::Fine, "one is free: that is another lint's");
    assert_eq!(busy(61, 0), Verdict::Fine, "all are busy: that is no tag's fault");
}

#[test]
fn notices_that_no_job_explains_are_a_storm() {
    let heard = |heard| notification_storm::look(&every_second(|second| second.notices_heard = heard));
    assert_eq!(heard(3 * 149), Verdict::Fine);
    let (what, evidence) = warned(heard(3 * 150));
    assert_eq!(what, "more notices than jobs explain");
    assert_eq!(evidence, "each replica hears 150 a second, and 100 jobs a second are announced");
    let few = every_second(|second| (second.notices_sent, second.notices_heard) = (1, 3 * 20));
    assert_eq!(notification_storm::look(&few), Verdict::Fine, "nineteen a second harm nobody");
}

#[test]
fn commits_that_queue_for_the_lock_of_notify_are_a_storm() {
    let waiters = |waiters, sent| {
        let sample = DatabaseSample { notify_lock_waiters: Some(waiters), ..DatabaseSample::default() };
        let mut sight = every_second(|second| (second.notices_sent, second.notices_heard) = (sent, 3 * sent));
        sight.database_samples = Arc::new((0..5).map(|_| Arc::new(sample.clone())).collect());
        notification_storm::look(&sight)
    };
    assert_eq!(waiters(3, 800), Verdict::LookAgain);
    assert_eq!(waiters(9, 10), Verdict::Fine, "ten notices a second don't hold it");
    let (what, evidence) = warned(waiters(4, 800));
    assert_eq!(what, "commits queue for the lock of NOTIFY");
    assert_eq!(evidence, "4.0 transactions waited for it on average over 5 s, at 800 notices a second");
}

#[test]
fn a_storm_can_not_be_told_from_a_few_seconds() {
    let early = but(|sight| sight.seconds.truncate(4));
    let looks = [notification_storm::look(&early), spurious_queries::look(&early)];
    assert_eq!(looks, [Verdict::LookAgain, Verdict::LookAgain]);
}

#[test]
fn what_replicas_explain_is_not_spurious() {
    for replicas in 1..=20 {
        let mut sight = every_second(|second| second.empty = second.posted * (replicas - 1));
        sight.replicas = replicas as usize;
        assert_eq!(spurious_queries::look(&sight), Verdict::Fine, "{replicas}");
    }
}

#[test]
fn queries_in_vain_beyond_what_replicas_explain_are_spurious() {
    let with = |replicas, empty| {
        let mut sight = every_second(|second| second.empty = empty);
        sight.replicas = replicas;
        spurious_queries::look(&sight)
    };
    assert_eq!(with(3, 230), Verdict::Fine, "a tenth more than explained");
    let (_, evidence) = warned(with(3, 300));
    assert_eq!(evidence, "75.0% of 400 queries a second, where 100 jobs a second in 3 replicas explain 330");
    assert_eq!(with(1, 90), Verdict::LookAgain, "47 in a hundred");
    assert!(matches!(with(1, 101), Verdict::Warn(_)));
}

#[test]
fn the_polls_of_an_idle_fleet_are_cheap_whatever_their_share() {
    let idle = |empty| {
        spurious_queries::look(&every_second(|second| {
            *second = Second { empty, ..Second::default() };
        }))
    };
    assert_eq!(idle(4), Verdict::Fine);
    assert!(matches!(idle(48), Verdict::Warn(_)), "the polls of forty-eight domains, one a second");
}

prop_compose! {
    /// Whatever a run without trouble may look like.
    fn any_calm()(
        replicas in 1_usize..=12,
        rates in proptest::collection::vec((0_u64..3_000, 0_u64..=10, 0_u64..=50), 0..=10),
        waiting in 0_usize..40,
        oldest_ms in 0_u64..1_000,
        missed in 0_u64..5,
        rescued in 0_u64..2,
    ) -> Sight {
        let mut sight = calm();
        sight.replicas = replicas;
        sight.seconds = rates.iter().enumerate().map(|(second, (posted, per_cent, backlog))| {
            let idle = posted * (replicas as u64 - 1);
            Second {
                second: second as u64,
                posted: *posted,
                acquired: *posted,
                backlog: *backlog,
                found: *posted,
                empty: idle + idle * per_cent / 100,
                notices_sent: *posted,
                notices_heard: posted * replicas as u64,
                posts_begun: *posted,
                posts_late: posted * per_cent / 1_000,
                ..Second::default()
            }
        }).collect();
        sight.listeners = vec![listener(20.0, missed); replicas];
        for row in &mut sight.domains {
            row.replicas[0].waiting = waiting;
            row.oldest = Some(Duration::from_millis(oldest_ms));
            (row.acquired_recent, row.rescued_recent) = (100, rescued);
        }
        sight.kinds[0] = Kind { waiting, oldest: Duration::from_millis(oldest_ms), ..kind("dublin", 0) };
        sight
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_lint_warns_of_a_run_without_trouble(sight in any_calm()) {
        for lint in LINTS {
            let verdict = (lint.look)(&sight);
            prop_assert!(!matches!(verdict, Verdict::Warn(_)), "{}: {verdict:?}", lint.name);
        }
    }
}
