//! Faults through Docker: they have the effects that they have on a private cluster, end as clean, and are undone even
//! when the tool is killed in their middle.

use std::fs;
use std::process::Stdio;

use serde_json::Value;

use crate::project::{Project, Said};
use crate::until::until;

pub(crate) const TESTS: &[(&str, fn())] = &[
    (
        "faults_of_the_server_have_their_effects_and_end_clean",
        faults_of_the_server_have_their_effects_and_end_clean,
    ),
    ("a_pause_is_undone_when_the_tool_is_killed", a_pause_is_undone_when_the_tool_is_killed),
    ("a_kill_is_undone_when_the_tool_is_killed", a_kill_is_undone_when_the_tool_is_killed),
    ("a_cut_is_undone_when_the_tool_is_killed", a_cut_is_undone_when_the_tool_is_killed),
];

/// Twenty workers and an even load, on which every silence shows.
fn story(duration: &str, faults: &str) -> String {
    format!(
        "duration = {duration:?}\ndrain = \"60s\"\nwarmup = \"0s\"\nbackup_poll = \"1h\"\n\
         [[fleet]]\nworkers = 20\nprovisioners = [\"echo\"]\nservice_time = {{ constant = \"2ms\" }}\n\
         [[poster]]\nstages = [{{ for = {duration:?}, rate = 30 }}]\narrival = \"uniform\"\n\
         [[poster.mix]]\nprovisioner = \"echo\"\n{faults}"
    )
}

fn faults_of_the_server_have_their_effects_and_end_clean() {
    let project = Project::new();
    // Durable: a killed server loses commits otherwise.
    project.held(["db", "up"]);
    let scenario = project.desk.path().join("story.toml");
    let report = project.desk.path().join("report.json");
    let faults = "[[fault]]\nat = \"2s\"\nfor = \"4s\"\ndatabase_pause = true\n\
                  [[fault]]\nat = \"14s\"\ndatabase_restart = true\n\
                  [[fault]]\nat = \"26s\"\nfor = \"4s\"\ndatabase_kill = true\n\
                  [[fault]]\nat = \"42s\"\nfor = \"4s\"\nnetwork_cut = true\n";
    fs::write(&scenario, story("55s", faults)).unwrap();
    let container = project.container();
    let run = [
        "run",
        scenario.to_str().unwrap(),
        "--db",
        "docker",
        "--headless",
        "--report",
        report.to_str().unwrap(),
    ];
    let ran = Said::of(project.clearance(run));
    assert!(matches!(ran.code, Some(0 | 5)), "a busy machine makes a run INVALID, no more: {ran:?}");
    assert!(!ran.stderr.contains("could not do"), "{ran:?}");

    let report: Value = serde_json::from_slice(&fs::read(report).unwrap()).unwrap();
    assert_eq!(report["audit"]["ok"], true, "{}", report["audit"]);
    assert_eq!(report["jobs"]["completed"], report["jobs"]["posted"], "{}", report["jobs"]);
    // On a busy machine a fault may begin before the listener is back from the one before.
    assert!(
        report["notifications"]["losses_signalled"].as_u64().unwrap() >= 1,
        "{}",
        report["notifications"]
    );
    let seconds = report["timeline"].as_array().unwrap();
    for fault in ["database_pause", "database_restart", "database_kill", "network_cut"] {
        let is_in = |second: &&Value| second["faults"].as_array().unwrap().iter().any(|name| name == fault);
        let hit: Vec<_> = seconds.iter().filter(is_in).collect();
        assert!(!hit.is_empty(), "{fault} is nowhere in the record");
        if fault != "database_restart" {
            // Docker takes its time to begin and to end it.
            let is_silent = |second: &&&Value| second["acquired"] == 0 && second["posted"] == 0;
            assert!(hit.iter().filter(is_silent).count() >= 2, "{fault}: {hit:?}");
        }
    }
    assert!(seconds.last().unwrap()["faults"].as_array().unwrap().is_empty());
    assert_eq!(project.container(), container, "the same container");
    assert_eq!(project.inspect("{{.State.Status}}").as_deref(), Some("running"));
    project.down();
}

/// Kills the tool while a fault is at work, and waits until the database is as it was.
fn kill_during(fault: &str, is_at_work: impl Fn(&Project) -> bool) {
    let project = Project::new();
    project.up();
    let scenario = project.desk.path().join("story.toml");
    let fault = format!("[[fault]]\nat = \"1s\"\n{fault} = true\n");
    fs::write(&scenario, story("5m", &fault)).unwrap();
    let run = ["run", scenario.to_str().unwrap(), "--db", "docker", "--headless"];
    let mut command = project.clearance(run);
    let mut running = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    until("the fault is at work", || is_at_work(&project).then_some(()));
    running.kill().unwrap();
    running.wait().unwrap();
    until("the fault is undone", || (!is_at_work(&project)).then_some(()));
    // By way of its port, and as it is: nothing is left to mend.
    let again = project.up();
    assert!(again.stderr.contains("using the postgres that is up"), "{again:?}");
    assert!(!again.stderr.contains("mended"), "{again:?}");
    project.down();
}

fn a_pause_is_undone_when_the_tool_is_killed() {
    kill_during("database_pause", |project| {
        project.inspect("{{.State.Status}}").as_deref() == Some("paused")
    });
}

fn a_kill_is_undone_when_the_tool_is_killed() {
    kill_during("database_kill", |project| project.inspect("{{.State.Status}}").as_deref() == Some("exited"));
}

fn a_cut_is_undone_when_the_tool_is_killed() {
    let networks = "{{len .NetworkSettings.Networks}}";
    kill_during("network_cut", |project| project.inspect(networks).as_deref() == Some("0"));
}
