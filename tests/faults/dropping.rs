//! `W10` over a real Postgres: a caller's future is dropped at every await point.

use acquirer::runtime::Event;
use futures::FutureExt as _;

use crate::cluster::database;
use crate::world::{World, acquire};

/// How far the call had got when it was dropped.
type Stage = (&'static str, fn(&Event) -> bool);

const STAGES: [Stage; 5] = [
    ("joined", |event| matches!(event, Event::Joined { .. })),
    ("cleared", |event| matches!(event, Event::Cleared(_))),
    ("its query began", |event| matches!(event, Event::QueryStarted { .. })),
    ("its query ended", |event| matches!(event, Event::QueryFinished { .. })),
    ("its job was handed over", |event| matches!(event, Event::HandedOver { .. })),
];

const ROUNDS: usize = 10;

#[tokio::test]
async fn a_call_dropped_at_any_stage_strands_no_job() {
    let mut world = World::open(database().await, 1).await;
    let mut given_back = 0;
    let mut jobs = 0;
    for _ in 0..ROUNDS {
        for (stage, is_reached) in STAGES {
            world.post(1).await;
            jobs += 1;
            let acquirer = world.replicas[0].acquirer.clone();
            {
                let call = acquire(&acquirer);
                tokio::pin!(call);
                assert!(call.as_mut().now_or_never().is_none());
                world.replicas[0].until(stage, |event| is_reached(event).then_some(())).await;
                // Dropped without having been polled again: it knows nothing of what came meanwhile.
            }
            // The next caller gets the job, whatever the dropped one had got to.
            let job = acquire(&acquirer).await.unwrap();
            world.note(&job);
            world.await_jobs(jobs).await;
            let next_is_served = |event: &Event| match event {
                Event::HandedOver { job: handed, worker, .. } => {
                    Some(*handed == job.id && *worker == job.worker).filter(|is_it| *is_it)
                }
                Event::GivenBack { .. } => Some(false),
                _ => None,
            };
            let mut was_given_back = false;
            while !world.replicas[0].until("the next is served", next_is_served).await {
                was_given_back = true;
            }
            given_back += usize::from(was_given_back);
        }
    }
    assert!(given_back >= 2 * ROUNDS, "{given_back} jobs were given back");
    world.hire(0, 2);
    world.expect_all_well().await;
}
