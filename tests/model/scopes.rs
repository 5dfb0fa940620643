//! Worlds small enough to try everything in.

use acquirer::wakeup::{FirstPoll, Policy};

use crate::world::{Limits, Scope, echo, jobs};

/// The default policy, but for the moment of the first poll, which would double all states for nothing.
pub(crate) fn ours() -> Policy {
    Policy { first_poll: FirstPoll::AfterPeriod, claim_batch: 2, ..Policy::default() }
}

/// One replica and two domains that overlap: one acquiree of each, two jobs, the first only for one of them.
pub(crate) fn two_domains(policy: Policy) -> Scope {
    Scope {
        policy,
        replicas: 1,
        specs: vec![echo(&[("a", "1"), ("b", "1")]), echo(&[("a", "1"), ("b", "2")])],
        acquirees: vec![(0, 0), (0, 1)],
        jobs: jobs(&[&[("a", "1")], &[("a", "1")]]),
        limits: Limits::default(),
        is_swift: false,
        starts_asleep: false,
    }
}

/// One domain of several acquirees.
pub(crate) fn one_domain(policy: Policy, acquirees: usize, jobs_len: usize) -> Scope {
    Scope {
        policy,
        replicas: 1,
        specs: vec![echo(&[])],
        acquirees: vec![(0, 0); acquirees],
        jobs: jobs(&vec![&[][..]; jobs_len]),
        limits: Limits::default(),
        is_swift: false,
        starts_asleep: false,
    }
}

/// Three domains that overlap pairwise, and as a whole in a job without demands.
pub(crate) fn three_domains(policy: Policy, jobs_len: usize) -> Scope {
    let demands: [&[(&str, &str)]; 3] = [&[], &[("a", "1")], &[("b", "1")]];
    Scope {
        policy,
        replicas: 1,
        specs: vec![echo(&[("a", "1")]), echo(&[("b", "1")]), echo(&[("a", "1"), ("b", "1")])],
        acquirees: vec![(0, 0), (0, 1), (0, 2)],
        jobs: jobs(&demands[..jobs_len]),
        limits: Limits::default(),
        is_swift: false,
        starts_asleep: false,
    }
}

/// Two replicas, an acquiree of one domain in each.
pub(crate) fn two_replicas(policy: Policy, jobs_len: usize) -> Scope {
    Scope {
        policy,
        replicas: 2,
        specs: vec![echo(&[])],
        acquirees: vec![(0, 0), (1, 0)],
        jobs: jobs(&vec![&[][..]; jobs_len]),
        limits: Limits::default(),
        is_swift: false,
        starts_asleep: false,
    }
}

/// Two replicas, each with an acquiree of each of two domains that overlap.
pub(crate) fn two_by_two(policy: Policy, jobs_len: usize) -> Scope {
    Scope {
        replicas: 2,
        acquirees: vec![(0, 0), (0, 1), (1, 0), (1, 1)],
        jobs: jobs(&vec![&[("a", "1")][..]; jobs_len]),
        ..two_domains(policy)
    }
}

/// So much may go wrong.
pub(crate) fn within(limits: Limits, scope: Scope) -> Scope {
    Scope { limits, ..scope }
}

/// Who is cleared queries at once.
pub(crate) fn swift(scope: Scope) -> Scope {
    Scope { is_swift: true, ..scope }
}

/// All sleep when it begins.
pub(crate) fn asleep(scope: Scope) -> Scope {
    Scope { starts_asleep: true, ..scope }
}

/// Notices name no job, as the original's don't.
pub(crate) fn unnamed(mut scope: Scope) -> Scope {
    for job in &mut scope.jobs {
        job.job_id = None;
    }
    scope
}
