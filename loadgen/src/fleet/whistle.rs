//! How a fault reaches a worker, whatever the worker is doing.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// One worker's; blown from outside.
#[derive(Debug, Default)]
pub(super) struct Whistle {
    state: Mutex<State>,
    blown: Notify,
}

#[derive(Debug, Default)]
struct State {
    doing: Doing,
    order: Option<Order>,
}

/// What a worker does, as far as faults care.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Doing {
    /// It hasn't come, or is dead.
    #[default]
    Away,
    /// It waits for a job.
    Waiting,
    /// It has a job, or pauses.
    Busy,
}

/// What a worker is told.
#[derive(Debug, Clone)]
pub(super) enum Order {
    /// Cancels its call, and calls again.
    Cancel,
    /// Dies, and comes back after this.
    Die(CancellationToken),
}

impl Whistle {
    /// What the worker does now.
    pub(super) fn doing(&self) -> Doing {
        self.state().doing
    }

    /// Tells a worker something if it is there to be told. Who doesn't wait has no call to cancel.
    pub(super) fn blow(&self, order: Order) {
        let mut state = self.state();
        let is_heeded = match order {
            Order::Cancel => state.doing == Doing::Waiting && state.order.is_none(),
            Order::Die(_) => state.doing != Doing::Away,
        };
        if is_heeded {
            state.order = Some(order);
            self.blown.notify_waiters();
        }
    }

    /// The worker does this until it is told something; what it does is dropped then. What was done counts even
    /// if something was told in the same moment; a death is told again.
    pub(super) async fn unless_told<T>(
        &self,
        doing: Doing,
        work: impl Future<Output = T>,
    ) -> Result<T, Order> {
        self.state().doing = doing;
        let done = tokio::select! {
            biased;
            done = work => Ok(done),
            order = self.told() => Err(order),
        };
        let mut state = self.state();
        state.doing = if matches!(done, Err(Order::Die(_))) { Doing::Away } else { Doing::Busy };
        if matches!(state.order, Some(Order::Cancel)) {
            state.order = None;
        }
        done
    }

    /// The worker goes; it is back with the next thing that it does.
    pub(super) fn away(&self) {
        *self.state() = State::default();
    }

    async fn told(&self) -> Order {
        loop {
            // Made before the look, so that nothing is missed in between.
            let blown = self.blown.notified();
            if let Some(order) = self.state().order.take() {
                return order;
            }
            blown.await;
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use super::*;

    #[tokio::test]
    async fn who_waits_can_be_told_to_cancel_and_who_works_only_to_die() {
        let whistle = Whistle::default();
        whistle.blow(Order::Cancel);
        assert!(whistle.unless_told(Doing::Waiting, ready(1)).await.is_ok(), "it wasn't there");
        let waits = whistle.unless_told(Doing::Waiting, pending::<()>());
        let (told, ()) = tokio::join!(waits, async { whistle.blow(Order::Cancel) });
        assert!(matches!(told, Err(Order::Cancel)));

        let works = whistle.unless_told(Doing::Busy, async {
            whistle.blow(Order::Cancel);
            tokio::task::yield_now().await;
        });
        assert!(works.await.is_ok());
        let dies = whistle.unless_told(Doing::Busy, pending::<()>());
        let death = Order::Die(CancellationToken::new());
        let (told, ()) = tokio::join!(dies, async { whistle.blow(death.clone()) });
        assert!(matches!(told, Err(Order::Die(_))));
        assert_eq!(whistle.doing(), Doing::Away);
        whistle.blow(death);
        assert!(whistle.unless_told(Doing::Waiting, ready(1)).await.is_ok(), "the dead die once");
    }

    #[tokio::test]
    async fn a_job_that_came_with_the_order_to_die_is_died_with() {
        let whistle = Whistle::default();
        let job = whistle.unless_told(Doing::Waiting, async {
            whistle.blow(Order::Die(CancellationToken::new()));
            "job"
        });
        assert_eq!(job.await.ok(), Some("job"));
        assert!(matches!(whistle.unless_told(Doing::Busy, pending::<()>()).await, Err(Order::Die(_))));
    }
}
