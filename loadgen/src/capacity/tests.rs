//! What synthetic reports are worth, and what they say was in the way.

use super::*;
use crate::assert::Expression;
use crate::observe::{Statement, StatementCounts};
use crate::report::{
    AcquireQueries, Audit, Domain, Jobs, LatencySummary, MeasuredDatabase, Queries, Rates, Report, Run,
    TimelineSecond, Wait,
};
use crate::scenario::{Overrides, Scenario, Source};

const WARMUP: u64 = 2;
const MEASURED: u64 = 10;

/// What a run is to look like.
#[derive(Clone)]
struct World {
    rate: f64,
    acquired: f64,
    service_ms: f64,
    query_ms: f64,
    post_ms: f64,
    queries: f64,
    queue_wait_ms: f64,
    growth: f64,
    claim_batch: usize,
    are_all_done: bool,
    /// What the server was seen to do; `None` where nothing could be seen.
    server: Option<Server>,
}

/// What a server was seen to do.
#[derive(Clone, Copy)]
struct Server {
    commit_lock_waiters: f64,
    computing: f64,
    complete_ms: f64,
}

const CALM: Server = Server { commit_lock_waiters: 0.1, computing: 0.2, complete_ms: 0.3 };

/// Forty jobs a second on eight workers of 100 ms: half of them busy.
const LIGHT: World = World {
    rate: 40.0,
    acquired: 40.0,
    service_ms: 100.0,
    query_ms: 0.5,
    post_ms: 1.0,
    queries: 40.0,
    queue_wait_ms: 2.0,
    growth: 0.0,
    claim_batch: 16,
    are_all_done: true,
    server: None,
};

fn scenario() -> Scenario {
    let text = r#"
        duration = "12s"
        warmup = "2s"
        [[fleet]]
        name = "workers"
        workers = 8
        provisioners = ["echo"]
        service_time = { constant = "100ms" }
    "#;
    let source = Source { name: "test".to_owned(), text: text.to_owned() };
    Scenario::resolve(&source, &Overrides::default()).unwrap()
}

/// A distribution that is one value.
fn latency(ms: f64, count: u64) -> LatencySummary {
    let us = (ms * 1e3) as u64;
    let (min, p50, p90, p99, p999, max) = (us, us, us, us, us, us);
    LatencySummary { count, min, mean: ms * 1e3, p50, p90, p99, p999, max, histogram: String::new() }
}

fn waits(seen: &[(&str, f64)]) -> Vec<Wait> {
    let mut waits: Vec<Wait> = seen
        .iter()
        .map(|(event, queries_mean)| Wait { event: (*event).to_owned(), queries_mean: *queries_mean })
        .collect();
    waits.sort_by(|a, b| b.queries_mean.total_cmp(&a.queries_mean));
    waits
}

fn report(world: &World) -> Report {
    let mut scenario = scenario();
    scenario.policy.claim_batch = world.claim_batch;
    let seconds = (WARMUP + MEASURED) as f64;
    let count = (world.acquired * MEASURED as f64) as u64;
    let queries = (world.queries * seconds) as u64;
    let mut report = Report {
        policy: scenario.policy.into(),
        run: Run {
            measured_seconds: MEASURED as f64,
            warmup_seconds: WARMUP as f64,
            valid: true,
            ..Run::default()
        },
        jobs: Jobs { queued_at_end: u64::from(!world.are_all_done) * 50, ..Jobs::default() },
        rates: Rates {
            target_post: world.rate,
            posted: world.rate,
            acquired: world.acquired,
            completed: world.acquired,
            acquire_queries: world.queries,
            empty_queries: 0.0,
        },
        queries: Queries {
            acquire: AcquireQueries { total: queries, ..AcquireQueries::default() },
            ..Queries::default()
        },
        domains: vec![Domain {
            key: scenario.fleets[0].domain().to_string(),
            acquired: (world.acquired * seconds) as u64,
            queries,
            ..Domain::default()
        }],
        timeline: (0..WARMUP + MEASURED + 3)
            .map(|second| TimelineSecond {
                second,
                // The warm-up and the drain are no part of it.
                backlog: match second.checked_sub(WARMUP) {
                    Some(second) if second < MEASURED => (second as f64 * world.growth) as u64 + second % 2,
                    _ => 10_000 * second,
                },
                ..TimelineSecond::default()
            })
            .collect(),
        audit: Audit { ok: true, ..Audit::default() },
        scenario,
        ..Report::default()
    };
    if let Some(server) = world.server {
        report.environment.database = "local".to_owned();
        report.environment.cpus = 2;
        report.database.measured = MeasuredDatabase {
            notify_lock_waiters_mean: Some(server.commit_lock_waiters),
            waits: waits(&[("CPU", server.computing), ("Lock:object", server.commit_lock_waiters)]),
            statements: [(
                Statement::Complete,
                StatementCounts { calls: 100, mean_us: server.complete_ms * 1e3 },
            )]
            .into(),
            ..MeasuredDatabase::default()
        };
    }
    let posted = if world.are_all_done { count } else { count + 50 };
    report.latency_us.post_lag = latency(0.1, posted);
    report.latency_us.query = latency(world.query_ms, count);
    report.latency_us.queue_wait = latency(world.queue_wait_ms, count);
    report.latency_us.service = latency(world.service_ms, count);
    report.latency_us.response = latency(0.1 + world.post_ms + world.queue_wait_ms + world.service_ms, count);
    report
}

fn slo(texts: &[&str]) -> Vec<Expression> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

fn step(level: f64, world: &World) -> Step {
    Step::of(level, &report(world), &slo(&["queue_wait.p99 < 250ms"]))
}

/// What a light load that held and a heavy one that didn't say of the limit.
fn limiter_of(heavy: &World) -> Limiter {
    let light = World { server: heavy.server.map(|_| CALM), ..LIGHT };
    let (light, heavy) = (step(40.0, &light), step(80.0, heavy));
    assert_eq!((light.outcome, heavy.outcome), (Outcome::Accepted, Outcome::Rejected), "{heavy:?}");
    let answer = Answer {
        holds: Some(Tally { level: 40.0, accepted: 1, rejected: 0, gave_out: 0 }),
        fails: Some(Tally { level: 80.0, accepted: 0, rejected: 1, gave_out: 0 }),
        noisy: Vec::new(),
        is_repeated: true,
        stop: None,
    };
    Limiter::of(&answer, &[heavy, light]).unwrap()
}

#[test]
fn a_step_is_accepted_when_all_that_was_asked_for_holds() {
    let step = Step::of(40.0, &report(&LIGHT), &slo(&["queue_wait.p99 < 250ms", "audit.ok"]));
    assert_eq!((step.outcome, step.why.as_slice()), (Outcome::Accepted, [].as_slice()));
    assert!(step.slo.iter().all(|assertion| assertion.held));
    assert!(step.backlog.unwrap().per_second.abs() < 0.5, "{:?}", step.backlog);
    assert!(!step.is_backlog_uncertain);
}

#[test]
fn one_that_falls_short_rejects_a_step() {
    let step = Step::of(40.0, &report(&LIGHT), &slo(&["audit.ok", "queue_wait.p99 < 1ms"]));
    assert_eq!(step.outcome, Outcome::Rejected);
    assert_eq!(step.why, ["queue_wait.p99 < 1ms: it was 2.00 ms"]);
}

#[test]
fn a_backlog_that_grows_rejects_a_step_whose_slo_holds() {
    let step = step(50.0, &World { growth: 10.0, ..LIGHT });
    assert_eq!(step.outcome, Outcome::Rejected);
    let [why] = &step.why[..] else { panic!("{:?}", step.why) };
    assert!(why.starts_with("the backlog grows by 10.0 jobs/s"), "{why}");
}

#[test]
fn an_invalid_run_is_no_verdict() {
    let mut invalid = report(&World { queue_wait_ms: 900.0, ..LIGHT });
    invalid.run.valid = false;
    invalid.run.invalid_reasons = vec!["late".to_owned()];
    let step = Step::of(50.0, &invalid, &slo(&["queue_wait.p99 < 250ms"]));
    assert_eq!(
        (step.outcome, step.why.as_slice()),
        (Outcome::GeneratorGaveOut, ["late".to_owned()].as_slice())
    );
    let answer = Answer {
        holds: None,
        fails: None,
        noisy: Vec::new(),
        is_repeated: true,
        stop: Some(Stop::Generator(50.0)),
    };
    let limiter = Limiter::of(&answer, &[step]).unwrap();
    assert_eq!((limiter.kind, limiter.detail.as_str()), (LimiterKind::Generator, "late"));
}

#[test]
fn what_was_not_observed_is_no_verdict_unless_jobs_were_left_lying() {
    let mut nothing = report(&LIGHT);
    nothing.latency_us.queue_wait = latency(0.0, 0);
    let expressions = slo(&["queue_wait.p99 < 250ms"]);
    let step = Step::of(1.0, &nothing, &expressions);
    assert_eq!(step.outcome, Outcome::Unmeasured);
    assert_eq!(step.why, ["queue_wait.p99 < 250ms: there were no observations"]);
    nothing.jobs.queued_at_end = 3;
    assert_eq!(Step::of(1.0, &nothing, &expressions).outcome, Outcome::Rejected);
}

#[test]
fn an_interrupted_run_is_no_verdict() {
    let mut interrupted = report(&World { queue_wait_ms: 900.0, ..LIGHT });
    interrupted.run.interrupted = true;
    interrupted.audit.ok = false;
    let step = Step::of(50.0, &interrupted, &slo(&["queue_wait.p99 < 250ms"]));
    assert_eq!((step.outcome, step.is_audit_ok), (Outcome::Interrupted, true));
}

#[test]
fn busy_workers_are_named_by_littles_law() {
    let heavy = World {
        rate: 100.0,
        acquired: 79.2,
        growth: 20.0,
        queue_wait_ms: 900.0,
        are_all_done: false,
        ..LIGHT
    };
    let limiter = limiter_of(&heavy);
    assert_eq!(limiter.kind, LimiterKind::Workers);
    assert_eq!(limiter.detail, "the 8 of echo were busy 99% of the time (79.2 jobs/s × 100.0 ms)");
    let crowded = World { acquired: 60.0, rate: 60.0, queue_wait_ms: 300.0, ..LIGHT };
    let limiter = limiter_of(&crowded);
    assert_eq!(limiter.kind, LimiterKind::Workers);
    assert!(limiter.detail.ends_with("enough to wait by chance"), "{}", limiter.detail);
}

#[test]
fn a_saturated_domain_is_named_by_its_query() {
    // One job a query: 40 a second of 23 ms each leave no room.
    let heavy = World {
        claim_batch: 1,
        query_ms: 23.0,
        queue_wait_ms: 900.0,
        growth: 20.0,
        are_all_done: false,
        ..LIGHT
    };
    let limiter = limiter_of(&heavy);
    assert_eq!(limiter.kind, LimiterKind::Domain);
    assert_eq!(
        limiter.detail,
        "echo on replica 0 had its query in flight 92% of the time (40 queries/s × 23.00 ms, 0.50 ms under the \
         lightest load; 1.0 jobs each)"
    );
}

#[test]
fn a_query_that_has_room_for_more_jobs_and_is_slow_is_the_databases() {
    let heavy = World { query_ms: 23.0, queue_wait_ms: 900.0, growth: 20.0, are_all_done: false, ..LIGHT };
    let limiter = limiter_of(&heavy);
    assert_eq!(limiter.kind, LimiterKind::Database);
    assert_eq!(limiter.detail, "an acquire query takes 23.0 ms instead of 0.5 ms");
}

#[test]
fn slow_commits_are_the_databases() {
    let heavy = World { post_ms: 30.0, queue_wait_ms: 900.0, ..LIGHT };
    let limiter = limiter_of(&heavy);
    assert_eq!(limiter.kind, LimiterKind::Database);
    assert_eq!(limiter.detail, "the transaction that posts takes 30.0 ms instead of 1.0 ms");
}

/// A heavy load on a server that was seen.
fn seen(server: Server) -> World {
    World { queue_wait_ms: 900.0, growth: 20.0, are_all_done: false, server: Some(server), ..LIGHT }
}

#[test]
fn transactions_that_wait_for_the_lock_of_notify_are_named() {
    let limiter = limiter_of(&seen(Server { commit_lock_waiters: 3.2, ..CALM }));
    assert_eq!(limiter.kind, LimiterKind::CommitLock);
    assert!(limiter.detail.starts_with("3.2 transactions waited at any time"), "{}", limiter.detail);
    // Where workers are short, a lock that is waited for as well is not what is in the way.
    let busy = World { acquired: 79.0, ..seen(Server { commit_lock_waiters: 3.2, ..CALM }) };
    assert_eq!(limiter_of(&busy).kind, LimiterKind::Workers);
}

#[test]
fn a_statement_that_grew_in_the_server_is_the_databases() {
    let limiter = limiter_of(&seen(Server { complete_ms: 12.0, computing: 1.4, ..CALM }));
    assert_eq!(limiter.kind, LimiterKind::Database);
    assert_eq!(
        limiter.detail,
        "the statement \"complete\" in the server takes 12.0 ms instead of 0.3 ms; 1.4 queries at any time were \
         computing"
    );
}

#[test]
fn processors_that_always_compute_are_the_databases() {
    let limiter = limiter_of(&seen(Server { computing: 2.1, ..CALM }));
    assert_eq!(limiter.kind, LimiterKind::Database);
    assert_eq!(limiter.detail, "2.1 queries at any time were computing, on 2 processors");
    assert_eq!(limiter_of(&seen(Server { computing: 1.0, ..CALM })).kind, LimiterKind::Unknown);
}

#[test]
fn a_generator_that_gave_out_says_what_its_posts_waited_for() {
    let limiter = |server: Server| {
        let mut invalid = report(&seen(server));
        invalid.run.valid = false;
        invalid.run.invalid_reasons = vec!["late".to_owned()];
        let step = Step::of(50.0, &invalid, &slo(&["queue_wait.p99 < 250ms"]));
        let answer = Answer {
            holds: None,
            fails: None,
            noisy: Vec::new(),
            is_repeated: true,
            stop: Some(Stop::Generator(50.0)),
        };
        Limiter::of(&answer, &[step]).unwrap()
    };
    let computing = limiter(Server { computing: 1.5, ..CALM });
    assert_eq!(computing.kind, LimiterKind::Generator);
    assert_eq!(computing.detail, "late; 1.5 queries at any time were computing");
    let queued = limiter(Server { commit_lock_waiters: 5.0, ..CALM });
    assert_eq!(queued.kind, LimiterKind::CommitLock);
    assert!(queued.detail.starts_with("late; 5.0 transactions waited at any time"), "{}", queued.detail);
}

#[test]
fn workers_who_wait_to_finish_are_the_databases() {
    let heavy =
        World { service_ms: 220.0, acquired: 36.0, queue_wait_ms: 900.0, are_all_done: false, ..LIGHT };
    let limiter = limiter_of(&heavy);
    assert_eq!(limiter.kind, LimiterKind::Database);
    assert!(limiter.detail.contains("2.2 times as long as its work takes"), "{}", limiter.detail);
}

#[test]
fn where_nothing_is_short_nothing_is_named() {
    let heavy = World { queue_wait_ms: 300.0, ..LIGHT };
    let limiter = limiter_of(&heavy);
    assert_eq!(limiter.kind, LimiterKind::Unknown);
    assert!(limiter.detail.starts_with("workers at most 50% busy, domains 2%"), "{}", limiter.detail);
    let limiter = limiter_of(&seen(Server { computing: 0.7, ..CALM }));
    assert_eq!(limiter.kind, LimiterKind::Unknown);
    assert!(limiter.detail.contains("waited most for CPU (0.7 at any time)"), "{}", limiter.detail);
}

#[test]
fn what_all_holds_has_no_limiter() {
    let light = step(40.0, &LIGHT);
    let answer = Answer {
        holds: Some(Tally { level: 40.0, accepted: 3, rejected: 0, gave_out: 0 }),
        fails: None,
        noisy: Vec::new(),
        is_repeated: true,
        stop: None,
    };
    assert_eq!(Limiter::of(&answer, &[light]), None);
}

#[test]
fn a_lost_database_is_the_limiter() {
    let step = Step::without_report(80.0, Outcome::DatabaseLost, "gone".to_owned());
    let answer = Answer {
        holds: None,
        fails: None,
        noisy: Vec::new(),
        is_repeated: true,
        stop: Some(Stop::Database(80.0)),
    };
    let limiter = Limiter::of(&answer, &[step]).unwrap();
    assert_eq!((limiter.kind, limiter.detail.as_str()), (LimiterKind::Database, "gone"));
}

#[test]
fn the_measured_seconds_are_whole_ones() {
    let mut short = report(&LIGHT);
    short.timeline.truncate((WARMUP + 3) as usize);
    let step = Step::of(40.0, &short, &slo(&["queue_wait.p99 < 250ms"]));
    assert_eq!(step.outcome, Outcome::Unmeasured);
    assert_eq!(step.why, ["too few seconds for the backlog's slope"]);
}
