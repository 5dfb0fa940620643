//! An acquirer over memory, with a store that can be held up and an ear at its tap.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use acquirer::job::{Job, JobId, Posting, ProvisionerType, Tags, WorkerId};
use acquirer::pubsub::{MemoryPubSub, PubSub as _};
use acquirer::runtime::{ChannelTap, Event, QueryOutcome};
use acquirer::store::{AcquireRequest, Claim, JobStore, JobTable as _, MemoryStore, NewJob, StoreError};
use acquirer::wakeup::{DomainSpec, Policy, RootCause};
use acquirer::{AcquireError, Acquirer, AcquirerOptions};
use futures::FutureExt as _;
use futures::future::BoxFuture;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinHandle;
use uuid::Uuid;

/// Longer than any test lasts.
pub(crate) const NEVER: Duration = Duration::from_hours(24);

/// A store that can be held up, and that sees when two queries of one domain overlap.
#[derive(Clone)]
pub(crate) struct HeldStore {
    pub(crate) table: MemoryStore,
    gate: Arc<Semaphore>,
    in_flight: Arc<Mutex<BTreeMap<String, usize>>>,
    failures: Arc<Mutex<Vec<String>>>,
    lost_answers: Arc<Mutex<usize>>,
    panics: Arc<Mutex<usize>>,
    failing_releases: Arc<Mutex<usize>>,
    searches: Arc<Searches>,
    queries: Arc<Mutex<u64>>,
}

/// Searches for available jobs.
#[derive(Default)]
struct Searches {
    are_failing: Mutex<bool>,
    asked: Mutex<usize>,
}

impl HeldStore {
    fn new(is_open: bool) -> Self {
        Self {
            table: MemoryStore::new(),
            gate: Arc::new(Semaphore::new(if is_open { Semaphore::MAX_PERMITS } else { 0 })),
            in_flight: Arc::default(),
            failures: Arc::default(),
            lost_answers: Arc::default(),
            panics: Arc::default(),
            failing_releases: Arc::default(),
            searches: Arc::default(),
            queries: Arc::default(),
        }
    }

    /// Lets one held query go on.
    pub(crate) fn let_one_through(&self) {
        self.gate.add_permits(1);
    }

    /// Lets all queries go on from now on.
    pub(crate) fn open(&self) {
        self.gate.add_permits(Semaphore::MAX_PERMITS / 2);
    }

    /// Lets the next query fail.
    pub(crate) fn fail_next(&self, error: &str) {
        self.failures.lock().unwrap().push(error.to_owned());
    }

    /// Loses the answer to the next query that takes jobs.
    pub(crate) fn lose_next_answer(&self) {
        *self.lost_answers.lock().unwrap() += 1;
    }

    /// Lets the next query panic before it waits for anything.
    pub(crate) fn panic_next(&self) {
        *self.panics.lock().unwrap() += 1;
    }

    /// Lets so many releases be done and their answers be lost.
    pub(crate) fn fail_releases(&self, count: usize) {
        *self.failing_releases.lock().unwrap() += count;
    }

    /// Lets searches for available jobs fail from now on, or no longer.
    pub(crate) fn fail_searches(&self, are_failing: bool) {
        *self.searches.are_failing.lock().unwrap() = are_failing;
    }

    /// How many searches for available jobs there were.
    pub(crate) fn searches(&self) -> usize {
        *self.searches.asked.lock().unwrap()
    }

    fn takes_one(of: &Mutex<usize>) -> bool {
        let mut left = of.lock().unwrap();
        let is_one_left = *left > 0;
        *left -= usize::from(is_one_left);
        is_one_left
    }

    /// How many queries there were.
    pub(crate) fn queries(&self) -> u64 {
        *self.queries.lock().unwrap()
    }
}

impl JobStore for HeldStore {
    fn acquire<'a>(&'a self, request: AcquireRequest<'a>) -> BoxFuture<'a, Result<Vec<Job>, StoreError>> {
        async move {
            assert!(!Self::takes_one(&self.panics), "the store panics as it was told to");
            let key = DomainSpec::new(request.types, request.tags).key().to_text();
            {
                let mut in_flight = self.in_flight.lock().unwrap();
                let queries = in_flight.entry(key.clone()).or_default();
                *queries += 1;
                assert_eq!(*queries, 1, "queries of one domain overlap (EXCLUSIVE)");
                *self.queries.lock().unwrap() += 1;
            }
            self.gate.acquire().await.unwrap().forget();
            tokio::task::yield_now().await;
            let failure = self.failures.lock().unwrap().pop();
            let answer = match failure {
                Some(error) => Err(StoreError::new(error)),
                None => match self.table.acquire(request).await {
                    Ok(jobs) if !jobs.is_empty() && Self::takes_one(&self.lost_answers) => {
                        let claim = Claim::new(request.workers.to_vec(), jobs[0].started_at);
                        Err(StoreError::new("connection lost").of_unknown_outcome(claim))
                    }
                    answer => answer,
                },
            };
            tokio::task::yield_now().await;
            *self.in_flight.lock().unwrap().get_mut(&key).unwrap() -= 1;
            answer
        }
        .boxed()
    }

    fn release(&self, job: JobId, worker: WorkerId) -> BoxFuture<'_, Result<bool, StoreError>> {
        async move {
            let released = self.table.release(job, worker).await;
            if Self::takes_one(&self.failing_releases) {
                return Err(StoreError::new("connection lost"));
            }
            released
        }
        .boxed()
    }

    fn release_claim<'a>(&'a self, claim: &'a Claim) -> BoxFuture<'a, Result<Vec<Posting>, StoreError>> {
        async move {
            if Self::takes_one(&self.failing_releases) {
                return Err(StoreError::new("no connection"));
            }
            self.table.release_claim(claim).await
        }
        .boxed()
    }

    fn available<'a>(
        &'a self,
        types: &'a [ProvisionerType],
        tags: &'a Tags,
        most: usize,
    ) -> BoxFuture<'a, Result<Vec<Posting>, StoreError>> {
        *self.searches.asked.lock().unwrap() += 1;
        if *self.searches.are_failing.lock().unwrap() {
            return std::future::ready(Err(StoreError::new("no connection"))).boxed();
        }
        self.table.available(types, tags, most)
    }
}

/// An acquirer and all around it.
pub(crate) struct Harness {
    pub(crate) acquirer: Acquirer,
    pub(crate) store: HeldStore,
    pub(crate) pubsub: MemoryPubSub,
    events: mpsc::UnboundedReceiver<(std::time::Instant, Event)>,
}

impl Harness {
    /// Queries go through at once.
    pub(crate) async fn open() -> Self {
        Self::new(true, NEVER).await
    }

    /// Queries wait to be let through.
    pub(crate) async fn held() -> Self {
        Self::new(false, NEVER).await
    }

    pub(crate) async fn new(is_open: bool, backup_poll: Duration) -> Self {
        Self::under(Policy::default(), is_open, backup_poll).await
    }

    pub(crate) async fn under(policy: Policy, is_open: bool, backup_poll: Duration) -> Self {
        let (store, pubsub) = (HeldStore::new(is_open), MemoryPubSub::new());
        let (tap, events) = ChannelTap::new();
        let options = AcquirerOptions { policy, backup_poll, tap: Some(tap), seed: Some(1) };
        let acquirer = Acquirer::connect(store.clone(), pubsub.clone(), options).await.unwrap();
        Self { acquirer, store, pubsub, events }
    }

    /// A worker that asks for a job.
    pub(crate) fn ask(&self, tags: &[(&str, &str)]) -> JoinHandle<Result<Job, AcquireError>> {
        self.ask_for(&[ProvisionerType::Echo], tags)
    }

    pub(crate) fn ask_for(
        &self,
        types: &[ProvisionerType],
        tags: &[(&str, &str)],
    ) -> JoinHandle<Result<Job, AcquireError>> {
        let (acquirer, types, tags) = (self.acquirer.clone(), types.to_vec(), tagged(tags));
        tokio::spawn(async move { acquirer.acquire_job(Uuid::new_v4(), &types, &tags).await })
    }

    /// Inserts a job and says nothing.
    pub(crate) async fn insert(&self, tags: &[(&str, &str)]) -> JobId {
        let job = NewJob::new(Uuid::new_v4(), ProvisionerType::Echo, tagged(tags));
        self.store.table.insert(std::slice::from_ref(&job)).await.unwrap();
        job.id
    }

    /// Says that there is a job.
    pub(crate) async fn announce(&self, provisioner: ProvisionerType, tags: &[(&str, &str)]) {
        let job = NewJob::new(Uuid::new_v4(), provisioner, tagged(tags));
        self.pubsub.publish(&job.posting().payload()).await.unwrap();
    }

    /// Inserts a job and posts it.
    pub(crate) async fn post(&self, tags: &[(&str, &str)]) -> JobId {
        let id = self.insert(tags).await;
        self.announce(ProvisionerType::Echo, tags).await;
        id
    }

    /// Awaits the next event that `wanted` accepts.
    pub(crate) async fn until<T>(&mut self, mut wanted: impl FnMut(&Event) -> Option<T>) -> T {
        loop {
            let (_, event) = self.events.recv().await.expect("the acquirer lives");
            if let Some(found) = wanted(&event) {
                return found;
            }
        }
    }

    /// Lets the acquirer go, and awaits the end of its events.
    pub(crate) async fn into_rest_of_events(self) {
        let Self { acquirer, mut events, .. } = self;
        drop(acquirer);
        while events.recv().await.is_some() {}
    }

    /// Awaits the start of a query.
    pub(crate) async fn query_started(&mut self) {
        self.until(|event| matches!(event, Event::QueryStarted { .. }).then_some(())).await;
    }

    /// Awaits a query that finds nothing.
    pub(crate) async fn nothing_found(&mut self) {
        let is_empty =
            |event: &Event| matches!(event, Event::QueryFinished { outcome: QueryOutcome::Empty, .. });
        self.until(|event| is_empty(event).then_some(())).await;
    }

    /// Awaits a clearance; its root.
    pub(crate) async fn cleared(&mut self) -> RootCause {
        self.until(|event| match event {
            Event::Cleared(clearance) => Some(clearance.root),
            _ => None,
        })
        .await
    }

    /// Awaits a posting's arrival; whether it woke anybody.
    pub(crate) async fn posting_received(&mut self) -> bool {
        self.until(|event| match event {
            Event::PostingReceived { domain, .. } => Some(domain.is_some()),
            _ => None,
        })
        .await
    }

    /// Awaits that so many callers have joined.
    pub(crate) async fn joined(&mut self, callers: usize) {
        for _ in 0..callers {
            self.until(|event| matches!(event, Event::Joined { .. }).then_some(())).await;
        }
    }
}

pub(crate) fn tagged(tags: &[(&str, &str)]) -> Tags {
    Tags::from_pairs(tags.iter().copied()).unwrap()
}
