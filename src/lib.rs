//! One shared broker of job queries for many workers over a queue in Postgres.
//!
//! # The idea
//!
//! Think of a pantry with a doorkeeper. Guests who eat the same things stand in one queue. One guest of a queue looks
//! into the pantry at a time; when there is nothing for them, the whole queue sits down, until somebody calls that a
//! dish was put in, or the doorkeeper's watch says that it is time to look in any case. However many guests there
//! are, the door opens about as often as dishes come.
//!
//! The guests are *acquirees*: callers of [`Acquirer::acquire_job`]. A queue is a *domain*: acquirees that accept the
//! same jobs. The pantry is the [store](store::JobStore), a table of jobs; a call is a [posting](job::Posting), sent
//! over [pubsub](pubsub::PubSub) by whoever inserts a job; the watch is the *backup poll*, 30 s by default. The
//! query rate follows the jobs, not the number of workers.
//!
//! # The life of a wakeup
//!
//! ```text
//!  poster              database          acquirer                       workers A, B (one domain)
//!                                                                 ◀──── A: acquire_job
//!                                 ◀───── query for A (first)            B: acquire_job, waits
//!                       nothing ───────▶ the domain sleeps
//!  INSERT, COMMIT ────▶ J
//!  NOTIFY ────────────────────────────▶ posting: A is cleared
//!                                 ◀───── query for A (posting)
//!                             J ───────▶ J is accounted for ──────────▶ A: Ok(J)
//!                                        B sleeps on: nothing is left
//! ```
//!
//! What is announced while a query is in flight is remembered, since that query may have begun too early to see it:
//!
//! ```text
//!                                 ◀───── query for B begins
//!  INSERT K, COMMIT ──▶ K
//!  NOTIFY ────────────────────────────▶ posting: the domain is busy, and remembers
//!                       nothing ───────▶ B is cleared again (pending)
//!                                 ◀───── query for B
//!                             K ───────────────────────────────────────▶ B: Ok(K)
//! ```
//!
//! # To embed it
//!
//! An [`Acquirer`] for a process, shared by its workers:
//!
//! ```
//! use acquirer::job::{JobId, ProvisionerType, Tags, WorkerId};
//! use acquirer::pubsub::{MemoryPubSub, PubSub as _};
//! use acquirer::store::{JobTable as _, MemoryStore, NewJob};
//! use acquirer::{Acquirer, AcquirerOptions};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let (store, pubsub) = (MemoryStore::new(), MemoryPubSub::new());
//! let acquirer = Acquirer::connect(store.clone(), pubsub.clone(), AcquirerOptions::default()).await?;
//!
//! // Somebody posts a job: commit first, announce second.
//! let posted = NewJob::new(JobId::new_v4(), ProvisionerType::Echo, Tags::new());
//! store.insert(std::slice::from_ref(&posted)).await?;
//! pubsub.publish(&posted.posting().payload()).await?;
//!
//! // A worker takes it, runs it, and says so.
//! let worker = WorkerId::new_v4();
//! let tags = Tags::from_pairs([("environment", "on-prem")])?;
//! let job = acquirer.acquire_job(worker, &[ProvisionerType::Echo], &tags).await?;
//! assert_eq!(job.id, posted.id);
//! store.complete(job.id, worker).await?;
//!
//! acquirer.close().await;
//! # Ok(())
//! # }
//! ```
//!
//! Against Postgres take `PostgresStore` and `PostgresPubSub` with the options of sqlx 0.9, and install the schema
//! once with `store::postgres::schema::install`. `examples/worker.rs` is a whole worker. A queue of another shape needs
//! an implementation of [`JobStore`](store::JobStore), whose methods say what they must promise.
//!
//! # Leaving and closing
//!
//! The query belongs to the acquirer, not to the caller it is made for. So a caller's future may be dropped at any
//! await point, and a time limit is `tokio::time::timeout`:
//!
//! ```text
//!  A: acquire_job ──▶ query for A: UPDATE … committing
//!  A: dropped
//!                     UPDATE … done: J is marked as A's
//!                     the acquirer marks J as available, NOTIFY J ──────▶ whoever is next finds it
//! ```
//!
//! [`Acquirer::close`] answers all callers with [`AcquireError::Closed`], waits for the queries in flight, and gives
//! back what they found in the same way. When it answers, nothing is stranded and no task is left. Jobs handed over before
//! belong to their workers, who should finish them.
//!
//! # Errors
//!
//! [`ConnectError`]: options that cannot be. [`AcquireError`]: the acquirer was closed, or the query made on this
//! caller's behalf failed; then call again. Trouble with pubsub is never an error: subscribing is tried again for ever, and
//! after a gap every domain looks (`S12`, `S14`). Nothing here panics on what comes from outside.
//!
//! # What it does not promise
//!
//! - **That a job which was handed over gets done.** When a worker or its process dies, its job stays marked as
//!   running; freeing it is the task of a lease or a reaper over the job table. So is a job that could not be released
//!   because the database was out of reach for longer than the acquirer keeps trying.
//! - **Order between domains or replicas.** A query takes the oldest job that fits its domain. Who queries first is
//!   decided by who is woken first.
//! - **A wakeup for jobs announced before their commit.** Announce after the commit, or in the same transaction with
//!   NOTIFY. What was not announced at all waits for the backup poll.
//! - **That hints arrive.** They may be lost on the way without a sign. `PostgresPubSub` finds out by a probe that its
//!   listener hears nothing any more (a half-open connection, a pooler that swallows LISTEN), and then every domain
//!   looks. Otherwise the backup poll bounds the wait: a job is found within its period and a query (`BOUNDED`).
//!
//! # Looking in
//!
//! A [`Tap`](runtime::Tap) sees every decision as a typed [`Event`](runtime::Event); [`Acquirer::domains`] answers
//! with all domains at a moment. For logs there are `tracing` spans at debug level: `acquire_job` for each caller, and
//! `acquire_query` for each query with its cause, its root cause and its outcome. A caller that nobody looks at
//! pays for neither.
//!
//! # Rooms
//!
//! | room | what it holds |
//! |---|---|
//! | [`job`] | the words: jobs, tags, postings |
//! | [`wakeup`] | the rules, as a pure machine, and the [`Policy`](wakeup::Policy) that chooses between them |
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
pub use runtime::{AcquireError, Acquirer, AcquirerOptions, ConnectError};
