//! `S6`: what comes while a domain is busy is remembered.

use acquirer::wakeup::{Cause, Input, Outcome, Output, RootCause};

use crate::world::{PERIOD, World, echo, found};

#[test]
fn posting_during_query_causes_another_query() {
    let mut world = World::new();
    let acquiree = world.join(&echo(&[]));
    let (clearance, ..) = world.cleared_once();
    world.begin(clearance);
    world.post(&[]);
    world.finish(clearance, Outcome::Empty);
    let (again, cause, root) = world.cleared_once();
    assert_eq!((cause, root), (Cause::Pending, RootCause::Posting));
    assert_eq!(world.begin(again), [acquiree]);
    world.finish(again, Outcome::Empty);
    assert_eq!(world.said(), [], "it is remembered once");
}

#[test]
fn posting_between_clearance_and_query_causes_another_query() {
    let mut world = World::new();
    world.join(&echo(&[]));
    let (clearance, ..) = world.cleared_once();
    world.post(&[]);
    world.begin(clearance);
    world.finish(clearance, Outcome::Empty);
    assert_eq!(world.cleared_once().1, Cause::Pending);
}

#[test]
fn of_several_things_remembered_the_posting_is_the_reason() {
    let mut world = World::new();
    world.join(&echo(&[]));
    let (clearance, ..) = world.cleared_once();
    world.begin(clearance);
    world.post(&[]);
    world.wait(PERIOD);
    world.feed(Input::MessagesLost);
    world.finish(clearance, Outcome::Empty);
    assert_eq!(world.cleared_once().2, RootCause::Posting);
}

#[test]
fn a_poll_during_a_query_is_remembered_as_a_poll() {
    let mut world = World::new();
    let spec = echo(&[]);
    world.join(&spec);
    let (clearance, ..) = world.cleared_once();
    world.begin(clearance);
    world.wait(PERIOD);
    let domain = world.domain(&spec).unwrap();
    assert_eq!(world.said(), [Output::Pended { domain, root: RootCause::BackupPoll }]);
    world.finish(clearance, Outcome::Empty);
    let (_, cause, root) = world.cleared_once();
    assert_eq!((cause, root), (Cause::Pending, RootCause::BackupPoll));
}

#[test]
fn a_query_that_finds_a_job_needs_no_other_for_what_was_remembered() {
    let mut world = World::new();
    let spec = echo(&[]);
    world.join(&spec);
    world.join(&spec);
    let (clearance, ..) = world.cleared_once();
    world.begin(clearance);
    world.post(&[]);
    world.finish(clearance, found());
    let (chained, cause, root) = world.cleared_once();
    assert_eq!((cause, root), (Cause::Chained, RootCause::Posting), "the chain covers the posting");
    world.begin(chained);
    world.finish(chained, Outcome::Empty);
    assert_eq!(world.said(), []);
}
