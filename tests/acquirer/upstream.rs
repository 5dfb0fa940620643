//! The scenarios of the original's own tests.

use std::collections::BTreeSet;
use std::time::Duration;

use acquirer::job::ProvisionerType;
use acquirer::wakeup::{Policy, RootCause};
use futures::poll;
use tokio::time::Instant;
use uuid::Uuid;

use crate::harness::{Harness, NEVER, tagged};

#[tokio::test(start_paused = true)]
async fn a_single_acquiree_gets_the_job_that_is_there() {
    let harness = Harness::open().await;
    let job = harness.insert(&[]).await;
    assert_eq!(harness.ask(&[]).await.unwrap().unwrap().id, job);
}

#[tokio::test(start_paused = true)]
async fn ten_in_one_domain_get_ten_distinct_jobs_without_overlapping_queries() {
    let harness = Harness::open().await;
    let mut posted = BTreeSet::new();
    for _ in 0..10 {
        posted.insert(harness.insert(&[]).await);
    }
    let mut acquired = BTreeSet::new();
    let asked: Vec<_> = (0..10).map(|_| harness.ask(&[])).collect();
    for asked in asked {
        acquired.insert(asked.await.unwrap().unwrap().id);
    }
    assert_eq!(acquired, posted);
}

#[tokio::test(start_paused = true)]
async fn without_jobs_it_waits_for_a_matching_posting_and_for_no_other() {
    let mut harness = Harness::open().await;
    let asked = harness.ask(&[("environment", "on-prem")]);
    harness.nothing_found().await;
    let incompatible = [
        (ProvisionerType::Terraform, &[("environment", "on-prem")][..]),
        (ProvisionerType::Echo, &[("environment", "cloud")][..]),
        (ProvisionerType::Echo, &[("environment", "on-prem"), ("datacenter", "chicago")][..]),
    ];
    for (provisioner, tags) in incompatible {
        harness.announce(provisioner, tags).await;
        assert!(!harness.posting_received().await);
    }
    assert_eq!(harness.store.queries(), 1);
    let job = harness.post(&[("environment", "on-prem")]).await;
    assert_eq!(asked.await.unwrap().unwrap().id, job);
    assert_eq!(harness.store.queries(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_posting_during_a_query_that_finds_nothing_causes_another() {
    let mut harness = Harness::held().await;
    let asked = harness.ask(&[]);
    harness.query_started().await;
    harness.announce(ProvisionerType::Echo, &[]).await;
    harness.posting_received().await;
    harness.store.let_one_through();
    harness.nothing_found().await;
    let job = harness.insert(&[]).await;
    harness.store.let_one_through();
    assert_eq!(asked.await.unwrap().unwrap().id, job);
}

#[tokio::test(start_paused = true)]
async fn different_domains_query_side_by_side() {
    let mut harness = Harness::held().await;
    let mine = harness.ask(&[("a", "1")]);
    harness.query_started().await;
    let yours = harness.ask(&[("a", "2")]);
    harness.query_started().await;
    let my_job = harness.insert(&[("a", "1")]).await;
    let your_job = harness.insert(&[("a", "2")]).await;
    harness.store.open();
    assert_eq!(mine.await.unwrap().unwrap().id, my_job);
    assert_eq!(yours.await.unwrap().unwrap().id, your_job);
}

#[tokio::test(start_paused = true)]
async fn the_backup_poll_finds_a_job_that_was_never_posted() {
    let period = Duration::from_secs(30);
    for (policy, waits_at_least) in [(Policy::seed(), period), (Policy::default(), Duration::ZERO)] {
        let mut harness = Harness::under(policy, true, period).await;
        let asked_at = Instant::now();
        let asked = harness.ask(&[]);
        harness.nothing_found().await;
        let job = harness.insert(&[]).await;
        assert_eq!(harness.cleared().await, RootCause::BackupPoll);
        assert_eq!(asked.await.unwrap().unwrap().id, job);
        let waited = asked_at.elapsed();
        assert!(waited >= waits_at_least && waited < period + Duration::from_secs(1), "BOUNDED: {waited:?}");
        assert_eq!(harness.store.queries(), 2, "QUIET");
    }
}

#[tokio::test(start_paused = true)]
async fn a_pre_cancelled_caller_leaves_the_other_unharmed() {
    let mut harness = Harness::open().await;
    let types = [ProvisionerType::Echo];
    let tags = tagged(&[]);
    {
        let cancelled = harness.acquirer.acquire_job(Uuid::new_v4(), &types, &tags);
        tokio::pin!(cancelled);
        assert!(poll!(&mut cancelled).is_pending());
    }
    let asked_at = Instant::now();
    let asked = harness.ask(&[]);
    harness.nothing_found().await;
    let job = harness.post(&[]).await;
    assert_eq!(asked.await.unwrap().unwrap().id, job);
    assert!(asked_at.elapsed() < NEVER, "no poll was needed");
}
