//! Which parts of an event are dropped or changed, for authors of events. Messages show keys, never
//! values.

use std::fmt::Display;
use std::{ptr, slice};

use serde_json::value::RawValue;

use super::{ADAPTER, COUNTS, DURATION, FEATURES, Key};
use super::{adapter, count, docglow_version, features, milliseconds, number, python_version};
use crate::json;
use crate::payload::vocabulary::{Adapter, lookup};
use crate::payload::{Count, CountName, Milliseconds};

/// The most characters of a key that are shown.
const MAX_KEY_CHARS: usize = 40;

const NO_VERSION: &str = "not a version that is sent as it stands";

/// One line for each member of the event `text` that is dropped or changed. If the text is not an
/// object, there are no lines.
pub fn dropped(text: &str) -> Vec<String> {
    let entries: Vec<(String, &RawValue)> = json::entries(text).unwrap_or_default();
    let known: Vec<(Key, &RawValue)> = json::entries(text).unwrap_or_default();
    let why = |name: &str, value: &RawValue| match lookup(name) {
        Some(key) => why_changed(key, value, &known),
        None => Some("not a key of an event"),
    };
    entries
        .iter()
        .filter_map(|(name, value)| Some(format!("{}: {}", shown(name), why(name, value)?)))
        .collect()
}

/// The key, escaped and shortened for a terminal.
fn shown(name: &str) -> String {
    let beginning: String = name.chars().take(MAX_KEY_CHARS).collect();
    format!("\"{}\"", beginning.escape_debug())
}

/// Why the value of `key` is dropped or changed, in an event with the entries `known`.
fn why_changed(key: Key, value: &RawValue, known: &[(Key, &RawValue)]) -> Option<&'static str> {
    if json::is_null(value) {
        return None;
    }
    let spellings = match &key {
        Key::DurationMs | Key::Duration => DURATION,
        Key::AdapterType | Key::Adapter => ADAPTER,
        Key::ProjectShape | Key::Counts => COUNTS,
        Key::FeaturesUsed | Key::Features => FEATURES,
        key => slice::from_ref(key),
    };
    if !json::value(known, spellings).is_some_and(|used| ptr::eq(used, value)) {
        return Some("the event has another value for it, which is used");
    }
    let (is_used, otherwise) = match key {
        // If such a value is wrong, the whole event is rejected with its own message.
        Key::Command | Key::Result => return None,
        Key::DurationMs | Key::Duration if exceeds(value, Milliseconds::MAX) => {
            (false, "above 31 days, so 31 days are sent")
        }
        Key::DurationMs | Key::Duration => {
            (milliseconds(value).is_some(), "not a number of milliseconds, 0 or more")
        }
        Key::AdapterType | Key::Adapter => (
            adapter(value).is_some_and(|adapter| adapter != Adapter::OTHER)
                || value.get() == r#""other""#,
            "not a published dbt adapter",
        ),
        Key::ProjectShape | Key::Counts => return why_counts_changed(value),
        Key::FeaturesUsed | Key::Features => (
            features_named(value) == Some(features(value).len()),
            "not a list of published features, each named once",
        ),
        Key::DocglowVersion => (is_sent(docglow_version(value), value), NO_VERSION),
        Key::PythonVersion => (is_sent(python_version(value), value), NO_VERSION),
    };
    (!is_used).then_some(otherwise)
}

/// Whether this version is the whole text of `value`.
fn is_sent(version: Option<impl Display>, value: &RawValue) -> bool {
    version.is_some_and(|version| value.get() == format!("\"{version}\""))
}

fn why_counts_changed(value: &RawValue) -> Option<&'static str> {
    let entries: Option<Vec<(String, &RawValue)>> = json::entries(value.get());
    let is_count = |(name, value): &(String, &RawValue)| {
        lookup::<CountName>(name).is_some() && (count(value).is_some() || json::is_null(value))
    };
    let is_capped = |value| count(value).is_some() && exceeds(value, Count::MAX);
    match entries {
        Some(counts) if counts.iter().any(|(_, value)| is_capped(value)) => {
            Some("holds a count above 9,999,999, so 9,999,999 is sent")
        }
        Some(counts) if counts.iter().all(is_count) => None,
        _ => Some("not an object that has only counts of models, sources, seeds, tests and macros"),
    }
}

fn exceeds(value: &RawValue, limit: u32) -> bool {
    number(value).is_some_and(|number| number.trunc() > f64::from(limit))
}

/// How many features the value names, including unknown ones.
fn features_named(value: &RawValue) -> Option<usize> {
    let entries: Option<Vec<(String, &RawValue)>> = json::entries(value.get());
    if let Some(entries) = entries {
        let is_used = |used: &RawValue| !["false", "null"].contains(&used.get());
        return Some(entries.iter().filter(|(_, used)| is_used(used)).count());
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
    fn a_key_that_is_sent_unchanged_is_not_named() {
        for members in [
            r#""duration_ms":1.5,"adapter_type":" DuckDB ","project_shape":{"models":1},"features_used":["static"]"#,
            r#""docglow_version":"0.9.2","python_version":"3.11.7","features":{"slim":false,"static":true}"#,
            r#""duration_ms":2678400000,"duration":null,"counts":{"models":9999999,"tests":13.0}"#,
            r#""adapter":"other","counts":{"models":null},"features":{"slim":null,"watch":true}"#,
            r#""adapter_type":null,"project_shape":null,"features_used":null,"docglow_version":null"#,
        ] {
            assert_eq!(lines(members), Vec::<String>::new(), "{members}");
        }
    }

    #[test]
    fn a_dropped_member_is_named_by_key_and_never_by_value() {
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
            (r#""docglow_version":"1.0+secret""#, "docglow_version"),
            (r#""python_version":"3.13.0secret""#, "python_version"),
            (r#""python_version":3"#, "python_version"),
            (r#""counts":{"models":10000000.5}"#, "counts"),
            (r#""duration_ms":2678400001"#, "duration_ms"),
            (r#""counts":{"models":10000000}"#, "counts"),
            (r#""duration_ms":1,"duration":2"#, "duration"),
            (r#""adapter":"secret","adapter_type":"duckdb""#, "adapter"),
            (r#""adapter":"duckdb","adapter_type":"duckdb""#, "adapter"),
            (r#""counts":{"models":1},"project_shape":{"models":1}"#, "counts"),
            (r#""features":["static"],"features_used":["static"]"#, "features"),
            (r#""python_version":"3.11.6","python_version":"3.11.7""#, "python_version"),
            (r#""\ud800":"secret""#, "\u{fffd}\u{fffd}\u{fffd}"),
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
