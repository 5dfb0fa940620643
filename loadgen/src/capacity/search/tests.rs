//! Searches over synthetic systems whose answer is known.

use std::collections::BTreeMap;

use super::super::Goal;
use super::Phase::{Bisecting, Bracketing, Repeating};
use super::*;

fn axis(goal: Goal, start: f64, max: Option<f64>) -> Axis {
    Axis::new(goal, start, None, max, 0.05).expect("levels are in range")
}

/// From a tenth of a job to a million a second.
fn wide(start: f64) -> Axis {
    Axis::new(Goal::MaxRate, start, Some(0.1), Some(1e6), 0.05).expect("levels are in range")
}

/// Lets `system` answer every trial until the search ends; it is told the level and how many trials came before.
fn run(axis: Axis, repeat: usize, mut system: impl FnMut(f64, usize) -> Outcome) -> Search {
    let mut search = Search::new(axis, repeat);
    while let Some((level, _)) = search.next_trial() {
        let (low, high) = axis.bounds();
        assert!((low..=high).contains(&level), "{level} is out of bounds");
        let outcome = system(level, search.trials());
        search.note(level, outcome);
    }
    search
}

fn accepted_if(holds: bool) -> Outcome {
    if holds { Outcome::Accepted } else { Outcome::Rejected }
}

/// A draw from 0 to 1 for each trial, always the same.
fn chance(trial: usize) -> f64 {
    let mixed = (trial as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    ((mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 11) as f64 / (1_u64 << 53) as f64
}

#[test]
fn the_highest_rate_is_enclosed_from_any_start() {
    for limit in [0.9, 7.0, 79.9, 80.0, 1_234.0, 40_000.0] {
        for start in [1.0, 60.0, 5_000.0] {
            let search = run(wide(start), 3, |rate, _| accepted_if(rate <= limit));
            let answer = search.answer();
            let (holds, fails) =
                (answer.holds.expect("some rate holds"), answer.fails.expect("some rate fails"));
            assert!(holds.level <= limit && limit < fails.level, "{limit} from {start}: {answer:?}");
            assert!(fails.level <= holds.level * 1.05, "{answer:?}");
            assert_eq!((holds.accepted, holds.rejected, fails.accepted), (3, 0, 0));
            assert_eq!(fails.rejected, 2);
            assert_eq!((answer.is_repeated, answer.stop), (true, None));
            assert!(search.trials() < 30, "{} trials", search.trials());
        }
    }
}

#[test]
fn the_fewest_workers_are_found_exactly() {
    for limit in [1.0, 2.0, 3.0, 17.0, 40.0] {
        for start in [4.0, 30.0] {
            let search =
                run(axis(Goal::MinWorkers, start, None), 3, |workers, _| accepted_if(workers >= limit));
            let answer = search.answer();
            assert_eq!(answer.holds.map(|tally| tally.level), Some(limit), "from {start}");
            assert_eq!(answer.fails.map(|tally| tally.level), (limit > 1.0).then_some(limit - 1.0));
            assert_eq!(answer.stop, None);
        }
    }
}

#[test]
fn no_rate_that_holds_is_an_answer() {
    let search = run(axis(Goal::MaxRate, 100.0, None), 3, |_, _| Outcome::Rejected);
    let answer = search.answer();
    assert_eq!((answer.holds, answer.stop), (None, None));
    let fails = answer.fails.expect("all fail");
    assert_eq!((fails.level, fails.rejected), (search.axis().bounds().0, 2));
    assert_eq!(search.trials(), 12);
}

#[test]
fn every_rate_holding_is_an_answer() {
    let search = run(axis(Goal::MaxRate, 100.0, Some(1_000.0)), 3, |_, _| Outcome::Accepted);
    let answer = search.answer();
    let holds = answer.holds.expect("all hold");
    assert_eq!((holds.level, holds.accepted), (1_000.0, 3));
    assert_eq!((answer.fails, answer.stop, answer.is_repeated), (None, None, true));
}

#[test]
fn a_noisy_boundary_lies_inside_the_interval() {
    // Surely held up to 90, surely failed from 110, and by chance in between.
    for salt in 0..200 {
        let search = run(axis(Goal::MaxRate, 40.0, None), 3, |rate, trial| {
            accepted_if(chance(trial + salt * 1_000) < (110.0 - rate) / 20.0)
        });
        let answer = search.answer();
        let (holds, fails) = (answer.holds.expect("40 holds"), answer.fails.expect("110 fails"));
        assert!(holds.level < 110.0 && fails.level > 90.0, "{salt}: {answer:?}");
        assert_eq!((holds.accepted, holds.rejected), (3, 0), "{salt}: {answer:?}");
        assert!(fails.rejected >= 2 && fails.rejected > fails.accepted, "{salt}: {answer:?}");
        for noisy in &answer.noisy {
            assert!(holds.level < noisy.level && noisy.level < fails.level, "{salt}: {answer:?}");
        }
        assert_eq!(answer.stop, None);
    }
}

#[test]
fn one_wrong_trial_anywhere_does_not_mislead() {
    let clean = run(axis(Goal::MaxRate, 40.0, None), 3, |rate, _| accepted_if(rate <= 100.0)).trials();
    for wrong in 0..clean {
        let search = run(axis(Goal::MaxRate, 40.0, None), 3, |rate, trial| {
            accepted_if((rate <= 100.0) != (trial == wrong))
        });
        let answer = search.answer();
        let (holds, fails) = (answer.holds.expect("40 holds"), answer.fails.expect("100 fails"));
        assert!(holds.level <= 100.0 && fails.level > 100.0 / 1.05, "wrong in trial {wrong}: {answer:?}");
    }
}

#[test]
fn a_system_that_stays_down_after_overload_is_not_overrated() {
    // Once overloaded, it only recovers below 70 % of what it took before.
    let mut is_down = false;
    let search = run(axis(Goal::MaxRate, 50.0, None), 3, |rate, _| {
        is_down = rate > if is_down { 70.0 } else { 100.0 };
        accepted_if(!is_down)
    });
    let answer = search.answer();
    let (holds, fails) = (answer.holds.expect("50 holds"), answer.fails.expect("200 fails"));
    assert!((60.0..=100.0).contains(&holds.level), "{answer:?}");
    assert!(fails.level > 70.0, "{answer:?}");
    assert_eq!((holds.accepted, answer.stop), (3, None));
}

#[test]
fn a_generator_that_gives_out_ends_the_way_up() {
    let mut tried = BTreeMap::<u64, usize>::new();
    let search = run(axis(Goal::MaxRate, 100.0, None), 3, |rate, _| {
        *tried.entry(rate as u64).or_default() += 1;
        if rate > 500.0 { Outcome::GeneratorGaveOut } else { Outcome::Accepted }
    });
    let answer = search.answer();
    assert_eq!(answer.holds, Some(Tally { level: 400.0, accepted: 3, rejected: 0, gave_out: 0 }));
    assert_eq!((answer.fails, answer.stop), (None, Some(Stop::Generator(800.0))));
    assert_eq!(tried, BTreeMap::from([(100, 1), (200, 1), (400, 3), (800, 2)]));
}

#[test]
fn a_generator_that_gives_out_at_once_leaves_no_answer() {
    let search = run(axis(Goal::MaxRate, 100.0, None), 3, |_, _| Outcome::GeneratorGaveOut);
    let answer = search.answer();
    assert_eq!((answer.holds, answer.fails, answer.stop), (None, None, Some(Stop::Generator(100.0))));
    assert_eq!(search.trials(), 2);
}

#[test]
fn a_generator_that_stumbles_once_is_forgiven() {
    let clean = run(axis(Goal::MaxRate, 40.0, None), 3, |rate, _| accepted_if(rate <= 100.0));
    for stumble in 0..clean.trials() {
        let search = run(axis(Goal::MaxRate, 40.0, None), 3, |rate, trial| {
            if trial == stumble { Outcome::GeneratorGaveOut } else { accepted_if(rate <= 100.0) }
        });
        let (answer, expected) = (search.answer(), clean.answer());
        assert_eq!(
            answer.holds.map(|tally| tally.level),
            expected.holds.map(|tally| tally.level),
            "{stumble}"
        );
        assert_eq!(
            answer.fails.map(|tally| tally.level),
            expected.fails.map(|tally| tally.level),
            "{stumble}"
        );
        assert_eq!((answer.stop, search.trials()), (None, clean.trials() + 1));
    }
}

#[test]
fn what_is_no_verdict_ends_the_search_with_what_is_known() {
    for (outcome, stop) in [
        (Outcome::DatabaseLost, Stop::Database(400.0)),
        (Outcome::Unmeasured, Stop::Unmeasured(400.0)),
        (Outcome::Interrupted, Stop::Interrupted),
    ] {
        let search =
            run(
                axis(Goal::MaxRate, 100.0, None),
                3,
                |rate, _| if rate < 400.0 { Outcome::Accepted } else { outcome },
            );
        let answer = search.answer();
        assert_eq!(answer.holds.map(|tally| tally.level), Some(200.0));
        assert_eq!((answer.is_repeated, answer.stop), (false, Some(stop)));
        assert_eq!((search.trials(), search.trials_left()), (3, 0));
    }
}

#[test]
fn a_search_ends_whatever_it_is_told() {
    for salt in 0..500 {
        let search = run(axis(Goal::MaxRate, 100.0, Some(1e6)), 1 + salt % 5, |_, trial| {
            match chance(trial + salt * 777) {
                draw if draw < 0.45 => Outcome::Accepted,
                draw if draw < 0.9 => Outcome::Rejected,
                _ => Outcome::GeneratorGaveOut,
            }
        });
        assert!(search.trials() <= TRIALS_MAX);
        let answer = search.answer();
        if let (Some(holds), Some(fails)) = (answer.holds, answer.fails) {
            assert!(holds.level < fails.level, "{answer:?}");
        }
    }
}

#[test]
fn the_estimate_counts_down_to_the_end() {
    let limit = 333.0;
    let mut search = Search::new(axis(Goal::MaxRate, 100.0, None), 3);
    let mut estimates = Vec::new();
    while let Some((level, _)) = search.next_trial() {
        estimates.push(search.trials_left());
        search.note(level, accepted_if(level <= limit));
    }
    assert_eq!(search.trials_left(), 0);
    let total = estimates.len();
    for (done, left) in estimates.into_iter().enumerate() {
        let truth = total - done;
        assert!(left.abs_diff(truth) <= 3, "after {done} of {total} trials: {left} left");
    }
}

#[test]
fn the_phases_tell_what_a_trial_is_for() {
    let mut search = Search::new(axis(Goal::MaxRate, 100.0, None), 2);
    let mut phases = Vec::new();
    while let Some((level, phase)) = search.next_trial() {
        phases.push((level, phase));
        search.note(level, accepted_if(level < 150.0));
    }
    let expected = [
        (100.0, Bracketing),
        (200.0, Bracketing),
        (141.0, Bisecting),
        (168.0, Bisecting),
        (154.0, Bisecting),
        (147.0, Bisecting),
        (147.0, Repeating),
        (154.0, Repeating),
    ];
    assert_eq!(phases, expected);
}
