//! One domain looked at closely, as far as the inputs tell.
//!
//! Everything is found by the domain's number and its fleets: what it costs grows with the domain, and of the others no
//! more than the fleets' keys are looked at.

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests;

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use acquirer::wakeup::DomainId;

use crate::scenario::Fleet;
use crate::snapshot::{
    DomainPage, DomainPhase, LISTED_MAX, PageAcquiree, PageClearance, PageReplica, ShapeBacklog,
};

use super::alphabet::Time;
use super::domains::{DomainIndex, DomainNumber};
use super::ids::Worker;
use super::latency;
use super::shapes::Queued;
use super::state::State;

/// A page, and what leads from it to the acquirers.
#[derive(Debug, Clone, Default)]
pub(crate) struct PageDraft {
    pub(crate) page: DomainPage,
    /// The domain's name on each replica of the page where it stands.
    pub(crate) standing: Vec<Option<DomainId>>,
    /// For how long each worker of it has waited.
    waited: HashMap<Worker, Duration>,
}

impl PageDraft {
    /// What the page says of a worker that its acquirer named.
    pub(crate) fn acquiree(&self, worker: Option<Worker>, fleets: &[Fleet]) -> PageAcquiree {
        let waited = worker.and_then(|worker| self.waited.get(&worker)).copied().unwrap_or_default();
        PageAcquiree { worker: worker.map_or_else(|| "?".to_owned(), |worker| name(worker, fleets)), waited }
    }
}

impl State {
    /// A domain of this number at `now`; `None` when there never was one.
    pub(crate) fn page(&self, number: DomainNumber, now: Time, fleets: &[Fleet]) -> Option<PageDraft> {
        let spec = self.domains.specs().get(number as usize)?;
        let fleets_of = (0..).zip(&self.fleets).filter(|(_, fleet)| fleet.key() == spec.key());
        let fleets_of = fleets_of.map(|(fleet, _)| fleet);
        let waiters = self.waiters.as_ref().map_or_else(Vec::new, |waiters| waiters.of(fleets_of));
        let mut draft = PageDraft::default();
        draft.page.number = number;
        draft.page.at = self.elapsed(now);
        draft.waited = waiters.iter().map(|waiter| (waiter.worker, now - waiter.since)).collect();
        let indices: Vec<DomainIndex> = self.domains.of(number).collect();
        for &index in &indices {
            let stats = self.domains.get(index);
            let here = || waiters.iter().filter(|waiter| waiter.replica == stats.replica);
            draft.standing.push(stats.standing);
            draft.page.replicas.push(PageReplica {
                replica: stats.replica,
                clearance: self.clearance_of(index, now),
                acquirees: here()
                    .take(LISTED_MAX)
                    .map(|waiter| draft.acquiree(Some(waiter.worker), fleets))
                    .collect(),
                acquirees_more: here().count().saturating_sub(LISTED_MAX),
                ..PageReplica::default()
            });
        }
        let mut backlog = indices.first().map_or_else(Vec::new, |index| self.backlog_of(*index, now));
        draft.page.backlog_more = backlog.len().saturating_sub(LISTED_MAX);
        backlog.truncate(LISTED_MAX);
        draft.page.backlog = backlog;
        draft.page.queue_wait = self.domains.queue_wait(number).map(latency::summarize).unwrap_or_default();
        Some(draft)
    }

    fn clearance_of(&self, index: DomainIndex, now: Time) -> Option<PageClearance> {
        let stats = self.domains.get(index);
        let live = self.clearances.get(stats.replica, stats.in_use?)?;
        let (phase, since) = match (live.query_started, stats.last) {
            (Some(started), _) => (DomainPhase::Querying, started),
            (None, Some((cleared, ..))) => (DomainPhase::Cleared, cleared),
            (None, None) => return None,
        };
        Some(PageClearance { cause: live.cause, root: live.root, phase, since: now - since })
    }

    /// The jobs that wait and that this domain accepts, by what they demand, the most first.
    fn backlog_of(&self, index: DomainIndex, now: Time) -> Vec<ShapeBacklog> {
        let accepts = self.attribution.accepts(index).iter().copied();
        let mut queued = self.shapes.queued_by_demand(accepts, now);
        queued.sort_by_key(|shape| Reverse((shape.jobs, shape.oldest)));
        let told = |Queued { shape, jobs, oldest }| ShapeBacklog {
            shape: self.shapes.all()[shape].clone(),
            queued: jobs,
            oldest,
            accepted_by: self.accepted_by(shape),
        };
        queued.into_iter().map(told).collect()
    }

    /// How many domains accept jobs of a shape.
    fn accepted_by(&self, shape: usize) -> usize {
        let accepting = self.attribution.accepted_by(shape).iter();
        accepting.map(|index| self.domains.get(*index).number).collect::<BTreeSet<_>>().len()
    }
}

fn name(worker: Worker, fleets: &[Fleet]) -> String {
    let fleet = fleets.get(worker.fleet as usize).map_or("?", |fleet| &fleet.name);
    format!("{fleet} {}", worker.number)
}
