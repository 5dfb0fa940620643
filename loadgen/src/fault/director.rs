//! Begins and ends faults, by the scenario's timeline and by hand, and knows which are at work.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::measure::Recorder;
use crate::observe::Observer;
use crate::scenario::{Fault, FaultKind};

use super::Switch;

/// Directs the faults of one run.
pub struct Director {
    switches: Vec<Arc<Switch>>,
    recorder: Arc<Recorder>,
    observer: Arc<Observer>,
    active: Mutex<Vec<Active>>,
}

struct Active {
    fault: Fault,
    until: Option<Instant>,
}

impl Director {
    /// A director over these replicas.
    #[must_use]
    pub fn new(switches: Vec<Arc<Switch>>, recorder: Arc<Recorder>, observer: Arc<Observer>) -> Self {
        Self { switches, recorder, observer, active: Mutex::default() }
    }

    /// Follows the scenario's timeline, which began at `began`. Ends when the last fault has.
    pub async fn follow(&self, faults: &[Fault], began: Instant) {
        let mut moments: Vec<(Instant, Option<&Fault>)> = Vec::new();
        for fault in faults {
            moments.push((began + fault.at, Some(fault)));
            if let Some(length) = fault.length {
                moments.push((began + fault.at + length, None));
            }
        }
        // Of one moment, what ends goes before what begins.
        moments.sort_by_key(|(at, begins)| (*at, begins.is_some()));
        for (at, begins) in moments {
            tokio::time::sleep_until(at.into()).await;
            match begins {
                Some(fault) => self.begin(fault, fault.length.map(|length| at + length)).await,
                None => self.end_due(Instant::now()),
            }
        }
    }

    /// Begins a fault, or does it when it is one of a moment.
    pub async fn begin(&self, fault: &Fault, until: Option<Instant>) {
        self.recorder.fault_began(fault, until, Instant::now());
        tracing::info!(fault = fault.name(), parameter = fault.parameter(), "fault begins");
        match fault.kind {
            FaultKind::DropNotifications(_) => {
                self.lock().push(Active { fault: fault.clone(), until });
                self.set_switches();
            }
            FaultKind::KillListener => {
                self.kill_listeners(fault.replica).await;
                self.recorder.fault_ended(fault.name(), Instant::now());
            }
            _ => {
                tracing::warn!(fault = fault.name(), "not supported yet");
                self.recorder.fault_ended(fault.name(), Instant::now());
            }
        }
    }

    /// Ends all faults of a kind that were begun by hand or by the timeline; `false` when none was at work.
    pub fn end(&self, name: &str) -> bool {
        self.end_where(|active| active.fault.name() == name)
    }

    /// Ends every fault.
    pub fn end_all(&self) {
        self.end_where(|_| true);
    }

    fn end_due(&self, now: Instant) {
        // A sleeper may wake a hair early.
        let soon = now + Duration::from_millis(5);
        self.end_where(|active| active.until.is_some_and(|until| until <= soon));
    }

    fn end_where(&self, is_over: impl Fn(&Active) -> bool) -> bool {
        let mut active = self.lock();
        let (over, left): (Vec<Active>, Vec<Active>) = active.drain(..).partition(is_over);
        *active = left;
        let ended: Vec<&str> = over
            .iter()
            .map(|over| over.fault.name())
            .filter(|name| !active.iter().any(|left| left.fault.name() == *name))
            .collect();
        drop(active);
        for name in ended {
            tracing::info!(fault = name, "fault ends");
            self.recorder.fault_ended(name, Instant::now());
        }
        self.set_switches();
        !over.is_empty()
    }

    /// Where several faults hit a replica, the strongest counts.
    fn set_switches(&self) {
        let active = self.lock();
        for (replica, switch) in self.switches.iter().enumerate() {
            let hits = active.iter().filter(|active| active.fault.replica.is_none_or(|only| only == replica));
            let share = hits.filter_map(|active| match active.fault.kind {
                FaultKind::DropNotifications(share) => Some(share),
                _ => None,
            });
            switch.drop_share(share.fold(0.0, f64::max));
        }
    }

    async fn kill_listeners(&self, replica: Option<usize>) {
        match self.observer.kill_listeners(replica).await {
            Ok(killed) => tracing::info!(killed, "listener connections terminated"),
            Err(error) => tracing::warn!(%error, "cannot terminate listener connections"),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Active>> {
        self.active.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
