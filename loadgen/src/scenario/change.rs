//! What a scenario changes while its run goes on: the same that a person may turn in the dashboard.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::policy::{self, Policy};
use super::quantity;
use super::{Fleet, ReplicaChoice, Scenario};

/// Something that becomes another while the run goes on, and stays so.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// When.
    #[serde(with = "quantity::as_text")]
    pub at: Duration,
    /// What becomes what.
    #[serde(flatten)]
    pub kind: ChangeKind,
}

/// What becomes what.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    /// A rate becomes so many times what the stages say.
    Rate {
        /// So many times, within [`RATE_FACTORS`](super::limits::RATE_FACTORS).
        times: f64,
        /// One poster's, beside what is done to all; `None` is every poster's.
        poster: Option<String>,
    },
    /// Workers become so many.
    Workers {
        /// So many; each fleet keeps one at least.
        count: usize,
        /// One fleet's; `None` is all of them together, in their proportions.
        fleet: Option<String>,
    },
    /// Replicas become so many.
    Replicas(usize),
    /// The backup poll's period. Replicas are deployed anew for it, one after the other.
    BackupPoll(#[serde(with = "quantity::as_text")] Duration),
    /// The acquirers' rules. Replicas are deployed anew for it, one after the other.
    Policy(#[serde(with = "policy::as_choice")] Policy),
}

impl ChangeKind {
    /// The scenario's key for it, such as `backup_poll`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Rate { .. } => "rate",
            Self::Workers { .. } => "workers",
            Self::Replicas(_) => "replicas",
            Self::BackupPoll(_) => "backup_poll",
            Self::Policy(_) => "policy",
        }
    }
}

/// Replicas that fleets are bound to: they stay.
pub(super) fn bound(fleets: &[Fleet]) -> BTreeSet<usize> {
    let number = |fleet: &Fleet| match fleet.replica {
        ReplicaChoice::Only(number) => Some(number),
        ReplicaChoice::Spread => None,
    };
    fleets.iter().filter_map(number).collect()
}

/// The numbers of the replicas that stand at `at` when changes come before: who comes takes the lowest free number,
/// and the highest goes that no fleet is bound to.
pub(super) fn standing(
    replicas: usize,
    bound: &BTreeSet<usize>,
    changes: &[Change],
    at: Duration,
) -> BTreeSet<usize> {
    let mut numbers: BTreeSet<usize> = (0..replicas).collect();
    for change in in_order(changes).filter(|change| change.at < at) {
        let ChangeKind::Replicas(count) = change.kind else { continue };
        while numbers.len() < count {
            let free = (0..count).find(|number| !numbers.contains(number));
            numbers.extend(free);
        }
        while numbers.len() > count {
            let Some(last) = numbers.iter().rev().find(|number| !bound.contains(number)).copied() else {
                break;
            };
            numbers.remove(&last);
        }
    }
    numbers
}

/// In the order of time, and at one moment in that of the file.
fn in_order(changes: &[Change]) -> impl Iterator<Item = &Change> {
    let mut in_order: Vec<&Change> = changes.iter().collect();
    in_order.sort_by_key(|change| change.at);
    in_order.into_iter()
}

impl Scenario {
    /// What it changes, in the order of time.
    pub(crate) fn changes_in_order(&self) -> impl Iterator<Item = &Change> {
        in_order(&self.changes)
    }

    /// How many replicas it has at most at once.
    pub(crate) fn replicas_max(&self) -> usize {
        let counts = self.changes.iter().filter_map(|change| match change.kind {
            ChangeKind::Replicas(count) => Some(count),
            _ => None,
        });
        counts.fold(self.replicas, usize::max)
    }

    /// The most that its changes multiply any poster's rate by, 1 at least.
    pub(crate) fn rate_factor_max(&self) -> f64 {
        let most = |of_all: bool| {
            let times = self.changes.iter().filter_map(|change| match &change.kind {
                ChangeKind::Rate { times, poster } if poster.is_none() == of_all => Some(*times),
                _ => None,
            });
            times.fold(1.0, f64::max)
        };
        most(true) * most(false)
    }
}
