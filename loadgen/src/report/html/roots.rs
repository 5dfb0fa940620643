//! What set off the chain of wakeups that led to each job: as one bar, and as a table with how long the jobs waited.

use acquirer::wakeup::RootCause;
use maud::{Markup, html};

use super::super::Report;
use super::super::words::percent;
use super::causes;
use super::chart::place;
use super::figure;

/// Jobs of the whole run by root cause as one bar with a legend, the poll's in red at the end.
pub(super) fn strip(report: &Report) -> Markup {
    let all = RootCause::ALL.into_iter().map(|root| *report.found_by_root.get(root)).sum::<u64>();
    let shares = RootCause::ALL
        .into_iter()
        .map(|root| (root, *report.found_by_root.get(root) as f64 / all.max(1) as f64));
    let shares: Vec<_> = shares.filter(|(_, share)| *share > 0.0).collect();
    html! {
        @if !shares.is_empty() {
            div.strip aria-hidden="true" {
                @for (root, share) in &shares { span.(causes::class(root.direct())) style=(place("width", share * 100.0)) {} }
            }
            ul.legend {
                @for (root, share) in &shares {
                    li { span.chip.(causes::class(root.direct())) {} (root_words(*root)) " " (share_words(*share)) }
                }
            }
        }
    }
}

/// A share that is there is not told as none.
fn share_words(share: f64) -> String {
    if share < 0.0005 { "under 0.1%".to_owned() } else { percent(share) }
}

fn root_words(root: RootCause) -> String {
    root.as_str().replace('_', " ")
}

/// The table.
pub(super) fn table(report: &Report) -> Markup {
    let all = RootCause::ALL.into_iter().map(|root| *report.found_by_root.get(root)).sum::<u64>().max(1);
    html! {
        div.wide tabindex="0" {
            table {
                caption { "Jobs of the whole run by what set off the chain of wakeups that led to them" }
                thead { tr {
                    @for name in ["root cause", "jobs", "queue wait p50", "p99", "longest"] { th scope="col" { (name) } }
                    th.bar-column scope="col" { "share" }
                } }
                tbody {
                    @for root in RootCause::ALL {
                        @let jobs = *report.found_by_root.get(root);
                        @let wait = &report.latency_by_root_us.get(root).queue_wait;
                        @let path = |key: &str| format!("latency_by_root_us.{}.queue_wait.{key}", root.as_str());
                        tr.loud[root == RootCause::BackupPoll && jobs > 0] {
                            th scope="row" { (root_words(root)) small { (meaning(root)) } }
                            td.rescues { (figure::count(&format!("found_by_root.{}", root.as_str()), jobs)) }
                            @for (key, us) in [("p50", wait.p50), ("p99", wait.p99), ("max", wait.max)] {
                                td { @if wait.count == 0 { "–" } @else { (figure::latency(&path(key), us)) } }
                            }
                            td.bar-column {
                                @if jobs > 0 {
                                    div.strip aria-hidden="true" {
                                        span.(causes::class(root.direct())) style=(place("width", jobs as f64 / all as f64 * 100.0)) {}
                                    }
                                    small { (share_words(jobs as f64 / all as f64)) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn meaning(root: RootCause) -> &'static str {
    match root {
        RootCause::Posting => "somebody's notice was heard",
        RootCause::First => "a worker came to a new domain",
        RootCause::Recovered => "the listener said that notices may be lost",
        RootCause::BackupPoll => "rescued: nothing else led to it",
    }
}
