//! Docker that isn't there, which no engine is needed to see; `tests/docker` has what one is needed for.

use std::process::Command;

use crate::process::{this_binary, words_of};

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
