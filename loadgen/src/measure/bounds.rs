//! That the state of a run that keeps its pace stays as large as it is: but for the ledger's byte a job and the list of
//! seconds, which ends at a day. `examples/an_hour.rs` shows the same in resident memory.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use acquirer::job::{Posting, ProvisionerType, Tags};
use acquirer::wakeup::{AcquireeId, Cause, Clearance, ClearanceId, DomainId, DomainSpec, RootCause};

use super::alphabet::{FaultFacts, Heard, Input, PostedJob, Surroundings, Time};
use super::ids::Worker;
use super::live::LiveJob;
use super::state::{LIVE_JOBS_MAX, State};
use super::waiters::Waiters;

/// What is kept of a state, by name, in entries.
fn kept(state: &State) -> BTreeMap<&'static str, usize> {
    BTreeMap::from([
        ("unfinished jobs", state.live.len()),
        ("queued by shape", state.shapes.entries()),
        ("clearances", state.clearances.len()),
        ("waiters", state.waiters.as_ref().map_or(0, Waiters::len)),
        ("domains", state.domains.len()),
        ("standing domains", state.domains.standing_len()),
        ("faults", state.faults.len()),
        ("slowest", state.slowest.all().len()),
        ("found", state.found.len()),
    ])
}

/// Ten jobs a second in one domain that comes and goes. Every tenth is given back once; one job is never taken,
/// another one's worker never ends; each second one clearance is revoked, and a fault begins and ends.
fn live_through(state: &mut State, seconds: std::ops::Range<u64>) {
    let spec = Arc::new(DomainSpec::new(&[ProvisionerType::Echo], &Tags::new()));
    for second in seconds {
        for tenth in 0..10 {
            let number = second * 10 + tenth;
            let mut at = Time::new(Duration::from_millis(number * 100));
            let mut tell = |input: &Input<'_>| {
                at = at + Duration::from_millis(1);
                state.take(at, input);
            };
            let jobs = [PostedJob { number, shape: 0 }];
            let domain = DomainId(number);
            tell(&Input::PostStarted {
                jobs: &jobs,
                intended: Time::new(Duration::from_millis(number * 100)),
            });
            tell(&Input::Committed { jobs: &jobs });
            tell(&Input::Announced { jobs: &jobs });
            let mut on = |heard| tell(&Input::Replica { replica: 0, heard });
            let worker = Some(Worker { fleet: 0, number: number as u32 % 20 });
            on(Heard::Joined { acquiree: AcquireeId(number), worker });
            on(Heard::DomainBorn { domain, spec: &spec });
            on(Heard::NoticeReceived { job: Some(number), domain: Some(domain) });
            let (one, is_given_back) = ([number], number % 10 == 1);
            for nth in 0..2 {
                let clearance = ClearanceId(number * 2 + nth);
                let (cause, root) = (Cause::Posting, RootCause::Posting);
                on(Heard::Cleared(Clearance { id: clearance, domain, cause, root, parent: None }));
                if number % 10 == 2 && nth == 1 {
                    on(Heard::Revoked { clearance });
                    continue;
                }
                on(Heard::QueryStarted { clearance, acquirees: 1 });
                if number == 0 || (nth == 1 && !is_given_back) {
                    on(Heard::QueryEmpty { clearance });
                    continue;
                }
                on(Heard::QueryFound { clearance, jobs: &one });
                on(Heard::HandedOver { clearance, job: number, worker });
                if nth == 0 && is_given_back {
                    on(Heard::GivenBack { job: number });
                    on(Heard::Released { job: number });
                }
            }
            on(Heard::DomainDissolved { domain });
            on(Heard::Left { acquiree: AcquireeId(number) });
            if number > 1 {
                tell(&Input::WorkerReceived { job: number });
                tell(&Input::Finished { job: number, is_failure: false });
            }
        }
        let at = Time::new(Duration::from_secs(second));
        let (name, parameter) = ("drop_notifications", "100%");
        state.take(at, &Input::FaultBegan(FaultFacts { name, parameter, replica: None, until: None }));
        state.take(at, &Input::FaultFailed { name, why: "not ours" });
        state.take(at, &Input::FaultEnded { name });
        state.take(at, &Input::Sampled(&Surroundings::default()));
    }
}

#[test]
fn ten_times_as_long_a_run_keeps_no_more() {
    const SHORT_S: u64 = 500;
    let shape = Posting { provisioner: ProvisionerType::Echo, tags: Tags::new(), job_id: None };
    let mut state = State::new([shape], [], 0);
    state.take(Time::ZERO, &Input::Began { measure_from: Time::ZERO });
    live_through(&mut state, 0..SHORT_S);
    let short = kept(&state);
    assert_eq!((short["unfinished jobs"], short["domains"], short["slowest"]), (2, 1, 10));
    live_through(&mut state, SHORT_S..10 * SHORT_S);
    let mut long = kept(&state);
    // What comes and goes behind the job that nobody takes is looked through only now and then.
    let queued = long.insert("queued by shape", short["queued by shape"]).unwrap();
    assert!(queued <= 1_026, "{queued}");
    assert_eq!(long, short);
    assert_eq!(state.totals.posted, 100 * SHORT_S);
}

#[test]
fn seconds_end_at_a_day_and_the_newest_are_kept() {
    let mut state = State::new([], [], 0);
    state.take(Time::ZERO, &Input::Began { measure_from: Time::ZERO });
    let end = Time::new(Duration::from_hours(25));
    let seconds = state.results(end).seconds;
    assert_eq!((seconds.len(), seconds[0].second), (24 * 3_600, 3_600));
}

#[test]
fn all_the_unfinished_jobs_that_are_kept_fit_a_quarter_of_a_gigabyte() {
    // A hash table holds a seventh less than its power of two, and takes a byte more for each.
    let places = (LIVE_JOBS_MAX * 8 / 7).next_power_of_two();
    let bytes = places * (size_of::<(u64, LiveJob)>() + 1);
    assert!(bytes <= 256 << 20, "{bytes}");
}
