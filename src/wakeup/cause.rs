//! Why an acquiree was cleared to query.

use std::fmt;

/// Why a clearance was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cause {
    /// The domain was new (`S3`).
    First,
    /// A posting arrived while the domain was idle (`S11`).
    Posting,
    /// Something was remembered while the domain was busy, and its query then found nothing (`S6`).
    Pending,
    /// The acquiree before was done (`S7`).
    Chained,
    /// The period came round (`S10`).
    BackupPoll,
    /// Messages may have been dropped (`S12`).
    Recovered,
}

/// What set a chain of clearances off. A clearance that is chained or pending inherits it, so that
/// a job found by chaining from a backup poll still counts as rescued by the poll.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RootCause {
    /// The backup poll: nothing else would have woken the domain.
    BackupPoll,
    /// A new domain.
    First,
    /// The signal that messages may have been dropped.
    Recovered,
    /// A posting.
    Posting,
}

impl Cause {
    /// Every cause there is.
    pub const ALL: [Self; 6] =
        [Self::First, Self::Posting, Self::Pending, Self::Chained, Self::BackupPoll, Self::Recovered];

    /// The name in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Posting => "posting",
            Self::Pending => "pending",
            Self::Chained => "chained",
            Self::BackupPoll => "backup_poll",
            Self::Recovered => "recovered",
        }
    }
}

impl RootCause {
    /// Every root cause there is.
    pub const ALL: [Self; 4] = [Self::Posting, Self::First, Self::Recovered, Self::BackupPoll];

    /// The name in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.direct().as_str()
    }

    /// The cause of a clearance that this gives directly.
    #[must_use]
    pub fn direct(self) -> Cause {
        match self {
            Self::First => Cause::First,
            Self::Posting => Cause::Posting,
            Self::BackupPoll => Cause::BackupPoll,
            Self::Recovered => Cause::Recovered,
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for RootCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
