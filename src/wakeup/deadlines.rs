//! Deadlines of every domain: its backup poll (`S10`) and the end of a pause after an error (`W11`). Names
//! the earliest; never sleeps.

use std::collections::BTreeSet;

use super::{DomainId, Time};

/// What is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Due {
    /// The backup poll comes round.
    Poll,
    /// The pause after an error is over.
    PauseOver,
}

/// Due times, earliest first. Each kind has a set of its own: every domain has a poll, and hardly any a pause.
#[derive(Debug, Clone, Default)]
pub(super) struct Deadlines {
    polls: Dues,
    pauses: Dues,
}

type Dues = BTreeSet<(Time, DomainId)>;

impl Deadlines {
    pub(super) fn set(&mut self, domain: DomainId, due: Due, at: Time) {
        self.of(due).insert((at, domain));
    }

    pub(super) fn clear(&mut self, domain: DomainId, due: Due, at: Time) {
        let was_set = self.of(due).remove(&(at, domain));
        assert!(was_set, "a domain's deadline stands exactly while the domain does");
    }

    pub(super) fn earliest(&self) -> Option<Time> {
        self.next().map(|((at, _), _)| at)
    }

    pub(super) fn pop_due(&mut self, now: Time) -> Option<(Time, DomainId, Due)> {
        let ((at, domain), due) = self.next().filter(|((at, _), _)| *at <= now)?;
        self.of(due).pop_first();
        Some((at, domain, due))
    }

    fn next(&self) -> Option<((Time, DomainId), Due)> {
        let poll = self.polls.first().map(|poll| (*poll, Due::Poll));
        let pause = self.pauses.first().map(|pause| (*pause, Due::PauseOver));
        poll.into_iter().chain(pause).min()
    }

    fn of(&mut self, due: Due) -> &mut Dues {
        match due {
            Due::Poll => &mut self.polls,
            Due::PauseOver => &mut self.pauses,
        }
    }
}
