//! The machine in worlds of a few acquirees and jobs, where whatever can happen does, and in larger ones by
//! chance. `world` is all that is around the machine; `checker` tries everything; `simulation` tries much.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod canaries;
mod checker;
mod exhaustive;
mod scopes;
mod simulation;
mod world;
