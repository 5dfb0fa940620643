//! Faults through Docker: they have the effects that they have on a private cluster, end as clean, and are undone even
//! when the tool is killed in their middle.

use std::fs;
use std::process::Stdio;

use serde_json::Value;

use crate::project::Project;
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

/// An even load, on which every silence shows.
const EVEN: &str = "stages = [{ for = \"1h\", rate = 30 }]\narrival = \"uniform\"";

fn faults_of_the_server_have_their_effects_and_end_clean() {
    let project = Project::new();
    // Durable: a killed server loses commits otherwise.
    project.held(["db", "up"]);
    let container = project.container();
    // One in each run: a fault that begins before the listener is back from the one before has no loss of its own.
    for (fault, is_silence, breaks_connections) in [
        ("database_pause", true, false),
        ("database_restart", false, true),
        ("database_kill", true, true),
        ("network_cut", true, true),
    ] {
        let length = if is_silence { "for = \"4s\"\n" } else { "" };
        let report = hit(&project, &format!("[[fault]]\nat = \"2s\"\n{length}{fault} = true\n"));
        assert_eq!(report["audit"]["ok"], true, "{fault}: {}", report["audit"]);
        assert_eq!(report["jobs"]["completed"], report["jobs"]["posted"], "{fault}: {}", report["jobs"]);
        if breaks_connections {
            let notices = &report["notifications"];
            assert!(notices["losses_signalled"].as_u64().unwrap() >= 1, "{fault}: {notices}");
        }
        let seconds = report["timeline"].as_array().unwrap();
        let is_in = |second: &&Value| second["faults"].as_array().unwrap().iter().any(|name| name == fault);
        let hit: Vec<_> = seconds.iter().filter(is_in).collect();
        assert!(!hit.is_empty(), "{fault} is nowhere in the record");
        if is_silence {
            // Docker takes its time to begin and to end it.
            let is_silent = |second: &&&Value| second["acquired"] == 0 && second["posted"] == 0;
            assert!(hit.iter().filter(is_silent).count() >= 2, "{fault}: {hit:?}");
        }
        assert!(seconds.last().unwrap()["faults"].as_array().unwrap().is_empty(), "{fault}");
        assert_eq!(project.container(), container, "the same container");
        assert_eq!(project.inspect("{{.State.Status}}").as_deref(), Some("running"));
    }
    project.down();
}

/// The report of a run that this happens to.
#[track_caller]
fn hit(project: &Project, fault: &str) -> Value {
    let scenario = project.story("20s", EVEN, fault);
    let report = project.desk.path().join("report.json");
    let run = ["run", scenario.to_str().unwrap(), "--db", "docker", "--headless", "--report"];
    let ran = project.held(run.into_iter().chain([report.to_str().unwrap()]));
    assert!(!ran.stderr.contains("could not do"), "{ran:?}");
    serde_json::from_slice(&fs::read(report).unwrap()).unwrap()
}

/// Kills the tool while a fault is at work, and waits until the database is as it was.
fn kill_during(fault: &str, is_at_work: impl Fn(&Project) -> bool) {
    let project = Project::new();
    project.up();
    let scenario = project.story("5m", EVEN, &format!("[[fault]]\nat = \"1s\"\n{fault} = true\n"));
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
