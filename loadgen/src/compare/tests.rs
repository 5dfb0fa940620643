use acquirer::wakeup::{Chain, Policy};
use hdrhistogram::Histogram;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution as _, StandardNormal};
use statrs::distribution::{ContinuousCDF as _, StudentsT};

use super::*;
use crate::report::{
    Audit, ByStage, Environment, Intervention, LatencySummary, PolicyFacts, Rates, Run, TimelineSecond,
};
use crate::scenario::{Overrides, Scenario, builtin};

/// Jobs acquired in a second of a synthetic run.
const JOBS: usize = 40;

/// How the seconds of a synthetic run go.
#[derive(Clone, Copy)]
struct Nature {
    seconds: usize,
    /// The median queue wait of a calm second, in microseconds.
    median: f64,
    /// How much of a second's mood the next one inherits.
    memory: f64,
    /// How far moods reach, as a factor's logarithm.
    moods: f64,
    /// Acquire queries for each job.
    per_job: f64,
}

const CALM: Nature = Nature { seconds: 120, median: 2_000.0, memory: 0.0, moods: 0.1, per_job: 1.2 };

/// Moods of seconds that follow each other: an AR(1) series of variance 1.
fn moods(nature: Nature, draws: &mut ChaCha8Rng) -> Vec<f64> {
    let mut mood: f64 = StandardNormal.sample(draws);
    let fresh = (1.0 - nature.memory.powi(2)).sqrt();
    (0..nature.seconds)
        .map(|_| {
            let own: f64 = StandardNormal.sample(draws);
            mood = nature.memory * mood + fresh * own;
            mood
        })
        .collect()
}

/// Counts in buckets that double.
fn log2(waits: &[u64]) -> Vec<u64> {
    let mut buckets = vec![0; 32];
    for wait in waits {
        buckets[wait.max(&1).ilog2() as usize] += 1;
    }
    buckets
}

/// A run whose every job was drawn: log-normal waits around its second's median.
fn run(nature: Nature, seed: u64) -> Report {
    let mut draws = ChaCha8Rng::seed_from_u64(seed);
    let mut all = Histogram::<u64>::new_with_bounds(1, 3_600_000_000, 3).unwrap();
    let mut queries_in_all = 0;
    let timeline: Vec<TimelineSecond> = moods(nature, &mut draws)
        .into_iter()
        .enumerate()
        .map(|(second, mood)| {
            let median = nature.median * (nature.moods * mood).exp();
            let mut waits: Vec<u64> = (0..JOBS)
                .map(|_| {
                    let spread: f64 = StandardNormal.sample(&mut draws);
                    (median * (0.5 * spread).exp()).round() as u64
                })
                .collect();
            waits.sort_unstable();
            for wait in &waits {
                all.record(*wait).unwrap();
            }
            let queries = (0..JOBS).map(|_| 1 + u64::from(draws.random_bool(nature.per_job - 1.0))).sum();
            queries_in_all += queries;
            TimelineSecond {
                second: second as u64,
                posted: JOBS as u64,
                acquired: JOBS as u64,
                completed: JOBS as u64,
                backlog: 3,
                queries,
                empty: queries - JOBS as u64,
                queue_wait_p50_us: waits[JOBS.div_ceil(2) - 1],
                queue_wait_p99_us: waits[(JOBS * 99).div_ceil(100) - 1],
                queue_wait_log2: log2(&waits),
                ..TimelineSecond::default()
            }
        })
        .collect();
    let seconds = nature.seconds as f64;
    let per_second = |count: u64| count as f64 / seconds;
    let jobs = (JOBS * nature.seconds) as u64;
    let scenario = Scenario::resolve(&builtin::get("default").unwrap(), &Overrides::default()).unwrap();
    Report {
        schema_version: 1,
        policy: scenario.policy.into(),
        scenario,
        environment: Environment {
            postgres_version: "15.18".to_owned(),
            database: "local".to_owned(),
            durability: "safe".to_owned(),
            cpus: 2,
            os: "linux".to_owned(),
        },
        run: Run { measured_seconds: seconds, valid: true, seed, ..Run::default() },
        rates: Rates {
            target_post: JOBS as f64,
            posted: JOBS as f64,
            acquired: JOBS as f64,
            completed: JOBS as f64,
            acquire_queries: per_second(queries_in_all),
            empty_queries: per_second(queries_in_all - jobs),
        },
        latency_us: ByStage { queue_wait: LatencySummary::of(&all), ..ByStage::default() },
        timeline,
        audit: Audit { ok: true, ..Audit::default() },
        ..Report::default()
    }
}

fn side(source: &str, runs: impl IntoIterator<Item = Report>) -> Side {
    Side { source: source.to_owned(), runs: runs.into_iter().collect() }
}

fn single(a: Nature, b: Nature, seed: u64) -> Comparison {
    compare(&side("a.json", [run(a, seed)]), &side("b.json", [run(b, seed + 1_000)]), Vec::new(), SEED)
}

fn row<'c>(comparison: &'c Comparison, path: &str) -> &'c Row {
    comparison.figures.iter().find(|row| row.path == path).unwrap()
}

const P50: &str = "latency_us.queue_wait.p50";
const P99: &str = "latency_us.queue_wait.p99";

#[test]
fn a_known_effect_is_found_and_its_interval_holds_it() {
    let slower = Nature { median: 3_600.0, per_job: 1.5, ..CALM };
    let comparison = single(CALM, slower, 1);
    for path in [P50, P99] {
        let row = row(&comparison, path);
        assert_eq!(row.verdict, Verdict::Higher, "{row:?}");
        let ratio = row.effect.unwrap().ratio.unwrap();
        assert!(ratio.low < 1.8 && 1.8 < ratio.high, "{ratio:?}");
        assert!(ratio.high / ratio.low < 1.3, "{ratio:?}");
    }
    let per_job = row(&comparison, "rates.acquire_queries / rates.acquired");
    let ratio = per_job.effect.unwrap().ratio.unwrap();
    assert_eq!(per_job.verdict, Verdict::Higher);
    assert!(ratio.low < 1.25 && 1.25 < ratio.high && ratio.low > 1.2, "{ratio:?}");
    assert!(comparison.conclusion[0].starts_with("B's queue wait p99 is 1."), "{:?}", comparison.conclusion);
    assert!(comparison.conclusion[0].ends_with(": slower."));
}

#[test]
fn a_run_is_like_itself() {
    let report = run(CALM, 5);
    let comparison = compare(&side("a", [report.clone()]), &side("b", [report]), Vec::new(), SEED);
    for row in &comparison.figures {
        assert_ne!(row.verdict, Verdict::Higher, "{row:?}");
        assert_ne!(row.verdict, Verdict::Lower, "{row:?}");
    }
    let ratio = row(&comparison, P99).effect.unwrap().ratio.unwrap();
    assert!((ratio.value - 1.0).abs() < 1e-9 && ratio.low < 1.0 && ratio.high > 1.0, "{ratio:?}");
}

#[test]
fn the_same_reports_give_the_same_intervals() {
    assert_eq!(single(CALM, CALM, 3), single(CALM, CALM, 3));
}

/// Student's t on the seconds' medians, as if each second stood for itself.
fn naive(a: &Report, b: &Report) -> f64 {
    let logarithms = |report: &Report| -> Vec<f64> {
        report.measured_timeline().map(|second| (second.queue_wait_p50_us as f64).ln()).collect()
    };
    let (a, b) = (logarithms(a), logarithms(b));
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let spread = |values: &[f64]| {
        let mean = mean(values);
        values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (values.len() - 1) as f64
    };
    let error = (spread(&a) / a.len() as f64 + spread(&b) / b.len() as f64).sqrt();
    let student = StudentsT::new(0.0, 1.0, (a.len() + b.len() - 2) as f64).unwrap();
    2.0 * student.cdf(-((mean(&b) - mean(&a)) / error).abs())
}

/// Seconds whose moods last, and nothing that sets the sides apart.
const MOODY: Nature = Nature { memory: 0.8, moods: 0.5, ..CALM };

#[test]
fn where_seconds_resemble_each_other_the_naive_test_cries_wolf_and_this_one_does_not() {
    const PAIRS: u64 = 60;
    let median = &figures::ALL[0];
    let (mut naive_alarms, mut alarms) = (0, 0);
    for seed in 0..PAIRS {
        let (a, b) = (run(MOODY, 10_000 + seed), run(MOODY, 20_000 + seed));
        naive_alarms += u64::from(naive(&a, &b) < 0.05);
        alarms += u64::from(blocks::row(median, &a, &b, seed).effect.unwrap().p < 0.05);
    }
    // Three of sixty are what 5 % means.
    assert_eq!((naive_alarms, alarms), (36, 4));
}

#[test]
fn where_seconds_stand_for_themselves_a_true_effect_is_still_found() {
    const PAIRS: u64 = 20;
    let (median, slower) = (&figures::ALL[0], Nature { median: 2_200.0, ..CALM });
    let row = |seed| blocks::row(median, &run(CALM, seed), &run(slower, 500 + seed), seed);
    let found = (0..PAIRS).filter(|seed| row(*seed).effect.unwrap().p < 0.05).count();
    assert_eq!(found, 20);
}

#[test]
fn between_sets_of_runs_the_spread_between_runs_decides() {
    // Every run has a level of its own: within one its seconds agree, and say nothing of the next.
    let level = |factor: f64, seed| run(Nature { median: 2_000.0 * factor, moods: 0.02, ..CALM }, seed);
    let sets = |a: [f64; 5], b: [f64; 5]| {
        let a = side("a", a.into_iter().zip(0..).map(|(factor, seed)| level(factor, seed)));
        let b = side("b", b.into_iter().zip(100..).map(|(factor, seed)| level(factor, seed)));
        compare(&a, &b, Vec::new(), SEED)
    };
    let alike = sets([1.0, 1.3, 0.8, 1.1, 0.9], [1.1, 0.85, 1.25, 1.0, 0.95]);
    assert_eq!(alike.method, Method::BetweenRuns);
    assert_eq!(row(&alike, P50).verdict, Verdict::NotShown);
    let apart = sets([1.0, 1.05, 0.95, 1.02, 0.98], [1.5, 1.6, 1.4, 1.55, 1.45]);
    let row_ = row(&apart, P50);
    assert_eq!(row_.verdict, Verdict::Higher);
    let ratio = row_.effect.unwrap().ratio.unwrap();
    assert!(ratio.low < 1.5 && 1.5 < ratio.high, "{ratio:?}");
    // One pair of the runs that are alike, taken alone, would be called different.
    let alone = compare(&side("a", [level(1.3, 1)]), &side("b", [level(0.85, 2)]), Vec::new(), SEED);
    assert_eq!(row(&alone, P50).verdict, Verdict::Lower);
    assert!(alone.remarks[0].contains("nothing of how runs differ"), "{:?}", alone.remarks);
}

#[test]
fn a_single_run_against_a_set_borrows_its_spread() {
    let set = side("a", (0..4).map(|seed| run(CALM, seed)));
    let comparison = compare(&set, &side("b", [run(CALM, 9)]), Vec::new(), SEED);
    assert_eq!(comparison.method, Method::OneSidedBetweenRuns);
    assert_eq!(row(&comparison, P50).verdict, Verdict::NotShown);
}

#[test]
fn what_is_too_short_or_not_there_is_not_compared() {
    let brief = single(Nature { seconds: 9, ..CALM }, CALM, 1);
    assert_eq!(row(&brief, P99).verdict, Verdict::Unknown);
    assert!(row(&brief, P99).a.is_some());
    let comparison = single(CALM, CALM, 1);
    // The synthetic runs know nothing of responses.
    assert_eq!(row(&comparison, "latency_us.response.p99").a, None);
    assert_eq!(row(&comparison, "latency_us.response.p99").effect, None);
}

#[test]
fn probabilities_are_adjusted_by_how_many_there_are() {
    let comparison = single(CALM, Nature { median: 2_100.0, ..CALM }, 2);
    let mut effects: Vec<Effect> = comparison.figures.iter().filter_map(|row| row.effect).collect();
    effects.sort_by(|one, other| one.p.total_cmp(&other.p));
    let count = effects.len();
    assert!(count > 5);
    assert!((effects[0].p_adjusted - (effects[0].p * count as f64).min(1.0)).abs() < 1e-12);
    assert!(effects.windows(2).all(|pair| pair[0].p_adjusted <= pair[1].p_adjusted));
}

#[test]
fn unlike_runs_are_refused_with_each_difference() {
    let a = side("a", [run(CALM, 1)]);
    let mut other = run(CALM, 2);
    other.policy = PolicyFacts::from(Policy { chain: Chain::Always, ..Policy::default() });
    other.environment.durability = "fast".to_owned();
    other.environment.postgres_version = "18.1".to_owned();
    other.scenario.fleets[0].workers += 5;
    other.scenario.title = "another title".to_owned();
    other.run.valid = false;
    let b = side("b", [other.clone()]);
    let varying = |keys: &[&str]| Varying::new(keys.iter().map(|key| (*key).to_owned()));
    let refused = |a: &Side, b: &Side, keys: &[&str]| {
        Unlikeness::between(a, b, &varying(keys), false).unwrap_err().to_string()
    };
    insta::assert_snapshot!(refused(&a, &b, &[]));
    let fewer = refused(&a, &b, &["policy", "durability", "postgres"]);
    assert!(!fewer.contains("policy.chain") && fewer.contains("scenario.fleet.0.workers"), "{fewer}");
    other.run.valid = true;
    let b = side("b", [other.clone()]);
    let keys = ["chain", "durability", "postgres", "workers"];
    let unlike = Unlikeness::between(&a, &b, &varying(&keys), false).unwrap();
    assert_eq!(unlike.len(), 4);
    assert!(unlike.iter().all(|unlike| unlike.meant));
    let anyway = Unlikeness::between(&a, &b, &varying(&[]), true).unwrap();
    assert!(anyway.iter().all(|unlike| !unlike.meant) && anyway.len() == 4);
    assert_eq!(
        refused(&a, &b, &["polcy"]),
        "--varying polcy: there is no such key; did you mean \"policy\"?"
    );
    // Inside a side nothing varies.
    let mixed = side("b", [run(CALM, 3), other]);
    let inside = refused(&a, &mixed, &keys);
    assert!(inside.contains("(run 2 of B against its first)"), "{inside}");
}

#[test]
fn a_comparison_reads_in_plain_words_first() {
    let nature = Nature { memory: 0.5, moods: 0.2, ..CALM };
    let slower = Nature { median: 3_600.0, per_job: 1.5, ..nature };
    insta::assert_snapshot!("one_run_each", text(&single(nature, slower, 1)));
    let set = |nature: Nature, from: u64| (0..3).map(move |seed| run(nature, from + seed));
    let (a, b) = (side("before/", set(nature, 0)), side("after/", set(slower, 50)));
    let unlike = Unlikeness {
        path: "policy.chain".to_owned(),
        a: "always".to_owned(),
        b: "while_unaccounted".to_owned(),
        of: None,
        meant: true,
    };
    insta::assert_snapshot!("three_runs_each", text(&compare(&a, &b, vec![unlike], SEED)));
    insta::assert_snapshot!("nothing_shown", text(&single(MOODY, MOODY, 3)));
}

#[test]
fn no_line_is_wider_than_a_hundred_columns() {
    let wide = Nature { seconds: 30, median: 90_000_000.0, moods: 0.01, ..CALM };
    let text = text(&single(CALM, wide, 1));
    for line in text.lines() {
        assert!(line.chars().count() <= 100, "{line}");
    }
}

#[test]
fn a_run_that_was_changed_by_hand_is_compared_with_a_warning() {
    let second = 12;
    let made = Intervention { second, what: "policy becomes seed".to_owned(), refused: None };
    let changed = Report { interventions: vec![made], ..run(CALM, 2) };
    let planned = Report { changes: changed.interventions.clone(), ..run(CALM, 1) };
    let (a, b) = (side("a.json", [planned]), side("b.json", [changed]));
    let comparison = compare(&a, &b, Vec::new(), SEED);
    // What A's scenario changed is A's own.
    assert_eq!(comparison.by_hand, ["B was changed while it ran: policy becomes seed (at 12 s)"]);
    assert!(
        text(&comparison)
            .contains("\n  BY HAND  B was changed while it ran: policy becomes seed (at 12 s)\n")
    );
}
