//! Fleets of simulated workers, and how they grow and shrink while the run goes on.

mod reaper;
mod struck;
mod whistle;
mod worker;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use acquirer::Acquirer;
use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::measure::{self, Recorder};
use crate::plan::{self, WorkerDraws, WorkerPlan};
use crate::poster::Board;
use crate::scenario::{Fleet, Scenario};

use reaper::Reaper;
use whistle::Whistle;
use worker::Worker;

/// What a replica's workers share.
#[derive(Clone)]
pub(crate) struct Desk {
    /// Where they wait for jobs.
    pub(crate) acquirer: Acquirer,
    /// Where they mark them as done.
    pub(crate) table: Arc<dyn Board>,
}

/// The workers of all fleets.
pub(crate) struct Crew {
    scenario: Arc<Scenario>,
    desks: Vec<Desk>,
    recorder: Arc<Recorder>,
    at_work: Mutex<AtWork>,
    abandon: CancellationToken,
    tasks: TaskTracker,
}

struct AtWork {
    fleets: Vec<Members>,
    /// Whom a fault strikes.
    chance: ChaCha8Rng,
}

struct Members {
    fleet: Arc<Fleet>,
    present: Arc<AtomicUsize>,
    /// One for each worker that wasn't retired, in order of arrival.
    badges: Vec<Badge>,
    hired: usize,
}

/// How a worker is reached.
struct Badge {
    replica: usize,
    retire: CancellationToken,
    whistle: Arc<Whistle>,
}

impl Crew {
    /// A crew without workers.
    pub(crate) fn new(scenario: Arc<Scenario>, desks: Vec<Desk>, recorder: Arc<Recorder>) -> Self {
        let members = |fleet: &Fleet| Members {
            fleet: Arc::new(fleet.clone()),
            present: Arc::default(),
            badges: Vec::new(),
            hired: 0,
        };
        let fleets = scenario.fleets.iter().map(members).collect();
        let chance = ChaCha8Rng::seed_from_u64(scenario.seed);
        let at_work = Mutex::new(AtWork { fleets, chance });
        Self {
            scenario,
            desks,
            recorder,
            at_work,
            abandon: CancellationToken::new(),
            tasks: TaskTracker::new(),
        }
    }

    /// Hires everybody that the plan names.
    pub(crate) fn start(&self, began: Instant) {
        let fleets = &mut self.lock().fleets;
        for worker in plan::workforce(&self.scenario) {
            self.hire(&mut fleets[worker.fleet], worker, began);
        }
    }

    /// Hires so many workers, or with a negative number retires them, and keeps the fleets' proportions as
    /// they are in the scenario; each fleet keeps one worker.
    pub(crate) fn add(&self, more: i64, now: Instant) {
        let fleets = &mut self.lock().fleets;
        let fill = |members: &Members| members.badges.len() as f64 / members.fleet.workers.max(1) as f64;
        for _ in 0..more.unsigned_abs() {
            let by_fill = fleets.iter().enumerate().map(|(fleet, members)| (fleet, fill(members)));
            let chosen = if more > 0 {
                by_fill.min_by(|a, b| a.1.total_cmp(&b.1))
            } else {
                by_fill
                    .filter(|(fleet, _)| fleets[*fleet].badges.len() > 1)
                    .max_by(|a, b| a.1.total_cmp(&b.1))
            };
            let Some((chosen, _)) = chosen else { return };
            if more > 0 {
                let worker = plan::worker(&self.scenario, chosen, fleets[chosen].hired);
                self.hire(&mut fleets[chosen], worker, now);
            } else if let Some(badge) = fleets[chosen].badges.pop() {
                badge.retire.cancel();
            }
        }
    }

    /// Hires so many workers of one fleet, or with a negative number retires them; it keeps one. How many it has then.
    pub(crate) fn add_to(&self, fleet: usize, more: i64, now: Instant) -> usize {
        let members = &mut self.lock().fleets[fleet];
        for _ in 0..more.unsigned_abs() {
            if more > 0 {
                let worker = plan::worker(&self.scenario, fleet, members.hired);
                self.hire(members, worker, now);
            } else if members.badges.len() > 1
                && let Some(badge) = members.badges.pop()
            {
                badge.retire.cancel();
            }
        }
        members.badges.len()
    }

    /// How many workers are hired and not retired, whether or not they have come.
    pub(crate) fn hired(&self) -> usize {
        self.lock().fleets.iter().map(|members| members.badges.len()).sum()
    }

    /// How many workers are present, by fleet.
    pub(crate) fn present(&self) -> Vec<usize> {
        self.lock().fleets.iter().map(|members| members.present.load(Ordering::Relaxed)).collect()
    }

    /// Sends everybody away and waits until they are gone: those without a job at once, and those with one
    /// without finishing it.
    pub(crate) async fn dismiss(&self) {
        for members in &mut self.lock().fleets {
            members.badges.drain(..).for_each(|badge| badge.retire.cancel());
        }
        self.abandon.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }

    fn hire(&self, members: &mut Members, plan: WorkerPlan, from: Instant) {
        let desk = self.desks[plan.replica].clone();
        let (retire, whistle) = (CancellationToken::new(), Arc::<Whistle>::default());
        let id = measure::Worker { fleet: plan.fleet as u32, number: plan.worker as u32 };
        let worker = Worker {
            id: self.recorder.ids().worker_id(id),
            fleet: Arc::clone(&members.fleet),
            acquirer: desk.acquirer,
            table: desk.table,
            draws: WorkerDraws::new(self.scenario.seed, plan.fleet, plan.worker),
            recorder: Arc::clone(&self.recorder),
            present: Arc::clone(&members.present),
            retire: retire.clone(),
            whistle: Arc::clone(&whistle),
            abandon: self.abandon.clone(),
            reaper: Reaper {
                recorder: Arc::clone(&self.recorder),
                abandon: self.abandon.clone(),
                tasks: self.tasks.clone(),
            },
        };
        self.tasks.spawn(worker.work(from + plan.arrives));
        members.badges.push(Badge { replica: plan.replica, retire, whistle });
        members.hired += 1;
    }

    fn lock(&self) -> MutexGuard<'_, AtWork> {
        self.at_work.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
