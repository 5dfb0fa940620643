//! Who waits for a job, and since when.
//!
//! Told of callers by their replicas. A caller whose query failed is gone without a word: until its worker calls again
//! it counts as waiting. Bounded by the workers of the run. Each job costs what it takes to look them up, so that a run
//! that nobody follows keeps none.

use std::collections::HashMap;

use acquirer::wakeup::AcquireeId;

use super::alphabet::Time;
use super::ids::Worker;

/// A caller by its name, which is its replica's own.
type Caller = (usize, AcquireeId);

/// A worker that waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Waiter {
    pub(crate) worker: Worker,
    pub(crate) replica: usize,
    pub(crate) acquiree: AcquireeId,
    pub(crate) since: Time,
}

/// All workers that wait.
#[derive(Debug, Clone, Default)]
pub(super) struct Waiters {
    /// By the worker's fleet and number.
    by_fleet: HashMap<u32, HashMap<u32, Waiter>>,
    by_caller: HashMap<Caller, Worker>,
}

impl Waiters {
    pub(super) fn joined(&mut self, replica: usize, acquiree: AcquireeId, worker: Worker, at: Time) {
        let waiter = Waiter { worker, replica, acquiree, since: at };
        let fleet = self.by_fleet.entry(worker.fleet).or_default();
        if let Some(before) = fleet.insert(worker.number, waiter) {
            self.by_caller.remove(&(before.replica, before.acquiree));
        }
        self.by_caller.insert((replica, acquiree), worker);
    }

    /// A caller gave up.
    pub(super) fn left(&mut self, replica: usize, acquiree: AcquireeId) {
        if let Some(worker) = self.by_caller.remove(&(replica, acquiree)) {
            self.remove(worker);
        }
    }

    /// A worker has its job.
    pub(super) fn served(&mut self, worker: Worker) {
        if let Some(waiter) = self.remove(worker) {
            self.by_caller.remove(&(waiter.replica, waiter.acquiree));
        }
    }

    fn remove(&mut self, worker: Worker) -> Option<Waiter> {
        self.by_fleet.get_mut(&worker.fleet)?.remove(&worker.number)
    }

    /// Those of these fleets, in the order in which each replica heard of them.
    pub(super) fn of(&self, fleets: impl Iterator<Item = u32>) -> Vec<Waiter> {
        let waiters = fleets.filter_map(|fleet| self.by_fleet.get(&fleet)).flat_map(HashMap::values);
        let mut waiters: Vec<Waiter> = waiters.copied().collect();
        waiters.sort_unstable_by_key(|waiter| (waiter.replica, waiter.acquiree));
        waiters
    }

    /// How many there are.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        let len = self.by_fleet.values().map(HashMap::len).sum();
        assert_eq!(self.by_caller.len(), len);
        len
    }
}
