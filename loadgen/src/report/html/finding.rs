//! One plain sentence for the top of a page: what limited the run, or what stood out.
//!
//! The first that applies is said. Everything else that deserves a second look is in the report's notes.

use std::collections::BTreeSet;

use super::super::Report;
use super::super::summary::words::{count, latency, percent, plural};
use crate::capacity::Pressure;
use crate::measure::Stage;

/// From this share of their time on, workers are what limits a run.
const BUSY_MIN: f64 = 0.9;
/// A query is worth a word when it takes this share of the queue wait, and this long.
const QUERY_SHARE_MIN: f64 = 0.5;
const QUERY_US_MIN: u64 = 10_000;
/// A rate below this share of the one asked for wasn't reached.
const REACHED_MIN: f64 = 0.95;
/// From this share of queries that find nothing on, they stand out.
const EMPTY_SHARE_MIN: f64 = 0.5;

/// The sentence.
pub(super) fn finding(report: &Report) -> String {
    let (jobs, rates) = (&report.jobs, &report.rates);
    let workers = Pressure::of(report).workers;
    let busy = workers.as_ref().map_or(0.0, |workers| workers.share.min(1.0));
    let busiest = workers.map_or("they".to_owned(), |workers| {
        format!("the {} of {}", count(workers.room as u64), workers.name)
    });
    let (wait, query) = (report.latency_us.get(Stage::QueueWait), report.latency_us.get(Stage::Query));
    let empty_share = report.queries.acquire.empty as f64 / report.queries.acquire.total.max(1) as f64;
    if jobs.posted == 0 {
        return "No job was posted, so there is nothing to judge.".to_owned();
    }
    if jobs.acquired == 0 {
        return format!(
            "None of the {} was acquired: see whether a fleet accepts them, and whether the database answered.",
            plural(jobs.posted, "job")
        );
    }
    if report.rescued_by_backup_poll > 0 {
        return rescue(report);
    }
    if !report.run.valid {
        return "The load generator was the limit, so the figures flatter the queue.".to_owned();
    }
    if jobs.queued_at_end as f64 > rates.posted.max(1.0) || rates.acquired < rates.posted * REACHED_MIN {
        let left = plural(jobs.queued_at_end, "job");
        return if busy >= BUSY_MIN {
            format!(
                "Workers were the limit: {busiest} were busy {} of the time, and {left} stayed queued.",
                percent(busy)
            )
        } else {
            format!(
                "Jobs came faster than they were found: {left} stayed queued, though even the busiest workers had a job only {} of the time.",
                percent(busy)
            )
        };
    }
    if busy >= BUSY_MIN {
        return format!("Workers were the limit: {busiest} were busy {} of the time.", percent(busy));
    }
    if query.p99 >= QUERY_US_MIN && query.p99 as f64 >= wait.p99 as f64 * QUERY_SHARE_MIN {
        return format!(
            "The database was most of the wait: one query in a hundred took {} or longer.",
            latency(query.p99)
        );
    }
    if empty_share >= EMPTY_SHARE_MIN && report.queries.acquire.total > jobs.acquired {
        return format!(
            "{} of {} queries found nothing; otherwise 99 in 100 jobs were taken within {} of their commit.",
            percent(empty_share),
            count(report.queries.acquire.total),
            latency(wait.p99)
        );
    }
    format!(
        "Nothing stood in the way: 99 in 100 jobs were taken within {} of their commit, and even the busiest \
         workers had a job only {} of the time.",
        latency(wait.p99),
        percent(busy)
    )
}

fn rescue(report: &Report) -> String {
    let (rescued, acquired) = (report.rescued_by_backup_poll, report.jobs.acquired);
    let slowest = report.latency_by_cause_us.backup_poll.queue_wait.max;
    let slowest =
        if slowest > 0 { format!("; the slowest waited {}", latency(slowest)) } else { String::new() };
    let faults = faults_before_rescues(report);
    let faults = if faults.is_empty() {
        String::new()
    } else {
        format!(", after {}", faults.into_iter().collect::<Vec<_>>().join(" and "))
    };
    format!(
        "{} of {} waited beside sleeping workers until the backup poll found {}{slowest}{faults}.",
        count(rescued),
        plural(acquired, "job"),
        if rescued == 1 { "it" } else { "them" },
    )
}

/// Faults at work within a backup poll's period before a second in which jobs were rescued.
fn faults_before_rescues(report: &Report) -> BTreeSet<&str> {
    let period = report.scenario.backup_poll.as_secs() + 1;
    let (mut faults, mut open) = (BTreeSet::new(), None::<u64>);
    for second in report.timeline.iter().rev() {
        if second.rescued > 0 {
            open = Some(second.second);
        }
        if open.is_some_and(|rescue| rescue - second.second <= period) {
            faults.extend(second.faults.iter().map(String::as_str));
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::fixed;
    use super::*;

    fn told(change: impl FnOnce(&mut Report)) -> String {
        let mut report = fixed();
        report.rescued_by_backup_poll = 0;
        report.jobs.queued_at_end = 0;
        report.latency_us.service.mean = 5_000.0;
        change(&mut report);
        finding(&report)
    }

    #[test]
    fn what_limited_a_run_is_named() {
        assert!(told(|_| {}).starts_with("Nothing stood in the way: 99 in 100 jobs"));
        assert!(told(|report| report.jobs.posted = 0).contains("nothing to judge"));
        assert!(told(|report| report.jobs.acquired = 0).starts_with("None of the 12,345 jobs was acquired"));
        assert!(told(|report| report.run.valid = false).contains("generator was the limit"));
        let busy = |report: &mut Report| report.latency_us.service.mean = 10e6;
        assert_eq!(
            told(busy),
            "Workers were the limit: the 12 of terraform environment=on-prem were busy 100.0% of the time."
        );
        let backlog = told(|report| {
            busy(report);
            report.jobs.queued_at_end = 5_000;
        });
        assert!(
            backlog.contains("Workers were the limit") && backlog.contains("5,000 jobs stayed queued"),
            "{backlog}"
        );
        let idle = told(|report| report.jobs.queued_at_end = 5_000);
        assert!(idle.starts_with("Jobs came faster than they were found"), "{idle}");
        let slow = told(|report| report.latency_us.query.p99 = report.latency_us.queue_wait.p99);
        assert!(slow.starts_with("The database was most of the wait"), "{slow}");
        let empty = told(|report| report.queries.acquire.empty = 9_000);
        assert!(empty.starts_with("63.8% of 14,100 queries found nothing"), "{empty}");
    }

    #[test]
    fn a_rescue_is_told_with_the_fault_before_it() {
        let told = finding(&fixed());
        assert!(
            told.starts_with(
                "7 of 12,340 jobs waited beside sleeping workers until the backup poll found them"
            )
        );
        assert!(told.ends_with(", after drop_notifications."), "{told}");
    }
}
