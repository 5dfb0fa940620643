//! What happened: every job's timeline, every clearance's cause, bounded histograms, the ledger.
//!
//! Takes down and sums up; decides nothing and never pushes back on what it measures.

mod alphabet;
mod around;
mod attribution;
#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod bounds;
mod buckets;
mod clearances;
mod clock;
mod database;
mod domains;
mod ears;
mod faults;
mod heard;
mod ids;
mod interventions;
mod latency;
mod ledger;
mod live;
mod log;
mod page;
mod recent;
mod recorder;
mod results;
mod roster;
mod seconds;
mod shapes;
mod sight;
mod slowest;
mod so_far;
mod state;
mod tallies;
#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests;
mod view;
mod waiters;

pub use alphabet::{
    FaultFacts, Heard, Input, InterventionFacts, PostedJob, PosterPace, StandingDomain, Surroundings, Time,
};
pub(crate) use buckets::{BOUNDS_US, Buckets};
pub use clearances::CauseCounts;
pub(crate) use clock::now;
pub use domains::DomainNumber;
pub use ids::{JobIds, Worker};
pub use latency::Stage;
pub(crate) use live::LostBy;
pub use log::{Events, FaultName, LoggedEvent, What};
pub(crate) use page::PageDraft;
pub(crate) use recorder::{AuditedFate, Holder};
pub use recorder::{Recorder, ReplicaTap};
pub(crate) use results::{DomainResult, Results, SlowResult};
pub use roster::{Roster, Rules};
pub(crate) use so_far::SoFar;
pub use state::LIVE_JOBS_MAX;
pub(crate) use state::{POST_LATE, State};
pub(crate) use tallies::{DomainTally, Tallies};
