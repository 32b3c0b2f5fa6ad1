//! `docglow.yml`: what a project says of telemetry.

use std::borrow::Cow;
use std::fmt;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};

use crate::decision::environment::switch;
use crate::docglow::settings::{Entries, Settings};
use crate::docglow::yaml::Node;
use crate::endpoint::Endpoint;
use crate::platform::file::read_with_metadata;
use crate::platform::owner::is_planted;

/// No docglow.yml of a person's is as large; a larger one can't be read and so means off.
const MAX_BYTES: u64 = 1 << 20;

/// The most that a file's bytes times its brackets and `%TAG` directives may come to. libyaml compares each piece of a file
/// with every open bracket, and each directive with all before it; this much takes it some 20 ms.
const MAX_WORK: usize = 1 << 26;

/// What a project's docglow.yml says of telemetry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProjectConfig {
    /// `telemetry.enabled`
    pub enabled: Setting,
    /// `telemetry.endpoint`, if it is one that may be used.
    pub endpoint: Option<Endpoint>,
    /// What it says of features. `None` where docglow ends at it, before it does anything.
    pub settings: Option<Settings>,
}

/// What `telemetry.enabled` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setting {
    /// Nothing: there is no file, no `telemetry` mapping, or no `enabled` in it.
    Absent,
    On,
    Off,
    /// Neither on nor off, or merged in from elsewhere. Counts as off: never on by accident.
    Unclear,
    /// The file is there and can't be read or parsed. Counts as off too.
    Unreadable,
}

impl ProjectConfig {
    /// Reads the file that counts in `folder`.
    pub fn read(folder: &Path) -> ProjectConfig {
        let Some(path) = ProjectConfig::file(folder) else {
            return ProjectConfig::only(Setting::Absent);
        };
        let Ok((bytes, file)) = read_with_metadata(&path, MAX_BYTES) else {
            return ProjectConfig::only(Setting::Unreadable);
        };
        let mut config = ProjectConfig::parse(&bytes);
        // Another user, who may have put the file into `/tmp`, can turn telemetry off and no more.
        if (config.enabled == Setting::On || config.endpoint.is_some()) && is_planted(&path, &file)
        {
            let is_on = config.enabled == Setting::On;
            let enabled = if is_on { Setting::Absent } else { config.enabled };
            config = ProjectConfig { enabled, endpoint: None, ..config };
        }
        config
    }

    /// The file that counts in `folder`: `docglow.yml`, or `docglow.yaml` where there is no `docglow.yml`. `None` where there
    /// is neither. A link to nowhere is there, and so is what can't be looked at.
    pub fn file(folder: &Path) -> Option<PathBuf> {
        let is_missing = |path: &PathBuf| {
            path.symlink_metadata().is_err_and(|error| {
                matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
            })
        };
        ["docglow.yml", "docglow.yaml"]
            .map(|name| folder.join(name))
            .into_iter()
            .find(|path| !is_missing(path))
    }

    fn only(enabled: Setting) -> ProjectConfig {
        let settings = (enabled != Setting::Unreadable).then(Settings::default);
        ProjectConfig { enabled, endpoint: None, settings }
    }

    /// Parses a docglow.yml of one YAML document.
    pub fn parse(yaml: &[u8]) -> ProjectConfig {
        // Also keeps UTF-16 from libyaml, as docglow does.
        let Ok(text) = str::from_utf8(yaml) else {
            return ProjectConfig::only(Setting::Unreadable);
        };
        let brackets = yaml.iter().filter(|byte| matches!(byte, b'[' | b'{')).count();
        let directives = yaml.windows(4).filter(|piece| piece == b"%TAG").count();
        if yaml.len().saturating_mul(brackets + directives) > MAX_WORK {
            return ProjectConfig::only(Setting::Unreadable);
        }
        // libyaml counts places from behind it.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        // libyaml skips one at the start of any line, which for docglow is then another line: deeper or not.
        if text.contains('\u{feff}') {
            return ProjectConfig::only(Setting::Unreadable);
        }
        let document = match serde_yaml::from_str(text) {
            Ok(Some(Node::Mapping(document))) => document,
            Ok(_) => Document::default(),
            Err(_) => return ProjectConfig::only(Setting::Unreadable),
        };
        let settings = document.entries.settings(text, document.merge.is_some());
        let said = match document.telemetry.unwrap_or_default() {
            // docglow knows no tags of a file's own.
            Node::Tagged | Node::Mapping(Telemetry { endpoint: Node::Tagged, .. }) => {
                return ProjectConfig::only(Setting::Unreadable);
            }
            _ if document.repeated => ProjectConfig::only(Setting::Unreadable),
            Node::Mapping(telemetry) => ProjectConfig {
                enabled: telemetry.enabled.setting().or_merged(&telemetry.merge),
                endpoint: telemetry.endpoint.text().and_then(Endpoint::parse),
                settings,
            },
            // `telemetry: false` is not what the page asks for, but it says what was meant.
            scalar if scalar.setting() == Setting::Off => ProjectConfig::only(Setting::Off),
            _ => ProjectConfig::only(Setting::Absent.or_merged(&document.merge)),
        };
        ProjectConfig { settings, ..said }
    }
}

/// The entries of docglow.yml that matter.
#[derive(Default)]
struct Document<'de> {
    telemetry: Option<Node<'de, Telemetry<'de>>>,
    /// Whether there are two, of which nobody can say which is meant.
    repeated: bool,
    merge: Option<IgnoredAny>,
    entries: Entries<'de>,
}

#[derive(Default, serde::Deserialize)]
#[serde(default)]
struct Telemetry<'a> {
    #[serde(borrow)]
    enabled: Node<'a, IgnoredAny>,
    #[serde(borrow)]
    endpoint: Node<'a, IgnoredAny>,
    #[serde(rename = "<<")]
    merge: Option<IgnoredAny>,
}

impl<'de> Deserialize<'de> for Document<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct DocumentVisitor;
        impl<'de> Visitor<'de> for DocumentVisitor {
            type Value = Document<'de>;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a YAML mapping")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Document<'de>, A::Error> {
                let mut document = Document::default();
                while let Some(key) = map.next_key::<Cow<str>>()? {
                    match &*key {
                        "telemetry" if !document.repeated => {
                            document.repeated |= document.telemetry.is_some();
                            document.telemetry = Some(map.next_value()?);
                        }
                        "<<" => document.merge = Some(map.next_value()?),
                        key => document.entries.take(key, &mut map)?,
                    }
                }
                Ok(document)
            }
        }
        deserializer.deserialize_map(DocumentVisitor)
    }
}

impl Setting {
    /// What is merged in with `<<` is not followed, and so may say anything, where the mapping itself says nothing.
    fn or_merged(self, merge: &Option<IgnoredAny>) -> Setting {
        if self == Setting::Absent && merge.is_some() { Setting::Unclear } else { self }
    }
}

impl<M> Node<'_, M> {
    /// What a value says as an on or off.
    fn setting(&self) -> Setting {
        let on = match self {
            Node::Null => return Setting::Absent,
            Node::Tagged => return Setting::Unreadable,
            Node::Bool(on) => Some(*on),
            Node::Integer(number @ (0 | 1)) => Some(*number == 1),
            // YAML 1.1 has more words for true and false than YAML 1.2, where they are plain strings.
            Node::Text(word) => switch(word),
            _ => None,
        };
        match on {
            Some(true) => Setting::On,
            Some(false) => Setting::Off,
            None => Setting::Unclear,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn enabled(yaml: &str) -> Setting {
        ProjectConfig::parse(yaml.as_bytes()).enabled
    }

    #[test]
    fn enabled_is_read_as_yaml_1_1() {
        for word in [
            "true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "1", "'true'", "\"yes\"",
            "\"1\"", "' on '",
        ] {
            assert_eq!(enabled(&format!("telemetry:\n  enabled: {word}\n")), Setting::On, "{word}");
        }
        for word in
            ["false", "False", "no", "NO", "off", "Off", "0", "'false'", "\"0\"", "!!bool false"]
        {
            assert_eq!(
                enabled(&format!("telemetry:\n  enabled: {word}\n")),
                Setting::Off,
                "{word}"
            );
        }
        for word in ["never", "2", "-1", "1.0", "y", "[true]", "{a: true}", "''", "0.5", ".nan"] {
            assert_eq!(
                enabled(&format!("telemetry:\n  enabled: {word}\n")),
                Setting::Unclear,
                "{word}"
            );
        }
    }

    #[test]
    fn a_file_without_the_setting_says_nothing() {
        for yaml in [
            "",
            "# nothing\n",
            "- a\n- b\n",
            "text",
            "title: Acme\n",
            "telemetry:\n",
            "telemetry: {}\n",
            "telemetry: true\n",
            "telemetry: [false]\n",
            "telemetry:\n  enabled:\n",
            "telemetry:\n  enabled: ~\n",
            "nested:\n  telemetry:\n    enabled: true\n",
        ] {
            assert_eq!(enabled(yaml), Setting::Absent, "{yaml}");
        }
    }

    #[test]
    fn telemetry_false_is_off_although_it_is_no_mapping() {
        for yaml in
            ["telemetry: false\n", "telemetry: off\n", "telemetry: 'no'\n", "telemetry: 0\n"]
        {
            assert_eq!(enabled(yaml), Setting::Off, "{yaml}");
        }
    }

    #[test]
    fn a_file_that_cannot_be_parsed_is_unreadable() {
        for yaml in [
            "telemetry: {enabled: true",
            "a: b: c",
            "\t- x",
            "a: 1\n---\nb: 2\n",
            "telemetry: *unknown\n",
            "a: \u{0}",
            "telemetry: !x {enabled: true}\n",
            "telemetry: {enabled: !x true}\n",
            "telemetry: {enabled: 1, enabled: 0}\n",
            "telemetry:\n\u{feff} enabled: true\n",
        ] {
            assert_eq!(enabled(yaml), Setting::Unreadable, "{yaml:?}");
        }
        assert_eq!(
            ProjectConfig::parse(b"telemetry: {enabled: true} # \xff").enabled,
            Setting::Unreadable
        );
    }

    #[test]
    fn aliases_are_followed_and_merges_are_never_on_by_accident() {
        assert_eq!(enabled("d: &d {enabled: false}\ntelemetry: *d\n"), Setting::Off);
        assert_eq!(enabled("d: &d true\ntelemetry: {enabled: *d}\n"), Setting::On);
        assert_eq!(enabled("d: &d {enabled: false}\ntelemetry:\n  <<: *d\n"), Setting::Unclear);
        assert_eq!(
            enabled("d: &d {enabled: false}\ntelemetry:\n  <<: *d\n  enabled: true\n"),
            Setting::On
        );
        assert_eq!(enabled("d: &d {telemetry: {enabled: false}}\n<<: *d\n"), Setting::Unclear);
    }

    #[test]
    fn a_bomb_costs_no_more_than_its_length() {
        let list = |item: &str| format!("[{}]", vec![item; 20_000].join(","));
        let bomb = format!("a: &a {}\nb: &b {}\nc: {}\n", list("x"), list("*a"), list("*b"));
        let begin = std::time::Instant::now();
        assert_eq!(enabled(&bomb), Setting::Absent);
        assert_eq!(enabled(&format!("{bomb}telemetry: {{enabled: *b}}\n")), Setting::Unclear);
        let mebibyte = |item: &str| item.repeat((1 << 20) / item.len());
        let tags: String = (0..60_000).map(|i| format!("%TAG !{i:x}! a\n")).collect();
        for bomb in
            [mebibyte("["), mebibyte("{"), format!("{}{}", "[".repeat(990), mebibyte("a,")), tags]
        {
            assert_eq!(enabled(&bomb), Setting::Unreadable);
        }
        let long = format!("b: &b {}\n", list("x"));
        for entry in ["slim: *b\n", "ai: {enabled: *b, enabled: *b}\n", "telemetry: *b\n"] {
            let config = ProjectConfig::parse(format!("{long}{}", entry.repeat(20_000)).as_bytes());
            assert_eq!(config.settings, entry.starts_with('t').then(Settings::default), "{entry}");
        }
        // A hundred times what it takes in a release build.
        assert!(begin.elapsed().as_secs() < 4);
    }

    #[test]
    fn what_is_said_of_features_is_read_beside_what_is_said_of_telemetry() {
        let slim = Some(Settings { slim: true, ..Default::default() });
        for (yaml, enabled, settings) in [
            ("telemetry: {enabled: true}\nslim: true\n", Setting::On, slim),
            ("\u{feff}slim: 'no'\ntelemetry: {enabled: true}\n", Setting::On, slim),
            ("slim: true\nslim: !x true\ntelemetry: {enabled: true}\n", Setting::On, None),
            ("slim: true\n", Setting::Absent, slim),
            ("- slim\n", Setting::Absent, Some(Settings::default())),
            (
                "telemetry: {enabled: true}\nslim: true\ntelemetry: {enabled: true}\n",
                Setting::Unreadable,
                slim,
            ),
            ("telemetry: !x {}\nslim: true\n", Setting::Unreadable, None),
            ("slim: [\n", Setting::Unreadable, None),
        ] {
            let config = ProjectConfig::parse(yaml.as_bytes());
            assert_eq!((config.enabled, config.settings), (enabled, settings), "{yaml}");
        }
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(ProjectConfig::read(folder.path()).settings, Some(Settings::default()));
        let file = folder.path().join("dbt_project.yml");
        std::fs::write(&file, "").unwrap();
        assert_eq!(ProjectConfig::read(&file), ProjectConfig::read(folder.path()));
    }

    #[test]
    fn only_an_endpoint_that_may_be_used_is_taken() {
        let endpoint = |url: &str| {
            ProjectConfig::parse(format!("telemetry:\n  endpoint: {url}\n").as_bytes()).endpoint
        };
        assert_eq!(endpoint("https://acme.example/x"), Endpoint::parse("https://acme.example/x"));
        for url in ["http://acme.example/x", "[]", "5", "''"] {
            assert_eq!(endpoint(url), None, "{url}");
        }
    }
}
