//! Counts of the whole run so far, for whoever comes for them while it goes on.

use std::collections::BTreeMap;
use std::sync::Arc;

use acquirer::wakeup::{Cause, DomainSpec};

use super::buckets::Buckets;
use super::clearances::CauseCounts;
use super::database::DatabaseTotals;
use super::domains::DomainNumber;
use super::latency::Stage;
use super::state::State;

/// Counts so far.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tallies {
    /// What came of clearances, by cause.
    pub(crate) wakeups: Vec<(Cause, CauseCounts)>,
    pub(crate) notifications_sent: u64,
    pub(crate) notifications_malformed: u64,
    /// Latencies of jobs that were intended after the warm-up.
    pub(crate) stages: [Buckets; Stage::ALL.len()],
    /// The same of their queue wait, by the cause of the clearance that found them.
    pub(crate) queue_wait_by_cause: [Buckets; Cause::ALL.len()],
    /// The first domains on every replica, by number, then by replica.
    pub(crate) domains: BTreeMap<(DomainNumber, usize), (Arc<DomainSpec>, DomainTally)>,
    /// All others, by replica.
    pub(crate) further_domains: BTreeMap<usize, DomainTally>,
    pub(crate) database: DatabaseTotals,
}

/// What domains did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct DomainTally {
    pub(crate) acquired: u64,
    pub(crate) rescued: u64,
    pub(crate) queries: u64,
    pub(crate) empty: u64,
}

impl std::ops::AddAssign for DomainTally {
    fn add_assign(&mut self, other: Self) {
        self.acquired += other.acquired;
        self.rescued += other.rescued;
        self.queries += other.queries;
        self.empty += other.empty;
    }
}

impl State {
    /// Counts so far; those of domains past the first `domains_max` all together.
    pub(crate) fn tallies(&self, domains_max: DomainNumber) -> Tallies {
        let mut tallies = Tallies {
            wakeups: self.clearances.by_cause().collect(),
            notifications_sent: self.notifications_sent,
            notifications_malformed: self.notifications_malformed,
            stages: self.stage_buckets,
            queue_wait_by_cause: self.cause_buckets,
            database: self.database.totals().clone(),
            ..Tallies::default()
        };
        for (_, stats) in self.domains.iter() {
            let tally = if stats.number < domains_max {
                let place = (stats.number, stats.replica);
                let known = || (Arc::clone(&stats.spec), DomainTally::default());
                &mut tallies.domains.entry(place).or_insert_with(known).1
            } else {
                tallies.further_domains.entry(stats.replica).or_default()
            };
            *tally += DomainTally {
                acquired: stats.acquired,
                rescued: stats.rescued,
                queries: stats.queries,
                empty: stats.empty,
            };
        }
        tallies
    }
}
