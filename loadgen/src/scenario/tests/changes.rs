//! What `[[change]]` may say.

use super::*;

#[test]
fn a_change_says_what_and_whose_and_comes_within_the_run() {
    let poster = "[[poster]]\nname = \"builds\"\npreload = 1\n";
    let change = |rest: &str| format!("{FLEET}name = \"gpu\"\n{poster}[[change]]\n{rest}");
    let assert_refused = |rest: &str, line: usize, column: usize, words: &str| {
        assert_mistake(&change(rest), 6 + line, column, words);
    };
    assert_refused("at = \"1s\"", 1, 1, "says nothing of what becomes another; it has at least one of rate");
    assert_refused("workers = 3", 1, 1, "[[change]] needs \"at\", such as at = \"30s\"");
    assert_refused("at = \"60s\"\nworkers = 3", 2, 6, "comes at 60s, when the run of 60s is over");
    assert_refused("at = \"0s\"\nworkers = 3", 2, 6, "at must be longer than 0s");
    assert_refused("at = \"1s\"\nworker = 3", 3, 1, "did you mean \"workers\"?");
    assert_refused(
        "at = \"1s\"\nworkers = 3\nfleet = \"gpus\"",
        4,
        9,
        "no fleet has the name \"gpus\"; did you mean \"gpu\"?",
    );
    assert_refused(
        "at = \"1s\"\nrate = \"50%\"\nposter = \"build\"",
        4,
        10,
        "no poster has the name \"build\"; did you mean \"builds\"?",
    );
    assert_refused("at = \"1s\"\nrate = \"50%\"\nposter = \"x\"", 4, 10, "; there are \"builds\"");
    assert_refused("at = \"1s\"\nrate = \"50%\"\nfleet = \"gpu\"", 4, 9, "there is no workers; add it");
    assert_refused("at = \"1s\"\nrate = 400", 3, 8, "rate must be a percentage such as \"200%\"");
    assert_refused("at = \"1s\"\nrate = \"400/s\"", 3, 8, "is no percentage; write one such as \"200%\"");
    assert_refused("at = \"1s\"\nrate = \"0%\"", 3, 8, "it goes from \"1%\" to \"10000%\"");
    assert_refused("at = \"1s\"\nreplicas = 65", 3, 12, "it goes from 1 to 64");
    assert_refused("at = \"1s\"\npolicy = \"sed\"", 3, 10, "did you mean \"seed\"?");
}

#[test]
fn replicas_that_fleets_are_bound_to_stay_and_faults_hit_those_that_are_there() {
    let bound = "replicas = 3\n[[fleet]]\nworkers = 1\nreplica = 0\n[[fleet]]\nworkers = 1\nreplica = 2\n";
    let change = |replicas: usize| format!("{bound}[[change]]\nat = \"10s\"\nreplicas = {replicas}\n");
    assert_mistake(&change(1), 10, 12, "fleets are bound to the replicas 0, 2; say 2 or more");
    let fault = |replicas: usize, at: &str, replica: usize| {
        let fault = format!("[[fault]]\nat = {at:?}\nreplica = {replica}\nkill_listener = true");
        change(replicas) + &fault
    };
    // The second goes, as nobody is bound to it.
    assert_mistake(&fault(2, "11s", 1), 13, 11, "no replica 1 at 11s: there are 2 replicas, 0, 2");
    for (replicas, at, replica) in [(2, "11s", 2), (2, "10s", 1), (4, "11s", 3)] {
        assert_eq!(resolve(&fault(replicas, at, replica)).faults[0].replica, Some(replica));
    }
    assert_mistake(&fault(4, "9s", 3), 13, 11, "no replica 3 at 9s: there are 3 replicas, 0 to 2");
}

#[test]
fn the_most_that_changes_multiply_a_rate_by_is_of_all_times_of_one() {
    let change = |rate: &str| format!("[[change]]\nat = \"1s\"\nrate = {rate:?}\n");
    let poster = "[[poster]]\npreload = 1\n";
    let of_one = format!("{}poster = \"poster-1\"\n", change("300%"));
    assert!((resolve(&format!("{FLEET}{}", change("50%"))).rate_factor_max() - 1.0).abs() < 1e-9);
    let all = resolve(&format!("{FLEET}{poster}{}{}{of_one}", change("200%"), change("10%")));
    assert!((all.rate_factor_max() - 6.0).abs() < 1e-9);
}
