//! Whatever an embedder says, the acquirer answers and doesn't panic.

use std::time::Duration;

use acquirer::job::{ProvisionerType, Tags};
use acquirer::pubsub::MemoryPubSub;
use acquirer::store::MemoryStore;
use acquirer::wakeup::Policy;
use acquirer::{AcquireError, Acquirer, AcquirerOptions, ConnectError};
use futures::executor::block_on;
use uuid::Uuid;

use crate::harness::{Harness, NEVER, tagged};

const ECHO: [ProvisionerType; 1] = [ProvisionerType::Echo];

async fn connect(options: AcquirerOptions) -> Result<Acquirer, ConnectError> {
    Acquirer::connect(MemoryStore::new(), MemoryPubSub::new(), options).await
}

#[tokio::test(start_paused = true)]
async fn options_that_cannot_be_are_refused() {
    let refused =
        connect(AcquirerOptions { backup_poll: Duration::ZERO, ..AcquirerOptions::default() }).await;
    assert_eq!(refused.unwrap_err(), ConnectError::ZeroBackupPoll);
    let policy = Policy { claim_batch: 0, ..Policy::default() };
    let refused = connect(AcquirerOptions { policy, ..AcquirerOptions::default() }).await;
    assert_eq!(refused.unwrap_err(), ConnectError::ZeroClaimBatch);
}

#[test]
fn outside_a_runtime_connecting_is_refused() {
    let refused = block_on(connect(AcquirerOptions::default()));
    assert_eq!(refused.unwrap_err(), ConnectError::NoRuntime);
}

#[tokio::test(start_paused = true)]
async fn a_poll_that_never_comes_and_a_batch_without_bound_are_fine() {
    for backup_poll in [Duration::MAX, Duration::from_nanos(1)] {
        let policy = Policy { claim_batch: usize::MAX, ..Policy::default() };
        let harness = Harness::under(policy, true, backup_poll).await;
        let asked: Vec<_> = (0..3).map(|_| harness.ask(&[])).collect();
        for _ in &asked {
            harness.post(&[]).await;
        }
        for asked in asked {
            asked.await.unwrap().unwrap();
        }
        harness.acquirer.close().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_caller_without_types_waits_until_it_is_sent_away() {
    let mut harness = Harness::open().await;
    let asked = harness.ask_for(&[], &[]);
    harness.nothing_found().await;
    harness.post(&[]).await;
    assert!(!harness.posting_received().await, "no posting fits");
    harness.acquirer.close().await;
    assert!(matches!(asked.await.unwrap(), Err(AcquireError::Closed)));
}

#[tokio::test(start_paused = true)]
async fn calls_of_one_worker_get_a_job_each() {
    for policy in [Policy::default(), Policy::seed()] {
        let harness = Harness::under(policy, true, NEVER).await;
        let (worker, tags) = (Uuid::new_v4(), tagged(&[]));
        let both = futures::future::join(
            harness.acquirer.acquire_job(worker, &ECHO, &tags),
            harness.acquirer.acquire_job(worker, &ECHO, &tags),
        );
        let (first, second) = (harness.post(&[]).await, harness.post(&[]).await);
        let (one, other) = both.await;
        let (one, other) = (one.unwrap(), other.unwrap());
        assert_eq!((one.worker, other.worker), (worker, worker));
        let mut found = [one.id, other.id];
        let mut posted = [first, second];
        found.sort_unstable();
        posted.sort_unstable();
        assert_eq!(found, posted);
    }
}

#[tokio::test(start_paused = true)]
async fn tags_of_a_megabyte_are_tags() {
    let harness = Harness::open().await;
    let long = "é".repeat(500_000);
    let tags = [(long.as_str(), long.as_str())];
    let asked = harness.ask(&tags);
    let job = harness.post(&tags).await;
    assert_eq!(asked.await.unwrap().unwrap().id, job);
}

#[tokio::test(start_paused = true)]
async fn a_closed_acquirer_answers_every_question() {
    let harness = Harness::open().await;
    harness.acquirer.close().await;
    harness.acquirer.close().await;
    let refused = harness.acquirer.acquire_job(Uuid::nil(), &ECHO, &Tags::new()).await;
    assert!(matches!(refused, Err(AcquireError::Closed)));
    assert_eq!((harness.acquirer.domains().len(), harness.acquirer.acquirees_len()), (0, 0));
}

#[test]
fn callers_elsewhere_are_sent_away_when_the_runtime_ends() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let mut harness = runtime.block_on(Harness::open());
    let acquirer = harness.acquirer.clone();
    let asked = std::thread::spawn(move || block_on(acquirer.acquire_job(Uuid::nil(), &ECHO, &Tags::new())));
    runtime.block_on(harness.nothing_found());
    drop(runtime);
    assert!(matches!(asked.join().unwrap(), Err(AcquireError::Closed)));
    let late = block_on(harness.acquirer.acquire_job(Uuid::nil(), &ECHO, &Tags::new()));
    assert!(matches!(late, Err(AcquireError::Closed)));
}
