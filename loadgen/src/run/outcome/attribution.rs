//! Why jobs were found, and what it cost to look for them.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use acquirer::wakeup::{Cause, RootCause};

use crate::measure::{CauseCounts, JobIds, LostBy, Results, SlowResult};
use crate::plan;
use crate::report::{
    ByCause, ByRoot, CauseLatency, IdleQueries, LatencySummary, LostPostings, NaivePolling, SlowJob,
    SpuriousWakeups, WakeupsLost,
};
use crate::scenario::Scenario;

const DAY: Duration = Duration::from_hours(24);
/// How often a worker asks that knows nothing better.
const NAIVE_PERIOD: Duration = Duration::from_secs(1);

pub(super) fn wakeups_lost(results: &Results) -> WakeupsLost {
    let mut lost = WakeupsLost::default();
    let mut by_posting = BTreeMap::new();
    for (posting, by) in &results.lost {
        lost.swallowed += by[LostBy::Swallowed as usize];
        lost.unheard += by[LostBy::Unheard as usize];
        lost.forgotten += by[LostBy::Forgotten as usize];
        *by_posting.entry((posting.provisioner, &posting.tags)).or_insert(0) += by.iter().sum::<u64>();
    }
    lost.total = lost.swallowed + lost.unheard + lost.forgotten;
    lost.by_posting = by_posting
        .into_iter()
        .filter(|(_, lost)| *lost > 0)
        .map(|((provisioner, tags), lost)| LostPostings { provisioner, tags: tags.clone(), lost })
        .collect();
    lost.by_posting.sort_by_key(|postings| std::cmp::Reverse(postings.lost));
    lost
}

pub(super) fn found_by_root(results: &Results) -> ByRoot<u64> {
    ByRoot::from_fn(|root| results.found.get(&root).copied().unwrap_or(0))
}

pub(super) fn latency_by_root(results: &Results) -> ByRoot<CauseLatency> {
    let queue_wait = |root: RootCause| LatencySummary::of(results.queue_wait_by_root(root));
    ByRoot::from_fn(|root| CauseLatency { queue_wait: queue_wait(root) })
}

pub(super) fn spurious_wakeups(results: &Results) -> SpuriousWakeups {
    let counts = |cause: Cause| {
        let counts = results.wakeups.iter().find(|(other, _)| *other == cause);
        counts.map_or_else(CauseCounts::default, |(_, counts)| *counts)
    };
    let can_be = Cause::ALL.into_iter().filter(|cause| SpuriousWakeups::can_be(*cause));
    let total = can_be.map(|cause| counts(cause).empty).sum();
    let answered = results.totals.queries_found + results.totals.queries_empty;
    SpuriousWakeups {
        total,
        of_queries_share: share(total, answered),
        empty_share: ByCause::from_fn(|cause| {
            let counts = counts(cause);
            share(counts.empty, counts.found + counts.empty)
        }),
    }
}

pub(super) fn idle_queries(scenario: &Scenario, results: &Results) -> IdleQueries {
    let keys: Vec<_> = scenario.fleets.iter().map(|fleet| fleet.domain().key().clone()).collect();
    let domains: BTreeSet<_> =
        plan::workforce(scenario).map(|worker| (&keys[worker.fleet], worker.replica)).collect();
    let polls = results.wakeups.iter().find(|(cause, _)| *cause == Cause::BackupPoll);
    let in_vain = polls.map_or(0, |(_, counts)| counts.empty);
    let seconds = results.elapsed.as_secs_f64();
    IdleQueries {
        domains: domains.len() as u64,
        predicted_per_day: ratio(
            domains.len() as f64 * DAY.as_secs_f64(),
            scenario.backup_poll.as_secs_f64(),
        ),
        measured_per_day: ratio(in_vain as f64 * DAY.as_secs_f64(), seconds),
    }
}

pub(super) fn naive_polling(results: &Results) -> NaivePolling {
    let totals = &results.totals;
    let asked = (results.waited.as_secs_f64() / NAIVE_PERIOD.as_secs_f64()).round() as u64;
    let queries = asked + totals.acquired;
    let made = totals.queries_found + totals.queries_empty + totals.queries_failed;
    NaivePolling {
        period_seconds: NAIVE_PERIOD.as_secs_f64(),
        waited_seconds: results.waited.as_secs_f64(),
        queries,
        of_queries_ratio: ratio(queries as f64, made as f64),
    }
}

pub(super) fn slowest_jobs(ids: JobIds, results: &Results) -> Vec<SlowJob> {
    let slow = |SlowResult { story, spec, replica }: &SlowResult| SlowJob {
        job: ids.id(story.number),
        intended_seconds: story.intended.as_secs_f64(),
        domain: spec.to_string(),
        replica: *replica,
        cause: story.cause.to_string(),
        root_cause: story.root.to_string(),
        wakeup_lost: story.lost.map(|lost| lost.as_str().to_owned()),
        post_lag_us: story.post_lag.map(micros),
        notify_us: story.notify.map(micros),
        clearance_us: story.clearance.map(micros),
        query_us: micros(story.query),
        handover_us: story.handover.map(micros),
        queue_wait_us: micros(story.queue_wait),
        service_us: micros(story.service),
        response_us: micros(story.response),
    };
    results.slowest.iter().map(slow).collect()
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

fn share(part: u64, whole: u64) -> f64 {
    ratio(part as f64, whole as f64)
}

/// Zero of nothing.
fn ratio(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part / whole } else { 0.0 }
}
