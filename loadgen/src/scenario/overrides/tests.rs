use super::*;
use crate::scenario::{Source, quantity};

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

const STORY: &str = "
duration = \"60s\"
warmup = \"10s\"
replicas = 3
[[fleet]]
workers = 60
replica = 1
[[fleet]]
workers = 30
[[fleet]]
workers = 10
[[poster]]
stages = [{ for = \"20s\", rate = 100 }, { for = \"40s\", from = 100, to = 300 }]
[[poster]]
stages = [{ for = \"30s\", rate = 50 }]
[[fault]]
at = \"20s\"
kill_listener = true
[[fault]]
at = \"50s\"
replica = 2
kill_listener = true
";

fn resolve(overrides: &Overrides) -> Result<Scenario, ScenarioError> {
    Scenario::resolve(&Source { name: "story.toml".to_owned(), text: STORY.to_owned() }, overrides)
}

fn refused(overrides: &Overrides) -> String {
    resolve(overrides).unwrap_err().to_string()
}

fn workers(total: usize) -> Vec<usize> {
    let scenario = resolve(&Overrides { workers: Some(total), ..Overrides::default() }).unwrap();
    scenario.fleets.iter().map(|fleet| fleet.workers).collect()
}

#[test]
fn workers_are_shared_in_proportion() {
    assert_eq!(workers(200), [120, 60, 20]);
    assert_eq!(workers(101), [61, 30, 10]);
    assert_eq!(workers(5), [3, 1, 1]);
    assert_eq!(workers(4), [2, 1, 1]);
    assert_eq!(workers(3), [1, 1, 1]);
    assert_eq!(workers(1_000_000), [600_000, 300_000, 100_000]);
    for total in 3..300 {
        assert_eq!(workers(total).iter().sum::<usize>(), total);
    }
}

#[test]
fn every_fleet_keeps_a_worker() {
    let scenario = resolve(&Overrides { workers: Some(1), ..Overrides::default() }).unwrap();
    assert_eq!(scenario.workers(), 3);
    assert_eq!(scenario.notes, ["3 workers rather than 1: every fleet keeps at least one"]);
    assert!(
        refused(&Overrides { workers: Some(0), ..Overrides::default() }).starts_with("--workers: 0 is out")
    );
}

#[test]
fn a_shorter_run_cuts_the_story_off() {
    let scenario = resolve(&Overrides { duration: Some(seconds(40)), ..Overrides::default() }).unwrap();
    let [builds, other] = &scenario.posters[..] else { panic!() };
    assert_eq!(builds.stages[1], Stage { length: seconds(20), from: 100.0, to: 200.0 });
    assert_eq!(other.ends_at(), seconds(30));
    assert_eq!(scenario.faults.len(), 1);
    assert_eq!(scenario.warmup, seconds(10));
    assert_eq!(scenario.notes, ["1 fault left out: due only after the run of 40s is over"]);
    let scenario = resolve(&Overrides { duration: Some(seconds(20)), ..Overrides::default() }).unwrap();
    assert_eq!(scenario.posters[0].stages.len(), 1);
}

#[test]
fn a_longer_run_goes_on_at_the_last_rate() {
    let scenario = resolve(&Overrides { duration: Some(seconds(100)), ..Overrides::default() }).unwrap();
    let [builds, other] = &scenario.posters[..] else { panic!() };
    assert_eq!(builds.stages[2], Stage { length: seconds(40), from: 300.0, to: 300.0 });
    assert_eq!(other.ends_at(), seconds(30));
    assert_eq!(scenario.duration, seconds(100));
}

#[test]
fn the_warm_up_leaves_half_of_a_shortened_run() {
    let short = Overrides { duration: Some(seconds(10)), ..Overrides::default() };
    let scenario = resolve(&short).unwrap();
    assert_eq!(scenario.warmup, seconds(5));
    assert!(
        scenario
            .notes
            .iter()
            .any(|note| note == "the warm-up is 5s instead of 10s, half of the shortened run")
    );
    let asked = Overrides { warmup: Some(seconds(9)), ..short.clone() };
    assert_eq!(resolve(&asked).unwrap().warmup, seconds(9));
    let too_long = Overrides { warmup: Some(seconds(10)), ..short };
    assert!(refused(&too_long).starts_with("--warmup: 10s leaves nothing to measure of a run of 10s"));
}

#[test]
fn the_rate_is_the_mean_of_the_measured_part() {
    for duration in [None, Some(seconds(30)), Some(seconds(90))] {
        let before = resolve(&Overrides { duration, ..Overrides::default() }).unwrap();
        let scenario = resolve(&Overrides { rate: Some(20.0), duration, ..Overrides::default() }).unwrap();
        let jobs: f64 = scenario
            .posters
            .iter()
            .map(|poster| jobs_between(poster, scenario.warmup, scenario.duration))
            .sum();
        let measured = (scenario.duration.checked_sub(scenario.warmup)).unwrap().as_secs_f64();
        assert!((jobs / measured - 20.0).abs() < 1e-9);
        let ratio =
            |scenario: &Scenario| scenario.posters[1].stages[0].from / scenario.posters[0].stages[0].from;
        assert!((ratio(&before) - ratio(&scenario)).abs() < 1e-9, "posters keep their shares");
    }
    assert!(refused(&Overrides { rate: Some(-5.0), ..Overrides::default() }).starts_with("--rate: "));
    assert!(refused(&Overrides { rate: Some(f64::NAN), ..Overrides::default() }).starts_with("--rate: "));
    let silent = Source { name: "s".to_owned(), text: "[[fleet]]\nworkers = 1".to_owned() };
    let error =
        Scenario::resolve(&silent, &Overrides { rate: Some(5.0), ..Overrides::default() }).unwrap_err();
    assert!(error.to_string().contains("nothing to scale"), "{error}");
}

#[test]
fn replicas_must_hold_what_the_scenario_names() {
    let refused_with = |replicas| refused(&Overrides { replicas: Some(replicas), ..Overrides::default() });
    assert_eq!(refused_with(1), "--replicas: fleet \"fleet-1\" asks replica 1; say 2 or more");
    assert_eq!(refused_with(2), "--replicas: a fault hits replica 2; say 3 or more");
    assert!(refused_with(65).contains("from 1 to 64"));
    assert!(refused_with(0).contains("from 1 to 64"));
}

#[test]
fn what_is_overridden_is_how_the_run_begins_and_changes_come_all_the_same() {
    let changes =
        "[[change]]\nat = \"40s\"\nreplicas = 2\nworkers = 9\n[[change]]\nat = \"55s\"\nreplicas = 3";
    let source = Source { name: "story.toml".to_owned(), text: format!("{STORY}{changes}") };
    // By 50 s there are two replicas, and the fault hits the third.
    let refused = Scenario::resolve(&source, &Overrides::default()).unwrap_err().to_string();
    assert!(refused.contains("no replica 2 at 50s: there are 2 replicas, 0 to 1"), "{refused}");

    let source = Source { text: source.text.replace("replica = 2\n", ""), ..source };
    let resolve = |overrides| Scenario::resolve(&source, &overrides).unwrap();
    let begun = resolve(Overrides { replicas: Some(5), workers: Some(50), ..Overrides::default() });
    assert_eq!((begun.replicas, begun.workers(), begun.changes.len()), (5, 50, 3));
    assert_eq!(
        begun.notes[..2],
        [
            "--workers holds until the scenario changes workers at 40s",
            "--replicas holds until the scenario changes replicas at 40s"
        ]
    );
    let short = resolve(Overrides { duration: Some(seconds(45)), ..Overrides::default() });
    assert_eq!(short.changes.len(), 2);
    assert!(short.notes.iter().any(|note| note.starts_with("1 change left out")), "{:?}", short.notes);
}

#[test]
fn a_fault_keeps_its_replica_whatever_changes_before_it() {
    let change = "[[change]]\nat = \"40s\"\nreplicas = 3";
    let text = format!("{}{change}", STORY.replace("replicas = 3", "replicas = 2"));
    let source = Source { name: "story.toml".to_owned(), text };
    assert_eq!(Scenario::resolve(&source, &Overrides::default()).unwrap().faults[1].replica, Some(2));
    let early = Source { text: source.text.replace("\"40s\"", "\"50s\""), ..source };
    let refused = Scenario::resolve(&early, &Overrides::default()).unwrap_err().to_string();
    assert!(refused.contains("no replica 2 at 50s"), "it needs a moment to come: {refused}");
}

#[test]
fn the_rest_is_taken_as_it_is() {
    let overrides = Overrides {
        seed: Some(u64::MAX),
        backup_poll: Some(quantity::parse_duration("500ms").unwrap()),
        policy: Some(Policy::seed()),
        ..Overrides::default()
    };
    let scenario = resolve(&overrides).unwrap();
    assert_eq!(scenario.seed, u64::MAX);
    assert_eq!(scenario.backup_poll, Duration::from_millis(500));
    assert_eq!(scenario.policy, Policy::seed());
    assert!(refused(&Overrides { backup_poll: Some(Duration::ZERO), ..Overrides::default() }).contains("0s"));
}

#[test]
fn stages_end_with_the_run_and_come_back_when_it_is_longer() {
    let text = "duration = \"10s\"\n[[fleet]]\nworkers = 1\n[[poster]]
        stages = [{ for = \"20s\", from = 0, to = 20 }, { for = \"20s\", rate = 5 }]";
    let stages = |duration| {
        let source = Source { name: "long.toml".to_owned(), text: text.to_owned() };
        let overrides = Overrides { duration, ..Overrides::default() };
        Scenario::resolve(&source, &overrides).unwrap().posters[0].stages.clone()
    };
    assert_eq!(stages(None), [Stage { length: seconds(10), from: 0.0, to: 10.0 }]);
    let ramp = Stage { length: seconds(20), from: 0.0, to: 20.0 };
    assert_eq!(stages(Some(seconds(30))), [ramp, Stage { length: seconds(10), from: 5.0, to: 5.0 }]);
    assert_eq!(stages(Some(seconds(50))), [ramp, Stage { length: seconds(30), from: 5.0, to: 5.0 }]);
}
