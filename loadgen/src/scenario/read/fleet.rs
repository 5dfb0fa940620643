//! `[[fleet]]`.

use std::collections::BTreeMap;
use std::time::Duration;

use acquirer::job::ProvisionerType;
use toml::Spanned;
use toml::de::DeValue;

use super::super::limits::{SERVICE_TIME_MAX, WORKERS_MAX};
use super::super::reader::{At, Table};
use super::super::{Crash, Fleet, ReplicaChoice, ServiceTime};
use super::{name, positive, replica, within_workers_max};

const KEYS: [&str; 11] = [
    "name",
    "workers",
    "provisioners",
    "tags",
    "service_time",
    "think_time",
    "replica",
    "patience",
    "failure",
    "crash",
    "ramp",
];

const CRASH_KEYS: [&str; 3] = ["share", "away", "lease"];

/// Forms of a service time.
const FORMS: [&str; 4] = ["constant", "exponential", "lognormal", "uniform"];

pub(super) fn fleets(root: &Table<'_>, replicas: usize) -> Vec<Fleet> {
    let mut names = BTreeMap::new();
    let mut total = 0;
    root.tables("fleet", "[[fleet]]", &KEYS, &[])
        .iter()
        .enumerate()
        .map(|(index, table)| {
            let workers = table
                .required("workers", "10")
                .and_then(|value| table.whole("workers", value, 1..=WORKERS_MAX))
                .map_or(1, |workers| within_workers_max(table, workers, &mut total));
            Fleet {
                name: name(table, "fleet", index, &mut names),
                workers,
                provisioners: provisioners(table),
                tags: table.tags("tags"),
                service_time: service_time(table).unwrap_or(ServiceTime::Constant(Duration::ZERO)),
                think_time: table.duration("think_time").map_or(Duration::ZERO, |(time, _)| time),
                replica: replica_choice(table, replicas).unwrap_or_default(),
                patience: positive(table, "patience"),
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
    let table = table.table(value, "crash", &CRASH_KEYS, &[])?;
    table.required("share", "0.01");
    let default = Crash::default();
    Some(Crash {
        share: table.share("share")?.0,
        away: table.duration("away").map_or(default.away, |(away, _)| away),
        lease: table.duration("lease").map_or(default.lease, |(lease, _)| lease),
    })
}

fn provisioners(table: &Table<'_>) -> Vec<ProvisionerType> {
    let Some((array, span)) = table.array("provisioners", "an array such as [\"terraform\"]") else {
        return vec![ProvisionerType::Terraform];
    };
    if array.is_empty() {
        table.mistake(span, "provisioners is empty, so that its workers accept nothing; name at least one");
    }
    let mut types: Vec<_> =
        array.iter().filter_map(|value| table.provisioner("provisioner", value)).collect();
    types.sort_unstable();
    types.dedup();
    types
}

fn replica_choice(table: &Table<'_>, replicas: usize) -> Option<ReplicaChoice> {
    match table.get("replica")?.get_ref() {
        DeValue::Integer(_) => replica(table, replicas).map(|(number, _)| ReplicaChoice::Only(number)),
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
    let form = table.table(value, "service_time", &FORMS, &[])?;
    let mut known = entries.keys().filter(|key| FORMS.contains(&key.get_ref().as_ref()));
    let Some(chosen) = known.next() else {
        if entries.is_empty() {
            table.mistake(
                value.span(),
                "service_time is empty; write one of constant, exponential, lognormal, uniform",
            );
        }
        return None;
    };
    if known.next().is_some() {
        table.mistake(value.span(), "service_time has several forms; keep one");
        return None;
    }
    match chosen.get_ref().as_ref() {
        "constant" => bounded(&form, "constant").map(|(time, _)| ServiceTime::Constant(time)),
        "exponential" => bounded(&form, "exponential").map(|(mean, _)| ServiceTime::Exponential(mean)),
        "lognormal" => lognormal(&form, form.get("lognormal")?),
        _ => uniform(&form, form.get("uniform")?),
    }
}

fn lognormal<'a>(form: &Table<'a>, value: &'a Spanned<DeValue<'a>>) -> Option<ServiceTime> {
    let table = form.table(value, "lognormal", &["median", "p99"], &[])?;
    table.required("median", "\"400ms\"");
    table.required("p99", "\"3s\"");
    let (median, at) = bounded(&table, "median")?;
    if median.is_zero() {
        table.mistake(at, "the median of a lognormal must be longer than 0s");
    }
    let (p99, at) = bounded(&table, "p99")?;
    if p99 < median {
        table.mistake(at, "p99 is shorter than the median; it must be at least as long");
    }
    Some(ServiceTime::Lognormal { median, p99 })
}

fn uniform<'a>(form: &Table<'a>, value: &'a Spanned<DeValue<'a>>) -> Option<ServiceTime> {
    let table = form.table(value, "uniform", &["min", "max"], &[])?;
    table.required("min", "\"10ms\"");
    table.required("max", "\"90ms\"");
    let (min, _) = bounded(&table, "min")?;
    let (max, at) = bounded(&table, "max")?;
    if max < min {
        table.mistake(at, "max is shorter than min; it must be at least as long");
    }
    Some(ServiceTime::Uniform { min, max })
}

/// A duration that a job may run.
fn bounded(table: &Table<'_>, key: &str) -> Option<At<Duration>> {
    let (time, span) = table.duration(key)?;
    if time > SERVICE_TIME_MAX {
        table.mistake(span, format!("{key}: a job runs for an hour at most (\"1h\")"));
        return None;
    }
    Some((time, span))
}
