//! The report as a page: one file that needs nothing else, to be read, printed and sent.
//!
//! ```text
//! verdict, what ran on what, what stood out, five figures      read in five seconds
//! Warnings, notes        what looked wrong, what deserves a second look
//! Over time              jobs, backlog, rescues, queue wait as a heat map, queries; faults as bands
//! How jobs were found    by root cause and cause; wakeups lost and for nothing
//! Latency                percentile curves, tables by stage and by cause, the slowest jobs
//! Domains                each on each replica
//! Postgres               waits, the commit lock, dead rows, statements, beside the load
//! Trust                  assertions, audit, load generator
//! The whole run          counts; machine, policy, scenario
//! ```
//!
//! It holds what the JSON report holds, and every figure names its path there. It loads nothing: a policy in its
//! head forbids that. Whoever reads it without JavaScript misses the read-out under the charts and the sorting of
//! tables. Its size is bounded however long the run. All text is escaped by the template engine.

mod axis;
mod causes;
mod chart;
mod database;
mod domains;
mod figure;
mod finding;
mod flow;
mod heat;
mod list;
mod lost;
mod percentiles;
mod roots;
mod setting;
mod stack;
#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests;
mod top;
mod trust;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::Report;
use axis::TimeAxis;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");
/// Nothing is loaded from anywhere; what is inline may be shown.
const SECURITY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'";

/// The report as an HTML document.
#[must_use]
pub fn render(report: &Report) -> String {
    let axis = TimeAxis::of(report);
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(SECURITY);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="generator" content=(format!("{} {}", report.tool.name, report.tool.version));
                title { (report.scenario.title) " · " (report.verdict_in_words()) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                main {
                    (top::header(report))
                    (warnings(report))
                    (notes(report))
                    (flow::section(report, &axis))
                    (causes::section(report))
                    (percentiles::section(report))
                    (domains::section(report))
                    (database::section(report, &axis))
                    (trust::section(report))
                    (setting::counts(report))
                    (setting::section(report))
                }
                footer {
                    "Made by " (report.tool.name) " " (report.tool.version) ". Every figure is the JSON report's; point at one for its path there."
                }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    };
    page.into_string()
}

fn warnings(report: &Report) -> Markup {
    html! {
        @if !report.warnings.is_empty() {
            section aria-labelledby="warnings" {
                h2 id="warnings" { "Warnings while it was measured" }
                ul.notes {
                    @for warning in &report.warnings {
                        li {
                            strong { (warning.what) } ", " (warning.seconds()) ". " (warning.evidence) ". " em { (warning.advice) }
                        }
                    }
                }
            }
        }
    }
}

fn notes(report: &Report) -> Markup {
    let notes = report.notes();
    html! {
        @if !notes.is_empty() {
            section aria-labelledby="notes" {
                h2 id="notes" { "Worth a second look" }
                ul.notes { @for note in notes { li { (note) } } }
            }
        }
    }
}
