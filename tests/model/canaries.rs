//! The weaknesses of the seed, each under its own switch: the checker must find them, or it would find nothing. The
//! same world holds under the default policy.

use acquirer::wakeup::{AfterError, Chain, Departed, Doubtful, Order, Policy, Postings, Route};

use crate::checker::explore;
use crate::scopes::{one_domain, ours, two_domains, two_replicas};
use crate::world::{Invariant, Limits, Scope};

const STATES_MAX: usize = 400_000;

/// The world breaks the invariant under the switched policy, and nothing under the default.
fn sings(
    weakness: &str,
    switched: Policy,
    scope: impl Fn(Policy) -> Scope,
    invariant: Invariant,
) -> Vec<String> {
    let explored = explore(scope(switched), STATES_MAX);
    let Some((broken, story)) = explored.broken else {
        panic!("{weakness} is not found in {} states", explored.states)
    };
    println!(
        "{weakness}: {:?} breaks after {} states, {:.1?}",
        broken.invariant, explored.states, explored.took
    );
    println!("  {}\n  => {}", story.join("\n  "), broken.how);
    assert_eq!(broken.invariant, invariant, "{}", broken.how);
    let explored = explore(scope(ours()), STATES_MAX);
    assert!(explored.states < STATES_MAX, "not all was tried");
    assert_eq!(explored.broken, None, "under the default policy");
    println!("  under the default policy it holds in all {} states, {:.1?}", explored.states, explored.took);
    story
}

#[test]
fn w2_a_posting_dies_with_the_domain_that_it_went_to() {
    let forgotten = Policy { postings: Postings::Forgotten, ..ours() };
    let scope = |policy| Scope { limits: Limits { cancels: 1, ..Limits::default() }, ..two_domains(policy) };
    sings("W2", forgotten, scope, Invariant::NoLostWakeup);
}

#[test]
fn w2_a_posting_is_handed_to_idle_domains_only() {
    let idle = Policy { postings: Postings::HandedToIdle, ..ours() };
    let scope = |policy| Scope { limits: Limits { cancels: 1, ..Limits::default() }, ..two_domains(policy) };
    sings("W2, heirs that are idle only", idle, scope, Invariant::NoLostWakeup);
}

#[test]
fn w2b_a_posting_goes_to_a_busy_domain_though_an_idle_one_has_waiters() {
    let any = Policy { route: Route::Any, ..ours() };
    sings("W2b", any, two_domains, Invariant::Prompt);
}

#[test]
fn w3_a_query_that_fails_had_made_another_replica_pass_over_the_row() {
    let let_go = Policy { doubtful: Doubtful::LetGo, ..ours() };
    let scope =
        |policy| Scope { limits: Limits { failures: 1, ..Limits::default() }, ..two_replicas(policy, 1) };
    sings("W3", let_go, scope, Invariant::NoLostWakeup);
}

#[test]
fn w6_a_success_is_followed_by_a_query_for_nothing() {
    let always = Policy { chain: Chain::Always, ..ours() };
    sings("W6", always, |policy| one_domain(policy, 2, 1), Invariant::Quiet);
}

#[test]
fn w8_one_who_came_later_is_served_first() {
    let any = Policy { order: Order::Any, ..ours() };
    sings("W8", any, |policy| one_domain(policy, 3, 2), Invariant::Fair);
}

#[test]
fn w10_a_job_is_stranded_whose_caller_left_mid_query() {
    let stranded = Policy { departed: Departed::Stranded, ..ours() };
    let scope =
        |policy| Scope { limits: Limits { cancels: 1, ..Limits::default() }, ..one_domain(policy, 2, 2) };
    sings("W10", stranded, scope, Invariant::Conserved);
}

#[test]
fn w11_a_failing_store_is_asked_by_each_in_turn() {
    let at_once = Policy { after_error: AfterError::AtOnce, ..ours() };
    let scope = |policy| Scope {
        limits: Limits { failures: 2, rejoins: 1, ..Limits::default() },
        ..one_domain(policy, 2, 1)
    };
    sings("W11", at_once, scope, Invariant::Quiet);
}

#[test]
fn the_seed_loses_wakeups_even_where_it_strands_nothing() {
    let seed = Policy { departed: Departed::GivenBack, ..Policy::seed() };
    let scope = Scope { limits: Limits { cancels: 1, ..Limits::default() }, ..two_domains(seed) };
    let explored = explore(scope, STATES_MAX);
    println!("the seed: {:?} after {} states", explored.broken, explored.states);
    assert_eq!(explored.broken.map(|(broken, _)| broken.invariant), Some(Invariant::NoLostWakeup));
}
