//! Two replicas race for one job.

use acquirer::runtime::{Event, QueryOutcome};

use crate::cluster::database;
use crate::world::World;

const ROUNDS: usize = 200;

#[tokio::test]
async fn of_two_replicas_that_race_for_a_job_one_gets_it() {
    let mut world = World::open(database().await, 2).await;
    for replica in 0..2 {
        world.hire(replica, 1);
        world.replicas[replica].asleep().await;
    }
    for round in 1..=ROUNDS {
        world.post(1).await;
        let mut won = 0;
        for replica in &mut world.replicas {
            // Both heard of it and looked: who lost found nothing, and who won found nothing more when asking again.
            replica
                .until("a query finds nothing", |event| match event {
                    Event::QueryFinished { outcome: QueryOutcome::Found(jobs), .. } => {
                        won += jobs.len();
                        None
                    }
                    Event::QueryFinished { outcome: QueryOutcome::Empty, .. } => Some(()),
                    _ => None,
                })
                .await;
        }
        assert_eq!(won, 1, "round {round}");
        world.await_jobs(round).await;
    }
    world.expect_all_well().await;
}
