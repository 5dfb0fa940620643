//! What is known, put before the lints once a second.

use std::collections::HashMap;
use std::time::Duration;

use crate::lint::{Kind, Sight};
use crate::snapshot::RunPhase;

use super::alphabet::Time;
use super::latency::Stage;
use super::recent::RECENT_SECONDS;
use super::shapes::Queued;
use super::state::State;
use super::view::rows;

/// So many queries say how long they usually take.
const QUERIES_MIN: u64 = 100;

impl State {
    /// Has the second looked at that has just ended, while the run is measured.
    pub(super) fn look_for_warnings(&mut self, now: Time) {
        if self.around.phase != RunPhase::Measuring {
            return self.warnings.end();
        }
        let second = self.elapsed(now).as_secs();
        if self.warnings.wants(second) {
            let sight = self.sight(now);
            self.warnings.look(second, &sight);
        }
    }

    fn sight(&self, now: Time) -> Sight {
        let replicas = &self.roster.replicas;
        let seconds = self.seconds.shown();
        // The first second that lies in the measured part as a whole.
        let from = self.window.from.map_or(0, |from| self.elapsed(from).as_millis().div_ceil(1_000));
        let recent = &seconds[seconds.len().saturating_sub(RECENT_SECONDS)..];
        let measured = recent.iter().filter(|second| u128::from(second.second) >= from);
        let query = self.latencies.1.of(Stage::Query).filter(|query| query.count >= QUERIES_MIN);
        Sight {
            replicas: replicas.len(),
            seconds: measured.cloned().collect(),
            domains: rows(self, now),
            kinds: self.kinds(now),
            listeners: self.ears.listeners(replicas.keys().copied(), now, self.notifications_sent),
            faults: self.faults.at_work(now).into_iter().map(|fault| fault.name).collect(),
            database_silent_for: self.around.database_silent_for,
            database_samples: self.database.shown(),
            query_p99: query.map(|query| Duration::from_micros(query.p99_us)),
        }
    }

    /// What the jobs that wait demand.
    fn kinds(&self, now: Time) -> Vec<Kind> {
        let mut waiting = HashMap::new();
        for (replica, domains) in self.around.standing.iter().enumerate() {
            for domain in domains {
                if let Some(index) = self.domains.index(replica, domain.id) {
                    waiting.insert(index, domain.waiting);
                }
            }
        }
        let kind = |Queued { shape, jobs, oldest }| {
            let present = |fleet: &usize| self.around.workers.get(*fleet);
            let accepted_by = self.attribution.accepted_by(shape);
            Kind {
                posting: self.shapes.all()[shape].clone(),
                backlog: jobs,
                oldest,
                workers: self.takers[shape].iter().filter_map(present).sum(),
                waiting: accepted_by.iter().filter_map(|domain| waiting.get(domain)).sum(),
            }
        };
        let shapes = 0..self.shapes.all().len();
        self.shapes.queued_by_demand(shapes, now).into_iter().map(kind).collect()
    }
}
