//! The files of the profile `monitoring`: what Prometheus makes of them, and that every query has an answer.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, ChildStderr, Command, Stdio};

use serde_json::{Value, json};

use crate::project::{Said, story};
use crate::until::until;

pub(crate) const TESTS: &[(&str, fn())] = &[
    (
        "prometheus_accepts_its_configuration_and_every_query",
        prometheus_accepts_its_configuration_and_every_query,
    ),
    ("every_query_has_an_answer_while_a_run_is_scraped", every_query_has_an_answer_while_a_run_is_scraped),
];

fn monitoring(file: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../monitoring")).join(file)
}

#[track_caller]
fn assert_accepted(check: &str, file: &std::path::Path) {
    let mut command = Command::new("promtool");
    command.args(["check", check]).arg(file);
    let said = Said::from(command.output().unwrap());
    assert_eq!(said.code, Some(0), "{said:?}");
}

/// The queries of the dashboard.
fn queries() -> Vec<String> {
    let dashboard = fs::read(monitoring("grafana/dashboards/clearance.json")).unwrap();
    let dashboard: Value = serde_json::from_slice(&dashboard).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let targets = panels.iter().flat_map(|panel| panel["targets"].as_array().unwrap());
    let queries: Vec<_> = targets.map(|target| target["expr"].as_str().unwrap().to_owned()).collect();
    assert!(queries.len() > panels.len());
    queries
}

/// What is written about the metrics.
fn manual() -> String {
    fs::read_to_string(monitoring("../loadgen/src/prometheus/METRICS.md")).unwrap()
}

/// A server that ends when this is dropped.
struct Server {
    process: Child,
    log: BufReader<ChildStderr>,
}

impl Server {
    fn start(mut command: Command) -> Self {
        let mut process = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let log = BufReader::new(process.stderr.take().unwrap());
        Self { process, log }
    }

    /// Where it listens, which it says between these words.
    #[track_caller]
    fn address(&mut self, before: &str, after: &str) -> String {
        let mut said = String::new();
        while self.log.read_line(&mut said).unwrap() > 0 {
            let line = said.lines().last().unwrap();
            if let Some((_, rest)) = line.split_once(before) {
                return rest.split(after).next().unwrap().to_owned();
            }
        }
        panic!("it ended before it listened: {said}");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // One that has ended already ends no more.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn prometheus_accepts_its_configuration_and_every_query() {
    let (queries, known) = (queries(), manual());
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

fn every_query_has_an_answer_while_a_run_is_scraped() {
    let desk = tempfile::tempdir().unwrap();
    let poster = "stages = [{ for = \"1h\", rate = 30 }]";
    let fault = "[[fault]]\nat = \"0s\"\nduplicate_notifications = 0.5\n";
    let mut command = Command::new(env!("CARGO_BIN_EXE_clearance"));
    command.arg("run").arg(story(desk.path(), "10m", poster, fault)).env_remove("DATABASE_URL");
    command.args(["--db", "local", "--headless", "--metrics", "127.0.0.1:0"]).stdin(Stdio::null());
    let mut run = Server::start(command);
    let scraped = run.address("clearance: metrics at http://", "/metrics");

    let configuration = fs::read_to_string(monitoring("prometheus.yml")).unwrap();
    let here = configuration.replace("load:9187", &scraped);
    assert_ne!(here, configuration, "it scrapes the container of the profile load");
    let file = desk.path().join("prometheus.yml");
    fs::write(&file, here).unwrap();
    let mut command = Command::new("prometheus");
    command.arg("--config.file").arg(file).arg("--storage.tsdb.path").arg(desk.path().join("series"));
    command.arg("--web.listen-address=127.0.0.1:0");
    let mut prometheus = Server::start(command);
    let address = prometheus.address("\"Listening on\" ", "\n");
    let address = address.split("address=").nth(1).unwrap().split(' ').next().unwrap();

    let manual = manual();
    let explained = manual.split("```\n").find(|block| block.starts_with("histogram_quantile")).unwrap();
    let explained = explained.lines().map(|line| line.split('#').next().unwrap().trim().to_owned());
    for query in queries().into_iter().chain(explained) {
        until(&query, || {
            let mut ask = Command::new("promtool");
            ask.args(["query", "instant", "--format", "json", &format!("http://{address}"), &query]);
            // Prometheus gets ready after it has begun to listen.
            let said = Said::of(ask);
            let answer: Value = serde_json::from_str(&said.stdout).ok()?;
            let is_number = |series: &Value| series["value"][1] != "NaN";
            answer.as_array()?.iter().any(is_number).then_some(())
        });
    }
}
