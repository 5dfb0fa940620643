//! What the dashboard's own thread takes of a core, and how often it wakes.

use std::fs;
use std::num::NonZeroU16;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use loadgen::database::Database;

use super::figures::{print_table, verdict};
use super::live::{Live, Size};
use super::{arguments, scenario};

const SIZE: Size = (NonZeroU16::new(200).unwrap(), NonZeroU16::new(60).unwrap());
/// By their keys.
const VIEWS: [(&str, &str); 7] = [
    ("1", "Overview"),
    ("2", "Domains"),
    ("3", "Wakeups"),
    ("4", "Latency"),
    ("5", "Database"),
    ("6", "Faults"),
    ("7", "Log"),
];
/// Each view is looked at for so long, after so much time to settle.
const LOOK: Duration = Duration::from_secs(2);
const SETTLE: Duration = Duration::from_millis(300);
/// Of a core, when next to nothing happens and under load.
const GOALS: [f64; 2] = [0.03, 0.10];

/// Measures both, and prints them beside each other.
pub(crate) fn measure(database: &Database, directory: &Path) -> anyhow::Result<()> {
    if !cfg!(target_os = "linux") {
        println!("how much of a core a thread takes is only known of Linux");
        return Ok(());
    }
    let busy = directory.join("busy.toml");
    fs::write(&busy, scenario::batches(2_000, 20))?;
    let idle = look(Path::new("idle-fleet"), database, directory)?;
    let busy = look(&busy, database, directory)?;
    let mut table = vec![
        ["the dashboard's thread", "idle-fleet", "wakeups/s", "2,000 jobs/s", "wakeups/s"]
            .map(str::to_owned)
            .to_vec(),
    ];
    for ((_, view), (idle, busy)) in VIEWS.iter().zip(idle.iter().zip(&busy)) {
        let figures = [idle, busy]
            .into_iter()
            .flat_map(|seen| [format!("{:.2} %", seen.share * 100.0), format!("{:.0}", seen.wakeups_per_s)]);
        table.push([(*view).to_owned()].into_iter().chain(figures).collect());
    }
    print_table(&table);
    for (seen, goal) in [&idle, &busy].into_iter().zip(GOALS) {
        let most = seen.iter().map(|seen| seen.share).fold(0.0, f64::max);
        println!(
            "goal: at most {:.0} % of a core: {:.2} %, {}",
            goal * 100.0,
            most * 100.0,
            verdict(most <= goal)
        );
    }
    Ok(())
}

/// What a thread did in some time.
struct Seen {
    share: f64,
    wakeups_per_s: f64,
}

fn look(scenario: &Path, database: &Database, directory: &Path) -> anyhow::Result<Vec<Seen>> {
    let arguments = arguments(scenario, &directory.join("report.json"), database)?;
    let mut live = Live::start(&arguments, SIZE)?;
    live.wait_until("the measured part", |screen| screen.contains("measuring"))?;
    let pid = live.pid()?;
    let mut all = Vec::new();
    for (key, _) in VIEWS {
        live.press(key)?;
        sleep(SETTLE);
        let (began, before) = (Instant::now(), Thread::of(pid)?);
        sleep(LOOK);
        let (took, after) = (began.elapsed().as_secs_f64(), Thread::of(pid)?);
        all.push(Seen {
            share: after.ran.saturating_sub(before.ran).as_secs_f64() / took,
            wakeups_per_s: (after.waits - before.waits) as f64 / took,
        });
    }
    live.leave()?;
    Ok(all)
}

/// The dashboard's thread since it began.
struct Thread {
    ran: Duration,
    /// How often it waited for something.
    waits: u64,
}

impl Thread {
    fn of(pid: u32) -> anyhow::Result<Self> {
        for task in fs::read_dir(format!("/proc/{pid}/task"))? {
            let task = task?.path();
            if fs::read_to_string(task.join("comm"))?.trim() != "dashboard" {
                continue;
            }
            let schedule = fs::read_to_string(task.join("schedstat"))?;
            let nanos = schedule.split_whitespace().next().context("schedstat is empty")?.parse()?;
            let status = fs::read_to_string(task.join("status"))?;
            let waits = status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
            let waits = waits.context("status has no switches")?.trim().parse()?;
            return Ok(Self { ran: Duration::from_nanos(nanos), waits });
        }
        bail!("the process has no thread of the dashboard's name")
    }
}
