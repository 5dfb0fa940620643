//! The machine under its lock, and what its decisions set in motion.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::FutureExt as _;
use tokio::runtime::Handle;
use tokio::sync::{Notify, oneshot};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::job::{Job, JobId, Posting, WorkerId};
use crate::pubsub::PubSub;
use crate::store::{Claim, JobStore, StoreError};
use crate::wakeup::{
    AcquireeId, Chance, Clearance, ClearanceId, Departed, DomainId, DomainSpec, IdMap, Input, Machine,
    Outcome, Output, Policy, Time,
};

use super::search::Searches;
use super::snapshot::{DomainDetail, DomainSnapshot, TokenSnapshot};
use super::{AcquireError, AcquirerOptions, Event, QueryOutcome, give_back, post_anew, query, search};

/// What an acquirer's tasks share.
pub(super) struct Shared {
    state: Mutex<State>,
    options: AcquirerOptions,
    pub(super) store: Arc<dyn JobStore>,
    pub(super) pubsub: Arc<dyn PubSub>,
    /// The machine's epoch.
    epoch: Instant,
    /// The earliest deadline moved closer.
    pub(super) deadline_moved: Notify,
    /// The acquirer is closed.
    pub(super) closed: CancellationToken,
    /// Queries in flight and releases under way; closing waits for them.
    pub(super) tasks: TaskTracker,
    /// For jobs that others may have passed over.
    pub(super) searches: Searches,
    runtime: Handle,
}

struct State {
    machine: Machine,
    callers: IdMap<AcquireeId, Caller>,
    callers_seen: u64,
    draws: Draws,
    is_closed: bool,
}

struct Caller {
    worker: WorkerId,
    reply: oneshot::Sender<Reply>,
}

/// Boxed, so that those who wait keep no room for a job.
pub(super) type Reply = Box<Result<Job, AcquireError>>;

/// A query to run.
pub(super) struct Query {
    pub(super) spec: Arc<DomainSpec>,
    pub(super) workers: Vec<WorkerId>,
}

/// How a query was answered.
pub(super) type Answer = Result<Vec<Job>, StoreError>;

impl Shared {
    pub(super) fn new(
        store: Arc<dyn JobStore>,
        pubsub: Arc<dyn PubSub>,
        options: AcquirerOptions,
        runtime: Handle,
    ) -> Self {
        let seed = options.seed.unwrap_or_else(|| uuid::Uuid::new_v4().as_u64_pair().0);
        Self {
            state: Mutex::new(State {
                machine: Machine::new(options.policy, options.backup_poll),
                callers: IdMap::default(),
                callers_seen: 0,
                draws: Draws(seed),
                is_closed: false,
            }),
            options,
            store,
            pubsub,
            epoch: Instant::now(),
            deadline_moved: Notify::new(),
            closed: CancellationToken::new(),
            tasks: TaskTracker::new(),
            searches: Searches::default(),
            runtime,
        }
    }

    /// Takes a caller in; its reply comes through the receiver.
    pub(super) fn join(
        self: &Arc<Self>,
        worker: WorkerId,
        spec: Arc<DomainSpec>,
    ) -> Result<(AcquireeId, oneshot::Receiver<Reply>), AcquireError> {
        let (reply, receiver) = oneshot::channel();
        let mut state = self.lock();
        if state.is_closed {
            return Err(AcquireError::Closed);
        }
        state.callers_seen += 1;
        let acquiree = AcquireeId(state.callers_seen);
        state.callers.insert(acquiree, Caller { worker, reply });
        self.tell(|| Event::Joined { acquiree, worker, spec: Arc::clone(&spec) });
        self.feed(&mut state, Input::Join { acquiree, spec }, None);
        Ok((acquiree, receiver))
    }

    /// Lets a caller go. If its reply was on the way, the job in it is given back (`W10`).
    pub(super) fn leave(self: &Arc<Self>, acquiree: AcquireeId, receiver: &mut oneshot::Receiver<Reply>) {
        let mut state = self.lock();
        if state.callers.remove(&acquiree).is_some() {
            self.tell(|| Event::Left { acquiree });
            self.feed(&mut state, Input::Leave { acquiree }, None);
        } else if let Ok(Ok(job)) = receiver.try_recv().map(|reply| *reply) {
            match self.options.policy.departed {
                Departed::GivenBack => self.give_back(job),
                Departed::Stranded => self.strand(&state, job),
            }
        }
    }

    /// Something happened outside.
    pub(super) fn happen(self: &Arc<Self>, input: Input) {
        self.feed(&mut self.lock(), input, None);
    }

    /// A posting came. The query that it causes is on its way to the database when this returns: in a task that
    /// was yet to run, the job would wait for that.
    pub(super) fn post(self: &Arc<Self>, posting: Posting) {
        let mut state = self.lock();
        let mut cleared = None;
        self.feed_apart(&mut state, Input::Post(posting), None, |clearance| cleared = Some(clearance));
        let Some(clearance) = cleared else { return };
        let Some(query) = self.feed(&mut state, Input::Begin { clearance: clearance.id }, None) else {
            return;
        };
        let _closing_waits = self.tasks.token();
        drop(state);
        let mut query = Box::pin(query::ask(Arc::clone(self), clearance, query));
        // A store that panics is the query's own matter, which has told the machine, and nobody else's.
        let begun = catch_unwind(AssertUnwindSafe(|| query.as_mut().now_or_never()));
        if matches!(begun, Ok(None)) {
            self.tasks.spawn_on(query, &self.runtime);
        }
    }

    /// The query to run for a clearance; `None` when it was revoked.
    pub(super) fn begin(self: &Arc<Self>, clearance: ClearanceId) -> Option<Query> {
        self.feed(&mut self.lock(), Input::Begin { clearance }, None)
    }

    /// A query was answered.
    pub(super) fn finish(self: &Arc<Self>, clearance: ClearanceId, answer: Answer) {
        let outcome = match &answer {
            Ok(jobs) if jobs.is_empty() => Outcome::Empty,
            Ok(jobs) => Outcome::Found(jobs.iter().map(|job| job.id).collect()),
            Err(_) => Outcome::Failed,
        };
        let mut state = self.lock();
        self.tell(|| Event::QueryFinished { clearance, outcome: describe(&answer) });
        self.feed(&mut state, Input::Finish { clearance, outcome }, Some(answer));
    }

    /// A job that was given back is available again.
    pub(super) fn released(&self, job: JobId) {
        let _ordered = self.lock();
        self.tell(|| Event::Released { job });
    }

    pub(super) fn policy(&self) -> Policy {
        self.options.policy
    }

    /// What a query took is unknown: finds out, and gives it back (`W3`).
    pub(super) fn settle(self: &Arc<Self>, clearance: ClearanceId, spec: Arc<DomainSpec>, claim: Arc<Claim>) {
        let _ordered = self.lock();
        self.tell(|| Event::OutcomeUnknown { clearance });
        self.tasks.spawn_on(give_back::settle(Arc::clone(self), clearance, spec, claim), &self.runtime);
    }

    /// What a query of unknown outcome had taken is available again.
    pub(super) fn settled(&self, clearance: ClearanceId, released: &[Posting]) {
        let _ordered = self.lock();
        self.tell(|| Event::OutcomeSettled { clearance, jobs: released.len() });
        for job in released.iter().filter_map(|posting| posting.job_id) {
            self.tell(|| Event::Released { job });
        }
    }

    /// Posts a job anew in a task of its own.
    pub(super) fn posts_anew(self: &Arc<Self>, posting: Posting) {
        self.tasks.spawn_on(post_anew::run(Arc::clone(self), posting), &self.runtime);
    }

    /// Refuses all that come, and answers all that wait.
    pub(super) fn close(self: &Arc<Self>) {
        let mut state = self.lock();
        state.is_closed = true;
        let mut waiting: Vec<AcquireeId> = state.callers.keys().copied().collect();
        // The latest first: a clearance stays with those who have waited longest, rather than going from hand to hand.
        waiting.sort_unstable_by(|one, other| other.cmp(one));
        for acquiree in waiting {
            if let Some(caller) = state.callers.remove(&acquiree) {
                let _ = caller.reply.send(Box::new(Err(AcquireError::Closed)));
            }
            self.tell(|| Event::Left { acquiree });
            self.feed(&mut state, Input::Leave { acquiree }, None);
        }
        drop(state);
        self.closed.cancel();
        self.tasks.close();
    }

    /// How long until the machine wants to be told the time; `None` while it doesn't.
    pub(super) fn next_timeout(&self) -> Option<Instant> {
        let due = self.lock().machine.poll_timeout()?;
        // Past the end of time it is never due.
        self.epoch.checked_add(due.since_epoch())
    }

    pub(super) fn domains(&self) -> Vec<DomainSnapshot> {
        let state = self.lock();
        let now = self.now();
        state.machine.domains().map(|domain| DomainSnapshot::new(&domain, now)).collect()
    }

    pub(super) fn domain(&self, domain: DomainId, acquirees_max: usize) -> Option<DomainDetail> {
        let state = self.lock();
        let State { machine, callers, .. } = &*state;
        let view = machine.domain(domain)?;
        let acquirees = machine.acquirees(domain);
        Some(DomainDetail {
            domain: DomainSnapshot::new(&view, self.now()),
            acquirees: acquirees
                .filter_map(|acquiree| Some((acquiree, callers.get(&acquiree)?.worker)))
                .take(acquirees_max)
                .collect(),
            tokens: machine.tokens(domain).map(TokenSnapshot::from).collect(),
        })
    }

    pub(super) fn acquirees_len(&self) -> usize {
        self.lock().machine.acquirees_len()
    }

    pub(super) fn tell(&self, event: impl FnOnce() -> Event) {
        if let Some(tap) = &self.options.tap {
            tap.observe(Instant::now().into_std(), &event());
        }
    }

    /// Feeds one input and carries out what the machine says; a query that it wants is returned. A clearance's
    /// query runs in a task of its own.
    fn feed(self: &Arc<Self>, state: &mut State, input: Input, answer: Option<Answer>) -> Option<Query> {
        self.feed_apart(state, input, answer, |clearance| {
            self.tasks.spawn_on(query::run(Arc::clone(self), clearance), &self.runtime);
        })
    }

    /// The same, but for clearances, whose queries are left to whoever asks.
    fn feed_apart(
        self: &Arc<Self>,
        state: &mut State,
        input: Input,
        answer: Option<Answer>,
        mut cleared: impl FnMut(Clearance),
    ) -> Option<Query> {
        let now = self.now();
        let due_before = state.machine.poll_timeout();
        let posting = match &input {
            Input::Post(posting) if self.options.tap.is_some() => Some(posting.clone()),
            _ => None,
        };
        state.machine.handle(now, input, &mut state.draws);
        let mut query = None;
        let (mut jobs, error) = match answer {
            Some(Ok(jobs)) => (jobs.into_iter().map(Some).collect(), None),
            Some(Err(error)) => (Vec::new(), Some(error)),
            None => (Vec::new(), None),
        };
        let mut take = |place: usize| jobs[place].take().expect("each job of an answer has one owner");
        let mut replies = Vec::new();
        while let Some(output) = state.machine.poll_output() {
            match output {
                Output::DomainBorn { domain, spec } => self.tell(|| Event::DomainBorn { domain, spec }),
                Output::DomainDissolved { domain } => self.tell(|| Event::DomainDissolved { domain }),
                Output::Revoked { clearance } => self.tell(|| Event::Revoked { clearance }),
                Output::Pended { domain, root } => self.tell(|| Event::Pended { domain, root }),
                Output::PostingRouted { domain } => {
                    if let Some(posting) = posting.clone() {
                        self.tell(|| Event::PostingReceived { posting, domain });
                    }
                }
                Output::Cleared(clearance) => {
                    self.tell(|| Event::Cleared(clearance));
                    cleared(clearance);
                }
                Output::Query { clearance, spec, acquirees } => {
                    self.tell(|| Event::QueryStarted { clearance, acquirees: acquirees.len() });
                    let workers = acquirees.iter().map(|acquiree| state.callers[acquiree].worker).collect();
                    query = Some(Query { spec, workers });
                }
                Output::HandOver { clearance, place, acquiree } => {
                    let job = take(place);
                    let caller = state.callers.remove(&acquiree).expect("who joined has a caller");
                    self.tell(|| Event::HandedOver { clearance, job: job.id, worker: caller.worker });
                    replies.push((caller.reply, Box::new(Ok(job))));
                }
                Output::GiveBack { place, .. } => self.give_back(take(place)),
                Output::Strand { place, .. } => self.strand(state, take(place)),
                Output::HandedOn { from, to } => self.tell(|| Event::HandedOn { from, to }),
                Output::PostAnew { spec } => {
                    self.tasks.spawn_on(search::run(Arc::clone(self), spec), &self.runtime);
                }
                Output::BackingOff { domain, until } => {
                    self.tell(|| Event::BackingOff { domain, pause: until - now });
                }
                Output::Fail { acquiree } => {
                    let caller = state.callers.remove(&acquiree).expect("who joined has a caller");
                    let error = error.clone().expect("only a failed query fails its acquirees");
                    replies.push((caller.reply, Box::new(Err(AcquireError::Store(error)))));
                }
            }
        }
        // Last, after the next query was spawned: tokio runs the task that was woken last at once and on this
        // thread, and the others when it comes to them. A caller who has a job goes before a query that looks
        // for more.
        for (caller, reply) in replies {
            // The receiver stands: its drop takes the lock and leaves first.
            let _ = caller.send(reply);
        }
        let due = state.machine.poll_timeout();
        if due.is_some_and(|due| due_before.is_none_or(|before| due < before)) {
            self.deadline_moved.notify_one();
        }
        query
    }

    /// Leaves a job marked as running for a caller who has left, as the policy says. Closing is not leaving: who
    /// was sent away strands nothing.
    fn strand(self: &Arc<Self>, state: &State, job: Job) {
        if state.is_closed {
            return self.give_back(job);
        }
        tracing::warn!(job = %job.id, worker = %job.worker,
            "job stays marked as running for a caller who has left (policy departed=stranded)");
        self.tell(|| Event::Stranded { job: job.id, worker: job.worker });
    }

    fn give_back(self: &Arc<Self>, job: Job) {
        self.tell(|| Event::GivenBack { job: job.id, worker: job.worker });
        self.tasks.spawn_on(give_back::run(Arc::clone(self), job), &self.runtime);
    }

    fn now(&self) -> Time {
        Time::new(self.epoch.elapsed())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A tap or an assertion that panicked did so between two whole steps of the machine.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn describe(answer: &Answer) -> QueryOutcome {
    match answer {
        Ok(jobs) if jobs.is_empty() => QueryOutcome::Empty,
        Ok(jobs) => QueryOutcome::Found(jobs.iter().map(|job| job.id).collect()),
        Err(error) => QueryOutcome::Failed(error.to_string()),
    }
}

/// Splitmix64: draws need to spread, not to be secret.
struct Draws(u64);

impl Chance for Draws {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % bound as u64) as usize
    }
}
