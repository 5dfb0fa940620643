//! `clearance plan` from its flags to its answer.

use rustix::process::Signal;

use crate::clearance::{Desk, Running, Said, clearance, outcome};
use crate::json::Json;
use crate::leftovers::expect_nothing_left;

/// Eight workers of 100 ms each: 80 jobs a second at most, whatever the machine.
const EIGHT: &str = r#"
title = "Eight workers"
duration = "10s"
drain = "2s"
[[fleet]]
name = "echo"
workers = 8
provisioners = ["echo"]
service_time = { constant = "100ms" }
[[poster]]
name = "echoes"
stages = [{ for = "10s", rate = 40 }]
arrival = "uniform"
[[poster.mix]]
weight = 1
provisioner = "echo"
"#;

/// Plans with a scenario; `FILE` becomes its path.
fn plan(desk: &Desk, flags: &[&str]) -> Said {
    let file = desk.write("mine.toml", EIGHT);
    let mut command = clearance(["plan", &file, "--slo", "queue_wait.p99 < 250ms"]);
    command.args(flags).env("TMPDIR", desk.path());
    let mut said = outcome(command);
    said.stderr = said.stderr.replace(&file, "FILE");
    said
}

#[test]
fn the_rate_that_eight_workers_hold_is_what_arithmetic_says() {
    let desk = Desk::new();
    let report = desk.file("plan.json");
    let flags = ["--find", "max-rate", "--step", "6s", "--warmup", "2s", "--repeat", "1"];
    let said = plan(&desk, &[&flags[..], &["--precision", "25%", "--report", &report]].concat());
    said.expect_code(0);
    let json = Json::read(&report);
    let level = |end: &str| json.number(&format!("/cells/0/answer/{end}/level"));
    let (holds, fails) = (level("holds"), level("fails"));
    // More than 80/s no eight workers do; and what else a job costs is no tenth of a second.
    assert!((35.0..=80.0).contains(&holds), "{said}");
    assert!(holds < fails && fails <= 100.0, "{said}");
    assert!(fails <= holds * 1.25, "{said}");
    assert_eq!(json.text("/cells/0/limiter/kind"), "workers", "{said}");
    assert_eq!(json.text("/find"), "max-rate");
    assert!(said.stdout.contains(&format!("holds up to {holds}/s and fails at {fails}/s")), "{said}");
    // Each step was told as it ended, with its verdict and the time left.
    let steps = json.list("/cells/0/steps");
    let told: Vec<&str> = said.stderr.lines().filter(|line| line.starts_with("step ")).collect();
    assert_eq!(told.len(), steps.len(), "{said}");
    assert!(told[0].contains("40/s") && told[0].contains(" left"), "{said}");
    assert!(told.last().unwrap().ends_with("done"), "{said}");
    for step in steps {
        // The schema is clean for each: no job of a step is another's.
        assert_eq!(step["is_audit_ok"], true, "{step:#}");
        let level = step["level"].as_f64().unwrap();
        match step["outcome"].as_str().unwrap() {
            "accepted" => assert!(level <= holds, "{step:#}"),
            "rejected" => assert!(level >= fails, "{step:#}"),
            // A machine that stumbles says nothing of the workers.
            other => assert_eq!(other, "generator_gave_out"),
        }
    }
    expect_nothing_left(&said.cluster());
}

#[test]
fn what_is_interrupted_tells_what_is_known() {
    let desk = Desk::new();
    let (file, report) = (desk.write("mine.toml", EIGHT), desk.file("plan.json"));
    let flags = ["--find", "max-rate", "--step", "6s", "--warmup", "1s", "--report", &report];
    let mut command = clearance(["plan", &file, "--slo", "queue_wait.p99 < 250ms"]);
    command.args(flags).env("TMPDIR", desk.path());
    let mut running = Running::start(command);
    running.await_stderr("the first step was over", |line| line.starts_with("step 1 ").then_some(()));
    running.signal(Signal::INT);
    let said = running.end();
    said.expect_code(130);
    assert!(said.stdout.contains("INTERRUPTED: this is what was known by then"), "{said}");
    let json = Json::read(&report);
    assert_eq!(json.get("/interrupted"), true);
    assert_eq!(json.text("/cells/0/steps/0/outcome"), "accepted", "{said}");
    assert!((json.number("/cells/0/answer/holds/level") - 40.0).abs() < f64::EPSILON);
    expect_nothing_left(&said.cluster());
}

#[test]
fn the_dry_form_says_what_would_be_done() {
    let desk = Desk::new();
    let flags = ["--find", "min-workers", "--rate", "100", "--vary", "replicas=1,2", "--dry-run"];
    let said = plan(&desk, &flags);
    said.expect_code(0);
    assert_eq!(said.stderr, "");
    assert_eq!(desk.names(), ["mine.toml"], "nothing was begun");
    insta::assert_snapshot!(said.stdout);
}

#[test]
fn what_cannot_be_planned_is_refused_before_anything_begins() {
    let refused = |flags: &[&str]| {
        let desk = Desk::new();
        let said = plan(&desk, flags);
        said.expect_code(2);
        assert_eq!(said.stdout, "", "{said}");
        assert_eq!(desk.names(), ["mine.toml"], "nothing was begun");
        format!("{}\n{}", flags.join(" "), said.stderr)
    };
    let said: Vec<String> = [
        &["--find", "max-rat"][..],
        &["--find", "max-rate", "--vary", "replica=1,2"],
        &["--find", "max-rate", "--vary", "fleet.ecko.workers=1,2"],
        &["--find", "max-rate", "--vary", "rate=1,2"],
        &["--find", "max-rate", "--step", "3s"],
        &["--find", "max-rate", "--start", "fast"],
        &["--find", "min-workers", "--start", "0"],
        &["--find", "max-rate", "--max", "10/s"],
        &["--find", "max-rate", "--report", "plan.html"],
        &["--find", "max-rate", "--slo", "queue_wiat.p99 < 1s"],
    ]
    .into_iter()
    .map(refused)
    .collect();
    insta::assert_snapshot!(said.join("\n"));
}
