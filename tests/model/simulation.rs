//! Larger worlds by chance, in virtual time: replicas, fleets and troubles all follow from one seed.
//!
//! First whatever goes wrong goes wrong, and no invariant breaks. Then nothing does any more: listeners are told
//! that they may have missed notices, new jobs are posted, and all that somebody waits for must be found though no
//! backup poll comes round.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use acquirer::wakeup::{Chance, Policy, Postings};
use rand::seq::IndexedRandom as _;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use crate::world::{Act, Broken, Limits, Scope, Teller, World, echo, jobs};

/// How many worlds the gate lives through.
const SEEDS: u64 = 200;

const JOBS: usize = 100;
/// So many of the jobs are kept for the calm.
const JOBS_IN_CALM: usize = 20;
/// No world takes as many; one that does never comes to rest.
const STEPS_MAX: usize = 200_000;

struct Draws<'a>(&'a mut ChaCha8Rng);

impl Chance for Draws<'_> {
    fn below(&mut self, bound: usize) -> usize {
        self.0.random_range(0..bound)
    }
}

/// One world, from birth to rest.
struct Simulation {
    world: World,
    rng: ChaCha8Rng,
    teller: Teller,
    steps: usize,
}

/// What went wrong in a world.
#[derive(Debug)]
struct Failure(String);

impl From<Broken> for Failure {
    fn from(broken: Broken) -> Self {
        Self(format!("{:?}: {}", broken.invariant, broken.how))
    }
}

impl Simulation {
    fn new(seed: u64, policy: Policy, teller: Teller) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let scope = Arc::new(draw_scope(&mut rng, policy));
        Self { world: World::new(&scope), rng, teller, steps: 0 }
    }

    /// All of it.
    fn live(&mut self) -> Result<(), Failure> {
        self.run(|act| !matches!(act, Act::Post(job) if job >= JOBS - JOBS_IN_CALM))?;
        // Pauses after errors end; whoever was served or sent away is out.
        self.world.calm_but_for_polls();
        self.run(|act| !matches!(act, Act::Post(_) | Act::Join(_)))?;
        self.world.calm();
        for replica in 0..self.world.scope.replicas {
            self.apply(Act::CutOff(replica))?;
            self.apply(Act::Reconnect(replica))?;
        }
        self.run(|_| true)?;
        match &self.world.left_lying()[..] {
            [] => Ok(()),
            lying => Err(Failure(format!("jobs {lying:?} lie beside acquirees that wait for them"))),
        }
    }

    /// Goes on by chance with what may happen, until nothing may.
    fn run(&mut self, may: impl Fn(Act) -> bool) -> Result<(), Failure> {
        loop {
            let can: Vec<Act> = self.world.can().into_iter().filter(|act| may(*act)).collect();
            // Time passes by itself; it jumps to a deadline only where nothing else is left to happen.
            let (waits, happens): (Vec<Act>, Vec<Act>) =
                can.into_iter().partition(|act| matches!(act, Act::Tick(_)) && !self.world.is_due(*act));
            let candidates = if happens.is_empty() { &waits } else { &happens };
            if happens.is_empty() && self.world.is_quiet() {
                return Ok(());
            }
            let Ok(act) = candidates.choose_weighted(&mut self.rng, |act| weight(*act)) else {
                return Err(Failure("something is under way, and nothing can happen".to_owned()));
            };
            let act = *act;
            self.apply(act)?;
            self.world.pass(Duration::from_micros(self.rng.random_range(1..2_000)));
            if self.steps > STEPS_MAX {
                return Err(Failure("it never comes to rest".to_owned()));
            }
        }
    }

    fn apply(&mut self, act: Act) -> Result<(), Failure> {
        self.steps += 1;
        Ok(self.world.apply(act, &mut Draws(&mut self.rng), &mut self.teller)?)
    }
}

/// What goes on goes on more often than what goes wrong.
fn weight(act: Act) -> u32 {
    match act {
        Act::Begin(..) | Act::Hold(..) | Act::Commit(..) | Act::Answer(..) => 30,
        Act::Deliver(..) | Act::Release(_) | Act::PostAvailable(..) | Act::Reconnect(_) => 20,
        Act::OrphanHolds(..) | Act::OrphanCommits(..) | Act::Settle(..) | Act::Tick(_) => 10,
        Act::Join(_) => 8,
        Act::Post(_) => 4,
        Act::Cancel(_)
        | Act::Fail(..)
        | Act::LoseAnswer(..)
        | Act::Drop(..)
        | Act::Duplicate(..)
        | Act::CutOff(_) => 1,
    }
}

fn draw_scope(rng: &mut ChaCha8Rng, policy: Policy) -> Scope {
    let replicas = rng.random_range(1..=3);
    let all_tags: [&[(&str, &str)]; 6] = [
        &[],
        &[("a", "1")],
        &[("b", "1")],
        &[("a", "1"), ("b", "1")],
        &[("a", "1"), ("b", "2")],
        &[("a", "1"), ("b", "1"), ("c", "1")],
    ];
    let specs: Vec<_> = all_tags.iter().filter(|_| rng.random_bool(0.7)).map(|tags| echo(tags)).collect();
    let specs = if specs.is_empty() { vec![echo(&[("a", "1")])] } else { specs };
    let acquirees = (0..rng.random_range(2..=24))
        .map(|_| (rng.random_range(0..replicas), rng.random_range(0..specs.len())))
        .collect();
    let demands: Vec<_> = (0..JOBS).map(|_| all_tags[rng.random_range(0..all_tags.len())]).collect();
    let mut jobs = jobs(&demands);
    if rng.random_bool(0.2) {
        for job in &mut jobs {
            job.job_id = None;
        }
    }
    let mut limit = |most: u8| if rng.random_bool(0.6) { rng.random_range(0..=most) } else { 0 };
    let limits = Limits {
        rejoins: 12,
        cancels: limit(30),
        failures: limit(20),
        lost_answers: limit(10),
        drops: limit(20),
        duplicates: limit(20),
        disconnects: limit(5),
        polls: Limits::UNLIMITED,
    };
    let claim_batch = *[1, 2, 16].choose(rng).unwrap();
    let policy = Policy { claim_batch, ..policy };
    Scope { policy, replicas, specs, acquirees, jobs, limits, is_swift: false, starts_asleep: false }
}

/// Lives through one world. A failure says how to live through it again.
fn live(seed: u64) -> (usize, usize) {
    let mut simulation = Simulation::new(seed, Policy::default(), Teller::default());
    let Err(Failure(how)) = simulation.live() else {
        return (simulation.steps, simulation.world.acquired());
    };
    let mut again = Simulation::new(seed, Policy::default(), Teller::telling());
    let _ = again.live();
    let story = again.teller.story();
    let mut last = String::new();
    for line in &story[story.len().saturating_sub(60)..] {
        let _ = write!(last, "\n  {line}");
    }
    panic!(
        "seed {seed}: {how}\nthe last of {} steps:{last}\nagain: SIMULATION_SEED={seed} cargo test -p acquirer \
         --no-default-features --test model simulation -- --nocapture",
        story.len()
    );
}

#[test]
fn whatever_goes_wrong_everything_is_found_without_the_backup_poll() {
    let seeds = match std::env::var("SIMULATION_SEED") {
        Ok(seed) => {
            let seed = seed.parse().expect("SIMULATION_SEED is a number");
            seed..=seed
        }
        Err(_) => 1..=SEEDS,
    };
    let (mut worlds, mut steps, mut acquired) = (0, 0, 0);
    for seed in seeds {
        let (of_seed, acquired_of_seed) = live(seed);
        worlds += 1;
        steps += of_seed;
        acquired += acquired_of_seed;
    }
    println!("{worlds} worlds, {steps} steps, {acquired} jobs acquired");
    assert!(acquired > 0, "worlds in which nobody gets a job show nothing");
}

#[test]
fn a_world_lives_through_the_same_again() {
    let story = |seed| {
        let mut simulation = Simulation::new(seed, Policy::default(), Teller::telling());
        let ended = simulation.live().is_ok();
        (ended, simulation.teller.story())
    };
    assert_eq!(story(7), story(7));
    assert_ne!(story(7), story(8));
}

#[test]
fn worlds_that_forget_postings_lose_wakeups() {
    let forgotten = Policy { postings: Postings::Forgotten, ..Policy::default() };
    let loses = |seed| {
        let lived = Simulation::new(seed, forgotten, Teller::default()).live();
        lived.is_err_and(|Failure(how)| how.starts_with("NoLostWakeup"))
    };
    assert!(
        (1..=SEEDS).any(loses),
        "a simulation that finds nothing under the seed's switch would find nothing"
    );
}
