//! Docker, as far as this machine has it: where it can't be used, one message says why and nothing is left.

use std::process::Command;

use loadgen::database::docker::{Engine, down, status};
use loadgen::database::probe::Findings;
use loadgen::database::{DatabaseRequest, Durability, How, Kind, open};

use crate::process::{this_binary, words_of};

/// What there is of the project in the engine's listing of this kind.
fn project(kind: &[&str]) -> String {
    let filter = "label=com.docker.compose.project=clearance";
    let output = Command::new("docker").args(kind).args(["--filter", filter, "-q"]).output().unwrap();
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

#[track_caller]
fn assert_nothing_is_left() {
    for kind in [&["container", "ls", "-a"][..], &["network", "ls"], &["volume", "ls"]] {
        assert_eq!(project(kind), "", "{kind:?}");
    }
}

#[tokio::test]
async fn a_container_comes_and_goes() {
    let findings = Findings::gather(None).await;
    if !(findings.docker_is_ready() && findings.image_here) {
        println!("skipped: docker can't be used, or has no image {}", findings.image);
        return;
    }
    if !project(&["container", "ls", "-a"]).is_empty() || !project(&["volume", "ls"]).is_empty() {
        println!("skipped: the project's container is in use here");
        return;
    }
    let request =
        DatabaseRequest { how: How::Docker, durability: Durability::Fast, ..DatabaseRequest::default() };
    let database = open(request, &|said| println!("{said}")).await.unwrap();
    assert_eq!(database.kind(), Kind::Docker);
    assert_eq!(database.durability(), Durability::Fast);
    assert!(database.statement_statistics().is_some());
    let seen = status().await.unwrap();
    assert!(seen.container.is_some_and(|state| state.starts_with("Up")) && seen.volume);
    assert!(seen.ports.is_some_and(|ports| ports.starts_with("127.0.0.1:")));

    // What is up already is used, and is up afterwards.
    let request =
        DatabaseRequest { how: How::Docker, durability: Durability::Fast, ..DatabaseRequest::default() };
    let second = open(request, &|_| ()).await.unwrap();
    second.close().await.unwrap();
    assert!(status().await.unwrap().container.is_some());

    database.close().await.unwrap();
    assert_nothing_is_left();
}

#[tokio::test]
async fn docker_that_cannot_be_used_says_why_and_leaves_nothing() {
    let findings = Findings::gather(None).await;
    // An image that nobody has, at a registry that nobody runs.
    let mut command = Command::new(this_binary());
    command.env("TEST_HOW", "docker").env("POSTGRES_IMAGE", "127.0.0.1:1/postgres:none");
    let words = words_of(command);
    let message = words.last().unwrap();
    println!("{message}");
    let expected = match findings.engine {
        Engine::Absent => "failure docker isn't installed; ",
        Engine::Down { .. } => "failure docker's engine doesn't answer: ",
        Engine::PermissionDenied => "failure this user may not use docker's socket; ",
        Engine::Present { .. } if findings.compose.is_none() => "failure docker is here and compose is not; ",
        Engine::Present { .. } => "failure cannot get image 127.0.0.1:1/postgres:none: ",
    };
    assert!(message.starts_with(expected), "{words:?}");
    if findings.docker_is_ready() && !findings.image_here {
        assert_nothing_is_left();
        let status = status().await.unwrap();
        assert_eq!((status.container, status.ports, status.volume), (None, None, false));
        // What isn't there can be taken down.
        down(true).await.unwrap();
    }
}

#[test]
fn an_engine_that_is_down_is_told_from_one_that_is_absent() {
    let mut command = Command::new(this_binary());
    command.env("TEST_HOW", "docker").env("DOCKER_HOST", "unix:///nowhere/docker.sock");
    let words = words_of(command);
    let there = words[0].starts_with("failure docker's engine doesn't answer: ");
    assert!(there || words[0].starts_with("failure docker isn't installed; "), "{words:?}");

    let mut command = Command::new(this_binary());
    command.env("TEST_HOW", "docker").env("PATH", "/nowhere");
    let words = words_of(command);
    assert!(words[0].starts_with("failure docker isn't installed; install docker"), "{words:?}");
}
