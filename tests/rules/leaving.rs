//! `S8`, `S9` and `W10`: who leaves strands nobody and nothing.

use acquirer::wakeup::{Cause, Departed, Input, Outcome, Output, Policy, RootCause};

use crate::world::{World, echo, found};

#[test]
fn a_clearance_that_was_not_used_goes_to_the_next() {
    let mut world = World::new();
    let spec = echo(&[]);
    let first = world.join(&spec);
    let second = world.join(&spec);
    let (clearance, ..) = world.cleared_once();
    world.leave(first);
    let said = world.said();
    assert_eq!(said[0], Output::Revoked { clearance });
    let Output::Cleared(passed_on) = said[1] else { panic!("{said:?}") };
    assert_eq!((passed_on.cause, passed_on.root), (Cause::First, RootCause::First), "its cause goes with it");
    assert_eq!(world.begin(passed_on.id), [second]);
    world.feed(Input::Begin { clearance });
    assert_eq!(world.said(), [], "the revoked one is void");
}

#[test]
fn a_waiting_acquiree_leaves_unnoticed() {
    let mut world = World::new();
    let spec = echo(&[]);
    world.join(&spec);
    let second = world.join(&spec);
    world.said();
    world.leave(second);
    world.leave(second);
    assert_eq!(world.said(), []);
    assert_eq!(world.machine.acquirees_len(), 1);
}

#[test]
fn last_acquiree_takes_the_domain_and_its_backup_poll_with_it() {
    let mut world = World::new();
    let spec = echo(&[]);
    let acquiree = world.asleep(&spec);
    let domain = world.domain(&spec).unwrap();
    world.leave(acquiree);
    assert_eq!(world.said(), [Output::DomainDissolved { domain }]);
    assert_eq!(world.machine.poll_timeout(), None);
    assert_eq!(world.machine.domains().count(), 0);
}

#[test]
fn a_job_found_for_who_has_left_is_given_back_and_the_next_is_cleared() {
    let mut world = World::under(Policy { departed: Departed::GivenBack, ..Policy::seed() });
    let spec = echo(&[]);
    let first = world.join(&spec);
    let second = world.join(&spec);
    let (clearance, ..) = world.cleared_once();
    world.begin(clearance);
    world.leave(first);
    assert_eq!(world.said(), [], "the query goes on, and nobody else may (EXCLUSIVE)");
    world.finish(clearance, found());
    let said = world.said();
    assert_eq!(said[0], Output::GiveBack { clearance, place: 0 });
    let Output::Cleared(next) = said[1] else { panic!("{said:?}") };
    assert_eq!(world.begin(next.id), [second]);
}

#[test]
fn under_the_seeds_policy_a_job_found_for_who_has_left_is_stranded() {
    let mut world = World::new();
    let acquiree = world.join(&echo(&[]));
    let (clearance, ..) = world.cleared_once();
    world.begin(clearance);
    world.leave(acquiree);
    world.finish(clearance, found());
    assert_eq!(world.said()[0], Output::Strand { clearance, place: 0 });
}

#[test]
fn an_abandoned_domain_stands_until_its_query_ends() {
    let mut world = World::new();
    let spec = echo(&[]);
    let acquiree = world.join(&spec);
    let (clearance, ..) = world.cleared_once();
    world.begin(clearance);
    world.leave(acquiree);
    let domain = world.domain(&spec).unwrap();
    world.finish(clearance, Outcome::Empty);
    assert_eq!(world.said(), [Output::DomainDissolved { domain }]);
}

#[test]
fn who_joins_an_abandoned_domain_queries_once_its_query_has_ended() {
    for outcome in [Outcome::Empty, found(), Outcome::Failed] {
        let mut world = World::new();
        let spec = echo(&[]);
        let gone = world.join(&spec);
        let (clearance, ..) = world.cleared_once();
        world.begin(clearance);
        world.leave(gone);
        let comer = world.join(&spec);
        assert_eq!(world.cleared(), [], "{outcome:?}");
        world.finish(clearance, outcome.clone());
        let (own, _, root) = world.cleared_once();
        assert_eq!(root, RootCause::First, "{outcome:?}");
        assert_eq!(world.begin(own), [comer]);
    }
}

#[test]
fn a_posting_passes_by_an_abandoned_domain() {
    let mut world = World::new();
    let narrow = echo(&[("a", "1"), ("b", "2")]);
    let gone = world.join(&narrow);
    let (clearance, ..) = world.cleared_once();
    world.begin(clearance);
    world.leave(gone);
    let wide = echo(&[("a", "1")]);
    world.asleep(&wide);
    world.post(&[("a", "1")]);
    let domain = world.domain(&wide);
    assert_eq!(world.said()[0], Output::PostingRouted { domain });
}
