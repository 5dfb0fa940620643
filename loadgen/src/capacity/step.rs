//! One step of a search: what the run at one level is worth.
//!
//! A run counts for the system only when the generator kept its schedule. It is accepted when everything asked
//! for holds and the backlog doesn't grow, and rejected when one of them fails.

use serde::{Deserialize, Serialize};

use super::pressure::Pressure;
use super::search::Outcome;
use super::trend::Trend;
use crate::assert::Expression;
use crate::report::{Assertion, Report};

/// A backlog that surely grows by more than this share of what is posted grows.
const GROWTH_MAX: f64 = 0.01;
/// A slope that is known no better than to this share of what is posted is told as uncertain.
const DOUBT_MAX: f64 = 0.1;

/// What the run of one level came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// The rate or the number of workers.
    pub level: f64,
    /// Whether the system held it.
    pub outcome: Outcome,
    /// Why it isn't accepted, in plain words; nothing when it is.
    pub why: Vec<String>,
    /// What was asked for, and what it was.
    pub slo: Vec<Assertion>,
    /// How the backlog changed, in jobs a second.
    pub backlog: Option<Trend>,
    /// The slope is uncertain: the step was too short to tell.
    pub is_backlog_uncertain: bool,
    /// Jobs posted a second.
    pub posted_per_second: f64,
    /// Jobs acquired a second.
    pub acquired_per_second: f64,
    /// How near to its limits the system was.
    pub pressure: Option<Pressure>,
    /// Whether every job was accounted for.
    pub is_audit_ok: bool,
}

impl Step {
    /// What the report of a run at `level` is worth.
    #[must_use]
    pub fn of(level: f64, report: &Report, slo: &[Expression]) -> Self {
        let assertions = Expression::evaluate_all(slo, report);
        let trend = Trend::of(&backlog(report));
        let (outcome, why) = judge(report, &assertions, trend);
        let posted = report.rates.posted;
        Self {
            level,
            outcome,
            why,
            slo: assertions,
            backlog: trend,
            is_backlog_uncertain: trend.is_some_and(|trend| {
                outcome == Outcome::Accepted && trend.high > (DOUBT_MAX * posted).max(1.0)
            }),
            posted_per_second: posted,
            acquired_per_second: report.rates.acquired,
            pressure: Some(Pressure::of(report)),
            is_audit_ok: report.run.interrupted || report.audit.ok,
        }
    }

    /// A run that has no report.
    #[must_use]
    pub fn without_report(level: f64, outcome: Outcome, why: String) -> Self {
        Self {
            level,
            outcome,
            why: vec![why],
            slo: Vec::new(),
            backlog: None,
            is_backlog_uncertain: false,
            posted_per_second: 0.0,
            acquired_per_second: 0.0,
            pressure: None,
            is_audit_ok: true,
        }
    }
}

fn judge(report: &Report, assertions: &[Assertion], trend: Option<Trend>) -> (Outcome, Vec<String>) {
    if report.run.interrupted {
        return (Outcome::Interrupted, vec!["interrupted".to_owned()]);
    }
    if !report.run.valid {
        return (Outcome::GeneratorGaveOut, report.run.invalid_reasons.clone());
    }
    let blind: Vec<String> = assertions
        .iter()
        .filter(|assertion| assertion.value.is_none())
        .map(|assertion| format!("{}: {}", assertion.expression, assertion.value_in_words()))
        .collect();
    // Where jobs were left lying, that nothing was observed is the system's doing.
    if !blind.is_empty() && report.jobs.queued_at_end == 0 {
        return (Outcome::Unmeasured, blind);
    }
    let mut why: Vec<String> = assertions
        .iter()
        .filter(|assertion| !assertion.held)
        .map(|assertion| format!("{}: {}", assertion.expression, assertion.value_in_words()))
        .collect();
    match trend {
        Some(Trend { per_second, low, high, .. }) if low > GROWTH_MAX * report.rates.posted => {
            why.push(format!("the backlog grows by {per_second:.1} jobs/s ({low:.1} to {high:.1})"));
        }
        Some(_) => {}
        None => return (Outcome::Unmeasured, vec!["too few seconds for the backlog's slope".to_owned()]),
    }
    let outcome = if why.is_empty() { Outcome::Accepted } else { Outcome::Rejected };
    (outcome, why)
}

/// The backlog at the end of each whole second that was measured.
fn backlog(report: &Report) -> Vec<f64> {
    let from = report.run.warmup_seconds;
    let to = from + report.run.measured_seconds;
    let is_measured = |second: f64| second >= from - 0.001 && second + 1.0 <= to + 0.1;
    report
        .timeline
        .iter()
        .filter(|second| is_measured(second.second as f64))
        .map(|second| second.backlog as f64)
        .collect()
}
