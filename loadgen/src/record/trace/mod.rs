//! A recorded run as a trace for Perfetto or Chrome.
//!
//! ```text
//! faults            drop_notifications ▐██████████▌
//! posters           lane 1   ▐ post ▐ notify ▌
//! replica 0                            ╲
//!   echo                       ▾ notice ▐ cleared: posting ▌
//!                                        ▐   query: 1     ▌
//! fleet echo                                            ╲
//!   echo 7                                       ▐ job 12 ▌
//! ```
//!
//! An arrow leads from a job's NOTIFY to the clearance that its notice caused, and on to that clearance's query. A
//! notice that comes while its domain queries belongs to the domain's next clearance. It is written in one pass; what is
//! kept in mind are unfinished jobs, and a trace has [`ENTRIES_MAX`] entries at most, and says when it ends there.

mod sheet;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::time::Duration;

use acquirer::wakeup::{Clearance, ClearanceId, DomainId, RootCause};
use serde_json::{Value, json};

use crate::measure::{Heard, Input, PostedJob, Roster, Time, Worker};

use super::layout::Head;
use super::output::OutputError;
use super::read::Reader;

pub use sheet::Window;
use sheet::{Sheet, Span, Track};

/// What viewers still open without trouble.
pub(super) const ENTRIES_MAX: usize = 1_000_000;

/// No run posts more at once.
const LANES_MAX: usize = 128;

const FAULTS: u64 = 1;
const POSTERS: u64 = 2;
/// Replica 0; the others follow.
const REPLICAS: u64 = 10;
/// Fleet 0; the others follow.
const FLEETS: u64 = 1_000;

/// Writes the trace of a run whose posters started then. Answers with when it ends although the window goes on: when it
/// has all entries that it may have.
pub(super) fn write(
    reader: &mut Reader,
    began: Option<Time>,
    window: Window,
    entries_max: usize,
    out: impl Write,
) -> Result<Option<Duration>, OutputError> {
    let head = reader.head().clone();
    let end = window.from.saturating_add(window.length);
    let mut trace = Trace::begin(&head, Sheet::begin(out, window)?)?;
    let began = began.unwrap_or_default();
    let (mut last, mut full_at) = (Duration::ZERO, None);
    reader.each(|at, input| {
        let at = at - began;
        if full_at.is_none() && at <= end {
            last = last.max(at);
            trace.take(at, input)?;
            if trace.sheet.len() >= entries_max {
                full_at = Some(last);
            }
        }
        Ok::<(), OutputError>(())
    })?;
    trace.end(&head, last, full_at)?;
    Ok(full_at)
}

/// What has begun and not ended.
struct Trace<W> {
    sheet: Sheet<W>,
    /// By row; the row of a lane that is free has none.
    lanes: Vec<Option<Posting>>,
    /// Where each unfinished job was posted.
    posted: BTreeMap<u64, Posted>,
    domains: BTreeMap<(usize, DomainId), Domain>,
    /// The row of each domain of each replica, by what it accepts.
    rows: BTreeMap<(usize, String), u64>,
    clearances: BTreeMap<(usize, ClearanceId), InUse>,
    workers: BTreeMap<Worker, Running>,
    /// Which worker has a job.
    holders: BTreeMap<u64, Worker>,
    named_workers: BTreeSet<Worker>,
    named_replicas: BTreeSet<usize>,
    fleets: Vec<String>,
    faults: BTreeMap<String, (Duration, String)>,
    fault_rows: BTreeMap<String, u64>,
}

/// Jobs that a poster's lane posts in one transaction.
struct Posting {
    first: u64,
    jobs: usize,
    started: Duration,
    committed: Option<Duration>,
}

struct Posted {
    lane: usize,
    started: Duration,
    committed: Option<Duration>,
}

struct Domain {
    track: Track,
    /// Its clearance, from when it was given.
    in_use: Option<ClearanceId>,
    /// Notices for its next clearance.
    notices: Vec<Notice>,
}

#[derive(Clone, Copy)]
struct Notice {
    job: u64,
    received: Duration,
}

struct InUse {
    clearance: Clearance,
    track: Track,
    given: Duration,
    queried: Option<Duration>,
    acquirees: usize,
    notices: Vec<Notice>,
}

struct Running {
    job: u64,
    since: Duration,
    clearance: ClearanceId,
    replica: usize,
}

impl<W: Write> Trace<W> {
    fn begin(head: &Head, mut sheet: Sheet<W>) -> io::Result<Self> {
        sheet.name_group(FAULTS, "faults")?;
        sheet.name_group(POSTERS, "posters")?;
        let fleets: Vec<String> = head.scenario.fleets.iter().map(|fleet| fleet.name.clone()).collect();
        for (place, name) in fleets.iter().enumerate() {
            sheet.name_group(FLEETS + place as u64, &format!("fleet {name}"))?;
        }
        let mut trace = Self {
            sheet,
            lanes: Vec::new(),
            posted: BTreeMap::new(),
            domains: BTreeMap::new(),
            rows: BTreeMap::new(),
            clearances: BTreeMap::new(),
            workers: BTreeMap::new(),
            holders: BTreeMap::new(),
            named_workers: BTreeSet::new(),
            named_replicas: BTreeSet::new(),
            fleets,
            faults: BTreeMap::new(),
            fault_rows: BTreeMap::new(),
        };
        trace.name_replicas(&Roster::of(&head.scenario))?;
        Ok(trace)
    }

    fn take(&mut self, at: Duration, input: &Input<'_>) -> io::Result<()> {
        match *input {
            Input::PostStarted { jobs, .. } => self.post_started(jobs, at),
            Input::Committed { jobs } => self.committed(jobs, at),
            Input::Announced { jobs } => self.announced(jobs, at),
            Input::Finished { job, is_failure } => {
                self.posted.remove(&job);
                self.put_down(job, at, if is_failure { "failed" } else { "done" })
            }
            Input::WorkerDied { job } => self.put_down(job, at, "its worker died"),
            Input::NoticeSwallowed { replica, job } => {
                let track = self.listener(replica)?;
                self.sheet.instant(track, "notice swallowed by a fault", at, json!({ "job": job }))
            }
            Input::FaultBegan(facts) => {
                let parameter = facts.parameter.to_owned();
                self.faults.entry(facts.name.to_owned()).or_insert((at, parameter));
                Ok(())
            }
            Input::FaultEnded { name } => self.fault_ended(name, at),
            Input::RosterChanged(roster) => self.name_replicas(roster),
            Input::Replica { replica, ref heard } => self.heard(replica, heard, at),
            Input::Began { .. }
            | Input::PostersDone
            | Input::Preloaded { .. }
            | Input::WorkerReceived { .. }
            | Input::Freed { .. }
            | Input::AnnouncedAgain { .. }
            | Input::Sampled(_)
            | Input::DatabaseSampled(_)
            | Input::FaultFailed { .. }
            | Input::Intervened(_)
            | Input::DatabaseMissing { .. } => Ok(()),
        }
    }

    /// Names those that have none yet.
    fn name_replicas(&mut self, roster: &Roster) -> io::Result<()> {
        for replica in roster.replicas.keys() {
            if self.named_replicas.insert(*replica) {
                self.sheet.name_group(REPLICAS + *replica as u64, &format!("replica {replica}"))?;
            }
        }
        Ok(())
    }

    fn heard(&mut self, replica: usize, heard: &Heard<'_>, at: Duration) -> io::Result<()> {
        match *heard {
            Heard::NoticeReceived { job, domain } => self.notice_received(replica, job, domain, at),
            Heard::MessagesLost => {
                let track = self.listener(replica)?;
                self.sheet.instant(track, "messages may have been dropped", at, Value::Null)
            }
            Heard::DomainBorn { domain, spec } => {
                let track = self.domain_track(replica, &spec.to_string())?;
                self.domains.insert((replica, domain), Domain { track, in_use: None, notices: Vec::new() });
                Ok(())
            }
            Heard::DomainDissolved { domain } => {
                self.domains.remove(&(replica, domain));
                Ok(())
            }
            Heard::Cleared(clearance) => {
                let Some(domain) = self.domains.get_mut(&(replica, clearance.domain)) else { return Ok(()) };
                domain.in_use = Some(clearance.id);
                let in_use = InUse {
                    clearance,
                    track: domain.track,
                    given: at,
                    queried: None,
                    acquirees: 0,
                    notices: std::mem::take(&mut domain.notices),
                };
                self.clearances.insert((replica, clearance.id), in_use);
                Ok(())
            }
            Heard::Revoked { clearance } => self.ended(replica, clearance, at, "revoked", 0),
            Heard::Pended { domain, root } => {
                let Some(domain) = self.domains.get(&(replica, domain)) else { return Ok(()) };
                let what = match root {
                    RootCause::BackupPoll => "backup poll due while busy",
                    _ => "pended",
                };
                self.sheet.instant(domain.track, what, at, json!({ "root": root.as_str() }))
            }
            Heard::QueryStarted { clearance, acquirees } => {
                if let Some(in_use) = self.clearances.get_mut(&(replica, clearance)) {
                    in_use.queried = Some(at);
                    in_use.acquirees = acquirees;
                }
                Ok(())
            }
            Heard::QueryFound { clearance, jobs } => self.ended(replica, clearance, at, "found", jobs.len()),
            Heard::QueryEmpty { clearance } => self.ended(replica, clearance, at, "empty", 0),
            Heard::QueryFailed { clearance } => self.ended(replica, clearance, at, "failed", 0),
            Heard::BackingOff { domain, pause } => {
                let Some(domain) = self.domains.get(&(replica, domain)) else { return Ok(()) };
                let args = json!({ "pause_ms": pause.as_secs_f64() * 1e3 });
                self.sheet.instant(domain.track, "pauses after an error", at, args)
            }
            Heard::HandedOver { clearance, job, worker: Some(worker) } => {
                self.pick_up(worker, Running { job, since: at, clearance, replica })
            }
            Heard::GivenBack { job } => self.not_taken(job, at, "given back"),
            Heard::Stranded { job: Some(job) } => self.not_taken(job, at, "stranded"),
            Heard::Subscribed
            | Heard::NoticeUnreadable
            | Heard::Joined { .. }
            | Heard::Left { .. }
            | Heard::HandedOver { worker: None, .. }
            | Heard::Stranded { job: None }
            | Heard::Released { .. }
            | Heard::HandedOn { .. } => Ok(()),
        }
    }

    fn post_started(&mut self, jobs: &[PostedJob], at: Duration) -> io::Result<()> {
        let Some(first) = jobs.first().map(|job| job.number) else { return Ok(()) };
        let lane = self.free_lane()?;
        self.lanes[lane] = Some(Posting { first, jobs: jobs.len(), started: at, committed: None });
        for job in jobs {
            self.posted.insert(job.number, Posted { lane, started: at, committed: None });
        }
        Ok(())
    }

    fn free_lane(&mut self) -> io::Result<usize> {
        if let Some(lane) = self.lanes.iter().position(Option::is_none) {
            return Ok(lane);
        }
        if self.lanes.len() < LANES_MAX {
            self.lanes.push(None);
            let lane = self.lanes.len() - 1;
            self.sheet.name_row(lane_track(lane), &format!("lane {}", lane + 1))?;
            return Ok(lane);
        }
        // A posting whose notice failed never says that it has ended.
        let started = |lane: &usize| self.lanes[*lane].as_ref().map(|posting| posting.started);
        Ok((0..self.lanes.len()).min_by_key(started).unwrap_or(0))
    }

    fn committed(&mut self, jobs: &[PostedJob], at: Duration) -> io::Result<()> {
        for job in jobs {
            if let Some(posted) = self.posted.get_mut(&job.number) {
                posted.committed = Some(at);
            }
        }
        let Some((lane, posting)) = self.posting(jobs) else { return Ok(()) };
        posting.committed = Some(at);
        let span = Span { from: posting.started, to: at };
        let args = json!({ "first_job": posting.first, "jobs": posting.jobs });
        self.sheet.slice(lane_track(lane), "post", span, args)
    }

    fn announced(&mut self, jobs: &[PostedJob], at: Duration) -> io::Result<()> {
        let Some((lane, posting)) = self.posting(jobs) else { return Ok(()) };
        let from = posting.committed.unwrap_or(at);
        self.lanes[lane] = None;
        self.sheet.slice(lane_track(lane), "notify", Span { from, to: at }, Value::Null)
    }

    /// The lane that posts these jobs.
    fn posting(&mut self, jobs: &[PostedJob]) -> Option<(usize, &mut Posting)> {
        let first = jobs.first()?.number;
        let mut lanes = self.lanes.iter_mut().enumerate();
        lanes.find_map(|(lane, posting)| {
            let posting = posting.as_mut().filter(|posting| posting.first == first)?;
            Some((lane, posting))
        })
    }

    fn notice_received(
        &mut self,
        replica: usize,
        job: Option<u64>,
        domain: Option<DomainId>,
        at: Duration,
    ) -> io::Result<()> {
        let Some(domain) = domain.and_then(|domain| self.domains.get_mut(&(replica, domain))) else {
            let track = self.listener(replica)?;
            return self.sheet.instant(track, "notice for nobody here", at, json!({ "job": job }));
        };
        let track = domain.track;
        if let Some(job) = job {
            let notice = Notice { job, received: at };
            // What comes between a clearance and its query is that query's own to answer.
            let in_use = domain.in_use.and_then(|id| self.clearances.get_mut(&(replica, id)));
            match in_use.filter(|in_use| in_use.queried.is_none()) {
                Some(in_use) => in_use.notices.push(notice),
                None => domain.notices.push(notice),
            }
        }
        self.sheet.instant(track, "notice", at, json!({ "job": job }))
    }

    /// A clearance has come to its end.
    fn ended(
        &mut self,
        replica: usize,
        clearance: ClearanceId,
        at: Duration,
        outcome: &str,
        jobs: usize,
    ) -> io::Result<()> {
        let Some(in_use) = self.clearances.remove(&(replica, clearance)) else { return Ok(()) };
        let InUse { clearance, track, given, queried, acquirees, notices } = in_use;
        if let Some(domain) = self.domains.get_mut(&(replica, clearance.domain)) {
            domain.in_use = None;
        }
        let args = json!({
            "clearance": clearance.id.0,
            "root": clearance.root.as_str(),
            "parent": clearance.parent.map(|parent| parent.0),
        });
        let name = format!("cleared: {}", clearance.cause);
        self.sheet.slice(track, &name, Span { from: given, to: at }, args)?;
        let Some(queried) = queried else { return Ok(()) };
        let args = json!({ "jobs": jobs, "acquirees": acquirees });
        let name = format!("query: {outcome}");
        self.sheet.slice(track, &name, Span { from: queried, to: at }, args)?;
        for notice in notices {
            let Some(posted) = self.posted.get(&notice.job) else { continue };
            // A notice within the transaction may arrive before its poster hears of the commit.
            let notify = posted.committed.map_or(notice.received, |committed| committed.min(notice.received));
            let notify = (lane_track(posted.lane), notify.max(posted.started));
            let name = format!("wakeup by job {}", notice.job);
            // To the moment when the clearance stands, since the notice may have come after it was given.
            let wakeup = (track, given.max(notice.received).min(queried));
            self.sheet.flow(&name, &[notify, wakeup, (track, queried)])?;
        }
        Ok(())
    }

    fn pick_up(&mut self, worker: Worker, running: Running) -> io::Result<()> {
        if let Some(before) = self.workers.get(&worker).map(|before| before.job) {
            self.put_down(before, running.since, "its worker took another")?;
        }
        if self.named_workers.insert(worker) {
            let fleet = self.fleets.get(worker.fleet as usize).map_or("?", String::as_str);
            let name = format!("{fleet} {}", worker.number);
            self.sheet.name_row(worker_track(worker), &name)?;
        }
        self.holders.insert(running.job, worker);
        self.workers.insert(worker, running);
        Ok(())
    }

    /// A job came too late for its caller: no worker ran it, so that it is no slice.
    fn not_taken(&mut self, job: u64, at: Duration, how: &str) -> io::Result<()> {
        let Some((worker, _)) = self.let_go(job) else { return Ok(()) };
        self.sheet.instant(worker_track(worker), &format!("{how}: came too late"), at, json!({ "job": job }))
    }

    /// The worker that has a job has it no more.
    fn let_go(&mut self, job: u64) -> Option<(Worker, Running)> {
        let worker = self.holders.remove(&job)?;
        Some((worker, self.workers.remove(&worker)?))
    }

    fn put_down(&mut self, job: u64, at: Duration, how: &str) -> io::Result<()> {
        let Some((worker, running)) = self.let_go(job) else { return Ok(()) };
        let args = json!({
            "ended": how,
            "clearance": running.clearance.0,
            "replica": running.replica,
        });
        let span = Span { from: running.since, to: at };
        self.sheet.slice(worker_track(worker), &format!("job {job}"), span, args)
    }

    fn fault_ended(&mut self, name: &str, at: Duration) -> io::Result<()> {
        let Some((from, parameter)) = self.faults.remove(name) else { return Ok(()) };
        let row = if let Some(row) = self.fault_rows.get(name) {
            *row
        } else {
            let row = self.fault_rows.len() as u64 + 1;
            self.fault_rows.insert(name.to_owned(), row);
            self.sheet.name_row(Track { group: FAULTS, row }, name)?;
            row
        };
        let name = if parameter.is_empty() { name.to_owned() } else { format!("{name} {parameter}") };
        self.sheet.slice(Track { group: FAULTS, row }, &name, Span { from, to: at }, Value::Null)
    }

    /// The row of what happens to no domain of a replica.
    fn listener(&mut self, replica: usize) -> io::Result<Track> {
        self.domain_track(replica, "listener")
    }

    fn domain_track(&mut self, replica: usize, name: &str) -> io::Result<Track> {
        let group = REPLICAS + replica as u64;
        let key = (replica, name.to_owned());
        if let Some(row) = self.rows.get(&key) {
            return Ok(Track { group, row: *row });
        }
        let row = self.rows.len() as u64 + 1;
        self.rows.insert(key, row);
        let track = Track { group, row };
        self.sheet.name_row(track, name)?;
        Ok(track)
    }

    /// Ends all that has begun.
    fn end(mut self, head: &Head, at: Duration, full_at: Option<Duration>) -> io::Result<()> {
        for name in self.faults.keys().cloned().collect::<Vec<_>>() {
            self.fault_ended(&name, at)?;
        }
        for (replica, clearance) in self.clearances.keys().copied().collect::<Vec<_>>() {
            self.ended(replica, clearance, at, "not answered", 0)?;
        }
        for job in self.holders.keys().copied().collect::<Vec<_>>() {
            self.put_down(job, at, "not yet")?;
        }
        for lane in 0..self.lanes.len() {
            if let Some(Posting { started, committed, .. }) = self.lanes[lane].take() {
                let name = if committed.is_some() { "notify" } else { "post" };
                let span = Span { from: committed.unwrap_or(started), to: at };
                self.sheet.slice(lane_track(lane), name, span, Value::Null)?;
            }
        }
        self.sheet.end(&json!({
            "tool": format!("{} {}", head.tool.name, head.tool.version),
            "run": head.run,
            "scenario": head.name,
            "started_at": head.started_at,
            "full_after_seconds": full_at.map(|at| at.as_secs_f64()),
        }))
    }
}

fn lane_track(lane: usize) -> Track {
    Track { group: POSTERS, row: lane as u64 + 1 }
}

fn worker_track(worker: Worker) -> Track {
    Track { group: FLEETS + u64::from(worker.fleet), row: u64::from(worker.number) + 1 }
}
