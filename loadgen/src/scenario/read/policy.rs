//! `policy`: a preset, or a table of its switches.

use std::sync::LazyLock;

use acquirer::wakeup::{Policy, Switch};
use toml::de::DeValue;

use super::super::policy::{CLAIM_BATCH_MAX, PRESETS, preset};
use super::super::reader::Table;
use super::super::shape::{Shape, Value, key};

/// What a policy must be.
const A_POLICY: &str = "\"default\", \"seed\", or a table of switches such as { chain = \"always\" }";

/// What may stand behind the key.
pub(super) fn value() -> Value {
    Value::Either(vec![Value::Word(PRESETS.to_vec()), Value::Table(shape)])
}

/// The keys of a table of switches.
fn shape() -> &'static Shape {
    static SHAPE: LazyLock<Shape> = LazyLock::new(|| {
        let base = key("base", Value::Word(PRESETS.to_vec()), "What the other switches are as in.");
        let switches = Switch::ALL.map(|switch| {
            let value = match switch {
                Switch::ClaimBatch => Value::Whole(1..=CLAIM_BATCH_MAX),
                _ => Value::Word(switch.values().to_vec()),
            };
            key(switch.as_str(), value, about(switch))
        });
        Shape::new("policy", "Switches of the acquirers' rules.", std::iter::once(base).chain(switches))
    });
    &SHAPE
}

fn about(switch: Switch) -> &'static str {
    match switch {
        Switch::Chain => "When a worker that is done lets the next one query.",
        Switch::Postings => "How long a notice is kept in mind.",
        Switch::Route => "Which of several domains a notice wakes.",
        Switch::Order => "Which of its workers a domain lets query.",
        Switch::Departed => "What becomes of a job that was found for a worker that has given up.",
        Switch::AfterError => "When a domain queries again after an error of the database.",
        Switch::FirstPoll => "When a new domain polls first.",
        Switch::Doubtful => {
            "What becomes of a notice whose query failed, when nobody is left to query again."
        }
        Switch::ClaimBatch => "The most jobs that one query takes.",
    }
}

pub(super) fn policy(root: &Table<'_>) -> Option<Policy> {
    let value = root.get("policy")?;
    match value.get_ref() {
        DeValue::String(_) => preset_of(root, "policy"),
        DeValue::Table(_) => Some(switches(&root.table("policy")?)),
        _ => root.mistyped("policy", value, A_POLICY),
    }
}

fn preset_of(table: &Table<'_>, key: &str) -> Option<Policy> {
    table.word(key, &PRESETS.map(|name| (name, name))).and_then(preset)
}

/// Switches that aren't named are as in the base, which is the default unless it is named.
fn switches(table: &Table<'_>) -> Policy {
    let mut policy = preset_of(table, "base").unwrap_or_default();
    for switch in Switch::ALL {
        let key = switch.as_str();
        let value = if switch == Switch::ClaimBatch {
            table.count(key).map(|(jobs, _)| jobs.to_string())
        } else {
            let words: Vec<(&str, &str)> = switch.values().iter().map(|word| (*word, *word)).collect();
            table.word(key, &words).map(str::to_owned)
        };
        if let Some(value) = value {
            policy.set(switch, &value).expect("the words are the switch's own, and the count is 1 at least");
        }
    }
    policy
}
