//! Why the figures may be believed: assertions, the audit, and how the load generator itself fared.

use maud::{Markup, html};

use super::super::Report;
use super::super::summary::words::count;
use super::figure;
use super::list::facts;

/// Job ids shown of each kind of audit failure.
const IDS_MAX: usize = 20;

/// The section of the page.
pub(super) fn section(report: &Report) -> Markup {
    html! {
        section aria-labelledby="trust" {
            h2 id="trust" { "Trust" }
            (assertions(report))
            div.pair {
                div { h3 { "Audit" } (audit(report)) }
                div { h3 { "Load generator" } (generator(report)) }
            }
        }
    }
}

fn assertions(report: &Report) -> Markup {
    html! {
        @if !report.assertions.is_empty() {
            div.wide tabindex="0" {
                table {
                    caption { "Assertions" }
                    thead { tr { @for name in ["assertion", "verdict", "result"] { th scope="col" { (name) } } } }
                    tbody {
                        @for (index, assertion) in report.assertions.iter().enumerate() {
                            tr {
                                th scope="row" { code { (assertion.expression) } }
                                td.(if assertion.held { "yes" } else { "no" }) { @if assertion.held { "✓ held" } @else { "✗ did not hold" } }
                                td { (figure::result(&format!("assertions.{index}.value"), assertion)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn audit(report: &Report) -> Markup {
    let audit = &report.audit;
    let kinds = [("lost", &audit.lost), ("doubled", &audit.doubled), ("stranded", &audit.stranded)];
    html! {
        @if audit.ok {
            p { "✓ " (figure::count("jobs.posted", report.jobs.posted)) " jobs posted, and each is accounted for in the table: none "
                "lost, none doubled, none stranded." }
        } @else {
            p.no { "✗ The table doesn't have what was posted." }
            @for (kind, ids) in kinds {
                @if !ids.is_empty() {
                    h4 { (count(ids.len() as u64)) " " (kind) }
                    ul.ids {
                        @for id in ids.iter().take(IDS_MAX) { li { code { (id.to_string()) } } }
                        @if ids.len() > IDS_MAX { li { "and " (count((ids.len() - IDS_MAX) as u64)) " more, all in the JSON report" } }
                    }
                }
            }
            @if audit.stranded_by_policy > 0 {
                p { "Stranded by the policy: " (figure::count("audit.stranded_by_policy", audit.stranded_by_policy)) "." }
            }
        }
    }
}

fn generator(report: &Report) -> Markup {
    let generator = &report.generator;
    facts(vec![
        ("of its schedule posted", figure::percent("generator.achieved_ratio", generator.achieved_ratio)),
        ("posts late, p99", figure::latency("generator.schedule_lag_p99_us", generator.schedule_lag_p99_us)),
        ("processor time", figure::seconds("generator.cpu_seconds", generator.cpu_seconds)),
        ("of one core while measured", figure::percent("generator.core_share", generator.core_share)),
        ("of all cores while measured", figure::percent("generator.cpu_share", generator.cpu_share)),
        ("events dropped", figure::count("generator.events_dropped", generator.events_dropped)),
        ("queries of its own", figure::count("queries.observer.total", report.queries.observer.total)),
        (
            "waited for their answers",
            figure::seconds("queries.observer.seconds", report.queries.observer.seconds),
        ),
    ])
}
