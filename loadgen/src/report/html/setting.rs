//! All that is needed to run it again: counts of the whole run, where it ran, the policy, the settled scenario.

use acquirer::wakeup::Switch;
use maud::{Markup, html};

use super::super::Report;
use super::figure;
use super::list::facts;
use crate::scenario::Scenario;

/// Counts of the whole run.
pub(super) fn counts(report: &Report) -> Markup {
    let (jobs, queries, notices) = (&report.jobs, &report.queries.acquire, &report.notifications);
    html! {
        section aria-labelledby="counts" {
            h2 id="counts" { "The whole run in numbers" }
            p { "Warm-up and drain included." }
            div.triple {
                div { h3 { "Jobs" }
                    (facts(vec![
                        ("posted", figure::count("jobs.posted", jobs.posted)),
                        ("acquired", figure::count("jobs.acquired", jobs.acquired)),
                        ("completed", figure::count("jobs.completed", jobs.completed)),
                        ("failed", figure::count("jobs.failed", jobs.failed)),
                        ("canceled", figure::count("jobs.canceled", jobs.canceled)),
                        ("queued at the end", figure::count("jobs.queued_at_end", jobs.queued_at_end)),
                        ("running at the end", figure::count("jobs.running_at_end", jobs.running_at_end)),
                    ]))
                }
                div { h3 { "Acquire queries" }
                    (facts(vec![
                        ("in all", figure::count("queries.acquire.total", queries.total)),
                        ("found a job", figure::count("queries.acquire.found", queries.found)),
                        ("found nothing", figure::count("queries.acquire.empty", queries.empty)),
                        ("failed", figure::count("queries.acquire.failed", queries.failed)),
                        ("for each job", figure::hundredths("queries.acquire.per_job", queries.per_job)),
                        ("a second, measured", figure::decimal("rates.acquire_queries", report.rates.acquire_queries)),
                        ("at once in a domain, most",
                            figure::count("queries.acquire.max_in_flight_per_domain", queries.max_in_flight_per_domain)),
                    ]))
                }
                div { h3 { "Notifications" }
                    (facts(vec![
                        ("sent", figure::count("notifications.sent", notices.sent)),
                        ("received, all replicas", figure::count("notifications.received", notices.received)),
                        ("swallowed by faults", figure::count("notifications.suppressed", notices.suppressed)),
                        ("malformed", figure::count("notifications.malformed", notices.malformed)),
                        ("losses signalled", figure::count("notifications.losses_signalled", notices.losses_signalled)),
                    ]))
                }
            }
        }
    }
}

/// Where it ran, under which rules, and what was asked for.
pub(super) fn section(report: &Report) -> Markup {
    let (environment, run) = (&report.environment, &report.run);
    let words = |text: &str| html! { (text) };
    html! {
        section aria-labelledby="setting" {
            h2 id="setting" { "What ran, on what" }
            div.pair {
                div { h3 { "Run and machine" }
                    (facts(vec![
                        ("run", html! { code { (run.id.to_string()) } }),
                        ("began", words(&run.started_at.format("%Y-%m-%d %H:%M:%S UTC").to_string())),
                        ("seed", figure::plain("run.seed", run.seed)),
                        ("measured", figure::seconds("run.measured_seconds", run.measured_seconds)),
                        ("warm-up", figure::seconds("run.warmup_seconds", run.warmup_seconds)),
                        ("PostgreSQL", words(&environment.postgres_version)),
                        ("database", words(&environment.database)),
                        ("durability", words(&environment.durability)),
                        ("processors", figure::count("environment.cpus", environment.cpus as u64)),
                        ("system", words(&environment.os)),
                        ("made by", words(&format!("{} {}", report.tool.name, report.tool.version))),
                    ]))
                }
                div { h3 { "Policy: " (report.policy.name) }
                    (facts(Switch::ALL.into_iter().map(|switch| {
                        (switch.as_str(), html! { code { (report.policy.switches.get(switch)) } })
                    })))
                }
            }
            details {
                summary { "The scenario as it was settled, ready to be copied and run again" }
                pre { code { (settled(&report.scenario)) } }
            }
        }
    }
}

/// The scenario in its own language. Remarks on how it was settled are no part of that.
fn settled(scenario: &Scenario) -> String {
    let bare = Scenario { notes: Vec::new(), ..scenario.clone() };
    // Whole numbers of TOML end at half of a seed's range.
    let text = toml::to_string(&bare).or_else(|_| serde_json::to_string_pretty(&bare)).unwrap_or_default();
    text.lines().filter(|line| *line != "notes = []").flat_map(|line| [line, "\n"]).collect()
}
