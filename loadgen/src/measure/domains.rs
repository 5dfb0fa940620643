//! What each domain did on each replica, kept after the domain dissolves.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use acquirer::wakeup::{Cause, ClearanceId, DomainId, DomainKey, DomainSpec, RootCause};
use hdrhistogram::Histogram;

use super::alphabet::Time;
use super::latency;
use super::recent::RECENT_SECONDS;

/// Names a domain of one replica in [`Domains`].
pub(crate) type DomainIndex = usize;

/// Numbers a domain over all replicas, in the order in which they were first seen.
pub type DomainNumber = u32;

/// All domains that ever were.
#[derive(Debug, Clone, Default)]
pub(crate) struct Domains {
    /// By number.
    specs: Arc<Vec<Arc<DomainSpec>>>,
    stats: Vec<DomainStats>,
    by_key: BTreeMap<(DomainKey, usize), DomainIndex>,
    standing: HashMap<(usize, DomainId), DomainIndex>,
    /// Of the jobs that each took on all replicas, by number; only of those that took any.
    queue_wait: Vec<Option<Histogram<u32>>>,
}

/// What one domain did on one replica.
#[derive(Debug, Clone)]
pub(crate) struct DomainStats {
    pub(crate) number: DomainNumber,
    pub(crate) spec: Arc<DomainSpec>,
    pub(crate) replica: usize,
    pub(crate) acquired: u64,
    pub(crate) queries: u64,
    pub(crate) empty: u64,
    pub(crate) rescued: u64,
    /// Its name while it stands.
    pub(crate) standing: Option<DomainId>,
    /// The clearance in use.
    pub(crate) in_use: Option<ClearanceId>,
    /// Its last clearance: when, and why.
    pub(crate) last: Option<(Time, Cause, RootCause)>,
    /// Since when its query has been in flight.
    pub(crate) querying_since: Option<Time>,
    /// The last seconds, the one that runs first.
    recent: [DomainSecond; RECENT_SECONDS],
}

/// What a domain did on a replica in one second, or in the last ones together.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct DomainSecond {
    pub(crate) queries: u32,
    /// Queries that found nothing.
    pub(crate) empty: u32,
    pub(crate) acquired: u32,
    pub(crate) rescued: u32,
}

impl Domains {
    pub(crate) fn born(&mut self, replica: usize, domain: DomainId, spec: &Arc<DomainSpec>) -> DomainIndex {
        let key = (spec.key().clone(), replica);
        let index = self.by_key.get(&key).copied().unwrap_or_else(|| self.add(key, replica, spec));
        self.standing.insert((replica, domain), index);
        self.stats[index].standing = Some(domain);
        index
    }

    fn add(&mut self, key: (DomainKey, usize), replica: usize, spec: &Arc<DomainSpec>) -> DomainIndex {
        let elsewhere = self.by_key.range((key.0.clone(), 0)..).next().filter(|(found, _)| found.0 == key.0);
        let number = elsewhere.map_or(self.specs.len() as u32, |(_, index)| self.stats[*index].number);
        if number as usize == self.specs.len() {
            Arc::make_mut(&mut self.specs).push(Arc::clone(spec));
        }
        let index = self.stats.len();
        self.by_key.insert(key, index);
        self.stats.push(DomainStats {
            number,
            spec: Arc::clone(spec),
            replica,
            acquired: 0,
            queries: 0,
            empty: 0,
            rescued: 0,
            standing: None,
            in_use: None,
            last: None,
            querying_since: None,
            recent: Default::default(),
        });
        index
    }

    pub(crate) fn dissolved(&mut self, replica: usize, domain: DomainId) -> Option<DomainIndex> {
        let index = self.standing.remove(&(replica, domain))?;
        self.stats[index].standing = None;
        Some(index)
    }

    /// The records of a domain on each replica that ever had it, by replica.
    pub(crate) fn of(&self, number: DomainNumber) -> impl Iterator<Item = DomainIndex> {
        let key = self.specs.get(number as usize).map(|spec| spec.key().clone());
        key.into_iter().flat_map(|key| {
            let records = self.by_key.range((key.clone(), 0)..);
            records.take_while(move |(found, _)| found.0 == key).map(|(_, index)| *index)
        })
    }

    /// A domain took a job that had waited for so long.
    pub(crate) fn waited(&mut self, index: DomainIndex, wait: Duration) {
        let number = self.stats[index].number as usize;
        if self.queue_wait.len() <= number {
            self.queue_wait.resize(number + 1, None);
        }
        latency::record_roughly(self.queue_wait[number].get_or_insert_with(latency::rough), wait);
    }

    /// How long the jobs had waited that a domain took, if it took any.
    pub(crate) fn queue_wait(&self, number: DomainNumber) -> Option<&Histogram<u32>> {
        self.queue_wait.get(number as usize)?.as_ref()
    }

    /// Where a standing domain's record is.
    pub(crate) fn index(&self, replica: usize, domain: DomainId) -> Option<DomainIndex> {
        self.standing.get(&(replica, domain)).copied()
    }

    /// The number of a standing domain.
    pub(crate) fn number(&self, replica: usize, domain: DomainId) -> Option<DomainNumber> {
        self.index(replica, domain).map(|index| self.stats[index].number)
    }

    /// What each accepts, by number.
    pub(crate) fn specs(&self) -> &Arc<Vec<Arc<DomainSpec>>> {
        &self.specs
    }

    pub(crate) fn get(&self, index: DomainIndex) -> &DomainStats {
        &self.stats[index]
    }

    pub(crate) fn at(&mut self, index: DomainIndex) -> &mut DomainStats {
        &mut self.stats[index]
    }

    /// All that ever were, on each replica.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.stats.len()
    }

    #[cfg(test)]
    pub(crate) fn standing_len(&self) -> usize {
        self.standing.len()
    }

    /// A second closed; the oldest of the recent ones is forgotten.
    pub(crate) fn advance(&mut self) {
        for domain in &mut self.stats {
            domain.recent.rotate_right(1);
            domain.recent[0] = DomainSecond::default();
        }
    }

    /// Ordered by key, then by replica.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (DomainIndex, &DomainStats)> {
        self.by_key.values().map(|index| (*index, &self.stats[*index]))
    }
}

impl DomainStats {
    pub(crate) fn queried(&mut self, is_empty: bool) {
        self.queries += 1;
        self.empty += u64::from(is_empty);
        self.recent[0].queries += 1;
        self.recent[0].empty += u32::from(is_empty);
        self.querying_since = None;
    }

    pub(crate) fn acquired(&mut self) {
        self.acquired += 1;
        self.recent[0].acquired += 1;
    }

    pub(crate) fn rescued(&mut self) {
        self.rescued += 1;
        self.recent[0].rescued += 1;
    }

    /// A job was not rescued after all.
    pub(crate) fn not_rescued(&mut self) {
        self.rescued = self.rescued.saturating_sub(1);
        if let Some(second) = self.recent.iter_mut().find(|second| second.rescued > 0) {
            second.rescued -= 1;
        }
    }

    /// The last seconds together.
    pub(crate) fn recent(&self) -> DomainSecond {
        self.recent.iter().fold(DomainSecond::default(), |sum, second| DomainSecond {
            queries: sum.queries + second.queries,
            empty: sum.empty + second.empty,
            acquired: sum.acquired + second.acquired,
            rescued: sum.rescued + second.rescued,
        })
    }
}
