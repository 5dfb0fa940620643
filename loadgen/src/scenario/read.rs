//! The scenario language: which keys there are, what they default to, what must hold between them.
//!
//! It reads one text and nothing else; overrides come after it.

mod expectation;
mod fault;
mod fleet;
mod policy;
mod poster;

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;
use std::time::Duration;

use toml::de::DeTable;

use super::error::{Place, ScenarioError};
use super::limits::{DURATION_MAX, REPLICAS_MAX, WORKERS_MAX};
use super::reader::{At, Mistakes, Table};
use super::{Poster, Scenario, Source};

const KEYS: [&str; 13] = [
    "title",
    "watch",
    "duration",
    "warmup",
    "drain",
    "seed",
    "replicas",
    "backup_poll",
    "policy",
    "fleet",
    "poster",
    "fault",
    "assert",
];
/// How long a run is when nothing says so.
const DURATION: Duration = Duration::from_mins(1);
const DRAIN: Duration = Duration::from_secs(10);
const BACKUP_POLL: Duration = Duration::from_secs(30);
/// The same scenario gives the same run unless somebody asks for another.
const SEED: u64 = 1;

/// Reads a scenario as its text has it: stages may still last longer than the run.
pub(super) fn scenario(source: &Source) -> Result<Scenario, ScenarioError> {
    let invalid = |span: Range<usize>, message: String| {
        ScenarioError::Invalid(Box::new(Place::new(&source.name, &source.text, span, message)))
    };
    let document = DeTable::parse(&source.text)
        .map_err(|error| invalid(error.span().unwrap_or_default(), error.message().to_owned()))?;
    let mistakes = Mistakes::default();
    let root = Table::open(document.get_ref(), 0..0, "a scenario", &KEYS, &[], &mistakes);
    let scenario = settle(&root, source);
    match mistakes.first() {
        Some((message, span)) => Err(invalid(span, message)),
        None => Ok(scenario),
    }
}

fn settle(root: &Table<'_>, source: &Source) -> Scenario {
    let replicas = root.count("replicas", 1..=REPLICAS_MAX).map_or(1, |(count, _)| count as usize);
    let posters = poster::posters(root);
    let duration = duration(root, &posters);
    let fleets = fleet::fleets(root, replicas);
    if fleets.is_empty() && root.get("fleet").is_none() {
        root.missing("a scenario needs at least one [[fleet]] of workers");
    }
    let title = root.text("title").map_or_else(|| stem(&source.name), |(title, _)| title);
    Scenario {
        title,
        watch: root.text("watch").map_or_else(String::new, |(watch, _)| watch.trim().to_owned()),
        duration,
        warmup: warmup(root, duration),
        drain: root.duration("drain").map_or(DRAIN, |(drain, _)| drain),
        seed: root.count("seed", 0..=u64::MAX).map_or(SEED, |(seed, _)| seed),
        replicas,
        backup_poll: positive(root, "backup_poll").unwrap_or(BACKUP_POLL),
        policy: policy::policy(root).unwrap_or_default(),
        fleets,
        posters,
        faults: fault::faults(root, duration, replicas),
        expectations: expectation::expectations(root, source),
        notes: Vec::new(),
    }
}

/// As the file says, else as long as the longest poster has something to do.
fn duration(root: &Table<'_>, posters: &[Poster]) -> Duration {
    let longest = posters.iter().map(Poster::ends_at).max().filter(|end| !end.is_zero());
    if root.get("duration").is_some() {
        return positive(root, "duration").unwrap_or(DURATION);
    }
    let duration = longest.unwrap_or(DURATION);
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
                super::quantity::format_duration(warmup),
                super::quantity::format_duration(duration),
            ),
        );
    }
    warmup
}

/// A duration above zero.
fn positive(table: &Table<'_>, key: &str) -> Option<Duration> {
    let (duration, span) = table.duration(key)?;
    if duration.is_zero() {
        table.mistake(span, format!("{key} must be longer than 0s"));
        return None;
    }
    Some(duration)
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

/// The number of a replica, from 0.
fn replica(table: &Table<'_>, replicas: usize) -> Option<At<usize>> {
    let (number, span) = table.count("replica", 0..=u64::MAX)?;
    if number >= replicas as u64 {
        let there_are = if replicas == 1 {
            "there is one replica, number 0".to_owned()
        } else {
            format!("there are {replicas} replicas, 0 to {}", replicas - 1)
        };
        table.mistake(span, format!("no replica {number}: {there_are}"));
        return None;
    }
    Some((number as usize, span))
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
