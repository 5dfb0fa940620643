//! Workers that a fault strikes: a share of those who wait, or of all.

use rand::seq::SliceRandom as _;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::whistle::{Doing, Order};
use super::{Badge, Crew};

/// Dead workers come back when it is dropped.
#[must_use]
pub(crate) struct Deaths {
    pub(crate) dead: usize,
    _back: DropGuard,
}

impl Crew {
    /// This share of the workers that wait cancel their calls, and call again; how many.
    pub(crate) fn cancel_calls(&self, share: f64, replica: Option<usize>) -> usize {
        self.strike(share, replica, |doing| doing == Doing::Waiting, &Order::Cancel)
    }

    /// This share of the workers die, jobs and all.
    pub(crate) fn kill_workers(&self, share: f64, replica: Option<usize>) -> Deaths {
        let back = CancellationToken::new();
        let dead = self.strike(share, replica, |doing| doing != Doing::Away, &Order::Die(back.clone()));
        Deaths { dead, _back: back.drop_guard() }
    }

    fn strike(
        &self,
        share: f64,
        replica: Option<usize>,
        is_hit: impl Fn(Doing) -> bool,
        order: &Order,
    ) -> usize {
        let mut fleets = self.lock();
        let at_work = &mut *fleets;
        let badges = at_work.fleets.iter().flat_map(|members| &members.badges);
        let on_replica = badges.filter(|badge| replica.is_none_or(|only| only == badge.seat.desk().replica));
        let mut hit: Vec<&Badge> = on_replica.filter(|badge| is_hit(badge.whistle.doing())).collect();
        let struck = (hit.len() as f64 * share).round() as usize;
        let (chosen, _) = hit.partial_shuffle(&mut at_work.chance, struck);
        for badge in &*chosen {
            badge.whistle.blow(order.clone());
        }
        chosen.len()
    }
}
