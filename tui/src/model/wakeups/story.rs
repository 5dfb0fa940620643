//! One wakeup from end to end: what led to an event and what came of it, in words and with durations.

use std::collections::BTreeSet;
use std::time::Duration;

use loadgen::measure::{LoggedEvent, What};
use loadgen::snapshot::{Cause, ClearanceId, DomainNumber, RootCause};

use super::WakeupsState;

/// Of a chain of clearances so many are told, the latest.
const CLEARANCES_MAX: usize = 16;
/// A query that found more jobs is told without their notices.
const JOBS_TOLD_MAX: usize = 3;

/// What led to an event, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Story {
    /// What it is about.
    pub title: String,
    /// What happened, in order.
    pub chapters: Vec<Chapter>,
    /// What it came to.
    pub conclusion: String,
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chapter {
    /// The event's number.
    pub number: u64,
    /// When.
    pub at: Duration,
    /// Since the chapter before; zero for the first.
    pub after: Duration,
    /// The replica that it happened on.
    pub replica: Option<u16>,
    /// What happened, in words.
    pub text: String,
}

/// A clearance, named within the run.
type Name = (Option<u16>, ClearanceId);

/// What the events say of one clearance.
#[derive(Debug, Clone, Copy)]
struct Known {
    number: u64,
    domain: Option<DomainNumber>,
    cause: Cause,
}

impl Story {
    pub(super) fn of(state: &WakeupsState, pointed: u64) -> Option<Self> {
        let event = state.event(pointed)?;
        let own_job = job_of(event);
        let end = clearance_of(event).map(|id| (event.replica, id)).or_else(|| taken_by(state, own_job?));
        let end = end.or_else(|| next_clearance(state, pointed, event));
        let chain = end.map(|end| chain_of(state, end)).unwrap_or_default();
        let mut jobs: BTreeSet<u64> = own_job.into_iter().collect();
        if own_job.is_none()
            && let Some(end) = end
        {
            let found: BTreeSet<u64> =
                state.events().filter_map(|(_, event)| handed_by(event, end)).collect();
            if found.len() <= JOBS_TOLD_MAX {
                jobs = found;
            }
        }
        let mut told = BTreeSet::from([pointed]);
        for (number, event) in state.events() {
            let of_chain = clearance_of(event)
                .is_some_and(|id| chain.iter().any(|(name, _)| *name == (event.replica, id)));
            let of_job = job_of(event).is_some_and(|job| jobs.contains(&job));
            let is_others = matches!(event.what, What::HandedOver { job, .. } if !jobs.contains(&job));
            if (of_chain && !is_others) || of_job {
                told.insert(number);
            }
        }
        if let Some((name, root)) = chain.first()
            && root.cause == Cause::Posting
        {
            told.extend(notice_before(state, *name, root));
        }
        let chapters = chapters(state, &told);
        let title = match (own_job, event.domain.or_else(|| chain.last()?.1.domain)) {
            (Some(job), Some(domain)) => format!("job {job}, {}", state.label(domain)),
            (Some(job), None) => format!("job {job}"),
            (None, Some(domain)) => state.label(domain),
            (None, None) => "one event".to_owned(),
        };
        Some(Self { title, conclusion: conclusion(state, &told, own_job, end), chapters })
    }
}

fn job_of(event: &LoggedEvent) -> Option<u64> {
    match event.what {
        What::Posted { job, .. }
        | What::HandedOver { job, .. }
        | What::NotTaken { job }
        | What::WorkerDied { job }
        | What::Freed { job } => Some(job),
        What::NoticeReceived { job } | What::NoticeSwallowed { job, .. } => job,
        _ => None,
    }
}

fn clearance_of(event: &LoggedEvent) -> Option<ClearanceId> {
    match event.what {
        What::Cleared { clearance, .. }
        | What::Revoked { clearance }
        | What::QueryStarted { clearance, .. }
        | What::QueryFound { clearance, .. }
        | What::QueryEmpty { clearance }
        | What::QueryFailed { clearance }
        | What::HandedOver { clearance, .. } => Some(clearance),
        _ => None,
    }
}

fn handed_by(event: &LoggedEvent, name: Name) -> Option<u64> {
    match event.what {
        What::HandedOver { job, clearance, .. } if (event.replica, clearance) == name => Some(job),
        _ => None,
    }
}

/// The clearance whose query took a job.
fn taken_by(state: &WakeupsState, wanted: u64) -> Option<Name> {
    state.events().rev().find_map(|(_, event)| match event.what {
        What::HandedOver { job, clearance, .. } if job == wanted => Some((event.replica, clearance)),
        _ => None,
    })
}

/// What something that the domain remembered led to.
fn next_clearance(state: &WakeupsState, pointed: u64, event: &LoggedEvent) -> Option<Name> {
    let (replica, domain) = (event.replica?, event.domain?);
    let mut later = state.events().filter(|(number, later)| {
        *number > pointed && later.replica == Some(replica) && later.domain == Some(domain)
    });
    later.find_map(|(_, later)| match later.what {
        What::Cleared { clearance, .. } => Some((later.replica, clearance)),
        _ => None,
    })
}

/// A clearance and those before it in its chain, the first one first.
fn chain_of(state: &WakeupsState, end: Name) -> Vec<(Name, Known)> {
    let mut chain = Vec::new();
    let mut wanted = end.1;
    // A parent was cleared before.
    for (number, event) in state.events().rev() {
        if let What::Cleared { clearance, cause, parent, .. } = event.what
            && (event.replica, clearance) == (end.0, wanted)
        {
            chain.push(((end.0, clearance), Known { number, domain: event.domain, cause }));
            match parent {
                Some(parent) if chain.len() < CLEARANCES_MAX => wanted = parent,
                _ => break,
            }
        }
    }
    chain.reverse();
    chain
}

/// The notice that woke the domain.
fn notice_before(state: &WakeupsState, name: Name, root: &Known) -> Option<u64> {
    let before = state.events().rev().find(|(number, event)| {
        *number < root.number
            && event.replica == name.0
            && event.domain == root.domain
            && matches!(event.what, What::NoticeReceived { .. })
    });
    before.map(|(number, _)| number)
}

fn chapters(state: &WakeupsState, told: &BTreeSet<u64>) -> Vec<Chapter> {
    let mut before = None;
    let told = told.iter().filter_map(|number| Some((*number, state.event(*number)?)));
    told.map(|(number, event)| {
        let after = before.map_or(Duration::ZERO, |before| event.at.saturating_sub(before));
        before = Some(event.at);
        Chapter { number, at: event.at, after, replica: event.replica, text: in_words(state, event) }
    })
    .collect()
}

/// What happened, as a person would say it.
pub(super) fn in_words(state: &WakeupsState, event: &LoggedEvent) -> String {
    let jobs = |jobs: u32| if jobs == 1 { "a job".to_owned() } else { format!("{jobs} jobs") };
    match event.what {
        What::Posted { job, .. } => format!("job {job} was committed"),
        What::NoticeReceived { job } => {
            let whose = job.map_or_else(|| "a notice".to_owned(), |job| format!("the notice of job {job}"));
            let woke = if event.domain.is_some() { "" } else { "; nobody here accepts it" };
            format!("{whose} arrived{woke}")
        }
        What::NoticeSwallowed { job, .. } => {
            let whose = job.map_or_else(|| "a notice".to_owned(), |job| format!("the notice of job {job}"));
            format!("a fault swallowed {whose}")
        }
        What::MessagesLost => "the listener may have missed notices: every domain looks".to_owned(),
        What::Cleared { cause, .. } => match cause {
            Cause::First => "the domain is new: one worker may ask".to_owned(),
            Cause::Posting => "woken by the notice: one worker may ask".to_owned(),
            Cause::Pending => "something came during the query: ask once more".to_owned(),
            Cause::Chained => "the query before was done: the next worker asks".to_owned(),
            Cause::BackupPoll => "the backup poll came round: one worker may ask".to_owned(),
            Cause::Recovered => "notices may have been missed: one worker may ask".to_owned(),
        },
        What::Revoked { .. } => "the worker left before it asked: the permission goes on".to_owned(),
        What::Pended { root } => match root {
            RootCause::BackupPoll => "the backup poll came round during a query: remembered".to_owned(),
            _ => "the domain is asking already: remembered".to_owned(),
        },
        What::QueryStarted { acquirees: 1, .. } => "the query begins, for one worker".to_owned(),
        What::QueryStarted { acquirees, .. } => format!("the query begins, for {acquirees} workers"),
        What::QueryFound { jobs: found, .. } => format!("it found {}", jobs(found)),
        What::QueryEmpty { .. } => "it found nothing: a spurious wakeup".to_owned(),
        What::QueryFailed { .. } => "it failed".to_owned(),
        What::BackingOff { .. } => "the domain pauses before it asks again".to_owned(),
        What::HandedOver { job, is_rescued: true, .. } => {
            format!("a worker has job {job}: RESCUED, no notice had come")
        }
        What::HandedOver { job, .. } => format!("a worker has job {job}"),
        What::WorkerDied { job } => format!("the worker that had job {job} died"),
        What::Freed { job } => format!("job {job} was freed: it may be acquired again"),
        What::NotTaken { job } => format!("whoever waited for job {job} had left"),
        What::FaultBegan { fault } => format!("{} began", fault_name(state, fault)),
        What::FaultEnded { fault } => format!("{} ended", fault_name(state, fault)),
    }
}

fn fault_name(state: &WakeupsState, fault: u32) -> String {
    state.faults.get(fault as usize).map(|fault| fault.name.clone()).unwrap_or_default()
}

/// How long the job waited and where, or what the clearance came to.
fn conclusion(state: &WakeupsState, told: &BTreeSet<u64>, job: Option<u64>, end: Option<Name>) -> String {
    let events: Vec<&LoggedEvent> = told.iter().filter_map(|number| state.event(*number)).collect();
    let when = |is_it: &dyn Fn(&LoggedEvent) -> bool| events.iter().find(|e| is_it(e)).map(|e| e.at);
    let Some(job) = job else {
        let jobs =
            events.iter().filter(|event| end.is_some_and(|end| handed_by(event, end).is_some())).count();
        return match jobs {
            0 => "no job came of it".to_owned(),
            1 => "one job came of it".to_owned(),
            _ => format!("{jobs} jobs came of it"),
        };
    };
    let posted = when(&|event| matches!(event.what, What::Posted { job: posted, .. } if posted == job));
    let handed = when(&|event| matches!(event.what, What::HandedOver { job: handed, .. } if handed == job));
    let (Some(posted), Some(handed)) = (posted, handed) else {
        return match (posted, handed) {
            (Some(_), None) => format!("job {job} still waits, or its end is no longer kept"),
            _ => "its commit is no longer kept".to_owned(),
        };
    };
    let wait = handed.saturating_sub(posted);
    let started = when(&|event| match event.what {
        What::QueryStarted { clearance, .. } => end == Some((event.replica, clearance)),
        _ => false,
    });
    let noticed = when(&|event| {
        matches!(event.what, What::NoticeReceived { job: Some(noticed) } if noticed == job)
            && end.is_some_and(|(replica, _)| event.replica == replica)
    })
    .filter(|noticed| started.is_none_or(|started| *noticed <= started));
    let ms = |time: Duration| match time.as_secs_f64() {
        seconds if seconds < 1.0 => format!("{:.1} ms", seconds * 1e3),
        seconds => format!("{seconds:.2} s"),
    };
    match (noticed, started) {
        (Some(noticed), Some(started)) => format!(
            "waited {}: {} for the notice, {} until it was cleared and asked, {} for the query",
            ms(wait),
            ms(noticed.saturating_sub(posted)),
            ms(started.saturating_sub(noticed)),
            ms(handed.saturating_sub(started)),
        ),
        (None, Some(started)) => format!(
            "waited {}: {} without any notice, {} for the query",
            ms(wait),
            ms(started.saturating_sub(posted)),
            ms(handed.saturating_sub(started)),
        ),
        _ => format!("waited {}", ms(wait)),
    }
}
