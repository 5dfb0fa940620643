//! Where the workers of a replica wait for jobs, whoever serves there now, and where a worker has its seat.
//!
//! A replica that is deployed anew keeps its desk: its workers' calls end as closed, and they call again as soon as
//! somebody serves. When a replica goes for good, its workers find that their seats have been moved.

use std::sync::{Arc, Mutex, PoisonError};

use acquirer::Acquirer;
use acquirer::runtime::DomainSnapshot;
use tokio::sync::watch;

use crate::poster::Board;

/// What a replica's workers share.
pub(crate) struct Desk {
    /// The replica's number.
    pub(crate) replica: usize,
    /// Where they mark jobs as done.
    pub(crate) table: Arc<dyn Board>,
    serving: watch::Sender<Serving>,
}

/// Who serves at a desk.
enum Serving {
    /// An acquirer, the so-manieth there.
    By(u64, Acquirer),
    /// Nobody until the next comes: so many were there.
    Nobody(u64),
    /// Nobody any more.
    Gone,
}

impl Desk {
    /// A desk at which an acquirer serves.
    pub(crate) fn new(replica: usize, acquirer: Acquirer, table: Arc<dyn Board>) -> Arc<Self> {
        Arc::new(Self { replica, table, serving: watch::Sender::new(Serving::By(1, acquirer)) })
    }

    /// Nobody serves until the next acquirer comes. To be said before the one that serves is closed, so that whoever
    /// is told so waits for the next.
    pub(crate) fn vacate(&self) {
        self.serving.send_modify(|serving| {
            if let Serving::By(number, _) = serving {
                *serving = Serving::Nobody(*number);
            }
        });
    }

    /// An acquirer serves from now on.
    pub(crate) fn serve(&self, acquirer: Acquirer) {
        self.serving.send_modify(|serving| {
            if let Serving::By(number, _) | Serving::Nobody(number) = serving {
                *serving = Serving::By(*number + 1, acquirer);
            }
        });
    }

    /// Nobody serves any more. To be said when everybody's seat is elsewhere.
    pub(crate) fn close(&self) {
        self.serving.send_replace(Serving::Gone);
    }

    /// Who serves; `None` while nobody does.
    pub(crate) fn serving(&self) -> Option<Acquirer> {
        match &*self.serving.borrow() {
            Serving::By(_, acquirer) => Some(acquirer.clone()),
            Serving::Nobody(_) | Serving::Gone => None,
        }
    }

    /// The domains of who serves; none while nobody does.
    pub(crate) fn domains(&self) -> Vec<DomainSnapshot> {
        self.serving().map_or_else(Vec::new, |acquirer| acquirer.domains())
    }

    /// Waits for an acquirer that came after the so-manieth; `None` when none will come.
    pub(super) async fn acquirer(&self, after: u64) -> Option<(u64, Acquirer)> {
        if let Serving::By(number, acquirer) = &*self.serving.borrow()
            && *number > after
        {
            return Some((*number, acquirer.clone()));
        }
        let mut serving = self.serving.subscribe();
        let is_news = |serving: &Serving| match serving {
            Serving::By(number, _) => *number > after,
            Serving::Nobody(_) => false,
            Serving::Gone => true,
        };
        match &*serving.wait_for(is_news).await.ok()? {
            Serving::By(number, acquirer) => Some((*number, acquirer.clone())),
            Serving::Nobody(_) | Serving::Gone => None,
        }
    }
}

/// Where a worker calls next.
pub(super) struct Seat(Mutex<Arc<Desk>>);

impl Seat {
    pub(super) fn at(desk: Arc<Desk>) -> Arc<Self> {
        Arc::new(Self(Mutex::new(desk)))
    }

    pub(super) fn desk(&self) -> Arc<Desk> {
        Arc::clone(&self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn move_to(&self, desk: &Arc<Desk>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Arc::clone(desk);
    }
}
