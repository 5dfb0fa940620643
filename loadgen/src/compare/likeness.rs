//! In what two runs are unlike, apart from what came out: what was asked for, and what it ran on.
//!
//! Reports are compared key by key, so that whatever scenarios and reports gain is compared as well. Seeds, titles
//! and notes may differ: they change nothing that is measured but by chance.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde::Serialize;
use serde_json::{Value, json};

use super::Side;
use crate::report::{Report, Verdict};
use crate::scenario::nearest;

/// Keys of a scenario that decide nothing but chance, or name something.
const COSMETIC: [&str; 5] = ["title", "description", "seed", "notes", "assert"];
/// Words for keys that people call otherwise.
const ALIASES: [(&str, &str); 4] =
    [("rate", "stages"), ("pg", "postgres"), ("switches", "policy"), ("faults", "fault")];

/// One thing in which runs are unlike.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unlikeness {
    /// Where, such as `policy.chain` or `scenario.fleet.0.workers`.
    pub path: String,
    /// What it is in the first side's first run.
    pub a: String,
    /// What it is in the other.
    pub b: String,
    /// The other run, when it isn't the second side's first.
    pub of: Option<String>,
    /// It was said to be what is compared.
    pub meant: bool,
}

/// What is meant to differ, by a key anywhere in the path, such as `policy` or `workers`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Varying(BTreeSet<String>);

/// Runs that are not to be compared.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnlikenessError {
    /// They differ in what nobody said is compared.
    #[error("{0}")]
    Unlike(String),
    /// A key that no difference goes by.
    #[error("--varying {key}: {message}")]
    UnknownKey {
        /// The key.
        key: String,
        /// What is wrong and what to say instead.
        message: String,
    },
}

impl Varying {
    /// These keys are meant to differ.
    pub fn new(keys: impl IntoIterator<Item = String>) -> Self {
        let settled = |key: String| {
            let alias = ALIASES.iter().find(|(alias, _)| *alias == key);
            alias.map_or(key, |(_, name)| (*name).to_owned())
        };
        Self(keys.into_iter().map(|key| settled(key.trim().replace('-', "_"))).collect())
    }

    fn means(&self, path: &str) -> bool {
        path.split('.').any(|part| self.0.contains(part))
    }

    /// Keys that no path knows, told with the nearest one that does.
    fn check(&self, known: &BTreeSet<String>) -> Result<(), UnlikenessError> {
        let Some(key) = self.0.iter().find(|key| !known.contains(*key)) else { return Ok(()) };
        let message = match nearest(key, known.iter().map(String::as_str)) {
            Some(near) => format!("there is no such key; did you mean {near:?}?"),
            None => "there is no such key; name one of the scenario or of the environment, such as policy, \
                     replicas, workers, durability, postgres, cpus"
                .to_owned(),
        };
        Err(UnlikenessError::UnknownKey { key: key.clone(), message })
    }
}

impl Unlikeness {
    /// In what the runs of two sides are unlike. Refused when that is more than what is meant to vary, unless
    /// `anyway`: then all of it is answered.
    pub fn between(
        a: &Side,
        b: &Side,
        varying: &Varying,
        anyway: bool,
    ) -> Result<Vec<Self>, UnlikenessError> {
        let mut known = BTreeSet::new();
        let mut found = Vec::new();
        if let (Some(first), Some(other)) = (a.runs.first(), b.runs.first()) {
            let (first, other) = (asked(first), asked(other));
            learn(&first, &mut known);
            learn(&other, &mut known);
            found.extend(differences(&first, &other, None));
            for unlike in &mut found {
                unlike.meant = varying.means(&unlike.path);
            }
        }
        varying.check(&known)?;
        // Inside a side nothing is meant to vary.
        for (side, name) in [(a, "A"), (b, "B")] {
            let Some((first, others)) = side.runs.split_first() else { continue };
            for (number, other) in (2..).zip(others) {
                let of = format!("run {number} of {name} against its first");
                found.extend(differences(&asked(first), &asked(other), Some(&of)));
            }
        }
        let mut flaws = Vec::new();
        for (side, name) in [(a, "A"), (b, "B")] {
            for (number, run) in (1..).zip(&side.runs) {
                let which =
                    if side.runs.len() > 1 { format!("run {number} of {name}") } else { name.to_owned() };
                flaws.extend(flaw(run).map(|flaw| format!("{which} {flaw}")));
            }
        }
        if anyway || (flaws.is_empty() && found.iter().all(|unlike| unlike.meant)) {
            return Ok(found);
        }
        Err(UnlikenessError::Unlike(refusal(&found, &flaws)))
    }
}

/// What was asked for and what it ran on, as a tree.
fn asked(run: &Report) -> Value {
    let mut scenario = serde_json::to_value(&run.scenario).expect("a scenario's keys are strings");
    let mut policy = serde_json::to_value(&run.policy).expect("a policy's keys are strings");
    if let Value::Object(keys) = &mut scenario {
        keys.retain(|key, _| !COSMETIC.contains(&key.as_str()));
        // The switches say it one by one.
        keys.remove("policy");
    }
    if let Value::Object(keys) = &mut policy {
        keys.remove("name");
    }
    let environment = &run.environment;
    let major = environment.postgres_version.split('.').next().unwrap_or_default();
    json!({
        "scenario": scenario,
        "policy": policy,
        "postgres": major,
        "database": environment.database,
        "durability": environment.durability,
        "cpus": environment.cpus,
        "os": environment.os,
    })
}

/// Why a run's figures are none to compare.
fn flaw(run: &Report) -> Option<String> {
    match run.verdict() {
        Verdict::Failed => Some("failed before its end".to_owned()),
        Verdict::Interrupted => Some("was interrupted".to_owned()),
        Verdict::Invalid => Some("is INVALID: the generator did not keep its schedule".to_owned()),
        Verdict::AuditFailed => Some("failed its audit".to_owned()),
        Verdict::FellShort if run.run.stopped_by.is_some() => {
            Some("was stopped early by an assertion".to_owned())
        }
        Verdict::FellShort | Verdict::Held => None,
    }
}

/// All keys of a tree.
fn learn(value: &Value, known: &mut BTreeSet<String>) {
    match value {
        Value::Object(keys) => {
            for (key, value) in keys {
                known.insert(key.clone());
                learn(value, known);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| learn(item, known)),
        _ => {}
    }
}

fn differences(a: &Value, b: &Value, of: Option<&str>) -> Vec<Unlikeness> {
    let mut found = Vec::new();
    walk(String::new(), Some(a), Some(b), &mut |path, a, b| {
        let shown = |value: Option<&Value>| match value {
            None | Some(Value::Null) => "none".to_owned(),
            Some(Value::String(text)) => text.clone(),
            Some(value) => value.to_string(),
        };
        found.push(Unlikeness { path, a: shown(a), b: shown(b), of: of.map(str::to_owned), meant: false });
    });
    found
}

/// Tells every place where two trees differ, as deep as both go.
fn walk(
    path: String,
    a: Option<&Value>,
    b: Option<&Value>,
    tell: &mut impl FnMut(String, Option<&Value>, Option<&Value>),
) {
    let below = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
    match (a, b) {
        (Some(Value::Object(one)), Some(Value::Object(other))) => {
            let keys: BTreeSet<&String> = one.keys().chain(other.keys()).collect();
            for key in keys {
                walk(below(key), one.get(key), other.get(key), tell);
            }
        }
        (Some(Value::Array(one)), Some(Value::Array(other))) => {
            for index in 0..one.len().max(other.len()) {
                walk(below(&index.to_string()), one.get(index), other.get(index), tell);
            }
        }
        (one, other) if one == other => {}
        (one, other) => tell(path, one, other),
    }
}

fn refusal(found: &[Unlikeness], flaws: &[String]) -> String {
    let mut text = "these runs are not to be compared:".to_owned();
    for flaw in flaws {
        let _ = write!(text, "\n  {flaw}");
    }
    for Unlikeness { path, a, b, of, .. } in found.iter().filter(|unlike| !unlike.meant) {
        let of = of.as_ref().map(|of| format!(" ({of})")).unwrap_or_default();
        let _ = write!(text, "\n  {path}: {a} against {b}{of}");
    }
    if found.iter().any(|unlike| !unlike.meant && unlike.of.is_none()) {
        text.push_str("\nsay what is meant to differ, such as --varying policy, or --anyway");
    } else {
        text.push_str("\nrun again, or say --anyway");
    }
    text
}
