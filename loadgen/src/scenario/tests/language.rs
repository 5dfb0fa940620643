//! Every table and every key of the language, reader and schema held against each other.

use boon::{Compiler, SchemaIndex, Schemas};

use super::super::shape::{Key, Shape, Value};
use super::super::{builtin, read, schema};
use super::{mistake, resolve};

/// The schema, ready to judge.
struct Judge {
    schemas: Schemas,
    schema: SchemaIndex,
}

impl Judge {
    fn new() -> Self {
        let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
        compiler.add_resource("scenario.json", schema()).unwrap();
        let schema = compiler.compile("scenario.json", &mut schemas).unwrap();
        Self { schemas, schema }
    }

    fn check(&self, text: &str) -> Result<(), String> {
        let document: serde_json::Value = toml::from_str(text).unwrap();
        self.schemas.validate(&document, self.schema).map_err(|error| format!("{error:#}"))
    }

    fn assert_accepts(&self, text: &str) {
        self.check(text).unwrap_or_else(|error| panic!("{text}\n{error}"));
    }

    fn assert_refuses(&self, text: &str) {
        assert!(self.check(text).is_err(), "{text}\nshould be refused");
    }
}

/// A place in the language: the keys that lead to a table, and the tables on the way, the root first.
#[derive(Clone)]
struct Place {
    keys: Vec<&'static str>,
    shapes: Vec<&'static Shape>,
}

/// Every table of the language.
fn places() -> Vec<Place> {
    let mut found = vec![Place { keys: Vec::new(), shapes: vec![read::shape()] }];
    let mut next = 0;
    while let Some(place) = found.get(next).cloned() {
        next += 1;
        for key in &place.shape().keys {
            if let Some(shape) = key.value.table() {
                let mut below = place.clone();
                below.keys.push(key.name);
                below.shapes.push(shape);
                found.push(below);
            }
        }
    }
    found
}

impl Place {
    fn shape(&self) -> &'static Shape {
        self.shapes[self.shapes.len() - 1]
    }

    /// A scenario that has such a table with `first` in front of what it needs anyway, but for the keys `without`.
    /// Each key of the root has a line of its own.
    fn document(&self, first: &str, without: &[&str]) -> String {
        let mut inner = entries(self.shape(), first, without);
        for (depth, key) in self.keys.iter().enumerate().rev() {
            let above = self.shapes[depth];
            let value = match above.value(key).find(is_tables) {
                Some(()) => format!("[{{ {} }}]", inner.join(", ")),
                None => format!("{{ {} }}", inner.join(", ")),
            };
            inner = entries(above, &format!("{key} = {value}"), &[key]);
        }
        inner.join("\n")
    }
}

fn is_tables(value: &Value) -> Option<()> {
    matches!(value, Value::Tables { .. }).then_some(())
}

/// What a table has: `first`, and what it must have beside the keys `without`.
fn entries(shape: &Shape, first: &str, without: &[&str]) -> Vec<String> {
    let chosen = shape.forms.iter().find(|form| form.iter().any(|key| without.contains(key)));
    let form = chosen.or(shape.forms.first());
    let needed = |key: &&Key| {
        let is_needed = key.required.is_some() || form.is_some_and(|form| form.contains(&key.name));
        is_needed && !without.contains(&key.name)
    };
    let needed = shape.keys.iter().filter(needed).map(|key| format!("{} = {}", key.name, needed_value(key)));
    let mut entries: Vec<String> = std::iter::once(first.to_owned()).chain(needed).collect();
    if shape.name == "[[poster]]" {
        // It has to have something to do.
        let is_staged = without.contains(&"stages");
        entries
            .push(if is_staged { "preload = 1" } else { "stages = [{ for = \"2s\", rate = 1 }]" }.to_owned());
    }
    let says_one = shape.one_at_least.iter().any(|key| without.contains(key));
    if let Some(key) = shape.one_at_least.first().filter(|_| !says_one) {
        let key = shape.keys.iter().find(|known| known.name == *key).unwrap();
        entries.push(format!("{} = {}", key.name, needed_value(key)));
    }
    if without.contains(&"fleet") && shape.name == "[[change]]" {
        entries.push("workers = 1".to_owned());
    }
    if shape.name == "a scenario" && !without.contains(&"replicas") {
        entries.push("replicas = 2".to_owned());
    }
    if shape.name == "a scenario" && without.contains(&"change") {
        // Whom a change may name.
        entries.retain(|entry| !entry.starts_with("fleet = "));
        for (kind, needs) in [("fleet", "workers = 1"), ("poster", "preload = 1")] {
            let named =
                samples_of(&Value::Text).into_iter().map(|name| format!("{{ name = {name}, {needs} }}"));
            entries.push(format!("{kind} = [{}]", named.collect::<Vec<_>>().join(", ")));
        }
    }
    entries.retain(|entry| !entry.is_empty());
    entries
}

/// A value that goes with whatever else is there.
fn needed_value(key: &Key) -> String {
    match key.name {
        "median" => "\"1us\"".to_owned(),
        "min" => "\"0s\"".to_owned(),
        "p99" | "max" => "\"1h\"".to_owned(),
        _ => samples(key).swap_remove(0),
    }
}

/// Values that a key may have.
fn samples(key: &Key) -> Vec<String> {
    match (&key.value, key.required) {
        (Value::Text, Some(example)) => vec![example.to_owned()],
        (value, _) => samples_of(value),
    }
}

fn samples_of(value: &Value) -> Vec<String> {
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    match value {
        Value::Text => texts(&["\"word\"", "'''some\nwords'''"]),
        Value::Truth => texts(&["true", "false"]),
        Value::True => texts(&["true"]),
        Value::Duration { is_positive: false, .. } => texts(&["\"1s\"", "\"0s\"", "\" 1500 us\"", "\".5m\""]),
        Value::Duration { is_positive: true, .. } => texts(&["\"2s\"", "\"1.5s\"", "\"30µs\""]),
        Value::Rate { .. } => texts(&["5", "0.5", "\"5/s\"", "\"30/m\"", "\"7\"", "\"1e2 / h\""]),
        Value::Percent { .. } => texts(&["\"200%\"", "\" 12.5 %\""]),
        Value::Whole(bounds) => vec![bounds.start().to_string(), (bounds.start() + 1).to_string()],
        Value::Share => texts(&["0.5", "1", "0"]),
        Value::Weight => texts(&["1", "0.5"]),
        Value::Word(words) => words.iter().map(|word| format!("{word:?}")).collect(),
        Value::Words(words) => vec![format!("{words:?}"), format!("[{:?}]", words[0])],
        Value::Tags => texts(&["{}", "{ a = \"b\", \"c d\" = \"\" }"]),
        Value::Table(of) => vec![format!("{{ {} }}", entries(of(), "", &[]).join(", "))],
        Value::Tables { of, .. } => vec![format!("[{{ {} }}]", entries(of(), "", &[]).join(", "))],
        Value::Either(values) => values.iter().flat_map(samples_of).collect(),
    }
}

/// Every key of every table.
fn keys() -> impl Iterator<Item = (Place, &'static Key)> {
    places().into_iter().flat_map(|place| {
        let shape = place.shape();
        shape.keys.iter().map(move |key| (place.clone(), key))
    })
}

/// Where a word stands, line and column from 1.
fn position(text: &str, word: &str) -> (usize, usize) {
    let at = text.find(word).unwrap();
    let before = &text[..at];
    (before.matches('\n').count() + 1, before.chars().rev().take_while(|c| *c != '\n').count() + 1)
}

#[test]
fn the_language_has_these_tables() {
    let names: Vec<String> = places()
        .iter()
        .map(|place| {
            format!("{}: {}", place.keys.join("."), place.shape().names().collect::<Vec<_>>().join(" "))
        })
        .collect();
    insta::assert_snapshot!(names.join("\n"));
}

#[test]
fn what_a_key_may_be_reader_and_schema_accept() {
    let judge = Judge::new();
    for (place, key) in keys() {
        for sample in samples(key) {
            let text = place.document(&format!("{} = {sample}", key.name), &[key.name]);
            judge.assert_accepts(&text);
            resolve(&text);
        }
    }
}

#[test]
fn what_a_key_may_not_be_reader_and_schema_refuse_where_it_stands() {
    let judge = Judge::new();
    for (place, key) in keys() {
        let text = place.document(&format!("{} = [[1]]", key.name), &[key.name]);
        judge.assert_refuses(&text);
        let (line, column, message) = mistake(&text);
        let (expected_line, start) = position(&text, "[[1]]");
        // Of a list it is the entry that is wrong.
        assert!(line == expected_line && (start..=start + 1).contains(&column), "{text}\n{message}");
        assert!(!message.contains("unknown key"), "{text}\n{message}");
    }
}

#[test]
fn an_unknown_key_is_refused_in_every_table_with_its_place_and_the_nearest_right_one() {
    let judge = Judge::new();
    for (place, key) in keys() {
        let wrong = format!("{}{}", key.name, key.name.chars().next_back().unwrap());
        let text = place.document(&format!("{wrong} = 1"), &[]);
        judge.assert_refuses(&text);
        let (line, column, message) = mistake(&text);
        assert_eq!((line, column), position(&text, &wrong), "{text}\n{message}");
        let expected =
            format!("unknown key {wrong:?} in {}; did you mean {:?}?", place.shape().name, key.name);
        assert_eq!(message, expected, "{text}");
    }
}

#[test]
fn what_must_be_there_reader_and_schema_miss() {
    let judge = Judge::new();
    for (place, key) in keys().filter(|(_, key)| key.required.is_some()) {
        let text = place.document("", &[key.name]);
        judge.assert_refuses(&text);
        let (_, _, message) = mistake(&text);
        assert!(message.contains(" needs ") && message.contains(key.name), "{text}\n{message}");
    }
}

#[test]
fn of_keys_of_which_one_at_least_is_there_reader_and_schema_miss_all() {
    let judge = Judge::new();
    for place in places().iter().filter(|place| !place.shape().one_at_least.is_empty()) {
        let text = place.document("", &place.shape().one_at_least);
        judge.assert_refuses(&text);
        let (_, _, message) = mistake(&text);
        assert!(message.contains("it has at least one of"), "{text}\n{message}");
    }
}

#[test]
fn of_forms_that_exclude_each_other_reader_and_schema_accept_one() {
    let judge = Judge::new();
    for place in places().iter().filter(|place| !place.shape().forms.is_empty()) {
        let forms = &place.shape().forms;
        for (form, other) in forms.iter().zip(forms.iter().cycle().skip(1)) {
            let both: Vec<&str> = form.iter().chain(other).copied().collect();
            let entry = |name: &&str| {
                let key = place.shape().keys.iter().find(|key| key.name == *name).unwrap();
                format!("{name} = {}", samples(key)[0])
            };
            let text = place.document(&both.iter().map(entry).collect::<Vec<_>>().join(", "), &both);
            judge.assert_refuses(&text);
            mistake(&text);
        }
    }
}

#[test]
fn built_in_scenarios_fit_the_schema() {
    let judge = Judge::new();
    for name in builtin::names() {
        judge.assert_accepts(&builtin::get(name).unwrap().text);
    }
}

#[test]
fn a_scenario_of_nothing_is_refused_by_both() {
    let judge = Judge::new();
    for text in ["", "fleet = []", "fleet = [{ workers = 0 }]", "fleet = [{ workers = 1000001 }]"] {
        judge.assert_refuses(text);
        mistake(text);
    }
}

/// What stands in comments as an example can be put to use by removing the `# ` in front.
#[test]
fn what_the_default_scenario_shows_in_comments_can_be_used() {
    let text = builtin::get("default").unwrap().text;
    let mut examples: Vec<(&str, Vec<&str>)> = Vec::new();
    let mut heading = "";
    for line in text.lines() {
        let shown = line.strip_prefix("# ").unwrap_or(line);
        if shown.starts_with("[[") {
            heading = shown.split_inclusive("]]").next().unwrap();
            examples.push((heading, Vec::new()));
        }
        let key = line.strip_prefix("# ").and_then(|line| line.split_once(" = ")).map(|(key, _)| key);
        if !heading.is_empty()
            && key.is_some_and(|key| key.chars().all(|c| c.is_ascii_lowercase() || c == '_'))
        {
            examples.last_mut().unwrap().1.push(shown);
        }
    }
    examples.retain(|(_, lines)| !lines.is_empty());
    let table = |heading: &str, lines: &[&str]| {
        let needed = match heading {
            "[[fleet]]" => "workers = 1\n",
            "[[poster]]" => "stages = [{ for = \"60s\", rate = 1 }]\n",
            _ => "",
        };
        let fleet = if heading == "[[fleet]]" { "" } else { "[[fleet]]\nworkers = 1\n" };
        resolve(&format!("replicas = 3\n{fleet}{heading}\n{needed}{}", lines.join("\n")))
    };
    for (heading, lines) in &examples {
        if matches!(*heading, "[[fleet]]" | "[[poster]]") {
            // They are alternatives to each other, or to what stands there.
            for line in lines {
                table(heading, &[*line]);
            }
        } else {
            table(heading, lines);
        }
    }
    let headings: Vec<&str> = examples.iter().map(|(heading, _)| *heading).collect();
    assert_eq!(headings, ["[[fleet]]", "[[poster]]", "[[fault]]", "[[change]]", "[[assert]]", "[[assert]]"]);
}
