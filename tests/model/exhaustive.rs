//! Everything that can happen in small worlds under the default policy. In every state of every scope hold
//! `EXCLUSIVE`, `ONCE`, `CONSERVED`, `QUIET`, `FAIR` and the bound on the next poll; where nothing is under way any
//! more, `NO_LOST_WAKEUP` and `BOUNDED`; and `PROMPT` in those where no job is announced twice.
//!
//! What a scope leaves out is in its name and its limits. The largest are not for every day:
//! `cargo test --release -p acquirer --no-default-features --test model -- --ignored --nocapture --test-threads 1`

use acquirer::wakeup::{Cause, Policy};

use crate::checker::{Explored, explore};
use crate::scopes::{
    asleep, one_domain, ours, swift, three_domains, two_by_two, two_domains, two_replicas, unnamed, within,
};
use crate::world::{Limits, Scope};

const REMEMBERED: &str = "a domain remembers what comes while it is busy";
const HANDED_ON: &str = "a posting is handed on to another domain";
const LET_GO: &str = "a posting is let go, since nobody is left";
const GIVEN_BACK: &str = "a job is given back for a caller who has left";
const PASSED_OVER: &str = "a query passes over a row that another holds";
const POSTED_ANEW: &str = "a job is posted anew that others may have passed over";
const CAME_BACK: &str = "a job comes back whose answer was lost";
const COMMITS_LATE: &str = "a statement commits whose client has given up";
const CLAIMS_TWO: &str = "one query claims two jobs";

/// All holds in a scope, and what must be seen for that to mean something is seen.
fn holds(name: &str, scope: Scope, sometimes: &[&str]) {
    const STATES_MAX: usize = 16_000_000;
    let Explored { states, quiet, steps_most, took, seen, broken } = explore(scope, STATES_MAX);
    println!("{name}: {states} states, {quiet} of them at rest, up to {steps_most} steps, {took:.1?}");
    if let Some((broken, story)) = broken {
        panic!("{name}: {:?}: {}\n  {}", broken.invariant, broken.how, story.join("\n  "));
    }
    assert!(states < STATES_MAX, "{name}: not all was tried");
    for what in sometimes {
        assert!(seen.contains(what), "{name}: never seen: {what}; seen: {seen:?}");
    }
}

#[test]
fn one_domain_of_three_acquirees_and_three_jobs_with_a_cancel_a_lost_notice_and_a_poll() {
    let limits = Limits { cancels: 1, drops: 1, polls: 1, ..Limits::default() };
    let seen = [CLAIMS_TWO, GIVEN_BACK, REMEMBERED, Cause::BackupPoll.as_str(), Cause::Chained.as_str()];
    holds("one domain", swift(within(limits, one_domain(ours(), 3, 3))), &seen);
}

#[test]
fn one_domain_of_two_acquirees_and_two_jobs_with_one_of_each_trouble() {
    let limits = Limits {
        cancels: 1,
        failures: 1,
        drops: 1,
        duplicates: 1,
        disconnects: 1,
        polls: 1,
        ..Limits::default()
    };
    let seen = [Cause::Recovered.as_str(), Cause::Pending.as_str(), Cause::BackupPoll.as_str(), LET_GO];
    holds("one domain, one of each", swift(within(limits, one_domain(ours(), 2, 2))), &seen);
}

#[test]
fn one_domain_that_polls_first_at_any_moment() {
    let limits = Limits { drops: 1, polls: 1, ..Limits::default() };
    let spread = Policy { claim_batch: 1, ..Policy::default() };
    holds(
        "one domain, spread polls",
        within(limits, one_domain(spread, 2, 2)),
        &[Cause::BackupPoll.as_str()],
    );
}

#[test]
fn one_domain_and_notices_that_name_no_job() {
    let limits = Limits { cancels: 1, ..Limits::default() };
    holds("one domain, no names", unnamed(within(limits, one_domain(ours(), 3, 3))), &[REMEMBERED]);
}

#[test]
fn two_domains_whose_acquirees_come_again() {
    let limits = Limits { rejoins: 1, ..Limits::default() };
    holds("two domains, come again", within(limits, two_domains(ours())), &[HANDED_ON, LET_GO]);
}

#[test]
fn two_domains_and_a_caller_that_leaves() {
    let limits = Limits { cancels: 1, ..Limits::default() };
    let seen = [HANDED_ON, GIVEN_BACK, Cause::Posting.as_str()];
    holds("two domains, a cancel", within(limits, two_domains(ours())), &seen);
    holds("two domains, no names", unnamed(within(limits, two_domains(ours()))), &seen);
}

#[test]
fn two_domains_a_store_that_fails_and_a_caller_that_leaves() {
    let limits = Limits { failures: 1, cancels: 1, ..Limits::default() };
    holds("two domains, a failure", swift(within(limits, two_domains(ours()))), &[HANDED_ON, POSTED_ANEW]);
}

#[test]
fn two_domains_and_notices_that_are_lost() {
    let limits = Limits { disconnects: 1, drops: 1, polls: 1, ..Limits::default() };
    let seen = [Cause::Recovered.as_str(), Cause::BackupPoll.as_str()];
    holds("two domains, lost notices", swift(within(limits, two_domains(ours()))), &seen);
}

#[test]
fn three_domains_of_three_acquirees_and_two_jobs() {
    holds("three domains", swift(three_domains(ours(), 2)), &[HANDED_ON, REMEMBERED]);
}

#[test]
fn three_domains_asleep_of_three_acquirees_and_three_jobs_with_a_cancel() {
    let limits = Limits { cancels: 1, ..Limits::default() };
    holds("three domains asleep", asleep(swift(within(limits, three_domains(ours(), 3)))), &[HANDED_ON]);
}

#[test]
fn three_domains_asleep_a_store_that_fails_and_a_caller_that_leaves() {
    let limits = Limits { cancels: 1, failures: 1, ..Limits::default() };
    let seen = [HANDED_ON, POSTED_ANEW];
    holds("three domains asleep, a failure", asleep(within(limits, three_domains(ours(), 2))), &seen);
}

#[test]
fn two_replicas_with_all_that_a_store_can_do() {
    let limits = Limits { failures: 1, lost_answers: 1, cancels: 1, ..Limits::default() };
    let seen = [PASSED_OVER, POSTED_ANEW, CAME_BACK, COMMITS_LATE, GIVEN_BACK];
    holds("two replicas", within(limits, two_replicas(ours(), 1)), &seen);
}

#[test]
fn two_replicas_and_two_jobs_with_a_failure() {
    let limits = Limits { failures: 1, ..Limits::default() };
    holds("two replicas, two jobs", swift(within(limits, two_replicas(ours(), 2))), &[PASSED_OVER]);
}

#[test]
fn two_replicas_and_notices_that_are_lost() {
    let limits = Limits { disconnects: 1, drops: 1, polls: 1, ..Limits::default() };
    let seen = [Cause::Recovered.as_str(), Cause::BackupPoll.as_str()];
    holds("two replicas, lost notices", swift(within(limits, two_replicas(ours(), 1))), &seen);
}

#[test]
fn two_replicas_of_two_domains_asleep() {
    let lost = Limits { lost_answers: 1, ..Limits::default() };
    let failed = Limits { failures: 1, cancels: 1, ..Limits::default() };
    holds("two by two asleep", asleep(two_by_two(ours(), 2)), &[REMEMBERED]);
    holds("two by two asleep, a lost answer", asleep(within(lost, two_by_two(ours(), 1))), &[COMMITS_LATE]);
    holds("two by two asleep, a failure", asleep(within(failed, two_by_two(ours(), 1))), &[POSTED_ANEW]);
}

#[test]
#[ignore = "takes minutes and several GiB"]
fn the_largest() {
    let cancel = Limits { cancels: 1, ..Limits::default() };
    holds("two by two", swift(two_by_two(ours(), 1)), &[]);
    holds(
        "two domains, come again, a cancel",
        swift(within(Limits { rejoins: 1, ..cancel }, two_domains(ours()))),
        &[],
    );
    holds("three domains, two jobs", three_domains(ours(), 2), &[]);
    holds("three domains, two jobs, a cancel", swift(within(cancel, three_domains(ours(), 2))), &[]);
}
