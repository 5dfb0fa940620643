//! Fleets of simulated workers, and how they grow and shrink while the run goes on.

mod desk;
mod reaper;
mod struck;
mod whistle;
mod worker;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::measure::{self, Recorder};
use crate::plan::{self, WorkerDraws, WorkerPlan};
use crate::scenario::{Fleet, ReplicaChoice, Scenario};

pub(crate) use desk::Desk;

use desk::Seat;
use reaper::Reaper;
use whistle::Whistle;
use worker::Worker;

/// The workers of all fleets.
pub(crate) struct Crew {
    scenario: Arc<Scenario>,
    recorder: Arc<Recorder>,
    at_work: Mutex<AtWork>,
    abandon: CancellationToken,
    tasks: TaskTracker,
}

struct AtWork {
    fleets: Vec<Members>,
    /// By the number of the replica.
    desks: BTreeMap<usize, Arc<Desk>>,
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
    seat: Arc<Seat>,
    retire: CancellationToken,
    whistle: Arc<Whistle>,
}

impl Crew {
    /// A crew without workers.
    pub(crate) fn new(
        scenario: Arc<Scenario>,
        desks: impl IntoIterator<Item = Arc<Desk>>,
        recorder: Arc<Recorder>,
    ) -> Self {
        let members = |fleet: &Fleet| Members {
            fleet: Arc::new(fleet.clone()),
            present: Arc::default(),
            badges: Vec::new(),
            hired: 0,
        };
        let fleets = scenario.fleets.iter().map(members).collect();
        let chance = ChaCha8Rng::seed_from_u64(scenario.seed);
        let desks = desks.into_iter().map(|desk| (desk.replica, desk)).collect();
        let at_work = Mutex::new(AtWork { fleets, desks, chance });
        Self { scenario, recorder, at_work, abandon: CancellationToken::new(), tasks: TaskTracker::new() }
    }

    /// Hires everybody that the plan names.
    pub(crate) fn start(&self, began: Instant) {
        let mut at_work = self.lock();
        for worker in plan::workforce(&self.scenario) {
            self.hire(&mut at_work, worker, began);
        }
    }

    /// A replica came: of those who may be anywhere, its share moves there, each once it has ended its job. Nobody's
    /// call is cancelled for that, which could strand a job under the seed's policy (`W10`).
    pub(crate) fn replica_came(&self, desk: &Arc<Desk>) {
        let mut at_work = self.lock();
        at_work.desks.insert(desk.replica, Arc::clone(desk));
        let share = at_work.desks.len();
        for badge in at_work.anywhere().skip(share - 1).step_by(share) {
            badge.seat.move_to(desk);
        }
    }

    /// A replica is about to go: its workers are to call at the others.
    ///
    /// # Panics
    ///
    /// When there is no other.
    pub(crate) fn replica_goes(&self, number: usize) {
        let mut at_work = self.lock();
        let gone = at_work.desks.remove(&number);
        let mut others = at_work.desks.values().cycle();
        let its = at_work.anywhere().filter(|badge| badge.seat.desk().replica == number);
        for badge in its {
            badge.seat.move_to(others.next().expect("one replica stays"));
        }
        if let Some(gone) = gone {
            gone.close();
        }
    }

    /// Hires so many workers, or with a negative number retires them, and keeps the fleets' proportions as
    /// they are in the scenario; each fleet keeps one worker.
    pub(crate) fn add(&self, more: i64, now: Instant) {
        let mut at_work = self.lock();
        let fill = |members: &Members| members.badges.len() as f64 / members.fleet.workers.max(1) as f64;
        for _ in 0..more.unsigned_abs() {
            let fleets = &at_work.fleets;
            let by_fill = fleets.iter().enumerate().map(|(fleet, members)| (fleet, fill(members)));
            let chosen = if more > 0 {
                by_fill.min_by(|a, b| a.1.total_cmp(&b.1))
            } else {
                by_fill
                    .filter(|(fleet, _)| fleets[*fleet].badges.len() > 1)
                    .max_by(|a, b| a.1.total_cmp(&b.1))
            };
            let Some((chosen, _)) = chosen else { return };
            self.add_one(&mut at_work, chosen, more > 0, now);
        }
    }

    /// Hires so many workers of one fleet, or with a negative number retires them; it keeps one. How many it has then.
    pub(crate) fn add_to(&self, fleet: usize, more: i64, now: Instant) -> usize {
        let mut at_work = self.lock();
        for _ in 0..more.unsigned_abs() {
            if more > 0 || at_work.fleets[fleet].badges.len() > 1 {
                self.add_one(&mut at_work, fleet, more > 0, now);
            }
        }
        at_work.fleets[fleet].badges.len()
    }

    /// Hires one worker of a fleet, or retires the one that came last.
    fn add_one(&self, at_work: &mut AtWork, fleet: usize, is_more: bool, now: Instant) {
        if is_more {
            let open: Vec<usize> = at_work.desks.keys().copied().collect();
            let worker = plan::worker(&self.scenario, fleet, at_work.fleets[fleet].hired, &open);
            self.hire(at_work, worker, now);
        } else if let Some(badge) = at_work.fleets[fleet].badges.pop() {
            badge.retire.cancel();
        }
    }

    /// How many workers are hired and not retired, whether or not they have come.
    pub(crate) fn hired(&self) -> usize {
        self.lock().fleets.iter().map(|members| members.badges.len()).sum()
    }

    /// The same of one fleet.
    pub(crate) fn hired_by(&self, fleet: usize) -> usize {
        self.lock().fleets[fleet].badges.len()
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

    fn hire(&self, at_work: &mut AtWork, plan: WorkerPlan, from: Instant) {
        let members = &mut at_work.fleets[plan.fleet];
        let desk = Arc::clone(&at_work.desks[&plan.replica]);
        let seat = Seat::at(Arc::clone(&desk));
        let (retire, whistle) = (CancellationToken::new(), Arc::<Whistle>::default());
        let id = measure::Worker { fleet: plan.fleet as u32, number: plan.worker as u32 };
        let worker = Worker {
            id: self.recorder.ids().worker_id(id),
            fleet: Arc::clone(&members.fleet),
            seat: Arc::clone(&seat),
            desk,
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
        members.badges.push(Badge { seat, retire, whistle });
        members.hired += 1;
    }

    fn lock(&self) -> MutexGuard<'_, AtWork> {
        self.at_work.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl AtWork {
    /// The workers that no fleet binds to a replica.
    fn anywhere(&self) -> impl Iterator<Item = &Badge> {
        let spread = self.fleets.iter().filter(|members| members.fleet.replica == ReplicaChoice::Spread);
        spread.flat_map(|members| &members.badges)
    }
}
