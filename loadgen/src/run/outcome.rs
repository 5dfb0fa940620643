//! The report of a run, from what was recorded and audited.

mod attribution;

use std::collections::HashMap;
use std::time::Duration;

use acquirer::wakeup::DomainKey;

use crate::assert::Expression;
use crate::measure::{CauseCounts, DomainResult, JobIds, LIVE_JOBS_MAX, Results, Stage};
use crate::record::{Closing, Head};
use crate::report::{
    AcquireQueries, Assertion, Audit, ByCause, ByStage, CauseLatency, Domain, Generator, Intervention, Jobs,
    LatencySummary, Notifications, ObservedDatabase, ObserverQueries, Queries, Rates, Report, Run,
    SCHEMA_VERSION, TimelineSecond, Wakeups,
};
use crate::scenario::Scenario;
use crate::snapshot::{self, Second};

/// A share of the plan below this makes a run INVALID.
const ACHIEVED_RATIO_MIN: f64 = 0.99;
/// A later 99th percentile of the schedule makes a run INVALID.
const SCHEDULE_LAG_MAX: Duration = Duration::from_millis(500);

/// Says what came of a run.
pub(crate) fn report(head: &Head, closing: &Closing, results: &Results) -> Report {
    let generator = generator(results, closing, head.environment.cpus);
    let invalid_reasons = invalid_reasons(&generator);
    let scenario = &head.scenario;
    let is_audited = closing.audit.is_some();
    let audit = closing.audit.clone().unwrap_or_default();
    let began = results.began.unwrap_or_default().since_epoch();
    let mut report = Report {
        schema_version: SCHEMA_VERSION,
        tool: head.tool.clone(),
        scenario: scenario.clone(),
        policy: scenario.policy.into(),
        environment: head.environment.clone(),
        run: Run {
            id: head.run,
            seed: head.seed,
            started_at: head.started_at + began,
            measured_seconds: results.measured_for.as_secs_f64(),
            warmup_seconds: scenario.warmup.as_secs_f64(),
            interrupted: closing.is_interrupted,
            valid: invalid_reasons.is_empty(),
            invalid_reasons,
            stopped_by: closing.stopped_by.clone(),
            failed: None,
        },
        jobs: Jobs {
            posted: results.totals.posted,
            acquired: results.totals.acquired,
            completed: results.totals.completed,
            failed: results.totals.failed,
            canceled: audit.canceled,
            queued_at_end: audit.queued,
            running_at_end: audit.running,
            crashed: results.totals.crashed,
            freed: results.totals.freed,
            orphaned_at_end: audit.orphaned,
        },
        rates: rates(results, closing.missed_jobs),
        queries: Queries {
            acquire: acquire_queries(results),
            observer: ObserverQueries { total: closing.observer_queries, seconds: closing.observer_seconds },
        },
        notifications: Notifications {
            sent: results.notifications_sent,
            suppressed: results.totals.notifications_suppressed,
            received: results.totals.notifications_received,
            malformed: results.notifications_malformed,
            losses_signalled: results.totals.losses_signalled,
        },
        wakeups: ByCause::from_fn(|cause| {
            let counts = results.wakeups.iter().find(|(other, _)| *other == cause);
            let CauseCounts { clearances, found, empty, failed } =
                counts.map(|(_, c)| *c).unwrap_or_default();
            Wakeups { clearances, found, empty, failed }
        }),
        rescued_by_backup_poll: results.totals.rescued,
        wakeups_lost: attribution::wakeups_lost(results),
        spurious_wakeups: attribution::spurious_wakeups(results),
        idle_queries: attribution::idle_queries(scenario, results),
        naive_polling: attribution::naive_polling(results),
        found_by_root: attribution::found_by_root(results),
        latency_us: ByStage::from_fn(|stage| LatencySummary::of(results.stage(stage))),
        latency_by_cause_us: ByCause::from_fn(|cause| CauseLatency {
            queue_wait: LatencySummary::of(results.queue_wait_by(cause)),
        }),
        latency_by_root_us: attribution::latency_by_root(results),
        slowest_jobs: attribution::slowest_jobs(JobIds::new(head.run), results),
        domains: domains(results, &workers_by_domain(scenario, &closing.workers)),
        timeline: timeline(results),
        interventions: results.interventions.iter().map(intervention).collect(),
        changes: results.changes.iter().map(intervention).collect(),
        database: ObservedDatabase::new(
            results.database_missing.clone(),
            results.database_samples.clone(),
            results.measured_seconds.clone(),
        ),
        warnings: results.warnings.clone(),
        audit: Audit {
            ok: is_audited && audit.lost.is_empty() && audit.doubled.is_empty() && audit.stranded.is_empty(),
            lost: audit.lost,
            doubled: audit.doubled,
            stranded: audit.stranded,
            stranded_by_policy: results.totals.stranded,
        },
        assertions: Vec::new(),
        generator,
    };
    report.assertions = assertions(&report);
    report
}

fn intervention(made: &snapshot::Intervention) -> Intervention {
    Intervention { second: made.at.as_secs(), what: made.what.clone(), refused: made.refused.clone() }
}

/// The verdicts on what the run was to hold; none on an interrupted run.
fn assertions(report: &Report) -> Vec<Assertion> {
    if report.run.interrupted {
        return Vec::new();
    }
    let asked = report.scenario.expectations.iter().map(|expectation| &expectation.that);
    let mut assertions = Expression::evaluate_all(asked, report);
    for assertion in &mut assertions {
        // What ended the run could not hold over the whole of it, whatever the part that ran says.
        assertion.held &= report.run.stopped_by.as_ref() != Some(&assertion.expression);
    }
    assertions
}

fn generator(results: &Results, closing: &Closing, cpus: usize) -> Generator {
    let planned = results.post_started + closing.missed_jobs;
    let lag = results.stage(Stage::PostLag);
    Generator {
        schedule_lag_p99_us: if lag.is_empty() { 0 } else { lag.value_at_quantile(0.99) },
        achieved_ratio: if planned == 0 { 1.0 } else { results.totals.posted as f64 / planned as f64 },
        events_dropped: results.events_dropped,
        cpu_seconds: closing.cpu_seconds,
        core_share: results.cpu_share.unwrap_or(0.0),
        cpu_share: results.cpu_share.unwrap_or(0.0) / cpus.max(1) as f64,
    }
}

fn invalid_reasons(generator: &Generator) -> Vec<String> {
    let mut reasons = Vec::new();
    if generator.achieved_ratio < ACHIEVED_RATIO_MIN {
        reasons.push(format!(
            "only {:.1} % of the planned jobs were posted; lower the rate, or give the posters a larger batch",
            generator.achieved_ratio * 100.0
        ));
    }
    if u128::from(generator.schedule_lag_p99_us) > SCHEDULE_LAG_MAX.as_micros() {
        reasons.push(format!(
            "one post in a hundred began {:.0} ms late or more; lower the rate, or give the posters a larger batch",
            generator.schedule_lag_p99_us as f64 / 1_000.0
        ));
    }
    if generator.events_dropped > 0 {
        reasons.push(format!(
            "the timings of {} jobs were not kept: more than {LIVE_JOBS_MAX} were unfinished at once, and those left \
             out are among the slowest; lower the rate, or hire more workers",
            generator.events_dropped
        ));
    }
    reasons
}

fn rates(results: &Results, missed_jobs: u64) -> Rates {
    let seconds = results.measured_for.as_secs_f64();
    let per_second = |count: u64| if seconds > 0.0 { count as f64 / seconds } else { 0.0 };
    Rates {
        target_post: per_second(results.measured.planned + missed_jobs),
        posted: per_second(results.measured.posted),
        acquired: per_second(results.measured.acquired),
        completed: per_second(results.measured.completed),
        acquire_queries: per_second(results.measured.queries),
        empty_queries: per_second(results.measured.empty),
    }
}

fn acquire_queries(results: &Results) -> AcquireQueries {
    let totals = &results.totals;
    let total = totals.queries_found + totals.queries_empty + totals.queries_failed;
    AcquireQueries {
        total,
        found: totals.queries_found,
        empty: totals.queries_empty,
        failed: totals.queries_failed,
        per_job: if totals.acquired == 0 { 0.0 } else { total as f64 / totals.acquired as f64 },
        max_in_flight_per_domain: results.in_flight_max,
    }
}

fn workers_by_domain(scenario: &Scenario, workers: &[usize]) -> HashMap<DomainKey, usize> {
    let mut by_domain = HashMap::new();
    for (fleet, present) in scenario.fleets.iter().zip(workers) {
        *by_domain.entry(fleet.domain().key().clone()).or_default() += present;
    }
    by_domain
}

fn domains(results: &Results, workers: &HashMap<DomainKey, usize>) -> Vec<Domain> {
    let domain = |domain: &DomainResult| Domain {
        key: domain.spec.to_string(),
        replica: domain.replica,
        provisioners: domain.spec.types().to_vec(),
        tags: domain.spec.tags().clone(),
        workers: workers.get(domain.spec.key()).copied().unwrap_or(0),
        acquired: domain.acquired,
        queries: domain.queries,
        empty: domain.empty,
        rescued: domain.rescued,
    };
    results.domains.iter().map(domain).collect()
}

fn timeline(results: &Results) -> Vec<TimelineSecond> {
    let second = |second: &Second| TimelineSecond {
        second: second.second,
        posted: second.posted,
        acquired: second.acquired,
        completed: second.completed,
        rescued: second.rescued,
        wakeups_lost: second.wakeups_lost,
        backlog: second.backlog,
        queries: second.found + second.empty + second.failed,
        empty: second.empty,
        queue_wait_p50_us: second.queue_wait_p50_us,
        queue_wait_p99_us: second.queue_wait_p99_us,
        queue_wait_log2: second.queue_wait_log2.clone(),
        faults: second.faults.clone(),
    };
    results.seconds.iter().map(second).collect()
}
