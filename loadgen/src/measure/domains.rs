//! What each domain did on each replica, kept after the domain dissolves.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Instant;

use acquirer::wakeup::{Cause, DomainId, DomainKey, DomainSpec, RootCause};

use super::recent::RECENT_SECONDS;

/// Names a domain of one replica in [`Domains`].
pub(crate) type DomainIndex = usize;

/// All domains that ever were.
#[derive(Debug, Default)]
pub(crate) struct Domains {
    stats: Vec<DomainStats>,
    by_key: BTreeMap<(DomainKey, usize), DomainIndex>,
    standing: HashMap<(usize, DomainId), DomainIndex>,
}

/// What one domain did on one replica.
#[derive(Debug)]
pub(crate) struct DomainStats {
    pub(crate) spec: Arc<DomainSpec>,
    pub(crate) replica: usize,
    pub(crate) acquired: u64,
    pub(crate) queries: u64,
    pub(crate) empty: u64,
    pub(crate) rescued: u64,
    /// Its last clearance: when, and why.
    pub(crate) last: Option<(Instant, Cause, RootCause)>,
    /// Queries, and those that found nothing, of the last seconds.
    recent: [(u32, u32); RECENT_SECONDS],
}

impl Domains {
    pub(crate) fn born(&mut self, replica: usize, domain: DomainId, spec: &Arc<DomainSpec>) {
        let key = (spec.key().clone(), replica);
        let next = self.stats.len();
        let index = *self.by_key.entry(key).or_insert(next);
        if index == next {
            self.stats.push(DomainStats {
                spec: Arc::clone(spec),
                replica,
                acquired: 0,
                queries: 0,
                empty: 0,
                rescued: 0,
                last: None,
                recent: Default::default(),
            });
        }
        self.standing.insert((replica, domain), index);
    }

    pub(crate) fn dissolved(&mut self, replica: usize, domain: DomainId) {
        self.standing.remove(&(replica, domain));
    }

    /// Where a standing domain's record is.
    pub(crate) fn index(&self, replica: usize, domain: DomainId) -> Option<DomainIndex> {
        self.standing.get(&(replica, domain)).copied()
    }

    pub(crate) fn at(&mut self, index: DomainIndex) -> &mut DomainStats {
        &mut self.stats[index]
    }

    /// A second closed; the oldest of the recent ones is forgotten.
    pub(crate) fn advance(&mut self) {
        for domain in &mut self.stats {
            domain.recent.rotate_right(1);
            domain.recent[0] = (0, 0);
        }
    }

    /// Ordered by key, then by replica.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &DomainStats> {
        self.by_key.values().map(|index| &self.stats[*index])
    }
}

impl DomainStats {
    pub(crate) fn queried(&mut self, is_empty: bool) {
        self.queries += 1;
        self.empty += u64::from(is_empty);
        self.recent[0].0 += 1;
        self.recent[0].1 += u32::from(is_empty);
    }

    /// Queries, and those that found nothing, of the last seconds.
    pub(crate) fn recent(&self) -> (u32, u32) {
        self.recent.iter().fold((0, 0), |sum, second| (sum.0 + second.0, sum.1 + second.1))
    }
}
