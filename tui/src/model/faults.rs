//! What a person has made ready to go wrong: each fault of the language with its parameter, its length and the
//! replica that it is to hit, and where the cursor of the Faults view is.
//!
//! It knows of nothing that is at work: snapshots do.

use std::time::Duration;

use loadgen::scenario::{Fault, FaultKind, FaultTarget};
use loadgen::snapshot::{FaultRecord, Intervention, Snapshot};

use super::controls;

const SHARES: [f64; 5] = [0.05, 0.1, 0.25, 0.5, 1.0];
const NOTICE_DELAYS: [Duration; 6] = [
    Duration::from_millis(20),
    Duration::from_millis(100),
    Duration::from_millis(500),
    Duration::from_secs(2),
    Duration::from_secs(10),
    Duration::from_mins(1),
];
const LATENCIES: [Duration; 7] = [
    Duration::from_millis(1),
    Duration::from_millis(5),
    Duration::from_millis(20),
    Duration::from_millis(100),
    Duration::from_millis(500),
    Duration::from_secs(2),
    Duration::from_secs(10),
];
const MALFORMED_RATES: [f64; 5] = [1.0, 5.0, 20.0, 100.0, 1_000.0];
/// Past the last, a fault lasts until somebody ends it.
const LENGTHS: [Duration; 7] = [
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(5),
    Duration::from_secs(10),
    Duration::from_secs(30),
    Duration::from_mins(1),
    Duration::from_mins(5),
];
/// The length of a fresh plan: 10 s.
const LENGTH_FIRST: usize = 3;

/// A fault as it would begin.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FaultPlan {
    /// What goes wrong.
    pub kind: FaultKind,
    /// An index into the lengths.
    length: usize,
    /// The replica that it is to hit; `None` is all of them.
    replica: Option<usize>,
}

impl FaultPlan {
    fn new(kind: FaultKind) -> Self {
        // Its key ends it wherever one is, as it began it.
        let lasts = matches!(kind, FaultKind::DropNotifications(_));
        Self { kind, length: if lasts { LENGTHS.len() } else { LENGTH_FIRST }, replica: None }
    }

    /// How long it would last; `None` is until it is ended by hand, or no time at all.
    #[must_use]
    pub fn length(&self) -> Option<Duration> {
        LENGTHS.get(self.length).copied().filter(|_| !self.kind.is_of_a_moment())
    }

    /// Whether it hits single replicas.
    #[must_use]
    pub fn hits_replicas(&self) -> bool {
        self.kind.target() == FaultTarget::Replicas
    }

    /// The replica that it would hit, if that is there; `None` is all of them.
    #[must_use]
    pub fn replica(&self, snapshot: &Snapshot) -> Option<usize> {
        self.replica.filter(|replica| snapshot.replica_rows.iter().any(|row| row.number == *replica))
    }

    /// The fault itself, to begin now.
    #[must_use]
    pub fn fault(&self, snapshot: &Snapshot) -> Fault {
        Fault { at: Duration::ZERO, length: self.length(), replica: self.replica(snapshot), kind: self.kind }
    }

    /// Its parameter becomes the next, or the one before; `false` when it has none.
    pub fn step_parameter(&mut self, up: bool) -> bool {
        self.kind = match self.kind {
            FaultKind::DropNotifications(share) => FaultKind::DropNotifications(step(&SHARES, share, up)),
            FaultKind::DuplicateNotifications(share) => {
                FaultKind::DuplicateNotifications(step(&SHARES, share, up))
            }
            FaultKind::CancelWorkers(share) => FaultKind::CancelWorkers(step(&SHARES, share, up)),
            FaultKind::CrashWorkers(share) => FaultKind::CrashWorkers(step(&SHARES, share, up)),
            FaultKind::DelayNotifications(by) => FaultKind::DelayNotifications(step(&NOTICE_DELAYS, by, up)),
            FaultKind::DatabaseLatency(by) => FaultKind::DatabaseLatency(step(&LATENCIES, by, up)),
            FaultKind::MalformedNotifications(rate) => {
                FaultKind::MalformedNotifications(step(&MALFORMED_RATES, rate, up))
            }
            _ => return false,
        };
        true
    }

    /// It lasts longer, or shorter; `false` when it has no length.
    pub fn step_length(&mut self, up: bool) -> bool {
        let steps = if up { 1 } else { -1 };
        self.length = self.length.saturating_add_signed(steps).min(LENGTHS.len());
        !self.kind.is_of_a_moment()
    }

    /// It hits the next replica, and after the last one all of them; `false` when it hits none.
    pub fn step_replica(&mut self, snapshot: &Snapshot) -> bool {
        let mut numbers = snapshot.replica_rows.iter().map(|row| row.number);
        self.replica = numbers.find(|number| self.replica.is_none_or(|replica| *number > replica));
        self.hits_replicas()
    }
}

/// The choice after `now`, or before it; the first and the last have none beyond.
pub(super) fn step<T: Copy + PartialOrd>(choices: &[T], now: T, up: bool) -> T {
    let next = if up {
        choices.iter().find(|choice| **choice > now)
    } else {
        choices.iter().rev().find(|choice| **choice < now)
    };
    next.copied().unwrap_or(now)
}

/// What the cursor of the Faults view is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// A fault, by its place in the language.
    Fault(usize),
    /// Something that can be turned, by its place among all dials.
    Dial(usize),
    /// Something that was done, the newest first.
    Past(usize),
}

/// Something that was done to the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed<'a> {
    /// A fault.
    Fault(&'a FaultRecord),
    /// An order that was no fault.
    Order(&'a Intervention),
}

impl Deed<'_> {
    /// When, since the posters started.
    #[must_use]
    pub fn at(&self) -> Duration {
        match self {
            Self::Fault(record) => record.began,
            Self::Order(order) => order.at,
        }
    }
}

/// All that was done to the run, the newest first.
#[must_use]
pub fn deeds(snapshot: &Snapshot) -> Vec<Deed<'_>> {
    let is_fault = |subject: &str| FaultKind::ALL.iter().any(|kind| kind.name() == subject);
    let faults = snapshot.fault_records.iter().map(|record| Deed::Fault(record));
    let orders = snapshot.interventions.iter().filter(|order| !is_fault(&order.subject)).map(Deed::Order);
    let mut deeds: Vec<_> = faults.chain(orders).collect();
    deeds.sort_by_key(|deed| std::cmp::Reverse(deed.at()));
    deeds
}

/// The state of the Faults view.
#[derive(Debug, Clone, PartialEq)]
pub struct FaultsState {
    /// Each fault of the language, in its order.
    pub plans: [FaultPlan; FaultKind::ALL.len()],
    /// Where the cursor is.
    pub place: Place,
}

impl Default for FaultsState {
    fn default() -> Self {
        Self { plans: FaultKind::ALL.map(FaultPlan::new), place: Place::Fault(0) }
    }
}

impl FaultsState {
    /// The place of a fault in the language, by its name.
    #[must_use]
    pub fn place_of(&self, name: &str) -> Option<usize> {
        self.plans.iter().position(|plan| plan.kind.name() == name)
    }

    /// Every place there is, in the order of the cursor.
    #[must_use]
    pub fn places(&self, snapshot: &Snapshot) -> Vec<Place> {
        let dials = (0..controls::dials(snapshot).count()).map(Place::Dial);
        let past = (0..deeds(snapshot).len()).map(Place::Past);
        (0..self.plans.len()).map(Place::Fault).chain(dials).chain(past).collect()
    }

    /// The plan under the cursor.
    #[must_use]
    pub fn selected(&self) -> Option<&FaultPlan> {
        match self.place {
            Place::Fault(place) => self.plans.get(place),
            Place::Dial(_) | Place::Past(_) => None,
        }
    }
}

/// A fault in words: `drop_notifications 100% on replica 1`.
#[must_use]
pub fn in_words(name: &str, parameter: &str, replica: Option<usize>) -> String {
    let on = replica.map(|replica| format!(" on replica {replica}")).unwrap_or_default();
    let gap = if parameter.is_empty() { "" } else { " " };
    format!("{name}{gap}{parameter}{on}")
}

/// How long faults of this name have been at work and have left; `None` when none is.
#[must_use]
pub fn at_work(snapshot: &Snapshot, name: &str) -> Option<(Duration, Option<Duration>)> {
    let named = || snapshot.faults.iter().filter(|fault| fault.name == name);
    let age = named().map(|fault| fault.age).max()?;
    // One without an end outlasts all others.
    let left = named().map(|fault| fault.left).reduce(|a, b| Some(a?.max(b?))).flatten();
    Some((age, left))
}

/// The latest fault of this name that has begun.
#[must_use]
pub fn latest_of<'a>(snapshot: &'a Snapshot, name: &str) -> Option<&'a FaultRecord> {
    let records = snapshot.fault_records.iter().rev();
    records.map(AsRef::as_ref).find(|record| record.name == name)
}

/// Why a fault can't be carried out on this database, and what to do about it.
#[must_use]
pub fn impossible(snapshot: &Snapshot, kind: FaultKind) -> Option<&'static str> {
    let is_others = snapshot.database.kind == "url";
    (is_others && kind.target() == FaultTarget::Server)
        .then_some("this server is not clearance's to stop: it needs --db local or --db docker")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_first_parameter_is_one_of_the_steps() {
        for kind in FaultKind::ALL {
            let mut plan = FaultPlan::new(kind);
            let there_and_back = plan.step_parameter(false) && plan.step_parameter(true);
            assert_eq!(plan.kind, kind);
            assert_eq!(there_and_back, !kind.parameter().is_empty(), "{}", kind.name());
        }
    }

    #[test]
    fn lengths_end_at_none_and_moments_have_none() {
        let mut plan = FaultPlan::new(FaultKind::DeafListener);
        for _ in 0..20 {
            plan.step_length(true);
        }
        assert_eq!(plan.length(), None);
        plan.step_length(false);
        assert_eq!(plan.length(), Some(Duration::from_mins(5)));
        let mut plan = FaultPlan::new(FaultKind::KillListener);
        assert!(!plan.step_length(false));
        assert_eq!(plan.length(), None);
    }
}
