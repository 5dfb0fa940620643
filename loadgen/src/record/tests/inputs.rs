//! Inputs of every kind, drawn or told as a story.

use std::sync::Arc;
use std::time::Duration;

use acquirer::job::{ProvisionerType, Tags};
use acquirer::wakeup::{AcquireeId, Cause, Clearance, ClearanceId, DomainId, DomainSpec, Policy, RootCause};
use proptest::prelude::*;

use crate::measure::{
    FaultFacts, Heard, Input, InterventionFacts, PostedJob, PosterPace, Roster, Rules, StandingDomain,
    Surroundings, Time, Worker,
};
use crate::observe::{DatabaseSample, Statement, StatementCounts};
use crate::scenario::{Overrides, Scenario, Source};
use crate::snapshot::{By, DomainPhase, RunPhase};

use super::super::layout::Head;

/// What an input may borrow, drawn by chance.
#[derive(Debug, Clone)]
pub(super) struct Drawn {
    kind: u8,
    at: u64,
    replica: usize,
    numbers: [u64; 3],
    jobs: Vec<PostedJob>,
    found: Vec<u64>,
    texts: [String; 2],
    spec: Arc<DomainSpec>,
    around: Surroundings,
    database: DatabaseSample,
    roster: Roster,
}

/// So many kinds of input are drawn from.
const KINDS: u8 = 35;

/// How many shapes the jobs have that are drawn.
pub(super) const SHAPES: usize = 4;

pub(super) fn drawn() -> impl Strategy<Value = Drawn> {
    let job = (0..1_u64 << 30, 0..SHAPES).prop_map(|(number, shape)| PostedJob { number, shape });
    let spec = (prop::sample::subsequence(&ProvisionerType::ALL, 1..=2), prop::option::of("[a-z]{0,3}"))
        .prop_map(|(types, tag)| {
            let tags = Tags::from_pairs(tag.map(|value| ("k", value))).unwrap();
            Arc::new(DomainSpec::new(&types, &tags))
        });
    let texts = (".{0,8}", ".{0,8}").prop_map(|(one, other)| [one, other]);
    let numbers = [0..1_u64 << 40, 0..1_u64 << 40, 0..1_u64 << 40];
    (
        (0..KINDS, 0..1_u64 << 50, 0..64_usize, numbers),
        (prop::collection::vec(job, 0..4), prop::collection::vec(0..1_u64 << 31, 0..4)),
        (texts, spec, around(), database(), roster()),
    )
        .prop_map(
            |((kind, at, replica, numbers), (jobs, found), (texts, spec, around, database, roster))| Drawn {
                kind,
                at,
                replica,
                numbers,
                jobs,
                found,
                texts,
                spec,
                around,
                database,
                roster,
            },
        )
}

fn roster() -> impl Strategy<Value = Roster> {
    let rules = || {
        (any::<bool>(), 1..1_u64 << 40).prop_map(|(is_seed, nanos)| Rules {
            policy: if is_seed { Policy::seed() } else { Policy::default() },
            backup_poll: Duration::from_nanos(nanos),
        })
    };
    let replicas = prop::collection::btree_map(0..64_usize, rules(), 0..4);
    (rules(), replicas).prop_map(|(rules, replicas)| Roster { rules, replicas })
}

fn around() -> impl Strategy<Value = Surroundings> {
    let domain = (0..4_u64, 0..3_usize, 0..3_usize, any::<bool>(), 0..1_u64 << 20).prop_map(
        |(id, waiting, phase, pending, poll)| StandingDomain {
            id: DomainId(id),
            waiting,
            phase: [DomainPhase::Idle, DomainPhase::Cleared, DomainPhase::Querying][phase],
            pending,
            next_poll: Time::new(Duration::from_millis(poll * 10)),
        },
    );
    let standing = prop::collection::vec(prop::collection::vec(domain, 0..4), 0..3);
    (0..1_000_u32, prop::option::of(0..1_u64 << 40), prop::collection::vec(0..1_000_usize, 0..3), standing)
        .prop_map(|(rate, silent, workers, standing)| Surroundings {
            phase: RunPhase::Measuring,
            rate_factor: f64::from(rate) / 7.0,
            target_rate: f64::from(rate),
            database_silent_for: silent.map(Duration::from_nanos),
            cpu_used: silent.map(|silent| Duration::from_nanos(silent / 2)),
            posters: workers
                .iter()
                .map(|workers| PosterPace { factor: f64::from(rate) / 3.0, target_rate: *workers as f64 })
                .collect(),
            workers,
            standing,
        })
}

fn database() -> impl Strategy<Value = DatabaseSample> {
    let events = || prop::collection::btree_map("[A-Z]{1,4}:[a-z ]{1,4}", 0..99_u64, 0..3);
    let counts = (any::<u64>(), 0.0..1e9_f64).prop_map(|(calls, mean_us)| StatementCounts { calls, mean_us });
    let statements = prop::collection::btree_map(prop::sample::select(Statement::ALL.to_vec()), counts, 0..4);
    (0..1_u64 << 20, prop::option::of(any::<u64>()), events(), prop::option::of(0.0..1.0_f64), statements)
        .prop_map(|(second, count, waits, usage, statements)| DatabaseSample {
            second,
            waits,
            notify_queue_usage: usage,
            transactions: count,
            statements,
            ..DatabaseSample::default()
        })
}

impl Drawn {
    pub(super) fn at(&self) -> Time {
        time(self.at)
    }

    pub(super) fn input(&self) -> Input<'_> {
        let [a, b, c] = self.numbers;
        let (jobs, job) = (&self.jobs[..], a % (1 << 31));
        let optional_job = (b % 2 == 0).then_some(job);
        let (domain, clearance) = (DomainId(b), ClearanceId(c));
        let worker = (b % 3 > 0).then_some(Worker { fleet: b as u32 % 5, number: c as u32 });
        let root = RootCause::ALL[(a % 4) as usize];
        let heard = match self.kind {
            0 => return Input::Began { measure_from: time(a) },
            1 => return Input::PostersDone,
            2 => return Input::Preloaded { jobs },
            3 => return Input::PostStarted { jobs, intended: time(a) },
            4 => return Input::Committed { jobs },
            5 => return Input::Announced { jobs },
            6 => return Input::WorkerReceived { job },
            7 => {
                return [
                    Input::Finished { job, is_failure: b % 2 == 0 },
                    Input::WorkerDied { job },
                    Input::Freed { job },
                    Input::AnnouncedAgain { job },
                ][(c % 4) as usize];
            }
            8 => return Input::NoticeSwallowed { replica: self.replica, job: optional_job },
            9 => {
                let replica = (a % 2 == 0).then_some(self.replica);
                let until = (b % 2 == 0).then(|| time(c));
                let [name, parameter] = &self.texts;
                return Input::FaultBegan(FaultFacts { name, parameter, replica, until });
            }
            10 => return Input::FaultEnded { name: &self.texts[0] },
            11 => return Input::Sampled(&self.around),
            30 => return Input::DatabaseSampled(&self.database),
            31 => return Input::DatabaseMissing { missing: &self.texts },
            32 => {
                let by = if a % 2 == 0 { By::Hand } else { By::Scenario };
                let [subject, what] = &self.texts;
                let refused = (b % 2 == 0).then_some(what.as_str());
                return Input::Intervened(InterventionFacts {
                    by,
                    subject,
                    what,
                    supersedes: c % 2 == 0,
                    refused,
                });
            }
            33 => return Input::RosterChanged(&self.roster),
            34 => {
                let [name, why] = &self.texts;
                return Input::FaultFailed { name, why };
            }
            12 => Heard::Subscribed,
            13 => Heard::NoticeReceived { job: optional_job, domain: (c % 2 == 0).then_some(domain) },
            14 => Heard::NoticeUnreadable,
            15 => Heard::MessagesLost,
            16 => Heard::DomainBorn { domain, spec: &self.spec },
            17 => Heard::DomainDissolved { domain },
            18 => Heard::Joined { acquiree: AcquireeId(c), worker },
            19 => Heard::Left { acquiree: AcquireeId(c) },
            20 => Heard::Cleared(Clearance {
                id: clearance,
                domain,
                cause: Cause::ALL[(a % 6) as usize],
                root,
                parent: (b % 2 == 0).then_some(ClearanceId(c.wrapping_sub(1 + a % 9))),
            }),
            21 => Heard::Revoked { clearance },
            22 => Heard::Pended { domain, root },
            23 => Heard::QueryStarted { clearance, acquirees: (a % 17) as usize },
            24 => Heard::QueryFound { clearance, jobs: &self.found },
            25 => Heard::QueryEmpty { clearance },
            26 => Heard::QueryFailed { clearance },
            27 => Heard::HandedOver { clearance, job, worker },
            28 => [Heard::GivenBack { job }, Heard::Released { job }][(c % 2) as usize],
            _ => [
                Heard::Stranded { job: optional_job },
                Heard::HandedOn { from: domain, to: (c % 2 == 0).then_some(DomainId(a)) },
                Heard::BackingOff { domain, pause: Duration::from_nanos(a) },
            ][(c % 3) as usize],
        };
        Input::Replica { replica: self.replica, heard }
    }
}

fn time(nanos: u64) -> Time {
    Time::new(Duration::from_nanos(nanos))
}

pub(super) fn ms(ms: u64) -> Time {
    Time::new(Duration::from_millis(ms))
}

/// The head of a recording of echo jobs.
pub(super) fn head() -> Head {
    let text = r#"
        title = "Echo"
        duration = "60s"
        warmup = "0s"
        [[fleet]]
        name = "echo"
        workers = 3
        provisioners = ["echo"]
        service_time = { constant = "1ms" }
        [[poster]]
        name = "echoes"
        stages = [{ for = "60s", rate = 20 }]
        [[poster.mix]]
        weight = 1
        provisioner = "echo"
    "#;
    let source = Source { name: "echo.toml".to_owned(), text: text.to_owned() };
    let scenario = Scenario::resolve(&source, &Overrides::default()).unwrap();
    Head {
        tool: crate::report::Tool { name: "clearance".to_owned(), version: "0.0.0".to_owned() },
        run: uuid::Uuid::from_u128(7),
        seed: scenario.seed,
        started_at: chrono::DateTime::from_timestamp(1_800_000_000, 123_456_789).unwrap(),
        name: "echo".to_owned(),
        scenario,
        environment: crate::report::Environment {
            postgres_version: "15.18".to_owned(),
            database: "local".to_owned(),
            durability: "safe".to_owned(),
            cpus: 2,
            os: "linux".to_owned(),
        },
    }
}

pub(super) fn heard(heard: Heard<'_>) -> Input<'_> {
    Input::Replica { replica: 0, heard }
}

/// Tells a run of that head: a job every 50 ms for so many seconds, each found by its notice and done in a
/// millisecond, but those of every third second, which a poll finds at its end.
pub(super) fn story(seconds: u64, mut tell: impl FnMut(Time, &Input<'_>)) {
    let spec = Arc::new(head().scenario.fleets[0].domain());
    let domain = DomainId(1);
    let mut clearances = 0;
    tell(ms(100), &Input::Began { measure_from: ms(100) });
    tell(ms(101), &heard(Heard::DomainBorn { domain, spec: &spec }));
    let mut waiting = Vec::new();
    for step in 0..seconds * 20 {
        let at = 200 + step * 50;
        let is_deaf = step / 20 % 3 == 2;
        let jobs = [PostedJob { number: step, shape: 0 }];
        tell(ms(at), &Input::PostStarted { jobs: &jobs, intended: ms(at) });
        tell(ms(at + 2), &Input::Committed { jobs: &jobs });
        tell(ms(at + 3), &Input::Announced { jobs: &jobs });
        waiting.push(step);
        if is_deaf && step % 20 == 0 {
            let (name, parameter) = ("drop_notifications", "100%");
            let facts = FaultFacts { name, parameter, replica: None, until: Some(ms(at + 1_000)) };
            tell(ms(at), &Input::FaultBegan(facts));
        }
        let is_last = step % 20 == 19;
        let root = if is_deaf { RootCause::BackupPoll } else { RootCause::Posting };
        if is_deaf {
            tell(ms(at + 4), &Input::NoticeSwallowed { replica: 0, job: Some(step) });
        } else {
            tell(ms(at + 4), &heard(Heard::NoticeReceived { job: Some(step), domain: Some(domain) }));
        }
        if !is_deaf || is_last {
            clearances += 1;
            let id = ClearanceId(clearances);
            let cleared = Clearance { id, domain, cause: root.direct(), root, parent: None };
            tell(ms(at + 5), &heard(Heard::Cleared(cleared)));
            tell(ms(at + 6), &heard(Heard::QueryStarted { clearance: id, acquirees: 20 }));
            tell(ms(at + 9), &heard(Heard::QueryFound { clearance: id, jobs: &waiting }));
            for job in waiting.drain(..) {
                let worker = Some(Worker { fleet: 0, number: job as u32 % 20 });
                tell(ms(at + 9), &heard(Heard::HandedOver { clearance: id, job, worker }));
                tell(ms(at + 10), &Input::WorkerReceived { job });
                tell(ms(at + 11), &Input::Finished { job, is_failure: false });
            }
        }
        if is_deaf && is_last {
            tell(ms(at + 12), &Input::FaultEnded { name: "drop_notifications" });
        }
        let standing = StandingDomain {
            id: domain,
            waiting: waiting.len(),
            phase: DomainPhase::Idle,
            pending: false,
            next_poll: ms((at / 1_000 + 1) * 1_000),
        };
        let around = Surroundings {
            phase: RunPhase::Measuring,
            rate_factor: 1.0,
            target_rate: 20.0,
            database_silent_for: None,
            cpu_used: Some(Duration::from_millis(at / 10)),
            workers: vec![20],
            posters: vec![PosterPace { factor: 1.0, target_rate: 20.0 }],
            standing: vec![vec![standing]],
        };
        tell(ms(at + 40), &Input::Sampled(&around));
        if step == 0 {
            tell(ms(at + 41), &Input::DatabaseMissing { missing: &["write-ahead log".to_owned()] });
        }
        if is_last {
            let sample = DatabaseSample {
                second: step / 20,
                over_us: 1_000_000,
                transactions: Some(100 + step),
                own_queries: 3,
                own_us: 1_500,
                ..DatabaseSample::default()
            };
            tell(ms(at + 45), &Input::DatabaseSampled(&sample));
        }
    }
}
