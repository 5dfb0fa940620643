//! Deadlines of every domain's backup poll (`S10`). Names the earliest; never sleeps.

use std::collections::BTreeSet;

use super::{DomainId, Time};

/// Due times, earliest first.
#[derive(Debug, Clone, Default)]
pub(super) struct Deadlines(BTreeSet<(Time, DomainId)>);

impl Deadlines {
    pub(super) fn set(&mut self, domain: DomainId, due: Time) {
        self.0.insert((due, domain));
    }

    pub(super) fn clear(&mut self, domain: DomainId, due: Time) {
        let was_set = self.0.remove(&(due, domain));
        assert!(was_set, "a domain's deadline stands exactly while the domain does");
    }

    pub(super) fn earliest(&self) -> Option<Time> {
        self.0.first().map(|(due, _)| *due)
    }

    pub(super) fn pop_due(&mut self, now: Time) -> Option<(Time, DomainId)> {
        if self.earliest()? > now {
            return None;
        }
        self.0.pop_first()
    }
}
