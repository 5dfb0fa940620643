//! `W3`: what a query took whose answer was lost is released and posted, and goes to one caller.

use std::time::Duration;

use acquirer::AcquireError;
use acquirer::job::{JobId, ProvisionerType};
use acquirer::runtime::Event;
use tokio::time::Instant;
use uuid::Uuid;

use crate::harness::{Harness, tagged};

async fn settled(harness: &mut Harness) -> usize {
    harness
        .until(|event| match event {
            Event::OutcomeSettled { jobs, .. } => Some(*jobs),
            _ => None,
        })
        .await
}

async fn released(harness: &mut Harness) -> JobId {
    harness
        .until(|event| match event {
            Event::Released { job } => Some(*job),
            _ => None,
        })
        .await
}

#[tokio::test(start_paused = true)]
async fn a_job_taken_by_a_lost_query_goes_to_the_next_caller() {
    let mut harness = Harness::open().await;
    let asked = harness.ask(&[]);
    harness.nothing_found().await;
    harness.store.lose_next_answer();
    let job = harness.post(&[]).await;
    assert!(matches!(asked.await.unwrap(), Err(AcquireError::Store(_))));
    let next = harness.ask(&[]);
    assert_eq!(settled(&mut harness).await, 1);
    assert_eq!(next.await.unwrap().unwrap().id, job);
}

#[tokio::test(start_paused = true)]
async fn a_job_taken_by_a_lost_query_is_posted_for_other_domains() {
    let mut harness = Harness::open().await;
    let other = harness.ask(&[("a", "1")]);
    harness.nothing_found().await;
    harness.store.lose_next_answer();
    let job = harness.insert(&[]).await;
    // It finds the job with its first query and is gone afterwards: nobody of its domain is left to look again.
    assert!(matches!(harness.ask(&[]).await.unwrap(), Err(AcquireError::Store(_))));
    assert_eq!(other.await.unwrap().unwrap().id, job);
}

#[tokio::test(start_paused = true)]
async fn a_store_that_is_down_is_asked_until_it_answers() {
    let mut harness = Harness::open().await;
    harness.store.lose_next_answer();
    harness.store.fail_releases(20);
    let job = harness.insert(&[]).await;
    assert!(matches!(harness.ask(&[]).await.unwrap(), Err(AcquireError::Store(_))));
    let next = harness.ask(&[]);
    assert_eq!(settled(&mut harness).await, 1);
    assert_eq!(next.await.unwrap().unwrap().id, job);
}

#[tokio::test(start_paused = true)]
async fn closing_waits_until_the_outcome_is_settled() {
    let mut harness = Harness::open().await;
    harness.store.lose_next_answer();
    harness.store.fail_releases(3);
    let job = harness.insert(&[]).await;
    assert!(matches!(harness.ask(&[]).await.unwrap(), Err(AcquireError::Store(_))));
    harness.acquirer.close().await;
    assert_eq!(released(&mut harness).await, job);
    assert_eq!(harness.store.table.rows()[0].started_at, None);
}

#[tokio::test(start_paused = true)]
async fn a_store_that_stays_down_does_not_keep_the_acquirer_from_closing() {
    let harness = Harness::open().await;
    harness.store.lose_next_answer();
    harness.store.fail_releases(usize::MAX);
    harness.insert(&[]).await;
    assert!(matches!(harness.ask(&[]).await.unwrap(), Err(AcquireError::Store(_))));
    harness.acquirer.close().await;
}

#[tokio::test(start_paused = true)]
async fn a_job_whose_release_was_done_and_not_answered_is_posted_all_the_same() {
    let mut harness = Harness::held().await;
    let other = harness.ask(&[("a", "1")]);
    harness.query_started().await;
    harness.store.let_one_through();
    harness.nothing_found().await;
    let job = harness.insert(&[]).await;
    harness.store.fail_releases(1);
    let (types, tags) = ([ProvisionerType::Echo], tagged(&[]));
    let call = harness.acquirer.acquire_job(Uuid::new_v4(), &types, &tags);
    assert!(tokio::time::timeout(Duration::from_millis(1), call).await.is_err());
    harness.store.open();
    assert_eq!(other.await.unwrap().unwrap().id, job);
}

#[tokio::test(start_paused = true)]
async fn a_store_that_is_down_is_asked_for_passed_over_jobs_by_one_search_however_often_its_domain_goes() {
    const COME_AND_GO: usize = 200;
    let mut harness = Harness::open().await;
    harness.store.fail_searches(true);
    for _ in 0..COME_AND_GO {
        harness.store.fail_next("no connection");
        assert!(matches!(harness.ask(&[]).await.unwrap(), Err(AcquireError::Store(_))));
        harness.until(|event| matches!(event, Event::DomainDissolved { .. }).then_some(())).await;
    }
    let job = harness.insert(&[]).await;
    harness.store.fail_searches(false);
    let looks_before = harness.store.searches();
    harness
        .until(|event| match event {
            Event::PostedAnew(posting) => (posting.job_id == Some(job)).then_some(()),
            _ => None,
        })
        .await;
    assert!(looks_before < COME_AND_GO / 4, "one search looks, with growing pauses: {looks_before}");
    harness.acquirer.close().await;
    let looks = harness.store.searches() - looks_before;
    assert!(looks <= 2, "once, and once more for those who came meanwhile: {looks}");
}

#[tokio::test(start_paused = true)]
async fn passed_over_jobs_are_posted_side_by_side_so_that_a_pubsub_that_is_down_holds_none_up_behind_another()
{
    const JOBS: usize = 20;
    let mut harness = Harness::open().await;
    for _ in 0..10_000 {
        harness.pubsub.fail_next_publish("no connection");
    }
    for _ in 0..JOBS {
        harness.insert(&[]).await;
    }
    harness.store.fail_next("no connection");
    assert!(matches!(harness.ask(&[]).await.unwrap(), Err(AcquireError::Store(_))));
    let began = Instant::now();
    for _ in 0..JOBS {
        harness.until(|event| matches!(event, Event::PostedAnew(_)).then_some(())).await;
    }
    assert!(began.elapsed() < Duration::from_secs(30), "one after the other, each for a minute");
    let began = Instant::now();
    harness.acquirer.close().await;
    assert!(began.elapsed() < Duration::from_secs(10), "each for 5 s: {:?}", began.elapsed());
}
