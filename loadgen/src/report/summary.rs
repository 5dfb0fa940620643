//! The summary that a person reads after a run without a dashboard.
//!
//! ```text
//! HELD: every job is accounted for                       the verdict first
//!
//! A working day in a minute                              what ran, on what
//! Rates per second         target   achieved
//! Latency                     p50      p90      p99    p99.9      max    count
//! How jobs were found  clearances    found    empty   failed   queue wait p99
//! Jobs, queries, domains, Postgres, audit, generator
//! Warnings                                               what looked wrong, its evidence, and what to do
//! Notes                                                  what deserves a second look, in plain words
//! ```
//!
//! Plain text of 80 columns at most, without colour. Everything in it is in the report too.

mod database;
pub(crate) mod words;

use std::fmt::Write as _;

use acquirer::wakeup::Cause;

use self::words::{clipped, count, decimal, latency, percent, plural, seconds, wrapped};
use super::Report;
use crate::measure::Stage;
use crate::scenario::quantity::format_duration;

/// The most columns a line takes.
const WIDTH: usize = 80;
/// Domains shown; the rest are counted.
const DOMAINS_MAX: usize = 10;
/// Warnings shown; the rest are counted.
const WARNINGS_MAX: usize = 10;
/// Job ids shown of each kind of audit failure.
const IDS_MAX: usize = 3;

/// Stages from what users feel to what explains it.
pub(super) const STAGES: [Stage; 8] = [
    Stage::QueueWait,
    Stage::Response,
    Stage::Service,
    Stage::PostLag,
    Stage::Notify,
    Stage::Clearance,
    Stage::Query,
    Stage::Handover,
];

/// Causes from the one that should find jobs to the one that should not need to.
pub(super) const CAUSES: [Cause; 6] =
    [Cause::Posting, Cause::Chained, Cause::Pending, Cause::First, Cause::Recovered, Cause::BackupPoll];

/// The summary of a run, ending in a line break.
#[must_use]
pub fn summary(report: &Report) -> String {
    let mut page = Page::default();
    page.verdict(report);
    page.setting(report);
    page.rates(report);
    page.latencies(report);
    page.causes(report);
    page.jobs(report);
    page.domains(report);
    page.database(report);
    page.health(report);
    page.warnings(report);
    page.notes(report);
    page.text
}

/// The text so far.
#[derive(Default)]
struct Page {
    text: String,
}

impl Page {
    fn line(&mut self, line: &str) {
        self.text.push_str(clipped(line.trim_end(), WIDTH).as_str());
        self.text.push('\n');
    }

    fn section(&mut self, heading: &str) {
        self.text.push('\n');
        self.line(heading);
    }

    fn verdict(&mut self, report: &Report) {
        self.line(&report.verdict_in_words());
        for reason in report.reasons() {
            self.bullet(reason);
        }
        if let Some(expression) = &report.run.stopped_by {
            let after = seconds(report.run.warmup_seconds + report.run.measured_seconds);
            self.bullet(&format!("stopped early, after {after}: {expression} could no longer hold"));
        }
        let asked = report.scenario.expectations.len();
        if report.run.interrupted && asked > 0 {
            self.bullet(&format!("not judged: {}", plural(asked as u64, "assertion")));
        }
        for assertion in &report.assertions {
            let mark = if assertion.held { "held" } else { "NOT held" };
            self.bullet(&format!("{}: {mark}, {}", assertion.expression, assertion.value_in_words()));
        }
    }

    fn setting(&mut self, report: &Report) {
        let (scenario, environment, run) = (&report.scenario, &report.environment, &report.run);
        self.section(&scenario.title);
        if !scenario.watch.is_empty() {
            self.wrapped_fact("watch for", &scenario.watch);
        }
        self.fact(
            "database",
            &format!(
                "PostgreSQL {} · {} · durability {}",
                environment.postgres_version, environment.database, environment.durability
            ),
        );
        let (replicas, poll) =
            (plural(scenario.replicas as u64, "replica"), format_duration(scenario.backup_poll));
        let policy = &report.policy.name;
        if policy.contains(' ') {
            self.fact("acquirers", &format!("{replicas} · backup poll {poll}"));
            self.wrapped_fact("policy", policy);
        } else {
            self.fact("acquirers", &format!("{replicas} · policy {policy} · backup poll {poll}"));
        }
        self.fact(
            "fleets",
            &format!(
                "{} in {}",
                plural(scenario.workers() as u64, "worker"),
                plural(scenario.fleets.len() as u64, "fleet")
            ),
        );
        self.fact(
            "measured",
            &format!(
                "{} after {} of warm-up · seed {}",
                seconds(run.measured_seconds),
                seconds(run.warmup_seconds),
                run.seed
            ),
        );
        self.fact(
            "run",
            &format!("{} · {}", run.started_at.format("%Y-%m-%d %H:%M:%S UTC"), run.id.as_hyphenated()),
        );
        self.fact(
            "machine",
            &format!(
                "{} · {} · {} {}",
                environment.os,
                plural(environment.cpus as u64, "CPU"),
                report.tool.name,
                report.tool.version
            ),
        );
    }

    fn rates(&mut self, report: &Report) {
        let rates = &report.rates;
        self.section(&format!("{:<22}{:>12}{:>12}", "Rates per second", "target", "achieved"));
        let share =
            if rates.target_post > 0.0 { percent(rates.posted / rates.target_post) } else { String::new() };
        let target = decimal(rates.target_post);
        self.line(&format!("  {:<20}{target:>12}{:>12}{share:>9}", "jobs posted", decimal(rates.posted)));
        for (name, rate) in [
            ("jobs acquired", rates.acquired),
            ("jobs completed", rates.completed),
            ("acquire queries", rates.acquire_queries),
            ("  found nothing", rates.empty_queries),
        ] {
            self.line(&format!("  {name:<20}{:>12}{:>12}", "", decimal(rate)));
        }
    }

    fn latencies(&mut self, report: &Report) {
        self.section(&format!(
            "{:<14}{:>11}{:>11}{:>11}{:>11}{:>11}{:>11}",
            "Latency", "p50", "p90", "p99", "p99.9", "max", "count"
        ));
        for stage in STAGES {
            let summary = report.latency_us.get(stage);
            let mut line = format!("  {:<12}", stage.as_str().replace('_', " "));
            for value in [summary.p50, summary.p90, summary.p99, summary.p999, summary.max] {
                let shown = if summary.count == 0 { "-".to_owned() } else { latency(value) };
                let _ = write!(line, "{shown:>11}");
            }
            let _ = write!(line, "{:>11}", count(summary.count));
            self.line(&line);
        }
    }

    fn causes(&mut self, report: &Report) {
        if CAUSES.iter().all(|cause| report.wakeups.get(*cause).clearances == 0) {
            return;
        }
        self.section(&format!(
            "{:<20}{:>11}{:>11}{:>11}{:>11}{:>16}",
            "How jobs were found", "clearances", "found", "empty", "failed", "queue wait p99"
        ));
        for cause in CAUSES {
            let wakeups = report.wakeups.get(cause);
            if wakeups.clearances == 0 {
                continue;
            }
            let wait = &report.latency_by_cause_us.get(cause).queue_wait;
            self.line(&format!(
                "  {:<18}{:>11}{:>11}{:>11}{:>11}{:>16}",
                cause.as_str().replace('_', " "),
                count(wakeups.clearances),
                count(wakeups.found),
                count(wakeups.empty),
                count(wakeups.failed),
                if wait.count == 0 { "-".to_owned() } else { latency(wait.p99) }
            ));
        }
        let rescued = report.rescued_by_backup_poll;
        if rescued > 0 {
            let share = rescued as f64 / report.jobs.acquired.max(1) as f64;
            self.line(&format!(
                "  !! RESCUED by the backup poll: {}, {} of those acquired",
                plural(rescued, "job"),
                percent(share)
            ));
        }
        let lost = &report.wakeups_lost;
        if lost.total > 0 {
            self.line(&format!(
                "  !! LOST wakeups: {} ({} swallowed, {} unheard, {} forgotten)",
                plural(lost.total, "posting"),
                count(lost.swallowed),
                count(lost.unheard),
                count(lost.forgotten)
            ));
        }
    }

    fn jobs(&mut self, report: &Report) {
        let (jobs, queries) = (&report.jobs, &report.queries.acquire);
        self.section("Jobs and queries of the whole run");
        self.fact(
            "jobs",
            &format!(
                "{} posted · {} acquired · {} completed · {} failed",
                count(jobs.posted),
                count(jobs.acquired),
                count(jobs.completed),
                count(jobs.failed)
            ),
        );
        self.fact(
            "left over",
            &format!(
                "{} queued · {} running · {} canceled",
                count(jobs.queued_at_end),
                count(jobs.running_at_end),
                count(jobs.canceled)
            ),
        );
        self.fact(
            "queries",
            &format!(
                "{:.2} per job · {} found · {} empty · {} failed",
                queries.per_job,
                count(queries.found),
                count(queries.empty),
                count(queries.failed)
            ),
        );
        let (idle, naive) = (&report.idle_queries, &report.naive_polling);
        self.fact(
            "in vain",
            &format!(
                "{} spurious wakeups, {} of the queries",
                count(report.spurious_wakeups.total),
                percent(report.spurious_wakeups.of_queries_share)
            ),
        );
        self.fact(
            "idle polls",
            &format!(
                "{} a day measured, {} predicted",
                count(idle.measured_per_day.round() as u64),
                count(idle.predicted_per_day.round() as u64)
            ),
        );
        self.fact(
            "polling",
            &format!(
                "every worker each {} would have been {} queries, {}x as many",
                seconds(naive.period_seconds),
                count(naive.queries),
                decimal(naive.of_queries_ratio)
            ),
        );
        let notices = &report.notifications;
        self.fact(
            "notices",
            &format!(
                "{} sent · {} received · {} swallowed · {} malformed",
                count(notices.sent),
                count(notices.received),
                count(notices.suppressed),
                count(notices.malformed)
            ),
        );
    }

    fn domains(&mut self, report: &Report) {
        let mut rows: Vec<_> = report.domains.iter().collect();
        if rows.is_empty() {
            return;
        }
        rows.sort_by_key(|domain| std::cmp::Reverse(domain.acquired));
        let heading = if rows.len() > DOMAINS_MAX {
            format!("Domains, the {DOMAINS_MAX} busiest of {}", rows.len())
        } else {
            "Domains, the busiest first".to_owned()
        };
        self.section(&format!(
            "{heading:<32}{:>8}{:>8}{:>9}{:>9}{:>6}{:>8}",
            "replica", "workers", "acquired", "queries", "empty", "rescued"
        ));
        for domain in rows.into_iter().take(DOMAINS_MAX) {
            let share = domain.empty as f64 / domain.queries.max(1) as f64;
            let rescued = if domain.rescued > 0 { format!("!{}", domain.rescued) } else { String::new() };
            self.line(&format!(
                "  {:<30}{:>8}{:>8}{:>9}{:>9}{:>6}{rescued:>8}",
                clipped(&domain.key, 29),
                domain.replica,
                count(domain.workers as u64),
                count(domain.acquired),
                count(domain.queries),
                format!("{:.0}%", share * 100.0),
            ));
        }
    }

    fn health(&mut self, report: &Report) {
        let (audit, generator) = (&report.audit, &report.generator);
        self.section("Trust");
        if audit.ok {
            self.fact(
                "audit",
                &format!("ok: {}, none lost, doubled or stranded", plural(report.jobs.posted, "job")),
            );
        } else {
            for (kind, ids) in
                [("lost", &audit.lost), ("doubled", &audit.doubled), ("stranded", &audit.stranded)]
            {
                if ids.is_empty() {
                    continue;
                }
                self.fact("audit", &format!("{} {kind}", plural(ids.len() as u64, "job")));
                for id in ids.iter().take(IDS_MAX) {
                    self.fact("", &id.as_hyphenated().to_string());
                }
                if ids.len() > IDS_MAX {
                    self.fact("", &format!("and {} more, all in the JSON report", ids.len() - IDS_MAX));
                }
            }
        }
        self.fact(
            "generator",
            &format!(
                "{} of its schedule · lag p99 {}",
                percent(generator.achieved_ratio),
                latency(generator.schedule_lag_p99_us)
            ),
        );
        self.fact(
            "its CPU",
            &format!(
                "{} · while measured {} of a core, {} of all",
                seconds(generator.cpu_seconds),
                percent(generator.core_share),
                percent(generator.cpu_share)
            ),
        );
        self.fact(
            "observer",
            &format!(
                "{} of its own, {} · {} dropped",
                plural_of(report.queries.observer.total, "query", "queries"),
                latency((report.queries.observer.seconds * 1e6) as u64),
                plural(generator.events_dropped, "event")
            ),
        );
    }

    fn warnings(&mut self, report: &Report) {
        if report.warnings.is_empty() {
            return;
        }
        self.section(&match report.warnings.len() {
            count @ ..=WARNINGS_MAX => plural(count as u64, "warning") + " while it was measured",
            count => format!("Warnings while it was measured, the last {WARNINGS_MAX} of {count}"),
        });
        for warning in report.warnings.iter().skip(report.warnings.len().saturating_sub(WARNINGS_MAX)) {
            self.bullet(&format!("!! {}: {} ({})", warning.seconds(), warning.what, warning.name));
            self.below(&warning.evidence);
            self.below(&format!("-> {}", warning.advice));
        }
    }

    fn notes(&mut self, report: &Report) {
        let notes = report.notes();
        if notes.is_empty() {
            return;
        }
        self.section("Notes");
        for note in notes {
            self.bullet(&note);
        }
    }

    fn fact(&mut self, name: &str, value: &str) {
        self.line(&format!("  {name:<12}{value}"));
    }

    fn wrapped_fact(&mut self, name: &str, value: &str) {
        for (index, part) in wrapped(value, WIDTH - 14).iter().enumerate() {
            self.fact(if index == 0 { name } else { "" }, part);
        }
    }

    /// What belongs to a bullet.
    fn below(&mut self, text: &str) {
        for part in wrapped(text, WIDTH - 6) {
            self.line(&format!("      {part}"));
        }
    }

    fn bullet(&mut self, text: &str) {
        for (index, part) in wrapped(text, WIDTH - 4).iter().enumerate() {
            self.line(&format!("  {} {part}", if index == 0 { "-" } else { " " }));
        }
    }
}

fn plural_of(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(number), if number == 1 { one } else { many })
}
