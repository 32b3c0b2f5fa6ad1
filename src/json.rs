//! Tolerant reading of JSON: unknown keys are skipped. `sender/manifest.rs` has its own reader.
//!
//! Values are borrowed slices of the text, and the caller parses each one by itself. So a value of
//! the wrong type, or one that is nested too deep or too large, loses only that value.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::payload::vocabulary;

/// The entries of a JSON object whose keys are words of `K`, in their order in the text. Entries
/// with other keys are skipped. The text must be one complete JSON object.
pub fn entries<'a, K: for<'k> Deserialize<'k>>(text: &'a str) -> Option<Vec<(K, &'a RawValue)>> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let entries = deserializer.deserialize_map(Entries(PhantomData)).ok()?;
    deserializer.end().ok().map(|()| entries)
}

/// The value of the first of `spellings` in `entries`. A null counts as absent. If a key is
/// repeated, its last value counts, as in Python's `json`.
pub fn value<'a, K: PartialEq>(
    entries: &[(K, &'a RawValue)],
    spellings: &[K],
) -> Option<&'a RawValue> {
    let last = |spelling: &K| {
        entries.iter().rev().find(|(key, _)| key == spelling).map(|(_, value)| *value)
    };
    spellings.iter().filter_map(last).find(|value| !is_null(value))
}

/// Whether the value is null.
pub fn is_null(value: &RawValue) -> bool {
    value.get() == "null"
}

/// The value, if it is a word of the vocabulary `T`.
pub fn word<T: for<'k> Deserialize<'k>>(value: &RawValue) -> Option<T> {
    serde_json::from_str::<Word<T>>(value.get()).ok()?.0
}

/// The text, if the value is a JSON string.
pub fn string(value: &RawValue) -> Option<String> {
    serde_json::from_str(value.get()).ok()
}

struct Entries<K>(PhantomData<K>);

impl<'de, K: for<'k> Deserialize<'k>> Visitor<'de> for Entries<K> {
    type Value = Vec<(K, &'de RawValue)>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::new();
        while let Some(Word(key)) = map.next_key::<Word<K>>()? {
            match key {
                Some(key) => entries.push((key, map.next_value()?)),
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(entries)
    }
}

/// The word of the vocabulary `T` that a JSON string spells, if it is one.
struct Word<T>(Option<T>);

impl<'de, T: for<'k> Deserialize<'k>> Deserialize<'de> for Word<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Read as bytes, because a skipped key may hold half a surrogate pair, such as `"\ud800"`.
        // serde_json rejects that in a string.
        deserializer.deserialize_bytes(WordVisitor(PhantomData))
    }
}

struct WordVisitor<T>(PhantomData<T>);

impl<'de, T: for<'k> Deserialize<'k>> Visitor<'de> for WordVisitor<T> {
    type Value = Word<T>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_bytes<E>(self, name: &[u8]) -> Result<Word<T>, E> {
        Ok(Word(vocabulary::lookup(&String::from_utf8_lossy(name))))
    }
}
