//! Closing: everybody is sent away and nothing is left behind.

use acquirer::AcquireError;
use acquirer::job::ProvisionerType;
use acquirer::runtime::Event;
use acquirer::store::{AcquireRequest, JobStore as _};
use acquirer::wakeup::Policy;
use uuid::Uuid;

use crate::harness::{Harness, NEVER, tagged};

#[tokio::test(start_paused = true)]
async fn closing_sends_every_caller_away_and_refuses_new_ones() {
    let mut harness = Harness::open().await;
    let asked: Vec<_> = (0..3).map(|_| harness.ask(&[])).collect();
    harness.nothing_found().await;
    harness.acquirer.close().await;
    for asked in asked {
        assert!(matches!(asked.await.unwrap(), Err(AcquireError::Closed)));
    }
    assert!(matches!(harness.ask(&[]).await.unwrap(), Err(AcquireError::Closed)));
    assert_eq!(harness.acquirer.domains().len(), 0);
}

#[tokio::test(start_paused = true)]
async fn closing_waits_for_the_query_in_flight_and_gives_its_job_back() {
    for policy in [Policy::default(), Policy::seed()] {
        closing_gives_back_under(policy).await;
    }
}

/// Who is sent away has not left: not even the seed's policy strands its job.
async fn closing_gives_back_under(policy: Policy) {
    let mut harness = Harness::under(policy, false, NEVER).await;
    let job = harness.insert(&[]).await;
    let asked = harness.ask(&[]);
    harness.query_started().await;
    let acquirer = harness.acquirer.clone();
    let closing = tokio::spawn(async move { acquirer.close().await });
    assert!(matches!(asked.await.unwrap(), Err(AcquireError::Closed)));
    assert!(!closing.is_finished());
    harness.store.open();
    closing.await.unwrap();
    harness.until(|event| matches!(event, Event::Released { .. }).then_some(())).await;
    let (workers, tags) = ([Uuid::new_v4()], tagged(&[]));
    let request = AcquireRequest { workers: &workers, types: &[ProvisionerType::Echo], tags: &tags };
    assert_eq!(harness.store.table.acquire(request).await.unwrap()[0].id, job, "the job is available again");
}

#[tokio::test(start_paused = true)]
async fn dropping_the_last_handle_ends_every_task() {
    let mut harness = Harness::open().await;
    let asked = harness.ask(&[]);
    harness.nothing_found().await;
    asked.abort();
    assert!(asked.await.unwrap_err().is_cancelled());
    // The tap is the acquirer's own: it goes with the last of its tasks.
    harness.into_rest_of_events().await;
}
