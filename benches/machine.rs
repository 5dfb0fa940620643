//! What one step of the pure machine costs, by how many domains there are and how many of them match.
//!
//! `cargo bench -p acquirer --bench machine [-- --rounds N]`
//!
//! A step is one input with all that the machine says to it. Steps are timed in batches, each step of a batch
//! in another domain, drawn at random, so that caches help as little as they would. What counts is the thread's
//! processor time: other programs take no part in it but by what they throw out of the caches.

#[expect(dead_code, reason = "each bench uses its part")]
mod support;

use std::sync::Arc;
use std::time::Duration;

use acquirer::job::{JobId, Posting, ProvisionerType, Tags};
use acquirer::wakeup::{
    AcquireeId, Chance, ClearanceId, DomainSpec, Input, Machine, Outcome, Output, Policy, Time,
};
use cpu_time::ThreadTime;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use support::options::Options;
use support::{Figure, Unit, print};

const POLL: Duration = Duration::from_secs(30);
/// Steps of a batch.
const BATCH: usize = 100;
const POSTING_GOAL_NS: f64 = 2_000.0;

fn main() {
    let Some(options) = Options::read(101) else { return };
    println!("steps of the machine, medians of {} rounds\n", options.rounds);
    let rounds = options.rounds;
    print("posting", &postings(rounds));
    print("a job's whole way: join, posting, begin, finish", &ways(rounds));
    print("each of many, default policy", &storms(rounds.min(5), Policy::default()));
    print("each of many, seed policy", &storms(rounds.min(5), Policy::seed()));
}

/// A machine and somebody who answers it.
struct World {
    machine: Machine,
    draws: Draws,
    joined: u64,
    /// Clearances that wait for their query.
    cleared: Vec<ClearanceId>,
}

impl World {
    fn new(policy: Policy) -> Self {
        Self {
            machine: Machine::new(policy, POLL),
            draws: Draws(ChaCha8Rng::seed_from_u64(1)),
            joined: 0,
            cleared: Vec::new(),
        }
    }

    /// With acquirees that sleep, one for each spec.
    fn asleep(policy: Policy, specs: impl IntoIterator<Item = Arc<DomainSpec>>) -> Self {
        let mut world = Self::new(policy);
        for spec in specs {
            world.join(&spec);
        }
        world.find_nothing();
        world
    }

    fn step(&mut self, input: Input) {
        self.machine.handle(Time::ZERO, input, &mut self.draws);
        while let Some(output) = self.machine.poll_output() {
            if let Output::Cleared(clearance) = output {
                self.cleared.push(clearance.id);
            }
        }
    }

    fn join(&mut self, spec: &Arc<DomainSpec>) -> AcquireeId {
        self.joined += 1;
        let acquiree = AcquireeId(self.joined);
        self.step(Input::Join { acquiree, spec: Arc::clone(spec) });
        acquiree
    }

    /// Every clearance's query runs and finds nothing.
    fn find_nothing(&mut self) {
        while let Some(clearance) = self.cleared.pop() {
            self.step(Input::Begin { clearance });
            self.step(Input::Finish { clearance, outcome: Outcome::Empty });
        }
    }
}

/// Draws that are the same in every round.
struct Draws(ChaCha8Rng);

impl Chance for Draws {
    fn below(&mut self, bound: usize) -> usize {
        self.0.random_range(0..bound)
    }
}

fn tags(pairs: &[(&str, &str)]) -> Tags {
    Tags::from_pairs(pairs.iter().copied()).expect("no NUL in these")
}

fn spec(pairs: &[(&str, &str)]) -> Arc<DomainSpec> {
    Arc::new(DomainSpec::new(&[ProvisionerType::Echo], &tags(pairs)))
}

fn posting(pairs: &[(&str, &str)]) -> Posting {
    Posting { provisioner: ProvisionerType::Echo, tags: tags(pairs), job_id: None }
}

/// Domain `i` of `all`: tags that all have, one that `sharing` have, one of its own, and two that many have but
/// only it has both.
fn nth(i: usize, all: usize, sharing: usize) -> Arc<DomainSpec> {
    let (row, column) = place(i, all);
    spec(&[
        ("scope", "organization"),
        ("owner", ""),
        ("group", &format!("g{}", i / sharing)),
        ("host", &format!("h{i}")),
        ("row", &row),
        ("column", &column),
    ])
}

fn place(i: usize, all: usize) -> (String, String) {
    let side = all.isqrt();
    (format!("r{}", i / side), format!("c{}", i % side))
}

fn postings(rounds: usize) -> Vec<Figure> {
    let mut figures = Vec::new();
    for (all, original) in
        [(1_000, [None; 2]), (10_000, [Some(1.6e6), Some(1.9e6)]), (100_000, [Some(19e6), Some(36e6)])]
    {
        let mut world = World::asleep(Policy::default(), (0..all).map(|i| nth(i, all, 100)));
        let mut add = |what: &str, goal, original, make: &dyn Fn(usize) -> Posting| {
            let values = (0..rounds).map(|_| post(&mut world, all, BATCH, make)).collect();
            let what = format!("{all} domains, {what}");
            figures.push(Figure { what, values, unit: Unit::Nanoseconds, goal, original });
        };
        let goal = Some(POSTING_GOAL_NS);
        let common = ("scope", "organization");
        add("1 matches, by a tag of its own", goal, original[0], &|i| {
            posting(&[common, ("owner", ""), ("host", &format!("h{i}"))])
        });
        add("1 matches, by two that many have", goal, original[0], &|i| {
            let (row, column) = place(i, all);
            posting(&[common, ("owner", ""), ("row", &row), ("column", &column)])
        });
        add("none matches: nobody has the tag", goal, original[1], &|i| {
            posting(&[common, ("host", &format!("other{i}"))])
        });
        add("none matches: many have each tag", goal, original[1], &|i| {
            let row = place(i, all).0;
            posting(&[common, ("row", &row), ("host", &format!("h{}", (i + all / 2) % all))])
        });
    }
    for sharing in [1, 10, 100] {
        let all = 100_000;
        let mut world = World::asleep(Policy::default(), (0..all).map(|i| nth(i, all, sharing)));
        let values = (0..rounds)
            .map(|_| post(&mut world, all, BATCH, &|i| posting(&[("group", &format!("g{}", i / sharing))])))
            .collect();
        let what = format!("{all} domains, {sharing} match");
        let goal = (sharing == 1).then_some(POSTING_GOAL_NS);
        figures.push(Figure { what, values, unit: Unit::Nanoseconds, goal, original: None });
    }
    figures
}

/// Nanoseconds for each of a batch of postings. The domains that they wake look and sleep again.
fn post(world: &mut World, all: usize, batch: usize, make: &dyn Fn(usize) -> Posting) -> f64 {
    let postings: Vec<Posting> = (0..batch).map(|_| make(world.draws.below(all))).collect();
    let began = ThreadTime::now();
    for posting in postings {
        world.step(Input::Post(posting));
    }
    let each = each(began, batch);
    world.find_nothing();
    each
}

fn each(began: ThreadTime, steps: usize) -> f64 {
    began.elapsed().as_secs_f64() * 1e9 / steps as f64
}

/// Each step of a job's way, in 100,000 domains of 10.
fn ways(rounds: usize) -> Vec<Figure> {
    let all = 10_000;
    let specs: Vec<_> = (0..all).map(|i| nth(i, all, 100)).collect();
    let sleepers = (0..10).flat_map(|_| specs.iter().cloned());
    let mut world = World::asleep(Policy::default(), sleepers);
    let mut by_step: [Vec<f64>; 4] = Default::default();
    for round in 0..rounds {
        // Each in a domain of its own.
        let first = world.draws.below(all);
        let chosen: Vec<usize> = (0..BATCH).map(|step| (first + step * (all / BATCH)) % all).collect();
        let job = |step: usize| JobId::from_u128((round * BATCH + step) as u128);
        let postings: Vec<Posting> = chosen
            .iter()
            .enumerate()
            .map(|(step, i)| Posting { job_id: Some(job(step)), ..posting(&[("host", &format!("h{i}"))]) })
            .collect();
        let mut time = |kind: usize, world: &mut World, inputs: Vec<Input>| {
            let began = ThreadTime::now();
            for input in inputs {
                world.step(input);
            }
            by_step[kind].push(each(began, BATCH));
        };
        time(0, &mut world, postings.into_iter().map(Input::Post).collect());
        let cleared = std::mem::take(&mut world.cleared);
        time(1, &mut world, cleared.iter().map(|&clearance| Input::Begin { clearance }).collect());
        let finish =
            |(step, &clearance)| Input::Finish { clearance, outcome: Outcome::Found(vec![job(step)]) };
        time(2, &mut world, cleared.iter().enumerate().map(finish).collect());
        let first = world.joined + 1;
        world.joined += BATCH as u64;
        let join =
            |(i, acquiree)| Input::Join { acquiree: AcquireeId(acquiree), spec: Arc::clone(&specs[i]) };
        time(3, &mut world, chosen.into_iter().zip(first..).map(join).collect());
        world.find_nothing();
    }
    let names = ["posting", "begin", "finish", "join"];
    let sum = |round: usize| by_step.iter().map(|values| values[round]).sum::<f64>() / 4.0;
    let mean: Vec<f64> = (0..rounds).map(sum).collect();
    let per_second = 1e9 / support::figures::median(&mean);
    let figure = |what: &str, values| {
        let what = what.to_owned();
        Figure { what, values, unit: Unit::Nanoseconds, goal: None, original: None }
    };
    let mut figures: Vec<_> =
        names.into_iter().zip(by_step).map(|(name, values)| figure(name, values)).collect();
    figures.push(figure(&format!("mean step: {:.1} million a second", per_second / 1e6), mean));
    figures
}

/// 100,000 who come, are woken, and go, all in one domain and each in its own.
fn storms(rounds: usize, policy: Policy) -> Vec<Figure> {
    let all = 100_000;
    let one = vec![nth(0, all, 1); all];
    let own: Vec<_> = (0..all).map(|i| nth(i, all, 1)).collect();
    let mut figures = Vec::new();
    for (name, specs) in [("one domain", &one), ("a domain each", &own)] {
        let mut rows: Vec<(&str, Vec<f64>)> = Vec::new();
        for _ in 0..rounds {
            let mut time = |what: &'static str, world: &mut World, run: &mut dyn FnMut(&mut World)| {
                let began = ThreadTime::now();
                run(world);
                let took = each(began, all);
                match rows.iter_mut().find(|(name, _)| *name == what) {
                    Some((_, values)) => values.push(took),
                    None => rows.push((what, vec![took])),
                }
            };
            let mut world = World::new(policy);
            let mut joined = Vec::new();
            time("join", &mut world, &mut |world| {
                joined = specs.iter().map(|spec| world.join(spec)).collect();
            });
            world.find_nothing();
            if name == "a domain each" {
                time("messages lost", &mut world, &mut |world| world.step(Input::MessagesLost));
                time("begin and finish", &mut world, &mut World::find_nothing);
            }
            let asleep = world.machine.clone();
            let reversed: Vec<_> = joined.iter().rev().copied().collect();
            let mut shuffled = joined.clone();
            for last in (1..shuffled.len()).rev() {
                shuffled.swap(last, world.draws.below(last + 1));
            }
            let orders =
                [("leave in order", joined), ("leave reversed", reversed), ("leave shuffled", shuffled)];
            for (what, order) in orders {
                world.machine = asleep.clone();
                time(what, &mut world, &mut |world| {
                    for &acquiree in &order {
                        world.step(Input::Leave { acquiree });
                    }
                });
            }
        }
        figures.extend(rows.into_iter().map(|(what, values)| Figure {
            what: format!("{all} in {name}: {what}"),
            values,
            unit: Unit::Nanoseconds,
            goal: None,
            original: None,
        }));
    }
    figures
}
