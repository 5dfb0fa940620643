//! The plan of a run, made before it: when each poster posts what, how long each job takes, who fails,
//! which worker asks which replica.
//!
//! PURE: no clock, no runtime. Everything follows from the scenario and its seed, whatever the order in
//! which it is asked for, since every poster and every worker draws from a random stream of its own.

mod arrivals;
mod draws;
mod rate;
mod workforce;

pub use arrivals::{Arrival, ArrivalTimeline};
pub use draws::{JobDraw, WorkerDraws};
pub use rate::RateCurve;
pub use workforce::{WorkerPlan, worker, workforce};
