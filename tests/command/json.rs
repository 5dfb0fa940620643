//! The JSON report, read by its keys as a script would.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::Deserializer;
use serde_json::Value;

/// A report, by JSON pointers such as `/jobs/posted`.
pub(crate) struct Json(pub(crate) Value);

impl Json {
    pub(crate) fn read(path: &str) -> Self {
        Self(serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap())
    }

    #[track_caller]
    pub(crate) fn get(&self, pointer: &str) -> &Value {
        self.0.pointer(pointer).unwrap_or_else(|| panic!("no {pointer} in {:#}", self.0))
    }

    #[track_caller]
    pub(crate) fn count(&self, pointer: &str) -> u64 {
        self.get(pointer).as_u64().unwrap_or_else(|| panic!("{pointer} is {}", self.get(pointer)))
    }

    #[track_caller]
    pub(crate) fn number(&self, pointer: &str) -> f64 {
        self.get(pointer).as_f64().unwrap_or_else(|| panic!("{pointer} is {}", self.get(pointer)))
    }

    #[track_caller]
    pub(crate) fn text(&self, pointer: &str) -> &str {
        self.get(pointer).as_str().unwrap_or_else(|| panic!("{pointer} is {}", self.get(pointer)))
    }

    #[track_caller]
    pub(crate) fn list(&self, pointer: &str) -> &[Value] {
        self.get(pointer).as_array().unwrap_or_else(|| panic!("{pointer} is {}", self.get(pointer)))
    }

    /// The sum of a key over the members of a table or the items of a list.
    #[track_caller]
    pub(crate) fn sum(&self, pointer: &str, key: &str) -> u64 {
        let one = |value: &Value| value[key].as_u64().unwrap_or_else(|| panic!("{key} of {value}"));
        match self.get(pointer) {
            Value::Object(members) => members.values().map(one).sum(),
            Value::Array(items) => items.iter().map(one).sum(),
            other => panic!("{pointer} is {other}"),
        }
    }

    /// The histogram of a latency.
    #[track_caller]
    pub(crate) fn histogram(&self, pointer: &str) -> Histogram<u64> {
        let bytes = BASE64_STANDARD.decode(self.text(&format!("{pointer}/histogram"))).unwrap();
        Deserializer::new().deserialize(&mut bytes.as_slice()).unwrap()
    }

    /// The seconds in which a fault was at work.
    pub(crate) fn seconds_with(&self, fault: &str) -> Vec<u64> {
        let has = |second: &&Value| second["faults"].as_array().unwrap().iter().any(|name| name == fault);
        self.list("/timeline").iter().filter(has).map(|second| second["second"].as_u64().unwrap()).collect()
    }
}
