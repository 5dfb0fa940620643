//! What the dashboard costs, how soon it shows something, and how much memory a run takes.
//!
//! `cargo bench -p clearance --bench dashboard [-- --rounds N --fast]`
//!
//! - *Cost*: `clearance run` drains 10,000 queued jobs, limited by the database, headless and with the
//!   dashboard in a pty of 120×40, in turns on one cluster. The rate feels whatever else the machine does;
//!   the processor time that a run takes for itself does so less.
//! - *First frame*: from the start of `clearance run` in a pty to the first screen that counts posted jobs, its
//!   own local cluster included.
//! - *Memory*: the largest resident size of the default scenario from start to end, dashboard on, the
//!   database's processes aside.

#[path = "../../../loadgen/benches/support/cluster.rs"]
mod cluster;
#[path = "../../../loadgen/benches/support/figures.rs"]
mod figures;
mod live;
#[path = "../../../loadgen/benches/support/options.rs"]
mod options;
#[expect(dead_code, reason = "each bench uses its part")]
#[path = "../../../loadgen/benches/support/scenario.rs"]
mod scenario;
mod thread;

use std::num::NonZeroU16;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use loadgen::database::Database;

use figures::{median, print_table, ratio, verdict};
use live::{Live, Size};
use options::Options;

const CLEARANCE: &str = env!("CARGO_BIN_EXE_clearance");
const JOBS: usize = 10_000;
const SIZE: Size = (NonZeroU16::new(120).unwrap(), NonZeroU16::new(40).unwrap());
/// Of the headless rate.
const COST_GOAL: f64 = 0.98;
const FIRST_FRAME_GOAL: Duration = Duration::from_secs(4);
const MEMORY_GOAL_MB: f64 = 150.0;

fn main() -> anyhow::Result<()> {
    let Some(options) = Options::read(9) else { return Ok(()) };
    let directory = tempfile::tempdir()?;
    let runtime = tokio::runtime::Runtime::new()?;
    let database = runtime.block_on(cluster::open(&options))?;
    println!("{}\n", cluster::describe(&database));
    cost(&options, &database, directory.path())?;
    println!();
    thread::measure(&database, directory.path())?;
    runtime.block_on(database.close())?;
    println!();
    first_frame(&options)?;
    println!();
    memory(&options)
}

fn cost(options: &Options, database: &Database, directory: &Path) -> anyhow::Result<()> {
    let scenario = directory.join("drain.toml");
    std::fs::write(&scenario, scenario::drain(JOBS, 4, 16, "0s", "2m"))?;
    let (mut headless, mut live) = (Vec::new(), Vec::new());
    for round in 0..options.rounds {
        for turn in 0..2 {
            let report = directory.join("report.json");
            let arguments = arguments(&scenario, &report, database)?;
            if (turn + round) % 2 == 0 {
                run_headless(&arguments)?;
                headless.push(Turn::read(&report)?);
            } else {
                run_live(&arguments)?;
                live.push(Turn::read(&report)?);
            }
        }
    }
    let column = |turns: &[Turn], of: fn(&Turn) -> f64| turns.iter().map(of).collect::<Vec<_>>();
    let rates = |turns: &[Turn]| column(turns, |turn| turn.jobs_per_s);
    let ratio = ratio(&rates(&live), &rates(&headless));
    let row = |name: &str, turns: &[Turn], ratio: &str| {
        let rates = rates(turns);
        let spread = |end: fn(f64, f64) -> f64, from: f64| rates.iter().copied().fold(from, end);
        vec![
            name.to_owned(),
            format!("{:.0}", median(&rates)),
            format!("{:.0}–{:.0}", spread(f64::min, f64::MAX), spread(f64::max, 0.0)),
            format!("{:.2}", median(&column(turns, |turn| turn.cpu_seconds))),
            ratio.to_owned(),
        ]
    };
    println!("drain of {JOBS} jobs with completion, {} rounds", options.rounds);
    print_table(&[
        ["", "jobs/s", "range", "CPU s", "ratio of jobs/s"].map(str::to_owned).to_vec(),
        row("headless", &headless, "1"),
        row("dashboard", &live, &format!("{ratio:.2}")),
    ]);
    println!("goal: at least {COST_GOAL} of headless: {ratio:.2}, {}", verdict(ratio >= COST_GOAL));
    Ok(())
}

fn first_frame(options: &Options) -> anyhow::Result<()> {
    let mut times = Vec::new();
    for _ in 0..options.rounds.min(5) {
        let began = Instant::now();
        let mut live = Live::start(&own_cluster(options), SIZE)?;
        live.wait_until("a screen with posted jobs", counts_posted_jobs)?;
        times.push(began.elapsed().as_secs_f64());
        live.leave()?;
    }
    let typical = median(&times);
    let slowest = times.iter().copied().fold(0.0, f64::max);
    println!(
        "first frame with posted jobs, own local cluster: median {typical:.2} s, slowest {slowest:.2} s"
    );
    println!(
        "goal: under {} s: {}",
        FIRST_FRAME_GOAL.as_secs(),
        verdict(typical < FIRST_FRAME_GOAL.as_secs_f64())
    );
    Ok(())
}

fn memory(options: &Options) -> anyhow::Result<()> {
    let mut live = Live::start(&own_cluster(options), SIZE)?;
    let pid = live.pid()?;
    let mut peak_kb = 0;
    live.wait_until("the end of the run", |screen| {
        peak_kb = peak_kb.max(resident_peak_kb(pid).unwrap_or(0));
        is_finished(screen)
    })?;
    live.leave()?;
    ensure!(peak_kb > 0, "this system doesn't tell how much memory a process had");
    let peak = peak_kb as f64 / 1_024.0;
    println!("default scenario, dashboard on: {peak:.0} MB resident at most");
    println!("goal: under {MEMORY_GOAL_MB} MB: {}", verdict(peak < MEMORY_GOAL_MB));
    Ok(())
}

/// The arguments of a run of a scenario on this database.
fn arguments(scenario: &Path, report: &Path, database: &Database) -> anyhow::Result<Vec<String>> {
    let place = database.connect_options();
    let socket = place.get_socket().context("a private cluster has a socket")?.display().to_string();
    let url = format!("postgres://postgres@localhost/postgres?host={socket}&port={}", place.get_port());
    let (scenario, report) = (scenario.display().to_string(), report.display().to_string());
    Ok(["run", "--database-url", &url, "--report", &report, &scenario].map(str::to_owned).to_vec())
}

fn own_cluster(options: &Options) -> Vec<String> {
    let durability = if options.fast { "fast" } else { "safe" };
    ["run", "--db", "local", "--db-durability", durability].map(str::to_owned).to_vec()
}

fn run_headless(arguments: &[String]) -> anyhow::Result<()> {
    let output = Command::new(CLEARANCE).args(arguments).arg("--headless").stdin(Stdio::null()).output()?;
    ensure!(output.status.success(), "clearance: {}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}

fn run_live(arguments: &[String]) -> anyhow::Result<()> {
    let mut live = Live::start(arguments, SIZE)?;
    live.wait_until_still("the end of the run", is_finished)?;
    live.leave()
}

/// One run.
#[derive(Debug, Clone, Copy)]
struct Turn {
    jobs_per_s: f64,
    /// Of the process, from its start to its report.
    cpu_seconds: f64,
}

impl Turn {
    /// Reads a report, and removes it, so that none is read twice.
    fn read(report: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read(report).context("clearance wrote no report")?;
        std::fs::remove_file(report)?;
        let report: serde_json::Value = serde_json::from_slice(&text)?;
        let number = |pointer: &str| report.pointer(pointer).and_then(serde_json::Value::as_f64);
        ensure!(number("/jobs/completed") == Some(JOBS as f64), "clearance did not complete every job");
        Ok(Self {
            jobs_per_s: number("/rates/completed").context("no rate of jobs")?,
            cpu_seconds: number("/generator/cpu_seconds").context("no processor time")?,
        })
    }
}

/// Whether the rates count posted jobs.
fn counts_posted_jobs(screen: &str) -> bool {
    let after = |(at, word): (usize, &str)| screen[at + word.len()..].trim_start().chars().next();
    screen.match_indices("posted ").filter_map(after).any(|digit| ('1'..='9').contains(&digit))
}

fn is_finished(screen: &str) -> bool {
    screen.contains("run finished")
}

/// The largest resident size that a process has had so far.
fn resident_peak_kb(pid: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse().ok())
}
