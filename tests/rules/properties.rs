//! What holds whatever happens: random inputs in any order that the outside world can produce.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use acquirer::job::{JobId, Posting, ProvisionerType};
use acquirer::wakeup::{
    AcquireeId, Chance, ClearanceId, Departed, DomainId, Input, Machine, Outcome, Output, Policy, Time,
};
use proptest::prelude::*;

use crate::world::{PERIOD, echo, tagged};

#[derive(Debug, Clone)]
enum Act {
    Join(usize),
    Leave(usize),
    Begin(usize),
    Finish(usize, u8),
    Post(usize),
    Lost,
    Wait(u64),
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        3 => (0..3_usize).prop_map(Act::Join),
        2 => any::<usize>().prop_map(Act::Leave),
        4 => any::<usize>().prop_map(Act::Begin),
        4 => (any::<usize>(), any::<u8>()).prop_map(|(which, how)| Act::Finish(which, how)),
        2 => (0..4_usize).prop_map(Act::Post),
        1 => Just(Act::Lost),
        1 => (1..40_u64).prop_map(Act::Wait),
    ]
}

fn policy() -> impl Strategy<Value = Policy> {
    let batch = prop_oneof![Just(1_usize), Just(2), Just(16)];
    (any::<[bool; 8]>(), batch).prop_map(|(seed, claim_batch)| {
        let (theirs, ours) = (Policy::seed(), Policy::default());
        Policy {
            chain: if seed[0] { theirs.chain } else { ours.chain },
            postings: if seed[1] { theirs.postings } else { ours.postings },
            route: if seed[2] { theirs.route } else { ours.route },
            order: if seed[3] { theirs.order } else { ours.order },
            departed: if seed[4] { Departed::Stranded } else { Departed::GivenBack },
            after_error: if seed[5] { theirs.after_error } else { ours.after_error },
            first_poll: if seed[6] { theirs.first_poll } else { ours.first_poll },
            doubtful: if seed[7] { theirs.doubtful } else { ours.doubtful },
            claim_batch,
        }
    })
}

struct Draws(usize);

impl Chance for Draws {
    fn below(&mut self, bound: usize) -> usize {
        self.0 += 1;
        self.0 % bound
    }
}

/// Onlooker: knows from outputs alone who waits and what is in flight.
#[derive(Default)]
struct Onlooker {
    waiting: BTreeSet<AcquireeId>,
    cleared: BTreeMap<ClearanceId, DomainId>,
    querying: BTreeMap<ClearanceId, (DomainId, Vec<AcquireeId>)>,
    standing: BTreeSet<DomainId>,
    /// Domains that have waited after an error; some may be over it.
    pausing: BTreeSet<DomainId>,
    handed: u64,
    given_back: u64,
    found: u64,
}

impl Onlooker {
    fn hear(&mut self, output: Output) {
        match output {
            Output::DomainBorn { domain, .. } => assert!(self.standing.insert(domain)),
            Output::DomainDissolved { domain } => {
                assert!(self.standing.remove(&domain));
                assert!(self.busy(domain) == 0, "dissolved with a clearance in use");
            }
            Output::Cleared(clearance) => {
                assert_eq!(self.busy(clearance.domain), 0, "S2, EXCLUSIVE");
                self.cleared.insert(clearance.id, clearance.domain);
            }
            Output::Revoked { clearance } => assert!(self.cleared.remove(&clearance).is_some(), "CONSERVED"),
            Output::Query { clearance, acquirees, .. } => {
                let domain = self.cleared.remove(&clearance).expect("only what was cleared queries");
                assert!(
                    !acquirees.is_empty() && acquirees.iter().all(|acquiree| self.waiting.contains(acquiree))
                );
                self.querying.insert(clearance, (domain, acquirees));
            }
            Output::HandOver { acquiree, .. } => {
                assert!(self.waiting.remove(&acquiree), "ONCE: a job goes to one who waits");
                self.handed += 1;
            }
            Output::Fail { acquiree } => assert!(self.waiting.remove(&acquiree)),
            Output::GiveBack { .. } | Output::Strand { .. } => self.given_back += 1,
            Output::Pended { domain, .. } => assert!(
                self.busy(domain) == 1 || self.pausing.contains(&domain),
                "only a busy domain remembers"
            ),
            Output::BackingOff { domain, .. } => {
                self.pausing.insert(domain);
            }
            Output::HandedOn { .. } | Output::PostAnew { .. } | Output::PostingRouted { .. } => {}
        }
    }

    fn busy(&self, domain: DomainId) -> usize {
        let querying = self.querying.values().filter(|(other, _)| *other == domain).count();
        self.cleared.values().filter(|other| **other == domain).count() + querying
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_breaks_the_invariants(policy in policy(), acts in prop::collection::vec(act(), 1..120)) {
        let specs = [echo(&[]), echo(&[("a", "1")]), echo(&[("a", "1"), ("b", "2")])];
        let demands = [&[][..], &[("a", "1")][..], &[("b", "2")][..], &[("c", "3")][..]];
        let mut machine = Machine::new(policy, PERIOD);
        let mut draws = Draws(0);
        let mut onlooker = Onlooker::default();
        let mut now = Time::ZERO;
        let mut joined = 0;
        let mut posted = 0;
        let mut jobs = (0..).map(JobId::from_u128);
        let mut claims = BTreeMap::new();
        for act in acts {
            let input = match act {
                Act::Join(spec) => {
                    joined += 1;
                    onlooker.waiting.insert(AcquireeId(joined));
                    Input::Join { acquiree: AcquireeId(joined), spec: Arc::clone(&specs[spec]) }
                }
                Act::Leave(which) => {
                    let Some(acquiree) = pick(&onlooker.waiting, which) else { continue };
                    onlooker.waiting.remove(&acquiree);
                    Input::Leave { acquiree }
                }
                Act::Begin(which) => {
                    let Some(clearance) = pick(onlooker.cleared.keys(), which) else { continue };
                    Input::Begin { clearance }
                }
                Act::Finish(which, how) => {
                    let Some(clearance) = pick(onlooker.querying.keys(), which) else { continue };
                    onlooker.querying.remove(&clearance);
                    let claimed = claims[&clearance];
                    let outcome = match how % 3 {
                        0 => Outcome::Found(jobs.by_ref().take(1 + usize::from(how) % claimed).collect()),
                        1 => Outcome::Empty,
                        _ => Outcome::Failed,
                    };
                    if let Outcome::Found(jobs) = &outcome {
                        onlooker.found += jobs.len() as u64;
                    }
                    Input::Finish { clearance, outcome }
                }
                Act::Post(demand) => {
                    posted += 1;
                    Input::Post(Posting {
                        provisioner: ProvisionerType::Echo,
                        tags: tagged(demands[demand]),
                        job_id: (posted % 3 != 0).then(|| JobId::from_u128(posted)),
                    })
                }
                Act::Lost => Input::MessagesLost,
                Act::Wait(seconds) => {
                    now = now + Duration::from_secs(seconds);
                    Input::Timeout
                }
            };
            machine.handle(now, input, &mut draws);
            while let Some(output) = machine.poll_output() {
                if let Output::Query { clearance, acquirees, .. } = &output {
                    claims.insert(*clearance, acquirees.len());
                }
                onlooker.hear(output);
            }
            prop_assert_eq!(machine.acquirees_len(), onlooker.waiting.len());
            prop_assert_eq!(onlooker.found, onlooker.handed + onlooker.given_back, "every job is someone's");
            prop_assert_eq!(machine.poll_timeout().is_some(), !onlooker.standing.is_empty());
        }
    }
}

fn pick<'a, T: Copy + 'a>(
    from: impl IntoIterator<Item = &'a T, IntoIter: ExactSizeIterator>,
    which: usize,
) -> Option<T> {
    let mut from = from.into_iter();
    let len = from.len();
    if len == 0 { None } else { from.nth(which % len).copied() }
}
