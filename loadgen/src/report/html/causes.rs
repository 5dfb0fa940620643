//! How jobs were found: what woke the workers, what came of it, and, loudest, what only the backup poll found.

use acquirer::wakeup::Cause;
use maud::{Markup, html};

use super::super::summary::CAUSES;
use super::super::summary::words::percent;
use super::super::{Report, Wakeups};
use super::chart::place;
use super::figure;

/// How the style sheet knows a cause.
pub(super) fn class(cause: Cause) -> &'static str {
    match cause {
        Cause::Posting => "by-posting",
        Cause::Chained => "by-chained",
        Cause::Pending => "by-pending",
        Cause::First => "by-first",
        Cause::Recovered => "by-recovered",
        Cause::BackupPoll => "by-poll",
    }
}

/// What a cause is, in a few words.
pub(super) fn meaning(cause: Cause) -> &'static str {
    match cause {
        Cause::Posting => "a notice came to a sleeping domain",
        Cause::Chained => "the worker before was served, and the next one looked",
        Cause::Pending => "a notice had come while a query was under way",
        Cause::First => "the first worker came to a new domain",
        Cause::Recovered => "the listener said that notices may be lost",
        Cause::BackupPoll => "the period came round",
    }
}

/// Jobs of the measured part by what made the query that found them, as shares; none when there are none.
pub(super) fn shares(report: &Report) -> Vec<(Cause, f64)> {
    let jobs = |cause| report.latency_by_cause_us.get(cause).queue_wait.count;
    let all: u64 = CAUSES.into_iter().map(jobs).sum();
    let found = CAUSES.into_iter().filter(|cause| jobs(*cause) > 0);
    found.map(|cause| (cause, jobs(cause) as f64 / all.max(1) as f64)).collect()
}

/// The shares as one bar with a legend.
pub(super) fn strip(report: &Report) -> Markup {
    let shares = shares(report);
    html! {
        @if !shares.is_empty() {
            div.strip aria-hidden="true" {
                @for (cause, share) in &shares { span.(class(*cause)) style=(place("width", share * 100.0)) {} }
            }
            ul.legend {
                @for (cause, share) in &shares {
                    li { span.chip.(class(*cause)) {} (cause.as_str().replace('_', " ")) " " (share_words(*share)) }
                }
            }
        }
    }
}

/// A share that is there is not told as none.
fn share_words(share: f64) -> String {
    if share < 0.0005 { "under 0.1%".to_owned() } else { percent(share) }
}

/// The section of the page.
pub(super) fn section(report: &Report) -> Markup {
    let most = CAUSES.into_iter().map(|cause| report.wakeups.get(cause).clearances).max().unwrap_or(0).max(1);
    html! {
        section aria-labelledby="causes" {
            h2 id="causes" { "How jobs were found" }
            p {
                "Each row is something that may let one worker of a domain ask the database. A query that found nothing was a "
                "wakeup for nothing; a job that only the backup poll found had waited beside a sleeping worker."
            }
            div.wide tabindex="0" {
                table {
                    caption { "Clearances of the whole run by what caused them" }
                    thead { tr {
                        @for name in ["cause", "clearances", "found a job", "found nothing", "failed"] { th scope="col" { (name) } }
                        th.bar-column scope="col" { "found " span.chip.by-posting {} " nothing " span.chip.nothing {} " failed " span.chip.failed-queries {} }
                    } }
                    tbody { @for cause in CAUSES { (row(cause, report.wakeups.get(cause), most)) } }
                }
            }
            p.rescued.loud[report.rescued_by_backup_poll > 0] {
                "Rescued by the backup poll: " b { (figure::count("rescued_by_backup_poll", report.rescued_by_backup_poll)) }
                " of " (figure::count("jobs.acquired", report.jobs.acquired)) " jobs acquired, those included that were chained from a poll."
            }
        }
    }
}

fn row(cause: Cause, wakeups: &Wakeups, most: u64) -> Markup {
    let path = |key: &str| format!("wakeups.{}.{key}", cause.as_str());
    let width = |count: u64| place("width", count as f64 / most as f64 * 100.0);
    html! {
        tr {
            th scope="row" { (cause.as_str().replace('_', " ")) small { (meaning(cause)) } }
            td { (figure::count(&path("clearances"), wakeups.clearances)) }
            td { (figure::count(&path("found"), wakeups.found)) }
            td { (figure::count(&path("empty"), wakeups.empty)) }
            td { (figure::count(&path("failed"), wakeups.failed)) }
            td.bar-column {
                div.strip aria-hidden="true" {
                    @if wakeups.found > 0 { span.(class(cause)) style=(width(wakeups.found)) {} }
                    @if wakeups.empty > 0 { span.nothing style=(width(wakeups.empty)) {} }
                    @if wakeups.failed > 0 { span.failed-queries style=(width(wakeups.failed)) {} }
                }
            }
        }
    }
}
