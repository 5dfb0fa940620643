//! The acquirers' rules as people write them: a preset's name, or single switches.
//!
//! In a scenario `policy` is `"default"`, `"seed"`, or a table of switches; on the command line a preset, or
//! `chain=always,claim_batch=1`. Switches that aren't named are as in the default, or as in the preset that is:
//! `{ base = "seed", chain = "while_unaccounted" }`, `seed,chain=while_unaccounted`.

pub use acquirer::wakeup::{Policy, Switch};

use super::error::{nearest, quoted};
use super::quantity::QuantityError;

/// The presets by name.
pub(super) const PRESETS: [&str; 2] = ["default", "seed"];

/// The most jobs that one query may be asked to claim.
pub(super) const CLAIM_BATCH_MAX: u64 = 10_000;

/// The preset of this name.
pub(super) fn preset(name: &str) -> Option<Policy> {
    match name {
        "default" => Some(Policy::default()),
        "seed" => Some(Policy::seed()),
        _ => None,
    }
}

/// Reads a preset, switches over the default, or both, such as `seed,chain=while_unaccounted`.
pub fn parse_policy(text: &str) -> Result<Policy, QuantityError> {
    let mut policy = Policy::default();
    for (place, part) in text.split(',').map(str::trim).enumerate() {
        match part.split_once('=') {
            Some((name, value)) => set_switch(&mut policy, name.trim(), value.trim())?,
            None if place == 0 => {
                policy = preset(part).ok_or_else(|| unknown("policy", part, &PRESETS))?;
            }
            None => {
                return Err(QuantityError::new(format!("{part:?} sets no switch; write chain=always")));
            }
        }
    }
    Ok(policy)
}

/// Sets one switch by its name.
pub(crate) fn set_switch(policy: &mut Policy, name: &str, value: &str) -> Result<(), QuantityError> {
    let Some(switch) = Switch::ALL.into_iter().find(|switch| switch.as_str() == name) else {
        return Err(unknown("switch", name, &Switch::ALL.map(Switch::as_str)));
    };
    if switch == Switch::ClaimBatch && value.parse().is_ok_and(|jobs: u64| jobs > CLAIM_BATCH_MAX) {
        return Err(QuantityError::new(format!(
            "{name} = {value} is out of range; it goes from 1 to {CLAIM_BATCH_MAX}"
        )));
    }
    policy.set(switch, value).map_err(|error| match nearest(value, switch.values().iter().copied()) {
        Some(_) => unknown(name, value, switch.values()),
        None => QuantityError::new(error.to_string()),
    })
}

fn unknown(what: &str, word: &str, known: &[&str]) -> QuantityError {
    QuantityError::new(match nearest(word, known.iter().copied()) {
        Some(near) => format!("unknown {what} {word:?}; did you mean {near:?}?"),
        None => format!("unknown {what} {word:?}: one of {}", quoted(known.iter().copied())),
    })
}

/// In JSON as in a scenario: a preset by its name, anything else as a table of all switches.
pub(super) mod as_choice {
    use serde::{Deserialize, Deserializer, Serialize as _, Serializer};

    use super::{PRESETS, Policy, preset};

    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Choice {
        Preset(String),
        Switches(Policy),
    }

    pub(in crate::scenario) fn serialize<S: Serializer>(
        policy: &Policy,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match PRESETS.into_iter().find(|name| preset(name) == Some(*policy)) {
            Some(name) => serializer.serialize_str(name),
            None => policy.serialize(serializer),
        }
    }

    pub(in crate::scenario) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Policy, D::Error> {
        match Choice::deserialize(deserializer)? {
            Choice::Switches(policy) => Ok(policy),
            Choice::Preset(name) => {
                preset(&name).ok_or_else(|| serde::de::Error::custom(format!("unknown policy {name:?}")))
            }
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use acquirer::wakeup::{Chain, Route};

    use super::*;

    #[test]
    fn presets_and_switches_are_read_from_one_word() {
        assert_eq!(parse_policy("default").unwrap(), Policy::default());
        assert_eq!(parse_policy("seed").unwrap(), Policy::seed());
        let over_default = Policy { chain: Chain::Always, claim_batch: 1, ..Policy::default() };
        assert_eq!(parse_policy("chain=always, claim_batch = 1").unwrap(), over_default);
        assert_eq!(parse_policy("default,chain=always,claim_batch=1").unwrap(), over_default);
        let over_seed = Policy { route: Route::IdleFirst, ..Policy::seed() };
        assert_eq!(parse_policy("seed,route=idle_first").unwrap(), over_seed);
    }

    #[test]
    fn mistakes_get_the_nearest_right_word() {
        let refused = |text: &str| parse_policy(text).unwrap_err().to_string();
        assert_eq!(refused("best"), r#"unknown policy "best": one of "default", "seed""#);
        assert_eq!(refused("sed"), r#"unknown policy "sed"; did you mean "seed"?"#);
        assert_eq!(refused("chian=always"), r#"unknown switch "chian"; did you mean "chain"?"#);
        assert_eq!(refused("chain=allways"), r#"unknown chain "allways"; did you mean "always"?"#);
        assert_eq!(refused("chain=x"), r#"unknown chain "x"; one of "always", "while_unaccounted""#);
        assert!(refused("claim_batch=0").ends_with("a whole number from 1 up"));
        assert!(refused("claim_batch=1000000").contains("it goes from 1 to 10000"));
        assert!(refused("chain=always,seed").contains("sets no switch"));
        assert!(refused("").starts_with("unknown policy"));
    }
}
