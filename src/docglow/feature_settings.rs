//! The settings of docglow.yml that a payload's features depend on, as docglow 0.9.2 reads them.

use std::borrow::Cow;

use crate::docglow::document::Document;
use crate::docglow::yaml::{Node, Size};

/// docglow's settings that are features of a payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeatureSettings {
    /// `slim`
    pub slim: bool,
    /// `column_lineage`
    pub column_lineage: bool,
    /// `ai.enabled`
    pub ai: bool,
}

impl Default for FeatureSettings {
    /// docglow's own defaults.
    fn default() -> FeatureSettings {
        FeatureSettings { slim: false, column_lineage: true, ai: false }
    }
}

impl FeatureSettings {
    /// The settings in docglow.yml, whose text is `text`, unless docglow 0.9.2 fails to load it.
    pub fn of(document: &Document, text: &str) -> Option<FeatureSettings> {
        let is_truthy = |node: &Node<Size>| match node {
            Node::Mapping(Size::Empty) => Some(false),
            node => is_true(node, text),
        };
        // docglow calls a method of these sections that only a mapping has.
        let is_section =
            |node: &Node<Size>| matches!(node, Node::Mapping(_)) || is_truthy(node) == Some(false);
        let sections = [&document.profiling, &document.insights, &document.lineage_layers];
        let has_health = matches!(document.health, None | Some(Node::Mapping(_)));
        if !has_health || !sections.into_iter().all(is_section) {
            return None;
        }
        Some(FeatureSettings {
            slim: is_truthy(&document.slim)?,
            column_lineage: document.column_lineage.as_ref().map_or(Some(true), is_truthy)?,
            ai: match &document.ai {
                Node::Mapping(ai) => is_truthy(&ai.enabled)?,
                other if is_true(other, text)? => return None,
                _ => false,
            },
        })
    }
}

/// Whether the value is true in Python, as docglow's YAML 1.1 reads it in the file `text`. There is
/// no result if docglow cannot read the value.
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
/// Whether `word`, a slice of `text`, is written without quotes in the file. YAML 1.1 may read a
/// plain word as a boolean or a number. A string that is not a slice of the file contains escapes
/// or line breaks, and is never such a word.
fn is_plain(word: &str, text: &str) -> bool {
    let start = (word.as_ptr() as usize).saturating_sub(text.as_ptr() as usize);
    let before = text.get(..start).unwrap_or_default();
    !before.ends_with(['"', '\''])
}

/// Whether a plain word is false or zero in YAML 1.1, but a string in YAML 1.2.
fn is_false_word(word: &str) -> bool {
    let digits = word.strip_prefix(['-', '+']).unwrap_or(word);
    let is_zero = digits.starts_with('0') && digits.bytes().all(|byte| matches!(byte, b'0' | b'_'));
    is_zero || matches!(word, "no" | "No" | "NO" | "off" | "Off" | "OFF")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(yaml: &str) -> Option<FeatureSettings> {
        FeatureSettings::of(&serde_yaml::from_str(yaml).ok()?, yaml)
    }

    #[test]
    fn a_value_is_true_if_python_considers_it_true() {
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
    fn each_setting_is_read_from_its_place() {
        let default = FeatureSettings::default();
        for (yaml, expected) in [
            ("slim: true", FeatureSettings { slim: true, ..default }),
            ("column_lineage: false", FeatureSettings { column_lineage: false, ..default }),
            ("ai: {enabled: true}", FeatureSettings { ai: true, ..default }),
            ("ai: {enabled: false, model: x}", default),
            ("ai:\n", default),
            ("a: &a {enabled: yes}\nai: *a", FeatureSettings { ai: true, ..default }),
            ("a: &a off\nslim: *a\nai: {model: x}", default),
            ("nested: {slim: true}\nai: {}\nhealth: {}\nprofiling: no", default),
            ("ai: ''\ninsights: []\nlineage_layers: {layers: []}", default),
            (
                "<<: {column_lineage: false}\nslim: true\nai: {<<: {enabled: true}}",
                FeatureSettings { slim: true, ..default },
            ),
        ] {
            assert_eq!(settings(yaml), Some(expected), "{yaml}");
        }
    }

    #[test]
    fn a_file_that_docglow_fails_to_load_has_no_settings() {
        for yaml in [
            "slim: [",
            "slim: true\nslim: true",
            "ai: {enabled: true, enabled: true}",
            "slim: !x true",
            "ai: true",
            "ai: [1]",
            "ai: {enabled: !x 1}",
            "health:",
            "health: []",
            "profiling: true",
            "insights: text",
            "lineage_layers: [1]",
        ] {
            assert_eq!(settings(yaml), None, "{yaml}");
        }
    }
}
