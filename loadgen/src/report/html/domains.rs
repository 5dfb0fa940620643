//! What each domain did on each replica: those with rescued jobs first, then the busiest.

use std::cmp::Reverse;

use maud::{Markup, html};

use super::super::Report;
use super::super::summary::words::{count, percent};
use super::figure;

/// Rows shown; all are in the JSON report.
const ROWS_MAX: usize = 100;

/// The section of the page.
pub(super) fn section(report: &Report) -> Markup {
    let mut rows: Vec<_> = report.domains.iter().enumerate().collect();
    rows.sort_by_key(|(_, domain)| (Reverse(domain.rescued), Reverse(domain.acquired)));
    let all = rows.len();
    rows.truncate(ROWS_MAX);
    html! {
        section aria-labelledby="domains" {
            h2 id="domains" { "Domains" }
            @if rows.is_empty() { p.none { "No worker came to wait." } }
            @else {
                div.wide tabindex="0" {
                    table.sortable {
                        caption {
                            "Workers that accept the same jobs are a domain, on each replica; those with rescued jobs first, then the busiest"
                            @if all > ROWS_MAX { "; " (count(ROWS_MAX as u64)) " of " (count(all as u64)) ", the others are in the JSON report" }
                        }
                        thead {
                            tr {
                                @for name in ["domain", "replica", "workers", "acquired", "queries", "found nothing", "rescued"] {
                                    th scope="col" { (name) }
                                }
                            }
                        }
                        tbody {
                            @for (index, domain) in rows {
                                @let path = |key: &str| format!("domains.{index}.{key}");
                                tr.loud[domain.rescued > 0] {
                                    th scope="row" { (domain.key) }
                                    td { (figure::count(&path("replica"), domain.replica as u64)) }
                                    td { (figure::count(&path("workers"), domain.workers as u64)) }
                                    td { (figure::count(&path("acquired"), domain.acquired)) }
                                    td { (figure::count(&path("queries"), domain.queries)) }
                                    td {
                                        (figure::count(&path("empty"), domain.empty))
                                        small { (percent(domain.empty as f64 / domain.queries.max(1) as f64)) }
                                    }
                                    td.rescues { @if domain.rescued > 0 { "▲ " } (figure::count(&path("rescued"), domain.rescued)) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
