//! Events with secrets in all places where a string or a key can be.

use crate::secrets::SECRETS;
use crate::vocabulary::{COMMANDS, COUNTS, FEATURES, RESULTS};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};

const KEYS: [&str; 12] = [
    "command",
    "result",
    "duration_ms",
    "duration",
    "adapter_type",
    "adapter",
    "project_shape",
    "counts",
    "features_used",
    "features",
    "docglow_version",
    "python_version",
];

/// Valid beginnings. A secret is put after them, because a valid prefix must not make the rest
/// acceptable.
const GOOD_BEGINNINGS: [&str; 14] = [
    "duckdb",
    " Snowflake\n",
    "static",
    "generate",
    "0.9.2+",
    "1!2.0rc1.post2.dev3+",
    "3.11.7",
    "3.11.7 ",
    "1.0-",
    "v1.0.",
    "90d9c317-33b3-4784-98a9-",
    "linux",
    "1446",
    "{\"command\":\"",
];

/// A secret in one of its spellings, perhaps after a valid beginning.
pub fn secret() -> impl Strategy<Value = String> {
    let spelling = select(&SECRETS[..]).prop_flat_map(|secret| {
        let spaced: String = secret.chars().flat_map(|character| [character, '.']).collect();
        let spellings = [
            secret.to_owned(),
            secret.to_lowercase(),
            secret.to_uppercase(),
            format!("  {secret}\t"),
            spaced,
        ];
        select(spellings.to_vec())
    });
    (spelling, prop_oneof![Just(""), select(&GOOD_BEGINNINGS[..])])
        .prop_map(|(secret, good)| format!("{good}{secret}"))
}

fn word() -> impl Strategy<Value = String> {
    let words: Vec<&str> =
        [&COMMANDS[..], &RESULTS, &FEATURES, &COUNTS, &["duckdb", "0.9.2", "3.11.7"]].concat();
    select(words).prop_map(str::to_owned)
}

fn key() -> impl Strategy<Value = String> {
    let known = select(
        [&KEYS[..], &COUNTS, &FEATURES, &["platform", "instance_id", "schema_version"]].concat(),
    );
    prop_oneof![3 => known.prop_map(str::to_owned), 2 => secret()]
}

fn leaf() -> impl Strategy<Value = Value> {
    prop_oneof![
        6 => secret().prop_map(Value::from),
        2 => word().prop_map(Value::from),
        1 => any::<bool>().prop_map(Value::from),
        1 => (0..100_000_u32).prop_map(Value::from),
        1 => any::<f64>().prop_map(Value::from),
        1 => any::<u64>().prop_map(Value::from),
        1 => Just(Value::Null),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    leaf().prop_recursive(5, 24, 5, |inner| {
        let object = vec((key(), inner.clone()), 0..5)
            .prop_map(|entries| Value::Object(entries.into_iter().collect()));
        prop_oneof![vec(inner, 0..5).prop_map(Value::from), object]
    })
}

/// Any object as text. A key may be repeated.
pub fn any_object() -> impl Strategy<Value = String> {
    vec((key(), value()), 0..12).prop_map(|entries| written(&entries))
}

/// A valid event in which some fields are replaced and others are added, before and after it.
pub fn mutated_event() -> impl Strategy<Value = String> {
    let good = (select(&COMMANDS[..]), select(&RESULTS[..]))
        .prop_map(|(command, result)| good(command, result));
    let others = || {
        vec(
            (key().prop_filter("not what makes an event", |key| !makes_an_event(key)), value()),
            0..6,
        )
    };
    let replaced = vec((any::<prop::sample::Index>(), value()), 0..4);
    (others(), good, replaced, others(), 0..200_usize).prop_map(
        |(before, mut good, replaced, behind, depth)| {
            for (index, value) in replaced {
                let at = 2 + index.index(good.len() - 2);
                good[at].1 = value;
            }
            let nested = (0..depth).fold(json!(SECRETS[0]), |inner, level| {
                if level % 2 == 0 { json!([inner]) } else { json!({ SECRETS[1]: inner }) }
            });
            written(&[before, good, behind, vec![("nested".to_owned(), nested)]].concat())
        },
    )
}

fn makes_an_event(key: &str) -> bool {
    ["command", "result"].contains(&key)
}

fn good(command: &str, result: &str) -> Vec<(String, Value)> {
    let counts: Map<String, Value> =
        COUNTS.iter().map(|key| ((*key).to_owned(), json!(7))).collect();
    let fields = [
        ("command", json!(command)),
        ("result", json!(result)),
        ("duration_ms", json!(1446.9)),
        ("adapter_type", json!("duckdb")),
        ("project_shape", counts.into()),
        ("features_used", json!(["static", "slim"])),
        ("docglow_version", json!("0.9.2")),
        ("python_version", json!("3.11.7")),
    ];
    fields.map(|(key, value)| (key.to_owned(), value)).to_vec()
}

fn written(entries: &[(String, Value)]) -> String {
    let entries: Vec<String> =
        entries.iter().map(|(key, value)| format!("{}:{value}", json!(key))).collect();
    format!("{{{}}}", entries.join(","))
}
