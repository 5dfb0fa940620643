//! Callers who leave while their query is in flight, by the thousand.

use std::time::Duration;

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use crate::cluster::database;
use crate::world::{World, acquire};

const CALLERS: u64 = 100;
const CALLS: usize = 100;

#[tokio::test]
async fn ten_thousand_callers_who_leave_strand_nothing() {
    let mut world = World::open(database().await, 2).await;
    let posting = world.keep_posting(500);
    let mut callers = Vec::new();
    for caller in 0..CALLERS {
        let acquirer = world.replicas[caller as usize % 2].acquirer.clone();
        let notes = world.notes();
        callers.push(tokio::spawn(async move {
            let mut draws = ChaCha8Rng::seed_from_u64(caller);
            let mut left = 0;
            for _ in 0..CALLS {
                let patience = Duration::from_micros(draws.random_range(0..3_000));
                match tokio::time::timeout(patience, acquire(&acquirer)).await {
                    Ok(job) => {
                        let job = job.unwrap();
                        notes.send((job.id, job.worker)).unwrap();
                    }
                    Err(_) => left += 1,
                }
            }
            left
        }));
    }
    let mut left = 0;
    for caller in callers {
        left += caller.await.unwrap();
    }
    assert!(left > CALLERS as usize * CALLS / 2, "{left} left");
    posting.await.unwrap();
    for replica in 0..2 {
        world.hire(replica, 4);
    }
    world.expect_all_well().await;
}
