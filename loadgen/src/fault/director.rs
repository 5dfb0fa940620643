//! Begins and ends faults, by the scenario's timeline and by hand, and knows which are at work.
//!
//! Every fault lives in a task of its own: it is announced, it does what it does until it is over, it undoes that,
//! and only then is its end announced. So any number may overlap, and whoever waits for the director to have ended
//! all of them finds the run as it was.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::measure::Recorder;
use crate::scenario::Fault;

use super::effect;
use super::ground::Ground;
use super::over::Over;

/// Directs the faults of one run.
pub(crate) struct Director {
    ground: Ground,
    recorder: Arc<Recorder>,
    at_work: Mutex<AtWork>,
    tasks: TaskTracker,
}

#[derive(Default)]
struct AtWork {
    begun: u64,
    faults: Vec<FaultAtWork>,
    /// Nothing begins any more.
    is_closed: bool,
}

struct FaultAtWork {
    number: u64,
    name: &'static str,
    end: CancellationToken,
}

impl Director {
    /// A director over these parts of a run.
    pub(crate) fn new(ground: Ground, recorder: Arc<Recorder>) -> Arc<Self> {
        Arc::new(Self { ground, recorder, at_work: Mutex::default(), tasks: TaskTracker::new() })
    }

    /// Follows the scenario's timeline, which began at `began`. Ends when the last fault has begun.
    pub(crate) async fn follow(self: &Arc<Self>, faults: &[Fault], began: Instant) {
        let mut in_order: Vec<&Fault> = faults.iter().collect();
        in_order.sort_by_key(|fault| fault.at);
        for fault in in_order {
            let at = began + fault.at;
            tokio::time::sleep_until(at.into()).await;
            self.begin(fault, fault.length.map(|length| at + length));
        }
    }

    /// Begins a fault.
    pub(crate) fn begin(self: &Arc<Self>, fault: &Fault, until: Option<Instant>) {
        let over = Over { ordered: CancellationToken::new(), until };
        let number = {
            let mut at_work = self.at_work();
            if at_work.is_closed {
                return;
            }
            let number = at_work.begun;
            at_work.begun += 1;
            let end = over.ordered.clone();
            at_work.faults.push(FaultAtWork { number, name: fault.name(), end });
            // Under the lock, so that no other fault of this name ends in between and is told after it.
            self.recorder.fault_began(fault, until, Instant::now());
            number
        };
        tracing::info!(fault = fault.name(), parameter = fault.parameter(), "fault begins");
        let (director, fault) = (Arc::clone(self), fault.clone());
        self.tasks.spawn(async move {
            let name = fault.name();
            if let Err(error) = effect::carry_out(&director.ground, &fault, &over).await {
                tracing::warn!(fault = name, %error, "a fault could not do what it was to do");
                director.recorder.fault_failed(name, &error.to_string(), Instant::now());
            }
            director.ended(number, name);
        });
    }

    /// Ends all faults of a kind, whoever began them; `false` when none was at work.
    pub(crate) fn end(&self, name: &str) -> bool {
        let at_work = self.at_work();
        let mut named = at_work.faults.iter().filter(|fault| fault.name == name).peekable();
        let is_any = named.peek().is_some();
        named.for_each(|fault| fault.end.cancel());
        is_any
    }

    /// Ends every fault, and waits until all is undone.
    pub(crate) async fn end_all(&self) {
        for fault in &self.at_work().faults {
            fault.end.cancel();
        }
        self.tasks.close();
        self.tasks.wait().await;
        self.tasks.reopen();
    }

    /// Ends every fault for good.
    pub(crate) async fn close(&self) {
        self.at_work().is_closed = true;
        self.end_all().await;
    }

    /// A fault keeps the database from answering.
    pub(crate) fn silences_the_database(&self) -> bool {
        self.ground.is_silenced()
    }

    fn ended(&self, number: u64, name: &'static str) {
        let mut at_work = self.at_work();
        at_work.faults.retain(|fault| fault.number != number);
        if !at_work.faults.iter().any(|fault| fault.name == name) {
            tracing::info!(fault = name, "fault ends");
            self.recorder.fault_ended(name, Instant::now());
        }
    }

    fn at_work(&self) -> MutexGuard<'_, AtWork> {
        self.at_work.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
