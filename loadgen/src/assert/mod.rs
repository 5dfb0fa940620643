//! What a run is to hold, such as `queue_wait.p99 < 250ms`: read and checked before the run, judged after it.
//!
//! An [`Expression`] compares one figure of the report with a limit. The figure is named by its path in the
//! JSON report; `latency_us.` and `latency_by_cause_us.` may be left out. Of a distribution any percentile can
//! be asked for (`p95`, `p99.9`), of a list its `count`, and `max`, `min`, `mean`, `sum` or `last` of a key.
//! What is judged is what the report says, warm-up left out or not as it is there.
//!
//! Which paths there are comes from the report's own type, so that an expression that was read always finds
//! its figure. A figure without observations, such as a percentile of no jobs, holds nothing. A
//! scenario's [`Expectation`](crate::scenario::Expectation) with `abort` ends the run as soon as nothing can make
//! it hold any more. This module measures
//! nothing itself.

mod error;
mod expression;
mod figures;
mod limit;
mod live;
#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests;

pub use error::AssertError;
pub use expression::{Comparison, Expression};
pub use limit::Unit;
pub(crate) use live::{Live, ToCome};
