//! The top of a page: all that a reader needs who gives it five seconds.
//!
//! ```text
//! ✓ HELD: every job is accounted for
//! A working day in a minute
//! PostgreSQL 15.18, local, fsync on · 3 replicas · 200 workers in 8 fleets · policy default · …
//! Nothing stood in the way: 99 in 100 jobs were taken within 2.7 ms of their commit …
//! ┌ acquired ──┬ queue wait ──┬ queries ──┬ backlog ──┬ rescued ──────────┐
//! │ 199.8/s    │ 2.70 ms p99  │ 1.15/job  │ 0 jobs    │ 0 jobs  ████████▒ │
//! └────────────┴──────────────┴───────────┴───────────┴───────────────────┘
//! ```

use maud::{Markup, html};

use super::super::summary::words::{percent, plural, seconds};
use super::super::{Report, Verdict};
use super::finding::finding;
use super::{figure, roots};
use crate::scenario::quantity::format_duration;

/// A rate below this share of what was posted is worth a colour.
const KEPT_UP_MIN: f64 = 0.98;

/// The top.
pub(super) fn header(report: &Report) -> Markup {
    let (class, glyph) = look(report.verdict());
    html! {
        header {
            p.verdict.(class) { span.glyph aria-hidden="true" { (glyph) } " " (report.verdict_in_words()) }
            @if !report.reasons().is_empty() {
                ul.reasons { @for reason in report.reasons() { li { (reason) } } }
            }
            @if report.assertions.iter().any(|assertion| !assertion.held) {
                ul.reasons {
                    @for assertion in report.assertions.iter().filter(|assertion| !assertion.held) {
                        li { code { (assertion.expression) } " did not hold: " (assertion.value_in_words()) }
                    }
                }
            }
            h1 { (report.scenario.title) }
            @if !report.scenario.watch.is_empty() { p.setting { "Watch for: " (report.scenario.watch) } }
            p.setting { (setting(report)) " · " time { (report.run.started_at.format("%Y-%m-%d %H:%M UTC").to_string()) } }
            p.finding { (finding(report)) }
            (tiles(report))
        }
    }
}

/// How a verdict looks: its class and a sign, which says the same without colour.
fn look(verdict: Verdict) -> (&'static str, &'static str) {
    match verdict {
        Verdict::Held => ("held", "✓"),
        Verdict::FellShort => ("fell-short", "✗"),
        Verdict::Failed | Verdict::AuditFailed => ("failed", "✗"),
        Verdict::Invalid => ("invalid", "⚠"),
        Verdict::Interrupted => ("interrupted", "◐"),
    }
}

/// What ran, on what.
fn setting(report: &Report) -> String {
    let (scenario, environment, run) = (&report.scenario, &report.environment, &report.run);
    let durability = match environment.durability.as_str() {
        "safe" => "fsync on",
        "fast" => "fsync off",
        other => other,
    };
    [
        format!("PostgreSQL {}, {}, {durability}", environment.postgres_version, environment.database),
        plural(scenario.replicas as u64, "replica"),
        format!(
            "{} in {}",
            plural(scenario.workers() as u64, "worker"),
            plural(scenario.fleets.len() as u64, "fleet")
        ),
        format!("policy {}", report.policy.name),
        format!("backup poll {}", format_duration(scenario.backup_poll)),
        format!(
            "measured {} after {} of warm-up",
            seconds(run.measured_seconds),
            seconds(run.warmup_seconds)
        ),
    ]
    .join(" · ")
}

fn tiles(report: &Report) -> Markup {
    let (rates, jobs, queries) = (&report.rates, &report.jobs, &report.queries.acquire);
    let wait = &report.latency_us.queue_wait;
    let is_behind = rates.acquired < rates.posted * KEPT_UP_MIN;
    let rescued = report.rescued_by_backup_poll;
    html! {
        div.tiles {
            div.tile.warn[is_behind] {
                h2 { "Jobs acquired" }
                p.big { (figure::decimal("rates.acquired", rates.acquired)) span.unit { "/s" } }
                p { "of " (figure::decimal("rates.posted", rates.posted)) "/s posted" @if is_behind { ", " b { "not kept up" } } }
                p { (figure::decimal("rates.target_post", rates.target_post)) "/s asked for" }
            }
            div.tile {
                h2 { "Queue wait" }
                @if wait.count == 0 {
                    p.big { "–" }
                    p { "no job was acquired after the warm-up" }
                } @else {
                    p.big { (figure::latency("latency_us.queue_wait.p99", wait.p99)) span.unit { " p99" } }
                    p { b { (figure::latency("latency_us.queue_wait.p50", wait.p50)) } " p50" }
                    p { (figure::latency("latency_us.queue_wait.max", wait.max)) " longest" }
                }
            }
            div.tile {
                h2 { "Acquire queries" }
                p.big { (figure::hundredths("queries.acquire.per_job", queries.per_job)) span.unit { " per job" } }
                p { (figure::count("queries.acquire.total", queries.total)) " in all" }
                p { (figure::count("queries.acquire.empty", queries.empty)) " found nothing" }
            }
            div.tile.warn[jobs.queued_at_end > 0] {
                h2 { "Backlog at the end" }
                p.big { (figure::count("jobs.queued_at_end", jobs.queued_at_end)) span.unit { @if jobs.queued_at_end == 1 { " job" } @else { " jobs" } } }
                p { (figure::count("jobs.running_at_end", jobs.running_at_end)) " still running" }
                p { (figure::count("jobs.posted", jobs.posted)) " posted in all" }
            }
            div.tile.found.bad[rescued > 0] {
                h2 { "How jobs were found" }
                p.big {
                    @if rescued > 0 { span.glyph aria-hidden="true" { "▲" } " " }
                    (figure::count("rescued_by_backup_poll", rescued)) span.unit { " rescued by the backup poll" }
                }
                @if rescued > 0 {
                    p { b { (percent(rescued as f64 / jobs.acquired.max(1) as f64)) } " of those acquired lay beside sleeping workers" }
                }
                (roots::strip(report))
            }
        }
    }
}
