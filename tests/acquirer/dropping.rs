//! `W10`: dropping the future of `acquire_job` at any await point strands nothing.

use std::time::Duration;

use acquirer::job::ProvisionerType;
use acquirer::runtime::Event;
use acquirer::wakeup::Policy;
use futures::poll;
use uuid::Uuid;

use crate::harness::{Harness, NEVER, tagged};

/// How often the future is polled before it is dropped; more often than it takes to be ready.
const POLLS_MAX: usize = 24;

#[tokio::test(start_paused = true)]
async fn a_future_dropped_after_any_number_of_polls_strands_no_job() {
    let mut was_given_back = 0;
    let mut was_ready = 0;
    for polls in 0..POLLS_MAX {
        let mut harness = Harness::open().await;
        let job = harness.post(&[]).await;
        let (types, tags) = ([ProvisionerType::Echo], tagged(&[]));
        let is_ready = {
            let call = harness.acquirer.acquire_job(Uuid::new_v4(), &types, &tags);
            tokio::pin!(call);
            let mut is_ready = false;
            for _ in 0..polls {
                is_ready |= poll!(&mut call).is_ready();
                if is_ready {
                    break;
                }
                tokio::task::yield_now().await;
            }
            is_ready
        };
        was_ready += usize::from(is_ready);
        if is_ready {
            continue;
        }
        // Whatever the call had got to, the next caller gets the job without waiting for the poll.
        let asked = harness.ask(&[]);
        let mut given_back = false;
        harness
            .until(|event| {
                given_back |= matches!(event, Event::GivenBack { .. });
                matches!(event, Event::HandedOver { .. }).then_some(())
            })
            .await;
        was_given_back += usize::from(given_back);
        assert_eq!(asked.await.unwrap().unwrap().id, job, "after {polls} polls");
    }
    assert!(was_given_back > 1, "some drops hit a query that had the job");
    assert!(was_ready > 1, "some polls were enough");
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_times_out_mid_query_gives_the_job_to_the_next_of_its_domain() {
    let mut harness = Harness::held().await;
    let job = harness.insert(&[]).await;
    let (types, tags) = ([ProvisionerType::Echo], tagged(&[]));
    let call = harness.acquirer.acquire_job(Uuid::new_v4(), &types, &tags);
    assert!(tokio::time::timeout(Duration::from_millis(1), call).await.is_err());
    let next = harness.ask(&[]);
    harness.joined(2).await;
    harness.store.open();
    let released = harness.until(|event| match event {
        Event::Released { job } => Some(*job),
        _ => None,
    });
    assert_eq!(released.await, job);
    assert_eq!(next.await.unwrap().unwrap().id, job);
}

#[tokio::test(start_paused = true)]
async fn a_job_given_back_is_posted_again_for_other_domains() {
    let mut harness = Harness::held().await;
    let other = harness.ask(&[("a", "1")]);
    harness.query_started().await;
    harness.store.let_one_through();
    harness.nothing_found().await;
    let job = harness.insert(&[]).await;
    let (types, tags) = ([ProvisionerType::Echo], tagged(&[]));
    let call = harness.acquirer.acquire_job(Uuid::new_v4(), &types, &tags);
    assert!(tokio::time::timeout(Duration::from_millis(1), call).await.is_err());
    harness.store.open();
    assert_eq!(other.await.unwrap().unwrap().id, job);
}

#[tokio::test(start_paused = true)]
async fn a_job_that_cannot_be_posted_again_is_looked_for_here() {
    let mut harness = Harness::held().await;
    let job = harness.insert(&[]).await;
    let (types, tags) = ([ProvisionerType::Echo], tagged(&[]));
    let call = harness.acquirer.acquire_job(Uuid::new_v4(), &types, &tags);
    assert!(tokio::time::timeout(Duration::from_millis(1), call).await.is_err());
    harness.pubsub.fail_next_publish("gone");
    let next = harness.ask(&[]);
    harness.joined(2).await;
    harness.store.open();
    assert_eq!(next.await.unwrap().unwrap().id, job);
}

#[tokio::test(start_paused = true)]
async fn under_the_seeds_policy_a_caller_that_leaves_mid_query_strands_its_job() {
    let mut harness = Harness::under(Policy::seed(), false, NEVER).await;
    let job = harness.insert(&[]).await;
    let (types, tags) = ([ProvisionerType::Echo], tagged(&[]));
    let call = harness.acquirer.acquire_job(Uuid::new_v4(), &types, &tags);
    assert!(tokio::time::timeout(Duration::from_millis(1), call).await.is_err());
    harness.store.open();
    let stranded = harness.until(|event| match event {
        Event::Stranded { job, .. } => Some(*job),
        _ => None,
    });
    assert_eq!(stranded.await, job);
    let row = harness.store.table.rows().remove(0);
    assert!(row.started_at.is_some() && row.completed_at.is_none());
}

#[tokio::test(start_paused = true)]
async fn under_the_seeds_policy_a_caller_that_leaves_with_its_job_on_the_way_strands_it() {
    let mut harness = Harness::under(Policy::seed(), true, NEVER).await;
    let job = harness.insert(&[]).await;
    let (types, tags) = ([ProvisionerType::Echo], tagged(&[]));
    let acquirer = harness.acquirer.clone();
    {
        let call = acquirer.acquire_job(Uuid::new_v4(), &types, &tags);
        tokio::pin!(call);
        assert!(poll!(&mut call).is_pending());
        let handed_over = |event: &Event| matches!(event, Event::HandedOver { .. }).then_some(());
        harness.until(handed_over).await;
    }
    let stranded = harness.until(|event| match event {
        Event::Stranded { job, .. } => Some(*job),
        _ => None,
    });
    assert_eq!(stranded.await, job);
}
