//! What names the rows of one acquire query whose answer was lost.

#[cfg(feature = "postgres")]
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};

#[cfg(feature = "postgres")]
use crate::job::Posting;
use crate::job::WorkerId;

/// One acquire query of unknown outcome.
///
/// Its rows are those that bear one of its workers and its stamp: a store never gives a stamp twice, and where
/// the clocks of two stores agree, their workers differ.
#[derive(Debug)]
pub struct Claim {
    /// Whom it was to take jobs for.
    pub workers: Vec<WorkerId>,
    /// The `started_at` of what it took, to the microsecond.
    pub started_at: DateTime<Utc>,
    /// The session of the server that ran it, where there is one.
    #[cfg(feature = "postgres")]
    session: Option<Session>,
    /// What a release that failed midway had already found.
    #[cfg(feature = "postgres")]
    found: Mutex<Vec<Posting>>,
}

/// A session of a server: its process, and since when, as numbers of processes come round again.
#[cfg(feature = "postgres")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Session {
    pub(super) pid: i32,
    pub(super) since: DateTime<Utc>,
}

impl Claim {
    /// A claim that isn't under way any more.
    #[must_use]
    pub fn new(workers: Vec<WorkerId>, started_at: DateTime<Utc>) -> Self {
        Self {
            workers,
            started_at,
            #[cfg(feature = "postgres")]
            session: None,
            #[cfg(feature = "postgres")]
            found: Mutex::default(),
        }
    }
}

#[cfg(feature = "postgres")]
impl Claim {
    /// The same claim, which may still be under way in a session.
    pub(super) fn in_session(self, session: Session) -> Self {
        Self { session: Some(session), ..self }
    }

    pub(super) fn session(&self) -> Option<Session> {
        self.session
    }

    /// What was found of it so far.
    pub(super) fn found(&self) -> MutexGuard<'_, Vec<Posting>> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
