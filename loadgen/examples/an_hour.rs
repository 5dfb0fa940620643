//! An hour at 2,000 jobs a second, told to a recorder in simulated time, and what it keeps of it.
//!
//! `cargo run --release -p loadgen --example an_hour [-- --minutes N]`
//!
//! Everything that a run tells is told: postings, commits, notices on three replicas, clearances, queries, hand-overs,
//! ends, and ten looks around a second. A line every ten minutes says how much memory the process has taken, and
//! the last ones what an hour grows by and whether it stays under 300 MB. A byte a job is the ledger's; the rest is the
//! list of seconds, which is bounded at a day.

use std::sync::Arc;
use std::time::{Duration, Instant};

use acquirer::job::{Posting, ProvisionerType, Tags};
use acquirer::wakeup::{Cause, Clearance, ClearanceId, DomainId, DomainSpec, RootCause};
use loadgen::measure::{Heard, Input, JobIds, PostedJob, Recorder, Surroundings};
use uuid::Uuid;

const RATE: u64 = 2_000;
const BATCH: u64 = 20;
const REPLICAS: usize = 3;
const MEMORY_MB_MAX: f64 = 300.0;
/// Jobs that wait or run at a time: two seconds of them.
const UNFINISHED: u64 = 2 * RATE;

fn main() -> anyhow::Result<()> {
    let words: Vec<String> = std::env::args().collect();
    let place = words.iter().position(|word| word == "--minutes");
    let minutes = place.and_then(|place| words.get(place + 1)).map_or(Ok(60), |minutes| minutes.parse())?;
    let mut load = Load::new();
    let before = memory_mb()?;
    println!(
        "{minutes} min at {RATE} jobs/s in batches of {BATCH}, {REPLICAS} replicas; {before:.1} MB at the start"
    );
    let mut after_first = before;
    for minute in 1..=minutes {
        load.go_on(Duration::from_mins(1));
        if minute == 1 {
            after_first = memory_mb()?;
        }
        if minute == 1 || minute % 10 == 0 {
            println!("{minute:>3} min  {:>9} jobs  {:>6.1} MB", load.next_job, memory_mb()?);
        }
    }
    let after = memory_mb()?;
    if minutes > 1 {
        let jobs = ((minutes - 1) * 60 * RATE) as f64;
        let an_hour = (after - after_first) * 60.0 / (minutes - 1) as f64;
        println!(
            "slope after the first minute: {an_hour:.1} MB an hour, {:.2} bytes a job",
            (after - after_first) * 1e6 / jobs
        );
        let hour = after_first + an_hour;
        let verdict = if hour < MEMORY_MB_MAX { "reached" } else { "MISSED" };
        println!("an hour: {hour:.1} MB; goal: under {MEMORY_MB_MAX} MB: {verdict}");
    }
    Ok(())
}

/// The memory that the process has resident.
fn memory_mb() -> anyhow::Result<f64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib =
        line.and_then(|line| line.split_whitespace().next()).ok_or_else(|| anyhow::anyhow!("no VmRSS"))?;
    Ok(kib.parse::<f64>()? * 1_024.0 / 1e6)
}

/// What is told, and where in time it is.
struct Load {
    recorder: Recorder,
    began: Instant,
    elapsed: Duration,
    next_job: u64,
    clearances: u64,
    around: Surroundings,
}

impl Load {
    fn new() -> Self {
        let shape = Posting { provisioner: ProvisionerType::Echo, tags: Tags::new(), job_id: None };
        let recorder = Recorder::new(JobIds::new(Uuid::from_u128(1)), [shape]);
        let began = Instant::now();
        recorder.begin(began, began);
        let spec = Arc::new(DomainSpec::new(&[ProvisionerType::Echo], &Tags::new()));
        for replica in 0..REPLICAS {
            let heard = Heard::DomainBorn { domain: DomainId(1), spec: &spec };
            recorder.take(began, &Input::Replica { replica, heard });
        }
        let around = Surroundings { workers: vec![1_000], ..Surroundings::default() };
        Self { recorder, began, elapsed: Duration::ZERO, next_job: 0, clearances: 0, around }
    }

    fn tell(&self, later_us: u64, input: &Input<'_>) {
        self.recorder.take(self.began + self.elapsed + Duration::from_micros(later_us), input);
    }

    fn go_on(&mut self, time: Duration) {
        let end = self.elapsed + time;
        let gap = Duration::from_secs_f64(BATCH as f64 / RATE as f64);
        while self.elapsed < end {
            self.post_and_take();
            if self.next_job.is_multiple_of(RATE / 10) {
                self.tell(0, &Input::Sampled(&self.around));
            }
            self.elapsed += gap;
        }
    }

    fn post_and_take(&mut self) {
        let numbers = self.next_job..self.next_job + BATCH;
        let jobs: Vec<PostedJob> = numbers.clone().map(|number| PostedJob { number, shape: 0 }).collect();
        let taken: Vec<u64> = numbers.collect();
        self.next_job += BATCH;
        let intended = self.recorder.time(self.began + self.elapsed);
        self.tell(100, &Input::PostStarted { jobs: &jobs, intended });
        self.tell(900, &Input::Committed { jobs: &jobs });
        self.tell(1_000, &Input::Announced { jobs: &jobs });
        for replica in 0..REPLICAS {
            for job in &taken {
                let heard = Heard::NoticeReceived { job: Some(*job), domain: Some(DomainId(1)) };
                self.tell(1_100, &Input::Replica { replica, heard });
            }
            self.clearances += 1;
            let clearance = ClearanceId(self.clearances);
            let (cause, root) = (Cause::Posting, RootCause::Posting);
            let given = Clearance { id: clearance, domain: DomainId(1), cause, root, parent: None };
            let on = |heard| Input::Replica { replica, heard };
            self.tell(1_150, &on(Heard::Cleared(given)));
            self.tell(1_200, &on(Heard::QueryStarted { clearance, acquirees: BATCH as usize }));
            if replica > 0 {
                self.tell(1_700, &on(Heard::QueryEmpty { clearance }));
                continue;
            }
            self.tell(1_700, &on(Heard::QueryFound { clearance, jobs: &taken }));
            for job in &taken {
                self.tell(1_750, &on(Heard::HandedOver { clearance, job: *job, worker: None }));
                self.tell(1_800, &Input::WorkerReceived { job: *job });
            }
        }
        // Those of two seconds ago are done.
        for job in taken.iter().filter_map(|job| job.checked_sub(UNFINISHED)) {
            self.tell(2_000, &Input::Finished { job, is_failure: job % 100 == 0 });
        }
    }
}
