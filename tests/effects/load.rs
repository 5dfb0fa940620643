//! Posters that fall silent, workers that give up or die.

use crate::stage::{Stage, seconds_of, story};

#[tokio::test]
async fn paused_posters_post_nothing_and_owe_nothing_afterwards() {
    let stage = Stage::shared().await;
    let report = stage.play(&story("1h", "at = \"500ms\"\nfor = \"2500ms\"\npause_posters = true")).await;
    for second in seconds_of(&report, "pause_posters") {
        assert_eq!(second.posted, 0, "{second:?}");
    }
    // One and a half seconds of 40 a second; a job due in the moment of the pause may be on either side.
    assert!((58..=62).contains(&report.jobs.posted), "{} posted", report.jobs.posted);
    assert!(report.latency_us.post_lag.max < 1_000_000, "{:?}", report.latency_us.post_lag);
    assert!(report.generator.achieved_ratio > 0.99);
    stage.close().await;
}

#[tokio::test]
async fn a_worker_whose_call_is_cancelled_calls_again() {
    let stage = Stage::shared().await;
    // Alone in its domain, it takes the domain along, and comes back to a new one.
    let fault = "at = \"1s\"\ncancel_workers = 1.0\n[[fault]]\nat = \"1500ms\"\ncancel_workers = 1.0";
    let story = story("1h", fault).replace("workers = 20", "workers = 1").replace("rate = 40", "rate = 2");
    let report = stage.play(&story).await;
    assert_eq!(report.jobs.completed, 8);
    // It comes once in the beginning, once after each job, and once after each cancel.
    assert_eq!(report.wakeups.first.clearances, 1 + 8 + 2, "{:?}", report.wakeups);
    stage.close().await;
}

#[tokio::test]
async fn dead_workers_leave_the_backlog_alone_and_their_jobs_to_the_reaper() {
    let stage = Stage::shared().await;
    let fault = "at = \"700ms\"\nfor = \"2s\"\ncrash_workers = 1.0";
    // Always busy with something when they die.
    let report = stage.play(&story("1h", fault).replace("\"2ms\"", "\"300ms\"")).await;
    for second in seconds_of(&report, "crash_workers") {
        assert_eq!((second.acquired, second.completed), (0, 0), "nobody lives: {second:?}");
        assert!(second.backlog >= 30, "{second:?}");
    }
    let jobs = &report.jobs;
    assert!((5..=20).contains(&jobs.crashed), "{jobs:?}");
    assert_eq!((jobs.freed, jobs.orphaned_at_end), (jobs.crashed, 0));
    assert_eq!(report.domains.iter().map(|domain| domain.workers).sum::<usize>(), 20, "all are back");
    stage.close().await;
}
