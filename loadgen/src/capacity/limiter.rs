//! What was in the way of more: one part of the system, named with its figures.

use serde::{Deserialize, Serialize};

use super::pressure::{Busy, Pressure};
use super::search::{Answer, Outcome, Stop};
use super::step::Step;

/// From here on a part is as good as always busy.
const SATURATED: f64 = 0.9;
/// A domain whose one query is in flight for this share of the time is saturated: between two queries there
/// is always a little time in which none is.
const DOMAIN_SATURATED: f64 = 0.8;
/// Workers this busy make jobs wait by chance alone.
const CROWDED: f64 = 0.6;
/// So many transactions that wait at any time are a queue.
const QUEUED: f64 = 1.0;
/// What takes this many times as long as under the lightest load has grown.
const GROWTH: f64 = 2.0;
/// A statement faster than this is not slow, in microseconds.
const SLOW_US: f64 = 500.0;

/// What stands in the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LimiterKind {
    /// All workers of a kind have jobs.
    Workers,
    /// A domain has its one query in flight all the time.
    Domain,
    /// Transactions with a NOTIFY wait for each other's commits.
    CommitLock,
    /// Queries or commits take longer, or the database is lost.
    Database,
    /// The generator doesn't keep its schedule.
    Generator,
    /// Nothing that is measured was near its limit.
    Unknown,
}

/// What stands in the way, and how that is known.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Limiter {
    /// Which part.
    pub kind: LimiterKind,
    /// The figures that say so.
    pub detail: String,
}

impl LimiterKind {
    /// In a few words.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Workers => "workers busy",
            Self::Domain => "one query in flight per domain",
            Self::CommitLock => "commit lock",
            Self::Database => "database",
            Self::Generator => "the generator",
            Self::Unknown => "none found",
        }
    }
}

impl Limiter {
    /// What stands in the way of an answer that came from these steps; `None` when nothing does, since all that
    /// was tried holds.
    #[must_use]
    pub fn of(answer: &Answer, steps: &[Step]) -> Option<Self> {
        let last = |level: f64, outcome: Outcome| {
            steps.iter().rev().find(|step| step.level.total_cmp(&level).is_eq() && step.outcome == outcome)
        };
        match answer.stop {
            Some(Stop::Generator(level)) => {
                let step = last(level, Outcome::GeneratorGaveOut);
                let pressure = step.and_then(|step| step.pressure.as_ref());
                let lock = pressure.and_then(Pressure::commit_lock);
                let kind = if lock.is_some() { LimiterKind::CommitLock } else { LimiterKind::Generator };
                let mut why = step.map(|step| step.why.clone()).unwrap_or_default();
                why.extend(lock.or_else(|| pressure.and_then(Pressure::top_wait)));
                return Some(Self { kind, detail: why.join("; ") });
            }
            Some(Stop::Database(level)) => {
                let why = last(level, Outcome::DatabaseLost).map(|step| step.why.join("; "));
                return Some(Self { kind: LimiterKind::Database, detail: why.unwrap_or_default() });
            }
            _ => {}
        }
        let wall = answer.fails.or(answer.noisy.first().copied())?;
        let rejected = last(wall.level, Outcome::Rejected)?;
        let lightest = steps
            .iter()
            .filter(|step| step.outcome == Outcome::Accepted)
            .filter_map(|step| step.pressure.as_ref())
            .min_by(|one, other| workers_share(one).total_cmp(&workers_share(other)));
        rejected.pressure.as_ref().map(|pressure| Self::between(pressure, lightest))
    }

    /// What changed from a light load that held to one that didn't.
    fn between(heavy: &Pressure, light: Option<&Pressure>) -> Self {
        let named = |kind, detail| Self { kind, detail };
        let workers = heavy.workers.as_ref();
        let is_stretched = heavy.service_stretch >= GROWTH;
        if let Some(busy) = workers.filter(|busy| busy.share >= SATURATED && !is_stretched) {
            return named(LimiterKind::Workers, busy_workers(busy));
        }
        if let Some(detail) = heavy.commit_lock() {
            return named(LimiterKind::CommitLock, detail);
        }
        let domain = heavy.domain.as_ref().filter(|busy| busy.share >= DOMAIN_SATURATED);
        if let Some(busy) = domain.filter(|_| heavy.claims_are_full()) {
            return named(LimiterKind::Domain, busy_domain(busy, heavy, light));
        }
        let mut grown = slower(heavy, light);
        if !grown.is_empty() {
            grown.extend(heavy.top_wait());
            return named(LimiterKind::Database, grown.join("; "));
        }
        if let Some(detail) = heavy.full_processors() {
            return named(LimiterKind::Database, detail);
        }
        if is_stretched {
            let detail = format!(
                "workers have a job {:.1} times as long as its work takes: finishing it waits",
                heavy.service_stretch
            );
            return named(LimiterKind::Database, detail);
        }
        if let Some(busy) = domain {
            return named(LimiterKind::Domain, busy_domain(busy, heavy, light));
        }
        if let Some(busy) = workers.filter(|busy| busy.share >= CROWDED) {
            return named(LimiterKind::Workers, format!("{}: enough to wait by chance", busy_workers(busy)));
        }
        let share = |busy: Option<&Busy>| busy.map_or(0.0, |busy| busy.share * 100.0);
        let post = heavy.post_us.map(|us| format!(", a post {:.1} ms", us / 1e3)).unwrap_or_default();
        let wait = heavy.waits.first().map(|wait| {
            format!("; queries waited most for {} ({:.1} at any time)", wait.event, wait.queries_mean)
        });
        let detail = format!(
            "workers at most {:.0}% busy, domains {:.0}%, a query {:.1} ms{post}{}: what is asked for may be less than \
             an idle system takes",
            share(workers),
            share(heavy.domain.as_ref()),
            heavy.query_us / 1e3,
            wait.unwrap_or_default(),
        );
        named(LimiterKind::Unknown, detail)
    }
}

fn workers_share(pressure: &Pressure) -> f64 {
    pressure.workers.as_ref().map_or(0.0, |busy| busy.share)
}

fn busy_workers(busy: &Busy) -> String {
    format!(
        "the {} of {} were busy {:.0}% of the time ({:.1} jobs/s × {:.1} ms)",
        busy.room,
        busy.name,
        busy.share * 100.0,
        busy.rate,
        busy.time_us / 1e3
    )
}

fn busy_domain(busy: &Busy, heavy: &Pressure, light: Option<&Pressure>) -> String {
    let before = light
        .map(|light| format!(", {:.2} ms under the lightest load", light.query_us / 1e3))
        .unwrap_or_default();
    format!(
        "{} had its query in flight {:.0}% of the time ({:.0} queries/s × {:.2} ms{before}; {:.1} jobs each)",
        busy.name,
        busy.share * 100.0,
        busy.rate,
        busy.time_us / 1e3,
        heavy.jobs_per_query,
    )
}

impl Pressure {
    /// Whether transactions queued for the lock of NOTIFY. A generator whose posts do can't keep its schedule.
    fn commit_lock(&self) -> Option<String> {
        let waiters = self.commit_lock_waiters.filter(|waiters| *waiters >= QUEUED)?;
        Some(format!("{waiters:.1} transactions waited at any time for the lock under which NOTIFY commits"))
    }

    /// What most queries waited for, if there was a queue.
    fn top_wait(&self) -> Option<String> {
        let most = self.waits.first().filter(|wait| wait.queries_mean >= QUEUED)?;
        let waiting = most.queries_mean;
        Some(match most.event.as_str() {
            "CPU" => format!("{waiting:.1} queries at any time were computing"),
            event => format!("{waiting:.1} queries at any time waited for {event}"),
        })
    }

    /// Whether the server always had as many queries to compute as there are processors.
    fn full_processors(&self) -> Option<String> {
        let computing = self.waits.iter().find(|wait| wait.event == "CPU")?.queries_mean;
        let cpus = self.server_cpus?;
        (computing >= SATURATED * cpus as f64)
            .then(|| format!("{computing:.1} queries at any time were computing, on {cpus} processors"))
    }
}

/// The statements that take much longer than under a light load.
fn slower(heavy: &Pressure, light: Option<&Pressure>) -> Vec<String> {
    let Some(light) = light else { return Vec::new() };
    let seen = [
        ("an acquire query".to_owned(), Some(heavy.query_us), Some(light.query_us)),
        ("the transaction that posts".to_owned(), heavy.post_us, light.post_us),
    ];
    let in_server = heavy.statements_us.iter().map(|(statement, now)| {
        let what = format!("the statement {:?} in the server", statement.as_str());
        (what, Some(*now), light.statements_us.get(statement).copied())
    });
    seen.into_iter()
        .chain(in_server)
        .filter_map(|(what, now, before)| Some((what, now?, before?)))
        .filter(|(_, now, before)| *now >= SLOW_US && *now >= GROWTH * before)
        .map(|(what, now, before)| {
            format!("{what} takes {:.1} ms instead of {:.1} ms", now / 1e3, before / 1e3)
        })
        .collect()
}
