//! The acquirer as its callers see it, over the stores and pubsubs in memory.
//!
//! Time is virtual: it passes only when nothing else can happen, and the backup poll is further away than
//! any test lasts unless it is what the test is about.

mod closing;
mod dropping;
mod errors;
mod harness;
mod subscribing;
mod upstream;
