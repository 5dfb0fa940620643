//! Clearances in use, and what came of all there were, by cause.

use std::collections::HashMap;

use acquirer::wakeup::{Cause, Clearance, ClearanceId, RootCause};

use super::alphabet::Time;
use super::domains::DomainIndex;

/// What came of the clearances with one cause.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CauseCounts {
    /// How many were given.
    pub clearances: u64,
    /// Those whose query found a job.
    pub found: u64,
    /// Those whose query found nothing.
    pub empty: u64,
    /// Those whose query failed.
    pub failed: u64,
}

/// A clearance in use.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LiveClearance {
    pub(crate) cause: Cause,
    pub(crate) root: RootCause,
    pub(crate) domain: DomainIndex,
    pub(crate) query_started: Option<Time>,
    /// How many acquirees its query is for.
    pub(crate) asked: usize,
}

/// All clearances of all replicas.
#[derive(Debug, Clone, Default)]
pub(crate) struct Clearances {
    live: HashMap<(usize, ClearanceId), LiveClearance>,
    by_cause: [CauseCounts; Cause::ALL.len()],
    /// Queries in flight by domain, to see that there is never a second.
    in_flight: HashMap<DomainIndex, u64>,
    in_flight_max: u64,
}

impl Clearances {
    pub(crate) fn given(&mut self, replica: usize, clearance: &Clearance, domain: DomainIndex) {
        self.count(clearance.cause).clearances += 1;
        let live = LiveClearance {
            cause: clearance.cause,
            root: clearance.root,
            domain,
            query_started: None,
            asked: 0,
        };
        self.live.insert((replica, clearance.id), live);
    }

    /// A clearance in use.
    pub(crate) fn get(&self, replica: usize, clearance: ClearanceId) -> Option<&LiveClearance> {
        self.live.get(&(replica, clearance))
    }

    /// Takes a clearance that is void.
    pub(crate) fn revoked(&mut self, replica: usize, clearance: ClearanceId) -> Option<LiveClearance> {
        self.live.remove(&(replica, clearance))
    }

    /// Its query for so many acquirees is in flight.
    pub(crate) fn query_started(
        &mut self,
        replica: usize,
        clearance: ClearanceId,
        asked: usize,
        at: Time,
    ) -> Option<LiveClearance> {
        let live = self.live.get_mut(&(replica, clearance))?;
        live.query_started = Some(at);
        live.asked = asked;
        let in_flight = self.in_flight.entry(live.domain).or_default();
        *in_flight += 1;
        self.in_flight_max = self.in_flight_max.max(*in_flight);
        Some(*live)
    }

    /// Takes a clearance whose query ended.
    pub(crate) fn query_finished(&mut self, replica: usize, clearance: ClearanceId) -> Option<LiveClearance> {
        let live = self.live.remove(&(replica, clearance))?;
        if let Some(in_flight) = self.in_flight.get_mut(&live.domain) {
            *in_flight = in_flight.saturating_sub(1);
        }
        Some(live)
    }

    /// Those in use.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.live.len()
    }

    pub(crate) fn count(&mut self, cause: Cause) -> &mut CauseCounts {
        &mut self.by_cause[cause as usize]
    }

    /// What came of them, by cause.
    pub(crate) fn by_cause(&self) -> impl Iterator<Item = (Cause, CauseCounts)> {
        Cause::ALL.into_iter().map(|cause| (cause, self.by_cause[cause as usize]))
    }

    /// The most queries that any domain of any replica had in flight at once (`EXCLUSIVE`: 1).
    pub(crate) fn in_flight_max(&self) -> u64 {
        self.in_flight_max
    }
}
