//! `policy`: a preset, or a table of its switches.

use acquirer::wakeup::{Policy, Switch};
use toml::de::DeValue;

use super::super::policy::{CLAIM_BATCH_MAX, PRESETS, preset};
use super::super::reader::Table;

/// What a policy must be.
const A_POLICY: &str = "\"default\", \"seed\", or a table of switches such as { chain = \"always\" }";

pub(super) fn policy(root: &Table<'_>) -> Option<Policy> {
    let value = root.get("policy")?;
    match value.get_ref() {
        DeValue::String(_) => preset_of(root, "policy"),
        DeValue::Table(_) => {
            let names = Switch::ALL.map(Switch::as_str);
            let keys: Vec<&str> = std::iter::once("base").chain(names).collect();
            Some(switches(&root.table(value, "policy", &keys, &[])?))
        }
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
            table.count(key, 1..=CLAIM_BATCH_MAX).map(|(jobs, _)| jobs.to_string())
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
