//! What the recorder knows, put into a snapshot.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

use acquirer::runtime::DomainSnapshot;
use acquirer::wakeup::{Cause, DomainKey, RootCause};

use crate::snapshot::{DomainPhase, DomainReplica, DomainRow, Rates, Snapshot};

use super::latency::{self, Stage};
use super::recent::RECENT_SECONDS;
use super::recorder::{Recorder, State};

/// What the recorder cannot know by itself.
pub(crate) struct Surroundings<'a> {
    /// The domains that stand now, by replica.
    pub(crate) standing: &'a [Vec<DomainSnapshot>],
    /// Workers of the scenario by the domain that they belong to.
    pub(crate) workers: &'a HashMap<DomainKey, usize>,
    /// The period of the backup poll.
    pub(crate) backup_poll: Duration,
}

impl Recorder {
    /// Fills in all of a snapshot that comes from what was recorded.
    pub(crate) fn fill(&self, snapshot: &mut Snapshot, around: &Surroundings<'_>, now: Instant) {
        let state = self.at(now);
        snapshot.totals = state.totals;
        snapshot.totals.backlog = state.shapes.backlog();
        let finished = state.totals.completed + state.totals.failed;
        snapshot.totals.in_flight = state.totals.acquired.saturating_sub(finished);
        snapshot.events_dropped = state.events_dropped;
        snapshot.seconds = state.seconds.shown();
        if let Some(last) = snapshot.seconds.last() {
            snapshot.rates = Rates {
                posted: last.posted as f64,
                acquired: last.acquired as f64,
                completed: last.completed as f64,
                queries_found: last.found as f64,
                queries_empty: last.empty as f64,
                queries_failed: last.failed as f64,
            };
        }
        snapshot.queue_wait_recent = latency::summarize(&state.recent.queue_wait());
        snapshot.queue_wait = latency::summarize(&state.stages[Stage::QueueWait as usize]);
        snapshot.found_recent = state.recent.found();
        snapshot.found = state.found.clone();
        snapshot.chained_recent = state.recent.chained();
        snapshot.chained = state.chained;
        snapshot.domains = Arc::new(rows(&state, around, now));
    }
}

fn rows(state: &State, around: &Surroundings<'_>, now: Instant) -> Vec<DomainRow> {
    let mut rows: BTreeMap<&DomainKey, DomainRow> = BTreeMap::new();
    let mut recent_empty: BTreeMap<&DomainKey, u32> = BTreeMap::new();
    let mut last_cleared: BTreeMap<&DomainKey, Option<(Instant, Cause, RootCause)>> = BTreeMap::new();
    for stats in state.domains.iter() {
        let key = stats.spec.key();
        let row = rows.entry(key).or_insert_with(|| {
            let (backlog, oldest) = state.shapes.accepted_by(&stats.spec, now);
            DomainRow {
                provisioners: stats.spec.types().to_vec(),
                tags: stats.spec.tags().clone(),
                workers: around.workers.get(key).copied().unwrap_or(0),
                backlog,
                oldest,
                ..DomainRow::default()
            }
        });
        let (queries, empty) = stats.recent();
        row.queries_per_s += f64::from(queries) / RECENT_SECONDS as f64;
        *recent_empty.entry(key).or_default() += empty;
        row.acquired += stats.acquired;
        row.rescued += stats.rescued;
        let last = last_cleared.entry(key).or_default();
        if stats.last > *last {
            *last = stats.last;
            row.last_cause = stats.last.map(|(_, cause, _)| cause);
            row.last_root = stats.last.map(|(_, _, root)| root);
        }
    }
    for (key, row) in &mut rows {
        let queries = row.queries_per_s * RECENT_SECONDS as f64;
        let empty = f64::from(recent_empty.get(key).copied().unwrap_or(0));
        row.empty_share = if queries > 0.0 { empty / queries } else { 0.0 };
    }
    for (replica, domains) in around.standing.iter().enumerate() {
        for domain in domains {
            if let Some(row) = rows.get_mut(domain.spec.key()) {
                row.replicas.push(on_replica(replica, domain, around.backup_poll));
            }
        }
    }
    rows.into_values().collect()
}

fn on_replica(replica: usize, domain: &DomainSnapshot, backup_poll: Duration) -> DomainReplica {
    DomainReplica {
        replica,
        waiting: domain.waiting,
        phase: match (domain.clearance, domain.is_querying) {
            (None, _) => DomainPhase::Idle,
            (Some(_), false) => DomainPhase::Cleared,
            (Some(_), true) => DomainPhase::Querying,
        },
        pending: domain.pending.is_some() || (domain.clearance.is_some() && domain.tokens > 0),
        next_poll_in: domain.next_poll_in,
        backup_poll,
    }
}
