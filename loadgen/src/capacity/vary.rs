//! The grid of `--vary`: the same search under each combination of settings.
//!
//! A key is an option of the command line (`replicas`, `policy`, `backup_poll`, …), `batch` for the posters', one
//! switch of the policy (`policy.claim_batch`), or the path of a scenario's key, which leads by a fleet's or
//! poster's name or to all of them: `fleet.on-prem.workers`, `poster.arrival`. What a value may be decides the
//! scenario language itself.

use std::str::FromStr;

use toml::{Table, Value};

use super::axis::Goal;
use crate::scenario::policy::{parse_policy, set_switch};
use crate::scenario::quantity::{parse_duration, parse_rate};
use crate::scenario::{Overrides, Scenario, ScenarioError, Source, nearest};

/// A grid has at most so many cells: each takes minutes.
pub const CELLS_MAX: usize = 64;

/// Keys without a path.
const SHORT: [&str; 7] = ["backup_poll", "batch", "policy", "rate", "replicas", "seed", "workers"];
/// Where paths begin.
const ROOTS: [&str; 3] = ["fleet", "policy", "poster"];

/// One `--vary`: a key and its values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vary {
    /// What is varied.
    pub key: String,
    /// What it is set to, one after the other.
    pub values: Vec<String>,
}

/// One combination of settings.
#[derive(Debug, Clone, PartialEq)]
pub struct Cell {
    /// Key and value, in the order of the options.
    pub settings: Vec<(String, String)>,
    /// The scenario under them.
    pub scenario: Scenario,
}

impl FromStr for Vary {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let Some((key, values)) = text.split_once('=') else {
            return Err(format!("{text:?} has no values; write it like replicas=1,3,10"));
        };
        let key = key.trim().replace("backup-poll", "backup_poll");
        let root = key.split('.').next().unwrap_or_default();
        let is_path = key.contains('.') && ROOTS.contains(&root);
        if !is_path && !SHORT.contains(&key.as_str()) {
            let known = SHORT.iter().chain(&ROOTS).copied();
            let remedy = match nearest(root, known) {
                Some(near) if near == key => format!("write {near}.NAME.KEY or {near}.KEY"),
                Some(near) => format!("did you mean {near:?}?"),
                None => format!("it is one of {}, or a path such as fleet.NAME.KEY", SHORT.join(", ")),
            };
            return Err(format!("unknown key {key:?}; {remedy}"));
        }
        let values: Vec<String> = split(values).into_iter().map(|value| value.trim().to_owned()).collect();
        if values.iter().any(String::is_empty) {
            return Err(format!("{text:?} has an empty value; write it like replicas=1,3,10"));
        }
        if let Some(twice) = values.iter().enumerate().find(|(at, value)| values[..*at].contains(value)) {
            return Err(format!("{text:?} has {:?} twice", twice.1));
        }
        Ok(Self { key, values })
    }
}

/// The cells of a grid, the last key varying fastest; one without settings when nothing is varied.
pub fn cells(
    source: &Source,
    overrides: &Overrides,
    varies: &[Vary],
    goal: Goal,
) -> Result<Vec<Cell>, ScenarioError> {
    let searched = match goal {
        Goal::MaxRate => "rate",
        Goal::MinWorkers => "workers",
    };
    for (at, vary) in varies.iter().enumerate() {
        if vary.key == searched {
            return refuse(format!("{searched} is what --find {goal} looks for"));
        }
        if varies[..at].iter().any(|other| other.key == vary.key) {
            return refuse(format!("{} is varied twice; give all its values at once", vary.key));
        }
    }
    let count: usize = varies.iter().map(|vary| vary.values.len()).product();
    if count > CELLS_MAX {
        return refuse(format!("that makes {count} searches; the most is {CELLS_MAX}"));
    }
    (0..count)
        .map(|mut index| {
            let mut settings: Vec<(String, String)> = Vec::new();
            for vary in varies.iter().rev() {
                settings.push((vary.key.clone(), vary.values[index % vary.values.len()].clone()));
                index /= vary.values.len();
            }
            settings.reverse();
            let scenario = under(source, overrides, &settings)?;
            Ok(Cell { settings, scenario })
        })
        .collect()
}

fn refuse<T>(message: impl Into<String>) -> Result<T, ScenarioError> {
    Err(ScenarioError::Override { option: "--vary", message: message.into() })
}

/// The scenario under some settings. Switches of the policy come last, since they change whatever policy is set.
fn under(
    source: &Source,
    overrides: &Overrides,
    settings: &[(String, String)],
) -> Result<Scenario, ScenarioError> {
    let mut overrides = overrides.clone();
    let mut text: Option<Table> = None;
    let mut switches = Vec::new();
    for (key, value) in settings {
        let failed = |error: &dyn std::fmt::Display| refuse(format!("{key}={value}: {error}"));
        let whole = || value.parse::<u64>().map_err(|_| format!("{value:?} is no whole number"));
        match key.as_str() {
            "backup_poll" => match parse_duration(value) {
                Ok(period) => overrides.backup_poll = Some(period),
                Err(error) => return failed(&error),
            },
            "policy" => match parse_policy(value) {
                Ok(policy) => overrides.policy = Some(policy),
                Err(error) => return failed(&error),
            },
            "rate" => match parse_rate(value) {
                Ok(rate) => overrides.rate = Some(rate),
                Err(error) => return failed(&error),
            },
            "replicas" | "seed" | "workers" => match (whole(), key.as_str()) {
                (Ok(number), "replicas") => overrides.replicas = Some(number as usize),
                (Ok(number), "workers") => overrides.workers = Some(number as usize),
                (Ok(number), _) => overrides.seed = Some(number),
                (Err(error), _) => return failed(&error),
            },
            path => {
                if let Some(switch) = path.strip_prefix("policy.") {
                    switches.push((switch, key, value));
                    continue;
                }
                let path = if path == "batch" { "poster.batch" } else { path };
                let table = match text.take() {
                    Some(table) => table,
                    // Its own mistakes are told by the reader, with their place.
                    None => match source.text.parse() {
                        Ok(table) => table,
                        Err(_) => return Scenario::resolve(source, &overrides),
                    },
                };
                match set(table, path, value) {
                    Ok(table) => text = Some(table),
                    Err(error) => return failed(&error),
                }
            }
        }
    }
    let mut scenario = match text {
        None => Scenario::resolve(source, &overrides)?,
        Some(table) => {
            // The file itself first, so that a mistake of its own is told as such.
            Scenario::resolve(source, &Overrides::default())?;
            let varied = Source { name: source.name.clone(), text: table.to_string() };
            match Scenario::resolve(&varied, &overrides) {
                // The place would be one in a text that nobody wrote.
                Err(ScenarioError::Invalid(place)) => return refuse(place.message),
                other => other?,
            }
        }
    };
    for (switch, key, value) in switches {
        if let Err(error) = set_switch(&mut scenario.policy, switch, value) {
            return refuse(format!("{key}={value}: {error}"));
        }
    }
    Ok(scenario)
}

/// Sets a key of a fleet or poster, or of all of them, in a scenario's text.
fn set(mut root: Table, path: &str, value: &str) -> Result<Table, String> {
    let parts: Vec<&str> = path.split('.').collect();
    let kind = parts[0];
    let Some(Value::Array(tables)) = root.get_mut(kind) else {
        return Err(format!("the scenario has no [[{kind}]]"));
    };
    let name_of = |index: usize, table: &Value| {
        let named = table.get("name").and_then(Value::as_str).map(str::to_owned);
        named.unwrap_or_else(|| format!("{kind}-{}", index + 1))
    };
    let (name, key) = match parts[1..] {
        [key] => (None, key),
        [name, key] => (Some(name), key),
        _ => return Err(format!("write {kind}.NAME.KEY or {kind}.KEY")),
    };
    let names: Vec<String> = tables.iter().enumerate().map(|(index, table)| name_of(index, table)).collect();
    if let Some(name) = name.filter(|name| !names.iter().any(|known| known == name)) {
        let remedy = match nearest(name, names.iter().map(String::as_str)) {
            Some(near) => format!("did you mean {near:?}?"),
            None => format!("there are {}", names.join(", ")),
        };
        return Err(format!("no {kind} {name:?}; {remedy}"));
    }
    let value = read(value);
    for (table, known) in tables.iter_mut().zip(&names) {
        if let Some(table) = table.as_table_mut().filter(|_| name.is_none_or(|name| name == known)) {
            table.insert(key.to_owned(), value.clone());
        }
    }
    Ok(root)
}

/// A value as TOML has it; what is none is a string, so that `30s` needs no quotes.
fn read(text: &str) -> Value {
    let table = format!("value = {text}").parse::<Table>().ok().filter(|table| table.len() == 1);
    table.and_then(|mut table| table.remove("value")).unwrap_or_else(|| Value::String(text.to_owned()))
}

/// Splits at commas that stand in no brackets and no quotes.
fn split(text: &str) -> Vec<&str> {
    let (mut parts, mut start, mut depth, mut is_quoted) = (Vec::new(), 0, 0_usize, false);
    for (at, c) in text.char_indices() {
        match c {
            '"' => is_quoted = !is_quoted,
            '{' | '[' if !is_quoted => depth += 1,
            '}' | ']' if !is_quoted => depth = depth.saturating_sub(1),
            ',' if !is_quoted && depth == 0 => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;
    use crate::scenario::builtin;

    fn grid(varies: &[&str], goal: Goal) -> Result<Vec<Cell>, ScenarioError> {
        let varies: Vec<Vary> = varies.iter().map(|vary| vary.parse().unwrap()).collect();
        cells(&builtin::get("default").unwrap(), &Overrides::default(), &varies, goal)
    }

    fn refused(varies: &[&str]) -> String {
        grid(varies, Goal::MaxRate).unwrap_err().to_string()
    }

    #[test]
    fn nothing_varied_is_one_cell() {
        let cells = grid(&[], Goal::MaxRate).unwrap();
        assert_eq!(cells.len(), 1);
        assert_eq!(cells[0].settings, []);
    }

    #[test]
    fn every_combination_is_a_cell() {
        let cells = grid(&["replicas=3,5", "policy=default,seed"], Goal::MaxRate).unwrap();
        let settings: Vec<Vec<&str>> = cells
            .iter()
            .map(|cell| cell.settings.iter().map(|(_, value)| value.as_str()).collect())
            .collect();
        assert_eq!(settings, [["3", "default"], ["3", "seed"], ["5", "default"], ["5", "seed"]]);
        assert_eq!(cells[3].scenario.replicas, 5);
        assert_eq!(cells[3].scenario.policy, parse_policy("seed").unwrap());
    }

    #[test]
    fn keys_reach_what_they_name() {
        let one = |vary: &str| grid(&[vary], Goal::MaxRate).unwrap().remove(0).scenario;
        assert_eq!(one("backup-poll=7s").backup_poll.as_secs(), 7);
        assert_eq!(one("workers=60").workers(), 60);
        assert!(one("batch=7").posters.iter().all(|poster| poster.batch == 7));
        assert_eq!(one("poster.checks.batch=9").posters[1].batch, 9);
        assert_eq!(one("fleet.echo.workers=17").fleets[4].workers, 17);
        assert_eq!(one("policy.claim_batch=3").policy.claim_batch, 3);
        let service = one("fleet.service_time={ constant = \"30ms\" }").fleets;
        assert!(service.iter().all(|fleet| fleet.service_time.mean().as_millis() == 30));
        assert_eq!(one("fleet.any.patience=3s").fleets[5].patience.unwrap().as_secs(), 3);
    }

    #[test]
    fn switches_change_the_policy_that_is_set() {
        let cells = grid(&["policy.claim_batch=2", "policy=seed"], Goal::MaxRate).unwrap();
        let expected = parse_policy("seed,claim_batch=2").unwrap();
        assert_eq!(cells[0].scenario.policy, expected);
    }

    #[test]
    fn unknown_keys_get_the_nearest_right_word() {
        let refused = |text: &str| text.parse::<Vary>().unwrap_err();
        assert_eq!(refused("replica=1"), r#"unknown key "replica"; did you mean "replicas"?"#);
        assert_eq!(refused("flet.a.workers=1"), r#"unknown key "flet.a.workers"; did you mean "fleet"?"#);
        assert_eq!(refused("fleet=1"), r#"unknown key "fleet"; write fleet.NAME.KEY or fleet.KEY"#);
        assert!(refused("bananas=1").contains("it is one of backup_poll, batch"));
        assert!(refused("replicas").contains("write it like replicas=1,3,10"));
        assert!(refused("replicas=1,,2").contains("empty value"));
        assert!(refused("replicas=1,2,1").contains("\"1\" twice"));
    }

    #[test]
    fn wrong_values_and_paths_are_told() {
        assert_eq!(refused(&["replicas=x"]), "--vary: replicas=x: \"x\" is no whole number");
        assert!(refused(&["replicas=99"]).contains("it goes from 1 to 64"));
        assert!(refused(&["policy=sed"]).contains("did you mean \"seed\"?"));
        assert!(refused(&["policy.chian=always"]).contains("did you mean \"chain\"?"));
        assert!(refused(&["fleet.ech.workers=1"]).contains("no fleet \"ech\"; did you mean \"echo\"?"));
        assert!(refused(&["fleet.echo.wokers=1"]).contains("did you mean \"workers\"?"));
        assert!(refused(&["fleet.echo.workers=no"]).contains("workers must be a whole number"));
        assert!(refused(&["rate=5"]).contains("rate is what --find max-rate looks for"));
        assert!(refused(&["seed=1,2", "seed=3"]).contains("varied twice"));
        assert!(refused(&["seed=1,2,3,4,5,6,7,8,9", "batch=1,2,3,4,5,6,7,8"]).contains("72 searches"));
    }
}
