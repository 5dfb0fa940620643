use std::sync::Arc;

use acquirer::job::{Posting, ProvisionerType, Tags};
use acquirer::wakeup::{AcquireeId, Cause, Clearance, ClearanceId, DomainSpec, RootCause};

use super::super::alphabet::{Heard, Input, PostedJob};
use super::*;

const DOMAIN: DomainId = DomainId(5);

fn at(ms: u64) -> Time {
    Time::new(Duration::from_millis(ms))
}

fn shape(tags: &[(&str, &str)]) -> Posting {
    let tags = Tags::from_pairs(tags.iter().copied()).unwrap();
    Posting { provisioner: ProvisionerType::Terraform, tags, job_id: None }
}

fn spec(tags: &[(&str, &str)]) -> Arc<DomainSpec> {
    let tags = Tags::from_pairs(tags.iter().copied()).unwrap();
    Arc::new(DomainSpec::new(&[ProvisionerType::Terraform], &tags))
}

/// Three workers of a domain on replica 0, the first of them querying; another domain on replica 1. Jobs of two
/// shapes wait, one of which both domains accept.
fn state() -> State {
    let (ours, theirs) = (spec(&[("env", "prod"), ("gpu", "yes")]), spec(&[("env", "prod")]));
    let (common, special) = (shape(&[("env", "prod")]), shape(&[("env", "prod"), ("gpu", "yes")]));
    let shapes = [common, special.clone(), shape(&[("x", "y")]), special];
    let mut state = State::new(shapes, [(*ours).clone(), (*theirs).clone()], 100);
    state.take(at(0), &Input::Began { measure_from: at(0) });
    let mut post = |ms, number, shape| {
        let jobs = [PostedJob { number, shape }];
        state.take(at(ms), &Input::PostStarted { jobs: &jobs, intended: at(ms) });
        state.take(at(ms), &Input::Committed { jobs: &jobs });
    };
    post(10, 0, 0);
    post(20, 1, 1);
    post(30, 2, 3);
    post(40, 3, 2);
    let mut on = |ms, replica, heard| state.take(at(ms), &Input::Replica { replica, heard });
    for number in [2, 0, 1] {
        let worker = Some(Worker { fleet: 0, number });
        on(100 + u64::from(number), 0, Heard::Joined { acquiree: AcquireeId(u64::from(number)), worker });
    }
    on(103, 0, Heard::DomainBorn { domain: DOMAIN, spec: &ours });
    let worker = Some(Worker { fleet: 1, number: 0 });
    on(103, 1, Heard::Joined { acquiree: AcquireeId(0), worker });
    on(103, 1, Heard::DomainBorn { domain: DOMAIN, spec: &theirs });
    let (cause, root) = (Cause::First, RootCause::First);
    let clearance = Clearance { id: ClearanceId(1), domain: DOMAIN, cause, root, parent: None };
    on(110, 0, Heard::Cleared(clearance));
    state
}

fn hear(state: &mut State, ms: u64, heard: Heard<'_>) {
    state.take(at(ms), &Input::Replica { replica: 0, heard });
}

fn page(state: &State, ms: u64) -> DomainPage {
    state.page(0, at(ms), &[]).unwrap().page
}

#[test]
fn acquirees_stand_in_the_order_in_which_they_came() {
    let page = page(&state(), 150);
    assert_eq!(page.replicas.len(), 1, "the other replica never had it");
    let waited = page.replicas[0].acquirees.iter().map(|acquiree| acquiree.waited.as_millis());
    assert_eq!(waited.collect::<Vec<_>>(), [50, 49, 48]);
    assert_eq!(page.replicas[0].live, None);
}

#[test]
fn who_left_or_has_a_job_waits_no_more() {
    let mut state = state();
    hear(&mut state, 120, Heard::Left { acquiree: AcquireeId(1) });
    hear(&mut state, 120, Heard::QueryStarted { clearance: ClearanceId(1), acquirees: 1 });
    hear(&mut state, 130, Heard::QueryFound { clearance: ClearanceId(1), jobs: &[1] });
    let worker = Some(Worker { fleet: 0, number: 0 });
    hear(&mut state, 130, Heard::HandedOver { clearance: ClearanceId(1), job: 1, worker });
    let page = page(&state, 150);
    assert_eq!(page.replicas[0].acquirees.len(), 1);
    assert_eq!(page.replicas[0].acquirees[0].waited, Duration::from_millis(48));
    assert_eq!(page.replicas[0].clearance, None);
    assert_eq!((page.queue_wait.count, page.queue_wait.p50_us / 10_000), (1, 11), "110 ms within a tenth");
}

#[test]
fn worker_that_calls_again_after_an_error_waits_once() {
    let mut state = state();
    let worker = Some(Worker { fleet: 0, number: 1 });
    hear(&mut state, 140, Heard::Joined { acquiree: AcquireeId(9), worker });
    hear(&mut state, 141, Heard::Left { acquiree: AcquireeId(1) });
    let page = page(&state, 150);
    assert_eq!(page.replicas[0].acquirees.len(), 3);
    assert_eq!(page.replicas[0].acquirees[2].waited, Duration::from_millis(10));
}

#[test]
fn clearance_tells_its_phase_and_since_when() {
    let mut state = state();
    let of = |state: &State, ms| page(state, ms).replicas[0].clearance.unwrap();
    let cleared = of(&state, 115);
    assert_eq!((cleared.phase, cleared.since), (DomainPhase::Cleared, Duration::from_millis(5)));
    hear(&mut state, 120, Heard::QueryStarted { clearance: ClearanceId(1), acquirees: 1 });
    let querying = of(&state, 127);
    assert_eq!((querying.phase, querying.since), (DomainPhase::Querying, Duration::from_millis(7)));
    assert_eq!((querying.cause, querying.root), (Cause::First, RootCause::First));
    hear(&mut state, 130, Heard::QueryEmpty { clearance: ClearanceId(1) });
    assert_eq!(page(&state, 131).replicas[0].clearance, None);
}

#[test]
fn backlog_is_told_by_what_jobs_demand_and_how_many_domains_accept_them() {
    let page = page(&state(), 150);
    let told: Vec<_> = page
        .backlog
        .iter()
        .map(|shape| {
            (shape.shape.tags.iter().count(), shape.queued, shape.oldest.as_millis(), shape.accepted_by)
        })
        .collect();
    assert_eq!(told, [(2, 2, 130, 1), (1, 1, 140, 2)], "the most first, and nothing that it doesn't accept");
}

#[test]
fn a_thousand_who_wait_are_listed_up_to_the_bound_and_the_rest_is_counted() {
    let mut state = state();
    for number in 10..1_010 {
        let worker = Some(Worker { fleet: 0, number });
        hear(&mut state, 140, Heard::Joined { acquiree: AcquireeId(u64::from(number)), worker });
    }
    let page = page(&state, 150);
    assert_eq!(page.replicas[0].acquirees.len(), LISTED_MAX);
    assert_eq!(page.replicas[0].acquirees_more, 1_003 - LISTED_MAX);
}

#[test]
fn domain_that_never_was_has_no_page() {
    assert!(state().page(7, at(150), &[]).is_none());
}
