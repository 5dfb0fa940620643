//! The statements of a run, recognized by their text in `pg_stat_statements`.

use serde::{Deserialize, Serialize};

/// What a statement is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Statement {
    /// Looks for jobs and claims them.
    Acquire,
    /// Inserts jobs.
    Insert,
    /// Sends notices.
    Notify,
    /// Inserts jobs and sends their notices, in one transaction.
    InsertAndNotify,
    /// Marks a job as done.
    Complete,
}

impl Statement {
    /// Every statement, in a job's order.
    pub const ALL: [Self; 5] =
        [Self::Acquire, Self::Insert, Self::Notify, Self::InsertAndNotify, Self::Complete];

    /// The key in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Acquire => "acquire",
            Self::Insert => "insert",
            Self::Notify => "notify",
            Self::InsertAndNotify => "insert_and_notify",
            Self::Complete => "complete",
        }
    }

    /// What a statement with this text is for; `None` when it isn't one of these. The server has put parameters in
    /// the place of constants, and left the rest as it was sent.
    #[must_use]
    pub fn of(text: &str) -> Option<Self> {
        const TABLE: &str = "clearance.provisioner_jobs";
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let begins = |with: &str| text.starts_with(with);
        if begins("SELECT pg_notify(") {
            return Some(Self::Notify);
        }
        if !text.contains(TABLE) {
            return None;
        }
        if text.contains(&format!("UPDATE {TABLE} AS job SET started_at")) && text.contains("SKIP LOCKED") {
            Some(Self::Acquire)
        } else if begins("WITH inserted AS (INSERT INTO") && text.contains("pg_notify(") {
            Some(Self::InsertAndNotify)
        } else if begins(&format!("INSERT INTO {TABLE}")) {
            Some(Self::Insert)
        } else if begins(&format!("UPDATE {TABLE} SET completed_at = ")) {
            Some(Self::Complete)
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use acquirer::store::postgres::statements::FINISH;

    use super::*;

    #[test]
    fn the_runs_statements_are_recognized_and_nobody_elses() {
        assert_eq!(Statement::of(FINISH), Some(Statement::Complete));
        assert_eq!(Statement::of("SELECT pg_notify($1, $2)"), Some(Statement::Notify));
        for foreign in [
            "SELECT $1",
            "INSERT INTO sales VALUES ($1)",
            "SELECT id, started_at IS NOT NULL FROM clearance.provisioner_jobs",
            "SELECT id FROM clearance.provisioner_jobs WHERE started_at IS NULL FOR UPDATE SKIP LOCKED",
            "UPDATE clearance.provisioner_jobs SET started_at = NULL WHERE id = $1",
        ] {
            assert_eq!(Statement::of(foreign), None, "{foreign}");
        }
    }
}
