//! The weaknesses of the seed, each shown under its switch and gone under the default policy.

use std::sync::Arc;
use std::time::Duration;

use acquirer::job::{JobId, Posting, ProvisionerType};
use acquirer::wakeup::{
    AcquireeId, AfterError, Cause, Chain, Chance, ClearanceId, DomainSpec, Doubtful, FirstPoll, Input, Order,
    Outcome, Output, Policy, Postings, Route,
};

use crate::world::{PERIOD, World, echo, tagged};

/// Draws the last of what there is.
struct Last;

impl Chance for Last {
    fn below(&mut self, bound: usize) -> usize {
        bound - 1
    }
}

fn job(number: u128) -> JobId {
    JobId::from_u128(number)
}

fn post(world: &mut World, number: u128, tags: &[(&str, &str)]) {
    let posting =
        Posting { provisioner: ProvisionerType::Echo, tags: tagged(tags), job_id: Some(job(number)) };
    world.feed(Input::Post(posting));
}

fn found(numbers: impl IntoIterator<Item = u128>) -> Outcome {
    Outcome::Found(numbers.into_iter().map(job).collect())
}

/// A domain whose only acquiree queries.
fn querying(world: &mut World, spec: &Arc<DomainSpec>) -> (AcquireeId, ClearanceId) {
    let acquiree = world.join(spec);
    let (clearance, ..) = world.cleared_once();
    world.begin(clearance);
    (acquiree, clearance)
}

/// Whether the idle domain `d2` is woken when the busy `d1`, to which the posting went, ends as `outcome` says.
fn wakes_the_other(policy: Policy, outcome: Outcome) -> bool {
    let mut world = World::under(Policy { route: Route::Any, first_poll: FirstPoll::AfterPeriod, ..policy });
    let (d1, d2) = (echo(&[("a", "1"), ("b", "1")]), echo(&[("a", "1"), ("b", "2")]));
    let (_, clearance) = querying(&mut world, &d1);
    world.asleep(&d2);
    post(&mut world, 2, &[("a", "1")]);
    assert_eq!(world.said().iter().filter(|said| matches!(said, Output::Cleared(_))).count(), 0);
    world.finish(clearance, outcome);
    world.wait(Duration::from_millis(20));
    let d2 = world.domain(&d2);
    world.cleared().iter().any(|cleared| Some(cleared.domain) == d2)
}

#[test]
fn w2_a_posting_outlives_the_domain_that_it_went_to() {
    let forgotten = Policy { postings: Postings::Forgotten, ..Policy::default() };
    for outcome in [found([1]), Outcome::Failed] {
        assert!(!wakes_the_other(forgotten, outcome.clone()), "lost wakeup");
        assert!(wakes_the_other(Policy::default(), outcome));
    }
    assert!(!wakes_the_other(Policy::default(), found([2])), "its own job accounts for a posting");
}

#[test]
fn w2_a_posting_outlives_a_caller_that_leaves_mid_query() {
    let mut world = World::under(Policy { route: Route::Any, ..Policy::default() });
    let (d1, d2) = (echo(&[("a", "1"), ("b", "1")]), echo(&[("a", "1"), ("b", "2")]));
    let (acquiree, _) = querying(&mut world, &d1);
    world.asleep(&d2);
    post(&mut world, 2, &[("a", "1")]);
    world.said();
    world.leave(acquiree);
    assert_eq!(world.cleared()[0].cause, Cause::Posting, "while the query is still in flight");
}

#[test]
fn w2_what_is_handed_on_pends_on_a_busy_domain() {
    let mut world = World::under(Policy::default());
    let (d1, d2) = (echo(&[("a", "1"), ("b", "1")]), echo(&[("a", "1"), ("b", "2")]));
    let (first, _) = querying(&mut world, &d1);
    let (_, busy) = querying(&mut world, &d2);
    post(&mut world, 1, &[("a", "1")]);
    world.leave(first);
    let (from, to) = (world.domain(&d1).unwrap(), world.domain(&d2));
    assert!(world.said().contains(&Output::HandedOn { from, to }));
    world.finish(busy, Outcome::Empty);
    assert_eq!(world.cleared_once().1, Cause::Pending, "it looks again when its query has found nothing");
}

#[test]
fn w2b_an_idle_domain_is_preferred_and_of_those_the_one_that_has_waited_longest() {
    for (route, wakes_at_once) in [(Route::Any, false), (Route::IdleFirst, true)] {
        let mut world = World::under(Policy { route, ..Policy::default() });
        querying(&mut world, &echo(&[("a", "1"), ("b", "1")]));
        let longest = echo(&[("a", "1"), ("b", "2")]);
        world.asleep(&longest);
        world.asleep(&echo(&[("a", "1"), ("b", "3")]));
        post(&mut world, 1, &[("a", "1")]);
        let woken: Vec<_> = world.cleared().iter().map(|cleared| Some(cleared.domain)).collect();
        assert_eq!(woken, if wakes_at_once { vec![world.domain(&longest)] } else { vec![] });
    }
}

#[test]
fn w3_what_a_failed_query_may_have_held_is_posted_anew_when_nobody_is_left() {
    for (doubtful, is_posted_anew) in [(Doubtful::LetGo, false), (Doubtful::PostedAnew, true)] {
        let mut world = World::under(Policy { doubtful, ..Policy::default() });
        world.join(&echo(&[]));
        let (clearance, ..) = world.cleared_once();
        world.begin(clearance);
        world.finish(clearance, Outcome::Failed);
        assert!(
            !world.said().iter().any(|said| matches!(said, Output::PostAnew { .. })),
            "not before its pause"
        );
        world.wait(Duration::from_millis(20));
        let anew = world.said().into_iter().any(|said| matches!(said, Output::PostAnew { .. }));
        assert_eq!(anew, is_posted_anew);
    }
}

#[test]
fn w6_one_posting_costs_one_query() {
    for (chain, chains) in [(Chain::Always, true), (Chain::WhileUnaccounted, false)] {
        let mut world = World::under(Policy { chain, ..Policy::default() });
        let spec = echo(&[]);
        world.asleep(&spec);
        world.join(&spec);
        post(&mut world, 1, &[]);
        let (clearance, ..) = world.cleared_once();
        assert_eq!(world.begin(clearance).len(), 1, "as many claims as jobs are known of");
        world.finish(clearance, found([1]));
        assert_eq!(!world.cleared().is_empty(), chains);
    }
}

#[test]
fn w6_a_chain_goes_on_while_a_posting_is_not_accounted_for() {
    let mut world = World::under(Policy { claim_batch: 1, ..Policy::default() });
    let spec = echo(&[]);
    world.asleep(&spec);
    world.join(&spec);
    post(&mut world, 2, &[]);
    let (clearance, ..) = world.cleared_once();
    world.begin(clearance);
    world.finish(clearance, found([1]));
    let (chained, cause, _) = world.cleared_once();
    assert_eq!(cause, Cause::Chained, "an older job was found, the posted one is still there");
    world.begin(chained);
    world.finish(chained, found([2]));
    assert_eq!(world.cleared(), []);
}

#[test]
fn w7_one_query_claims_for_as_many_as_wait() {
    let mut world = World::under(Policy::default());
    let spec = echo(&[]);
    let waiting: Vec<_> = (0..20).map(|_| world.join(&spec)).collect();
    let (first, ..) = world.cleared_once();
    world.begin(first);
    world.finish(first, found([0]));
    let (clearance, ..) = world.cleared_once();
    assert_eq!(world.begin(clearance), waiting[1..17], "longest waiting first, a batch at most");
    world.finish(clearance, found(1..4));
    assert_eq!(world.cleared(), [], "fewer than asked for: there are no more");
    let domain = world.domain(&spec).unwrap();
    assert_eq!(
        world.machine.acquirees(domain).next(),
        Some(waiting[4]),
        "the others keep their places (FAIR)"
    );
}

#[test]
fn w8_who_came_first_is_served_first() {
    for (order, expected) in [(Order::Any, 3), (Order::FirstCome, 1)] {
        let mut world = World::under(Policy { order, claim_batch: 1, ..Policy::default() });
        let spec = echo(&[]);
        let waiting: Vec<_> = (0..4).map(|_| world.join(&spec)).collect();
        let (clearance, ..) = world.cleared_once();
        world.begin(clearance);
        world.feed_by(Input::Finish { clearance, outcome: found([1]) }, &mut Last);
        let (next, ..) = world.cleared_once();
        assert_eq!(world.begin(next), [waiting[expected]]);
    }
}

#[test]
fn w11_a_failing_store_is_asked_after_pauses_that_double() {
    let mut world = World::under(Policy { after_error: AfterError::AtOnce, ..Policy::seed() });
    let spec = echo(&[]);
    let (_, clearance) = querying(&mut world, &spec);
    world.join(&spec);
    world.finish(clearance, Outcome::Failed);
    assert_eq!(world.cleared().len(), 1, "at once");

    let mut world = World::under(Policy::default());
    let (_, mut clearance) = querying(&mut world, &spec);
    for failure in 0..13 {
        world.join(&spec);
        world.said();
        world.feed_by(Input::Finish { clearance, outcome: Outcome::Failed }, &mut Last);
        let said = world.said();
        let until = said.iter().find_map(|said| match said {
            Output::BackingOff { until, .. } => Some(*until),
            _ => None,
        });
        let pause = until.unwrap() - world.now;
        let longest = Duration::from_millis(10 << failure).min(Duration::from_secs(10));
        assert!(pause > longest / 2 && pause <= longest, "{pause:?} after failure {failure}");
        world.post(&[]);
        assert_eq!(world.cleared(), [], "a posting does not cut it short");
        world.wait(pause);
        // The backup poll may have come round meanwhile: it is remembered, and no second query.
        (clearance, ..) = world.cleared_once();
        world.begin(clearance);
    }
    world.join(&spec);
    world.finish(clearance, found([1]));
    let cleared = world.cleared();
    world.begin(cleared[0].id);
    world.finish(cleared[0].id, Outcome::Failed);
    let first = world.machine.domains().next().unwrap().pausing_until.unwrap() - world.now;
    assert!(first <= Duration::from_millis(10), "the first success resets it");
}

#[test]
fn w11_who_comes_back_at_once_does_not_hurry_a_failing_store() {
    let mut world = World::under(Policy::default());
    let spec = echo(&[]);
    let (_, clearance) = querying(&mut world, &spec);
    world.finish(clearance, Outcome::Failed);
    world.said();
    world.join(&spec);
    assert_eq!(world.cleared(), [], "the domain stands while it pauses");
    world.wait(Duration::from_millis(10));
    assert_eq!(world.cleared().len(), 1);
}

#[test]
fn w13_domains_born_together_do_not_poll_together() {
    let mut world = World::under(Policy { first_poll: FirstPoll::Spread, ..Policy::default() });
    let acquiree = AcquireeId(1);
    world.feed(Input::Join { acquiree, spec: echo(&[]) });
    let early = world.machine.poll_timeout().unwrap().since_epoch();
    assert!(early < PERIOD / 1_000, "the first draw: {early:?}");
    let mut world = World::under(Policy::default());
    world.feed_by(Input::Join { acquiree, spec: echo(&[]) }, &mut Last);
    let late = world.machine.poll_timeout().unwrap().since_epoch();
    assert!(late <= PERIOD && late > PERIOD / 100 * 99, "the last: {late:?}");
}

#[test]
fn a_posting_told_twice_is_one() {
    let mut world = World::under(Policy::default());
    let spec = echo(&[]);
    let (_, clearance) = querying(&mut world, &spec);
    post(&mut world, 1, &[]);
    post(&mut world, 1, &[]);
    assert_eq!(world.machine.domains().next().unwrap().tokens, 1);
    world.finish(clearance, found([1]));
    assert_eq!(world.machine.domains().count(), 0);
}
