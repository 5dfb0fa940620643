//! What is known, put into a snapshot.

use std::sync::Arc;

use acquirer::wakeup::Cause;

use crate::snapshot::{DomainReplica, DomainRow, Latencies, Rates, ReplicaRow, RunPhase, Snapshot};

use super::alphabet::{StandingDomain, Time};
use super::latency::{self, Stage};
use super::recent::RECENT_SECONDS;
use super::roster::Rules;
use super::state::State;

impl State {
    /// Fills in all of a snapshot that changes while the run goes on, as it is at `now`: when the last sample was
    /// taken, or soon after.
    pub(crate) fn fill(&self, snapshot: &mut Snapshot, now: Time) {
        let state = self;
        let around = &state.around;
        snapshot.phase = around.phase;
        snapshot.elapsed = state.elapsed(now);
        snapshot.workers = around.workers.iter().sum();
        for (fleet, workers) in Arc::make_mut(&mut snapshot.fleets).iter_mut().zip(&around.workers) {
            fleet.workers = *workers;
        }
        for (poster, pace) in snapshot.posters.iter_mut().zip(&around.posters) {
            (poster.factor, poster.target_rate) = (pace.factor, pace.target_rate);
        }
        state.fill_replicas(snapshot);
        snapshot.interventions = state.interventions.shown();
        snapshot.rate_factor = around.rate_factor;
        snapshot.target_rate = around.target_rate;
        snapshot.database_silent_for = around.database_silent_for;
        snapshot.faults = state.faults.at_work(now);
        let began = state.began.unwrap_or_default();
        snapshot.fault_records = Arc::new(state.faults.records(began, &state.totals));
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
        snapshot.latencies = Arc::clone(&state.latencies.1);
        snapshot.found_recent = state.recent.found();
        snapshot.found = state.found.clone();
        snapshot.chained_recent = state.recent.chained();
        snapshot.chained = state.chained;
        snapshot.database_samples = state.database.shown();
        snapshot.database_missing = state.database.missed();
        snapshot.domains = Arc::new(rows(state, now));
        snapshot.warnings = state.warnings.shown();
    }

    /// Once a second, and when the run is over: fourteen histograms are gone through.
    pub(super) fn summarize_latencies(&mut self, now: Time) {
        let second = self.elapsed(now).as_secs();
        let is_over = matches!(self.around.phase, RunPhase::Auditing | RunPhase::Finished);
        if self.latencies.0 == Some(second) && !is_over {
            return;
        }
        let by_stage = Stage::ALL.iter().zip(&self.stages);
        let by_cause = Cause::ALL.iter().zip(&self.queue_wait_by_cause);
        let latencies = Latencies {
            by_stage: by_stage.map(|(stage, histogram)| (*stage, latency::summarize(histogram))).collect(),
            queue_wait_by_cause: by_cause
                .map(|(cause, histogram)| (*cause, latency::summarize(histogram)))
                .collect(),
        };
        self.latencies = (Some(second), Arc::new(latencies));
    }

    fn fill_replicas(&self, snapshot: &mut Snapshot) {
        let roster = &self.roster;
        snapshot.policy = roster.rules.policy.to_string();
        snapshot.switches = roster.rules.policy;
        snapshot.backup_poll = roster.rules.backup_poll;
        snapshot.replicas = roster.replicas.len();
        let rows = roster.replicas.iter().map(|(number, rules)| ReplicaRow {
            number: *number,
            policy: rules.policy.to_string(),
            backup_poll: rules.backup_poll,
        });
        snapshot.replica_rows = rows.collect();
    }
}

/// A row for each domain, in order of their keys. There may be ten thousand, ten times a second: nothing is looked up
/// by a key.
pub(super) fn rows(state: &State, now: Time) -> Vec<DomainRow> {
    let count = state.domains.specs().len();
    let mut rows: Vec<DomainRow> = Vec::with_capacity(count);
    let mut places = vec![0; count];
    let mut fleets = state.fleets_by_key.iter().copied().peekable();
    // Of the domain whose records are gone through, one for each replica.
    let (mut recent_empty, mut last_cleared) = (0, None);
    for (index, stats) in state.domains.iter() {
        if rows.last().is_none_or(|row| row.number != stats.number) {
            let (backlog, oldest) = state.shapes.queued_of(state.attribution.accepts(index), now);
            let mut workers = 0;
            while let Some(fleet) = fleets.next_if(|fleet| state.fleets[*fleet].key() <= stats.spec.key()) {
                if state.fleets[fleet].key() == stats.spec.key() {
                    workers += state.around.workers.get(fleet).copied().unwrap_or(0);
                }
            }
            (recent_empty, last_cleared) = (0, None);
            places[stats.number as usize] = rows.len();
            rows.push(DomainRow {
                number: stats.number,
                provisioners: stats.spec.types().to_vec(),
                tags: stats.spec.tags().clone(),
                replicas: Vec::with_capacity(state.around.standing.len()),
                workers,
                backlog,
                oldest,
                ..DomainRow::default()
            });
        }
        let Some(row) = rows.last_mut() else { continue };
        let recent = stats.recent();
        row.queries_per_s += f64::from(recent.queries) / RECENT_SECONDS as f64;
        recent_empty += recent.empty;
        let queries = row.queries_per_s * RECENT_SECONDS as f64;
        row.empty_share = if queries > 0.0 { f64::from(recent_empty) / queries } else { 0.0 };
        row.acquired_recent += u64::from(recent.acquired);
        row.rescued_recent += u64::from(recent.rescued);
        row.querying_for = row.querying_for.max(stats.querying_since.map(|since| now - since));
        row.acquired += stats.acquired;
        row.rescued += stats.rescued;
        if stats.last > last_cleared {
            last_cleared = stats.last;
            row.last_cause = stats.last.map(|(_, cause, _)| cause);
            row.last_root = stats.last.map(|(_, _, root)| root);
        }
    }
    for (replica, domains) in state.around.standing.iter().enumerate() {
        let rules = state.roster.replicas.get(&replica).unwrap_or(&state.roster.rules);
        for domain in domains {
            let Some(number) = state.domains.number(replica, domain.id) else { continue };
            rows[places[number as usize]].replicas.push(on_replica(replica, domain, rules, now));
        }
    }
    rows
}

fn on_replica(replica: usize, domain: &StandingDomain, rules: &Rules, now: Time) -> DomainReplica {
    DomainReplica {
        replica,
        waiting: domain.waiting,
        phase: domain.phase,
        pending: domain.pending,
        next_poll_in: domain.next_poll - now,
        backup_poll: rules.backup_poll,
    }
}
