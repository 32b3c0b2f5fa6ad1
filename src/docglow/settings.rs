//! What a project's docglow.yml says of the features that docglow uses, as docglow 0.9.2 takes it.

use std::borrow::Cow;

use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, Visitor};

use crate::docglow::yaml::{Node, Size};

/// docglow's settings that a payload can tell of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// `slim`
    pub slim: bool,
    /// `column_lineage`
    pub column_lineage: bool,
    /// `ai.enabled`
    pub ai: bool,
}

impl Default for Settings {
    /// Where docglow.yml says nothing.
    fn default() -> Settings {
        Settings { slim: false, column_lineage: true, ai: false }
    }
}

/// So many entries of a mapping are looked into: more are none of a person's, and with aliases each can be as long as the file.
const MAX_TAKEN: usize = 16;

/// The entries of a docglow.yml that the settings come from. Of a repeated one the last counts, as for docglow.
#[derive(Default)]
pub struct Entries<'de> {
    slim: Option<Node<'de, Size>>,
    column_lineage: Option<Node<'de, Size>>,
    ai: Option<Node<'de, Ai<'de>>>,
    /// `health`, which docglow needs to be a mapping, where it is there.
    health: Option<Node<'de, Size>>,
    /// Those that docglow needs to be mappings, unless they say nothing.
    sections: [Option<Node<'de, Size>>; 3],
    /// How many were taken, repeated ones included.
    taken: usize,
}

impl<'de> Entries<'de> {
    /// Takes the value of the entry `key`, which is the next in `map`.
    ///
    /// # Errors
    /// Those of the YAML reader, and one for too many entries.
    pub fn take<A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        match key {
            "slim" => self.slim = Some(map.next_value()?),
            "column_lineage" => self.column_lineage = Some(map.next_value()?),
            "ai" => self.ai = Some(map.next_value()?),
            "health" => self.health = Some(map.next_value()?),
            "profiling" => self.sections[0] = Some(map.next_value()?),
            "insights" => self.sections[1] = Some(map.next_value()?),
            "lineage_layers" => self.sections[2] = Some(map.next_value()?),
            _ => {
                map.next_value::<IgnoredAny>()?;
                return Ok(());
            }
        }
        one_more(&mut self.taken)
    }

    /// The settings, where these are the entries of the file `text`. `None` where docglow ends at such a file before it does
    /// anything, and where an entry that is not there may be `merged` in by a `<<`, which is not followed.
    pub fn settings(&self, text: &str, merged: bool) -> Option<Settings> {
        let is_usable = |section: &Node<Size>| {
            matches!(section, Node::Mapping(_)) || is_true(section, text) == Some(false)
        };
        if !self.sections.iter().flatten().all(is_usable)
            || !matches!(self.health, None | Some(Node::Mapping(_)))
        {
            return None;
        }
        let says = |entry: &Option<Node<Size>>, default: bool, merged: bool| match entry {
            None => (!merged).then_some(default),
            Some(Node::Mapping(Size::Empty)) => Some(false),
            Some(node) => is_true(node, text),
        };
        let default = Settings::default();
        Some(Settings {
            slim: says(&self.slim, default.slim, merged)?,
            column_lineage: says(&self.column_lineage, default.column_lineage, merged)?,
            ai: match &self.ai {
                Some(Node::Mapping(ai)) => says(&ai.enabled, default.ai, ai.merged)?,
                Some(node) if is_true(node, text)? => return None,
                None if merged => return None,
                _ => default.ai,
            },
        })
    }
}

/// `ai`, as far as it matters.
#[derive(Default)]
struct Ai<'de> {
    enabled: Option<Node<'de, Size>>,
    merged: bool,
    taken: usize,
}

impl<'de> Deserialize<'de> for Ai<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AiVisitor;
        impl<'de> Visitor<'de> for AiVisitor {
            type Value = Ai<'de>;

            fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
                f.write_str("a YAML mapping")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Ai<'de>, A::Error> {
                let mut ai = Ai::default();
                while let Some(key) = map.next_key::<Cow<str>>()? {
                    match &*key {
                        "enabled" => {
                            ai.enabled = Some(map.next_value()?);
                            one_more(&mut ai.taken)?;
                        }
                        "<<" => (ai.merged, _) = (true, map.next_value::<IgnoredAny>()?),
                        _ => drop(map.next_value::<IgnoredAny>()?),
                    }
                }
                Ok(ai)
            }
        }
        deserializer.deserialize_map(AiVisitor)
    }
}

fn one_more<E: Error>(taken: &mut usize) -> Result<(), E> {
    *taken += 1;
    if *taken > MAX_TAKEN { Err(E::custom("too many entries of one name")) } else { Ok(()) }
}

/// Whether Python takes the value for true, as docglow's YAML 1.1 reads it in the file `text`. `None` for one it can't read.
fn is_true<M>(node: &Node<M>, text: &str) -> Option<bool> {
    Some(match node {
        Node::Null | Node::Sequence(Size::Empty) => false,
        Node::Mapping(_) | Node::Sequence(Size::Filled) => true,
        Node::Bool(value) => *value,
        Node::Integer(number) => *number != 0,
        Node::Number(number) => *number != 0.0,
        Node::Text(Cow::Borrowed(word)) if is_plain(word, text) => !is_false_word(word),
        Node::Text(word) => !word.is_empty(),
        Node::Tagged => return None,
    })
}

/// Whether a string that is a piece of `text` stands there without quotes, where YAML 1.1 may take it for something else. A
/// string that is no piece of it is put together from lines or escapes, and none of YAML 1.1's words.
fn is_plain(word: &str, text: &str) -> bool {
    let before = text
        .get(..(word.as_ptr() as usize).saturating_sub(text.as_ptr() as usize))
        .unwrap_or_default();
    !before.ends_with(['"', '\''])
}

/// Whether a plain word is a false or a zero of YAML 1.1 that YAML 1.2 takes for a string.
fn is_false_word(word: &str) -> bool {
    let digits = word.strip_prefix(['-', '+']).unwrap_or(word);
    let is_zero = digits.starts_with('0') && digits.bytes().all(|byte| matches!(byte, b'0' | b'_'));
    is_zero || matches!(word, "no" | "No" | "NO" | "off" | "Off" | "OFF")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(yaml: &str) -> Option<Settings> {
        struct File;
        impl<'de> Visitor<'de> for File {
            type Value = (Entries<'de>, bool);

            fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
                f.write_str("a YAML mapping")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let (mut entries, mut merged) = (Entries::default(), false);
                while let Some(key) = map.next_key::<Cow<str>>()? {
                    merged |= key == "<<";
                    entries.take(&key, &mut map)?;
                }
                Ok((entries, merged))
            }
        }
        let (entries, merged) =
            serde_yaml::Deserializer::from_str(yaml).deserialize_map(File).ok()?;
        entries.settings(yaml, merged)
    }

    #[test]
    fn a_value_is_true_where_python_takes_it_for_true() {
        for word in [
            "true",
            "True",
            "yes",
            "YES",
            "on",
            "1",
            "-1",
            "0.5",
            ".nan",
            ".inf",
            "y",
            "n",
            "never",
            "nO",
            "oFF",
            "'no'",
            "\"off\"",
            "'false'",
            "'0'",
            "\"n\\x6f\"",
            "[0]",
            "{a: b}",
            "99999999999999999999",
            "2001-01-01",
            "|-\n  no",
            "0x1",
            "' '",
        ] {
            assert!(settings(&format!("slim: {word}\n")).unwrap().slim, "{word}");
            assert!(
                settings(&format!("# \u{e9}\nai: {{enabled: no}}\n\"slim\": {word}\n"))
                    .unwrap()
                    .slim,
                "{word}"
            );
        }
        for word in [
            "", "~", "null", "NULL", "false", "FALSE", "no", "No", "NO", "off", "Off", "0", "-0",
            "+0", "00", "0_0", "0x0", "0.0", "-0.0", ".0", "''", "\"\"", "[]", "{}", "# no",
        ] {
            assert!(!settings(&format!("slim: {word}\n")).unwrap().slim, "{word}");
            assert!(
                !settings(&format!("t: \u{e9}\ncolumn_lineage: {word}\n")).unwrap().column_lineage,
                "{word}"
            );
        }
    }

    #[test]
    fn each_setting_has_its_place_and_of_two_the_last_counts() {
        let default = Settings::default();
        for (yaml, expected) in [
            ("slim: true", Settings { slim: true, ..default }),
            ("slim: true\nslim: false", default),
            ("column_lineage: false", Settings { column_lineage: false, ..default }),
            ("ai: {enabled: true}", Settings { ai: true, ..default }),
            ("ai: {enabled: true, enabled: false, model: x}", default),
            ("ai: {enabled: true}\nai:\n", default),
            ("a: &a {enabled: yes}\nai: *a", Settings { ai: true, ..default }),
            ("a: &a off\nslim: *a\nai: {model: x}", default),
            ("nested: {slim: true}\nai: {}\nhealth: {}\nprofiling: no", default),
            ("ai: ''\ninsights: []\nlineage_layers: {layers: []}", default),
            (
                "<<: {}\nslim: true\ncolumn_lineage: true\nai: {enabled: 0, <<: {}}",
                Settings { slim: true, ..default },
            ),
        ] {
            assert_eq!(settings(yaml), Some(expected), "{yaml}");
        }
    }

    #[test]
    fn there_are_no_settings_where_docglow_ends_or_they_are_merged_in() {
        for yaml in [
            "slim: [",
            "slim: !x true",
            "ai: true",
            "ai: [1]",
            "ai: {enabled: !x 1}",
            "health:",
            "health: []",
            "profiling: true",
            "insights: text",
            "lineage_layers: [1]",
            "<<: {slim: true}",
            "ai: {<<: {enabled: true}}",
        ] {
            assert_eq!(settings(yaml), None, "{yaml}");
        }
    }
}
