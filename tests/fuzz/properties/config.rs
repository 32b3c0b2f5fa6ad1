//! docglow.yml turns telemetry on only if a second YAML reader agrees, and a plain off always
//! counts.

use docglow_telemetry::docglow::config::{Enabled, ProjectConfig};
use yaml_rust2::{Yaml, YamlLoader};

/// The second reader copies the value of each alias, so only a few are allowed.
const MAX_ALIASES: usize = 8;

/// How many nested `<<` of the second reader are followed.
const MAX_MERGES: usize = 16;

pub fn check(data: &[u8]) {
    let project = ProjectConfig::parse(data);
    let Ok(text) = std::str::from_utf8(data) else {
        assert_eq!(project.enabled, Enabled::Unreadable);
        return;
    };
    if text.matches('*').count() > MAX_ALIASES {
        return;
    }
    match second_opinion(text) {
        Some(Opinion::On) | None => {}
        Some(Opinion::Off) => assert!(
            matches!(project.enabled, Enabled::Off | Enabled::Unclear | Enabled::Unreadable),
            "{:?}: {text}",
            project.enabled
        ),
        Some(Opinion::Neither) => assert!(project.enabled != Enabled::On, "{text}"),
    }
}

#[derive(Debug)]
enum Opinion {
    On,
    Off,
    Neither,
}

/// The result of the second reader, if it can read the text.
fn second_opinion(text: &str) -> Option<Opinion> {
    let documents = YamlLoader::load_from_str(text.trim_start_matches('\u{feff}')).ok()?;
    let [document] = &documents[..] else { return Some(Opinion::Neither) };
    let enabled = entry(document, "telemetry", MAX_MERGES)
        .and_then(|telemetry| entry(telemetry, "enabled", MAX_MERGES));
    let is_one_of = |text: &str, words: &[&str]| {
        words.iter().any(|word| word.eq_ignore_ascii_case(text.trim()))
    };
    Some(match enabled {
        Some(Yaml::Boolean(true) | Yaml::Integer(1)) => Opinion::On,
        Some(Yaml::Boolean(false) | Yaml::Integer(0)) => Opinion::Off,
        Some(Yaml::String(word)) if is_one_of(word, &["1", "true", "yes", "on"]) => Opinion::On,
        Some(Yaml::String(word)) if is_one_of(word, &["0", "false", "no", "off"]) => Opinion::Off,
        _ => Opinion::Neither,
    })
}

/// The value of a key, which may be merged in by `<<`.
fn entry<'a>(mapping: &'a Yaml, key: &str, merges: usize) -> Option<&'a Yaml> {
    let hash = mapping.as_hash()?;
    let own = hash.get(&Yaml::String(key.to_owned()));
    own.or_else(|| match hash.get(&Yaml::String("<<".to_owned()))? {
        Yaml::Array(mappings) => {
            mappings.iter().find_map(|mapping| entry(mapping, key, merges.checked_sub(1)?))
        }
        mapping => entry(mapping, key, merges.checked_sub(1)?),
    })
}
