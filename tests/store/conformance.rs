//! The promises of `JobStore` and `JobTable`, each kept by every implementation.

use std::collections::HashSet;

use acquirer::job::{Job, ProvisionerType, Tags};
use acquirer::store::{AcquireRequest, Claim, NewJob};
use futures::future::join_all;
use uuid::Uuid;

use crate::table::{Table, echo, tags};

/// One test per promise and implementation.
macro_rules! conformance {
    ($($promise:ident)*) => {
        mod memory {
            $(#[tokio::test] async fn $promise() { super::$promise(crate::table::Memory::new()).await; })*
        }
        mod postgres {
            $(#[tokio::test] async fn $promise() { super::$promise(crate::table::Postgres::new().await).await; })*
        }
    };
}

conformance! {
    an_empty_table_gives_nothing
    jobs_come_oldest_first
    a_batch_keeps_its_order
    a_job_comes_back_as_it_was_inserted
    the_type_must_be_accepted
    the_jobs_tags_must_be_among_the_workers
    odd_tags_match_themselves_and_nothing_else
    ten_concurrent_acquires_take_ten_distinct_jobs
    concurrent_batch_claims_share_the_jobs_out
    a_batch_claim_gives_the_oldest_to_the_first_worker
    a_batch_claim_takes_no_more_than_there_is
    a_claim_for_nobody_takes_nothing
    a_job_canceled_while_queued_is_over_and_never_handed_out
    a_running_job_that_is_canceled_is_finished_by_its_worker
    only_its_worker_completes_a_job
    a_failed_job_keeps_its_error
    an_error_with_a_nul_still_fails_the_job
    a_released_job_is_available_at_its_old_place
    only_its_worker_releases_a_job
    a_canceled_job_that_is_released_is_over
    a_claim_that_is_released_makes_all_its_jobs_available_at_their_old_places
    a_claim_that_took_nothing_releases_nothing
    a_claim_is_told_from_others_by_its_stamp_and_its_workers
    jobs_of_a_claim_that_are_over_are_left_alone
    a_canceled_job_whose_claim_is_released_is_over_and_not_posted
    a_finished_job_is_changed_by_nobody
    an_insert_of_unknown_outcome_can_be_tried_again
    available_jobs_that_fit_are_named_oldest_first_and_left_alone
}

async fn an_empty_table_gives_nothing(table: impl Table) {
    assert_eq!(table.take_one(&Tags::new()).await, None);
    table.store().insert(&[]).await.unwrap();
    assert_eq!(table.take_one(&Tags::new()).await, None);
}

async fn jobs_come_oldest_first(table: impl Table) {
    let mut posted = Vec::new();
    for _ in 0..10 {
        posted.push(table.put(echo(&Tags::new())).await);
    }
    for id in posted {
        assert_eq!(table.take_one(&Tags::new()).await.unwrap().id, id);
    }
}

async fn a_batch_keeps_its_order(table: impl Table) {
    let jobs: Vec<NewJob> = (0..50).map(|_| echo(&Tags::new())).collect();
    table.store().insert(&jobs).await.unwrap();
    let next = table.put(echo(&Tags::new())).await;
    let taken = table.take(&workers(51), &ProvisionerType::ALL, &Tags::new()).await;
    let expected: Vec<Uuid> = jobs.iter().map(|job| job.id).chain([next]).collect();
    assert_eq!(taken.iter().map(|job| job.id).collect::<Vec<_>>(), expected);
}

async fn a_job_comes_back_as_it_was_inserted(table: impl Table) {
    let new = NewJob {
        id: Uuid::new_v4(),
        provisioner: ProvisionerType::Terraform,
        tags: tags([("scope", "organization")]),
        organization_id: Uuid::new_v4(),
        initiator_id: Uuid::new_v4(),
        kind: "template_version_import".to_owned(),
        input: serde_json::json!({"id": [1, null, "ü\"\\"]}),
    };
    let before = chrono::Utc::now();
    table.put(new.clone()).await;
    let worker = Uuid::new_v4();
    let job = table.take(&[worker], &[ProvisionerType::Terraform], &new.tags).await.pop().unwrap();
    assert_eq!((job.id, job.worker, job.provisioner), (new.id, worker, new.provisioner));
    assert_eq!((job.organization_id, job.initiator_id), (new.organization_id, new.initiator_id));
    assert_eq!((job.kind, job.input, job.tags), (new.kind, new.input, new.tags));
    assert!(job.created_at.timestamp_micros() >= before.timestamp_micros());
    assert!(job.started_at.timestamp_micros() >= before.timestamp_micros());
    let row = table.row(job.id).await;
    assert_eq!(row.worker_id, Some(worker));
    assert_eq!(row.started_at.unwrap().timestamp_micros(), job.started_at.timestamp_micros());
}

async fn the_type_must_be_accepted(table: impl Table) {
    let id = table.put(NewJob::new(Uuid::new_v4(), ProvisionerType::Terraform, Tags::new())).await;
    assert_eq!(table.take(&workers(1), &[ProvisionerType::Echo], &Tags::new()).await, []);
    assert_eq!(table.take(&workers(1), &[], &Tags::new()).await, []);
    assert_eq!(table.take(&workers(1), &ProvisionerType::ALL, &Tags::new()).await[0].id, id);
}

async fn the_jobs_tags_must_be_among_the_workers(table: impl Table) {
    let worker = tags([("environment", "on-prem"), ("datacenter", "chicago")]);
    let refused = [
        tags([("environment", "cloud")]),
        tags([("environment", "on-prem"), ("gpu", "yes")]),
        tags([("environment", "on-prem"), ("datacenter", "chicago"), ("gpu", "yes")]),
        tags([("gpu", "yes")]),
        tags([("on-prem", "environment")]),
        tags([("environment", "")]),
    ];
    let accepted =
        [Tags::new(), tags([("environment", "on-prem")]), tags([("datacenter", "chicago")]), worker.clone()];
    for demanded in &refused {
        table.put(echo(demanded)).await;
    }
    assert_eq!(table.take_one(&worker).await, None);
    for demanded in &accepted {
        let id = table.put(echo(demanded)).await;
        assert_eq!(table.take_one(&worker).await.map(|job| job.id), Some(id), "{demanded:?}");
    }
    assert_eq!(table.take_one(&Tags::new()).await, None, "a worker without tags takes only such jobs");
}

async fn odd_tags_match_themselves_and_nothing_else(table: impl Table) {
    let odd = [
        tags([("", "")]),
        tags([("key", "")]),
        tags([("key", "it's")]),
        tags([("key", r#"say "hi""#)]),
        tags([("key", r"a\b\\c\u0041")]),
        tags([("key", "{}")]),
        tags([("key", "[]")]),
        tags([("key", "null")]),
        tags([("key", "1")]),
        tags([("key", "1.0")]),
        tags([("key", "é")]),
        tags([("key", "e\u{301}")]),
        tags([("ключ", "🦀\u{10ffff}")]),
        tags([("key", "\u{1}\n\t")]),
        tags([("key", "$1 %s {} ;--")]),
        tags([("key", "Key")]),
        tags([("Key", "key")]),
    ];
    for demanded in &odd {
        table.put(echo(demanded)).await;
    }
    for carried in &odd {
        let job = table.take_one(carried).await.unwrap();
        assert_eq!(job.tags, *carried);
        assert_eq!(table.take_one(carried).await, None, "{carried:?} took a second job");
    }
}

async fn ten_concurrent_acquires_take_ten_distinct_jobs(table: impl Table) {
    let jobs: Vec<NewJob> = (0..10).map(|_| echo(&Tags::new())).collect();
    table.store().insert(&jobs).await.unwrap();
    let store = table.store();
    let taken = join_all((0..10).map(|_| {
        let store = store.clone();
        let acquire = async move {
            let request =
                AcquireRequest { workers: &workers(1), types: &ProvisionerType::ALL, tags: &Tags::new() };
            store.acquire(request).await.unwrap()
        };
        tokio::spawn(acquire)
    }))
    .await;
    let taken: HashSet<Uuid> = taken.into_iter().flat_map(|jobs| jobs.unwrap()).map(|job| job.id).collect();
    assert_eq!(taken, jobs.iter().map(|job| job.id).collect());
}

async fn concurrent_batch_claims_share_the_jobs_out(table: impl Table) {
    let jobs: Vec<NewJob> = (0..300).map(|_| echo(&Tags::new())).collect();
    table.store().insert(&jobs).await.unwrap();
    let claims = (0..4).map(|_| {
        let store = table.store();
        tokio::spawn(async move {
            let (workers, tags) = (workers(7), Tags::new());
            let request = AcquireRequest { workers: &workers, types: &ProvisionerType::ALL, tags: &tags };
            let mut taken = Vec::new();
            loop {
                let claimed = store.acquire(request).await.unwrap();
                if claimed.is_empty() {
                    return taken;
                }
                assert!(claimed.is_sorted_by_key(|job| (job.created_at, job.id)));
                assert!(claimed.iter().map(|job| job.worker).eq(workers[..claimed.len()].iter().copied()));
                taken.extend(claimed.iter().map(|job| job.id));
            }
        })
    });
    let taken: Vec<Uuid> = join_all(claims).await.into_iter().flat_map(Result::unwrap).collect();
    assert_eq!(taken.len(), jobs.len());
    assert_eq!(taken.into_iter().collect::<HashSet<_>>(), jobs.iter().map(|job| job.id).collect());
}

async fn a_batch_claim_gives_the_oldest_to_the_first_worker(table: impl Table) {
    let fitting = tags([("a", "1")]);
    let mut expected = Vec::new();
    for index in 0..12 {
        let job = echo(&if index % 3 == 0 { tags([("b", "2")]) } else { fitting.clone() });
        let id = table.put(job).await;
        if index % 3 != 0 {
            expected.push(id);
        }
    }
    let workers = workers(5);
    let jobs = table.take(&workers, &ProvisionerType::ALL, &fitting).await;
    assert_eq!(jobs.iter().map(|job| job.id).collect::<Vec<_>>(), expected[..5]);
    assert_eq!(jobs.iter().map(|job| job.worker).collect::<Vec<_>>(), workers);
    for job in jobs {
        assert_eq!(table.row(job.id).await.worker_id, Some(job.worker));
    }
    assert_eq!(table.take_one(&fitting).await.unwrap().id, expected[5]);
}

async fn a_batch_claim_takes_no_more_than_there_is(table: impl Table) {
    let jobs: Vec<NewJob> = (0..3).map(|_| echo(&Tags::new())).collect();
    table.store().insert(&jobs).await.unwrap();
    let workers = workers(8);
    let taken = table.take(&workers, &ProvisionerType::ALL, &Tags::new()).await;
    assert_eq!(taken.iter().map(|job| job.worker).collect::<Vec<_>>(), workers[..3]);
    assert_eq!(table.take(&workers, &ProvisionerType::ALL, &Tags::new()).await, []);
}

async fn a_claim_for_nobody_takes_nothing(table: impl Table) {
    let id = table.put(echo(&Tags::new())).await;
    assert_eq!(table.take(&[], &ProvisionerType::ALL, &Tags::new()).await, []);
    assert_eq!(table.take_one(&Tags::new()).await.unwrap().id, id);
}

async fn a_job_canceled_while_queued_is_over_and_never_handed_out(table: impl Table) {
    let id = table.put(echo(&Tags::new())).await;
    assert!(table.store().cancel(id).await.unwrap());
    assert_eq!(table.take_one(&Tags::new()).await, None);
    assert_eq!(table.take(&workers(2), &ProvisionerType::ALL, &Tags::new()).await, []);
    let row = table.row(id).await;
    assert!(row.completed_at.is_some() && row.completed_at == row.canceled_at);
    assert_eq!((row.started_at, row.worker_id), (None, None));
    assert!(!table.store().cancel(id).await.unwrap(), "canceled twice");
    assert!(!table.store().cancel(Uuid::new_v4()).await.unwrap(), "canceled nothing");
}

async fn a_running_job_that_is_canceled_is_finished_by_its_worker(table: impl Table) {
    table.put(echo(&Tags::new())).await;
    let job = table.take_one(&Tags::new()).await.unwrap();
    assert!(table.store().cancel(job.id).await.unwrap());
    let row = table.row(job.id).await;
    assert!(row.canceled_at.is_some() && row.completed_at.is_none());
    assert!(!table.store().cancel(job.id).await.unwrap(), "canceled twice");
    assert!(table.store().complete(job.id, job.worker).await.unwrap());
    assert!(table.row(job.id).await.completed_at.is_some());
}

async fn only_its_worker_completes_a_job(table: impl Table) {
    let id = table.put(echo(&Tags::new())).await;
    let stranger = Uuid::new_v4();
    assert!(!table.store().complete(id, stranger).await.unwrap(), "completed while queued");
    let job = table.take_one(&Tags::new()).await.unwrap();
    assert!(!table.store().complete(id, stranger).await.unwrap(), "completed by a stranger");
    assert!(!table.store().fail(id, stranger, "broke").await.unwrap(), "failed by a stranger");
    assert_eq!(table.row(id).await.completed_at, None);
    assert!(table.store().complete(id, job.worker).await.unwrap());
    let row = table.row(id).await;
    assert!(row.completed_at.is_some() && row.error.is_none() && row.canceled_at.is_none());
}

async fn a_failed_job_keeps_its_error(table: impl Table) {
    let id = table.put(echo(&Tags::new())).await;
    let job = table.take_one(&Tags::new()).await.unwrap();
    assert!(table.store().fail(id, job.worker, "it's \"broken\" \\ 🦀").await.unwrap());
    let row = table.row(id).await;
    assert!(row.completed_at.is_some());
    assert_eq!(row.error.as_deref(), Some("it's \"broken\" \\ 🦀"));
}

async fn an_error_with_a_nul_still_fails_the_job(table: impl Table) {
    let id = table.put(echo(&Tags::new())).await;
    let job = table.take_one(&Tags::new()).await.unwrap();
    assert!(table.store().fail(id, job.worker, "bro\0ken").await.unwrap());
    assert_eq!(table.row(id).await.error.as_deref(), Some("bro\u{fffd}ken"));
}

async fn a_released_job_is_available_at_its_old_place(table: impl Table) {
    let first = table.put(echo(&Tags::new())).await;
    let second = table.put(echo(&Tags::new())).await;
    let job = table.take_one(&Tags::new()).await.unwrap();
    assert_eq!(job.id, first);
    assert!(table.store().release(first, job.worker).await.unwrap());
    let row = table.row(first).await;
    assert_eq!((row.started_at, row.worker_id, row.completed_at), (None, None, None));
    assert!(!table.store().release(first, job.worker).await.unwrap(), "released twice");
    assert_eq!(table.take_one(&Tags::new()).await.unwrap().id, first);
    assert_eq!(table.take_one(&Tags::new()).await.unwrap().id, second);
}

async fn only_its_worker_releases_a_job(table: impl Table) {
    let id = table.put(echo(&Tags::new())).await;
    assert!(!table.store().release(id, Uuid::new_v4()).await.unwrap(), "released while queued");
    let job = table.take_one(&Tags::new()).await.unwrap();
    assert!(!table.store().release(id, Uuid::new_v4()).await.unwrap(), "released by a stranger");
    assert_eq!(table.row(id).await.worker_id, Some(job.worker));
    assert_eq!(table.take_one(&Tags::new()).await, None);
}

async fn a_canceled_job_that_is_released_is_over(table: impl Table) {
    let id = table.put(echo(&Tags::new())).await;
    let job = table.take_one(&Tags::new()).await.unwrap();
    table.store().cancel(id).await.unwrap();
    assert!(table.store().release(id, job.worker).await.unwrap());
    let row = table.row(id).await;
    assert!(row.completed_at.is_some() && row.started_at.is_none() && row.worker_id.is_none());
    assert_eq!(table.take_one(&Tags::new()).await, None);
}

async fn a_claim_that_is_released_makes_all_its_jobs_available_at_their_old_places(table: impl Table) {
    let carried = tags([("a", "1"), ("b", "it's \"odd\"")]);
    let mut jobs: Vec<NewJob> = (0..3).map(|_| echo(&carried)).collect();
    jobs[1].provisioner = ProvisionerType::Terraform;
    jobs[2].tags = Tags::new();
    table.store().insert(&jobs).await.unwrap();
    let workers = workers(5);
    let taken = table.take(&workers, &ProvisionerType::ALL, &carried).await;
    let claim = claim_of(&workers, &taken[0]);
    let mut postings = table.store().release_claim(&claim).await.unwrap();
    let mut expected: Vec<_> = jobs.iter().map(NewJob::posting).collect();
    postings.sort_by_key(|posting| posting.job_id);
    expected.sort_by_key(|posting| posting.job_id);
    assert_eq!(postings, expected);
    assert_eq!(table.store().release_claim(&claim).await.unwrap(), [], "released twice");
    for job in &jobs {
        let row = table.row(job.id).await;
        assert_eq!((row.started_at, row.worker_id, row.completed_at), (None, None, None));
    }
    let again = table.take(&workers, &ProvisionerType::ALL, &carried).await;
    assert!(again.iter().map(|job| job.id).eq(jobs.iter().map(|job| job.id)));
}

async fn a_claim_that_took_nothing_releases_nothing(table: impl Table) {
    let id = table.put(echo(&Tags::new())).await;
    let claim = Claim::new(workers(2), chrono::Utc::now());
    assert_eq!(table.store().release_claim(&claim).await.unwrap(), []);
    assert_eq!(table.take_one(&Tags::new()).await.unwrap().id, id);
}

async fn a_claim_is_told_from_others_by_its_stamp_and_its_workers(table: impl Table) {
    for _ in 0..20 {
        table.put(echo(&Tags::new())).await;
    }
    // One worker that claims again and again, as fast as it can.
    let workers = workers(1);
    let mut taken: Vec<Job> = Vec::new();
    for _ in 0..20 {
        taken.extend(table.take(&workers, &ProvisionerType::ALL, &Tags::new()).await);
    }
    let stamps: HashSet<_> = taken.iter().map(|job| job.started_at.timestamp_micros()).collect();
    assert_eq!(stamps.len(), 20, "a stamp was given twice");
    let stranger = Claim::new(vec![Uuid::new_v4()], taken[7].started_at);
    assert_eq!(table.store().release_claim(&stranger).await.unwrap(), []);
    let released = table.store().release_claim(&claim_of(&workers, &taken[7])).await.unwrap();
    assert_eq!(released.iter().map(|posting| posting.job_id).collect::<Vec<_>>(), [Some(taken[7].id)]);
    for job in &taken {
        let worker = table.row(job.id).await.worker_id;
        assert_eq!(worker, (job.id != taken[7].id).then_some(workers[0]));
    }
}

async fn jobs_of_a_claim_that_are_over_are_left_alone(table: impl Table) {
    table.store().insert(&[echo(&Tags::new()), echo(&Tags::new()), echo(&Tags::new())]).await.unwrap();
    let workers = workers(3);
    let taken = table.take(&workers, &ProvisionerType::ALL, &Tags::new()).await;
    assert!(table.store().complete(taken[0].id, taken[0].worker).await.unwrap());
    assert!(table.store().fail(taken[1].id, taken[1].worker, "broke").await.unwrap());
    let over = [table.row(taken[0].id).await, table.row(taken[1].id).await];
    let released = table.store().release_claim(&claim_of(&workers, &taken[0])).await.unwrap();
    assert_eq!(released.iter().map(|posting| posting.job_id).collect::<Vec<_>>(), [Some(taken[2].id)]);
    assert_eq!([table.row(taken[0].id).await, table.row(taken[1].id).await], over);
    assert_eq!(table.take_one(&Tags::new()).await.unwrap().id, taken[2].id);
    assert_eq!(table.take_one(&Tags::new()).await, None);
}

async fn a_canceled_job_whose_claim_is_released_is_over_and_not_posted(table: impl Table) {
    let id = table.put(echo(&Tags::new())).await;
    let job = table.take_one(&Tags::new()).await.unwrap();
    table.store().cancel(id).await.unwrap();
    assert_eq!(table.store().release_claim(&claim_of(&[job.worker], &job)).await.unwrap(), []);
    let row = table.row(id).await;
    assert!(row.completed_at.is_some() && row.started_at.is_none() && row.worker_id.is_none());
    assert_eq!(table.take_one(&Tags::new()).await, None);
}

async fn a_finished_job_is_changed_by_nobody(table: impl Table) {
    let id = table.put(echo(&Tags::new())).await;
    let worker = table.take_one(&Tags::new()).await.unwrap().worker;
    table.store().complete(id, worker).await.unwrap();
    let finished = table.row(id).await;
    assert!(!table.store().complete(id, worker).await.unwrap());
    assert!(!table.store().fail(id, worker, "broke").await.unwrap());
    assert!(!table.store().release(id, worker).await.unwrap());
    assert!(!table.store().cancel(id).await.unwrap());
    assert_eq!(table.take_one(&Tags::new()).await, None);
    assert_eq!(table.row(id).await, finished);
}

async fn an_insert_of_unknown_outcome_can_be_tried_again(table: impl Table) {
    let jobs = [echo(&Tags::new()), echo(&Tags::new())];
    table.store().insert(&jobs[..1]).await.unwrap();
    let first = table.take_one(&Tags::new()).await.unwrap();
    table.store().insert(&jobs).await.unwrap();
    assert_eq!((first.id, table.take_one(&Tags::new()).await.unwrap().id), (jobs[0].id, jobs[1].id));
    assert_eq!(table.take_one(&Tags::new()).await, None);
}

/// The claim that took a job.
fn claim_of(workers: &[Uuid], job: &Job) -> Claim {
    Claim::new(workers.to_vec(), job.started_at)
}

fn workers(count: usize) -> Vec<Uuid> {
    (0..count).map(|_| Uuid::new_v4()).collect()
}

async fn available_jobs_that_fit_are_named_oldest_first_and_left_alone(table: impl Table) {
    let fits = [echo(&tags([("a", "1")])), echo(&Tags::new()), echo(&Tags::new())];
    let mut posted = Vec::new();
    for job in fits {
        posted.push(table.put(job).await);
    }
    table.put(echo(&tags([("b", "1")]))).await;
    let canceled = table.put(echo(&Tags::new())).await;
    table.store().cancel(canceled).await.unwrap();
    let worker = tags([("a", "1")]);
    for _ in 0..2 {
        let named = table.store().available(&[ProvisionerType::Echo], &worker, 9).await.unwrap();
        assert_eq!(named.iter().map(|posting| posting.job_id.unwrap()).collect::<Vec<_>>(), posted);
        assert_eq!(named[0].tags, worker);
    }
    assert_eq!(table.store().available(&[ProvisionerType::Echo], &worker, 2).await.unwrap().len(), 2);
    assert_eq!(table.store().available(&[ProvisionerType::Terraform], &worker, 9).await.unwrap(), []);
    table.take_one(&worker).await.unwrap();
    assert_eq!(table.store().available(&[ProvisionerType::Echo], &worker, 9).await.unwrap().len(), 2);
}
