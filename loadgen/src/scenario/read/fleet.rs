//! `[[fleet]]`.

use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::time::Duration;

use acquirer::job::ProvisionerType;
use toml::de::DeValue;

use super::super::limits::{SERVICE_TIME_MAX, WORKERS_MAX};
use super::super::quantity::format_duration;
use super::super::reader::Table;
use super::super::shape::{DURATION, LENGTH, Shape, Value, key, required};
use super::super::{Crash, Fleet, ReplicaChoice, ServiceTime};
use super::{name, provisioners, replica, replica_number, within_workers_max};

pub(super) fn shape() -> &'static Shape {
    static SHAPE: LazyLock<Shape> = LazyLock::new(|| {
        let replica = Value::Either(vec![Value::Word(vec!["spread"]), replica_number()]);
        let crash = Value::Either(vec![Value::Share, Value::Table(crash_shape)]);
        Shape::new(
            "[[fleet]]",
            "Workers of one kind.",
            [
                key("name", Value::Text, "Tells it apart in reports."),
                required("workers", Value::Whole(1..=WORKERS_MAX), "10", "How many."),
                key(
                    "provisioners",
                    Value::Words(provisioners()),
                    "The types of jobs that they accept; [\"terraform\"] when left out.",
                ),
                key(
                    "tags",
                    Value::Tags,
                    "The tags that each carries: it runs jobs that demand some of these, or none.",
                ),
                key(
                    "service_time",
                    Value::Table(service_time_shape),
                    "How long they work on a job; no time at all when left out.",
                ),
                key(
                    "think_time",
                    DURATION,
                    "Pause between finishing a job and asking for the next; 0s when left out.",
                ),
                key(
                    "replica",
                    replica,
                    "The acquirers that they ask: \"spread\" over all of them, or a number from 0.",
                ),
                key(
                    "patience",
                    LENGTH,
                    "Who has waited this long gives up and asks anew; never when left out.",
                ),
                key("failure", Value::Share, "Share of jobs that fail; 0 when left out."),
                key(
                    "crash",
                    crash,
                    "Share of jobs during which the worker dies and comes back later; 0 when left out. The job stays \
                     marked as running until its lease runs out; then it is made available again.",
                ),
                key("ramp", DURATION, "They arrive evenly over this time; all at once when left out."),
            ],
        )
    });
    &SHAPE
}

fn crash_shape() -> &'static Shape {
    static SHAPE: LazyLock<Shape> = LazyLock::new(|| {
        let Crash { away, lease, .. } = Crash::default();
        let unsaid = |time| format!("; {} when left out.", format_duration(time));
        Shape::new(
            "crash",
            "Workers that die in the middle of a job.",
            [
                required("share", Value::Share, "0.01", "Share of jobs during which that happens."),
                key("away", DURATION, format!("How long a dead worker stays away{}", unsaid(away))),
                key(
                    "lease",
                    DURATION,
                    format!("How long after its death its job is made available again{}", unsaid(lease)),
                ),
            ],
        )
    });
    &SHAPE
}

/// How long a job runs.
const SERVICE_TIME: Value = Value::Duration { is_positive: false, most: SERVICE_TIME_MAX };

fn service_time_shape() -> &'static Shape {
    static SHAPE: LazyLock<Shape> = LazyLock::new(|| {
        Shape::new(
            "service_time",
            "How long a worker works on a job: one of these.",
            [
                key("constant", SERVICE_TIME, "Always the same."),
                key("exponential", SERVICE_TIME, "Exponential with this mean."),
                key("lognormal", Value::Table(lognormal_shape), "Log-normal through two of its percentiles."),
                key("uniform", Value::Table(uniform_shape), "Anything between two bounds."),
            ],
        )
        .with_forms([["constant"], ["exponential"], ["lognormal"], ["uniform"]])
    });
    &SHAPE
}

fn lognormal_shape() -> &'static Shape {
    static SHAPE: LazyLock<Shape> = LazyLock::new(|| {
        let percentile = || Value::Duration { is_positive: true, most: SERVICE_TIME_MAX };
        Shape::new(
            "lognormal",
            "Log-normal through two of its percentiles.",
            [
                required("median", percentile(), "\"400ms\"", "Half of the jobs take no longer."),
                required("p99", percentile(), "\"3s\"", "99 in 100 take no longer; at least the median."),
            ],
        )
    });
    &SHAPE
}

fn uniform_shape() -> &'static Shape {
    static SHAPE: LazyLock<Shape> = LazyLock::new(|| {
        Shape::new(
            "uniform",
            "Anything between two bounds with equal chance.",
            [
                required("min", SERVICE_TIME, "\"10ms\"", "The shortest."),
                required("max", SERVICE_TIME, "\"90ms\"", "The longest; at least min."),
            ],
        )
    });
    &SHAPE
}

pub(super) fn fleets(root: &Table<'_>, replicas: usize) -> Vec<Fleet> {
    let mut names = BTreeMap::new();
    let mut total = 0;
    root.tables("fleet")
        .iter()
        .enumerate()
        .map(|(index, table)| {
            let workers =
                table.count("workers").map_or(1, |workers| within_workers_max(table, workers, &mut total));
            Fleet {
                name: name(table, "fleet", index, &mut names),
                workers,
                provisioners: accepted(table),
                tags: table.tags("tags"),
                service_time: service_time(table).unwrap_or(ServiceTime::Constant(Duration::ZERO)),
                think_time: table.duration("think_time").map_or(Duration::ZERO, |(time, _)| time),
                replica: replica_choice(table, replicas).unwrap_or_default(),
                patience: table.duration("patience").map(|(patience, _)| patience),
                failure: table.share("failure").map_or(0.0, |(share, _)| share),
                crash: crash(table).unwrap_or_default(),
                ramp: table.duration("ramp").map_or(Duration::ZERO, |(ramp, _)| ramp),
            }
        })
        .collect()
}

/// A share, or a table that also says for how long.
fn crash(table: &Table<'_>) -> Option<Crash> {
    let value = table.get("crash")?;
    if value.get_ref().as_table().is_none() {
        let (share, _) =
            table.share_or("crash", "a share from 0 to 1, or a table such as { share = 0.01 }")?;
        return Some(Crash { share, ..Crash::default() });
    }
    let table = table.table("crash")?;
    let default = Crash::default();
    Some(Crash {
        share: table.share("share")?.0,
        away: table.duration("away").map_or(default.away, |(away, _)| away),
        lease: table.duration("lease").map_or(default.lease, |(lease, _)| lease),
    })
}

fn accepted(table: &Table<'_>) -> Vec<ProvisionerType> {
    let Some((array, span)) = table.array("provisioners", "an array such as [\"terraform\"]") else {
        return vec![ProvisionerType::Terraform];
    };
    if array.is_empty() {
        table.mistake(span, "provisioners is empty, so that its workers accept nothing; name at least one");
    }
    let mut types: Vec<_> = array.iter().filter_map(|value| table.provisioner(value)).collect();
    types.sort_unstable();
    types.dedup();
    types
}

fn replica_choice(table: &Table<'_>, replicas: usize) -> Option<ReplicaChoice> {
    match table.get("replica")?.get_ref() {
        DeValue::Integer(_) => {
            let there = (0..replicas).collect();
            replica(table, &there).map(|(number, _)| ReplicaChoice::Only(number))
        }
        DeValue::String(_) => table.word("replica", &[("spread", ReplicaChoice::Spread)]),
        _ => {
            let value = table.get("replica")?;
            table.mistyped("replica", value, "\"spread\" or a number from 0")
        }
    }
}

fn service_time(table: &Table<'_>) -> Option<ServiceTime> {
    let value = table.get("service_time")?;
    let Some(entries) = value.get_ref().as_table() else {
        return table.mistyped("service_time", value, "a table such as { constant = \"30ms\" }");
    };
    let form = table.table("service_time")?;
    let mut chosen = form.chosen();
    match (chosen.next(), chosen.next()) {
        (Some(_), Some(_)) => {
            table.mistake(value.span(), "service_time has several forms; keep one");
            None
        }
        (Some("constant"), None) => form.duration("constant").map(|(time, _)| ServiceTime::Constant(time)),
        (Some("exponential"), None) => {
            form.duration("exponential").map(|(mean, _)| ServiceTime::Exponential(mean))
        }
        (Some("lognormal"), None) => lognormal(&form.table("lognormal")?),
        (Some(_), None) => uniform(&form.table("uniform")?),
        (None, _) => {
            if entries.is_empty() {
                let forms = service_time_shape().names().collect::<Vec<_>>().join(", ");
                table.mistake(value.span(), format!("service_time is empty; write one of {forms}"));
            }
            None
        }
    }
}

fn lognormal(table: &Table<'_>) -> Option<ServiceTime> {
    let (median, _) = table.duration("median")?;
    let (p99, at) = table.duration("p99")?;
    if p99 < median {
        table.mistake(at, "p99 is shorter than the median; it must be at least as long");
    }
    Some(ServiceTime::Lognormal { median, p99 })
}

fn uniform(table: &Table<'_>) -> Option<ServiceTime> {
    let (min, _) = table.duration("min")?;
    let (max, at) = table.duration("max")?;
    if max < min {
        table.mistake(at, "max is shorter than min; it must be at least as long");
    }
    Some(ServiceTime::Uniform { min, max })
}
