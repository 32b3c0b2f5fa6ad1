//! Tolerant reading of JSON: the one place that skips what nobody asked for.
//!
//! Values stay borrowed slices of the text until a caller judges each for itself, so a value of the wrong type, too deep or
//! too large costs that one value and nothing else.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::payload::vocabulary;

/// The entries of the JSON object `text` whose keys are words of `K`, in the order given; `None` where `text` is not one
/// complete JSON object. Other keys are skipped, whatever they hold.
pub fn entries<'a, K: for<'k> Deserialize<'k>>(text: &'a str) -> Option<Vec<(K, &'a RawValue)>> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let entries = deserializer.deserialize_map(Entries(PhantomData)).ok()?;
    deserializer.end().ok().map(|()| entries)
}

/// The value of the first of `spellings` that stands in `entries`; of a repeated key, the last value, as docglow's own JSON
/// reader has it. A null counts as absent.
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

/// The word of the vocabulary `T` that the value spells; `None` for any other value.
pub fn word<T: for<'k> Deserialize<'k>>(value: &RawValue) -> Option<T> {
    serde_json::from_str::<Word<T>>(value.get()).ok()?.0
}

/// The text of a JSON string; `None` for any other value.
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

/// A JSON string as a word of the vocabulary `T`, or nothing.
struct Word<T>(Option<T>);

impl<'de, T: for<'k> Deserialize<'k>> Deserialize<'de> for Word<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // As bytes: a text must not hold half a surrogate pair (`"\ud800"`), which a key that is skipped may.
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
