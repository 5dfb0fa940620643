//! Tries everything that can happen in a world, nearest first, so that what breaks first breaks by the fewest steps.
//!
//! A search of our own rather than a library's: a state is a whole machine, kept only while it is on the frontier
//! and known afterwards by its digest; draws of chance are branches of an act; and what is printed is a story.

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

use acquirer::wakeup::Chance;

use crate::world::{Act, Broken, Scope, Teller, World};

/// One step: an act, and what chance drew in it.
#[derive(Debug, Clone)]
struct Step {
    act: Act,
    draws: Vec<u32>,
}

/// What the search found.
#[derive(Debug)]
pub(crate) struct Explored {
    pub(crate) states: usize,
    pub(crate) quiet: usize,
    pub(crate) steps_most: usize,
    pub(crate) took: Duration,
    pub(crate) seen: BTreeSet<&'static str>,
    /// The first invariant that broke, and the shortest way to it.
    pub(crate) broken: Option<(Broken, Vec<String>)>,
}

/// Draws as it was told to, then the first of what there is; remembers between how many it chose.
#[derive(Debug, Default)]
struct Script {
    draws: Vec<u32>,
    bounds: Vec<u32>,
}

impl Chance for Script {
    fn below(&mut self, bound: usize) -> usize {
        let place = self.bounds.len();
        self.bounds.push(bound as u32);
        if self.draws.len() <= place {
            self.draws.push(0);
        }
        // Of a choice among many, which is a jitter, the ends are tried.
        let draw = self.draws[place] as usize;
        if bound > JITTER { [0, bound - 1][draw] } else { draw }
    }
}

/// A choice among more is a jitter.
const JITTER: usize = 8;

impl Script {
    /// The next one in order, after this was played; `None` when all were.
    fn next(mut self) -> Option<Self> {
        while let Some(draw) = self.draws.pop() {
            let bound = self.bounds[self.draws.len()];
            let choices = if bound as usize > JITTER { 2 } else { bound };
            if draw + 1 < choices {
                self.draws.push(draw + 1);
                return Some(Self { draws: self.draws, bounds: Vec::new() });
            }
        }
        None
    }
}

/// Explores all that can happen, up to so many states, and stops where an invariant breaks.
pub(crate) fn explore(scope: Scope, states_max: usize) -> Explored {
    let began = Instant::now();
    let scope = Arc::new(scope);
    let start = World::new(&scope);
    let mut teller = Teller::default();
    // By which step from which state each was reached first.
    let mut reached: Vec<Option<(u32, Step)>> = vec![None];
    let mut known: HashMap<u64, u32> = HashMap::from([(start.digest(), 0)]);
    let mut frontier = vec![(0_u32, start)];
    let (mut quiet, mut steps_most) = (0, 0);
    while !frontier.is_empty() {
        let mut next = Vec::new();
        for (name, world) in frontier {
            quiet += usize::from(world.is_quiet());
            for act in world.can() {
                let mut script = Some(Script::default());
                while let Some(mut chance) = script {
                    let mut after = world.clone();
                    let done = after.apply(act, &mut chance, &mut teller);
                    let step = Step { act, draws: chance.draws.clone() };
                    if let Err(broken) = done {
                        let story = tell(&scope, &reached, name, step);
                        let (states, seen) = (known.len(), teller.seen);
                        let broken = Some((broken, story));
                        return Explored { states, quiet, steps_most, took: began.elapsed(), seen, broken };
                    }
                    let fresh = reached.len() as u32;
                    if let Entry::Vacant(unknown) = known.entry(after.digest()) {
                        unknown.insert(fresh);
                        reached.push(Some((name, step)));
                        next.push((fresh, after));
                        if known.len() >= states_max {
                            let (states, seen) = (known.len(), teller.seen);
                            let took = began.elapsed();
                            return Explored { states, quiet, steps_most, took, seen, broken: None };
                        }
                    }
                    script = chance.next();
                }
            }
        }
        steps_most += usize::from(!next.is_empty());
        frontier = next;
    }
    let (states, seen) = (known.len(), teller.seen);
    Explored { states, quiet, steps_most, took: began.elapsed(), seen, broken: None }
}

/// The story of how a state was reached, and of one step more.
fn tell(scope: &Arc<Scope>, reached: &[Option<(u32, Step)>], from: u32, last: Step) -> Vec<String> {
    let mut steps = vec![last];
    let mut at = from;
    while let Some((before, step)) = &reached[at as usize] {
        steps.push(step.clone());
        at = *before;
    }
    let mut world = World::new(scope);
    let mut teller = Teller::telling();
    for Step { act, draws } in steps.into_iter().rev() {
        // The last one breaks what it broke before.
        let _ = world.apply(act, &mut Script { draws, bounds: Vec::new() }, &mut teller);
    }
    teller.story()
}
