//! Every string that a payload may contain, and the limit of every number, independent of the
//! definition in src.

use serde_json::Value;

pub const COMMANDS: [&str; 3] = ["generate", "health", "serve"];
pub const RESULTS: [&str; 2] = ["success", "error"];
pub const FEATURES: [&str; 9] = [
    "column_lineage",
    "profiling",
    "ai_chat",
    "static",
    "slim",
    "table",
    "json",
    "markdown",
    "watch",
];
pub const COUNTS: [&str; 5] = ["models", "sources", "seeds", "tests", "macros"];
pub const MAX_COUNT: u64 = 9_999_999;
pub const MAX_MILLISECONDS: u64 = 2_678_400_000;
const PLATFORMS: [&str; 4] = ["linux", "darwin", "windows", "other"];
const KEYS: [&str; 11] = [
    "schema_version",
    "instance_id",
    "command",
    "result",
    "duration_ms",
    "docglow_version",
    "python_version",
    "platform",
    "adapter_type",
    "project_shape",
    "features_used",
];

pub fn adapters() -> impl Iterator<Item = &'static str> {
    include_str!("../fixtures/adapters.txt").lines()
}

/// Panics unless the body is a payload of schema version 1: every string is a word of the
/// vocabulary, a UUID, or a version made of digits and PEP 440's own marks; every number is within
/// its limit; the features are in docglow's order.
#[track_caller]
pub fn assert_closed(body: &str) {
    let payload: Value = serde_json::from_str(body).expect("the body is JSON");
    let payload = payload.as_object().expect("the body is an object");
    assert_eq!(payload.len(), KEYS.len(), "{body}");
    for key in KEYS {
        let value = payload.get(key).unwrap_or_else(|| panic!("no {key}: {body}"));
        let good = match key {
            "schema_version" => *value == 1,
            "duration_ms" => is_integer(value, MAX_MILLISECONDS),
            "instance_id" => value.as_str().is_some_and(is_uuid4),
            "command" => is_word(value, &COMMANDS),
            "result" => is_word(value, &RESULTS),
            "platform" => is_word(value, &PLATFORMS),
            "docglow_version" => value.is_null() || value.as_str().is_some_and(is_normal_pep_440),
            "python_version" => value.is_null() || value.as_str().is_some_and(is_three_numbers),
            "adapter_type" => {
                value.is_null()
                    || value.as_str().is_some_and(|v| v == "other" || adapters().any(|a| a == v))
            }
            "project_shape" => is_shape(value),
            _ => is_in_order(value),
        };
        assert!(good, "{key} is {value}");
    }
}

fn is_word(value: &Value, words: &[&str]) -> bool {
    value.as_str().is_some_and(|text| words.contains(&text))
}

fn is_integer(value: &Value, max: u64) -> bool {
    value.as_u64().is_some_and(|number| number <= max)
}

/// Whether the features are known, each occurs once, and they are in order.
fn is_in_order(value: &Value) -> bool {
    let place = |name: &Value| FEATURES.iter().position(|feature| name == feature);
    let Some(names) = value.as_array() else { return false };
    let places: Option<Vec<usize>> = names.iter().map(place).collect();
    places.is_some_and(|places| places.is_sorted_by(|first, second| first < second))
}

fn is_shape(value: &Value) -> bool {
    let is_count = |key: &str| value.get(key).is_some_and(|count| is_integer(count, MAX_COUNT));
    value.as_object().is_some_and(|shape| shape.len() == COUNTS.len())
        && COUNTS.into_iter().all(is_count)
}

pub fn is_uuid4(text: &str) -> bool {
    let lengths: Vec<usize> = text.split('-').map(str::len).collect();
    let is_hex = |byte: u8| byte == b'-' || byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    lengths == [8, 4, 4, 4, 12]
        && text.bytes().all(is_hex)
        && text.as_bytes()[14] == b'4'
        && b"89ab".contains(&text.as_bytes()[19])
}

fn is_number(text: &str, max: u32) -> bool {
    let no_leading_zero = text == "0" || !text.starts_with('0');
    let is_digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    no_leading_zero && is_digits && text.parse::<u32>().is_ok_and(|number| number <= max)
}

/// `N.N.N`, each up to 999.
fn is_three_numbers(text: &str) -> bool {
    text.split('.').count() == 3 && text.split('.').all(|number| is_number(number, 999))
}

/// `N[.N[.N]][{a|b|rc}N][.postN][.devN]`, the first three up to 9,999, the last three up to
/// 99,999,999.
fn is_normal_pep_440(text: &str) -> bool {
    let (text, dev) = split_off(text, ".dev");
    let (text, post) = split_off(text, ".post");
    let mark = ["rc", "a", "b"].into_iter().find(|mark| text.contains(mark));
    let (release, pre) = mark.map_or((text, None), |mark| split_off(text, mark));
    [dev, post, pre].into_iter().flatten().all(|number| is_number(number, 99_999_999))
        && release.split('.').count() <= 3
        && release.split('.').all(|number| is_number(number, 9_999))
}

fn split_off<'a>(text: &'a str, mark: &str) -> (&'a str, Option<&'a str>) {
    text.split_once(mark).map_or((text, None), |(before, behind)| (before, Some(behind)))
}
