//! The pure machine.

mod cause;

pub use cause::{Cause, RootCause};
