//! `S12`: messages may have been dropped.

use acquirer::wakeup::{Cause, Input, Outcome, Output, RootCause};

use crate::world::{World, echo};

#[test]
fn lost_messages_clear_or_pend_every_domain() {
    let mut world = World::new();
    world.asleep(&echo(&[("a", "1")]));
    world.asleep(&echo(&[("a", "2")]));
    let busy = echo(&[("a", "3")]);
    world.join(&busy);
    let (clearance, ..) = world.cleared_once();
    world.begin(clearance);
    world.feed(Input::MessagesLost);
    let said = world.said();
    let cleared = said.iter().filter(|output| matches!(output, Output::Cleared(_))).count();
    assert_eq!(cleared, 2);
    let domain = world.domain(&busy).unwrap();
    assert!(said.contains(&Output::Pended { domain, root: RootCause::Recovered }));
    world.finish(clearance, Outcome::Empty);
    let (_, cause, root) = world.cleared_once();
    assert_eq!((cause, root), (Cause::Pending, RootCause::Recovered));
}
