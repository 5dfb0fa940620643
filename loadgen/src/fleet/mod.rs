//! Fleets of simulated workers, and how they grow and shrink while the run goes on.

mod worker;

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use acquirer::Acquirer;
use acquirer::store::postgres::PostgresStore;
use acquirer::wakeup::{DomainKey, DomainSpec};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::measure::Recorder;
use crate::plan::{self, WorkerDraws, WorkerPlan};
use crate::scenario::{Fleet, Scenario};

use worker::Worker;

/// What a replica's workers share.
#[derive(Clone)]
pub(crate) struct Desk {
    /// Where they wait for jobs.
    pub(crate) acquirer: Acquirer,
    /// Where they mark them as done.
    pub(crate) table: PostgresStore,
}

/// The workers of all fleets.
pub(crate) struct Crew {
    scenario: Arc<Scenario>,
    desks: Vec<Desk>,
    recorder: Arc<Recorder>,
    fleets: Mutex<Vec<Members>>,
    abandon: CancellationToken,
    tasks: TaskTracker,
}

struct Members {
    fleet: Arc<Fleet>,
    key: DomainKey,
    present: Arc<AtomicUsize>,
    /// One for each worker that wasn't retired, in order of arrival.
    retire: Vec<CancellationToken>,
    hired: usize,
}

impl Crew {
    /// A crew without workers.
    pub(crate) fn new(scenario: Arc<Scenario>, desks: Vec<Desk>, recorder: Arc<Recorder>) -> Self {
        let members = |fleet: &Fleet| Members {
            fleet: Arc::new(fleet.clone()),
            key: DomainSpec::new(&fleet.provisioners, &fleet.tags).key().clone(),
            present: Arc::default(),
            retire: Vec::new(),
            hired: 0,
        };
        let fleets = Mutex::new(scenario.fleets.iter().map(members).collect());
        Self {
            scenario,
            desks,
            recorder,
            fleets,
            abandon: CancellationToken::new(),
            tasks: TaskTracker::new(),
        }
    }

    /// Hires everybody that the plan names.
    pub(crate) fn start(&self, began: Instant) {
        let mut fleets = self.lock();
        for worker in plan::workforce(&self.scenario) {
            self.hire(&mut fleets[worker.fleet], worker, began);
        }
    }

    /// Hires `more` workers to the fleets in proportion to their sizes, or retires so many; each fleet keeps one.
    pub(crate) fn add(&self, more: i64, now: Instant) {
        let mut fleets = self.lock();
        for _ in 0..more.unsigned_abs() {
            // The fleet that is furthest from its share in the scenario.
            let fill =
                |members: &Members| members.retire.len() as f64 / members.fleet.workers.max(1) as f64;
            let candidates =
                0..if fleets.iter().any(|members| members.retire.len() > 1) || more > 0 { fleets.len() } else { 0 };
            let chosen = if more > 0 {
                candidates.min_by(|a, b| fill(&fleets[*a]).total_cmp(&fill(&fleets[*b])))
            } else {
                candidates
                    .filter(|fleet| fleets[*fleet].retire.len() > 1)
                    .max_by(|a, b| fill(&fleets[*a]).total_cmp(&fill(&fleets[*b])))
            };
            let Some(chosen) = chosen else { return };
            if more > 0 {
                let number = fleets[chosen].hired;
                let worker = plan::worker(&self.scenario, chosen, number);
                self.hire(&mut fleets[chosen], worker, now);
            } else if let Some(retire) = fleets[chosen].retire.pop() {
                retire.cancel();
            }
        }
    }

    /// How many workers are present.
    pub(crate) fn present(&self) -> usize {
        self.lock().iter().map(|members| members.present.load(Ordering::Relaxed)).sum()
    }

    /// How many are present of each domain.
    pub(crate) fn present_by_domain(&self) -> HashMap<DomainKey, usize> {
        let mut present = HashMap::new();
        for members in &*self.lock() {
            *present.entry(members.key.clone()).or_default() += members.present.load(Ordering::Relaxed);
        }
        present
    }

    /// Sends everybody away and waits until they are gone: those without a job at once, and those with one
    /// without finishing it.
    pub(crate) async fn dismiss(&self) {
        for members in &mut *self.lock() {
            members.retire.drain(..).for_each(|retire| retire.cancel());
        }
        self.abandon.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }

    fn hire(&self, members: &mut Members, plan: WorkerPlan, from: Instant) {
        let desk = self.desks[plan.replica].clone();
        let retire = CancellationToken::new();
        let worker = Worker {
            id: uuid::Uuid::new_v4(),
            fleet: Arc::clone(&members.fleet),
            acquirer: desk.acquirer,
            table: desk.table,
            draws: WorkerDraws::new(self.scenario.seed, plan.fleet, plan.worker),
            recorder: Arc::clone(&self.recorder),
            present: Arc::clone(&members.present),
            retire: retire.clone(),
            abandon: self.abandon.clone(),
        };
        self.tasks.spawn(worker.work(from + plan.arrives));
        members.retire.push(retire);
        members.hired += 1;
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Members>> {
        self.fleets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
