//! How much a system takes: the search for the highest posting rate, or the fewest workers, that holds what is
//! asked of it.
//!
//! [`Search`] says which level to try next, [`Step`] what the report of a run at that level is worth,
//! [`Limiter`] what was in the way. [`level_scenario`] makes the scenario of one step, [`cells`] those of a grid.
//!
//! PURE: no clock, no I/O. Whoever drives the search runs the steps.

mod axis;
mod findings;
mod limiter;
mod load;
mod pressure;
mod search;
mod step;
mod trend;
mod vary;

pub use axis::{Axis, Goal};
pub use findings::{CellFindings, Findings, SCHEMA_VERSION, Setting};
pub use limiter::{Limiter, LimiterKind};
pub use load::{StepLength, default_warmup, left_out, level_scenario, mean_rate};
pub use pressure::{Busy, Pressure};
pub use search::{Answer, Outcome, Phase, Search, Stop, TRIALS_MAX, Tally};
pub use step::Step;
pub use trend::{POINTS_MIN, Trend};
pub use vary::{CELLS_MAX, Cell, Vary, cells};

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests;
