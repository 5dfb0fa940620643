//! `S7` and `S16`: who is done clears the next.

use acquirer::wakeup::{Cause, Outcome, Output, RootCause};

use crate::world::{PERIOD, World, echo, found};

#[test]
fn a_domain_drains_the_table_until_it_finds_nothing() {
    let mut world = World::new();
    let spec = echo(&[]);
    let acquirees: Vec<_> = (0..4).map(|_| world.join(&spec)).collect();
    let (mut clearance, ..) = world.cleared_once();
    for acquiree in &acquirees[..3] {
        assert_eq!(world.begin(clearance), [*acquiree]);
        world.finish(clearance, found());
        let (next, cause, root) = world.cleared_once();
        assert_eq!((cause, root), (Cause::Chained, RootCause::First));
        clearance = next;
    }
    world.begin(clearance);
    world.finish(clearance, Outcome::Empty);
    assert_eq!(world.said(), []);
}

#[test]
fn a_chain_ends_when_nobody_is_left() {
    let mut world = World::new();
    let acquiree = world.join(&echo(&[]));
    let (clearance, ..) = world.cleared_once();
    world.begin(clearance);
    world.finish(clearance, found());
    let said = world.said();
    assert!(said.contains(&Output::HandOver { clearance, place: 0, acquiree }));
    assert!(matches!(said.last(), Some(Output::DomainDissolved { .. })), "{said:?}");
}

#[test]
fn a_chain_keeps_the_root_that_set_it_off() {
    let mut world = World::new();
    let spec = echo(&[]);
    world.asleep(&spec);
    world.join(&spec);
    world.wait(PERIOD);
    let (clearance, cause, root) = world.cleared_once();
    assert_eq!((cause, root), (Cause::BackupPoll, RootCause::BackupPoll));
    world.begin(clearance);
    world.finish(clearance, found());
    let chained = world.cleared()[0];
    assert_eq!((chained.cause, chained.root), (Cause::Chained, RootCause::BackupPoll));
    assert_eq!(chained.parent, Some(clearance));
}

#[test]
fn a_store_error_goes_to_its_acquiree_and_the_next_is_cleared() {
    let mut world = World::new();
    let spec = echo(&[]);
    let first = world.join(&spec);
    let second = world.join(&spec);
    let (clearance, ..) = world.cleared_once();
    world.begin(clearance);
    world.finish(clearance, Outcome::Failed);
    let said = world.said();
    assert!(said.contains(&Output::Fail { acquiree: first }));
    let next = said.iter().find_map(|output| match output {
        Output::Cleared(clearance) => Some(clearance.id),
        _ => None,
    });
    assert_eq!(world.begin(next.unwrap()), [second]);
}
