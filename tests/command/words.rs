//! What the command says of itself and of the machine.

use crate::clearance::{Desk, clearance, outcome};
use crate::server;

#[test]
fn help_is_complete() {
    for (name, arguments) in [
        ("help", &["--help"][..]),
        ("help_short", &["-h"]),
        ("help_run", &["run", "--help"]),
        ("help_plan", &["plan", "--help"]),
        ("help_scenarios", &["scenarios", "--help"]),
        ("help_report", &["report", "--help"]),
        ("help_compare", &["compare", "--help"]),
        ("help_db", &["db", "--help"]),
        ("help_doctor", &["doctor", "--help"]),
        ("help_config", &["config", "--help"]),
        ("help_completions", &["completions", "--help"]),
    ] {
        let mut command = clearance(arguments.iter().copied());
        // Whoever runs the tests may have one; help never shows it.
        command.env("DATABASE_URL", "postgres://ada:secret@db/jobs");
        let said = outcome(command);
        said.expect_code(0);
        assert_eq!(said.stderr, "");
        insta::assert_snapshot!(name, said.stdout);
    }
}

#[test]
fn the_version_is_the_packages() {
    let said = outcome(clearance(["--version"]));
    said.expect_code(0);
    assert_eq!(said.stdout, format!("clearance {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn completions_know_the_flags() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let said = outcome(clearance(["completions", shell]));
        said.expect_code(0);
        assert_eq!(said.stderr, "");
        for word in ["backup-poll", "database-url", "scenarios", "doctor"] {
            assert!(said.stdout.contains(word), "{shell} completions lack {word}");
        }
    }
    outcome(clearance(["completions", "tcsh"])).expect_code(2);
}

#[test]
fn a_configuration_to_begin_with_has_everything_that_can_be_set() {
    let said = outcome(clearance(["config"]));
    said.expect_code(0);
    assert_eq!(said.stderr, "");
    insta::assert_snapshot!(said.stdout);
}

#[test]
fn doctor_tells_which_configuration_there_is_and_what_is_wrong_with_it() {
    let desk = Desk::new();
    let doctor = || {
        let mut command = clearance(["doctor"]);
        command.env("XDG_CONFIG_HOME", desk.path());
        command
    };
    let usual = desk.path().join("clearance").join("config.toml");
    let said = outcome(doctor());
    let none = format!("configuration\n  none; \"clearance config\" prints one for {}\n", usual.display());
    assert!(said.expect_code(0).stdout.ends_with(&none), "{said}");

    std::fs::create_dir(usual.parent().unwrap()).unwrap();
    std::fs::write(&usual, "theme = \"mono\"\n").unwrap();
    let said = outcome(doctor());
    assert!(
        said.expect_code(0).stdout.ends_with(&format!("configuration\n  {}\n", usual.display())),
        "{said}"
    );

    let other = desk.write("other.toml", "them = \"mono\"\n");
    let mut command = doctor();
    command.env("CLEARANCE_CONFIG", &other);
    let said = outcome(command);
    let wrong = format!("configuration\n  configuration {other}:1:1: unknown key \"them\"");
    assert!(said.expect_code(1).stdout.contains(&wrong), "{said}");
}

#[test]
fn doctor_finds_the_postgres_that_runs_these_tests() {
    let said = outcome(clearance(["doctor"]));
    said.expect_code(0);
    assert_eq!(said.stderr, "");
    assert!(said.stdout.contains(server::version()), "{said}");
    assert!(said.stdout.contains("stdout is no terminal: runs are headless"), "{said}");
}

#[test]
fn doctor_says_what_to_do_where_nothing_is() {
    let desk = Desk::new();
    let mut command = clearance(["doctor"]);
    command.env("CLEARANCE_PG_BIN", desk.path()).env("PATH", "").env("TERM", "dumb");
    command.env("DOCKER_HOST", "unix:///nowhere/docker.sock");
    let said = outcome(command);
    said.expect_code(1);
    assert!(said.stdout.contains("CLEARANCE_PG_BIN"), "{said}");
    assert!(said.stdout.contains("for --db docker, install docker"), "{said}");
    assert!(said.stdout.contains("TERM names no terminal that can draw"), "{said}");
    assert_eq!(desk.names(), [""; 0]);
}

#[test]
fn doctor_shows_no_password() {
    for (password, code) in [(server::PASSWORD, 0), ("not-the-engine", 1)] {
        let mut command = clearance(["doctor"]);
        command.env("DATABASE_URL", server::url_of(server::USER, Some(password), "postgres"));
        let said = outcome(command);
        said.expect_code(code);
        assert!(!said.to_string().contains(password), "{said}");
        assert!(said.stdout.contains(&server::socket()), "{said}");
    }
}
