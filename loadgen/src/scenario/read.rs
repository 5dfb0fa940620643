//! The scenario language: which keys there are, what they default to, what must hold between them.
//!
//! It reads one text and nothing else; overrides come after it.

mod change;
mod expectation;
mod fault;
mod fleet;
mod policy;
mod poster;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::LazyLock;
use std::time::Duration;

use acquirer::job::ProvisionerType;

use super::change::{bound, standing};
use super::error::ScenarioError;
use super::limits::{DURATION_MAX, REPLICAS_MAX, WORKERS_MAX};
use super::quantity::format_duration;
use super::reader::{self, At, Table};
use super::shape::{DURATION, LENGTH, Shape, Value, key, required};
use super::{Poster, Scenario, Source};

/// How long a run is when nothing says so.
const DURATION_UNSAID: Duration = Duration::from_mins(1);
const DRAIN_UNSAID: Duration = Duration::from_secs(10);
const BACKUP_POLL_UNSAID: Duration = Duration::from_secs(30);
/// The same scenario gives the same run unless somebody asks for another.
const SEED_UNSAID: u64 = 1;

/// A whole scenario.
pub(super) fn shape() -> &'static Shape {
    static SHAPE: LazyLock<Shape> = LazyLock::new(|| {
        let replicas = Value::Whole(1..=REPLICAS_MAX);
        Shape::new(
            "a scenario",
            "Fleets of workers, posters of jobs, and what goes wrong, over time.",
            [
                key("title", Value::Text, "What it shows, in a line. The file's name when left out."),
                key("watch", Value::Text, "What to watch for while it runs, in a sentence or two."),
                key(
                    "duration",
                    LENGTH,
                    "How long jobs are posted, warm-up included. As long as the longest poster's stages when left \
                     out, a minute without any.",
                ),
                key(
                    "warmup",
                    DURATION,
                    "The first part of the duration, which isn't measured; 0s when left out.",
                ),
                key(
                    "drain",
                    DURATION,
                    "Time after the posters stop for what is queued to be taken and finished; 10s when left out.",
                ),
                key("seed", Value::Whole(0..=u64::MAX), "Decides every random draw; 1 when left out."),
                key(
                    "replicas",
                    replicas,
                    "Acquirers, each with a listener and connections of its own; 1 when left out.",
                ),
                key(
                    "backup_poll",
                    LENGTH,
                    "How long a domain sleeps at most when no notice reaches it; 30s when left out.",
                ),
                key(
                    "policy",
                    policy::value(),
                    "The acquirers' rules: \"default\", \"seed\" (those of the original), or a table of switches.",
                ),
                required("fleet", Value::Tables { of: fleet::shape, least: 1 }, "[[fleet]]", "Workers."),
                key("poster", Value::Tables { of: poster::shape, least: 0 }, "Who posts jobs."),
                key("fault", Value::Tables { of: fault::shape, least: 0 }, "What goes wrong, and when."),
                key(
                    "change",
                    Value::Tables { of: change::shape, least: 0 },
                    "What becomes another while the run goes on, and when.",
                ),
                key("assert", Value::Tables { of: expectation::shape, least: 0 }, "What the run is to hold."),
            ],
        )
    });
    &SHAPE
}

/// A replica's number. How many there are is checked where it is read.
fn replica_number() -> Value {
    Value::Whole(0..=REPLICAS_MAX - 1)
}

/// The types that jobs need and workers offer, by name.
fn provisioners() -> Vec<&'static str> {
    ProvisionerType::ALL.map(ProvisionerType::as_str).to_vec()
}

/// Reads a scenario as its text has it: stages may still last longer than the run.
pub(super) fn scenario(source: &Source) -> Result<Scenario, ScenarioError> {
    reader::read(&source.name, &source.text, shape(), |root| settle(root, source))
        .map_err(|place| ScenarioError::Invalid(Box::new(place)))
}

fn settle(root: &Table<'_>, source: &Source) -> Scenario {
    let replicas = root.count("replicas").map_or(1, |(count, _)| count as usize);
    let posters = poster::posters(root);
    let duration = duration(root, &posters);
    let fleets = fleet::fleets(root, replicas);
    let changes = change::changes(root, duration, &fleets, &posters);
    let bound = bound(&fleets);
    let standing = |at: Duration| standing(replicas, &bound, &changes, at);
    let faults = fault::faults(root, duration, standing);
    let title = root.text("title").map_or_else(|| stem(&source.name), |(title, _)| title);
    Scenario {
        title,
        watch: root.text("watch").map_or_else(String::new, |(watch, _)| watch.trim().to_owned()),
        duration,
        warmup: warmup(root, duration),
        drain: root.duration("drain").map_or(DRAIN_UNSAID, |(drain, _)| drain),
        seed: root.count("seed").map_or(SEED_UNSAID, |(seed, _)| seed),
        replicas,
        backup_poll: root.duration("backup_poll").map_or(BACKUP_POLL_UNSAID, |(period, _)| period),
        policy: policy::policy(root).unwrap_or_default(),
        fleets,
        posters,
        faults,
        changes,
        expectations: expectation::expectations(root, source),
        notes: Vec::new(),
    }
}

/// As the file says, else as long as the longest poster has something to do.
fn duration(root: &Table<'_>, posters: &[Poster]) -> Duration {
    let longest = posters.iter().map(Poster::ends_at).max().filter(|end| !end.is_zero());
    if root.get("duration").is_some() {
        return root.duration("duration").map_or(DURATION_UNSAID, |(duration, _)| duration);
    }
    let duration = longest.unwrap_or(DURATION_UNSAID);
    if duration > DURATION_MAX {
        root.mistake(0..0, "the stages together are longer than a day; shorten them, or give a duration");
    }
    duration
}

fn warmup(root: &Table<'_>, duration: Duration) -> Duration {
    let Some((warmup, span)) = root.duration("warmup") else { return Duration::ZERO };
    if warmup >= duration {
        root.mistake(
            span,
            format!(
                "a warmup of {} leaves nothing to measure of a run of {}; it is the run's first part",
                format_duration(warmup),
                format_duration(duration),
            ),
        );
    }
    warmup
}

/// The name of the `index`-th table of a kind. Equal names are a mistake.
fn name(table: &Table<'_>, kind: &str, index: usize, taken: &mut BTreeMap<String, usize>) -> String {
    let (name, span) =
        table.text("name").unwrap_or_else(|| (format!("{kind}-{}", index + 1), table.span.clone()));
    if taken.insert(name.clone(), index).is_some() {
        table
            .mistake(span, format!("another {kind} has the name {name:?}; names tell them apart in reports"));
    }
    name
}

/// The number of a replica, one of these that are there.
fn replica(table: &Table<'_>, there: &BTreeSet<usize>) -> Option<At<usize>> {
    let (number, span) = table.count("replica")?;
    let number = number as usize;
    if !there.contains(&number) {
        let count = there.len();
        let numbers: Vec<String> = there.iter().map(ToString::to_string).collect();
        let there_are = match there.last() {
            Some(only) if count == 1 => format!("there is one replica, number {only}"),
            Some(last) if *last == count - 1 => format!("there are {count} replicas, 0 to {last}"),
            _ => format!("there are {count} replicas, {}", numbers.join(", ")),
        };
        let then =
            table.duration("at").map_or_else(String::new, |(at, _)| format!(" at {}", format_duration(at)));
        table.mistake(span, format!("no replica {number}{then}: {there_are}"));
        return None;
    }
    Some((number, span))
}

/// Workers of one fleet, and whether all together are still within bounds.
fn within_workers_max(table: &Table<'_>, workers: At<u64>, total: &mut u64) -> usize {
    *total += workers.0;
    if *total > WORKERS_MAX {
        table.mistake(workers.1, format!("that makes {total} workers; the most is {WORKERS_MAX}"));
    }
    workers.0 as usize
}

fn stem(name: &str) -> String {
    Path::new(name).file_stem().map_or_else(|| name.to_owned(), |stem| stem.to_string_lossy().into_owned())
}
