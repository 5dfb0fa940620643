use acquirer::job::{ProvisionerType, Tags};
use proptest::prelude::*;

use super::*;
use crate::scenario::{Announce, Stage};

fn poster(stages: &[(u64, f64, f64)], arrival: ArrivalProcess, batch: usize) -> Poster {
    let stages =
        stages.iter().map(|&(s, from, to)| Stage { length: Duration::from_secs(s), from, to }).collect();
    let entry = |weight| MixEntry { weight, provisioner: ProvisionerType::Echo, tags: Tags::new() };
    Poster {
        name: "test".to_owned(),
        stages,
        arrival,
        batch,
        preload: 0,
        announce: Announce::AfterCommit,
        mix: vec![entry(3.0), entry(0.0), entry(1.0)],
    }
}

fn ramped(arrival: ArrivalProcess, batch: usize) -> Poster {
    poster(&[(20, 50.0, 50.0), (20, 50.0, 400.0), (20, 400.0, 400.0)], arrival, batch)
}

/// Fails unless a Poisson count lies within four standard deviations of its expectation.
fn assert_poisson(count: usize, expected: f64) {
    let off = (count as f64 - expected).abs();
    assert!(off < 4.0 * expected.sqrt(), "{count} is far from {expected}");
}

fn between(arrivals: &[Arrival], from: u64, to: u64) -> usize {
    let times = Duration::from_secs(from)..Duration::from_secs(to);
    arrivals.iter().filter(|arrival| times.contains(&arrival.intended)).count()
}

fn gap(earlier: &Arrival, later: &Arrival) -> f64 {
    later.intended.abs_diff(earlier.intended).as_secs_f64()
}

#[test]
fn poisson_arrivals_follow_the_rate_through_every_stage() {
    for seed in 0..5 {
        let arrivals: Vec<Arrival> =
            ArrivalTimeline::new(&ramped(ArrivalProcess::Poisson, 1), seed, 0).collect();
        assert_poisson(between(&arrivals, 0, 20), 1000.0);
        assert_poisson(between(&arrivals, 20, 30), 1375.0);
        assert_poisson(between(&arrivals, 30, 40), 3125.0);
        assert_poisson(between(&arrivals, 40, 60), 8000.0);
        assert!(arrivals.is_sorted_by_key(|arrival| arrival.intended));
        assert!(arrivals.iter().all(|arrival| arrival.intended < Duration::from_mins(1)));
    }
}

#[test]
fn poisson_gaps_vary_as_exponentials_do() {
    let arrivals: Vec<Arrival> =
        ArrivalTimeline::new(&poster(&[(100, 100.0, 100.0)], ArrivalProcess::Poisson, 1), 3, 0).collect();
    let gaps: Vec<f64> = arrivals.windows(2).map(|pair| gap(&pair[0], &pair[1])).collect();
    let mean = gaps.iter().sum::<f64>() / gaps.len() as f64;
    let variance = gaps.iter().map(|gap| (gap - mean).powi(2)).sum::<f64>() / gaps.len() as f64;
    assert!(
        (variance.sqrt() / mean - 1.0).abs() < 0.05,
        "coefficient of variation {}",
        variance.sqrt() / mean
    );
}

#[test]
fn uniform_arrivals_are_evenly_spaced_and_exact_in_number() {
    let arrivals: Vec<Arrival> = ArrivalTimeline::new(&ramped(ArrivalProcess::Uniform, 1), 1, 0).collect();
    assert_eq!(arrivals.len(), 13_500);
    assert_eq!(between(&arrivals, 0, 20), 1000);
    let gap = gap(&arrivals[10], &arrivals[11]);
    assert!((gap - 0.02).abs() < 1e-6, "{gap}");
}

#[test]
fn a_batch_keeps_the_rate_of_jobs() {
    let jobs = |batch| -> usize {
        ArrivalTimeline::new(&ramped(ArrivalProcess::Uniform, batch), 1, 0).map(|a| a.jobs.len()).sum()
    };
    assert_eq!(jobs(1), 13_500);
    assert_eq!(jobs(10), 13_500);
    let arrivals: Vec<Arrival> = ArrivalTimeline::new(&ramped(ArrivalProcess::Poisson, 10), 1, 0).collect();
    assert_poisson(arrivals.len(), 1350.0);
    assert!(arrivals.iter().all(|arrival| arrival.jobs.len() == 10));
}

#[test]
fn bursts_come_together_and_keep_the_rate_of_jobs() {
    let burst = ArrivalProcess::Burst { size: 20 };
    for batch in [1, 8, 20, 50] {
        let arrivals: Vec<Arrival> =
            ArrivalTimeline::new(&poster(&[(60, 40.0, 40.0)], burst, batch), 1, 0).collect();
        let jobs: usize = arrivals.iter().map(|arrival| arrival.jobs.len()).sum();
        assert_eq!(jobs, 2_400, "batch {batch}");
        let bursts: Vec<&[Arrival]> = arrivals.chunk_by(|a, b| a.intended == b.intended).collect();
        assert_eq!(bursts.len(), 120, "two a second");
        for pair in bursts.windows(2) {
            let apart = gap(&pair[0][0], &pair[1][0]);
            assert!((apart - 0.5).abs() < 1e-6, "{apart}");
        }
        let sizes: Vec<usize> = bursts[7].iter().map(|arrival| arrival.jobs.len()).collect();
        let expected: &[usize] = match batch {
            1 => &[1; 20],
            8 => &[8, 8, 4],
            _ => &[20],
        };
        assert_eq!(sizes, expected);
    }
}

#[test]
fn bursts_come_closer_as_the_rate_rises() {
    let burst = ArrivalProcess::Burst { size: 50 };
    let arrivals: Vec<Arrival> = ArrivalTimeline::new(&ramped(burst, 50), 1, 0).collect();
    assert_eq!(between(&arrivals, 0, 20), 20);
    assert_eq!(between(&arrivals, 40, 60), 160);
}

#[test]
fn the_mix_is_chosen_by_weight() {
    let mut counts = [0; 3];
    for arrival in ArrivalTimeline::new(&ramped(ArrivalProcess::Poisson, 1), 1, 0) {
        counts[arrival.jobs[0]] += 1;
    }
    assert_eq!(counts[1], 0);
    assert_poisson(counts[2], (counts[0] + counts[2]) as f64 / 4.0);
}

#[test]
fn seed_and_poster_decide_the_timeline() {
    let poster = ramped(ArrivalProcess::Poisson, 2);
    let timeline = |seed, index| ArrivalTimeline::new(&poster, seed, index).collect::<Vec<_>>();
    assert_eq!(timeline(1, 0), timeline(1, 0));
    assert_ne!(timeline(1, 0), timeline(2, 0));
    assert_ne!(timeline(1, 0), timeline(1, 1));
}

#[test]
fn uniform_posters_with_equal_rates_keep_out_of_step() {
    let poster = ramped(ArrivalProcess::Uniform, 1);
    let first = |index| ArrivalTimeline::new(&poster, 1, index).peek();
    assert_ne!(first(0), first(1));
}

/// Guards every recorded run: when a dependency changes the stream, this says so.
#[test]
fn the_first_arrivals_stay_as_they_are() {
    let poster = ramped(ArrivalProcess::Poisson, 2);
    let first: Vec<(u128, Vec<usize>)> = ArrivalTimeline::new(&poster, 7, 0)
        .take(8)
        .map(|arrival| (arrival.intended.as_micros(), arrival.jobs))
        .collect();
    let expected = [
        (37_141, vec![2, 0]),
        (40_008, vec![2, 0]),
        (40_113, vec![0, 0]),
        (78_168, vec![0, 0]),
        (116_917, vec![0, 0]),
        (121_345, vec![0, 2]),
        (229_955, vec![2, 0]),
        (234_396, vec![2, 0]),
    ];
    assert_eq!(first, expected);
}

#[test]
fn doubling_the_rate_doubles_what_is_left() {
    let mut timeline = ArrivalTimeline::new(&ramped(ArrivalProcess::Poisson, 1), 1, 0);
    let mut arrivals = Vec::new();
    let change = Duration::from_secs(40);
    while timeline.peek().is_some_and(|due| due < change) {
        arrivals.extend(timeline.next());
    }
    assert_eq!(timeline.target_rate(change), 400.0);
    timeline.rescale(change, 2.0);
    assert_eq!(timeline.target_rate(change), 800.0);
    arrivals.extend(timeline);
    assert_poisson(between(&arrivals, 0, 40), 5500.0);
    assert_poisson(between(&arrivals, 40, 50), 8000.0);
    assert_poisson(between(&arrivals, 50, 60), 8000.0);
}

#[test]
fn what_was_due_before_a_change_stays_due() {
    let original: Vec<Arrival> =
        ArrivalTimeline::new(&ramped(ArrivalProcess::Poisson, 1), 1, 0).take(500).collect();
    let late = Duration::from_secs(5);
    // A poster that is behind by five seconds takes its arrivals only after the change.
    let mut timeline = ArrivalTimeline::new(&ramped(ArrivalProcess::Poisson, 1), 1, 0);
    timeline.rescale(late, 3.0);
    timeline.rescale(late * 2, 0.5);
    for expected in original.iter().take_while(|arrival| arrival.intended < late) {
        assert_eq!(timeline.next().as_ref(), Some(expected));
    }
    assert!(timeline.peek() > Some(late));
    let rest: Vec<Arrival> = timeline.collect();
    assert_poisson(between(&rest, 5, 10), 750.0);
    assert_poisson(between(&rest, 10, 20), 250.0);
}

#[test]
fn silence_ends_when_the_rate_comes_back() {
    let mut timeline = ArrivalTimeline::new(&ramped(ArrivalProcess::Poisson, 1), 1, 0);
    timeline.rescale(Duration::ZERO, 0.0);
    assert_eq!(timeline.next(), None);
    timeline.rescale(Duration::from_secs(50), 1.0);
    assert!(timeline.peek() > Some(Duration::from_secs(50)));
    assert_poisson(timeline.count(), 4000.0);
}

#[test]
fn a_factor_of_one_changes_nothing() {
    let poster = ramped(ArrivalProcess::Poisson, 1);
    let fixed: Vec<Arrival> = ArrivalTimeline::new(&poster, 9, 0).collect();
    let mut timeline = ArrivalTimeline::new(&poster, 9, 0);
    let mut same = Vec::new();
    while let Some(arrival) = timeline.next() {
        timeline.rescale(arrival.intended, 1.0);
        let peeked = timeline.peek();
        assert_eq!(timeline.peek(), peeked);
        same.push(arrival);
    }
    assert_eq!(fixed, same);
}

#[test]
fn a_poster_that_only_preloads_posts_nothing() {
    let mut silent = poster(&[], ArrivalProcess::Poisson, 1);
    silent.preload = 100;
    assert_eq!(ArrivalTimeline::new(&silent, 1, 0).next(), None);
    let kinds: Vec<usize> = ArrivalTimeline::preload(&silent, 1, 0).collect();
    assert_eq!(kinds.len(), 100);
    assert_eq!(kinds, ArrivalTimeline::preload(&silent, 1, 0).collect::<Vec<_>>());
    assert!(kinds.iter().all(|&kind| kind != 1));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn time_never_steps_back_whatever_the_changes(
        changes in prop::collection::vec((0.0..60.0_f64, 0.0..4.0_f64), 0..8),
        seed in 0_u64..1000,
    ) {
        let mut changes = changes;
        changes.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut timeline =
            ArrivalTimeline::new(&poster(&[(30, 0.0, 20.0), (30, 20.0, 5.0)], ArrivalProcess::Poisson, 1), seed, 0);
        let mut latest = Duration::ZERO;
        for (at, factor) in changes {
            let at = Duration::from_secs_f64(at);
            while timeline.peek().is_some_and(|due| due <= at) {
                let arrival = timeline.next().unwrap();
                prop_assert!(arrival.intended >= latest);
                latest = arrival.intended;
            }
            timeline.rescale(at, factor);
            prop_assert!(timeline.peek().is_none_or(|due| due >= at.saturating_sub(Duration::from_micros(1))));
        }
        for arrival in timeline {
            prop_assert!(arrival.intended >= latest);
            latest = arrival.intended;
        }
        prop_assert!(latest <= Duration::from_mins(1));
    }
}
