//! All that is around the machines of a few replicas: callers, a table of jobs, notices under way, and what may
//! go wrong. It knows what can happen next, makes it happen, and holds the invariants against what came of it.
//!
//! The table locks rows as Postgres does: a statement holds the rows that it found until it commits, others pass
//! over them, and its client may be gone before it is through.

mod apply;
mod can;
mod digest;
mod invariants;
mod words;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use acquirer::job::{JobId, Posting, ProvisionerType, Tags};
use acquirer::wakeup::{ClearanceId, DomainId, DomainSpec, FirstChoice, Machine, Policy, Time};

pub(crate) use invariants::{Broken, Invariant};
pub(crate) use words::Teller;

pub(crate) const BACKUP_POLL: Duration = Duration::from_secs(30);

/// What a world is made of, and how often what may go wrong does.
#[derive(Debug, Clone)]
pub(crate) struct Scope {
    pub(crate) policy: Policy,
    pub(crate) replicas: usize,
    pub(crate) specs: Vec<Arc<DomainSpec>>,
    /// Where each acquiree asks, and for what: a replica and a spec.
    pub(crate) acquirees: Vec<(usize, usize)>,
    pub(crate) jobs: Vec<Posting>,
    pub(crate) limits: Limits,
    /// A domain that is cleared queries at once, and finds its rows at once: fewer states, and between them nothing
    /// happens.
    pub(crate) is_swift: bool,
    /// All have joined and found nothing before anything else happens.
    pub(crate) starts_asleep: bool,
}

/// How often each may happen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(crate) struct Limits {
    /// Times that an acquiree joins again.
    pub(crate) rejoins: u8,
    /// Callers that leave.
    pub(crate) cancels: u8,
    /// Queries that the store answers with an error.
    pub(crate) failures: u8,
    /// Queries whose answer is lost, whatever becomes of them.
    pub(crate) lost_answers: u8,
    /// Notices that are lost without a word.
    pub(crate) drops: u8,
    /// Notices that come twice.
    pub(crate) duplicates: u8,
    /// Listeners that are cut off, and told so once they are back.
    pub(crate) disconnects: u8,
    /// Backup polls.
    pub(crate) polls: u8,
}

impl Limits {
    /// Of backup polls, however many come.
    pub(crate) const UNLIMITED: u8 = u8::MAX;
}

impl Scope {
    /// Whether no job is announced again.
    fn announces_once(&self) -> bool {
        let Limits { cancels, failures, lost_answers, duplicates, .. } = self.limits;
        cancels + failures + lost_answers + duplicates == 0
    }

    /// Which of its specs this is.
    fn place_of(&self, spec: &DomainSpec) -> usize {
        self.specs.iter().position(|other| other.key() == spec.key()).expect("a spec of this world")
    }

    /// The bit of a domain.
    fn bit(&self, replica: usize, spec: usize) -> u128 {
        1 << (replica * self.specs.len() + spec)
    }

    fn may_hold_rows(&self) -> bool {
        self.limits.failures + self.limits.lost_answers > 0
    }
}

/// One state of everything.
#[derive(Clone)]
pub(crate) struct World {
    pub(crate) scope: Arc<Scope>,
    now: Time,
    replicas: Vec<Replica>,
    jobs: Vec<Job>,
    acquirees: Vec<Acquiree>,
    left: Limits,
    commits: usize,
    joins: usize,
}

/// One acquirer and what belongs to it.
#[derive(Clone)]
struct Replica {
    machine: Machine,
    /// Which spec each of its domains has.
    domains: BTreeMap<DomainId, usize>,
    /// Clearances whose query has not begun, by spec.
    cleared: BTreeMap<usize, ClearanceId>,
    /// Queries in flight, by spec.
    queries: BTreeMap<usize, Query>,
    /// Statements whose client has given up, and which are still to be made sure of.
    orphans: Vec<(usize, Statement)>,
    /// Notices under way, for each job.
    notices: Vec<u8>,
    /// Its listener was cut off, and isn't back yet.
    is_cut_off: bool,
    /// Specs whose available jobs are to be posted anew.
    to_post: BTreeSet<usize>,
    /// What speaks for another query of each spec.
    reasons: Vec<Reasons>,
}

#[derive(Clone)]
struct Query {
    clearance: ClearanceId,
    claims: Vec<usize>,
    statement: Statement,
    /// What spoke for it, itself not counted.
    reasons: Reasons,
}

/// How far a statement has got in the server.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Statement {
    Sent,
    /// It holds these rows.
    Holds(Vec<usize>),
    /// It has committed, and took these rows.
    Through(Vec<usize>),
}

/// What speaks for a query of a domain (`QUIET`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
struct Reasons {
    /// Jobs of which it was told, a bit each.
    posted: u128,
    /// Something that says nothing about how many jobs there are.
    is_sweep: bool,
    /// Its query failed.
    is_retry: bool,
    /// At this very moment.
    has_just_failed: bool,
}

impl Reasons {
    fn add(&mut self, other: Self) {
        self.posted |= other.posted;
        self.is_sweep |= other.is_sweep;
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Job {
    state: JobState,
    /// Its place among those committed; the order in which jobs are handed out.
    created: usize,
    /// The replicas where it was announced since it is available, a bit each.
    delivered: u128,
    /// The domains that were told to look since it is available, a bit each.
    told: u128,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum JobState {
    Unposted,
    Available,
    /// A statement holds it that has not committed.
    Held,
    /// A statement has taken it, and nobody has got it yet.
    Taken,
    /// It is to be released for a caller who has left.
    Returning,
    /// It is marked as running for ever, and nobody runs it.
    Stranded,
    /// This acquiree has it.
    Acquired(usize),
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Acquiree {
    state: AcquireeState,
    joins_left: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum AcquireeState {
    Out,
    /// It waits since so many had joined before it.
    Waiting(usize),
    /// It has this job, and waited for it since so many had joined before it.
    Served {
        job: usize,
        since: usize,
    },
}

/// What can happen next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Act {
    Join(usize),
    /// An acquiree goes away: one that waits, or one that was served and never learned of it.
    Cancel(usize),
    /// A cleared domain begins its query: replica and spec.
    Begin(usize, usize),
    /// A statement finds its rows and holds them.
    Hold(usize, usize),
    /// A statement commits.
    Commit(usize, usize),
    /// The answer arrives.
    Answer(usize, usize),
    /// The store answers with an error.
    Fail(usize, usize),
    /// The client gives its query up, whatever becomes of the statement.
    LoseAnswer(usize, usize),
    /// An orphaned statement goes on, by its place among them.
    OrphanHolds(usize, usize),
    OrphanCommits(usize, usize),
    /// The orphaned statement is ended, what it took is released, and what is available posted anew.
    Settle(usize, usize),
    /// A job that was taken for a caller who has left is released and posted anew.
    Release(usize),
    /// What is available to a spec is posted anew: replica and spec.
    PostAvailable(usize, usize),
    /// A job is committed and announced to all.
    Post(usize),
    /// A notice arrives: replica and job.
    Deliver(usize, usize),
    Drop(usize, usize),
    Duplicate(usize, usize),
    /// A listener is cut off; what was under way to it is lost.
    CutOff(usize),
    /// It is back, and says so.
    Reconnect(usize),
    /// Time passes until the machine's earliest deadline.
    Tick(usize),
}

impl World {
    pub(crate) fn new(scope: &Arc<Scope>) -> Self {
        let specs = scope.specs.len();
        let replica = Replica {
            machine: Machine::new(scope.policy, BACKUP_POLL),
            domains: BTreeMap::new(),
            cleared: BTreeMap::new(),
            queries: BTreeMap::new(),
            orphans: Vec::new(),
            notices: vec![0; scope.jobs.len()],
            is_cut_off: false,
            to_post: BTreeSet::new(),
            reasons: vec![Reasons::default(); specs],
        };
        let job = Job { state: JobState::Unposted, created: 0, delivered: 0, told: 0 };
        let acquiree = Acquiree { state: AcquireeState::Out, joins_left: scope.limits.rejoins + 1 };
        let mut world = Self {
            scope: Arc::clone(scope),
            now: Time::ZERO,
            replicas: vec![replica; scope.replicas],
            jobs: vec![job; scope.jobs.len()],
            acquirees: vec![acquiree; scope.acquirees.len()],
            left: scope.limits,
            commits: 0,
            joins: 0,
        };
        if scope.starts_asleep {
            world.all_fall_asleep();
        }
        world
    }

    fn all_fall_asleep(&mut self) {
        let goes_on =
            |act: &Act| matches!(act, Act::Join(_) | Act::Begin(..) | Act::Hold(..) | Act::Answer(..));
        while let Some(act) = self.can().into_iter().find(goes_on) {
            self.apply(act, &mut FirstChoice, &mut Teller::default())
                .expect("nothing breaks by falling asleep");
        }
    }

    /// Nothing goes wrong from now on, and no backup poll comes round.
    pub(crate) fn calm(&mut self) {
        self.left = Limits::default();
    }

    /// Backup polls come round however often; nothing else goes wrong from now on.
    pub(crate) fn calm_but_for_polls(&mut self) {
        self.left = Limits { polls: Limits::UNLIMITED, ..Limits::default() };
    }

    /// So much time passes, whether anybody notices or not.
    pub(crate) fn pass(&mut self, time: Duration) {
        self.now = self.now + time;
        for reasons in self.replicas.iter_mut().flat_map(|replica| &mut replica.reasons) {
            reasons.has_just_failed &= time.is_zero();
        }
    }

    /// Whether a machine's deadline has passed.
    pub(crate) fn is_due(&self, act: Act) -> bool {
        matches!(act, Act::Tick(replica) if self.due(replica).is_some_and(|due| due <= self.now))
    }

    /// Jobs that nobody has, though they are there and somebody waits who could.
    pub(crate) fn left_lying(&self) -> Vec<usize> {
        let waits_for = |job: &usize| {
            self.scope.acquirees.iter().enumerate().any(|(acquiree, &(_, spec))| {
                matches!(self.acquirees[acquiree].state, AcquireeState::Waiting(_)) && self.fits(spec, *job)
            })
        };
        let is_over =
            |job: &usize| matches!(self.jobs[*job].state, JobState::Unposted | JobState::Acquired(_));
        (0..self.jobs.len()).filter(|job| !is_over(job) && waits_for(job)).collect()
    }

    /// How many jobs somebody has.
    pub(crate) fn acquired(&self) -> usize {
        self.jobs.iter().filter(|job| matches!(job.state, JobState::Acquired(_))).count()
    }

    /// Whether the job fits the spec.
    fn fits(&self, spec: usize, job: usize) -> bool {
        self.scope.specs[spec].contains(&self.scope.jobs[job])
    }

    /// Available jobs that fit, oldest first; held ones among them only where they are asked for.
    fn available(&self, spec: usize, with_held: bool) -> Vec<usize> {
        let is_there = |job: &usize| match self.jobs[*job].state {
            JobState::Available => true,
            JobState::Held => with_held,
            _ => false,
        };
        let mut jobs: Vec<usize> =
            (0..self.jobs.len()).filter(|job| is_there(job) && self.fits(spec, *job)).collect();
        jobs.sort_by_key(|job| self.jobs[*job].created);
        jobs
    }

    /// Acquirees of a domain that wait, by when they joined.
    fn waiting(&self, replica: usize, spec: usize) -> impl Iterator<Item = (usize, usize)> {
        let of_domain = move |(acquiree, place): (usize, &(usize, usize))| {
            (*place == (replica, spec)).then_some(acquiree)
        };
        let acquirees = self.scope.acquirees.iter().enumerate().filter_map(of_domain);
        acquirees.filter_map(|acquiree| match self.acquirees[acquiree].state {
            AcquireeState::Waiting(since) => Some((acquiree, since)),
            AcquireeState::Out | AcquireeState::Served { .. } => None,
        })
    }
}

/// The job of this number.
pub(crate) fn job_id(job: usize) -> JobId {
    JobId::from_u128(job as u128)
}

/// Workers of the echo type with these tags.
pub(crate) fn echo(tags: &[(&str, &str)]) -> Arc<DomainSpec> {
    Arc::new(DomainSpec::new(&[ProvisionerType::Echo], &tagged(tags)))
}

fn tagged(tags: &[(&str, &str)]) -> Tags {
    Tags::from_pairs(tags.iter().copied()).unwrap()
}

/// The notices of jobs with these tags.
pub(crate) fn jobs(tags: &[&[(&str, &str)]]) -> Vec<Posting> {
    let job = |(number, tags): (usize, &&[(&str, &str)])| Posting {
        provisioner: ProvisionerType::Echo,
        tags: tagged(tags),
        job_id: Some(job_id(number)),
    };
    tags.iter().enumerate().map(job).collect()
}
