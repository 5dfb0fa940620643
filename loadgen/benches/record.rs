//! What recording costs a run, and how long it takes to read a recording.
//!
//! `cargo bench -p loadgen --bench record [-- --rounds N --fast]`
//!
//! 20,000 queued jobs in 4 domains, policy seed, service time 0, every job marked as done: the drain of `drain.rs`, by
//! `clearance run --headless` with and without `--record`, in turns on one cluster. Then a recording is opened, gone
//! through, and jumped about in.

#[expect(dead_code, reason = "each bench uses its part")]
mod support;

use std::ffi::OsStr;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::ensure;
use loadgen::database::Database;
use loadgen::record::{EVENTS_MAX, Replay};

use support::figures::{median, print_table, ratio, verdict};
use support::options::Options;
use support::{cluster, command, scenario};

const DOMAINS: usize = 4;
const WORKERS: usize = 16;
const JOBS: usize = 20_000;
/// Of the throughput without recording.
const GOAL: f64 = 0.97;

fn main() -> anyhow::Result<()> {
    let Some(options) = Options::read(7) else { return Ok(()) };
    let directory = tempfile::tempdir()?;
    let clearance = command::build()?;
    tokio::runtime::Runtime::new()?.block_on(async {
        let database = cluster::open(&options).await?;
        println!(
            "drain of {JOBS} jobs in {DOMAINS} domains, {} rounds\n{}",
            options.rounds,
            cluster::describe(&database)
        );
        let recording = directory.path().join("drain.clr");
        let drain = |is_recorded: bool| {
            let more = [OsStr::new("--record"), recording.as_os_str()];
            drain(&clearance, &database, directory.path(), if is_recorded { &more } else { &[] })
        };
        let (mut with, mut without) = (Vec::new(), Vec::new());
        for round in 0..options.rounds {
            // Whoever goes first meets the coldest caches: the order is turned each time.
            if round % 2 == 0 {
                without.push(drain(false)?);
                with.push(drain(true)?);
            } else {
                with.push(drain(true)?);
                without.push(drain(false)?);
            }
        }
        print(&with, &without);
        read(&recording)?;
        database.close().await?;
        Ok(())
    })
}

/// Jobs a second.
fn drain(clearance: &Path, database: &Database, directory: &Path, more: &[&OsStr]) -> anyhow::Result<f64> {
    let text = scenario::drain(JOBS, DOMAINS, WORKERS, "0s", "2m");
    let report = command::run(clearance, database, directory, &text, more)?;
    let completed = command::count(&report, "/jobs/completed")?;
    ensure!(completed == JOBS as u64, "{completed} jobs were completed, not {JOBS}");
    command::number(&report, "/rates/completed")
}

fn print(with: &[f64], without: &[f64]) {
    let line = |name: &str, rates: &[f64]| {
        let spread = |end: fn(f64, f64) -> f64, from: f64| rates.iter().copied().fold(from, end);
        vec![
            name.to_owned(),
            format!("{:.0}", median(rates)),
            format!("{:.0}–{:.0}", spread(f64::min, f64::MAX), spread(f64::max, 0.0)),
        ]
    };
    print_table(&[
        ["", "jobs/s", "range"].map(str::to_owned).to_vec(),
        line("not recorded", without),
        line("recorded", with),
    ]);
    let kept = ratio(with, without);
    println!("recorded against not: {kept:.3}; goal at least {GOAL}, {}", verdict(kept >= GOAL));
}

fn read(recording: &Path) -> anyhow::Result<()> {
    let bytes = std::fs::metadata(recording)?.len();
    println!("the recording: {:.1} bytes a job", bytes as f64 / JOBS as f64);
    let began = Instant::now();
    let mut replay = Replay::open(recording, EVENTS_MAX)?;
    let opened = began.elapsed();
    let began = Instant::now();
    replay.report(|_| {})?;
    let gone_through = began.elapsed();
    let mut jumps = Vec::new();
    for place in [0.5, 0.9, 0.1, 0.4, 1.0, 0.0] {
        let at = Duration::from_secs_f64(replay.length().as_secs_f64() * place);
        let began = Instant::now();
        replay.snapshot_at(at)?;
        jumps.push(began.elapsed().as_secs_f64() * 1e3);
    }
    println!(
        "opened in {opened:.1?}, gone through in {gone_through:.1?} ({:.1} µs a job), jumps {:.1} ms in the median",
        gone_through.as_secs_f64() * 1e6 / JOBS as f64,
        median(&jumps)
    );
    Ok(())
}
