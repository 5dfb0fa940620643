//! What each replica has heard, and when last.

use crate::lint::Listener;

use super::alphabet::Time;

/// The ears of all replicas.
#[derive(Debug, Clone, Default)]
pub(super) struct Ears(Vec<Option<LastHeard>>);

/// When a replica heard something, and how many notices had been sent until then.
#[derive(Debug, Clone, Copy)]
struct LastHeard {
    at: Time,
    sent: u64,
}

impl Ears {
    /// A replica listens from now on. One that listens anew has heard nothing by that.
    pub(super) fn subscribed(&mut self, replica: usize, at: Time, sent: u64) {
        self.of(replica).get_or_insert(LastHeard { at, sent });
    }

    /// A replica heard a notice.
    pub(super) fn heard(&mut self, replica: usize, at: Time, sent: u64) {
        *self.of(replica) = Some(LastHeard { at, sent });
    }

    /// A replica is closed for good: another may get its number.
    pub(super) fn keep(&mut self, is_there: impl Fn(usize) -> bool) {
        for (replica, ear) in self.0.iter_mut().enumerate() {
            ear.take_if(|_| !is_there(replica));
        }
    }

    /// The ears of these replicas; `sent` notices were sent until now. One of which nothing is known yet has missed
    /// nothing.
    pub(super) fn listeners(
        &self,
        replicas: impl Iterator<Item = usize>,
        now: Time,
        sent: u64,
    ) -> Vec<Listener> {
        let listener = |replica| match self.0.get(replica) {
            Some(Some(last)) => {
                Listener { replica, silent_for: now - last.at, missed: sent.saturating_sub(last.sent) }
            }
            _ => Listener { replica, ..Listener::default() },
        };
        replicas.map(listener).collect()
    }

    fn of(&mut self, replica: usize) -> &mut Option<LastHeard> {
        if self.0.len() <= replica {
            self.0.resize(replica + 1, None);
        }
        &mut self.0[replica]
    }
}
