//! Warnings: what looks wrong while a run goes on, what speaks for it, and what to do.
//!
//! A lint is a pure function of a `Sight`, the run at the end of a second and the few seconds before, and answers
//! with a `Verdict`. `Verdict::LookAgain` says that it can't tell yet: nothing is opened or closed by it. Each
//! has a least effect below which it says nothing. The `Keeper` asks all of them once a second while the run is
//! measured, and is silent in warm-up, drain and afterwards. There is one warning at most for each lint at a time: it
//! names the worst case and counts the others.
//!
//! A lint judges; it measures nothing, and nobody acts on it but people.

mod database_silent;
mod generator_behind;
mod keeper;
mod listener_silent;
mod lost_wakeup;
mod notification_storm;
mod query_stuck;
mod served_by_poll;
mod sight;
mod spurious_queries;
mod starved_tag;
#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests;

use serde::{Deserialize, Serialize};

use crate::report::words::plural;

pub(crate) use keeper::Keeper;
pub(crate) use sight::{Kind, Listener, Sight};

/// So many warnings that are over are kept, the newest.
pub const PAST_MAX: usize = 100;

/// What looks wrong, as a reader of a report or a dashboard is told.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warning {
    /// Which lint found it, such as `lost_wakeup`.
    pub name: String,
    /// What is wrong, in few words.
    pub what: String,
    /// What speaks for it, in figures; as it was last.
    pub evidence: String,
    /// What to do about it.
    pub advice: String,
    /// Since which second of the run.
    pub from_second: u64,
    /// Up to which second; `None` while it lasts.
    pub to_second: Option<u64>,
}

impl Warning {
    /// From when to when, such as `seconds 12 to 24`, `since second 12`.
    #[must_use]
    pub fn seconds(&self) -> String {
        match self.to_second {
            Some(to) if to == self.from_second => format!("second {to}"),
            Some(to) => format!("seconds {} to {to}", self.from_second),
            None => format!("since second {}", self.from_second),
        }
    }
}

/// All warnings of a run so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Warnings {
    /// Those that last, the gravest first.
    pub open: Vec<Warning>,
    /// Those that are over, in the order of their ends.
    pub past: Vec<Warning>,
    /// How many older ones were forgotten.
    pub forgotten: u64,
}

/// What a lint makes of what it sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Nothing is wrong.
    Fine,
    /// Something may be, and it can't be told yet.
    LookAgain,
    /// Something is.
    Warn(Finding),
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finding {
    what: String,
    evidence: String,
    advice: &'static str,
}

impl Finding {
    fn new(what: impl Into<String>, evidence: impl Into<String>, advice: &'static str) -> Self {
        Self { what: what.into(), evidence: evidence.into(), advice }
    }

    /// Names the first of these faults that was at work lately as the likely cause.
    fn explained_by(mut self, sight: &Sight, faults: &[&str]) -> Self {
        if let Some(fault) = faults.iter().find(|fault| sight.had_fault(fault)) {
            self.evidence.push_str("; likely cause: the fault ");
            self.evidence.push_str(fault);
        }
        self
    }
}

/// So many jobs wait, in words.
fn waiting(jobs: u64) -> String {
    format!("{} wait{}", plural(jobs, "job"), if jobs == 1 { "s" } else { "" })
}

/// That so many domains more fare the same, in words; nothing when there are none.
fn same_in(others: usize) -> String {
    if others == 0 {
        String::new()
    } else {
        format!("; the same in {} more", plural(others as u64, "domain"))
    }
}

/// Something to look for.
struct Lint {
    name: &'static str,
    look: fn(&Sight) -> Verdict,
}

/// All there are, the gravest first: what keeps the run from being believed, then what keeps jobs waiting, then what
/// costs too much.
const LINTS: [Lint; 9] = [
    Lint { name: "database_silent", look: database_silent::look },
    Lint { name: "generator_behind", look: generator_behind::look },
    Lint { name: "query_stuck", look: query_stuck::look },
    Lint { name: "listener_silent", look: listener_silent::look },
    Lint { name: "lost_wakeup", look: lost_wakeup::look },
    Lint { name: "served_by_poll", look: served_by_poll::look },
    Lint { name: "starved_tag", look: starved_tag::look },
    Lint { name: "notification_storm", look: notification_storm::look },
    Lint { name: "spurious_queries", look: spurious_queries::look },
];
