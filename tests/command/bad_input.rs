//! Flags and scenarios that cannot be: one message with place and remedy, exit code 2, and nothing begun.

use crate::clearance::{Desk, Said, clearance, outcome};

/// A sound scenario, to be spoilt in one place.
const SOUND: &str = r#"title = "Sound"
duration = "5s"

[[fleet]]
name = "echo"
workers = 4
provisioners = ["echo"]
tags = { environment = "on-prem" }
service_time = { constant = "30ms" }

[[poster]]
name = "echoes"
stages = [{ for = "5s", rate = 10 }]

[[poster.mix]]
weight = 1
provisioner = "echo"
tags = { environment = "on-prem" }
"#;

/// Runs with arguments of which `FILE` becomes the scenario and `DIR` the desk, which stay so in what is said.
fn refused(scenario: &str, arguments: &[&str]) -> Said {
    let desk = Desk::new();
    let file = desk.write("mine.toml", scenario);
    let directory = desk.path().to_str().unwrap();
    let arguments: Vec<String> =
        arguments.iter().map(|argument| argument.replace("FILE", &file).replace("DIR", directory)).collect();
    let mut command = clearance(arguments.iter().map(String::as_str));
    command.env("TMPDIR", desk.path());
    let mut said = outcome(command);
    said.expect_code(2);
    assert_eq!(said.stdout, "", "{said}");
    assert_eq!(desk.names(), ["mine.toml"], "nothing was begun");
    said.stderr = said.stderr.replace(&file, "FILE").replace(directory, "DIR");
    let messages =
        said.stderr.lines().filter(|line| line.starts_with("clearance: ") || line.starts_with("error: "));
    assert_eq!(messages.count(), 1, "{said}");
    said
}

/// What is said of a scenario in which `sound` was replaced.
fn spoilt(sound: &str, by: &str) -> String {
    assert!(SOUND.contains(sound), "{sound}");
    refused(&SOUND.replacen(sound, by, 1), &["run", "FILE", "--headless"]).stderr
}

/// What is said of a sound scenario and these flags.
fn flags(flags: &[&str]) -> String {
    let arguments: Vec<&str> = ["run", "FILE", "--headless"].iter().chain(flags).copied().collect();
    refused(SOUND, &arguments).stderr
}

#[test]
fn an_unknown_key() {
    insta::assert_snapshot!(spoilt("workers = 4", "worker = 4"));
}

#[test]
fn a_wrong_unit() {
    insta::assert_snapshot!(spoilt("\"30ms\"", "\"30 msec\""));
}

#[test]
fn a_duration_without_a_unit() {
    insta::assert_snapshot!(spoilt("\"5s\"", "5"));
}

#[test]
fn no_workers() {
    insta::assert_snapshot!(spoilt("workers = 4", "workers = 0"));
}

#[test]
fn a_negative_rate() {
    insta::assert_snapshot!(spoilt("rate = 10", "rate = -5"));
}

#[test]
fn a_tag_with_nul() {
    insta::assert_snapshot!(spoilt("\"on-prem\"", "\"on\\u0000prem\""));
}

#[test]
fn broken_toml() {
    insta::assert_snapshot!(spoilt("workers = 4", "workers = = 4"));
}

#[test]
fn a_name_near_a_built_in_one() {
    insta::assert_snapshot!(refused(SOUND, &["run", "backup-pol", "--headless"]).stderr);
}

#[test]
fn a_name_near_a_built_in_one_to_be_printed() {
    insta::assert_snapshot!(refused(SOUND, &["scenarios", "idle-fleets"]).stderr);
}

#[test]
fn a_scenario_file_that_is_not_there() {
    insta::assert_snapshot!(refused(SOUND, &["run", "DIR/nowhere.toml", "--headless"]).stderr);
}

#[test]
fn no_workers_by_flag() {
    insta::assert_snapshot!(flags(&["--workers", "0"]));
}

#[test]
fn a_negative_rate_by_flag() {
    insta::assert_snapshot!(flags(&["--rate", "-5"]));
}

#[test]
fn a_wrong_unit_by_flag() {
    insta::assert_snapshot!(flags(&["--duration", "30"]));
}

#[test]
fn a_warmup_longer_than_the_run() {
    insta::assert_snapshot!(flags(&["--warmup", "1m"]));
}

#[test]
fn no_replicas() {
    insta::assert_snapshot!(flags(&["--replicas", "0"]));
}

#[test]
fn an_unknown_policy() {
    insta::assert_snapshot!(flags(&["--policy", "best"]));
}

#[test]
fn a_misspelt_switch_of_the_policy() {
    let by = "duration = \"5s\"\npolicy = { chain = \"always\", postings = \"forgoten\" }";
    insta::assert_snapshot!(spoilt("duration = \"5s\"", by));
}

#[test]
fn a_misspelt_switch_of_the_policy_by_flag() {
    insta::assert_snapshot!(flags(&["--policy", "seed,claim_bach=4"]));
}

#[test]
fn an_assertion_about_an_unknown_figure() {
    insta::assert_snapshot!(flags(&["--assert", "queue_wiat.p99 < 250ms"]));
}

#[test]
fn an_assertion_in_a_wrong_unit() {
    insta::assert_snapshot!(flags(&["--assert", "audit.ok", "--assert", "queue_wait.p99 < 250/s"]));
}

#[test]
fn an_unknown_flag() {
    insta::assert_snapshot!(flags(&["--head-less"]));
}

#[test]
fn a_report_below_a_missing_directory() {
    insta::assert_snapshot!(flags(&["--report", "DIR/missing/out.json"]));
}

#[test]
fn a_report_of_an_unknown_kind() {
    insta::assert_snapshot!(flags(&["--report", "DIR/out.txt"]));
}

#[test]
fn an_address_for_metrics_without_a_port() {
    insta::assert_snapshot!(flags(&["--metrics", "127.0.0.1"]));
}

#[test]
fn an_address_for_metrics_that_is_another_machines() {
    let said = flags(&["--metrics", "192.0.2.1:9187"]);
    assert!(said.starts_with("clearance: cannot serve metrics at 192.0.2.1:9187: "), "{said}");
    assert!(said.ends_with("; name an address of this machine, such as 127.0.0.1:9187\n"), "{said}");
}

#[test]
fn a_fault_of_the_server_where_the_server_is_somebody_elses() {
    let scenario = format!("{SOUND}\n[[fault]]\nat = \"1s\"\ndatabase_restart = true\n");
    // Nobody is asked: nothing listens there.
    let arguments = ["run", "FILE", "--headless", "--database-url", "postgres://ada@127.0.0.1:1/jobs"];
    insta::assert_snapshot!(refused(&scenario, &arguments).stderr);
}

#[test]
fn a_malformed_url_whose_password_stays_unsaid() {
    for url in [
        "mysql://ada:analytical-engine@db/jobs",
        "postgres://ada:analytical-engine@db:port/jobs",
        "postgres://ada:1@analytical-engine@db/jobs",
        "ada:analytical-engine",
    ] {
        let said = flags(&["--database-url", url]);
        assert!(said.starts_with("clearance: the database url is malformed: "), "{said}");
        assert!(said.contains("it looks like postgres://user:password@host:5432/database"), "{said}");
        assert!(!said.contains("analytical"), "{said}");
    }
}

#[test]
fn a_configuration_that_is_not_there() {
    insta::assert_snapshot!(flags(&["--config", "DIR/nowhere.toml"]));
}

#[test]
fn a_configuration_in_which_two_bindings_have_one_key() {
    let desk = Desk::new();
    let config = desk.write("config.toml", "[keys.everywhere]\nfreeze = [\"space\", \"y\"]\n");
    let mut command = clearance(["run", "--headless"]);
    command.env("CLEARANCE_CONFIG", &config).env("TMPDIR", desk.path());
    let said = outcome(command);
    said.expect_code(2);
    insta::assert_snapshot!(said.stderr.replace(&config, "FILE"));
    assert_eq!(desk.names(), ["config.toml"], "nothing was begun");
}
