//! The published JSON Schemas agree with the fixture events and payloads.

use crate::bodies::{GOOD, fixtures, fixtures_folder, payload, refused_by_schema};
use crate::common::trials;
use crate::site::adapters;
use jsonschema::{Draft, Registry, Validator};
use libtest_mimic::Trial;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;

const EVENT: &str = include_str!("../../hooks/event.schema.json");
const PAYLOAD: &str = include_str!("../../hooks/payload.schema.json");

/// Events that the hook accepts, but that serde_json cannot read into a tree: half a surrogate
/// pair, numbers above a float's limit, and nesting deeper than 128.
const UNREADABLE_AS_A_TREE: &[&str] = &[
    "adapter_lone_surrogate",
    "count_400_digits",
    "duration_1e999",
    "duration_400_digits",
    "duration_negative_1e999",
    "duration_negative_400_digits",
    "features_lone_surrogate",
    "key_lone_surrogate",
    "key_lone_surrogate_inside",
    "key_lone_surrogate_like_a_known_one",
    "nested_10000_arrays_ignored",
    "nested_10000_arrays_in_a_feature",
    "nested_10000_arrays_in_known_keys",
    "nested_10000_objects_ignored",
    "nested_10000_objects_in_a_count",
];

pub fn trials() -> Vec<Trial> {
    trials![
        the_schemas_are_of_draft_2020_12,
        the_schemas_are_named_as_their_files_and_have_no_anchors,
        every_payload_is_of_the_schema,
        the_schema_refuses_bodies_that_are_not_of_version_1,
        the_schema_names_every_published_adapter,
        an_event_is_of_the_schema_exactly_if_it_is_sent,
        of_an_exact_event_every_value_arrives,
    ]
}

fn schema(text: &str) -> Value {
    serde_json::from_str(text).expect("a schema is JSON")
}

/// A validator for the part of the schemas at `reference`. The schemas refer to each other by file
/// name.
fn validator(reference: &str) -> Validator {
    let registry = Registry::new()
        .add("json-schema:///event.schema.json", schema(EVENT))
        .expect("the event's schema");
    let registry = registry
        .add("json-schema:///payload.schema.json", schema(PAYLOAD))
        .expect("the payload's schema");
    let registry = registry.prepare().expect("both schemas");
    let reference = json!({"$ref": format!("json-schema:///{reference}")});
    let options =
        jsonschema::options().with_draft(Draft::Draft202012).with_registry(&registry).offline();
    options.build(&reference).expect("a validator")
}

fn the_schemas_are_of_draft_2020_12() {
    for text in [EVENT, PAYLOAD] {
        let schema = schema(text);
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
        jsonschema::draft202012::meta::validate(&schema)
            .expect("a schema by the draft's own schema");
    }
}

/// A validator resolves the other schema's name relative to the `$id`. By default, Ajv refuses
/// `$anchor`.
fn the_schemas_are_named_as_their_files_and_have_no_anchors() {
    for (text, name) in [(EVENT, "event.schema.json"), (PAYLOAD, "payload.schema.json")] {
        assert_eq!(schema(text)["$id"], name);
        assert!(!text.contains("$anchor"), "{name}");
    }
}

fn every_payload_is_of_the_schema() {
    let validator = validator("payload.schema.json");
    let of_docglow =
        fs::read_to_string(fixtures_folder().join("payloads.jsonl")).expect("docglow's payloads");
    let named = fixtures().into_iter().filter_map(|fixture| Some((fixture.name, fixture.payload?)));
    let sent_by_docglow =
        of_docglow.lines().map(|line| ("payloads.jsonl".to_owned(), payload(line)));
    let payloads: Vec<_> = named.chain(sent_by_docglow).collect();
    assert!(payloads.len() > 220, "{}", payloads.len());
    for (name, payload) in payloads {
        validator.validate(&payload).unwrap_or_else(|error| panic!("{name}: {error}"));
    }
}

fn the_schema_refuses_bodies_that_are_not_of_version_1() {
    let validator = validator("payload.schema.json");
    assert!(validator.is_valid(&payload(GOOD)));
    for (wrong, body) in refused_by_schema() {
        let is_valid =
            serde_json::from_str(&body).is_ok_and(|payload: Value| validator.is_valid(&payload));
        assert!(!is_valid, "{wrong}: {body}");
    }
    for key in payload(GOOD).as_object().expect("an object").keys() {
        let mut without = payload(GOOD);
        without.as_object_mut().expect("an object").remove(key);
        assert!(!validator.is_valid(&without), "without {key}");
    }
}

fn the_schema_names_every_published_adapter() {
    let schema = schema(PAYLOAD);
    let named = schema["$defs"]["adapter_type"]["enum"].as_array().expect("a list").clone();
    let list = fs::read_to_string(adapters()).expect("the list of adapters");
    let published: Vec<_> =
        [Value::Null, json!("other")].into_iter().chain(list.lines().map(Value::from)).collect();
    assert_eq!(named, published);
}

/// The event as a tree. Like the hook, it skips a byte-order mark and ignores text after the
/// object.
fn tree(event: &[u8]) -> Option<Value> {
    let event = event.strip_prefix(b"\xef\xbb\xbf").unwrap_or(event);
    serde_json::Deserializer::from_slice(event).into_iter().next()?.ok()
}

fn an_event_is_of_the_schema_exactly_if_it_is_sent() {
    let validator = validator("event.schema.json");
    let mut by_the_schema = 0;
    for fixture in fixtures() {
        let event = tree(&fixture.event);
        if UNREADABLE_AS_A_TREE.contains(&fixture.name.as_str()) {
            assert!(event.is_none() && fixture.payload.is_some(), "{}", fixture.name);
            continue;
        }
        by_the_schema += usize::from(event.is_some());
        let is_valid = event.is_some_and(|event| validator.is_valid(&event));
        assert_eq!(is_valid, fixture.payload.is_some(), "{}", fixture.name);
    }
    assert!(by_the_schema > 220, "{by_the_schema}");
}

fn of_an_exact_event_every_value_arrives() {
    let validator = validator("event.schema.json#/$defs/exact");
    let sent = fixtures()
        .into_iter()
        .filter_map(|fixture| Some((fixture.name, tree(&fixture.event)?, fixture.payload?)));
    let exact: Vec<_> = sent.filter(|(_, event, _)| validator.is_valid(event)).collect();
    assert!(exact.iter().any(|(name, ..)| name == "documented_example"));
    assert!(exact.len() > 30, "{}", exact.len());
    for (name, event, payload) in exact {
        for (key, value) in
            event.as_object().expect("an object").iter().filter(|(_, value)| !value.is_null())
        {
            arrives(key, value, &payload)
                .unwrap_or_else(|arrived| panic!("{name}: {key} arrived as {arrived}"));
        }
    }
}

/// Checks that a value of the event arrives unchanged.
///
/// # Errors
/// The value that arrived instead.
fn arrives(key: &str, value: &Value, payload: &Value) -> Result<(), Value> {
    let (key, value) = match (key, value) {
        ("duration_ms" | "duration", _) => {
            ("duration_ms", json!(value.as_f64().expect("a number") as u64))
        }
        ("adapter_type" | "adapter", _) => ("adapter_type", value.clone()),
        ("project_shape" | "counts", _) => ("project_shape", counts(value)),
        ("features_used" | "features", _) => {
            return features_arrive(value, &payload["features_used"]);
        }
        _ => (key, value.clone()),
    };
    let arrived = &payload[key];
    if *arrived == value { Ok(()) } else { Err(arrived.clone()) }
}

/// Checks the features in any order.
fn features_arrive(used: &Value, arrived: &Value) -> Result<(), Value> {
    let used: BTreeSet<_> = match used {
        Value::Object(used) => {
            used.iter().filter(|(_, used)| **used == json!(true)).map(|(name, _)| &**name).collect()
        }
        names => names.as_array().into_iter().flatten().filter_map(Value::as_str).collect(),
    };
    let features: Vec<_> =
        arrived.as_array().expect("a list").iter().filter_map(Value::as_str).collect();
    let is_same =
        features.len() == used.len() && features.into_iter().all(|feature| used.contains(feature));
    if is_same { Ok(()) } else { Err(arrived.clone()) }
}

fn counts(value: &Value) -> Value {
    let count = |key| json!(value.get(key).and_then(Value::as_f64).unwrap_or(0.0) as u64);
    let [models, sources, seeds, tests, macros] =
        ["models", "sources", "seeds", "tests", "macros"].map(count);
    json!({"models": models, "sources": sources, "seeds": seeds, "tests": tests, "macros": macros})
}
