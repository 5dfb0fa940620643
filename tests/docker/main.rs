//! Postgres in Docker, on a real engine, through the binary: it comes, is used, is hit by faults, and goes.
//!
//! Where no engine answers, every one of these tests is ignored, and that is said; nothing passes in their place.
//! No image is fetched: `stand-in/` makes one of this machine's Postgres. Each test has a project of its own, and
//! leaves no container, network or volume.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod coming;
mod container;
mod faults;
mod monitoring;
mod project;
mod stand_in;
mod troubles;
#[path = "../shared/until_sync.rs"]
mod until;

use std::process::{Command, ExitCode, Stdio};

use libtest_mimic::{Arguments, Trial};

/// Whether a command exists and ends well.
fn works(program: &str, arguments: &[&str]) -> bool {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// The reason why there is nothing to test on.
fn missing() -> Option<&'static str> {
    if !works("docker", &["version"]) {
        return Some("no Docker engine");
    }
    if !works("docker", &["compose", "version"]) && !works("docker-compose", &["version"]) {
        return Some("no Docker Compose");
    }
    stand_in::postgres().is_none().then_some("no Postgres on this machine to make an image of")
}

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let missing = missing();
    if let Some(missing) = missing {
        println!("skipped: {missing}");
    }
    let tests = coming::TESTS.iter().chain(faults::TESTS).chain(container::TESTS).chain(troubles::TESTS);
    let trial = |(name, test): &(&'static str, fn()), kind: &str, is_missing: bool| {
        let test = *test;
        Trial::test(*name, move || {
            test();
            Ok(())
        })
        .with_kind(kind)
        .with_ignored_flag(is_missing)
    };
    let has_prometheus = ["prometheus", "promtool"].iter().all(|program| works(program, &["--version"]));
    if !has_prometheus {
        println!("skipped: no prometheus and promtool (Debian's package prometheus has both)");
    }
    let on_docker = tests.map(|test| trial(test, "docker", missing.is_some()));
    let on_prometheus = monitoring::TESTS.iter().map(|test| trial(test, "prometheus", !has_prometheus));
    libtest_mimic::run(&arguments, on_docker.chain(on_prometheus).collect()).exit_code()
}
