//! `clearance compare`: from files to words, and what is refused.

use serde_json::Value;

use crate::clearance::{Desk, Said, clearance, outcome};
use crate::json::Json;
use crate::server::TestDatabase;

/// A second of warm-up, and the ten seconds that say something of chance.
const ECHO: &str = r#"
title = "Echo"
duration = "11500ms"
warmup = "1s"
drain = "20s"
backup_poll = "5m"
[[fleet]]
name = "echo"
workers = 4
provisioners = ["echo"]
service_time = { constant = "1ms" }
[[poster]]
name = "echoes"
stages = [{ for = "11500ms", rate = 40 }]
[[poster.mix]]
weight = 1
provisioner = "echo"
"#;

/// One run as a report and as a recording, and its report as if it had been another run with another policy.
struct Runs {
    desk: Desk,
}

impl Runs {
    fn of_all() -> &'static Self {
        static RUNS: std::sync::LazyLock<Runs> = std::sync::LazyLock::new(Runs::make);
        &RUNS
    }

    fn make() -> Self {
        let (desk, table) = (Desk::new(), TestDatabase::new());
        let (file, report, record) = (desk.write("echo.toml", ECHO), desk.file("a.json"), desk.file("a.clr"));
        let url = table.url();
        outcome(clearance([
            "run",
            &file,
            "--headless",
            "--database-url",
            &url,
            "--report",
            &report,
            "--record",
            &record,
        ]))
        .expect_code(0);
        let Json(mut other) = Json::read(&report);
        other["run"]["id"] = Value::from("0193f0a1-7c2e-7d11-9a5b-0123456789ab");
        other["policy"]["chain"] = Value::from("always");
        desk.write("b.json", &other.to_string());
        Self { desk }
    }

    /// Compares; names of files become paths, and stay names in what is said.
    fn compare(&self, arguments: &[&str]) -> Said {
        let named = |argument: &&str| {
            let is_file = argument.contains('.') || *argument == "DIR";
            let path = self.desk.path().join(argument.replace("DIR", ""));
            if is_file { path.to_str().unwrap().to_owned() } else { (*argument).to_owned() }
        };
        let arguments: Vec<String> = arguments.iter().map(named).collect();
        let mut said =
            outcome(clearance(["compare"].into_iter().chain(arguments.iter().map(String::as_str))));
        let directory = self.desk.path().to_str().unwrap();
        said.stderr = said.stderr.replace(directory, "DIR");
        said.stdout = said.stdout.replace(directory, "DIR");
        said
    }
}

#[test]
fn a_run_and_its_recording_are_the_same() {
    let said = Runs::of_all().compare(&["a.json", "a.clr"]);
    said.expect_code(0);
    let first = said.stdout.lines().next().unwrap();
    assert!(first.starts_with("B's queue wait p99 is 1.00 × A's (95 % "), "{said}");
    assert!(first.ends_with("): no difference is shown."), "{said}");
    assert!(
        said.stdout.contains("\n  A  DIR/a.json, 10.5 s measured\n  B  DIR/a.clr, 10.5 s measured\n"),
        "{said}"
    );
    assert!(said.stdout.contains("One run each: its seconds are resampled in blocks"), "{said}");
    assert_eq!(said.stderr, "");
}

#[test]
fn unlike_runs_are_refused_until_it_is_said_what_varies() {
    let runs = Runs::of_all();
    let said = runs.compare(&["a.json", "b.json"]);
    said.expect_code(2);
    assert_eq!(said.stdout, "");
    insta::assert_snapshot!("unlike_runs", said.stderr);
    for more in [&["--varying", "policy"][..], &["--varying", "chain"], &["--anyway"]] {
        let said = runs.compare(&[&["a.json", "b.json"], more].concat());
        said.expect_code(0);
        assert!(said.stdout.contains("policy.chain: while_unaccounted against always"), "{said}");
    }
    let said = runs.compare(&["a.json", "b.json", "--varying", "polici"]);
    said.expect_code(2);
    assert!(said.stderr.contains("did you mean \"policy\"?"), "{said}");
}

#[test]
fn machines_read_json() {
    let said = Runs::of_all().compare(&["a.json", "b.json", "--varying", "policy", "--json"]);
    said.expect_code(0);
    let json = Json(serde_json::from_str(&said.stdout).unwrap());
    assert_eq!(json.count("/schema_version"), 1);
    assert_eq!(json.text("/method"), "blocks");
    assert_eq!(json.get("/unlike/0/meant"), true);
    let figures = json.list("/figures");
    let wait = figures.iter().find(|figure| figure["path"] == "latency_us.queue_wait.p99").unwrap();
    let ratio = &wait["effect"]["ratio"];
    assert_eq!(ratio["value"], 1.0);
    assert!(ratio["low"].as_f64() < Some(1.0) && ratio["high"].as_f64() > Some(1.0), "{wait:#}");
    assert_eq!(wait["verdict"], "not_shown");
}

#[test]
fn sets_of_runs_may_be_files_or_directories() {
    let runs = Runs::of_all();
    // The report and the recording of one run count once.
    let said = runs.compare(&["--a", "a.json", "a.clr", "--b", "DIR", "--anyway"]);
    said.expect_code(0);
    assert!(said.stdout.contains("\n  B  DIR/, 2 runs, "), "{said}");
    assert!(said.stdout.contains("One side is a single run and borrows the spread of the other"), "{said}");
    assert!(said.stdout.contains("(run 2 of B against its first)"), "{said}");
}

#[test]
fn what_cannot_be_compared_is_told() {
    let runs = Runs::of_all();
    for (arguments, words) in [
        (&["a.json", "missing.json"][..], "cannot read DIR/missing.json: "),
        (&["a.json", "echo.toml"], "it is neither a .json report nor a .clr recording"),
        (&["a.json"], "required arguments were not provided"),
        (&["--a", "a.json"], "required arguments were not provided"),
    ] {
        let said = runs.compare(arguments);
        said.expect_code(2);
        assert!(said.stderr.contains(words), "{said}");
    }
    let desk = Desk::new();
    let file = desk.write("other.json", "{\"schema_version\": 1, \"jobs\": 3}");
    let said = outcome(clearance(["compare", &file, &file]));
    said.expect_code(2);
    assert!(said.stderr.contains("it is no report of clearance run: "), "{said}");
}
