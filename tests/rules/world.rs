//! A machine with a clock and a memory for what it decided.

use std::sync::Arc;
use std::time::Duration;

use acquirer::job::{JobId, Posting, ProvisionerType, Tags};
use acquirer::wakeup::{
    AcquireeId, Cause, Chance, Clearance, ClearanceId, DomainId, DomainSpec, FirstChoice, Input, Machine,
    Outcome, Output, Policy, RootCause, Time,
};

pub(crate) const PERIOD: Duration = Duration::from_secs(30);

/// A machine, its time, and what it has said since it was asked last.
pub(crate) struct World {
    pub(crate) machine: Machine,
    pub(crate) now: Time,
    said: Vec<Output>,
    joined: u64,
}

impl World {
    /// Under the rules of the seed.
    pub(crate) fn new() -> Self {
        Self::under(Policy::seed())
    }

    pub(crate) fn under(policy: Policy) -> Self {
        Self { machine: Machine::new(policy, PERIOD), now: Time::ZERO, said: Vec::new(), joined: 0 }
    }

    pub(crate) fn feed(&mut self, input: Input) {
        self.feed_by(input, &mut FirstChoice);
    }

    pub(crate) fn feed_by(&mut self, input: Input, chance: &mut impl Chance) {
        self.machine.handle(self.now, input, chance);
        while let Some(output) = self.machine.poll_output() {
            self.said.push(output);
        }
    }

    /// A new acquiree of the domain.
    pub(crate) fn join(&mut self, spec: &Arc<DomainSpec>) -> AcquireeId {
        self.joined += 1;
        let acquiree = AcquireeId(self.joined);
        self.feed(Input::Join { acquiree, spec: Arc::clone(spec) });
        acquiree
    }

    pub(crate) fn leave(&mut self, acquiree: AcquireeId) {
        self.feed(Input::Leave { acquiree });
    }

    pub(crate) fn post(&mut self, tags: &[(&str, &str)]) {
        self.feed(Input::Post(posting(ProvisionerType::Echo, tags)));
    }

    pub(crate) fn finish(&mut self, clearance: ClearanceId, outcome: Outcome) {
        self.feed(Input::Finish { clearance, outcome });
    }

    /// What was said since the last look.
    pub(crate) fn said(&mut self) -> Vec<Output> {
        std::mem::take(&mut self.said)
    }

    /// The clearances given since the last look.
    pub(crate) fn cleared(&mut self) -> Vec<Clearance> {
        let cleared = |output| match output {
            Output::Cleared(clearance) => Some(clearance),
            _ => None,
        };
        self.said().into_iter().filter_map(cleared).collect()
    }

    /// The one clearance given since the last look, and why.
    pub(crate) fn cleared_once(&mut self) -> (ClearanceId, Cause, RootCause) {
        let cleared = self.cleared();
        assert_eq!(cleared.len(), 1, "{cleared:?}");
        (cleared[0].id, cleared[0].cause, cleared[0].root)
    }

    /// Begins the query of a clearance; whom it is for.
    pub(crate) fn begin(&mut self, clearance: ClearanceId) -> Vec<AcquireeId> {
        self.feed(Input::Begin { clearance });
        match self.said().pop() {
            Some(Output::Query { acquirees, .. }) => acquirees,
            other => panic!("no query for {clearance:?} but {other:?}"),
        }
    }

    /// A domain whose first acquiree has looked and found nothing: it sleeps.
    pub(crate) fn asleep(&mut self, spec: &Arc<DomainSpec>) -> AcquireeId {
        let acquiree = self.join(spec);
        let (clearance, ..) = self.cleared_once();
        self.begin(clearance);
        self.finish(clearance, Outcome::Empty);
        assert_eq!(self.said(), []);
        acquiree
    }

    pub(crate) fn wait(&mut self, time: Duration) {
        self.now = self.now + time;
        self.feed(Input::Timeout);
    }

    /// The domain of a spec.
    pub(crate) fn domain(&self, spec: &DomainSpec) -> Option<DomainId> {
        self.machine.domains().find(|domain| domain.spec.key() == spec.key()).map(|domain| domain.id)
    }
}

/// A query found one job.
pub(crate) fn found() -> Outcome {
    Outcome::Found(vec![JobId::from_u128(1)])
}

pub(crate) fn posting(provisioner: ProvisionerType, tags: &[(&str, &str)]) -> Posting {
    Posting { provisioner, tags: tagged(tags), job_id: None }
}

pub(crate) fn tagged(tags: &[(&str, &str)]) -> Tags {
    Tags::from_pairs(tags.iter().copied()).unwrap()
}

/// A domain of echo workers.
pub(crate) fn echo(tags: &[(&str, &str)]) -> Arc<DomainSpec> {
    Arc::new(DomainSpec::new(&[ProvisionerType::Echo], &tagged(tags)))
}
