//! `docglow.yml`: what a project says of telemetry.

use std::io::ErrorKind;
use std::path::Path;

use serde_yaml::Value;

use crate::endpoint::Endpoint;
use crate::environment::switch;
use crate::file::read_regular;

/// No docglow.yml of a person's is as large; a larger one can't be read and so means off.
const MAX_BYTES: u64 = 1 << 20;

/// What a project's docglow.yml says of telemetry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProjectConfig {
    /// `telemetry.enabled`
    pub enabled: Setting,
    /// `telemetry.endpoint`, if it is one that may be used.
    pub endpoint: Option<Endpoint>,
}

/// What `telemetry.enabled` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setting {
    /// Nothing: there is no file, no `telemetry` mapping, or no `enabled` in it.
    Absent,
    On,
    Off,
    /// Neither on nor off. Counts as off: never on by accident.
    Unclear,
    /// The file is there and can't be read or parsed. Counts as off too.
    Unreadable,
}

impl ProjectConfig {
    /// Reads `docglow.yml` in `folder`, or `docglow.yaml` where there is no `docglow.yml`.
    pub fn read(folder: &Path) -> ProjectConfig {
        for name in ["docglow.yml", "docglow.yaml"] {
            let path = folder.join(name);
            match read_regular(&path, MAX_BYTES) {
                Ok(bytes) => return ProjectConfig::parse(&bytes),
                // A link to nowhere is there, and can't be read.
                Err(error) if error.kind() == ErrorKind::NotFound && path.symlink_metadata().is_err() => {}
                Err(_) => return ProjectConfig::only(Setting::Unreadable),
            }
        }
        ProjectConfig::only(Setting::Absent)
    }

    fn only(enabled: Setting) -> ProjectConfig {
        ProjectConfig { enabled, endpoint: None }
    }

    /// Parses a docglow.yml of one YAML document.
    pub fn parse(yaml: &[u8]) -> ProjectConfig {
        let mut document: Value = match serde_yaml::from_slice(yaml) {
            Ok(document) => document,
            Err(_) => return ProjectConfig::only(Setting::Unreadable),
        };
        // `<<: *defaults`, as docglow's own YAML 1.1 reader follows it.
        if document.apply_merge().is_err() {
            return ProjectConfig::only(Setting::Unreadable);
        }
        match document.get("telemetry") {
            Some(Value::Mapping(telemetry)) => ProjectConfig {
                enabled: telemetry.get("enabled").map_or(Setting::Absent, Setting::of),
                endpoint: telemetry.get("endpoint").and_then(Value::as_str).and_then(Endpoint::parse),
            },
            // `telemetry: false` is not what the page asks for, but it says what was meant.
            Some(value) if Setting::of(value) == Setting::Off => ProjectConfig::only(Setting::Off),
            _ => ProjectConfig::only(Setting::Absent),
        }
    }
}

impl Setting {
    fn of(value: &Value) -> Setting {
        let on = match value {
            Value::Null => return Setting::Absent,
            Value::Bool(on) => Some(*on),
            Value::Number(number) => match number.as_u64() {
                Some(1) => Some(true),
                Some(0) => Some(false),
                _ => None,
            },
            // YAML 1.1 has more words for true and false than YAML 1.2, where they are plain strings.
            Value::String(word) => switch(word),
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
        for word in
            ["true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "1", "'true'", "\"yes\"", "\"1\"", "' on '"]
        {
            assert_eq!(enabled(&format!("telemetry:\n  enabled: {word}\n")), Setting::On, "{word}");
        }
        for word in ["false", "False", "no", "NO", "off", "Off", "0", "'false'", "\"0\"", "!!bool false"] {
            assert_eq!(enabled(&format!("telemetry:\n  enabled: {word}\n")), Setting::Off, "{word}");
        }
        for word in ["never", "2", "-1", "1.0", "y", "[true]", "{a: true}", "''", "!custom true", "0.5", ".nan"] {
            assert_eq!(enabled(&format!("telemetry:\n  enabled: {word}\n")), Setting::Unclear, "{word}");
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
        for yaml in ["telemetry: false\n", "telemetry: off\n", "telemetry: 'no'\n", "telemetry: 0\n"] {
            assert_eq!(enabled(yaml), Setting::Off, "{yaml}");
        }
    }

    #[test]
    fn a_file_that_cannot_be_parsed_is_unreadable() {
        for yaml in
            ["telemetry: {enabled: true", "a: b: c", "\t- x", "a: 1\n---\nb: 2\n", "telemetry: *unknown\n", "a: \u{0}"]
        {
            assert_eq!(enabled(yaml), Setting::Unreadable, "{yaml:?}");
        }
        assert_eq!(ProjectConfig::parse(b"telemetry: {enabled: true} # \xff").enabled, Setting::Unreadable);
        let deep = format!("a: {}{}\ntelemetry: {{enabled: true}}\n", "[".repeat(10_000), "]".repeat(10_000));
        assert_eq!(enabled(&deep), Setting::Unreadable);
    }

    #[test]
    fn anchors_and_merges_are_followed() {
        assert_eq!(enabled("d: &d {enabled: false}\ntelemetry: *d\n"), Setting::Off);
        assert_eq!(enabled("d: &d {enabled: false}\ntelemetry:\n  <<: *d\n"), Setting::Off);
        let bomb = "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\n\
                    d: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: [*e,*e,*e,*e,*e,*e,*e,*e,*e]\n";
        assert_eq!(enabled(bomb), Setting::Unreadable);
    }

    #[test]
    fn only_an_endpoint_that_may_be_used_is_taken() {
        let endpoint = |url: &str| ProjectConfig::parse(format!("telemetry:\n  endpoint: {url}\n").as_bytes()).endpoint;
        assert_eq!(endpoint("https://acme.example/x"), Endpoint::parse("https://acme.example/x"));
        for url in ["http://acme.example/x", "[]", "5", "''"] {
            assert_eq!(endpoint(url), None, "{url}");
        }
    }
}
