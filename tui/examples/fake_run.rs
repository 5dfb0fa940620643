//! The dashboard over a made-up run, to look at it without a database.
//!
//! `cargo run -p clearance --example fake_run -- [ascii] [leave] [panic] [domains=40]`; its keys work, `d` included.
//! With `panic` the run panics after three seconds: the terminal must be as it was before.
//! With `svg` or `svg-light` it prints a picture of the Overview during a fault instead.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use clearance::config::Config;
use clearance::dashboard::{DashboardInput, DashboardOptions, no_color_wanted, run_dashboard};
use clearance::log_ring::LogRing;
use clearance::model::Model;
use clearance::picture::{PictureTheme, svg};
use clearance::source::{RunSource, Source};
use clearance::theme::Theme;
use clearance::update::{Message, update};
use clearance::view::view;
use loadgen::control::Control;
use loadgen::snapshot::{
    ActiveFault, Cause, DatabaseFacts, DomainPhase, DomainReplica, DomainRow, Latency, ProvisionerType,
    Rates, RootCause, RunPhase, Second, Snapshot, Tags, Totals,
};
use ratatui::buffer::Buffer;
use ratatui::layout::{Rect, Size};
use tokio::sync::{mpsc, watch};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

const POLL: f64 = 30.0;
const NAMES: [&[(&str, &str)]; 8] = [
    &[],
    &[("env", "on-prem")],
    &[("env", "cloud")],
    &[("env", "on-prem"), ("datacenter", "chicago")],
    &[("env", "on-prem"), ("datacenter", "paris")],
    &[("env", "cloud"), ("region", "eu")],
    &[("gpu", "yes")],
    &[("owner", "ci")],
];

struct Run {
    now: f64,
    factor: f64,
    workers: i64,
    dropping_until: Option<f64>,
    seconds: Vec<Second>,
    totals: Totals,
    domains: usize,
    interrupted: bool,
}

impl Run {
    fn after(seconds: u32, domains: usize) -> Self {
        let mut run = Self {
            now: 0.0,
            factor: 1.0,
            workers: 600,
            dropping_until: None,
            seconds: Vec::new(),
            totals: Totals::default(),
            domains,
            interrupted: false,
        };
        for second in 0..seconds {
            run.now = f64::from(second);
            run.second();
        }
        run
    }

    fn dropping(&self) -> bool {
        self.dropping_until.is_some_and(|until| self.now < until)
    }

    fn control(&mut self, control: &Control) {
        tracing::info!(?control, "asked by a key");
        match control {
            Control::BeginFault { fault } if fault.name() == "drop_notifications" => {
                self.dropping_until = Some(self.now + 20.0);
            }
            Control::BeginFault { fault } => {
                tracing::warn!(fault = fault.name(), "nothing but dropped notices can go wrong in this play");
            }
            Control::EndFault { name } if name == "drop_notifications" => self.dropping_until = None,
            Control::EndFault { .. } => {}
            Control::ScaleRate(factor) => self.factor *= factor,
            Control::AddWorkers(count) => self.workers = (self.workers + count).max(1),
            Control::ScalePoster { .. }
            | Control::AddToFleet { .. }
            | Control::AddReplica
            | Control::RemoveReplica { .. }
            | Control::SetBackupPoll(_)
            | Control::SetPolicy(_) => tracing::warn!("this play knows no such order"),
            Control::Interrupt => self.interrupted = true,
        }
    }

    fn noise(&self, seed: f64) -> f64 {
        ((self.now.floor() * 12.99 + seed * 78.2).sin() * 43_758.5).fract().abs()
    }

    fn second(&mut self) {
        let second = self.now as u64;
        let posted = (self.factor * (300.0 + 120.0 * (self.now / 9.0).sin() + 40.0 * self.noise(1.0))) as u64;
        let dropping = self.dropping();
        let acquired =
            if dropping { posted * 7 / 10 } else { posted + self.totals.backlog.saturating_sub(12) / 2 };
        let rescued = if dropping && second.is_multiple_of(3) { acquired / 3 } else { 0 };
        self.totals.posted += posted;
        self.totals.acquired += acquired;
        self.totals.completed += acquired * 97 / 100;
        self.totals.backlog = (self.totals.backlog + posted).saturating_sub(acquired);
        self.totals.rescued += rescued;
        self.totals.in_flight = 90 + (self.noise(3.0) * 20.0) as u64;
        self.totals.notifications_suppressed += if dropping { posted } else { 0 };
        self.seconds.push(Second {
            second,
            posted,
            acquired,
            completed: acquired * 97 / 100,
            rescued,
            wakeups_lost: rescued,
            backlog: self.totals.backlog,
            found: acquired,
            empty: acquired / 6,
            failed: 0,
            queue_wait_p50_us: if dropping { 4_000 } else { 1_700 + (self.noise(4.0) * 500.0) as u64 },
            queue_wait_p99_us: if dropping { 2_600_000 } else { 24_000 + (self.noise(5.0) * 9_000.0) as u64 },
            queue_wait_log2: Vec::new(),
            faults: if dropping { vec!["drop_notifications".to_owned()] } else { Vec::new() },
            ..Second::default()
        });
        if self.seconds.len() > 300 {
            self.seconds.remove(0);
        }
    }

    fn snapshot(&self) -> Snapshot {
        let dropping = self.dropping();
        let last = self.seconds.last().cloned().unwrap_or_default();
        let mut buckets: Vec<u64> = vec![0; 24];
        for (bucket, count) in
            [(9, 120), (10, 900), (11, 1_400), (12, 600), (13, 160), (14, 60), (15, 9), (18, 2)]
        {
            buckets[bucket] = count;
        }
        if dropping {
            (buckets[20], buckets[21], buckets[22]) = (90, 140, 60);
        }
        let jobs: u64 = self.seconds.iter().rev().take(10).map(|second| second.acquired).sum();
        let rescued: u64 = self.seconds.iter().rev().take(10).map(|second| second.rescued).sum();
        let found = BTreeMap::from([
            (RootCause::Posting, jobs.saturating_sub(rescued + jobs / 200)),
            (RootCause::First, jobs / 200),
            (RootCause::BackupPoll, rescued),
        ]);
        Snapshot {
            scenario: "default".to_owned(),
            database: DatabaseFacts {
                kind: "local".into(),
                version: "15.18".into(),
                durability: "safe".into(),
            },
            policy: "default".to_owned(),
            phase: match self.now as u64 {
                0..2 => RunPhase::Starting,
                2..7 => RunPhase::Warmup,
                7..180 => RunPhase::Measuring,
                180..185 => RunPhase::Draining,
                _ => RunPhase::Finished,
            },
            elapsed: Duration::from_secs_f64(self.now),
            duration: Duration::from_mins(3),
            replicas: 3,
            workers: self.workers as usize,
            rate_factor: self.factor,
            target_rate: 300.0 * self.factor,
            faults: self
                .dropping_until
                .filter(|_| dropping)
                .map(|until| ActiveFault {
                    name: "drop_notifications".to_owned(),
                    parameter: "100%".to_owned(),
                    left: Some(Duration::from_secs_f64(until - self.now)),
                    ..ActiveFault::default()
                })
                .into_iter()
                .collect(),
            events_dropped: 0,
            totals: self.totals,
            rates: Rates {
                posted: last.posted as f64,
                acquired: last.acquired as f64,
                completed: last.completed as f64,
                queries_found: last.found as f64,
                queries_empty: last.empty as f64,
                queries_failed: 0.0,
            },
            seconds: Arc::new(self.seconds.clone()),
            queue_wait_recent: Latency {
                count: buckets.iter().sum(),
                p50_us: last.queue_wait_p50_us,
                p90_us: last.queue_wait_p50_us * 3,
                p99_us: last.queue_wait_p99_us,
                max_us: last.queue_wait_p99_us * 3 / 2,
                buckets,
            },
            chained_recent: jobs / 8,
            found_recent: found.clone(),
            found,
            domains: Arc::new((0..self.domains).map(|domain| self.domain(domain)).collect()),
            ..Snapshot::default()
        }
    }

    fn domain(&self, domain: usize) -> DomainRow {
        let dropping = self.dropping() && domain % 4 == 1;
        let mut tags: Vec<(String, String)> =
            NAMES[domain % 8].iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        if domain >= 8 {
            tags.push(("team".to_owned(), format!("t{domain}")));
        }
        let busy = self.noise(domain as f64) > 0.4 && !dropping;
        let backlog = if dropping { 40 + domain as u64 } else { u64::from(busy) * 3 };
        DomainRow {
            number: domain as u32,
            provisioners: vec![ProvisionerType::ALL[usize::from(domain % 7 != 5)]],
            tags: Tags::from_pairs(tags).unwrap_or_default(),
            replicas: (0..3)
                .map(|replica| {
                    let left = POLL - (self.now * 1.0 + (domain * 5 + replica * 3) as f64) % POLL;
                    DomainReplica {
                        replica,
                        waiting: 3 + domain * 2 + replica,
                        phase: if busy && replica == domain % 3 {
                            DomainPhase::Querying
                        } else {
                            DomainPhase::Idle
                        },
                        pending: busy && domain.is_multiple_of(5),
                        next_poll_in: Duration::from_secs_f64(left),
                        backup_poll: Duration::from_secs_f64(POLL),
                    }
                })
                .collect(),
            workers: 75,
            backlog,
            oldest: (backlog > 0).then(|| Duration::from_millis(if dropping { 4_200 } else { 12 })),
            queries_per_s: 90.0 * self.noise(domain as f64 + 0.5),
            empty_share: 0.15 * self.noise(domain as f64 + 0.7),
            acquired: self.totals.acquired / self.domains as u64,
            rescued: if domain % 4 == 1 { self.totals.rescued / 2 } else { 0 },
            last_cause: Some(if dropping { Cause::Chained } else { Cause::Posting }),
            last_root: Some(if dropping { RootCause::BackupPoll } else { RootCause::Posting }),
            ..DomainRow::default()
        }
    }
}

fn picture(domains: usize, light: bool) -> String {
    let mut run = Run::after(47, domains);
    run.dropping_until = Some(67.0);
    for second in 47..61 {
        run.now = f64::from(second);
        run.second();
    }
    let (width, height) = (120, 36);
    let mut model = Model::new(Theme::new(false, false), Size::new(width, height), true);
    update(&mut model, Message::Snapshot(Arc::new(run.snapshot())));
    let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
    view(&model, buffer.area, &mut buffer);
    svg(&buffer, if light { PictureTheme::Light } else { PictureTheme::Dark })
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let has = |word: &str| words.iter().any(|one| one == word);
    let domains = words.iter().find_map(|word| word.strip_prefix("domains=")?.parse().ok()).unwrap_or(8);
    if let Some(word) = words.iter().find(|word| word.starts_with("svg")) {
        print!("{}", picture(domains, word == "svg-light"));
        return Ok(());
    }
    let log = LogRing::new();
    tracing_subscriber::registry().with(log.layer()).init();
    let (controls, mut orders) = mpsc::unbounded_channel();
    let (publish, snapshots) = watch::channel(Arc::new(Snapshot::default()));
    let config = Config { ascii: has("ascii"), ..Config::default() };
    let dashboard = run_dashboard(DashboardInput {
        source: Source::Run(RunSource { snapshots, controls, events: None, domains: None }),
        log,
        options: DashboardOptions {
            stay_when_finished: !has("leave"),
            ..DashboardOptions::of(&config, no_color_wanted())
        },
    });
    let panics = has("panic");
    let run = tokio::spawn(async move {
        // A run of some length is what one wants to look at.
        let mut run = Run::after(40, domains);
        let mut tick = tokio::time::interval(Duration::from_millis(200));
        loop {
            tokio::select! {
                _ = tick.tick() => {}
                Some(control) = orders.recv() => run.control(&control),
            }
            assert!(!panics || run.now < 42.0, "asked to panic");
            let before = run.now.floor();
            run.now = (run.now + 0.2).min(200.0);
            if run.now.floor() > before && run.now < 180.0 {
                run.second();
                if (run.now as u64).is_multiple_of(5) {
                    tracing::info!(
                        posted = run.totals.posted,
                        backlog = run.totals.backlog,
                        "five seconds more"
                    );
                }
            }
            if run.interrupted || publish.send(Arc::new(run.snapshot())).is_err() {
                return;
            }
        }
    });
    let exit = dashboard.await?;
    run.abort();
    println!("{exit:?}");
    Ok(())
}
