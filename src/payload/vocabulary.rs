//! The closed vocabulary: every word that a payload can contain is in this file or in
//! `adapters.txt`.
//!
//! These types prevent a name of the caller's from being sent: the only way to make one is to look
//! a text up, and the text is not kept.

use serde::de::IntoDeserializer;
use serde::de::value::{Error, StrDeserializer};
use serde::{Deserialize, Deserializer, Serialize};

/// The docglow command that has finished.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    Generate,
    Health,
    Serve,
}

/// How the command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CommandResult {
    Success,
    Error,
}

impl CommandResult {
    /// The result that an exit status stands for. docglow sends no event for a usage error (2), if
    /// it could not run (126, 127), and if a signal ended it (above 128, or negative).
    pub fn of_status(status: i64) -> Option<CommandResult> {
        match status {
            0 => Some(CommandResult::Success),
            2 | 126 | 127 | 129.. | ..0 => None,
            _ => Some(CommandResult::Error),
        }
    }
}

/// Defines an enum of words, and a list of all of them.
macro_rules! words {
    ($(#[$attribute:meta])* $name:ident { $($word:ident,)* }) => {
        $(#[$attribute])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name {
            $($word,)*
        }

        impl $name {
            /// All words, in the order of the payload.
            pub const ALL: &[$name] = &[$($name::$word,)*];
        }
    };
}

words! {
    /// A feature of docglow that the command used: a flag of `generate`, the output format of
    /// `health`, or `serve --watch`. The order is that of docglow 0.9.2.
    Feature {
        ColumnLineage,
        Profiling,
        AiChat,
        Static,
        Slim,
        Table,
        Json,
        Markdown,
        Watch,
    }
}

/// The operating system that the hook was built for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Platform {
    Linux,
    Darwin,
    Windows,
    Other,
}

impl Platform {
    /// The platform of this binary.
    pub fn current() -> Platform {
        match std::env::consts::OS {
            "linux" => Platform::Linux,
            "macos" => Platform::Darwin,
            "windows" => Platform::Windows,
            _ => Platform::Other,
        }
    }
}

/// The word of a vocabulary whose spelling is exactly `name`.
///
/// `T` is an enum without data that derives `Deserialize`.
pub fn lookup<'de, T: Deserialize<'de>>(name: &'de str) -> Option<T> {
    let name: StrDeserializer<'de, Error> = name.into_deserializer();
    T::deserialize(name).ok()
}

/// The published dbt adapters, one on each line, in lower case.
const ADAPTERS: &str = include_str!("adapters.txt");

/// The name of a published dbt adapter, or `other`. It is always a literal of this binary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Adapter(&'static str);

impl Adapter {
    /// Stands for every name that is not in the table.
    pub const OTHER: Adapter = Adapter("other");

    /// The names of all published adapters.
    pub fn published() -> impl Iterator<Item = &'static str> {
        ADAPTERS.lines()
    }

    /// The published adapter of this name, trimmed and without case, or `other` if the table does
    /// not have the name. An empty name is no adapter.
    pub fn named(name: &str) -> Option<Adapter> {
        let name = name.trim();
        if name.is_empty() {
            return None;
        }
        let published = Adapter::published().find(|adapter| adapter.eq_ignore_ascii_case(name));
        Some(published.map_or(Adapter::OTHER, Adapter))
    }
}

impl<'de> Deserialize<'de> for Adapter {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Adapter::named(&name).ok_or_else(|| serde::de::Error::custom("an adapter has a name"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_adapter_is_found_in_any_case_and_with_space_around_it() {
        for (name, adapter) in [
            ("duckdb", Some("duckdb")),
            (" DuckDB\n", Some("duckdb")),
            ("watsonx_spark", Some("watsonx_spark")),
            ("acme_internal", Some("other")),
            ("duck", Some("other")),
            ("duckdb\nsnowflake", Some("other")),
            ("ｄｕｃｋｄｂ", Some("other")),
            ("", None),
            (" \t", None),
        ] {
            assert_eq!(Adapter::named(name).map(|adapter| adapter.0), adapter, "{name:?}");
        }
    }

    #[test]
    fn the_table_of_adapters_is_sorted_lower_case_and_free_of_blanks() {
        let names: Vec<&str> = ADAPTERS.lines().collect();
        assert!(names.len() > 70);
        assert!(names.is_sorted());
        for name in names {
            assert!(
                name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_'),
                "{name:?}"
            );
        }
    }

    #[test]
    fn a_word_must_be_spelt_exactly() {
        assert_eq!(lookup::<Feature>("column_lineage"), Some(Feature::ColumnLineage));
        for name in ["Column_Lineage", " static", "columnLineage", "", "ColumnLineage"] {
            assert_eq!(lookup::<Feature>(name), None, "{name:?}");
        }
    }
}
