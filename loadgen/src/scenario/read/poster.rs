//! `[[poster]]`, its stages and its mix.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use acquirer::job::{ProvisionerType, Tags};
use toml::de::DeValue;

use super::super::limits::{BATCH_MAX, BURST_MAX, PRELOAD_MAX};
use super::super::reader::Table;
use super::super::shape::{LENGTH, RATE, Shape, Value, key, required};
use super::super::{Announce, ArrivalProcess, MixEntry, Poster, Stage};
use super::{name, provisioners};

const ARRIVALS: [(&str, ArrivalProcess); 2] =
    [("poisson", ArrivalProcess::Poisson), ("uniform", ArrivalProcess::Uniform)];
const ANNOUNCE: [(&str, Announce); 2] =
    [("after_commit", Announce::AfterCommit), ("in_transaction", Announce::InTransaction)];

pub(super) fn shape() -> &'static Shape {
    static SHAPE: LazyLock<Shape> = LazyLock::new(|| {
        let arrivals = Value::Word(ARRIVALS.map(|(word, _)| word).to_vec());
        let arrival = Value::Either(vec![arrivals, Value::Table(arrival_shape)]);
        let announce = Value::Word(ANNOUNCE.map(|(word, _)| word).to_vec());
        Shape::new(
            "[[poster]]",
            "Somebody who posts jobs by a timetable and never waits for workers.",
            [
                key("name", Value::Text, "Tells it apart in reports."),
                key(
                    "stages",
                    Value::Tables { of: stage_shape, least: 0 },
                    "Its rate over time, one stage after the other; silent when they are over. To be left out only \
                     where there is a preload.",
                ),
                key(
                    "arrival",
                    arrival,
                    "How arrivals lie around the rate: \"poisson\" (when left out), \"uniform\", or in bursts. The \
                     rate stays one of jobs.",
                ),
                key(
                    "batch",
                    Value::Whole(1..=BATCH_MAX),
                    "Jobs in one transaction; 1 when left out. The rate stays one of jobs.",
                ),
                key(
                    "preload",
                    Value::Whole(0..=PRELOAD_MAX),
                    "Jobs queued before the run begins, never announced; 0 when left out.",
                ),
                key(
                    "announce",
                    announce,
                    "When the notice goes out: \"after_commit\" (when left out), or \"in_transaction\".",
                ),
                key(
                    "mix",
                    Value::Tables { of: mix_shape, least: 1 },
                    "What its jobs demand; terraform without tags when left out.",
                ),
            ],
        )
    });
    &SHAPE
}

fn arrival_shape() -> &'static Shape {
    static SHAPE: LazyLock<Shape> = LazyLock::new(|| {
        let burst = Value::Table(burst_shape);
        let about = "Many jobs at the same moment, evenly spaced bursts of them.";
        Shape::new("arrival", "Arrivals in bursts.", [required("burst", burst, "{ size = 20 }", about)])
    });
    &SHAPE
}

fn burst_shape() -> &'static Shape {
    static SHAPE: LazyLock<Shape> = LazyLock::new(|| {
        let size = Value::Whole(1..=BURST_MAX);
        let about = "Jobs that arrive together, in transactions of the poster's batch.";
        Shape::new("burst", "Bursts of jobs.", [required("size", size, "20", about)])
    });
    &SHAPE
}

fn stage_shape() -> &'static Shape {
    static SHAPE: LazyLock<Shape> = LazyLock::new(|| {
        let keys = [
            required("for", LENGTH, "\"20s\"", "How long it is."),
            key("rate", RATE, "Jobs per second all the while, such as 50, \"50/s\" or \"30/m\"."),
            key("from", RATE, "Jobs per second at its start; goes with to."),
            key("to", RATE, "Jobs per second at its end; goes with from."),
        ];
        let mut shape =
            Shape::new("a stage", "A stretch of time with one rate, or with one that changes evenly.", keys);
        shape.forms = vec![vec!["rate"], vec!["from", "to"]];
        shape
    });
    &SHAPE
}

fn mix_shape() -> &'static Shape {
    static SHAPE: LazyLock<Shape> = LazyLock::new(|| {
        Shape::new(
            "[[poster.mix]]",
            "One kind of job.",
            [
                key("weight", Value::Weight, "Its share, relative to the others; 1 when left out."),
                key(
                    "provisioner",
                    Value::Word(provisioners()),
                    "The type that it needs; \"terraform\" when left out.",
                ),
                key("tags", Value::Tags, "The tags that it demands of a worker; none when left out."),
            ],
        )
    });
    &SHAPE
}

pub(super) fn posters(root: &Table<'_>) -> Vec<Poster> {
    let mut names = BTreeMap::new();
    root.tables("poster")
        .iter()
        .enumerate()
        .map(|(index, table)| {
            let preload = table.count("preload").map_or(0, |(jobs, _)| jobs as usize);
            Poster {
                name: name(table, "poster", index, &mut names),
                stages: stages(table, preload > 0),
                arrival: arrival(table).unwrap_or_default(),
                batch: table.count("batch").map_or(1, |(jobs, _)| jobs as usize),
                preload,
                announce: table.word("announce", &ANNOUNCE).unwrap_or_default(),
                mix: mix(table),
            }
        })
        .collect()
}

/// The stages; without a preload there must be some, or the poster would do nothing.
fn stages(table: &Table<'_>, preloads: bool) -> Vec<Stage> {
    const EXAMPLE: &str = "{ for = \"60s\", rate = 50 }";
    let stages = table.tables("stages");
    match table.get("stages") {
        None if !preloads => {
            table.missing(format!("[[poster]] needs \"stages\", such as stages = [ {EXAMPLE} ]"));
        }
        Some(value) if !preloads && value.get_ref().as_array().is_some_and(|array| array.is_empty()) => {
            table.mistake(value.span(), format!("stages is empty; write at least one, such as {EXAMPLE}"));
        }
        _ => {}
    }
    stages.iter().filter_map(stage).collect()
}

fn stage(table: &Table<'_>) -> Option<Stage> {
    let length = table.duration("for").map(|(length, _)| length);
    let has = |key| table.get(key).is_some();
    let (from, to) = match (has("rate"), has("from"), has("to")) {
        (true, false, false) => {
            let rate = table.rate("rate")?.0;
            (rate, rate)
        }
        (false, true, true) => (table.rate("from")?.0, table.rate("to")?.0),
        _ => {
            table.missing(
                "a stage has either a rate, or both from and to, such as { for = \"20s\", from = 50, to = 400 }",
            );
            return None;
        }
    };
    Some(Stage { length: length?, from, to })
}

fn arrival(table: &Table<'_>) -> Option<ArrivalProcess> {
    let value = table.get("arrival")?;
    match value.get_ref() {
        DeValue::String(_) => table.word("arrival", &ARRIVALS),
        DeValue::Table(_) => {
            let (size, _) = table.table("arrival")?.table("burst")?.count("size")?;
            Some(ArrivalProcess::Burst { size: size as usize })
        }
        _ => table.mistyped(
            "arrival",
            value,
            "\"poisson\", \"uniform\", or bursts such as { burst = { size = 20 } }",
        ),
    }
}

/// The mix; a poster without one posts terraform jobs that demand no tags.
fn mix(table: &Table<'_>) -> Vec<MixEntry> {
    let Some(value) = table.get("mix") else {
        return vec![MixEntry { weight: 1.0, provisioner: ProvisionerType::Terraform, tags: Tags::new() }];
    };
    let entries: Vec<MixEntry> = table
        .tables("mix")
        .iter()
        .map(|entry| MixEntry {
            weight: entry.weight("weight").map_or(1.0, |(weight, _)| weight),
            provisioner: entry
                .get("provisioner")
                .and_then(|value| entry.provisioner(value))
                .unwrap_or(ProvisionerType::Terraform),
            tags: entry.tags("tags"),
        })
        .collect();
    let weight: f64 = entries.iter().map(|entry| entry.weight).sum();
    if !entries.is_empty() && weight <= 0.0 {
        table.mistake(value.span(), "all weights of the mix are 0; give one of them more");
    } else if !weight.is_finite() {
        table.mistake(
            value.span(),
            "the weights of the mix add up to more than a number holds; make them smaller",
        );
    }
    entries
}
