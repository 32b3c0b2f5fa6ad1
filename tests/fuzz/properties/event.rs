//! The payload contains exactly what a second parser finds in the event.

use docglow_telemetry::decision::state::fresh_id;
use docglow_telemetry::payload::Event;
use docglow_telemetry::payload::Payload;
use serde_json::{Map, Value, json};

use super::version;
use super::vocabulary::{
    COMMANDS, COUNTS, FEATURES, MAX_COUNT, MAX_MILLISECONDS, RESULTS, adapters, assert_closed,
};

pub fn check(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let payload = payload(text);
    if let Some(payload) = &payload {
        assert_closed(payload);
    }
    // serde_json's tree cannot represent some texts (deep nesting, half surrogate pairs, 1e999), so
    // there is no second result.
    let Ok(event) = serde_json::from_str::<Value>(text) else { return };
    let actual: Option<Value> =
        payload.map(|payload| serde_json::from_str(&payload).expect("the payload is JSON"));
    let expected = expected(&event);
    assert_eq!(actual.is_some(), expected.is_some(), "{text}");
    if let (Some(mut actual), Some(expected)) = (actual, expected) {
        settle(&mut actual, &expected, &event);
        for (key, value) in expected.as_object().expect("an object") {
            assert_eq!(&actual[key], value, "{key} of {text}");
        }
    }
}

/// The request body for an event, if the text is one.
pub fn payload(text: &str) -> Option<String> {
    Event::parse(text).ok().map(|event| Payload::new(event, fresh_id()).to_json())
}

fn expected(event: &Value) -> Option<Value> {
    let event = event.as_object()?;
    let word = |key, words: &[&'static str]| {
        let text = event.get(key)?.as_str()?;
        words.iter().find(|word| **word == text).copied()
    };
    let text = |key| event.get(key).and_then(Value::as_str);
    let given = |key| event.get(key).filter(|value| !value.is_null());
    let either = |first, second| given(first).or_else(|| given(second));
    let shape = either("project_shape", "counts").and_then(Value::as_object);
    let counts: Map<String, Value> = COUNTS
        .iter()
        .map(|key| ((*key).to_owned(), count(shape.and_then(|shape| shape.get(*key))).into()))
        .collect();
    Some(json!({
        "command": word("command", &COMMANDS)?,
        "result": word("result", &RESULTS)?,
        "duration_ms": either("duration_ms", "duration").map_or(0, milliseconds),
        "docglow_version": text("docglow_version").and_then(version::pep_440),
        "python_version": text("python_version").and_then(version::python),
        "adapter_type": either("adapter_type", "adapter").and_then(Value::as_str).and_then(adapter),
        "project_shape": counts,
        "features_used": either("features_used", "features").map_or(Vec::new(), features),
    }))
}

fn milliseconds(value: &Value) -> u64 {
    let whole = value.as_f64().filter(|number| *number > 0.0).map_or(0, |number| number as u64);
    whole.min(MAX_MILLISECONDS)
}

fn count(value: Option<&Value>) -> u64 {
    let number = value.and_then(Value::as_f64).filter(|number| *number >= 0.0);
    number.filter(|number| number.fract() == 0.0).map_or(0, |number| (number as u64).min(MAX_COUNT))
}

fn adapter(name: &str) -> Option<&'static str> {
    let name = name.trim().to_ascii_lowercase();
    (!name.is_empty()).then(|| adapters().find(|adapter| *adapter == name).unwrap_or("other"))
}

fn features(value: &Value) -> Vec<&'static str> {
    let named: Vec<&str> = match value {
        Value::Array(names) => names.iter().filter_map(Value::as_str).collect(),
        Value::Object(used) => {
            used.iter().filter(|(_, used)| **used == true).map(|(name, _)| name.as_str()).collect()
        }
        _ => Vec::new(),
    };
    FEATURES.into_iter().filter(|feature| named.contains(feature)).collect()
}

/// Copies into `actual` the part that the second parser cannot decide: the last digit of a
/// fraction.
fn settle(actual: &mut Value, expected: &Value, event: &Value) {
    let duration = |payload: &Value| payload["duration_ms"].as_u64().expect("an integer");
    let is_float = |spelling: &str| event.get(spelling).is_some_and(Value::is_f64);
    if (is_float("duration_ms") || is_float("duration"))
        && duration(actual).abs_diff(duration(expected)) <= 1
    {
        actual["duration_ms"] = expected["duration_ms"].clone();
    }
}
