//! One shared broker of job queries for many workers over a queue in Postgres.
//!
//! Workers that accept the same jobs form a *domain*. One worker of a domain queries at a time; when the
//! table has nothing for it, the whole domain sleeps until a *posting* arrives over pubsub, or the *backup
//! poll* comes round. The query rate follows the jobs, not the number of workers.
//!
//! | room | what it holds |
//! |---|---|
//! | [`job`] | the words: jobs, tags, postings |
//! | [`wakeup`] | the rules, as a pure machine |
//! | [`runtime`] | the machine on tokio: [`Acquirer`] |
//! | [`store`] | where jobs are: Postgres, memory |
//! | [`pubsub`] | how postings travel: Postgres, memory |
//!
//! Rules and invariants are named `S1`–`S17`, `W2`–`W13` and by words such as `EXCLUSIVE`, as listed in
//! ARCHITECTURE.md. Without default features only [`job`] and [`wakeup`] are compiled, with neither tokio
//! nor sqlx.

pub mod job;
#[cfg(feature = "runtime")]
pub mod pubsub;
#[cfg(feature = "runtime")]
pub mod runtime;
#[cfg(feature = "runtime")]
pub mod store;
pub mod wakeup;

#[cfg(feature = "runtime")]
pub use runtime::{AcquireError, Acquirer, AcquirerOptions};
