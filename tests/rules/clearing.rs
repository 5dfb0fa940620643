//! `S2` to `S5`: who is cleared, and who waits.

use acquirer::wakeup::{Cause, Outcome, Output, RootCause};

use crate::world::{World, echo, found};

#[test]
fn first_acquiree_of_a_domain_is_cleared_at_once() {
    let mut world = World::new();
    let spec = echo(&[]);
    let acquiree = world.join(&spec);
    let (clearance, cause, root) = world.cleared_once();
    assert_eq!((cause, root), (Cause::First, RootCause::First));
    assert_eq!(world.begin(clearance), [acquiree]);
}

#[test]
fn later_acquirees_of_a_domain_wait() {
    let mut world = World::new();
    let spec = echo(&[]);
    world.join(&spec);
    world.said();
    for _ in 0..5 {
        world.join(&spec);
    }
    assert_eq!(world.said(), []);
    let domain = world.machine.domains().next().unwrap();
    assert_eq!((domain.waiting, domain.in_use.is_some()), (5, true));
}

#[test]
fn a_busy_domain_is_never_cleared_twice() {
    let mut world = World::new();
    let spec = echo(&[]);
    world.join(&spec);
    world.join(&spec);
    let (clearance, ..) = world.cleared_once();
    world.post(&[]);
    world.wait(crate::world::PERIOD);
    assert_eq!(world.cleared(), [], "cleared");
    world.begin(clearance);
    world.post(&[]);
    world.feed(acquirer::wakeup::Input::MessagesLost);
    assert_eq!(world.cleared(), [], "querying");
}

#[test]
fn a_query_that_finds_nothing_sends_its_acquiree_back_to_its_place() {
    let mut world = World::new();
    let spec = echo(&[]);
    let first = world.join(&spec);
    let second = world.join(&spec);
    let (clearance, ..) = world.cleared_once();
    world.begin(clearance);
    world.finish(clearance, Outcome::Empty);
    assert_eq!(world.said(), []);
    let domain = world.domain(&spec).unwrap();
    assert_eq!(world.machine.acquirees(domain).collect::<Vec<_>>(), [first, second]);
}

#[test]
fn domains_do_not_wait_for_each_other() {
    let mut world = World::new();
    let mine = world.join(&echo(&[("a", "1")]));
    let (my_clearance, ..) = world.cleared_once();
    let yours = world.join(&echo(&[("a", "2")]));
    let (your_clearance, ..) = world.cleared_once();
    assert_eq!(world.begin(my_clearance), [mine]);
    assert_eq!(world.begin(your_clearance), [yours]);
    world.finish(your_clearance, found());
    let handed_over = Output::HandOver { clearance: your_clearance, place: 0, acquiree: yours };
    assert!(world.said().contains(&handed_over));
}
