//! A domain's page: what was read of it last, what woke it last, how far it is scrolled.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use loadgen::measure::What;
use loadgen::snapshot::{Cause, DomainNumber, DomainPage, RootCause};

use crate::model::WakeupsState;

/// So many wakeups are remembered of the domain on the page.
const WAKEUPS_MAX: usize = 50;
/// They are looked for among so many events, the latest.
const EVENTS_LOOKED_AT: usize = 20_000;

/// The state of a domain's page.
#[derive(Debug, Clone, Default)]
pub struct PageState {
    /// What was read last, of whichever domain that was.
    pub read: Option<Arc<DomainPage>>,
    /// What woke that domain, the latest first.
    pub wakeups: Vec<PastWakeup>,
    /// How far the page is scrolled, in lines.
    pub scroll: usize,
}

/// A wakeup of a domain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PastWakeup {
    /// When the domain was cleared, since the posters started.
    pub at: Duration,
    /// On which replica.
    pub replica: Option<u16>,
    /// Why.
    pub cause: Cause,
    /// What set that off.
    pub root: RootCause,
    /// How its query ended.
    pub outcome: WakeupOutcome,
    /// From being cleared to that end.
    pub took: Option<Duration>,
}

/// How a wakeup ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WakeupOutcome {
    /// It has not ended yet.
    UnderWay,
    /// Its query found so many jobs.
    Found(u32),
    /// Its query found nothing.
    Empty,
    /// Its query failed.
    Failed,
    /// Nobody was left to query for.
    Revoked,
}

impl PageState {
    /// Takes in a page that was read, and looks for what woke its domain.
    pub fn take(&mut self, page: Arc<DomainPage>, events: &WakeupsState) {
        self.wakeups = past_wakeups(events, page.number);
        self.read = Some(page);
    }

    /// The page of this domain, if that is the one that was read last.
    #[must_use]
    pub fn of(&self, number: DomainNumber) -> Option<&DomainPage> {
        self.read.as_deref().filter(|page| page.number == number)
    }
}

fn past_wakeups(events: &WakeupsState, number: DomainNumber) -> Vec<PastWakeup> {
    let mut ends = HashMap::new();
    let mut wakeups = Vec::new();
    let latest = events.events().rev().take(EVENTS_LOOKED_AT).map(|(_, event)| event);
    for event in latest.filter(|event| event.domain == Some(number)) {
        let (clearance, outcome) = match event.what {
            What::QueryFound { clearance, jobs } => (clearance, WakeupOutcome::Found(jobs)),
            What::QueryEmpty { clearance } => (clearance, WakeupOutcome::Empty),
            What::QueryFailed { clearance } => (clearance, WakeupOutcome::Failed),
            What::Revoked { clearance } => (clearance, WakeupOutcome::Revoked),
            What::Cleared { clearance, cause, root, .. } => {
                let end = ends.remove(&(event.replica, clearance));
                wakeups.push(PastWakeup {
                    at: event.at,
                    replica: event.replica,
                    cause,
                    root,
                    outcome: end.map_or(WakeupOutcome::UnderWay, |(outcome, _)| outcome),
                    took: end.map(|(_, at): (_, Duration)| at.saturating_sub(event.at)),
                });
                if wakeups.len() == WAKEUPS_MAX {
                    break;
                }
                continue;
            }
            _ => continue,
        };
        ends.insert((event.replica, clearance), (outcome, event.at));
    }
    wakeups
}
