//! Which figures a report has, by their paths, and how one is read.
//!
//! The paths are those of a report made of defaults, as it is serialized, so that every figure that the
//! report's type gains can be asserted at once.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::{Map, Value};

use super::limit::Unit;
use crate::report::{Domain, LatencySummary, ObservedDatabase, Report, TimelineSecond};
use crate::scenario::nearest;

/// What may be left out in front of a path, in the order in which it is tried.
const PREFIXES: [&str; 3] = ["", "latency_us.", "latency_by_cause_us."];
/// What was asked for or names something; none of it came out of the run.
const NO_FIGURES: [&str; 5] = ["scenario", "policy", "tool", "assertions", "schema_version"];
/// So many letters say what a name was to be that begins with them.
const BEGUN_MIN: usize = 4;
/// What can be made of a key of a list.
const FOLDS: [(&str, Fold); 5] =
    [("max", Fold::Max), ("min", Fold::Min), ("mean", Fold::Mean), ("sum", Fold::Sum), ("last", Fold::Last)];

/// One figure of a report.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Figure {
    /// Its path in the report, prefix included.
    pub(super) path: String,
    pub(super) unit: Unit,
    reading: Reading,
}

#[derive(Debug, Clone, PartialEq)]
enum Reading {
    /// As it stands there.
    Plain,
    /// The percentile of the distribution at a path.
    Percentile { distribution: String, quantile: f64 },
    /// How many entries a list has.
    Count { list: String },
    /// A key of a list's entries, made one figure.
    Over { list: String, key: String, fold: Fold },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fold {
    Max,
    Min,
    Mean,
    Sum,
    Last,
}

/// What stands at a path of the report.
#[derive(Debug, Clone, PartialEq)]
enum Entry {
    Figure(Figure),
    Distribution,
    Group,
    Text,
}

/// All paths of a report, in order.
static CATALOGUE: LazyLock<BTreeMap<String, Entry>> = LazyLock::new(|| {
    let sample = Report {
        domains: vec![Domain::default()],
        timeline: vec![TimelineSecond::default()],
        database: ObservedDatabase::of_every_figure(),
        ..Report::default()
    };
    let mut entries = BTreeMap::new();
    if let Value::Object(keys) = to_value(&sample) {
        for (key, value) in keys.iter().filter(|(key, _)| !NO_FIGURES.contains(&key.as_str())) {
            list(key, value, &mut entries);
        }
    }
    entries
});

fn to_value(report: &Report) -> Value {
    serde_json::to_value(report).expect("a report's keys are strings")
}

/// Lists what is at `path` and below.
fn list(path: &str, value: &Value, entries: &mut BTreeMap<String, Entry>) {
    let entry = match value {
        Value::Null | Value::String(_) => Entry::Text,
        Value::Bool(_) => plain(path, Unit::Truth),
        Value::Number(_) => plain(path, unit_of(path)),
        Value::Object(keys) => {
            let is_distribution = keys.contains_key("histogram");
            for (key, value) in keys {
                let below = format!("{path}.{key}");
                if is_distribution && value.is_number() {
                    let unit = if key == "count" { Unit::Number } else { Unit::Microseconds };
                    entries.insert(below.clone(), plain(&below, unit));
                } else {
                    list(&below, value, entries);
                }
            }
            if is_distribution { Entry::Distribution } else { Entry::Group }
        }
        Value::Array(items) => {
            let count = format!("{path}.count");
            let reading = Reading::Count { list: path.to_owned() };
            let figure = Figure { path: count.clone(), unit: Unit::Number, reading };
            entries.insert(count, Entry::Figure(figure));
            if let Some(Value::Object(keys)) = items.first() {
                list_folds(path, keys, entries);
            }
            Entry::Group
        }
    };
    entries.insert(path.to_owned(), entry);
}

fn list_folds(path: &str, keys: &Map<String, Value>, entries: &mut BTreeMap<String, Entry>) {
    for (key, _) in keys.iter().filter(|(_, value)| value.is_number()) {
        entries.insert(format!("{path}.{key}"), Entry::Group);
        for (name, fold) in FOLDS {
            let whole = format!("{path}.{key}.{name}");
            let reading = Reading::Over { list: path.to_owned(), key: key.clone(), fold };
            let figure = Figure { path: whole.clone(), unit: unit_of(key), reading };
            entries.insert(whole, Entry::Figure(figure));
        }
    }
}

fn plain(path: &str, unit: Unit) -> Entry {
    Entry::Figure(Figure { path: path.to_owned(), unit, reading: Reading::Plain })
}

/// The report's keys end in their unit; rates are a table of their own.
fn unit_of(path: &str) -> Unit {
    let ends_in = |endings: &[&str]| endings.iter().any(|ending| path.ends_with(ending));
    if ends_in(&["_us"]) {
        Unit::Microseconds
    } else if ends_in(&["_seconds"]) {
        Unit::Seconds
    } else if path.starts_with("rates.") || ends_in(&["_per_s", "_per_second"]) {
        Unit::PerSecond
    } else if ends_in(&["_ratio", "_share"]) {
        Unit::Share
    } else {
        Unit::Number
    }
}

impl Figure {
    /// The figure that a path names, its prefix left out or not.
    pub(super) fn find(path: &str) -> Result<Self, String> {
        for prefix in PREFIXES {
            let whole = format!("{prefix}{path}");
            match CATALOGUE.get(&whole) {
                Some(Entry::Figure(figure)) => return Ok(figure.clone()),
                Some(Entry::Text) => return Err(format!("{path} is a text, not a figure")),
                Some(Entry::Distribution) => {
                    return Err(format!("{path} is a distribution; name a figure of it, such as {path}.p99"));
                }
                Some(Entry::Group) => {
                    return Err(format!("{path} is no figure itself; it has {}", below(&whole)));
                }
                None => {}
            }
            if let Some((distribution, percentile)) = percentile(&whole)
                && CATALOGUE.get(distribution) == Some(&Entry::Distribution)
            {
                let quantile = percentile?;
                let distribution = distribution.to_owned();
                let reading = Reading::Percentile { distribution, quantile };
                return Ok(Self { path: whole.clone(), unit: Unit::Microseconds, reading });
            }
        }
        Err(unknown(path))
    }

    /// What the report says; `None` when nothing was observed that could say it.
    pub(super) fn read(&self, report: &ReportTree) -> Option<f64> {
        match &self.reading {
            Reading::Plain => {
                report.is_observed(&self.path).then(|| report.at(&self.path)).flatten().and_then(number)
            }
            Reading::Percentile { distribution, quantile } => {
                let summary: LatencySummary =
                    serde_json::from_value(report.at(distribution)?.clone()).ok()?;
                let histogram = summary.decode().ok().filter(|histogram| !histogram.is_empty())?;
                Some(histogram.value_at_quantile(*quantile) as f64)
            }
            Reading::Count { list } => Some(report.at(list)?.as_array()?.len() as f64),
            Reading::Over { list, key, fold } => fold.of(report.entries(list, key)),
        }
    }
}

impl Fold {
    fn of(self, values: impl Iterator<Item = f64>) -> Option<f64> {
        let values: Vec<f64> = values.collect();
        let last = *values.last()?;
        Some(match self {
            Self::Max => values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            Self::Min => values.iter().copied().fold(f64::INFINITY, f64::min),
            Self::Mean => values.iter().sum::<f64>() / values.len() as f64,
            Self::Sum => values.iter().sum(),
            Self::Last => last,
        })
    }
}

/// A report as its keys and values.
pub(super) struct ReportTree(Value);

impl ReportTree {
    pub(super) fn of(report: &Report) -> Self {
        let mut tree = to_value(report);
        // Warm-up and drain are no part of what is judged.
        tree["timeline"] = serde_json::to_value(report.measured_timeline().collect::<Vec<_>>())
            .expect("a second's keys are strings");
        Self(tree)
    }

    fn at(&self, path: &str) -> Option<&Value> {
        path.split('.').try_fold(&self.0, |value, key| value.get(key))
    }

    fn number(&self, path: &str) -> f64 {
        self.at(path).and_then(number).unwrap_or(0.0)
    }

    /// Whether anything was observed that a plain figure could come from: where there was nothing, the report
    /// has a zero or a one in its place.
    fn is_observed(&self, path: &str) -> bool {
        let (parent, key) = path.rsplit_once('.').unwrap_or(("", path));
        if CATALOGUE.get(parent) == Some(&Entry::Distribution) && key != "count" {
            return self.number(&format!("{parent}.count")) > 0.0;
        }
        match path {
            "queries.acquire.per_job" => self.number("jobs.acquired") > 0.0,
            "generator.achieved_ratio" => {
                self.number("rates.target_post") > 0.0 || self.number("jobs.posted") > 0.0
            }
            "generator.schedule_lag_p99_us" => self.number("latency_us.post_lag.count") > 0.0,
            _ if parent == "rates" => self.number("run.measured_seconds") > 0.0,
            _ => true,
        }
    }

    /// A key of a list's entries. Percentiles of a second count only where it had jobs.
    fn entries(&self, list: &str, key: &str) -> impl Iterator<Item = f64> {
        let items = self.at(list).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        items.iter().filter_map(move |item| {
            let of = |key: &str| item.get(key).and_then(number);
            let has_jobs = !key.starts_with("queue_wait_") || of("acquired").is_some_and(|jobs| jobs > 0.0);
            if has_jobs { of(key) } else { None }
        })
    }
}

fn number(value: &Value) -> Option<f64> {
    value.as_f64().or_else(|| value.as_bool().map(|truth| f64::from(u8::from(truth))))
}

/// The path of the distribution in front of a percentile, and the percentile as a share: two digits are whole
/// percents, further ones decimals, so that `p999` is what `p99.9` is.
pub(super) fn percentile(path: &str) -> Option<(&str, Result<f64, String>)> {
    let (distribution, digits) = path.rsplit_once(".p")?;
    if digits.is_empty() || !digits.chars().all(|c| c.is_ascii_digit() || c == '.') {
        return None;
    }
    let (whole, decimals) = match digits.split_once('.') {
        Some(parts) => parts,
        None if digits.len() > 2 && digits != "100" => digits.split_at(2),
        None => (digits, ""),
    };
    // Divided by a hundred as text: 99.9 / 100 is a little more than 0.999.
    let share = match (whole, decimals) {
        ("100", "") => Some(1.0),
        _ if whole.len() <= 2 => format!("0.{whole:0>2}{decimals}").parse::<f64>().ok(),
        _ => None,
    };
    let share = share.ok_or_else(|| format!("there is no percentile p{digits}; they go from p0 to p100"));
    Some((distribution, share))
}

/// The figures right below a path, in words.
fn below(path: &str) -> String {
    let names: Vec<&str> = CATALOGUE
        .keys()
        .filter_map(|known| known.strip_prefix(path)?.strip_prefix('.'))
        .filter(|name| !name.contains('.'))
        .collect();
    names.join(", ")
}

/// What is said of a path that names nothing.
fn unknown(path: &str) -> String {
    // Percentiles that no report names are as right as those that it does.
    let (stem, asked) = match percentile(path) {
        Some((distribution, Ok(_))) => {
            (format!("{distribution}.p99"), path.strip_prefix(distribution).map(str::to_owned))
        }
        _ => (path.to_owned(), None),
    };
    let short = |known: &'static str| PREFIXES.iter().rev().find_map(|prefix| known.strip_prefix(prefix));
    let figures = CATALOGUE.iter().filter(|(_, entry)| matches!(entry, Entry::Figure(_)));
    let names: Vec<&str> = figures.filter_map(|(known, _)| short(known)).collect();
    // Half a name says more than a name that is spelt alike.
    let begun = names.iter().copied().find(|name| stem.len() >= BEGUN_MIN && name.starts_with(&stem));
    let near = begun.or_else(|| nearest(&stem, names));
    // What was asked for is put back behind the name.
    let meant = near.map(|near| match asked.zip(near.strip_suffix(".p99")) {
        Some((asked, distribution)) => format!("{distribution}{asked}"),
        None => near.to_owned(),
    });
    match meant {
        Some(near) => format!("there is no figure {path:?}; did you mean {near:?}?"),
        None => format!(
            "there is no figure {path:?}; figures are named as in the JSON report, such as queue_wait.p99, \
             jobs.failed, queries.acquire.per_job, audit.ok"
        ),
    }
}
