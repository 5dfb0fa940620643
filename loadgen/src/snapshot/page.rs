//! One domain looked at closely: for whoever asks for it, and paid for by nobody else.

use std::time::Duration;

use super::{Cause, DomainNumber, DomainPhase, Latency, Posting, RootCause};

/// So many acquirees are listed of each replica, and so many shapes of jobs.
pub const LISTED_MAX: usize = 200;

/// One domain at one moment.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DomainPage {
    /// Which domain it is.
    pub number: DomainNumber,
    /// When it was looked at, since the posters started.
    pub at: Duration,
    /// Its state on each replica that ever had it, by replica.
    pub replicas: Vec<PageReplica>,
    /// The jobs that wait and that it accepts, by what they demand; the most first, [`LISTED_MAX`] at most.
    pub backlog: Vec<ShapeBacklog>,
    /// How many shapes with jobs are not listed.
    pub backlog_more: usize,
    /// Queue wait of the jobs that it took since the warm-up, within a tenth.
    pub queue_wait: Latency,
}

/// A domain on one replica.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PageReplica {
    /// The replica's number.
    pub replica: usize,
    /// The clearance in use.
    pub clearance: Option<PageClearance>,
    /// Time left of a pause after an error; `None` as well where that isn't known.
    pub pause_left: Option<Duration>,
    /// Who waits: those whom the clearance is for, then the others, longest waiting first; [`LISTED_MAX`] at most.
    pub acquirees: Vec<PageAcquiree>,
    /// How many are not listed.
    pub acquirees_more: usize,
    /// What only a live run can say.
    pub live: Option<PageLive>,
}

/// What only the acquirer itself knows, and no recording holds.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PageLive {
    /// How many of the first acquirees the clearance is for.
    pub cleared: usize,
    /// Postings that are remembered and not accounted for (`W2`), by what their jobs demand.
    pub tokens: Vec<PageToken>,
}

/// A clearance in use.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PageClearance {
    /// Why it was given.
    pub cause: Cause,
    /// What set that off.
    pub root: RootCause,
    /// Cleared or querying.
    pub phase: DomainPhase,
    /// For how long it has been that.
    pub since: Duration,
}

/// A caller that waits for a job.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PageAcquiree {
    /// The worker that called: its fleet's name, and its number in it.
    pub worker: String,
    /// For how long it has waited.
    pub waited: Duration,
}

/// Postings that are remembered.
#[derive(Debug, Clone, PartialEq)]
pub struct PageToken {
    /// What their jobs demand.
    pub shape: Posting,
    /// How many jobs it names.
    pub named: usize,
    /// It stands for others as well, of unknown number.
    pub is_open: bool,
}

/// Jobs of one shape that wait.
#[derive(Debug, Clone, PartialEq)]
pub struct ShapeBacklog {
    /// What they demand.
    pub shape: Posting,
    /// How many wait.
    pub queued: u64,
    /// How long the oldest has waited.
    pub oldest: Duration,
    /// How many domains accept them, this one among them.
    pub accepted_by: usize,
}
