//! How near the parts of the system were to their limits in one run, from its report.
//!
//! By Little's law what is busy on average is rate times time: of workers jobs a second times the time that
//! each takes, of a domain queries a second times the time that each is in flight, of which there is one at
//! most. It reads reports and measures nothing.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::observe::Statement;
use crate::report::{Report, Wait};
use crate::scenario::Fleet;

/// How busy something is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Busy {
    /// Which of its kind.
    pub name: String,
    /// Things done per second.
    pub rate: f64,
    /// How long each takes, in microseconds.
    pub time_us: f64,
    /// How many can be under way at once.
    pub room: f64,
    /// The part of the room that is taken, 0 to 1.
    pub share: f64,
}

impl Busy {
    fn new(name: String, rate: f64, time_us: f64, room: f64) -> Self {
        let share = if room > 0.0 { rate * time_us / 1e6 / room } else { 0.0 };
        // Rate and time are means over jobs that aren't quite the same.
        let share = share.min(1.0);
        Self { name, rate, time_us, room, share }
    }
}

/// What a run's report says of the limits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pressure {
    /// Of the workers of one kind, the busiest.
    pub workers: Option<Busy>,
    /// Of the domains, the one that has a query in flight for most of the time.
    pub domain: Option<Busy>,
    /// Jobs for each query of that domain that found any.
    pub jobs_per_query: f64,
    /// The most jobs that a query may claim.
    pub claim_batch: usize,
    /// How long an acquire query takes, in microseconds.
    pub query_us: f64,
    /// How long the transaction that posts a job takes, in microseconds; unknown where jobs were left over.
    pub post_us: Option<f64>,
    /// How long the run's statements take in the server, in microseconds, where that can be seen.
    pub statements_us: BTreeMap<Statement, f64>,
    /// What queries waited for, the most frequent first.
    pub waits: Vec<Wait>,
    /// Transactions that waited at any time for the lock under which those with a NOTIFY commit.
    pub commit_lock_waiters: Option<f64>,
    /// Processors that the server shares with the generator; unknown of a server elsewhere.
    pub server_cpus: Option<usize>,
    /// How much longer workers have a job than its work takes, as a factor.
    pub service_stretch: f64,
}

/// The workers of all fleets that belong to one domain.
#[derive(Debug, Default)]
struct Group {
    workers: f64,
    /// Jobs a second that they can do.
    capacity: f64,
    /// Jobs that they acquired in the whole run.
    acquired: f64,
    /// How long their jobs take by the scenario, in seconds.
    service: f64,
    /// And the pause after each.
    think: f64,
}

impl Pressure {
    /// Reads it from a report.
    #[must_use]
    pub fn of(report: &Report) -> Self {
        let groups = groups(report);
        let (latency, database) = (&report.latency_us, &report.database.measured);
        let acquired: f64 = groups.values().map(|group| group.acquired).sum();
        let planned =
            groups.values().map(|group| group.acquired * group.service).sum::<f64>() / acquired.max(1.0);
        let service_stretch = if planned > 0.0 && latency.service.count > 0 {
            latency.service.mean / 1e6 / planned
        } else {
            1.0
        };
        let workers = groups.iter().map(|(name, group)| {
            let rate = report.rates.acquired * group.acquired / acquired.max(1.0);
            let time = group.service * service_stretch + group.think;
            Busy::new(name.clone(), rate, time * 1e6, group.workers)
        });
        let busiest = |all: &mut dyn Iterator<Item = Busy>| all.max_by(|a, b| a.share.total_cmp(&b.share));
        let queries: f64 = report.domains.iter().map(|domain| domain.queries as f64).sum();
        let domain = report
            .domains
            .iter()
            .map(|domain| {
                let rate = report.rates.acquire_queries * domain.queries as f64 / queries.max(1.0);
                let found = domain.queries.saturating_sub(domain.empty);
                let name = format!("{} on replica {}", domain.key, domain.replica);
                let per_query = domain.acquired as f64 / found.max(1) as f64;
                (Busy::new(name, rate, latency.query.mean, 1.0), per_query)
            })
            .max_by(|a, b| a.0.share.total_cmp(&b.0.share));
        let jobs_per_query = domain.as_ref().map_or(0.0, |(_, per_query)| *per_query);
        Self {
            workers: busiest(&mut workers.into_iter()),
            domain: domain.map(|(busy, _)| busy),
            jobs_per_query,
            claim_batch: report.policy.switches.claim_batch,
            query_us: latency.query.mean,
            post_us: post_us(report),
            statements_us: database
                .statements
                .iter()
                .filter(|(_, counts)| counts.calls > 0)
                .map(|(statement, counts)| (*statement, counts.mean_us))
                .collect(),
            waits: database.waits.clone(),
            commit_lock_waiters: database.notify_lock_waiters_mean,
            server_cpus: (report.environment.database == "local").then_some(report.environment.cpus),
            service_stretch,
        }
    }

    /// Whether the busiest domain's queries take as many jobs as they may, or nearly.
    pub(super) fn claims_are_full(&self) -> bool {
        self.jobs_per_query * 2.0 >= self.claim_batch as f64
    }
}

fn groups(report: &Report) -> BTreeMap<String, Group> {
    let mut groups = BTreeMap::<String, Group>::new();
    for fleet in &report.scenario.fleets {
        let group = groups.entry(fleet.domain().to_string()).or_default();
        let (service, think) = times(fleet);
        let capacity = fleet.workers as f64 / (service + think).max(1e-6);
        group.workers += fleet.workers as f64;
        group.capacity += capacity;
        // Who is done sooner takes more of the jobs.
        group.service += service * capacity;
        group.think += think * capacity;
    }
    for group in groups.values_mut() {
        group.service /= group.capacity;
        group.think /= group.capacity;
    }
    for domain in &report.domains {
        if let Some(group) = groups.get_mut(&domain.key) {
            group.acquired += domain.acquired as f64;
        }
    }
    groups
}

fn times(fleet: &Fleet) -> (f64, f64) {
    (fleet.service_time.mean().as_secs_f64(), fleet.think_time.as_secs_f64())
}

/// What is left of the response when all else that a job went through is taken away: its transaction. Only
/// where the means speak of the same jobs.
fn post_us(report: &Report) -> Option<f64> {
    let latency = &report.latency_us;
    let parts = [&latency.post_lag, &latency.queue_wait, &latency.service];
    let is_whole =
        latency.response.count > 0 && parts.iter().all(|part| part.count == latency.response.count);
    let rest = latency.response.mean - parts.iter().map(|part| part.mean).sum::<f64>();
    is_whole.then_some(rest.max(0.0))
}
