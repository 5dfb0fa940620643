//! The last ten seconds, as a ring of one-second slots.

use std::collections::BTreeMap;

use acquirer::wakeup::RootCause;
use hdrhistogram::Histogram;

use super::latency;

/// How many seconds "recent" means.
pub(crate) const RECENT_SECONDS: usize = 10;

/// What was acquired lately.
#[derive(Debug, Clone)]
pub(crate) struct Recent {
    slots: [Slot; RECENT_SECONDS],
    current: usize,
}

#[derive(Debug, Clone)]
struct Slot {
    queue_wait: Histogram<u64>,
    found: BTreeMap<RootCause, u64>,
    chained: u64,
}

impl Recent {
    pub(crate) fn new() -> Self {
        let slot = |_| Slot { queue_wait: latency::coarse(), found: BTreeMap::new(), chained: 0 };
        Self { slots: std::array::from_fn(slot), current: 0 }
    }

    pub(crate) fn acquired(&mut self, wait: std::time::Duration, root: RootCause, is_chained: bool) {
        let slot = &mut self.slots[self.current];
        latency::record(&mut slot.queue_wait, wait);
        *slot.found.entry(root).or_default() += 1;
        slot.chained += u64::from(is_chained);
    }

    /// A job found by a poll was announced after all.
    pub(crate) fn not_rescued(&mut self) {
        let slots = self.slots.iter_mut();
        let mut found =
            slots.filter(|slot| slot.found.get(&RootCause::BackupPoll).is_some_and(|jobs| *jobs > 0));
        if let Some(slot) = found.next() {
            *slot.found.entry(RootCause::BackupPoll).or_default() -= 1;
            *slot.found.entry(RootCause::Posting).or_default() += 1;
        }
    }

    /// A second closed; the oldest is forgotten.
    pub(crate) fn advance(&mut self) {
        self.current = (self.current + 1) % RECENT_SECONDS;
        let slot = &mut self.slots[self.current];
        slot.queue_wait.reset();
        slot.found.clear();
        slot.chained = 0;
    }

    pub(crate) fn queue_wait(&self) -> Histogram<u64> {
        let mut all = latency::coarse();
        for slot in &self.slots {
            if !slot.queue_wait.is_empty() {
                all.add(&slot.queue_wait).expect("slots have the same bounds");
            }
        }
        all
    }

    pub(crate) fn found(&self) -> BTreeMap<RootCause, u64> {
        let mut all = BTreeMap::new();
        for (root, jobs) in self.slots.iter().flat_map(|slot| &slot.found) {
            *all.entry(*root).or_default() += jobs;
        }
        all
    }

    pub(crate) fn chained(&self) -> u64 {
        self.slots.iter().map(|slot| slot.chained).sum()
    }
}
