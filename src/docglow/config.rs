//! The part of a project's docglow.yml that concerns telemetry.

use std::path::{Path, PathBuf};

use serde::de::IgnoredAny;

use crate::docglow::document::{Document, Telemetry};
use crate::docglow::feature_settings::FeatureSettings;
use crate::docglow::switch::switch;
use crate::docglow::yaml::Node;
use crate::endpoint::Endpoint;
use crate::platform::BYTE_ORDER_MARK;
use crate::platform::file::{is_missing, read_with_metadata};
use crate::platform::owner::is_planted;

/// A larger docglow.yml counts as unreadable, so telemetry is off.
const MAX_BYTES: u64 = 1 << 20;

/// The limit for the size of a file in bytes, multiplied by its number of brackets and `%TAG`
/// directives.
///
/// libyaml is quadratic in both: it compares each token with every open bracket, and each directive
/// with all earlier ones. Work up to this limit takes about 20 ms.
const MAX_WORK: usize = 1 << 26;

/// A project's docglow.yml.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProjectConfig {
    /// `telemetry.enabled`
    pub enabled: Enabled,
    /// `telemetry.endpoint`, if it is an acceptable URL.
    pub endpoint: Option<Endpoint>,
    /// Whether there is a `telemetry.endpoint` that is not an acceptable URL.
    pub endpoint_is_unusable: bool,
    /// The settings that are features, unless docglow 0.9.2 fails to load the file.
    pub feature_settings: Option<FeatureSettings>,
}

/// The value of `telemetry.enabled`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Enabled {
    /// There is no file, no `telemetry` mapping, or no `enabled` in it.
    Absent,
    On,
    Off,
    /// The value is neither on nor off, or it is merged in with `<<`. It counts as off, so that
    /// telemetry is never turned on by accident.
    Unclear,
    /// The file exists, but cannot be read or parsed. Counts as off, too.
    Unreadable,
}

impl ProjectConfig {
    /// Reads docglow.yml, or docglow.yaml, in `folder`.
    pub fn read(folder: &Path) -> ProjectConfig {
        let Some(path) = ProjectConfig::file(folder) else {
            return ProjectConfig::only(Enabled::Absent);
        };
        let Ok((bytes, file)) = read_with_metadata(&path, MAX_BYTES) else {
            return ProjectConfig::only(Enabled::Unreadable);
        };
        let mut config = ProjectConfig::parse(&bytes);
        // Another user may have put the file there, for example into `/tmp`. Such a file can only
        // turn telemetry off.
        if (config.enabled == Enabled::On || config.endpoint.is_some()) && is_planted(&path, &file)
        {
            let is_on = config.enabled == Enabled::On;
            let enabled = if is_on { Enabled::Absent } else { config.enabled };
            config = ProjectConfig { enabled, endpoint: None, ..config };
        }
        config
    }

    /// The path of `docglow.yml` in `folder`, or of `docglow.yaml` if there is no `docglow.yml`, as
    /// [`is_missing`] decides.
    pub fn file(folder: &Path) -> Option<PathBuf> {
        ["docglow.yml", "docglow.yaml"]
            .map(|name| folder.join(name))
            .into_iter()
            .find(|path| !is_missing(path))
    }

    fn only(enabled: Enabled) -> ProjectConfig {
        let feature_settings = (enabled != Enabled::Unreadable).then(FeatureSettings::default);
        ProjectConfig { enabled, endpoint: None, endpoint_is_unusable: false, feature_settings }
    }

    /// Parses the text of a docglow.yml, which is one YAML document.
    pub fn parse(yaml: &[u8]) -> ProjectConfig {
        ProjectConfig::try_parse(yaml).unwrap_or(ProjectConfig::only(Enabled::Unreadable))
    }

    fn try_parse(yaml: &[u8]) -> Option<ProjectConfig> {
        // docglow rejects UTF-16, which libyaml would read.
        let text = str::from_utf8(yaml).ok()?;
        let brackets = yaml.iter().filter(|byte| matches!(byte, b'[' | b'{')).count();
        let directives = yaml.windows(4).filter(|piece| piece == b"%TAG").count();
        if yaml.len().saturating_mul(brackets + directives) > MAX_WORK {
            return None;
        }
        // libyaml counts positions from after the byte-order mark.
        let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
        // libyaml ignores a byte-order mark at the start of any line, but counts it as indentation.
        // docglow's YAML reader does neither, so it could see a different nesting.
        if text.contains(BYTE_ORDER_MARK) {
            return None;
        }
        let document = match serde_yaml::from_str(text).ok()? {
            Some(Node::Mapping(document)) => document,
            _ => Document::default(),
        };
        let feature_settings = FeatureSettings::of(&document, text);
        let mut config = ProjectConfig { feature_settings, ..ProjectConfig::only(Enabled::Absent) };
        config.enabled = match document.telemetry {
            // docglow's YAML reader rejects unknown tags.
            Node::Tagged | Node::Mapping(Telemetry { endpoint: Node::Tagged, .. }) => return None,
            Node::Mapping(telemetry) => {
                config.endpoint = telemetry.endpoint.text().and_then(Endpoint::parse);
                let is_there = !matches!(telemetry.endpoint, Node::Null);
                config.endpoint_is_unusable = is_there && config.endpoint.is_none();
                telemetry.enabled.enabled().or_merged(&telemetry.merge)
            }
            Node::Null | Node::Sequence(_) => Enabled::Absent.or_merged(&document.merge),
            // `telemetry: true` is not documented, so it turns nothing on.
            scalar if scalar.enabled() == Enabled::On => Enabled::Absent,
            // `telemetry: disabled` is not documented either, but it must not be ignored.
            _ => Enabled::Off,
        };
        (config.enabled != Enabled::Unreadable).then_some(config)
    }
}

impl Enabled {
    /// An absent setting may be in the mapping that `<<` merges in, which this program does not
    /// read.
    fn or_merged(self, merge: &Option<IgnoredAny>) -> Enabled {
        if self == Enabled::Absent && merge.is_some() { Enabled::Unclear } else { self }
    }
}

impl<M> Node<'_, M> {
    /// The value as on or off.
    fn enabled(&self) -> Enabled {
        let on = match self {
            Node::Null => return Enabled::Absent,
            Node::Tagged => return Enabled::Unreadable,
            Node::Bool(on) => Some(*on),
            Node::Integer(number @ (0 | 1)) => Some(*number == 1),
            // YAML 1.2 reads some of YAML 1.1's words for true and false as strings.
            Node::Text(word) => switch(word),
            _ => None,
        };
        match on {
            Some(true) => Enabled::On,
            Some(false) => Enabled::Off,
            None => Enabled::Unclear,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::testing::cpu_time_of_thread;

    fn enabled(yaml: &str) -> Enabled {
        ProjectConfig::parse(yaml.as_bytes()).enabled
    }

    #[test]
    fn enabled_is_read_as_yaml_1_1() {
        for word in [
            "true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "1", "'true'", "\"yes\"",
            "\"1\"", "' on '",
        ] {
            assert_eq!(enabled(&format!("telemetry:\n  enabled: {word}\n")), Enabled::On, "{word}");
        }
        for word in
            ["false", "False", "no", "NO", "off", "Off", "0", "'false'", "\"0\"", "!!bool false"]
        {
            assert_eq!(
                enabled(&format!("telemetry:\n  enabled: {word}\n")),
                Enabled::Off,
                "{word}"
            );
        }
        for word in ["never", "2", "-1", "1.0", "y", "[true]", "{a: true}", "''", "0.5", ".nan"] {
            assert_eq!(
                enabled(&format!("telemetry:\n  enabled: {word}\n")),
                Enabled::Unclear,
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
            assert_eq!(enabled(yaml), Enabled::Absent, "{yaml}");
        }
    }

    #[test]
    fn a_scalar_that_is_not_true_is_off() {
        for value in ["false", "off", "'no'", "0", "disabled", "never", "2", "''", "0.5"] {
            assert_eq!(enabled(&format!("telemetry: {value}\n")), Enabled::Off, "{value}");
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
            "telemetry: {enabled: true}\ntelemetry: {enabled: true}\n",
            "telemetry:\n\u{feff} enabled: true\n",
        ] {
            assert_eq!(enabled(yaml), Enabled::Unreadable, "{yaml:?}");
        }
        assert_eq!(
            ProjectConfig::parse(b"telemetry: {enabled: true} # \xff").enabled,
            Enabled::Unreadable
        );
    }

    #[test]
    fn aliases_are_followed_and_merges_are_never_on_by_accident() {
        assert_eq!(enabled("d: &d {enabled: false}\ntelemetry: *d\n"), Enabled::Off);
        assert_eq!(enabled("d: &d true\ntelemetry: {enabled: *d}\n"), Enabled::On);
        assert_eq!(enabled("d: &d {enabled: false}\ntelemetry:\n  <<: *d\n"), Enabled::Unclear);
        assert_eq!(
            enabled("d: &d {enabled: false}\ntelemetry:\n  <<: *d\n  enabled: true\n"),
            Enabled::On
        );
        assert_eq!(enabled("d: &d {telemetry: {enabled: false}}\n<<: *d\n"), Enabled::Unclear);
    }

    #[test]
    fn a_bomb_costs_no_more_than_its_length() {
        let list = |item: &str| format!("[{}]", vec![item; 20_000].join(","));
        let bomb = format!("a: &a {}\nb: &b {}\nc: {}\n", list("x"), list("*a"), list("*b"));
        let start = cpu_time_of_thread();
        assert_eq!(enabled(&bomb), Enabled::Absent);
        assert_eq!(enabled(&format!("{bomb}telemetry: {{enabled: *b}}\n")), Enabled::Unclear);
        let mebibyte = |item: &str| item.repeat((1 << 20) / item.len());
        let tags: String = (0..60_000).map(|i| format!("%TAG !{i:x}! a\n")).collect();
        for bomb in
            [mebibyte("["), mebibyte("{"), format!("{}{}", "[".repeat(990), mebibyte("a,")), tags]
        {
            assert_eq!(enabled(&bomb), Enabled::Unreadable);
        }
        let long = format!("b: &b {}\n", list("x"));
        for entry in ["slim: *b\n", "ai: {enabled: *b, enabled: *b}\n", "telemetry: *b\n"] {
            assert_eq!(enabled(&format!("{long}{}", entry.repeat(20_000))), Enabled::Unreadable);
        }
        // A debug build takes about half a second, a release build a hundredth of the limit.
        assert!((cpu_time_of_thread() - start).as_secs() < 4);
    }

    #[test]
    fn settings_and_telemetry_are_read_from_one_file() {
        let slim = Some(FeatureSettings { slim: true, ..Default::default() });
        for (yaml, enabled, settings) in [
            ("telemetry: {enabled: true}\nslim: true\n", Enabled::On, slim),
            ("\u{feff}slim: 'no'\ntelemetry: {enabled: true}\n", Enabled::On, slim),
            ("slim: !x true\ntelemetry: {enabled: true}\n", Enabled::On, None),
            ("slim: true\n", Enabled::Absent, slim),
            ("- slim\n", Enabled::Absent, Some(FeatureSettings::default())),
            ("slim: true\nslim: true\ntelemetry: {enabled: true}\n", Enabled::Unreadable, None),
            ("telemetry: !x {}\nslim: true\n", Enabled::Unreadable, None),
            ("slim: [\n", Enabled::Unreadable, None),
        ] {
            let config = ProjectConfig::parse(yaml.as_bytes());
            assert_eq!((config.enabled, config.feature_settings), (enabled, settings), "{yaml}");
        }
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(
            ProjectConfig::read(folder.path()).feature_settings,
            Some(FeatureSettings::default())
        );
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
