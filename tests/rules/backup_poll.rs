//! `S10`: the backup poll.

use std::time::Duration;

use acquirer::wakeup::{Cause, Outcome, RootCause, Time};

use crate::world::{PERIOD, World, echo};

#[test]
fn a_domain_is_cleared_once_per_period_counted_from_its_birth() {
    let mut world = World::new();
    world.now = Time::new(Duration::from_secs(7));
    world.asleep(&echo(&[]));
    for period in 1..=3 {
        assert_eq!(world.machine.poll_timeout(), Some(Time::new(Duration::from_secs(7) + PERIOD * period)));
        world.wait(Duration::from_nanos(29_999_999_999));
        assert_eq!(world.said(), []);
        world.wait(Duration::from_nanos(1));
        let (clearance, cause, root) = world.cleared_once();
        assert_eq!((cause, root), (Cause::BackupPoll, RootCause::BackupPoll));
        world.begin(clearance);
        world.finish(clearance, Outcome::Empty);
    }
}

#[test]
fn each_domain_has_its_own_period() {
    let mut world = World::new();
    world.asleep(&echo(&[("a", "1")]));
    world.now = world.now + Duration::from_secs(10);
    world.asleep(&echo(&[("a", "2")]));
    world.wait(Duration::from_secs(20));
    assert_eq!(world.cleared().len(), 1);
    world.wait(Duration::from_secs(10));
    assert_eq!(world.cleared().len(), 1);
}

#[test]
fn periods_that_went_by_unseen_are_not_made_up_for() {
    let mut world = World::new();
    world.asleep(&echo(&[]));
    world.wait(PERIOD * 5 + Duration::from_secs(3));
    let (clearance, ..) = world.cleared_once();
    world.begin(clearance);
    world.finish(clearance, Outcome::Empty);
    assert_eq!(world.said(), []);
    assert_eq!(world.machine.poll_timeout(), Some(Time::new(PERIOD * 6)));
}
