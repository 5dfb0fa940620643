//! Whether an expression can still hold while the run goes on. It is lost only when nothing that the plan has yet
//! to bring could save it, so that ending the run there never takes a verdict away:
//!
//! - A count grows. One that is past its upper limit stays there: lost at once.
//! - A percentile is lost when more jobs lie beyond the limit than the percentile leaves, were every job that is
//!   still to come on the right side. `p99 < 250ms` of 10,000 planned jobs is lost with the 101st slow one.
//! - A mean is lost when the sum so far, shared among all jobs, is past the limit. A maximum or minimum by the
//!   first job beyond it.
//! - A rate is lost when its count is past the limit for the whole measured time, or when all jobs that are posted
//!   or to come would not reach it.
//! - Queries per job are lost when the queries so far, shared among all jobs, are too many.
//!
//! "Still to come" is what the posters' timetable holds at the highest rate so far, or that the scenario is to change
//! to, with six standard deviations of a Poisson process to spare. Whoever raises the rate by hand after that has
//! changed the question.

use std::time::Duration;

use acquirer::wakeup::Cause;

use super::error::AssertError;
use super::expression::{Comparison, Expression};
use super::figures::percentile;
use crate::measure::{SoFar, Stage};

/// An expression that can be watched.
#[derive(Debug, Clone)]
pub(crate) struct Live {
    pub(crate) expression: Expression,
    watch: Watch,
}

/// What the plan has still to bring.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct ToCome {
    /// Jobs, at most.
    pub(crate) jobs: f64,
    /// How long is measured in all; `None` when that isn't known before.
    pub(crate) measured: Option<Duration>,
}

/// What is looked at.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Watch {
    Count(Count),
    PerJob,
    Rate(Rate),
    Latency(Distribution, Statistic),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Count {
    Posted,
    Completed,
    Failed,
    Queries,
    QueriesFound,
    QueriesEmpty,
    QueriesFailed,
    InFlightMax,
    Suppressed,
    Received,
    Malformed,
    Losses,
    Rescued,
    EventsDropped,
    Wakeups(Cause, Outcome),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Clearances,
    Found,
    Empty,
    Failed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rate {
    Posted,
    Acquired,
    Completed,
    Queries,
    Empty,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Distribution {
    Stage(Stage),
    QueueWaitBy(Cause),
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Statistic {
    Quantile(f64),
    Mean,
    Min,
    Max,
    Count,
}

impl Live {
    /// Watches an expression. Refused when its figure is known only at the end, or could recover until then.
    pub(crate) fn new(expression: &Expression) -> Result<Self, AssertError> {
        let refuse = |why: &str| {
            let text = expression.to_string();
            let message = format!("{why}, so that no run can be aborted by it; leave abort out");
            Err(AssertError::new(&text, 0..text.len(), message))
        };
        let path = expression.path();
        let Some(watch) = Watch::of(path) else {
            return refuse(&format!("{path} is known only when the run is over"));
        };
        let is_high = matches!(expression.comparison(), Comparison::Greater | Comparison::AtLeast);
        // Whether an upper limit can be lost before the end, and whether a lower one can.
        let (upper, lower) = match watch {
            Watch::Rate(Rate::Posted | Rate::Acquired | Rate::Completed)
            | Watch::Latency(_, Statistic::Quantile(_)) => (true, true),
            Watch::Latency(_, Statistic::Min) => (false, true),
            _ => (true, false),
        };
        let is_count = matches!(watch, Watch::Count(_) | Watch::Latency(_, Statistic::Count));
        match expression.comparison() {
            Comparison::Unequal => refuse("it may still become unequal"),
            Comparison::Equal if !is_count => refuse("it may still become equal"),
            _ if !(if is_high { lower } else { upper }) => refuse("it may still come to hold"),
            _ => Ok(Self { expression: expression.clone(), watch }),
        }
    }

    /// Whether nothing that is still to come can make it hold.
    pub(crate) fn is_lost(&self, so_far: &SoFar<'_>, to_come: ToCome) -> bool {
        match self.watch {
            Watch::Count(count) => self.is_beyond(count.of(so_far, self)),
            Watch::PerJob => {
                let jobs = so_far.post_started() as f64 + to_come.jobs;
                jobs > 0.0 && self.is_beyond(so_far.queries() as f64 / jobs)
            }
            Watch::Rate(rate) => self.is_rate_lost(rate, so_far, to_come),
            Watch::Latency(distribution, statistic) => {
                self.is_latency_lost(distribution, statistic, so_far, to_come)
            }
        }
    }

    /// Whether a value that can only grow, or only shrink, is on the wrong side of the limit.
    fn is_beyond(&self, value: f64) -> bool {
        let comparison = match self.expression.comparison() {
            Comparison::Equal => Comparison::AtMost,
            other => other,
        };
        !comparison.holds(value, self.expression.limit())
    }

    fn must_be_high(&self) -> bool {
        matches!(self.expression.comparison(), Comparison::Greater | Comparison::AtLeast)
    }

    fn is_rate_lost(&self, rate: Rate, so_far: &SoFar<'_>, to_come: ToCome) -> bool {
        let Some(seconds) = to_come.measured.map(|measured| measured.as_secs_f64()) else { return false };
        let measured = so_far.measured();
        let (count, gone) = match rate {
            Rate::Posted => (measured.posted, so_far.totals().posted),
            Rate::Acquired => (measured.acquired, so_far.totals().acquired),
            Rate::Completed => (measured.completed, so_far.finished()),
            Rate::Queries => (measured.queries, 0),
            Rate::Empty => (measured.empty, 0),
        };
        let at_least = count as f64 / seconds;
        if !self.must_be_high() {
            return self.is_beyond(at_least);
        }
        let left = so_far.post_started().saturating_sub(gone) as f64 + to_come.jobs;
        self.is_beyond(at_least + left / seconds)
    }

    fn is_latency_lost(
        &self,
        distribution: Distribution,
        statistic: Statistic,
        so_far: &SoFar<'_>,
        to_come: ToCome,
    ) -> bool {
        let histogram = match distribution {
            Distribution::Stage(stage) => so_far.stage(stage),
            Distribution::QueueWaitBy(cause) => so_far.queue_wait_by(cause),
        };
        if statistic == Statistic::Count {
            return self.is_beyond(histogram.len() as f64);
        }
        if histogram.is_empty() {
            return false;
        }
        let unfinished = so_far.post_started().saturating_sub(so_far.finished()) as f64;
        let jobs_max = histogram.len() as f64 + unfinished + to_come.jobs;
        match statistic {
            Statistic::Max => self.is_beyond(histogram.max() as f64),
            Statistic::Min => self.is_beyond(histogram.min() as f64),
            Statistic::Mean => self.is_beyond(histogram.mean() * histogram.len() as f64 / jobs_max),
            Statistic::Quantile(quantile) => {
                let is_calm = !self.must_be_high() && !self.is_beyond(histogram.max() as f64);
                if is_calm {
                    return false;
                }
                let wrong: u64 = histogram
                    .iter_recorded()
                    .filter(|step| self.is_beyond(step.value_iterated_to() as f64))
                    .map(|step| step.count_since_last_iteration())
                    .sum();
                if self.must_be_high() {
                    // Rounding of the rank must not make it a job too early.
                    wrong as f64 > quantile * jobs_max + 1.0
                } else {
                    wrong as f64 > (1.0 - quantile) * jobs_max
                }
            }
            Statistic::Count => false,
        }
    }
}

impl Watch {
    /// What a path of the report is watched by; `None` when it is known only at the end.
    fn of(path: &str) -> Option<Self> {
        let parts: Vec<&str> = path.split('.').collect();
        let count = |count| Some(Self::Count(count));
        match parts.as_slice() {
            ["jobs", "posted"] => count(Count::Posted),
            ["jobs", "completed"] => count(Count::Completed),
            ["jobs", "failed"] => count(Count::Failed),
            ["queries", "acquire", "total"] => count(Count::Queries),
            ["queries", "acquire", "found"] => count(Count::QueriesFound),
            ["queries", "acquire", "empty"] => count(Count::QueriesEmpty),
            ["queries", "acquire", "failed"] => count(Count::QueriesFailed),
            ["queries", "acquire", "max_in_flight_per_domain"] => count(Count::InFlightMax),
            ["queries", "acquire", "per_job"] => Some(Self::PerJob),
            ["notifications", "suppressed"] => count(Count::Suppressed),
            ["notifications", "received"] => count(Count::Received),
            ["notifications", "malformed"] => count(Count::Malformed),
            ["notifications", "losses_signalled"] => count(Count::Losses),
            ["rescued_by_backup_poll"] => count(Count::Rescued),
            ["generator", "events_dropped"] => count(Count::EventsDropped),
            ["wakeups", cause, outcome] => count(Count::Wakeups(cause_of(cause)?, Outcome::of(outcome)?)),
            ["rates", "posted"] => Some(Self::Rate(Rate::Posted)),
            ["rates", "acquired"] => Some(Self::Rate(Rate::Acquired)),
            ["rates", "completed"] => Some(Self::Rate(Rate::Completed)),
            ["rates", "acquire_queries"] => Some(Self::Rate(Rate::Queries)),
            ["rates", "empty_queries"] => Some(Self::Rate(Rate::Empty)),
            ["latency_us", stage, ..] => {
                let stage = Stage::ALL.into_iter().find(|known| known.as_str() == *stage)?;
                Some(Self::Latency(Distribution::Stage(stage), Statistic::of(path)?))
            }
            ["latency_by_cause_us", cause, "queue_wait", ..] => {
                Some(Self::Latency(Distribution::QueueWaitBy(cause_of(cause)?), Statistic::of(path)?))
            }
            _ => None,
        }
    }
}

fn cause_of(name: &str) -> Option<Cause> {
    Cause::ALL.into_iter().find(|cause| cause.as_str() == name)
}

impl Outcome {
    fn of(name: &str) -> Option<Self> {
        match name {
            "clearances" => Some(Self::Clearances),
            "found" => Some(Self::Found),
            "empty" => Some(Self::Empty),
            "failed" => Some(Self::Failed),
            _ => None,
        }
    }
}

impl Statistic {
    fn of(path: &str) -> Option<Self> {
        if let Some((_, Ok(quantile))) = percentile(path) {
            return Some(Self::Quantile(quantile));
        }
        match path.rsplit('.').next()? {
            "mean" => Some(Self::Mean),
            "min" => Some(Self::Min),
            "max" => Some(Self::Max),
            "count" => Some(Self::Count),
            _ => None,
        }
    }
}

impl Count {
    fn of(self, so_far: &SoFar<'_>, live: &Live) -> f64 {
        let totals = so_far.totals();
        let count = match self {
            Self::Posted => totals.posted,
            Self::Completed => totals.completed,
            Self::Failed => totals.failed,
            Self::Queries => so_far.queries(),
            Self::QueriesFound => totals.queries_found,
            Self::QueriesEmpty => totals.queries_empty,
            Self::QueriesFailed => totals.queries_failed,
            Self::InFlightMax => so_far.in_flight_max(),
            Self::Suppressed => totals.notifications_suppressed,
            Self::Received => totals.notifications_received,
            Self::Malformed => so_far.notifications_malformed(),
            Self::Losses => totals.losses_signalled,
            // The notice of a job that a poll found may still arrive, and then it wasn't rescued.
            Self::Rescued if live.is_beyond(totals.rescued as f64) => so_far.rescued_for_good(),
            Self::Rescued => totals.rescued,
            Self::EventsDropped => so_far.events_dropped(),
            Self::Wakeups(cause, outcome) => {
                let counts = so_far.wakeups(cause);
                match outcome {
                    Outcome::Clearances => counts.clearances,
                    Outcome::Found => counts.found,
                    Outcome::Empty => counts.empty,
                    Outcome::Failed => counts.failed,
                }
            }
        };
        count as f64
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests;
