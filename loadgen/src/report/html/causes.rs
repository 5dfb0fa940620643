//! How jobs were found: what woke the workers, what came of it, and, loudest, what only the backup poll found.

use acquirer::wakeup::Cause;
use maud::{Markup, html};

use super::super::summary::CAUSES;
use super::super::{Report, Wakeups};
use super::chart::place;
use super::{figure, lost, roots};

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

/// The section of the page.
pub(super) fn section(report: &Report) -> Markup {
    let most = CAUSES.into_iter().map(|cause| report.wakeups.get(cause).clearances).max().unwrap_or(0).max(1);
    html! {
        section aria-labelledby="causes" {
            h2 id="causes" { "How jobs were found" }
            p {
                "A cause is what let a worker ask the database, a root cause what set off the chain of wakeups that ended there. "
                "A job whose root is the backup poll had waited beside a sleeping worker."
            }
            (roots::table(report))
            p.rescued.loud[report.rescued_by_backup_poll > 0] {
                "Rescued by the backup poll: " b { (figure::count("rescued_by_backup_poll", report.rescued_by_backup_poll)) }
                " of " (figure::count("jobs.acquired", report.jobs.acquired)) " jobs acquired: nothing else led to them."
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
            (lost::wakeups(report))
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
