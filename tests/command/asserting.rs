//! What a run is to hold: judged at its end, said in the summary and the report, and told by the exit code.

use rustix::process::Signal;

use crate::clearance::{Desk, Running, Said, clearance, outcome};
use crate::json::Json;
use crate::server::TestDatabase;

/// Ten jobs in a second, each done at once.
const ECHO: &str = r#"
title = "Echo"
duration = "1200ms"
drain = "20s"
backup_poll = "5m"
[[fleet]]
name = "echo"
workers = 4
provisioners = ["echo"]
service_time = { constant = "1ms" }
[[poster]]
name = "echoes"
stages = [{ for = "1s", rate = 10 }]
arrival = "uniform"
[[poster.mix]]
weight = 1
provisioner = "echo"
"#;

/// A run of a scenario with these flags; `REPORT` among them is a file.
fn run(scenario: &str, flags: &[&str]) -> (Said, Json) {
    let (desk, table) = (Desk::new(), TestDatabase::new());
    let (file, report, url) = (desk.write("echo.toml", scenario), desk.file("out.json"), table.url());
    let arguments = ["run", &file, "--headless", "--database-url", &url, "--report", &report];
    let said = outcome(clearance(arguments.into_iter().chain(flags.iter().copied())));
    (said, Json::read(&report))
}

#[test]
fn a_run_that_holds_all_ends_well() {
    let flags = [
        "--assert",
        "jobs.completed == 10",
        "--assert",
        "queue_wait.p99 < 1m",
        "--assert",
        "posting.queue_wait.p95 >= 1us",
        "--assert",
        "audit.ok",
    ];
    let (said, json) = run(ECHO, &flags);
    said.expect_code(0);
    assert!(said.stdout.starts_with("HELD: every job is accounted for, 4 assertions held\n"), "{said}");
    assert!(said.stdout.contains("- jobs.completed == 10: held, it was 10\n"), "{said}");
    let assertions = json.list("/assertions");
    assert_eq!(
        assertions[0],
        serde_json::json!({
            "expression": "jobs.completed == 10",
            "value": 10.0,
            "held": true,
        })
    );
    // The value is the report's own.
    assert_eq!(json.get("/assertions/1/value").as_f64(), json.get("/latency_us/queue_wait/p99").as_f64());
    assert_eq!(assertions.len(), 4);
}

#[test]
fn one_that_falls_short_is_told_and_so_is_one_without_observations() {
    let flags = [
        "--assert",
        "jobs.posted > 10",
        "--assert",
        "queue_wait.count == 10",
        "--assert",
        "recovered.queue_wait.p99 < 1h",
    ];
    let (said, json) = run(ECHO, &flags);
    said.expect_code(3);
    assert!(said.stdout.starts_with("FELL SHORT: 2 of 3 assertions did not hold\n"), "{said}");
    assert!(said.stdout.contains("- jobs.posted > 10: NOT held, it was 10\n"), "{said}");
    assert!(
        said.stdout.contains("- recovered.queue_wait.p99 < 1h: NOT held, there were no observations\n"),
        "{said}"
    );
    assert_eq!(json.get("/assertions/2/value"), &serde_json::Value::Null);
    assert_eq!(json.get("/assertions/1/held"), true);
    assert_eq!(json.get("/run/stopped_by"), &serde_json::Value::Null);
}

#[test]
fn an_interrupted_run_is_not_judged() {
    let (desk, table) = (Desk::new(), TestDatabase::new());
    let (file, report, url) = (desk.write("echo.toml", ECHO), desk.file("out.json"), table.url());
    let mut running = Running::start(clearance([
        "run",
        &file,
        "--headless",
        "--duration",
        "10m",
        "--database-url",
        &url,
        "--report",
        &report,
        "--assert",
        "jobs.posted > 1000000",
    ]));
    running.await_measuring();
    running.signal(Signal::INT);
    let said = running.end();
    said.expect_code(130);
    assert!(said.stdout.starts_with("INTERRUPTED: a partial summary, no verdict\n"), "{said}");
    assert!(said.stdout.contains("- not judged: 1 assertion\n"), "{said}");
    assert_eq!(Json::read(&report).list("/assertions"), [] as [serde_json::Value; 0]);
}

/// Nobody hears of a job until the poll comes round, and the run is to end when one was rescued.
const DEAF: &str = r#"
title = "Deaf"
duration = "10m"
drain = "10m"
backup_poll = "1s"
[[fleet]]
name = "echo"
workers = 4
provisioners = ["echo"]
service_time = { constant = "1ms" }
[[poster]]
name = "echoes"
stages = [{ for = "10m", rate = 10 }]
arrival = "uniform"
[[poster.mix]]
weight = 1
provisioner = "echo"
[[fault]]
at = "0s"
drop_notifications = 1.0
[[assert]]
that = "audit.ok"
[[assert]]
that = "rescued_by_backup_poll == 0"
abort = true
"#;

#[test]
fn a_run_ends_as_soon_as_what_it_is_to_hold_is_lost() {
    let (said, json) = run(DEAF, &[]);
    said.expect_code(3);
    assert!(said.stdout.starts_with("FELL SHORT: 1 of 2 assertions did not hold\n"), "{said}");
    assert!(said.stdout.contains("- stopped early, after "), "{said}");
    assert!(said.stdout.contains("rescued_by_backup_poll == 0 could no longer hold\n"), "{said}");
    assert!(said.stderr.contains("rescued_by_backup_poll == 0 can no longer hold"), "{said}");
    assert_eq!(json.text("/run/stopped_by"), "rescued_by_backup_poll == 0");
    assert_eq!(json.get("/run/interrupted"), false);
    assert!(json.number("/run/measured_seconds") < 60.0);
    // Stopped in the middle of everything, no job is lost.
    assert_eq!(json.get("/audit/ok"), true);
    assert_eq!(json.get("/assertions/0/held"), true);
    assert_eq!(json.get("/assertions/1/held"), false);
    assert!(json.number("/assertions/1/value") >= 1.0);
}
