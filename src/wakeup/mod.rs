//! The pure machine: rules, domains, matching, deadlines.
//!
//! Knows no clock, no chance and no I/O: time and draws come in as values, decisions go out as values.
//! The same machine is driven against Postgres, in virtual time, and by a checker that tries everything.

mod alphabet;
mod cause;
mod chance;
mod deadlines;
mod domain;
mod ids;
mod key;
mod machine;
mod matching;
mod policy;
mod queue;
mod registry;
mod time;
mod tokens;

pub use alphabet::{AcquireeId, Clearance, ClearanceId, DomainId, Input, Outcome, Output};
pub use cause::{Cause, RootCause};
pub use chance::{Chance, FirstChoice};
#[cfg(feature = "runtime")]
pub(crate) use ids::IdMap;
pub use key::{DomainKey, DomainSpec};
pub use machine::{DomainView, Machine, TokenView};
pub use policy::{
    AfterError, Chain, Departed, Doubtful, FirstPoll, Order, Policy, Postings, Route, Switch, UnknownValue,
};
pub use time::Time;
