//! Deadlines of every domain: its backup poll (`S10`) and the end of a pause after an error (`W11`). Names
//! the earliest; never sleeps.

use std::collections::BTreeSet;

use super::{DomainId, Time};

/// What is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Due {
    /// The backup poll comes round.
    Poll,
    /// The pause after an error is over.
    PauseOver,
}

/// Due times, earliest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(super) struct Deadlines(BTreeSet<(Time, DomainId, Due)>);

impl Deadlines {
    pub(super) fn set(&mut self, domain: DomainId, due: Due, at: Time) {
        self.0.insert((at, domain, due));
    }

    pub(super) fn clear(&mut self, domain: DomainId, due: Due, at: Time) {
        let was_set = self.0.remove(&(at, domain, due));
        assert!(was_set, "a domain's deadline stands exactly while the domain does");
    }

    pub(super) fn earliest(&self) -> Option<Time> {
        self.0.first().map(|(at, ..)| *at)
    }

    pub(super) fn pop_due(&mut self, now: Time) -> Option<(Time, DomainId, Due)> {
        if self.earliest()? > now {
            return None;
        }
        self.0.pop_first()
    }
}
