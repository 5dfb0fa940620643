//! Whether rescued jobs, lost wakeups and idle polls come out as the script makes them, with the real acquirer.

use std::time::Duration;

use super::{Loop, Script, run};
use crate::report::Report;

/// A poster, and one fleet of so many workers for each of two domains that both accept what it posts.
fn overlapping(policy: &str, workers: usize, poster: &str) -> String {
    let fleets = ["a", "b"].map(|domain| {
        format!(
            "[[fleet]]\nname = \"{domain}\"\nworkers = {workers}\nprovisioners = [\"echo\"]\n\
            tags = {{ domain = \"{domain}\" }}\nservice_time = {{ constant = \"40ms\" }}\nthink_time = \"200ms\"\n"
        )
    });
    format!(
        "title = \"overlapping\"\nduration = \"20s\"\nwarmup = \"0s\"\ndrain = \"15s\"\nseed = 3\nreplicas = 1\n\
        policy = \"{policy}\"\nbackup_poll = \"5s\"\n\n[[poster]]\nname = \"jobs\"\n{poster}\n\
        [[poster.mix]]\nprovisioner = \"echo\"\n\n{}",
        fleets.concat()
    )
}

fn deaf(from: u64, to: u64) -> Script {
    Script { deaf: Some((Duration::from_secs(from), Duration::from_secs(to))), ..Script::default() }
}

fn assert_all_done(report: &Report) {
    assert_eq!(report.jobs.completed, report.jobs.posted);
    let by_posting: u64 = report.wakeups_lost.by_posting.iter().map(|postings| postings.lost).sum();
    let by_second: u64 = report.timeline.iter().map(|second| second.wakeups_lost).sum();
    let lost = &report.wakeups_lost;
    assert_eq!((by_posting, by_second), (lost.total, lost.total));
    assert!(lost.total <= report.rescued_by_backup_poll);
    assert_eq!(report.rescued_by_backup_poll, report.found_by_root.backup_poll);
}

#[tokio::test(start_paused = true)]
async fn the_default_policy_loses_no_wakeup_where_the_seeds_does() {
    // Two jobs at once, and silence: the second's notice may go to the domain that is busy with the first, whose only
    // worker then leaves, while the other domain's sleeps. Nothing but its poll, 5 s apart like the bursts, comes.
    let poster = "arrival = { burst = { size = 2 } }\nstages = [{ for = \"60s\", rate = 0.4 }]";
    let slow = Script { query: Duration::from_millis(30), ..Script::default() };
    let toml = |policy| overlapping(policy, 1, poster).replace("duration = \"20s\"", "duration = \"60s\"");
    let seed = run(&toml("seed"), slow.clone(), Loop::Open).await;
    assert_all_done(&seed);
    assert!(seed.wakeups_lost.forgotten > 0, "{:?}", seed.wakeups_lost);
    assert_eq!(seed.wakeups_lost.forgotten, seed.wakeups_lost.total);
    let default = run(&toml("default"), slow, Loop::Open).await;
    assert_all_done(&default);
    assert_eq!((default.wakeups_lost.total, default.rescued_by_backup_poll), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn every_swallowed_notice_beside_a_sleeper_is_a_wakeup_lost() {
    // All is quiet after the fault began but for what is posted into it, and there are more sleepers than jobs.
    let poster = "arrival = \"uniform\"\nstages = [{ for = \"8s\", rate = 4 }, { for = \"12s\", rate = 0 }]";
    for policy in ["default", "seed"] {
        let report = run(&overlapping(policy, 30, poster), deaf(4, 20), Loop::Open).await;
        assert_all_done(&report);
        let lost = &report.wakeups_lost;
        assert_eq!(report.notifications.suppressed, 16, "{policy}");
        assert_eq!((lost.total, lost.swallowed), (16, 16), "{policy}");
        assert_eq!(report.rescued_by_backup_poll, 16, "{policy}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_swallowed_notice_without_a_sleeper_costs_no_wakeup() {
    // Both workers are busy with the first two jobs when the fault begins, and come back to the other eighteen.
    let poster = "arrival = \"uniform\"\nstages = [{ for = \"1s\", rate = 20 }, { for = \"19s\", rate = 0 }]";
    let busy = overlapping("default", 1, poster)
        .replace("name = \"jobs\"", "name = \"jobs\"\npreload = 2")
        .replace("constant = \"40ms\"", "constant = \"1500ms\"")
        .replace("think_time = \"200ms\"\n", "");
    let report = run(&busy, deaf(0, 20), Loop::Open).await;
    assert_eq!((report.jobs.posted, report.notifications.suppressed), (22, 20));
    assert_eq!((report.wakeups_lost.total, report.rescued_by_backup_poll), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn idle_polls_come_out_as_predicted_and_naive_polling_as_worked_out() {
    let silence = "stages = [{ for = \"20s\", rate = 0 }]";
    let report = run(&overlapping("default", 7, silence), Script::default(), Loop::Open).await;
    let idle = &report.idle_queries;
    assert_eq!(idle.domains, 2);
    // Two domains, a poll each in 5 s.
    assert!((idle.predicted_per_day - 2.0 * 86_400.0 / 5.0).abs() < 1e-6);
    let off = idle.measured_per_day / idle.predicted_per_day;
    assert!((0.9..=1.1).contains(&off), "{idle:?}");
    // Fourteen workers wait for 35 s and ask once a second.
    let naive = &report.naive_polling;
    assert!((naive.waited_seconds - 14.0 * 35.0).abs() < 14.0 * 0.2, "{naive:?}");
    assert!((naive.queries as f64 - naive.waited_seconds).abs() <= 0.5);
}

#[tokio::test(start_paused = true)]
async fn spurious_wakeups_are_those_that_neither_a_new_domain_nor_a_poll_explains() {
    // Two replicas hear of every job: one of them finds nothing.
    let poster = "arrival = \"uniform\"\nstages = [{ for = \"20s\", rate = 2 }]";
    let toml = overlapping("default", 10, poster).replace("replicas = 1", "replicas = 2");
    let report = run(&toml, Script::default(), Loop::Open).await;
    assert_all_done(&report);
    let spurious = &report.spurious_wakeups;
    assert_eq!(spurious.total, report.jobs.posted);
    assert!((spurious.empty_share.posting - 0.5).abs() < 1e-9, "{spurious:?}");
    let queries = &report.queries.acquire;
    let share = spurious.total as f64 / (queries.found + queries.empty) as f64;
    assert!((spurious.of_queries_share - share).abs() < 1e-9, "{spurious:?}");
}
