//! What a checker needs to tell two states apart that go on differently, and only those.

use std::hash::{Hash, Hasher};

use super::super::domain::{Activity, ClearancePhase, Domain, InUse, Ticket};
use super::super::tokens::Moment;
use super::{Machine, Time};

impl Machine {
    /// Feeds `into` all of the state that can matter to what follows. Two machines of one policy that feed the
    /// same answer the same to whatever comes, but for the names that they give.
    ///
    /// Names of domains and clearances, tickets and moments only ever grow; what counts of them is their order,
    /// and so they are fed as places in it. Causes are labels on what happens and decide nothing: they are left
    /// out, but for what is pending, which says whether the next query goes on until it finds nothing.
    pub fn digest(&self, now: Time, into: &mut impl Hasher) {
        let mut tickets: Vec<Ticket> = self.domains.values().flat_map(Domain::tickets).collect();
        tickets.sort_unstable();
        let mut queries: Vec<Moment> = self.domains.values().filter_map(Domain::querying_since).collect();
        queries.sort_unstable();
        let place = |ticket: Ticket| tickets.partition_point(|other| *other < ticket);
        for domain in self.domains.values() {
            domain.spec.key().hash(into);
            distance(domain.next_poll, now).hash(into);
            (domain.pending, domain.failures, domain.is_in_doubt).hash(into);
            for (ticket, acquiree) in domain.waiting_with_tickets() {
                (place(ticket), acquiree).hash(into);
            }
            match &domain.activity {
                Activity::Idle => 0_u8.hash(into),
                Activity::Pausing(pause) => {
                    (1_u8, distance(pause.until, now), pause.is_sweep).hash(into);
                }
                Activity::InUse(in_use) => {
                    let InUse { holders, phase, is_sweep, .. } = &**in_use;
                    (2_u8, is_sweep, holders.len()).hash(into);
                    for holder in holders {
                        holder.map(|(ticket, acquiree)| (place(ticket), acquiree)).hash(into);
                    }
                    match phase {
                        ClearancePhase::Cleared => None,
                        ClearancePhase::Querying(began) => {
                            Some(queries.partition_point(|other| other < began))
                        }
                    }
                    .hash(into);
                }
            }
            self.book.digest(domain.id, &queries, into);
        }
    }
}

/// How far a deadline is away, or has been passed.
fn distance(at: Time, now: Time) -> (std::time::Duration, std::time::Duration) {
    (at - now, now - at)
}
