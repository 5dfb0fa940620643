//! Whether the database is the limit, and what it waits for, in words.

use std::time::Duration;

use loadgen::snapshot::Snapshot;

use super::super::{format, period};
use super::recent::Recent;
use crate::model::{Trouble, trouble};
use crate::theme::Role;

/// Fewer queries under way than this are next to nothing.
const IDLE_MAX: f64 = 0.5;
/// Up to so many are told as the time in which there is one.
const ONE_MAX: f64 = 0.95;
/// Fewer than this are shown as none.
const SEEN_MIN: f64 = 0.05;
/// So many transactions that wait at any time are a queue.
const QUEUED: f64 = 1.0;
/// Without a look for so many seconds, what is drawn is old.
const LOOKS_MISSED_MAX: u64 = 3;

/// What is to be said first.
pub(super) struct Finding {
    /// Whether it is the limit.
    pub(super) headline: String,
    pub(super) role: Role,
    /// What it waits for.
    pub(super) detail: String,
}

impl Finding {
    fn new(role: Role, headline: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { headline: headline.into(), role, detail: detail.into() }
    }
}

/// What is to be said first; in fewer words where there is little room.
pub(super) fn finding(snapshot: &Snapshot, recent: &Recent<'_>, is_brief: bool) -> Finding {
    let Some(last) = snapshot.database_samples.last() else {
        return Finding::new(Role::Dim, "nothing was seen yet", "");
    };
    let waits = recent.waits();
    let load: f64 = waits.iter().map(|(_, queries)| queries).sum();
    let detail = in_the_way(recent, &waits, load, is_brief);
    if period::is_over(snapshot) {
        let headline = if load < IDLE_MAX { "had little to do" } else { "had queries under way" };
        return Finding::new(Role::Title, headline, detail);
    }
    if let Some(silence) = snapshot.database_silent_for {
        let headline = format!("has not answered for {}", format::countdown(silence));
        return Finding::new(Role::Alarm, headline, "below is what was seen before");
    }
    // The sample of a second is taken when the next has begun.
    let missed = snapshot.elapsed.as_secs().saturating_sub(last.second + 1);
    if missed > LOOKS_MISSED_MAX {
        let headline = format!("nothing was seen for {}", format::countdown(Duration::from_secs(missed)));
        return Finding::new(
            Role::Warning,
            headline,
            "it did not answer in time; below is what was seen before",
        );
    }
    let behind = || snapshot.domains.iter().filter(|row| trouble(row) == Trouble::Behind);
    if load >= QUEUED && behind().any(|row| row.waiting() > 0) {
        return Finding::new(Role::Alarm, "the limit, it seems: jobs and workers wait for queries", detail);
    }
    if load >= QUEUED && is_queue(recent) {
        return Finding::new(Role::Warning, "near a limit: commits queue", detail);
    }
    let headline = if snapshot.domains.iter().any(|row| trouble(row) == Trouble::Asleep) {
        "not the limit: jobs wait for a wakeup"
    } else if behind().next().is_some() {
        "not the limit: every worker has a job"
    } else if load < IDLE_MAX {
        "not the limit: next to idle"
    } else {
        "busy, and keeps up"
    };
    Finding::new(Role::Found, headline, detail)
}

fn is_queue(recent: &Recent<'_>) -> bool {
    recent.mean(|sample| sample.notify_lock_waiters).is_some_and(|waiters| waiters >= QUEUED)
}

fn in_the_way(recent: &Recent<'_>, waits: &[(&str, f64)], load: f64, is_brief: bool) -> String {
    let waiters = recent.mean(|sample| sample.notify_lock_waiters).unwrap_or(0.0);
    let lock = match waiters {
        QUEUED.. if is_brief => {
            return format!("{} commits wait for the lock of NOTIFY", format::number(waiters));
        }
        QUEUED.. => format!("{} commits wait for the lock of NOTIFY; ", format::number(waiters)),
        _ => String::new(),
    };
    let Some((event, most)) = waits.first().filter(|(_, most)| *most >= SEEN_MIN) else {
        return format!("{lock}hardly a query was under way");
    };
    let meaning =
        || meaning(event).filter(|_| !is_brief).map(|what| format!(" ({what})")).unwrap_or_default();
    if load < ONE_MAX {
        // Nobody sees a part of a query, and two at once are rare then.
        let share = format::percent(*most);
        return match *event {
            "CPU" => format!("{lock}a query computes {share} of the time"),
            event if is_brief => format!("{lock}{event} {share} of the time"),
            event => format!("{lock}a query waits for {event}{} {share} of the time", meaning()),
        };
    }
    let (most, load) = (format::number(*most), format::number(load));
    let queries = if most == load { format!("{load} queries") } else { format!("{most} of {load} queries") };
    let what = match *event {
        "CPU" => "compute".to_owned(),
        event => format!("wait for {event}{}", meaning()),
    };
    format!("{lock}{queries} {what}")
}

/// What an event is, for whoever doesn't know Postgres's names.
pub(super) fn meaning(event: &str) -> Option<&'static str> {
    Some(match event {
        "CPU" => "waits for nothing",
        "IO:WALSync" => "the log to reach the disk",
        "IO:WALWrite" => "the log to be written",
        "LWLock:WALWrite" => "others' log to be synced",
        "LWLock:WALInsert" => "room in the log's buffers",
        "IO:DataFileRead" => "a page from the disk",
        "IO:DataFileExtend" | "Lock:extend" => "the table to grow",
        "IO:DataFileFlush" | "IO:DataFileWrite" | "IO:DataFileSync" => "a page to reach the disk",
        "Lock:object" => "the lock of NOTIFY",
        "Lock:transactionid" => "another transaction's end",
        "Lock:tuple" => "a row that another changes",
        "Lock:relation" => "a lock on the table",
        "LWLock:NotifyQueue" | "LWLock:NotifyQueueTail" | "LWLock:NotifyBuffer" => "the queue of notices",
        "LWLock:BufferContent" => "a page that another changes",
        "LWLock:BufferMapping" => "a page's place in memory",
        "LWLock:LockManager" => "the table of locks",
        "LWLock:ProcArray" => "the list of transactions",
        "LWLock:XidGen" => "a transaction's number",
        "Client:ClientRead" => "the client's next word",
        "Client:ClientWrite" => "the client to read it",
        "IPC:SyncRep" => "a standby to confirm",
        "Timeout:PgSleep" => "a sleep that was asked for",
        _ => return None,
    })
}
