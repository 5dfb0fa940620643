//! Which level to try next, and what the trials so far come to.
//!
//! PURE: no clock, no runs, no chance. [`Search::next_trial`] follows from the trials noted so far, whatever their
//! order, so that an answer that doesn't repeat leads the search back by itself.
//!
//! It doubles (or halves) from the start until one level holds and a harder one doesn't, bisects until the two
//! are close, and then repeats: the lower end is a level that held in every one of its trials, the upper end
//! the easiest that failed in most of its own. Levels that hold now and then lie between the two. A level at
//! which the generator gave out twice says nothing of the system: nothing as hard is tried again.

use serde::{Deserialize, Serialize};

use super::axis::Axis;

/// A search gives up after so many trials; what it knows by then is its answer.
pub const TRIALS_MAX: usize = 100;
/// The generator may give out once by chance.
const GIVE_OUTS: usize = 2;

/// What one trial of a level came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The system held all that was asked of it.
    Accepted,
    /// It didn't.
    Rejected,
    /// The generator didn't keep its schedule: neither.
    GeneratorGaveOut,
    /// The database was lost: neither.
    DatabaseLost,
    /// Nothing was observed of a figure that an SLO asks for: neither.
    Unmeasured,
    /// Somebody ended it: neither.
    Interrupted,
}

/// Why a search ended before it had its answer.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "reason", content = "level")]
pub enum Stop {
    /// The generator gave out at this level.
    Generator(f64),
    /// The database was lost at this level.
    Database(f64),
    /// An SLO's figure was not observed at this level.
    Unmeasured(f64),
    /// Somebody ended it.
    Interrupted,
    /// [`TRIALS_MAX`].
    Trials,
}

/// What a search is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Looking for one level that holds and one that doesn't.
    Bracketing,
    /// Bringing them closer.
    Bisecting,
    /// Trying again what seems to be the answer.
    Repeating,
}

/// Trials of one level.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Tally {
    /// The rate or the number of workers.
    pub level: f64,
    /// Trials that held.
    pub accepted: usize,
    /// Trials that didn't.
    pub rejected: usize,
    /// Trials in which the generator gave out.
    pub gave_out: usize,
}

/// What a level's trials say of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// Held so far.
    Holds,
    /// Failed so far, or in most of all its trials.
    Fails,
    /// Held at least as often as it failed, and failed.
    Noisy,
    /// Both, with trials left.
    Undecided,
    /// No trial said anything.
    Unknown,
}

/// What a search came to, or has come to so far.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// The hardest level that held in all its trials.
    pub holds: Option<Tally>,
    /// The easiest harder level that failed in most of its trials.
    pub fails: Option<Tally>,
    /// Levels between the two that held in some of their trials.
    pub noisy: Vec<Tally>,
    /// All its trials were made; otherwise it is what was known when the search ended.
    pub is_repeated: bool,
    /// Why it ended early.
    pub stop: Option<Stop>,
}

/// A search under way.
#[derive(Debug, Clone)]
pub struct Search {
    axis: Axis,
    repeat: usize,
    /// Easier levels first.
    tallies: Vec<Tally>,
    trials: usize,
    stop: Option<Stop>,
}

/// What is known, by the levels that matter.
struct Known {
    lowest_wall: Option<f64>,
    fails: Option<Tally>,
    holds: Option<Tally>,
    /// The hardest level easier than `fails` that isn't known to fail.
    top: Option<f64>,
    undecided: Option<f64>,
    ceiling: Option<f64>,
}

impl Search {
    /// A search along `axis` whose answer is repeated `repeat` times, at least once.
    #[must_use]
    pub fn new(axis: Axis, repeat: usize) -> Self {
        Self { axis, repeat: repeat.max(1), tallies: Vec::new(), trials: 0, stop: None }
    }

    /// The levels that it may try.
    #[must_use]
    pub fn axis(&self) -> &Axis {
        &self.axis
    }

    /// How many trials were noted.
    #[must_use]
    pub fn trials(&self) -> usize {
        self.trials
    }

    /// Notes what a trial came to.
    pub fn note(&mut self, level: f64, outcome: Outcome) {
        self.trials += 1;
        let place = self.tallies.binary_search_by(|tally| self.axis.order(tally.level, level));
        let place = place.unwrap_or_else(|place| {
            self.tallies.insert(place, Tally { level, accepted: 0, rejected: 0, gave_out: 0 });
            place
        });
        let tally = &mut self.tallies[place];
        match outcome {
            Outcome::Accepted => tally.accepted += 1,
            Outcome::Rejected => tally.rejected += 1,
            Outcome::GeneratorGaveOut => tally.gave_out += 1,
            Outcome::DatabaseLost => self.stop = Some(Stop::Database(level)),
            Outcome::Unmeasured => self.stop = Some(Stop::Unmeasured(level)),
            Outcome::Interrupted => self.stop = Some(Stop::Interrupted),
        }
    }

    /// The level to try next, and what for; `None` when the answer is there.
    #[must_use]
    pub fn next_trial(&self) -> Option<(f64, Phase)> {
        if self.stop.is_some() || self.trials >= TRIALS_MAX {
            return None;
        }
        let known = self.known();
        let allowed = |level: &f64| known.ceiling.is_none_or(|ceiling| self.axis.is_easier(*level, ceiling));
        let bracketing = |level: Option<f64>| level.filter(allowed).map(|level| (level, Phase::Bracketing));
        let bisecting = |level: Option<f64>| level.map(|level| (level, Phase::Bisecting));
        if self.tallies.is_empty() {
            return bracketing(Some(self.axis.start()));
        }
        let once = self
            .tallies
            .iter()
            .find(|tally| tally.gave_out == 1 && self.standing(tally) == Standing::Unknown);
        if let Some(again) = once.map(|tally| tally.level).filter(allowed) {
            return Some((again, Phase::Repeating));
        }
        if let Some(level) = known.undecided {
            return Some((level, Phase::Repeating));
        }
        let wider = match (known.top, known.fails) {
            (None, None) => None,
            (None, Some(fails)) => bracketing(self.axis.easier(fails.level)),
            (Some(top), None) => bracketing(self.axis.harder(top)),
            (Some(top), Some(fails)) => bisecting(self.axis.between(top, fails.level)),
        };
        let lower = || match (known.holds, known.lowest_wall) {
            (None, Some(wall)) => bracketing(self.axis.easier(wall)),
            (Some(holds), Some(wall)) => bisecting(self.axis.between(holds.level, wall)),
            (_, None) => None,
        };
        let repeated = || {
            let holds = known.holds.filter(|tally| tally.accepted < self.repeat);
            let fails = known.fails.filter(|tally| tally.accepted == 0 && tally.rejected < self.majority());
            holds.or(fails).map(|tally| (tally.level, Phase::Repeating))
        };
        wider.or_else(lower).or_else(repeated)
    }

    /// What is known so far.
    #[must_use]
    pub fn answer(&self) -> Answer {
        let known = self.known();
        let is_between = |tally: &&Tally| {
            self.standing(tally) == Standing::Noisy
                && known.fails.is_none_or(|fails| self.axis.is_easier(tally.level, fails.level))
        };
        let is_done = self.next_trial().is_none();
        let by_generator = known.ceiling.filter(|_| known.fails.is_none()).map(Stop::Generator);
        let by_trials = (self.trials >= TRIALS_MAX).then_some(Stop::Trials);
        Answer {
            holds: known.holds,
            fails: known.fails,
            noisy: self.tallies.iter().filter(is_between).copied().collect(),
            is_repeated: known.holds.is_none_or(|holds| holds.accepted >= self.repeat),
            stop: self.stop.or(if is_done { by_generator.or(by_trials) } else { None }),
        }
    }

    /// How many trials are probably left, were the truth in the middle of what is known and every trial right.
    #[must_use]
    pub fn trials_left(&self) -> usize {
        let mut likely = self.clone();
        let limit = likely.likely_limit();
        while let Some((level, _)) = likely.next_trial() {
            let holds = !likely.axis.is_easier(limit, level);
            likely.note(level, if holds { Outcome::Accepted } else { Outcome::Rejected });
        }
        likely.trials - self.trials
    }

    fn likely_limit(&self) -> f64 {
        let known = self.known();
        let middle = |one: f64, other: f64| self.axis.between(one, other).unwrap_or(one);
        match (known.holds.map(|tally| tally.level), known.lowest_wall) {
            (Some(holds), Some(wall)) => middle(holds, wall),
            (Some(holds), None) => middle(holds, self.axis.harder(holds).unwrap_or(holds)),
            (None, Some(wall)) => {
                let easier = self.axis.easier(wall).unwrap_or(wall);
                middle(easier, wall)
            }
            (None, None) => {
                let start = self.axis.start();
                middle(start, self.axis.harder(start).unwrap_or(start))
            }
        }
    }

    fn known(&self) -> Known {
        let ceiling = self.tallies.iter().find(|tally| tally.gave_out >= GIVE_OUTS).map(|tally| tally.level);
        let below = |bound: Option<f64>| {
            let is_below =
                move |tally: &&Tally| bound.is_none_or(|bound| self.axis.is_easier(tally.level, bound));
            self.tallies.iter().filter(is_below)
        };
        let fails = below(ceiling).find(|tally| self.standing(tally) == Standing::Fails).copied();
        let bound = fails.map(|tally| tally.level).or(ceiling);
        let lowest_noisy = below(bound).find(|tally| self.standing(tally) == Standing::Noisy);
        let lowest_wall = lowest_noisy.or(fails.as_ref()).map(|tally| tally.level);
        let holds =
            below(lowest_wall.or(ceiling)).rfind(|tally| self.standing(tally) == Standing::Holds).copied();
        let top = below(bound)
            .rfind(|tally| matches!(self.standing(tally), Standing::Holds | Standing::Noisy))
            .map(|tally| tally.level);
        let undecided =
            below(bound).find(|tally| self.standing(tally) == Standing::Undecided).map(|tally| tally.level);
        Known { lowest_wall, fails, holds, top, undecided, ceiling }
    }

    fn majority(&self) -> usize {
        self.repeat / 2 + 1
    }

    fn standing(&self, tally: &Tally) -> Standing {
        match (tally.accepted, tally.rejected) {
            (0, 0) => Standing::Unknown,
            (_, 0) => Standing::Holds,
            (0, _) => Standing::Fails,
            (_, rejected) if rejected >= self.majority() => Standing::Fails,
            (accepted, rejected) if accepted + rejected < self.repeat => Standing::Undecided,
            _ => Standing::Noisy,
        }
    }
}

#[cfg(test)]
mod tests;
