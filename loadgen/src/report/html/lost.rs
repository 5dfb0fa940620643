//! What went wrong with wakeups, and what looking costs: lost wakeups by what was posted, those for nothing, the
//! queries of idle days and of naive polling, and the jobs that waited longest with all that is known of them.

use maud::{Markup, html};

use super::super::words::count;
use super::super::{Report, SlowJob};
use super::figure;
use super::list::facts;

/// Rows of lost postings shown; all are in the JSON report.
const ROWS_MAX: usize = 20;

/// Wakeups lost and wakeups for nothing.
pub(super) fn wakeups(report: &Report) -> Markup {
    let lost = &report.wakeups_lost;
    let (idle, naive, spurious) = (&report.idle_queries, &report.naive_polling, &report.spurious_wakeups);
    html! {
        div.triple {
            div { h3 { "Wakeups lost" }
                (facts(vec![
                    ("postings whose wakeup was lost", figure::count("wakeups_lost.total", lost.total)),
                    ("swallowed by a fault", figure::count("wakeups_lost.swallowed", lost.swallowed)),
                    ("heard by nobody who could take the job", figure::count("wakeups_lost.unheard", lost.unheard)),
                    ("heard, and forgotten", figure::count("wakeups_lost.forgotten", lost.forgotten)),
                ]))
            }
            div { h3 { "Wakeups for nothing" }
                (facts(vec![
                    ("spurious wakeups", figure::count("spurious_wakeups.total", spurious.total)),
                    ("of all queries answered", figure::percent("spurious_wakeups.of_queries_share", spurious.of_queries_share)),
                    ("idle polls a day, measured", figure::rounded("idle_queries.measured_per_day", idle.measured_per_day)),
                    ("idle polls a day, predicted", figure::rounded("idle_queries.predicted_per_day", idle.predicted_per_day)),
                ]))
            }
            div { h3 { "Had every worker polled" }
                (facts(vec![
                    ("each every", figure::seconds("naive_polling.period_seconds", naive.period_seconds)),
                    ("queries", figure::count("naive_polling.queries", naive.queries)),
                    ("times what the run made", figure::decimal("naive_polling.of_queries_ratio", naive.of_queries_ratio)),
                ]))
            }
        }
        @if !lost.by_posting.is_empty() { (by_posting(report)) }
    }
}

fn by_posting(report: &Report) -> Markup {
    let rows = &report.wakeups_lost.by_posting;
    html! {
        div.wide tabindex="0" {
            table {
                caption {
                    "Wakeups lost, by what was posted"
                    @if rows.len() > ROWS_MAX { "; " (count(ROWS_MAX as u64)) " of " (count(rows.len() as u64)) ", the others are in the JSON report" }
                }
                thead { tr { @for name in ["type and tags", "lost"] { th scope="col" { (name) } } } }
                tbody {
                    @for (index, posting) in rows.iter().take(ROWS_MAX).enumerate() {
                        tr {
                            th scope="row" {
                                (posting.provisioner.to_string())
                                @for (name, value) in posting.tags.iter() { " " (name) "=" (value) }
                            }
                            td { (figure::count(&format!("wakeups_lost.by_posting.{index}.lost"), posting.lost)) }
                        }
                    }
                }
            }
        }
    }
}

/// The jobs that waited longest.
pub(super) fn slowest(report: &Report) -> Markup {
    html! {
        @if !report.slowest_jobs.is_empty() {
            div.wide tabindex="0" {
                table {
                    caption { "The jobs that waited longest, and why" }
                    thead { tr {
                        @for name in ["taken by", "queue wait", "intended at", "cause", "root cause", "wakeup",
                            "notify", "clearance", "query", "service", "response"] { th scope="col" { (name) } }
                    } }
                    tbody { @for (index, job) in report.slowest_jobs.iter().enumerate() { (slow_job(index, job)) } }
                }
            }
        }
    }
}

fn slow_job(index: usize, job: &SlowJob) -> Markup {
    let path = |key: &str| format!("slowest_jobs.{index}.{key}");
    let known = |key: &str, us: Option<u64>| {
        html! { td { @if let Some(us) = us { (figure::latency(&path(key), us)) } @else { "–" } } }
    };
    html! {
        tr {
            th scope="row" { (job.domain) " on replica " (job.replica) small { code { (job.job.to_string()) } } }
            (known("queue_wait_us", Some(job.queue_wait_us)))
            td { (figure::seconds(&path("intended_seconds"), job.intended_seconds)) }
            td { (job.cause.replace('_', " ")) }
            td { (job.root_cause.replace('_', " ")) }
            td.no[job.wakeup_lost.is_some()] { @if let Some(lost) = &job.wakeup_lost { "✗ " (lost) } @else { "not lost" } }
            (known("notify_us", job.notify_us))
            (known("clearance_us", job.clearance_us))
            (known("query_us", Some(job.query_us)))
            (known("service_us", Some(job.service_us)))
            (known("response_us", Some(job.response_us)))
        }
    }
}
