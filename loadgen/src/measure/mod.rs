//! What happened: every job's timeline, every clearance's cause, bounded histograms, the ledger.
//!
//! Takes down and sums up; decides nothing and never pushes back on what it measures.

mod clearances;
mod domains;
mod ids;
mod latency;
mod ledger;
mod recent;
mod recorder;
mod results;
mod seconds;
mod shapes;
mod tap;
mod view;

pub use clearances::CauseCounts;
pub use ids::JobIds;
pub use latency::Stage;
pub(crate) use recorder::AuditedFate;
pub use recorder::{LIVE_JOBS_MAX, PostedJob, Recorder};
pub(crate) use results::{DomainResult, Results};
pub use tap::ReplicaTap;
pub(crate) use view::Surroundings;
