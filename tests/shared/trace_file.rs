//! A trace as a viewer takes it in, and what must be so of every one.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// A process and a thread of the format: a group and a row.
pub(crate) type Row = (u64, u64);

fn row(entry: &Value) -> Row {
    (entry["pid"].as_u64().unwrap(), entry["tid"].as_u64().unwrap())
}

fn nanos(value: &Value) -> u64 {
    (value.as_f64().unwrap() * 1e3).round() as u64
}

/// Its entries of one kind.
pub(crate) fn of_phase<'a>(trace: &'a Value, phase: &'static str) -> impl Iterator<Item = &'a Value> {
    let entries = trace["traceEvents"].as_array().unwrap().iter();
    entries.filter(move |entry| entry["ph"] == phase)
}

/// Begin, end and name of each row's slices.
pub(crate) fn slices(trace: &Value) -> BTreeMap<Row, Vec<(u64, u64, &str)>> {
    let mut rows: BTreeMap<Row, Vec<_>> = BTreeMap::new();
    for slice in of_phase(trace, "X") {
        let from = nanos(&slice["ts"]);
        let name = slice["name"].as_str().unwrap();
        rows.entry(row(slice)).or_default().push((from, from + nanos(&slice["dur"]), name));
    }
    rows
}

/// Fails unless slices nest, flows have all their ends in slices and go forwards, and every row has a name.
pub(crate) fn expect_sound(trace: &Value) {
    let rows = slices(trace);
    for (row, slices) in &rows {
        let mut sorted = slices.clone();
        sorted.sort_by_key(|(from, to, _)| (*from, std::cmp::Reverse(*to)));
        let mut open: Vec<(u64, u64, &str)> = Vec::new();
        for slice in sorted {
            while open.pop_if(|outer| outer.1 <= slice.0).is_some() {}
            if let Some(outer) = open.last() {
                assert!(slice.1 <= outer.1, "on {row:?}: {slice:?} outlasts {outer:?}");
            }
            open.push(slice);
        }
    }
    let mut flows: BTreeMap<u64, Vec<(&str, u64, Row)>> = BTreeMap::new();
    for phase in ["s", "t", "f"] {
        for end in of_phase(trace, phase) {
            let flow = flows.entry(end["id"].as_u64().unwrap()).or_default();
            flow.push((phase, nanos(&end["ts"]), row(end)));
        }
    }
    for (id, ends) in &flows {
        let phases: Vec<&str> = ends.iter().map(|(phase, _, _)| *phase).collect();
        assert_eq!(phases, ["s", "t", "f"], "flow {id}");
        assert!(ends.is_sorted_by_key(|(_, at, _)| *at), "flow {id}: {ends:?}");
        for (phase, at, row) in ends {
            let is_in_one = rows
                .get(row)
                .is_some_and(|slices| slices.iter().any(|(from, to, _)| (from..=to).contains(&at)));
            assert!(is_in_one, "{phase} of flow {id} at {at} on {row:?} is in no slice");
        }
    }
    let named: BTreeSet<Row> =
        of_phase(trace, "M").filter(|entry| entry["name"] == "thread_name").map(row).collect();
    assert!(rows.keys().all(|row| named.contains(row)), "{named:?} of {:?}", rows.keys());
}

/// How many entries of one kind have names that begin so.
pub(crate) fn count(trace: &Value, phase: &'static str, name: &str) -> usize {
    of_phase(trace, phase).filter(|entry| entry["name"].as_str().unwrap().starts_with(name)).count()
}
