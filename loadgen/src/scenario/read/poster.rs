//! `[[poster]]`, its stages and its mix.

use std::collections::BTreeMap;

use acquirer::job::{ProvisionerType, Tags};
use toml::de::DeValue;

use super::super::limits::{BATCH_MAX, BURST_MAX, PRELOAD_MAX};
use super::super::reader::Table;
use super::super::{Announce, ArrivalProcess, MixEntry, Poster, Stage};
use super::{name, positive};

const KEYS: [&str; 7] = ["name", "stages", "arrival", "batch", "preload", "announce", "mix"];
const STAGE_KEYS: [&str; 4] = ["for", "rate", "from", "to"];
const MIX_KEYS: [&str; 3] = ["weight", "provisioner", "tags"];

pub(super) fn posters(root: &Table<'_>) -> Vec<Poster> {
    let mut names = BTreeMap::new();
    root.tables("poster", "[[poster]]", &KEYS, &[])
        .iter()
        .enumerate()
        .map(|(index, table)| {
            let preload = table.count("preload", 0..=PRELOAD_MAX).map_or(0, |(jobs, _)| jobs as usize);
            Poster {
                name: name(table, "poster", index, &mut names),
                stages: stages(table, preload > 0),
                arrival: arrival(table).unwrap_or_default(),
                batch: table.count("batch", 1..=BATCH_MAX).map_or(1, |(jobs, _)| jobs as usize),
                preload,
                announce: table
                    .word(
                        "announce",
                        &[
                            ("after_commit", Announce::AfterCommit),
                            ("in_transaction", Announce::InTransaction),
                        ],
                    )
                    .unwrap_or_default(),
                mix: mix(table),
            }
        })
        .collect()
}

/// The stages; without a preload there must be some, or the poster would do nothing.
fn stages(table: &Table<'_>, preloads: bool) -> Vec<Stage> {
    if !preloads {
        table.required("stages", "[ { for = \"60s\", rate = 50 } ]");
    }
    let Some((array, span)) = table.array("stages", "an array such as [ { for = \"60s\", rate = 50 } ]")
    else {
        return Vec::new();
    };
    if array.is_empty() && !preloads {
        table.mistake(span, "stages is empty; write at least one, such as { for = \"60s\", rate = 50 }");
    }
    array
        .iter()
        .filter_map(|value| table.table(value, "a stage", &STAGE_KEYS, &[]))
        .filter_map(|table| stage(&table))
        .collect()
}

fn stage(table: &Table<'_>) -> Option<Stage> {
    table.required("for", "\"20s\"");
    let length = positive(table, "for");
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
        DeValue::String(_) => table
            .word("arrival", &[("poisson", ArrivalProcess::Poisson), ("uniform", ArrivalProcess::Uniform)]),
        DeValue::Table(_) => {
            let arrival = table.table(value, "arrival", &["burst"], &[])?;
            let burst = arrival.required("burst", "{ size = 20 }")?;
            let burst = arrival.table(burst, "burst", &["size"], &[])?;
            burst.required("size", "20");
            let (size, _) = burst.count("size", 1..=BURST_MAX)?;
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
    if table.get("mix").is_none() {
        return vec![MixEntry { weight: 1.0, provisioner: ProvisionerType::Terraform, tags: Tags::new() }];
    }
    let entries: Vec<MixEntry> = table
        .tables("mix", "[[poster.mix]]", &MIX_KEYS, &[])
        .iter()
        .map(|entry| MixEntry {
            weight: entry.weight("weight").map_or(1.0, |(weight, _)| weight),
            provisioner: entry
                .get("provisioner")
                .and_then(|value| entry.provisioner("provisioner", value))
                .unwrap_or(ProvisionerType::Terraform),
            tags: entry.tags("tags"),
        })
        .collect();
    let weight: f64 = entries.iter().map(|entry| entry.weight).sum();
    if let Some((array, span)) = table.array("mix", "written [[poster.mix]], in double brackets") {
        if array.is_empty() {
            table.mistake(span, "mix is empty; write at least one [[poster.mix]], or leave it out");
        } else if weight <= 0.0 {
            table.mistake(span, "all weights of the mix are 0; give one of them more");
        } else if !weight.is_finite() {
            table.mistake(
                span,
                "the weights of the mix add up to more than a number holds; make them smaller",
            );
        }
    }
    entries
}
