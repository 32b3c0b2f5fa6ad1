//! What of an event is not used, for those who write one: named by key, never by value.

use serde_json::value::RawValue;

use super::{Count, Key, adapter, count, docglow_version, features, milliseconds, python_version};
use crate::json;
use crate::payload::vocabulary::{Adapter, lookup};

/// The most that is shown of a key, in characters.
const MAX_KEY_CHARS: usize = 40;

/// A line for each member of the event `text` that is not sent as it stands; none for a text that is no object.
pub fn dropped(text: &str) -> Vec<String> {
    let entries: Vec<(String, &RawValue)> = json::entries(text).unwrap_or_default();
    entries
        .iter()
        .filter_map(|(name, value)| Some(format!("{}: {}", shown(name), why_unused(name, value)?)))
        .collect()
}

/// The key as it may be printed on a terminal.
fn shown(name: &str) -> String {
    let beginning: String = name.chars().take(MAX_KEY_CHARS).collect();
    format!("\"{}\"", beginning.escape_debug())
}

fn why_unused(name: &str, value: &RawValue) -> Option<&'static str> {
    let Some(key) = lookup(name) else { return Some("no key of an event") };
    if json::is_null(value) {
        return None;
    }
    let (is_used, otherwise) = match key {
        // An event without a good one is none, and says so.
        Key::Command | Key::Result => return None,
        Key::DurationMs | Key::Duration => {
            (milliseconds(value).is_some(), "not a number of milliseconds, 0 or more")
        }
        Key::AdapterType | Key::Adapter => (
            adapter(value).is_some_and(|adapter| adapter != Adapter::OTHER),
            "not a published dbt adapter",
        ),
        Key::ProjectShape | Key::Counts => (
            are_all_counts(value),
            "holds what is not a count of models, sources, seeds, tests or macros",
        ),
        Key::FeaturesUsed | Key::Features => (
            features_named(value) == Some(features(value).len()),
            "holds what is not a feature, or one twice",
        ),
        Key::DocglowVersion => (docglow_version(value).is_some(), "not a version that is sent"),
        Key::PythonVersion => (python_version(value).is_some(), "not a version that is sent"),
    };
    (!is_used).then_some(otherwise)
}

fn are_all_counts(value: &RawValue) -> bool {
    let entries: Option<Vec<(String, &RawValue)>> = json::entries(value.get());
    entries.is_some_and(|entries| {
        entries
            .iter()
            .all(|(name, value)| lookup::<Count>(name).is_some() && count(value).is_some())
    })
}

/// How many features the value names, known or not.
fn features_named(value: &RawValue) -> Option<usize> {
    let entries: Option<Vec<(String, &RawValue)>> = json::entries(value.get());
    if let Some(entries) = entries {
        return Some(entries.iter().filter(|(_, used)| used.get() != "false").count());
    }
    let names: Vec<&RawValue> = serde_json::from_str(value.get()).ok()?;
    Some(names.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(members: &str) -> Vec<String> {
        dropped(&format!(r#"{{"command":"generate","result":"success",{members}}}"#))
    }

    #[test]
    fn what_is_sent_as_it_stands_is_not_named() {
        for members in [
            r#""duration_ms":1.5,"adapter_type":" DuckDB ","project_shape":{"models":1},"features_used":["static"]"#,
            r#""docglow_version":"0.9.2","python_version":"3.11.7","features":{"slim":false,"static":true}"#,
            r#""adapter_type":null,"project_shape":null,"features_used":null,"docglow_version":null"#,
        ] {
            assert_eq!(lines(members), Vec::<String>::new(), "{members}");
        }
    }

    #[test]
    fn what_is_dropped_is_named_by_key_and_never_by_value() {
        for (members, key) in [
            (r#""adaptor_type":"secret""#, "adaptor_type"),
            (r#""duration_ms":"secret""#, "duration_ms"),
            (r#""adapter":"secret""#, "adapter"),
            (r#""adapter_type":{"secret":1}"#, "adapter_type"),
            (r#""counts":{"secret":1}"#, "counts"),
            (r#""counts":{"models":-1}"#, "counts"),
            (r#""project_shape":"secret""#, "project_shape"),
            (r#""features":["secret"]"#, "features"),
            (r#""features":"secret""#, "features"),
            (r#""features":["static","static"]"#, "features"),
            (r#""features_used":{"secret":true}"#, "features_used"),
            (r#""docglow_version":"secret""#, "docglow_version"),
            (r#""python_version":3"#, "python_version"),
        ] {
            let lines = lines(members);
            assert_eq!(lines.len(), 1, "{members}: {lines:?}");
            assert!(
                lines[0].starts_with(&format!("\"{key}\": ")) && !lines[0].contains("secret"),
                "{lines:?}"
            );
        }
        assert!(lines(&format!(r#""{}\u001b[2J":1"#, "k".repeat(100)))[0].len() < 80);
        assert_eq!(dropped("[]"), Vec::<String>::new());
    }
}
