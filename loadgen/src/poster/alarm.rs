//! Wakes whoever waits for a moment, a tenth of a millisecond late rather than two.
//!
//! Tokio's timers tick by the millisecond, and its sleep rounds up to one as well: an arrival would be posted up
//! to 2 ms late on an idle machine, and no rate of arrivals changes that. Here one thread sleeps until the
//! earliest moment that somebody waits for, as exactly as the operating system can. It ends with the last alarm.

use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Instant;

use tokio::sync::oneshot;

/// Where one waits for a moment. Clones share the thread.
#[derive(Debug, Clone)]
pub(crate) enum Alarm {
    /// By a thread of its own.
    Exact(Sender<Order>),
    /// By tokio's timers, whose time a test can stop.
    #[cfg(test)]
    Ticking,
}

/// Somebody waits until `at`.
#[derive(Debug)]
pub(crate) struct Order {
    at: Instant,
    /// Closed when nobody waits any more.
    wake: oneshot::Sender<()>,
}

impl Alarm {
    /// Starts the thread.
    pub(crate) fn start() -> io::Result<Self> {
        let (orders, ordered) = channel();
        std::thread::Builder::new().name("clearance alarm".to_owned()).spawn(move || keep(&ordered))?;
        Ok(Self::Exact(orders))
    }

    /// Waits until `at`.
    pub(crate) async fn at(&self, at: Instant) {
        match self {
            Self::Exact(orders) => {
                let (wake, woken) = oneshot::channel();
                orders.send(Order { at, wake }).expect("the thread lives as long as an alarm does");
                woken.await.expect("the thread wakes everybody");
            }
            #[cfg(test)]
            Self::Ticking => tokio::time::sleep_until(at.into()).await,
        }
    }
}

fn keep(ordered: &Receiver<Order>) {
    let mut waiting: Vec<Order> = Vec::new();
    loop {
        let order = match waiting.iter().map(|order| order.at).min() {
            None => ordered.recv().map_err(|_| RecvTimeoutError::Disconnected),
            Some(at) => ordered.recv_timeout(at.saturating_duration_since(Instant::now())),
        };
        match order {
            Ok(order) => {
                // Those who changed their minds left their orders behind.
                waiting.retain(|order| !order.wake.is_closed());
                waiting.push(order);
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
        let now = Instant::now();
        for due in waiting.extract_if(.., |order| order.at <= now) {
            // Who has gone needs no waking.
            let _ = due.wake.send(());
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn nobody_is_woken_early_and_the_earlier_moment_comes_first() {
        let alarm = Alarm::start().unwrap();
        let began = Instant::now();
        let (sooner, later) = (began + Duration::from_millis(20), began + Duration::from_millis(60));
        let order = std::sync::Mutex::new(Vec::new());
        let wait = async |at: Instant, name: &'static str| {
            alarm.at(at).await;
            assert!(Instant::now() >= at);
            order.lock().unwrap().push(name);
        };
        tokio::join!(wait(later, "later"), wait(sooner, "sooner"), wait(began, "at once"));
        assert_eq!(order.into_inner().unwrap(), ["at once", "sooner", "later"]);
    }

    #[tokio::test]
    async fn who_stops_waiting_holds_up_nobody() {
        let alarm = Alarm::start().unwrap();
        let never = Instant::now() + Duration::from_hours(1);
        tokio::select! {
            () = alarm.at(never) => panic!("an hour has not gone by"),
            () = alarm.at(Instant::now()) => {}
        }
        alarm.at(Instant::now()).await;
    }
}
