//! The language as a JSON Schema, for editors: it completes keys and marks what cannot be while one types.
//!
//! Written from the same [shapes](super::shape) as the reader reads by. It says less than the reader where several
//! keys have to fit each other, or a duration has to be longer than zero; the reader has the last word.

use serde_json::{Map, Value as Json, json};

use super::quantity::patterns;
use super::read;
use super::shape::{Key, Shape, Value};

/// A scenario's schema, in JSON Schema's draft 2020-12.
#[must_use]
pub fn schema() -> Json {
    let mut schema = table(read::shape());
    let head = [
        ("$schema", json!("https://json-schema.org/draft/2020-12/schema")),
        ("title", json!("A scenario of clearance")),
        (
            "$defs",
            json!({
                "duration": {
                    "type": "string",
                    "pattern": patterns::DURATION,
                    "description": "A time with its unit: us, ms, s, m or h, such as \"30s\" or \"1.5ms\".",
                },
                "share": { "type": "number", "minimum": 0, "maximum": 1 },
                "tags": { "type": "object", "additionalProperties": { "type": "string" } },
            }),
        ),
    ];
    schema.extend(head.map(|(key, value)| (key.to_owned(), value)));
    Json::Object(schema)
}

fn table(shape: &Shape) -> Map<String, Json> {
    let properties: Map<String, Json> =
        shape.keys.iter().map(|key| (key.name.to_owned(), property(key))).collect();
    let required: Vec<&str> =
        shape.keys.iter().filter(|key| key.required.is_some()).map(|key| key.name).collect();
    let mut schema = Map::new();
    schema.insert("type".to_owned(), json!("object"));
    schema.insert("description".to_owned(), json!(shape.about));
    schema.insert("properties".to_owned(), Json::Object(properties));
    schema.insert("additionalProperties".to_owned(), json!(false));
    if !required.is_empty() {
        schema.insert("required".to_owned(), json!(required));
    }
    if !shape.forms.is_empty() {
        let forms: Vec<Json> = shape.forms.iter().map(|form| choice(form, shape)).collect();
        schema.insert("oneOf".to_owned(), json!(forms));
    }
    if !shape.one_at_least.is_empty() {
        let any: Vec<Json> = shape.one_at_least.iter().map(|key| json!({ "required": [key] })).collect();
        schema.insert("anyOf".to_owned(), json!(any));
    }
    schema
}

/// These keys of a choice, and none of the others.
fn choice(form: &[&str], shape: &Shape) -> Json {
    let others = shape.forms.iter().flatten().filter(|key| !form.contains(key));
    let never: Map<String, Json> = others.map(|key| ((*key).to_owned(), json!(false))).collect();
    json!({ "required": form, "properties": never })
}

fn property(key: &Key) -> Json {
    let mut schema = value(&key.value);
    schema["description"] = json!(key.about);
    schema
}

fn value(of: &Value) -> Json {
    match of {
        Value::Text => json!({ "type": "string", "pattern": r"\S" }),
        Value::Truth => json!({ "type": "boolean" }),
        Value::True => json!({ "const": true }),
        Value::Duration { .. } => json!({ "$ref": "#/$defs/duration" }),
        Value::Rate { is_positive, most } => {
            let least = if *is_positive { "exclusiveMinimum" } else { "minimum" };
            json!({ "anyOf": [
                { "type": "number", least: 0, "maximum": most },
                { "type": "string", "pattern": patterns::RATE },
            ]})
        }
        Value::Percent { .. } => json!({ "type": "string", "pattern": patterns::PERCENT }),
        Value::Whole(bounds) => {
            json!({ "type": "integer", "minimum": bounds.start(), "maximum": bounds.end() })
        }
        Value::Share => json!({ "$ref": "#/$defs/share" }),
        Value::Weight => json!({ "type": "number", "minimum": 0 }),
        Value::Word(words) => json!({ "enum": words }),
        Value::Tags => json!({ "$ref": "#/$defs/tags" }),
        Value::Words(words) => {
            json!({ "type": "array", "items": { "enum": words }, "minItems": 1 })
        }
        Value::Table(of) => Json::Object(table(of())),
        Value::Tables { of, least } => {
            json!({ "type": "array", "items": table(of()), "minItems": least })
        }
        Value::Either(values) => json!({ "anyOf": values.iter().map(value).collect::<Vec<_>>() }),
    }
}
