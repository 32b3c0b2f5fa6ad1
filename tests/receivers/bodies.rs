//! The fixture events, and request bodies that a receiver refuses or changes.

use crate::common::platform::PLATFORM;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

pub struct Fixture {
    pub name: String,
    pub event: Vec<u8>,
    /// The payload that is sent for the event by the machine with [`INSTANCE_ID`]. `None` if the
    /// event is invalid.
    pub payload: Option<Value>,
}

/// The id of the machine that sends the fixture events.
pub const INSTANCE_ID: &str = "b1c26e3a-5c0c-4c1f-9d5b-8a1f0e6d7c24";

pub fn fixtures_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

pub fn fixtures() -> Vec<Fixture> {
    let folder = fixtures_folder().join("events");
    let entries = fs::read_dir(&folder).expect("the folder of fixtures");
    let file_names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> =
        file_names.filter_map(|name| name.strip_suffix(".event.json").map(str::to_owned)).collect();
    names.sort();
    let fixture = |name: String| Fixture {
        event: fs::read(folder.join(format!("{name}.event.json"))).expect("the event"),
        payload: fs::read_to_string(folder.join(format!("{name}.payload.json")))
            .ok()
            .map(|text| payload(&text)),
        name,
    };
    names.into_iter().map(fixture).collect()
}

/// Parses a payload. Its placeholders are replaced by this machine's values.
pub fn payload(text: &str) -> Value {
    let text = text.replace("INSTANCE_ID", INSTANCE_ID).replace("PLATFORM", PLATFORM);
    serde_json::from_str(&text).expect("a payload")
}

/// A valid payload of schema version 1.
pub const GOOD: &str = r#"{"schema_version":1,"instance_id":"b1c26e3a-5c0c-4c1f-9d5b-8a1f0e6d7c24","command":"generate","result":"success","duration_ms":1446,"docglow_version":"0.9.2","python_version":"3.11.7","platform":"linux","adapter_type":"duckdb","project_shape":{"models":13,"sources":6,"seeds":0,"tests":27,"macros":786},"features_used":["column_lineage","static"]}"#;

/// Changes that make [`GOOD`] invalid: a description, the old text and the new one.
const CHANGES: &[(&str, &str, &str)] = &[
    ("another version", r#"_version":1,"#, r#"_version":2,"#),
    ("no version", r#""schema_version":1,"#, ""),
    ("no id", r#""b1c26e3a-5c0c-4c1f-9d5b-8a1f0e6d7c24""#, "null"),
    ("an id that is none", "b1c26e3a", "jane.doe"),
    ("an id that is not random", "-4c1f-", "-1c1f-"),
    ("an id of another variant", "-9d5b-", "-1d5b-"),
    ("an unknown command", "generate", "build"),
    ("no command", r#""command":"generate","#, ""),
    ("an unknown result", "success", "perhaps"),
    ("an unknown platform", r#""linux""#, r#""plan9""#),
    ("a negative duration", "1446", "-1446"),
    ("a duration with a fraction", "1446", "1446.5"),
    ("a huge duration", "1446", "12345678901"),
    ("a negative count of models", r#""models":13"#, r#""models":-13"#),
    ("a negative count of macros", "786", "-1"),
    ("a huge count", "786", "18446744073709551615"),
    ("a count above 9,999,999", "786", "10000000"),
    ("a count that is a word", "786", r#""many""#),
    (
        "no counts but a word",
        r#"{"models":13,"sources":6,"seeds":0,"tests":27,"macros":786}"#,
        r#""large""#,
    ),
    ("an address for a version", "0.9.2", "10.20.30.40"),
    ("a date for a version", "0.9.2", "20261125"),
    ("an epoch", "0.9.2", "1!0.9.2"),
    ("a local version", "0.9.2", "0.9.2+acme"),
    ("a large development number", "0.9.2", "0.9.2.dev123456789"),
    ("a python of two numbers", "3.11.7", "3.11"),
    ("a python with a large number", "3.11.7", "3.11.1000"),
    ("a line behind a version", "3.11.7", r#"3.11.7\n"#),
    ("an unknown feature", "static", "acme_feature"),
    ("a feature that is a number", r#""static""#, "7"),
    ("features that are a word", r#"["column_lineage","static"]"#, r#""static""#),
    ("a feature twice", "column_lineage", "static"),
    ("features without a comma", r#"","st"#, r#""st"#),
    ("half an object", "]}", ""),
];

/// Adapters that docglow itself may send, and the hook never does. A receiver stores them as
/// `other`.
const UNPUBLISHED: &[(&str, &str, &str)] = &[
    ("an unknown adapter", "duckdb", "acme_internal"),
    ("an empty adapter", "duckdb", ""),
    ("an adapter in upper case", "duckdb", "DuckDB"),
    ("an adapter with a blank", "duckdb", " duckdb"),
    ("an adapter with escapes", "duckdb", r#"acme \"data\" \\ \u00e9\ud83d\ude00\n"#),
    ("an adapter in UTF-8", "duckdb", "größe"),
    ("SQL", "duckdb", "'); DROP TABLE docglow.event; --"),
    ("an adapter called null", "duckdb", "null"),
];

/// Refused by tables and schemas. A pattern cannot express the limit.
const DURATION: (&str, &str, &str) = ("a duration above 31 days", "1446", "2678400001");

/// Refused by tables and patterns. A schema cannot express the order.
const ORDER: (&str, &str, &str) = (
    "features in another order",
    r#"["column_lineage","static"]"#,
    r#"["static","column_lineage"]"#,
);

/// Refused by patterns and schemas. A table ignores the key.
const ADDITIONS: &[(&str, &str, &str)] = &[
    ("an additional key", "{\"schema_version\"", "{\"project_name\":\"acme\",\"schema_version\""),
    ("an additional count", "\"macros\"", "\"exposures\":1,\"macros\""),
];

/// Refused by patterns, schemas and Postgres. ClickHouse stores it as `other`.
const OBJECT: (&str, &str, &str) =
    ("an adapter that is an object", r#""duckdb""#, r#"{"name":"duckdb"}"#);

/// Bodies that every receiver refuses.
pub fn refused() -> Bodies {
    let whole =
        [("nothing", ""), ("an array", "[1]"), ("a word", "null"), ("no JSON", "instance_id=1")];
    let whole = whole.map(|(wrong, body)| (wrong, body.to_owned()));
    changed(CHANGES).into_iter().chain(whole).collect()
}

/// Request bodies with descriptions.
pub type Bodies = Vec<(&'static str, String)>;

/// Bodies that a table refuses.
pub fn refused_by_tables() -> Bodies {
    [refused(), changed(&[DURATION, ORDER])].concat()
}

/// Bodies that a table stores, although the schema refuses them.
pub fn stored_by_tables() -> Bodies {
    changed(ADDITIONS)
}

/// Bodies that a pattern refuses.
pub fn refused_by_patterns() -> Bodies {
    [refused(), changed(&[ORDER, OBJECT]), changed(ADDITIONS)].concat()
}

/// Bodies that a pattern accepts, although the schema refuses them.
pub fn stored_by_patterns() -> Bodies {
    changed(&[DURATION])
}

/// Bodies that the schema refuses.
pub fn refused_by_schema() -> Bodies {
    let more = [changed(&[DURATION, OBJECT]), changed(ADDITIONS), changed(UNPUBLISHED)];
    [refused(), more.concat()].concat()
}

/// Bodies as docglow 0.9.2 itself sends them, each with the payload that is stored.
pub fn by_docglow() -> Vec<(String, Value)> {
    let file = fixtures_folder().join("payloads.jsonl");
    let text = fs::read_to_string(file).expect("docglow's payloads");
    let published = text.lines().map(|line| (line.to_owned(), payload(line)));
    let unpublished = changed(UNPUBLISHED).into_iter().map(|(_, body)| {
        let mut stored = payload(GOOD);
        stored["adapter_type"] = "other".into();
        (body.replace(':', ": ").replace(",\"", ", \""), stored)
    });
    published.chain(unpublished).collect()
}

fn changed(changes: &[(&'static str, &str, &str)]) -> Bodies {
    let change = |(wrong, from, to): &(&'static str, &str, &str)| {
        assert!(GOOD.contains(from), "{from}");
        (*wrong, GOOD.replacen(from, to, 1))
    };
    changes.iter().map(change).collect()
}
