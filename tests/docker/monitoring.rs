//! The files of the profile `monitoring`: what Prometheus makes of them, and that they name metrics that there are.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::project::Said;

pub(crate) const TESTS: &[(&str, fn())] = &[(
    "prometheus_accepts_its_configuration_and_every_query",
    prometheus_accepts_its_configuration_and_every_query,
)];

fn monitoring(file: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../monitoring")).join(file)
}

#[track_caller]
fn assert_accepted(check: &str, file: &std::path::Path) {
    let mut command = std::process::Command::new("promtool");
    command.args(["check", check]).arg(file);
    let said = Said::from(command.output().unwrap());
    assert_eq!(said.code, Some(0), "{said:?}");
}

fn prometheus_accepts_its_configuration_and_every_query() {
    let dashboard = fs::read(monitoring("grafana/dashboards/clearance.json")).unwrap();
    let dashboard: Value = serde_json::from_slice(&dashboard).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let targets = panels.iter().flat_map(|panel| panel["targets"].as_array().unwrap());
    let queries: Vec<&str> = targets.map(|target| target["expr"].as_str().unwrap()).collect();
    assert!(queries.len() > panels.len());

    let known = fs::read_to_string(monitoring("../loadgen/src/prometheus/METRICS.md")).unwrap();
    let words = queries
        .iter()
        .flat_map(|query| query.split(|letter: char| !letter.is_alphanumeric() && letter != '_'));
    for metric in words.filter(|word| word.starts_with("clearance_")) {
        let metric = metric.strip_suffix("_bucket").unwrap_or(metric);
        assert!(known.contains(&format!("| `{metric}` |")), "{metric} is in no list of metrics");
    }

    // JSON is YAML.
    let rules: Vec<_> = queries.iter().map(|query| json!({ "record": "a:query", "expr": query })).collect();
    let desk = tempfile::tempdir().unwrap();
    let file = desk.path().join("rules.yml");
    let rules = json!({ "groups": [{ "name": "dashboard", "rules": rules }] });
    fs::write(&file, rules.to_string()).unwrap();
    assert_accepted("rules", &file);
    assert_accepted("config", &monitoring("prometheus.yml"));
}
