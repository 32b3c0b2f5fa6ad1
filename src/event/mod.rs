//! The event: a docglow implementation's description of a finished command, reduced to the keys of
//! the contract.

pub mod dropped;
mod not_sent;
pub mod stdin;

pub use not_sent::NotSent;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::json;
use crate::payload::version::{Pep440, PythonVersion};
use crate::payload::vocabulary::{Adapter, Feature};
use crate::payload::{Count, Event, Features, Milliseconds, ProjectShape};

/// The event's keys.
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

/// The two spellings of a key. If both are present, the first one counts.
const DURATION: &[Key] = &[Key::DurationMs, Key::Duration];
const ADAPTER: &[Key] = &[Key::AdapterType, Key::Adapter];
const COUNTS: &[Key] = &[Key::ProjectShape, Key::Counts];
const FEATURES: &[Key] = &[Key::FeaturesUsed, Key::Features];

impl Event {
    /// Parses an event from one JSON object. Unknown keys are dropped, and an unusable value counts
    /// as absent. The event is rejected only if the text is not an object, or if it names no known
    /// command or result.
    pub fn parse(text: &str) -> Result<Event, NotSent> {
        let entries = json::entries(text).ok_or(NotSent::NotAnObject)?;
        let value = |spellings: &[Key]| json::value(&entries, spellings);
        Ok(Event {
            command: value(&[Key::Command]).and_then(json::word).ok_or(NotSent::UnknownCommand)?,
            result: value(&[Key::Result]).and_then(json::word).ok_or(NotSent::UnknownResult)?,
            duration_ms: value(DURATION).and_then(milliseconds).unwrap_or_default(),
            adapter_type: value(ADAPTER).and_then(adapter),
            project_shape: value(COUNTS).map(project_shape),
            features_used: value(FEATURES).map(features).unwrap_or_default(),
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
        // A string with half a surrogate pair ("\ud800") is not valid text, so it is not a
        // published adapter.
        None => value.get().starts_with('"').then_some(Adapter::OTHER),
    }
}

fn milliseconds(value: &RawValue) -> Option<Milliseconds> {
    // `as` drops the fraction and saturates: infinity (1e999) becomes the largest number.
    number(value).map(|number| Milliseconds::new(number as u64))
}

/// A number of 0 or more.
fn number(value: &RawValue) -> Option<f64> {
    value.get().parse().ok().filter(|number| *number >= 0.0)
}

fn project_shape(value: &RawValue) -> ProjectShape {
    let entries = json::entries(value.get()).unwrap_or_default();
    ProjectShape::from_counts(|name| {
        json::value(&entries, &[name]).and_then(count).unwrap_or_default()
    })
}

/// An integer as JSON Schema defines it: `13.0` and `13e0` are integers, too.
fn count(value: &RawValue) -> Option<Count> {
    let number = number(value).filter(|number| number.trunc() == *number)?;
    Some(Count::new(number as u64))
}

fn features(value: &RawValue) -> Features {
    if let Some(entries) = json::entries(value.get()) {
        let is_used = |feature: &Feature| {
            json::value(&entries, &[*feature]).is_some_and(|used| used.get() == "true")
        };
        return entries.iter().map(|(feature, _)| *feature).filter(is_used).collect();
    }
    let names: Vec<&RawValue> = serde_json::from_str(value.get()).unwrap_or_default();
    names.into_iter().filter_map(json::word).collect()
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
        const LIMIT: u64 = 31 * 24 * 60 * 60 * 1000;
        for (value, duration_ms) in [
            ("1446", 1446),
            ("1446.9", 1446),
            ("0", 0),
            ("-0.0", 0),
            ("-1", 0),
            ("1.5e3", 1500),
            ("2678400000", LIMIT),
            ("2678400001", LIMIT),
            ("1000000000000000000000000000000", LIMIT),
            ("1e999", LIMIT),
            (r#""1446""#, 0),
            ("true", 0),
            ("null", 0),
            ("[1]", 0),
        ] {
            assert_eq!(
                event(&format!(r#""duration_ms":{value}"#)).duration_ms,
                Milliseconds::new(duration_ms),
                "{value}"
            );
        }
    }

    #[test]
    fn a_count_is_an_integer_or_zero() {
        for (value, models) in [
            ("13", 13),
            ("13.0", 13),
            ("1.3e1", 13),
            ("-0", 0),
            ("13.5", 0),
            ("-1", 0),
            ("true", 0),
            (r#""13""#, 0),
            ("null", 0),
            ("9999999", 9_999_999),
            ("10000000", 9_999_999),
            ("99999999999999999999999", 9_999_999),
            ("1e999", 9_999_999),
        ] {
            let shape = event(&format!(r#""counts":{{"models":{value},"seeds":2}}"#)).project_shape;
            let (models, seeds) = (Count::new(models), Count::new(2));
            assert_eq!(
                shape,
                Some(ProjectShape { models, seeds, ..Default::default() }),
                "{value}"
            );
        }
        assert_eq!(event(r#""counts":[1]"#).project_shape, Some(ProjectShape::default()));
        assert_eq!(event(r#""other":1"#).project_shape, None);
        assert_eq!(event(r#""project_shape":null"#).project_shape, None);
    }

    #[test]
    fn features_come_once_each_and_in_docglows_order() {
        use Feature::*;
        for (value, features) in [
            (
                r#"["static","column_lineage","static","secret",1,null]"#,
                vec![ColumnLineage, Static],
            ),
            (
                r#"{"slim":true,"watch":false,"secret":true,"json":1,"static":true}"#,
                vec![Static, Slim],
            ),
            (r#"{"static":true,"slim":false,"static":false,"slim":true}"#, vec![Slim]),
            (r#""static""#, vec![]),
            (r#"[["static"],{"static":null}]"#, vec![]),
        ] {
            let used = event(&format!(r#""features":{value}"#)).features_used;
            assert_eq!(
                serde_json::to_value(used).unwrap(),
                serde_json::to_value(features).unwrap(),
                "{value}"
            );
        }
    }

    #[test]
    fn the_first_spelling_wins_and_of_a_repeated_key_the_last_value() {
        for (fields, duration_ms) in [
            (r#""duration":1,"duration_ms":2"#, 2),
            (r#""duration":1,"duration_ms":null"#, 1),
            (r#""duration_ms":1,"duration_ms":null"#, 0),
            (r#""duration":1,"duration":3"#, 3),
        ] {
            assert_eq!(event(fields).duration_ms, Milliseconds::new(duration_ms), "{fields}");
        }
    }

    #[test]
    fn a_key_with_half_a_surrogate_pair_is_dropped_as_any_unknown_key() {
        let event = event(
            r#""\ud800":1,"models\udfff":{"\ud800":1},"counts":{"\udc00":1,"models":7},"features":{"\ud800":true,"slim":true}"#,
        );
        let shape = ProjectShape { models: Count::new(7), ..Default::default() };
        assert_eq!(event.project_shape, Some(shape));
        assert_eq!(event.features_used, Features::from([Feature::Slim]));
    }

    #[test]
    fn unknown_members_are_dropped_at_any_depth() {
        let deep = format!("{}1{}", "[".repeat(10_000), "]".repeat(10_000));
        let event = event(&format!(
            r#""project_name":"acme","x":{deep},"counts":{deep},"adapter":{deep},"features":{deep}"#
        ));
        assert_eq!(event.project_shape, Some(ProjectShape::default()));
        assert_eq!(event.adapter_type, None);
    }
}
