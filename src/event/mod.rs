//! The event: what a docglow implementation says of a finished command, reduced to what the contract names.

pub mod dropped;
mod not_sent;
pub mod stdin;

pub use not_sent::NotSent;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::json;
use crate::payload::event::MAX_INTEGER;
use crate::payload::version::{Pep440, PythonVersion};
use crate::payload::vocabulary::{Adapter, Feature};
use crate::payload::{Event, ProjectShape};

/// The event's keys. Two spellings of one thing stand next to each other, the one that wins first.
#[derive(Deserialize, PartialEq)]
#[serde(rename_all = "snake_case")]
enum Key {
    Command,
    Result,
    DurationMs,
    Duration,
    AdapterType,
    Adapter,
    ProjectShape,
    Counts,
    FeaturesUsed,
    Features,
    DocglowVersion,
    PythonVersion,
}

#[derive(Deserialize, PartialEq)]
#[serde(rename_all = "snake_case")]
enum Count {
    Models,
    Sources,
    Seeds,
    Tests,
    Macros,
}

impl Event {
    /// Reads an event from one JSON object. What the contract does not name is dropped, and a value that can't be used
    /// counts as absent; only a text that is no object, or names no known command or result, is rejected.
    pub fn parse(text: &str) -> Result<Event, NotSent> {
        let entries = json::entries(text).ok_or(NotSent::NotAnObject)?;
        let value = |spellings: &[Key]| json::value(&entries, spellings);
        Ok(Event {
            command: value(&[Key::Command]).and_then(json::word).ok_or(NotSent::UnknownCommand)?,
            result: value(&[Key::Result]).and_then(json::word).ok_or(NotSent::UnknownResult)?,
            duration_ms: value(&[Key::DurationMs, Key::Duration])
                .and_then(milliseconds)
                .unwrap_or(0),
            adapter_type: value(&[Key::AdapterType, Key::Adapter]).and_then(adapter),
            project_shape: value(&[Key::ProjectShape, Key::Counts]).map(project_shape),
            features_used: value(&[Key::FeaturesUsed, Key::Features]).map_or(Vec::new(), features),
            docglow_version: value(&[Key::DocglowVersion]).and_then(docglow_version),
            python_version: value(&[Key::PythonVersion]).and_then(python_version),
        })
    }
}

fn docglow_version(value: &RawValue) -> Option<Pep440> {
    Pep440::parse(&json::string(value)?)
}

fn python_version(value: &RawValue) -> Option<PythonVersion> {
    PythonVersion::parse(&json::string(value)?)
}

fn adapter(value: &RawValue) -> Option<Adapter> {
    match json::string(value) {
        Some(name) => Adapter::named(&name),
        // A string of half characters ("\ud800") is no text, and no published adapter.
        None => value.get().starts_with('"').then_some(Adapter::OTHER),
    }
}

fn milliseconds(value: &RawValue) -> Option<u64> {
    let number = value.get().parse::<f64>().ok().filter(|number| *number >= 0.0)?;
    // `as` cuts the fraction and ends at the largest integer, infinity (1e999) included.
    Some((number as u64).min(MAX_INTEGER))
}

fn project_shape(value: &RawValue) -> ProjectShape {
    let entries = json::entries(value.get()).unwrap_or_default();
    let count = |key| json::value(&entries, &[key]).and_then(count).unwrap_or(0);
    ProjectShape {
        models: count(Count::Models),
        sources: count(Count::Sources),
        seeds: count(Count::Seeds),
        tests: count(Count::Tests),
        macros: count(Count::Macros),
    }
}

fn count(value: &RawValue) -> Option<u64> {
    let digits = value.get();
    let is_integer = digits.bytes().all(|b| b.is_ascii_digit());
    is_integer.then(|| digits.parse().unwrap_or(MAX_INTEGER).min(MAX_INTEGER))
}

fn features(value: &RawValue) -> Vec<Feature> {
    if let Some(entries) = json::entries(value.get()) {
        let is_used = |feature: &Feature| {
            json::value(&entries, &[*feature]).is_some_and(|used| used.get() == "true")
        };
        let named = once_each(entries.iter().map(|(feature, _)| *feature));
        return named.into_iter().filter(is_used).collect();
    }
    let names: Vec<&RawValue> = serde_json::from_str(value.get()).unwrap_or_default();
    once_each(names.into_iter().filter_map(json::word))
}

fn once_each(named: impl Iterator<Item = Feature>) -> Vec<Feature> {
    let mut features = Vec::new();
    for feature in named {
        if !features.contains(&feature) {
            features.push(feature);
        }
    }
    features
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(fields: &str) -> Event {
        Event::parse(&format!(r#"{{"command":"generate","result":"success",{fields}}}"#)).unwrap()
    }

    #[test]
    fn only_a_known_command_and_result_make_an_event() {
        for (text, rejection) in [
            ("", NotSent::NotAnObject),
            ("[]", NotSent::NotAnObject),
            (r#""generate""#, NotSent::NotAnObject),
            (r#"{"command":"generate","result":"success""#, NotSent::NotAnObject),
            (r#"{"command":"generate","result":NaN}"#, NotSent::NotAnObject),
            ("{}", NotSent::UnknownCommand),
            (r#"{"command":"run","result":"success"}"#, NotSent::UnknownCommand),
            (r#"{"command":["generate"],"result":"success"}"#, NotSent::UnknownCommand),
            (r#"{"command":{"generate":null},"result":"success"}"#, NotSent::UnknownCommand),
            (r#"{"command":"health","result":true}"#, NotSent::UnknownResult),
            (r#"{"command":"health","result":"Success"}"#, NotSent::UnknownResult),
        ] {
            assert_eq!(Event::parse(text), Err(rejection), "{text}");
        }
    }

    #[test]
    fn a_duration_is_cut_to_whole_milliseconds() {
        for (value, duration_ms) in [
            ("1446", 1446),
            ("1446.9", 1446),
            ("0", 0),
            ("-0.0", 0),
            ("-1", 0),
            ("1.5e3", 1500),
            ("9007199254740993", MAX_INTEGER),
            ("1000000000000000000000000000000", MAX_INTEGER),
            ("1e999", MAX_INTEGER),
            (r#""1446""#, 0),
            ("true", 0),
            ("null", 0),
            ("[1]", 0),
        ] {
            assert_eq!(
                event(&format!(r#""duration_ms":{value}"#)).duration_ms,
                duration_ms,
                "{value}"
            );
        }
    }

    #[test]
    fn a_count_is_an_integer_or_zero() {
        for (value, models) in [
            ("13", 13),
            ("13.0", 0),
            ("-1", 0),
            ("true", 0),
            (r#""13""#, 0),
            ("null", 0),
            ("99999999999999999999999", MAX_INTEGER),
        ] {
            let shape = event(&format!(r#""counts":{{"models":{value},"seeds":2}}"#)).project_shape;
            assert_eq!(
                shape,
                Some(ProjectShape { models, seeds: 2, ..Default::default() }),
                "{value}"
            );
        }
        assert_eq!(event(r#""counts":[1]"#).project_shape, Some(ProjectShape::default()));
        assert_eq!(event(r#""other":1"#).project_shape, None);
        assert_eq!(event(r#""project_shape":null"#).project_shape, None);
    }

    #[test]
    fn features_keep_their_order_and_come_once() {
        use Feature::*;
        for (value, features) in [
            (
                r#"["static","column_lineage","static","secret",1,null]"#,
                vec![Static, ColumnLineage],
            ),
            (
                r#"{"slim":true,"watch":false,"secret":true,"json":1,"static":true}"#,
                vec![Slim, Static],
            ),
            (r#"{"static":true,"slim":false,"static":false,"slim":true}"#, vec![Slim]),
            (r#""static""#, vec![]),
            (r#"[["static"],{"static":null}]"#, vec![]),
        ] {
            assert_eq!(event(&format!(r#""features":{value}"#)).features_used, features, "{value}");
        }
    }

    #[test]
    fn the_first_spelling_wins_and_of_a_repeated_key_the_last_value() {
        assert_eq!(event(r#""duration":1,"duration_ms":2"#).duration_ms, 2);
        assert_eq!(event(r#""duration":1,"duration_ms":null"#).duration_ms, 1);
        assert_eq!(event(r#""duration_ms":1,"duration_ms":null"#).duration_ms, 0);
        assert_eq!(event(r#""duration":1,"duration":3"#).duration_ms, 3);
    }

    #[test]
    fn what_is_not_named_is_dropped_at_any_depth() {
        let deep = format!("{}1{}", "[".repeat(10_000), "]".repeat(10_000));
        let event = event(&format!(
            r#""project_name":"acme","x":{deep},"counts":{deep},"adapter":{deep},"features":{deep}"#
        ));
        assert_eq!(event.project_shape, Some(ProjectShape::default()));
        assert_eq!(event.adapter_type, None);
    }
}
