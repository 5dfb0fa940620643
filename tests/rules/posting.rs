//! `S11`: a posting wakes one domain that contains it.

use acquirer::job::{ProvisionerType, Tags};
use acquirer::wakeup::{Cause, Chance, DomainSpec, Input, Output, RootCause};

use crate::world::{World, echo, posting, tagged};

use ProvisionerType::{Echo, Terraform};

/// A worker's types and tags, a job's type and tags, and whether they fit.
type Case = (&'static str, &'static [ProvisionerType], Pairs, ProvisionerType, Pairs, bool);
type Pairs = &'static [(&'static str, &'static str)];

const BOTH: Pairs = &[("env", "on-prem"), ("dc", "chicago")];
const ENV: Pairs = &[("env", "on-prem")];

const CASES: &[Case] = &[
    ("equal tags", &[Echo], ENV, Echo, ENV, true),
    ("job demands a subset", &[Echo], BOTH, Echo, ENV, true),
    ("job demands a superset", &[Echo], ENV, Echo, BOTH, false),
    ("disjoint tags", &[Echo], ENV, Echo, &[("dc", "chicago")], false),
    ("neither has tags", &[Echo], &[], Echo, &[], true),
    ("job demands nothing", &[Echo], BOTH, Echo, &[], true),
    ("worker has no tags", &[Echo], &[], Echo, ENV, false),
    ("unknown key", &[Echo], BOTH, Echo, &[("env", "on-prem"), ("gpu", "yes")], false),
    ("differing value", &[Echo], ENV, Echo, &[("env", "cloud")], false),
    ("empty value is a value", &[Echo], &[("env", "")], Echo, &[("env", "")], true),
    ("empty value isn't absence", &[Echo], &[], Echo, &[("env", "")], false),
    ("keys are case-sensitive", &[Echo], ENV, Echo, &[("Env", "on-prem")], false),
    ("wrong type", &[Echo], ENV, Terraform, ENV, false),
    ("one of several types", &[Echo, Terraform], ENV, Terraform, ENV, true),
    ("no types at all", &[], ENV, Echo, ENV, false),
];

#[test]
fn a_domain_contains_what_its_workers_accept() {
    for (case, types, worker, provisioner, job, fits) in CASES {
        let spec = DomainSpec::new(types, &tagged(worker));
        assert_eq!(spec.contains(&posting(*provisioner, job)), *fits, "{case}");
    }
}

#[test]
fn a_matching_posting_wakes_a_sleeping_domain_and_others_do_not() {
    let mut world = World::new();
    let spec = echo(ENV);
    world.asleep(&spec);
    for incompatible in [posting(Terraform, ENV), posting(Echo, BOTH), posting(Echo, &[("env", "cloud")])] {
        world.feed(Input::Post(incompatible));
        assert_eq!(world.said(), [Output::PostingRouted { domain: None }]);
    }
    world.post(ENV);
    let (_, cause, root) = world.cleared_once();
    assert_eq!((cause, root), (Cause::Posting, RootCause::Posting));
}

#[test]
fn a_posting_wakes_one_of_several_domains_that_contain_it() {
    struct Last;
    impl Chance for Last {
        fn below(&mut self, bound: usize) -> usize {
            bound - 1
        }
    }
    let mut world = World::new();
    let specs = [echo(ENV), echo(BOTH)];
    for spec in &specs {
        world.asleep(spec);
    }
    world.asleep(&echo(&[("env", "cloud")]));
    world.post(ENV);
    assert_eq!(
        world.cleared()[..].iter().map(|c| Some(c.domain)).collect::<Vec<_>>(),
        [world.domain(&specs[0])]
    );
    world.feed_by(Input::Post(posting(Echo, ENV)), &mut Last);
    assert_eq!(
        world.cleared()[..].iter().map(|c| Some(c.domain)).collect::<Vec<_>>(),
        [world.domain(&specs[1])]
    );
}

#[test]
fn a_posting_that_nobody_waits_for_wakes_nobody() {
    let mut world = World::new();
    world.feed(Input::Post(acquirer::job::Posting { provisioner: Echo, tags: Tags::new(), job_id: None }));
    assert_eq!(world.said(), [Output::PostingRouted { domain: None }]);
}
